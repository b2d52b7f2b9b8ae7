"""Instances whose load bends or that need backup, and the rows of one mechanism alone. No test stands here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from hypothesis import strategies as st

from siting.instance.flexible import Flexible
from siting.instance.instance import Instance
from siting.model.halls import facility_load, halls
from siting.model.terms import Build
from siting.plan.audit import audit
from siting.plan.plan import Plan
from tests.build_instance import small_instance
from tests.test_properties import instances

SHIFT = Flexible(share=0.25)
SHED = Flexible(shed_share_max=0.3, shed_eur_mwh=70.0)
MOVE = Flexible(moving_share=0.5)


def bending(flexible: Flexible, **changes: Any) -> Instance:
    return small_instance(flexible=flexible, **changes)


@st.composite
def bent(draw: st.DrawFn) -> Instance:
    """A drawn instance whose load may move within windows, be shed, and that may need firm capacity."""
    data: Instance = draw(instances())
    found = Flexible(
        share=draw(st.sampled_from([0.0, 0.2, 0.6])),
        hours=draw(st.sampled_from([2, 3, 24])),
        shed_share_max=draw(st.sampled_from([0.0, 0.3])),
        shed_eur_mwh=draw(st.sampled_from([20.0, 90.0])),
    )
    return replace(
        data,
        flexible=found,
        firm_share=draw(st.sampled_from([{}, {"AA": 0.4}, {"AA": 1.2}])),
        firm_hours=draw(st.sampled_from([None, 0.5, 4.0])),
        onsite={key: replace(option, firm=True) for key, option in data.onsite.items()},
    )


def two_hours(data: Instance) -> Instance:
    """Class AA alone with its first two hours."""
    alone = data.only("AA")
    tables = ("price_eur_mwh", "grid_carbon_t_mwh", "grid_cfe_share", "availability")
    short: dict[str, Any] = {
        name: {key: hours[:2] for key, hours in getattr(alone, name).items()} for name in tables
    }
    cut = {key: replace(hall, pue=(1.1, 1.3)) for key, hall in alone.halls.items()}
    return replace(alone, **short, halls=cut, weight=alone.weight[:2], before=(1, 0))


def load_rows(data: Instance, *mechanisms: Callable[[Build], None]) -> pyo.ConcreteModel:
    """The halls of every class serving 1 MW with a mechanism's own rows; minimised: cost terms plus the year's load in MWh."""
    b = Build(pyo.ConcreteModel("load"), data)
    b.it_mw = dict.fromkeys(data.cells, 1.0)
    halls(b)
    for mechanism in mechanisms:
        mechanism(b)
    facility_load(b)
    lost = pyo.quicksum(e for (item, _), e in b.cost_eur.items() if item == "compute lost")
    b.m.drawn = pyo.Objective(expr=pyo.quicksum(b.load_mwh.values()) + lost)
    return b.m


def flexible_columns(plan: Plan) -> Iterator[str]:
    yield from (c for c in plan.hourly.columns if c.startswith(("flexible_", "moving_", "shed_")))


def with_hour(hourly: pd.DataFrame, column: str, row: int, mw: float) -> pd.DataFrame:
    """A copy with one value of a column changed by `mw`."""
    values = hourly[column].to_numpy(dtype=float).copy()
    values[row] += mw
    return hourly.assign(**{column: values})


def findings(data: Instance, plan: Plan, hourly: pd.DataFrame) -> str:
    """The audit's findings with the load made to fit the changed hours, so that only the broken limit is left to name."""
    load = np.zeros(len(hourly))
    for row in plan.record["sites"]:
        mine = (hourly["site"] == row["site"]).to_numpy()
        c = data.sites[row["site"]].supply_class
        for q, mw in row["cooling_mw"].items():
            meant, bend = data.utilisation_share * mw, data.flexible
            run = np.full(int(mine.sum()), meant * (1 - bend.share - bend.moving_share))
            for sign, name in ((1.0, "flexible"), (1.0, "moving"), (-1.0, "shed")):
                if f"{name}_{q}_mw" in hourly:
                    run = run + sign * hourly.loc[mine, f"{name}_{q}_mw"].to_numpy()
            load[mine] += np.array(data.halls[c, q].pue) * run
    return "\n".join(audit(data, plan.record, hourly.assign(load_mw=load)))

"""Fixed investments operated over other hours, worked out on paper; numbers per MW stand in tests/build_instance.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from siting.errors import InfeasibleError
from siting.instance.duties import RENEWABLE, Duty, HeatNetwork
from siting.instance.flexible import Flexible
from siting.instance.hours import Hours
from siting.instance.instance import Hall, Instance
from siting.plan.redispatch import Redispatch, set_beside
from siting.solver.progress import Clock
from siting.solver.redispatch import Operated, operate
from siting.solver.solution import Solution
from siting.study.kept_investments import refuse_broken
from tests.build_instance import (
    BATTERY,
    GAS,
    WIND,
    small_instance,
    small_plan,
    small_world,
    solved,
    total,
)

EXACT = {"rel": 1e-6}


def operated(data: Instance, solution: Solution) -> Operated:
    """What a solution built, operated over the hours of `data`."""
    capacity = {c: e.capacity for c, e in solution.energy.items()}
    return operate(data, solution.modules, capacity, Clock(60.0))


def warm(data: Instance, pue: tuple[float, ...]) -> Instance:
    """The instance with other hourly PUE at AA."""
    halls = {
        key: Hall(h.capex_eur_mw, h.yearly_eur_mw, pue, h.water_l_kwh) if key[0] == "AA" else h
        for key, h in data.halls.items()
    }
    return replace(data, halls=halls)


CASES: dict[str, dict[str, Any]] = {
    "grid only": {},
    "all options": {"battery": BATTERY, "gas": GAS, "ppa": WIND, "utilisation_share": 0.5},
    "off the second site too": {"ppa": WIND, "countries_min": 2, "gas": GAS},
    "internal price": {"gas": GAS, "ppa": WIND, "internal_price_eur_t": 100.0},
    "flexible load": {
        "battery": BATTERY,
        "ppa": WIND,
        "utilisation_share": 0.5,
        "flexible": Flexible(share=0.3),
    },
    "shed load": {"gas": GAS, "flexible": Flexible(shed_share_max=0.3, shed_eur_mwh=70.0)},
    "backup": {
        "gas": replace(GAS, firm=True),
        "battery": BATTERY,
        "firm_share": {"AA": 1.2},
        "firm_hours": 2.0,
    },
    "a share of renewable power that is sold at a loss": {
        "ppa": WIND,
        "price_eur_mwh": {"AA": (-40.0, 100.0, 30.0), "BB": (60.0, 80.0, 70.0)},
        "duties": {"AA": (Duty("aa-renewable", RENEWABLE, 0.75, "law"),)},
        "renewable": {"AA": ("wind_ppa",)},
        "forced": ("one",),
    },
    "carbon, then cost": {"battery": BATTERY, "ppa": WIND, "objectives": ("carbon", "cost")},
}


@pytest.mark.parametrize("case", CASES)
def test_the_same_hours_give_the_same_numbers(case: str) -> None:
    data = small_instance(**CASES[case])
    plan = solved(data)
    again = operated(data, plan)
    lines = sum(v for (item, _), v in plan.cost_eur.items() if item == "grid line")
    assert total(again.solution.cost_eur) == pytest.approx(total(plan.cost_eur) - lines, **EXACT)
    assert total(again.solution.carbon_t) == pytest.approx(total(plan.carbon_t), **EXACT)
    assert again.solution.modules == plan.modules
    for c, unserved in again.unserved_mw.items():
        np.testing.assert_allclose(unserved, 0.0, atol=1e-6)
        for key, mw in plan.energy[c].capacity.items():
            assert again.solution.energy[c].capacity[key] == pytest.approx(mw, abs=1e-6)


def test_a_connection_too_small_for_one_hour_leaves_load_unserved() -> None:
    """20 MW behind a 20 MW connection; PUE 1.2 in hour 1 wants 24 MW: 4 MW x 1,000 h are not served, the rest is bought.

    The year costs what it did (20 MW are bought at the 100 EUR of that hour either way); the penalty is in no number.
    """
    data = small_instance()
    plan = solved(data)
    again = operated(warm(data, (1.0, 1.2, 1.0)), plan)
    np.testing.assert_allclose(again.unserved_mw["AA"], [0.0, 4.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(again.solution.energy["AA"].hourly["buy",], [20.0, 20.0, 20.0], atol=1e-6)
    assert total(again.solution.cost_eur) == pytest.approx(
        124_440_000 - 40_000, **EXACT
    )  # less the site's line


def test_engines_that_stand_serve_the_dear_hour_first() -> None:
    """Built for hour 1 (see the known optima), 20 MW of engines also carry the 4 MW that the connection lacks there.

    Gas runs 20 MW in hour 1, the connection gives the other 4 MW at 100 + 10: 20 MW x (-19,500) and 4,000 MWh x 110.
    """
    data = small_instance(gas=replace(GAS, energy_eur_mwh=40.5))
    plan = solved(data)
    again = operated(warm(data, (1.0, 1.2, 1.0)), plan)
    np.testing.assert_allclose(again.unserved_mw["AA"], 0.0, atol=1e-6)
    np.testing.assert_allclose(
        again.solution.energy["AA"].hourly["gen", "gas_engine"], [0.0, 20.0, 0.0], atol=1e-6
    )
    assert total(again.solution.cost_eur) == pytest.approx(
        20 * (6_222_000 - 19_500 - 2_000) + 4_000 * 110, **EXACT
    )


def test_dearer_hours_cost_what_the_prices_say() -> None:
    """Hour 0 at 70 instead of 50 EUR/MWh: 20 MW x 1,000 h x 20 EUR more, and the same tonnes."""
    data = small_instance()
    plan = solved(data)
    dearer = replace(data, price_eur_mwh={**data.price_eur_mwh, "AA": (70.0, 100.0, 30.0)})
    again = operated(dearer, plan)
    assert total(again.solution.cost_eur) == pytest.approx(124_440_000 - 40_000 + 400_000, **EXACT)
    assert total(again.solution.carbon_t) == pytest.approx(24_000, **EXACT)


def renewable(least_share: float, **changes: Any) -> Instance:
    """Site one alone, under a rule on renewable power, beside a contract that costs too much to be signed without it."""
    asked = (Duty("aa-renewable", RENEWABLE, least_share, "law"),)
    return small_instance(
        ppa=replace(WIND, yearly_eur_mw=250_000.0),
        ppa_output=(1.0, 1.0, 1.0),
        duties={"AA": asked},
        renewable={"AA": ("wind_ppa",)},
        forced=("one",),
        sites_max=1,
        **changes,
    )


def test_a_rule_is_met_as_far_as_what_stands_can() -> None:
    """20 MW of contract for 20 MW; an hour at 95 % output lacks 1,000 of 60,000 MWh. They are bought at 30 EUR: per MW
    1,000,000 + 5,000,000 + 10,000, 250,000 for the contract, 30,000 of network charges and 50 MWh x 30 EUR."""
    data = renewable(1.0)
    plan = solved(data)
    less = replace(data, availability={("AA", "wind_ppa"): (1.0, 1.0, 0.95)})
    again = operated(less, plan)
    np.testing.assert_allclose(again.unserved_mw["AA"], 0.0, atol=1e-6)
    assert total(again.solution.cost_eur) == pytest.approx(20 * 6_291_500, **EXACT)


def beside(data: Instance, less: Instance) -> Redispatch:
    n = len(data.weight)
    hours = Hours(pd.DataFrame(index=range(n)), data.weight, data.before, (0,) * n, ("by hand",), {})
    return set_beside(small_plan(data), small_world(data), hours, less, operated(less, solved(data)))


def test_what_a_rule_is_missed_by_is_reported_and_refused_where_plans_must_hold() -> None:
    data = renewable(1.0)
    found = beside(data, replace(data, availability={("AA", "wind_ppa"): (1.0, 1.0, 0.95)}))
    entry = next(limit for limit in found.limits if "aa-renewable" in limit["limit"])
    assert entry["used"] == pytest.approx(1 - 50 / 3_000, **EXACT)
    assert entry["exceeded_by"] == pytest.approx(50 / 3_000, **EXACT)
    with pytest.raises(InfeasibleError, match=r"aa-renewable at one: 0\.983333 share oversteps 1"):
        refuse_broken(found, data)


def test_a_rule_that_is_met_is_reported_as_met() -> None:
    data = renewable(0.9)
    found = beside(data, replace(data, price_eur_mwh={**data.price_eur_mwh, "AA": (70.0, 100.0, 30.0)}))
    entry = next(limit for limit in found.limits if "aa-renewable" in limit["limit"])
    assert entry["used"] == pytest.approx(0.9, **EXACT) and entry["exceeded_by"] == 0.0
    refuse_broken(found, data)


@pytest.mark.parametrize(
    "bend", [Flexible(share=0.3), Flexible(shed_share_max=0.3, shed_eur_mwh=70.0)], ids=["moved", "shed"]
)
def test_heat_is_sold_as_planned_where_a_load_bends(bend: Flexible) -> None:
    """The network takes half of a load that is a sixth smaller in the hours operated than in those planned for."""
    data = small_instance(
        gas=GAS,
        utilisation_share=0.8,
        flexible=bend,
        heat={"AA": HeatNetwork(60.0, 0.5, 0.0, 0.0)},
        forced=("one",),
        sites_max=1,
    )
    liquid = {key: replace(hall, liquid_heat_share=1.0, pue=(1.2,) * 3) for key, hall in data.halls.items()}
    data = replace(data, halls=liquid)
    plan = solved(data)
    again = operated(
        replace(data, halls={k: replace(hall, pue=(1.0,) * 3) for k, hall in liquid.items()}), plan
    )
    assert plan.energy["AA"].capacity["heat",] > 0
    for field in ("heat sold", "heat connection"):
        assert again.solution.cost_eur[field, "AA"] == pytest.approx(plan.cost_eur[field, "AA"], **EXACT)

"""Cost against carbon: the plans no other plan beats on both, evenly spread in tonnes.

Augmented epsilon-constraint (Mavrotas 2009, Appl. Math. Comput. 213): each point is the cheapest plan under a cap, with a
price on carbon too small to move the plan but large enough that no tonne is emitted for nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from siting.errors import InputError
from siting.inputs.planning import PlanningModel
from siting.plan.plan import Plan

TIE_EUR_T = 0.01  # breaks ties towards fewer tonnes: 100,000 t weigh EUR 1,000 of billions
COLUMNS = ("cash_cost_eur_yr", "carbon_t_yr", "carbon_g_kwh", "cfe_score", "capex_eur", "energy_eur_mwh")


@dataclass(frozen=True)
class Pareto:
    """Plans from the cheapest to the cleanest, and their table (one row a point).

    Columns: totals of the plan, `gap`, `sites`, and `abatement_eur_t`: what a tonne less costs from the point before.
    `knee` is the point farthest from the straight line between the ends (both axes scaled to their range).
    """

    plans: tuple[Plan, ...]
    table: pd.DataFrame
    knee: int

    def to_json(self) -> str:
        """The table and the knee as JSON."""
        return json.dumps({"points": self.table.to_dict("records"), "knee": self.knee}, indent=1)

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write pareto.csv, pareto.json and one output folder a point, whole or not at all."""
        from siting.output.folder import write_pareto

        return write_pareto(self, Path(folder), overwrite)


def pareto_front(model: PlanningModel, points: int, solve: Callable[[PlanningModel], Plan]) -> Pareto:
    """Solve the two ends, then `points` - 2 caps evenly between them; drop what an earlier point already dominates."""
    if points < 2:
        raise InputError(f"pareto: {points} points make no curve; give at least 2")
    cheapest = solve(_priced(model))
    cleanest = solve(model.with_(objective="carbon"))
    most, least = cheapest.totals["carbon_t_yr"], cleanest.totals["carbon_t_yr"]
    caps = [most + (least - most) * i / (points - 1) for i in range(1, points - 1)] if least < most else []
    middle = [solve(_priced(model).with_(**{"carbon.cap_t_yr": cap})) for cap in caps]
    plans = _undominated([cheapest, *middle, cleanest])
    table = _table(plans)
    return Pareto(tuple(plans), table, _knee(table))


def _priced(model: PlanningModel) -> PlanningModel:
    return model.with_(objective={"cost": 1.0, "carbon_eur_t": TIE_EUR_T})


def _undominated(plans: list[Plan]) -> list[Plan]:
    """Plans none of the others beats on cost and carbon, within the gap each is proven to."""

    def beaten(plan: Plan) -> bool:
        cost, tonnes = plan.totals["cash_cost_eur_yr"], plan.totals["carbon_t_yr"]
        return any(
            other.totals["cash_cost_eur_yr"] <= cost and other.totals["carbon_t_yr"] < tonnes * (1 - 1e-9)
            for other in plans
            if other is not plan
        )

    return [plan for plan in plans if not beaten(plan)]


def _table(plans: list[Plan]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for plan in plans:
        row: dict[str, Any] = {column: plan.totals[column] for column in COLUMNS}
        row |= {"gap": plan.gap, "sites": ", ".join(sorted(plan.chosen.index)), "abatement_eur_t": None}
        if rows:
            saved = rows[-1]["carbon_t_yr"] - plan.totals["carbon_t_yr"]
            extra = plan.totals["cash_cost_eur_yr"] - rows[-1]["cash_cost_eur_yr"]
            row["abatement_eur_t"] = extra / saved if saved > 0 else None
        rows.append(row)
    return pd.DataFrame(rows)


def _knee(table: pd.DataFrame) -> int:
    """The point farthest below the line between the ends."""
    cost, tonnes = table["cash_cost_eur_yr"], table["carbon_t_yr"]
    width, height = tonnes.iloc[0] - tonnes.iloc[-1], cost.iloc[-1] - cost.iloc[0]
    if width <= 0 or height <= 0:
        return 0
    x, y = (tonnes.iloc[0] - tonnes) / width, (cost - cost.iloc[0]) / height
    return int((x - y).to_numpy().argmax())

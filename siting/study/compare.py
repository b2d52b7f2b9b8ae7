"""Plans side by side: what they share, what differs, and what makes the difference."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from siting.plan.plan import Plan

ROWS: tuple[tuple[str, str, str, float], ...] = (
    # row label, total in plan.json, unit shown, divisor to that unit
    ("sites", "sites", "-", 1.0),
    ("countries", "countries", "-", 1.0),
    ("IT power", "it_mw", "MW", 1.0),
    ("accelerators", "accelerators", "-", 1.0),
    ("capex", "capex_eur", "bn EUR", 1e9),
    ("cost", "cash_cost_eur_yr", "M EUR/yr", 1e6),
    ("electricity", "energy_eur_mwh", "EUR/MWh", 1.0),
    ("operational carbon", "carbon_t_yr", "t CO2e/yr", 1.0),
    ("life-cycle carbon of supply", "lifecycle_t_yr", "t CO2e/yr", 1.0),
    ("operational carbon intensity", "carbon_g_kwh", "g/kWh", 1.0),
    ("CFE score", "cfe_score", "-", 1.0),
    ("PUE", "pue", "-", 1.0),
)


@dataclass(frozen=True)
class Comparison:
    """Plans by name, their table (rows: quantity with unit; one column a plan) and the differences in words."""

    plans: Mapping[str, Plan]
    table: pd.DataFrame
    differences: list[str]

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write comparison.csv, comparison.json and one output folder a plan, whole or not at all."""
        from siting.output.folder import write_comparison

        return write_comparison(self, Path(folder), overwrite)

    def to_json(self) -> str:
        """Table and differences as JSON."""
        rows = {
            str(row): {str(k): v for k, v in values.items()}
            for row, values in self.table.to_dict("index").items()
        }
        return json.dumps({"table": rows, "differences": self.differences}, indent=1)

    def _repr_html_(self) -> str:
        text: str = self.table.to_html(float_format=lambda x: f"{x:,.2f}")
        return text


def side_by_side(plans: Mapping[str, Plan]) -> Comparison:
    """Set plans side by side; the first is the one the others are measured against."""
    columns = {
        name: [plan.totals[key] / divisor for _, key, _, divisor in ROWS] for name, plan in plans.items()
    }
    index = pd.Index(
        [f"{label} [{unit}]" if unit != "-" else label for label, _, unit, _ in ROWS], name="quantity"
    )
    table = pd.concat([pd.DataFrame(columns, index=index), _mix(plans)])
    return Comparison(plans, table, _differences(plans))


def _mix(plans: Mapping[str, Plan]) -> pd.DataFrame:
    """Energy used by option (GWh/yr) and contracted or built capacity (MW)."""
    energy = pd.DataFrame(
        {name: plan.supply.groupby("option")["supply_mwh"].sum() / 1e3 for name, plan in plans.items()}
    )
    power = pd.DataFrame(
        {name: plan.supply.groupby("option")["supply_mw"].sum() for name, plan in plans.items()}
    )
    energy.index = pd.Index([f"{option} energy [GWh/yr]" for option in energy.index])
    power.index = pd.Index([f"{option} capacity [MW]" for option in power.index])
    both = pd.concat([energy, power]).fillna(0.0)
    return both[(both.abs() > 1e-3).any(axis=1)].sort_index()


def _differences(plans: Mapping[str, Plan]) -> list[str]:
    (first, base), *others = plans.items()
    lines = []
    for name, plan in others:
        lines += [_sites_line(first, base, name, plan), _money_line(first, base, name, plan)]
        for limit in plan.record["binding"]:
            if limit not in base.record["binding"]:
                lines.append(
                    f"{name}: {limit['limit']} binds at {limit['value']:,.6g} {limit['unit']}, in {first} it does not"
                )
    return lines


def _sites_line(first: str, base: Plan, name: str, plan: Plan) -> str:
    ours, theirs = set(base.chosen.index), set(plan.chosen.index)
    common, new, gone = sorted(ours & theirs), sorted(theirs - ours), sorted(ours - theirs)
    text = f"{name} shares {len(common)} of {len(ours)} sites with {first}"
    return text + (f"; builds {', '.join(new)} instead of {', '.join(gone) or 'none'}" if new or gone else "")


def _money_line(first: str, base: Plan, name: str, plan: Plan) -> str:
    cost = plan.totals["cash_cost_eur_yr"] - base.totals["cash_cost_eur_yr"]
    tonnes = plan.totals["carbon_t_yr"] - base.totals["carbon_t_yr"]
    share = tonnes / base.totals["carbon_t_yr"] if base.totals["carbon_t_yr"] else 0.0
    text = f"{name} costs {cost / 1e6:+,.1f} M EUR/yr and emits {tonnes:+,.0f} t CO2e/yr ({share:+.0%}) against {first}"
    if tonnes < 0 < cost:
        text += f": {cost / -tonnes:,.0f} EUR per tonne avoided"
    return text

"""Plans side by side: what they share, what differs, and what makes the difference."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.instance.items import is_internal_price
from siting.plan.plan import Plan
from siting.study.sharp import doubt_eur_yr
from siting.units import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SAME_WORK = 0.01  # relative: only plans of equal IT power are set against each other per tonne avoided
DOUBTFUL = 0.02  # of a difference in cost: what gaps leave open beyond this is said
SHOWN = 1e-3  # GWh or MW below which an option is no part of a mix
ACCOUNTS = {
    "carbon_t_yr": "operational, location-based [t CO2e/yr]",
    "lifecycle_t_yr": "life cycle of the supply [t CO2e/yr]",
    "carbon_market_t_yr": "operational, market-based [t CO2e/yr]",
}
Row = tuple[str, Callable[[Plan], float | None]]


@dataclass(frozen=True)
class Comparison:
    """Plans by name, the first being the one the others are measured against.

    table: rows are quantities with their unit in the name, one column a plan; null where a plan does not know it.
    groups: heading and rows of the table that belong together, in order.
    sites: MW of IT by site (index) and plan (column), 0 where a plan does not build; `name` and `country` beside.
    abatement: from each plan to the next, `from`, `to`, `cost_eur_yr` and `carbon_t_yr` (changes), `abatement_eur_t`:
    the price of a tonne less (null where none is avoided at a cost, or the plans serve different IT power).
    differences: the same in sentences, with the limits that bind.
    """

    plans: Mapping[str, Plan]
    table: pd.DataFrame
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    sites: pd.DataFrame
    abatement: pd.DataFrame
    differences: list[str]

    def figure(self, kind: str = "bars") -> Figure:
        """A matplotlib figure: `bars` (cost, energy mix and carbon of every plan) or `table` (bars over the table)."""
        from siting.output.compare_figure import comparison_figure

        return comparison_figure(self, kind)

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write tables, figure (with matplotlib) and one output folder a plan, whole or not at all."""
        from siting.output.folder import write_comparison

        return write_comparison(self, Path(folder), overwrite)

    def to_json(self) -> str:
        """Table, sites, abatement and differences as JSON."""
        from siting.output.folder import comparison_record, json_bytes

        return json_bytes(comparison_record(self)).decode("utf-8")

    def _repr_html_(self) -> str:
        from siting.output.comparison_text import comparison_html

        return comparison_html(self)


def side_by_side(plans: Mapping[str, Plan]) -> Comparison:
    """Set plans side by side; the first is the one the others are measured against."""
    abatement = _abatement(plans)
    groups = [
        ("Build", [*_rows(plans, BUILD), *_countries(plans)]),
        ("Money", _rows(plans, MONEY)),
        ("Carbon", [*_accounts(plans), *_rows(plans, CARBON), _prices(plans, abatement)]),
        ("Place and time", _rows(plans, PLACE)),
        ("Energy used", _mix(plans, "supply_mwh", "energy [GWh/yr]", 1e3)),
        ("Capacity", _mix(plans, "supply_mw", "capacity [MW]", 1.0)),
    ]
    rows = [row for _, found in groups for row in found]
    index = pd.Index([label for label, _ in rows], name="quantity")
    table = pd.DataFrame([values for _, values in rows], index=index, columns=list(plans), dtype=float)
    headings = tuple((title, tuple(label for label, _ in found)) for title, found in groups if found)
    return Comparison(plans, table, headings, _sites(plans), abatement, _differences(plans, abatement))


def _total(key: str, divisor: float = 1.0) -> Callable[[Plan], float | None]:
    def read(plan: Plan) -> float | None:
        value = plan.totals.get(key)
        return None if value is None else value / divisor

    return read


def _per_accelerator_year(plan: Plan) -> float | None:
    count = plan.totals["accelerators"]
    return plan.totals["cash_cost_eur_yr"] / count if count else None


def _opex_m_eur(plan: Plan) -> float | None:
    """What is paid every year beside own plant: energy bought and contracted, fuel, allowances, charges, less sales."""
    costs = plan.costs
    bought = (costs["capex_group"] == "") & ~costs["item"].map(is_internal_price).astype(bool)
    return float(costs.loc[bought, "cost_eur_yr"].sum()) / 1e6


def _plant_m_eur(plan: Plan) -> float | None:
    """Annuities and upkeep of what is built."""
    return float(plan.costs.loc[plan.costs["capex_group"] != "", "cost_eur_yr"].sum()) / 1e6


def bn_eur_gw(plan: Plan) -> float | None:
    """Overnight investment per IT power, accelerators included; bn EUR/GW, or M EUR/MW."""
    return plan.totals["capex_eur"] / 1e3 / plan.totals["it_mw"] / 1e3 if plan.totals["it_mw"] else None


def t_per_eflop_year(plan: Plan) -> float | None:
    """Operational tonnes of a year in which dense BF16 of 1 EFLOP/s stands installed."""
    pflops = plan.totals.get("compute_pflops")
    return plan.totals["carbon_t_yr"] / (pflops / 1e3) if pflops else None


def _land_ha(plan: Plan) -> float | None:
    """Land of the chosen sites; unknown if that of one is."""
    return float(plan.chosen["land_ha"].sum(skipna=False)) if len(plan.chosen) else None


def power_year(plan: Plan) -> pd.Series:
    """Year in which each chosen site has power: decision year + grid wait, or the period where it has no connection.

    With several periods it is the period in which the site first runs, on the grid or on plant of its own.
    """
    horizon, chosen = plan.model.horizon, plan.chosen
    if plan.stages:
        first = plan.record["horizon"]["first_power"]
        return pd.Series({s: float(first[s]) for s in chosen.index}, dtype=float)
    connected = chosen["grid_wait_yr"].notna() & (chosen["connection_mw"] > 0)
    on_grid = horizon.decision_year + chosen["grid_wait_yr"].astype(float)
    years: pd.Series = on_grid.where(connected, float(horizon.periods[0]))
    return years


def _first_year(plan: Plan) -> float | None:
    return float(power_year(plan).min()) if len(plan.chosen) else None


def _last_year(plan: Plan) -> float | None:
    return float(power_year(plan).max()) if len(plan.chosen) else None


BUILD: tuple[Row, ...] = (
    ("sites", _total("sites")),
    ("countries", _total("countries")),
    ("IT power [MW]", _total("it_mw")),
    ("accelerators", _total("accelerators")),
)
MONEY: tuple[Row, ...] = (
    ("capex [bn EUR]", _total("capex_eur", 1e9)),
    ("capex per IT power [bn EUR/GW]", bn_eur_gw),
    ("cost [M EUR/yr]", _total("cash_cost_eur_yr", 1e6)),
    ("of it plant and upkeep [M EUR/yr]", _plant_m_eur),
    ("of it opex: energy, fuel, charges [M EUR/yr]", _opex_m_eur),
    ("electricity [EUR/MWh]", _total("energy_eur_mwh")),
    ("cost of an accelerator [EUR/yr]", _per_accelerator_year),
)
CARBON: tuple[Row, ...] = (
    ("operational intensity [g/kWh]", _total("carbon_g_kwh")),
    ("operational, installed BF16 [t/EFLOP-year]", t_per_eflop_year),
    ("CFE score", _total("cfe_score")),
    ("PUE", _total("pue")),
)
PLACE: tuple[Row, ...] = (
    ("water [m3/yr]", _total("water_m3_yr")),
    ("land of the sites [ha]", _land_ha),
    ("first site has power [year]", _first_year),
    ("all sites have power [year]", _last_year),
)


def _rows(plans: Mapping[str, Plan], rows: tuple[Row, ...]) -> list[tuple[str, list[float | None]]]:
    return [(label, [read(plan) for plan in plans.values()]) for label, read in rows]


def _accounts(plans: Mapping[str, Plan]) -> list[tuple[str, list[float | None]]]:
    """One row an accounting of tonnes that any of the plans has."""
    keys = dict.fromkeys(key for plan in plans.values() for key in plan.totals if key.endswith("_t_yr"))
    return [
        (
            ACCOUNTS.get(key, f"{key.removesuffix('_t_yr').replace('_', ' ')} [t CO2e/yr]"),
            [plan.totals.get(key) for plan in plans.values()],
        )
        for key in keys
    ]


def _countries(plans: Mapping[str, Plan]) -> list[tuple[str, list[float | None]]]:
    """MW of IT by country."""
    power = {
        name: pd.DataFrame(plan.record["sites"], columns=["country", "it_mw"])
        .groupby("country")["it_mw"]
        .sum()
        for name, plan in plans.items()
    }
    frame = pd.DataFrame(power).fillna(0.0).sort_index()
    return [
        (f"{country} [MW of IT]", list(row))
        for country, row in zip(frame.index, frame.to_numpy(), strict=True)
    ]


def _mix(
    plans: Mapping[str, Plan], column: str, unit: str, divisor: float
) -> list[tuple[str, list[float | None]]]:
    """One row a supply option that any of the plans uses."""
    frame = pd.DataFrame(
        {name: plan.supply.groupby("option")[column].sum() / divisor for name, plan in plans.items()}
    ).fillna(0.0)
    used = frame[(frame.abs() > SHOWN).any(axis=1)].sort_index()
    return [(f"{option} {unit}", list(row)) for option, row in zip(used.index, used.to_numpy(), strict=True)]


def _sites(plans: Mapping[str, Plan]) -> pd.DataFrame:
    """Sites any plan builds: those in all plans first, then by number of plans and name."""
    built = {name: plan.chosen["it_mw"].astype(float) for name, plan in plans.items()}
    power = pd.DataFrame(built).fillna(0.0)
    known = pd.concat([plan.chosen[["name", "country"]] for plan in plans.values()])
    known = known[~known.index.duplicated()]
    frame = pd.DataFrame(known).join(power)
    frame = frame.assign(plans=(power > 0).sum(axis=1)).rename_axis("site").reset_index()
    frame = frame.sort_values(["plans", "country", "site"], ascending=[False, True, True], ignore_index=True)
    return frame.set_index("site").drop(columns="plans")


def _abatement(plans: Mapping[str, Plan]) -> pd.DataFrame:
    """What a tonne less costs from each plan to the next, in the order given."""
    rows = [(*pair, *_step(plans[pair[0]], plans[pair[1]])) for pair in pairwise(plans)]
    frame = pd.DataFrame(rows, columns=["from", "to", "cost_eur_yr", "carbon_t_yr", "abatement_eur_t"])
    return frame.astype({"abatement_eur_t": float})


def _prices(plans: Mapping[str, Plan], abatement: pd.DataFrame) -> tuple[str, list[float | None]]:
    """The price of a tonne less against the plan before, as a row of the table."""
    return "a tonne less than the plan before [EUR/t]", [None, *map(float, abatement["abatement_eur_t"])]


def _step(base: Plan, plan: Plan) -> tuple[float, float, float | None]:
    """Change of cost and tonnes, and EUR per tonne avoided where tonnes fall and cost rises for equal IT power."""
    cost = plan.totals["cash_cost_eur_yr"] - base.totals["cash_cost_eur_yr"]
    tonnes = plan.totals["carbon_t_yr"] - base.totals["carbon_t_yr"]
    alike = abs(plan.totals["it_mw"] - base.totals["it_mw"]) <= SAME_WORK * base.totals["it_mw"]
    return cost, tonnes, cost / -tonnes if alike and tonnes < 0 < cost else None


def _differences(plans: Mapping[str, Plan], abatement: pd.DataFrame) -> list[str]:
    (first, base), *others = plans.items()
    lines = []
    for name, plan in others:
        lines += [_sites_line(first, base, name, plan), _money_line(first, base, name, plan)]
        lines += _limit_lines(first, base, name, plan)
    steps = abatement.iloc[1:].to_dict("records")
    return lines + [
        _step_line(step, plans) for step in steps if step["abatement_eur_t"] == step["abatement_eur_t"]
    ]


def _sites_line(first: str, base: Plan, name: str, plan: Plan) -> str:
    ours, theirs = set(base.chosen.index), set(plan.chosen.index)
    common, new, gone = sorted(ours & theirs), sorted(theirs - ours), sorted(ours - theirs)
    text = f"{name} shares {len(common)} of {counted(len(ours), 'site')} with {first}"
    return text + (
        f"; builds {', '.join(new) or 'nothing'} instead of {', '.join(gone) or 'none'}"
        if new or gone
        else ""
    )


def _money_line(first: str, base: Plan, name: str, plan: Plan) -> str:
    cost, tonnes, price = _step(base, plan)
    share = tonnes / base.totals["carbon_t_yr"] if base.totals["carbon_t_yr"] else 0.0
    text = f"{name} costs {cost / 1e6:+,.1f} M EUR/yr and emits {tonnes:+,.0f} t CO2e/yr ({share:+.0%}) against {first}"
    if price is not None:
        text += f": {price:,.0f} EUR per tonne avoided{_doubt(base, plan, cost, tonnes)}"
    return text


def _doubt(base: Plan, plan: Plan, cost: float, tonnes: float) -> str:
    """Between what a tonne less may cost as far as both plans are proven; empty where that is one number."""
    more, less = doubt_eur_yr(base), doubt_eur_yr(plan)
    if more + less <= DOUBTFUL * cost:
        return ""
    if not math.isfinite(more + less):
        return " (no bound was proven)"
    return f" (proven: between {(cost - less) / -tonnes:,.0f} and {(cost + more) / -tonnes:,.0f})"


def _limit_lines(first: str, base: Plan, name: str, plan: Plan) -> list[str]:
    """Limits that bind in one of the two plans and not in the other, with what they cost where the plan says so."""
    lines = []
    for here, other, there, mine in ((name, first, base, plan), (first, name, plan, base)):
        known = [_limit_key(limit) for limit in there.record["binding"]]
        lines += [
            f"{here}: {_limit_words(limit)}, in {other} it does not"
            for limit in mine.record["binding"]
            if _limit_key(limit) not in known
        ]
    return lines


def _limit_key(limit: Mapping[str, Any]) -> tuple[Any, ...]:
    return limit["limit"], limit["value"], limit["unit"]


def _limit_words(limit: Mapping[str, Any]) -> str:
    return f"{limit['limit']} binds at {limit['value']:,.6g} {limit['unit']}"


def _step_line(step: Mapping[Any, Any], plans: Mapping[str, Plan]) -> str:
    doubt = _doubt(plans[step["from"]], plans[step["to"]], step["cost_eur_yr"], step["carbon_t_yr"])
    return (
        f"from {step['from']} to {step['to']}: {step['abatement_eur_t']:,.0f} EUR per tonne avoided{doubt} "
        f"({step['cost_eur_yr'] / 1e6:+,.1f} M EUR/yr, {step['carbon_t_yr']:+,.0f} t CO2e/yr)"
    )

"""Where the money and the energy go: groups of cost terms, parts of the price of electricity, energy mixes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from siting.instance.items import pays_for_energy
from siting.output.report.charts import waterfall
from siting.output.report.tones import height, tone
from siting.output.words import option_name

if TYPE_CHECKING:
    import pandas as pd

    from siting.plan.plan import Plan

NEGLIGIBLE = 5e-4  # share of the total below which a cost term joins the rest
REST = "all else"
GROUPS = {"it": "accelerators", "site": "building", "onsite_power": "power on site"}  # of capex, in words


def cost_bars(plan: Plan) -> list[dict[str, Any]]:
    """The yearly cost: all electricity as one, all else (building, accelerators, heat, internal price) by item; EUR/yr."""
    items = plan.costs.groupby("item", sort=False)["cost_eur_yr"].sum()
    named = [(option_name(str(i)), float(v)) for i, v in items.items() if not pays_for_energy(str(i))]
    energy = float(items[[pays_for_energy(str(i)) for i in items.index]].sum())
    return waterfall([*named, ("electricity", energy)], "cost a year")


def energy_bars(plan: Plan) -> list[dict[str, Any]]:
    """What a MWh of electricity is made of, EUR/MWh: dearest term first, then what lowers it."""
    items = plan.costs.groupby("item", sort=False)["cost_eur_yr"].sum()
    load = float(plan.totals["facility_mwh"])
    parts = (
        {option_name(str(i)): float(v) / load for i, v in items.items() if pays_for_energy(str(i))}
        if load
        else {}
    )
    total = sum(abs(v) for v in parts.values())
    small = {name for name, v in parts.items() if abs(v) < NEGLIGIBLE * total}
    kept = sorted(((n, v) for n, v in parts.items() if n not in small), key=lambda part: -part[1])
    rest = sum(parts[name] for name in small)
    return waterfall([*kept, *([(REST, rest)] if small else [])], "electricity")


def capex_bars(plan: Plan) -> list[dict[str, Any]]:
    """Overnight investment by the budget's groups, EUR, the largest first."""
    groups = plan.costs.groupby("capex_group")["capex_eur"].sum()
    rows = sorted(((str(g), float(v)) for g, v in groups.items() if v > 0), key=lambda row: -row[1])
    return waterfall([(capex_name(name), eur) for name, eur in rows], "investment")


def capex_name(group: str) -> str:
    """A group of investment in words.

    >>> capex_name("it"), capex_name("connection")
    ('accelerators', 'connection')
    """
    return option_name(GROUPS.get(group, group))


def site_mix(supply: pd.DataFrame, sites: list[str] | None = None) -> list[dict[str, Any]]:
    """Energy used by source (storage is none), MWh/yr and share, from the bottom of a stack up; with `x` in per cent."""
    own = supply if sites is None else supply[supply["site"].isin(sites)]
    own = own[(own["route"] != "storage") & (own["supply_mwh"] > 0)]
    used = {str(k): float(v) for k, v in own.groupby("option")["supply_mwh"].sum().items()}
    power = {str(k): float(v) for k, v in own.groupby("option")["supply_mw"].sum().items()}
    total = sum(used.values())
    parts, x = [], 0.0
    for option in sorted(used, key=lambda k: (height(tone(k)), k)):
        share = used[option] / total
        parts.append(
            {
                "option": option, "name": option_name(option), "tone": tone(option), "mwh": used[option],
                "mw": power[option], "share": share, "x": round(100 * x, 3), "width": round(100 * share, 3),
            }
        )  # fmt: skip
        x += share
    return parts


def site_costs(plan: Plan, site: str) -> list[tuple[str, float, float]]:
    """(term, EUR/yr, overnight EUR) of one site, largest first."""
    own = plan.costs[plan.costs["site"] == site]
    rows = [
        (option_name(str(row["item"])), float(row["cost_eur_yr"]), float(row["capex_eur"]))
        for row in own.to_dict("records")
    ]
    return sorted(rows, key=lambda row: -abs(row[1]))

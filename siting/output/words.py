"""How numbers, options and the proof are put into words: the same in the terminal, on the map and in tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from siting.instance.shaped import FLAT
from siting.units import counted

if TYPE_CHECKING:
    import pandas as pd

    from siting.plan.plan import Plan

MOST_BUILT = 24  # lines of what is built when
MOST_SITES = 20  # sites with lines of their own
MOST_NAMED = 8  # sites named in a period's line
SHOWN_MW = 1.0  # what is built below is in the tables, not in the text
STEPS = ((1e9, " bn"), (1e6, " M"), (1e3, " k"))
COUNTED = {"sites": "site", "countries": "country"}  # units of numbers of things, and one of them
STATUS = {
    "optimal": "solved",
    "time_limit": "stopped at the time limit, best plan found",
    "interrupted": "stopped by hand, best plan found",
    "stalled": "best plan found; no further price closes the gap (--method whole may)",
}


def number(value: float | None) -> str:
    """A number at the precision it deserves; a dash if unknown.

    >>> number(45313.9), number(45.80), number(0.8500), number(None)
    ('45,314', '45.8', '0.850', '-')
    """
    if value is None or not math.isfinite(value):
        return "-"
    size = abs(value)
    digits = 0 if size >= 1000 or value == round(value) else 1 if size >= 10 else 3
    return f"{value:,.{digits}f}"


def large(value: float | None) -> str:
    """A large number with its power of ten in a word.

    >>> large(403809212.4), large(20e9), large(61.2), large(None)
    ('403.8 M', '20.00 bn', '61.20', '-')
    """
    if value is None or not math.isfinite(value):
        return "-"
    for step, word in STEPS:
        if abs(value) >= step:
            return f"{_four(value / step)}{word}"
    return _four(value)


def stored(size_bytes: float) -> str:
    """Room on a disk.

    >>> stored(0), stored(2 * 1024**3), stored(5_400_000)
    ('0 B', '2.0 GiB', '5.1 MiB')
    """
    for step, word in ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB")):
        if size_bytes >= step:
            return f"{size_bytes / step:.1f} {word}"
    return f"{size_bytes:.0f} B"


def share(value: float | None, digits: int = 0) -> str:
    """A share in per cent.

    >>> share(0.8232), share(0.0009, 2), share(None)
    ('82 %', '0.09 %', '-')
    """
    if value is None or not math.isfinite(value):
        return "-"
    return f"{100 * value:.{digits}f} %"


def option_name(option: str) -> str:
    """An option's id in words.

    >>> option_name("onwind_ppa"), option_name("battery@2029"), option_name("solar_ppa~flat:ES")
    ('onwind PPA', 'battery of 2029', 'solar PPA baseload from ES')
    """
    option, _, built = option.partition("@")
    name, _, source = option.partition(":")
    words = name.replace("_", " ").replace("ppa", "PPA").replace(FLAT, " baseload")
    words = f"{words} from {source}" if source else words
    return f"{words} of {built}" if built else words


# what operational tonnes count, to stand where they are shown
CARBON_COUNTS = (
    "Grid power counts at the world's intensity (in eu27 that of the life cycle of what feeds the grid), contracted and own "
    "plant at what it emits in operation, sun, wind and nuclear nothing: caps favour contracts by so much."
)
MEAN_YEAR = {
    "cost": " (discounted mean year)",
    "weighted": " (discounted mean year)",
    "carbon": " (mean year)",
}


def status_text(record: Mapping[str, Any]) -> str:
    """Status, objective, gap and bound in one sentence."""
    goal = record["objective"]
    word = STATUS.get(str(record["status"]), str(record["status"]))
    gap, bound = goal["gap"], goal["bound"]
    if gap is None or bound is None or not math.isfinite(gap):
        proof = "no bound was proven"
    else:
        proof = f"proven within {share(gap, 2)} of the best possible (bound {large(bound)} {goal['unit']})"
    year = MEAN_YEAR.get(goal["name"], "") if "horizon" in record else ""
    return f"{word}: {goal['name']} {large(goal['value'])} {goal['unit']}{year}, {proof}"


def effort_text(record: Mapping[str, Any]) -> str:
    """How it was solved: method, hours, seconds, versions."""
    versions, hours = record["versions"], record["hours"]["modelled"]
    return (
        f"{record['method']} method, {counted(hours, 'hour')} modelled, {record['seconds']:.1f} s, "
        f"siting {versions['siting']}, HiGHS {versions.get('highs', '?')}"
    )


def horizon_text(plan: Plan) -> list[tuple[str, str]]:
    """A plan of several periods in a line each: what runs, where, on what, and what is new."""
    road = plan.record.get("horizon")
    if not road:
        return []
    rows = []
    for label, stage in plan.stages.items():
        t = stage.totals
        held = sorted(stage.record["sites"], key=lambda row: -row["it_mw"])
        sites = ", ".join(
            f"{stage.sites.at[row['site'], 'name']} {number(row['it_mw'])} MW" for row in held[:MOST_NAMED]
        )
        sites += f" and {len(held) - MOST_NAMED} more" if len(held) > MOST_NAMED else ""
        rows.append(
            (
                label,
                f"{number(t['it_mw'])} MW of IT: {sites or 'nothing yet'}; {large(t['cost_eur_yr'])} EUR/yr, "
                f"{number(t['carbon_g_kwh'])} g/kWh, {share(t['cfe_score'])} CFE",
            )
        )
    built = [row for row in road["roadmap"] if row["option"] != "it" and row["new_mw"] >= SHOWN_MW]
    largest = sorted(built, key=lambda row: -row["new_mw"])[:MOST_BUILT]
    for row in (row for row in built if row in largest):
        store = f" / {number(row['new_mwh'])} MWh" if row["new_mwh"] else ""
        name = plan.sites.at[row["site"], "name"]
        what = f"{name}: {option_name(row['option'])} {number(row['new_mw'])} MW{store}"
        rows.append((f"+ {row['period']}", what))
    if len(built) > MOST_BUILT:
        rows.append(("", f"{len(built) - MOST_BUILT} more in roadmap.csv"))
    rows.append(
        (
            "horizon",
            f"net present value {large(road['npv_eur'])} EUR, invested {large(road['capex_eur'])} EUR, "
            f"{large(road['carbon_t'])} t CO2e in all",
        )
    )
    return rows


def shown_sites(plan: Plan) -> tuple[list[Mapping[str, Any]], int]:
    """The largest sites of a plan in its own order, and how many are left out."""
    rows = list(plan.record["sites"])
    largest = sorted(rows, key=lambda row: -row["it_mw"])[:MOST_SITES]
    return [row for row in rows if row in largest], max(0, len(rows) - MOST_SITES)


def totals_text(plan: Plan) -> list[tuple[str, str]]:
    """What the plan comes to, as (name, number with unit)."""
    totals = plan.totals
    budget = plan.model.budget.capex_eur
    of_budget = "" if budget is None else f" (limit {large(budget)} on {', '.join(plan.model.budget.counts)})"
    last = " in the last period" if plan.stages else ""
    rows = [
        (
            "IT power",
            f"{number(totals['it_mw'])} MW at {counted(totals['sites'], 'site')} in {counted(totals['countries'], 'country')}",
        ),
        ("accelerators", f"{number(totals['accelerators'])} x {plan.model.load.accelerator}"),
        ("capex", f"{large(totals['capex_eur'])} EUR{of_budget}"),
        (
            "cost",
            f"{large(totals['cost_eur_yr'])} EUR/yr{last}, of which energy {number(totals['energy_eur_mwh'])} EUR/MWh",
        ),
        (
            "carbon",
            f"{number(totals['carbon_t_yr'])} t CO2e/yr = {number(totals['carbon_g_kwh'])} g/kWh operational",
        ),
        (
            "life cycle",
            f"{number(totals['lifecycle_t_yr'])} t CO2e/yr of the supply, reported beside{_market(totals)}",
        ),
        ("CFE score", f"{share(totals['cfe_score'], 1)} of the load carbon-free in its hour"),
        ("electricity", f"{number(totals['facility_mwh'])} MWh/yr at PUE {totals['pue']:.3f}"),
    ]
    rows += _water_and_heat(plan)
    if "coverage" in plan.record:
        rows.append(("coverage", coverage_text(plan.record["coverage"])))
    if "flexible" in plan.record:
        rows.append(("flexibility", flexible_text(plan.record["flexible"])))
    if totals["cash_cost_eur_yr"] != totals["cost_eur_yr"]:
        rows.insert(
            4, ("cash cost", f"{large(totals['cash_cost_eur_yr'])} EUR/yr without the internal carbon price")
        )
    return rows


def flexible_text(moved: Mapping[str, float]) -> str:
    """Work moved or left undone, in one line."""
    words = {
        "shifted_mwh": "shifted to other hours",
        "moved_in_mwh": "moved between sites",
        "shed_mwh": "shed",
    }
    return (
        ", ".join(f"{number(moved[key])} MWh of IT {text}" for key, text in words.items() if key in moved)
        + " a year"
    )


def _water_and_heat(plan: Plan) -> list[tuple[str, str]]:
    """Water evaporated, unless a cooling system's is unknown or none is; heat, where a network takes it."""
    found = []
    water = plan.totals.get("water_m3_yr", 0.0)
    if water > 0:
        it_mwh = plan.totals["facility_mwh"] / plan.totals["pue"]
        found.append(("water", f"{number(water)} m3/yr evaporated = {number(water / it_mwh)} l/kWh of IT"))
    heat = [row["heat"]["mwh_yr"] for row in plan.record["sites"] if "heat" in row]
    if heat:
        part = share(sum(heat) / plan.totals["facility_mwh"])
        found.append(("heat sold", f"{number(sum(heat))} MWh/yr = {part} of the electricity"))
    return found


def _market(totals: Mapping[str, float]) -> str:
    """Market-based tonnes in words; nothing for a plan saved before they were reported."""
    tonnes = totals.get("carbon_market_t_yr")
    return "" if tonnes is None else f"; market-based {number(tonnes)} t CO2e/yr"


def coverage_text(covered: Mapping[str, Any]) -> str:
    """Demand served and how far away, in one line."""
    points = len({row["point"] for row in covered["assignment"]})
    cost = f", {large(covered['cost_eur_yr'])} EUR/yr" if covered["cost_eur_yr"] else ""
    served, asked = number(covered["served_it_mw"]), number(covered["demand_it_mw"])
    mean, longest = f"{covered['mean_ms']:.1f}", f"{covered['longest_ms']:.1f}"
    return f"{served} of {asked} MW served to {counted(points, 'point')}, {mean} ms away (mean), {longest} at most{cost}"


def limit_text(limit: Mapping[str, Any]) -> str:
    """A binding limit as `name: value unit`."""
    value, unit = limit["value"], limit["unit"]
    if unit in COUNTED:
        return f"{limit['limit']}: {counted(value, COUNTED[unit])}"
    return f"{limit['limit']}: {large(value) if unit == 'EUR' else number(value)} {unit}"


def energy_shares(supply: pd.DataFrame, site: str) -> dict[str, float]:
    """Share of each source in the energy a site uses, largest first; storage is no source and is left out."""
    own = supply[(supply["site"] == site) & (supply["route"] != "storage") & (supply["supply_mwh"] > 0)]
    used = {str(k): float(v) for k, v in zip(own["option"], own["supply_mwh"], strict=True)}
    total = sum(used.values())
    ranked = sorted(used.items(), key=lambda item: (-item[1], item[0]))
    return {option: mwh / total for option, mwh in ranked}


def storage_text(supply: pd.DataFrame, site: str) -> str:
    """Storage of a site as `battery 20 MW / 80 MWh`, empty if it has none, or so little that it would read `0 MW`."""
    own = supply[(supply["site"] == site) & (supply["route"] == "storage") & (supply["supply_mw"] >= 0.5)]
    return ", ".join(
        f"{option_name(str(row['option']))} {row['supply_mw']:,.0f} MW / {row['store_mwh']:,.0f} MWh"
        for row in own.to_dict("records")
    )


def _four(value: float) -> str:
    """Four significant digits."""
    size = abs(value)
    return f"{value:.{1 if size >= 100 else 2}f}"

"""How numbers, options and the proof are put into words: the same in the terminal, on the map and in tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from siting.plan.plan import Plan

STEPS = ((1e9, " bn"), (1e6, " M"), (1e3, " k"))
STATUS = {
    "optimal": "solved",
    "gap": "solved",
    "time_limit": "stopped at the time limit, best plan found",
    "interrupted": "stopped by hand, best plan found",
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

    >>> option_name("onwind_ppa"), option_name("onsite_solar")
    ('onwind PPA', 'onsite solar')
    """
    return option.replace("_", " ").replace("ppa", "PPA")


def status_text(record: Mapping[str, Any]) -> str:
    """Status, objective, gap and bound in one sentence."""
    goal = record["objective"]
    word = STATUS.get(str(record["status"]), str(record["status"]))
    gap, bound = goal["gap"], goal["bound"]
    if gap is None or bound is None or not math.isfinite(gap):
        proof = "no bound was proven"
    else:
        proof = f"proven within {share(gap, 2)} of the best possible (bound {large(bound)} {goal['unit']})"
    return f"{word}: {goal['name']} {large(goal['value'])} {goal['unit']}, {proof}"


def effort_text(record: Mapping[str, Any]) -> str:
    """How it was solved: method, hours, seconds, versions."""
    versions, hours = record["versions"], record["hours"]["modelled"]
    return (
        f"{record['method']} method, {hours:,} hours modelled, {record['seconds']:.1f} s, "
        f"siting {versions['siting']}, HiGHS {versions.get('highs', '?')}"
    )


def totals_text(plan: Plan) -> list[tuple[str, str]]:
    """What the plan comes to, as (name, number with unit)."""
    totals = plan.totals
    budget = plan.model.budget.capex_eur
    of_budget = "" if budget is None else f" (limit {large(budget)} on {', '.join(plan.model.budget.counts)})"
    rows = [
        (
            "IT power",
            f"{number(totals['it_mw'])} MW at {totals['sites']:.0f} sites in {totals['countries']:.0f} countries",
        ),
        ("accelerators", f"{number(totals['accelerators'])} x {plan.model.load.accelerator}"),
        ("capex", f"{large(totals['capex_eur'])} EUR{of_budget}"),
        (
            "cost",
            f"{large(totals['cost_eur_yr'])} EUR/yr, of which energy {number(totals['energy_eur_mwh'])} EUR/MWh",
        ),
        (
            "carbon",
            f"{number(totals['carbon_t_yr'])} t CO2e/yr = {number(totals['carbon_g_kwh'])} g/kWh operational",
        ),
        ("life cycle", f"{number(totals['lifecycle_t_yr'])} t CO2e/yr of the supply, reported beside"),
        ("CFE score", f"{share(totals['cfe_score'], 1)} of the load carbon-free in its hour"),
        ("electricity", f"{number(totals['facility_mwh'])} MWh/yr at PUE {totals['pue']:.3f}"),
    ]
    if totals["cash_cost_eur_yr"] != totals["cost_eur_yr"]:
        rows.insert(
            4, ("cash cost", f"{large(totals['cash_cost_eur_yr'])} EUR/yr without the internal carbon price")
        )
    return rows


def limit_text(limit: Mapping[str, Any]) -> str:
    """A binding limit as `name: value unit`."""
    value = limit["value"]
    text = large(value) if limit["unit"] == "EUR" else number(value)
    return f"{limit['limit']}: {text} {limit['unit']}"


def energy_shares(supply: pd.DataFrame, site: str) -> dict[str, float]:
    """Share of each source in the energy a site uses, largest first; storage is no source and is left out."""
    own = supply[(supply["site"] == site) & (supply["route"] != "storage") & (supply["supply_mwh"] > 0)]
    used = {str(k): float(v) for k, v in zip(own["option"], own["supply_mwh"], strict=True)}
    total = sum(used.values())
    ranked = sorted(used.items(), key=lambda item: (-item[1], item[0]))
    return {option: mwh / total for option, mwh in ranked}


def storage_text(supply: pd.DataFrame, site: str) -> str:
    """Storage of a site as `battery 20 MW / 80 MWh`, empty if it has none."""
    own = supply[(supply["site"] == site) & (supply["route"] == "storage") & (supply["supply_mw"] > 0.05)]
    return ", ".join(
        f"{option_name(str(row['option']))} {row['supply_mw']:,.0f} MW / {row['store_mwh']:,.0f} MWh"
        for row in own.to_dict("records")
    )


def _four(value: float) -> str:
    """Four significant digits."""
    size = abs(value)
    return f"{value:.{1 if size >= 100 else 2}f}"

"""Why a site is in the plan, as far as the plan says: facts set side by side, no guess at the solver's mind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from siting.output.background import grid_value
from siting.output.words import large, number, share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from siting.plan.plan import Plan

RANKED = (  # totals of a site, set beside those of the other chosen sites: name, unit, the better end
    ("energy_eur_mwh", "electricity at {} EUR/MWh", "lowest", "highest"),
    ("carbon_g_kwh", "operational carbon of {} g CO₂e/kWh", "lowest", "highest"),
)
ZONE_FACTS = (
    ("day_ahead_price_eur_mwh", "day-ahead price", "EUR/MWh"),
    ("grid_carbon_g_kwh", "grid carbon intensity", "g CO₂e/kWh"),
)


def reasons(plan: Plan, row: Mapping[str, Any]) -> list[str]:
    """Sentences about one chosen site: asked for by name, rank among those built, rank of its zone, ties."""
    site = str(row["site"])
    said = []
    if site in plan.model.sites.force:
        said.append("Asked for: the planning model names it under sites.force.")
    said += _among_chosen(plan, row)
    said += _among_zones(plan, str(row["zone"]))
    said += [
        f"{_capital(note.removeprefix(f'{site} '))}."
        for note in plan.record["notes"]
        if note.startswith(f"{site} ties")
    ]
    return said


def _among_chosen(plan: Plan, row: Mapping[str, Any]) -> list[str]:
    rows = plan.record["sites"]
    if len(rows) < 2:
        return []
    said = []
    for key, words, low, high in RANKED:
        place = _place(float(row[key]), [float(other[key]) for other in rows], low, high)
        said.append(f"{_capital(words.format(number(row[key])))}: {place} of the {len(rows)} sites built.")
    mine = float(row["cost_eur_yr"]) / float(row["it_mw"])
    mean = sum(float(r["cost_eur_yr"]) for r in rows) / sum(float(r["it_mw"]) for r in rows)
    if mean:
        way = "below" if mine < mean else "above"
        apart = abs(mine / mean - 1)
        said.append(f"Costs {large(mine)} EUR a year per MW of IT, {share(apart, 1)} {way} the plan's mean.")
    return said


def _among_zones(plan: Plan, zone: str) -> list[str]:
    """Where its price zone stands among all zones that hold a candidate."""
    zones = sorted(set(plan.sites["zone"]))
    said = []
    for quantity, name, unit in ZONE_FACTS:
        known = {z: grid_value(plan, None, z, quantity) for z in zones}
        values = {z: v for z, v in known.items() if v is not None}
        if zone in values and len(values) > 1:
            place = _place(values[zone], list(values.values()), "lowest", "highest")
            said.append(
                f"Zone {zone}: {name} {number(values[zone])} {unit}, {place} of {len(values)} zones with candidates."
            )
    return said


def _place(value: float, others: list[float], low: str, high: str) -> str:
    """`3rd lowest`, counted from the nearer end.

    >>> _place(2.0, [1.0, 2.0, 3.0, 4.0], "lowest", "highest"), _place(4.0, [1.0, 4.0], "lowest", "highest")
    ('2nd lowest', 'highest')
    """
    below = sum(other < value for other in others)
    above = sum(other > value for other in others)
    rank, word = (below + 1, low) if below <= above else (above + 1, high)
    return word if rank == 1 else f"{_ordinal(rank)} {word}"


def _ordinal(n: int) -> str:
    """
    >>> [_ordinal(n) for n in (2, 3, 11, 21)]
    ['2nd', '3rd', '11th', '21st']
    """
    ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

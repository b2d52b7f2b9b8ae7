"""Which cooling systems can be built where: rack density, water stress, and how much water and heat they give off.

An evaporative system (`wue_l_kwh` > 0 in cooling.csv) is barred in countries whose water stress score (Aqueduct, 0 to 5) is
above `water.stress_max`. A country without a score follows `water.unknown`.
"""

from __future__ import annotations

from collections.abc import Iterable

from siting.errors import InfeasibleError, InputError
from siting.inputs.planning import PlanningModel
from siting.inputs.world import World

STRESS = "water_stress_score"


def cooling_systems(model: PlanningModel, world: World, notes: list[str]) -> list[str]:
    """Cooling systems that carry the accelerator's rack density.

    Raises InputError if none does, or if the water of one is limited and unknown.
    """
    a = model.load.accelerator
    rack_kw = world.value("accelerators", a, "rack_kw")
    able = []
    for q in model.load.cooling:
        most = world.value("cooling", q, "rack_kw_max")
        if rack_kw <= most:
            able.append(q)
        else:
            notes.append(
                f"{q} cooling carries {most:g} kW a rack and cannot cool {a} ({rack_kw:g} kW a rack)"
            )
    if not able:
        raise InputError(
            [
                *notes,
                f"load.cooling: none of {', '.join(model.load.cooling)} can cool {a}; add direct_to_chip or immersion",
            ]
        )
    _water_known(model, world, able)
    return able


def _water_known(model: PlanningModel, world: World, cooling: Iterable[str]) -> None:
    wanted = model.water
    stated = [
        key
        for key in ("allowance_m3_yr", "per_site_m3_mw_yr", "stress_max")
        if getattr(wanted, key) is not None
    ]
    problems = [
        f"{world.name}/cooling.csv: no row for cooling '{q}', quantity 'wue_l_kwh', which water.{stated[0]} needs; add it, "
        f"or leave {q} out of load.cooling"
        for q in cooling
        if stated and world.get("cooling", q, "wue_l_kwh") is None
    ]
    if problems:
        raise InputError(problems)


def cooling_in(model: PlanningModel, world: World, country: str, cooling: Iterable[str]) -> list[str]:
    """Of some cooling systems, those a country's water stress allows."""
    most = model.water.stress_max
    if most is None:
        return list(cooling)
    score = world.get("country_values", country, STRESS)
    dry = model.water.unknown == "refuse" if score is None else score > most
    return [q for q in cooling if not (dry and (world.get("cooling", q, "wue_l_kwh") or 0.0) > 0)]


def without_cooling(
    model: PlanningModel, world: World, sites: dict[str, str], cooling: list[str], notes: list[str]
) -> list[str]:
    """Candidates that no cooling is left for; `sites`: their countries. Notes name the countries where some is barred.

    Raises InputError for a forced site among them, InfeasibleError if there are no others.
    """
    left = {n: cooling_in(model, world, n, cooling) for n in sorted(set(sites.values()))}
    barred = {
        n: [q for q in cooling if q not in able] for n, able in left.items() if len(able) < len(cooling)
    }
    limit = f"water.stress_max {model.water.stress_max:g}" if barred else ""
    for words in sorted({", ".join(names) for names in barred.values()}):
        places = ", ".join(n for n, names in barred.items() if ", ".join(names) == words)
        notes.append(f"{words} cooling evaporates water and is barred in {places} ({limit})")
    dropped = [s for s, n in sites.items() if not left[n]]
    forced = [s for s in dropped if s in model.sites.force]
    if forced:
        raise InputError(
            f"sites.force: '{forced[0]}' has no cooling left under {limit}; add a cooling without evaporation to "
            "load.cooling, or do not force the site"
        )
    if dropped and len(dropped) == len(sites):
        raise InfeasibleError(
            f"{limit} leaves none of {len(sites)} candidates a cooling system; add one without evaporation to load.cooling"
        )
    if dropped:
        notes.append(f"{len(dropped)} of {len(sites)} candidates have no cooling left under {limit}")
    return dropped

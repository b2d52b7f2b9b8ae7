"""When, and how far, candidates are connected to the grid: waits and ramps, and the supply classes they make.

    connected in period p:  the year in which a connection can be agreed on + grid_wait_yr <= p                     (years)
    MW energised in p = min(grid_mw, grid_ramp_mw_yr x (p - first_year + 1)), and 0 before first_year               (MW)

Connections can be agreed on in the decision year, later under a pause; first_year is the first whole year in which a site is
connected. All three numbers are columns of sites.csv. Where the last is empty, or the table lacks it, all of grid_mw is there at
once. A class is a zone, its connected sites apart from the others; a site whose ramp binds is one of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

from siting.errors import InputError
from siting.inputs.planning import PlanningModel
from siting.inputs.world import World
from siting.inputs.world_checks import SITE_RAMP
from siting.instance.instance import RAMP, Instance, Limit, Ramp, Resource
from siting.units import are

ISLAND = " off-grid"  # suffix of the class of sites whose grid connection comes too late
Signing = Mapping[
    str, int | None
]  # first year in which a connection can be agreed on, where not the decision year


def classes_of(
    model: PlanningModel, world: World, sites: Iterable[str], signing: Signing, ramps: Mapping[str, Ramp]
) -> dict[str, str]:
    """The supply class of each site in a model of one period. Raises InputError for an unknown wait that counts."""
    period = model.horizon.periods[0]
    found = {s: _class_of(model, world, s, signing) for s in sites}
    return {
        s: ramp_class(c, s) if s in ramps and not c.endswith(ISLAND) and _binds(ramps[s], period) else c
        for s, c in found.items()
    }


def ramp_class(zone: str, s: str) -> str:
    """The class of one ramped site."""
    return f"{zone} ramp {s}"


def _class_of(model: PlanningModel, world: World, s: str, signing: Signing) -> str:
    zone = str(world.sites.at[s, "zone"])
    signed = signing.get(str(world.sites.at[s, "country"]), model.horizon.decision_year)
    if signed is None:
        return zone + ISLAND
    if model.sites.grid_wait == "ignore":
        return zone if signed <= model.horizon.periods[0] else zone + ISLAND
    wait = float(world.sites.at[s, "grid_wait_yr"])
    if np.isnan(wait):
        raise InputError(
            f"sites.csv: grid_wait_yr of '{s}' is unknown; give it, or set sites.grid_wait: ignore"
        )
    in_time = signed + wait <= model.horizon.periods[0]
    return zone if in_time else zone + ISLAND


def ramps_of(model: PlanningModel, world: World, sites: Iterable[str], signing: Signing) -> dict[str, Ramp]:
    """The ramps of some sites that take more than a year; none where waits are ignored."""
    if SITE_RAMP not in world.sites.columns or model.sites.grid_wait == "ignore":
        return {}
    found: dict[str, Ramp] = {}
    for s in sites:
        grid_mw, mw_yr = float(world.sites.at[s, "grid_mw"]), float(world.sites.at[s, SITE_RAMP])
        signed = signing.get(str(world.sites.at[s, "country"]), model.horizon.decision_year)
        wait = float(world.sites.at[s, "grid_wait_yr"])
        if (
            signed is not None and wait >= 0 and mw_yr < grid_mw
        ):  # what is not known is NaN, and no comparison holds
            found[s] = Ramp(grid_mw, mw_yr, math.ceil(signed + wait))
    return found


def energised_mw(ramp: Ramp, period: int) -> float:
    """What the operator lets flow in a period (MW).

    >>> [energised_mw(Ramp(96.0, 30.0, 2029), p) for p in (2028, 2029, 2031, 2035)]
    [0.0, 30.0, 90.0, 96.0]
    """
    return max(0.0, min(ramp.grid_mw, ramp.mw_yr * (period - ramp.first_year + 1)))


def _binds(ramp: Ramp, period: int) -> bool:
    """Whether a site is connected in a period, and not to all of its grid_mw yet."""
    return 0.0 < energised_mw(ramp, period) < ramp.grid_mw


def ramp_limits(
    ramps: Mapping[str, Ramp], period: int, class_of: Mapping[str, str], connected: Iterable[str]
) -> dict[Resource, Limit]:
    """The limit of every ramp that binds in a period; `connected`: classes that can have a connection at all."""
    able = set(connected)
    return {
        (RAMP, s): Limit("<=", energised_mw(ramp, period), "MW", f"{SITE_RAMP} of {s}")
        for s, ramp in ramps.items()
        if _binds(ramp, period) and class_of.get(s) in able
    }


def ramp_notes(limits: Mapping[Resource, Limit], ramps: Mapping[str, Ramp], period: int) -> list[str]:
    """One note on all ramps that bind."""
    held = [r[1] for r in limits if r[0] == RAMP]
    if not held:
        return []
    s = held[0]
    return [
        f"{are(len(held), 'candidate')} connected step by step ({SITE_RAMP}), e.g. {s}: {limits[RAMP, s].value:g} of "
        f"{ramps[s].grid_mw:g} MW by {period}"
    ]


def joined_class(alone: Iterable[Instance], s: str, together: str) -> str:
    """The class of a site over all periods: its own if its ramp binds in one of them, else the one it shares."""
    zone = next((data.zone[data.sites[s].supply_class] for data in alone if (RAMP, s) in data.limits), None)
    return together if zone is None else ramp_class(zone, s)

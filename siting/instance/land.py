"""Land beside the building, and the supply classes that sites of a zone fall into by it.

    spare_land_ha_mw[s] = land_ha[s] / largest size[s] - dc_land_ha_mw, rounded down to a step                   (ha per MW of IT)

A class's energy system is per MW of IT, so its sites share one number. A site's own depends on no other candidate: leaving
candidates out never gives the rest more land. Steps a factor apart keep classes few, whatever land a thousand sites have.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from siting.inputs.planning import PlanningModel
from siting.inputs.world import World
from siting.instance.connection import ISLAND
from siting.instance.instance import BY_CELL, BY_OPTION, RAMP, Instance, Site

# discretisation, no estimate: one of the steps (ha per MW of IT), and the factor between two. A site loses less than half
STEP_HA_MW, STEP_FACTOR = 0.05, 2.0
ENOUGH_RATED = (
    2.0  # times the rated load: dispatched plant is never worth building larger, and takes no more land
)
ROUNDING = 1e-9
NAMELESS = "any class"
LAND_IN_NAME = re.compile(r" \S+ ha/MW(?= off-grid$|$)")


def with_land(
    model: PlanningModel, world: World, sites: Mapping[str, Site]
) -> tuple[dict[str, Site], dict[str, float]]:
    """Sizes capped by land for the building, in whole modules, and the spare land per MW of IT of sites that can be built on."""
    ha_mw, module_mw = world.parameter("dc_land_ha_mw"), model.sites.module_it_mw
    kept: dict[str, Site] = {}
    spare: dict[str, float] = {}
    for s, site in sites.items():
        land = float(world.sites.at[s, "land_ha"])
        whole = math.floor(min(site.max_mw, land / ha_mw) / module_mw + ROUNDING) * module_mw
        kept[s] = replace(site, max_mw=whole)
        if whole >= site.min_mw:
            spare[s] = max(0.0, land / whole - ha_mw)  # rounding alone can make it negative
    return kept, spare


def land_step(ha_mw: float) -> float:
    """The largest step that is no more.

    >>> [land_step(x) for x in (0.0, 0.04, 0.05, 0.19, 0.46)]
    [0.0, 0.025, 0.05, 0.1, 0.4]
    """
    if ha_mw <= 0:
        return 0.0
    return STEP_HA_MW * STEP_FACTOR ** math.floor(math.log(ha_mw / STEP_HA_MW, STEP_FACTOR) + ROUNDING)


def classes_by_land(data: Instance, spare: Mapping[str, float]) -> Instance:
    """The instance with its classes split by the steps of their sites' spare land, where plant on site needs land.

    spare: ha per MW of IT of every site that can be built on; the others come in with the least. A ramped site is a class of
    its own and keeps its own land.
    """
    members: dict[str, list[str]] = {c: [] for c in data.classes}
    for s, site in data.sites.items():
        members[site.supply_class].append(s)
    names: dict[str, dict[str, float]] = {}  # by class: the new ones, with their land
    class_of: dict[str, str] = {}
    for c, own in members.items():
        usable = {s: spare[s] for s in own if s in spare}
        is_ramp = any((RAMP, s) in data.limits for s in own)
        steps = {s: ha if is_ramp else min(land_step(ha), _enough(data, c)) for s, ha in usable.items()}
        found = sorted(set(steps.values())) or [0.0]
        split = len(found) > 1 and _is_wide(data, c)
        name = {ha: _name(c, ha) if split else c for ha in found}
        names[c] = {name[ha]: ha for ha in reversed(found)}  # unsplit: the least
        class_of |= {s: name[steps.get(s, found[0])] for s in own}
    return _renamed(data, names, class_of)


def nameless(data: Instance) -> Instance:
    """The one class of an instance under no name of its own and with land to spare, as all that differ in these alone."""
    (c,) = data.classes
    return _renamed(data, {c: {NAMELESS: 1.0}}, dict.fromkeys(data.sites, NAMELESS))


def _is_wide(data: Instance, c: str) -> bool:
    return any(data.onsite[c, k].land_ha_mw > 0 for k in data.options_of("onsite", c))


def _enough(data: Instance, c: str) -> float:
    """What more land than this is of no use (ha per MW of IT): known where all plant that needs any is dispatched."""
    wide = [data.onsite[c, k] for k in data.options_of("onsite", c) if data.onsite[c, k].land_ha_mw > 0]
    if any(not option.firm for option in wide):
        return math.inf
    rated = max(data.halls[c, q].peak_pue for q in data.cooling_of(c))
    return ENOUGH_RATED * rated * max((option.land_ha_mw for option in wide), default=0.0)


def _name(c: str, ha_mw: float) -> str:
    """A class with its land, e.g. `FR 0.15 ha/MW off-grid`."""
    island = ISLAND if c.endswith(ISLAND) else ""
    return f"{c.removesuffix(ISLAND)} {ha_mw:.3g} ha/MW{island}"


def roomier(data: Instance) -> dict[str, tuple[str, ...]]:
    """For every class those of its zone that differ from it in having more land alone (one investment period).

    Classes of a zone may differ in more: a rule that asks something of large sites asks it where a class has one.
    """
    if len(data.nodes) > 1:
        return {}
    siblings: dict[str, list[str]] = {}
    for c in data.classes:
        siblings.setdefault(LAND_IN_NAME.sub("", c), []).append(c)
    land, rest = data.spare_land_ha_mw, _all_but_land(data)
    return {
        c: tuple(o for o in own if land[o] > land[c] and rest[o] == rest[c])
        for own in siblings.values()
        for c in own
    }


def _all_but_land(data: Instance) -> dict[str, dict[tuple[str, str], object]]:
    """Every class's own entries of all tables, but for its land."""
    found: dict[str, dict[tuple[str, str], object]] = {c: {} for c in data.classes}
    for table in BY_OPTION:
        for (c, k), value in getattr(data, table).items():
            found[c][table, k] = value
    for table in BY_CELL:
        for c, value in getattr(data, table).items():
            found[c][table, ""] = value
    for own in found.values():
        own.pop(("spare_land_ha_mw", ""), None)
    return found


def _renamed(
    data: Instance, names: Mapping[str, Mapping[str, float]], class_of: Mapping[str, str]
) -> Instance:
    """Every class under its new names, all its tables shared."""
    tables: dict[str, Any] = {
        table: {(n, k): value for (c, k), value in getattr(data, table).items() for n in names[c]}
        for table in BY_OPTION
    }
    tables |= {
        table: {n: value for c, value in getattr(data, table).items() for n in names[c]} for table in BY_CELL
    }
    tables["spare_land_ha_mw"] = {n: ha for own in names.values() for n, ha in own.items()}
    return replace(
        data,
        classes=tuple(sorted(n for own in names.values() for n in own)),
        sites={s: replace(site, supply_class=class_of[s]) for s, site in data.sites.items()},
        **tables,
    )

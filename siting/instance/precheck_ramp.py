"""What arithmetic can tell of connection ramps: without plant on site, the grid alone carries what a site draws in the mean."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from siting.inputs.world_checks import SITE_RAMP
from siting.instance.flexible import load_range, windows
from siting.instance.instance import RAMP, Instance

NAMED = 3  # sites named before they are counted


def within_ramps(data: Instance) -> tuple[Instance, list[str]]:
    """An instance of one period whose sites are no larger than what their ramp can carry, and the sites held down by it."""
    held = {r[1]: _reach_mw(data, r[1]) for r in data.limits if r[0] == RAMP and r[1] in data.sites}
    smaller = {s: mw for s, mw in held.items() if mw < data.sites[s].max_mw}
    sites = {s: replace(site, max_mw=smaller.get(s, site.max_mw)) for s, site in data.sites.items()}
    return replace(data, sites=sites), list(smaller)


def ramp_causes(held: Iterable[str]) -> list[str]:
    """The sites held down, in words; nothing if there is none."""
    names = list(held)
    more = " and others" if len(names) > NAMED else ""
    return [f"connection ramps ({SITE_RAMP}) at {', '.join(names[:NAMED])}{more}"] if names else []


def because_of(causes: Iterable[str]) -> str:
    """Causes in words.

    >>> because_of(["waits", "ramps"]), because_of([])
    (' because of waits and of ramps', '')
    """
    found = " and of ".join(causes)
    return f" because of {found}" if found else ""


def _reach_mw(data: Instance, s: str) -> float:
    """The most IT power, in whole modules, whose mean load fits the connection; no bound with plant on site (MW)."""
    c = data.sites[s].supply_class
    least = _least_load_mw(data, c)
    if c not in data.connection or data.options_of("onsite", c) or least <= 0:
        return data.sites[s].max_mw
    most = data.limits[RAMP, s].value / least
    return min(data.sites[s].max_mw, math.floor(most / data.module_mw + 1e-9) * data.module_mw)


def _least_load_mw(data: Instance, c: str) -> float:
    """The least mean load of 1 MW of IT: the best cooling, and all that may bend bent (MW)."""
    weight, bend = data.weight, data.flexible
    found = windows(data.before, bend.hours)
    loads = []
    for q in data.cooling_of(c):
        load = [data.utilisation_share * pue for pue in data.halls[c, q].pue]
        year = sum(w * mw for w, mw in zip(weight, load, strict=True))
        down, _ = load_range(bend, found, weight, load)
        loads.append((year - down - bend.moving_share * year) / sum(weight))
    return min(loads)

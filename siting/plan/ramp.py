"""Connection ramps in a plan: how much of what is energised the sites use."""

from __future__ import annotations

from siting.instance.instance import RAMP, Instance, Resource
from siting.solver.solution import Solution


def connected_mw(data: Instance, solved: Solution) -> dict[Resource, float]:
    """MW of connection of every site whose ramp binds; a site that is not built has none."""
    found: dict[Resource, float] = {}
    for r in data.limits:
        if r[0] == RAMP:
            built = r[1] in solved.modules and solved.energy[data.sites[r[1]].supply_class]
            found[r] = built.capacity["connection",] if built else 0.0
    return found

"""Carbon beside the location-based tonnes: market-based, life cycle as capped, and what buildings and accelerators embody.

Market-based (GHG Protocol Scope 2, 2015, by the year): a site's contracts count at zero, what they deliver and what of their
surplus is sold; the certificates of the surplus cover purchases, up to all of them. The rest of the purchases counts at the
residual mix, where the world has one, else at the zone's average intensity (a proxy). Fuel burnt on site counts in both.
Surplus of one site covers no purchase of another. It is reported and in no limit: the "up to" is no straight line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from siting.instance.instance import Instance
from siting.solver.solution import Energy, Solution

ACCELERATORS = "accelerators"


def market_t(data: Instance, c: str, e: Energy) -> float:
    """Market-based tonnes a year of a site's purchases."""
    weight, buy = np.array(data.weight), e.hourly["buy",]
    bought = float(weight @ buy)
    if bought <= 0:
        return 0.0
    sold = float(weight @ e.hourly["sell",]) if ("sell",) in e.hourly else 0.0
    residual = np.array(data.residual_t_mwh.get(c) or data.grid_carbon_t_mwh[c])
    return max(0.0, 1.0 - sold / bought) * float(weight @ (residual * buy))


def embodied_record(data: Instance, rows: Iterable[Mapping[str, Any]]) -> dict[str, float | None]:
    """Tonnes embodied in all that stands (once, not a year): building and plant, accelerators; None where no figure is known."""
    built = list(rows)
    known = data.embodied_t_mw
    halls = [(q, mw) for row in built for q, mw in row["cooling_mw"].items() if mw > 0]
    each = known.get(ACCELERATORS)
    return {
        "building_t": sum(known[q] * mw for q, mw in halls) if all(q in known for q, _ in halls) else None,
        "accelerators_t": None if each is None else each * sum(row["it_mw"] for row in built),
    }


def lifecycle_capped_t(data: Instance, solved: Solution, lifecycle_t: float) -> float:
    """Life-cycle tonnes a year as `carbon.cap_lifecycle_t_yr` counts them: what is sold or lost of contracts on top."""
    weight, found = np.array(data.weight), lifecycle_t
    for c, e in solved.energy.items():
        contracts = {k: e.capacity.get(("ppa", k), 0.0) for k in data.options_of("ppa", c)}
        output = {k: np.array(data.availability[c, k]) * mw for k, mw in contracts.items()}
        together = sum(output.values(), np.zeros(len(weight)))
        unused = together - e.hourly["deliver",] if ("deliver",) in e.hourly else together
        for k, own in output.items():
            part = np.divide(own, together, out=np.zeros(len(weight)), where=together > 0)
            found += data.ppa[c, k].lifecycle_t_mwh * float(weight @ (part * unused))
    return found

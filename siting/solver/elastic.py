"""How near a limit can come: its least use (or the most compute) subject to all the other limits, proven from both sides.

The same frontier method with another goal: instead of cost, the one quantity the limit speaks of is minimised.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from siting.errors import InfeasibleError, StoppedError
from siting.instance.instance import Instance, Limit, Resource
from siting.model.horizon import uses
from siting.model.policy import Quantity, site_use
from siting.model.terms import Build, Expression
from siting.solver.frontier import minimise
from siting.solver.known import Frontier
from siting.solver.master import Goal
from siting.solver.progress import Clock
from siting.solver.work import Pool

TARGET: Resource = ("target",)
SUMS = (
    "capex",
    "cost",
    "carbon",
    "lifecycle",
)  # limits on a plain sum; rates and shares are ratios and have no least use of this kind

ANY_GAP = 0.5  # masters are solved ten times as far: a limit overstepped at its penalty is never good enough


@dataclass
class LeastUse(Goal):
    """Minimise the use of one limit on a sum (money, tonnes) instead of the objective."""

    resource: Resource = ()
    use: dict[Quantity, float] = field(default_factory=dict)  # by quantities of a class

    @property
    def weights(self) -> dict[Quantity, float]:
        """The limit's own coefficients."""
        return dict(self.use)

    def site_terms(self, b: Build, objective: str | None = None) -> Expression:
        """The sites' own use."""
        return site_use(b, self.resource)


@dataclass(frozen=True)
class Nearest:
    """The value of a limit a plan can meet with all other limits kept, and the bound no plan passes (the limit's unit)."""

    value: float
    bound: float


def nearest(data: Instance, r: Resource, pool: Pool, frontier: Frontier, clock: Clock, gap: float) -> Nearest:
    """The tightest value of limit `r` that leaves a plan, all other limits of `data` kept (its own value plays no part).

    `("target",)`: the most IT power (MW); ("capex",): the least investment (EUR); ("cost",): the
    least yearly cost (EUR); ("carbon",): the fewest tonnes a year.
    Raises InfeasibleError if the other limits clash without it, StoppedError if time ran out before a plan was found.
    """
    if r == TARGET:
        goal = Goal(replace(data, target_it_mw=0.0, objectives=("compute",)), "compute")
    elif r[0] in SUMS:
        stated = replace(data, limits={r: Limit("<=", 0.0, "", "")})
        use = uses(stated, data.classes[0])[r]  # sums: the same coefficients in every class
        others = {key: limit for key, limit in data.limits.items() if key != r}
        goal = LeastUse(replace(data, limits=others), "least use", resource=r, use=use)
    else:
        raise ValueError(f"{r}: has no least use; search for it")
    best, status = minimise(goal, pool, frontier, clock, gap)
    if not best.has_plan:
        raise StoppedError(f"stopped ({status}) before the nearest value was found")
    sign = -1.0 if r == TARGET else 1.0
    bound = best.bound if math.isfinite(best.bound) else (-math.inf if sign > 0 else math.inf)
    return Nearest(sign * best.value, sign * bound)


def has_plan(data: Instance, pool: Pool, frontier: Frontier, clock: Clock) -> bool | None:
    """Whether any plan meets all limits; None if time ran out undecided.

    Minimises what the hardest stated limit speaks of, so that a clash shows in the first bounds; the gap hardly matters.
    """
    try:
        best, _ = minimise(_hardest(data), pool, frontier, clock, ANY_GAP)
    except InfeasibleError:
        return False
    return True if best.has_plan else None


def _hardest(data: Instance) -> Goal:
    """The use of the first limit stated of carbon, rate, clean supply, money; cost where there is none."""
    for r in (("carbon",), ("carbon_rate",), ("lifecycle",), ("clean",), ("capex",), ("cost",)):
        if r in data.limits:
            sign = 1.0 if data.limits[r].sense == "<=" else -1.0
            use = {q: sign * a for q, a in uses(data, data.classes[0])[r].items()}
            return LeastUse(data, "least use", resource=r, use=use)
    return Goal(data, "cost")

"""A goal under way by the frontier method: what is known of it, and what pricing could still tell."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from siting.solver.best import Best
from siting.solver.known import Frontier
from siting.solver.master import Goal
from siting.solver.outside import Outside, outside
from siting.solver.progress import Clock
from siting.solver.work import Pool, Prices

CLOSE_SHARE = (
    0.3  # of the asked gap: a class whose own bounds are so close at given prices is not priced there again
)
MASTER_GAP_SHARE = 0.2  # masters are solved to this share of the asked gap, or of the gap still open
MASTER_GAP_MOST = 0.01  # and never more loosely than this


@dataclass
class Run:
    """One goal being solved: what it asks, who prices, what is known, and the best plan and bound."""

    goal: Goal
    pool: Pool
    frontier: Frontier
    clock: Clock
    gap: float
    best: Best = field(default_factory=Best)
    close_share: float = CLOSE_SHARE
    relaxation: Outside | None = None
    proven_to: float = math.inf  # the gap to which the outside was last solved, integers included
    wanted: set[str] = field(default_factory=set)  # classes the outside last built on
    stale: set[bool] = field(
        default_factory=lambda: {True, False}
    )  # the outside, with integers and without: priced since

    @property
    def is_late(self) -> bool:
        """Whether too little time is left to begin anything."""
        return self.clock.is_late

    @property
    def master_gap(self) -> float:
        """How far masters are solved: no further than what is left to close is worth."""
        left = min(MASTER_GAP_SHARE * self.best.gap, MASTER_GAP_MOST)
        return max(MASTER_GAP_SHARE * self.gap, left if math.isfinite(self.best.gap) else 0.0)

    def outside(self) -> Outside:
        """The relaxation from outside, with a column for all that is known by now."""
        if self.relaxation is None or not self.relaxation.fits(self.frontier):
            self.relaxation = outside(self.goal, self.frontier)
        return self.relaxation

    def price(self, asked: Mapping[str, list[Prices]]) -> int:
        """Price while there is time, and keep what is found; returns how much was new."""
        if not any(asked.values()):
            return 0
        self.stale = {True, False}
        new = 0
        for priced in self.pool.price(asked):
            new += self.frontier.add(priced)
            if self.is_late:
                break
        return new

    def is_close(self, c: str, prices: Prices) -> bool:
        """Whether the class's own bounds meet well enough at these prices."""
        known = self.frontier.of(c)
        if not known or self.close_share == 0.0:
            return False
        size = self.goal.per_mw([p.quantity for p in known])
        return self.frontier.slack(c, prices, self.goal.natural(c)) <= self.close_share * self.gap * size

    def is_bounded(self, c: str, prices: Prices) -> bool:
        """Whether a portfolio is known and cuts keep the class from being worth ever less at these prices."""
        return math.isfinite(self.frontier.slack(c, prices, self.goal.natural(c)))

    def lacks(self, c: str, prices: Prices) -> bool:
        """Whether pricing the class at these prices could tell something new."""
        return bool(prices) and not self.frontier.knows(c, prices) and not self.is_close(c, prices)

"""Curves of the classes a plan is about: drawn out once it is proven, for the questions that follow.

Another carbon cap or budget, a price or a point of a front asks what these classes cost as they emit less or take less capex.
Priced beforehand side by side, it is known when asked: the next plan has only its masters to solve.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from siting.instance.instance import Instance
from siting.model.horizon import uses
from siting.solver.known import Frontier, worth
from siting.solver.master import Goal
from siting.solver.pricing import is_large
from siting.solver.progress import Clock
from siting.solver.run import Run
from siting.solver.work import Pool, Prices

MOST_HOURS = 2_100  # twelve weeks and a little: LPs of a whole year are priced for another budget only
# where the curves end: EUR/t, and EUR/yr a EUR of capex (paid back in two years). No estimates: what lies beyond is priced
# when a limit asks for it
END_EUR_T = 1_000.0
END_EUR_EUR = 0.5
# classes that cost so little more than the dearest built on are the first to come in under a limit
NEAR_SHARE = 0.01
Corner = tuple[float, float]  # t/yr or EUR of capex, and the goal's worth, per MW of IT


@dataclass
class Curve:
    """A class's least cost against a weighted sum of its quantities, up to a price of that sum; chords looked below."""

    c: str
    row: Prices
    end: float
    drawn: set[tuple[Corner, Corner]] = field(default_factory=set)

    def at(self, run: Run, price: float) -> Prices:
        """The goal's own prices with a price on the sum."""
        weights = run.goal.weights
        return {**weights, **{q: weights.get(q, 0.0) + price * a for q, a in self.row.items()}}

    def corners(self, run: Run) -> list[Corner]:
        """What is known of it."""
        quantities = [p.quantity for p in run.frontier.of(self.c)]
        return lower_left([(worth(self.row, q), worth(run.goal.weights, q)) for q in quantities])


def draw_curves(
    data: Instance, pool: Pool, frontier: Frontier, clock: Clock, gap: float, built: Iterable[str]
) -> None:
    """Price the classes `built` on, and those nearly as cheap, until each curve is known to within what the gap leaves.

    Curves of cost against carbon and, under a budget, against capex; nothing is asked where all built on have theirs. Ends
    early out of time or at Ctrl-C: the plan is there.
    """
    run = Run(Goal(data, data.objectives[0]), pool, frontier, clock, gap)
    try:
        wanted = set(built)
        if not any(_curves(run, c) for c in wanted):
            return
        # who comes near is asked once: with the first plan
        first = all(_curves(run, c) for c in wanted)
        curves = [curve for c in (_near(run, wanted) if first else wanted) for curve in _curves(run, c)]
        asked = _by_class((curve.c, [curve.at(run, curve.end)]) for curve in curves)
        while asked and not run.is_late:
            clock.say(f"drawing the curves of cost of {len({curve.c for curve in curves})} supply classes")
            run.price(asked)
            asked = _by_class((curve.c, _between(run, curve)) for curve in curves)
    except KeyboardInterrupt:
        return


def worth_drawing(data: Instance) -> bool:
    """Whether a plan of least cost has class LPs so large that a question waits for them."""
    alone = len(data.nodes) == 1 and data.objectives[0] == "cost"
    return alone and is_large(data)


def _curves(run: Run, c: str) -> list[Curve]:
    """The curves of a class that have not been drawn."""
    is_year = len(run.goal.data.weight) > MOST_HOURS
    curves = [] if is_year else [Curve(c, {("carbon",): 1.0}, END_EUR_T)]
    if budget := uses(run.goal.data, c).get(("capex",)):
        curves.append(Curve(c, budget, END_EUR_EUR))
    return [curve for curve in curves if not run.frontier.knows(c, curve.at(run, curve.end))]


def _by_class(asked: Iterable[tuple[str, list[Prices]]]) -> dict[str, list[Prices]]:
    found: dict[str, list[Prices]] = {}
    for c, prices in asked:
        if prices:
            found.setdefault(c, []).extend(prices)
    return found


def _near(run: Run, built: set[str]) -> list[str]:
    """Classes built on, and those whose cheapest mix costs little more than the dearest of theirs."""
    known = run.frontier.portfolios
    least = {
        c: min(worth(run.goal.weights, p.quantity) for p in portfolios)
        for c, portfolios in known.items()
        if portfolios
    }
    dearest = max((least[c] for c in built), default=0.0)
    return sorted(c for c in least if c in built or least[c] <= (1 + NEAR_SHARE) * dearest)


def _between(run: Run, curve: Curve) -> list[Prices]:
    """Prices along the chords of a curve's corners below which a better mix may still lie."""
    found = []
    for a, b in pairwise(curve.corners(run)):
        price = (a[1] - b[1]) / (b[0] - a[0])
        if price <= curve.end and (a, b) not in curve.drawn:
            curve.drawn.add((a, b))
            if run.lacks(curve.c, curve.at(run, price)):
                found.append(curve.at(run, price))
    return found


def lower_left(points: Sequence[Corner]) -> list[Corner]:
    """The corners, cleanest first, of the convex front that bounds points from below and left.

    >>> lower_left([(0, 3), (1, 1), (1, 2), (2, 2), (3, 0.5)])
    [(0, 3), (1, 1), (3, 0.5)]
    """
    front: list[Corner] = []
    for x, y in sorted(set(points)):
        if front and y >= front[-1][1]:
            continue
        while len(front) > 1 and _above(front[-2], front[-1], (x, y)):
            front.pop()
        front.append((x, y))
    return front


def _above(a: Corner, b: Corner, c: Corner) -> bool:
    """Whether b lies on or above the line from a to c."""
    return (b[0] - a[0]) * (c[1] - a[1]) <= (b[1] - a[1]) * (c[0] - a[0])

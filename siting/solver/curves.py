"""Cost-carbon curves of the classes a plan is about: drawn out once it is proven, for the questions that follow.

Another carbon cap, a price or a point of a front asks what these classes cost as they emit less. Priced beforehand side by
side, it is known when asked: the next plan has only its masters to solve.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from siting.instance.instance import Instance
from siting.solver.known import Frontier, worth
from siting.solver.master import Goal
from siting.solver.pricing import Portfolio, is_large
from siting.solver.progress import Clock
from siting.solver.run import Run
from siting.solver.work import Pool, Prices

MOST_HOURS = 2_100  # twelve weeks and a little: LPs of a whole year are priced when a question asks for it
END_EUR_T = 1_000.0  # where the curves end; no estimate of damage. What lies beyond is priced when a limit asks for it
# classes that cost so little more than the dearest built on are the first to come in under a limit
NEAR_SHARE = 0.01
Corner = tuple[float, float]  # t/yr and the goal's worth, per MW of IT


def draw_curves(
    data: Instance, pool: Pool, frontier: Frontier, clock: Clock, gap: float, built: Iterable[str]
) -> None:
    """Price the classes `built` on, and those nearly as cheap, until each curve is known to within what the gap leaves.

    Ends early out of time or at Ctrl-C: the plan is there.
    """
    run = Run(Goal(data, data.objectives[0]), pool, frontier, clock, gap)
    try:
        drawn: set[tuple[str, Corner, Corner]] = set()
        asked: dict[str, list[Prices]] = {c: [_at(run, END_EUR_T)] for c in _near(run, set(built))}
        asked = {c: prices for c, prices in asked.items() if not run.frontier.knows(c, prices[0])}
        classes = list(asked)
        while asked and not run.is_late:
            clock.say(f"drawing the cost-carbon curves of {len(classes)} supply classes")
            run.price(asked)
            asked = {c: prices for c in classes if (prices := _between(run, c, drawn))}
    except KeyboardInterrupt:
        return


def worth_drawing(data: Instance) -> bool:
    """Whether a plan of least cost has class LPs neither so small that no question waits for them nor so large that they
    take minutes."""
    alone = len(data.nodes) == 1 and data.objectives[0] == "cost"
    return alone and is_large(data) and len(data.weight) <= MOST_HOURS


def _at(run: Run, eur_t: float) -> Prices:
    """The goal's own prices with a price on carbon."""
    weights = run.goal.weights
    return {**weights, ("carbon",): weights.get(("carbon",), 0.0) + eur_t}


def _near(run: Run, built: set[str]) -> list[str]:
    """Classes built on, and those whose cheapest mix costs little more than the dearest of theirs."""
    known = run.frontier.portfolios
    least = {c: min(_corner(run, p)[1] for p in portfolios) for c, portfolios in known.items() if portfolios}
    dearest = max((least[c] for c in built), default=0.0)
    return sorted(c for c in least if c in built or least[c] <= (1 + NEAR_SHARE) * dearest)


def _between(run: Run, c: str, drawn: set[tuple[str, Corner, Corner]]) -> list[Prices]:
    """Prices along the chords of a curve's corners below which a better mix may still lie."""
    found = []
    for a, b in pairwise(lower_left([_corner(run, p) for p in run.frontier.of(c)])):
        eur_t = (a[1] - b[1]) / (b[0] - a[0])
        if eur_t <= END_EUR_T and (c, a, b) not in drawn:
            drawn.add((c, a, b))
            if run.lacks(c, _at(run, eur_t)):
                found.append(_at(run, eur_t))
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


def _corner(run: Run, portfolio: Portfolio) -> Corner:
    return portfolio.quantity["carbon",], worth(run.goal.weights, portfolio.quantity)

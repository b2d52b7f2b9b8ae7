"""What overstepping a limit costs while portfolios that keep it are still looked for; for plans and for prices of limits."""

from __future__ import annotations

from siting.errors import InfeasibleError
from siting.solver.known import Frontier, worth
from siting.solver.master import Goal

FIRST = 10.0  # times what 1 MW of IT is worth, per solver unit
RAISE = 100.0  # while it does not pay to keep the limits
MOST = 1e7  # times the same: whoever still breaks a limit cannot keep it


def first_penalty(goal: Goal, frontier: Frontier) -> float:
    """Where to begin, in the goal's own unit per solver unit of a limit."""
    return FIRST * _typical(goal, frontier)


def raised(penalty: float, goal: Goal, frontier: Frontier, why: str) -> float:
    """The next one. Raises InfeasibleError saying `why` where the highest has been tried."""
    if penalty >= MOST * _typical(goal, frontier):
        raise InfeasibleError(why)
    return penalty * RAISE


def _typical(goal: Goal, frontier: Frontier) -> float:
    """The largest worth of 1 MW of IT in the goal's own unit."""
    weights = goal.weights or {("cost",): 1.0}
    found = [portfolio for portfolios in frontier.portfolios.values() for portfolio in portfolios]
    return max([1.0, *(abs(worth(weights, portfolio.quantity)) for portfolio in found)])

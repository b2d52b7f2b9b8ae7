"""How sharp a difference of two plans is: what their gaps leave open, and the gap at which it would be told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

from siting.plan.plan import Plan

SHARP_SHARE = (
    0.01  # of the smallest difference in cost: what the gap of a plan may leave open where plans are compared
)
LEAST_GAP = 1e-7  # no plan is asked for more
SAME_EUR = 1.0  # plans that cost the same to this are no difference to be told


def gap_wanted(plans: Sequence[Plan]) -> float:
    """The relative gap that leaves open no more than a hundredth of the smallest difference in yearly cost between two plans."""
    costs = [plan.totals["cash_cost_eur_yr"] for plan in plans]
    apart = [abs(a - b) / max(abs(a), abs(b)) for a, b in combinations(costs, 2) if abs(a - b) > SAME_EUR]
    return max(LEAST_GAP, SHARP_SHARE * min(apart, default=math.inf))


def doubt_eur_yr(plan: Plan) -> float:
    """What a cheaper plan might still save (EUR/yr): objective less its bound; 0 where money is not what was minimised."""
    goal = plan.record["objective"]
    if goal["unit"] != "EUR/yr":
        return 0.0
    return math.inf if goal["bound"] is None else max(0.0, goal["value"] - goal["bound"])


def is_rough(plan: Plan, gap: float) -> bool:
    """Whether a plan of least cost is proven less sharply than to a gap."""
    return bool(doubt_eur_yr(plan) > gap * abs(plan.record["objective"]["value"]))

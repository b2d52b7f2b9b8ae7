"""Risk: the yearly cost of the dearest outcomes (conditional value at risk), over the cases of the model.

    min level + sum_i probability_i * over_i / tail,   cost_i - level - over_i <= 0,   over_i >= 0      (EUR/yr; rows in M EUR)

With a tail no larger than the rarest case's probability this is the dearest case. Rockafellar and Uryasev (2000),
"Optimization of conditional value-at-risk". The rows are linear sums over sites: a resource a case.
"""

from __future__ import annotations

import pyomo.environ as pyo

from siting.instance.instance import Instance, Resource
from siting.model.policy import site_cost
from siting.model.terms import Build, Expression

RISK = "risk"
SCALE = 1e-6  # level and over are M EUR


def cases(data: Instance) -> dict[str, float]:
    """Probabilities of the cases whose risk is minimised; empty where the mean is."""
    if data.tail_share >= 1.0:
        return {}
    return {node.scenario: node.probability for node in data.nodes}


def risk(b: Build) -> None:
    """Declare `risk_level` and `risk_over[case]` (M EUR/yr)."""
    found = cases(b.data)
    if found:
        b.m.risk_level = pyo.Var(domain=pyo.NonNegativeReals)
        b.m.risk_over = pyo.Var(list(found), domain=pyo.NonNegativeReals)


def risk_total(b: Build) -> Expression:
    """The measure itself (EUR/yr)."""
    found, tail = cases(b.data), b.data.tail_share
    if not found:
        return 0.0
    over = pyo.quicksum(p / tail * b.m.risk_over[i] for i, p in found.items())
    return (b.m.risk_level + over) / SCALE


def risk_resources(data: Instance) -> list[Resource]:
    """One row a case: cost - level - over <= 0."""
    return [(RISK, i) for i in cases(data)]


def risk_use(r: Resource) -> dict[tuple[str, ...], float]:
    """A class's part of a case's row: what it costs in that case (M EUR/yr)."""
    return {("cost", "in", r[1]): SCALE}


def risk_site_part(b: Build, r: Resource) -> Expression:
    """The sites' part of it, and what is taken off."""
    return SCALE * site_cost(b) - b.m.risk_level - b.m.risk_over[r[1]]

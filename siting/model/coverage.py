"""Coverage: demand points assigned to sites that are near enough, each site serving at most what it holds.

    0 <= assign[i, s] <= min(demand[i], what s can hold at most) * open[s]    for every pair (i, s) within the latency limit
    sum_i assign[i, s] <= mw_per_mw[s] * it_mw[s]                             for every site
    sum_s assign[i, s]  = demand[i]                                           for every point, or, below full coverage,
    sum_s assign[i, s] <= demand[i]  and  sum_is assign >= share_min * sum_i demand
    sum_s mw_per_mw[s] * it_mw[s] >= share_min * sum_i demand                 which follows from the rows above

in MW of IT; serving costs eur_mw_yr[i, s] * assign[i, s] a year. Pairs beyond the limit do not exist. The first row is written
pair by pair: its relaxation is that of the strong formulation of capacitated facility location (van Roy 1986, Operations
Research 34(1)), which this is when there is no energy; with the second row alone a fraction of a site would serve them all.
The last row says nothing new and is there for the solver, which finds its cuts on it: a third of the seconds at 50 x 50.
"""

from __future__ import annotations

import pyomo.environ as pyo

from siting.errors import InfeasibleError
from siting.instance.coverage import Coverage
from siting.model.terms import Build

COST = "coverage"


def coverage(b: Build) -> None:
    """Declare `assign[i, s]` (MW of IT) and its rows. Raises InfeasibleError if no candidate is left that reaches a point."""
    found = b.data.coverage
    if found is None:
        return
    found = found.of(b.data.sites)
    m = b.m
    m.assign = pyo.Var(list(found.eur_mw_yr), domain=pyo.NonNegativeReals)
    m.served_if_open = pyo.Constraint(
        list(found.eur_mw_yr),
        rule=lambda m, i, s: (
            m.assign[i, s] <= min(found.demand_mw[i], found.served_by(s) * b.data.sites[s].max_mw) * m.open[s]
        ),
    )
    _capacity(b, found)
    _demand(b, found)


def _capacity(b: Build, found: Coverage) -> None:
    """What a site serves is at most what it holds; serving costs by pair."""
    points: dict[str, list[str]] = {}
    for i, s in found.eur_mw_yr:
        points.setdefault(s, []).append(i)
    b.m.served_within_site = pyo.Constraint(
        list(points),
        rule=lambda m, s: (
            pyo.quicksum(m.assign[i, s] for i in points[s]) <= found.served_by(s) * b.site_mw[s]
        ),
    )
    for s, own in points.items():
        if any(found.eur_mw_yr[i, s] for i in own):
            b.cost_eur[COST, b.site_place[s]] = pyo.quicksum(
                found.eur_mw_yr[i, s] * b.m.assign[i, s] for i in own
            )


def _demand(b: Build, found: Coverage) -> None:
    """Every point in full, or a share of all demand."""
    reached = found.reached(b.data.sites)
    alone = [i for i, sites in reached.items() if not sites]
    if alone and found.is_full:
        raise InfeasibleError(f"coverage: no candidate left reaches {', '.join(alone[:5])}")

    def served(m: pyo.ConcreteModel, i: str) -> object:
        total = pyo.quicksum(m.assign[i, s] for s in reached[i])
        return total == found.demand_mw[i] if found.is_full else total <= found.demand_mw[i]

    b.m.served = pyo.Constraint([i for i, sites in reached.items() if sites], rule=served)
    room = pyo.quicksum(found.served_by(s) * b.site_mw[s] for s in b.data.sites)
    b.m.total_room = pyo.Constraint(expr=room >= found.share_min * found.total_mw)
    if not found.is_full and found.share_min > 0:
        if not found.eur_mw_yr:
            raise InfeasibleError("coverage: no candidate left reaches any demand point")
        total = pyo.quicksum(b.m.assign.values())
        b.m.covered_share = pyo.Constraint(expr=total >= found.share_min * found.total_mw)

"""A plan's investments carried into another scenario: operated there as built, refused where limits or load are not met."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from siting.errors import InfeasibleError
from siting.instance.instance import RAMP, Instance, Resource, resources_of
from siting.plan.plan import Plan

if TYPE_CHECKING:
    from siting.plan.redispatch import Redispatch

UNSERVED_SHARE = 1e-6  # of the load: less is the solver's tolerance
OVER_SHARE = 1e-6  # a limit overstepped by less is kept
BUILT_MW = 1e-6  # a capacity below is none


def refuse_missing(plan: Plan, data: Instance) -> None:
    """InfeasibleError if the scenario lacks a supply option the plan built, or its potential; its sites are there."""
    reasons = list(_missing(plan, data))
    if reasons:
        raise InfeasibleError(reasons)


def _missing(plan: Plan, data: Instance) -> Iterator[str]:
    used: dict[Resource, float] = {}
    for row in plan.record["sites"]:
        s = row["site"]
        c = data.sites[s].supply_class
        used[RAMP, s] = row["connection_mw"]
        offered = {k for table in (data.ppa, data.onsite, data.storage) for cc, k in table if cc == c}
        for k, mw in {**row["supply_mw"], **row["store_mw"]}.items():
            if mw > BUILT_MW and k not in offered:
                yield f"{s} has no {k} in the scenario, the plan builds {mw:,.1f} MW"
            if (c, k) in data.ppa:
                for r in resources_of(k, data.zone[c]):
                    used[r] = used.get(r, 0.0) + mw
    for r, mw in used.items():
        limit = data.limits.get(r)
        if limit is not None and mw > limit.value * (1 + OVER_SHARE):
            yield f"{limit.meaning} is {limit.value:,.1f} MW, the plan takes {mw:,.1f} MW"


def refuse_broken(operated: Redispatch, data: Instance) -> None:
    """InfeasibleError for load that nothing serves, and for limits of operation and budget that are overstepped."""
    totals = operated.operated.totals
    reasons = [
        f"{s} cannot serve {mwh:,.0f} MWh/yr"
        for s, mwh in operated.unserved_mwh.items()
        if mwh > UNSERVED_SHARE * totals["facility_mwh"]
    ]
    reasons += [
        f"{row['limit']}: {row['used']:,.6g} {row['unit']} oversteps {row['value']:,.6g}"
        for row in operated.limits
        if row["exceeded_by"] > 0
    ]
    budget = data.limits.get(("capex",))
    costs = operated.operated.costs
    spent = float(costs.loc[costs["capex_group"].isin(data.capex_counts), "capex_eur"].sum())
    if budget is not None and spent > budget.value * (1 + OVER_SHARE):
        reasons.append(f"{budget.meaning}: {spent / 1e9:,.3f} bn EUR oversteps {budget.value / 1e9:,.3f}")
    if totals["it_mw"] < data.target_it_mw * (1 - OVER_SHARE):
        reasons.append(f"target: {totals['it_mw']:,.1f} MW of IT, {data.target_it_mw:,.1f} are asked for")
    if reasons:
        raise InfeasibleError(reasons)

"""Which limits bind: one definition for the plan, its rules and its explanation.

A limit binds where no room is left in the plan: its use is within BINDING of it. What moves in whole steps (modules, sites,
countries) binds where the plan could take no step towards it: with no slack at all for numbers of sites and countries, for
the target where the smallest step down - a module at a site above its smallest size, or a whole site - would miss it. A
number that any plan for the target keeps anyway (one site at least, one country) does not bind.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from siting.instance.instance import Instance, Limit, Resource, resources_of
from siting.plan.carbon import lifecycle_capped_t
from siting.plan.ramp import connected_mw
from siting.solver.solution import Solution

BINDING = 1e-5  # relative: a limit this close to its use binds (as close as the solver keeps rows)
Entry = dict[str, Any]


def binds(limit: Limit, used: float) -> bool:
    """Whether a use leaves no room to a limit."""
    return abs(limit.value - used) <= BINDING * abs(limit.value)


def binding_limits(
    data: Instance, totals: Mapping[str, float], solved: Solution, clean: Mapping[Resource, float]
) -> list[Entry]:
    """Limits with no room left: budget, caps, matching, potentials, numbers of sites and countries, and the target."""
    used = {**_used(data, totals, solved), **clean}
    found = [
        {"limit": limit.meaning, "value": limit.value, "unit": limit.unit}
        for r, limit in data.limits.items()
        # a cap of nothing binds; a link or a potential of nothing is none
        if (used[r] > 0 or len(r) == 1) and binds(limit, used[r])
    ]
    return found + _counts(data, solved.modules)


def binding_counts(data: Instance, modules: Mapping[str, int]) -> dict[str, bool]:
    """Whether the target and each number of sites or countries binds, for a plan's modules by site."""
    n, countries = len(modules), [data.sites[s].country for s in modules]
    one = 1 if data.target_it_mw > 0 else 0  # what a target asks for by itself
    most = max((countries.count(country) for country in set(countries)), default=0)
    return {
        "target": data.target_it_mw > 0 and _least_less_mw(data, modules) < data.target_it_mw * (1 - BINDING),
        "sites.min": one < data.sites_min == n,
        "sites.max": n == data.sites_max,
        "sites.max_per_country": most == data.per_country_max < n,
        "sites.min_countries": one < data.countries_min == len(set(countries)),
    }


def _counts(data: Instance, modules: Mapping[str, int]) -> list[Entry]:
    """The same as entries of plan.json."""
    values = {
        "sites.min": (data.sites_min, "sites"),
        "sites.max": (data.sites_max, "sites"),
        "sites.max_per_country": (data.per_country_max, "sites"),
        "sites.min_countries": (data.countries_min, "countries"),
        "target": (data.target_it_mw, "MW of IT"),
    }
    found = binding_counts(data, modules)
    both = found["sites.min"] and found["sites.max"]
    name = {"sites.min": "sites.min / sites.max"} if both else {}
    return [
        {"limit": name.get(key, key), "value": value, "unit": unit}
        for key, (value, unit) in values.items()
        if found[key] and not (both and key == "sites.max")
    ]


def _least_less_mw(data: Instance, modules: Mapping[str, int]) -> float:
    """IT power after the smallest step down that sizes and numbers of sites allow (MW); infinite where there is none."""
    total = data.module_mw * sum(modules.values())
    steps = []
    for s, count in modules.items():
        it_mw = count * data.module_mw
        if it_mw - data.module_mw >= max(data.sites[s].min_mw, data.module_mw) - BINDING:
            steps.append(data.module_mw)
        elif s not in data.forced and len(modules) > data.sites_min:
            steps.append(it_mw)
    return total - min(steps) if steps else math.inf


def _used(data: Instance, totals: Mapping[str, float], solved: Solution) -> dict[Resource, float]:
    """Use of every limit that is no share of clean supply."""
    used: dict[Resource, float] = {
        ("capex",): sum(eur for (group, _, _), eur in solved.capex_eur.items() if group in data.capex_counts),
        ("cost",): totals["cost_eur_yr"],
        ("carbon",): totals["carbon_t_yr"],
        ("carbon_rate",): totals["carbon_g_kwh"],
        ("lifecycle",): lifecycle_capped_t(data, solved, totals["lifecycle_t_yr"]),
        ("water",): totals.get("water_m3_yr", 0.0),
        **connected_mw(data, solved),
    }
    for c, k in data.ppa:
        mw = solved.energy[c].capacity.get(("ppa", k), 0.0) if c in solved.energy else 0.0
        for r in resources_of(k, data.zone[c]):
            used[r] = used.get(r, 0.0) + mw
    return used

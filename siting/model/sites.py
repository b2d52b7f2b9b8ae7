"""Sites: which candidates open, how many modules they hold, and the rules on number, size and country."""

from __future__ import annotations

import math

import pyomo.environ as pyo

from siting.instance.instance import Instance
from siting.model.terms import Build, Expression


def sites(b: Build) -> None:
    """Declare `open[s]` (binary) and `modules[s]` (integer); `it_mw[s] = module_mw * modules[s]`."""
    m, data = b.m, b.data
    candidates = list(data.sites)
    m.open = pyo.Var(candidates, domain=pyo.Binary)
    m.modules = pyo.Var(
        candidates, domain=pyo.NonNegativeIntegers, bounds=lambda m, s: (0, most_modules(data, s))
    )
    _size(b)
    _number(b)
    for s in data.forced:
        m.open[s].fix(1)
    for c in data.classes:
        b.it_mw[c] = pyo.quicksum(it_mw(b, s) for s in data.members(c))
    for s, site in data.sites.items():
        b.cost_eur["grid line", s] = site.line_yearly_eur_mw * it_mw(b, s)
        b.capex_eur["connection", "grid line", s] = site.line_capex_eur_mw * it_mw(b, s)
    _target(b)


def it_mw(b: Build, s: str) -> Expression:
    """IT power of a site (MW)."""
    return b.data.module_mw * b.m.modules[s]


def spread_sites(b: Build) -> Expression:
    """The sites' part of objective spread: weight x MW of IT."""
    weights = b.data.spread_sites
    return pyo.quicksum(weights[s] * it_mw(b, s) for s in b.data.sites if weights.get(s))


def most_modules(data: Instance, s: str) -> int:
    """Whole modules that fit the site's largest size."""
    return math.floor(data.sites[s].max_mw / data.module_mw + 1e-9)


def least_modules(data: Instance, s: str) -> int:
    """Whole modules a site holds at least once it is open."""
    return math.ceil(data.sites[s].min_mw / data.module_mw - 1e-9)


def _size(b: Build) -> None:
    """least_modules * open <= modules <= most_modules * open, for every site."""
    m, data = b.m, b.data
    candidates = list(data.sites)
    m.largest_size = pyo.Constraint(
        candidates, rule=lambda m, s: m.modules[s] <= most_modules(data, s) * m.open[s]
    )
    m.smallest_size = pyo.Constraint(
        candidates, rule=lambda m, s: m.modules[s] >= least_modules(data, s) * m.open[s]
    )


def _number(b: Build) -> None:
    """sites_min <= sum of open <= sites_max; at most per_country_max a country; at least countries_min countries."""
    m, data = b.m, b.data
    total = pyo.quicksum(m.open.values())
    countries = list(dict.fromkeys(site.country for site in data.sites.values()))
    inside = {n: [s for s, site in data.sites.items() if site.country == n] for n in countries}
    m.fewest_sites = pyo.Constraint(expr=total >= data.sites_min)
    m.most_sites = pyo.Constraint(expr=total <= data.sites_max)
    m.most_per_country = pyo.Constraint(
        countries, rule=lambda m, n: pyo.quicksum(m.open[s] for s in inside[n]) <= data.per_country_max
    )
    if data.countries_min > 0:
        m.used = pyo.Var(countries, domain=pyo.Binary)
        m.used_if_open = pyo.Constraint(
            countries, rule=lambda m, n: m.used[n] <= pyo.quicksum(m.open[s] for s in inside[n])
        )
        m.fewest_countries = pyo.Constraint(expr=pyo.quicksum(m.used.values()) >= data.countries_min)


def _target(b: Build) -> None:
    """Sum of IT power >= target (MW); the target's compute is converted to MW in the instance."""
    if b.data.target_it_mw > 0:
        total = pyo.quicksum(it_mw(b, s) for s in b.data.sites)
        b.m.compute_target = pyo.Constraint(expr=total >= b.data.target_it_mw)

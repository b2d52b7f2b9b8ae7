"""Sites: which candidates open, how many modules they hold in each period, and the rules on number, size and country.

    open[s] in {0, 1},   modules[s] = 0, 1, 2, ...,   it_mw[s] = module_mw x modules[s]                      (MW of IT)
    least_modules[s] x open[s] <= modules[s] <= most_modules[s] x open[s]                                    every site
    sites_min <= sum_s open[s] <= sites_max
    sum of open[s] over the sites of a country <= per_country_max                                           every country
    used[n] <= sum of open[s] over the sites of country n,   sum_n used[n] >= countries_min,   used[n] in {0, 1}
    sum_s it_mw[s] >= target                                                                                (MW of IT)
    earlier[s, p] <= modules[s] of the next period,   sum_s module_mw x earlier[s, p] >= target[p]           periods but the last

most_modules: whole modules within the largest size asked for, the site's land, and its grid connection unless it may stand
alone; in a period before the connection is energised, within what may run without it, so that nothing runs before it can.
A forced site has open = 1, a forbidden one is no candidate. A target in accelerators or EFLOP/s is turned into MW in the
instance (accelerators.csv). Terms: `grid line`, EUR/yr and overnight EUR per MW of IT of a site's own line (line_km of
sites.csv, EUR per MW and km from parameters.csv), and `site, fixed` (EUR/yr of an open site). Only sites have
integers, and no row here knows an hour.
"""

from __future__ import annotations

import math

import pyomo.environ as pyo

from siting.instance.instance import VINTAGE, Instance
from siting.model.terms import Build, Expression


def sites(b: Build) -> None:
    """Declare `open[s]` (binary) and `modules[s]` (integer); `it_mw[s] = module_mw * modules[s]`.

    `modules` are those of the last period; with several, `earlier[s, p]` are those of the others, and none is ever removed.
    """
    m, data = b.m, b.data
    candidates = list(data.sites)
    m.open = pyo.Var(candidates, domain=pyo.Binary)
    m.modules = pyo.Var(
        candidates, domain=pyo.NonNegativeIntegers, bounds=lambda m, s: (0, most_modules(data, s))
    )
    if len(data.periods) > 1:
        _growth(b)
    _size(b)
    _number(b)
    for s in data.forced:
        m.open[s].fix(1)
    for cell, (c, node) in data.cells.items():
        b.it_mw[cell] = pyo.quicksum(it_mw(b, s, node.period) for s in data.members(c))
    for s in data.sites:
        _line(b, s)
    _target(b)


def it_mw(b: Build, s: str, period: int | None = None) -> Expression:
    """IT power of a site (MW) in a period; None: the last."""
    if period is None or period == b.data.periods[-1]:
        return b.data.module_mw * b.m.modules[s]
    return b.data.module_mw * b.m.earlier[s, period]


def site_place(data: Instance, s: str, period: int) -> str:
    """How terms name a site in a period."""
    return s if len(data.nodes) == 1 else f"{s}{VINTAGE}{period}"


def _growth(b: Build) -> None:
    """earlier[s, p] <= modules of the next period, and no more than the site holds by then."""
    m, data = b.m, b.data
    index = [(s, p) for s in data.sites for p in data.periods[:-1]]
    m.earlier = pyo.Var(
        index, domain=pyo.NonNegativeIntegers, bounds=lambda m, s, p: (0, most_modules(data, s, p))
    )
    following = dict(zip(data.periods, data.periods[1:], strict=False))

    def never_removed(m: pyo.ConcreteModel, s: str, p: int) -> object:
        later = following[p]
        return m.earlier[s, p] <= (m.modules[s] if later == data.periods[-1] else m.earlier[s, later])

    m.growth = pyo.Constraint(index, rule=never_removed)


def _line(b: Build, s: str) -> None:
    """The site's own grid line, as large as its load: paid from the period it is connected in; and what an open site costs a year
    whatever its size (of the last period)."""
    before: Expression = 0
    for p in b.data.periods:
        site, place = b.data.site_in(s, p), site_place(b.data, s, p)
        b.cost_eur["grid line", place] = site.line_yearly_eur_mw * it_mw(b, s, p)
        built = site.line_capex_eur_mw * it_mw(b, s, p)
        b.capex_eur["connection", "grid line", place] = built - before
        before = built
    if b.data.sites[s].fixed_yearly_eur:
        b.cost_eur["site, fixed", place] = b.data.sites[s].fixed_yearly_eur * b.m.open[s]


def spread_sites(b: Build) -> Expression:
    """The sites' part of objective spread: weight x MW of IT."""
    weights = b.data.spread_sites
    return pyo.quicksum(weights[s] * it_mw(b, s) for s in b.data.sites if weights.get(s))


def most_modules(data: Instance, s: str, period: int | None = None) -> int:
    """Whole modules that fit the site's largest size in a period; None: the last."""
    site = data.sites[s] if period is None else data.site_in(s, period)
    return max(0, math.floor(site.max_mw / data.module_mw + 1e-9))


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
    earlier = {p: mw for p, mw in b.data.earlier_it_mw.items() if mw > 0}
    if earlier:
        b.m.earlier_target = pyo.Constraint(
            list(earlier),
            rule=lambda m, p: pyo.quicksum(it_mw(b, s, p) for s in b.data.sites) >= earlier[p],
        )

"""Sovereignty: how compute is spread over countries, and how much of it stands near an AI Factory.

    sum over the sites of a country of it_mw[s]         <= country_share_max * sum_s it_mw[s]    for every country
    sum over the sites near an AI Factory of it_mw[s]   >= near_share_min * sum_s it_mw[s]
    home[n] >= open[s] for the sites s of country n;  sum_n home[n] <= countries_max

in MW of IT. A rule that is off writes no row.
"""

from __future__ import annotations

import pyomo.environ as pyo

from siting.model.terms import Build


def sovereignty(b: Build) -> None:
    """Declare the rows; `home[n]` (0 to 1, a country with a site) only with a limit on their number."""
    data, rules = b.data, b.data.sovereignty
    inside: dict[str, list[str]] = {}
    for s, site in data.sites.items():
        inside.setdefault(site.country, []).append(s)
    total = pyo.quicksum(b.site_mw.values())
    if rules.country_share_max < 1.0:
        b.m.country_share = pyo.Constraint(
            list(inside),
            rule=lambda m, n: (
                pyo.quicksum(b.site_mw[s] for s in inside[n]) - rules.country_share_max * total <= 0
            ),
        )
    if rules.near_share_min > 0.0:
        near = pyo.quicksum(b.site_mw[s] for s in data.sites if s in rules.near)
        b.m.near_ai_factory = pyo.Constraint(expr=near - rules.near_share_min * total >= 0)
    if rules.countries_max is not None:
        b.m.home = pyo.Var(list(inside), domain=pyo.NonNegativeReals, bounds=(0.0, 1.0))
        b.m.home_if_open = pyo.Constraint(
            [(n, s) for n, sites in inside.items() for s in sites],
            rule=lambda m, n, s: m.open[s] <= m.home[n],
        )
        b.m.most_countries = pyo.Constraint(expr=pyo.quicksum(b.m.home.values()) <= rules.countries_max)

"""Matching: clean supply is at least a share of the load, over the year or hour by hour, in all, by country or at each site.

    sum over t of w_t x clean[kind, c, t] >= share x sum over t of w_t x load_mw[c, t]                        (MWh/yr)

    hourly: clean = delivered PPAs + clean on-site output + discharge - charge + the grid's carbon-free share x purchase
            - what is not carbon-free of grid power in baseload contracts (baseload.py); surplus sold is not counted
    annual: clean = delivered and sold PPAs + clean on-site output + discharge - charge; purchases are not counted

portfolio: one row over all classes, resource ("clean",). country: a row over the classes of each, resources
("clean_in", country). site: a local row per cell; as the energy system of a class is a cone and its sites share its mix by IT
power, the row of the class is the row of every site in it. It holds in each period and scenario on its own, where the
other two hold in each period and in the mean over scenarios. What may be sold in an hour is limited in `grid`.
Source of the definitions: Riepin and Brown (2024), "On the means, costs, and system-level impacts of 24/7 carbon-free energy
procurement"; their limit on surplus is 20 % of the load over the year, the one here holds in every hour and is stricter.
"""

from __future__ import annotations

import pyomo.environ as pyo

from siting.model.terms import Build

PER_GWH = 1e-3  # the row in GWh, as the coupling rows are


def matching(b: Build) -> None:
    """The rows of scope site, where a model asks for them."""
    rule = b.data.matched_locally
    if rule is None:
        return
    kind, share = rule
    b.m.matched = pyo.Constraint(
        list(b.data.cells),
        rule=lambda m, c: PER_GWH * (b.clean_mwh(c, kind) - share * b.load_mwh[c]) >= 0,
    )

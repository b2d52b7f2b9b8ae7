"""Heat: what liquid cooling carries off warm, sold to a district heating network.

    heat_mw[c] x hours <= sum over q of liquid_heat_share_q x it_mwh[c, q]      (MWh a year; nothing from air cooling)
    heat_mw[c] x hours <= reuse_share_max x load_mwh[c]                         what the network takes

heat_mw is the mean over the year, as IT heat is steady. Terms: `heat sold` (EUR/yr, negative where the network pays) and
`heat connection`, part of the building (capex group site). liquid_heat_share: cooling.csv; all else is the planner's scenario.
"""

from __future__ import annotations

import pyomo.environ as pyo

from siting.model.terms import Build


def heat(b: Build) -> None:
    """Declare `heat_mw[c]` (MW, mean over the year) where a network takes heat."""
    m, data = b.m, b.data
    if not data.heat:
        return
    m.heat_mw = pyo.Var(list(data.heat), domain=pyo.NonNegativeReals)
    m.heat_recovered = pyo.Constraint(
        list(data.heat),
        rule=lambda m, c: (
            m.heat_mw[c]
            - pyo.quicksum(
                data.halls[c, q].liquid_heat_share / sum(data.weight_of(c)) * b.it_mwh(c, q)
                for q in data.cooling_of(c)
                if data.halls[c, q].liquid_heat_share > 0
            )
            <= 0
        ),
    )
    m.heat_taken = pyo.Constraint(
        list(data.heat),
        rule=lambda m, c: m.heat_mw[c] - data.heat[c].share_max / sum(data.weight_of(c)) * b.load_mwh[c] <= 0,
    )
    for c in data.heat:
        _money(b, c)


def _money(b: Build, c: str) -> None:
    m, network = b.m, b.data.heat[c]
    b.cost_eur["heat sold", c] = -network.price_eur_mwh * sum(b.data.weight_of(c)) * m.heat_mw[c]
    b.cost_eur["heat connection", c] = network.yearly_eur_mw * m.heat_mw[c]
    if b.data.first_built(c, ""):
        before = b.data.before_cell(c)
        stood = m.heat_mw[before] if before in b.data.heat else 0
        b.capex_eur["site", "heat connection", c] = network.capex_eur_mw * (m.heat_mw[c] - stood)

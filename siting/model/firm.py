"""Adequacy: firm capacity on site is at least a share of the rated facility load, so that work goes on without the grid.

    sum over dispatchable plant of onsite_mw[c, k] + sum over stores of firm_store_mw[c, b]
        >= firm_share[c] x sum over q of peak PUE_q x cooled_mw[c, q]                                (MW)
    firm_store_mw[c, b] <= store_mw[c, b],   firm_hours x firm_store_mw[c, b] <= store_mwh[c, b]

A store counts with the power it can hold for `firm_hours`; without stated hours none counts. Plant that follows the weather
does not count. Shares are the model's (`adequacy.firm_onsite_share`) or a national rule's, e.g. Ireland's CRU/2025236.
"""

from __future__ import annotations

import pyomo.environ as pyo

from siting.model.terms import Build


def firm(b: Build) -> None:
    """Declare `firm_store_mw[c, b]` (MW) where a share is asked for, and the row that asks for it."""
    m, data = b.m, b.data
    asked = [c for c in data.cells if data.firm_share.get(c, 0.0) > 0]
    if not asked:
        return
    hours = data.firm_hours
    stores = [key for key in data.storage if key[0] in asked] if hours is not None else []
    m.firm_store_mw = pyo.Var(stores, domain=pyo.NonNegativeReals)
    m.firm_store_power = pyo.Constraint(
        stores, rule=lambda m, c, k: m.firm_store_mw[c, k] <= m.store_mw[c, k]
    )
    m.firm_store_energy = pyo.Constraint(
        stores, rule=lambda m, c, k: hours * m.firm_store_mw[c, k] <= m.store_mwh[c, k]
    )

    def enough(m: pyo.ConcreteModel, c: str) -> object:
        plant = [m.onsite_mw[c, k] for k in data.options_of("onsite", c) if data.onsite[c, k].firm]
        kept = [m.firm_store_mw[c, k] for cc, k in stores if cc == c]
        rated = pyo.quicksum(data.halls[c, q].peak_pue * m.cooled_mw[c, q] for q in data.cooling_of(c))
        return pyo.quicksum([*plant, *kept]) - data.firm_share[c] * rated >= 0

    m.firm_capacity = pyo.Constraint(asked, rule=enough)

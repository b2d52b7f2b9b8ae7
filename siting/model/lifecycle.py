"""Life cycle of the supply: tonnes from cradle to grave that limits may bind (t CO2e/yr).

    lifecycle[c] = sum over t of w_t x (grid_carbon[c, t] x buy[c, t] + sum over k of lifecycle_k x gen[c, k, t])
                 + sum over k of lifecycle_k x (full-load hours of k) x ppa_mw[c, k]
                 + grid power in the baseload contracts (baseload.py)

A contract counts with all its plant puts out, delivered, sold or lost: that is linear, and who causes a plant to be built answers
for all of it. The reported `lifecycle_t_yr` counts delivered output alone and is never larger, so that a cap kept here is kept
there. Purchases, and grid power within contracts, count at the intensity the model counts operational carbon at. Resource
("lifecycle",), a plain sum; factors of plants from technologies.csv (`lifecycle_g_kwh`, IPCC AR5 WG3 annex III).
"""

from __future__ import annotations

from functools import partial

import pyomo.environ as pyo

from siting.instance.shaped import GRID_POWER
from siting.model.terms import Build, Expression


def lifecycle(b: Build) -> None:
    """Name b.lifecycle_t[c], life-cycle tonnes a year of a cell's supply; built only where a limit asks for it."""
    for c in b.data.cells:
        b.lifecycle_t[c] = partial(_tonnes, b, c)


def _tonnes(b: Build, c: str) -> Expression:
    """All output of contracts counted."""
    m, data = b.m, b.data
    weight = data.weight_of(c)
    bought = b.carbon_t.get(("grid purchase", c), 0.0)
    within = [e for (item, place), e in b.carbon_t.items() if place == c and item.startswith(GRID_POWER)]
    contracts = data.options_of("ppa", c) if c in data.price_eur_mwh else []
    contracted = pyo.quicksum(
        data.ppa[c, k].lifecycle_t_mwh
        * sum(w * a for w, a in zip(weight, data.availability[c, k], strict=True))
        * m.ppa_mw[c, k]
        for k in contracts
    )
    made = pyo.quicksum(
        data.onsite[c, k].lifecycle_t_mwh * b.yearly(c, ((t, m.gen[c, k, t]) for t in data.hours))
        for k in data.options_of("onsite", c)
    )
    return bought + pyo.quicksum(within) + contracted + made

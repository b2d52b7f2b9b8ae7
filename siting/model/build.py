"""The formulation's table of contents: which mechanisms make a model, and where its balance, limits and objective close."""

from __future__ import annotations

import pyomo.environ as pyo

from siting.instance.instance import Instance, Resource
from siting.model.grid import grid
from siting.model.halls import halls
from siting.model.onsite import onsite
from siting.model.policy import (
    bound,
    internal_carbon_price,
    quantities,
    scale,
    site_use,
    spread_weights,
    uses,
)
from siting.model.sites import it_mw, sites, spread_sites
from siting.model.storage import storage
from siting.model.terms import Build, Expression


def whole(data: Instance) -> Build:
    """The whole problem as one MILP: sites, the energy system of every class, and the rows that couple them."""
    b = Build(pyo.ConcreteModel(data.title), data)
    sites(b)
    energy(b)
    internal_carbon_price(b)
    _resource_limits(b)
    return b


def pricing(data: Instance) -> Build:
    """One class alone, serving 1 MW of IT: its local rows only; what couples it to others is left to be priced."""
    b = Build(pyo.ConcreteModel(data.title), data)
    b.it_mw = dict.fromkeys(data.classes, 1.0)
    energy(b)
    return b


def energy(b: Build) -> None:
    """Everything that is local to a class and scales with its IT power."""
    halls(b)
    grid(b)
    onsite(b)
    storage(b)
    _power_balance(b)


def _power_balance(b: Build) -> None:
    """Supply = demand in every class and modelled hour (MW)."""
    index = [(c, t) for c in b.data.classes for t in b.data.hours]
    b.m.power_balance = pyo.Constraint(
        index, rule=lambda m, c, t: pyo.quicksum(b.supply_mw[c, t]) == pyo.quicksum(b.demand_mw[c, t])
    )


def _resource_limits(b: Build) -> None:
    """The only rows that join classes: sum of a resource's uses <= (or >=) its limit."""
    data = b.data
    used: dict[Resource, list[Expression]] = {}
    for c in data.classes:
        quantity = quantities(b, c)
        for r, coefficients in uses(data, c).items():
            used.setdefault(r, []).extend(scale(r) * a * quantity[q]() for q, a in coefficients.items())

    def row(m: pyo.ConcreteModel, i: int) -> object:
        r = list(used)[i]
        total = pyo.quicksum(used[r]) + scale(r) * site_use(b, r)
        limit = scale(r) * bound(data, r)
        return total <= limit if data.limits[r].sense == "<=" else total >= limit

    b.m.resource_limit = pyo.Constraint(range(len(used)), rule=row)


def objective_terms(b: Build) -> dict[str, Expression]:
    """What can be minimised: yearly cost (EUR), tonnes, missing compute (-MW of IT), cost and tonnes weighted, or the
    weighted use of sites and supply options (MW)."""
    return {
        "cost": b.cost_total(),
        "carbon": b.carbon_total(),
        "compute": -pyo.quicksum(it_mw(b, s) for s in b.data.sites),
        "weighted": b.cost_total() + b.data.carbon_weight_eur_t * b.carbon_total(),
        "spread": spread_sites(b) + _spread_options(b),
    }


def _spread_options(b: Build) -> Expression:
    weights, data = spread_weights(b.data), b.data
    if not weights:
        return 0.0
    found = {c: quantities(b, c) for c in data.classes}
    return pyo.quicksum(w * found[c][q]() for c in data.classes for q, w in weights.items() if q in found[c])

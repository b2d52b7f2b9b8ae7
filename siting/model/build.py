"""The formulation's table of contents: which mechanisms make a model, and where its balance, limits and objective close.

    sum of what comes in = sum of what goes out                                    every cell and modelled hour   (MW)
        in:  buy + deliver + gen of all plant + discharge of all stores;   out: load + charge of all stores
    sum over classes of a[r] x quantity + what sites use themselves <= (or >=) limit[r]       every resource r

The last join the energy of classes (beside work that moves between sites, in the whole model alone). Minimised is what the
model asks for, one after the other: the yearly cost (EUR of the discounted mean year), operational tonnes (t CO2e of the plain
mean year), missing compute (minus MW of IT), cost and tonnes weighted, the weighted use of sites and supply options, or the cost
of the dearest cases. A later objective may worsen an earlier one by no more than a tie share (solver/whole.py).

One class alone, serving 1 MW in the last period, is the pricing problem of the frontier method; what it serves earlier never
falls: it_earlier[p] <= it_earlier[next p] <= 1 (MW of IT per MW).
"""

from __future__ import annotations

import pyomo.environ as pyo

from siting.errors import InputError
from siting.instance.instance import Instance, Resource
from siting.model.baseload import baseload
from siting.model.coverage import coverage
from siting.model.firm import firm
from siting.model.flexible import flexible
from siting.model.grid import grid
from siting.model.halls import facility_load, halls
from siting.model.heat import heat
from siting.model.horizon import quantities, uses
from siting.model.lifecycle import lifecycle
from siting.model.matching import matching
from siting.model.moving import WHOLE_ONLY, moving
from siting.model.onsite import onsite
from siting.model.policy import bound, internal_carbon_price, scale, site_use, spread_weights
from siting.model.risk import risk, risk_resources, risk_site_part, risk_total, risk_use
from siting.model.rules import rules
from siting.model.shed import shed
from siting.model.sites import it_mw, site_place, sites, spread_sites
from siting.model.sovereignty import sovereignty
from siting.model.storage import storage
from siting.model.terms import Build, Expression
from siting.model.vintages import vintages
from siting.model.water import water


def whole(data: Instance) -> Build:
    """The whole problem as one MILP: sites, the energy system of every class, and the rows that couple them."""
    b = Build(pyo.ConcreteModel(data.title), data)
    site_rows(b)
    energy(b)
    internal_carbon_price(b)
    _resource_limits(b)
    _risk_rows(b)
    return b


def site_rows(b: Build) -> None:
    """Everything about sites that no hour enters: shared by the whole model and both masters of the frontier method."""
    sites(b)
    risk(b)
    last = b.data.periods[-1]
    b.site_mw = {s: it_mw(b, s) for s in b.data.sites}
    b.site_place = {s: site_place(b.data, s, last) for s in b.data.sites}
    sovereignty(b)
    coverage(b)


def pricing(data: Instance) -> Build:
    """One class alone, serving 1 MW of IT: its local rows only; what couples it to others is left to be priced.

    Raises InputError where work moves between sites: that couples their hours, and no price stands for it.
    """
    if data.flexible.moving_share > 0:
        raise InputError(WHOLE_ONLY)
    b = Build(pyo.ConcreteModel(data.title), data)
    _profile(b)
    energy(b)
    return b


def _profile(b: Build) -> None:
    """1 MW of IT in the last period; in earlier ones what serves best, never more than later."""
    m, data = b.m, b.data
    (c,) = data.classes
    years = [str(p) for p in data.periods]
    if len(years) > 1:
        m.it_earlier = pyo.Var(years[:-1], bounds=(0.0, 1.0))
        m.it_grows = pyo.Constraint(
            years[:-2], rule=lambda m, y: m.it_earlier[y] <= m.it_earlier[years[years.index(y) + 1]]
        )
    for cell, node in data.cells_of(c).items():
        b.it_mw[cell] = 1.0 if node.period == data.periods[-1] else m.it_earlier[str(node.period)]


def energy(b: Build) -> None:
    """Everything that is local to a class and scales with its IT power."""
    halls(b)
    flexible(b)
    shed(b)
    moving(b)
    facility_load(b)
    grid(b)
    baseload(b)
    onsite(b)
    storage(b)
    firm(b)
    lifecycle(b)
    matching(b)
    heat(b)
    water(b)
    rules(b)
    vintages(b)
    _power_balance(b)


def _power_balance(b: Build) -> None:
    """Supply = demand in every class and modelled hour (MW)."""
    index = [(c, t) for c in b.data.cells for t in b.data.hours]
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
        if isinstance(total, (int, float)):  # no class uses any of it, e.g. water
            return pyo.Constraint.Feasible
        return total <= limit if data.limits[r].sense == "<=" else total >= limit

    b.m.resource_limit = pyo.Constraint(range(len(used)), rule=row)


def _risk_rows(b: Build) -> None:
    """Cost of every case whose risk is minimised, over all classes and sites."""
    rows = risk_resources(b.data)
    made = {c: quantities(b, c) for c in b.data.classes} if rows else {}

    def row(m: pyo.ConcreteModel, i: int) -> object:
        own = pyo.quicksum(a * made[c][q]() for c in made for q, a in risk_use(rows[i]).items())
        return own + risk_site_part(b, rows[i]) <= 0

    if rows:
        b.m.risk_of_case = pyo.Constraint(range(len(rows)), rule=row)


def objective_terms(b: Build) -> dict[str, Expression]:
    """What can be minimised: yearly cost (EUR), tonnes, missing compute (-MW of IT), cost and tonnes weighted, or the
    weighted use of sites and supply options (MW)."""
    return {
        "cost": b.cost_total(),
        "carbon": b.carbon_total(),
        "compute": -pyo.quicksum(it_mw(b, s) for s in b.data.sites),
        "weighted": b.cost_total() + b.data.carbon_weight_eur_t * b.carbon_total(),
        "spread": spread_sites(b) + _spread_options(b),
        "risk": risk_total(b),
    }


def _spread_options(b: Build) -> Expression:
    weights, data = spread_weights(b.data), b.data
    if not weights:
        return 0.0
    found = {c: quantities(b, c) for c in data.classes}
    return pyo.quicksum(w * found[c][q]() for c in data.classes for q, w in weights.items() if q in found[c])

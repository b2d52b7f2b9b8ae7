"""Policy: the quantities of a cell that limits may bind, and the limits as linear uses of them.

This is the declaration the frontier method lives on: a class touches the rest of the plan only through its quantities,
so these - and nothing else - get prices. The whole model closes the same rows over the same quantities. With several
nodes `horizon.py` joins those of a class's cells; with one, a cell is a class.

    capex        sum of the overnight groups that count (site, connection, onsite_power, it)   <= budget            (EUR)
    cost         yearly cost, the internal price on carbon included                           <= limit             (EUR/yr)
    carbon       operational tonnes, location-based                                           <= cap               (t/yr)
    carbon_rate  carbon - cap x load                                                          <= 0   cap in g/kWh  (t/yr)
    lifecycle    tonnes of the supply from cradle to grave                                    <= cap               (t/yr)
    clean        clean energy of the matching rule - share x load                             >= 0                 (MWh/yr)
    clean_in     the same over the classes of a country                                       >= 0                 (MWh/yr)
    water        water evaporated                                                             <= allowance         (m3/yr)
    potential    ppa_mw of an option over all buyers of a zone's plant   <= potential of zone_values.csv           (MW)
    link         ppa_mw of all contracts over a border                   <= share of its capacity, links.csv       (MW)
    ramp         connection_mw of one site, a class of its own           <= MW energised by the period, sites.csv  (MW)

Rows are written in millions of EUR and thousands of t, MWh and m3. An internal price on carbon is a cost term of its own,
EUR/t x each operational tonne, and changes no tonne's name.

MW energised by period p are min(grid_mw, grid_ramp_mw_yr x (p - first_year + 1)), first_year the one in which the site is
connected (instance/connection.py); what a ramp does not let flow yet may be bridged by plant on site.

A quantity is a name: ("cost",), ("carbon",), ("lifecycle",), ("load",), ("water",), ("connection",),
("clean", kind), ("capex", group) or ("ppa", k), per year.
For objective spread also ("bought",), ("delivered",), ("output", k), ("made", k), ("losses",), all MWh, and ("stored", k),
MWh of storage built. A resource is a limit's key, the words above and what they are of: ("clean_in", country),
("potential", zone, k), ("link", from zone, to zone), ("ramp", site); with several periods its last word may be a year.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pyomo.environ as pyo

from siting.instance.flexible import load_range, windows
from siting.instance.instance import GRID, RAMP, VINTAGE, Instance, Limit, Resource, base, resources_of
from siting.instance.items import INTERNAL_PRICE, is_internal_price
from siting.model.terms import Build, Expression
from siting.units import G_PER_T, KWH_PER_MWH

Quantity = tuple[str, ...]
CAPEX_GROUPS = ("site", "connection", "onsite_power", "it")


def internal_carbon_price(b: Build) -> None:
    """The planner's own price on every operational tonne, as cost terms of their own (EUR/yr)."""
    price = b.data.internal_price_eur_t
    for (item, place), tonnes in list(b.carbon_t.items()):
        if price > 0:
            b.cost_eur[f"{INTERNAL_PRICE}, {item}", place] = price * tonnes


def cell_quantities(b: Build, c: str) -> dict[Quantity, Callable[[], Expression]]:
    """The quantities of a cell, built only when asked for."""

    def capex(group: str) -> Expression:
        return pyo.quicksum(e for (g, _, place), e in b.capex_eur.items() if g == group and place == c)

    found: dict[Quantity, Callable[[], Expression]] = {
        ("cost",): partial(_cash, b, c),
        ("carbon",): lambda: pyo.quicksum(e for (_, place), e in b.carbon_t.items() if place == c),
        ("load",): lambda: b.load_mwh[c],
    }
    if c in b.water_m3:
        found["water",] = partial(b.water_m3.__getitem__, c)
    found |= {("clean", kind): partial(b.clean_mwh, c, kind) for kind in ("hourly", "annual")}
    found["lifecycle",] = b.lifecycle_t[c]
    found |= {("capex", group): partial(capex, group) for group in CAPEX_GROUPS}
    found |= {("ppa", k): partial(_contracted, b, c, k) for k in b.data.contracts_of(c)}
    if c in b.data.connection:
        found["connection",] = partial(b.m.connection_mw.__getitem__, c)
    return found | _flows(b, c)


def _contracted(b: Build, c: str, k: str) -> Expression:
    """MW under contract of an option, whenever it was built."""
    return pyo.quicksum(b.m.ppa_mw[c, kk] for kk in b.data.options_of("ppa", c) if base(kk) == k)


def _flows(b: Build, c: str) -> dict[Quantity, Callable[[], Expression]]:
    """Energy by where it comes from (MWh/yr), what storage loses of it, and storage built (MWh)."""
    m, data = b.m, b.data
    contracts, stores = data.options_of("ppa", c), data.options_of("storage", c)

    def year(variable: pyo.Var, *key: str) -> Expression:
        return b.yearly(c, ((t, variable[(*key, t)]) for t in data.hours))

    found: dict[Quantity, Callable[[], Expression]] = {
        ("made", k): partial(year, m.gen, c, k) for k in data.options_of("onsite", c)
    }
    if c in data.price_eur_mwh:
        found["bought",] = partial(year, m.buy, c)
    if contracts and c in data.price_eur_mwh:
        found["delivered",] = partial(year, m.deliver, c)
        found |= {("output", k): partial(_output, b, c, k) for k in contracts}
    if stores:
        found["losses",] = lambda: pyo.quicksum(
            year(m.charge, c, k) - year(m.discharge, c, k) for k in stores
        )
    return found | {("stored", k): partial(m.store_mwh.__getitem__, (c, k)) for k in stores}


def _output(b: Build, c: str, k: str) -> Expression:
    """What a contract's plant makes in a year, used or not (MWh)."""
    return full_load_h(b.data, c, k) * b.m.ppa_mw[c, k]


def full_load_h(data: Instance, c: str, k: str) -> float:
    """Hours a year at full output that a plant's availability comes to."""
    return sum(w * a for w, a in zip(data.weight_of(c), data.availability[c, k], strict=True))


def spread_weights(data: Instance) -> dict[Quantity, float]:
    """Objective spread as prices on the quantities of every class: weights per mean MW, storage per MWh built.

    What is to be small (weight > 0) counts with all that is bought, made or contracted. What is to be large (weight < 0)
    counts with the load it does not surely serve - its energy net of storage losses and of what the other contracts could
    have delivered - so that nothing is burnt in a battery, cooled badly or thrown away for the sake of the objective.
    """
    hours = sum(data.weight)
    contracts = list(dict.fromkeys(k for _, k in data.ppa))
    onsite = {k for _, k in data.onsite}
    stores = {k for _, k in data.storage}
    found: dict[Quantity, float] = {}

    def add(q: Quantity, price: float) -> None:
        found[q] = found.get(q, 0.0) + price

    for k, weight in data.spread_options.items():
        if k in stores:
            add(("stored", k), weight)
            continue
        price = weight / hours
        if k in contracts and weight > 0:
            add(("output", k), price)
        elif k in contracts:
            add(("delivered",), price)
            for other in contracts:
                add(("output", other), -price if other != k else 0.0)
        elif k in onsite:
            add(("made", k), price)
        elif k == GRID:
            add(("bought",), price)
        if weight < 0:
            add(("losses",), -price)
            add(("load",), -price)
    return {q: price for q, price in found.items() if price}


def _spread_cuts(data: Instance, c: str) -> list[tuple[dict[Quantity, float], float]]:
    """Energy that comes in is the load and what storage loses; nothing is negative, and what a class lacks is nothing."""
    names = [q for q in spread_weights(data) if q != ("load",)]
    if not names:
        return []
    contracts, grid = data.options_of("ppa", c), c in data.price_eur_mwh
    made = [("made", k) for k in data.options_of("onsite", c)]
    own = [*made, ("losses",), *(("stored", k) for k in data.options_of("storage", c))]
    own += [("bought",)] if grid else []
    own += [("delivered",), *(("output", k) for k in contracts)] if grid and contracts else []
    cuts: list[tuple[dict[Quantity, float], float]] = [({q: 1.0}, 0.0) for q in dict.fromkeys([*own, *names])]
    cuts += [({q: -1.0}, 0.0) for q in names if q not in own]
    incoming = {q: 1.0 for q in own if q[0] in {"made", "bought", "delivered"}}
    balance = {**incoming, ("losses",): -1.0, ("load",): -1.0}
    cuts += [(balance, 0.0), ({q: -price for q, price in balance.items()}, 0.0)]
    if ("delivered",) in own:
        cuts.append(({("delivered",): -1.0, **{("output", k): 1.0 for k in contracts}}, 0.0))
    return cuts


def _cash(b: Build, c: str) -> Expression:
    """Cost of a cell without the internal carbon price: whoever bounds or prices cost adds that to its tonnes."""
    mine = [e for (item, place), e in b.cost_eur.items() if place == c and not is_internal_price(item)]
    return pyo.quicksum(mine)


def use_of(data: Instance, c: str, r: Resource, limit: Limit) -> dict[Quantity, float]:
    """How a cell uses a limited resource: coefficients on its quantities; empty if it does not."""
    if r[0] == "capex":
        return {("capex", group): 1.0 for group in data.capex_counts}
    if r[0] == "cost":
        return {("cost",): 1.0, ("carbon",): data.internal_price_eur_t}
    if r[0] == "carbon":
        return {("carbon",): 1.0}
    if r[0] == "carbon_rate":
        return {("carbon",): 1.0, ("load",): -limit.value * KWH_PER_MWH / G_PER_T}
    if r[0] == "lifecycle":
        return {("lifecycle",): 1.0}
    if r[0] in {"clean", "clean_in"}:
        return _clean_use(data, c, r, limit)
    if r[0] == "water":
        return {("water",): 1.0}
    if r[0] == RAMP:
        return {("connection",): 1.0} if _is_connection_of(data, c, r[1]) else {}
    # potentials of contracts, and links they come over
    return {("ppa", k): 1.0 for k in data.contracts_of(c) if r[:3] in resources_of(k, data.zone[c])}


def _clean_use(data: Instance, c: str, r: Resource, limit: Limit) -> dict[Quantity, float]:
    """("clean",) or ("clean_in", country): clean energy less the share of its load; nothing elsewhere."""
    if r[0] == "clean_in" and country_of(data, c) != r[1]:
        return {}
    return {("clean", data.matching): 1.0, ("load",): -limit.value}


def _is_connection_of(data: Instance, c: str, s: str) -> bool:
    """Whether a cell or class is the one of a ramped site, and connected there."""
    own = data.cells[c][0] if c in data.cells else c
    return s in data.sites and data.sites[s].supply_class == own and c in data.connection


def country_of(data: Instance, c: str) -> str:
    """Country of a cell or class: that of its sites, which lie in one zone ('' of one without sites)."""
    members = data.members(data.cells[c][0] if c in data.cells else c)
    return data.sites[members[0]].country if members else ""


Cuts = list[tuple[dict[Quantity, float], float]]


def housing_cuts(data: Instance, c: str) -> Cuts:
    """Building and accelerators cost what they cost; no investment is negative (EUR per MW of IT, one period)."""
    cheapest = min(data.halls[c, q].capex_eur_mw for q in data.cooling_of(c))
    unbuilt: Cuts = [({("capex", group): 1.0}, 0.0) for group in ("connection", "onsite_power")]
    return [
        *unbuilt,
        ({("capex", "site"): 1.0}, cheapest),
        ({("capex", "it"): 1.0}, data.it[c].capex_eur_mw),
        ({("capex", "it"): -1.0}, -data.it[c].capex_eur_mw),
    ]


def running_cuts(data: Instance, c: str) -> Cuts:
    """What holds for every mix of a cell without solving anything: prices and value, sum of prices x quantities >= value
    per MW of IT.

    Nothing is negative; the load lies between the best and the worst cooling, as far as it bends; clean
    supply is at most the load (with sold surplus: load x (1 + excess share)), as the power balance says.
    """
    weight = data.weight_of(c)
    years = [
        sum(w * p for w, p in zip(weight, data.halls[c, q].pue, strict=True)) for q in data.cooling_of(c)
    ]
    load = [data.utilisation_share * mwh for mwh in years]
    bent = _load_ranges(data, c)
    positive: list[Quantity] = [("carbon",), *(("ppa", k) for k in data.contracts_of(c))]
    positive += [("lifecycle",)] if any(r[0] == "lifecycle" for r in data.limits) else []
    return [
        *(({q: 1.0}, 0.0) for q in positive),
        ({("load",): 1.0}, min(mwh - down for mwh, (down, _) in zip(load, bent, strict=True))),
        ({("load",): -1.0}, -max(mwh + up for mwh, (_, up) in zip(load, bent, strict=True))),
        ({("load",): 1.0, ("clean", "hourly"): -1.0}, 0.0),
        ({("load",): 1.0 + data.excess_share_max, ("clean", "annual"): -1.0}, 0.0),
        *_water_cuts(data, c),
        *_ramp_cuts(data, c),
        *_spread_cuts(data, c),
    ]


def _water_cuts(data: Instance, c: str) -> list[tuple[dict[Quantity, float], float]]:
    """At least what the driest cooling evaporates while all is run that must be (m3 per MW of IT)."""
    if not any(r[0] == "water" for r in data.limits):
        return []
    least = min(data.halls[c, q].water_l_kwh or 0.0 for q in data.cooling_of(c))
    run = max(0.0, 1.0 - data.flexible.shed_share_max - data.flexible.moving_share)
    return [({("water",): 1.0}, least * run * data.utilisation_share * sum(data.weight_of(c)))]


def _ramp_cuts(data: Instance, c: str) -> Cuts:
    """A connection is not negative, and no larger than the rated load (MW per MW of IT)."""
    if not any(r[0] == RAMP and _is_connection_of(data, c, r[1]) for r in data.limits):
        return []
    rated = max(data.halls[c, q].peak_pue for q in data.cooling_of(c))
    return [({("connection",): 1.0}, 0.0), ({("connection",): -1.0}, -rated)]


def _load_ranges(data: Instance, c: str) -> list[tuple[float, float]]:
    """What bending takes off and adds to a year's load at most, by cooling system (MWh per MW of IT)."""
    weight, share = data.weight_of(c), data.utilisation_share
    found = windows(data.before, data.flexible.hours)
    return [
        load_range(data.flexible, found, weight, [share * p for p in hall.pue])
        for hall in (data.halls[c, q] for q in data.cooling_of(c))
    ]


def bound(data: Instance, r: Resource) -> float:
    """Right-hand side of a resource's row: rates and shares are relative to the load, so theirs is zero."""
    return 0.0 if r[0] in {"carbon_rate", "clean", "clean_in"} else data.limits[r].value


def scale(r: Resource) -> float:
    """Rows in units a solver likes: money in M EUR, tonnes, MWh and m3 in thousands."""
    thousands = dict.fromkeys(("carbon", "carbon_rate", "lifecycle", "clean", "clean_in", "water"), 1e-3)
    return {"capex": 1e-6, "cost": 1e-6, **thousands}.get(r[0], 1.0)


def site_use(b: Build, r: Resource) -> Expression:
    """What sites themselves use of a resource: capex and yearly cost of their grid lines."""
    cells = b.data.cells
    if r[0] == "cost":
        return site_cost(b)
    if r[0] != "capex":
        return 0.0
    period = VINTAGE + r[1] if len(r) > 1 else ""
    return pyo.quicksum(
        e
        for (group, _, place), e in b.capex_eur.items()
        if group in b.data.capex_counts and place not in cells and place.endswith(period)
    )


def site_cost(b: Build) -> Expression:
    """What sites themselves cost in the mean year (EUR/yr)."""
    cells = b.data.cells
    return pyo.quicksum(
        b.in_mean_year(place, e) for (_, place), e in b.cost_eur.items() if place not in cells
    )

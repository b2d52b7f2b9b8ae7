"""Policy: the quantities of a class that limits may bind, and the limits as linear uses of them.

This is the declaration the frontier method lives on: a class touches the rest of the plan only through its quantities,
so these - and nothing else - get prices. The whole model closes the same rows over the same quantities.

A quantity is a name: ("cost",), ("carbon",), ("load",), ("clean", kind), ("capex", group) or ("ppa", k), per year.
For objective spread also ("bought",), ("delivered",), ("output", k), ("made", k), ("losses",), all MWh, and ("stored", k),
MWh of storage built. A resource is a limit's key: ("capex",), ("cost",), ("carbon",), ("carbon_rate",), ("clean",),
("potential", zone, k).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pyomo.environ as pyo

from siting.instance.instance import GRID, Instance, Resource
from siting.model.terms import Build, Expression
from siting.units import G_PER_T, KWH_PER_MWH

Quantity = tuple[str, ...]
INTERNAL_PRICE = "internal carbon price"
CAPEX_GROUPS = ("site", "connection", "onsite_power", "it")


def internal_carbon_price(b: Build) -> None:
    """The planner's own price on every operational tonne, as cost terms of their own (EUR/yr)."""
    price = b.data.internal_price_eur_t
    for (item, place), tonnes in list(b.carbon_t.items()):
        if price > 0:
            b.cost_eur[f"{INTERNAL_PRICE}, {item}", place] = price * tonnes


def quantities(b: Build, c: str) -> dict[Quantity, Callable[[], Expression]]:
    """The quantities of a class, built only when asked for."""

    def capex(group: str) -> Expression:
        return pyo.quicksum(e for (g, _, place), e in b.capex_eur.items() if g == group and place == c)

    found: dict[Quantity, Callable[[], Expression]] = {
        ("cost",): partial(_cash, b, c),
        ("carbon",): lambda: pyo.quicksum(e for (_, place), e in b.carbon_t.items() if place == c),
        ("load",): lambda: b.load_mwh[c],
    }
    found |= {("clean", kind): partial(_clean, b, c, kind) for kind in ("hourly", "annual")}
    found |= {("capex", group): partial(capex, group) for group in CAPEX_GROUPS}
    found |= {("ppa", k): partial(b.m.ppa_mw.__getitem__, (c, k)) for k in b.data.options_of("ppa", c)}
    return found | _flows(b, c)


def _flows(b: Build, c: str) -> dict[Quantity, Callable[[], Expression]]:
    """Energy by where it comes from (MWh/yr), what storage loses of it, and storage built (MWh)."""
    m, data = b.m, b.data
    contracts, stores = data.options_of("ppa", c), data.options_of("storage", c)

    def year(variable: pyo.Var, *key: str) -> Expression:
        return b.yearly((t, variable[(*key, t)]) for t in data.hours)

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
    return sum(w * a for w, a in zip(data.weight, data.availability[c, k], strict=True))


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
    """Cost of a class without the internal carbon price: whoever bounds or prices cost adds that to its tonnes."""
    mine = [
        e for (item, place), e in b.cost_eur.items() if place == c and not item.startswith(INTERNAL_PRICE)
    ]
    return pyo.quicksum(mine)


def _clean(b: Build, c: str, kind: str) -> Expression:
    """Clean MWh a year that count under a matching rule.

    hourly: delivered PPAs + clean on-site + storage net + purchases at the grid's hourly carbon-free share, surplus not
    counted (Riepin and Brown 2024); annual: contracted and clean on-site output less storage losses, sold surplus included.
    """
    terms = b.clean_mw[kind, c]
    return b.yearly((t, term(t)) for term in terms for t in b.data.hours)


def uses(data: Instance, c: str) -> dict[Resource, dict[Quantity, float]]:
    """How a class uses each limited resource: coefficients on its quantities."""
    found: dict[Resource, dict[Quantity, float]] = {}
    for r, limit in data.limits.items():
        if r[0] == "capex":
            found[r] = {("capex", group): 1.0 for group in data.capex_counts}
        elif r[0] == "cost":
            found[r] = {("cost",): 1.0, ("carbon",): data.internal_price_eur_t}
        elif r[0] == "carbon":
            found[r] = {("carbon",): 1.0}
        elif r[0] == "carbon_rate":
            found[r] = {("carbon",): 1.0, ("load",): -limit.value * KWH_PER_MWH / G_PER_T}
        elif r[0] == "clean":
            found[r] = {("clean", data.matching): 1.0, ("load",): -limit.value}
        elif r[0] == "potential" and r[1] == data.zone[c] and (c, r[2]) in data.ppa:
            found[r] = {("ppa", r[2]): 1.0}
    return found


def natural_cuts(data: Instance, c: str) -> list[tuple[dict[Quantity, float], float]]:
    """What holds for every mix of a class without solving anything: prices and value, sum of prices x quantities >= value
    per MW of IT.

    Nothing is negative; the load lies between the best and the worst cooling; clean supply is at most the load (with
    sold surplus: load x (1 + excess share)), as the power balance says; building and accelerators cost what they cost.
    """
    years = [
        sum(w * p for w, p in zip(data.weight, data.halls[c, q].pue, strict=True)) for q in data.cooling_of(c)
    ]
    load = [data.utilisation_share * mwh for mwh in years]
    cheapest = min(data.halls[c, q].capex_eur_mw for q in data.cooling_of(c))
    positive: list[Quantity] = [("carbon",), ("capex", "connection"), ("capex", "onsite_power")]
    positive += [("ppa", k) for k in data.options_of("ppa", c)]
    return [
        *(({q: 1.0}, 0.0) for q in positive),
        ({("load",): 1.0}, min(load)),
        ({("load",): -1.0}, -max(load)),
        ({("load",): 1.0, ("clean", "hourly"): -1.0}, 0.0),
        ({("load",): 1.0 + data.excess_share_max, ("clean", "annual"): -1.0}, 0.0),
        ({("capex", "site"): 1.0}, cheapest),
        ({("capex", "it"): 1.0}, data.it[c].capex_eur_mw),
        ({("capex", "it"): -1.0}, -data.it[c].capex_eur_mw),
        *_spread_cuts(data, c),
    ]


def bound(data: Instance, r: Resource) -> float:
    """Right-hand side of a resource's row: rates and shares are relative to the load, so theirs is zero."""
    return 0.0 if r[0] in {"carbon_rate", "clean"} else data.limits[r].value


def scale(r: Resource) -> float:
    """Rows in units a solver likes: money in M EUR, tonnes and MWh in thousands."""
    return {"capex": 1e-6, "cost": 1e-6, "carbon": 1e-3, "carbon_rate": 1e-3, "clean": 1e-3}.get(r[0], 1.0)


def site_use(b: Build, r: Resource) -> Expression:
    """What sites themselves use of a resource: capex and yearly cost of their grid lines."""
    if r[0] == "cost":
        return pyo.quicksum(e for (_, place), e in b.cost_eur.items() if place in b.data.sites)
    if r[0] != "capex" or "connection" not in b.data.capex_counts:
        return 0.0
    return pyo.quicksum(e for (_, _, place), e in b.capex_eur.items() if place in b.data.sites)

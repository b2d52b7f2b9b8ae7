"""Policy: the quantities of a class that limits may bind, and the limits as linear uses of them.

This is the declaration the frontier method lives on: a class touches the rest of the plan only through its quantities,
so these - and nothing else - get prices. The whole model closes the same rows over the same quantities.

A quantity is a name: ("cost",), ("carbon",), ("load",), ("clean", kind), ("capex", group) or ("ppa", k), per year.
A resource is a limit's key: ("capex",), ("carbon",), ("carbon_rate",), ("clean",), ("potential", zone, k).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pyomo.environ as pyo

from siting.instance.instance import Instance, Resource
from siting.model.terms import Build, Expression
from siting.units import G_PER_T, KWH_PER_MWH

Quantity = tuple[str, ...]
CAPEX_GROUPS = ("site", "connection", "onsite_power", "it")


def internal_carbon_price(b: Build) -> None:
    """The planner's own price on every operational tonne, as cost terms of their own (EUR/yr)."""
    price = b.data.internal_price_eur_t
    for (item, place), tonnes in list(b.carbon_t.items()):
        if price > 0:
            b.cost_eur[f"internal carbon price, {item}", place] = price * tonnes


def quantities(b: Build, c: str) -> dict[Quantity, Callable[[], Expression]]:
    """The quantities of a class, built only when asked for."""

    def capex(group: str) -> Expression:
        return pyo.quicksum(e for (g, _, place), e in b.capex_eur.items() if g == group and place == c)

    found: dict[Quantity, Callable[[], Expression]] = {
        ("cost",): lambda: pyo.quicksum(e for (_, place), e in b.cost_eur.items() if place == c),
        ("carbon",): lambda: pyo.quicksum(e for (_, place), e in b.carbon_t.items() if place == c),
        ("load",): lambda: b.load_mwh[c],
    }
    found |= {("clean", kind): partial(_clean, b, c, kind) for kind in ("hourly", "annual")}
    found |= {("capex", group): partial(capex, group) for group in CAPEX_GROUPS}
    return found | {("ppa", k): partial(b.m.ppa_mw.__getitem__, (c, k)) for k in b.data.options_of("ppa", c)}


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
    ]


def bound(data: Instance, r: Resource) -> float:
    """Right-hand side of a resource's row: rates and shares are relative to the load, so theirs is zero."""
    return 0.0 if r[0] in {"carbon_rate", "clean"} else data.limits[r].value


def scale(r: Resource) -> float:
    """Rows in units a solver likes: money in M EUR, tonnes and MWh in thousands."""
    return {"capex": 1e-6, "carbon": 1e-3, "carbon_rate": 1e-3, "clean": 1e-3}.get(r[0], 1.0)


def site_use(b: Build, r: Resource) -> Expression:
    """What sites themselves use of a resource: their grid lines' capex."""
    if r[0] != "capex" or "connection" not in b.data.capex_counts:
        return 0.0
    return pyo.quicksum(e for (_, _, place), e in b.capex_eur.items() if place in b.data.sites)

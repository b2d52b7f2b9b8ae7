"""What both methods end with: plain numbers by name, read from the terms that were optimised. No Pyomo beyond here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import pyomo.environ as pyo

from siting.instance.instance import VINTAGE, Instance, Node
from siting.model.sites import it_mw, site_place
from siting.model.terms import Build
from siting.solver.progress import gap_share

K = TypeVar("K")

TermKey = tuple[str, str]  # (item, place)
ASSIGNED_MW = 1e-9  # less is a rounding error
ROOM_MW = 1e-9  # the same


@dataclass(frozen=True)
class StageResult:
    """How far one objective was taken: its value in the plan, the bound proven for it, and what ended it.

    `least_size`: the gap is relative to the value, or to this if it is larger.
    """

    objective: str
    value: float
    bound: float
    status: str
    least_size: float = 0.0

    @property
    def gap(self) -> float:
        """Proven relative gap of this stage."""
        return gap_share(self.value, self.bound, self.least_size)


@dataclass(frozen=True)
class Energy:
    """Capacities (MW, MWh) and hourly operation (MW, MWh) of one supply class; arrays have one value a modelled hour.

    capacity keys: ("cooled", q), ("connection",), ("heat",), ("ppa", k), ("onsite", k), ("store_mw", b), ("store_mwh", b).
    hourly keys: ("buy",), ("deliver",), ("sell",), ("gen", k), ("charge", b), ("discharge", b), ("soc", b);
    where the load bends ("flexible", q), ("moving", q), ("shed", q), MW of IT.
    """

    capacity: dict[tuple[str, ...], float]
    hourly: dict[tuple[str, ...], np.ndarray]

    def scaled(self, factor: float) -> Energy:
        """The same mix for `factor` times the IT power."""
        return Energy(
            {key: factor * value for key, value in self.capacity.items()},
            {key: factor * value for key, value in self.hourly.items()},
        )


@dataclass(frozen=True)
class Solution:
    """A solved instance: modules by site, energy by class, and the named terms (per year; capex overnight)."""

    modules: dict[str, int]
    energy: dict[str, Energy]
    cost_eur: dict[TermKey, float]
    capex_eur: dict[tuple[str, str, str], float]
    carbon_t: dict[TermKey, float]
    stages: tuple[StageResult, ...]
    method: str
    seconds: float
    log: dict[str, object] = field(default_factory=dict)
    earlier: dict[tuple[str, int], int] = field(default_factory=dict)
    assigned_mw: dict[tuple[str, str], float] = field(default_factory=dict)  # demand served: (point, site)

    def at(self, data: Instance, node: Node) -> Solution:
        """The solution at one node, in the terms of `data.at(node)`: the same with a single node."""
        if len(data.nodes) == 1:
            return self
        last = node.period == data.periods[-1]
        held = self.modules if last else {s: n for (s, p), n in self.earlier.items() if p == node.period}
        name = {cell: c for cell, (c, n) in data.cells.items() if n == node and data.members(c)}
        name |= {site_place(data, s, node.period): s for s in data.sites}
        cost = {(i, name[at]): v for (i, at), v in self.cost_eur.items() if at in name}
        return replace(
            self,
            modules=held,
            energy={name[cell]: e for cell, e in self.energy.items() if cell in name},
            cost_eur=cost,
            capex_eur=self._standing(data, node),
            carbon_t={(i, name[at]): v for (i, at), v in self.carbon_t.items() if at in name},
            stages=(StageResult("cost", sum(cost.values()), -math.inf, self.stages[0].status),),
            earlier={},
        )

    def _standing(self, data: Instance, node: Node) -> dict[tuple[str, str, str], float]:
        """What was invested, up to a node, in what stands there."""
        found: dict[tuple[str, str, str], float] = {}
        for (group, item, place), eur in self.capex_eur.items():
            period = data.cells[place][1].period if place in data.cells else int(place.rpartition(VINTAGE)[2])
            here = data.cells[place][0] if place in data.cells else place.rpartition(VINTAGE)[0]
            cell = data.cell(here, node) if place in data.cells else ""
            retired = VINTAGE in item and not any(
                (cell, item) in table for table in (data.onsite, data.storage)
            )
            if period <= node.period and not retired:
                found[group, item, here] = found.get((group, item, here), 0.0) + eur
        return found


CAPACITIES = {
    "cooled_mw": "cooled",
    "ppa_mw": "ppa",
    "onsite_mw": "onsite",
    "store_mw": "store_mw",
    "store_mwh": "store_mwh",
}
INVESTMENTS = {
    **CAPACITIES,
    "connection_mw": "connection",
    "heat_mw": "heat",
    "firm_store_mw": "firm_store",  # the part of a store that counts as firm
}  # every capacity column of a class LP
HOURLY = ("buy", "deliver", "sell", "gen", "charge", "discharge", "soc")
BY_COOLING = ("flexible", "moving", "shed")  # only where the load bends


def read_solution(b: Build, stages: tuple[StageResult, ...], method: str, seconds: float) -> Solution:
    """Numbers of a solved whole model."""
    found: dict[Any, int] = {s: round(pyo.value(b.m.modules[s])) for s in b.data.sites}
    before = b.m.earlier.items() if hasattr(b.m, "earlier") else ()
    found |= {key: round(pyo.value(v)) for key, v in before}
    chosen, earlier = settle_ties(b.data, {key: n for key, n in found.items() if n > 0})
    used = {s: chosen.get(s, 0) for s in b.data.sites}
    for s, n in used.items():
        b.m.modules[s].set_value(n, skip_validation=True)
        b.m.open[s].set_value(float(n > 0), skip_validation=True)
    for key, v in before:
        v.set_value(earlier.get(key, 0), skip_validation=True)
    return Solution(
        modules={s: n for s, n in used.items() if n > 0},
        energy={
            cell: read_energy(b, cell)
            for cell, (c, _) in b.data.cells.items()
            if sum(used[s] for s in b.data.members(c)) > 0
        },
        cost_eur=read_terms(b.cost_eur),
        capex_eur=read_terms(b.capex_eur),
        carbon_t=read_terms(b.carbon_t),
        stages=stages,
        method=method,
        seconds=seconds,
        log={"target_it_mw": sum(pyo.value(it_mw(b, s)) for s in b.data.sites)},
        earlier=earlier,
        assigned_mw=read_assigned(b),
    )


def read_assigned(b: Build) -> dict[tuple[str, str], float]:
    """MW of demand by (point, site) of a solved build; empty without coverage."""
    if b.data.coverage is None:
        return {}
    found = {pair: float(v.value or 0.0) for pair, v in b.m.assign.items()}
    built = {
        s for s, n in b.m.modules.items() if round(n.value or 0.0) > 0
    }  # what a closed site serves is rounding
    return {pair: mw for pair, mw in found.items() if mw > ASSIGNED_MW and pair[1] in built}


def put_assigned(b: Build, assigned: Mapping[tuple[str, str], float]) -> None:
    """The same put into a build."""
    if b.data.coverage is not None:
        for pair, v in b.m.assign.items():
            v.set_value(assigned.get(pair, 0.0), skip_validation=True)


def settle_ties(
    data: Instance, modules: Mapping[Any, int]
) -> tuple[dict[str, int], dict[tuple[str, int], int]]:
    """Among candidates that are equal in all the model knows, build on the first by name: the same plan every time.

    Equal: same supply class, country and line cost. Largest sites are placed first; with one period what fits them fits all
    later ones. Where sizes grow over periods and the last ones find no room, all stays as it is.
    Keys of `modules`: sites, and (site, period) before the last period; returned apart.
    """
    last = {s: n for s, n in modules.items() if isinstance(s, str)}
    settled = _settled(data, last, modules) or {s: s for s in last}
    name = dict(zip(settled.values(), settled, strict=True))
    earlier = {(name[key[0]], key[1]): n for key, n in modules.items() if not isinstance(key, str)}
    return {s: last[settled[s]] for s in data.sites if s in settled}, earlier


def _settled(data: Instance, last: Mapping[str, int], modules: Mapping[Any, int]) -> dict[str, str] | None:
    """The site built on for each chosen one: {built on: chosen}; None if one finds no room."""
    settled = {s: s for s in last if s in data.forced}
    for s in sorted(last, key=lambda s: (-last[s], s)):
        if s in data.forced:
            continue
        free = (
            o for o in sorted(data.sites) if o not in settled and o not in data.forced and _alike(data, s, o)
        )
        built_on = next((o for o in free if o == s or _holds(data, o, s, modules)), None)
        if built_on is None:
            return None
        settled[built_on] = s
    return settled


def _holds(data: Instance, other: str, s: str, modules: Mapping[Any, int]) -> bool:
    """Whether a site has room for another's modules in every period."""
    last = data.periods[-1]
    held = {p: modules.get(s if p == last else (s, p), 0) for p in data.periods}
    return all(data.site_in(other, p).max_mw >= n * data.module_mw - ROOM_MW for p, n in held.items())


def equal_sites(data: Instance, s: str, other: str) -> bool:
    """Whether two candidates are equal in all the model knows but their largest size in the end; before, the other has no less
    room."""
    earlier = zip(data.site_at.get(s, ()), data.site_at.get(other, ()), strict=True)
    return _alike(data, s, other) and all(a.max_mw <= z.max_mw for a, z in earlier)


def _alike(data: Instance, s: str, other: str) -> bool:
    """Whether two candidates are equal in all the model knows but their largest size."""
    if s == other:
        return True
    if any(
        replace(a, max_mw=0.0) != replace(z, max_mw=0.0)
        for a, z in zip(data.site_at.get(s, ()), data.site_at.get(other, ()), strict=True)
    ):
        return False
    one, two = data.sites[s], data.sites[other]
    same_place = (one.supply_class, one.country) == (two.supply_class, two.country)
    same_cost = (one.line_yearly_eur_mw, one.line_capex_eur_mw) == (
        two.line_yearly_eur_mw,
        two.line_capex_eur_mw,
    )
    same_weight = data.spread_sites.get(s, 0.0) == data.spread_sites.get(other, 0.0)
    same_size = one.min_mw == two.min_mw
    return same_place and same_cost and same_weight and same_size and same_neighbours(data, s, other)


def same_neighbours(data: Instance, s: str, other: str) -> bool:
    """Whether two candidates are equal in what surrounds them; with coverage every place has its own distances."""
    near = data.sovereignty.near
    same_fixed = data.sites[s].fixed_yearly_eur == data.sites[other].fixed_yearly_eur
    return data.coverage is None and (s in near) == (other in near) and same_fixed


def read_terms(terms: Mapping[K, object]) -> dict[K, float]:
    """Named terms as numbers."""
    return {key: float(pyo.value(expression)) for key, expression in terms.items()}


def read_energy(b: Build, c: str) -> Energy:
    """Capacities and hours of one class of a solved build."""
    m, hours = b.m, b.data.hours
    capacity: dict[tuple[str, ...], float] = {}
    for variable, name in CAPACITIES.items():
        for key, entry in getattr(m, variable).items():
            if key[0] == c:
                capacity[name, key[1]] = max(0.0, float(entry.value))
    if c in m.connection_mw:
        capacity["connection",] = max(0.0, float(m.connection_mw[c].value))
    if c in b.data.heat:
        capacity["heat",] = max(0.0, float(m.heat_mw[c].value))
    hourly: dict[tuple[str, ...], np.ndarray] = {}
    for name in (*HOURLY, *(name for name in BY_COOLING if hasattr(m, name))):
        for key in _series_keys(b, name, c):
            variable = getattr(m, name)
            values = np.array([variable[(c, *key, t)].value for t in hours], dtype=float)
            hourly[(name, *key)] = np.maximum(0.0, values)
    return Energy(capacity, hourly)


def _series_keys(b: Build, name: str, c: str) -> list[tuple[str, ...]]:
    if name == "buy":
        return [()] if c in b.data.price_eur_mwh else []
    if name in {"deliver", "sell"}:
        return [()] if c in b.data.price_eur_mwh and b.data.options_of("ppa", c) else []
    if name in BY_COOLING:
        return [(q,) for q in b.data.cooling_of(c)]
    table = b.data.options_of("onsite" if name == "gen" else "storage", c)
    return [(k,) for k in table]

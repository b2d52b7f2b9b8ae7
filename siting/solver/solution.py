"""What both methods end with: plain numbers by name, read from the terms that were optimised. No Pyomo beyond here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import pyomo.environ as pyo

from siting.instance.instance import Instance
from siting.model.sites import it_mw
from siting.model.terms import Build
from siting.solver.progress import gap_share

K = TypeVar("K")

TermKey = tuple[str, str]  # (item, place)


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

    capacity keys: ("cooled", q), ("connection",), ("ppa", k), ("onsite", k), ("store_mw", b), ("store_mwh", b).
    hourly keys: ("buy",), ("deliver",), ("sell",), ("gen", k), ("charge", b), ("discharge", b), ("soc", b).
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


CAPACITIES = {
    "cooled_mw": "cooled",
    "ppa_mw": "ppa",
    "onsite_mw": "onsite",
    "store_mw": "store_mw",
    "store_mwh": "store_mwh",
}
INVESTMENTS = {**CAPACITIES, "connection_mw": "connection"}  # every capacity column of a class LP
HOURLY = ("buy", "deliver", "sell", "gen", "charge", "discharge", "soc")


def read_solution(b: Build, stages: tuple[StageResult, ...], method: str, seconds: float) -> Solution:
    """Numbers of a solved whole model."""
    found = {s: round(pyo.value(b.m.modules[s])) for s in b.data.sites}
    chosen = settle_ties(b.data, {s: n for s, n in found.items() if n > 0})
    used = {s: chosen.get(s, 0) for s in b.data.sites}
    for s, n in used.items():
        b.m.modules[s].set_value(n, skip_validation=True)
    return Solution(
        modules={s: n for s, n in used.items() if n > 0},
        energy={c: read_energy(b, c) for c in b.data.classes if sum(used[s] for s in b.data.members(c)) > 0},
        cost_eur=read_terms(b.cost_eur),
        capex_eur=read_terms(b.capex_eur),
        carbon_t=read_terms(b.carbon_t),
        stages=stages,
        method=method,
        seconds=seconds,
        log={"target_it_mw": sum(pyo.value(it_mw(b, s)) for s in b.data.sites)},
    )


def settle_ties(data: Instance, modules: Mapping[str, int]) -> dict[str, int]:
    """Among candidates that are equal in all the model knows, build on the first by name: the same plan every time.

    Equal: same supply class, country and line cost. Largest sites are placed first; what fits them fits all later ones.
    """
    settled = {s: n for s, n in modules.items() if s in data.forced}
    for s, n in sorted(modules.items(), key=lambda item: (-item[1], item[0])):
        if s in data.forced:
            continue
        equal = (
            o
            for o in sorted(data.sites)
            if o not in settled and o not in data.forced and equal_sites(data, s, o)
        )
        settled[next(o for o in equal if data.sites[o].max_mw >= n * data.module_mw - 1e-9)] = n
    return {s: settled[s] for s in data.sites if s in settled}


def equal_sites(data: Instance, s: str, other: str) -> bool:
    """Whether two candidates are equal in all the model knows but their largest size."""
    one, two = data.sites[s], data.sites[other]
    same_place = (one.supply_class, one.country) == (two.supply_class, two.country)
    same_cost = (one.line_yearly_eur_mw, one.line_capex_eur_mw) == (
        two.line_yearly_eur_mw,
        two.line_capex_eur_mw,
    )
    same_weight = data.spread_sites.get(s, 0.0) == data.spread_sites.get(other, 0.0)
    return same_place and same_cost and same_weight and one.min_mw == two.min_mw


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
    hourly: dict[tuple[str, ...], np.ndarray] = {}
    for name in HOURLY:
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
    table = b.data.options_of("onsite" if name == "gen" else "storage", c)
    return [(k,) for k in table]

"""The best plan and bound of a goal of the frontier method, and the plan as a solution: its portfolios joined."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyomo.environ as pyo

from siting.instance.instance import Instance
from siting.instance.items import INTERNAL_PRICE
from siting.model.build import site_rows
from siting.model.sites import site_place
from siting.model.terms import Build
from siting.solver.known import Frontier
from siting.solver.pricing import read_energy
from siting.solver.progress import Clock, gap_share
from siting.solver.solution import Energy, Solution, StageResult, put_assigned, settle_ties


@dataclass
class Best:
    """The best plan and the best bound of one goal."""

    value: float = math.inf
    bound: float = -math.inf
    modules: dict[Any, int] = field(default_factory=dict)  # by site, and by (site, period) before the last
    mix: dict[str, dict[int, float]] = field(default_factory=dict)
    least_size: float = 0.0  # gaps are relative to the value, or to this
    assigned: dict[tuple[str, str], float] = field(default_factory=dict)  # demand served: (point, site)
    proposal: dict[Any, int] = field(default_factory=dict)  # modules in the last relaxation's optimum
    rounds: int = 0

    @property
    def has_plan(self) -> bool:
        """A plan has been found (it may be an empty one)."""
        return math.isfinite(self.value)

    @property
    def gap(self) -> float:
        """Relative gap, infinite while one side is missing."""
        proven = self.has_plan and math.isfinite(self.bound)
        return gap_share(self.value, self.bound, self.least_size) if proven else math.inf


def solution_of(
    data: Instance, frontier: Frontier, best: Best, stages: tuple[StageResult, ...], clock: Clock
) -> Solution:
    """Join the chosen portfolios: terms and hours of a class are the mix of its portfolios' (all local rows are convex)."""
    energy: dict[str, Energy] = {}
    cost: dict[tuple[str, str], float] = {}
    capex: dict[tuple[str, str, str], float] = {}
    carbon: dict[tuple[str, str], float] = {}
    tables: dict[str, dict[Any, float]] = {"cost_eur": cost, "capex_eur": capex, "carbon_t": carbon}
    for c, mix in best.mix.items():
        x = np.sum([mw * frontier.portfolios[c][j].x for j, mw in mix.items()], axis=0)
        energy |= read_energy(frontier.columns[c], len(data.weight), x)
        for j, mw in mix.items():
            for key, value in frontier.portfolios[c][j].terms.items():
                terms = tables[key[0]]
                terms[key[1:]] = terms.get(key[1:], 0.0) + mw * value
    if data.internal_price_eur_t > 0:
        cost |= {
            (f"{INTERNAL_PRICE}, {item}", c): data.internal_price_eur_t * t for (item, c), t in carbon.items()
        }
    modules, earlier = settle_ties(data, best.modules)
    _site_terms(data, {**modules, **earlier}, best.assigned, cost, capex)
    log: dict[str, object] = {"rounds": best.rounds}
    return Solution(
        modules, energy, cost, capex, carbon, stages, "frontier", clock.seconds, log, earlier, best.assigned
    )


def _site_terms(
    data: Instance,
    modules: Mapping[Any, int],
    assigned: Mapping[tuple[str, str], float],
    cost: dict[tuple[str, str], float],
    capex: dict[tuple[str, str, str], float],
) -> None:
    """The sites' own named terms, read from the same mechanism with its decisions put in."""
    b = Build(pyo.ConcreteModel(), data)
    site_rows(b)
    for key, v in [*b.m.modules.items(), *(b.m.earlier.items() if hasattr(b.m, "earlier") else ())]:
        v.set_value(modules.get(key, 0), skip_validation=True)
    for s, v in b.m.open.items():
        v.set_value(float(s in modules), skip_validation=True)
    put_assigned(b, assigned)
    places = {site_place(data, s, p) for s in modules if isinstance(s, str) for p in data.periods}
    cost |= {key: float(pyo.value(e)) for key, e in b.cost_eur.items() if key[1] in places}
    capex |= {key: float(pyo.value(e)) for key, e in b.capex_eur.items() if key[2] in places}

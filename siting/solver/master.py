"""Goals of the frontier method and its inside master: a small MILP over sites in which classes mix known portfolios.

Every solution of it is a plan, so its cost is an upper bound. It uses the very site mechanism of the whole model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pyomo.environ as pyo

from siting.instance.instance import Instance, Resource
from siting.model.build import site_rows
from siting.model.horizon import natural_cuts, priced_carbon, uses
from siting.model.policy import Quantity, bound, scale, site_cost, site_use, spread_weights
from siting.model.risk import RISK, risk_resources, risk_site_part, risk_total, risk_use
from siting.model.sites import it_mw, spread_sites
from siting.model.terms import Build, Expression
from siting.solver.highs import Array, Compiled, Outcome, compile_model, highs_of, load_values, solve_mip
from siting.solver.known import worth
from siting.solver.pricing import Cut, Portfolio
from siting.solver.progress import Clock

Modules = Mapping[Any, int]  # by site in the last period, by (site, period) before it


@dataclass
class Goal:
    """What is minimised: weights on class quantities and on sites (cost of lines, missing compute), and limits kept.

    kept: by earlier objective what it may not exceed, in solver units, beside the resource limits of the instance.
    """

    data: Instance
    objective: str
    kept: dict[Resource, float] = field(default_factory=dict)
    _uses: dict[str, dict[Resource, dict[Quantity, float]]] = field(
        default_factory=dict, init=False, repr=False
    )

    _natural: dict[str, list[Cut]] = field(default_factory=dict, init=False, repr=False)

    @property
    def weights(self) -> dict[Quantity, float]:
        """Prices of the objective itself on the quantities of every class."""
        return self._row(self.objective)

    def _row(self, objective: str) -> dict[Quantity, float]:
        """An objective as prices on the quantities of every class."""
        if objective == "carbon":
            return {("carbon",): 1.0}
        if objective in ("compute", "risk"):
            return {}
        if objective == "spread":
            return self._spread
        row: dict[Quantity, float] = {
            ("cost",): 1.0,
            priced_carbon(self.data): self.data.internal_price_eur_t,
        }
        if objective == "weighted":
            row["carbon",] = row.get(("carbon",), 0.0) + self.data.carbon_weight_eur_t
        return row

    @cached_property
    def _spread(self) -> dict[Quantity, float]:
        return {q: SPREAD_UNIT * w for q, w in spread_weights(self.data).items()}

    @property
    def unit(self) -> float:
        """How many units of the solver one unit of the objective is."""
        return SPREAD_UNIT if self.objective == "spread" else 1.0

    @property
    def least_size(self) -> float:
        """What gaps are relative to at least, in solver units."""
        return self.unit * self.data.least_size(self.objective)

    def per_mw(self, quantities: Sequence[Mapping[Quantity, float]]) -> float:
        """The least that 1 MW of IT counts in the objective, over portfolios given by their quantities."""
        least = self.unit if self.objective == "spread" else 0.0  # MW against MW
        return max(least, min(abs(worth(self.weights, q)) for q in quantities))

    def site_terms(self, b: Build, objective: str | None = None) -> Expression:
        """The sites' own part of an objective."""
        name = objective or self.objective
        if name == "compute":
            return -pyo.quicksum(it_mw(b, s) for s in self.data.sites)
        if name == "carbon":
            return 0.0
        if name == "spread":
            return SPREAD_UNIT * spread_sites(b)
        if name == "risk":
            return risk_total(b)
        return site_cost(b)

    def resources(self) -> dict[Resource, tuple[Literal["<=", ">="], float]]:
        """Sense and bound of every limit, in solver units."""
        own: dict[Resource, tuple[Literal["<=", ">="], float]] = {
            r: (limit.sense, scale(r) * bound(self.data, r)) for r, limit in self.data.limits.items()
        }
        own.update(dict.fromkeys(risk_resources(self.data), ("<=", 0.0)))
        own.update({r: ("<=", value) for r, value in self.kept.items()})
        return own

    def uses(self, c: str) -> dict[Resource, dict[Quantity, float]]:
        """A class's use of every limit, in solver units; worked out once, every master and price asks for it."""
        if c not in self._uses:
            self._uses[c] = self._use(c)
        return self._uses[c]

    def natural(self, c: str) -> list[Cut]:
        """What holds for every mix of a class without solving anything, worked out once."""
        if c not in self._natural:
            self._natural[c] = [Cut(prices, value) for prices, value in natural_cuts(self.data, c)]
        return self._natural[c]

    def _use(self, c: str) -> dict[Resource, dict[Quantity, float]]:
        own = {r: {q: scale(r) * a for q, a in row.items()} for r, row in uses(self.data, c).items()}
        own |= {r: risk_use(r) for r in risk_resources(self.data)}
        for r in self.kept:
            if row := self._row(r[1]):
                own[r] = {q: KEPT_SCALE[r[1]] * a for q, a in row.items()}
        return own

    def site_part(self, b: Build, r: Resource) -> Expression:
        """The sites' own use of a limit."""
        if r[0] == "kept":
            return KEPT_SCALE[r[1]] * self.site_terms(b, r[1])
        if r[0] == RISK:
            return risk_site_part(b, r)
        return scale(r) * site_use(b, r)

    def keep(self, objective: str, value: float) -> Goal:
        """The next goal: this objective's value may no longer be exceeded."""
        return Goal(
            self.data, objective, {**self.kept, ("kept", self.objective): KEPT_SCALE[self.objective] * value}
        )


BROKEN = 1e-6  # an overstepped limit below this (solver units) is a rounding error
KEPT_SCALE = {"cost": 1e-6, "weighted": 1e-6, "carbon": 1e-3, "compute": 1.0, "spread": 1e-6, "risk": 1e-6}
SPREAD_UNIT = (
    1e6  # MW in W: a EUR then weighs about one of them, and prices are no smaller than rounding errors
)


@dataclass
class Inside:
    """The restricted master: classes mix the portfolios found so far."""

    goal: Goal
    b: Build
    portfolios: Mapping[str, Sequence[Portfolio]]

    @cached_property
    def compiled(self) -> Compiled:
        """The master as arrays, written once for the MILP and the relaxations whose prices are read."""
        return compile_model(self.b.m)

    def solve(self, clock: Clock, gap: float, start: Array | None = None) -> tuple[Outcome, Compiled]:
        """The best plan of known portfolios."""
        least = self.goal.least_size
        return solve_mip(self.compiled, clock, "joining portfolios", gap, 1, start, least), self.compiled

    def broken(self) -> bool:
        """Whether a limit is still overstepped."""
        missing = [*self.b.m.over.values(), *self.b.m.short.values()]
        return any((v.value or 0.0) > BROKEN for v in missing)

    def used(self) -> dict[str, dict[int, float]]:
        """IT MW under each portfolio, by class and number."""
        found: dict[str, dict[int, float]] = {}
        for (c, j), v in self.b.m.mix.items():
            if (v.value or 0.0) > 1e-9:
                found.setdefault(c, {})[j] = float(v.value)
        return found


def inside(goal: Goal, portfolios: Mapping[str, Sequence[Portfolio]], penalty: float) -> Inside:
    """Build the inside master; with a penalty, limits may be overstepped at that price per unit."""
    data = goal.data
    b = Build(pyo.ConcreteModel("inside"), data)
    site_rows(b)
    m = b.m
    index = [(c, j) for c in data.classes for j in range(len(portfolios[c]))]
    m.mix = pyo.Var(index, domain=pyo.NonNegativeReals)
    m.mixed = pyo.Constraint(
        [c for c in data.classes if data.members(c)],
        rule=lambda m, c: (
            pyo.quicksum(m.mix[c, j] for j in range(len(portfolios[c]))) - b.it_mw[last_cell(data, c)] == 0
        ),
    )
    _profiles(b, portfolios, penalty)
    used: dict[Resource, list[Expression]] = {r: [goal.site_part(b, r)] for r in goal.resources()}
    for c in data.classes:
        for r, row in goal.uses(c).items():
            used[r] += [worth(row, p.quantity) * m.mix[c, j] for j, p in enumerate(portfolios[c])]
    limit_rows(m, goal, used, penalty)
    weights = goal.weights
    total = pyo.quicksum(worth(weights, portfolios[c][j].quantity) * m.mix[c, j] for c, j in index)
    over = pyo.quicksum(penalty * v for v in [*m.over.values(), *m.short.values()])
    m.goal = pyo.Objective(expr=total + goal.site_terms(b) + over)
    return Inside(goal, b, portfolios)


def last_cell(data: Instance, c: str) -> str:
    """The cell whose IT power a class's cone is measured by."""
    return data.first_cell(c, data.periods[-1])


def earlier_cells(data: Instance) -> dict[tuple[str, int], str]:
    """Cell by class and period, of every period before the last."""
    return {(c, p): data.first_cell(c, p) for c in data.classes for p in data.periods[:-1] if data.members(c)}


def _profiles(b: Build, portfolios: Mapping[str, Sequence[Portfolio]], penalty: float) -> None:
    """IT power that the mixed portfolios serve before the last period = what the sites hold by then (MW)."""
    m, earlier = b.m, earlier_cells(b.data)
    m.short = pyo.Var(list(earlier) if penalty > 0 else [], domain=pyo.NonNegativeReals)

    def row(m: pyo.ConcreteModel, c: str, p: int) -> object:
        served = pyo.quicksum(
            portfolio.quantity.get(("it", str(p)), 0.0) * m.mix[c, j]
            for j, portfolio in enumerate(portfolios[c])
        )
        return served + (m.short[c, p] if penalty > 0 else 0.0) - b.it_mw[earlier[c, p]] == 0

    m.profile = pyo.Constraint(list(earlier), rule=row)


def limit_rows(
    m: pyo.ConcreteModel, goal: Goal, used: Mapping[Resource, list[Expression]], penalty: float
) -> None:
    """Every limit over what sites and classes use of it; with a penalty it may be overstepped."""
    resources = goal.resources()
    m.over = pyo.Var(range(len(resources)) if penalty > 0 else [], domain=pyo.NonNegativeReals)

    def row(m: pyo.ConcreteModel, i: int) -> object:
        r, (sense, limit) = list(resources.items())[i]
        total = pyo.quicksum(used[r])
        give = m.over[i] if penalty > 0 else 0.0
        if isinstance(total, (int, float)):
            return pyo.Constraint.Feasible
        # variables on the left, number on the right: the row's dual keeps the sense written here
        return total - give <= limit if sense == "<=" else total + give >= limit

    m.limit = pyo.Constraint(range(len(resources)), rule=row)


@dataclass(frozen=True)
class Duals:
    """Prices of an LP: per class what 1 MW of IT is worth, per limit what a unit more would save (solver units).

    rows: the same of the rules on sites, by the name of their rows (`compute_target`, `most_sites`, ...), summed.
    """

    objective: float
    limit: dict[Resource, float]
    mixed: dict[str, float]
    rows: dict[str, float] = field(default_factory=dict)
    profile: dict[tuple[str, int], float] = field(default_factory=dict)  # MW of IT before the last period


def duals(
    master: Inside, fixed: Modules | None = None, most: Mapping[Resource, float] | None = None
) -> Duals | None:
    """Solve the LP relaxation of the inside master (or with sites fixed) and read its prices; None if infeasible.

    most: what overstepping a limit costs where not the master's penalty; its price is no larger then.
    """
    model = relaxed(master.compiled, fixed)
    if most:
        position, objectives = model.position(), model.objectives.copy()
        for i, r in enumerate(master.goal.resources()):
            if r in most and id(master.b.m.over[i]) in position:
                objectives[0, position[id(master.b.m.over[i])]] = most[r]
        model = replace(model, objectives=objectives)
    return prices_of(master.goal, master.b.m, model)


def prices_of(goal: Goal, m: pyo.ConcreteModel, model: Compiled) -> Duals | None:
    """Solve a master's LP (its rows are named in `m`; those under them are cuts) and read its prices; None if infeasible.

    The point goes into the Pyomo variables.
    """
    h = highs_of(model, 1)
    h.run()
    if h.getInfo().primal_solution_status != 2:
        return None
    solution = h.getSolution()
    load_values(m, model, np.array(solution.col_value))
    named = list(solution.row_dual)[: len(model.rows)]
    by_row = {id(row): float(y) for row, y in zip(model.rows, named, strict=True)}
    resources = list(goal.resources())
    limit = {resources[i]: by_row.get(id(row), 0.0) for i, row in m.limit.items()}
    mixed = {c: by_row.get(id(row), 0.0) for c, row in m.mixed.items()}
    profile = {key: by_row.get(id(row), 0.0) for key, row in m.profile.items()}
    value = float(h.getInfo().objective_function_value)
    return Duals(value, limit, mixed, by_name(model, named), profile)


def by_name(model: Compiled, row_dual: Sequence[float]) -> dict[str, float]:
    """Prices of rows summed by the name of their constraint."""
    found: dict[str, float] = {}
    for row, y in zip(model.rows, row_dual, strict=True):
        name = row.parent_component().local_name
        found[name] = found.get(name, 0.0) + float(y)
    return found


def relaxed(model: Compiled, fixed: Modules | None = None) -> Compiled:
    """The LP relaxation of a model with sites, or the LP left once its modules are `fixed` (sites not named: none).

    Keys of `fixed`: a site for its modules in the last period, (site, period) for those before.
    """
    lower, upper = model.column_lower.copy(), model.column_upper.copy()
    if fixed is not None:
        for j, v in enumerate(model.columns):
            name = v.parent_component().local_name
            if name in ("modules", "earlier"):
                lower[j] = upper[j] = fixed.get(v.index(), 0)
            elif name == "open":
                lower[j] = upper[j] = float(fixed.get(v.index(), 0) > 0)
    return replace(
        model, column_lower=lower, column_upper=upper, integer=np.zeros(len(model.columns), dtype=bool)
    )


def class_prices(goal: Goal, c: str, d: Duals) -> dict[Quantity, float]:
    """Prices on a class's quantities at given duals: objective weights less dual x use."""
    prices = dict(goal.weights)
    for r, row in goal.uses(c).items():
        for q, a in row.items():
            prices[q] = prices.get(q, 0.0) - d.limit.get(r, 0.0) * a
    for p in goal.data.periods[:-1]:
        prices["it", str(p)] = -d.profile.get((c, p), 0.0)
    return {q: p for q, p in prices.items() if abs(p) > 0}

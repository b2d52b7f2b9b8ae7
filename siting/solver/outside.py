"""The outside master of the frontier method: a small MILP over sites in which a class may have whatever no cut forbids.

Its optimum, integers included, is a lower bound. It uses the very site mechanism of the whole model; a cut says what no mix
of a class can beat, per MW of IT.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyomo.environ as pyo
from scipy import sparse

from siting.instance.instance import Resource
from siting.model.build import site_rows
from siting.model.policy import Quantity
from siting.model.terms import Build, Expression
from siting.solver.highs import Compiled, compile_model
from siting.solver.known import Frontier
from siting.solver.master import Goal, earlier_cells, last_cell, limit_rows
from siting.solver.pricing import Cut, Portfolio


@dataclass
class Outside:
    """The relaxation from outside: quantities of each class free but for the cuts (per MW of IT, times its IT power).

    Sites and limits are written once; cuts are rows of numbers, put under them as pricing finds more.
    """

    goal: Goal
    b: Build
    units: Mapping[str, Mapping[Quantity, float]]
    barred: frozenset[str]

    @cached_property
    def _written(self) -> Compiled:
        """The rows written once; amounts that none of them speaks of are columns all the same, for the cuts."""
        model = compile_model(self.b.m)
        held = model.position()
        more = [v for v in self.b.m.amount.values() if id(v) not in held]
        n = len(more)
        return replace(
            model,
            objectives=np.hstack([model.objectives, np.zeros((1, n))]),
            matrix=sparse.csc_array(sparse.hstack([model.matrix, sparse.csc_array((len(model.rows), n))])),
            column_lower=np.concatenate([model.column_lower, np.full(n, -np.inf)]),
            column_upper=np.concatenate([model.column_upper, np.full(n, np.inf)]),
            integer=np.concatenate([model.integer, np.zeros(n, dtype=bool)]),
            columns=[*model.columns, *more],
        )

    def fits(self, frontier: Frontier) -> bool:
        """Whether it has a column for all that is known by now."""
        if self.barred != frontier.barred:
            return False
        return all(
            q in own for c, own in self.units.items() for cut in frontier.bounds(c) for q in cut.prices
        )

    def compiled(self, frontier: Frontier) -> Compiled:
        """The model as arrays, with every cut known: sum of prices x amounts - value x IT MW >= 0."""
        model, m = self._written, self.b.m
        column = model.position()
        data: list[float] = []
        rows: list[int] = []
        columns: list[int] = []
        number = 0
        for c, own in self.units.items():
            amount = {q: m.amount[c, i] for i, q in enumerate(own)}
            for cut in (*self.goal.natural(c), *frontier.bounds(c)):
                size = max(1.0, abs(cut.value))
                entries = [(amount[q], p * own[q] / size) for q, p in cut.prices.items() if q in own]
                for variable, value in (*entries, (m.it[c], -cut.value / size)):
                    rows.append(number)
                    columns.append(column[id(variable)])
                    data.append(value)
                number += 1
        shape = (number, model.matrix.shape[1])
        cuts = sparse.coo_array((data, (rows, columns)), shape=shape)
        return replace(
            model,
            matrix=sparse.csc_array(sparse.vstack([model.matrix, cuts])),
            row_lower=np.concatenate([model.row_lower, np.zeros(number)]),
            row_upper=np.concatenate([model.row_upper, np.full(number, np.inf)]),
        )


def outside(goal: Goal, frontier: Frontier) -> Outside:
    """Build the outside master for the quantities known by now."""
    data = goal.data
    known = [p for c in data.classes for p in frontier.of(c)]
    b = Build(pyo.ConcreteModel("outside"), data)
    site_rows(b)
    m = b.m
    cuts = {c: [*goal.natural(c), *frontier.bounds(c)] for c in data.classes}
    units = {
        c: _units(goal, c, frontier.of(c) or known, cuts[c])
        for c in data.classes
        if c not in frontier.barred and data.members(c)
    }
    m.amount = pyo.Var([(c, i) for c in units for i in range(len(units[c]))], domain=pyo.Reals)
    place = {c: {q: i for i, q in enumerate(own)} for c, own in units.items()}
    m.it = pyo.Var(list(units), domain=pyo.Reals)
    m.mixed = pyo.Constraint(list(units), rule=lambda m, c: m.it[c] - b.it_mw[last_cell(data, c)] == 0)

    def priced(c: str, prices: Mapping[Quantity, float]) -> Expression:
        own = units.get(c, {})
        return pyo.quicksum(p * own[q] * m.amount[c, place[c][q]] for q, p in prices.items() if q in own)

    barred = [c for c in data.classes if c in frontier.barred and data.members(c)]
    m.no_supply = pyo.Constraint(barred, rule=lambda m, c: b.it_mw[last_cell(data, c)] == 0)
    earlier = {
        (c, p): cell for (c, p), cell in earlier_cells(data).items() if ("it", str(p)) in units.get(c, {})
    }
    m.profile = pyo.Constraint(
        list(earlier),
        rule=lambda m, c, p: priced(c, {("it", str(p)): 1.0}) - b.it_mw[earlier[c, p]] == 0,
    )
    used: dict[Resource, list[Expression]] = {r: [goal.site_part(b, r)] for r in goal.resources()}
    for c in data.classes:
        for r, row in goal.uses(c).items():
            used[r].append(priced(c, row))
    limit_rows(m, goal, used, 0.0)
    m.goal = pyo.Objective(
        expr=pyo.quicksum(priced(c, goal.weights) for c in data.classes) + goal.site_terms(b)
    )
    return Outside(goal, b, units, frozenset(frontier.barred))


def _units(goal: Goal, c: str, portfolios: Sequence[Portfolio], cuts: Sequence[Cut]) -> dict[Quantity, float]:
    """Quantities that cuts, limits or the goal speak of, each in a unit of its usual size: a well scaled outside master.

    A quantity no cut bounds stays free, so that its limits bind nothing: still a relaxation.
    """
    priced = [q for cut in cuts for q in cut.prices]
    priced += [*goal.weights, *(q for row in goal.uses(c).values() for q in row)]
    units = {q: max([1.0, *(abs(p.quantity.get(q, 0.0)) for p in portfolios)]) for q in dict.fromkeys(priced)}
    for cut in (
        () if portfolios else cuts
    ):  # nothing is known yet but bounds: those on one quantity tell its size
        if len(cut.prices) == 1:
            ((q, price),) = cut.prices.items()
            units[q] = max(units[q], abs(cut.value / price))
    return units

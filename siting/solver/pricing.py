"""Pricing: one supply class as an LP of its own, compiled once from the same mechanisms, re-solved as prices change.

Every solve yields a *portfolio* (what 1 MW of IT costs, emits and uses under one energy mix) and a *cut*: no mix of the
class can do better than `value` at these prices. Only objective coefficients change between solves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import highspy
import numpy as np
import pyomo.environ as pyo

from siting.errors import SitingError
from siting.instance.instance import Instance
from siting.model.build import pricing
from siting.model.policy import Quantity, quantities
from siting.model.terms import Build
from siting.solver.highs import Array, compile_model, highs_of, hipo_available
from siting.solver.solution import HOURLY, INVESTMENTS, Energy

Column = tuple[str, tuple[str, ...]]  # name of a variable and its index
TermKey = tuple[str, ...]  # ("cost_eur", item) | ("capex_eur", group, item) | ("carbon_t", item)
LARGE_ROWS = 20_000  # from here on a cold solve by interior point beats the simplex method
HIPO: dict[str, str | float] = {"solver": "hipo", "run_crossover": "off", "ipm_optimality_tolerance": 1e-7}
SIMPLEX_AGAIN: dict[str, str | float] = {
    "simplex_strategy": 4
}  # primal: the last basis stays feasible when only costs change
NO_SUPPLY = {highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible}
TOLD = {highspy.HighsModelStatus.kOptimal, *NO_SUPPLY}
COLUMN_CAP = (
    1e4  # MW or MWh for 1 MW of IT: bound of every column, which bounds what tiny dual errors can hide
)


@dataclass(frozen=True)
class Portfolio:
    """One energy mix of a class, per MW of IT: its quantities, named terms and the point itself (columns of the LP)."""

    quantity: dict[Quantity, float]
    terms: dict[TermKey, float]
    x: Array


@dataclass(frozen=True)
class Cut:
    """Proof: sum of prices x quantities >= value x IT MW for every mix of the class."""

    prices: dict[Quantity, float]
    value: float


class ClassProblem:
    """The LP of one class (1 MW of IT), held in HiGHS between pricings."""

    def __init__(self, data: Instance, threads: int = 1) -> None:
        """Compile the class's local rows; `data` must hold one class. Pyomo's objects are dropped after it."""
        (self.c,) = data.classes
        b = pricing(replace(data, internal_price_eur_t=0.0))
        functionals, names = _functionals(b, self.c)
        b.m.functional = pyo.Objective(range(len(functionals)), rule=lambda m, i: functionals[i])
        self.model = compile_model(b.m)
        self.names = names
        self.columns: tuple[Column, ...] = tuple(
            (v.parent_component().local_name, _index(v.index())) for v in self.model.columns
        )
        self.model = replace(self.model, columns=[], rows=[])
        capped = np.minimum(self.model.column_upper, COLUMN_CAP)
        self._highs = highs_of(replace(self.model, column_upper=capped), threads)
        self._solved = False

    def price(self, prices: Mapping[Quantity, float]) -> tuple[Portfolio, Cut] | None:
        """Minimise the priced quantities; the portfolio found and the cut proven. None: nothing can supply the class."""
        objective = self._objective(prices)
        h = self._highs
        n = len(self.columns)
        h.changeColsCost(n, np.arange(n, dtype=np.int32), objective)
        h.changeObjectiveOffset(0.0)
        if not self._run():
            return None
        x = np.array(h.getSolution().col_value)
        value = self._proven_value(objective)
        worth = np.einsum("ij,j->i", self.model.objectives, x)
        quantity = {
            name: float(v) for (kind, name), v in zip(self.names, worth, strict=True) if kind == "quantity"
        }
        terms = {name: float(v) for (kind, name), v in zip(self.names, worth, strict=True) if kind == "term"}
        return Portfolio(quantity, terms, x), Cut(dict(prices), value)

    def _objective(self, prices: Mapping[Quantity, float]) -> Array:
        row = {name: i for i, (kind, name) in enumerate(self.names) if kind == "quantity"}
        weights = np.zeros(len(self.names))
        for q, price in prices.items():
            if price and q in row:
                weights[row[q]] = price
        priced: Array = np.einsum(
            "i,ij->j", weights, self.model.objectives
        )  # same bits for any number of BLAS threads
        return priced

    def _run(self) -> bool:
        """Solve in place; False if nothing can supply the class.

        Small: simplex, from the last basis after the first time (a cost change keeps it primal feasible). Large: HiPO
        without crossover every time - on a full year simplex from the last basis takes anything from a blink to twice as
        long as starting anew, and no vertex is needed: the cut is proven from the duals by our own arithmetic.
        """
        h = self._highs
        large = self.model.matrix.shape[0] >= LARGE_ROWS and hipo_available()
        for name, value in (HIPO if large else SIMPLEX_AGAIN if self._solved else {}).items():
            h.setOptionValue(name, value)
        h.run()
        if (
            large and h.getModelStatus() not in TOLD
        ):  # numerical trouble: the simplex method is slower and surer
            h.setOptionValue("solver", "simplex")
            h.run()
        status = h.getModelStatus()
        if status in NO_SUPPLY:
            return False
        if status != highspy.HighsModelStatus.kOptimal:
            word = h.modelStatusToString(status)
            raise SitingError(
                f"pricing of supply class {self.c} ended {word}; a cost or an option is missing in the world's tables"
            )
        self._solved = True
        return True

    def _proven_value(self, objective: Array) -> float:
        """A lower bound from the row duals by our own arithmetic: y b less what negative reduced costs could still gain."""
        y = np.array(self._highs.getSolution().row_dual)
        model = self.model
        lower, upper = model.row_lower, model.row_upper
        y = np.where((y > 0) & ~np.isfinite(lower), 0.0, np.where((y < 0) & ~np.isfinite(upper), 0.0, y))
        rows = float((y * np.where(y == 0, 0.0, np.where(y > 0, lower, upper))).sum())
        reduced = objective - model.matrix.T @ y
        hidden = float(np.minimum(reduced, 0.0).sum()) * COLUMN_CAP
        return min(rows + hidden, float(self._highs.getInfo().objective_function_value))


def read_energy(columns: Sequence[Column], hours: int, x: Array) -> Energy:
    """Capacities and hours of an LP point from its column names."""
    capacity: dict[tuple[str, ...], float] = {}
    hourly: dict[tuple[str, ...], Array] = {}
    for (name, index), value in zip(columns, x, strict=True):
        amount = max(0.0, float(value))
        if name in HOURLY:
            series = hourly.setdefault((name, *index[1:-1]), np.zeros(hours))
            series[int(index[-1])] = amount
        else:
            capacity[(INVESTMENTS[name], *index[1:])] = amount
    return Energy(capacity, hourly)


def _index(index: object) -> tuple[str, ...]:
    return tuple(map(str, index)) if isinstance(index, tuple) else (str(index),)


def _functionals(b: Build, c: str) -> tuple[list[object], list[tuple[str, tuple[str, ...]]]]:
    """All linear functionals worth knowing of a point: quantities, then named terms."""
    found: list[tuple[tuple[str, tuple[str, ...]], object]] = []
    found += [(("quantity", q), make()) for q, make in quantities(b, c).items()]
    found += [(("term", ("cost_eur", item)), e) for (item, _), e in b.cost_eur.items()]
    found += [(("term", ("capex_eur", group, item)), e) for (group, item, _), e in b.capex_eur.items()]
    found += [(("term", ("carbon_t", item)), e) for (item, _), e in b.carbon_t.items()]
    return [e for _, e in found], [name for name, _ in found]

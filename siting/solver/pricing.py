"""Pricing: one supply class as an LP of its own, written once from the same mechanisms, solved anew at every price.

Every solve yields a *portfolio* (what 1 MW of IT costs, emits and uses under one energy mix) and a *cut*: no mix of the
class can do better than `value` at these prices. Only objective coefficients change between solves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import highspy
import numpy as np
from scipy import sparse

from siting.errors import SitingError
from siting.instance.instance import Instance
from siting.model.policy import Quantity
from siting.solver.highs import Array, Compiled, highs_of
from siting.solver.interior import solve_interior, usual_scale
from siting.solver.lp import ClassLP, Names, point_by_name
from siting.solver.solution import INVESTMENTS, Energy

TermKey = tuple[str, ...]  # ("cost_eur", item) | ("capex_eur", group, item) | ("carbon_t", item)
# hours of all nodes together from which on class LPs are solved by interior point: 2 to 3 times as fast as the simplex method.
# So it is for one day too, but there either takes milliseconds and a vertex has true zeros
LARGE_HOURS = 72
NO_SUPPLY = {highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible}
ROWS_KEPT = 1e-7  # MW for 1 MW of IT: a portfolio is operated as it stands and must keep its limits
DUALITY_KEPT = 1e-6  # of the objective: how far an interior point's value may stand from what its duals prove
MISSING = 1e-3  # MW for 1 MW of IT, summed over hours: less may be rounding
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


def modelled_hours(data: Instance) -> int:
    """Hours in a class LP: those of all its nodes."""
    return len(data.weight) * len(data.nodes)


def is_large(data: Instance) -> bool:
    """Whether class LPs are large: solved by interior point, small ones by the simplex method."""
    return modelled_hours(data) >= LARGE_HOURS


class ClassProblem:
    """The LP of one class (1 MW of IT). What is found depends on it and the prices alone: nothing else is remembered."""

    def __init__(self, lp: ClassLP, large: bool = False) -> None:
        self.lp = lp
        self._large = large
        self._capped = replace(lp.model, column_upper=np.minimum(lp.model.column_upper, COLUMN_CAP))

    def price(self, prices: Mapping[Quantity, float]) -> tuple[Portfolio, Cut] | None:
        """Minimise the priced quantities; the portfolio found and the cut proven. None: nothing can supply the class."""
        objective = self._objective(prices)
        solved = self._solved(objective)
        if solved is None:
            return None
        x, value = solved
        worth = self.lp.functional @ x
        found = list(zip(self.lp.functionals, worth.tolist(), strict=True))
        quantity = {name: v for (kind, name), v in found if kind == "quantity"}
        terms = {name: v for (kind, name), v in found if kind == "term"}
        return Portfolio(quantity, terms, x), Cut(dict(prices), value)

    def _solved(self, objective: Array) -> tuple[Array, float] | None:
        """Point and proven value; None: nothing can supply the class."""
        if self._large:
            found = self._by_interior(objective)
            if found is not None or self._lacks_supply():
                return found
        return self._by_simplex(objective)

    def _by_interior(self, objective: Array) -> tuple[Array, float] | None:
        """Point and proven value; None where the method does not get there or what it found does not hold.

        First as written, then with the cap on every column: a price that pays for plant alone has no optimum without it.
        """
        model = self._capped
        for upper in (self.lp.model.column_upper, self._capped.column_upper):
            found = solve_interior(replace(model, column_upper=upper), objective)
            if found is None:
                continue
            x, y = found
            activity = model.matrix @ x
            off = np.maximum(model.row_lower - activity, activity - model.row_upper).max(initial=0.0)
            worth = float(objective @ x)
            value = min(proven(model, objective, y), worth)
            size = max(abs(worth), float(np.abs(objective).max(initial=0.0)))
            if off <= ROWS_KEPT and worth - value <= DUALITY_KEPT * size:
                return x, value
        return None

    def _lacks_supply(self) -> bool:
        """Whether some demand cannot be met: the least sum of what is missing, proven from its duals, is more than rounding.

        HiGHS takes half a minute to see it over a year of hours. What is not proven here is left to it.
        """
        elastic, objective = _missing(self.lp.model)
        found = solve_interior(elastic, objective)
        capped = replace(elastic, column_upper=np.minimum(elastic.column_upper, COLUMN_CAP))
        return found is not None and proven(capped, objective, found[1]) > MISSING

    def _by_simplex(self, objective: Array) -> tuple[Array, float] | None:
        """Vertex and proven value by HiGHS; None: nothing can supply the class."""
        scale = usual_scale(
            objective
        )  # what broken limits are first said to cost is far from what HiGHS likes
        model = replace(self._capped, objectives=scale * objective[None, :], offsets=np.zeros(1))
        for solver in ("simplex", "ipm"):
            h = highs_of(model, threads=1)
            h.setOptionValue("solver", solver)
            h.run()
            status = h.getModelStatus()
            if status in NO_SUPPLY:
                return None
            if status == highspy.HighsModelStatus.kOptimal:
                solution = h.getSolution()
                x, y = np.array(solution.col_value), np.array(solution.row_dual) / scale
                return x, min(proven(self._capped, objective, y), float(objective @ x))
        raise SitingError(
            f"pricing of supply class {self.lp.c} ended {h.modelStatusToString(status)}; please report this with the model"
        )

    def _objective(self, prices: Mapping[Quantity, float]) -> Array:
        row = {name: i for i, (kind, name) in enumerate(self.lp.functionals) if kind == "quantity"}
        weights = np.zeros(len(self.lp.functionals))
        for q, price in prices.items():
            if price and q in row:
                weights[row[q]] = price
        priced: Array = self.lp.functional.T @ weights  # sparse: the same bits for any number of BLAS threads
        return priced


def _missing(model: Compiled) -> tuple[Compiled, Array]:
    """The model where demand may be missed, and the sum of what is missing as objective."""
    short, over = model.row_lower > 0, model.row_upper < 0  # all other rows hold where nothing is built
    signs = sparse.diags_array(short.astype(float) - over).tocsc()[:, short | over]
    missing = signs.shape[1]
    elastic = replace(
        model,
        matrix=sparse.csc_array(sparse.hstack([model.matrix, signs])),
        column_lower=np.concatenate([model.column_lower, np.zeros(missing)]),
        column_upper=np.concatenate([model.column_upper, np.full(missing, np.inf)]),
    )
    return elastic, np.concatenate([np.zeros(model.matrix.shape[1]), np.ones(missing)])


def proven(model: Compiled, objective: Array, row_dual: Array) -> float:
    """A lower bound from the row duals by our own arithmetic: y b less what negative reduced costs could still gain."""
    y = np.nan_to_num(row_dual, nan=0.0, posinf=0.0, neginf=0.0)
    lower, upper = model.row_lower, model.row_upper
    y = np.where((y > 0) & ~np.isfinite(lower), 0.0, np.where((y < 0) & ~np.isfinite(upper), 0.0, y))
    rows = float((y * np.where(y == 0, 0.0, np.where(y > 0, lower, upper))).sum())
    reduced = objective - model.matrix.T @ y
    return rows + float((np.minimum(reduced, 0.0) * model.column_upper).sum())


def read_energy(columns: Names, hours: int, x: Array) -> dict[str, Energy]:
    """Capacities and hours of an LP point, cell by cell, from its column names."""
    single, hourly = point_by_name(columns, hours, x)
    found: dict[str, Energy] = {}
    for (name, index), value in single.items():
        if name in INVESTMENTS:
            found.setdefault(index[0], Energy({}, {})).capacity[INVESTMENTS[name], *index[1:]] = value
    for (name, index), values in hourly.items():
        found[index[0]].hourly[name, *index[1:]] = values
    return found

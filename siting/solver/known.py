"""What pricing has found so far, by supply class: portfolios, cuts, and who has no supply at all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import highspy
import numpy as np
from scipy import sparse

from siting.model.policy import Quantity
from siting.solver.cache import FrontierCache
from siting.solver.highs import Array, Compiled, highs_of
from siting.solver.lp import Names
from siting.solver.pricing import Cut, Portfolio
from siting.solver.work import Priced, Prices

NEW = 1e-9  # relative: a portfolio or cut that improves less than this is known already


@dataclass
class Frontier:
    """Portfolios and cuts of all classes. A class without either has not been priced; a barred one has no supply.

    roomier: by class those that differ from it in having more land alone. What none of their mixes can beat, none of its can.
    """

    roomier: Mapping[str, Sequence[str]] = field(default_factory=dict)
    portfolios: dict[str, list[Portfolio]] = field(default_factory=dict)
    cuts: dict[str, list[Cut]] = field(default_factory=dict)
    columns: dict[str, Names] = field(default_factory=dict)
    barred: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)

    def add(self, priced: Priced) -> int:
        """Add what a pricing found; returns how much of it was new."""
        c, new = priced.c, 0
        self.columns[c] = priced.columns
        if priced.no_supply and c not in self.barred:
            self._bar(c)
            new += 1
        for portfolio, cut in priced.found:
            known = min((worth(cut.prices, p.quantity) for p in self.of(c)), default=math.inf)
            value = worth(cut.prices, portfolio.quantity)
            if value < known - NEW * max(1.0, abs(known)) or not self.of(c):
                self.portfolios.setdefault(c, []).append(portfolio)
                new += 1
            new += _add_cut(self.cuts.setdefault(c, []), cut)
        if new:
            self.changed.add(c)
        return new

    def _bar(self, c: str) -> None:
        """A class has no supply at all, and none has who differs from it in having less land."""
        self.barred |= {c, *(less for less, more in self.roomier.items() if c in more)}

    def of(self, c: str) -> Sequence[Portfolio]:
        """Portfolios of a class."""
        return self.portfolios.get(c, [])

    def bounds(self, c: str) -> Sequence[Cut]:
        """Cuts of a class, and of the roomier ones."""
        return [cut for other in (c, *self.roomier.get(c, ())) for cut in self.cuts.get(other, [])]

    def knows(self, c: str, prices: Prices) -> bool:
        """Whether a class has been priced there, or is known to have no supply at all."""
        return c in self.barred or any(same(prices, cut.prices) for cut in self.cuts.get(c, []))

    def slack(self, c: str, prices: Prices, natural: Sequence[Cut]) -> float:
        """How much better than its best known portfolio a class might still be at these prices, per MW of IT.

        The least priced sum of quantities that no cut forbids, from a small LP over the quantities alone.
        """
        if not self.of(c):
            return math.inf
        best = min(worth(prices, p.quantity) for p in self.of(c))
        rows = [(cut.prices, cut.value) for cut in (*natural, *self.bounds(c))]
        names = list(dict.fromkeys([*prices, *(q for row, _ in rows for q in row)]))
        unit = np.array([max([1.0, *(abs(p.quantity.get(q, 0.0)) for p in self.of(c))]) for q in names])
        matrix = np.array([[row.get(q, 0.0) for q in names] for row, _ in rows]) * unit
        value = np.array([v for _, v in rows])
        size = np.maximum(np.abs(matrix).max(axis=1), 1e-12)
        cost = np.array([prices.get(q, 0.0) for q in names]) * unit
        scale = max(1.0, float(np.abs(cost).max()))
        least = _least(cost / scale, matrix / size[:, None], value / size)
        return best - scale * least

    def recall(self, cache: FrontierCache, keys: Mapping[str, str]) -> None:
        """Take what earlier runs found for the same class LPs."""
        for c, key in keys.items():
            kept = cache.read(key)
            if kept is not None:
                self.columns[c], self.portfolios[c], self.cuts[c] = kept
                if not self.cuts[c]:
                    self._bar(c)

    def store(self, cache: FrontierCache, keys: Mapping[str, str]) -> None:
        """Keep what this run added."""
        for c in sorted(self.changed):
            found = (list(self.of(c)), list(self.cuts.get(c, []))) if c not in self.barred else ([], [])
            cache.write(keys[c], (self.columns[c], *found))
        self.changed.clear()


def _least(cost: Array, matrix: Array, value: Array) -> float:
    """The least cost x over free x with matrix x >= value; -inf if there is none."""
    rows, columns = matrix.shape
    free, infinite = np.full(columns, -np.inf), np.full(rows, np.inf)
    whole = np.zeros(columns, dtype=bool)
    model = Compiled(
        cost[None, :], np.zeros(1), sparse.csc_array(matrix), value, infinite, free, -free, whole, [], []
    )
    h = highs_of(model, 1)
    h.setOptionValue("presolve", "off")  # it would take longer than the rest
    h.run()
    optimal = h.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return float(h.getInfo().objective_function_value) if optimal else -math.inf


def _add_cut(cuts: list[Cut], cut: Cut) -> int:
    if any(same(cut.prices, other.prices) for other in cuts):
        return 0
    cuts.append(cut)
    return 1


def worth(prices: Mapping[Quantity, float], quantity: Mapping[Quantity, float]) -> float:
    """Priced sum of quantities; what a class does not have counts nothing."""
    return sum(price * quantity.get(q, 0.0) for q, price in prices.items())


def same(a: Prices, b: Prices) -> bool:
    """Equal prices but for rounding; a price of zero is no price."""
    # where nothing is priced in EUR all prices are small: what counts as rounding is, too
    least = min(1.0, max(map(abs, [*a.values(), *b.values()]), default=1.0))
    return all(abs(a.get(q, 0.0) - b.get(q, 0.0)) <= NEW * max(least, abs(a.get(q, 0.0))) for q in {*a, *b})

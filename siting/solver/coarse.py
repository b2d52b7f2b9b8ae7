"""A relaxation of a class LP over blocks of hours: far smaller, and proof that a class costs at least so much.

Rows of a block are added up, columns of a block become one (their sum) at the best price of the block, storage is
followed at the ends of blocks only. Whatever the full LP can do is possible here too and costs no more, so the optimum
is a lower bound for it: classes too dear even so need never be solved over all hours.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from siting.solver.highs import Array, Compiled
from siting.solver.lp import NO_HOUR, ClassLP, Integers, Names

BLOCK_HOURS = 4  # measured on full years: 0.3 to 0.6 % below the optimum in a tenth of the time


class Coarse:
    """The relaxation of one class LP; `model(objective)` prices it."""

    def __init__(self, lp: ClassLP, column_upper: Array, block_hours: int = BLOCK_HOURS) -> None:
        """Add up rows and columns; every column of `lp` must be non-negative."""
        if lp.model.column_lower.min(initial=0.0) < 0:
            raise ValueError(
                f"class {lp.c}: a column may be negative; blocks of hours would be no relaxation"
            )
        states = _states(lp)
        self._column = _merged(lp.columns, block_hours, states)
        summed = _row_sums(lp, block_hours, states)
        n = int(self._column.max()) + 1
        self._upper = np.zeros(n)
        np.add.at(self._upper, self._column, column_upper)
        lower, upper = _sides(summed, lp.model)
        self._n = n
        self._matrix, self._row_lower, self._row_upper = _relaxed(
            sparse.coo_array(summed @ lp.model.matrix), self._column, lower, upper
        )

    def model(self, objective: Array) -> Compiled:
        """The relaxation at prices given column by column of the full LP."""
        cost = np.full(self._n, np.inf)
        np.minimum.at(cost, self._column, objective)
        nothing = np.zeros(self._n)
        return Compiled(
            cost[None, :], np.zeros(1), self._matrix, self._row_lower, self._row_upper, nothing, self._upper,
            np.zeros(self._n, dtype=bool), [], [],
        )  # fmt: skip


def _states(lp: ClassLP) -> set[int]:
    """Groups of columns that live in rows of other hours than their own, such as a store's level."""
    entries = lp.model.matrix.tocoo()
    rows, columns = entries.coords
    apart = (lp.rows.hour[rows] != lp.columns.hour[columns]) & (lp.rows.hour[rows] != NO_HOUR)
    apart &= lp.columns.hour[columns] != NO_HOUR
    return set(lp.columns.group[columns[apart]].tolist())


def _merged(names: Names, block_hours: int, states: set[int]) -> Integers:
    """New number of every column: one a group and block; states and what has no hour stay apart."""
    block = np.where(names.hour == NO_HOUR, NO_HOUR, names.hour // block_hours)
    apart = np.isin(names.group, list(states))
    key = np.stack([names.group, block, np.where(apart, names.hour, NO_HOUR)], axis=1)
    numbers: Integers = np.unique(key, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int32)
    return numbers


def _row_sums(lp: ClassLP, block_hours: int, states: set[int]) -> sparse.csr_array:
    """Matrix that adds the rows of a block; rows on a state's level alone count at the end of the block only."""
    names = lp.rows
    block = np.where(names.hour == NO_HOUR, NO_HOUR, names.hour // block_hours)
    inner = np.isin(names.group, list(_level_rows(lp, states))) & ~_last_of_block(names, block)
    kept = np.flatnonzero(~inner)
    key = np.stack([names.group[kept], block[kept]], axis=1)
    number = np.unique(key, axis=0, return_inverse=True)[1].reshape(-1)
    shape = (int(number.max()) + 1, len(names))
    return sparse.csr_array((np.ones(len(kept)), (number, kept)), shape=shape)


def _level_rows(lp: ClassLP, states: set[int]) -> set[int]:
    """Groups of rows in which a state stands in its own hour only (a store is at most full)."""
    entries = lp.model.matrix.tocoo()
    rows, columns = entries.coords
    of_state = np.isin(lp.columns.group[columns], list(states))
    rows, columns = rows[of_state], columns[of_state]
    joins = set(lp.rows.group[rows[lp.rows.hour[rows] != lp.columns.hour[columns]]].tolist())
    return set(lp.rows.group[rows].tolist()) - joins


def _last_of_block(names: Names, block: Integers) -> np.ndarray:
    """Whether a row's hour is the last one of its block."""
    last: dict[int, int] = {}
    for b, t in zip(block.tolist(), names.hour.tolist(), strict=True):
        last[b] = max(t, last.get(b, t))
    return np.array([t == last[b] for b, t in zip(block.tolist(), names.hour.tolist(), strict=True)])


def _sides(summed: sparse.csr_array, model: Compiled) -> tuple[Array, Array]:
    """Right-hand sides of summed rows; one infinite side makes the sum's infinite."""

    def side(values: Array) -> Array:
        finite = summed @ np.where(np.isfinite(values), values, 0.0)
        infinite = summed @ (~np.isfinite(values)).astype(float)
        return np.where(infinite > 0, np.inf, finite)

    return -side(-model.row_lower), side(model.row_upper)


def _relaxed(
    entries: sparse.coo_array, column: Integers, lower: Array, upper: Array
) -> tuple[sparse.csc_array, Array, Array]:
    """Merge columns: where their coefficients differ, "at most" takes the least and "at least" the greatest of them."""
    entries.sum_duplicates()
    (rows, columns), values = entries.coords, entries.data
    left = np.abs(values) > 0  # a level in the middle of a block has cancelled out
    rows, columns, values = rows[left], column[columns[left]], values[left]
    n_rows, n = len(lower), int(column.max()) + 1
    key, place = np.unique(rows.astype(np.int64) * n + columns, return_inverse=True)
    least, most = np.full(len(key), np.inf), np.full(len(key), -np.inf)
    np.minimum.at(least, place, values)
    np.maximum.at(most, place, values)
    partly = (
        np.bincount(place) < np.bincount(column, minlength=n)[key % n]
    )  # others of the block have zero here
    least, most = np.where(partly, np.minimum(least, 0), least), np.where(partly, np.maximum(most, 0), most)
    at, i, j = (key // n, key % n), key // n, key % n
    differs = np.zeros(n_rows, dtype=bool)
    differs[i[most > least]] = True
    twice = differs & np.isfinite(lower) & np.isfinite(upper)
    at_least = differs & np.isfinite(lower) & ~twice
    first = sparse.coo_array((np.where(at_least[i], most, least), at), shape=(n_rows, n))
    second = sparse.csr_array((np.where(twice[i], most, 0.0), (i, j)), shape=(n_rows, n))[twice]
    matrix = sparse.csc_array(sparse.vstack([first, second]))
    rows_lower = np.concatenate([np.where(twice, -np.inf, lower), lower[twice]])
    return matrix, rows_lower, np.concatenate([upper, np.full(int(twice.sum()), np.inf)])

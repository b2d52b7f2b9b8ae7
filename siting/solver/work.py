"""Pricing work: what is asked of a class, what comes back, and the LPs a process keeps between rounds.

What is guaranteed: a portfolio and its cut depend on the class's LP and the prices alone, for every solve begins anew. One
process, many, or a cluster of like machines and versions, disturbed or not, thus find the same cuts, bit for bit, and
with them the same plan and bounds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from siting.errors import SitingError
from siting.instance.instance import Instance
from siting.model.policy import Quantity
from siting.solver.cache import FrontierCache, class_keys
from siting.solver.lp import ClassLP, Names, write_class
from siting.solver.pricing import ClassProblem, Cut, Portfolio, is_large

Prices = Mapping[Quantity, float]
RETRIES = 3  # a worker that dies is replaced and its pricing repeated this often
MOST_HELD = 64  # LPs one process keeps, up to 100 MB each (full year): all classes of the EU-27, with and without grid


@dataclass(frozen=True)
class Priced:
    """What one class's pricing found, with the names of the LP's columns; `no_supply`: nothing can supply the class."""

    c: str
    columns: Names
    found: list[tuple[Portfolio, Cut]]
    no_supply: bool


class Pool(Protocol):
    """Prices classes; results come as they are ready, in any order."""

    def price(self, asked: Mapping[str, Sequence[Prices]]) -> Iterator[Priced]:
        """Solve each class at each of its prices."""
        ...

    def close(self) -> None:
        """Let go of all workers."""
        ...


# what this process keeps, by class fingerprint, the least recently used first
_HELD: dict[str, ClassProblem] = {}
_BUILDING = threading.Lock()  # Pyomo is not made for threads; a Dask worker may have several


def _lp(data: Instance, key: str, cache: FrontierCache | None) -> ClassLP:
    """The LP from the cache, or written anew and kept there: reading takes a hundredth of the time."""
    kept = cache.read_lp(key) if cache is not None else None
    if kept is not None:
        return kept
    with _BUILDING:
        lp = write_class(data)
    if cache is not None:
        cache.write_lp(key, lp)
    return lp


def price_class(
    key: str, data: Instance, prices: Sequence[Prices], cache: FrontierCache | None = None
) -> Priced:
    """Solve the class of fingerprint `key` at several prices; its LP stays in this process for the next call.

    Raises SitingError where this process would write another LP.
    """
    problem = _HELD.pop(key, None)
    if problem is None:
        _check_versions(key, data)
        problem = ClassProblem(_lp(data, key, cache), is_large(data))
    _HELD[key] = problem
    for other in list(_HELD)[:-MOST_HELD]:
        _HELD.pop(other, None)
    return _priced(problem, prices)


def _priced(problem: ClassProblem, prices: Sequence[Prices]) -> Priced:
    found = [problem.price(p) for p in prices]
    pairs = [pair for pair in found if pair is not None]
    return Priced(problem.lp.c, problem.lp.columns, pairs, None in found)


def _check_versions(key: str, data: Instance) -> None:
    """The fingerprint tells whether this process writes the LP that was asked for."""
    if class_keys(data) != dict.fromkeys(data.classes, key):
        raise SitingError(
            "a pricing worker writes another LP than asked for: install the same versions of siting, Pyomo and HiGHS "
            "on all machines of the cluster"
        )


class InProcess:
    """All classes in this process, one after the other."""

    def __init__(self, data: Instance) -> None:
        self.data = data
        self._held: dict[str, ClassProblem] = {}

    def price(self, asked: Mapping[str, Sequence[Prices]]) -> Iterator[Priced]:
        """Solve each class at each of its prices."""
        for c, prices in asked.items():
            if c not in self._held:
                own = self.data.only(c)
                self._held[c] = ClassProblem(write_class(own), is_large(own))
            yield _priced(self._held[c], prices)

    def close(self) -> None:
        """Nothing to let go of."""
        self._held.clear()


def died_text(classes: Mapping[str, object]) -> str:
    """What is said when workers keep dying."""
    return f"pricing workers died {RETRIES} times over {', '.join(sorted(classes))}; is the machine out of memory?"

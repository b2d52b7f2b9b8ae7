"""Pricing work: what is asked of a class, what comes back, and the LPs a process keeps between rounds.

What is guaranteed: a portfolio and its cut depend on the class's LP and on the prices asked of it since the pool was
made, in that order, and on nothing else. A small LP is solved from its last basis, and this past decides which of equal
vertices is met and the last bits of a proven value; so a worker that lacks the past - it stands in for one that died, or
the cluster moved the class - goes through it again first. A large LP is solved anew each time and has no past. One
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
from siting.solver.pricing import Basis, ClassProblem, Cut, Portfolio, is_large

Prices = Mapping[Quantity, float]
RETRIES = 3  # a worker that dies is replaced and its pricing repeated this often
MOST_HELD = 64  # LPs one process keeps, up to 100 MB each (full year): all classes of the EU-27, with and without grid


@dataclass(frozen=True)
class Priced:
    """What one class's pricing found, with the names of the LP's columns.

    no_supply: nothing can supply the class; basis: where a later run may start a small LP from.
    """

    c: str
    columns: Names
    found: list[tuple[Portfolio, Cut]]
    no_supply: bool
    basis: Basis | None = None


class Pool(Protocol):
    """Prices classes; results come as they are ready, in any order."""

    def price(self, asked: Mapping[str, Sequence[Prices]]) -> Iterator[Priced]:
        """Solve each class at each of its prices."""
        ...

    def close(self) -> None:
        """Let go of all workers."""
        ...


class _Held:
    """The LP of a class and the prices it has been solved at, in order, where they matter."""

    def __init__(
        self, data: Instance, key: str = "", start: Basis | None = None, cache: FrontierCache | None = None
    ) -> None:
        large = is_large(data)
        self.problem = ClassProblem(_lp(data, key, cache), large=large, start=start)
        self.has_past = not large
        self.past: list[Prices] = []

    def price(self, prices: Sequence[Prices]) -> Priced:
        """Solve at several prices."""
        lp = self.problem.lp
        found = [self.problem.price(p) for p in prices]
        if self.has_past:
            self.past += prices
        pairs = [pair for pair in found if pair is not None]
        return Priced(lp.c, lp.columns, pairs, None in found, self.problem.basis())

    def shares(self, past: Sequence[Prices]) -> bool:
        """Whether all it has been solved at also stands at the beginning of a pool's past."""
        return self.past == list(past[: len(self.past)])

    def catch_up(self, past: Sequence[Prices]) -> None:
        """Solve what this LP has missed of a past it shares."""
        if self.has_past:
            self.price(past[len(self.past) :])


_HELD: dict[str, _Held] = {}  # what this process keeps, by class fingerprint, the least recently used first
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


@dataclass(frozen=True)
class Work:
    """One class to be priced: its fingerprint and data, where to start, the pool's past prices, and those asked now."""

    key: str
    data: Instance
    start: Basis | None
    past: Sequence[Prices]
    prices: Sequence[Prices]


def price_class(work: Work, cache: FrontierCache | None = None) -> Priced:
    """Solve one class at several prices, after all past prices of its pool; keeps its LP for the next call here."""
    held = _HELD.pop(
        work.key, None
    )  # out while in use: whatever breaks off here leaves no half-solved LP behind
    if held is None or not held.shares(work.past):
        _check_versions(work.key, work.data)
        held = _Held(work.data, work.key, work.start, cache)
    held.catch_up(work.past)
    priced = held.price(work.prices)
    _HELD[work.key] = held
    while len(_HELD) > MOST_HELD:
        _HELD.pop(next(iter(_HELD)), None)
    return priced


def _check_versions(key: str, data: Instance) -> None:
    """The fingerprint tells whether this process writes the LP that was asked for."""
    if class_keys(data) != dict.fromkeys(data.classes, key):
        raise SitingError(
            "a pricing worker writes another LP than asked for: install the same versions of siting, Pyomo and HiGHS "
            "on all machines of the cluster"
        )


class InProcess:
    """All classes in this process, one after the other."""

    def __init__(self, data: Instance, starts: Mapping[str, Basis] | None = None) -> None:
        self.data = data
        self._starts = starts or {}
        self._held: dict[str, _Held] = {}

    def price(self, asked: Mapping[str, Sequence[Prices]]) -> Iterator[Priced]:
        """Solve each class at each of its prices."""
        for c, prices in asked.items():
            if c not in self._held:
                self._held[c] = _Held(self.data.only(c), start=self._starts.get(c))
            yield self._held[c].price(prices)

    def close(self) -> None:
        """Nothing to let go of."""
        self._held.clear()


class Past:
    """Where every class LP of a pool started and the prices asked of it since, by fingerprint: instances share classes."""

    def __init__(self) -> None:
        self._starts: dict[str, Basis | None] = {}
        self._prices: dict[str, list[Prices]] = {}

    def begin(self, keys: Mapping[str, str], starts: Mapping[str, Basis] | None) -> None:
        """Settle where the LPs of a further instance start; one that is known keeps its own."""
        for c, key in keys.items():
            self._starts.setdefault(key, (starts or {}).get(c))

    def start(self, key: str) -> Basis | None:
        """Where an LP starts."""
        return self._starts.get(key)

    def of(self, key: str) -> list[Prices]:
        """Prices asked so far, in order."""
        return list(self._prices.get(key, []))

    def add(self, key: str, prices: Sequence[Prices]) -> None:
        """Remember what was solved."""
        self._prices.setdefault(key, []).extend(prices)


def died_text(classes: Mapping[str, object]) -> str:
    """What is said when workers keep dying."""
    return f"pricing workers died {RETRIES} times over {', '.join(sorted(classes))}; is the machine out of memory?"

"""Pricing work: what is asked of a class, what comes back, and the LPs a process keeps between rounds.

What is guaranteed: a portfolio and its cut depend on the class's LP and the prices alone, for every solve begins anew. One
process, many, or a cluster of like machines and versions, disturbed or not, thus find the same cuts, bit for bit, and
with them the same plan and bounds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from siting.errors import SitingError
from siting.instance.instance import Instance
from siting.instance.land import nameless
from siting.model.policy import Quantity
from siting.solver.cache import FrontierCache, class_keys
from siting.solver.lp import ClassLP, Names, named, write_class
from siting.solver.pricing import ClassProblem, Cut, Portfolio, is_large
from siting.solver.progress import Clock

Prices = Mapping[Quantity, float]
Held = TypeVar("Held")
RETRIES = 3  # a worker that dies is replaced and its pricing repeated this often
LITTLE_HOURS = (
    6_000  # hours of LPs priced in this process while two new ones would read their libraries: 20 x 288
)
TELL_S = 5.0  # between two words on how far pricing is
# LPs one process keeps (those of a full year up to 100 MB each): more classes than the EU-27 have
MOST_HELD = 128


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
# and LPs as written, whose arrays classes that differ in their land alone share
_WRITTEN: dict[str, ClassLP] = {}
_BUILDING = threading.Lock()  # Pyomo is not made for threads; a Dask worker may have several


def _lp(data: Instance, cache: FrontierCache | None = None) -> ClassLP:
    """The LP of the one class in `data`: one that was written for a class that differs in its land alone, else from the cache,
    else written anew and kept there. Reading takes a hundredth of the time."""
    bare = nameless(data) if len(data.nodes) == 1 else data
    (key,) = class_keys(bare).values()
    lp = _WRITTEN.pop(key, None)
    if lp is None and cache is not None:
        lp = cache.read_lp(key)
    if lp is None:
        with _BUILDING:
            lp = write_class(bare)
        if cache is not None:
            cache.write_lp(key, lp)
    _keep(_WRITTEN, key, lp)
    return named(lp, data)


def _keep(held: dict[str, Held], key: str, value: Held) -> None:
    """Hold one more, and let the least recently used go."""
    held[key] = value
    for other in list(held)[:-MOST_HELD]:
        held.pop(other, None)


def price_class(
    key: str, data: Instance, prices: Sequence[Prices], cache: FrontierCache | None = None
) -> Priced:
    """Solve the class of fingerprint `key` at several prices; its LP stays in this process for the next call.

    Raises SitingError where this process would write another LP.
    """
    problem = _HELD.pop(key, None)
    if problem is None:
        _check_versions(key, data)
        problem = ClassProblem(_lp(data, cache), is_large(data))
    _keep(_HELD, key, problem)
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

    def __init__(self, data: Instance, cache: FrontierCache | None = None) -> None:
        self.data = data
        self._cache = cache
        self._held: dict[str, ClassProblem] = {}

    def price(self, asked: Mapping[str, Sequence[Prices]]) -> Iterator[Priced]:
        """Solve each class at each of its prices."""
        for c, prices in asked.items():
            if c not in self._held:
                own = self.data.only(c)
                self._held[c] = ClassProblem(_lp(own, self._cache), is_large(own))
            yield _priced(self._held[c], prices)

    def close(self) -> None:
        """Nothing to let go of."""
        self._held.clear()


@dataclass
class Telling:
    """A pool that says how far it is: when it is first asked, at the start of much work, and now and then while that lasts."""

    pool: Pool
    clock: Clock
    hours: int
    begun: bool = False

    def price(self, asked: Mapping[str, Sequence[Prices]]) -> Iterator[Priced]:
        """Solve each class at each of its prices."""
        much = self.hours * sum(map(len, asked.values())) > LITTLE_HOURS
        if much or not self.begun:
            self._say(0, len(asked))
        self.begun = True
        told = self.clock.seconds
        for done, priced in enumerate(self.pool.price(asked), start=1):
            if much and self.clock.seconds - told >= TELL_S:
                self._say(done, len(asked))
                told = self.clock.seconds
            yield priced

    def _say(self, done: int, of: int) -> None:
        self.clock.say(f"pricing supply classes, {done} of {of}")

    def close(self) -> None:
        """Let go of all workers."""
        self.pool.close()


def died_text(classes: Mapping[str, object]) -> str:
    """What is said when workers keep dying."""
    return f"pricing workers died {RETRIES} times over {', '.join(sorted(classes))}; is the machine out of memory?"

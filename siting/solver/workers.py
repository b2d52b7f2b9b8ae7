"""Who prices: this process, several processes of this machine, or a Dask cluster. Each keeps its classes' LPs between
rounds, so that only prices travel there and portfolios back.

What is guaranteed: a portfolio and its cut depend on the class's LP and on the prices asked of it since the pool was
made, in that order, and on nothing else. A small LP is solved from its last basis, and this past decides which of equal
vertices is met and the last bits of a proven value; so a worker that lacks the past - it stands in for one that died, or
the cluster moved the class - goes through it again first. A large LP is solved anew each time and has no past. One
process, many, or a cluster of like machines and versions, disturbed or not, thus find the same cuts, bit for bit, and
with them the same plan and bounds.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Protocol

from loky import ProcessPoolExecutor  # type: ignore[import-untyped]  # loky ships no types

from siting.errors import InputError, SitingError
from siting.instance.instance import Instance
from siting.model.policy import Quantity
from siting.solver.cache import class_keys
from siting.solver.highs import hipo_available
from siting.solver.pricing import LARGE_ROWS, ClassProblem, Column, Cut, Portfolio

Prices = Mapping[Quantity, float]
RETRIES = 3  # a worker that dies is replaced and its pricing repeated this often
MOST_HELD = 64  # LPs one process keeps, up to 100 MB each (full year): all classes of the EU-27, with and without grid (54)
ANSWER_S = 10  # a Dask scheduler that does not answer for so long is not there
WORKERS_S = 30  # a Dask cluster may still be starting its first worker
DASK = "dask://"


@dataclass(frozen=True)
class Priced:
    """What one class's pricing found, with the names of the LP's columns; nothing found: nothing can supply the class."""

    c: str
    columns: tuple[Column, ...]
    found: list[tuple[Portfolio, Cut]]


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

    def __init__(self, data: Instance) -> None:
        with _BUILDING:
            self.problem = ClassProblem(data)
        self.has_past = self.problem.model.matrix.shape[0] < LARGE_ROWS or not hipo_available()
        self.past: list[Prices] = []

    def price(self, prices: Sequence[Prices]) -> Priced:
        """Solve at several prices."""
        found = [self.problem.price(p) for p in prices]
        if self.has_past:
            self.past += prices
        return Priced(self.problem.c, self.problem.columns, [pair for pair in found if pair is not None])

    def shares(self, past: Sequence[Prices]) -> bool:
        """Whether all it has been solved at also stands at the beginning of a pool's past."""
        return self.past == list(past[: len(self.past)])

    def catch_up(self, past: Sequence[Prices]) -> None:
        """Solve what this LP has missed of a past it shares."""
        if self.has_past:
            self.price(past[len(self.past) :])


_HELD: dict[str, _Held] = {}  # what this process keeps, by class fingerprint, the least recently used first
_BUILDING = threading.Lock()  # Pyomo is not made for threads; a Dask worker may have several


def price_class(key: str, data: Instance, past: Sequence[Prices], prices: Sequence[Prices]) -> Priced:
    """Solve one class at several prices, after all `past` prices of its pool; keeps its LP for the next call here."""
    held = _HELD.pop(key, None)  # out while in use: whatever breaks off here leaves no half-solved LP behind
    if held is None or not held.shares(past):
        _check_versions(key, data)
        held = _Held(data)
    held.catch_up(past)
    priced = held.price(prices)
    _HELD[key] = held
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

    def __init__(self, data: Instance) -> None:
        self.data = data
        self._held: dict[str, _Held] = {}

    def price(self, asked: Mapping[str, Sequence[Prices]]) -> Iterator[Priced]:
        """Solve each class at each of its prices."""
        for c, prices in asked.items():
            if c not in self._held:
                self._held[c] = _Held(self.data.only(c))
            yield self._held[c].price(prices)

    def close(self) -> None:
        """Nothing to let go of."""
        self._held.clear()


class LocalProcesses:
    """Worker processes of this machine; a class always goes to the same one, where its LP is warm."""

    def __init__(self, n: int) -> None:
        self._n = n
        self._workers = [self._new() for _ in range(n)]
        self._home: dict[str, int] = {}
        self._keys: dict[str, tuple[str, Instance]] = {}
        self._past: dict[str, list[Prices]] = {}  # by fingerprint: a later instance may share classes
        for worker in self._workers:
            worker.submit(_warm)

    def serve(self, data: Instance, keys: Mapping[str, str]) -> LocalProcesses:
        """Take on an instance; `keys` are the classes' fingerprints."""
        self._keys = {c: (keys[c], data.only(c)) for c in data.classes}
        self._home = {c: i % self._n for i, c in enumerate(data.classes)}
        return self

    def price(self, asked: Mapping[str, Sequence[Prices]]) -> Iterator[Priced]:
        """Solve each class at each of its prices; a worker that dies is replaced and its work repeated.

        Raises SitingError when workers keep dying over the same classes.
        """
        left = dict(asked)
        for _ in range(RETRIES):
            jobs = {self._submit(c, prices): c for c, prices in left.items()}
            for job in as_completed(jobs):
                try:
                    result = job.result()
                except BrokenProcessPool:
                    continue
                self._past.setdefault(self._keys[result.c][0], []).extend(left.pop(result.c))
                yield result
            if not left:
                return
            self._replace_broken(left)
        raise SitingError(_died(left))

    def _submit(self, c: str, prices: Sequence[Prices]) -> Future[Priced]:
        key, data = self._keys[c]
        work = (price_class, key, data, list(self._past.get(key, [])), list(prices))
        home = self._home[c]
        try:
            job: Future[Priced] = self._workers[home].submit(*work)
        except BrokenProcessPool:
            self._replace(home)
            job = self._workers[home].submit(*work)
        return job

    def _replace_broken(self, left: Mapping[str, object]) -> None:
        for i in {self._home[c] for c in left}:
            self._replace(i)

    def _replace(self, i: int) -> None:
        self._workers[i].shutdown(wait=False, kill_workers=True)
        self._workers[i] = self._new()

    def close(self) -> None:
        """End all worker processes, busy ones too."""
        for worker in self._workers:
            worker.shutdown(wait=False, kill_workers=True)

    @staticmethod
    def _new() -> ProcessPoolExecutor:
        # loky starts fresh interpreters (HiGHS and Arrow hold threads: a fork could deadlock) and, unlike the standard
        # library, does not run the caller's script again: no `if __name__ == "__main__"` is asked of users. It would
        # take LPs that are kept for a memory leak from 300 MB on, and restart the worker without them.
        return ProcessPoolExecutor(
            1, initializer=_ignore_interrupt, env={"LOKY_MAX_MEMORY_LEAK_SIZE": "1e15"}
        )


def _ignore_interrupt() -> None:
    """Ctrl-C is for the main process, which ends its workers itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _warm() -> None:
    """Import what pricing needs while the main process still reads its inputs."""


def _died(classes: Mapping[str, object]) -> str:
    return f"pricing workers died {RETRIES} times over {', '.join(sorted(classes))}; is the machine out of memory?"


class DaskCluster:
    """An existing Dask cluster, by address (`dask://host:port`) or client; its machines need siting installed.

    The work of workers that die is repeated elsewhere. The cluster is never ended from here; a connection made from an
    address is closed by `close`, a client that was passed in stays open.
    """

    def __init__(self, client: Any) -> None:
        """Raises InputError when no scheduler answers at an address."""
        self._own = isinstance(client, str)
        self._client = _dask_client(client) if isinstance(client, str) else client
        self._data: dict[str, Instance] = {}
        self._there: dict[str, Any] = {}  # each class's data on the cluster
        self._keys: dict[str, str] = {}
        self._past: dict[str, list[Prices]] = {}  # by fingerprint: a later instance may share classes

    def serve(self, data: Instance, keys: Mapping[str, str]) -> DaskCluster:
        """Take on an instance; each class's data is sent once. Raises InputError while the cluster has no worker."""
        try:
            self._client.wait_for_workers(1, timeout=WORKERS_S)
        except (TimeoutError, OSError):
            raise InputError(
                f"the Dask cluster at {_address(self._client)} has had no worker for {WORKERS_S} s; "
                f"start one: dask worker {_address(self._client)}"
            ) from None
        self._keys = dict(keys)
        self._data = {c: data.only(c) for c in data.classes}
        self._there = {}
        return self

    def price(self, asked: Mapping[str, Sequence[Prices]]) -> Iterator[Priced]:
        """Solve each class at each of its prices; what a dying worker takes along is sent and solved again.

        Raises SitingError when workers keep dying over the same classes, or the scheduler is gone.
        """
        from distributed import KilledWorker
        from distributed import as_completed as completed

        left = dict(asked)
        for _ in range(RETRIES):
            try:
                jobs = [self._submit(c, prices) for c, prices in left.items()]
            except (OSError, TimeoutError, CancelledError) as error:
                raise SitingError(f"the Dask cluster no longer takes work ({error})") from None
            for job in completed(jobs):  # type: ignore[no-untyped-call]  # distributed is not typed
                try:
                    result = job.result()
                except (
                    KilledWorker,
                    CancelledError,
                ):  # the worker died, or the class's data with another one
                    continue
                except ImportError as error:
                    raise SitingError(
                        f"the Dask workers cannot price: {error}; install siting there"
                    ) from None
                self._past.setdefault(self._keys[result.c], []).extend(left.pop(result.c))
                yield result
            if not left:
                return
            for c in left:
                self._there.pop(c, None)
        raise SitingError(_died(left))

    def _submit(self, c: str, prices: Sequence[Prices]) -> Any:
        if c not in self._there:
            self._there[c] = self._client.scatter(self._data[c], hash=False)
        key = self._keys[c]
        work = (price_class, key, self._there[c], list(self._past.get(key, [])), list(prices))
        return self._client.submit(*work, pure=False, retries=RETRIES)

    def close(self) -> None:
        """Let go of the data on the cluster, and of a connection of our own."""
        self._there.clear()
        if self._own:
            self._client.close()


def cluster_at(address: str) -> DaskCluster:
    """The cluster of `--workers`. Raises InputError for what is no `dask://host:port`, and when nobody answers."""
    host, colon, port = address.removeprefix(DASK).rpartition(":")
    if not address.startswith(DASK) or not host or not colon or not port.isdecimal():
        raise InputError(f"--workers {address}: write the address of a Dask scheduler as dask://host:port")
    return DaskCluster(address)


def _dask_client(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "--workers dask://...: needs dask.distributed; pip install 'siting[cluster]'"
        ) from None
    try:
        return Client(address.replace(DASK, "tcp://", 1), timeout=ANSWER_S)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(f"--workers {address}: no Dask scheduler answers there ({error})") from None


def _address(client: Any) -> str:
    return str(client.scheduler.address)

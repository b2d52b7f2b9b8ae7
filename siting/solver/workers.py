"""Who prices: this process, several processes of this machine, or a Dask cluster. Each keeps its classes' LPs between
rounds, so that only prices travel there and portfolios back; the numbers are the same wherever they are computed."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Protocol

from loky import ProcessPoolExecutor  # type: ignore[import-untyped]  # loky ships no types

from siting.errors import InputError, SitingError
from siting.instance.instance import Instance
from siting.model.policy import Quantity
from siting.solver.pricing import ClassProblem, Column, Cut, Portfolio

Prices = Mapping[Quantity, float]
RETRIES = 3  # a worker that dies is replaced and its pricing repeated this often


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


_HELD: dict[str, ClassProblem] = {}  # the LPs this process keeps, by class fingerprint


def price_class(key: str, data: Instance, prices: Sequence[Prices]) -> Priced:
    """Solve one class at several prices, keeping its LP for the next call in this process."""
    problem = _HELD.get(key)
    if problem is None:
        problem = _HELD[key] = ClassProblem(data)
    return _priced(problem, prices)


def _priced(problem: ClassProblem, prices: Sequence[Prices]) -> Priced:
    found = [problem.price(p) for p in prices]
    return Priced(problem.c, problem.columns, [pair for pair in found if pair is not None])


class InProcess:
    """All classes in this process, one after the other."""

    def __init__(self, data: Instance) -> None:
        self.data = data
        self._problems: dict[str, ClassProblem] = {}

    def price(self, asked: Mapping[str, Sequence[Prices]]) -> Iterator[Priced]:
        """Solve each class at each of its prices."""
        for c, prices in asked.items():
            if c not in self._problems:
                self._problems[c] = ClassProblem(self.data.only(c))
            yield _priced(self._problems[c], prices)

    def close(self) -> None:
        """Nothing to let go of."""
        self._problems.clear()


class LocalProcesses:
    """Worker processes of this machine; a class always goes to the same one, where its LP is warm."""

    def __init__(self, n: int) -> None:
        self._n = n
        self._workers = [self._new() for _ in range(n)]
        self._home: dict[str, int] = {}
        self._keys: dict[str, tuple[str, Instance]] = {}
        for worker in self._workers:
            worker.submit(_warm)

    def serve(self, data: Instance, keys: Mapping[str, str]) -> LocalProcesses:
        """Take on an instance; `keys` are the classes' fingerprints."""
        self._keys = {c: (keys[c], data.only(c)) for c in data.classes}
        self._home = {c: i % self._n for i, c in enumerate(data.classes)}
        return self

    def price(self, asked: Mapping[str, Sequence[Prices]]) -> Iterator[Priced]:
        """Solve each class at each of its prices; a worker that dies is replaced and its work repeated."""
        left = dict(asked)
        for _ in range(RETRIES):
            jobs = {self._submit(c, prices): c for c, prices in left.items()}
            for job in as_completed(jobs):
                try:
                    result = job.result()
                except BrokenProcessPool:
                    continue
                left.pop(jobs[job])
                yield result
            if not left:
                return
            self._replace_broken(left)
        raise SitingError(
            f"pricing workers died {RETRIES} times over {', '.join(sorted(left))}; is the machine out of memory?"
        )

    def _submit(self, c: str, prices: Sequence[Prices]) -> Future[Priced]:
        key, data = self._keys[c]
        home = self._home[c]
        try:
            job: Future[Priced] = self._workers[home].submit(price_class, key, data, list(prices))
        except BrokenProcessPool:
            self._workers[home] = self._new()
            job = self._workers[home].submit(price_class, key, data, list(prices))
        return job

    def _replace_broken(self, left: Mapping[str, object]) -> None:
        for i in {self._home[c] for c in left}:
            self._workers[i].shutdown(wait=False, kill_workers=True)
            self._workers[i] = self._new()

    def close(self) -> None:
        """End all worker processes, busy ones too."""
        for worker in self._workers:
            worker.shutdown(wait=False, kill_workers=True)

    @staticmethod
    def _new() -> ProcessPoolExecutor:
        # loky starts fresh interpreters (HiGHS and Arrow hold threads: a fork could deadlock) and, unlike the standard
        # library, does not run the caller's script again: no `if __name__ == "__main__"` is asked of users
        return ProcessPoolExecutor(1, initializer=_ignore_interrupt)


def _ignore_interrupt() -> None:
    """Ctrl-C is for the main process, which ends its workers itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _warm() -> None:
    """Import what pricing needs while the main process still reads its inputs."""


class DaskCluster:
    """An existing Dask cluster, by address (`dask://host:port`) or client; Dask repeats the work of workers that die."""

    def __init__(self, client: Any) -> None:
        if isinstance(client, str):
            client = _dask_client(client)
        self._client = client
        self._keys: dict[str, tuple[str, Any]] = {}

    def serve(self, data: Instance, keys: Mapping[str, str]) -> DaskCluster:
        """Take on an instance; each class's data is sent to the cluster once."""
        self._keys = {c: (keys[c], self._client.scatter(data.only(c), hash=False)) for c in data.classes}
        return self

    def price(self, asked: Mapping[str, Sequence[Prices]]) -> Iterator[Priced]:
        """Solve each class at each of its prices."""
        from distributed import as_completed as completed

        jobs = [
            self._client.submit(price_class, *self._keys[c], list(prices), pure=False, retries=RETRIES)
            for c, prices in asked.items()
        ]
        for job in completed(jobs):  # type: ignore[no-untyped-call]  # distributed is not typed
            yield job.result()

    def close(self) -> None:
        """The cluster is not ours to end."""
        self._keys.clear()


def _dask_client(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "--workers dask://...: needs dask.distributed; pip install 'siting[cluster]'"
        ) from None
    try:
        return Client(address.replace("dask://", "tcp://", 1), timeout=10)  # type: ignore[no-untyped-call]
    except OSError as error:
        raise InputError(f"--workers {address}: no Dask scheduler answers there ({error})") from None

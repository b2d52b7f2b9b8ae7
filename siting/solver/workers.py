"""Worker processes of this machine, which price classes side by side; each keeps its classes' LPs between rounds."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool

from loky import ProcessPoolExecutor  # type: ignore[import-untyped]  # loky ships no types

from siting.errors import SitingError
from siting.instance.instance import Instance
from siting.solver import work
from siting.solver.cache import FrontierCache
from siting.solver.pricing import modelled_hours
from siting.solver.work import Priced, Prices, died_text, price_class


class LocalProcesses:
    """Worker processes of this machine, among which the classes of a round are shared out evenly.

    They are started by `start`, or by the first work that is worth it: a few small LPs are priced here before a new
    process has read its libraries.
    """

    def __init__(self, n: int, cache: FrontierCache | None = None) -> None:
        self._n = n
        self._cache = cache
        self._workers: list[ProcessPoolExecutor] = []
        self._home: dict[str, int] = {}
        self._keys: dict[str, tuple[str, Instance]] = {}

    def start(self) -> None:
        """Start the processes, if they are not running: they read their libraries while the caller reads its inputs."""
        if not self._workers:
            self._workers = [self._new() for _ in range(self._n)]
            for worker in self._workers:
                worker.submit(_warm)

    def serve(self, data: Instance, keys: Mapping[str, str]) -> LocalProcesses:
        """Take on an instance; `keys` are the classes' fingerprints."""
        self._keys = {c: (keys[c], data.only(c)) for c in data.classes}
        every = len(
            data.classes
        )  # in order: classes of a zone, which share what is written of their LPs, live together
        self._home = {c: i * self._n // every for i, c in enumerate(data.classes)} | self._home
        return self

    def price(self, asked: Mapping[str, Sequence[Prices]]) -> Iterator[Priced]:
        """Solve each class at each of its prices; a worker that dies is replaced and its work repeated.

        Raises SitingError when workers keep dying over the same classes.
        """
        if not self._workers and self._is_little(asked):
            for c, prices in asked.items():
                yield price_class(*self._keys[c], prices, self._cache)
            return
        self.start()
        left = dict(asked)
        for _ in range(work.RETRIES):
            self._share_out(left)
            jobs = [self._submit(c, prices) for c, prices in left.items()]
            try:
                for job in as_completed(jobs):
                    try:
                        result = job.result()
                    except BrokenProcessPool:
                        continue
                    del left[result.c]
                    yield result
            finally:  # whoever asked may have run out of time
                for job in jobs:
                    job.cancel()
            if not left:
                return
            self._replace_broken(left)
        raise SitingError(died_text(left))

    def _share_out(self, asked: Mapping[str, object]) -> None:
        """Evenly; as far as that allows, a class stays where its LP was read."""
        order = sorted(asked, key=self._home.__getitem__)
        self._home |= {c: i * self._n // len(order) for i, c in enumerate(order)}

    def _is_little(self, asked: Mapping[str, Sequence[Prices]]) -> bool:
        hours = sum(modelled_hours(self._keys[c][1]) * len(prices) for c, prices in asked.items())
        return hours <= work.LITTLE_HOURS

    def _submit(self, c: str, prices: Sequence[Prices]) -> Future[Priced]:
        home, asked = self._home[c], (*self._keys[c], list(prices), self._cache)
        try:
            job: Future[Priced] = self._workers[home].submit(price_class, *asked)
        except BrokenProcessPool:
            self._replace(home)
            job = self._workers[home].submit(price_class, *asked)
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
        self._workers = []

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

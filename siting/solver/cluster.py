"""An existing Dask cluster as the pool that prices classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from typing import Any

from siting.errors import InputError, SitingError
from siting.instance.instance import Instance
from siting.solver import work
from siting.solver.work import Priced, Prices, died_text, price_class

ANSWER_S = 10  # a Dask scheduler that does not answer for so long is not there
WORKERS_S = 30  # a Dask cluster may still be starting its first worker
DASK = "dask://"


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
        for _ in range(work.RETRIES):
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
                del left[result.c]
                yield result
            if not left:
                return
            for c in left:
                self._there.pop(c, None)
        raise SitingError(died_text(left))

    def _submit(self, c: str, prices: Sequence[Prices]) -> Any:
        if c not in self._there:
            self._there[c] = self._client.scatter(self._data[c], hash=False)
        asked = (self._keys[c], self._there[c], list(prices))  # Dask puts the data in its place
        return self._client.submit(price_class, *asked, pure=False, retries=work.RETRIES)

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

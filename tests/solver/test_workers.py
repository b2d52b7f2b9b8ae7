"""Wherever a class is priced, and whoever dies meanwhile: the same cuts, plan and bounds, bit for bit."""

from __future__ import annotations

import json
import logging
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import siting
from siting import api
from siting.cli import app
from siting.errors import InputError, SitingError
from siting.instance.instance import Instance
from siting.solver import cluster as cluster_module
from siting.solver import pricing, work
from siting.solver.cache import FrontierCache, class_keys
from siting.solver.cluster import DaskCluster, cluster_at
from siting.solver.frontier import solve_frontier
from siting.solver.known import Frontier
from siting.solver.progress import Clock
from siting.solver.solution import Solution
from siting.solver.work import InProcess, Priced, price_class
from siting.solver.workers import LocalProcesses

GREEN: dict[str, Any] = {  # seven rounds and twenty pricings over the four classes of the tiny world
    "carbon.cap_g_kwh": 8,
    "power.matching": {"kind": "hourly", "cfe_score_min": 0.97, "excess_share_max": 0.2},
}
GAP = 1e-6
PRICES: list[dict[tuple[str, ...], float]] = [
    {("cost",): 1.0},
    {("cost",): 1.0, ("carbon",): 300.0},
    {("cost",): 1.0, ("carbon",): 80.0, ("capex", "onsite_power"): 0.05},
    {("cost",): 1.0, ("clean", "hourly"): -40.0, ("load",): 38.0},
]


@dataclass
class Run:
    solution: Solution
    frontier: Frontier


def run(data: Instance, pool: Any) -> Run:
    frontier = Frontier()
    return Run(solve_frontier(data, pool, frontier, Clock(120.0), GAP), frontier)


def bits(run: Run) -> dict[str, Any]:
    """Everything a run found, so that equal means bit for bit."""
    return {
        "stages": [(s.objective, s.value, s.bound, s.status) for s in run.solution.stages],
        "modules": run.solution.modules,
        "cost_eur": run.solution.cost_eur,
        "cuts": {
            c: [(cut.prices, cut.value) for cut in run.frontier.cuts[c]] for c in sorted(run.frontier.cuts)
        },
        "points": {
            c: [p.x.tobytes() for p in run.frontier.portfolios[c]] for c in sorted(run.frontier.portfolios)
        },
    }


def found(priced: Priced) -> list[tuple[float, bytes]]:
    return [(cut.value, portfolio.x.tobytes()) for portfolio, cut in priced.found if portfolio is not None]


@pytest.fixture(scope="module")
def data(tiny_model: Path) -> Instance:
    return api.prepare(api.load(tiny_model, GREEN)).data


@pytest.fixture(scope="module")
def undisturbed(data: Instance) -> Run:
    one = run(data, InProcess(data))
    assert one.solution.log["rounds"] >= 3, "a question of few rounds shows nothing"  # type: ignore[operator]
    return one


@pytest.fixture
def forgetful() -> Iterator[None]:
    """A process that holds no LPs yet, and none afterwards."""
    work._HELD.clear()
    work._WRITTEN.clear()
    yield
    work._HELD.clear()
    work._WRITTEN.clear()


# --- what a pricing depends on


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.usefixtures("forgetful")
def test_the_lp_and_the_prices_alone(data: Instance, monkeypatch: pytest.MonkeyPatch, large: bool) -> None:
    """No order of pricings, no other process and no LP held changes a bit."""
    monkeypatch.setattr(pricing, "LARGE_HOURS", 0 if large else 1_000_000)
    c, own = data.classes[0], data.only(data.classes[0])
    key = class_keys(data)[c]
    (forth,) = InProcess(data).price({c: PRICES})
    (back,) = InProcess(data).price({c: PRICES[::-1]})
    assert found(forth) == found(back)[::-1]
    again = price_class(key, own, PRICES)
    held = work._HELD[key]
    last = price_class(key, own, PRICES[3:])
    assert work._HELD[key] is held, "its LP was kept"
    assert found(again) == found(forth) and found(last) == found(forth)[3:]


@pytest.mark.usefixtures("forgetful")
def test_a_process_keeps_so_many_lps_and_drops_the_least_recently_used(
    data: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "MOST_HELD", 2)
    keys = class_keys(data)
    first, second, third = data.classes[:3]
    for c in (first, second, first, third):
        price_class(keys[c], data.only(c), PRICES[:1])
    assert list(work._HELD) == [keys[first], keys[third]]


@pytest.mark.usefixtures("forgetful")
def test_a_worker_with_another_formulation_says_so(data: Instance) -> None:
    c = data.classes[0]
    with pytest.raises(SitingError, match="same versions of siting"):
        price_class("0" * 64, data.only(c), PRICES[:1])
    assert not work._HELD


# --- processes of this machine


def test_one_process_reads_lps_that_were_written_before(
    data: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, (c, *_) = FrontierCache(tmp_path), data.classes
    (first,) = InProcess(data, cache).price({c: PRICES[:1]})
    work._WRITTEN.clear()
    monkeypatch.setattr(work, "write_class", None)
    (again,) = InProcess(data, cache).price({c: PRICES[:1]})
    assert found(again) == found(first)


def test_little_work_is_done_here_and_is_the_same(data: Instance, undisturbed: Run) -> None:
    pool = LocalProcesses(2)
    try:
        here = run(data, pool.serve(data, class_keys(data)))
        assert not pool._workers, "a few small LPs need no process of their own"
        pool.start()
        there = run(data, pool.serve(data, class_keys(data)))
    finally:
        pool.close()
    assert bits(here) == bits(there) == bits(undisturbed)


def test_classes_are_shared_out_evenly_and_moved_little(data: Instance) -> None:
    """Four classes on two workers; of two on the same one moves when they alone are asked, and stays there."""
    one, two, three, four = data.classes
    pool = LocalProcesses(2).serve(data, class_keys(data))
    pool._share_out(dict.fromkeys(data.classes))
    assert pool._home == {one: 0, two: 0, three: 1, four: 1}, "neighbours by name share what is written"
    pool._share_out(dict.fromkeys([two, one]))
    assert pool._home == {one: 1, two: 0, three: 1, four: 1}
    pool._share_out(dict.fromkeys([three, two]))
    assert pool._home == {one: 1, two: 0, three: 1, four: 1}, "nobody moves without need"
    pool._share_out(dict.fromkeys(data.classes))
    assert sorted(pool._home.values()) == [0, 0, 1, 1] and pool._home[two] == 0


def test_who_stops_listening_leaves_no_work_behind(data: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of four classes the first is waited for: what has not begun by then never does."""
    c = data.classes[0]
    jobs: dict[str, Future[Priced]] = {name: Future() for name in data.classes}
    jobs[c].set_result(next(InProcess(data).price({c: PRICES[:1]})))
    pool = LocalProcesses(1).serve(data, class_keys(data))
    monkeypatch.setattr(pool, "start", lambda: None)
    monkeypatch.setattr(pool, "_workers", ["one"])
    monkeypatch.setattr(pool, "_submit", lambda name, prices: jobs[name])
    for priced in pool.price(dict.fromkeys(data.classes, PRICES[:1])):
        assert priced.c == c
        break
    assert {name for name, job in jobs.items() if job.cancelled()} == {*data.classes} - {c}


class Mortal(LocalProcesses):
    """Kills its own workers: after some submissions (while they price), before others (between two rounds)."""

    def __init__(self, n: int, after: Sequence[int] = (), before: Sequence[int] = ()) -> None:
        super().__init__(n)
        self.start()
        self.after, self.before = after, before
        self.submitted = 0
        self.killed: list[int] = []

    def _submit(self, c: str, prices: Sequence[Mapping[tuple[str, ...], float]]) -> Any:
        self.submitted += 1
        if self.submitted in self.before:
            self._kill(c)
        job = super()._submit(c, prices)
        if self.submitted in self.after:
            self._kill(c)
        return job

    def _kill(self, c: str) -> None:
        (pid,) = self._workers[self._home[c]]._processes
        os.kill(pid, signal.SIGKILL)
        self.killed.append(pid)


def test_a_worker_that_dies_is_replaced_and_changes_nothing(data: Instance, undisturbed: Run) -> None:
    pool = Mortal(2, after=(9,), before=(14,))
    try:
        disturbed = run(data, pool.serve(data, class_keys(data)))
    finally:
        pool.close()
    assert len(set(pool.killed)) == 2
    assert bits(disturbed) == bits(undisturbed)


def test_workers_that_keep_dying_end_in_an_error(data: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "RETRIES", 2)
    pool = Mortal(1, after=(1, 2)).serve(data, class_keys(data))
    try:
        with pytest.raises(SitingError, match=f"died 2 times over {data.classes[0]}"):
            list(pool.price({data.classes[0]: PRICES}))
    finally:
        pool.close()


# --- a Dask cluster

QUIET: dict[str, Any] = {"dashboard_address": ":0", "silence_logs": logging.CRITICAL}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=2, processes=True, **QUIET) as running:
        yield running


@pytest.fixture
def client(cluster: Any) -> Iterator[Any]:
    from distributed import Client

    with Client(cluster) as connected:
        connected.wait_for_workers(2, timeout=60)
        yield connected


def connections(client: Any) -> int:
    known: int = client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.clients))
    return known


class MortalCluster(DaskCluster):
    """Kills one worker process, and the data it holds, right after some submission."""

    def __init__(self, client: Any, after: int) -> None:
        super().__init__(client)
        self.after = after
        self.submitted = 0
        self.killed: list[int] = []

    def _submit(self, c: str, prices: Sequence[Mapping[tuple[str, ...], float]]) -> Any:
        job = super()._submit(c, prices)
        self.submitted += 1
        if self.submitted == self.after:
            pid = next(iter(self._client.run(os.getpid).values()))
            os.kill(pid, signal.SIGKILL)
            self.killed.append(pid)
        return job


@pytest.mark.parametrize("after", [3, 9])
def test_a_dask_worker_that_dies_changes_nothing(
    data: Instance, undisturbed: Run, client: Any, after: int
) -> None:
    """Among the first pricings of the classes, and in a later round."""
    pool = MortalCluster(client, after)
    disturbed = run(data, pool.serve(data, class_keys(data)))
    pool.close()
    assert pool.killed
    assert bits(disturbed) == bits(undisturbed)


def test_a_client_of_the_callers_own(tiny_model: Path, undisturbed: Run, client: Any) -> None:
    model = api.load(tiny_model, {**GREEN, "solve.gap_share": GAP})
    pool = DaskCluster(client)
    plan = siting.solve(model, workers=pool, cache=False)
    pool.close()
    (stage,) = undisturbed.solution.stages
    assert (plan.record["objective"]["value"], plan.record["objective"]["bound"]) == (
        stage.value,
        stage.bound,
    )
    assert client.status == "running", "who opened it closes it"


def test_the_command_line_prices_on_a_cluster(tiny_model: Path, cluster: Any, client: Any) -> None:
    address = cluster.scheduler_address.replace("tcp://", "dask://")
    args = ["solve", str(tiny_model), "--json", "--quiet", "--no-cache", "--method", "frontier"]
    before = connections(client)
    there = CliRunner().invoke(app, [*args, "--workers", address])
    here = CliRunner().invoke(app, args)
    assert (there.exit_code, here.exit_code) == (0, 0), there.stderr + here.stderr
    assert json.loads(there.stdout)["objective"] == json.loads(here.stdout)["objective"]
    assert connections(client) == before, "what was opened from an address is closed"


def test_no_scheduler_is_a_clear_error(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "ANSWER_S", 1)
    done = CliRunner().invoke(app, ["solve", str(tiny_model), "--workers", "dask://127.0.0.1:9"])
    assert done.exit_code == 2
    assert "no Dask scheduler answers there" in done.stderr and "Traceback" not in done.output


def test_a_cluster_without_workers_is_a_clear_error(data: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import Client, LocalCluster

    monkeypatch.setattr(cluster_module, "WORKERS_S", 1)
    with (
        LocalCluster(n_workers=0, processes=False, **QUIET) as empty,
        Client(empty) as connected,
        pytest.raises(InputError, match="has had no worker"),
    ):
        DaskCluster(connected).serve(data, class_keys(data))


@pytest.mark.parametrize("address", ["tcp://host:8786", "dask://host", "dask://:8786", "dask://host:x", "4"])
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(InputError, match="dask://host:port"):
        cluster_at(address)


def test_one_problem_for_one_machine(tiny_model: Path) -> None:
    args = ["solve", str(tiny_model), "--method", "whole", "--workers", "dask://localhost:8786"]
    done = CliRunner().invoke(app, args)
    assert done.exit_code == 2
    assert "--method frontier" in done.stderr

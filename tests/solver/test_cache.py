"""The frontier cache: what is kept comes back bit for bit, is found again when it holds, and never costs a plan."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import siting
from siting.cli import app
from siting.inputs.load import changed
from siting.inputs.planning import PlanningModel
from siting.instance.instance import Instance
from siting.solver.cache import FRONTIER, FrontierCache, Kept, cache_folder, class_keys
from siting.solver.frontier import solve_frontier
from siting.solver.known import Frontier
from siting.solver.lp import NO_HOUR, ClassLP, Names, write_class
from siting.solver.pricing import Cut, Portfolio
from siting.solver.progress import Clock
from siting.solver.work import InProcess, Priced
from tests.build_instance import BATTERY, GAS, WIND, small_instance

KEY = "k" * 64
COLUMNS = Names(
    (("buy", ("AA",)), ("ppa_mw", ("AA", "wind_ppa")), ("gen", ("AA", "gas"))),
    np.array([0, 1, 2], dtype=np.int32),
    np.array([0, NO_HOUR, 7], dtype=np.int32),
)
ALL: dict[str, Any] = {"battery": BATTERY, "gas": GAS, "ppa": WIND, "utilisation_share": 0.5}


def frontier(seed: int = 1) -> Kept:
    """Portfolios and cuts with awkward numbers: thirds, the smallest and the largest floats, minus zero."""
    numbers = np.random.default_rng(seed)
    values = [1 / 3, -0.0, 5e-324, 1.7976931348623157e308, float(numbers.normal())]
    portfolios = [
        Portfolio(
            {("cost",): value, ("clean", "hourly"): value / 7},
            {("cost_eur", "battery"): value},
            numbers.normal(size=3),
        )
        for value in values
    ]
    cuts = [Cut({("cost",): 1.0, ("ppa", "wind_ppa"): value}, value / 3) for value in values]
    return COLUMNS, portfolios, cuts


def same_names(one: Names, two: Names) -> bool:
    return (
        one.groups == two.groups
        and one.group.tolist() == two.group.tolist()
        and one.hour.tolist() == two.hour.tolist()
    )


def bits(kept: Kept | None) -> Any:
    assert kept is not None
    columns, portfolios, cuts = kept
    numbers = [[v.hex() for v in [*p.quantity.values(), *p.terms.values()]] for p in portfolios]
    names = [[*p.quantity, *p.terms] for p in portfolios]
    proofs = [(sorted(cut.prices), [v.hex() for v in cut.prices.values()], cut.value.hex()) for cut in cuts]
    points = [p.x.tobytes() for p in portfolios]
    named = (columns.groups, columns.group.tolist(), columns.hour.tolist())
    return named, names, numbers, points, proofs


@pytest.fixture
def kept(tmp_path: Path) -> FrontierCache:
    return FrontierCache(tmp_path / "cache")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own, as a user names one."""
    place = tmp_path / "frontiers"
    monkeypatch.setenv("SITING_CACHE", str(place))
    return place


class Spy(InProcess):
    """Counts what is priced."""

    def __init__(self, data: Instance) -> None:
        super().__init__(data)
        self.pricings = 0

    def price(self, asked: Mapping[str, Sequence[Mapping[tuple[str, ...], float]]]) -> Iterator[Priced]:
        self.pricings += sum(map(len, asked.values()))
        yield from super().price(asked)


def solve(data: Instance, kept: FrontierCache) -> tuple[float, int]:
    """Cost and number of pricings of a solve that reuses and keeps frontiers."""
    known, keys, pool = Frontier(), class_keys(data), Spy(data)
    known.recall(kept, keys)
    solution = solve_frontier(data, pool, known, Clock(60.0), 1e-6)
    known.store(kept, keys)
    return solution.stages[0].value, pool.pricings


# --- files


def test_a_round_trip_keeps_every_bit(kept: FrontierCache) -> None:
    kept.write(KEY, frontier())
    assert bits(kept.read(KEY)) == bits(frontier())


def test_an_lp_comes_back_bit_for_bit(kept: FrontierCache) -> None:
    lp = write_class(small_instance(**ALL).only("AA"))
    assert kept.read_lp(KEY) is None
    kept.write_lp(KEY, lp)
    back = kept.read_lp(KEY)
    assert back is not None
    assert_same_lp(back, lp)
    assert kept.info()["frontiers"] == 0, "an LP is no frontier"


def assert_same_lp(one: ClassLP, two: ClassLP) -> None:
    assert (one.c, one.functionals) == (two.c, two.functionals)
    assert same_names(one.columns, two.columns)
    assert same_names(one.rows, two.rows)
    for entry in ("objectives", "row_lower", "row_upper", "column_lower", "column_upper"):
        np.testing.assert_array_equal(getattr(one.model, entry), getattr(two.model, entry))
    assert (one.model.matrix != two.model.matrix).nnz == 0
    assert (one.functional != two.functional).nnz == 0


def test_a_class_that_nothing_can_supply_is_remembered(kept: FrontierCache) -> None:
    kept.write(KEY, (COLUMNS, [], []))
    assert bits(kept.read(KEY)) == bits((COLUMNS, [], []))
    known = Frontier()
    known.recall(kept, {"AA": KEY})
    assert known.barred == {"AA"}


def test_what_was_never_priced_is_not_there(kept: FrontierCache) -> None:
    assert kept.read(KEY) is None


def damage(path: Path, how: str) -> None:
    whole = path.read_bytes()
    middle = len(whole) // 2
    wrong = bytes([whole[middle] ^ 0xFF])
    spoilt = {
        "empty": b"",
        "cut short": whole[:middle],
        "other bytes": b"no zip at all" * 100,
        "one byte": whole[:middle] + wrong + whole[middle + 1 :],
    }
    if how in spoilt:
        path.write_bytes(spoilt[how])
    elif how == "another zip":
        np.savez(path, other=np.zeros(3))
    else:
        with np.load(path) as stored:
            arrays = dict(stored)
        points = np.zeros((5, 2)) if how == "short points" else np.zeros((1, 3))
        np.savez(path, **(arrays | {"points": points}))


DAMAGES = ["empty", "cut short", "other bytes", "one byte", "another zip", "short points", "few points"]


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_file_is_ignored_and_written_anew(kept: FrontierCache, how: str) -> None:
    kept.write(KEY, frontier())
    (path,) = kept.folder.glob("*.npz")
    damage(path, how)
    assert kept.read(KEY) is None
    kept.write(KEY, frontier())
    assert bits(kept.read(KEY)) == bits(frontier())


def test_a_solve_over_damaged_files_is_the_solve_without(kept: FrontierCache) -> None:
    data = small_instance(**ALL)
    first = solve(data, kept)
    for path in kept.folder.glob("*.npz"):
        damage(path, "cut short")
    assert solve(data, kept) == first
    assert solve(data, kept) == (first[0], 0), "and they were mended"


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    kept = FrontierCache(tmp_path)
    keys = ["a" * 64, "b" * 64, "c" * 64]
    for age, key in enumerate(keys):
        kept.write(key, frontier())
        os.utime(tmp_path / f"{key}{FRONTIER}", (1e9 + age, 1e9 + age))
    size = kept.info()["bytes"]
    assert kept.read(keys[0]) is not None  # used now, so that b is the oldest
    FrontierCache(tmp_path, limit_bytes=size).write("d" * 64, frontier())
    assert sorted(path.stem[0] for path in tmp_path.glob("*.npz")) == ["a", "c", "d"]
    assert kept.info()["bytes"] <= size


def test_what_a_killed_run_left_is_harmless_and_goes(kept: FrontierCache) -> None:
    kept.folder.mkdir()
    stale, fresh = kept.folder / "stale.tmp", kept.folder / "fresh.tmp"
    stale.write_bytes(b"half a fr")
    fresh.write_bytes(b"being written")
    os.utime(stale, (time.time() - 7200,) * 2)
    assert kept.info()["frontiers"] == 0
    kept.write(KEY, frontier())
    assert sorted(path.name for path in kept.folder.iterdir()) == ["fresh.tmp", f"{KEY}{FRONTIER}"]
    assert kept.clear() == 1
    assert not list(kept.folder.iterdir())


def test_a_full_disk_leaves_nothing_behind(kept: FrontierCache, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: Any, **arrays: Any) -> None:
        file.write(b"half a fr")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    kept.write(KEY, frontier())
    assert not list(kept.folder.iterdir())


def test_a_folder_that_cannot_be_written_costs_no_plan(
    tiny_question: PlanningModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder below a file cannot even be made."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("SITING_CACHE", str(tmp_path / "file" / "cache"))
    assert siting.solve(tiny_question).status == "optimal"
    assert FrontierCache().info()["frontiers"] == 0 == FrontierCache().clear()


def test_where_frontiers_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SITING_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.delenv("SITING_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "siting" / "frontiers"
    monkeypatch.delenv("XDG_CACHE_HOME")

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    assert cache_folder().parts[-2:] == ("siting", "frontiers")


# --- what it is for


@pytest.mark.parametrize(
    ("changes", "most"),
    [
        ({}, 0),
        ({"budget_eur": 900e6}, 0),
        ({"target_it_mw": 40.0}, 0),
        ({"countries_min": 2}, 0),
        ({"sites_min": 2}, 0),
        ({"carbon_cap_t": 9_000.0}, 6),
    ],
)
def test_another_question_prices_little(kept: FrontierCache, changes: dict[str, Any], most: int) -> None:
    """A limit that binds anew still has to be priced; what does not touch the classes costs no pricing at all."""
    _, first = solve(small_instance(**ALL), kept)
    assert first >= 2
    data = small_instance(**{**ALL, **changes})
    again, pricings = solve(data, kept)
    fresh, from_scratch = solve(data, FrontierCache(kept.folder.parent / "another"))
    assert again == pytest.approx(fresh, rel=3e-6)
    assert pricings <= most and (pricings < from_scratch)


def test_another_budget_for_the_tiny_world_prices_nothing(
    tiny_question: PlanningModel, kept: FrontierCache
) -> None:
    first = solve(siting.api.prepare(tiny_question).data, kept)
    richer = changed(tiny_question, {"budget.capex_eur": 4e9})
    assert solve(siting.api.prepare(richer).data, kept) == (first[0], 0)


def shell(*args: str | Path, folder: Path, cwd: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "siting.cli", *map(str, args)]
    env = {**os.environ, "SITING_CACHE": str(folder)}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", cwd=cwd, env=env
    )


def test_two_runs_write_at_once_and_a_third_reads(tiny_model: Path, folder: Path, tmp_path: Path) -> None:
    both = [shell("solve", tiny_model, "--json", folder=folder, cwd=tmp_path) for _ in range(2)]
    told = [run.communicate(timeout=120) for run in both]
    assert [run.returncode for run in both] == [0, 0], told
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert files and all(name.endswith(".npz") for name in files)
    third = shell("solve", tiny_model, "--json", folder=folder, cwd=tmp_path)
    out, err = third.communicate(timeout=120)
    objectives = [json.loads(text)["objective"] for text in (out, *(out for out, _ in told))]
    assert objectives[0]["value"] == objectives[1]["value"] == objectives[2]["value"]
    assert any("pricing supply class" in err for _, err in told) and "pricing supply class" not in err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files, "nothing new to keep"


def test_cache_commands(tiny_model: Path, folder: Path) -> None:
    def run(*args: str | Path) -> str:
        done = CliRunner().invoke(app, [str(arg) for arg in args])
        assert done.exit_code == 0, done.output
        return done.stdout

    run("solve", tiny_model, "--no-cache", "--quiet")
    assert not folder.exists()
    run("solve", tiny_model, "--quiet")
    told = json.loads(run("cache", "info", "--json"))
    size = sum(path.stat().st_size for path in folder.iterdir())
    assert told == {"folder": str(folder), "frontiers": 4, "bytes": size, "limit_bytes": 2 * 1024**3}
    text = run("cache", "info")
    assert str(folder) in text and "frontiers  4" in text and "of 2.0 GiB" in text
    assert "cleared 4 frontiers" in run("cache", "clear")
    assert json.loads(run("cache", "clear", "--json"))["cleared"] == 0
    assert json.loads(run("cache", "info", "--json"))["bytes"] == 0

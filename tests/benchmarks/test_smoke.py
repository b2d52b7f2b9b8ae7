"""The benchmark's smallest case: every method finds the same cost within its gap. Seconds are measured, not asserted."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

import pytest
from shapely.geometry import Point

from siting.inputs.places import WORLDS
from siting.inputs.world import find_world, read_world
from tests.benchmarks import one
from tests.benchmarks.cases import LINE_LEAST, LINE_SPREAD, STATES, candidates, case_of

RUN = Path(__file__).parent / "run.py"
GAP = 1e-3
CASE = "2s-2d-all"

pytestmark = pytest.mark.skipif(
    not (WORLDS / "eu27" / "series" / "2019.parquet").is_file(), reason="the world eu27 has no hourly series"
)


def started(methods: list[str], out: Path) -> dict[str, dict[str, str]]:
    """What run.py measures, each method in a process of its own; its rows by method."""
    command = [sys.executable, str(RUN), "--quick", "--methods", ",".join(methods), "--out", str(out)]
    done = subprocess.run(
        [*command, "--gap", str(GAP), "--limit", "60", "--threads", "1"],
        capture_output=True,
        text=True,
        env=os.environ,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with out.open(encoding="utf-8", newline="") as file:
        return {row["method"]: row for row in csv.DictReader(file)}


def measured_here(method: str, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What such a process would have told: libraries and the world's hours are loaded once for all."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of other people's packages, as in a process of their own
        one.main(CASE, method, str(GAP), "60", "1")
    return {name: str(value) for name, value in json.loads(capsys.readouterr().out).items()}


def test_methods_agree_on_the_smallest_case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("linopy")
    out = tmp_path / "results.csv"
    rows = started(["frontier", "frontier-warm"], out)
    assert set(rows) == {"frontier", "frontier-warm"}
    capped = measured_here("another-cap", capsys)
    others = ["whole", "linopy", "floor", *(["pypsa"] if find_spec("pypsa") else [])]
    rows |= {method: measured_here(method, capsys) for method in others}
    assert {row["status"] for row in rows.values()} == {"optimal"}, rows
    costs = {method: float(row["objective"]) for method, row in rows.items()}
    bounds = {method: float(row["bound"]) for method, row in rows.items()}
    assert max(costs.values()) <= min(costs.values()) * (1 + 2 * GAP)
    assert max(bounds.values()) <= min(costs.values()) * (1 + 1e-6)
    assert capped["status"] == "optimal" and float(capped["objective"]) >= min(bounds.values())
    assert all(float(row["solve_s"]) >= 0 and float(row["peak_mib"]) > 0 for row in rows.values())
    table = out.with_suffix(".md").read_text(encoding="utf-8")
    assert all(f"| {CASE} |" in line for line in table.splitlines() if "optimal" in line)


def test_synthetic_candidates_follow_their_rule() -> None:
    """Twice the same; new ids, in their zone as far as their original is, lines of 0.75 to 1.25 times the original's."""
    world = read_world(find_world("eu27"))
    sites = candidates(world, STATES[3], 300)
    assert sites.equals(candidates(world, STATES[3], 300))
    assert len(sites) == 300 and sites.index.is_unique
    assert set(sites["country"]) == set(STATES[3] or ())
    for s, row in sites[sites.index.str.startswith("synthetic-")].iterrows():
        origin = world.sites.loc[str(s).split("-", 2)[2]]
        assert row["zone"] == origin["zone"]
        assert LINE_LEAST <= row["line_km"] / origin["line_km"] <= LINE_LEAST + LINE_SPREAD
        assert row["geometry"] == Point(row["lon"], row["lat"])
        moved = row["geometry"].distance(origin["geometry"])
        assert moved < 0.1
        assert moved == 0 or row["geometry"].within(world.zones.geometry[row["zone"]])


def test_fewer_candidates_are_taken_from_every_state_in_turn() -> None:
    world = read_world(find_world("eu27"))
    counts = candidates(world, None, 76)["country"].value_counts()
    assert counts.sum() == 76 and len(counts) == 27 and counts.max() <= 4


def test_a_case_that_does_not_exist_is_named() -> None:
    with pytest.raises(SystemExit, match="5s-12d-all"):
        case_of("5s-12d-all")

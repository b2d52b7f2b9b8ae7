"""The output folder: whole or not at all, and never over something else."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from siting.api import audit_folder, read_plan
from siting.errors import InputError
from siting.output import folder as output
from siting.output.folder import PLAN_FILES, atomic_write, json_bytes, write_plan
from siting.plan.plan import Plan


@pytest.fixture(scope="module")
def saved(tiny_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_plan(tiny_plan, tmp_path_factory.mktemp("saved") / "out")


def test_folder_holds_exactly_the_files_of_the_contract(saved: Path) -> None:
    now_and_then = {"coverage.csv", "roadmap.csv"}  # with demand points, with several periods
    assert sorted(path.name for path in saved.iterdir()) == sorted(set(PLAN_FILES) - now_and_then)
    assert [path.name for path in saved.parent.iterdir()] == ["out"]


def test_plan_json_is_strict_and_carries_floats_as_they_are(saved: Path, tiny_plan: Plan) -> None:
    def refuse(text: str) -> None:
        raise AssertionError(text)

    record = json.loads((saved / "plan.json").read_text(encoding="utf-8"), parse_constant=refuse)
    assert record["totals"] == tiny_plan.record["totals"]
    assert record["objective"]["bound"] == tiny_plan.bound


def test_what_is_read_back_passes_its_audit(saved: Path, tiny_plan: Plan) -> None:
    assert audit_folder(saved) == []
    again = read_plan(saved)
    assert again.totals == tiny_plan.totals
    assert list(again.chosen.index) == list(tiny_plan.chosen.index)
    pd.testing.assert_frame_equal(again.hourly, tiny_plan.hourly)
    assert again.costs["cost_eur_yr"].sum() == pytest.approx(tiny_plan.totals["cost_eur_yr"])


def test_a_plan_read_back_is_saved_alike(saved: Path, tmp_path: Path) -> None:
    again = write_plan(read_plan(saved), tmp_path / "again")
    for name in ("plan.json", "sites.geojson", "zones.geojson"):
        assert (again / name).read_bytes() == (saved / name).read_bytes(), name


def test_existing_folder_is_not_touched_unasked(tiny_plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match="--overwrite"):
        write_plan(tiny_plan, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_overwrite_replaces_an_empty_folder_and_a_plan(tiny_plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write_plan(tiny_plan, tmp_path / "out", overwrite=True)
    (tmp_path / "out" / "plan.json").write_text("{}", encoding="utf-8")
    write_plan(tiny_plan, tmp_path / "out", overwrite=True)
    assert json.loads((tmp_path / "out" / "plan.json").read_text(encoding="utf-8"))["title"] == "Tiny"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("names", [["notes.txt"], ["plan.json", "notes.txt"], ["costs.csv"]])
def test_overwrite_never_deletes_what_is_no_plan(tiny_plan: Plan, tmp_path: Path, names: list[str]) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name in names:
        (out / name).write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="choose another folder"):
        write_plan(tiny_plan, out, overwrite=True)
    assert sorted(path.name for path in out.iterdir()) == sorted(names)


def test_overwrite_refuses_a_folder_with_a_folder_and_a_link(tiny_plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "out" / "mine").mkdir(parents=True)
    (tmp_path / "out" / "plan.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="mine"):
        write_plan(tiny_plan, tmp_path / "out", overwrite=True)
    (tmp_path / "link").symlink_to(tmp_path / "out", target_is_directory=True)
    with pytest.raises(InputError, match="link"):
        write_plan(tiny_plan, tmp_path / "link", overwrite=True)


def test_places_that_cannot_be_written_are_input_errors(tiny_plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="is a file"):
        write_plan(tiny_plan, tmp_path / "file")
    with pytest.raises(InputError, match="may write"):
        write_plan(tiny_plan, tmp_path / "file" / "out")
    with pytest.raises(InputError, match="is a folder"):
        atomic_write(tmp_path, b"x")
    with pytest.raises(InputError, match="cannot be written"):
        atomic_write(tmp_path / "file" / "x.json", b"x")


def test_a_failure_half_way_leaves_nothing_behind(
    tiny_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plan(tiny_plan, tmp_path / "out")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    def full(plan: Plan, target: Path) -> None:
        (target / "plan.json").write_text("half", encoding="utf-8")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output, "_fill_plan", full)
    for name, overwrite in (("out", True), ("new", False)):
        with pytest.raises(InputError, match="No space left"):
            write_plan(tiny_plan, tmp_path / name, overwrite)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_a_failed_move_puts_the_old_folder_back(
    tiny_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = write_plan(tiny_plan, tmp_path / "out")
    move = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self.name.startswith(".out-") and Path(target) == out:
            raise OSError(13, "Permission denied")
        return move(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        write_plan(tiny_plan, out, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (out / "plan.json").is_file()


def test_what_was_never_proven_is_null_not_nan() -> None:
    assert json.loads(json_bytes({"bound": float("-inf"), "gap": float("nan"), "value": (1, 2.5)})) == {
        "bound": None,
        "gap": None,
        "value": [1, 2.5],
    }


def test_a_comparison_is_saved_with_its_plans_and_can_be_replaced(tiny_plan: Plan, tmp_path: Path) -> None:
    from siting.study.compare import side_by_side

    comparison = side_by_side({"cost": tiny_plan, "green": tiny_plan})
    out = comparison.save(tmp_path / "both")
    assert {path.name for path in out.iterdir()} >= {
        "comparison.csv",
        "comparison.json",
        "comparison.png",
        "comparison_abatement.csv",
        "comparison_sites.csv",
        "cost",
        "green",
    }
    assert comparison.save(out, overwrite=True) == out
    assert audit_folder(out / "green") == []
    with pytest.raises(InputError, match="share a name"):
        side_by_side({"a/cost.yaml": tiny_plan, "cost": tiny_plan}).save(tmp_path / "twice")
    pair = side_by_side({"base-1.5": tiny_plan, "base-1.6": tiny_plan}).save(tmp_path / "numbered")
    assert (pair / "base-1.5" / "plan.json").is_file() and (pair / "base-1.6" / "plan.json").is_file()

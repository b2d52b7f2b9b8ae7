"""Every number has a source row, every source is used and free, and share-alike is said where it applies."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from siting.inputs.licences import (
    NON_COMMERCIAL,
    Cited,
    citations,
    problems_of,
    source_problems,
    unused_sources,
)

SHIPPED = Path(__file__).parents[2] / "data" / "eu27"
SOURCES = list(pd.read_csv(SHIPPED / "sources.csv")["source"])
WORLDS = sorted(path.parent for path in SHIPPED.parent.glob("*/datapackage.json"))


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped world without its hours, whose sources stand in coverage.csv."""
    folder = tmp_path_factory.mktemp("worlds") / "eu27"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("*.parquet"))
    return folder


@pytest.fixture
def world(copied: Path) -> Iterator[Path]:
    """The copy; sources.csv and the descriptor are restored afterwards."""
    kept = {name: (copied / name).read_text(encoding="utf-8") for name in ("sources.csv", "datapackage.json")}
    yield copied
    for name, text in kept.items():
        (copied / name).write_text(text, encoding="utf-8")


def rewrite(world: Path, table: pd.DataFrame) -> None:
    table.to_csv(world / "sources.csv", index=False)


def read(world: Path) -> pd.DataFrame:
    return pd.read_csv(world / "sources.csv", dtype=str, keep_default_na=False)


@pytest.mark.parametrize("folder", WORLDS, ids=lambda path: path.name)
def test_shipped_sources_are_complete_used_and_free(folder: Path) -> None:
    assert source_problems(folder) == []
    assert unused_sources(folder) == []


@pytest.fixture(scope="module")
def cited() -> list[Cited]:
    return citations(SHIPPED)


@pytest.mark.parametrize("source", SOURCES)
def test_a_removed_source_row_is_missed(cited: list[Cited], source: str) -> None:
    table = read(SHIPPED)
    licences = dict(zip(table["source"], table["licence"], strict=True))
    assert problems_of(licences, cited) == []
    del licences[source]
    assert f"no row for source '{source}'" in "\n".join(problems_of(licences, cited))


def test_a_source_row_removed_from_the_file_is_missed(world: Path) -> None:
    table = read(world)
    rewrite(world, table[table["source"] != "eu-2024-1364"])
    (found,) = source_problems(world)
    assert "no row for source 'eu-2024-1364', which rules.csv cites (1 rows); add it" in found


def test_every_number_in_data_has_a_source_row_counted_by_hand() -> None:
    """A second look that shares no code: plain pandas over every CSV with a column source."""
    known = set(SOURCES)
    seen = 0
    for path in SHIPPED.rglob("*.csv"):
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        if path.name == "sources.csv" or "source" not in frame:
            assert "value" not in frame, path
            continue
        keys = frame["source"].str.split(";").explode().str.strip()
        assert set(keys) <= known, path
        seen += len(frame)
    assert seen > 8000


def test_an_empty_cell_is_named_by_row(world: Path) -> None:
    path = world / "cooling.csv"
    kept = path.read_text(encoding="utf-8")
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table.loc[3, "source"] = ""
    table.to_csv(path, index=False)
    found = source_problems(world)
    path.write_text(kept, encoding="utf-8")
    assert "cooling.csv row 5: source is empty; name a row of sources.csv" in found


def test_a_missing_licence_is_named(world: Path) -> None:
    table = read(world)
    table.loc[table["source"] == "smard", "licence"] = " "
    rewrite(world, table)
    assert any("'smard' has no licence" in problem for problem in source_problems(world))


@pytest.mark.parametrize("licence", ["CC BY-NC 4.0", "free for non-commercial use", "CC-BY-NC-SA"])
def test_a_non_commercial_licence_is_refused(world: Path, licence: str) -> None:
    table = read(world)
    table.loc[table["source"] == "smard", "licence"] = licence
    rewrite(world, table)
    assert any("forbids commercial use" in problem for problem in source_problems(world))


def test_words_that_only_look_non_commercial_pass() -> None:
    assert not any(map(NON_COMMERCIAL.search, ("CC BY 4.0", "MIT, once", "free use", "concession")))


def test_share_alike_in_a_resource_that_does_not_say_so_is_named(world: Path) -> None:
    table = read(world)
    table.loc[table["source"] == "aqueduct-4", "licence"] = "CC BY-SA 4.0"
    rewrite(world, table)
    found = [problem for problem in source_problems(world) if "share-alike" in problem]
    assert found and found[0].startswith("country_values.csv: cites 'aqueduct-4'")


def test_share_alike_resources_say_so_and_the_others_are_attribution_only() -> None:
    package = json.loads((SHIPPED / "datapackage.json").read_text(encoding="utf-8"))
    told = {r["path"]: {entry["name"] for entry in r["licenses"]} for r in package["resources"]}
    assert told["zone_values.csv"] == told["series/2019.parquet"] == {"ODbL-1.0"}
    assert told["technologies.csv"] == told["rules.csv"] == {"CC-BY-4.0"}


def test_an_unused_source_is_found(world: Path) -> None:
    table = read(world)
    extra = table.iloc[[0]].assign(source="nobody-cites-me")
    rewrite(world, pd.concat([table, extra]))
    assert unused_sources(world) == ["nobody-cites-me"]


def test_the_package_stays_small() -> None:
    held = [path for path in SHIPPED.parent.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in held) <= 40e6

"""`siting data candidates` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from siting.cli import app

RUNNER = CliRunner()


def run(*arguments: str) -> tuple[int, str, str]:
    result = RUNNER.invoke(app, ["data", "candidates", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_a_table_with_the_columns_of_sites(tmp_path: Path) -> None:
    out = tmp_path / "sites.csv"
    code, stdout, _ = run("--count", "76", "--min-distance-km", "60", "--max-zone-km", "2", "-o", str(out))
    assert code == 0 and stdout.startswith("76 candidates in")
    table = pd.read_csv(out)
    assert len(table) == 76 and table["site"].is_unique and table["site"].is_monotonic_increasing
    bundled = pd.read_csv(Path(__file__).parents[1] / "data" / "eu27" / "sites.csv")
    assert list(table.columns[: len(bundled.columns)]) == list(bundled.columns)
    assert table["grid_mw"].isin([30, 60, 120, 200, 300]).all() and (table["zone_km"] <= 2).all()


def test_geojson_holds_the_same_as_csv(tmp_path: Path) -> None:
    wish = ("--country", "NL", "--country", "SI", "--min-population", "90000", "--joined")
    assert (
        run(*wish, "-o", str(tmp_path / "a.csv"))[0] == run(*wish, "-o", str(tmp_path / "a.geojson"))[0] == 0
    )
    table = pd.read_csv(tmp_path / "a.csv", keep_default_na=False, dtype=str)
    document = json.loads((tmp_path / "a.geojson").read_text(encoding="utf-8"))
    assert "crs" not in document and len(document["features"]) == len(table)
    for feature, row in zip(document["features"], table.to_dict("records"), strict=True):
        lon, lat = feature["geometry"]["coordinates"]
        assert (lon, lat) == (float(row["lon"]), float(row["lat"]))
        for name, value in feature["properties"].items():
            text = row[name]
            assert (value is None and text == "") or str(value) == text or float(value) == float(text), name
    dutch = table[table["country"] == "NL"]
    assert (dutch["restricted"] == "1").all() and (
        table.loc[table["country"] == "SI", "restricted"] == ""
    ).all()
    assert {"water_stress_score", "temperature_p99_c", "grid_cost_eur_mw"} <= set(table.columns)


def test_the_file_is_one_that_a_planning_model_takes(tmp_path: Path) -> None:
    assert (
        run("--count", "30", "--country", "FR", "--country", "DE", "-o", str(tmp_path / "mine.csv"))[0] == 0
    )
    model = tmp_path / "model.yaml"
    model.write_text(
        "based_on: eu-gigafactories\ntitle: Mine\n"
        "sites: {file: mine.csv, max_per_country: 5, min_countries: 1,\n"
        "  where: {ix_km_max: 150, zone_km_max: 5, unknown: refuse}}\n",
        encoding="utf-8",
    )
    result = RUNNER.invoke(app, ["check", str(model)])
    assert result.exit_code == 0, result.output
    assert "of 30 sites" in result.stdout


def test_all_of_them_come_with_a_word_on_far_islands() -> None:
    code, stdout, stderr = run()
    assert code == 0 and stdout.startswith("5,376 candidates in 27 states and 36 zones; nothing written")
    assert "--max-zone-km drops them" in stderr and "farthest: pt-ponta-delgada" in stderr
    assert max(map(len, (stdout + stderr).splitlines())) <= 100


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--country", "XX"), "country 'XX'"),
        (("--min-population", "1e9"), "no city passes every filter"),
        (("-o", "sites.shp"), "neither .csv nor .geojson"),
        (("--world", "eu28"), "did you mean eu27?"),
        (("--count", "0"), "greater than or equal to"),
        (("--min-distance-km", "-5"), "--min-distance-km"),
    ],
)
def test_bad_wishes_are_refused(arguments: tuple[str, ...], words: str) -> None:
    code, _, stderr = run(*arguments)
    assert code == 2 and words in " ".join(stderr.split()) and "Traceback" not in stderr


def test_an_existing_file_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "mine.csv"
    out.write_text("precious", encoding="utf-8")
    code, _, stderr = run("--count", "1", "-o", str(out))
    assert code == 2 and "--overwrite" in stderr and out.read_text(encoding="utf-8") == "precious"
    assert run("--count", "1", "--overwrite", "-o", str(out))[0] == 0
    assert out.read_text(encoding="utf-8").startswith("site,")

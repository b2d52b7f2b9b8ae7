"""CSV tables of a finished plan, alone and in an archive."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from siting.output.export import export_plan
from siting.plan.plan import Plan


def test_csv_has_one_row_a_candidate_and_units_in_its_names(tiny_plan: Plan, tmp_path: Path) -> None:
    frame = pd.read_csv(export_plan(tiny_plan, tmp_path / "sites.csv")).set_index("site")
    assert list(frame.index) == list(tiny_plan.sites.index)
    assert {"it_mw", "cost_eur_yr", "carbon_g_kwh", "supply_mwh_grid", "lat_deg", "lon_deg"} <= set(
        frame.columns
    )
    assert frame["cost_eur_yr"].sum() == pytest.approx(tiny_plan.totals["cost_eur_yr"])
    assert frame["cost_eur_yr"].isna().sum() == len(frame) - len(tiny_plan.chosen)
    assert frame.loc["fr-lyon", "lat_deg"] == 45.75
    assert frame["selected"].dtype == bool


def test_units_lie_beside_the_table(tiny_plan: Plan, tmp_path: Path) -> None:
    path = export_plan(tiny_plan, tmp_path / "sites.csv")
    about = json.loads((tmp_path / "sites.csv-metadata.json").read_text(encoding="utf-8"))
    assert about["@context"] == "http://www.w3.org/ns/csvw"
    assert about["url"] == path.name
    columns = {column["name"]: column for column in about["tableSchema"]["columns"]}
    assert list(columns) == list(pd.read_csv(path).columns)
    assert columns["it_mw"]["schema:unitText"] == "MW"
    assert columns["it_mw"]["datatype"] == "number"
    assert columns["modules"]["datatype"] == "integer"
    assert about["dc:source"][0]["licence"]
    assert about["dc:provenance"]["world_sha256"] == tiny_plan.record["inputs"]["world_sha256"]


def test_the_archive_holds_every_table_with_its_columns_described(tiny_plan: Plan, tmp_path: Path) -> None:
    path = export_plan(tiny_plan, tmp_path / "all.zip")
    with zipfile.ZipFile(path) as archive:
        about = json.loads(archive.read("csv-metadata.json"))
        tables = {t["url"]: t for t in about["tables"]}
        assert set(archive.namelist()) == {*tables, "csv-metadata.json"}
        for name, table in tables.items():
            frame = pd.read_csv(io.BytesIO(archive.read(name)))
            assert list(frame.columns) == [column["name"] for column in table["tableSchema"]["columns"]]
        hours = pd.read_csv(io.BytesIO(archive.read("hourly.csv")))
        numbers = pd.read_csv(io.BytesIO(archive.read("assumptions.csv")))
        sources = pd.read_csv(io.BytesIO(archive.read("sources.csv")))
    assert len(hours) == len(tiny_plan.hourly)
    assert hours["load_mw"].sum() == pytest.approx(tiny_plan.hourly["load_mw"].sum())
    assert set(numbers["source"]) <= set(sources["source"])
    again = export_plan(tiny_plan, tmp_path / "again.ZIP")
    assert again.read_bytes() == path.read_bytes()

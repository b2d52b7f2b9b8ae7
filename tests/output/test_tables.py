"""Exports of a finished plan."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from siting.errors import InputError
from siting.output.gis import sites_geojson
from siting.output.tables import export_plan
from siting.plan.plan import Plan


def test_csv_has_one_row_a_candidate_and_units_in_its_names(tiny_plan: Plan, tmp_path: Path) -> None:
    frame = pd.read_csv(export_plan(tiny_plan, "csv", tmp_path / "sites.csv")).set_index("site")
    assert list(frame.index) == list(tiny_plan.sites.index)
    assert {"it_mw", "cost_eur_yr", "carbon_g_kwh", "supply_mwh_grid", "lat_deg", "lon_deg"} <= set(
        frame.columns
    )
    assert frame["cost_eur_yr"].sum() == pytest.approx(tiny_plan.totals["cost_eur_yr"])
    assert frame["cost_eur_yr"].isna().sum() == len(frame) - len(tiny_plan.chosen)
    assert frame.loc["fr-lyon", "lat_deg"] == 45.75


def test_a_folder_is_exported_as_its_plan(tiny_plan: Plan, tmp_path: Path) -> None:
    out = tiny_plan.save(tmp_path / "out")
    assert export_plan(out, "geojson", tmp_path / "a.geojson").read_bytes() == sites_geojson(tiny_plan)
    once = export_plan(out, "csv", tmp_path / "a.csv").read_bytes()
    assert once == export_plan(tiny_plan, "csv", tmp_path / "b.csv").read_bytes()


def test_what_cannot_be_exported_says_why(tiny_plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not available yet; have: csv, geojson"):
        export_plan(tiny_plan, "gpkg", tmp_path / "a.gpkg")
    (tmp_path / "a.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="--overwrite"):
        export_plan(tiny_plan, "csv", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "mine"
    export_plan(tiny_plan, "csv", tmp_path / "a.csv", overwrite=True)
    with pytest.raises(InputError, match=r"plan\.json"):
        export_plan(tmp_path, "csv", tmp_path / "b.csv")

"""GeoJSON as RFC 7946 wants it, with units inside, and what GIS tools read from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from siting.output.gis import DECIMALS, site_rows, write_sites_geojson, write_zones_geojson
from siting.plan.plan import Plan


@pytest.fixture(scope="module")
def sites(tiny_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sites_geojson(tiny_plan, tmp_path_factory.mktemp("gis") / "sites.geojson")


@pytest.fixture(scope="module")
def zones(tiny_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_zones_geojson(tiny_plan, tmp_path_factory.mktemp("gis") / "zones.geojson")


def read(path: Path) -> dict[str, Any]:
    """Strict JSON: NaN is an error."""

    def refuse(text: str) -> None:
        raise AssertionError(text)

    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    return found


def numbers(value: Any) -> list[float]:
    return [value] if isinstance(value, float | int) else [x for part in value for x in numbers(part)]


def test_both_follow_rfc_7946(sites: Path, zones: Path) -> None:
    for path in (sites, zones):
        found = read(path)
        assert found["type"] == "FeatureCollection"
        assert "crs" not in found
        west, south, east, north = found["bbox"]
        for feature in found["features"]:
            assert set(feature) == {"type", "properties", "geometry"}
            shape = shapely.geometry.shape(feature["geometry"])
            assert west <= shape.bounds[0] and shape.bounds[2] <= east
            assert south <= shape.bounds[1] and shape.bounds[3] <= north
            assert all(x == round(x, DECIMALS) for x in numbers(feature["geometry"]["coordinates"]))


def test_exterior_rings_run_counter_clockwise(zones: Path) -> None:
    for feature in read(zones)["features"]:
        shape = shapely.geometry.shape(feature["geometry"])
        for polygon in getattr(shape, "geoms", [shape]):
            assert polygon.exterior.is_ccw


def test_every_property_has_a_unit_and_a_meaning(sites: Path, zones: Path) -> None:
    for path in (sites, zones):
        found = read(path)
        for feature in found["features"]:
            assert list(feature["properties"]) == list(found["units"]) == list(found["meaning"])
        assert all(found["meaning"].values())
    units = read(sites)["units"]
    assert units["supply_mwh_solar_ppa"] == "MWh/yr"
    assert units["store_mwh_battery"] == "MWh"


def test_chosen_sites_carry_results_and_the_others_null(sites: Path, tiny_plan: Plan) -> None:
    rows = {feature["properties"]["site"]: feature["properties"] for feature in read(sites)["features"]}
    assert list(rows) == list(tiny_plan.sites.index)
    for row in tiny_plan.record["sites"]:
        assert rows[row["site"]]["selected"] is True
        assert rows[row["site"]]["carbon_t_yr"] == pytest.approx(row["carbon_t_yr"])
    idle = rows["es-sevilla"]
    assert idle["selected"] is False
    assert idle["it_mw"] == 0
    assert idle["cost_eur_yr"] is None
    assert idle["energy_mix"] == {}


def test_energy_mix_is_nested_and_flat_and_sums_to_the_load(tiny_plan: Plan) -> None:
    for row in site_rows(tiny_plan):
        if not row["selected"]:
            continue
        for option, flows in row["energy_mix"].items():
            assert row[f"supply_mwh_{option}"] == flows["supply_mwh"]
            assert row[f"supply_mw_{option}"] == flows["supply_mw"]
        used = sum(flows["supply_mwh"] for option, flows in row["energy_mix"].items() if option != "battery")
        if "battery" not in row["energy_mix"]:  # a battery takes up more than it gives back
            assert used == pytest.approx(row["facility_mwh"])


def test_zone_totals_sum_to_the_plan(zones: Path, tiny_plan: Plan) -> None:
    rows = [feature["properties"] for feature in read(zones)["features"]]
    for name in ("sites", "it_mw", "cost_eur_yr", "capex_eur", "carbon_t_yr", "facility_mwh"):
        assert sum(row[name] for row in rows) == pytest.approx(tiny_plan.totals[name])
    empty = next(row for row in rows if row["sites"] == 0)
    assert empty["carbon_g_kwh"] is None


def test_gis_tools_read_it_with_scalar_columns(sites: Path, tiny_plan: Plan) -> None:
    frame = gpd.read_file(sites)
    assert frame.crs.to_epsg() == 4326
    assert frame["selected"].dtype == bool
    assert frame["supply_mw_grid"].dtype.kind == "f"
    assert frame["it_mw"].sum() == pytest.approx(tiny_plan.totals["it_mw"])
    assert frame.loc[frame["site"] == "se-lulea", "name"].item() == "Luleå"


def test_same_plan_same_bytes(sites: Path, tiny_plan: Plan, tmp_path: Path) -> None:
    assert tiny_plan.to_geojson(tmp_path / "again.geojson").read_bytes() == sites.read_bytes()

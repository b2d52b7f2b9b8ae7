"""Every map format holds the numbers of the plan, with units and sources, and other tools read it."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import sqlite3
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
from geojson_validator import configure_logging, validate_geometries, validate_structure

from siting.api import solve
from siting.inputs.planning import PlanningModel
from siting.output.export import export_plan
from siting.output.gis_formats import short_names
from siting.output.layers import LAYERS, sites, supply
from siting.plan.plan import Plan

EQUAL_AREA = "EPSG:3035"
RENDER = Path(__file__).with_name("render_with_qgis.py")
SYSTEM_PYTHON = "/usr/bin/python3"  # where distributions put the bindings of QGIS


@pytest.fixture(scope="module")
def plan(tiny_world: Path, tiny_question: PlanningModel, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The tiny plan in a world that also knows two links between its zones."""
    world = tmp_path_factory.mktemp("linked") / "tiny"
    shutil.copytree(tiny_world, world)
    source = pd.read_csv(world / "sources.csv")["source"].iloc[0]
    rows = [("ES", "FR", 2800, 2600), ("FR", "SE", 100, 100)]
    lines = [f"{a},{b},{ab},{ba},MW,2025,scenario,{source}," for a, b, ab, ba in rows]
    head = "zone_a,zone_b,ntc_mw_ab,ntc_mw_ba,unit,year,kind,source,note"
    (world / "links.csv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return solve(tiny_question.with_(world=str(world)))


@pytest.fixture(scope="module")
def folder(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("formats")
    for suffix in ("geojson", "gpkg", "parquet", "shp", "kml", "csv"):
        export_plan(plan, made / f"plan.{suffix}")
    export_plan(plan, made / "project.qgz")
    yield made


def read_back(folder: Path, suffix: str) -> pd.DataFrame:
    """The sites of a file under the plan's column names."""
    path = folder / f"plan.{suffix}"
    if suffix == "csv":
        return pd.read_csv(path)
    if suffix == "parquet":
        return gpd.read_parquet(path)
    frame = gpd.read_file(path, layer="sites") if suffix == "gpkg" else gpd.read_file(path)
    if suffix == "shp":
        names = pd.read_csv(folder / "plan-fields.csv").set_index("field")["name"]
        return frame.rename(columns=names)
    return frame.rename(columns={"Name": "name"}) if suffix == "kml" else frame


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "parquet", "shp", "kml", "csv"])
def test_all_formats_hold_the_same_numbers(folder: Path, plan: Plan, suffix: str) -> None:
    expected = sites(plan).frame
    frame = read_back(folder, suffix)
    assert list(frame["site"]) == list(expected["site"])
    for column in expected.columns:
        if column in {"geometry", "selected"}:
            continue
        if expected[column].dtype.kind in "fi":
            found = pd.to_numeric(frame[column])
            np.testing.assert_allclose(found, expected[column], rtol=1e-11, err_msg=f"{suffix}: {column}")
        else:
            assert [v or None for v in frame[column].fillna("")] == [
                v or None for v in expected[column].fillna("")
            ], column
    assert frame["selected"].astype(int).sum() == len(plan.chosen)
    if suffix != "csv":
        assert frame.geometry.geom_equals_exact(expected.geometry, 1e-7).all()


@pytest.mark.parametrize("layer", LAYERS)
def test_geojson_passes_an_independent_validator(plan: Plan, tmp_path: Path, layer: str) -> None:
    configure_logging(enabled=False)
    path = export_plan(plan, tmp_path / "a.geojson", layer=layer)
    found = json.loads(path.read_text(encoding="utf-8"))
    assert validate_structure(found) == {}
    assert validate_geometries(found)["invalid"] == {}
    assert found["sources"] and found["origin"]["world"] == plan.record["inputs"]["world"]
    broken = json.loads(json.dumps(found).replace('"FeatureCollection"', '"Features"'))
    assert validate_structure(broken)  # it does find what is wrong


def test_geopackage_lists_layers_tables_and_styles(folder: Path, plan: Plan) -> None:
    names = {str(name): kind for name, kind in pyogrio.list_layers(folder / "plan.gpkg")}
    assert {name: names[name].removeprefix("Multi") for name in LAYERS} == {
        "sites": "Point", "zones": "Polygon", "supply": "Point", "links": "LineString",
    }  # fmt: skip
    assert {"costs", "emissions", "sources", "layer_styles"} <= set(names)
    found = gpd.read_file(folder / "plan.gpkg", layer="supply")
    pd.testing.assert_frame_equal(
        pd.DataFrame(found.drop(columns="geometry")),
        pd.DataFrame(supply(plan).frame.drop(columns="geometry")),
        check_dtype=False,
    )
    about = pyogrio.read_info(folder / "plan.gpkg", layer="sites")
    assert about["dataset_metadata"]["world_sha256"] == plan.record["inputs"]["world_sha256"]
    assert json.loads(about["layer_metadata"]["units"])["it_mw"] == "MW"


def test_geopackage_describes_every_column_and_styles_every_layer(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "plan.gpkg")) as file:
        described = dict(
            file.execute("SELECT table_name || '.' || column_name, description FROM gpkg_data_columns")
        )
        styles = dict(file.execute("SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault"))
        valid = file.execute("PRAGMA integrity_check").fetchone()
    assert valid == ("ok",)
    assert described["sites.it_mw"] == "IT nameplate power [MW]"
    assert described["zones.price_eur_mwh"].endswith("[EUR/MWh]")
    assert set(styles) == set(LAYERS)
    for name, qml in styles.items():
        root = ET.fromstring(qml)
        used = {node.get("symbol") for node in root.iter() if node.get("symbol") is not None}
        drawn = {node.get("name") for node in root.iter("symbol")}
        assert used <= drawn, name
    categories = [c.get("value") for c in ET.fromstring(styles["sites"]).iter("category")]
    leading = set(gpd.read_file(folder / "plan.gpkg", layer="sites")["main_supply"].dropna()) - {""}
    assert set(categories) == {*leading, ""}


def test_geoparquet_is_1_1_with_units_in_its_columns(folder: Path) -> None:
    schema = pq.read_schema(folder / "plan.parquet")
    geo = json.loads(schema.metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert "bbox" in geo["columns"]["geometry"]["covering"]
    assert schema.field("it_mw").metadata[b"unit"] == b"MW"
    assert json.loads(schema.metadata[b"sources"])[0]["licence"]


def test_shapefile_names_are_short_unique_and_mapped(folder: Path) -> None:
    table = pd.read_csv(folder / "plan-fields.csv")
    assert table["field"].str.len().max() <= 10
    assert not table["field"].str.lower().duplicated().any()
    assert set(table["field"]) == set(pyogrio.read_info(folder / "plan.shp")["fields"])
    assert (folder / "plan-sources.csv").is_file()
    many = short_names([f"supply_mwh_onsite_solar_{i}" for i in range(120)])
    assert len({name.lower() for name in many.values()}) == 120
    assert max(map(len, many.values())) == 10


def test_kml_says_units_and_sources(folder: Path) -> None:
    text = (folder / "plan.kml").read_text(encoding="utf-8")
    assert "it_mw [MW]: IT nameplate power" in text
    assert "Sources: " in text


def test_project_points_beside_itself_and_knows_each_layer(folder: Path) -> None:
    with zipfile.ZipFile(folder / "project.qgz") as archive:
        (name,) = archive.namelist()
        root = ET.fromstring(archive.read(name))
    assert name == "project.qgs"
    layers = {node.findtext("id"): node for node in root.iter("maplayer")}
    tree = [node.get("id") for node in root.iter("layer-tree-layer")]
    assert list(layers) == tree
    assert all(len(str(key)) > 10 for key in layers)  # shorter ones QGIS drops
    for node in layers.values():
        source, _, layer = str(node.findtext("datasource")).partition("|layername=")
        assert source == "./project.gpkg"
        assert layer in {str(n) for n, _ in pyogrio.list_layers(folder / "project.gpkg")}
    assert root.findtext("projectCrs/spatialrefsys/authid") == EQUAL_AREA


def qgis_is_here() -> bool:
    if not Path(SYSTEM_PYTHON).is_file():
        return False
    return subprocess.run([SYSTEM_PYTHON, "-c", "import qgis.core"], capture_output=True).returncode == 0


@pytest.mark.skipif(not qgis_is_here(), reason="QGIS is not installed")
def test_qgis_opens_project_and_stored_style_and_draws(folder: Path, tmp_path: Path) -> None:
    picture = tmp_path / "map.png"
    done = subprocess.run(
        [SYSTEM_PYTHON, RENDER, folder / "project.qgz", folder / "plan.gpkg", picture],
        capture_output=True, text=True, timeout=120, env={"PATH": os.environ["PATH"], "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["read"] and found["crs"] == EQUAL_AREA
    assert {name: row["valid"] for name, row in found["layers"].items()} == dict.fromkeys(LAYERS, True)
    assert found["layers"]["sites"]["renderer"] == found["stored_style"] == "categorizedSymbol"
    assert found["alias"] == "it_mw [MW]"
    assert found["colours"] > 20  # zones, circles and labels, not an empty page
    assert picture.stat().st_size > 5000


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="GDAL's commands are not installed")
@pytest.mark.parametrize("name", ["plan.gpkg", "plan.geojson", "plan.shp", "plan.kml"])
def test_ogrinfo_opens_it(folder: Path, name: str) -> None:
    done = subprocess.run(["ogrinfo", "-ro", folder / name], capture_output=True, text=True)
    assert done.returncode == 0
    assert "successful" in done.stdout
    assert "Warning" not in done.stderr and "ERROR" not in done.stderr, done.stderr


@pytest.mark.parametrize("suffix", ["gpkg", "parquet", "shp"])
def test_another_crs_moves_the_points_and_back(plan: Plan, tmp_path: Path, suffix: str) -> None:
    path = export_plan(plan, tmp_path / f"a.{suffix}", crs=EQUAL_AREA)
    frame = gpd.read_parquet(path) if suffix == "parquet" else gpd.read_file(path, layer=0)
    assert frame.crs.to_epsg() == 3035
    assert frame.geometry.x.min() > 1e6
    back = frame.to_crs("EPSG:4326").geometry
    assert back.geom_equals_exact(sites(plan).frame.geometry, 1e-6).all()


def test_five_thousand_candidates_are_written(plan: Plan, tmp_path: Path) -> None:
    """The plan's candidates repeated under other names: every map format and the workbook take them."""
    names = [f"{s}-{i}" for i in range(833) for s in plan.sites.index]
    copies = pd.concat([plan.sites] * 833).set_axis(names).assign(selected=False)
    many = dataclasses.replace(plan, sites=pd.concat([plan.sites, copies]).rename_axis("site"))
    for name in ("a.geojson", "a.gpkg", "a.parquet", "a.shp", "a.kml", "a.csv", "a.xlsx"):
        export_plan(many, tmp_path / name)
    rows = gpd.read_file(tmp_path / "a.gpkg", layer="sites")
    assert len(rows) == len(many.sites) > 5000
    assert rows["it_mw"].sum() == pytest.approx(plan.totals["it_mw"])

"""Candidates of a user's own: every format gives the same sites, polygons become points with land, bad shapes name their row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from siting.errors import InputError
from siting.inputs.own.candidates import read_candidates, sites_table, without_excluded
from siting.inputs.own.layers import read_layer
from siting.inputs.own.spec import TableFile
from siting.inputs.world import WIDE_TABLES, find_world, read_world

COLUMNS = WIDE_TABLES["sites"]
FIELDS = {"grid_wait_yr": "grid_wait_"}


def points() -> gpd.GeoDataFrame:
    table = {
        "site": ["a", "b"],
        "grid_mw": [200.0, 150.5],
        "grid_wait_yr": [2, 3],
        "line_km": [10, 5],
        "land_ha": [40, 30],
    }
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy([4.85, 22.15], [45.75, 65.58]), crs=4326)


def square(x: float, y: float, side: float) -> shapely.Polygon:
    return shapely.box(x, y, x + side, y + side)


# about Lyon, in metres of EPSG:3035: 100 ha and 25 ha
SQUARES = [square(3_900_000, 2_530_000, 1_000), square(3_910_000, 2_530_000, 500)]


def polygons(shapes: list[Any] = SQUARES, **columns: Any) -> gpd.GeoDataFrame:
    n = len(shapes)
    table = {
        "site": list("abcdef"[:n]),
        "grid_mw": [200] * n,
        "grid_wait": [2] * n,
        "line_km": [10] * n,
        **columns,
    }
    return gpd.GeoDataFrame(table, geometry=shapes, crs=3035)


def write(layer: gpd.GeoDataFrame, path: Path) -> TableFile:
    fields = {"grid_wait_yr": "grid_wait"} if "grid_wait" in layer.columns else {}
    if path.suffix == ".parquet":
        layer.to_parquet(path)
    elif path.suffix == ".csv":
        plain = layer.assign(lon=layer.geometry.x, lat=layer.geometry.y).drop(columns="geometry")
        path.write_text("# a comment\n" + plain.to_csv(index=False), encoding="utf-8")
    elif path.suffix == ".shp":
        layer.rename(columns=FIELDS).to_file(path)
        fields = FIELDS if "grid_wait_yr" in layer.columns else fields
    else:
        layer.to_file(path)
    return TableFile(file=path.as_posix(), fields=fields)


@pytest.fixture(scope="module")
def zones(tiny_world: Path) -> gpd.GeoDataFrame:
    return read_world(tiny_world).zones


@pytest.mark.parametrize("crs", [4326, 3035, 25832, 2154])
@pytest.mark.parametrize("end", [".gpkg", ".geojson", ".shp", ".parquet"])
def test_every_format_and_reference_system_gives_the_same_sites(
    end: str, crs: int, zones: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    layer = points() if end == ".geojson" else points().to_crs(crs)
    table = sites_table(read_candidates(write(layer, tmp_path / f"my{end}")), zones, COLUMNS)
    assert list(table["site"]) == ["a", "b"] and list(table["grid_mw"]) == ["200", "150.5"]
    assert np.allclose(table["lon"].astype(float), [4.85, 22.15], atol=1e-6)
    assert np.allclose(table["lat"].astype(float), [45.75, 65.58], atol=1e-6)
    assert list(table["zone"]) == ["FR", "SE"] and list(table["country"]) == ["FR", "SE"]


def test_a_csv_in_metres(zones: gpd.GeoDataFrame, tmp_path: Path) -> None:
    spec = write(points().to_crs(3035), tmp_path / "my.csv").model_copy(update={"crs": "EPSG:3035"})
    table = sites_table(read_candidates(spec), zones, COLUMNS)
    assert np.allclose(table[["lon", "lat"]].astype(float), [[4.85, 45.75], [22.15, 65.58]])
    assert list(table.index) == [3, 4]  # row numbers of the file, under a comment and the header


def test_a_polygon_is_a_point_with_its_area(zones: gpd.GeoDataFrame, tmp_path: Path) -> None:
    table = sites_table(read_candidates(write(polygons(), tmp_path / "p.gpkg")), zones, COLUMNS)
    assert table["land_ha"].astype(float).tolist() == pytest.approx([100.0, 25.0], abs=1e-3)
    assert table["area_ha"].tolist() == table["land_ha"].tolist()
    where = gpd.GeoSeries(gpd.points_from_xy(table["lon"], table["lat"]), crs=4326).to_crs(3035)
    assert all(box.contains(p) for box, p in zip(SQUARES, where, strict=True))


def test_a_stated_land_is_kept_beside_the_area(zones: gpd.GeoDataFrame, tmp_path: Path) -> None:
    spec = write(polygons(land_ha=[60.0, np.nan]), tmp_path / "p.gpkg")
    table = sites_table(read_candidates(spec), zones, COLUMNS)
    assert table["land_ha"].astype(float).tolist() == pytest.approx([60.0, 25.0], abs=1e-3)
    assert table["area_ha"].astype(float).tolist() == pytest.approx([100.0, 25.0], abs=1e-3)


def test_a_polygon_that_crosses_itself_is_repaired(zones: gpd.GeoDataFrame, tmp_path: Path) -> None:
    x, y = 3_900_000, 2_530_000
    bow = shapely.Polygon(
        [(x, y), (x + 1000, y + 1000), (x + 1000, y), (x, y + 1000)]
    )  # two triangles of 25 ha
    spec = write(polygons([bow]), tmp_path / "p.gpkg")
    assert float(sites_table(read_candidates(spec), zones, COLUMNS)["land_ha"].iloc[0]) == pytest.approx(
        50, 1e-3
    )


def refusal(spec: TableFile, zones: gpd.GeoDataFrame) -> str:
    with pytest.raises(InputError) as error:
        sites_table(read_candidates(spec), zones, COLUMNS)
    return str(error.value)


x, y = 3_900_000, 2_530_000
FLAT = shapely.Polygon([(x, y), (x + 10, y + 10), (x, y)])


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ([SQUARES[0], shapely.LineString([(x, y), (x + 9, y)])], "p.gpkg feature 2: is a LineString"),
        ([SQUARES[0], None], "p.gpkg feature 2: has no geometry"),
        ([FLAT, SQUARES[0]], "p.gpkg feature 1: geometry is invalid"),
        ([SQUARES[0], square(0, 0, 10)], "p.gpkg feature 2: "),
        ([square(4_500_000, 2_530_000, 10)], "p.gpkg feature 1: lies in no zone's shape"),
    ],
    ids=["line", "none", "flat", "ocean", "no-zone"],
)
def test_shapes_that_are_no_site_name_their_row(
    shapes: list[Any], said: str, zones: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    assert said in refusal(write(polygons(shapes), tmp_path / "p.gpkg"), zones)


def test_degrees_that_are_metres(zones: gpd.GeoDataFrame, tmp_path: Path) -> None:
    layer = polygons().set_crs(4326, allow_override=True)
    said = refusal(write(layer, tmp_path / "p.gpkg"), zones)
    assert "p.gpkg feature 1" in said and "p.gpkg feature 2" in said and "correct the system" in said


def test_a_missing_reference_system_is_asked_for(zones: gpd.GeoDataFrame, tmp_path: Path) -> None:
    spec = write(polygons(), tmp_path / "p.shp")
    (tmp_path / "p.prj").unlink()
    assert (
        "p.shp: states no coordinate reference system; add the .prj file, or state `crs: EPSG:...`"
        in refusal(spec, zones)
    )
    told = spec.model_copy(update={"crs": "EPSG:3035"})
    assert float(sites_table(read_candidates(told), zones, COLUMNS)["land_ha"].iloc[0]) == pytest.approx(
        100, 1e-4
    )
    wrong = spec.model_copy(update={"crs": "EPSG:none"})
    assert "crs 'EPSG:none' is no reference system" in refusal(wrong, zones)


def test_a_stated_system_does_not_overrule_the_file(zones: gpd.GeoDataFrame, tmp_path: Path) -> None:
    spec = write(polygons(), tmp_path / "p.gpkg").model_copy(update={"crs": "EPSG:25832"})
    assert "is in EPSG:3035, not EPSG:25832" in refusal(spec, zones)


def test_a_cut_field_name_comes_with_the_line_that_maps_it(zones: gpd.GeoDataFrame, tmp_path: Path) -> None:
    spec = write(points(), tmp_path / "p.shp").model_copy(update={"fields": {}})
    assert "state `fields: {grid_wait_yr: grid_wait_}`" in refusal(spec, zones)


def test_a_ramp_comes_with_its_name_mapped(zones: gpd.GeoDataFrame, tiny_world: Path, tmp_path: Path) -> None:
    """A shapefile cuts the name of the ramp, which is refused rather than left out; another format needs no word."""
    layer = points().assign(grid_ramp_mw_yr=[20.0, np.nan])
    layer.rename(columns={**FIELDS, "grid_ramp_mw_yr": "grid_ramp_"}).to_file(tmp_path / "p.shp")
    spec = TableFile(file=(tmp_path / "p.shp").as_posix(), fields=FIELDS)
    assert "state `fields: {grid_ramp_mw_yr: grid_ramp_}`" in refusal(spec, zones)
    (tmp_path / "sites.yaml").write_text(
        "file: p.shp\nfields: {grid_wait_yr: grid_wait_, grid_ramp_mw_yr: grid_ramp_}\n", encoding="utf-8"
    )
    layer.to_file(tmp_path / "p.gpkg")
    for file in ("sites.yaml", "p.gpkg"):
        world = read_world(find_world(tiny_world.as_posix(), (tmp_path / file).as_posix()))
        assert world.sites["grid_ramp_mw_yr"].fillna(0.0).to_dict() == {"a": 20.0, "b": 0.0}


def test_missing_columns_are_listed(zones: gpd.GeoDataFrame, tmp_path: Path) -> None:
    spec = write(points().drop(columns=["line_km", "land_ha"]), tmp_path / "p.gpkg")
    said = refusal(spec, zones)
    assert "column line_km is missing" in said and "column land_ha is missing" in said


def test_a_geopackage_of_two_layers(tmp_path: Path) -> None:
    path = tmp_path / "two.gpkg"
    points().to_file(path, layer="one")
    polygons().to_file(path, layer="two")
    with pytest.raises(InputError, match="holds several layers; state `layer:`, one of one, two"):
        read_layer(path)
    assert len(read_layer(path, "two").frame) == 2
    with pytest.raises(InputError, match="has no layer 'tow'; did you mean two"):
        read_layer(path, "tow")


@pytest.mark.parametrize("name", ["no.shp", "x.xlsx", "x.gpkg", "x.parquet", "x.csv"])
def test_unreadable_files(name: str, tmp_path: Path) -> None:
    if name.startswith("x"):
        (tmp_path / name).write_bytes(b"\xff\x00nothing")
    with pytest.raises(InputError, match=name):
        read_layer(tmp_path / name)


def test_land_after_exclusion_in_the_world(tiny_world: Path, tmp_path: Path) -> None:
    """`sites: {exclude: ...}` of a .yaml: half of the first square is protected."""
    write(polygons(), tmp_path / "p.gpkg")
    half = gpd.GeoDataFrame(geometry=[shapely.box(x, y, x + 500, y + 1000)], crs=3035)
    half.to_file(tmp_path / "park.gpkg")
    (tmp_path / "sites.yaml").write_text(
        "file: p.gpkg\nfields: {grid_wait_yr: grid_wait}\nexclude: {layers: [park.gpkg], buffer_km: 0}\n",
        encoding="utf-8",
    )
    world = read_world(find_world(tiny_world.as_posix(), (tmp_path / "sites.yaml").as_posix()))
    assert world.sites["land_ha"].tolist() == pytest.approx([50.0, 25.0], abs=1e-3)


def test_stated_land_shrinks_in_proportion(tmp_path: Path) -> None:
    layer = read_candidates(write(polygons(land_ha=[60.0, 10.0]), tmp_path / "p.gpkg"))
    gpd.GeoDataFrame(geometry=[shapely.box(x, y, x + 250, y + 1000)], crs=3035).to_file(
        tmp_path / "park.gpkg"
    )
    left, _ = without_excluded(layer, (tmp_path / "park.gpkg",), 0.0)
    assert left.frame["land_ha"].astype(float).tolist() == pytest.approx([45.0, 10.0], abs=1e-3)

"""Exclusion layers take exactly what a hand-made overlay takes, from points and from polygons (must show 4)."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from siting.cli import app
from siting.inputs.own.areas import subtract
from siting.inputs.world import find_world, read_world

EAST, NORTH = 3_900_000, 2_530_000  # about Lyon, EPSG:3035


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(app, ["data", "exclude", *(str(arg) for arg in args)])


def layer(folder: Path, name: str, shapes: list[shapely.Geometry], crs: int = 3035) -> Path:
    path = folder / name
    gpd.GeoDataFrame(geometry=shapes, crs=3035).to_crs(crs).to_file(path)
    return path


def by_hand(sites: gpd.GeoDataFrame, layers: list[Path], buffer_m: float) -> gpd.GeoDataFrame:
    """The overlay a GIS user makes: buffer, dissolve, difference, all in EPSG:3035; its column ha is what is left."""
    parts = [gpd.read_file(path).to_crs(3035).buffer(buffer_m) for path in layers]
    area = gpd.GeoDataFrame(geometry=pd.concat(parts), crs=3035).dissolve()
    left = gpd.overlay(sites.to_crs(3035), area, how="difference", keep_geom_type=True)
    return left.assign(ha=left.area / 1e4)


def parks(seed: int, n: int = 12) -> list[shapely.Geometry]:
    """Convex areas and discs about Lyon, some of them overlapping."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        x, y = np.add(rng.uniform(-9e3, 9e3, 2), (EAST, NORTH))
        cloud = shapely.MultiPoint(np.add(rng.normal(0, 2e3, (7, 2)), (x, y)))
        found.append(cloud.convex_hull if rng.random() < 0.5 else shapely.Point(x, y).buffer(1.5e3))
    return found


def fields(n: int, seed: int) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    corners = np.add(rng.uniform(-10e3, 10e3, (n, 2)), (EAST, NORTH))
    sizes = rng.uniform(200, 2_000, (n, 2))
    boxes = [shapely.box(a, b, a + w, b + h) for (a, b), (w, h) in zip(corners, sizes, strict=True)]
    columns = {"site": [f"field-{i}" for i in range(n)], "grid_mw": 200, "line_km": 10, "grid_wait_yr": 2}
    return gpd.GeoDataFrame(columns, geometry=boxes, crs=3035)


@pytest.mark.parametrize("buffer_km", [0, 0.7])
def test_polygons_lose_what_a_hand_made_overlay_takes(buffer_km: float, tmp_path: Path) -> None:
    sites = fields(60, 1).to_crs(25832)  # a reference system of its own
    sites.to_file(tmp_path / "fields.gpkg")
    layers = [layer(tmp_path, "a.gpkg", parks(2)), layer(tmp_path, "b.geojson", parks(3), 4326)]
    out = tmp_path / "left.geojson"
    args = ["--layer", layers[0], "--layer", layers[1], "--buffer-km", str(buffer_km), "--json"]
    done = run(*args, "--sites", tmp_path / "fields.gpkg", "-o", out)
    assert done.exit_code == 0, done.output
    expected = by_hand(sites, layers, buffer_km * 1e3).set_index("site")["ha"]
    table = pd.DataFrame(json.loads(done.stdout)).set_index("site")
    assert 0 < len(expected) < len(sites), "the case drops nothing, or everything"
    assert set(table.index[table["dropped"]]) == set(sites["site"]) - set(expected.index)
    assert table["left_ha"].loc[expected.index].to_numpy() == pytest.approx(
        expected.to_numpy(), rel=1e-5, abs=1e-4
    )
    written = gpd.read_file(out).set_index("site")
    assert list(written.index) == list(expected.index)
    assert (written.to_crs(3035).area / 1e4).to_numpy() == pytest.approx(
        expected.to_numpy(), rel=1e-5, abs=1e-4
    )


def test_points_within_the_buffer_go_and_no_other(tmp_path: Path) -> None:
    """Of the sites of the bundled world: those a spatial join puts into the widened layer."""
    world = read_world(find_world("eu27"))
    middle = world.sites.to_crs(3035).geometry.iloc[[3, 40, 80]].buffer(60_000).tolist()
    path = layer(tmp_path, "protected.gpkg", middle)
    out = tmp_path / "left.geojson"
    done = run("--layer", path, "--buffer-km", "2", "--world", "eu27", "-o", out)
    assert done.exit_code == 0, done.output
    widened = gpd.GeoDataFrame(geometry=gpd.read_file(path).buffer(2_000), crs=3035)
    inside = set(gpd.sjoin(world.sites.to_crs(3035), widened, predicate="within").index)
    left = gpd.read_file(out)
    assert set(left["site"]) == set(world.sites.index) - inside and len(inside) >= 3
    assert f"{len(inside)} of {len(world.sites)} candidates dropped; {len(left)} left" in done.stdout
    again = read_world(find_world("eu27", out.as_posix()))
    kept = world.sites.loc[again.sites.index]
    for column in ("grid_mw", "land_ha", "line_km", "grid_wait_yr", "lat", "lon"):
        assert np.allclose(again.sites[column], kept[column], equal_nan=True), column


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_area_is_lost_or_made(seed: int) -> None:
    """What is left and what was taken add up, and nothing left lies in the excluded area."""
    shapes = fields(8, seed).to_crs(4326).geometry
    area = shapely.union_all(parks(seed, 5))
    got = subtract(shapes, area)
    rows = got.table
    assert (rows["before_ha"] - rows["excluded_ha"] - rows["left_ha"]).abs().max() < 1e-9
    taken = shapes.to_crs(3035).intersection(area).area / 1e4
    assert np.allclose(rows["excluded_ha"], taken, atol=2e-4)  # a sliver below 1 m2 counts as taken
    overlap = got.left.to_crs(3035).intersection(area).area / 1e4
    assert (
        overlap.max() < 1e-3 if len(overlap) else True
    )  # there and back to degrees: a tenth of a millimetre


def test_a_line_needs_a_buffer(tmp_path: Path) -> None:
    path = layer(tmp_path, "power.gpkg", [shapely.LineString([(EAST, NORTH), (EAST + 9, NORTH)])])
    done = run("--layer", path, "-o", tmp_path / "left.geojson")
    assert (
        done.exit_code == 2
        and "power.gpkg feature 1: is a LineString" in done.output
        and "buffer" in done.output
    )
    assert not (tmp_path / "left.geojson").exists()


def test_problems_of_all_layers_at_once(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("a\n1\n", encoding="utf-8")
    done = run("--layer", tmp_path / "a.gpkg", "--layer", tmp_path / "b.csv", "-o", tmp_path / "left.geojson")
    assert (
        done.exit_code == 2
        and "a.gpkg: no such file" in done.output
        and "b.csv: holds no shapes" in done.output
    )


def test_outputs_are_not_overwritten_and_not_of_another_format(tmp_path: Path) -> None:
    path = layer(tmp_path, "a.gpkg", parks(1))
    (tmp_path / "left.geojson").write_text("mine", encoding="utf-8")
    assert "--overwrite" in run("--layer", path, "-o", tmp_path / "left.geojson").output
    assert (tmp_path / "left.geojson").read_text(encoding="utf-8") == "mine"
    assert "GeoJSON" in run("--layer", path, "-o", tmp_path / "left.shp").output


def test_a_layer_over_everything(tmp_path: Path) -> None:
    path = layer(tmp_path, "all.gpkg", [shapely.box(0, 0, 9e6, 9e6)])
    done = run("--layer", path, "-o", tmp_path / "left.geojson")
    assert done.exit_code == 2 and "leave no candidate" in done.output

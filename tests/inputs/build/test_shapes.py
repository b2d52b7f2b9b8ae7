"""Zone shapes from TopoJSON: arcs joined, borders shared, far islands left out, clear errors."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest

from siting.errors import InputError
from siting.inputs.build.raw import WHEELS
from siting.inputs.build.shapes import ARCHIVE, MEMBER, POLYGON, build_shapes

BORDER = [[100, 480], [0, 10]]  # delta-coded, tenths of a degree: from (10, 48) one degree north
WEST = [[100, 490], [-10, 0], [0, -10], [10, 0]]  # from the border's end round the west and back
EAST = [[100, 480], [10, 0], [0, 10], [-10, 0]]  # from the border's start round the east to its end
ISLAND = [[-500, 40], [10, 0], [0, 10], [-10, 0], [0, -10]]


def topology(west_code: str) -> dict[str, Any]:
    west = {"type": "MultiPolygon", "id": west_code, "arcs": [[[0, 1]], [[3]]]}
    east = {"type": "Polygon", "id": "040", "arcs": [[2, ~0]]}
    return {
        "transform": {"scale": [0.1, 0.1], "translate": [0, 0]},
        "objects": {"countries": {"geometries": [west, east]}},
        "arcs": [BORDER, WEST, EAST, ISLAND],
    }


def folders(tmp_path: Path, zones: str, west_code: str = "276") -> tuple[Path, Path]:
    raw, world = tmp_path / "raw", tmp_path / "world"
    raw.mkdir()
    world.mkdir()
    (world / "zones.csv").write_text(zones, encoding="utf-8")
    content = json.dumps(topology(west_code)).encode()
    with tarfile.open(raw / ARCHIVE, "w:gz") as archive:
        entry = tarfile.TarInfo(MEMBER)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return raw, world


def test_two_neighbours_share_a_border_and_the_far_island_is_left_out(tmp_path: Path) -> None:
    raw, world = folders(tmp_path, "zone,country,name\nDE,DE,Germany\nAT,AT,Austria\n")
    build_shapes(raw, world)
    shapes = gpd.read_file(world / "zones.geojson").set_index("zone").geometry
    assert shapes["DE"].bounds == (9, 48, 10, 49)
    assert shapes["AT"].bounds == (10, 48, 11, 49)
    assert shapes["DE"].intersection(shapes["AT"]).length == pytest.approx(1)
    assert shapes["DE"].intersection(shapes["AT"]).area == 0


def polygon(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    return {"type": "FeatureCollection", "features": [feature]}


def split_world(tmp_path: Path, polygons: dict[str, dict[str, Any]]) -> tuple[Path, Path]:
    """Denmark is the square from (9, 48) to (10, 49), cut by the polygons of a made-up wheel."""
    raw, world = folders(tmp_path, "zone,country,name\nDK1,DK,West\nDK2,DK,East\n", west_code="208")
    with zipfile.ZipFile(raw / WHEELS["entsoe-py"][1], "w") as wheel:
        for name, content in polygons.items():
            wheel.writestr(POLYGON.format(name), json.dumps(content))
    return raw, world


def shapes_of(raw: Path, world: Path) -> gpd.GeoSeries:
    build_shapes(raw, world)
    return gpd.read_file(world / "zones.geojson").set_index("zone").geometry


def test_a_country_is_cut_along_its_bidding_zones(tmp_path: Path) -> None:
    polygons = {"DK_1": polygon(9, 48, 9.25, 49), "DK_2": polygon(9.25, 48, 10, 49)}
    shapes = shapes_of(*split_world(tmp_path, polygons))
    assert shapes["DK1"].bounds == (9, 48, 9.25, 49)
    assert shapes["DK2"].bounds == (9.25, 48, 10, 49)


def test_land_outside_the_polygons_goes_to_the_nearest_and_overlaps_to_the_first(tmp_path: Path) -> None:
    """The polygons miss 0.1 degrees all round and overlap from 9.5 to 9.6; nothing is lost or given twice."""
    polygons = {"DK_1": polygon(9.1, 48.1, 9.6, 48.9), "DK_2": polygon(9.5, 48.1, 9.9, 48.9)}
    shapes = shapes_of(*split_world(tmp_path, polygons))
    assert shapes["DK1"].intersection(shapes["DK2"]).area == pytest.approx(0, abs=1e-9)
    assert shapes.union_all().area == pytest.approx(1)
    assert shapes["DK1"].area == pytest.approx(0.6, abs=0.01)
    assert shapes["DK1"].bounds[0] == 9 and shapes["DK2"].bounds[2] == 10


def test_several_zones_need_the_wheel_and_polygons(tmp_path: Path) -> None:
    raw, world = folders(tmp_path, "zone,country,name\nDK1,DK,West\nDK2,DK,East\n", west_code="208")
    with pytest.raises(InputError, match=r"pip download .*entsoe-py==0\.8\.1"):
        build_shapes(raw, world)
    (world / "zones.csv").write_text("zone,country,name\nDK1,DK,West\nDKX,DK,East\n", encoding="utf-8")
    with pytest.raises(InputError, match="zone DKX is not in BIDDING_ZONES"):
        build_shapes(raw, world)


def test_a_zone_without_land_is_named(tmp_path: Path) -> None:
    polygons = {"DK_1": polygon(9, 48, 10, 49), "DK_2": polygon(20, 48, 21, 49)}
    with pytest.raises(InputError, match="zone 'DK2' has no land"):
        build_shapes(*split_world(tmp_path, polygons))


def test_building_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    raw, world = folders(tmp_path, "zone,country,name\nDE,DE,Germany\n")
    build_shapes(raw, world)
    first = (world / "zones.geojson").read_bytes()
    build_shapes(raw, world)
    assert (world / "zones.geojson").read_bytes() == first


def test_a_missing_archive_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"npm pack world-atlas@2\.0\.2"):
        build_shapes(tmp_path, tmp_path)


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / ARCHIVE).write_bytes(b"no archive")
    with pytest.raises(InputError, match="unreadable"):
        build_shapes(tmp_path, tmp_path)


def test_an_unknown_country_is_named(tmp_path: Path) -> None:
    raw, world = folders(tmp_path, "zone,country,name\nXX,XX,Nowhere\n")
    with pytest.raises(InputError, match="XX"):
        build_shapes(raw, world)


def test_a_country_without_a_shape_is_named(tmp_path: Path) -> None:
    raw, world = folders(tmp_path, "zone,country,name\nFR,FR,France\n")
    with pytest.raises(InputError, match="FR"):
        build_shapes(raw, world)

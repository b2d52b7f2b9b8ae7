"""Zone shapes from TopoJSON: arcs joined, borders shared, far islands left out, clear errors."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest

from siting.errors import InputError
from siting.inputs.build.shapes import ARCHIVE, MEMBER, build_shapes

BORDER = [[100, 480], [0, 10]]  # delta-coded, tenths of a degree: from (10, 48) one degree north
WEST = [[100, 490], [-10, 0], [0, -10], [10, 0]]  # from the border's end round the west and back
EAST = [[100, 480], [10, 0], [0, 10], [-10, 0]]  # from the border's start round the east to its end
ISLAND = [[-500, 40], [10, 0], [0, 10], [-10, 0], [0, -10]]


def topology() -> dict[str, Any]:
    west = {"type": "MultiPolygon", "id": "276", "arcs": [[[0, 1]], [[3]]]}
    east = {"type": "Polygon", "id": "040", "arcs": [[2, ~0]]}
    return {
        "transform": {"scale": [0.1, 0.1], "translate": [0, 0]},
        "objects": {"countries": {"geometries": [west, east]}},
        "arcs": [BORDER, WEST, EAST, ISLAND],
    }


def folders(tmp_path: Path, zones: str) -> tuple[Path, Path]:
    raw, world = tmp_path / "raw", tmp_path / "world"
    raw.mkdir()
    world.mkdir()
    (world / "zones.csv").write_text(zones, encoding="utf-8")
    content = json.dumps(topology()).encode()
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

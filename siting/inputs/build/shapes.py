"""Natural Earth countries (world-atlas), cut along bidding zones (entsoe-py) -> `zones.geojson`."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import Voronoi
from shapely import STRtree, get_coordinates, make_valid, points, set_precision, transform
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient
from shapely.ops import unary_union

from siting.errors import InputError
from siting.inputs.build.raw import Raw

ARCHIVE = "world-atlas-2.0.2.tgz"
COMMAND = "npm pack world-atlas@2.0.2"
MEMBER = "package/countries-10m.json"
PROPERTIES = ("zone", "country", "name")
MAINLAND = (-12.0, 34.0, 35.0, 72.0)  # lon, lat; islands farther out are other power systems than the zone
SIMPLIFY_DEG = 0.01  # about 1 km; arc by arc, so that neighbours keep one common border
DECIMALS = 4  # 0.0001 degree is about 10 m, finer than the simplification
NATURAL_EARTH = {
    "AT": "040", "BE": "056", "BG": "100", "CY": "196", "CZ": "203", "DE": "276", "DK": "208",
    "EE": "233", "ES": "724", "FI": "246", "FR": "250", "GR": "300", "HR": "191", "HU": "348",
    "IE": "372", "IT": "380", "LT": "440", "LU": "442", "LV": "428", "MT": "470", "NL": "528",
    "PL": "616", "PT": "620", "RO": "642", "SE": "752", "SI": "705", "SK": "703",
}  # fmt: skip
# Polygons of entsoe-py 0.8.1 (MIT). Borders inside Italy as since 2021 (Umbria is Centre-South), as prices and
# carbon are of 2023 and later; South holds Calabria, for whose own zone no carbon level is published.
BIDDING_ZONES = {
    "DK1": ("DK_1",), "DK2": ("DK_2",),
    "IT-NO": ("IT_NORD",), "IT-CNO": ("IT_CNOR",), "IT-CSO": ("IT_CSUD",), "IT-SO": ("IT_SUD", "IT_CALA"),
    "IT-SIC": ("IT_SICI",), "IT-SAR": ("IT_SARD",),
    "SE1": ("SE_1",), "SE2": ("SE_2",), "SE3": ("SE_3",), "SE4": ("SE_4",),
}  # fmt: skip
POLYGON = "entsoe/geo/geojson/{}.geojson"
COAST_STEP_DEG = 0.05  # about 5 km between the coast points that decide to which zone an island belongs

Ring = list[tuple[float, float]]


def build_shapes(raw: Path, world: Path) -> None:
    """Write `world/zones.geojson` (RFC 7946, WGS 84), one feature a row of `world/zones.csv`.

    `raw` holds the npm archive `world-atlas-2.0.2.tgz` (Natural Earth 1:10m, public domain) and, if a country
    has several zones, the wheel of entsoe-py 0.8.1 (bidding zones, MIT). The country gives coast and borders,
    the wheel only where to cut it. Raises InputError that names the file and the command to fetch it, the
    country that has no shape, or the zone that has no polygon.
    """
    topology = _topology(raw)
    zones = pd.read_csv(world / "zones.csv", dtype=str, keep_default_na=False)
    _refuse_unknown(zones)
    arcs = [_arc(deltas, topology["transform"]) for deltas in topology["arcs"]]
    by_code = {g.get("id"): g for g in topology["objects"]["countries"]["geometries"]}
    geometries: dict[str, BaseGeometry] = {}
    for country, own in zones.groupby("country")["zone"]:
        whole = _country(str(country), by_code.get(NATURAL_EARTH[str(country)]), arcs)
        geometries |= _cut(whole, list(own), raw) if len(own) > 1 else {own.iloc[0]: whole}
    rows = [dict(zip(PROPERTIES, row, strict=True)) for row in zones[list(PROPERTIES)].to_numpy().tolist()]
    features = [
        {
            "type": "Feature",
            "properties": row,
            "geometry": mapping(_tidy(row["zone"], geometries[row["zone"]])),
        }
        for row in rows
    ]
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in features)
    text = f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'
    (world / "zones.geojson").write_text(text, encoding="utf-8")


def _refuse_unknown(zones: pd.DataFrame) -> None:
    unknown = sorted(set(zones["country"]) - set(NATURAL_EARTH))
    if unknown:
        raise InputError(f"zones.csv: country {', '.join(unknown)} is not in NATURAL_EARTH; add its code")
    parts = zones.loc[zones["country"].duplicated(keep=False), "zone"]
    unknown = sorted(set(parts) - set(BIDDING_ZONES))
    if unknown:
        raise InputError(f"zones.csv: zone {', '.join(unknown)} is not in BIDDING_ZONES; add its polygons")


def _cut(country: BaseGeometry, zones: list[str], raw: Path) -> dict[str, BaseGeometry]:
    """A country cut into zones along their polygons, without gap or overlap.

    Land outside every polygon (coasts drawn otherwise, islands left out) goes to the zone whose coast is
    nearest: each zone's territory is its polygon and the Voronoi cells of its coast points.
    """
    wheel = Raw(raw, ("entsoe-py",))
    polygons = {zone: _polygon(wheel, zone) for zone in zones}
    taken: BaseGeometry = Polygon()
    for zone in zones:  # where two polygons overlap, the first zone of the table keeps the land
        polygons[zone] = polygons[zone].difference(taken)
        taken = taken.union(polygons[zone])
    cells = _nearest_coast(polygons, taken, country)
    return {
        zone: country.intersection(polygon.union(cells[zone].difference(taken)))
        for zone, polygon in polygons.items()
    }


def _polygon(wheel: Raw, zone: str) -> BaseGeometry:
    members = [json.loads(wheel.read("entsoe-py", POLYGON.format(name))) for name in BIDDING_ZONES[zone]]
    return unary_union([make_valid(shape(f["geometry"])) for m in members for f in m["features"]])


def _nearest_coast(
    polygons: dict[str, BaseGeometry], taken: BaseGeometry, country: BaseGeometry
) -> dict[str, BaseGeometry]:
    """By zone: the part of the plane, round the country, whose nearest point of the outer boundary is that zone's.

    Cells are Voronoi's, from Qhull, as the points lie on straight lines where other ways lose their footing.
    """
    coast = np.unique(get_coordinates(taken.boundary.segmentize(COAST_STEP_DEG)), axis=0)
    zones = list(polygons)
    owner = STRtree([polygons[z] for z in zones]).nearest(points(coast))
    west, south, east, north = unary_union([taken, country]).bounds
    far = 10 * max(east - west, north - south)  # so far out that every cell of the coast is closed
    corners = [(x, y) for x in (west - far, east + far) for y in (south - far, north + far)]
    diagram = Voronoi(np.vstack([coast, corners]))
    regions = [diagram.regions[i] for i in diagram.point_region[: len(coast)]]
    cells = np.array([MultiPoint(diagram.vertices[region]).convex_hull for region in regions])
    return {zone: unary_union(cells[owner == i]) for i, zone in enumerate(zones)}


def _topology(raw: Path) -> dict[str, Any]:
    path = raw / ARCHIVE
    if not path.is_file():
        raise InputError(f"{path}: no such file; fetch it with `{COMMAND}` in that folder")
    try:
        with tarfile.open(path) as archive:
            member = archive.extractfile(MEMBER)
            topology: dict[str, Any] = json.load(member) if member else {}
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise InputError(f"{path}: {MEMBER} unreadable ({error}); fetch it again with `{COMMAND}`") from None
    return topology


def _arc(deltas: list[list[int]], grid: dict[str, list[float]]) -> Ring:
    """One TopoJSON arc: delta-encoded integers to simplified longitude and latitude."""
    (scale_x, scale_y), (shift_x, shift_y) = grid["scale"], grid["translate"]
    x = y = 0
    points: Ring = []
    for dx, dy, *_ in deltas:
        x, y = x + dx, y + dy
        points.append((x * scale_x + shift_x, y * scale_y + shift_y))
    return [(px, py) for px, py in LineString(points).simplify(SIMPLIFY_DEG).coords]


def _ring(indices: list[int], arcs: list[Ring]) -> Ring:
    """Join arcs to a ring: index ~i is arc i backwards, and each arc starts where the last one ended."""
    ring: Ring = []
    for i in indices:
        points = arcs[i] if i >= 0 else arcs[~i][::-1]
        ring += points[1:] if ring else points
    return ring


def _polygons(geometry: dict[str, Any], arcs: list[Ring]) -> list[Polygon]:
    parts = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    rings = [[_ring(indices, arcs) for indices in part] for part in parts]
    return [Polygon(outer, holes) for outer, *holes in rings if len(outer) > 3]


def _country(country: str, geometry: dict[str, Any] | None, arcs: list[Ring]) -> BaseGeometry:
    kept = [p for p in _polygons(geometry, arcs) if _on_mainland(p)] if geometry else []
    if not kept:
        raise InputError(f"zones.csv: country '{country}' has no shape inside {MAINLAND}; widen the box")
    return unary_union([make_valid(p) for p in kept])


def _on_mainland(polygon: Polygon) -> bool:
    west, south, east, north = MAINLAND
    centre = polygon.centroid
    return bool(west <= centre.x <= east and south <= centre.y <= north)


def _tidy(zone: str, geometry: BaseGeometry) -> MultiPolygon:
    """Valid, on the grid of DECIMALS, largest part first, outer rings anticlockwise (RFC 7946)."""
    whole = set_precision(geometry, 10.0**-DECIMALS)
    parts = [g for g in getattr(whole, "geoms", [whole]) if isinstance(g, Polygon) and not g.is_empty]
    if not parts:
        raise InputError(f"zones.csv: zone '{zone}' has no land in its country's shape; correct its polygons")
    ordered = sorted(parts, key=lambda p: (-p.area, p.bounds))
    return transform(MultiPolygon([orient(p, sign=1.0) for p in ordered]), lambda xy: xy.round(DECIMALS))

"""Natural Earth countries (TopoJSON of world-atlas, public domain) -> a world's `zones.geojson`."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pandas as pd
from shapely import make_valid, set_precision, transform
from shapely.geometry import LineString, MultiPolygon, Polygon, mapping
from shapely.geometry.polygon import orient
from shapely.ops import unary_union

from siting.errors import InputError

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

Ring = list[tuple[float, float]]


def build_shapes(raw: Path, world: Path) -> None:
    """Write `world/zones.geojson` (RFC 7946, WGS 84), one feature a row of `world/zones.csv`.

    `raw` holds the npm archive `world-atlas-2.0.2.tgz` (Natural Earth 1:10m, public domain). Raises
    InputError that names the file and the command to fetch it, or the country that has no shape.
    """
    topology = _topology(raw)
    zones = pd.read_csv(world / "zones.csv", dtype=str, keep_default_na=False)
    unknown = sorted(set(zones["country"]) - set(NATURAL_EARTH))
    if unknown:
        raise InputError(f"zones.csv: country {', '.join(unknown)} is not in NATURAL_EARTH; add its code")
    arcs = [_arc(points, topology["transform"]) for points in topology["arcs"]]
    by_code = {g.get("id"): g for g in topology["objects"]["countries"]["geometries"]}
    values = zones[list(PROPERTIES)].to_numpy().tolist()
    rows = [dict(zip(PROPERTIES, row, strict=True)) for row in values]
    features = [_feature(row, by_code.get(NATURAL_EARTH[row["country"]]), arcs) for row in rows]
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in features)
    text = f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'
    (world / "zones.geojson").write_text(text, encoding="utf-8")


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


def _feature(row: dict[str, str], geometry: dict[str, Any] | None, arcs: list[Ring]) -> dict[str, Any]:
    kept = [p for p in _polygons(geometry, arcs) if _on_mainland(p)] if geometry else []
    if not kept:
        raise InputError(f"zones.csv: zone '{row['zone']}' has no shape inside {MAINLAND}; widen the box")
    return {"type": "Feature", "properties": row, "geometry": mapping(_tidy(kept))}


def _on_mainland(polygon: Polygon) -> bool:
    west, south, east, north = MAINLAND
    centre = polygon.centroid
    return bool(west <= centre.x <= east and south <= centre.y <= north)


def _tidy(polygons: list[Polygon]) -> MultiPolygon:
    """Valid, on the grid of DECIMALS, largest part first, outer rings anticlockwise (RFC 7946)."""
    whole = set_precision(unary_union([make_valid(p) for p in polygons]), 10.0**-DECIMALS)
    parts = [g for g in getattr(whole, "geoms", [whole]) if isinstance(g, Polygon)]
    ordered = sorted(parts, key=lambda p: (-p.area, p.bounds))
    return transform(MultiPolygon([orient(p, sign=1.0) for p in ordered]), lambda xy: xy.round(DECIMALS))

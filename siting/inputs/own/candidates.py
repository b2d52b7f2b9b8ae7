"""Candidate sites from a user's layer of points or polygons: the columns of sites.csv, and the areas behind the points."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from siting.errors import InputError
from siting.inputs.own.areas import AREAL, area_ha, excluded_area, subtract
from siting.inputs.own.layers import METRIC, WGS84, Layer, cut_name, missing_columns, read_layer, text_of
from siting.inputs.own.spec import TableFile
from siting.inputs.world_checks import SITE_RAMP, SITE_UNKNOWN, first_few, number_of

DEGREE_DECIMALS = 7  # a centimetre
HA_DECIMALS = 3
OWN_KIND = "own"  # kind of a site whose file names none


def read_candidates(spec: TableFile) -> Layer:
    """A layer of candidates. Raises InputError for shapes that are neither points nor polygons, by row."""
    layer = read_layer(Path(spec.file), spec.layer, spec.crs, spec.fields)
    lost = missing_columns(layer, ("site",))
    if lost:
        raise InputError(lost)
    if layer.shapes is None:
        lost = missing_columns(layer, ("lat", "lon"))
        if lost:
            raise InputError(lost)
        return layer
    single = layer.shapes.map(
        lambda g: g.geoms[0] if g.geom_type == "MultiPoint" and len(g.geoms) == 1 else g
    )
    wrong = single[~single.geom_type.isin({*AREAL, "Point"})]
    problems = [
        f"{layer.at(i)}: is a {shape.geom_type}; a candidate is a point or a polygon"
        for i, shape in zip(wrong.index, wrong, strict=True)
    ]
    if problems:
        raise InputError(first_few(problems))
    return Layer(layer.path, layer.frame, gpd.GeoSeries(single, crs=WGS84), layer.noun)


def shapes_of(layer: Layer) -> gpd.GeoSeries:
    """The candidates' shapes, or points of their lat and lon. Raises InputError for a row without both."""
    if layer.shapes is not None:
        return layer.shapes
    lon, lat = ([number_of(text) for text in layer.frame[column]] for column in ("lon", "lat"))
    problems = [
        f"{layer.at(i)}: lat '{north}', lon '{east}' are no degrees; give both"
        for i, x, y, east, north in zip(
            layer.frame.index, lon, lat, layer.frame["lon"], layer.frame["lat"], strict=True
        )
        if x is None or y is None or abs(x) > 180 or abs(y) > 90
    ]
    if problems:
        raise InputError(first_few(problems))
    return gpd.GeoSeries(gpd.points_from_xy(lon, lat), index=layer.frame.index, crs=WGS84)


def without_excluded(layer: Layer, layers: tuple[Path, ...], buffer_km: float) -> tuple[Layer, pd.DataFrame]:
    """The candidates that exclusion layers leave, and the table of what they took (`areas.Excluded`).

    A polygon's stated land_ha shrinks in proportion to its area: what is stated is taken to lie evenly over it.
    """
    shapes = shapes_of(layer)
    excluded = subtract(shapes, excluded_area(layers, buffer_km))
    frame = layer.frame.loc[excluded.left.index].copy()
    if "land_ha" in frame.columns:
        kept = (excluded.table["left_ha"] / excluded.table["before_ha"]).loc[frame.index]
        frame["land_ha"] = [
            text if number is None or not share < 1 else text_of(round(number * share, HA_DECIMALS))
            for text, number, share in zip(
                frame["land_ha"], map(number_of, frame["land_ha"]), kept, strict=True
            )
        ]
    left = excluded.left if layer.shapes is not None else None
    return Layer(layer.path, frame, left, layer.noun), excluded.table


def sites_table(layer: Layer, zones: gpd.GeoDataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Rows of sites.csv as text, indexed like the layer.

    A polygon's point is its representative point, its land its area if no land_ha is given; its area stays as area_ha.
    Zone and country follow from the place where the file has no such column; what may be unknown may be left out.
    Raises InputError naming feature, column and remedy.
    """
    frame = layer.frame.copy()
    if layer.shapes is not None:
        frame = _placed(frame, layer.shapes)
    lost = [
        c
        for c in columns
        if c not in frame.columns and c not in {"zone", "country", "name", "kind", *SITE_UNKNOWN}
    ]
    optional = (*SITE_UNKNOWN, SITE_RAMP)
    lost += [c for c in optional if c not in frame.columns and cut_name(layer, c)]
    if lost:
        raise InputError(missing_columns(layer, tuple(lost)))
    for column, known in (
        ("name", frame["site"].tolist()),
        ("kind", [OWN_KIND] * len(frame)),
        *((c, [""] * len(frame)) for c in SITE_UNKNOWN),
    ):
        if column not in frame.columns:
            frame[column] = known
    if "zone" not in frame.columns:
        frame["zone"] = _zones_of(layer, zones)
    if "country" not in frame.columns:
        frame["country"] = [dict(zones["country"]).get(zone, "") for zone in frame["zone"]]
    return frame[[*columns, *(c for c in frame.columns if c not in columns)]]


def _placed(frame: pd.DataFrame, shapes: gpd.GeoSeries) -> pd.DataFrame:
    """lat, lon, land_ha and area_ha from shapes."""
    points = shapes.to_crs(METRIC).representative_point().to_crs(WGS84)
    points = points.where(shapes.geom_type.isin(AREAL), shapes)
    frame["lat"] = [repr(round(point.y, DEGREE_DECIMALS)) for point in points]
    frame["lon"] = [repr(round(point.x, DEGREE_DECIMALS)) for point in points]
    areas = [text_of(round(ha, HA_DECIMALS)) for ha in area_ha(shapes)]
    if any(areas):
        stated = frame["land_ha"].tolist() if "land_ha" in frame.columns else [""] * len(frame)
        frame["land_ha"] = [text or area for text, area in zip(stated, areas, strict=True)]
        frame["area_ha"] = areas
    return frame


def _zones_of(layer: Layer, zones: gpd.GeoDataFrame) -> list[str]:
    points = shapes_of(layer).representative_point()
    problems: list[str] = []
    found = [next(map(str, zones.index[zones.intersects(point)]), "") for point in points]
    for i, zone in zip(points.index, found, strict=True):
        if not zone:
            problems.append(
                f"{layer.at(i)}: lies in no zone's shape; correct its place, or add a column zone"
            )
    if problems:
        raise InputError(first_few(problems))
    return found

"""Areas of candidates and what exclusion layers leave of them, in an equal-area reference system (EPSG:3035)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from siting.errors import InputError
from siting.inputs.own.layers import METRIC, WGS84, Layer, polygons_of, read_layer

M2_PER_HA = 1e4
M_PER_KM = 1e3
AREAL = {"Polygon", "MultiPolygon"}
LEAST_LEFT_M2 = 1.0  # less is a sliver of rounding, no land


@dataclass(frozen=True)
class Excluded:
    """What exclusion leaves.

    left: shapes of the remaining candidates, WGS 84; table: one row a candidate, indexed like the shapes given, columns
    before_ha, excluded_ha, left_ha (NaN for points) and dropped.
    """

    left: gpd.GeoSeries
    table: pd.DataFrame


def area_ha(shapes: gpd.GeoSeries) -> pd.Series:
    """Hectares of shapes in WGS 84; NaN for points."""
    hectares: pd.Series = shapes.to_crs(METRIC).area / M2_PER_HA
    return hectares.where(shapes.geom_type.isin(AREAL))


def excluded_area(layers: Sequence[Path], buffer_km: float) -> Any:
    """The union of all shapes of some map layers, each widened by a buffer, in EPSG:3035.

    Raises InputError for a layer that cannot be read, holds no map, or holds points or lines without a buffer.
    """
    problems: list[str] = []
    shapes = []
    for path in layers:
        try:
            shapes.append(_widened(read_layer(path), buffer_km))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return shapely.union_all(shapes)


def subtract(shapes: gpd.GeoSeries, area: Any) -> Excluded:
    """Points that touch an area (EPSG:3035) are dropped; polygons lose what they share with it, and go if nothing is left."""
    metric = shapes.to_crs(METRIC)
    shapely.prepare(area)
    areal = metric.geom_type.isin(AREAL)
    touched = pd.Series(shapely.intersects(area, metric.to_numpy()), index=shapes.index)
    left = metric.copy()
    cut = areal & touched
    left[cut] = [polygons_of(shape) for shape in metric[cut].difference(area)]
    dropped = (~areal & touched) | (areal & (left.area < LEAST_LEFT_M2))
    before = (metric.area / M2_PER_HA).where(areal)
    after = (left.area / M2_PER_HA).where(areal & ~dropped, 0.0).where(areal)
    table = pd.DataFrame(
        {"before_ha": before, "excluded_ha": before - after, "left_ha": after, "dropped": dropped}
    )
    return Excluded(left[~dropped].to_crs(WGS84), table)


def _widened(layer: Layer, buffer_km: float) -> Any:
    if layer.shapes is None:
        raise InputError(
            f"{layer.path.name}: holds no shapes; give a map layer (GeoPackage, GeoJSON, shapefile)"
        )
    flat = layer.shapes[~layer.shapes.geom_type.isin(AREAL)]
    if buffer_km == 0 and len(flat):
        raise InputError(
            f"{layer.at(flat.index[0])}: is a {flat.iloc[0].geom_type} and covers no area; give a buffer in km"
        )
    metric = layer.shapes.to_crs(METRIC)
    return shapely.union_all((metric.buffer(buffer_km * M_PER_KM) if buffer_km else metric).to_numpy())

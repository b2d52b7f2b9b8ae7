"""A user's table or map layer of any common format, as text columns and shapes in WGS 84; problems name the row."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pyproj
import shapely

from siting.errors import InputError
from siting.inputs.csv_text import read_csv_text
from siting.inputs.places import nearest
from siting.inputs.world_checks import first_few, number_of

WGS84, METRIC = "EPSG:4326", "EPSG:3035"  # outside; equal area, in metres, for areas and buffers
MAPS = (".gpkg", ".geojson", ".json", ".shp")
FORMATS = (".csv", ".parquet", ".geoparquet", *MAPS)
SHORT_NAME = 10  # a shapefile cuts field names to this length


@dataclass(frozen=True)
class Layer:
    """A table as text, its index the number a message names; shapes in WGS 84 if the file holds any."""

    path: Path
    frame: pd.DataFrame
    shapes: gpd.GeoSeries | None
    noun: str  # what the index counts: row, record or feature

    def at(self, number: object) -> str:
        """Where a problem lies.

        >>> Layer(Path("my.shp"), pd.DataFrame(), None, "feature").at(3)
        'my.shp feature 3'
        """
        return f"{self.path.name} {self.noun} {number}"


def read_layer(
    path: Path, layer: str | None = None, crs: str | None = None, fields: Mapping[str, str] | None = None
) -> Layer:
    """Read CSV, Parquet, GeoParquet, GeoPackage, GeoJSON or a shapefile.

    `layer`: which of several in a GeoPackage; `crs`: the reference system of a file that states none (of a CSV: of its
    columns lon and lat); `fields`: {name here: name in the file}. Shapes come back in WGS 84, repaired if that is possible.
    Raises InputError naming file, row and remedy, all problems at once.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{path}: format '{path.suffix}' is unknown; give one of {', '.join(FORMATS)}")
    if path.suffix.lower() == ".csv":
        frame = read_csv_text(path)
        frame.columns = _renamed(path, list(frame.columns), fields or {})
        return _projected_csv(path, frame, crs)
    found = _read_parquet(path) if path.suffix.lower().endswith("parquet") else _read_map(path, layer)
    numbers = pd.RangeIndex(1, len(found) + 1)
    if not isinstance(found, gpd.GeoDataFrame):
        return Layer(path, _as_text(found, numbers, path, fields or {}), None, "record")
    shapes = gpd.GeoSeries(found.geometry.to_numpy(), index=numbers, crs=found.crs)
    table = _as_text(pd.DataFrame(found.drop(columns=found.geometry.name)), numbers, path, fields or {})
    bare = Layer(path, table, None, "feature")
    return Layer(path, table, _in_wgs84(bare, _sound(bare, shapes), crs), "feature")


def missing_columns(layer: Layer, wanted: tuple[str, ...]) -> list[str]:
    """Problems of columns that are not there; a cut shapefile name comes with the line that maps it."""
    problems = []
    for column in (c for c in wanted if c not in layer.frame.columns):
        cut = cut_name(layer, column)
        if cut:
            remedy = f"a shapefile cuts names to {SHORT_NAME} letters: state `fields: {{{column}: {cut}}}`"
        else:
            remedy = f"{nearest(column, list(layer.frame.columns))} Add it, or state `fields: {{{column}: ITS_NAME}}`"
        problems.append(f"{layer.path.name}: column {column} is missing; {remedy}")
    return problems


def cut_name(layer: Layer, column: str) -> str:
    """The name a shapefile has cut a column's to, or nothing if it holds none such."""
    cut = column[:SHORT_NAME]
    found = layer.path.suffix.lower() == ".shp" and cut != column and cut in layer.frame.columns
    return cut if found else ""


def text_of(value: object) -> str:
    """A cell as text: whole numbers without a point, nothing for an empty cell.

    >>> text_of(200.0), text_of(0.1), text_of(None), text_of(float("nan")), text_of(" Lyon ")
    ('200', '0.1', '', '', 'Lyon')
    """
    if value is None or value is pd.NaT or (isinstance(value, float | np.floating) and math.isnan(value)):
        return ""
    if isinstance(value, float | np.floating):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    return str(value).strip()


def known_crs(path: Path, stated: str) -> pyproj.CRS:
    """A reference system by name; InputError if there is no such."""
    try:
        return pyproj.CRS.from_user_input(stated)
    except pyproj.exceptions.CRSError:
        raise InputError(
            f"{path.name}: crs '{stated}' is no reference system; write a code such as EPSG:25832"
        ) from None


def polygons_of(shape: Any) -> Any:
    """The polygons in a shape, as one shape (empty if it has none)."""
    parts = shapely.get_parts(shapely.get_parts(shapely.get_parts(shape)))  # a collection of multi-polygons
    found = [part for part in parts if part.geom_type == "Polygon"]
    return shapely.union_all(found) if found else shapely.Polygon()


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        if b"geo" in (pq.read_schema(path).metadata or {}):
            located: pd.DataFrame = gpd.read_parquet(path)
            return located
        return pd.read_parquet(path)
    except Exception as error:  # pyarrow raises many types; all mean the same here
        raise InputError(f"{path}: is not a readable Parquet table ({error})") from None


def _read_map(path: Path, layer: str | None) -> gpd.GeoDataFrame | pd.DataFrame:
    try:
        names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    except Exception as error:  # GDAL likewise
        raise InputError(f"{path}: is not a readable map layer ({error})") from None
    if layer is None and len(names) > 1:
        raise InputError(f"{path.name}: holds several layers; state `layer:`, one of {', '.join(names)}")
    if layer is not None and layer not in names:
        raise InputError(f"{path.name}: has no layer '{layer}'; {nearest(layer, names)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about fields nobody asked for; what matters is checked below
            return gpd.read_file(path, layer=layer)
    except Exception as error:
        raise InputError(f"{path}: is not a readable map layer ({error})") from None


def _as_text(frame: pd.DataFrame, numbers: pd.Index, path: Path, fields: Mapping[str, str]) -> pd.DataFrame:
    columns = _renamed(path, [str(c) for c in frame.columns], fields)
    cells = {name: [text_of(v) for v in frame.iloc[:, i].tolist()] for i, name in enumerate(columns)}
    return pd.DataFrame(cells, index=numbers, dtype=str)


def _renamed(path: Path, columns: list[str], fields: Mapping[str, str]) -> list[str]:
    """Column names under a stated field map {ours: theirs}."""
    lost = [theirs for theirs in fields.values() if theirs not in columns]
    if lost:
        raise InputError(
            f"{path.name}: fields names '{lost[0]}', which the file lacks; {nearest(lost[0], columns)}"
        )
    ours = {theirs: name for name, theirs in fields.items()}
    names = [ours.get(column, column) for column in columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{path.name}: column '{twice[0]}' stands twice under `fields`; keep one")
    return names


def _projected_csv(path: Path, frame: pd.DataFrame, crs: str | None) -> Layer:
    """A CSV; its columns lon and lat converted from a stated reference system."""
    bare = Layer(path, frame, None, "row")
    if crs is None:
        return bare
    if not {"lon", "lat"} <= set(frame.columns):
        raise InputError(missing_columns(bare, ("lon", "lat")))
    east, north = ([number_of(t) for t in frame[c]] for c in ("lon", "lat"))
    bad = [
        f"{bare.at(i)}: lon '{lon}', lat '{lat}' are no two finite numbers; give both"
        for i, x, y, lon, lat in zip(frame.index, east, north, frame["lon"], frame["lat"], strict=True)
        if x is None or y is None
    ]
    if bad:
        raise InputError(first_few(bad))
    points = gpd.GeoSeries(gpd.points_from_xy(east, north), index=frame.index, crs=known_crs(path, crs))
    degrees = _in_wgs84(bare, points, None)
    placed = frame.assign(lon=[repr(p.x) for p in degrees], lat=[repr(p.y) for p in degrees])
    return Layer(path, placed, None, "row")


def _sound(layer: Layer, shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Flat, valid shapes; polygons that cross themselves are repaired. InputError for what has no shape left."""
    problems, sound = [], []
    for i, shape in zip(shapes.index, shapes, strict=True):
        if shape is None or shape.is_empty:
            problems.append(f"{layer.at(i)}: has no geometry; draw it or delete the feature")
            continue
        flat = shapely.force_2d(shape)
        if not flat.is_valid:
            flat = polygons_of(shapely.make_valid(flat))
        if flat.is_empty:
            why = shapely.is_valid_reason(shapely.force_2d(shape))
            problems.append(
                f"{layer.at(i)}: geometry is invalid ({why}) and cannot be repaired; draw it again"
            )
        sound.append(flat)
    if problems:
        raise InputError(first_few(problems))
    return gpd.GeoSeries(sound, index=shapes.index, crs=shapes.crs)


def _in_wgs84(layer: Layer, shapes: gpd.GeoSeries, stated: str | None) -> gpd.GeoSeries:
    """Shapes in degrees. InputError for an unknown or contradicted reference system and for what lies off the Earth."""
    name = layer.path.name
    if shapes.crs is None and stated is None:
        raise InputError(
            f"{name}: states no coordinate reference system; add the .prj file, or state `crs: EPSG:...` beside `file`"
        )
    if shapes.crs is None:
        shapes = shapes.set_crs(known_crs(layer.path, str(stated)))
    elif stated is not None and pyproj.CRS(shapes.crs) != known_crs(layer.path, stated):
        raise InputError(
            f"{name}: is in {shapes.crs.to_string()}, not {stated}; leave `crs` out, the file states it"
        )
    degrees = shapes.to_crs(WGS84)
    problems = list(_off_the_earth(layer, degrees))
    if problems:
        raise InputError(first_few(problems))
    return degrees


def _off_the_earth(layer: Layer, degrees: gpd.GeoSeries) -> Iterator[str]:
    edges = degrees.bounds
    inside = np.isfinite(edges).all(axis=1) & (edges.abs() <= [180.0, 90.0, 180.0, 90.0]).all(axis=1)
    for i in degrees.index[~inside]:
        yield (
            f"{layer.at(i)}: its coordinates are none of the reference system the file states; "
            "correct the system or the coordinates"
        )

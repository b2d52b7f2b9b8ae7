"""Candidate sites as a file for spreadsheets, GIS tools and `sites.file` of a planning model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from siting.errors import InputError
from siting.output.folder import atomic_write

FORMATS = (".csv", ".geojson")


def check_sites_file(path: Path, overwrite: bool) -> None:
    """InputError unless `path` is a .csv or .geojson that may be written: asked before the work."""
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{path}: is neither .csv nor .geojson; give the file one of these endings")
    if path.exists() and not overwrite:
        raise InputError(f"{path}: exists; choose another file or add --overwrite")


def write_sites_file(sites: pd.DataFrame, path: Path, overwrite: bool = False) -> Path:
    """Write a table with columns site, lat, lon, ... by the file's ending, whole or not at all; unknown is empty or null.

    GeoJSON is RFC 7946: WGS 84 points, one feature a site. Raises InputError as `check_sites_file`, or if the place
    cannot be written.
    """
    check_sites_file(path, overwrite)
    plain = pd.DataFrame({c: pd.Series([_plain(v) for v in sites[c]], dtype=object) for c in sites})
    if path.suffix.lower() == ".csv":
        return atomic_write(path, plain.to_csv(index=False, lineterminator="\n").encode("utf-8"))
    points = gpd.points_from_xy(sites["lon"], sites["lat"], crs="EPSG:4326")
    text = gpd.GeoDataFrame(plain, geometry=points).to_json(
        na="null", drop_id=True, to_wgs84=True, ensure_ascii=False
    )
    return atomic_write(path, (text + "\n").encode("utf-8"))


def _plain(value: Any) -> Any:
    """Whole numbers without a point, missing ones as None."""
    if not isinstance(value, float):
        return value
    if value != value:
        return None
    return int(value) if value.is_integer() else value

"""The world: zones, candidate sites, technologies and hourly series, read once, checked whole, then frozen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from siting.errors import InputError
from siting.inputs.csv_text import read_csv_text
from siting.inputs.places import WORLDS, bundled_worlds, is_world, nearest
from siting.inputs.values import Value as Value  # part of this module's face
from siting.inputs.values import read_values
from siting.inputs.world_checks import KINDS as KINDS  # part of this module's face
from siting.inputs.world_checks import SITE_NUMBERS, SITE_RAMP, number_of, world_problems
from siting.inputs.zone_tables import (
    ZONE_TABLES,
    links_of,
    reactors_of,
    read_zone_table,
    zone_table_problems,
)

LONG_TABLES = {
    "zone_values": "zone",
    "country_values": "country",
    "site_values": "site",
    "technologies": "option",
    "cooling": "cooling",
    "accelerators": "accelerator",
    "parameters": "parameter",
}
BY_YEAR = (
    "technologies",
    "accelerators",
    "zone_values",
    "parameters",
)  # a number may have rows of several years
OPTIONAL_TABLES = ("site_values",)  # a world may know nothing about its sites beside their rows
WIDE_TABLES: dict[str, tuple[str, ...]] = {
    "zones": ("zone", "country", "name"),
    "countries": ("country", "name"),
    "options": ("option", "route", "behaviour", "series", "fuel", "clean", "label"),
    "sources": ("source", "title", "year", "licence"),
    "sites": (
        "site",
        "name",
        "country",
        "zone",
        "lat",
        "lon",
        "kind",
        "grid_mw",
        "grid_wait_yr",
        "line_km",
        "land_ha",
    ),
}


@dataclass(frozen=True)
class World:
    """A checked world. Long tables are `{(key, quantity): Value}`; wide tables are data frames indexed by their key."""

    name: str
    folder: Path
    values: dict[str, dict[tuple[str, str], Value]]
    zones: gpd.GeoDataFrame
    countries: pd.DataFrame
    options: pd.DataFrame
    sources: pd.DataFrame
    sites: gpd.GeoDataFrame

    def value(self, table: str, key: str, quantity: str = "", year: int | None = None) -> float:
        """A number that must exist, in a year if one is asked for (`Value.at`); InputError names the row to add."""
        found = self.values[table].get((key, quantity))
        if found is None:
            row = f"{LONG_TABLES[table]} '{key}'" + (f", quantity '{quantity}'" if quantity else "")
            raise InputError(
                f"{self.folder.name}/{table}.csv: no row for {row}; add it with unit, year, kind and source"
            )
        return found.at(year)

    def get(self, table: str, key: str, quantity: str = "", year: int | None = None) -> float | None:
        """A number that may be unknown."""
        found = self.values[table].get((key, quantity))
        return None if found is None else found.at(year)

    def parameter(self, name: str, year: int | None = None) -> float:
        """A world-wide number from parameters.csv."""
        return self.value("parameters", name, year=year)

    def keys(self, table: str) -> list[str]:
        """Row keys of a long table, in file order."""
        return list(dict.fromkeys(key for key, _ in self.values[table]))

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """One row a (zone, series): kind, method, source, filled hours."""
        return read_csv_text(self.folder / "series" / "coverage.csv", ("zone", "series", "kind", "method"))

    @cached_property
    def links(self) -> pd.DataFrame:
        """Transfer capacity between zones by (zone_a, zone_b), MW each way; a pair without a row is unknown."""
        return links_of(read_zone_table(self.folder, "links"))

    @cached_property
    def reactors(self) -> pd.DataFrame:
        """Nuclear reactors by name: zone, place, net MW, operating or closed."""
        return reactors_of(read_zone_table(self.folder, "nuclear_reactors"))

    @cached_property
    def file_hashes(self) -> dict[str, str]:
        """SHA-256 of every file of the world, by path inside it."""
        files = sorted(
            p for p in self.folder.rglob("*") if p.suffix in {".csv", ".json", ".geojson", ".parquet"}
        )
        return {
            p.relative_to(self.folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files
        }


def find_world(name: str, sites: str | None = None) -> Path:
    """Folder of a world by bundled name or path (`load` has already looked beside the planning model).

    A folder with `world.yaml`, and a file `sites` in place of the candidates, lead to a folder that joins them
    (`siting.inputs.own`). Raises InputError for an unknown name and for all that is wrong with the user's files.
    """
    from siting.inputs.own.resolve import resolved  # which reads worlds itself

    if name in bundled_worlds():
        return resolved(WORLDS / name, sites)
    if is_world(Path(name)):
        folder = Path(name)
        return resolved(folder if folder.name not in {"", ".."} else folder.resolve(), sites)
    raise InputError(
        f"world '{name}': neither a bundled world nor a folder with datapackage.json or world.yaml; "
        f"{nearest(name, bundled_worlds())}"
    )


def read_world(folder: Path) -> World:
    """Read and check a world's tables and shapes (not its hours: see `siting.inputs.series`).

    Raises InputError that lists every problem found, each with file, row, column, value and remedy.
    """
    problems: list[str] = []
    tables = {
        name: _try(problems, _table, folder / f"{name}.csv", columns) for name, columns in WIDE_TABLES.items()
    }
    values = {
        name: _try(problems, read_values, folder / f"{name}.csv", key, name in BY_YEAR)
        if name not in OPTIONAL_TABLES or (folder / f"{name}.csv").is_file()
        else {}
        for name, key in LONG_TABLES.items()
    }
    over_zones = {name: _try(problems, read_zone_table, folder, name) for name in ZONE_TABLES}
    shapes = _try(problems, _shapes, folder / "zones.geojson")
    if problems:
        raise InputError(problems)
    problems += world_problems(tables, values, shapes)
    problems += zone_table_problems(over_zones, tables["zones"]["zone"], tables["sources"]["source"])
    if problems:
        raise InputError(problems)
    return _assembled(folder, tables, values, shapes)


def _assembled(
    folder: Path, tables: dict[str, Any], values: dict[str, Any], shapes: gpd.GeoDataFrame
) -> World:
    zones = tables["zones"].set_index("zone")
    zones = gpd.GeoDataFrame(
        zones, geometry=shapes.set_index("zone").geometry.reindex(zones.index), crs="EPSG:4326"
    )
    sites = tables["sites"].set_index("site")
    for column in (*SITE_NUMBERS, *({SITE_RAMP} & set(sites.columns))):
        sites[column] = sites[column].map(number_of).astype(float)
    points = gpd.points_from_xy(sites["lon"], sites["lat"], crs="EPSG:4326")
    return World(
        name=folder.name,
        folder=folder,
        values=values,
        zones=zones,
        countries=tables["countries"].set_index("country"),
        options=tables["options"].set_index("option"),
        sources=tables["sources"].set_index("source"),
        sites=gpd.GeoDataFrame(sites, geometry=points),
    )


def _try(problems: list[str], read: Any, *args: Any) -> Any:
    try:
        return read(*args)
    except InputError as error:
        problems.extend(error.problems)
        return None


def _table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """A CSV as text, its first column unique and the named columns present."""
    frame = read_csv_text(path, columns)
    key = columns[0]
    twice = frame.loc[frame[key].duplicated(), key].tolist()
    if twice:
        raise InputError(f"{path}: {key} '{twice[0]}' stands in two rows; keep one")
    unnamed = frame.index[frame[key] == ""]
    if len(unnamed):
        raise InputError(f"{path.name} row {unnamed[0]}: {key} is empty; name it or delete the row")
    return frame


def _shapes(path: Path) -> gpd.GeoDataFrame:
    if not path.is_file():
        raise InputError(f"{path}: no such file; zones need shapes in WGS 84")
    try:
        shapes = gpd.read_file(path)
    except Exception as error:  # GDAL raises many types; all mean the same here
        raise InputError(f"{path}: is not readable GeoJSON ({error})") from None
    if "zone" not in shapes.columns:
        raise InputError(
            f"{path}: features have no property 'zone'; properties: {', '.join(map(str, shapes.columns))}"
        )
    return shapes.to_crs("EPSG:4326")

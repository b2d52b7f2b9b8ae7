"""The world: zones, candidate sites, technologies and hourly series, read once, checked whole, then frozen."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from siting.errors import InputError
from siting.inputs.places import WORLDS, bundled_worlds, nearest
from siting.inputs.world_checks import KINDS as KINDS  # part of this module's face
from siting.inputs.world_checks import SITE_NUMBERS, first_few, number_of, value_problem, world_problems

LONG_TABLES = {
    "zone_values": "zone",
    "country_values": "country",
    "technologies": "option",
    "cooling": "cooling",
    "accelerators": "accelerator",
    "parameters": "parameter",
}
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


@dataclass(frozen=True, slots=True)
class Value:
    """One number with all that makes it traceable."""

    value: float
    unit: str
    year: str
    kind: str
    source: str
    note: str


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

    def value(self, table: str, key: str, quantity: str = "") -> float:
        """A number that must exist; InputError names the table and the row to add."""
        found = self.values[table].get((key, quantity))
        if found is None:
            row = f"{LONG_TABLES[table]} '{key}'" + (f", quantity '{quantity}'" if quantity else "")
            raise InputError(
                f"{self.folder.name}/{table}.csv: no row for {row}; add it with unit, year, kind and source"
            )
        return found.value

    def get(self, table: str, key: str, quantity: str = "", default: float | None = None) -> float | None:
        """A number that may be unknown."""
        found = self.values[table].get((key, quantity))
        return default if found is None else found.value

    def parameter(self, name: str) -> float:
        """A world-wide number from parameters.csv."""
        return self.value("parameters", name)

    def keys(self, table: str) -> list[str]:
        """Row keys of a long table, in file order."""
        return list(dict.fromkeys(key for key, _ in self.values[table]))

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """One row a (zone, series): kind, method, source, filled hours."""
        return _csv(self.folder / "series" / "coverage.csv", ("zone", "series", "kind", "method"))

    @cached_property
    def file_hashes(self) -> dict[str, str]:
        """SHA-256 of every file of the world, by path inside it."""
        files = sorted(
            p for p in self.folder.rglob("*") if p.suffix in {".csv", ".json", ".geojson", ".parquet"}
        )
        return {
            p.relative_to(self.folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files
        }


def find_world(name: str) -> Path:
    """Folder of a world by bundled name or path (`load` has already looked beside the planning model)."""
    if name in bundled_worlds():
        return WORLDS / name
    if (Path(name) / "datapackage.json").is_file():
        return Path(name)
    raise InputError(
        f"world '{name}': neither a bundled world nor a folder with datapackage.json; {nearest(name, bundled_worlds())}"
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
        name: _try(problems, _long_table, folder / f"{name}.csv", key) for name, key in LONG_TABLES.items()
    }
    shapes = _try(problems, _shapes, folder / "zones.geojson")
    if problems:
        raise InputError(problems)
    problems += world_problems(tables, values, shapes)
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
    for column in SITE_NUMBERS:
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


def _csv(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """A CSV as text with the named columns, indexed by row number (the header is row 1).

    A row may leave out fields at its end (they are empty) but not hold more than the header: a comma without quotes would
    shift what follows it.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; every world has one (see `siting data describe`)")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [(i, row) for i, row in enumerate(csv.reader(file, strict=True), start=1) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: is not a readable UTF-8 CSV table ({error})") from None
    if not lines:
        raise InputError(f"{path}: is empty; its first row names the columns")
    header = lines[0][1]
    missing = [column for column in columns if column not in header]
    if missing:
        raise InputError(f"{path}: column {', '.join(missing)} is missing; columns: {', '.join(header)}")
    twice = [name for name in header if header.count(name) > 1]
    if twice:
        raise InputError(f"{path}: column '{twice[0]}' stands twice; keep one")
    too_long = [
        f"{path.name} row {i}: has {len(row)} fields, the header {len(header)}; put quotes around text with commas"
        for i, row in lines[1:]
        if len(row) > len(header)
    ]
    if too_long:
        raise InputError(first_few(too_long))
    filled = [row + [""] * (len(header) - len(row)) for _, row in lines[1:]]
    return pd.DataFrame(filled, index=[i for i, _ in lines[1:]], columns=header, dtype=str)


def _table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """A CSV as text, its first column unique and the named columns present."""
    frame = _csv(path, columns)
    key = columns[0]
    twice = frame.loc[frame[key].duplicated(), key].tolist()
    if twice:
        raise InputError(f"{path}: {key} '{twice[0]}' stands in two rows; keep one")
    unnamed = frame.index[frame[key] == ""]
    if len(unnamed):
        raise InputError(f"{path.name} row {unnamed[0]}: {key} is empty; name it or delete the row")
    return frame


def _long_table(path: Path, key: str) -> dict[tuple[str, str], Value]:
    """Rows `key, quantity, value, unit, year, kind, source, note` as a dictionary; all problems at once."""
    names = (key,) if key == "parameter" else (key, "quantity")
    frame = _csv(path, (*names, "value", "unit", "year", "kind", "source", "note"))
    values: dict[tuple[str, str], Value] = {}
    problems: list[str] = []
    for line, row in zip(frame.index, frame.to_dict("records"), strict=True):
        index = (row[key], row["quantity"] if "quantity" in names else "")
        problem = "stands twice; keep one row" if index in values else _row_problem(row, row[names[-1]])
        if problem:
            problems.append(f"{path.name} row {line} ({', '.join(filter(None, index))}): {problem}")
            continue
        number = float(row["value"])
        values[index] = Value(number, row["unit"], row["year"], row["kind"], row["source"], row["note"])
    if problems:
        raise InputError(first_few(problems))
    return values


def _row_problem(row: dict[Any, Any], quantity: str) -> str:
    number = number_of(row["value"])
    if number is None:
        return f"value '{row['value']}' is no finite number; give one, or delete the row if unknown"
    if row["kind"] not in KINDS:
        return f"kind '{row['kind']}'; write one of {', '.join(KINDS)}"
    return value_problem(quantity, number, row["unit"])


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

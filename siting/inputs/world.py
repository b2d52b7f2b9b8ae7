"""The world: zones, candidate sites, technologies and hourly series, read once, checked whole, then frozen."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pandas as pd

from siting.errors import InputError
from siting.inputs.places import WORLDS, bundled_worlds, nearest

Kind = Literal["measured", "modelled", "proxy", "scenario"]
KINDS = ("measured", "modelled", "proxy", "scenario")
SHOWN = 5  # problems of one kind shown in full before they are counted

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
ZONE_QUANTITIES = (
    "day_ahead_price_eur_mwh",
    "network_charge_eur_mwh",
    "gas_price_eur_mwh",
    "grid_carbon_g_kwh",
    "grid_cfe_share",
)
SITE_NUMBERS = ("lat", "lon", "grid_mw", "grid_wait_yr", "line_km", "land_ha")


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
        return _table(self.folder / "series" / "coverage.csv", ("zone", "series", "kind", "method"))

    @cached_property
    def file_hashes(self) -> dict[str, str]:
        """SHA-256 of every file of the world, by path inside it."""
        files = sorted(
            p for p in self.folder.rglob("*") if p.suffix in {".csv", ".json", ".geojson", ".parquet"}
        )
        return {
            p.relative_to(self.folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files
        }


def find_world(name: str, beside: Path | None = None) -> Path:
    """Folder of a world by bundled name or path (relative paths also beside the planning model)."""
    if name in bundled_worlds():
        return WORLDS / name
    candidates = [Path(name)] + ([beside / name] if beside else [])
    for folder in candidates:
        if (folder / "datapackage.json").is_file():
            return folder
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
    world = _assembled(folder, tables, {name: v or {} for name, v in values.items()}, shapes)
    problems += [*_unknown_references(world), *_site_problems(world), *_missing_zone_values(world)]
    if problems:
        raise InputError(problems)
    return world


def _assembled(
    folder: Path, tables: dict[str, Any], values: dict[str, Any], shapes: gpd.GeoDataFrame
) -> World:
    zones = tables["zones"].set_index("zone")
    zones = gpd.GeoDataFrame(
        zones, geometry=shapes.set_index("zone").geometry.reindex(zones.index), crs="EPSG:4326"
    )
    sites = tables["sites"].set_index("site")
    for column in SITE_NUMBERS:
        sites[column] = pd.to_numeric(sites[column], errors="coerce")
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
    if not path.is_file():
        raise InputError(f"{path}: no such file; every world has one (see `siting data describe`)")
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is not a readable UTF-8 CSV table ({error})") from None
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise InputError(
            f"{path}: column {', '.join(missing)} is missing; columns: {', '.join(frame.columns)}"
        )
    key = columns[0]
    twice = frame.loc[frame[key].duplicated(), key].tolist() if path.name != "coverage.csv" else []
    if twice:
        raise InputError(f"{path}: {key} '{twice[0]}' stands in two rows; keep one")
    return frame


def _long_table(path: Path, key: str) -> dict[tuple[str, str], Value]:
    """Rows `key, quantity, value, unit, year, kind, source, note` as a dictionary; all problems at once."""
    quantity = () if key == "parameter" else ("quantity",)
    if not path.is_file():
        raise InputError(f"{path}: no such file; every world has one")
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    missing = [
        c
        for c in (key, *quantity, "value", "unit", "year", "kind", "source", "note")
        if c not in frame.columns
    ]
    if missing:
        raise InputError(
            f"{path}: column {', '.join(missing)} is missing; columns: {', '.join(frame.columns)}"
        )
    values: dict[tuple[str, str], Value] = {}
    problems: list[str] = []
    for line, row in enumerate(frame.to_dict("records"), start=2):
        index = (row[key], row["quantity"] if quantity else "")
        where = f"{path.name} row {line} ({', '.join(filter(None, index))})"
        number = _number(row["value"])
        if number is None:
            problems.append(
                f"{where}: value '{row['value']}' is no finite number; give one, or delete the row if unknown"
            )
        elif row["kind"] not in KINDS:
            problems.append(f"{where}: kind '{row['kind']}'; write one of {', '.join(KINDS)}")
        elif index in values:
            problems.append(f"{where}: stands twice; keep one row")
        else:
            values[index] = Value(number, row["unit"], row["year"], row["kind"], row["source"], row["note"])
    if problems:
        raise InputError(problems)
    return values


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


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


def _unknown_references(world: World) -> Iterable[str]:
    countries, zones = set(world.countries.index), set(world.zones.index)
    checks = [
        ("zones.csv", "country", world.zones["country"], countries),
        ("sites.csv", "country", world.sites["country"], countries),
        ("sites.csv", "zone", world.sites["zone"], zones),
    ]
    for file, column, entries, known in checks:
        bad = entries[~entries.isin(known)]
        yield from _first(
            f"{file}: {column} '{value}' of '{key}' is unknown; {nearest(value, sorted(known))}"
            for key, value in bad.items()
        )
    keyed = [
        ("zone_values", zones),
        ("country_values", countries),
        ("technologies", set(world.options.index)),
    ]
    for table, known in keyed:
        bad_keys = [key for key in world.keys(table) if key not in known]
        yield from _first(
            f"{table}.csv: {LONG_TABLES[table]} '{key}' is unknown; {nearest(key, sorted(known))}"
            for key in bad_keys
        )
    unknown = {v.source for table in world.values.values() for v in table.values()} - set(world.sources.index)
    yield from _first(
        f"sources.csv: no row for source '{source}', which other tables cite; add it"
        for source in sorted(unknown)
    )
    yield from _first(
        f"zones.geojson: no shape for zone '{z}'; add a feature"
        for z in world.zones.index[world.zones.geometry.isna()]
    )


def _site_problems(world: World) -> Iterable[str]:
    sites = world.sites
    for column in ("lat", "lon", "grid_mw", "line_km", "land_ha"):
        bad = sites.index[sites[column].isna() | (sites[column].abs() == float("inf"))]
        yield from _first(f"sites.csv: {column} of '{site}' is no finite number; give one" for site in bad)
    for column in ("grid_mw", "grid_wait_yr", "line_km", "land_ha"):
        bad = sites.index[sites[column] < 0]
        yield from _first(
            f"sites.csv: {column} of '{s}' is {sites.at[s, column]}; give a value >= 0" for s in bad
        )
    outside = sites.index[(sites["lat"].abs() > 90) | (sites["lon"].abs() > 180)]
    yield from _first(
        f"sites.csv: '{s}' lies at lat {sites.at[s, 'lat']}, lon {sites.at[s, 'lon']}, outside WGS 84; swapped or projected?"
        for s in outside
    )


def _missing_zone_values(world: World) -> Iterable[str]:
    have = world.values["zone_values"]
    missing = [(z, q) for z in world.zones.index for q in ZONE_QUANTITIES if (z, q) not in have]
    yield from _first(
        f"zone_values.csv: zone '{z}' has no {q}; add a row with unit, year, kind and source"
        for z, q in missing
    )


def _first(problems: Iterable[str]) -> list[str]:
    """The first few problems of a kind, then a count: a thousand equal lines help nobody."""
    every = list(problems)
    rest = len(every) - SHOWN
    return every[:SHOWN] + ([f"... and {rest} more like the last"] if rest > 0 else [])

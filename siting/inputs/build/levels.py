"""The sourced tables a build reads from the world: zone levels, recipes, emission factors, PV parameters."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from shapely import MultiPolygon, union_all
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from siting.errors import InputError
from siting.inputs.values import reference_rows

LEVEL = {
    "solar_cf": "solar_flh_h",
    "onwind_cf": "onwind_flh_h",
    "offwind_cf": "offwind_flh_h",
    "price_eur_mwh": "day_ahead_price_eur_mwh",
    "carbon_g_kwh": "grid_carbon_g_kwh",
    "cfe_share": "grid_cfe_share",
    "temperature_c": "temperature_mean_c",
}
HOURS_IN_FLH = 8760.0  # full-load hours are stated for a year of 365 days


@dataclass(frozen=True)
class Recipe:
    """How one series of a zone, or of a country for all its zones, is made in some weather years (none named: all).

    Way, weighted donors (zones, countries or stations), and the like test: a known zone, the donors it is told
    from, and the year if not the weather year itself. A metered series may name as donor by how many years its
    reported capacity is late. A moved temperature names a station as its test. A fitted price tests itself; its
    test donors are its neighbours in the pooled response.
    """

    zone: str
    series: str
    weather_years: tuple[int, ...]
    way: str
    donors: dict[str, float]
    test_zone: str
    test_donors: dict[str, float]
    test_year: int | None
    note: str


def read_table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """A csv as text, empty cells as ''; InputError if the file or a column is missing."""
    if not path.is_file():
        raise InputError(f"{path}: is not there; it is part of the world, restore it")
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    lacking = [c for c in columns if c not in table.columns]
    if lacking:
        raise InputError(f"{path.name}: lacks the column(s) {', '.join(lacking)}; add them")
    return table


def numbers(table: pd.DataFrame, name: str) -> pd.Series:
    """Column `value` as floats; InputError naming file, row and value where it is none."""
    values = pd.to_numeric(table["value"], errors="coerce")
    bad = [
        f"{name}: row {i + 2}, value '{table['value'][i]}' is not a number; correct it"
        for i in table.index[values.isna()]
    ]
    if bad:
        raise InputError(bad)
    return values.astype(float)


def read_levels(world: Path) -> dict[tuple[str, str], float]:
    """Value of every (zone, quantity) in zone_values.csv."""
    table = read_table(world / "zone_values.csv", ("zone", "quantity", "value"))
    table = reference_rows(table, ("zone", "quantity"))
    return dict(
        zip(
            zip(table["zone"], table["quantity"], strict=True), numbers(table, "zone_values.csv"), strict=True
        )
    )


def level_of(levels: dict[tuple[str, str], float], zone: str, series: str) -> float:
    """The level a series' mean must equal, as a mean (full-load hours over the hours of a year)."""
    quantity = LEVEL[series]
    if (zone, quantity) not in levels:
        raise InputError(
            f"zone_values.csv: zone {zone} has no {quantity}, which sets the level of {series}; add the row"
        )
    value = levels[zone, quantity]
    return value / HOURS_IN_FLH if quantity.endswith("_flh_h") else value


def read_recipes(world: Path) -> list[Recipe]:
    """All rows of series/recipes.csv; InputError naming the row of a weather year that is none."""
    columns = (
        "zone", "series", "weather_years", "way", "donors", "test_zone", "test_donors", "test_year", "note"
    )  # fmt: skip
    table = read_table(world / "series" / "recipes.csv", columns)
    bad = [
        f"recipes.csv: row {i}, '{years}' holds no years; write 2019 or 2017 2018"
        for i, years in enumerate(table["weather_years"] + " " + table["test_year"], start=2)
        if years.strip() and not years.replace(" ", "").isdecimal()
    ]
    if bad:
        raise InputError(bad)
    return [
        Recipe(
            r["zone"],
            r["series"],
            tuple(int(y) for y in r["weather_years"].split()),
            r["way"],
            weights(r["donors"]),
            r["test_zone"],
            weights(r["test_donors"]),
            int(r["test_year"]) if r["test_year"] else None,
            r["note"],
        )
        for r in table.to_dict("records")
    ]


def recipe_of(recipes: list[Recipe], zone: str, country: str, series: str, year: int) -> Recipe | None:
    """The row that holds for a zone and year: its own before its country's, one that names the year before others."""
    fitting = [
        r
        for r in recipes
        if r.series == series
        and r.zone in (zone, country)
        and (year in r.weather_years or not r.weather_years)
    ]
    return min(fitting, key=lambda r: (r.zone != zone, not r.weather_years), default=None)


def weights(text: str) -> dict[str, float]:
    """`BE:0.5 DE:0.5` as a dictionary; a bare name weighs 1."""
    pairs = [part.split(":") for part in text.split()]
    return {p[0]: float(p[1]) if len(p) > 1 else 1.0 for p in pairs}


def read_values(world: Path, file: str, key: str) -> dict[str, float]:
    """`value` by key of a long table, for example emission_factors.csv by fuel."""
    table = read_table(world / file, (key, "value"))
    return dict(zip(table[key], numbers(table, file), strict=True))


def zone_places(world: Path) -> tuple[dict[str, tuple[float, float]], dict[str, str]]:
    """((latitude, longitude) by zone, country and donor outside the world, country by zone).

    The centroid of the largest polygon of zones.geojson, for a country of its zones joined; donors outside from
    series/donor_points.csv.
    """
    path = world / "zones.geojson"
    if not path.is_file():
        raise InputError(f"{path}: is not there; the sun's place in each zone is taken from it, restore it")
    shapes: dict[str, BaseGeometry] = {}
    country: dict[str, str] = {}
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        zone = feature["properties"]["zone"]
        shapes[zone], country[zone] = shape(feature["geometry"]), feature["properties"]["country"]
    for state in sorted(set(country.values()) - set(shapes)):
        shapes[state] = union_all([shapes[z] for z, c in country.items() if c == state])
    table = read_table(world / "series" / "donor_points.csv", ("zone", "quantity", "value"))
    value = dict(
        zip(
            zip(table["zone"], table["quantity"], strict=True),
            numbers(table, "donor_points.csv"),
            strict=True,
        )
    )
    points = {z: (value[z, "latitude_deg"], value[z, "longitude_deg"]) for z in sorted(set(table["zone"]))}
    return points | {z: _middle(s) for z, s in shapes.items()}, country


def _middle(polygon: BaseGeometry) -> tuple[float, float]:
    parts = polygon.geoms if isinstance(polygon, MultiPolygon) else [polygon]
    largest = max(parts, key=lambda part: part.area)
    return round(largest.centroid.y, 2), round(largest.centroid.x, 2)

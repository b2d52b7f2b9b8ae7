"""The sourced tables a build reads from the world: zone levels, recipes, emission factors, PV parameters."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from shapely.geometry import shape

from siting.errors import InputError

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
    """How one series of a zone is made: way, weighted donors (zones or stations), test on a known zone.

    A metered series names as donor the year whose capacity stands on 1 January, if not its own. A moved temperature
    names a station as its test. A fitted price tests itself; its test donors are its neighbours in the pooled response.
    """

    zone: str
    series: str
    way: str
    donors: dict[str, float]
    test_zone: str
    test_donors: dict[str, float]
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
    """All rows of series/recipes.csv."""
    columns = ("zone", "series", "way", "donors", "test_zone", "test_donors", "note")
    table = read_table(world / "series" / "recipes.csv", columns)
    return [
        Recipe(
            r["zone"],
            r["series"],
            r["way"],
            weights(r["donors"]),
            r["test_zone"],
            weights(r["test_donors"]),
            r["note"],
        )
        for r in table.to_dict("records")
    ]


def weights(text: str) -> dict[str, float]:
    """`BE:0.5 DE:0.5` as a dictionary; a bare name weighs 1."""
    pairs = [part.split(":") for part in text.split()]
    return {p[0]: float(p[1]) if len(p) > 1 else 1.0 for p in pairs}


def read_values(world: Path, file: str, key: str) -> dict[str, float]:
    """`value` by key of a long table, for example emission_factors.csv by fuel."""
    table = read_table(world / file, (key, "value"))
    return dict(zip(table[key], numbers(table, file), strict=True))


def zone_points(world: Path) -> dict[str, tuple[float, float]]:
    """(latitude, longitude) of the centroid of each zone's largest polygon, from zones.geojson."""
    path = world / "zones.geojson"
    if not path.is_file():
        raise InputError(f"{path}: is not there; the sun's place in each zone is taken from it, restore it")
    points = {}
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        polygon = shape(feature["geometry"])
        largest = max(getattr(polygon, "geoms", [polygon]), key=lambda part: part.area)
        points[feature["properties"]["zone"]] = (round(largest.centroid.y, 2), round(largest.centroid.x, 2))
    return points

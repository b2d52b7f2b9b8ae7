"""Builds `series/<year>.parquet` and `series/coverage.csv` of a world. Same input, same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from siting.errors import InputError
from siting.inputs.build.carbon import annual_mix, grid_mix
from siting.inputs.build.generation import Generation, stamp_lags, stamp_shift
from siting.inputs.build.levels import (
    LEVEL,
    Recipe,
    level_of,
    read_levels,
    read_recipes,
    read_table,
    read_values,
    zone_points,
)
from siting.inputs.build.made import Kit, Made, joined
from siting.inputs.build.means import capped_mean, logit_mean, scaled_mean
from siting.inputs.build.prices import Prices, measured_prices, pooled_response, price
from siting.inputs.build.raw import Raw
from siting.inputs.build.renewables import FUEL, renewable
from siting.inputs.build.temperature import temperature
from siting.inputs.build.weather import Weather

DECIMALS = {
    "solar_cf": 4,
    "onwind_cf": 4,
    "offwind_cf": 4,
    "cfe_share": 4,
    "carbon_g_kwh": 1,
    "price_eur_mwh": 2,
    "temperature_c": 2,
}
COVERAGE = [
    "zone",
    "series",
    "weather_year",
    "kind",
    "method",
    "source",
    "level_quantity",
    "filled_hours",
    "error_note",
]


def build_series(raw: Path, world: Path, year: int = 2019) -> None:
    """Writes series/<year>.parquet (utc and one float32 column per `series:zone`), series/coverage.csv and
    annual_mix_<year>.csv of `world` from the wheels in `raw`.

    Levels come from zone_values.csv, the way of every series from series/recipes.csv. InputError for a
    missing wheel, table, level or zone.
    """
    levels, recipes = read_levels(world), read_recipes(world)
    kit = _kit(Raw(raw), world, year)
    _check_recipes(recipes, kit)
    made = _make_all(kit, recipes, levels, world)
    columns = {f"{r.series}:{r.zone}": _levelled(m.values, r, levels) for r, m in made}
    rows = [
        (
            r.zone,
            r.series,
            year,
            m.kind,
            m.method,
            m.source,
            _level_quantity(r),
            m.filled_hours,
            joined(m.error_note, _capped_note(r, columns)),
        )
        for r, m in made
    ]
    write_parquet(world / "series" / f"{year}.parquet", kit.weather.hours, columns)
    _write_csv(world / "series" / "coverage.csv", pd.DataFrame(rows, columns=COVERAGE))
    _write_csv(world / f"annual_mix_{year}.csv", annual_mix(kit, sorted(kit.points)))


def write_parquet(path: Path, hours: pd.DatetimeIndex, columns: dict[str, np.ndarray]) -> None:
    """Column `utc` (ms, UTC) and float32 columns, zstd, without any note of when or by what it was made."""
    arrays = [pa.array(hours.as_unit("ms").asi8, pa.int64()).cast(pa.timestamp("ms", tz="UTC"))]
    arrays += [pa.array(v.astype(np.float32)) for v in columns.values()]
    table = pa.Table.from_arrays(arrays, names=["utc", *columns])
    pq.write_table(table, path, compression="zstd", compression_level=15, use_dictionary=True)


def _kit(raw: Raw, world: Path, year: int) -> Kit:
    weather_of = _weather(raw, world, year)
    points = zone_points(world)
    lags = {z: stamp_lags(raw, z, weather_of.clear_sky_shape(*points[z]), year) for z in sorted(points)}
    known = {z: lag for z, lag in lags.items() if lag is not None}
    generation = Generation(raw, {z: stamp_shift(lag) for z, lag in known.items()})
    factors = read_values(world, "emission_factors.csv", "fuel")
    mix = read_table(world / "annual_mix_published.csv", ("country", "fuel", "twh"))
    published: dict[str, dict[str, float]] = {}
    for country, fuel, twh in zip(mix["country"], mix["fuel"], mix["twh"], strict=True):
        published.setdefault(country, {})[fuel] = float(twh)
    return Kit(year, generation, weather_of, points, known, factors, published, {})


def _weather(raw: Raw, world: Path, year: int) -> Weather:
    return Weather(raw, year, read_values(world, "series/pv_parameters.csv", "parameter"))


def _make_all(
    kit: Kit, recipes: list[Recipe], levels: dict[tuple[str, str], float], world: Path
) -> list[tuple[Recipe, Made]]:
    made: dict[tuple[str, str], Made] = {}
    for recipe in recipes:
        if recipe.series in FUEL:
            made[recipe.series, recipe.zone] = renewable(kit, recipe)
            kit.shapes[recipe.series, recipe.zone] = made[recipe.series, recipe.zone].values
        elif recipe.series == "temperature_c":
            made[recipe.series, recipe.zone] = temperature(
                kit, recipe, level_of(levels, recipe.zone, recipe.series)
            )
        elif recipe.series in ("carbon_g_kwh", "cfe_share"):
            made[recipe.series, recipe.zone] = grid_mix(kit, recipe)
    prices = _prices(kit, recipes, world)
    wanted = [r for r in recipes if r.series == "price_eur_mwh"]
    for recipe in sorted(wanted, key=lambda r: r.way != "fitted"):
        made[recipe.series, recipe.zone] = price(prices, recipe)
    return [(r, made[r.series, r.zone]) for r in recipes]


def _prices(kit: Kit, recipes: list[Recipe], world: Path) -> Prices:
    table = read_table(world / "series" / f"day_ahead_monthly_{kit.year}.csv", ("zone", "month", "value"))
    months = {
        (z, int(m)): float(v) for z, m, v in zip(table["zone"], table["month"], table["value"], strict=True)
    }
    prices = Prices(kit, measured_prices(kit.generation.raw.smard_2018()), months)
    ours = [r for r in recipes if r.series == "price_eur_mwh"]
    for zone in sorted({r.test_zone for r in ours if r.way == "blend" and r.test_zone}):
        prices.response[zone] = pooled_response(prices, ours, zone)
    return prices


def _check_recipes(recipes: list[Recipe], kit: Kit) -> None:
    held = {(r.series, r.zone) for r in recipes}
    problems = [
        f"recipes.csv: zone {zone} has no row for {series}; add one"
        for zone in sorted(kit.points)
        for series in LEVEL
        if series != "offwind_cf" and (series, zone) not in held
    ]
    problems += [
        f"recipes.csv: zone {r.zone} ({r.series}) is not in zones.geojson; correct the zone"
        for r in recipes
        if r.zone not in kit.points
    ]
    for r in recipes:
        if r.series not in LEVEL:
            problems.append(
                f"recipes.csv: zone {r.zone}: series '{r.series}' is not known; use one of {', '.join(LEVEL)}"
            )
        elif r.series in ("carbon_g_kwh", "cfe_share"):
            names = [*r.donors, r.test_zone, *r.test_donors] if r.donors else [r.zone]
            problems += [
                f"recipes.csv: zone {r.zone} ({r.series}): no generation file of {n} for {kit.year}"
                for n in names
                if kit.generation.fleet(n, kit.year) is None
            ]
    if problems:
        raise InputError(problems)


def _levelled(values: np.ndarray, recipe: Recipe, levels: dict[tuple[str, str], float]) -> np.ndarray:
    if recipe.series == "temperature_c":
        return np.round(values, DECIMALS["temperature_c"])
    level = level_of(levels, recipe.zone, recipe.series)
    give = (
        capped_mean if recipe.series in FUEL else logit_mean if recipe.series == "cfe_share" else scaled_mean
    )
    return np.round(give(values, level), DECIMALS[recipe.series])


def _capped_note(recipe: Recipe, columns: dict[str, np.ndarray]) -> str:
    hours = int((columns[f"{recipe.series}:{recipe.zone}"] >= 1).sum()) if recipe.series in FUEL else 0
    return f"{hours} h capped at 1, the others raised by one factor so that the mean holds" if hours else ""


def _level_quantity(recipe: Recipe) -> str:
    """Empty where the series keeps its own mean (temperature at a station in the zone)."""
    return "" if recipe.way == "station" else LEVEL[recipe.series]


def _write_csv(path: Path, table: pd.DataFrame) -> None:
    table.to_csv(path, index=False, lineterminator="\n")

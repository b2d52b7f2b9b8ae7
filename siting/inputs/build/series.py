"""Builds `series/<year>.parquet` of every weather year and `series/coverage.csv` of a world. Same input, same bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from siting.errors import InputError
from siting.inputs.build.carbon import annual_mix, grid_mix
from siting.inputs.build.generation import Generation
from siting.inputs.build.levels import (
    LEVEL,
    Recipe,
    level_of,
    read_levels,
    read_recipes,
    read_table,
    read_values,
    recipe_of,
    zone_places,
)
from siting.inputs.build.made import Kit, Made, joined
from siting.inputs.build.means import capped_mean, logit_mean, scaled_mean
from siting.inputs.build.prices import PRICE_YEAR, Prices, measured_prices, month_profiles, price
from siting.inputs.build.raw import Raw
from siting.inputs.build.renewables import FUEL, renewable
from siting.inputs.build.score import COLUMNS, NO_SCORE
from siting.inputs.build.temperature import temperature
from siting.inputs.build.weather import Weather

WEATHER_YEARS = (2017, 2018, 2019, 2020)
MIX = ("carbon_g_kwh", "cfe_share")
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
    *COLUMNS,
    "error_note",
]
Plan = dict[tuple[str, str], Recipe]  # by (series, zone)


def build_series(raw: Path, world: Path, say: Callable[[str], None] = lambda text: None) -> None:
    """Writes series/<year>.parquet (utc and one float32 column per `series:zone`, 8,760 hours: 29 February left
    out), series/coverage.csv and annual_mix_<year>.csv of `world` from the wheels in `raw`, all four weather years.

    Levels come from zone_values.csv, the way of every series from series/recipes.csv; `say` takes a line of
    progress a year and stage. InputError for a missing wheel, table, level or zone; nothing is written before all
    years are made.
    """
    levels, recipes = read_levels(world), read_recipes(world)
    kits = _kits(Raw(raw), world)
    plans = _plans(recipes, kits, levels)
    made: dict[int, dict[tuple[str, str], Made]] = {}
    for year, kit in kits.items():  # all years first: a test may be made on another year
        say(f"{year}: sun, wind and temperature")
        made[year] = _weather_series(kit, plans[year], levels)
    months, smard = _months(world), measured_prices(kits[PRICE_YEAR].generation.raw.smard(PRICE_YEAR))
    for year, kit in kits.items():
        say(f"{year}: carbon and prices")
        made[year] |= _grid_series(kit, plans[year], Prices(kit, *smard, months))
    rows = []
    for year, kit in kits.items():
        keep = ~((kit.weather.hours.month == 2) & (kit.weather.hours.day == 29))
        ordered = sorted(made[year], key=lambda key: (list(LEVEL).index(key[0]), key[1]))
        columns = {
            f"{s}:{z}": _levelled(made[year][s, z].values[keep], s, z, levels, plans[year])
            for s, z in ordered
        }
        rows += [_row(made[year][s, z], s, z, year, columns, plans[year]) for s, z in ordered]
        write_parquet(world / "series" / f"{year}.parquet", kit.weather.hours[keep], columns)
        _write_csv(world / f"annual_mix_{year}.csv", annual_mix(kit, sorted(set(kit.country.values()))))
    _write_csv(world / "series" / "coverage.csv", pd.DataFrame(rows, columns=COVERAGE))
    say(f"{len(rows)} series of {len(kits)} weather years")


def write_parquet(path: Path, hours: pd.DatetimeIndex, columns: dict[str, np.ndarray]) -> None:
    """Column `utc` (ms, UTC) and float32 columns, zstd, without any note of when or by what it was made."""
    arrays = [pa.array(hours.as_unit("ms").asi8, pa.int64()).cast(pa.timestamp("ms", tz="UTC"))]
    arrays += [pa.array(v.astype(np.float32)) for v in columns.values()]
    table = pa.Table.from_arrays(arrays, names=["utc", *columns])
    part = path.with_suffix(".part")
    pq.write_table(table, part, compression="zstd", compression_level=9, use_dictionary=True)
    part.replace(path)


def _kits(raw: Raw, world: Path) -> dict[int, Kit]:
    pv = read_values(world, "series/pv_parameters.csv", "parameter")
    points, country = zone_places(world)
    weather = {year: Weather(raw, year, pv) for year in WEATHER_YEARS}

    def clear_sky(place: str, year: int) -> pd.Series | None:
        return weather[year].clear_sky_shape(*points[place]) if place in points and year in weather else None

    generation = Generation(raw, clear_sky)
    factors = read_values(world, "emission_factors.csv", "fuel")
    mix = read_table(world / "annual_mix_published.csv", ("country", "fuel", "twh"))
    published: dict[str, dict[str, float]] = {}
    for state, fuel, twh in zip(mix["country"], mix["fuel"], mix["twh"], strict=True):
        published.setdefault(state, {})[fuel] = float(twh)
    kits: dict[int, Kit] = {}
    for year in WEATHER_YEARS:
        kits[year] = Kit(year, generation, weather[year], points, country, factors, published, {}, kits)
    return kits


def _months(world: Path) -> dict[tuple[str, int], np.ndarray]:
    columns = ("country", "year", "month", "value")
    return month_profiles(read_table(world / "series" / "day_ahead_monthly.csv", columns))


def _plans(
    recipes: list[Recipe], kits: dict[int, Kit], levels: dict[tuple[str, str], float]
) -> dict[int, Plan]:
    """The recipe of every series, zone and year; InputError naming all that lack one."""
    problems = [
        f"recipes.csv: zone {r.zone}: series '{r.series}' is not known; use one of {', '.join(LEVEL)}"
        for r in recipes
        if r.series not in LEVEL
    ]
    plans: dict[int, Plan] = {}
    for year, kit in kits.items():
        plans[year] = {}
        for zone, country in kit.country.items():
            for series, quantity in LEVEL.items():
                if series == "offwind_cf" and (zone, quantity) not in levels:
                    continue
                recipe = recipe_of(recipes, zone, country, series, year)
                if recipe:
                    plans[year][series, zone] = recipe
                    problems += _lacking(recipe, kit)
                else:
                    problems.append(f"recipes.csv: zone {zone} has no row for {series} in {year}; add one")
    if problems:
        raise InputError(list(dict.fromkeys(problems)))
    return plans


def _lacking(recipe: Recipe, kit: Kit) -> list[str]:
    """Generation files a mix needs and the raw data lack."""
    if recipe.series not in MIX:
        return []
    here = list(recipe.donors) or [recipe.zone]
    there = [recipe.test_zone, *recipe.test_donors] if recipe.donors else []
    year = recipe.test_year or kit.year
    return [
        f"recipes.csv: {recipe.zone} ({recipe.series}): no generation file of {name} for {y}"
        for name, y in [*((n, kit.year) for n in here), *((n, year) for n in there)]
        if kit.generation.fleet(name, y) is None
    ]


def _weather_series(
    kit: Kit, plan: Plan, levels: dict[tuple[str, str], float]
) -> dict[tuple[str, str], Made]:
    made: dict[tuple[str, str], Made] = {}
    once: dict[tuple[str, str], Made] = {}
    for (series, zone), recipe in plan.items():
        if series in FUEL:
            if (series, recipe.zone) not in once:
                once[series, recipe.zone] = renewable(kit, recipe)
            made[series, zone] = _on_zone(once[series, recipe.zone], recipe, zone)
            kit.shapes[series, zone] = made[series, zone].values
        elif series == "temperature_c":
            made[series, zone] = temperature(kit, recipe, level_of(levels, zone, series))
    return made


def _grid_series(kit: Kit, plan: Plan, prices: Prices) -> dict[tuple[str, str], Made]:
    made: dict[tuple[str, str], Made] = {}
    once: dict[tuple[str, str], Made] = {}
    markets = [r for (series, _), r in plan.items() if series == "price_eur_mwh"]
    for (series, zone), recipe in plan.items():
        if series in MIX:
            if (series, recipe.zone) not in once:
                once[series, recipe.zone] = grid_mix(kit, recipe)
            made[series, zone] = _on_zone(once[series, recipe.zone], recipe, zone)
        elif series == "price_eur_mwh":
            made[series, zone] = price(prices, recipe, markets)
    return made


def _on_zone(made: Made, recipe: Recipe, zone: str) -> Made:
    """A country's series on one of its zones is a proxy: its shape is the country's, its level the zone's."""
    if recipe.zone == zone:
        return made
    return replace(made, kind="proxy", method=f"national shape of {recipe.zone}: {made.method}")


def _levelled(
    values: np.ndarray, series: str, zone: str, levels: dict[tuple[str, str], float], plan: Plan
) -> np.ndarray:
    if series == "temperature_c" and _level_quantity(plan[series, zone]):
        return np.asarray(np.round(values - values.mean() + level_of(levels, zone, series), DECIMALS[series]))
    if series == "temperature_c":
        return np.asarray(np.round(values, DECIMALS[series]))
    give = capped_mean if series in FUEL else logit_mean if series == "cfe_share" else scaled_mean
    return np.asarray(np.round(give(values, level_of(levels, zone, series)), DECIMALS[series]))


def _row(
    made: Made, series: str, zone: str, year: int, columns: dict[str, np.ndarray], plan: Plan
) -> tuple[object, ...]:
    return (
        zone,
        series,
        year,
        made.kind,
        made.method,
        made.source,
        _level_quantity(plan[series, zone]),
        made.filled_hours,
        *(made.score.cells() if made.score else NO_SCORE),
        joined(made.note, _capped_note(series, columns[f"{series}:{zone}"])),
    )


def _capped_note(series: str, values: np.ndarray) -> str:
    hours = int((values >= 1).sum()) if series in FUEL else 0
    return f"{hours} h capped at 1, the others raised by one factor so that the mean holds" if hours else ""


def _level_quantity(recipe: Recipe) -> str:
    """Empty where the series keeps its own mean (temperature at a station)."""
    return "" if recipe.way in ("station", "station_near") else LEVEL[recipe.series]


def _write_csv(path: Path, table: pd.DataFrame) -> None:
    part = path.with_suffix(".part")
    table.to_csv(part, index=False, lineterminator="\n")
    part.replace(path)

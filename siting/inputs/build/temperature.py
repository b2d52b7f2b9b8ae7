"""Outdoor temperature of a zone from its stations, or from its neighbours', in 2019 and carried to other years."""

from __future__ import annotations

from functools import cache

import numpy as np

from siting.inputs.build.clean import year_hours
from siting.inputs.build.levels import Recipe
from siting.inputs.build.made import WINTER, Kit, Made, joined, said, tested_on
from siting.inputs.build.raw import Raw
from siting.inputs.build.score import Score, scored
from siting.inputs.build.weather import STATION_YEAR

MOVED = "station_shifted"
CARRIED_YEARS = (2021, 2023)  # the two years of one station the packages hold


def temperature(kit: Kit, recipe: Recipe, level_c: float) -> Made:
    """Hourly dry bulb in degrees C: kept where the zone has a station, else a neighbour's as it is or moved to the mean.

    Only 2019 is measured: another weather year carries it by date and hour as a proxy, whose error is that of one
    year of a station told by another. The recipe of a moved or near series names a station, not a zone, as its test.
    """
    values = kit.weather.temperature_c(recipe.donors)
    means = f"station mean {values.mean():.1f} C, zone mean of 2020 to 2024 {level_c:.1f} C"
    moved = recipe.way == MOVED
    own = recipe.way == "station"
    score, error = (None, "") if own else _like(kit, recipe)
    method = f"NSRDB {STATION_YEAR} dry bulb, hourly mean, of {said(recipe.donors)}" + (
        " moved to the zone's mean" if moved else "" if own else ", the nearest stations, as it is"
    )
    kind = "modelled" if own else "proxy"
    if kit.year != STATION_YEAR:
        kind, (score, carried) = "proxy", _carried_by(kit.weather.raw)
        method += f", carried to {kit.year} by date and hour: no station of {kit.year} is held"
        error = joined(carried, error)
    return Made(
        values - values.mean() + level_c if moved else values,
        kind,
        method,
        "nsrdb",
        0,
        joined(recipe.note, means, error),
        score,
    )


def _like(kit: Kit, recipe: Recipe) -> tuple[Score, str]:
    truth = kit.weather.temperature_c({recipe.test_zone: 1.0})
    like = kit.weather.temperature_c(recipe.test_donors)
    bias = like.mean() - truth.mean()
    if recipe.way == MOVED:
        like = like - bias
    test = tested_on(recipe, STATION_YEAR)
    rmse = np.sqrt(np.mean((like - truth) ** 2))
    text = f"shares are of the standard deviation over the year; RMSE {rmse:.1f} C on {test}"
    return scored(like, truth, test, kit.winter, truth.std()), text


@cache
def _carried_by(raw: Raw) -> tuple[Score, str]:
    """One year of a German station told by another: what carrying a year costs."""
    early, late = CARRIED_YEARS
    before, after = (np.asarray(raw.dwd_temperature_c(year)) for year in CARRIED_YEARS)
    winter = np.isin(year_hours(late).month, WINTER)
    score = scored(before, after, f"Aachen {late} from {early}", winter, after.std())
    rmse, bias = np.sqrt(np.mean((before - after) ** 2)), before.mean() - after.mean()
    return score, (
        f"carrying a year (DWD, Aachen): RMSE {rmse:.1f} C, mean {bias:+.1f} C; shares are of the standard deviation"
    )

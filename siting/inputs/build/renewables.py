"""Solar and wind shapes: metered, modelled from weather, told by neighbours' clearness, or blended."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from siting.errors import InputError
from siting.inputs.build.generation import OFFWIND, ONWIND, SOLAR, Fleet, detrended
from siting.inputs.build.levels import Recipe
from siting.inputs.build.made import Kit, Made, joined, said, tested_on
from siting.inputs.build.score import Score, scored_shape

FUEL = {"solar_cf": SOLAR, "onwind_cf": ONWIND, "offwind_cf": OFFWIND}
MOST_FILLED_SHARE = 0.05  # above this a series is no longer called measured
LOW_SUN_SHARE = 0.05  # of the year's highest clear-sky irradiance: below it a ratio to it says nothing
METERED = ("metered", "metered_peaks", "metered_raw")
WAYS = (*METERED, "pv_model", "pv_station", "clearness", "blend")


def renewable(kit: Kit, recipe: Recipe) -> Made:
    """The mean-1 shape of a solar or wind series, made the way its recipe says."""
    if recipe.way not in METERED and recipe.test_zone in recipe.test_donors:
        raise InputError(f"recipes.csv: {recipe.zone} {recipe.series}: a zone cannot test itself")
    if recipe.way in METERED:
        return _metered(kit, recipe)
    if recipe.way in WAYS:
        return _told(kit, recipe)
    raise InputError(
        f"recipes.csv: {recipe.zone} {recipe.series}: way '{recipe.way}' is not known; use {', '.join(WAYS)}"
    )


def fleet_of(kit: Kit, zone: str, series: str) -> Fleet:
    """The cleaned fleet of a zone; InputError if it has no file or no such fuel."""
    fleet = kit.generation.fleet(zone, kit.year)
    if fleet is None or FUEL[series] not in fleet.mw:
        raise InputError(
            f"recipes.csv: {series} needs metered {FUEL[series]} of {zone} in {kit.year}, "
            "which the raw data lack; use another donor or way"
        )
    return fleet


def growth_mw(
    kit: Kit, zone: str, fuel: str, way: str, late_years: int = 0
) -> tuple[float, float, str] | None:
    """(Capacity on 1 January, on 31 December, where from); None for a fleet whose growth is not taken out.

    The reported capacity, if it has a figure of both ends that differ: the same figure year after year is stale.
    Else the 99th percentile of the output in the years around, which a fleet that grows takes along.
    """
    if way == "metered_raw":
        return None
    first = kit.year - late_years
    ends = [kit.generation.raw.capacity_mw(zone, fuel, y) for y in (first, first + 1)]
    if way == "metered" and ends[0] and ends[1] and ends[0] != ends[1]:
        return ends[0], ends[1], "reported"
    peaks = [kit.generation.peak_mw(zone, fuel, kit.year + d) for d in (-1, 0, 1)]
    before, now, after = peaks
    if not now or not (before or after):
        return None
    steps = (before is not None) + (after is not None)
    ratio = max(1.0, ((after or now) / (before or now)) ** (1 / steps))  # fleets do not shrink within a year
    return now / ratio**0.5, now * ratio**0.5, "99th percentile of output"


def metered_shape(kit: Kit, zone: str, series: str, way: str = "metered", late_years: int = 0) -> np.ndarray:
    """Mean-1 metered output with the growth of the fleet taken out on a straight line."""
    mw = fleet_of(kit, zone, series).mw[FUEL[series]].to_numpy()
    growth = growth_mw(kit, zone, FUEL[series], way, late_years)
    mw = detrended(mw, *growth[:2]) if growth else mw
    return np.asarray(mw / mw.mean())


def _metered(kit: Kit, recipe: Recipe) -> Made:
    fleet, fuel = fleet_of(kit, recipe.zone, recipe.series), FUEL[recipe.series]
    late = int(next(iter(recipe.donors), "0"))
    shape = metered_shape(kit, recipe.zone, recipe.series, recipe.way, late)
    growth = growth_mw(kit, recipe.zone, fuel, recipe.way, late)
    grown = (
        f"fleet growth {growth[0]:.0f} to {growth[1]:.0f} MW ({growth[2]}) taken out on a straight line"
        if growth and growth[0] != growth[1]
        else "growth of the fleet not taken out"
        if growth is None
        else ""
    )
    lags = kit.generation.lags_h(recipe.zone, kit.year)
    behind = (
        f"lag behind the clear sky, winter and summer: {lags[0]:+.2f} h, {lags[1]:+.2f} h before correction"
        if lags
        else ""
    )
    kind = "measured" if fleet.share_filled(fuel) <= MOST_FILLED_SHARE else "modelled"
    method = joined(
        f"ENTSO-E {fuel.lower()} {kit.year}, hourly mean, shape times full-load hours", grown, fleet.note
    )
    # asked for where a country's shape stands for its zones: a country told by a whole that it is a part of
    score = _score(kit, recipe, lambda there: blend(there, recipe.test_donors, recipe.series))
    note = joined(recipe.note, behind)
    return Made(shape, kind, method, "entsoe-transparency", fleet.filled[fuel], note, score)


def _told(kit: Kit, recipe: Recipe) -> Made:
    series, donors = recipe.series, recipe.donors
    if recipe.way == "blend":
        shape = blend(kit, donors, series)
        score = _score(kit, recipe, lambda there: blend(there, recipe.test_donors, series))
        own = " (onshore where it is the zone's own)" if any(d.startswith("@") for d in donors) else ""
        method = f"mean of metered shapes {kit.year}: {said(donors)}{own}, times full-load hours"
        return Made(shape, "proxy", method, "entsoe-transparency", 0, recipe.note, score)
    if recipe.way == "clearness":
        shape = told_sun(kit, recipe.zone, donors)
        score = _score(kit, recipe, lambda there: told_sun(there, recipe.test_zone, recipe.test_donors))
        method = (
            f"metered solar {kit.year} of {said(donors)} over their clear sky, times the clear sky of the zone's "
            "centre on the same plane, times full-load hours"
        )
        return Made(shape, "proxy", method, "entsoe-transparency", 0, recipe.note, score)
    shape = _station_sun(kit, recipe.way, recipe.zone, donors)
    score = _score(
        kit, recipe, lambda there: _station_sun(there, recipe.way, recipe.test_zone, recipe.test_donors)
    )
    where = "stations' middle" if recipe.way == "pv_station" else "zone's centre"
    method = (
        f"clearness of {said(donors)} (NSRDB {kit.year}) under the sun of the {where}, fixed tilt, "
        "PVWatts, shape times full-load hours"
    )
    return Made(shape, "modelled", method, "nsrdb", 0, recipe.note, score)


def _score(kit: Kit, recipe: Recipe, like: Callable[[Kit], np.ndarray]) -> Score | None:
    if not recipe.test_zone:
        return None
    there = kit.kits[recipe.test_year or kit.year]
    truth = metered_shape(there, recipe.test_zone, recipe.series)
    return scored_shape(like(there), truth, tested_on(recipe, kit.year), there.winter)


def blend(kit: Kit, donors: dict[str, float], series: str) -> np.ndarray:
    """Weighted mean of metered shapes; `@XX` stands for the onshore shape of XX."""
    parts = [
        w * metered_shape(kit, d.lstrip("@"), "onwind_cf" if d.startswith("@") else series)
        for d, w in donors.items()
    ]
    return np.asarray(sum(parts)) / sum(donors.values())


def told_sun(kit: Kit, zone: str, donors: dict[str, float]) -> np.ndarray:
    """Solar of a place from the clearness of metered countries, shape (hours,)."""
    ratio = np.asarray(sum(w * metered_clearness(kit, d) for d, w in donors.items()))
    return np.asarray(ratio * kit.weather.clear_plane(*kit.point(zone)))


def metered_clearness(kit: Kit, country: str) -> np.ndarray:
    """Metered solar over the clear sky on the plane at a country's centre, mean 1; night as the hours beside."""
    clear = kit.weather.clear_plane(*kit.point(country))
    high = clear > LOW_SUN_SHARE * clear.max()
    ratio = pd.Series(metered_shape(kit, country, "solar_cf") / np.where(high, clear, np.nan))
    filled = np.asarray(ratio.interpolate(limit_direction="both"))
    return np.asarray(filled / filled[high].mean())


def _station_sun(kit: Kit, way: str, zone: str, stations: dict[str, float]) -> np.ndarray:
    place = kit.weather.middle(stations) if way == "pv_station" else kit.point(zone)
    return kit.weather.solar_shape(*place, stations)

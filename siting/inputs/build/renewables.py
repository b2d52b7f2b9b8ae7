"""Solar and wind shapes: metered, modelled from weather, or blended from neighbours."""

from __future__ import annotations

import numpy as np

from siting.errors import InputError
from siting.inputs.build.generation import OFFWIND, ONWIND, SOLAR, Fleet, detrended
from siting.inputs.build.levels import Recipe
from siting.inputs.build.made import Kit, Made, joined, said, tested
from siting.inputs.build.means import compared

FUEL = {"solar_cf": SOLAR, "onwind_cf": ONWIND, "offwind_cf": OFFWIND}
MOST_FILLED_SHARE = 0.05  # above this a series is no longer called measured


def renewable(kit: Kit, recipe: Recipe) -> Made:
    """The mean-1 shape of a solar or wind series, made the way its recipe says."""
    if recipe.way in ("metered", "metered_raw"):
        return _metered(kit, recipe)
    if recipe.way in ("pv_model", "pv_station"):
        return _modelled(kit, recipe)
    if recipe.way == "blend":
        return _blended(kit, recipe)
    raise InputError(
        f"recipes.csv: {recipe.zone} {recipe.series}: way '{recipe.way}' is not known; use metered, "
        "metered_raw, pv_model, pv_station or blend"
    )


def metered_shape(kit: Kit, zone: str, series: str, start: str | None = "") -> np.ndarray:
    """Mean-1 metered output.

    `start` is the year whose reported capacity holds on 1 January ('' = the year itself, None = growth not
    taken out).
    """
    mw = fleet_of(kit, zone, series).mw[FUEL[series]].to_numpy()
    if start is not None:
        first = int(start or kit.year)
        mw = detrended(
            mw, *(kit.generation.raw.capacity_mw(zone, FUEL[series], y) for y in (first, first + 1))
        )
    return np.asarray(mw / mw.mean())


def fleet_of(kit: Kit, zone: str, series: str) -> Fleet:
    """The cleaned fleet of a zone; InputError if it has no file or no such fuel."""
    fleet = kit.generation.fleet(zone, kit.year)
    if fleet is None or FUEL[series] not in fleet.mw:
        raise InputError(
            f"recipes.csv: {series} needs metered {FUEL[series]} of {zone} in {kit.year}, "
            "which the raw data lack; use another donor or way"
        )
    return fleet


def _metered(kit: Kit, recipe: Recipe) -> Made:
    fleet = fleet_of(kit, recipe.zone, recipe.series)
    fuel = FUEL[recipe.series]
    start = next(iter(recipe.donors), "") if recipe.way == "metered" else None
    shape = metered_shape(kit, recipe.zone, recipe.series, start)
    growth = np.ptp(shape / fleet.mw[fuel].to_numpy().clip(1e-9)) > 0 and start is not None
    first = int(start or kit.year)
    ends = [kit.generation.raw.capacity_mw(recipe.zone, fuel, y) for y in (first, first + 1)]
    grown = (
        f"fleet growth {ends[0]:.0f} to {ends[1]:.0f} MW taken out on a straight line"
        if growth and all(ends)
        else ""
    )
    lags = kit.lags_h.get(recipe.zone)
    late = (
        f"lag behind the clear sky, winter and summer: {lags[0]:+.2f} h, {lags[1]:+.2f} h before correction"
        if lags
        else ""
    )
    share = fleet.share_filled(fuel)
    kind = "measured" if share <= MOST_FILLED_SHARE else "modelled"
    method = joined(
        f"ENTSO-E {fuel.lower()} {kit.year}, hourly mean, shape times full-load hours", grown, fleet.note
    )
    return Made(shape, kind, method, "entsoe-transparency", fleet.filled[fuel], joined(recipe.note, late))


def _modelled(kit: Kit, recipe: Recipe) -> Made:
    def sun(zone: str, stations: dict[str, float]) -> tuple[float, float]:
        return kit.weather.middle(stations) if recipe.way == "pv_station" else kit.points[zone]

    shape = kit.weather.solar_shape(*sun(recipe.zone, recipe.donors), recipe.donors)
    like = kit.weather.solar_shape(*sun(recipe.test_zone, recipe.test_donors), recipe.test_donors)
    error = compared(like, metered_shape(kit, recipe.test_zone, recipe.series))
    where = "stations' middle" if recipe.way == "pv_station" else "zone's centre"
    method = (
        f"clearness of {said(recipe.donors)} (NSRDB {kit.year}) under the sun of the {where}, fixed tilt, "
        "PVWatts, shape times full-load hours"
    )
    return Made(shape, "modelled", method, "nsrdb", 0, joined(recipe.note, tested(recipe, error)))


def _blended(kit: Kit, recipe: Recipe) -> Made:
    shape = blend(kit, recipe.donors, recipe.series)
    error = compared(
        blend(kit, recipe.test_donors, recipe.series), metered_shape(kit, recipe.test_zone, recipe.series)
    )
    if recipe.test_zone in recipe.test_donors:
        raise InputError(f"recipes.csv: {recipe.zone} {recipe.series}: a zone cannot test itself")
    onshore = " (onshore where it is the zone's own)" if any(d.startswith("@") for d in recipe.donors) else ""
    method = f"mean of metered shapes {kit.year}: {said(recipe.donors)}{onshore}, times full-load hours"
    return Made(shape, "proxy", method, "entsoe-transparency", 0, joined(recipe.note, tested(recipe, error)))


def blend(kit: Kit, donors: dict[str, float], series: str) -> np.ndarray:
    """Weighted mean of metered shapes; `@XX` stands for the onshore shape of XX."""
    parts = [
        w
        * metered_shape(
            kit, d.lstrip("@"), "onwind_cf" if d.startswith("@") else series, None if d == "NL" else ""
        )
        for d, w in donors.items()
    ]
    return np.asarray(sum(parts)) / sum(donors.values())

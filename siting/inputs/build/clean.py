"""Finds values that are not data and fills them, counting what it did."""

from __future__ import annotations

import numpy as np
import pandas as pd

SHORT_GAP_H = (
    3  # up to this a gap is bridged by a straight line, a longer one by the same hour of adjacent days
)
SPIKE_FACTOR = 1.4  # times the 99.9th percentile: no fleet doubles for an hour and returns
FROZEN_H = 24  # sun or wind that repeats a value above its median this long is a stuck meter
DEAD_SHARE = 0.1
DROP_SHARE = 0.1  # of the 99th percentile: a fleet at this does not stand at exactly nothing the next hour
EMPTY_DAYS_SHARE = 0.02  # of the days: more of them is a fleet that really stands still
NEGATIVE_SHARE = 0.02  # of the 99th percentile: less is own use and counts as zero, more is no generation


def year_hours(year: int) -> pd.DatetimeIndex:
    """The hours of a UTC year, shape (8760,) or (8784,)."""
    return pd.date_range(f"{year}-01-01", f"{year}-12-31 23:00", freq="h", tz="UTC", unit="ms")


def not_data(values: pd.Series, by_weather: bool, nightly: bool = False) -> pd.Series:
    """True where an hourly MW value is missing, negative, a spike or, for sun and wind, frozen or a false zero."""
    high, low = SPIKE_FACTOR * values.quantile(0.999), -NEGATIVE_SHARE * values.quantile(0.99)
    wrong = values.isna() | (values < low) | (values > high)
    if not by_weather:
        return wrong  # a nuclear or waste plant may well run flat for days
    same = (values.diff() == 0) & (values > values.median())
    run = same.groupby((~same).cumsum()).transform("sum")
    return wrong | (same & (run >= FROZEN_H)) | false_zeros(values, nightly)


def false_zeros(values: pd.Series, nightly: bool) -> pd.Series:
    """True where exactly 0.0 stands for missing: well above nothing just beside, or a day without any output.

    What sets every night (`nightly`) is compared with the same hour of the days beside. A day counts only in a
    fleet that gives something on nearly every other day, so that a small one may stand still.
    """
    zero, enough = values == 0, DROP_SHARE * values.quantile(0.99)
    if nightly:
        beside = np.fmin(values.shift(24).to_numpy(), values.shift(-24).to_numpy())
    else:
        positive = values.where(~zero)
        beside = np.fmax(positive.ffill().to_numpy(), positive.bfill().to_numpy())
    empty = zero.groupby(np.arange(len(values)) // 24).transform("all")
    found: pd.Series = (zero & (beside > enough)) | (empty & bool(empty.mean() < EMPTY_DAYS_SHARE))
    return found


def fill(values: pd.Series) -> tuple[pd.Series, int]:
    """Values with NaN filled, and the number of hours filled. At least one value must be there."""
    missing = values.isna()
    if not missing.any():
        return values, 0
    run = missing.groupby((~missing).cumsum()).transform("sum")
    short = values.interpolate(limit_direction="both").where(missing & (run <= SHORT_GAP_H))
    result = values.fillna(short)
    for days in (1, 2, 3, 7, 14):
        around = pd.concat([result.shift(24 * days), result.shift(-24 * days)], axis=1).mean(axis=1)
        result = result.fillna(around)
    return result.interpolate(limit_direction="both"), int(missing.sum())


def cleaned(values: pd.Series, by_weather: bool, nightly: bool = False) -> tuple[pd.Series, int]:
    """Hourly MW without what is not data, gaps filled; and the hours filled."""
    numbers = values.astype(float)
    return fill(numbers.mask(not_data(numbers, by_weather, nightly)).clip(lower=0))


def dead_hours(table: pd.DataFrame) -> np.ndarray:
    """True where all fuels together stand under a tenth of their median: the report is out, not the grid."""
    total = table.fillna(0).clip(lower=0).sum(axis=1)
    return np.asarray(total <= DEAD_SHARE * total.median())

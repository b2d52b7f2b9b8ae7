"""From values of a service to the hours of a year: means of quarters, gaps found, filled only if asked."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from siting.errors import InputError


@dataclass(frozen=True)
class Run:
    """Hours that follow each other, from the first to the last, both included."""

    first: pd.Timestamp
    last: pd.Timestamp

    @property
    def hours(self) -> int:
        """How many."""
        return int((self.last - self.first) / pd.Timedelta("1h")) + 1

    def __str__(self) -> str:
        return f"{self.first:%Y-%m-%d %H:%M} to {self.last + pd.Timedelta('1h'):%Y-%m-%d %H:%M} UTC ({self.hours} h)"


def calendar(year: int) -> pd.DatetimeIndex:
    """Every hour of a UTC year by its start, 29 February included."""
    return pd.date_range(f"{year}-01-01", f"{year + 1}-01-01", freq="h", tz="UTC", inclusive="left")


def hour_means(points: pd.Series, minutes: int) -> pd.Series:
    """Means by the hour of values that each stand for `minutes`; an hour that lacks one of them is left out."""
    grouped = points.dropna().groupby(points.dropna().index.floor("h"))  # type: ignore[attr-defined]
    return grouped.mean()[grouped.count() == 60 // minutes]


def once(points: pd.Series, what: str) -> pd.Series:
    """Values told several times, once; InputError if they differ (requests overlap, their answers must not)."""
    values = points.dropna().groupby(level=0)
    differ = values.nunique() > 1
    if differ.any():
        raise InputError(
            f"{what}: {int(differ.sum())} values are told twice and differ, the first at {differ.idxmax()}; "
            "the source contradicts itself, try again or use another source"
        )
    return values.first()


def whole_year(values: pd.Series, year: int, fill_hours: int) -> tuple[pd.Series, list[Run], list[Run]]:
    """(8,760 hours without 29 February, runs that were filled, runs that are still missing).

    Runs of at most `fill_hours` with a value on both sides are interpolated on a straight line.
    """
    all_hours = values.reindex(calendar(year)).astype(float)
    runs = _missing(all_hours)
    inside = [r for r in runs if r.first > all_hours.index[0] and r.last < all_hours.index[-1]]
    filled = [r for r in inside if r.hours <= fill_hours]
    line = all_hours.interpolate("linear", limit_area="inside")
    for run in filled:
        all_hours[run.first : run.last] = line[run.first : run.last]
    kept = all_hours[~_leap_day(all_hours.index)]
    left = [r for r in runs if r not in filled and not _leap_day(pd.DatetimeIndex([r.first, r.last])).all()]
    return kept, filled, left


def _leap_day(hours: pd.Index) -> pd.Series:
    return (hours.month == 2) & (hours.day == 29)  # type: ignore[attr-defined, no-any-return]


def _missing(values: pd.Series) -> list[Run]:
    """Runs of hours without a value."""
    hours = values.index[values.isna()].to_series()
    new = hours.diff() != pd.Timedelta("1h")
    return [Run(group.iloc[0], group.iloc[-1]) for _, group in hours.groupby(new.cumsum())]

"""Which hours are modelled: the full year, or typical periods of it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Hours:
    """Modelled hours, in order.

    frame: one row a modelled hour, columns `series:zone`; weight[t]: hours of the year it stands for (sums to 8,760);
    before[t]: the hour before it, cyclic within its period; labels: the first day of the real period each was taken from;
    error: root mean square error by series of the aggregated year against all hours, as a share of the series' range
    (tsam normalises each column to [0, 1]), mean over zones.
    """

    frame: pd.DataFrame
    weight: tuple[float, ...]
    before: tuple[int, ...]
    period_of: tuple[int, ...]
    labels: tuple[str, ...]
    error: dict[str, float]


def full_year(frame: pd.DataFrame) -> Hours:
    """Every hour of the year, one period, storage cyclic over the year."""
    n = len(frame)
    return Hours(
        frame=frame.reset_index(drop=True),
        weight=(1.0,) * n,
        before=tuple((t - 1) % n for t in range(n)),
        period_of=(0,) * n,
        labels=("full year",),
        error={},
    )

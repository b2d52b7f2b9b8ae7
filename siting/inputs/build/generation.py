"""Hourly generation by fuel of a country in a UTC year: read, aligned, cleaned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from siting.inputs.build import align
from siting.inputs.build.clean import SPIKE_FACTOR, cleaned, dead_hours, year_hours
from siting.inputs.build.raw import Raw

SOLAR, ONWIND, OFFWIND = "Solar", "Wind Onshore", "Wind Offshore"
LEAST_CORRELATION = 0.7  # metered solar that follows the clear sky less than this tells nothing about stamps
STORAGE = ("Hydro Pumped Storage",)  # gives back what other plants made: no source of its own
PEAK_QUANTILE = 0.99

ClearSky = Callable[[str, int], pd.Series | None]


@dataclass(frozen=True)
class Fleet:
    """One country's year: `mw` by fuel on UTC hours, hours filled by fuel, hours of stamps taken back."""

    mw: pd.DataFrame
    filled: dict[str, int]
    shift_h: int
    note: str

    def share_filled(self, fuel: str) -> float:
        """Share of the year's hours that were filled for a fuel."""
        return self.filled.get(fuel, 0) / len(self.mw)


class Generation:
    """All countries of a raw folder; each file is read once.

    `clear_sky` gives the clear-sky irradiance of a country's place on the hours of a year, None without a place:
    what the stamps of its solar are checked against, year by year.
    """

    def __init__(self, raw: Raw, clear_sky: ClearSky) -> None:
        """Nothing is read yet; `fleet(country, year)` reads."""
        self.raw, self.clear_sky = raw, clear_sky
        self.file = lru_cache(maxsize=None)(self._file)
        self.fleet = lru_cache(maxsize=None)(self._fleet)
        self.lags_h = lru_cache(maxsize=None)(self._lags_h)

    def hourly_mw(self, country: str, year: int, shift_h: int = 0) -> pd.DataFrame | None:
        """Hourly mean MW by fuel over exactly the UTC year, gaps as NaN; None if the year is not held.

        Neighbouring years' files fill the edges: the files run over local years.
        """
        if self.file(country, year) is None:
            return None
        held = [self.file(country, y) for y in (year - 1, year, year + 1)]
        hourly = pd.concat([t for t in held if t is not None])
        hourly = hourly[~hourly.index.duplicated()].sort_index()
        this_year = hourly[pd.DatetimeIndex(hourly.index).year == year]
        fuels = [f for f in hourly.columns if this_year[f].notna().any()]
        full = hourly[fuels].reindex(pd.date_range(hourly.index[0], hourly.index[-1], freq="h"))
        return full.shift(-shift_h).reindex(year_hours(year))

    def peak_mw(self, country: str, fuel: str, year: int) -> float | None:
        """99th percentile of a fuel's cleaned output in a year; None if not held: grows as the fleet does."""
        fleet = self.fleet(country, year)
        return float(fleet.mw[fuel].quantile(PEAK_QUANTILE)) if fleet and fuel in fleet.mw else None

    def _file(self, country: str, year: int) -> pd.DataFrame | None:
        table = self.raw.generation(country, year)
        return None if table is None else table.resample("h").mean()

    def _lags_h(self, country: str, year: int) -> tuple[float, float] | None:
        """(winter, summer) lag in hours of metered solar behind the clear sky; None without usable solar."""
        clear_sky, table = self.clear_sky(country, year), self.hourly_mw(country, year)
        if clear_sky is None or table is None or SOLAR not in table or table[SOLAR].notna().mean() < 0.9:
            return None
        solar = table[SOLAR].astype(float)
        night = solar[clear_sky.to_numpy() <= 0].mean()
        if not solar.max() > 0 or night > 0.3 * solar.mean():
            return None
        tame = solar.clip(upper=SPIKE_FACTOR * float(solar.quantile(0.999)))
        if align.lag_h(tame, clear_sky)[1] < LEAST_CORRELATION:
            return None
        return align.seasonal_lag_h(tame, clear_sky)

    def _fleet(self, country: str, year: int) -> Fleet | None:
        lags = self.lags_h(country, year)
        shift = stamp_shift(lags) if lags else 0
        table = self.hourly_mw(country, year, shift)
        if table is None:
            return None
        table = table.mask(pd.Series(dead_hours(table), index=table.index), axis=0)
        columns, filled = {}, {}
        for fuel in table.columns:
            if table[fuel].notna().mean() < 0.5 or table[fuel].max() <= 0:
                continue
            columns[fuel], filled[fuel] = cleaned(
                table[fuel], fuel in (SOLAR, ONWIND, OFFWIND), fuel == SOLAR
            )
        note = f"stamps {shift} h late, taken back" if shift else ""
        return Fleet(pd.DataFrame(columns, index=table.index), filled, shift, note)


def stamp_shift(lags: tuple[float, float]) -> int:
    """Whole hours by which a country's stamps are late, 0 unless winter and summer agree."""
    winter, summer = (align.whole_shift_h(lag) for lag in lags)
    return winter if winter == summer else 0


def detrended(values: np.ndarray, capacity_start: float | None, capacity_end: float | None) -> np.ndarray:
    """MW over a fleet that grows on a straight line; unchanged where capacity is not known."""
    if not capacity_start or not capacity_end:
        return values
    return np.asarray(values / np.linspace(capacity_start, capacity_end, len(values)))

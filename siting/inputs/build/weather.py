"""NSRDB station weather to a zone's temperature and to a modelled solar shape."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
import pandas as pd
import pvlib

from siting.errors import InputError
from siting.inputs.build.clean import year_hours
from siting.inputs.build.raw import Raw

HOURLY_CITIES = frozenset(
    {"Madrid", "Milan"}
)  # only in the hourly files; Seville there is not of 2019 and is not read
STATION_YEAR = 2019  # the only year the stations hold
LOW_SUN_W_M2 = 20.0  # below this clear sky, a ratio to clear sky says nothing


class Weather:
    """The sun of a weather year, and the stations of 2019, read once each."""

    def __init__(self, raw: Raw, year: int, pv: dict[str, float]) -> None:
        """Nothing is read yet; `pv` holds the values of `pv_parameters.csv`."""
        self.raw, self.year, self.pv = raw, year, pv
        self.hours = year_hours(year)
        self.clearness = lru_cache(maxsize=None)(self._clearness)
        self.clear_plane = lru_cache(maxsize=None)(self._clear_plane)
        self.clear_sky_shape = lru_cache(maxsize=None)(self._clear_sky_shape)

    def _station(self, city: str) -> tuple[pd.DataFrame, float, float]:
        return _read(self.raw, city)

    def temperature_c(self, weights: dict[str, float]) -> np.ndarray:
        """Weighted dry-bulb temperature of stations, hourly means of 2019 on the hours of this year, shape (hours,).

        Source: NSRDB. Another year takes 2019's by date and hour, 29 February that of the day before.
        """
        hours = year_hours(STATION_YEAR)
        parts = [w * _hourly(self._station(city)[0]["Temperature"], hours) for city, w in weights.items()]
        values = np.asarray(sum(parts)) / sum(weights.values())
        return values if self.year == STATION_YEAR else values[_same_date(self.hours)]

    def _clearness(self, city: str) -> np.ndarray:
        """Hourly GHI over clear-sky GHI (Haurwitz) at a station, (hours,); night as the hours beside."""
        table, latitude, longitude = self._station(city)
        half = pd.Timedelta(minutes=30) if city in HOURLY_CITIES else pd.Timedelta(0)
        stamps = pd.DatetimeIndex(table.index) + half
        clear = pd.Series(clear_sky_w_m2(latitude, longitude, stamps), index=table.index)
        sun = _hourly(clear, self.hours)
        ratio = pd.Series(_hourly(table["GHI"], self.hours) / np.maximum(sun, LOW_SUN_W_M2))
        ratio = ratio.where(sun > LOW_SUN_W_M2).clip(0, 1.2).interpolate(limit_direction="both")
        return np.asarray(ratio)

    def middle(self, weights: dict[str, float]) -> tuple[float, float]:
        """(latitude, longitude) of the weighted mean of stations."""
        places = {city: self._station(city)[1:] for city in weights}
        total = sum(weights.values())
        latitude, longitude = (sum(w * places[c][i] for c, w in weights.items()) / total for i in (0, 1))
        return float(latitude), float(longitude)

    def _clear_sky_shape(self, latitude: float, longitude: float) -> pd.Series:
        """Hourly mean clear-sky GHI at a point, by UTC hour: what metered solar is aligned with."""
        return pd.Series(_hour_means(clear_sky_w_m2(latitude, longitude, self._quarters())), index=self.hours)

    def solar_shape(self, latitude: float, longitude: float, weights: dict[str, float]) -> np.ndarray:
        """Output per unit of a fixed PV plant, hourly, shape (hours,).

        The stations' clearness under the sun of the point, split by Erbs, on a tilted plane, PVWatts DC and
        inverter; parameters from `pv_parameters.csv`.
        """
        if self.year != STATION_YEAR:
            raise InputError(
                f"recipes.csv: solar from stations needs {STATION_YEAR}; use clearness for {self.year}"
            )
        ratio = np.asarray(sum(w * self.clearness(c) for c, w in weights.items())) / sum(weights.values())
        plane = self._plane(latitude, longitude, np.repeat(ratio, 4))
        cell = pvlib.temperature.faiman(plane, np.repeat(self.temperature_c(weights), 4))
        dc = pvlib.pvsystem.pvwatts_dc(plane, cell, 1.0, self.pv["temperature_per_c"]) * (
            1 - self.pv["loss_share"]
        )
        with np.errstate(over="ignore"):  # next to no sun: pvlib divides by it and takes the lower bound
            ac = pvlib.inverter.pvwatts(dc, 1 / self.pv["dc_ac_ratio"] / self.pv["inverter_efficiency"])
        return np.asarray(np.maximum(_hour_means(np.nan_to_num(np.asarray(ac))), 0))

    def _clear_plane(self, latitude: float, longitude: float) -> np.ndarray:
        """Clear-sky irradiance on the tilted plane at a point, hourly means, shape (hours,)."""
        return _hour_means(self._plane(latitude, longitude, np.ones(4 * len(self.hours))))

    def _plane(self, latitude: float, longitude: float, ratio: np.ndarray) -> np.ndarray:
        """Irradiance on the plane per quarter hour under a share `ratio` of the clear sky, W/m2."""
        quarters = self._quarters()
        sun = _sun(latitude, longitude, quarters)
        ghi = ratio * clear_sky_w_m2(latitude, longitude, quarters)
        parts = pvlib.irradiance.erbs(ghi, sun["zenith"], quarters)
        plane = pvlib.irradiance.get_total_irradiance(
            self.pv["tilt_deg"],
            self.pv["azimuth_deg"],
            sun["apparent_zenith"],
            sun["azimuth"],
            parts["dni"],
            ghi,
            parts["dhi"],
            dni_extra=pvlib.irradiance.get_extra_radiation(quarters),
            model="haydavies",
        )["poa_global"]
        return np.asarray(plane.fillna(0))

    def _quarters(self) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(
            pd.date_range(self.hours[0], periods=4 * len(self.hours), freq="15min")
            + pd.Timedelta(minutes=7.5)
        )


def clear_sky_w_m2(latitude: float, longitude: float, stamps: pd.DatetimeIndex) -> np.ndarray:
    """Haurwitz clear-sky GHI, shape of stamps: needs no turbidity data."""
    sun = _sun(latitude, longitude, stamps)
    return np.asarray(pvlib.clearsky.haurwitz(sun["apparent_zenith"])["ghi"])


def _sun(latitude: float, longitude: float, stamps: pd.DatetimeIndex) -> pd.DataFrame:
    """Sun's place; the ephemeris method is within 0.01 degrees and far faster than the full algorithm."""
    sun: pd.DataFrame = pvlib.solarposition.get_solarposition(stamps, latitude, longitude, method="ephemeris")
    return sun


@cache
def _read(raw: Raw, city: str) -> tuple[pd.DataFrame, float, float]:
    return raw.station_hourly(city) if city in HOURLY_CITIES else raw.station_15min(city)


def _same_date(hours: pd.DatetimeIndex) -> np.ndarray:
    """Positions in 2019 of the same date and hour, shape of `hours`."""
    day = hours.dayofyear - 1 - (hours.is_leap_year & (hours.dayofyear >= 60)).astype(int)
    return np.asarray(day * 24 + hours.hour)


def _hourly(values: pd.Series, hours: pd.DatetimeIndex) -> np.ndarray:
    return np.asarray(values.resample("h").mean().reindex(hours).interpolate(limit_direction="both"))


def _hour_means(quarters: np.ndarray) -> np.ndarray:
    return np.asarray(quarters.reshape(-1, 4).mean(axis=1))

"""NSRDB station weather to a zone's temperature and to a modelled solar shape."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
import pvlib

from siting.inputs.build.clean import year_hours
from siting.inputs.build.raw import Raw

HOURLY_CITIES = frozenset(
    {"Madrid", "Milan"}
)  # only in the hourly files; Seville there is not of 2019 and is not read
LOW_SUN_W_M2 = 20.0  # below this clear sky, a ratio to clear sky says nothing


class Weather:
    """Stations of a weather year, read once each."""

    def __init__(self, raw: Raw, year: int, pv: dict[str, float]) -> None:
        """Nothing is read yet; `pv` holds the values of `pv_parameters.csv`."""
        self.raw, self.year, self.pv = raw, year, pv
        self.hours = year_hours(year)
        self._station = lru_cache(maxsize=None)(self._read)
        self.clearness = lru_cache(maxsize=None)(self._clearness)

    def _read(self, city: str) -> tuple[pd.DataFrame, float, float]:
        return self.raw.station_hourly(city) if city in HOURLY_CITIES else self.raw.station_15min(city)

    def temperature_c(self, weights: dict[str, float]) -> np.ndarray:
        """Weighted dry-bulb temperature of stations, hourly means, shape (hours,). Source: NSRDB."""
        parts = [
            w * _hourly(self._station(city)[0]["Temperature"], self.hours) for city, w in weights.items()
        ]
        return np.asarray(sum(parts)) / sum(weights.values())

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

    def clear_sky_shape(self, latitude: float, longitude: float) -> pd.Series:
        """Hourly mean clear-sky GHI at a point, by UTC hour: what metered solar is aligned with."""
        return pd.Series(_hour_means(clear_sky_w_m2(latitude, longitude, self._quarters())), index=self.hours)

    def solar_shape(self, latitude: float, longitude: float, weights: dict[str, float]) -> np.ndarray:
        """Output per unit of a fixed PV plant, hourly, shape (hours,).

        The stations' clearness under the sun of the point, split by Erbs, on a tilted plane, PVWatts DC and
        inverter; parameters from `pv_parameters.csv`.
        """
        quarters = self._quarters()
        sun = pvlib.solarposition.get_solarposition(quarters, latitude, longitude)
        ratio = np.asarray(sum(w * self.clearness(c) for c, w in weights.items())) / sum(weights.values())
        ghi = np.repeat(ratio, 4) * clear_sky_w_m2(latitude, longitude, quarters)
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
        )["poa_global"].fillna(0)
        cell = pvlib.temperature.faiman(plane, np.repeat(self.temperature_c(weights), 4))
        dc = pvlib.pvsystem.pvwatts_dc(plane, cell, 1.0, self.pv["temperature_per_c"]) * (
            1 - self.pv["loss_share"]
        )
        ac = pvlib.inverter.pvwatts(dc, 1 / self.pv["dc_ac_ratio"] / self.pv["inverter_efficiency"])
        return np.asarray(np.maximum(_hour_means(np.nan_to_num(np.asarray(ac))), 0))

    def _quarters(self) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(
            pd.date_range(self.hours[0], periods=4 * len(self.hours), freq="15min")
            + pd.Timedelta(minutes=7.5)
        )


def clear_sky_w_m2(latitude: float, longitude: float, stamps: pd.DatetimeIndex) -> np.ndarray:
    """Haurwitz clear-sky GHI, shape of stamps: needs no turbidity data."""
    sun = pvlib.solarposition.get_solarposition(stamps, latitude, longitude)
    return np.asarray(pvlib.clearsky.haurwitz(sun["apparent_zenith"])["ghi"])


def _hourly(values: pd.Series, hours: pd.DatetimeIndex) -> np.ndarray:
    return np.asarray(values.resample("h").mean().reindex(hours).interpolate(limit_direction="both"))


def _hour_means(quarters: np.ndarray) -> np.ndarray:
    return np.asarray(quarters.reshape(-1, 4).mean(axis=1))

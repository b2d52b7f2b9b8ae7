"""Hourly weather of a place from Open-Meteo's archive, model ERA5. Its free address is for non-commercial use only."""

from __future__ import annotations

from typing import Any

import pandas as pd
import requests

from siting.errors import InputError
from siting.inputs.fetch.hours import once
from siting.inputs.fetch.session import reason_of

FREE_URL = "https://archive-api.open-meteo.com/v1/archive"
PAID_URL = "https://customer-archive-api.open-meteo.com/v1/archive"
VARIABLES = {  # series name: (name at Open-Meteo, its unit there)
    "temperature_c": ("temperature_2m", "°C"),
    "ghi_w_m2": ("shortwave_radiation", "W/m²"),
    "wind_speed_10m_m_s": ("wind_speed_10m", "m/s"),
    "wind_speed_100m_m_s": ("wind_speed_100m", "m/s"),
}
MEAN_BEFORE = {"ghi_w_m2"}  # told at the end of the hour it is the mean of
NOTES = ["irradiance is the mean of the hour; temperature and wind are values at its start"]


def parameters(lat: float, lon: float, year: int) -> dict[str, Any]:
    """The request for one UTC year and the day after it, whose first stamp holds the year's last hour of sun."""
    return {
        "latitude": lat,
        "longitude": lon,
        "start_date": f"{year}-01-01",
        "end_date": f"{year + 1}-01-01",
        "hourly": ",".join(name for name, _ in VARIABLES.values()),
        "models": "era5",
        "wind_speed_unit": "ms",
        "timezone": "GMT",
    }


def year(
    session: requests.Session, lat: float, lon: float, year: int, key: str = ""
) -> tuple[dict[str, pd.Series], dict[str, Any], list[str]]:
    """(values on UTC hours by series name, the request without key, notes).

    With a `key` the address for paying customers is asked. InputError for a refusal, another unit, time or form.
    """
    asked = parameters(lat, lon, year)
    answer = session.get(PAID_URL if key else FREE_URL, params={**asked, **({"apikey": key} if key else {})})
    if not answer.ok:
        said = reason_of(answer, key) or "no reason given"
        raise InputError(
            f"Open-Meteo refuses latitude {lat:g}, longitude {lon:g} in {year} (HTTP {answer.status_code}): {said}"
        )
    try:
        told = answer.json()
        if told["utc_offset_seconds"] != 0:
            raise InputError("Open-Meteo: the answer is not in UTC as asked; report it")
        stamps = pd.DatetimeIndex(pd.to_datetime(told["hourly"]["time"], format="%Y-%m-%dT%H:%M", utc=True))
        series = {name: _column(told, name, stamps) for name in VARIABLES}
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"Open-Meteo: the answer is not of the form known ({type(error).__name__}: {error}); try again later"
        ) from None
    return series, asked, list(NOTES)


def _column(told: dict[str, Any], name: str, stamps: pd.DatetimeIndex) -> pd.Series:
    theirs, unit = VARIABLES[name]
    if told["hourly_units"][theirs] != unit:
        raise InputError(
            f"Open-Meteo: {theirs} is in '{told['hourly_units'][theirs]}', not {unit}; nothing is converted here, report it"
        )
    values = pd.to_numeric(pd.Series(told["hourly"][theirs], index=stamps))
    if name in MEAN_BEFORE:
        values = values.shift(freq=pd.Timedelta("-1h"))
    return once(values, f"Open-Meteo {name}")

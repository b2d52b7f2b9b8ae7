"""Hourly series of a world: read, and refused unless every hour of the year is there, finite and in range."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from siting.errors import InputError
from siting.units import HOURS_PER_YEAR, are

SHARES = ("_cf", "_share")  # how series between 0 and 1 end
REQUIRED = ("price_eur_mwh", "carbon_g_kwh", "cfe_share", "temperature_c")
OPTIONAL = ("marginal_g_kwh",)  # carbon of one MWh more, for carbon.intensity: marginal


def available_years(world: Path) -> list[int]:
    """Weather years a world has series for."""
    return sorted(int(p.stem) for p in (world / "series").glob("*.parquet") if p.stem.isdecimal())


def read_hours(world: Path, year: int) -> pd.DataFrame:
    """All series of a weather year: 8,760 rows indexed by UTC hour, columns `series:zone`, float64.

    Raises InputError for a missing file, hour or value and for shares outside [0, 1].
    """
    path = world / "series" / f"{year}.parquet"
    if not path.is_file():
        years = ", ".join(map(str, available_years(world))) or "none"
        raise InputError(f"{path}: no series for weather year {year}; the world has: {years}")
    try:
        frame = pd.read_parquet(path)
    except Exception as error:  # pyarrow raises many types; all mean the same here
        raise InputError(f"{path}: is not a readable Parquet table ({error})") from None
    if "utc" not in frame.columns:
        raise InputError(f"{path}: has no column 'utc'; the hours are its first column")
    words = [c for c in frame.columns if c != "utc" and not pd.api.types.is_numeric_dtype(frame[c])]
    if words:
        raise InputError(f"{path.name}: {words[0]} holds {frame[words[0]].dtype}, no numbers; write float32")
    frame = frame.set_index(_utc(path, frame["utc"])).drop(columns="utc").astype(float)
    problems = [*_hour_problems(path, pd.DatetimeIndex(frame.index), year), *_value_problems(path, frame)]
    if problems:
        raise InputError(problems)
    return frame


def _utc(path: Path, hours: pd.Series) -> pd.DatetimeIndex:
    try:
        return pd.DatetimeIndex(pd.to_datetime(hours, utc=True))
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(f"{path.name}: utc does not hold hours ({error}); write timestamps in UTC") from None


def _hour_problems(path: Path, hours: pd.DatetimeIndex, year: int) -> list[str]:
    expected = pd.date_range(f"{year}-01-01", periods=HOURS_PER_YEAR + 24, freq="h", tz="UTC")
    expected = expected[(expected.year == year) & ~((expected.month == 2) & (expected.day == 29))]
    problems = []
    missing, twice = expected.difference(hours), hours[hours.duplicated()]
    if len(missing):
        problems.append(
            f"{path.name}: {are(len(missing), 'hour')} missing, the first is {missing[0]}; add them, a year has 8760"
        )
    if len(twice):
        problems.append(f"{path.name}: hour {twice[0]} stands twice; keep one")
    if not problems and len(hours.difference(expected)):
        problems.append(f"{path.name}: hour {hours.difference(expected)[0]} is not of {year}; drop it")
    if not problems and not hours.is_monotonic_increasing:
        problems.append(f"{path.name}: hours are not in order; sort by utc")
    return problems


def _value_problems(path: Path, frame: pd.DataFrame) -> list[str]:
    problems = []
    for column in frame.columns:
        values = frame[column].to_numpy()
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            problems.append(
                f"{path.name}: {column} has {len(bad)} empty hours, the first at {frame.index[bad[0]]}; fill or model them"
            )
        elif str(column).split(":")[0].endswith(SHARES) and (values.min() < 0 or values.max() > 1):
            problems.append(
                f"{path.name}: {column} ranges {values.min():.3f} to {values.max():.3f}; a share lies in [0, 1]"
            )
    return problems[:10] + ([f"... and {len(problems) - 10} more columns"] if len(problems) > 10 else [])

"""Hourly series of a world, checked against its own tables alone: every hour, its range, its yearly level, its kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from siting.errors import InputError
from siting.inputs.csv_text import read_csv_text
from siting.inputs.series import SHARES
from siting.inputs.values import reference_rows
from siting.inputs.world_checks import KINDS
from siting.units import HOURS_PER_YEAR, are, counted

MEAN_TOLERANCE = 1e-3  # relative: what rounding and float32 may cost
FIELDS = ("zone", "series", "weather_year", "kind", "level_quantity")
ERRORS = {  # figures of series that are not measured, and their headings
    "corr": "corr",
    "bias_share": "bias",
    "rmse_share": "RMSE",
    "lowest_week_error_share": "week",
}
RANGES = {  # shares lie in [0, 1]
    "price_eur_mwh": (-500.0, 4000.0),  # clearing limits of the coupled European day-ahead market
    "carbon_g_kwh": (0.0, 2000.0),  # above any fuel of emission_factors.csv
    "marginal_g_kwh": (0.0, 2000.0),
    "temperature_c": (-58.1, 48.8),  # extremes on record in Europe (World Meteorological Organization)
}


def check_series(world: Path) -> pd.DataFrame:
    """One row a zone, series and weather year: hours, min, max, mean, level, relative_deviation, kind, ok, problem.

    Recomputes: every UTC hour of the year once (29 February left out), no empty value, values in range, mean equal to the
    published yearly level of zone_values.csv, coverage.csv and Parquet naming the same series. The error figures of
    coverage.csv are carried along where it has them. InputError if coverage.csv or a series file is missing.
    """
    coverage = read_coverage(world)
    levels = _levels(world)
    rows = []
    for year in sorted(coverage["weather_year"].unique()):
        frame = _parquet(world / "series" / f"{year}.parquet")
        part = coverage[coverage["weather_year"] == year]
        hour_problem = _hour_problem(frame["utc"], int(year))
        rows += [_series_row(frame, entry, levels, hour_problem) for entry in part.to_dict("records")]
        named = {f"{s}:{z}" for s, z in zip(part["series"], part["zone"], strict=True)}
        for extra in [c for c in frame.columns if c != "utc" and c not in named]:
            series, _, zone = extra.partition(":")
            rows.append(
                _row(zone, series, year, len(frame), problem="is in the parquet but not in coverage.csv")
            )
    return pd.DataFrame(rows)


def read_coverage(world: Path) -> pd.DataFrame:
    """coverage.csv as text; error figures (`ERRORS`, `tested_on`) it lacks are empty. InputError if it is missing."""
    path = world / "series" / "coverage.csv"
    if not path.is_file():
        raise InputError(f"{path}: is not there; restore it or build the world's series again")
    table = read_csv_text(path, FIELDS)
    absent = {column: "" for column in (*ERRORS, "tested_on") if column not in table.columns}
    return table.assign(**absent)


def _series_row(
    frame: pd.DataFrame, entry: dict[str, str], levels: dict[tuple[str, str], float], hour_problem: str
) -> dict[str, object]:
    zone, series, quantity = entry["zone"], entry["series"], entry["level_quantity"]
    errors = {name: _number(entry[name]) for name in ERRORS}
    told = {"kind": entry["kind"], "tested_on": entry["tested_on"], **errors}
    name = f"{series}:{zone}"
    if name not in frame.columns:
        return {
            **_row(
                zone, series, entry["weather_year"], 0, problem="is in coverage.csv but not in the parquet"
            ),
            **told,
        }
    values = frame[name].to_numpy(dtype=float)
    level = levels.get((zone, quantity), np.nan) if quantity else np.nan
    level = level / HOURS_PER_YEAR if quantity.endswith("_flh_h") else level
    mean = float(values.mean())
    away = abs(mean / level - 1) if np.isfinite(level) and level else np.nan
    problem = hour_problem or _value_problem(series, values) or _level_problem(quantity, level, away)
    if not problem and entry["kind"] not in KINDS:
        problem = f"kind '{entry['kind']}' is none of {', '.join(KINDS)}"
    row = _row(zone, series, entry["weather_year"], len(values), problem)
    row |= {"min": float(values.min()), "max": float(values.max()), "mean": mean}
    return {**row, "level": level, "relative_deviation": away, **told}


def _row(zone: str, series: str, year: str, hours: int, problem: str) -> dict[str, object]:
    unknown = dict.fromkeys(("min", "max", "mean", "level", "relative_deviation", *ERRORS), np.nan)
    names: dict[str, object] = {"zone": zone, "series": series, "year": int(year), "hours": hours}
    return {**names, **unknown, "kind": "", "tested_on": "", "ok": not problem, "problem": problem}


def _number(text: str) -> float:
    return float(text) if text else np.nan


def _hour_problem(utc: pd.Series, year: int) -> str:
    hours = pd.DatetimeIndex(pd.to_datetime(utc, utc=True))
    expected = pd.date_range(f"{year}-01-01", f"{year}-12-31 23:00", freq="h", tz="UTC")
    expected = expected[(expected.month != 2) | (expected.day != 29)]
    missing, twice = expected.difference(hours), hours[hours.duplicated()]
    if len(twice):
        return f"hour {twice[0]} stands twice"
    if len(missing):
        return f"{are(len(missing), 'hour')} missing, the first is {missing[0]}"
    in_order = len(hours) == len(expected) and bool((hours == expected).all())
    return "" if in_order else "hours are not those of the year in order"


def _value_problem(series: str, values: np.ndarray) -> str:
    empty = int((~np.isfinite(values)).sum())
    if empty:
        return f"{counted(empty, 'hour')} without a number"
    low, high = (0.0, 1.0) if series.endswith(SHARES) else RANGES.get(series, (-np.inf, np.inf))
    if values.min() < low or values.max() > high:
        return f"ranges from {values.min():.3f} to {values.max():.3f}, outside [{low:g}, {high:g}]"
    return ""


def _level_problem(quantity: str, level: float, away: float) -> str:
    if not quantity:
        return ""
    if not np.isfinite(level):
        return f"zone_values.csv holds no {quantity}"
    return f"mean is {away:.2%} off its level" if away > MEAN_TOLERANCE else ""


def _levels(world: Path) -> dict[tuple[str, str], float]:
    table = read_csv_text(world / "zone_values.csv", ("zone", "quantity", "value"))
    table = reference_rows(table, ("zone", "quantity"))
    return {
        (z, q): float(v) for z, q, v in zip(table["zone"], table["quantity"], table["value"], strict=True)
    }


def _parquet(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(
            f"{path}: is not there although coverage.csv names its year; build the world's series again"
        )
    return pd.read_parquet(path)

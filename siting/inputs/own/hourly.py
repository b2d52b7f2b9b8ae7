"""One hourly series of one zone from a user's file: every hour of a UTC year, or every problem with its row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from siting.errors import InputError
from siting.inputs.csv_text import read_csv_text
from siting.inputs.own.clock import At, utc_hours, zone_of
from siting.inputs.own.layers import text_of
from siting.inputs.own.spec import SeriesFile
from siting.inputs.places import nearest
from siting.inputs.series import SHARES
from siting.inputs.world_checks import first_few, number_of

HOUR = pd.Timedelta(hours=1)
LARGEST_OFFSET = pd.Timedelta(hours=14)  # of any local time from UTC (IANA time zone database)
STEPS = (HOUR, HOUR / 2, HOUR / 4)
# units by how a series' name ends
UNITS = {
    "_eur_mwh": ("EUR/MWh",),
    "_g_kwh": ("gCO2e/kWh", "gCO2/kWh", "g/kWh"),
    "_c": ("degC",),
    "_cf": ("share",),
    "_share": ("share",),
}
UNIT_COLUMN = "unit"  # a file may state its unit row by row


def read_series(name: str, spec: SeriesFile) -> np.ndarray:
    """Values of a series, shape (8760,): the hours of the UTC year without 29 February, in order.

    Local times become UTC exactly; quarter and half hours become means only if the file's entry says so.
    Raises InputError with all problems, each naming file, row and remedy.
    """
    path = Path(spec.file)
    frame, noun = _read(path, spec)
    numbers = list(frame.index)

    def at(i: int) -> str:
        return f"{path.name} {noun} {numbers[i]}"

    problems = _unit_problems(name, spec, frame, at)
    values = [number_of(text.replace(spec.decimal, ".")) for text in frame[spec.column]]
    texts = frame[spec.time_column].tolist()
    empty = [text == "" for text in frame[spec.column]]
    utc, clock_problems = utc_hours(texts, spec.timezone, spec.time_format, at, empty)
    problems += first_few(clock_problems)
    skipped = np.asarray(utc.isna()) if len(utc) == len(values) else np.zeros(len(values), dtype=bool)
    problems += first_few(_value_problems(name, spec, frame, values, skipped, at))
    if problems:
        raise InputError(problems)
    kept = np.flatnonzero(~skipped).tolist()
    found = pd.Series([values[i] for i in kept], index=utc[kept], dtype=float)
    return _year(found, [at(i) for i in kept], spec, path)


def _read(path: Path, spec: SeriesFile) -> tuple[pd.DataFrame, str]:
    """The file as text, and what its index counts."""
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if path.suffix.lower() == ".parquet":
        try:
            found = pd.read_parquet(path)
        except Exception as error:  # pyarrow raises many types; all mean the same here
            raise InputError(f"{path}: is not a readable Parquet table ({error})") from None
        found = found if spec.time_column in found.columns else found.reset_index()
        frame, noun = found.map(text_of).set_axis(pd.RangeIndex(1, len(found) + 1)), "record"
    elif path.suffix.lower() == ".csv":
        frame, noun = read_csv_text(path, (), spec.delimiter, stated=True), "row"
    else:
        raise InputError(f"{path}: format '{path.suffix}' holds no series; give .csv or .parquet")
    columns = [str(c) for c in frame.columns]
    lost = [c for c in (spec.time_column, spec.column) if c not in columns]
    if lost:
        keys = {spec.time_column: "time_column", spec.column: "column"}
        raise InputError(
            [f"{path.name}: has no column '{c}'; {nearest(c, columns)} State it as {keys[c]}" for c in lost]
        )
    return frame, noun


def _unit_problems(name: str, spec: SeriesFile, frame: pd.DataFrame, at: At) -> list[str]:
    path = Path(spec.file)
    known = next((units for end, units in UNITS.items() if name.endswith(end)), ())
    if not known:
        return [f"series {name}: its name ends with no unit; end it with one of {', '.join(UNITS)}"]
    if spec.unit not in known:
        return [
            f"{path.name}: unit '{spec.unit}' of column {spec.column}; {name} is in {known[0]}: convert the column"
        ]
    if UNIT_COLUMN not in frame.columns:
        return []
    other = [i for i, unit in enumerate(frame[UNIT_COLUMN]) if unit != spec.unit]
    return first_few(
        f"{at(i)}: unit '{frame[UNIT_COLUMN].iloc[i]}', not the stated {spec.unit}; convert the row"
        for i in other
    )


def _value_problems(
    name: str,
    spec: SeriesFile,
    frame: pd.DataFrame,
    values: list[float | None],
    skipped: np.ndarray,
    at: At,
) -> Iterator[str]:
    column = frame[spec.column]
    least = 0.0 if name.endswith(SHARES) or name.endswith("_g_kwh") else -np.inf
    most = 1.0 if name.endswith(SHARES) else np.inf
    for i, value in enumerate(values):
        if skipped[i]:
            continue
        if value is None:
            hint = "; state `decimal: ','` if it is a number" if "," in column.iloc[i] else ""
            yield f"{at(i)}: {spec.column} '{column.iloc[i]}' is no finite number{hint}; give one"
        elif not least <= value <= most:
            bounds = "between 0 and 1" if most == 1.0 else "at least 0"
            yield f"{at(i)}: {spec.column} {value:g} is impossible; {name} is {bounds}"


def _year(values: pd.Series, places: list[str], spec: SeriesFile, path: Path) -> np.ndarray:
    """The 8,760 hours of the UTC year, from values by the UTC time of their rows."""
    times = pd.DatetimeIndex(values.index)
    step = _step(times)
    if step not in STEPS:
        raise InputError(f"{path.name}: its rows are {step} apart; give hours, half hours or quarter hours")
    if step != HOUR and spec.resample is None:
        minutes = int(step.total_seconds() // 60)
        raise InputError(
            f"{path.name}: its rows are {minutes} minutes apart; state `resample: mean` for hours"
        )
    if spec.stamp == "end":
        times = times - step
        values = values.set_axis(times)
    start = f"{spec.year}-01-01"
    wanted = pd.date_range(start, f"{spec.year + 1}-01-01", freq=step, inclusive="left", tz="UTC")
    if spec.edges == "wrap":
        values = _wrapped(values, wanted)
    missing = wanted.difference(pd.DatetimeIndex(values.index))
    missing = missing[~((missing.month == 2) & (missing.day == 29))]  # dropped below: a file may lack it
    if len(missing):
        raise InputError(_gaps(pd.Series(places, index=times), wanted, missing, spec, path))
    hours = values.reindex(wanted).resample("h").mean()
    times = pd.DatetimeIndex(hours.index)
    leap_day = (times.month == 2) & (times.day == 29)
    return np.asarray(hours, dtype=float)[~leap_day]


def _step(times: pd.DatetimeIndex) -> pd.Timedelta:
    """The commonest distance between two rows."""
    steps = pd.Series(times[1:] - times[:-1])
    return pd.Timedelta(steps.mode().iloc[0]) if len(steps) else HOUR


def _wrapped(values: pd.Series, wanted: pd.DatetimeIndex) -> pd.Series:
    """Rows of the local year that lie outside the UTC year, at the other end of it, where rows are missing."""
    length = wanted[-1] - wanted[0] + (wanted[1] - wanted[0])
    outside = values[~values.index.isin(wanted)]
    for shift in (length, -length):
        missing = wanted.difference(pd.DatetimeIndex(values.index))
        missing = missing[(missing < wanted[0] + LARGEST_OFFSET) | (missing > wanted[-1] - LARGEST_OFFSET)]
        moved = outside.set_axis(pd.DatetimeIndex(outside.index) + shift)
        values = pd.concat([values, moved.loc[moved.index.isin(missing)]])
    return values.sort_index()


def _gaps(
    places: pd.Series, wanted: pd.DatetimeIndex, missing: pd.DatetimeIndex, spec: SeriesFile, path: Path
) -> list[str]:
    times = pd.DatetimeIndex(places.index)
    first, last = times[0], times[-1]
    tz = zone_of(spec.timezone)

    def told(time: pd.Timestamp) -> str:
        return f"{time.tz_convert(tz):%Y-%m-%d %H:%M} {spec.timezone} ({time:%Y-%m-%d %H:%M} UTC)"

    if first > wanted[-1] or last < wanted[0]:
        return [f"{path.name}: holds no hour of {spec.year}; it runs from {told(first)} to {told(last)}"]
    outer = missing[(missing < first) | (missing > last)]
    problems = []
    for gap in missing.difference(outer):
        before = places[times < gap].iloc[-1]
        problems.append(f"{before}: {told(gap)} is missing after it; add the row")
    found = first_few(problems)
    if len(outer):
        found.append(
            f"{path.name}: the UTC year {spec.year} lacks {len(outer)} rows, the first {told(outer[0])}; the file ends "
            f"with {places.iloc[-1]}; add them, or state `edges: wrap` to take them from the year's other end"
        )
    return found

"""A user's series laid over a world's hours: the Parquet column, its row in coverage.csv and its source."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from siting.errors import InputError
from siting.inputs.csv_text import read_csv_text
from siting.inputs.own.hourly import read_series
from siting.inputs.own.record import add_sources, replace_csv
from siting.inputs.own.spec import SeriesFile
from siting.inputs.places import nearest
from siting.inputs.series import OPTIONAL, REQUIRED, available_years

Entries = Mapping[str, tuple[SeriesFile, ...]]


def lay_series(folder: Path, series: Entries, keys: Mapping[Path, str]) -> None:
    """Replace columns of a world folder's hours by the user's, whose files have these keys of sources.csv.

    Raises InputError with the problems of all files at once.
    """
    if not series:
        return
    problems = _unknown(folder, series)
    values: dict[int, dict[str, np.ndarray]] = {}
    for name, entries in series.items():
        for entry in entries:
            try:
                values.setdefault(entry.year, {})[f"{name}:{entry.zone}"] = read_series(name, entry)
            except InputError as error:
                problems += error.problems
    if problems:
        raise InputError(problems)
    for year, columns in values.items():
        _lay_year(folder / "series" / f"{year}.parquet", year, columns)
    flat = [(name, entry) for name, entries in series.items() for entry in entries]
    _lay_coverage(folder / "series" / "coverage.csv", flat, keys)
    add_sources(folder, [(Path(entry.file), str(entry.year)) for _, entry in flat], keys)


def _unknown(folder: Path, series: Entries) -> list[str]:
    """Zones and series the world does not know, and a column given twice."""
    zones = read_csv_text(folder / "zones.csv", ("zone",))["zone"].tolist()
    options = read_csv_text(folder / "options.csv", ("option", "series"))["series"].tolist()
    known = sorted({*REQUIRED, *OPTIONAL, *filter(None, options)})
    problems = [f"series '{name}' is unknown; {nearest(name, known)}" for name in series if name not in known]
    for name, entries in series.items():
        problems += [
            f"series {name}: zone '{entry.zone}' is unknown; {nearest(entry.zone, zones)}"
            for entry in entries
            if entry.zone not in zones
        ]
        keys = [(entry.zone, entry.year) for entry in entries]
        problems += [
            f"series {name}: zone {zone} has two files for {year}; keep one"
            for zone, year in sorted({key for key in keys if keys.count(key) > 1})
        ]
    years = available_years(folder)
    problems += [
        f"series {name}: the world has no hours of {entry.year}, years: {', '.join(map(str, years))}; state one of them "
        "as the weather year the file stands for"
        for name, entries in series.items()
        for entry in entries
        if entry.year not in years
    ]
    return problems


def _lay_year(path: Path, year: int, columns: Mapping[str, np.ndarray]) -> None:
    frame = pd.read_parquet(path)
    laid = frame.assign(**{name: values.astype("float32") for name, values in columns.items()})
    path.unlink()
    laid.to_parquet(path, compression="zstd")


def _lay_coverage(path: Path, entries: list[tuple[str, SeriesFile]], keys: Mapping[Path, str]) -> None:
    """The user's rows: no level to be scaled to, so `data check` compares none."""
    table = read_csv_text(path, ("zone", "series", "kind", "method"))
    for name, entry in entries:
        same = (table["zone"] == entry.zone) & (table["series"] == name)
        if "weather_year" in table.columns:
            same &= table["weather_year"] == str(entry.year)
        table = table[~same]
        row = {
            "zone": entry.zone,
            "series": name,
            "weather_year": str(entry.year),
            "kind": entry.kind,
            "method": f"{Path(entry.file).name}, column {entry.column}, times of {entry.timezone}",
            "source": keys[Path(entry.file)],
            "filled_hours": "0",
        }
        table = pd.concat([table, pd.DataFrame([row])], ignore_index=True)
    replace_csv(path, table)

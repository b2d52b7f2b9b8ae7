"""Numbers of a world, one row each: traceable, and where a source tells several years, read for any year."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from siting.errors import InputError
from siting.inputs.csv_text import read_csv_text
from siting.inputs.world_checks import KINDS, first_few, number_of, value_problem

# the year that tables and series stand for when nobody asks for one: cost rows of the bundled world are of 2030
REFERENCE_YEAR = 2030


@dataclass(frozen=True, slots=True)
class Value:
    """One number with all that makes it traceable.

    `by_year`: where a table holds several rows of a number, all of them in order of their years, this one included.
    """

    value: float
    unit: str
    year: str
    kind: str
    source: str
    note: str
    by_year: tuple[Value, ...] = ()

    def at(self, year: int | None) -> float:
        """The number in a year: straight between the two rows around it, held flat before the first and after the last.

        Without a year it is this row's. A number with one row has the same value in every year, whatever its `year` says.
        """
        around = self.around(year)
        if len(around) == 1:
            return around[0].value
        first, second = around
        share = (float(year or 0) - int(first.year)) / (int(second.year) - int(first.year))
        return first.value + share * (second.value - first.value)

    def around(self, year: int | None) -> tuple[Value, ...]:
        """The row, or the two, that the number of a year rests on."""
        if year is None or not self.by_year:
            return (self,)
        years = [int(row.year) for row in self.by_year]
        after = bisect_left(years, year)
        if after == len(years) or after == 0 or years[after] == year:
            return (self.by_year[min(after, len(years) - 1)],)
        return self.by_year[after - 1], self.by_year[after]

    def times(self, factor: float) -> Value:
        """The number times a factor, in every year."""
        rows = tuple(replace(row, value=row.value * factor) for row in self.by_year)
        return replace(self, value=self.value * factor, by_year=rows)


def read_values(path: Path, key: str, by_year: bool) -> dict[tuple[str, str], Value]:
    """Rows `key, quantity, value, unit, year, kind, source, note` as a dictionary by (key, quantity).

    `by_year`: a number may have several rows, one a year; the dictionary then holds the row nearest to `REFERENCE_YEAR`
    (the earlier of two), which knows the others. Raises InputError with all problems at once.
    """
    names = (key,) if key == "parameter" else (key, "quantity")
    frame = read_csv_text(path, (*names, "value", "unit", "year", "kind", "source", "note"))
    rows: dict[tuple[str, str], list[Value]] = {}
    problems: list[str] = []
    for line, row in zip(frame.index, frame.to_dict("records"), strict=True):
        index = (row[key], row["quantity"] if "quantity" in names else "")
        problem = _beside(row, rows.get(index, []), by_year) or _row_problem(row, row[names[-1]])
        if problem:
            problems.append(f"{path.name} row {line} ({', '.join(filter(None, index))}): {problem}")
            continue
        number = float(row["value"])
        found = Value(number, row["unit"], row["year"], row["kind"], row["source"], row["note"])
        rows.setdefault(index, []).append(found)
    if problems:
        raise InputError(first_few(problems))
    return {index: _one(found) for index, found in rows.items()}


def reference_rows(table: pd.DataFrame, keys: tuple[str, ...]) -> pd.DataFrame:
    """Of several rows of one number the row nearest to `REFERENCE_YEAR`, as `read_values` takes it; others as they are."""
    if "year" not in table.columns or not table.duplicated(list(keys)).any():
        return table
    away = (pd.to_numeric(table["year"], errors="coerce") - REFERENCE_YEAR).rename("away")
    order = table.assign(away=away.abs(), later=away > 0).sort_values(["away", "later"], kind="stable")
    return table.loc[order.drop_duplicates(list(keys)).index.sort_values()]


def _one(rows: list[Value]) -> Value:
    if len(rows) == 1:
        return rows[0]
    ordered = tuple(sorted(rows, key=lambda row: int(row.year)))
    nearest = min(ordered, key=lambda row: abs(int(row.year) - REFERENCE_YEAR))
    return replace(nearest, by_year=ordered)


def _row_problem(row: dict[Any, Any], quantity: str) -> str:
    number = number_of(row["value"])
    if number is None:
        return f"value '{row['value']}' is no finite number; give one, or delete the row if unknown"
    if row["kind"] not in KINDS:
        return f"kind '{row['kind']}'; write one of {', '.join(KINDS)}"
    return value_problem(quantity, number, row["unit"])


def _beside(row: dict[Any, Any], others: list[Value], by_year: bool) -> str:
    """What is wrong with a further row of a number."""
    if not others:
        return ""
    if not by_year:
        return "stands twice; keep one row"
    strange = next((year for year in (others[0].year, row["year"]) if not _is_year(year)), None)
    if strange is not None:
        return f"stands twice, and year '{strange}' is no whole year; keep one row, or give each its year"
    if row["year"] in {other.year for other in others}:
        return f"stands twice for {row['year']}; keep one row a year"
    if row["unit"] != others[0].unit:
        return (
            f"stands twice, in {others[0].unit} and in {row['unit']}; keep one row, or one unit in all years"
        )
    return ""


def _is_year(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) == 4

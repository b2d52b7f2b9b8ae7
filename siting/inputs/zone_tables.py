"""Tables a world may have or leave out: links between its zones and the reactors that stand in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from siting.inputs.csv_text import read_csv_text
from siting.inputs.places import nearest
from siting.inputs.world_checks import KINDS, first_few, number_of

# ntc_mw_ab: net transfer capacity from zone_a to zone_b; a pair stands once, its zones in alphabetical order
LINKS = ("zone_a", "zone_b", "ntc_mw_ab", "ntc_mw_ba", "unit", "year", "kind", "source", "note")
REACTORS = ("reactor", "zone", "lat", "lon", "net_mw", "status", "unit", "year", "kind", "source", "note")
ZONE_TABLES = {"links": LINKS, "nuclear_reactors": REACTORS}
STATUS = ("operating", "closed")


def read_zone_table(folder: Path, name: str) -> pd.DataFrame:
    """A table of ZONE_TABLES as text, indexed by row number; empty if the world has none.

    Raises InputError for a file that is unreadable or lacks a column.
    """
    path = folder / f"{name}.csv"
    columns = ZONE_TABLES[name]
    return read_csv_text(path, columns) if path.is_file() else pd.DataFrame(columns=list(columns), dtype=str)


def links_of(table: pd.DataFrame) -> pd.DataFrame:
    """Checked links by (zone_a, zone_b): ntc_mw_ab and ntc_mw_ba in MW, year, kind, source, note."""
    links = table.astype({"ntc_mw_ab": float, "ntc_mw_ba": float})
    return links.set_index(["zone_a", "zone_b"]).drop(columns="unit")


def reactors_of(table: pd.DataFrame) -> pd.DataFrame:
    """Checked reactors by name: zone, lat and lon in degrees, net_mw, status, year, kind, source, note."""
    reactors = table.astype({"lat": float, "lon": float, "net_mw": float})
    return reactors.set_index("reactor").drop(columns="unit")


def zone_table_problems(
    tables: dict[str, pd.DataFrame], zones: Iterable[str], sources: Iterable[str]
) -> list[str]:
    """Every problem in a world's links and reactors, with row, value and remedy."""
    links, reactors = tables["links"], tables["nuclear_reactors"]
    known, cited = sorted(zones), set(sources)
    kinds = (
        *(_unknown("links", links, column, known) for column in ("zone_a", "zone_b")),
        _pairs(links),
        *(_numbers("links", links, column) for column in ("ntc_mw_ab", "ntc_mw_ba")),
        _unknown("nuclear_reactors", reactors, "zone", known),
        _unknown("nuclear_reactors", reactors, "status", list(STATUS)),
        _twice(reactors),
        _numbers("nuclear_reactors", reactors, "net_mw"),
        *(_degrees(reactors, column, most) for column, most in (("lat", 90.0), ("lon", 180.0))),
        *(_origin(name, table, cited) for name, table in tables.items()),
    )
    return [line for problems in kinds for line in first_few(problems)]


def _unknown(name: str, table: pd.DataFrame, column: str, known: list[str]) -> Iterator[str]:
    for row, value in table[column].items():
        if value not in known:
            yield f"{name}.csv row {row}: {column} '{value}' is unknown; {nearest(value, known)}"


def _pairs(links: pd.DataFrame) -> Iterator[str]:
    seen: dict[tuple[str, str], Any] = {}
    for row, pair in zip(links.index, zip(links["zone_a"], links["zone_b"], strict=True), strict=True):
        first, second = sorted(pair)
        if first == second:
            yield f"links.csv row {row}: links zone '{first}' with itself; name two zones"
        elif pair != (first, second):
            yield f"links.csv row {row}: write zone_a '{first}', zone_b '{second}' and swap the two capacities"
        elif pair in seen:
            yield f"links.csv row {row}: {first} and {second} stand in row {seen[pair]} already; keep one"
        seen.setdefault((first, second), row)


def _twice(reactors: pd.DataFrame) -> Iterator[str]:
    for row, name in reactors.loc[reactors["reactor"].duplicated(), "reactor"].items():
        yield f"nuclear_reactors.csv row {row}: reactor '{name}' stands twice; keep one"


def _numbers(name: str, table: pd.DataFrame, column: str) -> Iterator[str]:
    for row, text in table[column].items():
        number = number_of(text)
        if number is None or number < 0:
            yield f"{name}.csv row {row}: {column} is '{text}'; give MW >= 0, or delete the row if unknown"


def _degrees(reactors: pd.DataFrame, column: str, most: float) -> Iterator[str]:
    for row, text in reactors[column].items():
        number = number_of(text)
        if number is None or abs(number) > most:
            yield f"nuclear_reactors.csv row {row}: {column} is '{text}'; give degrees of WGS 84"


def _origin(name: str, table: pd.DataFrame, cited: set[str]) -> Iterator[str]:
    for row, unit, kind, source in zip(
        table.index, table["unit"], table["kind"], table["source"], strict=True
    ):
        if unit != "MW":
            yield f"{name}.csv row {row}: unit '{unit}'; capacities are in MW: convert them"
        if kind not in KINDS:
            yield f"{name}.csv row {row}: kind '{kind}'; write one of {', '.join(KINDS)}"
        if source not in cited:
            yield f"{name}.csv row {row}: source '{source}' has no row in sources.csv; add it"

"""Tables of a world against its descriptor: columns, types, ranges, keys, references between tables, units of quantities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from siting.errors import InputError
from siting.inputs.csv_text import read_csv_text
from siting.inputs.descriptor import Resource, resources
from siting.inputs.places import nearest
from siting.inputs.world_checks import Rule, first_few, number_of, rule_of

TYPES = ("number", "integer")
# quantities that only the builder of the series or a report reads; the others are in world_checks.QUANTITIES
FURTHER: dict[str, Rule] = {
    "dc_mw_2024": Rule(("MW",), 0.0),
    "eur2025_per_eur2015": Rule(("ratio",), 0.0, least_itself=False),
    "eur2025_per_eur2020": Rule(("ratio",), 0.0, least_itself=False),
    "excess_share_max": Rule(("share",), 0.0, 1.0),
    "fibre_path_stretch": Rule(("ratio",), 1.0),
    "fibre_rtt_ms_1000km": Rule(("ms/1000km",), 0.0, least_itself=False),
    "land_ha": Rule(("ha",), 0.0),
    "latitude_deg": Rule(("deg",), -90.0, 90.0),
    "longitude_deg": Rule(("deg",), -180.0, 180.0),
    "tilt_deg": Rule(("deg",), 0.0, 90.0),
    "azimuth_deg": Rule(("deg",), 0.0, 360.0),
    "inverter_efficiency": Rule(("share",), 0.0, 1.0),
    "temperature_per_c": Rule(("1/K",), -1.0, 0.0),
}


def table_problems(world: Path) -> list[str]:
    """Every fault of the files a world's descriptor lists, named by file, row and column."""
    try:
        entries = resources(world)
    except InputError as error:
        return error.problems
    found: list[str] = []
    frames: dict[str, pd.DataFrame] = {}
    for entry in entries:
        try:
            found += _columns(world, entry, frames)
        except InputError as error:
            found += error.problems
    for entry in entries:
        if entry.path in frames:
            frame = frames[entry.path]
            found += [line for kind in _row_checks(entry, frame, frames) for line in first_few(kind)]
    return found


def unchecked_quantities(world: Path) -> list[str]:
    """Quantities whose unit nothing knows, as `table: quantity`; they are read but their unit is not checked."""
    found: set[str] = set()
    for entry in resources(world):
        column = _quantity_column(entry.fields)
        if column and (world / entry.path).is_file():
            names = set(read_csv_text(world / entry.path)[column])
            found |= {f"{entry.path}: {name}" for name in names if _rule(name) is None}
    return sorted(found)


def _columns(world: Path, entry: Resource, frames: dict[str, pd.DataFrame]) -> list[str]:
    """The file is there and has the columns that must be; a CSV is kept for the checks of its rows."""
    path = world / entry.path
    if not path.is_file():
        return [f"{entry.path}: is not there, though datapackage.json lists it; restore it or drop the entry"]
    if path.suffix != ".csv":
        return []
    frames[entry.path] = read_csv_text(path)
    held = frames[entry.path].columns
    needed = [name for name, field in entry.fields.items() if field.get("constraints", {}).get("required")]
    return [f"{entry.path}: lacks column '{name}'; add it" for name in needed if name not in held]


def _row_checks(
    entry: Resource, frame: pd.DataFrame, frames: dict[str, pd.DataFrame]
) -> Iterator[Iterable[str]]:
    for name, field in entry.fields.items():
        if name in frame.columns:
            yield _values(entry.path, frame[name], field)
    if entry.primary_key and set(entry.primary_key) <= set(frame.columns):
        yield _doubled(entry, frame)
    for column, (table, key) in entry.foreign_keys.items():
        if column in frame.columns and table in frames and key in frames[table].columns:
            yield _foreign(entry.path, frame[column], table, set(frames[table][key]))
    yield _units(entry, frame)


def _values(path: str, column: pd.Series, field: dict[str, Any]) -> Iterator[str]:
    limits = field.get("constraints", {})
    numeric = field.get("type") in TYPES
    for row, text in column.items():
        problem = _value(text, field, limits, numeric)
        if problem:
            yield f"{path} row {row}: {column.name} '{text}' {problem}"
    if limits.get("unique"):
        for row in column.index[column.duplicated()]:
            yield f"{path} row {row}: {column.name} '{column[row]}' stands twice; keep one row"


def _value(text: str, field: dict[str, Any], limits: dict[str, Any], numeric: bool) -> str:
    if not text:
        return "is empty; fill it" if limits.get("required") else ""
    if "enum" in limits and text not in limits["enum"]:
        return f"is none of {', '.join(map(str, limits['enum']))}"
    if not numeric:
        return ""
    number = number_of(text)
    if number is None or (field["type"] == "integer" and number != int(number)):
        return f"is no {'whole ' if field['type'] == 'integer' else ''}number"
    low, high = limits.get("minimum", number), limits.get("maximum", number)
    return "" if low <= number <= high else f"is outside {low:g} to {high:g}"


def _doubled(entry: Resource, frame: pd.DataFrame) -> Iterator[str]:
    keys = frame[list(entry.primary_key)]
    for row in frame.index[keys.duplicated()]:
        yield f"{entry.path} row {row}: {', '.join(keys.loc[row])} stands twice; keep one row"


def _foreign(path: str, column: pd.Series, table: str, known: set[str]) -> Iterator[str]:
    for row, text in column.items():
        if text and text not in known:
            yield f"{path} row {row}: {column.name} '{text}' is not in {table}; {nearest(text, sorted(known))}"


def _units(entry: Resource, frame: pd.DataFrame) -> Iterator[str]:
    quantity = _quantity_column(entry.fields)
    if quantity is None or not {"value", "unit", quantity} <= set(frame.columns):
        return
    for row, name, text, unit in zip(
        frame.index, frame[quantity], frame["value"], frame["unit"], strict=True
    ):
        rule, number = _rule(name), number_of(text)
        if rule is None or number is None:
            continue
        if not any(unit == known or unit.startswith(f"{known}_") for known in rule.units):
            yield f"{entry.path} row {row}: {name} is in {' or '.join(rule.units)}, not '{unit}'; convert the value"
        elif not rule.admits(number):
            yield f"{entry.path} row {row}: {name} {text} is impossible; it is {rule.text}"


def _quantity_column(fields: dict[str, Any]) -> str | None:
    """The column that names quantities in a long table."""
    if "unit" not in fields:
        return None
    return next((name for name in ("quantity", "parameter") if name in fields), None)


def _rule(quantity: str) -> Rule | None:
    return FURTHER.get(quantity) or rule_of(quantity)

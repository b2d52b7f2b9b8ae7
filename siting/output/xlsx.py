"""The plan as a workbook: typed cells, units in the headers, panes frozen, no formulas."""

from __future__ import annotations

import datetime
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.errors import InputError
from siting.output.tables import with_degrees
from siting.units import counted

if TYPE_CHECKING:
    import pandas as pd

    from siting.output.layers import Layer
    from siting.plan.plan import Plan

ROWS = 1_048_576  # of a sheet: ECMA-376 as spreadsheets implement it
WIDEST = 48  # characters of a column
SAMPLE = 200  # rows that a column's width is fitted to
FIXED_TIME = datetime.datetime(1980, 1, 1)  # a clock without zone; same plan, same bytes


def check_rows(tables: list[Layer]) -> None:
    """InputError for a table that is longer than a sheet."""
    long = [table for table in tables if len(table.frame) >= ROWS]
    if long:
        names = ", ".join(f"{t.name} ({counted(len(t.frame), 'row')})" for t in long)
        raise InputError(
            f"--to xlsx: {names}: a sheet holds {ROWS - 1:,}; write --to csv (a .zip), or solve with --hours 288"
        )


def write_xlsx(plan: Plan, tables: list[Layer], path: Path) -> None:
    """One sheet a table, and a sheet `columns` that says unit and meaning of each; raises as `check_rows`."""
    import xlsxwriter

    check_rows(tables)
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"title": str(plan.record["title"]), "created": FIXED_TIME})
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        for table in map(with_degrees, tables):
            heads = [name if unit == "-" else f"{name} [{unit}]" for name, (unit, _) in table.columns.items()]
            _sheet(book.add_worksheet(table.name), heads, table.frame[list(table.columns)], head)
        _columns_sheet(book.add_worksheet("columns"), tables, head)


def _sheet(sheet: Any, heads: list[str], frame: pd.DataFrame, style: Any) -> None:
    sheet.freeze_panes(1, 1)
    for j, (name, column) in enumerate(zip(heads, frame.columns, strict=True)):
        longest = max((len(str(v)) for v in frame[column].head(SAMPLE)), default=0)
        sheet.set_column(j, j, min(WIDEST, max(10, longest, len(name) // 2)) + 1)
    sheet.write_row(0, 0, heads, style)
    if len(frame):
        sheet.autofilter(0, 0, len(frame), len(heads) - 1)
    for i, row in enumerate(frame.itertuples(index=False), start=1):
        for j, value in enumerate(row):
            _cell(sheet, i, j, value)


def _cell(sheet: Any, i: int, j: int, value: Any) -> None:
    """A cell of its own type; unknown stays empty."""
    value = value.item() if hasattr(value, "item") else value
    if value is None or (isinstance(value, float) and math.isnan(value)) or value == "":
        return
    if isinstance(value, bool):
        sheet.write_boolean(i, j, value)
    elif isinstance(value, int | float):
        sheet.write_number(i, j, value)
    else:
        sheet.write_string(i, j, str(value))


def _columns_sheet(sheet: Any, tables: list[Layer], style: Any) -> None:
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 2, 24)
    sheet.set_column(3, 3, 80)
    sheet.write_row(0, 0, ["sheet", "column", "unit", "meaning"], style)
    rows = [
        (t.name, name, unit, text)
        for t in map(with_degrees, tables)
        for name, (unit, text) in t.columns.items()
    ]
    for i, row in enumerate(rows, start=1):
        sheet.write_row(i, 0, row)

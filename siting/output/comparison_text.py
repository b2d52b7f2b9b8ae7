"""A comparison for people: plain text of at most 100 columns, the same in colour, and HTML for notebooks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from siting.output.lines import wrap
from siting.output.words import number, option_name, status_text

if TYPE_CHECKING:
    import pandas as pd

    from siting.study.compare import Comparison

WIDTH = 100
MOST_NAME = 18  # characters of a plan's name at the head of its column
YEAR = "[year]"
Cells = tuple[str, list[str]]


def comparison_text(comparison: Comparison) -> str:
    """One row a quantity, one column a plan (in blocks, where all do not fit), the sites, and what differs."""
    return "\n".join(line for line, _ in _lines(comparison))


def print_comparison(console: Console, comparison: Comparison) -> None:
    """Print a comparison: headings and what is equal set apart in a coloured terminal, plain text elsewhere."""
    if not console.is_terminal or console.color_system is None or console.no_color:
        console.out(comparison_text(comparison), highlight=False)
        return
    for line, style in _lines(comparison):
        console.print(Text(line, style=style), no_wrap=True, overflow="ignore", crop=False)


def comparison_html(comparison: Comparison) -> str:
    """Table, sites and differences as HTML."""
    from html import escape

    table: str = comparison.table.to_html(float_format=lambda x: f"{x:,.2f}", na_rep="-")
    sites: str = comparison.sites.to_html(float_format=lambda x: f"{x:,.0f}")
    items = "".join(f"<li>{escape(line)}</li>" for line in comparison.differences)
    return f"{table}{sites}<ul>{items}</ul>"


def shown_rows(comparison: Comparison, labels: tuple[str, ...]) -> list[Cells]:
    """Rows of the table as text, the cells of a row with the same decimals."""
    return [
        (
            _label(label),
            row_cells(label, [float(x) for x in comparison.table.loc[[label]].to_numpy(dtype=float)[0]]),
        )
        for label in labels
    ]


def row_cells(label: str, values: list[float]) -> list[str]:
    """The numbers of a row with the decimals its largest deserves; a dash where a plan does not know it.

    >>> row_cells("capex [bn EUR]", [16.4974, 9.1]), row_cells("first site has power [year]", [2029.0, math.nan])
    (['16.5', '9.1'], ['2029', '-'])
    """
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return ["-"] * len(values)
    if label.endswith(YEAR):
        return [f"{value:.0f}" if math.isfinite(value) else "-" for value in values]
    whole = all(value == round(value) for value in known)
    digits = 0 if whole else len(number(max(known, key=abs)).partition(".")[2])
    return [f"{value:,.{digits}f}" if math.isfinite(value) else "-" for value in values]


def _lines(comparison: Comparison) -> Iterator[tuple[str, str]]:
    """Every line with its style."""
    groups = [(title, shown_rows(comparison, labels)) for title, labels in comparison.groups]
    groups.append(("Sites, MW of IT", _site_rows(comparison.sites, list(comparison.plans))))
    names = [name if len(name) <= MOST_NAME else f"{name[: MOST_NAME - 1]}…" for name in comparison.plans]
    first = max(len(label) for _, rows in groups for label, _ in rows)
    widths = [
        max(len(names[i]), *(len(cells[i]) for _, rows in groups for _, cells in rows))
        for i in range(len(names))
    ]
    for columns in _blocks(first, widths):
        yield from _block(groups, names, columns, first, widths)
        yield "", ""
    for name, plan in comparison.plans.items():
        for line in wrap(f"{name}: {status_text(plan.record)}", WIDTH, subsequent_indent="  "):
            yield line, "dim"
    if comparison.differences:
        yield "", ""
        yield "What differs", "bold"
    for text in comparison.differences:
        for line in wrap(text, WIDTH, initial_indent="  - ", subsequent_indent="    "):
            yield line, ""


def _block(
    groups: list[tuple[str, list[Cells]]], names: list[str], columns: list[int], first: int, widths: list[int]
) -> Iterator[tuple[str, str]]:
    """One table: the heading, then each group; what all plans share is dimmed."""

    def line(label: str, cells: list[str]) -> str:
        return "  ".join([label.ljust(first), *(cells[i].rjust(widths[i]) for i in columns)]).rstrip()

    yield line("", names), "bold"
    yield "-" * (first + sum(widths[i] + 2 for i in columns)), "dim"
    for i, (title, rows) in enumerate(groups):
        if i:
            yield "", ""
        yield title, "bold cyan"
        for label, cells in rows:
            yield line(label, cells), "" if len(set(cells)) > 1 else "dim"


def _blocks(first: int, widths: list[int]) -> list[list[int]]:
    """Columns that fit side by side; the first plan stands at the left of every block."""
    blocks: list[list[int]] = [[0]]
    for i in range(1, len(widths)):
        used = first + sum(widths[j] + 2 for j in blocks[-1])
        if used + widths[i] + 2 > WIDTH and len(blocks[-1]) > 1:
            blocks.append([0])
        blocks[-1].append(i)
    return blocks


def _site_rows(sites: pd.DataFrame, names: list[str]) -> list[Cells]:
    """One row a site that any plan builds, a dot where one does not."""
    rows = []
    for site, row in zip(sites.index, sites.to_dict("records"), strict=True):
        label = f"{row['name']} {row['country']}"
        power = [float(row[name]) for name in names]
        rows.append((label if len(label) <= 40 else str(site), [f"{mw:,.0f}" if mw else "·" for mw in power]))
    return rows


def _label(label: str) -> str:
    """A row's label with an option's id in words."""
    option, space, rest = label.partition(" ")
    return f"{option_name(option)}{space}{rest}" if "_" in option else label

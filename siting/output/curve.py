"""A front in the terminal and in a notebook: one line a plan, a bar for what is traded, the knee marked, sites that move."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from rich.console import Console

from siting.output.lines import wrap
from siting.output.words import number, share

if TYPE_CHECKING:
    from siting.study.axes import Axis
    from siting.study.pareto import Pareto

WIDTH = 100
BAR = 20  # characters for the largest value of the second quantity
EXCHANGE = {"eur_per_t": "EUR/t less", "t_per_mw": "t/MW more", "eur_per_mw": "EUR/MW more"}


def pareto_text(pareto: Pareto) -> str:
    """Plain text within 100 columns, then which sites come and go along the front."""
    first, second = pareto.axes
    heads = [f"{axis.label} {axis.unit}" if axis.unit != "share" else axis.label for axis in pareto.axes]
    extra = [
        column for column in ("carbon_g_kwh", "cfe_score") if column not in {first.column, second.column}
    ]
    heads += [{"carbon_g_kwh": "g/kWh", "cfe_score": "CFE"}[column] for column in extra]
    heads += [EXCHANGE.get(pareto.exchange, pareto.exchange.replace("_", " ")), "gap"]
    rows = [
        [_shown(first, row), _shown(second, row)]
        + [share(row[c], 1) if c == "cfe_score" else number(row[c]) for c in extra]
        + [_rate(row[pareto.exchange]), share(row["gap"], 3)]
        for row in pareto.table.to_dict("records")
    ]
    widths = [max(len(line[i]) for line in [heads, *rows]) for i in range(len(heads))]
    lines = [f"{first.label} against {second.label}".capitalize(), ""]
    lines.append("    " + "  ".join(h.rjust(w) for h, w in zip(heads, widths, strict=True)))
    lines.append("-" * min(WIDTH, len(lines[-1]) + 2 + BAR))
    bars = _bars(pareto)
    for i, row in enumerate(rows):
        cells = "  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True))
        lines.append(f"{'>' if i == pareto.knee else ' '}{i:>2} {cells}  {bars[i]}".rstrip())
    lines += ["", "> knee: the point farthest below the line between the ends", *_gap_lines(pareto), ""]
    return "\n".join(
        [*lines, *_moves(pareto), *(part for note in pareto.notes for part in _wrapped(f"Note: {note}"))]
    )


def print_pareto(console: Console, pareto: Pareto) -> None:
    """Print the front."""
    console.out(pareto_text(pareto), highlight=False)


def pareto_html(pareto: Pareto) -> str:
    """Table and, with matplotlib, the curve, for a notebook."""
    from siting.output.figures import png_if_possible

    table = pareto.table.to_html(float_format=lambda x: f"{x:,.4g}")
    drawn = png_if_possible("pareto.png", pareto.figure).values()
    images = (f'<img src="data:image/png;base64,{base64.b64encode(png).decode()}">' for png in drawn)
    notes = "".join(f"<p>{escape(note)}</p>" for note in pareto.notes)
    return f"{table}{notes}{''.join(images)}"


def axis_title(axis: Axis) -> str:
    """Name and unit of an axis."""
    return f"{axis.label}, {axis.unit}" if axis.unit != "share" else axis.label


def _shown(axis: Axis, row: dict[Any, Any]) -> str:
    value = row[axis.column] / axis.divisor
    return (
        share(value, 2) if axis.unit == "share" else f"{value:,.1f}" if axis.divisor == 1e6 else number(value)
    )


def _rate(value: float) -> str:
    return "" if value != value else number(value)


def _bars(pareto: Pareto) -> list[str]:
    second = pareto.table[pareto.axes[1].column]
    most = max(float(second.max()), 1e-9)
    return ["█" * round(BAR * value / most) for value in second]


def _gap_lines(pareto: Pareto) -> list[str]:
    widest = max(pareto.table.to_dict("records"), key=lambda row: row["gap"])
    first = pareto.axes[0]
    value = abs(widest["gap"] * widest[first.column] / first.divisor)
    unit = "" if first.unit == "share" else f" {first.unit}"
    return _wrapped(
        f"gap: each point is proven the best under its limit to this share; {share(widest['gap'], 3)} "
        f"at the widest = {value:,.3g}{unit}"
    )


def _moves(pareto: Pareto) -> Iterator[str]:
    """Sites that appear and vanish from one point to the next."""
    for i, row in enumerate(pareto.table.to_dict("records")):
        if i == 0:
            yield from _wrapped(f"point 0 builds at {row['sites'] or 'no site'}")
        elif row["appear"] or row["vanish"]:
            yield from _wrapped(
                f"point {i}: {row['appear'] or 'nothing'} in, {row['vanish'] or 'nothing'} out"
            )


def _wrapped(text: str) -> list[str]:
    return wrap(text, WIDTH, subsequent_indent="  ")

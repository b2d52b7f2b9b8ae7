"""Regrets in the terminal and in a notebook: plans down, scenarios across, the plan of least worst regret marked."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from rich.console import Console

from siting.output.lines import wrap
from siting.output.words import large, number, share

if TYPE_CHECKING:
    from siting.study.robust import Robust

WIDTH = 100
SHOWN_SCENARIOS = 6  # columns that fit; the table in --json and -o holds all
SHOWN_PLANS = 12
SHOWN_REGRET = 0.005  # in the unit shown: a regret below reads 0.00 and has no bar
BAR = 12
NAME = 24


def robust_text(robust: Robust) -> str:
    """Plain text within 100 columns: scenarios, the table of regrets, why plans fail, and what the answer covers."""
    step, unit = regret_unit(robust)
    lines = [
        *_scenarios(robust),
        "",
        f"Regret, {unit} beyond the scenario's own optimum",
        "",
        *_table(robust, step),
    ]
    return "\n".join([*lines, "", *_answer(robust), *_failures(robust), *_said(robust)])


def print_robust(console: Console, robust: Robust) -> None:
    """Print the regrets."""
    console.out(robust_text(robust), highlight=False)


def robust_html(robust: Robust) -> str:
    """Table, answer and, with matplotlib, the heat map, for a notebook."""
    from siting.output.figures import png_if_possible

    drawn = png_if_possible("robust.png", robust.figure).values()
    images = (f'<img src="data:image/png;base64,{base64.b64encode(png).decode()}">' for png in drawn)
    said = "".join(f"<p>{escape(line)}</p>" for line in _answer(robust))
    return f"{robust.table.to_html(float_format=lambda x: f'{x:,.4g}')}{said}{''.join(images)}"


def regret_unit(robust: Robust) -> tuple[float, str]:
    """What regrets are divided by for show, and the unit they then have."""
    return (1e6, f"M {robust.unit}") if robust.unit.startswith("EUR") else (1.0, robust.unit)


def regret_cell(value: float, step: float) -> str:
    """A regret, or a dash where the plan cannot be carried out.

    >>> regret_cell(1.25e6, 1e6), regret_cell(float("inf"), 1e6)
    ('1.25', 'fails')
    """
    return "fails" if not math.isfinite(value) else f"{value / step + 0.0:,.2f}"


def _scenarios(robust: Robust) -> Iterator[str]:
    yield "Scenarios, each with its own optimum"
    for i, s in enumerate(robust.scenarios, start=1):
        plan = robust.optima[s.name]
        text = (
            f"{i:>3} {s.name} (weight {share(s.probability_share)}): {large(plan.objective)} {robust.unit} at "
            f"{', '.join(sorted(plan.chosen.index))}"
        )
        yield from _wrapped(f"{text}; {s.why}" if s.why else text, "      ")


def _table(robust: Robust, step: float) -> Iterator[str]:
    shown = list(enumerate(robust.scenarios, start=1))[:SHOWN_SCENARIOS]
    heads = [*(str(i) for i, _ in shown), "worst", "expected"]
    yield "  " + "plan".ljust(NAME) + "".join(head.rjust(9) for head in heads)
    yield "-" * WIDTH
    rows = robust.table.head(SHOWN_PLANS)
    most = max([r for r in rows["worst_regret"] if math.isfinite(r)], default=0.0)
    most = most if most >= SHOWN_REGRET * step else 0.0
    for name, row in zip(map(str, rows.index), rows.to_dict("records"), strict=True):
        values = [*(row[f"regret in {s.name}"] for _, s in shown), row["worst_regret"]]
        cells = [regret_cell(value, step) for value in values]
        expected = (
            "fails" if not math.isfinite(row["expected_value"]) else number(row["expected_value"] / step)
        )
        bar = (
            "█" * round(BAR * row["worst_regret"] / most)
            if most and math.isfinite(row["worst_regret"])
            else ""
        )
        mark = ">" if name == robust.best else " "
        line = f"{mark} {_short(name):<{NAME}}" + "".join(cell.rjust(9) for cell in [*cells, expected])
        yield f"{line}  {bar}"[:WIDTH].rstrip()
    if len(robust.table) > len(rows):
        yield f"  and {len(robust.table) - len(rows)} more (--json or -o: all)"
    if len(robust.scenarios) > len(shown):
        yield f"  regrets in {len(robust.scenarios) - len(shown)} more scenarios: --json or -o"


def _answer(robust: Robust) -> Iterator[str]:
    step, unit = regret_unit(robust)
    if robust.best is None:
        yield from _wrapped("Every plan fails in some scenario: none can be called robust.")
    else:
        row = robust.table.loc[[robust.best]].to_dict("records")[0]
        yield from _wrapped(
            f"> {robust.best} regrets least at its worst: {regret_cell(row['worst_regret'], step)} {unit} in "
            f"{row['worst_in']}; expected {number(row['expected_value'] / step)} {unit}; builds at {row['sites']}"
        )
    finite = robust.table[[math.isfinite(v) for v in robust.table["expected_value"]]]
    if len(finite) and finite["expected_value"].idxmin() != robust.best:
        cheapest = str(finite["expected_value"].idxmin())
        yield from _wrapped(
            f"least expected: {cheapest}, {number(finite['expected_value'].min() / step)} {unit}"
        )
    yield from _wrapped(f"scope: {robust.scope}")


def _failures(robust: Robust) -> Iterator[str]:
    failed = robust.cells[robust.cells["why_not"] != ""]
    if len(failed):
        yield ""
        yield "Where plans fail"
    for cell in failed.head(SHOWN_PLANS).to_dict("records"):
        yield from _wrapped(f"  - {_short(cell['plan'])} in {cell['scenario']}: {cell['why_not']}", "    ")


def _said(robust: Robust) -> Iterator[str]:
    step, unit = regret_unit(robust)
    kept = {"sites": "sites", "sizes": "sites and their sizes", "investments": "every investment"}[robust.fix]
    yield ""
    yield from _wrapped(
        f"Plans keep {kept}; what is left is decided anew in each scenario. Optima are proven to within "
        f"{max(robust.proven.values()) / step:,.3g} {unit}, and regrets with them."
    )
    for note in robust.notes:
        yield from _wrapped(f"Note: {note}")


def _short(name: str) -> str:
    return name if len(name) <= NAME else name[: NAME - 3] + "..."


def _wrapped(text: str, indent: str = "  ") -> list[str]:
    return wrap(text, WIDTH, subsequent_indent=indent)

"""Sweeps and tornados for people: lines of at most 100 columns with bars, files, and HTML for notebooks."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

from siting.errors import InputError
from siting.output.figures import png_if_possible
from siting.output.lines import wrap
from siting.output.words import large, number, share

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import Console

    from siting.study.sweep import Sweep
    from siting.study.tornado import Tornado

WIDTH = 100
BAR = 20  # characters of the longest bar
STILL = 5e-5  # a share below which a value is said not to move the answer (0.00 %)


def sweep_text(sweep: Sweep) -> str:
    """One line a value, a bar for its cost from the cheapest up, then which sites come and go."""
    table, found = sweep.table, sweep.table.dropna(subset=["cash_cost_eur_yr"])
    least, most = float(found["cash_cost_eur_yr"].min()), float(found["cash_cost_eur_yr"].max())
    heads = ("value", "M EUR/yr", "EUR/MWh", "t CO2e/yr", "g/kWh", "CFE", "sites")
    form = "{:>12} {:>11} {:>9} {:>12} {:>7} {:>6} {:>6}  {}"
    lines = [f"over {sweep.key}", "", form.format(*heads, "cost").rstrip(), "-" * (71 + BAR)]
    for row in table.to_dict("records"):
        value = large(row[sweep.key]) if abs(row[sweep.key]) >= 1e6 else f"{row[sweep.key]:g}"
        if row["status"] == "infeasible":
            lines.append(f"{value:>12}  no plan: {textwrap.shorten(str(row['reason']), WIDTH - 24)}")
            continue
        cells = (
            f"{row['cash_cost_eur_yr'] / 1e6:,.1f}", f"{row['energy_eur_mwh']:.1f}", number(row["carbon_t_yr"]),
            f"{row['carbon_g_kwh']:.1f}", share(row["cfe_score"]), _moves_word(row),
        )  # fmt: skip
        filled = (row["cash_cost_eur_yr"] - least) / (most - least) if most > least else 0.0
        lines.append(form.format(value, *cells, _bar(filled)).rstrip())
    return "\n".join([*lines, "", *_moves(sweep)])


def tornado_text(tornado: Tornado) -> str:
    """One line a value and direction, bars as wide as the change of cost, what does not move the answer last."""
    table = tornado.table
    moved = table[
        (table["swing_share"] >= STILL) | (table["carbon_swing_share"] >= STILL) | _changes_sites(table)
    ]
    widest = float(table["swing_share"].max()) or 1.0
    lines = [
        *wrap(
            f"each value {share(tornado.by_share)} down (-) and up (+), a scenario, all else as it is: change against "
            f"{large(tornado.base.totals['cash_cost_eur_yr'])} EUR/yr and "
            f"{number(tornado.base.totals['carbon_t_yr'])} t CO2e/yr", WIDTH,
        ),
        "",
        f"{'':<28}   {'cost':>8} {'carbon':>8} {'sites':>6}",
        "-" * (53 + 2 * BAR + 1),
    ]  # fmt: skip
    for row in moved.to_dict("records"):
        name = str(row["key"]).removeprefix("scenario.factors.")
        for side, sign in (("low", "-"), ("high", "+")):
            lines.append(_end_line(name if side == "low" else "", row, side, sign, widest))
    still = [
        str(key).removeprefix("scenario.factors.") for key in table.loc[~table.index.isin(moved.index), "key"]
    ]
    if still:
        lines += ["", *wrap(f"without effect here: {', '.join(still)}", WIDTH)]
    return "\n".join([*lines, "", "sites: how many of the plan's sites another takes the place of"])


def print_study(console: Console, text: str) -> None:
    """Print a study's text as it is."""
    console.out(text, highlight=False)


def sweep_files(sweep: Sweep) -> dict[str, bytes]:
    """sweep.csv, sweep.json and, with matplotlib, sweep.png."""
    return _files("sweep", sweep.table, sweep.to_json(), sweep.figure)


def tornado_files(tornado: Tornado) -> dict[str, bytes]:
    """tornado.csv, tornado.json and, with matplotlib, tornado.png."""
    return _files("tornado", tornado.table, tornado.to_json(), tornado.figure)


def study_html(table: pd.DataFrame, draw: Callable[[], Figure]) -> str:
    """The table and, with matplotlib, the figure as HTML."""
    from base64 import b64encode

    html: str = table.to_html(float_format=lambda x: f"{x:,.4g}", na_rep="-", index=False)
    try:
        for content in png_if_possible("figure.png", draw).values():
            html += f'<img alt="figure" src="data:image/png;base64,{b64encode(content).decode("ascii")}">'
    except InputError as error:  # what the figure needs beside the table is gone; the table still tells
        html += f"<p>{escape(str(error))}</p>"
    return html


def _files(name: str, table: pd.DataFrame, json: str, draw: Callable[[], Figure]) -> dict[str, bytes]:
    csv = str(table.to_csv(index=False, lineterminator="\n"))
    files = {f"{name}.csv": csv.encode("utf-8"), f"{name}.json": f"{json}\n".encode()}
    return files | png_if_possible(f"{name}.png", draw)


def _bar(filled: float) -> str:
    return "█" * max(1, round(BAR * filled))


def _moves_word(row: dict[Any, Any]) -> str:
    """Number of sites, with a star where they differ from the value before."""
    count = len([site for site in str(row["sites"]).split(", ") if site])
    return f"{count}{'*' if row['sites_in'] or row['sites_out'] else ' '}"


def _moves(sweep: Sweep) -> list[str]:
    """Which sites come and go from one value to the next."""
    rows = sweep.table[sweep.table["status"] != "infeasible"].to_dict("records")
    lines = [f"at {_value(rows[0][sweep.key])} sites are {rows[0]['sites']}"]
    lines += [
        f"* at {_value(row[sweep.key])}: {row['sites_in'] or 'nothing'} in, {row['sites_out'] or 'nothing'} out"
        for row in rows[1:]
        if row["sites_in"] or row["sites_out"]
    ]
    return [part for line in lines for part in wrap(line, WIDTH, subsequent_indent="    ")]


def _value(value: float) -> str:
    return large(value) if abs(value) >= 1e6 else f"{value:g}"


def _changes_sites(table: pd.DataFrame) -> pd.Series[bool]:
    ends = table[["sites_changed_low", "sites_changed_high"]].astype(float)
    return (ends.isna() | (ends > 0)).any(axis=1)


def _end_line(name: str, row: dict[Any, Any], side: str, sign: str, widest: float) -> str:
    change = row[f"cost_share_{side}"]
    head = f"{name:<28} {sign}"
    if row[f"reason_{side}"]:
        return f"{head} no plan: {textwrap.shorten(str(row[f'reason_{side}']), WIDTH - 42)}"
    carbon, sites = row[f"carbon_share_{side}"], row[f"sites_changed_{side}"]
    length = round(BAR * abs(change) / widest)
    left = ("█" * length if change < 0 else "").rjust(BAR)
    right = "█" * length if change > 0 else ""
    carbon_word = "-" if carbon is None or carbon != carbon else f"{carbon:+.1%}"
    return f"{head} {change:>+8.2%} {carbon_word:>8} {sites:>6.0f}  {left}|{right}".rstrip()

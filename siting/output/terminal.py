"""Plans and small tables in the terminal: plain text of at most 100 columns, coloured where it can be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from siting.instance.shaped import FLAT
from siting.output.lines import wrap
from siting.output.words import (
    effort_text,
    energy_shares,
    horizon_text,
    limit_text,
    number,
    option_name,
    share,
    shown_sites,
    status_text,
    storage_text,
    totals_text,
)

if TYPE_CHECKING:
    import pandas as pd

    from siting.plan.plan import Plan

WIDTH = 100
BAR = 24  # characters of a full energy bar
SHADES = "█▓▒░"  # largest source first; all further ones share the last shade
SHOWN_SHARE = 0.01  # sources below are drawn, not named
# Okabe and Ito (2008), told apart by colour-blind readers
COLOURS = {
    "grid": "#999999",
    "solar_ppa": "#E69F00",
    "onsite_solar": "#F0E442",
    "onwind_ppa": "#56B4E9",
    "offwind_ppa": "#0072B2",
    "nuclear_ppa": "#CC79A7",
}
OTHER_COLOUR = "#D55E00"
HEADINGS = ("Site", "", "IT MW", "Accelerators", "EUR/MWh", "g/kWh", "CFE", "M EUR/yr")


def plan_text(plan: Plan) -> str:
    """The plan as plain text: status and gap, sites with their energy mix, totals, binding limits, notes."""
    lines = [str(plan.record["title"]), *_wrapped(status_text(plan.record)), ""]
    lines += _site_lines(plan)
    lines += [f"  {name:<13}{text}" for name, text in totals_text(plan)]
    for name, text in horizon_text(plan):
        lines += wrap(text, WIDTH, initial_indent=f"  {name:<13}", subsequent_indent=" " * 15)
    lines += _listed("Limits that bind", map(limit_text, plan.record["binding"]))
    lines += _listed("Notes", plan.record["notes"])
    return "\n".join([*lines, "", *_wrapped(effort_text(plan.record))])


def print_plan(console: Console, plan: Plan) -> None:
    """Print a plan: coloured in a terminal, plain text elsewhere (and under NO_COLOR)."""
    if not _coloured(console):
        console.out(plan_text(plan), highlight=False)
        return
    width = min(WIDTH, console.width)
    console.print(_head(plan, width))
    console.print(_sites_table(plan, width))
    console.print(_totals_grid(plan))
    if plan.stages:
        console.print(Text(" Road map", style="bold"))
        for name, text in horizon_text(plan):
            lines = wrap(text, width - 16) or [""]
            console.print(
                Text("\n".join([f"  {name:<13}{lines[0]}", *(" " * 15 + line for line in lines[1:])]))
            )
    for title, lines in (
        ("Limits that bind", list(map(limit_text, plan.record["binding"]))),
        ("Notes", plan.record["notes"]),
    ):
        if lines:
            console.print(Text(f" {title}", style="bold"))
            console.print(Group(*(Text(f"  · {line}") for line in lines)))
    console.print(Text(f" {effort_text(plan.record)}", style="dim"))


def print_table(console: Console, frame: pd.DataFrame, title: str = "") -> None:
    """Print a small data frame as it is: text to the left, numbers to the right."""
    if title:
        console.print(Text(title, style="bold"))
    if not console.is_terminal:
        console.out(frame.to_string(index=False), highlight=False)
        return
    table = Table(header_style="bold")
    for column in frame.columns:
        table.add_column(
            Text(str(column)),
            justify="right" if frame[column].dtype.kind in "if" else "left",
            overflow="fold",
        )
    for row in frame.itertuples(index=False):
        table.add_row(*(Text(number(cell) if isinstance(cell, float) else str(cell)) for cell in row))
    console.print(table)


def _site_lines(plan: Plan) -> list[str]:
    """Two lines a site: results, then its energy as a bar with the shares in words."""
    form = "  {:<22}{:<4}{:>7}{:>14}{:>10}{:>9}{:>8}{:>11}"
    lines = [form.format(*HEADINGS)]
    shown, more = shown_sites(plan)
    for row in shown:
        lines.append(form.format(*_site_cells(plan, row)))
        shares = energy_shares(plan.supply, row["site"])
        words = _mix_words(shares, storage_text(plan.supply, row["site"]))
        lines += wrap(words, WIDTH, initial_indent=f"    {_bar(shares)}  ", subsequent_indent=" " * (BAR + 6))
    lines += [f"  and {more} smaller ones in sites.geojson"] if more else []
    return [*lines, ""]


def _site_cells(plan: Plan, row: Mapping[str, Any]) -> tuple[str, ...]:
    name = str(plan.sites.at[row["site"], "name"])
    return (
        name if len(name) <= 21 else f"{name[:20]}…",
        row["country"],
        number(row["it_mw"]),
        f"{row['accelerators']:,.0f}",
        f"{row['energy_eur_mwh']:.1f}",
        f"{row['carbon_g_kwh']:.1f}",
        share(row["cfe_score"]),
        f"{row['cost_eur_yr'] / 1e6:,.1f}",
    )


def _mix_words(shares: dict[str, float], storage: str) -> str:
    words = [f"{option_name(k)} {share(part)}" for k, part in shares.items() if part >= SHOWN_SHARE]
    return ", ".join(words + ([f"+ {storage}"] if storage else [])) or "no supply"


def _bar(shares: dict[str, float]) -> str:
    """A bar of BAR characters, one shade a source, largest first as the words beside it."""
    bar = "".join(SHADES[min(i, len(SHADES) - 1)] * n for i, n in enumerate(_lengths(shares).values()))
    return bar.ljust(BAR)


def _lengths(shares: dict[str, float]) -> dict[str, int]:
    """Characters of each source, summing to BAR: rounded down, the rest to the largest remainders."""
    exact = {k: part * BAR for k, part in shares.items()}
    lengths = {k: int(x) for k, x in exact.items()}
    rest = (BAR - sum(lengths.values())) if shares else 0
    for k in sorted(exact, key=lambda k: lengths[k] - exact[k])[:rest]:
        lengths[k] += 1
    return lengths


def _head(plan: Plan, width: int) -> Panel:
    solved = plan.status == "optimal"
    text = Text(status_text(plan.record), style="green" if solved else "yellow")
    return Panel(text, title=Text(str(plan.record["title"]), style="bold"), title_align="left", width=width)


def _sites_table(plan: Plan, width: int) -> Table:
    table = Table(header_style="bold", box=None, padding=(0, 1, 0, 0), width=width)
    for i, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="left" if i < 2 else "right", no_wrap=i > 0)
    shown, more = shown_sites(plan)
    for row in shown:
        shares = energy_shares(plan.supply, row["site"])
        table.add_row(
            *(Text(cell, style="bold" if i == 0 else "") for i, cell in enumerate(_site_cells(plan, row)))
        )
        table.add_row(Text.assemble(*((" " * n, f"on {_colour(k)}") for k, n in _lengths(shares).items())))
    table.add_row(Text(f"and {more} smaller ones in sites.geojson") if more else None)
    return _with_words(plan, table)


def _with_words(plan: Plan, table: Table) -> Table:
    """A legend under the table: every source with its colour and its share of all energy."""
    used = (
        plan.supply.assign(site="all")
        .groupby(["site", "option", "route"])[["supply_mwh"]]
        .sum()
        .reset_index()
    )
    legend = Text(" ")
    for option, part in energy_shares(used, "all").items():
        legend.append("  ", style=f"on {_colour(option)}").append(f" {option_name(option)} {share(part)}   ")
    stores = [
        f"{row['site']}: {text}"
        for row in shown_sites(plan)[0]
        if (text := storage_text(plan.supply, row["site"]))
    ]
    table.caption = Text("\n ").join([legend, *map(Text, stores)])
    table.caption_justify = "left"
    return table


def _totals_grid(plan: Plan) -> Table:
    grid = Table.grid(padding=(0, 2))
    for name, text in totals_text(plan):
        grid.add_row(Text(f"  {name}", style="cyan"), Text(text))
    return grid


def _coloured(console: Console) -> bool:
    """Whether bars told apart by colour can be seen at all."""
    return console.is_terminal and console.color_system is not None and not console.no_color


def _colour(option: str) -> str:
    return COLOURS.get(option.replace(FLAT, ""), OTHER_COLOUR)


def _listed(title: str, lines: Iterable[str]) -> list[str]:
    """A heading and its bullets, or nothing."""
    found = list(lines)
    if not found:
        return []
    return [
        "",
        title,
        *(
            part
            for line in found
            for part in wrap(line, WIDTH, initial_indent="  - ", subsequent_indent="    ")
        ),
    ]


def _wrapped(text: str) -> list[str]:
    return wrap(text, WIDTH)

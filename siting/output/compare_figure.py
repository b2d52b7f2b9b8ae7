"""Figures of a comparison: what each plan costs, runs on and emits, drawn to one scale (matplotlib)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from siting.errors import InputError
from siting.instance.items import is_internal_price, pays_for_energy
from siting.instance.shaped import SHAPING
from siting.output.comparison_text import shown_rows
from siting.output.figures import INK, need_matplotlib
from siting.output.paints import paint_of
from siting.output.words import number, option_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from siting.plan.plan import Plan
    from siting.study.compare import Comparison

REST = "all else"  # heat, coverage, work lost: neither power nor housing
# Okabe and Ito (2008), told apart by colour-blind readers
COST_COLOURS = {
    "accelerators": "#56B4E9",
    "building": "#E69F00",
    "connection": "#0072B2",
    "on-site power": "#F0E442",
    "contracts": "#CC79A7",
    "purchase, fuel, charges": "#999999",
    REST: "#D55E00",
}
CARBON_COLOURS = ("#444444", "#A9A9A9", "#D55E00", "#0072B2")
POWER = [
    "connection",
    "on-site power",
    "contracts",
    "purchase, fuel, charges",
]  # parts that a supply mix decides
HEADLINES = ("Build", "Money", "Carbon", "Place and time")  # groups in the table's picture
KINDS = ("bars", "table")
DPI = 110
LEGEND_IN = 0.32  # inches from a panel to its legend


def comparison_figure(comparison: Comparison, kind: str = "bars") -> Figure:
    """`bars`: cost, energy mix and carbon, one bar a plan; `table`: the same over the headline rows of the table.

    Raises InputError for another kind and without matplotlib.
    """
    if kind not in KINDS:
        raise InputError(f"figure '{kind}': not available; have: {', '.join(KINDS)}")
    need_matplotlib()
    from matplotlib.figure import Figure

    names = list(comparison.plans)
    rows = _headlines(comparison) if kind == "table" else []
    bars_in, table_in = 1.9 + 0.42 * len(names), 0.21 * (len(rows) + 1) + 0.3 if rows else 0.0
    figure = Figure(figsize=(11.0, bars_in + table_in + 0.5), dpi=DPI, facecolor="white")
    high = bars_in + table_in + 0.5
    figure.text(
        0.012, 1 - 0.28 / high, _title(comparison), fontsize=13, fontweight="bold", color=INK, va="center"
    )
    bottom, top = (table_in + 1.15) / high, 1 - 0.85 / high
    panels = ((0.125, 0.255), (0.425, 0.255), (0.725, 0.255))
    axes = [figure.add_axes((left, bottom, width, top - bottom)) for left, width in panels]
    costs = _costs(comparison)
    _stack(
        axes[0],
        costs[POWER],
        COST_COLOURS.__getitem__,
        "Cost of power (of all cost), M EUR/yr",
        costs.sum(axis=1),
    )
    _stack(axes[1], _energy(comparison), paint_of, "Electricity used, GWh/yr")
    _carbon(axes[2], comparison)
    for axis in axes[1:]:
        axis.set_yticklabels([])
    if rows:
        _table(figure, rows, names, table_in / high)
    return figure


def cost_parts(plan: Plan) -> dict[str, float]:
    """Cash cost by part of COST_COLOURS, EUR/yr; sums to `totals["cash_cost_eur_yr"]`."""
    contracts = set(plan.supply.loc[plan.supply["route"] == "ppa", "option"])
    parts = dict.fromkeys(COST_COLOURS, 0.0)
    for row in plan.costs.to_dict("records"):
        if not is_internal_price(str(row["item"])):
            parts[_part(str(row["capex_group"]), str(row["item"]), contracts)] += float(row["cost_eur_yr"])
    return parts


def _part(group: str, item: str, contracts: set[str]) -> str:
    if not pays_for_energy(item):
        return item if item in COST_COLOURS else REST
    if group == "connection":
        return group
    if group == "onsite_power":
        return "on-site power"
    return "contracts" if item.removeprefix(SHAPING) in contracts else "purchase, fuel, charges"


def _costs(comparison: Comparison) -> pd.DataFrame:
    """Million EUR a year, one row a plan."""
    return pd.DataFrame({name: cost_parts(plan) for name, plan in comparison.plans.items()}).T / 1e6


def _energy(comparison: Comparison) -> pd.DataFrame:
    """GWh a year by source, largest first; storage is no source."""
    used = {
        name: plan.supply[plan.supply["route"] != "storage"].groupby("option")["supply_mwh"].sum() / 1e3
        for name, plan in comparison.plans.items()
    }
    frame = pd.DataFrame(used).fillna(0.0).T
    return frame[frame.sum().sort_values(ascending=False).index]


def _stack(
    axes: Axes,
    frame: pd.DataFrame,
    colour_of: Callable[[str], str],
    title: str,
    whole: pd.Series[float] | None = None,
) -> None:
    """Stacked bars, one a plan, with the total (and the whole it is a part of) at the end and the parts' names below."""
    left = pd.Series(0.0, index=frame.index)
    rest = 0.0
    for part in frame.columns:
        if frame[part].abs().max() <= 0:
            continue
        colour = colour_of(str(part))
        axes.barh(
            range(len(frame)), frame[part], left=left, color=colour, height=0.62, label=option_name(str(part))
        )
        left = left + frame[part]
        rest = max(rest, float(left.max()))
    for i, total in enumerate(left):
        text = number(total) if whole is None else f"{number(total)} of {number(float(whole.iloc[i]))}"
        axes.text(total + 0.015 * rest, i, text, va="center", fontsize=8, color=INK)
    _dress(axes, list(map(str, frame.index)), title, rest * (1.17 if whole is None else 1.4), columns=2)


def _carbon(axes: Axes, comparison: Comparison) -> None:
    """Tonnes of every accounting the plans have, side by side."""
    labels = [label for label in comparison.table.index if label.endswith("[t CO2e/yr]")]
    high = 0.72 / max(1, len(labels))
    most = float(comparison.table.loc[labels].max().max()) / 1e3
    for j, label in enumerate(labels):
        values = comparison.table.loc[label].astype(float).to_numpy() / 1e3
        places = [i + (j - (len(labels) - 1) / 2) * high for i in range(len(values))]
        colour = CARBON_COLOURS[j % len(CARBON_COLOURS)]
        axes.barh(places, values, height=high * 0.92, color=colour, label=label.partition(" [")[0])
        for place, value in zip(places, values, strict=True):
            if value == value:
                axes.text(value + 0.015 * most, place, number(value), va="center", fontsize=8, color=INK)
    _dress(axes, list(comparison.plans), "Carbon, kt CO2e/yr", most * 1.17, columns=1)


def _dress(axes: Axes, names: list[str], title: str, right: float, columns: int) -> None:
    axes.set_title(title, fontsize=9.5, loc="left", color=INK)
    axes.set_yticks(
        range(len(names)), [name if len(name) <= 16 else f"{name[:15]}…" for name in names], fontsize=9
    )
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0, right or 1.0)
    axes.tick_params(axis="x", labelsize=7.5)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    if axes.get_legend_handles_labels()[0]:
        below = LEGEND_IN * DPI / axes.get_window_extent().height
        axes.legend(
            loc="upper left", bbox_to_anchor=(-0.02, -below), frameon=False, fontsize=7.5, ncols=columns,
            columnspacing=0.9, handlelength=1.0, handletextpad=0.4, borderaxespad=0.0,
        )  # fmt: skip


def _headlines(comparison: Comparison) -> list[tuple[str, list[str]]]:
    """Headline rows a plan knows, without MW by country."""
    rows = []
    for title, labels in comparison.groups:
        if title in HEADLINES:
            kept = tuple(label for label in labels if not label.endswith("[MW of IT]"))
            rows += [row for row in shown_rows(comparison, kept) if set(row[1]) != {"-"}]
    return rows


def _table(figure: Figure, rows: list[tuple[str, list[str]]], names: list[str], share: float) -> None:
    """The rows as text under the bars, numbers flush right."""
    axes = figure.add_axes((0.0, 0.0, 1.0, share))
    axes.set_axis_off()
    step = 1.0 / (len(rows) + 2)
    columns = [0.46 + 0.53 * (i + 1) / len(names) for i in range(len(names))]
    for x, name in zip(columns, names, strict=True):
        axes.text(x, 1 - 0.5 * step, name, ha="right", va="center", fontsize=9, fontweight="bold", color=INK)
    for i, (label, cells) in enumerate(rows, start=1):
        y = 1 - (i + 0.5) * step
        if i % 2:
            axes.axhspan(y - step / 2, y + step / 2, xmin=0.01, xmax=0.995, color="#F3F3F1", linewidth=0)
        axes.text(0.014, y, label, va="center", fontsize=9, color=INK)
        for x, cell in zip(columns, cells, strict=True):
            axes.text(x, y, cell, ha="right", va="center", fontsize=9, color=INK)


def _title(comparison: Comparison) -> str:
    titles = list(dict.fromkeys(str(plan.record["title"]) for plan in comparison.plans.values()))
    return titles[0] if len(titles) == 1 else "Plans side by side"

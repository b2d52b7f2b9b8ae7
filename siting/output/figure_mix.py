"""Figure of the energy mix: what each site runs on in a year, and how much of its load is carbon-free in its hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from siting.output.figures import INK, need_matplotlib, titled
from siting.output.paints import paint, paint_of
from siting.output.report.tones import height, tone
from siting.output.words import number, option_name, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from siting.plan.plan import Plan

MWH_PER_GWH = 1e3
VISIBLE_SHARE = 0.0005  # an option below this share of the largest bar is no longer a line's width


def mix_figure(plan: Plan) -> Figure:
    """Bars of electricity used by source (GWh/yr, storage is no source) beside the CFE score, one row a site.

    Raises InputError without matplotlib.
    """
    need_matplotlib()
    from matplotlib.figure import Figure

    energy = energy_by_site(plan)
    high = 1.85 + 0.42 * len(energy)
    figure = Figure(figsize=(9.6, high), dpi=150, facecolor="white")
    titled(figure, plan, "What the sites run on; storage is no source and is left out", high)
    bottom, top = 0.95 / high, 1 - 0.85 / high
    bars = figure.add_axes((0.17, bottom, 0.60, top - bottom))
    score = figure.add_axes((0.82, bottom, 0.16, top - bottom))
    _bars(bars, energy)
    _score(score, plan, list(energy.index))
    names = plan.sites.loc[energy.index, "name"]
    bars.set_yticks(range(len(energy)), [_short(str(name)) for name in names], fontsize=9, color=INK)
    score.set_yticks([])
    bars.legend(
        loc="upper left", bbox_to_anchor=(0.0, -0.42 / (high - 1.8)), frameon=False, fontsize=8, ncols=4,
        columnspacing=1.2, handlelength=1.0, handletextpad=0.5, borderaxespad=0.0,
    )  # fmt: skip
    return figure


def energy_by_site(plan: Plan) -> pd.DataFrame:
    """GWh/yr used, one row a chosen site (largest first), one column a source as stacked; storage is left out."""
    used = plan.supply[plan.supply["route"] != "storage"]
    frame = used.pivot_table(
        index="site", columns="option", values="supply_mwh", aggfunc="sum", fill_value=0.0
    )
    frame = frame.loc[:, frame.sum() > 0] / MWH_PER_GWH
    order = sorted(frame.columns, key=lambda option: (height(tone(str(option))), str(option)))
    rows = frame.sum(axis=1).sort_values(ascending=False, kind="stable").index
    return frame.loc[rows, order]


def _bars(axes: Axes, energy: pd.DataFrame) -> None:
    left = pd.Series(0.0, index=energy.index)
    most = float(energy.sum(axis=1).max()) if len(energy) else 1.0
    for option in energy.columns:
        name = option_name(str(option))
        if float(energy[option].max()) < VISIBLE_SHARE * most:
            name = f"{name} (under {share(VISIBLE_SHARE, 2)})"
        axes.barh(
            range(len(energy)), energy[option], left=left, height=0.64, edgecolor="white", linewidth=0.6,
            color=paint_of(str(option)), label=name,
        )  # fmt: skip
        left = left + energy[option]
    for row, total in enumerate(left):
        axes.text(total + 0.012 * most, row, number(float(total)), va="center", fontsize=8.5, color=INK)
    axes.set_xlim(0, most * 1.12)
    _dress(axes, "Electricity used, GWh/yr", len(energy))


def _score(axes: Axes, plan: Plan, sites: list[str]) -> None:
    scores = [float(v) for v in plan.sites.loc[sites, "cfe_score"]]
    axes.barh(range(len(sites)), [1.0] * len(sites), height=0.64, color="#ececea")
    axes.barh(range(len(sites)), scores, height=0.64, color=paint("met"), label="CFE score")
    for row, value in enumerate(scores):
        axes.text(1.05, row, share(value), va="center", fontsize=8.5, color=INK)
    axes.set_xlim(0, 1.3)
    axes.set_xticks([0, 0.5, 1.0], ["0", "50 %", "100 %"])
    _dress(axes, "CFE score", len(sites))


def _dress(axes: Axes, title: str, rows: int) -> None:
    axes.set_title(title, fontsize=9.5, loc="left", color=INK)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.tick_params(axis="x", labelsize=7.5)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _short(name: str) -> str:
    return name if len(name) <= 22 else f"{name[:21]}…"

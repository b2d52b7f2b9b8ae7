"""Figure of the hours: load and where it comes from, in the best, the typical and the tightest window of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from siting.errors import InputError
from siting.inputs.places import nearest
from siting.output.figures import INK, need_matplotlib, titled
from siting.output.paints import paint
from siting.output.report.backdrop import backdrop, clean_options
from siting.output.report.windows import (
    HOURS_PER_DAY,
    Band,
    Window,
    chosen_windows,
    kind_of_window,
)
from siting.output.words import number, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from siting.plan.plan import Plan

COLUMN_IN = 1.75  # inches for a name in the legend
LONG_H = 2 * HOURS_PER_DAY  # windows longer than this are drawn one below the other
TITLES = {
    "best": "Best matched",
    "typical": "Typical",
    "tightest": "Tightest",
    "only": "All that is modelled",
}


def hours_figure(plan: Plan, site: str | None = None) -> Figure:
    """Stacks of supply (MW by hour) under the line of the load, charging and sales below zero, to one scale.

    Windows are chosen as in the report, for all sites together or for one. Raises InputError for a site that is not
    built and without matplotlib.
    """
    need_matplotlib()
    from matplotlib.figure import Figure

    windows = windows_of(plan, site)
    long = len(windows[0].load_mw) > LONG_H
    shape = (len(windows), 1) if long else (1, len(windows))
    bands = [b for w in windows for b in w.used] + [b for w in windows for b in w.away]
    named = list(dict.fromkeys((b.name, b.tone) for b in bands))
    wide, high = (10.0, 2.1 * len(windows)) if long else (1.4 + 3.2 * len(windows), 3.1)
    columns = int(wide / COLUMN_IN)
    legend_in = 0.18 * -(-(len(named) + 1) // columns) + 0.15
    total = high + 1.0 + legend_in
    figure = Figure(figsize=(wide, total), dpi=150, facecolor="white")
    where = "all sites" if site is None else str(plan.sites.loc[site, "name"])
    kind = kind_of_window(plan)
    title = f"Load and supply by hour (UTC), {where}, a {kind} each; below zero what is charged or sold"
    titled(figure, plan, title, total)
    panels = figure.subplots(*shape, sharey=True, squeeze=False).ravel()
    for axes, window in zip(panels, windows, strict=True):
        _stack(axes, window, kind)
    for axes in panels if long else panels[:1]:
        axes.set_ylabel("MW", fontsize=8.5, color=INK)
    left, gap = 0.75 / wide, (0.55 if long else 0.12)
    figure.subplots_adjust(
        left=left, right=1 - 0.2 / wide, top=1 - 1.05 / total, bottom=(legend_in + 0.42) / total, hspace=gap, wspace=gap
    )  # fmt: skip
    _legend(figure, named, left, columns)
    return figure


def windows_of(plan: Plan, site: str | None) -> list[Window]:
    """Windows of all sites, or of one that is built."""
    built = [str(s) for s in plan.chosen.index]
    if site is not None and site not in built:
        raise InputError(f"figure 'hours': site '{site}' is not built; {nearest(site, built)}")
    return chosen_windows(plan, clean_options(plan, backdrop(plan)), None if site is None else [site])


def _stack(axes: Axes, window: Window, kind: str) -> None:
    """Steps, as each value is the mean of its hour."""
    edges = np.arange(len(window.load_mw) + 1)
    _areas(axes, window.used, edges, 1.0)
    _areas(axes, window.away, edges, -1.0)
    axes.stairs(window.load_mw, edges, baseline=None, color=INK, linewidth=1.4, label="load")
    axes.axhline(0, color=INK, linewidth=0.6)
    axes.set_title(
        f"{TITLES[window.role]}: {share(window.matching)} carbon-free\n{_period(window, kind)}",
        fontsize=8.5, loc="left", color=INK, linespacing=1.3,
    )  # fmt: skip
    hours = len(window.load_mw)
    step = 6 if hours <= LONG_H else HOURS_PER_DAY
    marks = list(range(0, hours + 1, step))
    names = [f"{h:02d}" if step == 6 else f"day {h // HOURS_PER_DAY + 1}" for h in marks]
    axes.set_xticks(
        marks, names if step == 6 else [*names[:-1], ""], fontsize=7.5, ha="center" if step == 6 else "left"
    )
    axes.set_xlim(0, hours)
    axes.tick_params(axis="y", labelsize=7.5)
    axes.grid(axis="y", color="#e8e8e6", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _areas(axes: Axes, bands: Sequence[Band], edges: np.ndarray, sign: float) -> None:
    base = np.zeros(len(edges) - 1)
    for band in bands:
        top = base + sign * band.mw
        axes.stairs(
            top, edges, baseline=base, fill=True, color=paint(band.tone), linewidth=0, label=band.name
        )
        base = top


def _period(window: Window, kind: str) -> str:
    """`20 March 2019, for 34 days of the year`; weeks of a full year stand for themselves."""
    if kind.endswith("full year"):
        return window.when
    days = window.stands_for_h / HOURS_PER_DAY
    return f"{window.when}, for {number(round(days))} {'day' if round(days) == 1 else 'days'} of the year"


def _legend(figure: Figure, named: Sequence[tuple[str, str]], left: float, columns: int) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    figure.legend(
        handles=[
            Line2D([], [], color=INK, linewidth=1.4, label="load"),
            *(Patch(facecolor=paint(tone), label=name) for name, tone in named),
        ],
        loc="lower left", bbox_to_anchor=(left - 0.01, 0.0), frameon=False, fontsize=8, ncols=columns,
        columnspacing=1.2, handlelength=1.1, handletextpad=0.5,
    )  # fmt: skip

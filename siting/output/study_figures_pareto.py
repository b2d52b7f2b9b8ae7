"""Figure of a front: the curve with its knee, and under it which sites are built along it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.output.curve import axis_title
from siting.output.figures import INK, SITE, need_matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from siting.study.pareto import Pareto

KNEE, GREY = "#D55E00", "#8a8a85"  # vermilion of Okabe and Ito (2008): apart from blue for all readers


def pareto_figure(pareto: Pareto) -> Figure:
    """Curve above, strip of sites below, on one axis of the second quantity. Raises InputError without matplotlib."""
    need_matplotlib()
    from matplotlib.figure import Figure

    sites = list(dict.fromkeys(s for cell in pareto.table["sites"] for s in cell.split(", ") if s))
    strip = 0.24 * len(sites) + 0.3
    figure = Figure(figsize=(8.6, 5.0 + strip), dpi=150, facecolor="white", layout="constrained")
    curve, rows = figure.subplots(2, 1, sharex=True, height_ratios=(4.4, strip))
    _curve(curve, pareto)
    _strip(rows, pareto, sites)
    figure.suptitle(
        str(pareto.plans[0].record["title"]), fontsize=14, fontweight="bold", color=INK, x=0.02, ha="left"
    )
    return figure


def _x(pareto: Pareto) -> list[float]:
    second = pareto.axes[1]
    return [float(v) / second.divisor for v in pareto.table[second.column]]


def _curve(axes: Axes, pareto: Pareto) -> None:
    first = pareto.axes[0]
    x, y = _x(pareto), [float(v) / first.divisor for v in pareto.table[first.column]]
    axes.plot(x, y, color=SITE, marker="o", markersize=5, linewidth=1.6, zorder=3)
    k = pareto.knee
    axes.plot([x[0], x[-1]], [y[0], y[-1]], color=GREY, linewidth=0.8, linestyle=":")
    axes.plot(
        x[k], y[k], marker="o", markersize=11, markerfacecolor="none", markeredgecolor=KNEE, markeredgewidth=2
    )
    axes.annotate("knee", (x[k], y[k]), (10, 10), textcoords="offset points", color=KNEE, fontsize=10)
    for i, (xi, yi) in enumerate(zip(x, y, strict=True)):
        axes.annotate(
            str(i), (xi, yi), (0, -12), textcoords="offset points", ha="center", fontsize=7, color=INK
        )
    axes.set_ylabel(axis_title(first), color=INK)
    axes.ticklabel_format(useOffset=False, style="plain")
    axes.margins(x=0.04, y=0.12)
    axes.grid(color="#e8e8e6", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)


def _strip(axes: Axes, pareto: Pareto, sites: list[str]) -> None:
    """A dot where a point builds on a site, a line as long as it stays."""
    x = _x(pareto)
    built = [set(cell.split(", ")) for cell in pareto.table["sites"]]
    for row, site in enumerate(reversed(sites)):
        here = [xi if site in names else float("nan") for xi, names in zip(x, built, strict=True)]
        axes.plot(
            here,
            [row] * len(here),
            color=SITE,
            marker="o",
            markersize=4,
            linewidth=2.5,
            solid_capstyle="round",
        )
    axes.set_yticks(range(len(sites)), list(reversed(sites)), fontsize=8)
    axes.set_ylim(-0.7, len(sites) - 0.3)
    axes.set_xlabel(axis_title(pareto.axes[1]), color=INK)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#e8e8e6", linewidth=0.6)
    axes.spines[["top", "right", "left"]].set_visible(False)

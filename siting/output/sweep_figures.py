"""Figures of sweeps and tornados (matplotlib)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.output.figures import INK, need_matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from siting.study.sweep import Sweep
    from siting.study.tornado import Tornado

DOWN, UP = "#0072B2", "#D55E00"  # Okabe and Ito (2008)
LINES = (  # column, divisor, words
    ("cash_cost_eur_yr", 1e6, "cost, M EUR/yr"),
    ("carbon_t_yr", 1e3, "operational carbon, kt CO2e/yr"),
    ("cfe_score", 1.0, "CFE score"),
)
MOST_BARS = 16


def sweep_figure(sweep: Sweep) -> Figure:
    """Cost, carbon and CFE score over the values, and below which sites each plan builds."""
    need_matplotlib()
    from matplotlib.figure import Figure

    table = sweep.table.dropna(subset=["cash_cost_eur_yr"])
    sites = sorted({site for row in table["sites"] for site in str(row).split(", ")})
    high = 6.0 + 0.17 * len(sites)
    figure = Figure(figsize=(8.0, high), dpi=110, facecolor="white", layout="constrained")
    axes = figure.subplots(4, 1, sharex=True, height_ratios=[1, 1, 1, max(1.0, 0.12 * len(sites))])
    for axis, (column, divisor, words) in zip(axes, LINES, strict=False):
        axis.plot(
            table[sweep.key], table[column].astype(float) / divisor, marker="o", color=DOWN, markersize=4
        )
        axis.set_title(words, fontsize=9.5, loc="left", color=INK)
        axis.ticklabel_format(axis="y", useOffset=False)
        _plain(axis)
    for i, site in enumerate(sites):
        built = [site in str(row).split(", ") for row in table["sites"]]
        axes[3].scatter(table.loc[built, sweep.key], [i] * sum(built), s=26, color=UP, marker="s")
    axes[3].set_yticks(range(len(sites)), sites, fontsize=7.5)
    axes[3].set_title("sites built", fontsize=9.5, loc="left", color=INK)
    axes[3].set_xlabel(sweep.key, fontsize=9)
    _plain(axes[3])
    return figure


def tornado_figure(tornado: Tornado) -> Figure:
    """Change of cost and of carbon with every value down and up, widest cost first; sites that change in numbers."""
    need_matplotlib()
    from matplotlib.figure import Figure

    table = tornado.table.head(MOST_BARS)
    figure = Figure(figsize=(10.0, 1.6 + 0.36 * len(table)), dpi=110, facecolor="white", layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, quantity, words in ((left, "cost", "cost"), (right, "carbon", "operational carbon")):
        for side, colour, sign in (("low", DOWN, "-"), ("high", UP, "+")):
            values = 100 * table[f"{quantity}_share_{side}"].astype(float).fillna(0.0)
            axes.barh(
                range(len(table)),
                values,
                color=colour,
                height=0.6,
                alpha=0.85,
                label=f"{sign}{tornado.by_share:.0%}",
            )
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_title(f"change of {words}, %", fontsize=9.5, loc="left", color=INK)
        _plain(axes)
    names = [str(key).removeprefix("scenario.factors.") for key in table["key"]]
    left.set_yticks(range(len(table)), names, fontsize=8.5)
    left.set_ylim(len(table) - 0.5, -0.5)
    for i, row in enumerate(table.to_dict("records")):
        right.annotate(
            _sites_words(row["sites_changed_low"], row["sites_changed_high"]), (1.0, i),
            xycoords=("axes fraction", "data"), xytext=(4, 0), textcoords="offset points", fontsize=7.5, va="center",
            color=INK,
        )  # fmt: skip
    left.legend(frameon=False, fontsize=8, loc="lower left")
    figure.suptitle(
        "What moves the answer (at the right: sites that change, down / up)", fontsize=11, x=0.01, ha="left"
    )
    return figure


def _sites_words(low: float | None, high: float | None) -> str:
    words = ["no plan" if value is None or value != value else f"{value:.0f}" for value in (low, high)]
    return " / ".join(words)


def _plain(axes: Axes) -> None:
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)

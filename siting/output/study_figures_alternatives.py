"""Figure of near-optimal alternatives: where is always, sometimes and never built on, and what the mix may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.output.background import world_of
from siting.output.figures import CANDIDATE, INK, SITE, frame_europe, need_matplotlib
from siting.output.report.shapes import EQUAL_AREA
from siting.output.words import option_name, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from siting.study.alternatives import Alternatives

ALWAYS = "#D55E00"  # vermilion of Okabe and Ito (2008): apart from the blue of sometimes for all readers
RANGE, NEVER_ZONE = "#9cc3dd", "#f1f1ee"
AREA_PT2 = 260.0  # of a circle that is in all plans


def alternatives_figure(found: Alternatives) -> Figure:
    """Map of shares of plans by country and site, ranges of supply options beside. Raises InputError without matplotlib."""
    need_matplotlib()
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13.0, 8.4), dpi=150, facecolor="white")
    _map(figure.add_axes((0.01, 0.03, 0.60, 0.85)), found)
    _ranges(figure.add_axes((0.72, 0.12, 0.25, 0.70)), found)
    title = str(found.optimum.record["title"])
    line = (
        f"{len(found.plans) - 1} alternatives at most {share(found.slack_share, 1)} dearer than the least cost, pairwise at "
        f"least {found.apart_share:g} apart. Equal area (EPSG:3035)."
    )
    figure.text(0.02, 0.955, title, fontsize=16, fontweight="bold", color=INK, va="center")
    figure.text(0.02, 0.915, line, fontsize=10, color=INK, va="center")
    return figure


def _map(axes: Axes, found: Alternatives) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    axes.set_axis_off()
    axes.set_aspect("equal")
    zones = world_of(found.optimum).zones.to_crs(EQUAL_AREA)
    part = zones["country"].map(found.countries["plans_share"]).fillna(0.0)
    shades = LinearSegmentedColormap.from_list("plans", [NEVER_ZONE, RANGE])
    frame_europe(axes, zones)
    zones.plot(ax=axes, color=[shades(p) for p in part], edgecolor="white", linewidth=0.6)
    points = found.optimum.sites.to_crs(EQUAL_AREA).geometry
    rows = found.sites.assign(x=points.x, y=points.y)
    never = rows[rows["plans_share"] == 0]
    axes.scatter(
        never["x"], never["y"], s=6, color=CANDIDATE, linewidths=0, zorder=3, label="never in these plans"
    )
    for word, colour in (("sometimes", SITE), ("always", ALWAYS)):
        own = rows[rows["verdict"] == word]
        if own.empty:
            continue
        axes.scatter(
            own["x"],
            own["y"],
            s=AREA_PT2 * own["plans_share"].to_numpy(dtype=float),
            color=colour,
            alpha=0.8,
            edgecolor="white",
            linewidth=0.8,
            zorder=4,
            label=word,
        )
    for _, row in rows[
        rows["plans_share"] * len(found.plans) > 1.5
    ].iterrows():  # one plan alone needs no name
        text = f"{row['name']} {share(row['plans_share'])}"
        axes.annotate(
            text, (row["x"], row["y"]), (6, 6), textcoords="offset points", fontsize=7.5, color=INK, zorder=5
        )
    axes.legend(
        title="In how many of the plans (area)",
        loc="upper left",
        frameon=False,
        fontsize=8.5,
        alignment="left",
    )


def _ranges(axes: Axes, found: Alternatives) -> None:
    """Least to most share of energy by option, the optimum marked; storage has no share."""
    table = found.options[found.options["share_most"].notna()].iloc[::-1]
    places = range(len(table))
    low, high = table["share_least"].astype(float) * 100, table["share_most"].astype(float) * 100
    axes.barh(places, high - low, left=low, color=RANGE, height=0.55)
    axes.scatter(table["optimum_share"].astype(float) * 100, places, color=ALWAYS, zorder=3, s=36)
    axes.set_yticks(places, [option_name(str(k)) for k in table.index], fontsize=9.5)
    axes.set_xlim(-2, 102)
    axes.set_xlabel("share of energy, % (dot: the optimum)", color=INK)
    axes.grid(axis="x", color="#e8e8e6", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_title("From what", fontsize=11, loc="left", color=INK)

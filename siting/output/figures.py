"""Figures of a plan (matplotlib, the optional extra `figures`)."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from siting.errors import InputError
from siting.output.background import grid_value, world_of
from siting.output.figure_labels import Place, free_place
from siting.output.folder import atomic_write
from siting.output.report.shapes import EQUAL_AREA, EUROPE_M
from siting.output.words import large, number, share
from siting.units import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from siting.plan.plan import Plan

CLASSES_G_KWH = (0, 50, 150, 300, 500)  # lower edges of the shades of carbon intensity
GREYS = ("#f4f4f2", "#e3e3e0", "#cdcdc9", "#b2b2ae", "#94948f")
SITE, CANDIDATE, INK = (
    "#0072B2",
    "#6f6f6a",
    "#222222",
)  # blue of Okabe and Ito (2008): apart from greys for all readers
AREA_PT2_MW = 3.2  # circle area per MW of IT
FONT_PT = 9.0  # of labels
SUFFIXES = ("png", "svg", "pdf")
KINDS = ("map", "mix", "hours", "frontiers")


def figure(plan: Plan, kind: str, site: str | None = None) -> Figure:
    """Draw a figure of a plan, one of KINDS; `site` narrows `hours` to one site. Raises InputError."""
    if problems := unknown_kind(kind):
        raise InputError(problems)
    if site is not None and kind != "hours":
        raise InputError(f"figure '{kind}': shows all sites; leave the site out, or ask for hours")
    from siting.output.figure_frontiers import frontiers_figure
    from siting.output.figure_hours import hours_figure
    from siting.output.figure_mix import mix_figure

    if kind == "hours":
        return hours_figure(plan, site)
    return {"map": map_figure, "mix": mix_figure, "frontiers": frontiers_figure}[kind](plan)


def unknown_kind(kind: str) -> list[str]:
    """What is wrong with the name of a figure, if anything."""
    if kind == "pareto":
        return [
            "figure 'pareto': a front is of many plans: siting.pareto(model).figure(), or `siting pareto MODEL -o OUT`"
        ]
    if kind not in KINDS:
        return [f"figure '{kind}': not available; have: {', '.join(KINDS)}"]
    return []


def save_figure(plan: Plan, kind: str, path: str | Path, site: str | None = None) -> Path:
    """Draw a figure of a plan into a .png, .svg or .pdf file; an older file is replaced."""
    target = Path(path)
    form = target.suffix.lstrip(".").lower()
    if form not in SUFFIXES:
        raise InputError(f"{target}: a figure is one of {', '.join(f'.{s}' for s in SUFFIXES)}")
    return atomic_write(target, rendered(lambda: figure(plan, kind, site), form))


def map_figure(plan: Plan) -> Figure:
    """Map of the plan: zones by grid carbon intensity (grey), candidates (dots), chosen sites (circles by MW of IT).

    Reads the world of the plan's model for shapes, and for intensities where no candidate lies. Raises InputError without
    matplotlib or the world, or if that has changed.
    """
    need_matplotlib()
    from matplotlib.figure import Figure

    zones = _zones(plan)
    figure = Figure(figsize=(9.0, 9.2), dpi=150, facecolor="white")
    axes = figure.add_axes((0.02, 0.05, 0.96, 0.83))
    axes.set_axis_off()
    axes.set_aspect("equal")
    frame_europe(axes, zones)
    zones.plot(ax=axes, color=list(zones["shade"]), edgecolor="white", linewidth=0.6)
    sites = plan.sites.to_crs(EQUAL_AREA)
    chosen = sites[sites["selected"]]
    rest = sites[~sites["selected"]]
    axes.scatter(rest.geometry.x, rest.geometry.y, s=7, color=CANDIDATE, linewidths=0, zorder=3)
    _circles(axes, chosen)
    _labels(axes, chosen)
    _legend(axes, chosen)
    _texts(figure, plan)
    return figure


def _zones(plan: Plan) -> gpd.GeoDataFrame:
    """All zones of the world in equal-area metres, with a shade of grey by mean grid carbon as the plan counts it."""
    world = world_of(plan)
    shade = [_shade(grid_value(plan, world, str(z), "grid_carbon_g_kwh")) for z in world.zones.index]
    zones: gpd.GeoDataFrame = world.zones.assign(shade=shade).to_crs(EQUAL_AREA)
    return zones


def _shade(g_kwh: float | None) -> str:
    """Grey of a carbon intensity; white where it is unknown."""
    return (
        "#ffffff" if g_kwh is None else GREYS[max(0, int(np.searchsorted(CLASSES_G_KWH, g_kwh, "right")) - 1)]
    )


def frame_europe(axes: Axes, zones: gpd.GeoDataFrame) -> None:
    """Show the zones, but no more than Europe: far islands would shrink all else."""
    west, south, east, north = zones.total_bounds
    left, low, right, high = EUROPE_M
    margin = 60_000
    axes.set_xlim(max(west, left) - margin, min(east, right) + margin)
    axes.set_ylim(max(south, low) - margin, min(north, high) + margin)


def _circles(axes: Axes, chosen: gpd.GeoDataFrame) -> None:
    area = chosen["it_mw"].to_numpy(dtype=float) * AREA_PT2_MW
    axes.scatter(
        chosen.geometry.x,
        chosen.geometry.y,
        s=area,
        color=SITE,
        alpha=0.75,
        edgecolor="white",
        linewidth=1.2,
        zorder=4,
    )


def _labels(axes: Axes, chosen: gpd.GeoDataFrame) -> None:
    """Name and size beside each circle: right, left, below or above it, where the least is covered."""
    from matplotlib.patheffects import withStroke

    axes.apply_aspect()
    points_px = 72.0 / axes.figure.dpi
    rows = chosen.sort_values("it_mw", ascending=False)
    centres = axes.transData.transform(np.column_stack([rows.geometry.x, rows.geometry.y])) * points_px
    radii = np.sqrt(rows["it_mw"].to_numpy(dtype=float) * AREA_PT2_MW / np.pi)
    taken = [(x - r, y - r, x + r, y + r) for (x, y), r in zip(centres, radii, strict=True)]
    for name, it_mw, (x, y), radius in zip(rows["name"], rows["it_mw"], centres, radii, strict=True):
        text = f"{name}\n{number(it_mw)} MW"
        at, align = free_place(_positions(text, x, y, radius), taken)
        axes.annotate(
            text,
            at,
            xycoords="figure points",
            ha=align,
            va="center",
            fontsize=FONT_PT,
            color=INK,
            linespacing=1.15,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
            zorder=5,
        )


def _positions(text: str, x: float, y: float, radius: float) -> list[Place]:
    """Boxes a label could take around a circle, the preferred first (points)."""
    width = 0.62 * FONT_PT * max(map(len, text.split("\n")))
    high, away = 1.2 * FONT_PT, radius + 4
    return [
        ((x + away, y - high, x + away + width, y + high), "left"),
        ((x - away - width, y - high, x - away, y + high), "right"),
        ((x - width / 2, y - away - 2 * high, x + width / 2, y - away), "center"),
        ((x - width / 2, y + away, x + width / 2, y + away + 2 * high), "center"),
    ]


def _legend(axes: Axes, chosen: gpd.GeoDataFrame) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    edges = [*CLASSES_G_KWH[1:], None]
    names = [f"{a}-{b}" if b else f"over {a}" for a, b in zip(CLASSES_G_KWH, edges, strict=True)]
    handles: list[Any] = [
        Patch(facecolor=c, edgecolor="#bbbbbb", linewidth=0.5, label=n)
        for c, n in zip(GREYS, names, strict=True)
    ]
    largest = float(chosen["it_mw"].max()) if len(chosen) else 0.0
    dots: dict[str, Any] = {"color": "none", "markeredgecolor": "white"}
    if largest:
        size = (
            float(np.sqrt(largest * AREA_PT2_MW * 4 / np.pi)) * 0.886
        )  # scatter's s is the square of the diameter
        handles.append(
            Line2D(
                [],
                [],
                marker="o",
                markerfacecolor=SITE,
                markersize=size,
                label=f"site of {number(largest)} MW of IT",
                **dots,
            )
        )
    handles.append(
        Line2D([], [], marker="o", markerfacecolor=CANDIDATE, markersize=4, label="other candidate", **dots)
    )
    axes.legend(
        handles=handles,
        title="Grid carbon, g CO2e/kWh",
        title_fontsize=8,
        alignment="left",
        loc="upper left",
        frameon=False,
        fontsize=8,
        labelspacing=0.7,
    )


def _texts(figure: Figure, plan: Plan) -> None:
    totals = plan.totals
    line = (
        f"{number(totals['it_mw'])} MW of IT at {counted(totals['sites'], 'site')}, {large(totals['capex_eur'])} EUR capex, "
        f"{large(totals['cost_eur_yr'])} EUR/yr, {number(totals['carbon_g_kwh'])} g CO2e/kWh, "
        f"CFE score {share(totals['cfe_score'])}"
    )
    figure.text(
        0.04, 0.955, str(plan.record["title"]), fontsize=17, fontweight="bold", color=INK, va="center"
    )
    figure.text(0.04, 0.918, line, fontsize=10, color=INK, va="center")
    record = plan.record
    note = (
        f"siting {record['versions']['siting']}, world {record['inputs']['world']}. Equal area (EPSG:3035)."
    )
    figure.text(0.04, 0.025, note, fontsize=7.5, color="#666666")


def titled(figure: Figure, plan: Plan, subtitle: str, high_in: float) -> None:
    """The plan's title over a line in words, at the top of a figure `high_in` inches high."""
    figure.text(
        0.02, 1 - 0.26 / high_in, str(plan.record["title"]), fontsize=13, fontweight="bold", color=INK, va="center"
    )  # fmt: skip
    figure.text(0.02, 1 - 0.50 / high_in, subtitle, fontsize=9.5, color=INK, va="center")


def rendered(draw: Callable[[], Figure], form: str) -> bytes:
    """A figure as png, svg or pdf: the same bytes for the same content, without dates, with fixed ids."""
    need_matplotlib()
    import matplotlib as mpl

    dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None}}
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "siting", "svg.fonttype": "none"}):
        draw().savefig(buffer, format=form, metadata=dates[form])
    return buffer.getvalue()


def png_if_possible(name: str, draw: Callable[[], Figure]) -> dict[str, bytes]:
    """The figure of a study as a file to write, none without matplotlib: tables do not wait for pictures."""
    try:
        need_matplotlib()
    except InputError:
        return {}
    return {name: rendered(draw, "png")}


def need_matplotlib() -> None:
    """InputError with the remedy where matplotlib is not installed."""
    try:
        import matplotlib as _  # noqa: F401
    except ImportError:
        raise InputError("figures need matplotlib: pip install 'siting[figures]'") from None

"""Figures of a world: how much of each zone's hours is measured, and a week of one zone (matplotlib, extra `figures`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.errors import InputError
from siting.inputs.check import read_coverage
from siting.inputs.series import available_years, read_hours
from siting.output.figures import INK, SUFFIXES, frame_europe, need_matplotlib, rendered
from siting.output.folder import atomic_write
from siting.output.report.shapes import EQUAL_AREA

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from siting.inputs.world import World

# Okabe and Ito (2008); from what was observed to what was assumed
COLOURS = {"measured": "#0072B2", "modelled": "#56B4E9", "proxy": "#E69F00", "scenario": "#D55E00"}
ABSENT = "#eeeeec"
PANELS = (
    ("price_eur_mwh", "price, EUR/MWh"),
    ("carbon_g_kwh", "carbon, g CO2e/kWh"),
    ("solar_cf", "solar, share of capacity"),
    ("onwind_cf", "onshore wind"),
    ("offwind_cf", "offshore wind"),
)
MAPS = (
    ("solar_cf", "Solar"),
    ("onwind_cf", "Onshore wind"),
    ("offwind_cf", "Offshore wind"),
    ("price_eur_mwh", "Day-ahead price"),
    ("carbon_g_kwh", "Grid carbon"),
    ("temperature_c", "Temperature"),
)
WEEK_START, WEEK_HOURS = "06-17", 168  # a Monday to Sunday near the solstice in 2019; month and day


def save_coverage(world: World, path: str | Path, zone: str | None = None, year: int | None = None) -> Path:
    """Draw the map of kinds, or with `zone` a week of that zone, into a .png, .svg or .pdf file.

    Raises InputError for another ending, an unknown zone or year, and without matplotlib.
    """
    target = Path(path)
    form = target.suffix.lstrip(".").lower()
    if form not in SUFFIXES:
        raise InputError(f"{target}: a figure is one of {', '.join(f'.{s}' for s in SUFFIXES)}")
    chosen = _year(world, year)
    return atomic_write(
        target,
        rendered(lambda: week_figure(world, zone, chosen) if zone else coverage_map(world, chosen), form),
    )


def coverage_map(world: World, year: int) -> Figure:
    """Small maps, one a series: each zone in the colour of its kind in a weather year; equal area."""
    need_matplotlib()
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    kinds = _kinds(world, year)
    shapes = world.zones.to_crs(EQUAL_AREA)
    figure = Figure(figsize=(10.0, 7.6), dpi=150, facecolor="white")
    for i, (series, title) in enumerate(MAPS):
        left, low = 0.01 + (i % 3) * 0.33, 0.47 - (i // 3) * 0.42
        axes = figure.add_axes((left, low, 0.32, 0.38))
        axes.set_axis_off()
        axes.set_aspect("equal")
        frame_europe(axes, shapes)
        found = [kinds.get((zone, series), "") for zone in shapes.index]
        shapes.plot(
            ax=axes, color=[COLOURS.get(kind, ABSENT) for kind in found], edgecolor="white", linewidth=0.4
        )
        counts = ", ".join(f"{found.count(kind)} {kind}" for kind in COLOURS if kind in found)
        axes.set_title(f"{title}\n{counts or 'none'}", fontsize=9, color=INK)
    handles = [Patch(facecolor=colour, label=kind) for kind, colour in COLOURS.items()]
    handles.append(Patch(facecolor=ABSENT, label="no series"))
    figure.legend(handles=handles, loc="lower center", ncols=5, frameon=False, fontsize=9)
    figure.text(
        0.02,
        0.955,
        f"{world.name}: how the hours of {year} were made",
        fontsize=15,
        fontweight="bold",
        color=INK,
    )
    return figure


def week_figure(world: World, zone: str, year: int) -> Figure:
    """A week of June of one zone, a panel a series, each in the colour of its kind. InputError for an unknown zone."""
    from siting.inputs.places import nearest

    if zone not in world.zones.index:
        raise InputError(
            f"{world.name}: no zone '{zone}'; {nearest(zone, [str(z) for z in world.zones.index])}"
        )
    need_matplotlib()
    from matplotlib.figure import Figure

    kinds = _kinds(world, year)
    hours = read_hours(world.folder, year)
    panels = [(series, label) for series, label in PANELS if f"{series}:{zone}" in hours.columns]
    figure = Figure(figsize=(9.0, 1.0 + 1.5 * len(panels)), dpi=150, facecolor="white")
    rows = np.atleast_1d(figure.subplots(len(panels), 1, sharex=True))
    start = int(np.flatnonzero(hours.index >= pd.Timestamp(f"{year}-{WEEK_START}", tz="UTC"))[0])
    week = hours.iloc[start : start + WEEK_HOURS]
    for axes, (series, label) in zip(rows, panels, strict=True):
        _panel(axes, week[f"{series}:{zone}"], label, kinds.get((zone, series), ""))
    rows[-1].tick_params(labelsize=8)
    name = world.zones.at[zone, "name"]
    figure.suptitle(f"{name} ({zone}), {week.index[0]:%d %B %Y} to {week.index[-1]:%d %B}, UTC", fontsize=12)
    figure.tight_layout()
    return figure


def _panel(axes: Axes, values: Any, label: str, kind: str) -> None:
    times = values.index.tz_localize(None)
    axes.plot(times, values.to_numpy(), color=COLOURS.get(kind, INK), linewidth=1.2)
    axes.set_title(f"{label} ({kind or 'kind unknown'})", fontsize=9, loc="left", color=INK)
    axes.margins(x=0)
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _kinds(world: World, year: int) -> dict[tuple[str, str], str]:
    coverage = read_coverage(world.folder)
    part = coverage[coverage["weather_year"] == str(year)]
    return {(z, s): k for z, s, k in zip(part["zone"], part["series"], part["kind"], strict=True)}


def _year(world: World, year: int | None) -> int:
    years = available_years(world.folder)
    if not years or (year is not None and year not in years):
        raise InputError(
            f"{world.name}: no hourly series of {year or 'any year'}; the world has: "
            f"{', '.join(map(str, years)) or 'none'}"
        )
    return year or (2019 if 2019 in years else years[-1])

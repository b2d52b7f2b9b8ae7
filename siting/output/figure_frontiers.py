"""Figure of the frontiers: cost against carbon of every supply class the plan could use, as far as runs have priced it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from siting.errors import InputError
from siting.instance.assemble import assemble, choose_hours
from siting.instance.items import is_internal_price
from siting.output.background import world_of
from siting.output.figure_labels import Box, free_place, room_for, round_about
from siting.output.figures import INK, SITE, need_matplotlib, titled
from siting.output.words import number
from siting.solver.cache import FrontierCache, class_keys
from siting.solver.curves import lower_left
from siting.solver.known import Frontier
from siting.units import G_PER_T, KWH_PER_MWH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from siting.instance.instance import Instance
    from siting.plan.plan import Plan
    from siting.solver.pricing import Portfolio

GREY, DARK = "#a3a39e", "#5d5d58"
EUR_PER_M = 1e6
WIDE_IN, HIGH_IN = 10.5, 6.0
FRAME = (0.075, 0.14, 0.685, 0.72)
KEY_ROWS = 24  # sites in the key; a plan of more says how many follow
DEAR = 1.6  # the frame ends this many times as far up as the dearest class needs at its cheapest
PIECES = 24  # into which a line is cut for labels to keep off it
Point = tuple[float, float]  # g CO2e/kWh of load, M EUR/yr per MW of IT


def frontiers_figure(plan: Plan) -> Figure:
    """Portfolios of every supply class (g CO2e/kWh, M EUR/yr per MW of IT, without lines), sites of the plan numbered.

    Reads the cache of frontiers and solves nothing. Raises InputError without matplotlib, if the world has changed, if
    the plan has several periods, or if the cache knows none of its classes.
    """
    need_matplotlib()
    from matplotlib.figure import Figure

    data, points = priced_classes(plan)
    figure = Figure(figsize=(WIDE_IN, HIGH_IN), dpi=150, facecolor="white")
    titled(
        figure, plan, "Supply classes: what a MW of IT costs and emits under the mixes priced so far", HIGH_IN
    )
    axes = figure.add_axes(FRAME)
    used = {data.sites[str(s)].supply_class for s in plan.chosen.index}
    fronts = {c: lower_left(points[c]) for c in points}
    for c in sorted(points, key=lambda name: name in used):
        _class(axes, points[c], fronts[c], c in used)
    sites = site_points(plan, data)
    x, y = _columns([point for _, point in sites])
    axes.plot(x, y, "o", markersize=9, markerfacecolor="none", color=INK, zorder=5)
    _dress(axes)
    beyond = _crop(
        axes, [*(min(front, key=lambda p: p[1]) for front in fronts.values()), *(p for _, p in sites)]
    )
    drawn = [point for c in points for point in (*points[c], *_along(fronts[c]))]
    others = {c: min(fronts[c], key=lambda p: p[1]) for c in points if c not in used}
    unnamed = _names(axes, [point for _, point in sites], others, drawn)
    _key(figure, [label for label, _ in sites])
    figure.text(
        0.02, 0.02, _note(data, points, beyond, unnamed), fontsize=7.5, color="#666666", linespacing=1.4
    )
    return figure


def priced_classes(plan: Plan) -> tuple[Instance, dict[str, list[Point]]]:
    """The plan's instance, and the portfolios that the cache keeps of its classes. Raises InputError if there are none."""
    if "horizon" in plan.record:
        raise InputError("figure 'frontiers': drawn for plans of one period; this one has several")
    world = world_of(plan)
    data = assemble(plan.model, world, choose_hours(plan.model, world))
    known = Frontier()
    known.recall(FrontierCache(), class_keys(data))
    points = {c: points_of(known.of(c)) for c in data.classes if known.of(c)}
    if not points:
        raise InputError(
            "figure 'frontiers': nothing is kept of this plan's supply classes (another cache, or --no-cache);"
            " solve the model again by the frontier method"
        )
    return data, points


def points_of(portfolios: Sequence[Portfolio]) -> list[Point]:
    """Carbon and cost of each portfolio, per kWh of load and MW of IT."""
    return [
        (
            p.quantity["carbon",] / p.quantity["load",] * G_PER_T / KWH_PER_MWH,
            p.quantity["cost",] / EUR_PER_M,
        )
        for p in portfolios
    ]


def site_points(plan: Plan, data: Instance) -> list[tuple[str, Point]]:
    """Label and place of each chosen site, the cheapest first: its emissions, its cost without the internal carbon price."""
    internal = plan.costs[plan.costs["item"].map(is_internal_price).astype(bool)]
    priced = internal.groupby("site")["cost_eur_yr"].sum()
    found = []
    for site, row in plan.chosen.iterrows():
        cost = (float(row["cost_eur_yr"]) - float(priced.get(site, 0.0))) / float(row["it_mw"]) / EUR_PER_M
        label = f"{row['name']} ({data.sites[str(site)].supply_class}), {number(row['it_mw'])} MW"
        found.append((label, (float(row["carbon_g_kwh"]), cost)))
    return sorted(found, key=lambda named: (named[1][1], named[0]))


def _class(axes: Axes, points: list[Point], front: list[Point], used: bool) -> None:
    colour, above, size = (SITE, 3, 14) if used else (GREY, 2, 8)
    axes.plot(*_columns(front), color=colour, linewidth=1.5 if used else 0.8, zorder=above)
    x, y = _columns(points)
    axes.scatter(x, y, s=size, color=colour, linewidths=0, zorder=above)


def _columns(points: Sequence[Point]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def _dress(axes: Axes) -> None:
    axes.set_xlabel("Operational carbon, g CO2e/kWh of load", fontsize=9, color=INK)
    axes.set_ylabel("Cost, M EUR/yr per MW of IT", fontsize=9, color=INK)
    axes.tick_params(labelsize=8)
    axes.ticklabel_format(useOffset=False, style="plain")
    axes.margins(x=0.06, y=0.08)
    least, most = axes.dataLim.intervalx
    axes.set_xlim(
        left=min(least, 0.0) - 0.03 * (most - least) - 0.1
    )  # a clean class stands clear of the axis
    axes.grid(color="#e8e8e6", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _crop(axes: Axes, wanted: Sequence[Point]) -> float:
    """End the frame where it has room for what is wanted and a good way up; the cost at its upper edge."""
    low, high = axes.get_ylim()
    top = min(high, low + DEAR * (max(y for _, y in wanted) - low))
    axes.set_ylim(low, top)
    return top


def _names(axes: Axes, sites: list[Point], others: dict[str, Point], drawn: list[Point]) -> int:
    """Numbers of the sites, then names of the classes not used where there is room; how many found none."""
    at_pt = 72.0 / axes.figure.dpi
    frame = axes.get_window_extent()
    taken = _outside(*(edge * at_pt for edge in (frame.x0, frame.y0, frame.x1, frame.y1)))

    def at(point: Point) -> Point:
        x, y = axes.transData.transform(point) * at_pt
        return float(x), float(y)

    taken += [(x - 5, y - 5, x + 5, y + 5) for x, y in map(at, sites)]
    dots = [(x - 2, y - 2, x + 2, y + 2) for x, y in map(at, drawn)]
    for i, point in enumerate(sites, 1):
        place, align = free_place(round_about(str(i), *at(point), 9.0, 6.0), taken + dots)
        taken.append((place[0] - 5, place[1] - 5, place[0] + 5, place[1] + 5))
        _write(axes, str(i), place, align, fontsize=9.0, color=INK, fontweight="bold")
    unnamed = 0
    for name, point in sorted(others.items(), key=lambda named: named[1][1]):
        room = room_for(round_about(name, *at(point), 6.5, 4.0), taken, dots)
        if room is None:
            unnamed += 1
            continue
        _write(axes, name, *room, fontsize=6.5, color=DARK)
    return unnamed


def _write(axes: Axes, text: str, place: Point, align: str, **look: Any) -> None:
    axes.annotate(text, place, xycoords="figure points", ha=align, va="center", zorder=6, **look)


def _outside(left: float, low: float, right: float, high: float) -> list[Box]:
    """What lies beyond a rectangle, as four boxes (points)."""
    far = WIDE_IN * 72.0
    return [
        (left - far, low - far, left, high + far), (right, low - far, right + far, high + far),
        (left, low - far, right, low), (left, high, right, high + far),
    ]  # fmt: skip


def _along(front: list[Point]) -> list[Point]:
    """Points along a line."""
    return [
        (a[0] + (b[0] - a[0]) * i / PIECES, a[1] + (b[1] - a[1]) * i / PIECES)
        for a, b in pairwise(front)
        for i in range(PIECES + 1)
    ]


def _key(figure: Figure, labels: list[str]) -> None:
    """What the numbers stand for, beside the frame."""
    shown = [f"{i}  {label}" for i, label in enumerate(labels[:KEY_ROWS], 1)]
    if len(labels) > KEY_ROWS:
        shown.append(f"and {len(labels) - KEY_ROWS} more")
    left, top = FRAME[0] + FRAME[2] + 0.02, FRAME[1] + FRAME[3]
    figure.text(
        left, top, "Sites of the plan, cheapest first", fontsize=8.5, color=INK, va="top", weight="bold"
    )
    figure.text(left, top - 0.035, "\n".join(shown), fontsize=8, color=INK, va="top", linespacing=1.5)


def _note(data: Instance, points: dict[str, list[Point]], top: float, unnamed: int) -> str:
    every = [point for found in points.values() for point in found]
    dear = sum(y > top for _, y in every)
    parts = [
        f"{len(every)} mixes of {len(points)} of {len(data.classes)} classes; blue: classes the plan uses; "
        "lines join the mixes of a class that no blend of its others beats.\n"
        "Circles: the sites as built, their own lines to the grid included",
        *([f"{dear} dearer {'mix lies' if dear == 1 else 'mixes lie'} above the frame"] if dear else []),
        *(
            [f"{unnamed} {'class has' if unnamed == 1 else 'classes have'} no room for a name"]
            if unnamed
            else []
        ),
    ]
    return "; ".join(parts) + "."

"""One quantity against another: the plans no other plan beats on both, evenly spread along the limited one.

Augmented epsilon-constraint (Mavrotas 2009, Appl. Math. Comput. 213, 455-465): both ends are lexicographic optima (of cost
and carbon to within a weight: one solve at known prices each); each point between them optimises one quantity under a limit
on the other, which stays in the objective at a weight too small to move the plan but large enough that none of it is spent
for nothing. Limits that an earlier plan keeps anyway are passed
over; what is saved by that goes where the curve leaves the widest gaps.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.errors import InfeasibleError, InputError
from siting.inputs.planning import PlanningModel
from siting.plan.plan import Plan
from siting.study.axes import Axis, optimising, pair
from siting.units import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = ("cost_eur_yr", "carbon_t_yr", "carbon_g_kwh", "cfe_score", "capex_eur", "energy_eur_mwh", "it_mw")
AUGMENTED = (
    1e-3  # Mavrotas' eps: the whole range of the limited quantity weighs this share of the other's range
)
GAP_OF_RANGE = 0.005  # points are proven this close, as a share of the range they spread over
TIGHTEST_GAP = 1e-6
# EUR/t at the ends of a front of cost and carbon: a cent decides between plans of one cost; a million, far above what any
# abatement costs, puts the tonnes first. No estimates of damage
END_EUR_T = (0.01, 1e6)
EVEN_SHARE = 2 / 3  # of the points between the ends are spread evenly, the others fill the widest gaps
RESOLUTION = 1e-3  # of the range: limits closer together are the same
SAME = 1e-5  # of the range: plans closer together are one

Solve = Callable[[PlanningModel], Plan]


@dataclass(frozen=True)
class Point:
    """A plan of the front: x is what was optimised, y what was limited (both the better the less), and the loosest limit
    on y the plan is known to be the answer to."""

    plan: Plan
    x: float
    y: float
    limit: float
    gap: float


@dataclass(frozen=True)
class Pareto:
    """Plans along the front, from the best in the first quantity to the best in the second.

    table: one row a point - both quantities and other totals (units in the names), `gap` (proven share, of the optimised
    quantity, to which the point is the best under its limit), the rate of exchange since the point before (such as
    `eur_per_t`), sites, and those that appear and vanish. knee: the point farthest below the straight line between the
    ends, both axes scaled to their range.
    """

    plans: tuple[Plan, ...]
    table: pd.DataFrame
    knee: int
    axes: tuple[Axis, Axis]
    notes: tuple[str, ...] = field(default=())

    @property
    def exchange(self) -> str:
        """Name of the column with what a unit of the second quantity costs in the first."""
        return exchange_column(self.axes)

    def to_json(self) -> str:
        """Table, axes, knee and notes as strict JSON."""
        rows = [
            {str(key): None if isinstance(v, float) and not math.isfinite(v) else v for key, v in row.items()}
            for row in self.table.to_dict("records")
        ]
        axes = [
            {"name": a.name, "column": a.column, "better": "less" if a.sense > 0 else "more"}
            for a in self.axes
        ]
        return json.dumps(
            {"axes": axes, "points": rows, "knee": self.knee, "notes": list(self.notes)}, indent=1, allow_nan=False
        )  # fmt: skip

    def figure(self) -> Figure:
        """The front as a curve, the knee marked, with a strip of which sites are built along it (matplotlib)."""
        from siting.output.study_figures_pareto import pareto_figure

        return pareto_figure(self)

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write pareto.csv, pareto.json, report.html, pareto.png (with matplotlib) and a folder a point, whole or not at all."""
        from siting.output.figures import png_if_possible
        from siting.output.folder import write_study
        from siting.output.report import report_html

        table = self.table.to_csv(index_label="point", lineterminator="\n")
        files = {"pareto.csv": table.encode("utf-8"), "pareto.json": (self.to_json() + "\n").encode("utf-8")}
        files |= png_if_possible("pareto.png", self.figure)
        files["report.html"] = report_html(self).encode("utf-8")
        plans = {f"point-{i:02d}": plan for i, plan in enumerate(self.plans)}
        return write_study(files, plans, Path(folder), overwrite)

    def __repr__(self) -> str:
        from siting.output.curve import pareto_text

        return pareto_text(self)

    def _repr_html_(self) -> str:
        from siting.output.curve import pareto_html

        return pareto_html(self)


def pareto_front(
    model: PlanningModel, points: int, solve: Solve, of: Sequence[str] = ("cost", "carbon")
) -> Pareto:
    """Solve both ends, then limits between them until there are `points` plans or no further one to be found.

    Raises InputError for fewer than 2 points or a pair of quantities no front can be drawn over.
    """
    if points < 2:
        raise InputError(f"pareto: {counted(points, 'point')} cannot make a curve; give at least 2")
    axes = pair(of, model)
    search = _Search(*_without_internal_price(model, axes), axes, solve)
    search.ends()
    search.spread(points)
    found = search.points
    plans = [point.plan for point in found]
    table = _table(found, axes)
    return Pareto(tuple(plans), table, _knee(found), axes, tuple(search.notes))


def _without_internal_price(model: PlanningModel, axes: tuple[Axis, Axis]) -> tuple[PlanningModel, list[str]]:
    """A price on carbon inside the cost would mix the two axes of a cost-carbon front."""
    if {axis.name for axis in axes} != {"cost", "carbon"} or not model.carbon.internal_price_eur_t:
        return model, []
    note = "carbon.internal_price_eur_t is left out: on a front of cost and carbon the tonnes are an axis of their own"
    return model.with_(**{"carbon.internal_price_eur_t": 0.0}), [note]


@dataclass
class _Search:
    """The front as far as it is known."""

    model: PlanningModel
    notes: list[str]
    axes: tuple[Axis, Axis]
    solve: Solve
    points: list[Point] = field(default_factory=list)
    span_x: float = 0.0
    span_y: float = 0.0

    def ends(self) -> None:
        """The two lexicographic optima; alone if one plan is best in both."""
        second = self.axes[1]
        start = self._best(0)
        end = self._best(1) if second.objective else self._extreme(start)
        self._spans(start, end)
        gap = max(
            TIGHTEST_GAP,
            min(self.model.solve.gap_share, GAP_OF_RANGE * self.span_x / max(abs(start.x), 1e-9)),
        )
        if gap < self.model.solve.gap_share:
            self.model = self.model.with_(**{"solve.gap_share": gap})
            if start.gap > gap:
                start = self._best(0)
            if end.gap > gap:
                end = self._again(end)
            self._spans(start, end)
        self.points = [self._tight(start)]
        if self.span_y > SAME * max(abs(start.y), 1.0):
            self._add(end)
        else:
            labels = " and ".join(axis.label for axis in self.axes)
            self.notes.append(f"one plan is best in {labels}: the front is a point")

    @property
    def _of_cost_and_carbon(self) -> bool:
        return tuple(axis.name for axis in self.axes) == ("cost", "carbon")

    def _best(self, i: int) -> Point:
        """The end that is best in one quantity and, of such plans, in the other."""
        first, second = self.axes
        if self._of_cost_and_carbon:
            weights = {"cost": 1.0, "carbon_eur_t": END_EUR_T[i]}
            return self._point(optimising(self.model, first, second, weights=weights))
        return self._point(optimising(self.model, *((first, second) if i == 0 else (second, first))))

    def _again(self, end: Point) -> Point:
        """The far end once more, at the gap the points are proven to."""
        first, second = self.axes
        if second.objective:
            end = self._best(1)
            if end.gap <= self.model.solve.gap_share:
                return end
        tight = optimising(second.limited(self.model, second.sense * end.limit), first)
        return replace(self._point(tight), limit=end.limit)

    def spread(self, wanted: int) -> None:
        """Even limits first, then the widest gaps, until there are `wanted` points or nothing is left between them."""
        if len(self.points) < 2:
            return
        start, end = self.points[0].y, self.points[-1].y
        even = math.ceil(EVEN_SHARE * (wanted - 2))
        for i in range(1, even + 1):
            limit = start + (end - start) * i / (even + 1)
            if not any(point.y <= limit <= point.limit for point in self.points):
                self._at(limit)
        while len(self.points) < wanted:
            between = self._widest()
            if between is None:
                self.notes.append(
                    f"the whole front at this resolution is {counted(len(self.points), 'plan')}; {wanted} were asked for"
                )
                return
            self._at(between)

    def _spans(self, start: Point, end: Point) -> None:
        self.span_x, self.span_y = end.x - start.x, start.y - end.y

    def _widest(self) -> float | None:
        """The limit in the middle of what is open between the two points farthest apart; None if nothing is open."""
        gaps = [
            (math.hypot((p.y - q.y) / self.span_y, (q.x - p.x) / (self.span_x or 1.0)), (p.y + q.limit) / 2)
            for p, q in pairwise(self.points)
            if p.y - q.limit > RESOLUTION * self.span_y
        ]
        return max(gaps)[1] if gaps else None

    def _at(self, limit: float) -> None:
        """Solve under a limit on the second quantity and put the plan in its place."""
        first, second = self.axes
        model = second.limited(self.model, second.sense * limit)
        weights = None
        if self._of_cost_and_carbon:
            weights = {"cost": 1.0, "carbon_eur_t": AUGMENTED * self.span_x / self.span_y}
        point = self._point(optimising(model, first, second, weights=weights))
        self._add(self._tight(replace(point, limit=limit)))

    def _tight(self, point: Point) -> Point:
        """Where the second quantity has no objective to augment with: tighten its limit for as long as that is free."""
        first, second = self.axes
        if second.objective or not self.span_y:
            return point
        step = RESOLUTION * self.span_y
        while True:
            model = second.limited(self.model, second.sense * (point.y - step))
            try:
                tighter = self._point(optimising(model, first))
            except (InfeasibleError, InputError):  # beyond the end
                return point
            if tighter.x > point.x:
                return point
            point, step = replace(tighter, limit=point.limit), 2 * step

    def _extreme(self, start: Point) -> Point:
        """The best value of a quantity without objective: between a limit that has a plan and one that has none."""
        first, second = self.axes
        held, lost = start, second.sense * second.ideal
        limit = lost
        while abs(held.y - lost) > RESOLUTION * max(abs(held.y), abs(lost)):
            try:
                point = self._point(optimising(second.limited(self.model, second.sense * limit), first))
                held = replace(point, limit=limit)
            except InfeasibleError:
                lost = limit
            if held.y <= lost:
                return held
            limit = (held.y + lost) / 2
        self.notes.append(
            f"the best {second.label} is {second.sense * held.y / second.divisor:,.5g} {second.unit} to within "
            f"{abs(held.y - lost) / second.divisor:,.2g}: {second.limit} = {second.sense * lost:,.5g} has no plan"
        )
        return held

    def _point(self, model: PlanningModel) -> Point:
        first, second = self.axes
        plan = self.solve(model)
        y = second.sense * second.value(plan)
        return Point(plan, first.sense * first.value(plan), y, y, _gap(plan, first))

    def _add(self, new: Point) -> None:
        """Keep what no other point beats; who beats another answers its limit, too."""
        kept: list[Point] = []
        for point in sorted([*self.points, new], key=lambda p: (p.x, p.y)):
            if kept and kept[-1].y <= point.y + SAME * self.span_y:
                kept[-1] = replace(kept[-1], limit=max(kept[-1].limit, point.limit))
            elif kept and point.x - kept[-1].x <= SAME * self.span_x:
                kept[-1] = replace(point, limit=max(kept[-1].limit, point.limit))
            else:
                kept.append(point)
        self.points = kept


def _gap(plan: Plan, axis: Axis) -> float:
    """The gap proven for the optimised quantity, as a share of it: of its own stage, or of the weighted sum it is part of."""
    stages = [plan.record["objective"], *plan.record["later_objectives"]]
    own = next((stage for stage in stages if stage["name"] == axis.objective), stages[0])
    if own["gap"] is None:
        return math.inf
    if own["name"] == axis.objective:
        return float(own["gap"])
    return float(own["value"] - own["bound"]) / max(abs(axis.value(plan)), 1e-9)


def exchange_column(axes: tuple[Axis, Axis]) -> str:
    """Column of the rate of exchange, e.g. `eur_per_t`."""
    return f"{axes[0].per}_per_{axes[1].per}"


def _table(points: list[Point], axes: tuple[Axis, Axis]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    before: Point | None = None
    for point in points:
        plan = point.plan
        row: dict[str, Any] = {axis.column: axis.value(plan) for axis in axes}
        row |= {column: float(plan.totals[column]) for column in COLUMNS}
        row |= {"gap": point.gap, exchange_column(axes): None}
        now, then = set(plan.chosen.index), set(before.plan.chosen.index if before else plan.chosen.index)
        if before is not None:
            row[exchange_column(axes)] = (point.x - before.x) / (before.y - point.y)
        for name, sites in (("sites", now), ("appear", now - then), ("vanish", then - now)):
            row[name] = ", ".join(sorted(sites))
        rows.append(row)
        before = point
    return pd.DataFrame(rows).astype({exchange_column(axes): float}).rename_axis("point")


def _knee(points: list[Point]) -> int:
    """The point farthest below the line between the ends."""
    start, end = points[0], points[-1]
    width, height = start.y - end.y, end.x - start.x
    if width <= 0 or height <= 0:
        return 0
    below = [(start.y - p.y) / width - (p.x - start.x) / height for p in points]
    return max(range(len(points)), key=below.__getitem__)

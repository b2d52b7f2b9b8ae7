"""One key of a model over a range of values: what each answer is, and which sites come and go on the way."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.errors import InfeasibleError, InputError, StoppedError
from siting.inputs.load import full_key
from siting.inputs.planning import PlanningModel
from siting.plan.plan import Plan

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHORT = {  # what planners call them
    "budget": "budget.capex_eur",
    "carbon_price": "carbon.internal_price_eur_t",
    "carbon_cap": "carbon.cap_t_yr",
    "wacc": "horizon.discount_share",
    "discount": "horizon.discount_share",
    "gpu_price": "scenario.factors.accelerator_price",
    "cfe_score": "power.matching.cfe_score_min",
}
MOST_POINTS = 200
COLUMNS = (
    "cash_cost_eur_yr", "capex_eur", "energy_eur_mwh", "carbon_t_yr", "lifecycle_t_yr", "carbon_g_kwh", "cfe_score",
    "it_mw",
)  # fmt: skip
Solve = Callable[[PlanningModel, str], Plan]


@dataclass(frozen=True)
class Sweep:
    """Plans of a model for every value of one of its keys, and their table (one row a value).

    key: dotted key of the planning model. table: a column of that name with the values; `status` (infeasible where there
    is no plan, `reason` then says why), `objective` in `unit`, `gap`, totals of the plan with units in the
    column names, `sites`, and `sites_in` / `sites_out`: what changed since the last value that has a plan.
    plans: by row of the table, without those that have none.
    """

    key: str
    unit: str
    plans: Mapping[int, Plan]
    table: pd.DataFrame

    def figure(self) -> Figure:
        """Cost, carbon and CFE score over the values, with the sites of every plan below (matplotlib)."""
        from siting.output.sweep_figures import sweep_figure

        return sweep_figure(self)

    def to_json(self) -> str:
        """Key and rows as JSON; what is unknown is null."""
        from siting.output.folder import plain

        record = {"key": self.key, "objective_unit": self.unit, "points": self.table.to_dict("records")}
        return json.dumps(plain(record), indent=1, ensure_ascii=False, allow_nan=False)

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write sweep.csv, sweep.json, sweep.png (with matplotlib) and one output folder a plan, whole or not at all."""
        from siting.output.folder import write_study
        from siting.output.sweep_text import sweep_files

        plans = {f"point-{i:02d}": plan for i, plan in self.plans.items()}
        return write_study(sweep_files(self), plans, Path(folder), overwrite)

    def _repr_html_(self) -> str:
        from siting.output.sweep_text import study_html

        return study_html(self.table, self.figure)


def sweep_over(model: PlanningModel, over: str | Mapping[str, Sequence[float]], solve: Solve) -> Sweep:
    """Solve the model for every value, in the order given; a point that is stopped ends the sweep, and keeps the others.

    Raises InputError before the first solve, and InfeasibleError or StoppedError if there is no plan at all.
    """
    name, values = parse_range(over) if isinstance(over, str) else _stated(over)
    key = meant_key(model, name)
    models = varied(model, key, values)
    plans: dict[int, Plan] = {}
    rows: list[dict[str, Any]] = []
    for i, (value, point) in enumerate(zip(values, models, strict=True)):
        before = plans[max(plans)] if plans else None
        try:
            plans[i] = solve(point, f"{key} = {value:g} ({i + 1} of {len(values)})")
        except InfeasibleError as error:
            rows.append({key: value, "status": "infeasible", "reason": "; ".join(error.reasons)})
            continue
        except StoppedError:
            if not plans:
                raise
            break  # out of time or stopped by hand: what is there is kept
        rows.append({key: value, **_row(plans[i], before)})
        if plans[i].status == "interrupted":
            break
    if not plans:
        none = f"{key}: no value from {values[0]:g} to {values[-1]:g} has a plan; at the first:"
        raise InfeasibleError([none, rows[0]["reason"]])
    unit = next(iter(plans.values())).record["objective"]["unit"]
    return Sweep(key, unit, plans, pd.DataFrame(rows, columns=[key, *_columns()]))


def parse_range(text: str) -> tuple[str, list[float]]:
    """`KEY=A..B:N` (N values, ends included) or `KEY=A,B,C`, as key and values.

    >>> parse_range("carbon.internal_price_eur_t=0..200:5")
    ('carbon.internal_price_eur_t', [0, 50, 100, 150, 200])
    >>> parse_range("budget=16e9,20e9")
    ('budget', [16000000000.0, 20000000000.0])
    """
    key, sign, wanted = (part.strip() for part in text.partition("="))
    if not sign or not key or not wanted:
        raise _unreadable(text)
    if ".." not in wanted:
        return key, _distinct(text, [_number(text, part) for part in wanted.split(",")])
    first, _, rest = wanted.partition("..")
    last, _, count = rest.partition(":")
    if not count.strip().isdecimal():
        raise _unreadable(text)
    return key, _distinct(text, _spread(_number(text, first), _number(text, last), int(count), text))


def meant_key(model: PlanningModel, name: str) -> str:
    """The dotted key meant by a short word (`wacc`), a factor (`factor.gas_price`), a leaf name or a dotted key."""
    if name.startswith("factor."):
        return f"scenario.factors.{name.removeprefix('factor.')}"
    if name == "target" and model.target is not None:
        stated = [
            key for key in ("accelerators", "it_mw", "eflops") if getattr(model.target, key) is not None
        ]
        return f"target.{stated[0]}"
    return full_key(SHORT.get(name, name))


def varied(model: PlanningModel, key: str, values: Sequence[float]) -> list[PlanningModel]:
    """The model once for every value; InputError names all that it refuses."""
    models, problems = [], []
    for value in values:
        try:
            models.append(model.with_(**{key: value}))
        except InputError as error:
            problems += [f"{key} = {value:g}: {problem}" for problem in error.problems]
    if problems:
        raise InputError(problems)
    return models


def site_moves(before: Plan | None, plan: Plan) -> tuple[list[str], list[str]]:
    """Sites that come and go from one plan to the next, by name."""
    if before is None:
        return [], []
    old, new = set(before.chosen.index), set(plan.chosen.index)
    return sorted(new - old), sorted(old - new)


def _row(plan: Plan, before: Plan | None) -> dict[str, Any]:
    come, gone = site_moves(before, plan)
    return {
        "status": plan.status,
        "reason": "",
        "objective": plan.objective,
        "gap": plan.gap,
        **{column: plan.totals[column] for column in COLUMNS},
        "sites": ", ".join(sorted(plan.chosen.index)),
        "sites_in": ", ".join(come),
        "sites_out": ", ".join(gone),
    }


def _columns() -> list[str]:
    return ["status", "reason", "objective", "gap", *COLUMNS, "sites", "sites_in", "sites_out"]


def _stated(over: Mapping[str, Sequence[float]]) -> tuple[str, list[float]]:
    if len(over) != 1:
        raise InputError(f"sweep: one key at a time, got {', '.join(over) or 'none'}")
    name, values = next(iter(over.items()))
    return name, _distinct(name, list(values))


def _spread(first: float, last: float, count: int, text: str) -> list[float]:
    """Evenly spaced values, ends included; whole numbers stay whole, for keys that count something."""
    if not 2 <= count <= MOST_POINTS:
        raise InputError(f"--over {text}: give 2 to {MOST_POINTS} values, not {count}")
    values = [first + (last - first) * i / (count - 1) for i in range(count)]
    whole = isinstance(first, int) and isinstance(last, int) and all(value.is_integer() for value in values)
    return [int(value) for value in values] if whole else values


def _number(text: str, part: str) -> float:
    try:
        value = float(part)
    except ValueError:
        raise _unreadable(text) from None
    if not math.isfinite(value):
        raise _unreadable(text)
    return int(part) if part.strip().lstrip("+-").isdecimal() else value


def _distinct(text: str, values: list[float]) -> list[float]:
    if len(values) < 2 or len(set(values)) < len(values):
        raise InputError(f"--over {text}: give at least two values, each once")
    if len(values) > MOST_POINTS:
        raise InputError(f"--over {text}: give 2 to {MOST_POINTS} values, not {len(values)}")
    return values


def _unreadable(text: str) -> InputError:
    return InputError(
        f"--over {text}: write KEY=FIRST..LAST:NUMBER or KEY=A,B,C, e.g. --over carbon_price=0..200:9 or "
        "--over budget.capex_eur=16e9,18e9,20e9"
    )

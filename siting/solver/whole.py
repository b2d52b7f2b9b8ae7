"""The whole problem as one MILP: the reference method."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo

from siting.errors import InfeasibleError, SitingError, StoppedError
from siting.instance.instance import Instance
from siting.model.build import objective_terms, whole
from siting.model.terms import Build
from siting.solver.highs import Outcome, compile_model, load_values, solve_mip
from siting.solver.progress import Clock
from siting.solver.solution import Solution, StageResult, read_solution

TIE_SHARE = 1e-6  # a later objective may worsen an earlier one by this share of it


def solve_whole(data: Instance, clock: Clock, gap: float, threads: int) -> Solution:
    """Build once, then minimise the objectives one after the other, each kept while the next is improved."""
    clock.say("building the model")
    b = whole(data)
    terms = objective_terms(b)
    stages: list[StageResult] = []
    b.m.kept = pyo.ConstraintList()
    for name in data.objectives:
        outcome = _stage(b, name, terms[name], clock, gap, threads, started=bool(stages))
        if outcome.x is None and not stages:
            raise StoppedError(stopped_text(clock, outcome.status) + _other_method(data, outcome.status))
        value = float(
            pyo.value(terms[name])
        )  # of this stage's plan, or of the last one's if this found none in time
        bound = min(outcome.bound, value)
        stages.append(StageResult(name, value, bound, outcome.status, data.least_size(name)))
        if outcome.status != "optimal":
            break
        b.m.kept.add(terms[name] <= value + TIE_SHARE * max(1.0, data.least_size(name), abs(value)))
    return read_solution(b, tuple(stages), "whole", clock.seconds)


def _stage(
    b: Build, name: str, expression: object, clock: Clock, gap: float, threads: int, started: bool
) -> Outcome:
    """Minimise one objective, from the values an earlier stage left; puts what it finds into the variables."""
    if hasattr(b.m, "goal"):
        b.m.del_component("goal")
    b.m.goal = pyo.Objective(expr=expression, sense=pyo.minimize)
    model = compile_model(b.m)
    rows, columns = model.matrix.shape
    clock.say(f"solving for {name}: {rows:,} rows, {columns:,} columns, {int(model.integer.sum())} integer")
    start = np.array([v.value or 0.0 for v in model.columns]) if started else None
    least = b.data.least_size(name)
    outcome = solve_mip(model, clock, f"solving for {name}", gap, threads, start, least)
    if outcome.status == "infeasible":
        raise InfeasibleError(
            "the solver proves that no choice of sites and supply meets all limits of the model together"
        )
    if outcome.status == "unbounded":
        raise SitingError(
            f"objective {name} is unbounded: a cost or a limit is missing in the world's tables"
        )
    if outcome.x is not None:
        load_values(b.m, model, outcome.x)
    return outcome


def _other_method(data: Instance, status: str) -> str:
    """Where to turn when time is out: tonnes can be zero, where no interior point finds the end of a relaxation so large."""
    if status == "interrupted" or data.flexible.moving_share > 0:
        return ""
    if status == "stalled":
        return "; what the solver came to does not keep all limits, take --method frontier"
    why = (
        "; one large relaxation whose least is zero tonnes takes long"
        if data.objectives[0] == "carbon"
        else ""
    )
    return f"{why}, or take --method frontier, which solves many small ones"


def stopped_text(clock: Clock, status: str) -> str:
    """Why there is no plan: asked to stop, at its wits' end, or out of time."""
    remedy = "; raise solve.time_limit_s" if status == "time_limit" else ""
    return f"stopped after {clock.seconds:.0f} s before a first plan was found{remedy}"

"""The bridge from Pyomo to HiGHS: matrices handed over at once, incumbent and bound kept whatever stops the solve.

Pyomo's own interfaces walk every row in Python and raise at a time limit even with an incumbent; here the model is
compiled to standard form, passed as arrays, and what comes back is checked by us: HiGHS's word on a point is not enough.
"""

from __future__ import annotations

import atexit
import importlib.util
import math
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

import highspy
import numpy as np
import pyomo.environ as pyo
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from scipy import sparse

from siting.errors import SitingError, StoppedError
from siting.solver.progress import Clock

FEASIBILITY = 1e-5  # largest row violation accepted, relative to the row's own scale
INTEGRALITY = 1e-5
LOG_EVERY_S = 1.0
LISTEN_S = 0.2  # between two looks for Ctrl-C
NOT_HEARD = "stopping after this relaxation; Ctrl-C again leaves at once, without a plan"
LARGE_ROWS = 20_000  # from here on a root relaxation is worth an interior point
# of a column of a large model, as the solver sees it: with larger ones HiPO does not get to an end
MOST_COST = 1e4
# searches for a plan by MILPs within the MILP: they take ten times what a small master does (RINS alone finds as good ones)
SUB_MIPS = ("mip_heuristic_run_rens", "mip_heuristic_run_root_reduced_cost")

_LEFT: list[threading.Thread] = []  # solvers that run on after a second Ctrl-C

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Compiled:
    """A linear model as arrays: min objectives[0] x + offsets[0], lower <= A x <= upper, within bounds.

    Shapes: objectives (m, n), matrix (rows, n) by column; `columns` are the Pyomo variables of the n columns.
    """

    objectives: Array
    offsets: Array
    matrix: sparse.csc_array
    row_lower: Array
    row_upper: Array
    column_lower: Array
    column_upper: Array
    integer: np.ndarray[Any, np.dtype[np.bool_]]
    columns: list[Any]
    rows: list[Any]

    def position(self) -> dict[int, int]:
        """Column number by id of the Pyomo variable."""
        return {id(variable): j for j, variable in enumerate(self.columns)}


@dataclass(frozen=True)
class Outcome:
    """What a solve ended with. `x` is None when no feasible point was found; bound is -inf when none was proven."""

    # optimal | time_limit | interrupted | infeasible | unbounded | stalled: ended in time, and not with what was asked
    status: str
    objective: float | None
    bound: float
    x: Array | None


def hipo_available() -> bool:
    """HiPO needs the package highspy-extras; without it HiGHS would run another solver in silence."""
    return importlib.util.find_spec("highspy_extras") is not None


def versions() -> dict[str, str]:
    """Solver versions, for the plan's proof."""
    hipo = "yes" if hipo_available() else "no"
    return {"highs": highspy.Highs().version(), "hipo": hipo, "piqp": version("piqp")}


def compile_model(m: pyo.ConcreteModel) -> Compiled:
    """Pyomo model to arrays; several active objectives become several objective rows."""
    form = LinearStandardFormCompiler().write(m, mixed_form=True)
    sense = np.array([row.bound_type for row in form.rows])
    rhs = np.asarray(form.rhs, dtype=float)
    infinity = highspy.kHighsInf
    lower = np.array([infinity if v.lb is None else v.lb for v in form.columns], dtype=float)
    upper = np.array([infinity if v.ub is None else v.ub for v in form.columns], dtype=float)
    return Compiled(
        objectives=np.asarray(form.c.toarray(), dtype=float),
        offsets=np.asarray(form.c_offset, dtype=float),
        matrix=sparse.csc_array(form.A),
        row_lower=np.where(sense <= 0, rhs, -infinity),
        row_upper=np.where(sense >= 0, rhs, infinity),
        column_lower=np.where(np.isposinf(lower), -infinity, lower),
        column_upper=upper,
        integer=np.array([not v.is_continuous() for v in form.columns]),
        columns=list(form.columns),
        rows=[row.constraint for row in form.rows],
    )


def highs_of(model: Compiled, threads: int) -> highspy.Highs:
    """A HiGHS instance holding the model with its first objective; quiet."""
    h = highspy.Highs()
    h.setOptionValue("output_flag", False)
    h.setOptionValue("threads", threads)
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = model.matrix.shape
    lp.col_cost_, lp.offset_ = model.objectives[0], float(model.offsets[0])
    lp.col_lower_, lp.col_upper_ = model.column_lower, model.column_upper
    lp.row_lower_, lp.row_upper_ = model.row_lower, model.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = model.matrix.indptr
    lp.a_matrix_.index_ = model.matrix.indices
    lp.a_matrix_.value_ = model.matrix.data
    if model.integer.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(flag)] for flag in model.integer]
    if h.passModel(lp) == highspy.HighsStatus.kError:
        raise SitingError("the solver refused the model; please report this with the planning model")
    return h


def solve_mip(
    model: Compiled,
    clock: Clock,
    stage: str,
    gap: float,
    threads: int,
    start: Array | None = None,
    least_size: float = 0.0,
) -> Outcome:
    """Minimise the first objective to a relative gap; keeps incumbent and bound at a time limit or Ctrl-C.

    The gap is relative to the objective, or to `least_size` if that is larger.
    """
    scale = _cost_scale(model)
    h = highs_of(replace(model, objectives=scale * model.objectives, offsets=scale * model.offsets), threads)
    h.setOptionValue("mip_rel_gap", gap)
    if least_size:
        h.setOptionValue("mip_abs_gap", scale * gap * least_size)
    h.setOptionValue("time_limit", clock.left_s)
    _choose_methods(h, model.matrix.shape[0])
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = list(start)
        h.setSolution(solution)

    def log(event: Any) -> None:
        out = event.data_out
        incumbent = out.mip_primal_bound / scale if abs(out.mip_primal_bound) < 1e20 else None
        bound = out.mip_dual_bound / scale if abs(out.mip_dual_bound) < 1e20 else None
        clock.say(stage, incumbent, bound)

    h.setOptionValue("mip_min_logging_interval", LOG_EVERY_S)
    h.cbMipLogging += log
    h.cbMipImprovingSolution += log
    interrupted = run_interruptible(h, clock.say)
    return _outcome(h, model, scale, gap, interrupted, least_size)


def _cost_scale(model: Compiled) -> float:
    """By what the costs of a large model are multiplied: a power of two, so that not a bit of them is lost."""
    most = float(np.abs(model.objectives[0]).max(initial=0.0))
    if model.matrix.shape[0] <= LARGE_ROWS or most <= MOST_COST:
        return 1.0
    return 2.0 ** -math.ceil(math.log2(most / MOST_COST))


def _choose_methods(h: highspy.Highs, rows: int) -> None:
    """Small models are solved without searches that cost more than they; the root of a large one by HiPO, if installed."""
    if rows <= LARGE_ROWS:
        for name in SUB_MIPS:
            h.setOptionValue(name, False)
    elif hipo_available():
        h.setOptionValue("mip_lp_solver", "hipo")


def run_interruptible(h: highspy.Highs, say: Callable[[str], None] = lambda text: None) -> bool:
    """Run HiGHS in a thread so that Ctrl-C reaches us; returns True if it was pressed. The incumbent stays in `h`.

    HiGHS is asked to stop, and hears it between steps; not within HiPO, nor in presolve. Where it does not hear, `say` is told
    so, and a second Ctrl-C is raised: the thread is left behind, and `h` with it.
    """
    stop = threading.Event()

    def ask(event: Any) -> None:
        if stop.is_set():
            event.interrupt()

    h.cbMipInterrupt += ask
    h.cbSimplexInterrupt += ask
    h.cbIpmInterrupt += ask
    done = threading.Event()

    def work() -> None:
        try:
            h.run()
        finally:
            done.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    told = False
    while (
        not done.is_set()
    ):  # an event, not Thread.join: a join that is interrupted may take a running thread for ended
        try:
            done.wait(LISTEN_S)
            if stop.is_set() and not told and not done.wait(LISTEN_S):
                told = True
                say(NOT_HEARD)
        except KeyboardInterrupt:
            if stop.is_set():
                _LEFT.append(thread)
                raise
            stop.set()
    return stop.is_set()


@atexit.register
def _end_at_once() -> None:
    """An interpreter beside a solver that still runs crashes at its end: files are written and closed by now, so it ends here."""
    if any(thread.is_alive() for thread in _LEFT):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(StoppedError.exit_code)


def _outcome(
    h: highspy.Highs, model: Compiled, scale: float, gap: float, interrupted: bool, least_size: float
) -> Outcome:
    """What a run came to; costs stood in `h` times `scale`."""
    status = h.getModelStatus()
    info = h.getInfo()
    if status == highspy.HighsModelStatus.kUnboundedOrInfeasible:
        status = _told_apart(h, len(model.columns))
    if status == highspy.HighsModelStatus.kInfeasible:
        return Outcome("infeasible", None, math.inf, None)
    if status in {highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible}:
        return Outcome("unbounded", None, -math.inf, None)
    is_mip = bool(model.integer.any())
    bound = info.mip_dual_bound / scale if is_mip else -math.inf
    x = None
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        x = np.array(h.getSolution().col_value)
    late = status == highspy.HighsModelStatus.kTimeLimit
    ended = "interrupted" if interrupted else "time_limit" if late else "stalled"
    if x is None or not feasible(model, x):
        return Outcome(ended, None, bound, None)
    objective = float(model.objectives[0] @ x + model.offsets[0])
    if not is_mip and status == highspy.HighsModelStatus.kOptimal:
        bound = objective
    close = abs(objective - bound) <= gap * max(abs(objective), least_size, 1e-9) * (1 + 1e-9) + 1e-9
    return Outcome("optimal" if close else ended, objective, min(bound, objective), x)


def _told_apart(h: highspy.Highs, columns: int) -> highspy.HighsModelStatus:
    """Unbounded or infeasible? Without an objective only infeasibility is left."""
    h.changeColsCost(columns, np.arange(columns, dtype=np.int32), np.zeros(columns))
    h.run()
    infeasible = h.getModelStatus() == highspy.HighsModelStatus.kInfeasible
    return highspy.HighsModelStatus.kInfeasible if infeasible else highspy.HighsModelStatus.kUnbounded


def feasible(model: Compiled, x: Array) -> bool:
    """Our own check of a point: rows within a relative tolerance, bounds, integrality."""
    activity = model.matrix @ x
    scale = np.maximum(1.0, np.abs(model.matrix) @ np.abs(x))
    rows = np.maximum(model.row_lower - activity, activity - model.row_upper) / scale
    bounds = np.maximum(model.column_lower - x, x - model.column_upper)
    integers = np.abs(x - np.round(x))[model.integer]
    worst = max(rows.max(initial=0.0), (bounds / np.maximum(1.0, np.abs(x))).max(initial=0.0))
    return bool(worst <= FEASIBILITY and integers.max(initial=0.0) <= INTEGRALITY)


def load_values(m: pyo.ConcreteModel, model: Compiled, x: Array) -> None:
    """Put a point into the Pyomo variables; integers exactly integral, what no row mentions at its lower bound."""
    for variable in m.component_data_objects(pyo.Var):
        if not variable.fixed:
            variable.set_value(variable.lb or 0.0, skip_validation=True)
    for variable, value, integral in zip(model.columns, x, model.integer, strict=True):
        variable.set_value(float(round(value)) if integral else float(value), skip_validation=True)

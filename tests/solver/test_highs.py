"""The bridge to HiGHS: what goes over is the model, what comes back is kept and checked, whatever stops the solve."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

from siting.errors import InfeasibleError, SitingError, StoppedError
from siting.solver import highs, whole
from siting.solver.highs import (
    Compiled,
    Outcome,
    compile_model,
    feasible,
    highs_of,
    load_values,
    run_interruptible,
    solve_mip,
    versions,
)
from siting.solver.progress import Clock, Step
from siting.solver.whole import solve_whole
from tests.build_instance import BATTERY, GAS, WIND, small_instance, small_plan, total


def knapsacks() -> pyo.ConcreteModel:
    """A market split problem (Cornuejols and Dawande 1998): any point is feasible, none is ever proven best in time."""
    numbers = np.random.default_rng(3)
    rows, columns = 5, 40
    weights = numbers.integers(0, 100, (rows, columns)).tolist()
    m = pyo.ConcreteModel()
    m.x = pyo.Var(range(columns), domain=pyo.Binary)
    m.over, m.under = (pyo.Var(range(rows), domain=pyo.NonNegativeReals) for _ in range(2))
    m.split = pyo.Constraint(
        range(rows),
        rule=lambda m, i: (
            sum(w * m.x[j] for j, w in enumerate(weights[i])) + m.under[i] - m.over[i] == sum(weights[i]) // 2
        ),
    )
    m.goal = pyo.Objective(expr=sum(m.over.values()) + sum(m.under.values()))
    return m


def simple(sense: str = "<=") -> pyo.ConcreteModel:
    """min x + 2 y + 3 with x + y against 4 and 0 <= x, y <= 10."""
    m = pyo.ConcreteModel()
    m.x, m.y = pyo.Var(bounds=(0, 10)), pyo.Var(bounds=(0, 10))
    row = {
        "<=": m.x + m.y <= 4,
        ">=": m.x + m.y >= 4,
        "==": m.x + m.y == 4,
        "range": pyo.inequality(4, m.x + m.y, 6),
    }
    m.row = pyo.Constraint(expr=row[sense])
    m.goal = pyo.Objective(expr=m.x + 2 * m.y + 3)
    return m


def solve(m: pyo.ConcreteModel, limit_s: float = 10.0, gap: float = 1e-9) -> tuple[Compiled, Outcome]:
    model = compile_model(m)
    return model, solve_mip(model, Clock(limit_s), "test", gap, 1)


@pytest.mark.parametrize(("sense", "best"), [("<=", 3.0), (">=", 7.0), ("==", 7.0), ("range", 7.0)])
def test_rows_of_every_kind(sense: str, best: float) -> None:
    """With <= nothing is needed: 3. With >=, == and a range 4 <= . <= 6 the cheaper x = 4: 7."""
    m = simple(sense)
    model, outcome = solve(m)
    assert outcome.status == "optimal" and outcome.x is not None
    assert outcome.objective == pytest.approx(best) and outcome.bound == pytest.approx(best)
    assert outcome.x is not None
    load_values(m, model, outcome.x)
    assert pyo.value(m.goal) == pytest.approx(best)


def test_both_ends_of_a_range_hold() -> None:
    m = simple("range")
    m.goal.set_value(-m.x - 2 * m.y)
    _, outcome = solve(m)
    assert outcome.objective == pytest.approx(-12.0)


def test_free_and_negative_variables() -> None:
    """A variable without lower bound goes below zero: min x with x >= -7."""
    m = pyo.ConcreteModel()
    m.x = pyo.Var()
    m.row = pyo.Constraint(expr=m.x >= -7)
    m.goal = pyo.Objective(expr=m.x)
    assert solve(m)[1].objective == pytest.approx(-7.0)


def test_a_fixed_variable_is_a_number_and_keeps_its_value() -> None:
    m = simple(">=")
    m.x.fix(1.0)
    model, outcome = solve(m)
    assert [v.name for v in model.columns] == ["y"]
    assert outcome.objective == pytest.approx(1 + 2 * 3 + 3) and outcome.x is not None
    load_values(m, model, outcome.x)
    assert (m.x.value, m.y.value) == (1.0, pytest.approx(3.0))


def test_integers_come_back_whole() -> None:
    m = simple(">=")
    m.n = pyo.Var(domain=pyo.NonNegativeIntegers)
    m.half = pyo.Constraint(expr=2 * m.n >= 3)
    m.goal.set_value(m.x + m.n)
    model, outcome = solve(m)
    assert outcome.x is not None
    load_values(m, model, outcome.x)
    assert m.n.value == 2.0 and model.integer.sum() == 1


def test_a_variable_no_row_mentions_stands_at_its_lower_bound() -> None:
    m = simple()
    m.idle = pyo.Var(bounds=(2, 5))
    model, outcome = solve(m)
    assert outcome.x is not None
    load_values(m, model, outcome.x)
    assert m.idle.value == 2.0


def test_a_point_that_fails_our_check_is_no_matter_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(highs, "feasible", lambda model, x: False)
    _, outcome = solve(simple(">="))
    assert (outcome.status, outcome.x, outcome.objective) == ("stalled", None, None)


def test_an_infeasible_model_is_reported() -> None:
    m = simple(">=")
    m.less = pyo.Constraint(expr=m.x + m.y <= 3)
    _, outcome = solve(m)
    assert (outcome.status, outcome.x) == ("infeasible", None)


def test_an_infeasible_integer_model_is_reported() -> None:
    """2 n = 3 has no whole answer, though its relaxation has."""
    m = pyo.ConcreteModel()
    m.n = pyo.Var(domain=pyo.NonNegativeIntegers, bounds=(0, 10))
    m.row = pyo.Constraint(expr=2 * m.n == 3)
    m.goal = pyo.Objective(expr=m.n)
    assert solve(m)[1].status == "infeasible"


@pytest.mark.parametrize("integer", [False, True])
def test_an_unbounded_model_is_not_called_infeasible(integer: bool) -> None:
    m = pyo.ConcreteModel()
    m.x = pyo.Var(domain=pyo.NonNegativeIntegers if integer else pyo.NonNegativeReals)
    m.y = pyo.Var(domain=pyo.NonNegativeReals)
    m.row = pyo.Constraint(expr=m.x - m.y <= 4)
    m.goal = pyo.Objective(expr=-m.x)
    assert solve(m)[1].status == "unbounded"


def test_costs_of_a_large_model_are_scaled_and_come_back_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Knapsacks that cost millions, called large: the same plan, bound and progress as unscaled, to the bit where whole."""

    def run() -> tuple[Outcome, list[Step]]:
        m = simple(">=")
        m.n = pyo.Var(domain=pyo.NonNegativeIntegers)
        m.half = pyo.Constraint(expr=2 * m.n >= 3)
        m.goal.set_value(3e6 * m.x + 1e7 * m.n + 5.0)
        steps: list[Step] = []
        return solve_mip(compile_model(m), Clock(10.0, steps.append), "test", 1e-9, 1), steps

    plain, _ = run()
    monkeypatch.setattr(highs, "LARGE_ROWS", 0)
    outcome, steps = run()
    assert outcome.status == "optimal" and outcome.objective == plain.objective == 2e7 + 5.0
    assert outcome.bound == pytest.approx(2e7 + 5.0, rel=1e-9)
    told = [step.incumbent for step in steps if step.incumbent is not None]
    assert told and told[-1] == pytest.approx(2e7 + 5.0)


def test_a_time_limit_keeps_incumbent_and_bound() -> None:
    model, outcome = solve(knapsacks(), limit_s=1.0)
    assert outcome.status == "time_limit"
    assert outcome.x is not None and outcome.objective is not None
    assert feasible(model, outcome.x)
    assert outcome.objective > 0.5 > outcome.bound
    assert float(model.objectives[0] @ outcome.x) == pytest.approx(outcome.objective)


@contextmanager
def ctrl_c(*seconds: float) -> Iterator[None]:
    """Press Ctrl-C after so many seconds; a press that comes too late is swallowed here and ends no test run.

    A test run in the background of a shell has Ctrl-C switched off: it is switched on for as long as this lasts.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timers = [threading.Timer(s, signal.raise_signal, [signal.SIGINT]) for s in seconds]
    for timer in timers:
        timer.start()
    try:
        yield
    finally:
        with suppress(KeyboardInterrupt):
            time.sleep(max(seconds))
        signal.signal(signal.SIGINT, before)


def test_ctrl_c_keeps_incumbent_and_bound() -> None:
    model = compile_model(knapsacks())
    with ctrl_c(0.7):
        outcome = solve_mip(model, Clock(4.0), "test", 1e-9, 1)
    assert outcome.status == "interrupted"
    assert outcome.x is not None and feasible(model, outcome.x)
    assert outcome.objective is not None and outcome.bound < outcome.objective


def test_ctrl_c_waits_for_the_solver_to_stop() -> None:
    """Python 3.11's Thread.join, interrupted, takes a running thread for ended: a result read then is half a result."""
    h = highs_of(compile_model(knapsacks()), 1)
    h.setOptionValue("time_limit", 4.0)  # should the interrupt be lost, the run ends by itself
    with ctrl_c(0.6):
        interrupted = run_interruptible(h)
        status = h.getModelStatus().name
    assert interrupted and status == "kInterrupt"


def test_an_undisturbed_run_was_not_interrupted() -> None:
    assert run_interruptible(highs_of(compile_model(simple()), 1)) is False


def test_our_own_check_rejects_a_wrong_point() -> None:
    """x + y >= 4, both in [0, 10]; n whole."""
    m = simple(">=")
    m.n = pyo.Var(domain=pyo.NonNegativeIntegers)
    m.goal.set_value(m.x + 2 * m.y + m.n)
    model = compile_model(m)
    names = [v.name for v in model.columns]

    def point(**values: float) -> np.ndarray[Any, Any]:
        return np.array([values[name] for name in names])

    assert feasible(model, point(x=4.0, y=0.0, n=1.0))
    assert feasible(model, point(x=4.0 - 1e-7, y=0.0, n=1.0))
    assert not feasible(model, point(x=3.99, y=0.0, n=1.0)), "row"
    assert not feasible(model, point(x=-0.01, y=5.0, n=1.0)), "lower bound"
    assert not feasible(model, point(x=10.1, y=0.0, n=1.0)), "upper bound"
    assert not feasible(model, point(x=4.0, y=0.0, n=0.5)), "integrality"
    assert not feasible(model, point(x=math.nan, y=5.0, n=1.0)), "not a number"


def test_an_equality_is_checked_from_both_sides() -> None:
    model = compile_model(simple("=="))
    assert not feasible(model, np.array([3.9, 0.0])) and not feasible(model, np.array([4.1, 0.0]))


def test_a_start_is_taken() -> None:
    """From its own best point the same model is no worse in the same short time."""
    model, first = solve(knapsacks(), limit_s=0.6)
    again = solve_mip(model, Clock(0.3), "test", 1e-9, 1, first.x)
    assert again.objective is not None and first.objective is not None
    assert again.objective <= first.objective + 1e-6


def test_progress_carries_incumbent_and_bound() -> None:
    steps: list[Step] = []
    solve_mip(compile_model(knapsacks()), Clock(1.0, steps.append), "splitting", 1e-9, 1)
    told = [s for s in steps if s.incumbent is not None and s.bound is not None]
    assert told and told[-1].stage == "splitting"
    assert all(s.incumbent >= s.bound for s in told if s.incumbent is not None and s.bound is not None)


def test_versions_say_what_solved() -> None:
    assert versions()["highs"].count(".") == 2
    assert versions()["hipo"] in {"yes", "no"}


# --- the whole method, when a stage does not end well


def scripted(monkeypatch: pytest.MonkeyPatch, *steps: Any) -> None:
    """Let the stages of `solve_whole` end as scripted: None solves, an Outcome replaces the solver's word."""
    todo = list(steps)

    def act(model: Compiled, *args: Any) -> Outcome:
        step = todo.pop(0)
        outcome = solve_mip(model, *args)
        return outcome if step is None else replace(outcome, **step)

    monkeypatch.setattr(whole, "solve_mip", act)


def test_an_incumbent_at_the_time_limit_is_a_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, {"status": "time_limit", "bound": 1e8})
    data = small_instance()
    plan = small_plan(data, solve_whole(data, Clock(10.0), 1e-6, 1))
    assert plan.status == "time_limit"
    assert plan.gap == pytest.approx((124.44 - 100) / 124.44)


def test_an_incumbent_without_any_bound_is_a_plan_that_passes_its_audit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """HiGHS often finds a point before the root relaxation is solved: its bound is then minus infinity."""
    from siting.plan.audit import audit

    scripted(monkeypatch, {"status": "time_limit", "bound": -math.inf})
    data = small_instance()
    plan = small_plan(data, solve_whole(data, Clock(10.0), 1e-6, 1))
    assert audit(data, plan.record, plan.hourly) == []


def test_no_incumbent_in_time_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, {"status": "time_limit", "x": None, "objective": None, "bound": -math.inf})
    with pytest.raises(StoppedError, match=r"raise solve\.time_limit_s"):
        solve_whole(small_instance(), Clock(10.0), 1e-6, 1)


def test_least_tonnes_out_of_time_points_to_the_other_method(monkeypatch: pytest.MonkeyPatch) -> None:
    """The least of the relaxation is zero tonnes, which takes an interior point minutes; small ones, seconds."""
    nothing = {"status": "time_limit", "x": None, "objective": None, "bound": -math.inf}
    scripted(monkeypatch, nothing)
    with pytest.raises(StoppedError, match=r"zero tonnes takes long, or take --method frontier"):
        solve_whole(small_instance(objectives=("carbon",)), Clock(10.0), 1e-6, 1)
    scripted(monkeypatch, {**nothing, "status": "stalled"})
    with pytest.raises(StoppedError, match=r"does not keep all limits, take --method frontier$"):
        solve_whole(small_instance(), Clock(10.0), 1e-6, 1)
    scripted(monkeypatch, {**nothing, "status": "interrupted"})
    with pytest.raises(StoppedError, match=r"first plan was found$"):
        solve_whole(small_instance(), Clock(10.0), 1e-6, 1)


def test_a_second_stage_without_incumbent_keeps_the_first_stages_plan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Carbon is solved, then time is up before cost has a point of its own: the carbon plan must not be lost."""
    nothing = {"status": "time_limit", "x": None, "objective": None, "bound": -math.inf}
    scripted(monkeypatch, None, nothing)
    solution = solve_whole(small_instance(objectives=("carbon", "cost")), Clock(10.0), 1e-6, 1)
    assert solution.stages[0].status == "optimal"
    assert total(solution.carbon_t) == pytest.approx(3_000.0)


def test_a_plan_whose_last_stage_was_cut_short_does_not_call_itself_optimal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scripted(monkeypatch, None, {"status": "time_limit", "bound": 1e8})
    data = small_instance(objectives=("carbon", "cost"))
    plan = small_plan(data, solve_whole(data, Clock(10.0), 1e-6, 1))
    assert plan.record["later_objectives"][0]["status"] == "time_limit"
    assert plan.status == "time_limit"


def test_a_stage_cut_short_ends_the_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, {"status": "interrupted"})
    data = small_instance(objectives=("carbon", "cost"))
    plan = small_plan(data, solve_whole(data, Clock(10.0), 1e-6, 1))
    assert plan.status == "interrupted" and plan.record["later_objectives"] == []


def test_an_unbounded_model_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, {"status": "unbounded", "x": None})
    with pytest.raises(SitingError, match="unbounded"):
        solve_whole(small_instance(), Clock(10.0), 1e-6, 1)


def test_a_later_stage_starts_from_the_plan_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first stage's point is handed to the second variable by variable, whatever order the columns stand in."""
    seen: list[dict[str, float] | None] = []
    found: list[dict[str, float]] = []

    def act(model: Compiled, *args: Any) -> Outcome:
        names = [v.name for v in model.columns]
        start = args[4]
        seen.append(None if start is None else dict(zip(names, start, strict=True)))
        outcome = solve_mip(model, *args)
        assert outcome.x is not None
        found.append(dict(zip(names, outcome.x, strict=True)))
        return outcome

    monkeypatch.setattr(whole, "solve_mip", act)
    data = small_instance(objectives=("carbon", "compute", "cost"), battery=BATTERY, gas=GAS, ppa=WIND)
    solve_whole(data, Clock(10.0), 1e-6, 1)
    assert seen[0] is None and len(seen) == 3
    for before, start in zip(found, seen[1:], strict=False):
        assert start is not None
        assert {n: start[n] for n in before if n in start} == pytest.approx(
            {n: v for n, v in before.items() if n in start}
        )


def test_an_infeasible_model_raises() -> None:
    with pytest.raises(InfeasibleError):
        solve_whole(small_instance(target_it_mw=1_000.0), Clock(10.0), 1e-6, 1)

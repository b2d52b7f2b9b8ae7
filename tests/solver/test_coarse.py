"""Blocks of hours: a relaxation that no plan beats, exact where nothing differs inside a block, and hand-worked where it does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import highspy
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from siting.instance.instance import Instance
from siting.solver import pricing
from siting.solver.coarse import Coarse
from siting.solver.frontier import solve_frontier
from siting.solver.highs import Compiled, highs_of
from siting.solver.known import Frontier
from siting.solver.lp import ClassLP, Names, write_class
from siting.solver.pricing import ClassProblem
from siting.solver.progress import Clock
from siting.solver.work import InProcess
from tests.build_instance import BATTERY, GAS, WIND, small_instance
from tests.model.bend import bent
from tests.test_properties import instances

ALL: dict[str, Any] = {"battery": BATTERY, "gas": GAS, "ppa": WIND}


def toy(cost: list[float], lower: float = 3.0) -> ClassLP:
    """min sum of cost x over two hours, x0 >= `lower`, x1 >= `lower`: one group of columns, one of rows."""
    names = Names((("x", ("AA",)),), np.zeros(2, dtype=np.int32), np.arange(2, dtype=np.int32))
    model = Compiled(
        np.array([cost]), np.zeros(1), sparse.csc_array(np.eye(2)), np.full(2, lower), np.full(2, np.inf),
        np.zeros(2), np.full(2, 10.0), np.zeros(2, dtype=bool), [], [],
    )  # fmt: skip
    return ClassLP("AA", model, sparse.csr_array(np.array([cost])), (("quantity", ("cost",)),), names, names)


def optimum(model: Compiled) -> float:
    h = highs_of(model, 1)
    h.run()
    assert h.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return float(h.getInfo().objective_function_value)


def test_two_hours_become_one_at_the_better_price() -> None:
    """Prices 5 and 7, 3 MW needed in each hour: 36 by the hour; in a block 6 MW at 5, that is 30."""
    lp = toy([5.0, 7.0])
    assert optimum(lp.model) == pytest.approx(36.0)
    coarse = Coarse(lp, lp.model.column_upper, block_hours=2).model(np.array([5.0, 7.0]))
    assert coarse.matrix.shape == (1, 1)
    assert coarse.row_lower.tolist() == [6.0]
    assert coarse.column_upper.tolist() == [20.0]
    assert optimum(coarse) == pytest.approx(30.0)


def test_blocks_of_one_hour_change_nothing() -> None:
    data = small_instance(**ALL).only("AA")
    lp = write_class(data)
    upper = np.minimum(lp.model.column_upper, 1e4)
    costs = lp.functional[[0]].toarray()[0]
    fine = replace(lp.model, objectives=costs[None, :], column_upper=upper)
    assert optimum(Coarse(lp, upper, block_hours=1).model(costs)) == pytest.approx(optimum(fine), rel=1e-9)


def test_a_column_that_may_be_negative_is_refused() -> None:
    lp = toy([1.0, 1.0])
    below = replace(lp, model=replace(lp.model, column_lower=np.array([0.0, -1.0])))
    with pytest.raises(ValueError, match="negative"):
        Coarse(below, lp.model.column_upper)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    data=instances(),
    carbon=st.sampled_from([0.0, 40.0, 400.0]),
    clean=st.sampled_from([0.0, -30.0]),
    hours=st.integers(1, 6),
)
def test_no_mix_is_cheaper_than_its_blocks(data: Instance, carbon: float, clean: float, hours: int) -> None:
    """The optimum over all hours, put into blocks, is feasible there and costs no more."""
    assert_relaxed(data, {("cost",): 1.0, ("carbon",): carbon, ("clean", "hourly"): clean}, hours)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=bent(), load=st.sampled_from([0.0, -20.0]), hours=st.integers(1, 6))
def test_nor_where_the_load_bends_or_needs_backup(data: Instance, load: float, hours: int) -> None:
    """Windows of 2 hours end in the middle of blocks; sums over a day stand in rows without an hour."""
    assert_relaxed(data, {("cost",): 1.0, ("load",): load}, hours)


def assert_relaxed(data: Instance, prices: dict[tuple[str, ...], float], hours: int) -> None:
    for c in data.classes:
        lp = write_class(data.only(c))
        problem = ClassProblem(lp)
        found = problem.price(prices)
        upper = np.minimum(lp.model.column_upper, pricing.COLUMN_CAP)
        coarse = Coarse(lp, upper, hours)
        model = coarse.model(problem._objective(prices))
        if found is None:
            continue
        x = np.bincount(coarse._column, weights=found[0].x)
        activity = model.matrix @ x
        assert (activity >= model.row_lower - 1e-6).all()
        assert (activity <= model.row_upper + 1e-6).all()
        assert optimum(model) <= found[1].value + 1e-6 * abs(found[1].value)


def test_the_method_with_blocks_finds_the_plan_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dear classes keep their rough bound; the plan and a bound within the gap are the same."""
    data = small_instance(**ALL)
    plain = solve_frontier(data, InProcess(data), Frontier(), Clock(60.0), 1e-4)
    monkeypatch.setattr(pricing, "LARGE_HOURS", 0)
    known = Frontier()
    blocks = solve_frontier(data, InProcess(data), known, Clock(60.0), 1e-4)
    assert any(known.rough.values())
    assert blocks.modules == plain.modules
    assert blocks.stages[0].value == pytest.approx(plain.stages[0].value, rel=2e-4)
    assert blocks.stages[0].bound <= plain.stages[0].value * (1 + 1e-9)


def test_a_rough_cut_is_a_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pricing, "LARGE_HOURS", 0)
    for c in ("AA", "BB"):
        problem = ClassProblem(write_class(small_instance(**ALL).only(c)), large=True)
        prices = {("cost",): 1.0, ("carbon",): 50.0}
        rough, fine = problem.bound(prices), problem.price(prices)
        assert rough is not None
        assert fine is not None
        assert rough.value <= fine[1].value * (1 + 1e-6)
        assert rough.value > 0.5 * fine[1].value, "and says something"

"""Large class LPs by interior point: hand-worked, against the simplex method, and never believed without proof."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from siting.instance.instance import Instance
from siting.solver import pricing
from siting.solver.frontier import solve_frontier
from siting.solver.highs import Array, Compiled
from siting.solver.interior import solve_interior
from siting.solver.known import Frontier
from siting.solver.lp import ClassLP, Names, write_class
from siting.solver.pricing import ROWS_KEPT, ClassProblem, proven
from siting.solver.progress import Clock
from siting.solver.work import InProcess
from tests.build_instance import BATTERY, GAS, WIND, small_instance
from tests.model.bend import bent
from tests.test_properties import instances

ALL: dict[str, Any] = {"battery": BATTERY, "gas": GAS, "ppa": WIND}
COST = {("cost",): 1.0}


def toy(upper: float = 10.0) -> ClassLP:
    """Two hours' x0 >= 3, x1 >= 3, x0 + x1 = 7; the cost is 5 x0 + 7 x1."""
    names = Names((("x", ("AA",)),), np.zeros(2, dtype=np.int32), np.arange(2, dtype=np.int32))
    rows = Names((("row", ("AA",)),), np.zeros(3, dtype=np.int32), np.arange(3, dtype=np.int32))
    model = Compiled(
        np.array([[5.0, 7.0]]), np.zeros(1), sparse.csc_array(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])),
        np.array([3.0, 3.0, 7.0]), np.array([np.inf, np.inf, 7.0]),
        np.zeros(2), np.full(2, upper), np.zeros(2, dtype=bool), [], [],
    )  # fmt: skip
    return ClassLP(
        "AA", model, sparse.csr_array(np.array([[5.0, 7.0]])), (("quantity", ("cost",)),), names, rows
    )


def test_point_and_duals_by_hand() -> None:
    """4 MW in the cheap hour, 3 in the dear one: 41. A MW more of the sum costs 5, of the second hour 7 - 5 = 2."""
    model = toy().model
    found = solve_interior(model, np.array([5.0, 7.0]))
    assert found is not None
    x, y = found
    assert x == pytest.approx([4.0, 3.0], abs=1e-6)
    assert y == pytest.approx([0.0, 2.0, 5.0], abs=1e-5)
    assert proven(model, np.array([5.0, 7.0]), y) == pytest.approx(41.0, rel=1e-7)


def test_a_bound_of_a_column_counts() -> None:
    """With at most 3.5 MW in an hour, 5 x 3.5 + 7 x 3.5 = 42."""
    portfolio, cut = _priced(ClassProblem(toy(3.5), large=True), COST)
    assert portfolio.quantity["cost",] == pytest.approx(42.0, rel=1e-6)
    assert cut.value == pytest.approx(42.0, rel=1e-6)


def test_what_cannot_be_supplied_is_told_apart() -> None:
    assert ClassProblem(toy(2.0), large=True).price(COST) is None
    assert ClassProblem(toy(2.0)).price(COST) is None


@pytest.mark.parametrize("upper", [2.0, 3.2, 3.5, 10.0])
def test_what_is_missing_is_proven_without_the_simplex_method(
    monkeypatch: pytest.MonkeyPatch, upper: float
) -> None:
    """7 MW of at most 2 x 3.2 lack 0.6, and neither hour its 3 at 2; of 2 x 3.5 nothing lacks."""
    problem = ClassProblem(toy(upper), large=True)
    assert problem._lacks_supply() is (upper < 3.5)
    if upper < 3.5:
        monkeypatch.setattr(ClassProblem, "_by_simplex", None)
        assert problem.price(COST) is None


def test_a_price_that_pays_for_plant_alone_ends_at_the_cap() -> None:
    """Without a cap on every column there is no optimum; both methods build to it."""
    lp = write_class(small_instance(**ALL).only("AA"))
    wanted = {("cost",): 1e-9, ("ppa", "wind_ppa"): -1.0}
    most = _priced(ClassProblem(lp, large=True), wanted)[1].value
    assert most == pytest.approx(_priced(ClassProblem(lp), wanted)[1].value, rel=1e-6)
    assert most < -1e3


@pytest.mark.parametrize("wrong", ["point", "duals", "nothing"])
def test_what_does_not_hold_is_solved_by_the_simplex_method(
    monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    """A point that breaks a row or duals that prove too little are not taken."""
    plain = _priced(ClassProblem(toy()), COST)

    def bad(model: Compiled, objective: Array) -> tuple[Array, Array] | None:
        x, y = np.array([4.0, 3.0]), np.array([0.0, 2.0, 5.0])
        told = {"point": (x - 1e-5, y), "duals": (x, 0.99 * y), "nothing": None}
        return told[wrong]

    monkeypatch.setattr(pricing, "solve_interior", bad)
    found = _priced(ClassProblem(toy(), large=True), COST)
    assert found[0].x == pytest.approx(plain[0].x)
    assert found[1].value == pytest.approx(41.0, rel=1e-12)


def test_what_falls_back_is_what_a_small_lp_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bit for bit, whatever was asked before."""
    monkeypatch.setattr(pricing, "solve_interior", lambda model, objective: None)
    lp = write_class(small_instance(**ALL).only("AA"))
    problem = ClassProblem(lp, large=True)
    _priced(problem, {("carbon",): 1.0})
    after, alone = _priced(problem, COST), _priced(ClassProblem(lp), COST)
    assert after[0].x.tobytes() == alone[0].x.tobytes() and after[1].value.hex() == alone[1].value.hex()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=instances(), carbon=st.sampled_from([0.0, 40.0, 400.0]), clean=st.sampled_from([0.0, -30.0]))
def test_drawn_classes_cost_the_same(data: Instance, carbon: float, clean: float) -> None:
    _assert_same(data, {("cost",): 1.0, ("carbon",): carbon, ("clean", "hourly"): clean})


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=bent(), load=st.sampled_from([0.0, -20.0]))
def test_and_where_the_load_bends(data: Instance, load: float) -> None:
    _assert_same(data, {("cost",): 1.0, ("load",): load})


def _assert_same(data: Instance, prices: dict[tuple[str, ...], float]) -> None:
    for c in data.classes:
        lp = write_class(data.only(c))
        one, other = ClassProblem(lp, large=True).price(prices), ClassProblem(lp).price(prices)
        assert (one is None) == (other is None)
        if one is None or other is None:
            continue
        assert not ClassProblem(lp, large=True)._lacks_supply(), "what is possible is never called impossible"
        portfolio, cut = one
        size = max(1.0, abs(other[1].value))
        assert cut.value <= other[1].value + 1e-9 * size, "a cut is never above the optimum"
        assert cut.value == pytest.approx(other[1].value, abs=3e-6 * size)
        activity = lp.model.matrix @ portfolio.x
        assert (activity >= lp.model.row_lower - ROWS_KEPT).all()
        assert (activity <= lp.model.row_upper + ROWS_KEPT).all()


def test_the_method_finds_the_plan_it_finds_by_simplex(monkeypatch: pytest.MonkeyPatch) -> None:
    data = small_instance(**ALL)
    plain = solve_frontier(data, InProcess(data), Frontier(), Clock(60.0), 1e-4)
    monkeypatch.setattr(pricing, "LARGE_HOURS", 0)
    large = solve_frontier(data, InProcess(data), Frontier(), Clock(60.0), 1e-4)
    assert large.modules == plain.modules
    assert large.stages[0].value == pytest.approx(plain.stages[0].value, rel=2e-4)
    assert large.stages[0].bound <= plain.stages[0].value * (1 + 1e-9)


def _priced(problem: ClassProblem, prices: dict[tuple[str, ...], float]) -> Any:
    found = problem.price(prices)
    assert found is not None
    return found


@pytest.mark.parametrize("price", [1e6, 1e10, 1e14])
def test_what_broken_limits_are_said_to_cost_is_priced(price: float) -> None:
    """What takes least capex, whatever 1 EUR of it is said to cost: the simplex method is given usual numbers."""
    data = small_instance(**ALL, budget_eur=1e9)
    lp = write_class(data.only("AA"))
    found = _priced(ClassProblem(lp), {("cost",): 1.0, ("capex", "onsite_power"): price})
    portfolio, cut = found
    assert portfolio.quantity["capex", "onsite_power"] == pytest.approx(0.0, abs=1e-3)
    assert cut.value <= portfolio.quantity["cost",] * (1 + 1e-6)

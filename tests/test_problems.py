"""Facility location through the API: by hand, against enumeration of all open sets, at 50 x 50, and with bad input."""

from __future__ import annotations

import itertools
import math
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import siting
from siting import problems
from siting.errors import AuditError, InfeasibleError, InputError, StoppedError
from siting.problems import facility_location

FIXED, CAPACITY, DEMAND = [100.0, 50.0, 70.0], [8.0, 5.0, 10.0], [3.0, 4.0, 2.0]
UNIT = [[1.0, 2.0, 9.0], [4.0, 1.0, 3.0], [2.0, 8.0, 1.0]]


def test_by_hand() -> None:
    """9 units of demand. `2` alone: 70 + 3x2 + 4x8 + 2x1 = 110. `0` and `1` cost 150 to open, `1` and `2` 120 + 6 + 4 + 2."""
    found = facility_location(FIXED, CAPACITY, DEMAND, UNIT)
    assert (found.status, found.open) == ("optimal", (2,))
    assert found.objective == pytest.approx(110.0)
    assert (found.fixed_cost, found.assignment_cost) == pytest.approx((70.0, 40.0))
    assert found.bound == pytest.approx(110.0)
    assert found.gap < 1e-6
    assert found.assignment.loc[2].tolist() == pytest.approx(DEMAND)


def test_deliveries_are_split() -> None:
    """One customer of 10, two facilities of 6 with nothing fixed: 6 from the cheap one, 4 from the other, 6x1 + 4x2."""
    found = facility_location([0, 0], [6, 6], [10], [[1], [2]])
    assert found.assignment[0].tolist() == pytest.approx([6.0, 4.0])
    assert found.objective == pytest.approx(14.0)


def enumerated(fixed: Any, capacity: Any, demand: Any, unit: Any) -> float:
    """The least cost over all sets of open facilities, each a transport problem solved by scipy; infinite if none will do."""
    fixed, capacity, demand, unit = (np.asarray(x, dtype=float) for x in (fixed, capacity, demand, unit))
    best = math.inf
    for size in range(len(fixed) + 1):
        for opened in itertools.combinations(range(len(fixed)), size):
            own = list(opened)
            if capacity[own].sum() < demand.sum() - 1e-12:
                continue
            best = min(best, fixed[own].sum() + transport(capacity[own], demand, unit[own]))
    return best


def transport(capacity: Any, demand: Any, unit: Any) -> float:
    n, k = unit.shape
    if n == 0 or demand.sum() == 0:
        return 0.0 if demand.sum() == 0 else math.inf
    allowed = np.isfinite(unit).ravel()
    found = linprog(
        np.where(allowed, unit.ravel(), 0.0),
        A_ub=np.kron(np.eye(n), np.ones(k)),
        b_ub=capacity,
        A_eq=np.kron(np.ones(n), np.eye(k)),
        b_eq=demand,
        bounds=[(0, None if ok else 0) for ok in allowed],
    )
    return float(found.fun) if found.status == 0 else math.inf


@st.composite
def problem(draw: st.DrawFn) -> tuple[list[float], list[float], list[float], list[list[float]]]:
    n, k = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    scale = draw(st.sampled_from([1e-4, 1.0, 1e5]))  # of demand and of costs: no unit is special
    money = draw(st.sampled_from([1e-3, 1.0, 1e7]))
    whole = st.integers(0, 20)
    fixed = [money * scale * draw(st.integers(0, 80)) for _ in range(n)]
    capacity = [scale * draw(whole) for _ in range(n)]
    demand = [scale * draw(st.integers(0, 8)) for _ in range(k)]
    pair = st.one_of(st.integers(0, 15), st.just(math.inf))
    unit = [[money * draw(pair) for _ in range(k)] for _ in range(n)]
    return fixed, capacity, demand, unit


@settings(
    max_examples=150,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(problem())
def test_drawn_instances_equal_enumeration(
    drawn: tuple[list[float], list[float], list[float], list[list[float]]],
) -> None:
    best = enumerated(*drawn)
    if math.isinf(best):
        with pytest.raises(InfeasibleError):
            facility_location(*drawn)
        return
    found = facility_location(*drawn)
    assert found.status == "optimal"
    assert found.objective == pytest.approx(best, rel=2e-6, abs=1e-12)
    assert found.bound <= best * (1 + 1e-7) + 1e-12
    opened = found.assignment.loc[list(found.open)].to_numpy()
    assert opened.sum(axis=0) == pytest.approx(drawn[2], rel=1e-6, abs=1e-9 * sum(drawn[2]))


def euclidean(seed: int, ratio: float, n: int = 50) -> tuple[np.ndarray, ...]:
    """An instance after the recipe of Cornuejols, Sridharan and Thizy (1991, EJOR 50(3)): points in the unit square, costs 10 x
    distance a unit, demand U[5, 35], capacity U[10, 160] scaled to `ratio` x demand, fixed U[0, 90] + U[100, 110] sqrt(s)."""
    rng = np.random.default_rng(seed)
    demand = rng.integers(5, 36, n).astype(float)
    capacity = rng.integers(10, 161, n).astype(float)
    capacity *= ratio * demand.sum() / capacity.sum()
    fixed = rng.integers(0, 91, n) + rng.integers(100, 111, n) * np.sqrt(capacity)
    a, b = rng.random((n, 2)), rng.random((n, 2))
    return fixed, capacity, demand, 10 * np.linalg.norm(a[:, None] - b[None], axis=2)


@pytest.mark.parametrize("ratio", [2.0, 5.0])
def test_fifty_by_fifty_to_proven_optimality(ratio: float, capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    found = facility_location(*euclidean(1, ratio), threads=1, time_limit_s=60.0)
    seconds = time.monotonic() - began
    with capsys.disabled():
        print(f"\n50 x 50, capacity {ratio:g} x demand: {found.status}, cost {found.objective:,.2f}, "
              f"gap {found.gap:.1e}, {len(found.open)} open, {seconds:.1f} s")  # fmt: skip
    assert found.status == "optimal"
    assert found.gap <= 1e-6
    assert seconds < 60.0


def named() -> tuple[dict[str, float], pd.Series, dict[str, float], pd.DataFrame]:
    f, c = ["x", "y", "z"], ["a", "b", "c"]
    return (
        dict(zip(f, FIXED, strict=True)),
        pd.Series(CAPACITY, f).iloc[::-1],
        dict(zip(c, DEMAND, strict=True)),
        pd.DataFrame(UNIT, f, c).iloc[:, ::-1],
    )


def test_names_join_whatever_their_order() -> None:
    found = facility_location(*named())
    assert found.open == ("z",)
    assert found.objective == pytest.approx(110.0)
    assert found.assignment.loc["z"].to_dict() == pytest.approx({"a": 3.0, "b": 4.0, "c": 2.0})
    assert (found.assignment.index.name, found.assignment.columns.name) == ("facility", "customer")


def test_shapes_of_unit_cost() -> None:
    fixed, capacity, demand, unit = named()
    rows = {f: {c: unit.loc[f, c] for c in unit} for f in unit.index}
    pairs = {(f, c): value for f, row in rows.items() for c, value in row.items()}
    for shape in (rows, pairs):
        assert facility_location(fixed, capacity, demand, shape).objective == pytest.approx(110.0)
    for plain in (np.array(UNIT), pd.DataFrame(UNIT), tuple(map(tuple, UNIT))):
        found = facility_location(np.array(FIXED), pd.Series(CAPACITY), tuple(DEMAND), plain)
        assert found.objective == pytest.approx(110.0)


def test_a_pair_left_out_is_not_allowed() -> None:
    """Without z to b, `z` alone does not serve all: y and z, 120 + 3x2 + 4x1 + 2x1 = 132."""
    fixed, capacity, demand, unit = named()
    pairs = {(f, c): unit.loc[f, c] for f in unit.index for c in unit if (f, c) != ("z", "b")}
    none = unit.astype(object).where(~((unit.index == "z")[:, None] & (unit.columns == "b")), None)
    for shape in (pairs, none, unit.where(pd.notna(none), math.inf)):
        found = facility_location(fixed, capacity, demand, shape)
        assert (found.open, found.objective) == (("y", "z"), pytest.approx(132.0))


def test_nothing_asked_for_opens_nothing() -> None:
    found = facility_location([5], [2], [0], [[1]])
    assert (found.status, found.open, found.objective, found.gap) == ("optimal", (), 0.0, 0.0)


def test_a_facility_without_limit_or_room() -> None:
    found = facility_location([5, 1], [math.inf, 0], [3], [[2], [0]])
    assert (found.open, found.objective) == ((0,), pytest.approx(11.0))


def test_the_result_is_frozen_and_reached_from_the_package() -> None:
    assert siting.problems is problems
    found = facility_location([5], [2], [1], [[1]])
    with pytest.raises(AttributeError):
        found.objective = 0.0  # type: ignore[misc]


def asked(**changes: Any) -> dict[str, Any]:
    return {"fixed_cost": FIXED, "capacity": CAPACITY, "demand": DEMAND, "unit_cost": UNIT, **changes}


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "negative fixed cost": ({"fixed_cost": [1, -2, 3]}, "fixed_cost of facility 1 is -2"),
    "NaN demand": ({"demand": [1, math.nan, 3]}, "demand of customer 1 is nan"),
    "infinite demand": ({"demand": [1, math.inf, 3]}, "demand of customer 1 is inf"),
    "no capacity known": ({"capacity": [1, None, 3]}, "capacity of facility 1 is nan"),
    "text": ({"capacity": [1, "9", 3]}, "capacity of facility 1 is nan"),
    "yes": ({"capacity": [1, True, 3]}, "capacity of facility 1 is nan"),
    "NaN pair": ({"unit_cost": [[1, 2, 3], [1, math.nan, 3], [1, 2, 3]]}, "facility 1 and customer 1 is nan"),
    "negative pair": ({"unit_cost": [[1, 2, 3], [1, 2, 3], [1, 2, -3]]}, "facility 2 and customer 2 is -3"),
    "too few capacities": ({"capacity": [1, 2]}, "capacity has 2 facility entries, fixed_cost has 3"),
    "transposed": ({"unit_cost": [[1, 2], [1, 2], [1, 2]]}, "unit_cost has 2 customer entries, demand has 3"),
    "ragged": ({"unit_cost": [[1, 2, 3], [1, 2], [1, 2, 3]]}, "rows have 2 to 3 entries"),
    "a number": ({"demand": 5}, "demand is int"),
    "a numpy number": ({"demand": np.float64(5)}, "demand is a single number"),
    "words": ({"demand": "many"}, "demand is str"),
    "half named": ({"demand": {"a": 1, "b": 2, "c": 3}}, "unit_cost has customer numbers, demand has not"),
    "other names": ({"fixed_cost": {"x": 1, "y": 2}, "capacity": {"x": 1, "w": 2}}, "facility 'w' is not in fixed_cost"),
    "a name missing": ({"fixed_cost": {"x": 1, "y": 2}, "capacity": {"x": 1}}, "facility 'y' of fixed_cost is missing"),
    "twice": ({"demand": pd.Series([1, 2], ["a", "a"])}, "a stands twice"),
    "twice in a table": ({"unit_cost": pd.DataFrame(UNIT, ["x", "x", "y"])}, "row x stands twice"),
    "odd dict": ({"unit_cost": {"x": 1.0}}, "this is neither"),
    "gap": ({"gap": 0.0}, "gap is 0.0"),
    "time": ({"time_limit_s": -1.0}, "time_limit_s is -1.0"),
    "threads": ({"threads": 0}, "threads is 0"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named(name: str) -> None:
    changes, words = BAD[name]
    with pytest.raises(InputError) as error:
        facility_location(**asked(**changes))
    assert words in str(error.value)


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(InputError) as error:
        facility_location(**asked(fixed_cost=[-1, 2, 3], demand=[1, 2, -3]))
    assert len(error.value.problems) == 2


IMPOSSIBLE: dict[str, tuple[dict[str, Any], str]] = {
    "too much": ({"demand": [10, 10, 10]}, "demand 30 is above the capacity 23 of all 3 facilities"),
    "nobody": ({"unit_cost": [[1, None, 2]] * 3}, "customer 1 asks for 4, the 0 facilities that may serve it hold 0"),
    "too little there": (
        {"demand": [9, 1, 1], "unit_cost": [[1, 1, 1], [None, 1, 1], [None, 1, 1]]},
        "customer 0 asks for 9, the 1 facilities that may serve it hold 8",
    ),
    "together": (
        {"demand": [5, 5, 1], "unit_cost": [[1, 1, 1], [None, None, 1], [None, None, 1]]},
        "cannot carry every customer's demand",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cannot_be_served_is_said_in_numbers(name: str) -> None:
    changes, words = IMPOSSIBLE[name]
    with pytest.raises(InfeasibleError) as error:
        facility_location(**asked(**changes))
    assert words in str(error.value)


def test_out_of_time_is_said_or_shown() -> None:
    """A tenth of a second: a stop without a solution, or one with the gap it has."""
    try:
        found = facility_location(*euclidean(2, 3.0), time_limit_s=0.05)
    except StoppedError:
        return
    assert found.status == "time_limit"
    assert found.bound <= found.objective
    assert found.gap > 0


def test_a_wrong_solution_is_never_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    from siting.solver import whole

    right = whole.solve_whole

    def half(*args: Any) -> Any:
        solved = right(*args)
        return replace(solved, assigned_mw={pair: mw / 2 for pair, mw in solved.assigned_mw.items()})

    monkeypatch.setattr(whole, "solve_whole", half)
    with pytest.raises(AuditError, match="demand is not met"):
        facility_location(**asked())

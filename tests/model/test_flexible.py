"""Load that moves within its day: by hand, by both methods, row by row, and audited. Base numbers: tests/build_instance.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from siting.api import solve as solve_model
from siting.inputs.planning import PlanningModel
from siting.instance.flexible import RIGID, Flexible, load_range, windows
from siting.instance.instance import Instance
from siting.model.flexible import flexible
from siting.model.horizon import natural_cuts
from siting.plan.audit import audit
from siting.solver.lp import write_class
from siting.solver.pricing import ClassProblem
from tests.build_horizon import two_cases, two_periods
from tests.build_instance import BATTERY, GAS, WIND, frontier, small_instance, small_plan, solved, total
from tests.model.bend import SHED, SHIFT, bending, bent, findings, load_rows, two_hours, with_hour
from tests.model.golden import assert_golden
from tests.plan.test_audit import survivors
from tests.solver.test_methods_agree import assert_agree

BOTH = pytest.mark.parametrize("solve", [solved, frontier], ids=["whole", "frontier"])
DRAWN = settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@BOTH
def test_by_hand(solve: Callable[[Instance], Any]) -> None:
    """Half used, a quarter of that may move: 0.125 MW an hour. Per MW at AA (all-in 60, 110, 40 EUR/MWh; rigid 6,112,000):
    hour 1 to hour 2 saves 0.125 x 1000 x 70 = 8,750, hour 0 to hour 2 saves 2,500; hour 2 then runs 0.75 MW and the
    connection costs 0.25 x 10,000 = 2,500 more. 6,112,000 - 8,750 = 6,103,250; 20 MW of it are 122,065,000 EUR/yr."""
    solution = solve(bending(SHIFT, utilisation_share=0.5))
    assert solution.modules == {"one": 2}
    assert total(solution.cost_eur) == pytest.approx(122_065_000, rel=1e-6)
    np.testing.assert_allclose(solution.energy["AA"].hourly["buy",], [7.5, 7.5, 15.0], atol=1e-4)


@BOTH
def test_a_window_of_two_hours_reaches_no_further(solve: Callable[[Instance], Any]) -> None:
    """Hours 0 and 1 are a window, hour 2 is one alone. Half of the load may move: 0.25 MW from hour 1 (110) to hour 0 (60)
    save 12,500 per MW and cost 2,500 of connection: 20 x (6,112,000 - 10,000)."""
    solution = solve(bending(Flexible(share=0.5, hours=2), utilisation_share=0.5))
    assert total(solution.cost_eur) == pytest.approx(20 * 6_102_000, rel=1e-6)
    np.testing.assert_allclose(solution.energy["AA"].hourly["buy",], [15.0, 5.0, 10.0], atol=1e-4)


@BOTH
def test_nothing_runs_beyond_the_nameplate(solve: Callable[[Instance], Any]) -> None:
    """Used to 0.9, all of it may move, connection free: 1 MW in hours 2 and 0 (40, 60), 0.7 MW in hour 1 (110 EUR/MWh)."""
    data = bending(Flexible(share=1.0), utilisation_share=0.9)
    free = {c: replace(option, yearly_eur_mw=0.0) for c, option in data.connection.items()}
    solution = solve(replace(data, connection=free))
    np.testing.assert_allclose(solution.energy["AA"].hourly["buy",], [20.0, 14.0, 20.0], atol=1e-4)


def test_moved_work_draws_the_pue_of_the_hour_it_runs_in() -> None:
    """PUE 2 in hour 1 and 1 else: per MW hour 1 draws 2 x 0.375, hour 2 1 x 0.75 or hours 0 and 2 share what leaves it."""
    data = bending(SHIFT, utilisation_share=0.5)
    hot = replace(data, halls={key: replace(h, pue=(1.0, 2.0, 1.0)) for key, h in data.halls.items()})
    plan = small_plan(hot)
    run = plan.hourly["flexible_air_mw"].to_numpy() + 0.75 * 0.5 * 20
    np.testing.assert_allclose(plan.hourly["load_mw"], run * np.array([1.0, 2.0, 1.0]), atol=1e-6)
    assert run.sum() == pytest.approx(30.0)
    assert run[1] == pytest.approx(7.5)
    assert plan.totals["pue"] == pytest.approx(plan.hourly["load_mw"].sum() / 30.0)
    assert audit(hot, plan.record, plan.hourly) == []


CASES: dict[str, dict[str, Any]] = {
    "all options": {"battery": BATTERY, "gas": GAS, "ppa": WIND},
    "rate": {"ppa": WIND, "carbon_cap_g_kwh": 150.0},
    "hourly": {"battery": BATTERY, "ppa": WIND, "matching": "hourly", "cfe_score_min": 0.75},
    "annual": {"ppa": WIND, "matching": "annual", "cfe_score_min": 0.3},
    "carbon": {"ppa": WIND, "objectives": ("carbon", "cost")},
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("bend", [SHIFT, SHED, Flexible(0.6, 2, 0.3, 30.0)], ids=["shift", "shed", "both"])
def test_whole_and_frontier_agree(case: str, bend: Flexible) -> None:
    assert_agree(bending(bend, utilisation_share=0.5, **CASES[case]))


@DRAWN
@given(bent())
def test_drawn_instances_agree_and_pass_their_audit(data: Instance) -> None:
    assert_agree(data)


@DRAWN
@given(bent(), st.sampled_from([1.0, -1.0]))
def test_the_bounds_on_the_load_hold(data: Instance, sign: float) -> None:
    """Least and most load of a class, priced, lie within the natural cuts."""
    for c in data.classes:
        found = ClassProblem(write_class(data.only(c))).price({("load",): sign, ("cost",): 1e-9})
        if found is None:
            continue
        bound = next(value for prices, value in natural_cuts(data, c) if prices == {("load",): sign})
        assert sign * found[0].quantity["load",] >= bound - 1e-6 * abs(bound)


def test_windows() -> None:
    assert windows((2, 0, 1), 24) == [range(0, 3)]
    assert windows(tuple((t - 1) % 48 for t in range(48)), 24) == [range(0, 24), range(24, 48)]
    assert windows((0, 1), 24) == [range(0, 1), range(1, 2)]
    assert load_range(RIGID, [range(0, 3)], [1.0] * 3, [1.0, 2.0, 3.0]) == (0.0, 0.0)


def test_rows_of_two_hours(tmp_path: Path) -> None:
    data = two_hours(bending(SHIFT, utilisation_share=0.5))
    assert_golden(load_rows(data, flexible), "flexible", tmp_path)


def test_off_writes_nothing() -> None:
    names = {v.local_name for v in load_rows(small_instance(), flexible).component_objects()}
    assert names == {"cooled_mw", "halls_filled", "drawn"}
    plan = small_plan(small_instance())
    assert not {"flexible", "firm"} & {*plan.record, *plan.record["sites"][0]}
    assert not [c for c in plan.hourly.columns if c.startswith(("flexible", "moving", "shed"))]


@pytest.fixture(scope="module")
def made() -> tuple[Instance, Any]:
    data = bending(SHIFT, utilisation_share=0.5, countries_min=2)
    return data, small_plan(data)


def test_the_audit_names_work_that_is_lost(made: tuple[Instance, Any]) -> None:
    data, plan = made
    said = findings(data, plan, with_hour(plan.hourly, "flexible_air_mw", 2, -1.0))
    assert "one: work of air halls moved within 24 h" in said


def test_the_audit_names_work_beyond_the_halls(made: tuple[Instance, Any]) -> None:
    """All work of ten hours' share put into one: 3 x 1.25 MW on top of 3.75 stay below 10 MW; 8 MW more do not."""
    data, plan = made
    assert "nameplate" in findings(data, plan, with_hour(plan.hourly, "flexible_air_mw", 2, 8.0))
    negative = findings(data, plan, with_hour(plan.hourly, "flexible_air_mw", 1, -1.0))
    assert "flexible_air_mw of hourly.parquet is negative" in negative


def test_the_audit_finds_every_number_changed(made: tuple[Instance, Any]) -> None:
    assert not survivors(*made)


def test_a_column_left_out_or_made_up_is_found(made: tuple[Instance, Any]) -> None:
    data, plan = made
    assert audit(data, plan.record, plan.hourly.drop(columns="flexible_air_mw"))
    assert audit(data, plan.record, plan.hourly.assign(shed_water_mw=1.0))


def test_what_is_moved_is_told(made: tuple[Instance, Any]) -> None:
    _, plan = made
    assert "load.flexible_share" in [entry["limit"] for entry in plan.record["binding"]]
    moved = sum(row["flexible"]["shifted_mwh"] for row in plan.record["sites"])
    assert plan.record["flexible"]["shifted_mwh"] == pytest.approx(moved)
    assert "MWh of IT shifted" in plan.summary()


def test_a_world_plan_bends(tiny_question: PlanningModel) -> None:
    """As a planner asks for it, on typical days of 24 hours: shifting pays, and its audit passes."""
    changes = {"load__flexible_share": 0.3, "load__shed": {"value_eur_mwh_it": 100.0, "share_max": 0.1}}
    rigid = solve_model(tiny_question, cache=False)
    plan = solve_model(tiny_question.with_(**changes), cache=False)
    assert plan.record["flexible"]["shifted_mwh"] > 0
    assert plan.record["method"] == "frontier"
    assert plan.totals["cost_eur_yr"] < rigid.totals["cost_eur_yr"] * (1 + 1e-6)


@pytest.mark.parametrize("make", [two_periods, two_cases], ids=["periods", "cases"])
@pytest.mark.parametrize("bend", [SHIFT, SHED, Flexible(0.6, 2, 0.3, 30.0)], ids=["shift", "shed", "both"])
def test_methods_agree_over_periods_and_cases(make: Callable[..., Instance], bend: Flexible) -> None:
    data = make(utilisation_share=0.5, flexible=bend)
    onsite = {key: replace(option, firm=True) for key, option in data.onsite.items()}
    asked = {cell: 1.1 for cell in data.cells if data.options_of("onsite", cell)}
    data = replace(data, onsite=onsite, firm_share=asked)
    whole, parts = solved(data), frontier(data)
    assert parts.stages[0].value == pytest.approx(whole.stages[0].value, rel=3e-5)
    rigid = solved(replace(data, flexible=RIGID))
    assert whole.stages[0].value <= rigid.stages[0].value * (1 + 1e-9)
    assert bend == SHED or whole.stages[0].value < rigid.stages[0].value

"""Coverage: demand points served from sites within a latency, by hand, by both methods, row by row, and audited.

The two sites of `build_instance` cost 6,222,000 (one) and 6,383,000 EUR/yr (two) per MW; modules are 10 MW. Two points: `p`
asks for 12 MW and reaches both sites, `q` asks for 9 MW and reaches `two` alone.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyomo.environ as pyo
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from siting.errors import InfeasibleError
from siting.instance.coverage import Coverage, Place
from siting.instance.instance import Instance
from siting.instance.precheck import precheck
from siting.model.build import site_rows
from siting.model.terms import Build
from siting.plan.audit import audit
from siting.solver.solution import equal_sites
from tests.build_instance import BATTERY, WIND, frontier, small_instance, small_plan, solved, total
from tests.model.golden import assert_golden
from tests.solver.test_methods_agree import assert_agree
from tests.test_properties import instances

POINTS = Coverage(
    demand_mw={"p": 12.0, "q": 9.0},
    eur_mw_yr={("p", "one"): 1_000.0, ("p", "two"): 5_000.0, ("q", "two"): 2_000.0},
    limit_ms=6.0,
    ms={("p", "one"): 1.0, ("p", "two"): 5.0, ("q", "two"): 2.0},
    nearest={"p": ("one", 1.0), "q": ("two", 2.0)},
    places={"p": Place("Pe", "AA", 50.0, 4.0), "q": Place("Qu", "BB", 51.0, 5.0)},
)


def covered(found: Coverage = POINTS, **changes: Any) -> Instance:
    return replace(small_instance(**{"target_it_mw": 10.0, **changes}), coverage=found)


@pytest.mark.parametrize("solve", [solved, frontier], ids=["whole", "frontier"])
def test_by_hand(solve: Callable[[Instance], Any]) -> None:
    """q needs `two`. With 30 MW there (191,490,000) all 21 MW fit: 12 x 5,000 + 9 x 2,000 = 78,000, in all 191,568,000.
    With one module at `two` and two at `one` it is 63,830,000 + 124,440,000 = 188,270,000, p served from `one` for 12,000 and
    q for 18,000: 188,300,000. Less than 30 MW in all does not hold 12 MW at one place and 9 at the other."""
    solution = solve(covered())
    assert solution.modules == {"one": 2, "two": 1}
    assert solution.assigned_mw == pytest.approx({("p", "one"): 12.0, ("q", "two"): 9.0})
    assert total(solution.cost_eur) == pytest.approx(188_300_000, rel=1e-6)


@pytest.mark.parametrize("solve", [solved, frontier], ids=["whole", "frontier"])
def test_a_share_of_the_demand_leaves_out_what_is_dear(solve: Callable[[Instance], Any]) -> None:
    """Half of 21 MW: 10 MW at `one` serve p with 10 MW, 0.5 MW are missing, so two modules stand there: 124,440,000 and
    10.5 x 1,000 for serving p: 124,450,500; two modules at `two` cost 127,660,000."""
    solution = solve(covered(replace(POINTS, share_min=0.5)))
    assert solution.modules == {"one": 2}
    assert total(solution.cost_eur) == pytest.approx(124_450_500, rel=1e-6)
    assert sum(solution.assigned_mw.values()) == pytest.approx(10.5)


def test_serving_dearly_moves_the_sites() -> None:
    """At 400,000 EUR/yr a MW from `one`, p is served by both: two modules at `two` hold q and 11 MW of p, one at `one` the
    last MW. 62,220,000 + 127,660,000 + 400,000 + 55,000 + 18,000; with 30 MW at `two` alone it is 191,568,000."""
    dear = replace(POINTS, eur_mw_yr={**POINTS.eur_mw_yr, ("p", "one"): 400_000.0})
    solution = solved(covered(dear))
    assert solution.modules == {"one": 1, "two": 2}
    assert solution.assigned_mw == pytest.approx({("p", "one"): 1.0, ("p", "two"): 11.0, ("q", "two"): 9.0})
    assert total(solution.cost_eur) == pytest.approx(190_353_000, rel=1e-6)


def test_whole_and_frontier_agree_under_a_budget_and_a_cap() -> None:
    assert_agree(covered(battery=BATTERY, ppa=WIND, carbon_cap_t=14_000.0, utilisation_share=0.9))
    assert_agree(
        covered(replace(POINTS, share_min=0.7), ppa=WIND, budget_eur=900e6, objectives=("carbon", "cost"))
    )


@st.composite
def drawn(draw: st.DrawFn) -> Instance:
    data = draw(instances())
    points = [f"p{i}" for i in range(draw(st.integers(1, 4)))]
    pairs = draw(
        st.lists(st.sampled_from([(i, s) for i in points for s in data.sites]), min_size=1, unique=True)
    )
    cost = st.sampled_from([0.0, 1_000.0, 300_000.0])
    return replace(
        data,
        coverage=Coverage(
            demand_mw={i: draw(st.floats(0.5, 15.0)) for i in points},
            eur_mw_yr={pair: draw(cost) for pair in sorted(pairs)},
            share_min=draw(st.sampled_from([0.0, 0.4, 1.0])),
        ),
    )


@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(drawn())
def test_drawn_instances_agree_and_pass_their_audit(data: Instance) -> None:
    assert data.coverage is not None
    assume(not data.coverage.is_full or all(data.coverage.reached(data.sites).values()))
    assert_agree(data)


def site_model(data: Instance) -> pyo.ConcreteModel:
    """The rows on sites alone, at the cost of what sites cost themselves."""
    b = Build(pyo.ConcreteModel("sites"), data)
    site_rows(b)
    b.m.goal = pyo.Objective(expr=b.cost_total())
    return b.m


@pytest.mark.parametrize(("name", "share"), [("coverage", 1.0), ("coverage_share", 0.5)])
def test_rows_are_those_written_down(name: str, share: float, tmp_path: Path) -> None:
    assert_golden(site_model(covered(replace(POINTS, share_min=share))), name, tmp_path)


def test_off_writes_nothing() -> None:
    m = site_model(small_instance())
    names = {component.local_name for component in m.component_objects()}
    assert not names & {"assign", "served", "served_if_open", "served_within_site", "covered_share", "home"}
    assert "coverage" not in small_plan(small_instance()).record
    assert solved(small_instance()).assigned_mw == {}


def put(record: Any, path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(dict(record))
    into: Any = changed
    for part in path[:-1]:
        into = into[part]
    into[path[-1]] = value
    return changed


FIRST = ("coverage", "assignment", 0)
BROKEN: dict[str, tuple[tuple[Any, ...], Any, str]] = {
    "demand not met": ((*FIRST, "it_mw"), 11.0, "demand of p"),
    "more than asked for": ((*FIRST, "it_mw"), 13.0, "served to p"),
    "negative": ((*FIRST, "it_mw"), -12.0, "it_mw is -12"),
    "no pair": (("coverage", "assignment", 1, "site"), "one", "latency_ms_max: one may not serve q"),
    "unknown point": ((*FIRST, "point"), "nowhere", "one may not serve nowhere"),
    "more than the site holds": ((*FIRST, "site"), "two", "demand served by two"),
    "other latency": ((*FIRST, "ms"), 0.5, "ms: the plan says 0.5"),
    "other cost": ((*FIRST, "cost_eur_yr"), 0.0, "cost_eur_yr"),
    "other name": ((*FIRST, "name"), "Elsewhere", "name or country"),
    "other place": ((*FIRST, "lat"), 49.0, "lat"),
    "nobody served": (("coverage", "assignment"), [], "demand of p"),
    "unserved is hidden": (("coverage", "not_served"), [{"point": "p", "it_mw": 1.0}], "not_served is wrong on p"),
    "a total": (("coverage", "served_it_mw"), 20.0, "served_it_mw"),
    "no coverage at all": (("coverage",), None, "stated by one of plan and model only"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_the_audit_names_what_is_broken(name: str) -> None:
    path, value, words = BROKEN[name]
    data = covered()
    plan = small_plan(data)
    assert audit(data, plan.record, plan.hourly) == []
    assert any(words in finding for finding in audit(data, put(plan.record, path, value), plan.hourly))


@pytest.mark.parametrize("entry", ["it_mw", "ms", "cost_eur_yr", "lat", "lon"])
def test_every_number_of_an_assignment_is_audited(entry: str) -> None:
    data = covered(replace(POINTS, share_min=0.5))
    plan = small_plan(data)
    value = plan.record["coverage"]["assignment"][0][entry]
    for lie in (value * 1.01, value * 0.99):
        assert audit(data, put(plan.record, (*FIRST, entry), lie), plan.hourly)


@pytest.mark.parametrize("entry", ["point", "site", "it_mw", "ms", "cost_eur_yr", "name"])
def test_a_missing_entry_is_a_finding(entry: str) -> None:
    data = covered()
    plan = small_plan(data)
    record = copy.deepcopy(dict(plan.record))
    del record["coverage"]["assignment"][0][entry]
    assert audit(data, record, plan.hourly)


def test_a_share_below_the_limit_is_named() -> None:
    data = covered(replace(POINTS, share_min=0.5))
    plan = small_plan(data)
    stricter = covered(replace(POINTS, share_min=0.6))
    assert any("covered_share_min" in finding for finding in audit(stricter, plan.record, plan.hourly))


def test_what_binds_is_named() -> None:
    plan = small_plan(covered())
    named = [entry["limit"] for entry in plan.record["binding"]]
    assert "coverage.latency_ms_max (1 point only two reaches)" in named
    half = small_plan(covered(replace(POINTS, share_min=0.5)))
    assert "coverage.covered_share_min" in [entry["limit"] for entry in half.record["binding"]]


def test_the_plan_tells_who_serves_whom() -> None:
    plan = small_plan(covered())
    assert list(plan.coverage["site"]) == ["one", "two"]
    assert plan.coverage["it_mw"].sum() == pytest.approx(21.0)
    assert "21 of 21 MW served to 2 points, 1.4 ms away (mean), 2.0 at most" in plan.summary()
    assert plan.record["coverage"]["cost_eur_yr"] == pytest.approx(30_000.0)
    costs = plan.costs[plan.costs["item"] == "coverage"]
    assert costs["cost_eur_yr"].sum() == pytest.approx(30_000.0)
    assert isinstance(small_plan(small_instance()).coverage, pd.DataFrame)
    assert small_plan(small_instance()).coverage.empty


def test_what_is_left_out_is_listed() -> None:
    record = small_plan(covered(replace(POINTS, share_min=0.5))).record["coverage"]
    assert [entry["point"] for entry in record["not_served"]] == ["p", "q"]
    assert sum(entry["it_mw"] for entry in record["not_served"]) == pytest.approx(10.5)


def test_equal_candidates_are_not_equal_with_distances() -> None:
    data = small_instance()
    one = data.sites["one"]
    twins = replace(data, sites={"one": one, "other": one})
    assert equal_sites(twins, "one", "other")
    assert not equal_sites(replace(twins, coverage=POINTS), "one", "other")
    assert equal_sites(replace(twins, coverage=POINTS), "one", "one")


PRECHECKS: dict[str, tuple[Coverage, str]] = {
    "nobody near": (
        replace(POINTS, eur_mw_yr={("p", "one"): 0.0}, nearest={"q": ("two", 12.34)}),
        "1 of 2 demand points (9.0 MW of IT) have no candidate within 6 ms: Qu (nearest two, 12.3 ms)",
    ),
    "share out of reach": (
        replace(POINTS, eur_mw_yr={("p", "one"): 0.0}, nearest={"q": ("two", 12.34)}, share_min=0.9),
        "covered_share_min is 0.9, but candidates reach 0.571 of the demand",
    ),
    "no room": (
        replace(POINTS, demand_mw={"p": 40.0, "q": 11.0}),
        "asks for 51.0 MW of IT to be served, but",
    ),
}


@pytest.mark.parametrize("name", PRECHECKS)
def test_precheck_says_it_in_numbers(name: str) -> None:
    found, words = PRECHECKS[name]
    with pytest.raises(InfeasibleError) as error:
        precheck(covered(found))
    assert words in str(error.value)
    precheck(covered())


def test_a_point_without_a_candidate_is_an_infeasible_model_not_a_crash() -> None:
    data = covered(replace(POINTS, eur_mw_yr={("p", "one"): 0.0}))
    for solve in (solved, frontier):
        with pytest.raises(InfeasibleError):
            solve(data)


def test_room_that_demand_does_not_share_out_is_infeasible() -> None:
    """q asks for 31 MW and only `two` (30 MW) reaches it: no arithmetic on sums tells, the solver does."""
    data = covered(replace(POINTS, demand_mw={"p": 1.0, "q": 31.0}))
    for solve in (solved, frontier):
        with pytest.raises(InfeasibleError):
            solve(data)

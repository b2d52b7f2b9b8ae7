"""Connection ramps: by hand, by both methods, row by row, audited and prechecked. Base numbers: tests/build_instance.py.

Site one may hold 96 MW of IT in modules of 24 and is connected from 2028, 24 MW a year: 24 MW in 2028, all 96 in 2031. Engines
cost 60,000 EUR/yr a MW and 60 EUR/MWh here. Per MW and year, EUR, beside housing of 6,000,000 and the line's 2,000:

    grid      10,000 + (50 + 100 + 30) x 1000 + 3 x 10 x 1000 = 220,000;  by hour 60, 110 and 40 EUR/MWh
    engines   60,000 + 3 x 60 x 1000                          = 240,000

48 MW in 2028: 24 on the grid, 24 on engines all year. 96 MW in 2031: the connection for all, and the engines that stand run in
the dear hour, which saves 50,000 of the 60,000 that they cost.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from siting.errors import InfeasibleError
from siting.instance.instance import Instance, Limit, Ramp
from siting.instance.precheck import precheck
from siting.model.build import whole
from siting.plan.audit import audit
from siting.plan.audit_horizon import audit_horizon, audit_plan
from siting.solver.known import Frontier
from siting.solver.progress import Clock
from siting.solver.shadow import shadow_by_frontier, shadow_of_whole
from siting.solver.work import InProcess
from siting.study.first_stage import only_sites
from siting.study.kept_investments import refuse_missing
from tests.build_horizon import horizon_plan, three_periods, two_periods
from tests.build_instance import BATTERY, GAS, small_instance, small_plan, solved, total
from tests.model.bend import SHED, two_hours
from tests.model.golden import assert_golden, only_rows
from tests.model.test_horizon import METHODS, frontier
from tests.solver.test_methods_agree import assert_agree

BOTH = pytest.mark.parametrize("method", METHODS)
DEAR_GAS = replace(GAS, yearly_eur_mw=60_000.0)
OF_2028 = 48 * 6_002_000 + 24 * 220_000 + 24 * 240_000
OF_2031 = 96 * 6_222_000 + 24 * (60_000 - 50_000)
CONNECTED = ("price_eur_mwh", "network_eur_mwh", "grid_carbon_t_mwh", "grid_cfe_share", "connection")


def step_by_step(data: Instance, **earlier_mw: float) -> Instance:
    """Site one on the grid in every period, under a ramp of 24 MW a year from 2028."""
    years = [str(p) for p in data.periods]
    tables = {name: {f"AA@{y}": getattr(data, name)["AA@2031"] for y in years} for name in CONNECTED}
    site = replace(data.sites["one"], min_mw=24.0, max_mw=96.0)
    ramp = Ramp(grid_mw=96.0, mw_yr=24.0, first_year=2028)
    come = {y: 24.0 * (int(y) - 2027) for y in years}
    return replace(
        data,
        **tables,
        sites={"one": site},
        site_at={"one": (site,) * len(years)},
        onsite=dict.fromkeys(data.onsite, DEAR_GAS),
        module_mw=24.0,
        ramps={"one": ramp},
        limits={
            ("ramp", "one", y): Limit("<=", mw, "MW", f"grid_ramp_mw_yr of one, {y}")
            for y, mw in come.items()
            if mw < 96.0
        },
        earlier_it_mw={int(y.removeprefix("y")): mw for y, mw in earlier_mw.items()},
        target_it_mw=96.0,
    )


def grid_alone(data: Instance) -> Instance:
    return replace(data, onsite={}, availability={})


def held(limit_mw: float = 12.0, **changes: Any) -> Instance:
    """One period: the small instance, of whose first site 4 MW a year have come from 2028 to 2030."""
    data = small_instance(**changes)
    limit = Limit("<=", limit_mw, "MW", "grid_ramp_mw_yr of one")
    return replace(
        data, ramps={"one": Ramp(100.0, 4.0, 2028)}, limits={**data.limits, ("ramp", "one"): limit}
    )


@BOTH
def test_by_hand(method: str) -> None:
    """Engines bridge what the ramp does not let flow yet, and stay."""
    solution = METHODS[method](step_by_step(two_periods(), y2028=48.0))
    assert solution.modules == {"one": 4} and solution.earlier == {("one", 2028): 2}
    assert solution.stages[0].value == pytest.approx(0.4 * OF_2028 + 0.6 * OF_2031, rel=1e-6)
    first, last = solution.energy["AA@2028"], solution.energy["AA@2031"]
    assert first.capacity["connection",] == pytest.approx(24.0, rel=1e-6)
    assert first.capacity["onsite", "gas_engine@2028"] == pytest.approx(24.0, rel=1e-6)
    assert last.capacity["connection",] == pytest.approx(96.0, rel=1e-6)


@BOTH
def test_without_plant_compute_grows_with_the_ramp(method: str) -> None:
    """24 MW in 2028 and 48 in 2029; a module more in either has no plan, and the precheck says why."""
    data = grid_alone(step_by_step(three_periods(), y2028=24.0, y2029=48.0))
    solution = METHODS[method](data)
    assert solution.earlier == {("one", 2028): 1, ("one", 2029): 2} and solution.modules == {"one": 4}
    mean = 6_222_000 * (0.2 * 24 + 0.2 * 48 + 0.6 * 96)
    assert solution.stages[0].value == pytest.approx(mean, rel=1e-6)
    precheck(data)
    for year, mw, most in ((2028, 48.0, r"24\.0"), (2029, 72.0, r"48\.0")):
        more = replace(data, earlier_it_mw={**data.earlier_it_mw, year: mw})
        with pytest.raises(InfeasibleError):
            METHODS[method](more)
        words = rf"of {year} needs {mw:.0f}\.0 MW of IT, .* hold {most} MW because of connection ramps \(grid_ramp_mw_yr\) at one"
        with pytest.raises(InfeasibleError, match=words):
            precheck(more)


@pytest.mark.parametrize("solve", [solved, frontier], ids=["whole", "frontier"])
def test_one_period(solve: Callable[[Instance], Any]) -> None:
    """12 MW have come: 8 MW of engines for 20,000 EUR/yr more each; without them half of it goes to site two."""
    bridged = solve(held(gas=DEAR_GAS))
    assert bridged.modules == {"one": 2}
    assert bridged.energy["AA"].capacity["connection",] == pytest.approx(12.0, rel=1e-6)
    assert total(bridged.cost_eur) == pytest.approx(20 * 6_222_000 + 8 * 20_000, rel=1e-6)
    split = solve(held())
    assert split.modules == {"one": 1, "two": 1}
    assert total(split.cost_eur) == pytest.approx(10 * 6_222_000 + 10 * 6_383_000, rel=1e-6)


@pytest.mark.parametrize(
    "changes",
    [
        {"gas": GAS, "battery": BATTERY, "utilisation_share": 0.8},
        {"gas": DEAR_GAS, "target_it_mw": 45.0, "carbon_cap_t": 20_000.0},
        {"battery": BATTERY, "flexible": SHED, "target_it_mw": 40.0},
        {"gas": GAS, "objectives": ("carbon", "cost"), "forced": ("one",)},
        {"objectives": ("compute", "cost"), "target_it_mw": 0.0},
        {"forced": ("one",), "target_it_mw": 50.0},
    ],
)
def test_whole_and_frontier_agree(changes: dict[str, Any]) -> None:
    assert_agree(held(**changes))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    early=st.sampled_from([0.0, 24.0, 72.0]),
    come=st.floats(1.0, 95.0),
    engine=st.floats(10_000.0, 90_000.0),
    bridge=st.booleans(),
)
def test_both_methods_agree_over_periods(early: float, come: float, engine: float, bridge: bool) -> None:
    data = step_by_step(two_periods(), y2028=early)
    data = replace(data, limits={r: replace(limit, value=come) for r, limit in data.limits.items()})
    drawn = dict.fromkeys(data.onsite, replace(GAS, yearly_eur_mw=engine))
    data = replace(data, onsite=drawn) if bridge else grid_alone(data)
    try:
        one = solved(data)
    except InfeasibleError:
        with pytest.raises(InfeasibleError):
            frontier(data)
        return
    assert frontier(data).stages[0].value == pytest.approx(one.stages[0].value, rel=1e-5)
    precheck(data)  # what has a plan is not refused


def test_rows(tmp_path: Path) -> None:
    m = whole(two_hours(held(gas=GAS))).m
    assert_golden(only_rows(m, "rated_connection", "resource_limit"), "ramp", tmp_path)


def test_off_writes_nothing_and_changes_nothing() -> None:
    """A ramp that is done, known to the instance, is no limit."""
    data = replace(small_instance(), ramps={"one": Ramp(20.0, 10.0, 2028)})
    assert len(whole(data).m.resource_limit) == 0
    assert total(solved(data).cost_eur) == pytest.approx(20 * 6_222_000, rel=1e-9)
    plan = small_plan(data)
    assert audit(data, plan.record, plan.hourly) == []


def test_the_plan_names_the_ramp_that_binds() -> None:
    record = small_plan(held(gas=DEAR_GAS)).record
    assert {"limit": "grid_ramp_mw_yr of one", "value": 12.0, "unit": "MW"} in record["binding"]
    free = small_plan(held()).record["binding"]
    assert "grid_ramp_mw_yr of one" not in [row["limit"] for row in free]
    over = horizon_plan(step_by_step(two_periods(), y2028=48.0))
    assert "grid_ramp_mw_yr of one, 2028 (2028)" in [row["limit"] for row in over.record["binding"]]
    wired = over.roadmap[over.roadmap["option"] == "grid connection"].set_index("period")["new_mw"]
    assert wired.to_dict() == {2028: pytest.approx(24.0), 2031: pytest.approx(72.0)}


def test_the_audit_names_an_overstepped_ramp() -> None:
    """Recomputed from 4 MW a year from 2028 on, whatever the instance says the limit is."""
    data = held(gas=DEAR_GAS)
    plan = small_plan(data)
    assert audit(data, plan.record, plan.hourly) == []
    record = copy.deepcopy(dict(plan.record))
    record["sites"][0]["connection_mw"] += 1.0
    found = audit(data, record, plan.hourly)
    words = "one: connection against grid_ramp_mw_yr by 2030 (MW): 13 oversteps 12"
    assert words in found
    looser = replace(data, limits={("ramp", "one"): Limit("<=", 13.0, "MW", "grid_ramp_mw_yr of one")})
    wrong = small_plan(looser)
    assert words in audit(looser, wrong.record, wrong.hourly)


def test_the_audit_looks_at_every_period() -> None:
    data = step_by_step(two_periods(), y2028=48.0)
    plan = horizon_plan(data)
    assert audit_plan(data, plan) == []
    stages = {label: (copy.deepcopy(dict(own.record)), own.hourly) for label, own in plan.stages.items()}
    stages["2028"][0]["sites"][0]["connection_mw"] += 1.0
    found = audit_horizon(data, plan.record, stages)
    assert "2028: one: connection against grid_ramp_mw_yr by 2028 (MW): 25 oversteps 24" in found


def test_a_further_mw_is_worth_what_it_saves() -> None:
    """A MW on the grid in place of engines saves 20,000 EUR/yr, by both methods."""
    data = held(gas=DEAR_GAS)
    pool = InProcess(data)
    told = [
        shadow_of_whole(data, "cost", {"one": 2}),
        shadow_by_frontier(data, "cost", pool, Frontier(), Clock(60.0), {"one": 2}),
    ]
    pool.close()
    for shadow in told:
        assert shadow.limit["ramp", "one"] == pytest.approx(-20_000.0, rel=1e-5)
        assert shadow.used["ramp", "one"] == pytest.approx(12.0, rel=1e-6)


def test_a_plan_is_not_carried_to_where_less_has_come() -> None:
    data = held(gas=DEAR_GAS)
    plan = small_plan(data)
    refuse_missing(plan, data)
    with pytest.raises(InfeasibleError, match=r"grid_ramp_mw_yr of one is 11\.0 MW, the plan takes 12\.0 MW"):
        refuse_missing(plan, held(11.0, gas=DEAR_GAS))


def test_precheck_says_it_in_numbers() -> None:
    """12 MW carry one module of 10 MW of flat load, and two that draw half of it; with engines there is no such bound."""
    words = r"target needs 20\.0 MW of IT, .* hold 10\.0 MW because of connection ramps \(grid_ramp_mw_yr\) at one"
    with pytest.raises(InfeasibleError, match=words):
        precheck(held(sites_max=1).only("AA"))
    precheck(held(sites_max=1, utilisation_share=0.5).only("AA"))
    precheck(held(sites_max=1, gas=GAS).only("AA"))
    with pytest.raises(InfeasibleError, match=r"'one' can hold 0 MW .* because of connection ramps"):
        precheck(held(9.0, forced=("one",)))


def test_a_site_that_is_left_out_takes_its_ramp_along() -> None:
    """No class uses the limit, and nothing else changes."""
    data = held()
    other = only_sites(data, {"two": 20.0}, sized=True)
    assert total(solved(other).cost_eur) == pytest.approx(20 * 6_383_000, rel=1e-6)
    gone = replace(data, sites={"two": data.sites["two"]})
    assert (
        small_plan(gone).record["binding"] == small_plan(replace(gone, limits={}, ramps={})).record["binding"]
    )

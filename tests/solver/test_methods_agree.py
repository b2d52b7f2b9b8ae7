"""The frontier method and the whole model are two ways to one optimum; neither may call possible what the other calls not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from siting.errors import InfeasibleError, SitingError, StoppedError
from siting.instance.instance import Instance
from siting.plan.audit import audit
from siting.solver import frontier as frontier_method
from siting.solver.frontier import solve_frontier
from siting.solver.known import Frontier, same
from siting.solver.master import Goal
from siting.solver.pricing import Cut
from siting.solver.progress import Clock
from siting.solver.run import Run
from siting.solver.solution import Solution, settle_ties
from siting.solver.work import InProcess, Priced, Prices
from tests.build_instance import BATTERY, GAS, WIND, frontier, small_instance, small_plan, solved, total
from tests.test_properties import instances

GAP = 1e-5

CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "all options": {"battery": BATTERY, "gas": GAS, "ppa": WIND, "utilisation_share": 0.5},
    "scarce contract": {"ppa": WIND, "ppa_potential_mw": 12.0, "target_it_mw": 30.0},
    "carbon cap": {"battery": BATTERY, "gas": GAS, "ppa": WIND, "carbon_cap_t": 9_000.0},
    "carbon rate cap": {"ppa": WIND, "utilisation_share": 0.5, "carbon_cap_g_kwh": 150.0},
    "budget": {"gas": GAS, "budget_eur": 600e6, "utilisation_share": 0.7},
    "hourly matching": {"battery": BATTERY, "ppa": WIND, "matching": "hourly", "cfe_score_min": 0.75},
    "annual matching": {"ppa": WIND, "ppa_potential_mw": 15.0, "matching": "annual", "cfe_score_min": 0.3},
    "carbon, then cost": {"ppa": WIND, "gas": GAS, "objectives": ("carbon", "cost")},
    "compute, then cost": {"ppa": WIND, "objectives": ("compute", "cost"), "target_it_mw": 0.0, "budget_eur": 1_000e6},
    "weighted": {"ppa": WIND, "objectives": ("weighted",), "carbon_weight_eur_t": 200.0},
    "forced, two countries": {"forced": ("two",), "countries_min": 2, "battery": BATTERY},
}  # fmt: skip


def either(solve: Any, data: Instance) -> Solution | None:
    try:
        solution: Solution = solve(data)
    except InfeasibleError:
        return None
    return solution


def assert_agree(data: Instance) -> None:
    whole, parts = either(solved, data), either(partial(frontier, gap=GAP), data)
    assert (whole is None) == (parts is None)
    if whole is None or parts is None:
        return
    assert len(whole.stages) == len(parts.stages)
    for one, other in zip(whole.stages, parts.stages, strict=True):
        assert other.status == "optimal"
        assert other.value == pytest.approx(one.value, rel=3 * GAP, abs=3 * GAP * one.least_size)
        size = max(abs(one.value), one.least_size)
        assert other.bound <= one.value + 1e-6 * size, "a bound above an optimum proves too much"
    plan = small_plan(data, parts)
    assert audit(data, plan.record, plan.hourly) == []


@pytest.mark.parametrize("case", CASES)
def test_small_instance(case: str) -> None:
    assert_agree(small_instance(**CASES[case]))


@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(instances())
def test_drawn_instances(data: Instance) -> None:
    assert_agree(data)


@pytest.mark.parametrize("share", [0.0, 1e-9])
def test_matching_that_asks_for_nothing(share: float) -> None:
    """A score of 0 is a valid question: annual matching without any clean supply."""
    data = small_instance(matching="annual", cfe_score_min=share)
    limits = {**data.limits, **small_instance(cfe_score_min=1e-12).limits}
    limits["clean",] = replace(limits["clean",], value=share)
    assert_agree(replace(data, limits=limits, cfe_score_min=share))


def without_supply(c: str) -> Instance:
    """Class `c` has no grid and no plant of its own: nothing can run there."""
    data = small_instance()
    tables = ("price_eur_mwh", "network_eur_mwh", "grid_carbon_t_mwh", "grid_cfe_share", "connection")
    return replace(
        data, **{name: {k: v for k, v in getattr(data, name).items() if k != c} for name in tables}
    )


@pytest.mark.parametrize("solve", [solved, frontier], ids=["whole", "frontier"])
def test_a_class_that_nothing_can_supply_is_left_out_not_an_error(solve: Any) -> None:
    """Off-grid sites when only the grid is offered: all goes to BB, 20 x 6,383,000 EUR/yr."""
    solution = solve(without_supply("AA"))
    assert solution.modules == {"two": 2}
    assert total(solution.cost_eur) == pytest.approx(127_660_000, rel=1e-6)


@pytest.mark.parametrize("solve", [solved, frontier], ids=["whole", "frontier"])
def test_no_class_can_be_supplied(solve: Any) -> None:
    data = without_supply("AA")
    tables = ("price_eur_mwh", "network_eur_mwh", "grid_carbon_t_mwh", "grid_cfe_share", "connection")
    with pytest.raises(InfeasibleError):
        solve(replace(data, **{name: {} for name in tables}))


@pytest.mark.parametrize("solve", [solved, frontier], ids=["whole", "frontier"])
def test_a_budget_for_nothing_builds_nothing(solve: Any) -> None:
    """Most compute for 1 EUR, no site demanded: an empty plan, which passes its audit."""
    data = small_instance(
        objectives=("compute", "cost"), target_it_mw=0.0, budget_eur=1.0, sites_min=0, countries_min=0
    )
    solution = solve(data)
    assert solution.modules == {}
    plan = small_plan(data, solution)
    assert audit(data, plan.record, plan.hourly) == []
    assert plan.totals["sites"] == 0


@pytest.mark.parametrize("solve", [solved, frontier], ids=["whole", "frontier"])
def test_one_country_at_least_is_one_site_at_least(solve: Any) -> None:
    """sites.min 0 with min_countries 1 and a budget for nothing: no plan, rather than an empty one that breaks the rule."""
    data = small_instance(
        objectives=("compute", "cost"), target_it_mw=0.0, budget_eur=1.0, sites_min=0, countries_min=1
    )
    with pytest.raises(InfeasibleError):
        solve(data)


@pytest.mark.parametrize("limit", ["matching", "rate"])
def test_a_limit_that_binds_is_named(limit: str) -> None:
    """What a green plan is limited by - its score, its g/kWh - stands among its binding limits."""
    firm = replace(WIND, yearly_eur_mw=300_000.0)
    asked = (
        {"matching": "hourly", "cfe_score_min": 0.75} if limit == "matching" else {"carbon_cap_g_kwh": 200.0}
    )
    data = small_instance(ppa=firm, ppa_output=(1.0, 1.0, 1.0), **asked)
    named = [entry["limit"] for entry in small_plan(data).record["binding"]]
    assert ("power.matching.cfe_score_min" if limit == "matching" else "carbon.cap_g_kwh") in named


def test_ties_are_settled_by_name() -> None:
    """Equal candidates: the first by name is built on, a larger one where the first is too small, forced ones stay."""
    small = small_instance()
    one = small.sites["one"]
    sites = {"d": one, "b": one, "a": replace(one, max_mw=10.0), "c": one, "two": small.sites["two"]}
    data = replace(small, sites=sites)
    assert settle_ties(data, {"d": 2})[0] == {"b": 2}
    assert settle_ties(data, {"d": 1, "c": 2})[0] == {"b": 2, "a": 1}
    assert settle_ties(replace(data, forced=("d",)), {"d": 1, "c": 1})[0] == {"d": 1, "a": 1}
    assert settle_ties(data, {"two": 2})[0] == {"two": 2}


def test_a_search_that_ends_with_time_left_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """One round is not enough for this gap; what is short is not the time."""
    monkeypatch.setattr(frontier_method, "MOST_ROUNDS", 1)
    data = small_instance(battery=BATTERY, gas=GAS, ppa=WIND, carbon_cap_t=9_000.0)
    (stage,) = frontier(data, 1e-12).stages
    assert stage.status == "stalled" and stage.bound < stage.value


def test_pricing_stops_at_the_time_limit() -> None:
    """Two classes, no time: the first pricing is not gone through to its end."""
    data = small_instance(battery=BATTERY, gas=GAS, ppa=WIND)
    asked: list[str] = []

    class Slow(InProcess):
        def price(self, asked_of: Mapping[str, Sequence[Prices]]) -> Iterator[Priced]:
            for priced in super().price(asked_of):
                asked.append(priced.c)
                yield priced

    with pytest.raises(StoppedError, match="time_limit_s"):
        solve_frontier(data, Slow(data), Frontier(), Clock(0.0), 1e-3)
    assert len(asked) == 1


def test_pricing_stops_at_the_time_limit_in_every_round() -> None:
    """Ten seconds a class, one second left: what was asked of the second class is not waited for."""
    data = small_instance(battery=BATTERY, gas=GAS, ppa=WIND)
    clock, asked = Clock(1.0), []

    class Slow(InProcess):
        def price(self, asked_of: Mapping[str, Sequence[Prices]]) -> Iterator[Priced]:
            for priced in super().price(asked_of):
                clock.began -= 10.0
                asked.append(priced.c)
                yield priced

    run = Run(Goal(data, "cost"), Slow(data), Frontier(), clock, 1e-3)
    assert run.price({c: [{("cost",): 1.0}] for c in data.classes}) > 0
    assert len(asked) == 1


def test_prices_are_the_same_but_for_rounding() -> None:
    """Whatever they are counted in: where compute is the objective a EUR is worth a billionth of a MW."""
    prices = {("cost",): 1.0, ("carbon",): 80.0}
    assert same(prices, {**prices, ("carbon",): 80.0 + 1e-8, ("capex",): 1e-12})
    assert not same(prices, {**prices, ("carbon",): 80.001})
    small = {("cost",): 1e-9, ("capex",): 2.9e-8}
    assert same(small, {("cost",): 1e-9, ("capex",): 2.9e-8 * (1 + 1e-10)})
    assert not same(small, {("cost",): 2e-9, ("capex",): 2.95e-8})


def test_a_plan_of_hardly_any_tonnes_passes_its_audit() -> None:
    """Grams, proven to a gram: the gap is relative to a tonne, on both sides."""
    data = small_instance(
        battery=BATTERY, ppa=WIND, ppa_output=(1.0, 1.0, 1.0), objectives=("carbon", "cost")
    )
    plan = small_plan(data, frontier(data, 1e-4))
    record = {
        **plan.record,
        "objective": {**plan.record["objective"], "value": 1.1e-5, "bound": 0.0, "gap": 1.1e-5},
    }
    assert audit(data, record, plan.hourly) == []
    record["objective"]["gap"] = 1.0
    assert any("gap of objective carbon" in text for text in audit(data, record, plan.hourly))


@pytest.mark.parametrize("worse_by", [1e-3, 0.1], ids=["a little", "much"])
def test_a_false_proof_ends_in_an_error_not_in_a_plan(worse_by: float) -> None:
    """All classes are said to cost more than the best plan: that plan must not be called optimal."""
    data = small_instance()
    pool, known = InProcess(data), Frontier()
    for priced in pool.price({c: [{("cost",): 1.0}] for c in data.classes}):
        known.add(priced)
    assert solve_frontier(data, pool, known, Clock(60.0), 1e-6).stages[0].value == pytest.approx(124_440_000)
    for c in data.classes:
        known.cuts[c].append(Cut({("cost",): 1.0}, 6_222_000.0 * (1 + worse_by)))
    with pytest.raises(SitingError, match="exceeds the value"):
        solve_frontier(data, pool, known, Clock(60.0), 1e-6)

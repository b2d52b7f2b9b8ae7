"""Curves of cost against carbon and capex: as true as the gap asks, of the right classes, and never at the price of a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.api import prepare, solve
from siting.inputs.planning import PlanningModel
from siting.instance.instance import Instance
from siting.solver import curves, pricing
from siting.solver import frontier as frontier_method
from siting.solver.curves import END_EUR_T, draw_curves, lower_left, worth_drawing
from siting.solver.known import Frontier, worth
from siting.solver.progress import Clock
from siting.solver.run import CLOSE_SHARE
from siting.solver.solution import Solution
from siting.solver.work import InProcess, Priced, Prices
from tests.build_instance import BATTERY, GAS, WIND, small_instance
from tests.test_properties import FEW, attempt, instances

GAP = 1e-3


def drawn(data: Instance, built: Sequence[str], gap: float = GAP) -> tuple[InProcess, Frontier]:
    """Classes priced as a plan prices them, then the curves of those built on."""
    pool, frontier = InProcess(data), Frontier()
    for priced in pool.price({c: [{("cost",): 1.0}] for c in data.classes}):
        frontier.add(priced)
    draw_curves(data, pool, frontier, Clock(60.0), gap, built)
    return pool, frontier


def test_corners_by_hand() -> None:
    """AA, 1 MW: the grid alone emits 1,000 h x (0.4 + 0.5 + 0.3) = 1,200 t; a MW of wind at 150,000 EUR spares 1,000 MWh at
    50 EUR and 500 at 100 (its delivery pays the network, too), and 400 + 250 = 650 t: it pays from
    (150,000 - 100,000) / 650 = 76.9 EUR/t on."""
    data = small_instance(ppa=replace(WIND, yearly_eur_mw=150_000.0))
    _, frontier = drawn(data, ["AA"])
    corners = lower_left([(p.quantity["carbon",], p.quantity["cost",]) for p in frontier.of("AA")])
    (tonnes, cost), (more_tonnes, less_cost) = corners[-2:]
    assert (tonnes, more_tonnes) == pytest.approx((550.0, 1_200.0))
    assert cost - less_cost == pytest.approx(50_000.0)
    assert frontier.knows("AA", {("cost",): 1.0, ("carbon",): END_EUR_T})


def test_classes_far_too_dear_are_left_alone() -> None:
    """BB costs more than a hundredth more than AA and nothing is built there."""
    data = small_instance(battery=BATTERY, gas=GAS, ppa=WIND)
    _, frontier = drawn(data, ["AA"])
    assert len(frontier.bounds("BB")) == 1
    _, frontier = drawn(data, ["BB"])
    assert len(frontier.bounds("BB")) == 2  # the grid has one price of carbon: both ends are one mix


@FEW
@given(instances(matching=False), st.floats(0.0, END_EUR_T))
def test_at_any_price_of_carbon_the_best_mix_known_is_nearly_the_best(data: Instance, eur_t: float) -> None:
    """Set against the LP solved at that price: never better, and no further off than a share of the gap."""
    if attempt(data) is None:
        return
    pool, frontier = drawn(data, data.classes)
    priced_carbon = eur_t - data.internal_price_eur_t
    prices = {("cost",): 1.0, ("carbon",): max(0.0, priced_carbon) + data.internal_price_eur_t}
    for c in data.classes:
        if not frontier.of(c):
            continue
        best = min(worth(prices, p.quantity) for p in frontier.of(c))
        (found,) = pool.price({c: [prices]})
        ((portfolio, _),) = found.found
        least = worth(prices, portfolio.quantity)
        size = max(abs(worth({("cost",): 1.0}, p.quantity)) for p in frontier.of(c))
        assert least - 1e-6 * size <= best <= least + 1.01 * CLOSE_SHARE * GAP * size


class Interrupted:
    """A pool at which somebody presses Ctrl-C."""

    def price(self, asked: Mapping[str, Sequence[Prices]]) -> Iterator[Priced]:
        raise KeyboardInterrupt
        yield

    def close(self) -> None:
        """Nothing to let go of."""


def test_ctrl_c_and_a_time_limit_leave_what_is_known() -> None:
    data = small_instance(battery=BATTERY, gas=GAS, ppa=WIND)
    _, frontier = drawn(data, ["AA"])
    known = len(frontier.bounds("AA"))
    frontier.cuts["AA"] = frontier.cuts["AA"][:1]
    draw_curves(data, Interrupted(), frontier, Clock(60.0), GAP, ["AA"])
    draw_curves(data, Interrupted(), frontier, Clock(0.0), GAP, ["AA"])
    assert len(frontier.bounds("AA")) == 1 < known


def test_only_where_questions_would_wait() -> None:
    """Not for three hours, nor an objective in which cost has no say."""
    few = small_instance()
    hours = tuple([1.0] * 300)
    assert not worth_drawing(few)
    assert worth_drawing(replace(few, weight=hours))
    assert worth_drawing(replace(few, weight=tuple([1.0] * 8_760)))
    assert not worth_drawing(replace(few, weight=hours, objectives=("carbon",)))


def test_the_next_cap_finds_its_prices_known(
    tiny_question: PlanningModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan, then a cap below what it emits: with curves no class built on is priced again, and the plan is the same."""
    monkeypatch.setattr(pricing, "LARGE_HOURS", 0)
    asked: dict[str, int] = {}
    whole = InProcess.price

    def counted(self: InProcess, prices: Mapping[str, Sequence[Prices]]) -> Iterator[Priced]:
        asked[where[0]] = asked.get(where[0], 0) + sum(map(len, prices.values()))
        return whole(self, prices)

    monkeypatch.setattr(InProcess, "price", counted)
    question = tiny_question.with_(**{"solve.threads": 1, "solve.gap_share": 1e-6})
    costs: dict[str, float] = {}
    where = [""]
    for name in ("with", "without"):
        monkeypatch.setenv("SITING_CACHE", str(tmp_path / name))
        if name == "without":
            monkeypatch.setattr(curves, "worth_drawing", lambda data: False)
        where[0] = "first"
        first = solve(question)
        where[0] = name
        cap = 0.5 * float(first.totals["carbon_t_yr"])
        costs[name] = solve(question.with_(**{"carbon.cap_t_yr": cap})).objective
    assert costs["with"] == pytest.approx(costs["without"], rel=2 * question.solve.gap_share)
    assert asked.get("with", 0) < asked["without"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, Prices]]:
    """Every pricing of this process, as it is asked for; classes are large enough for curves, and nothing is known before."""
    monkeypatch.setattr(pricing, "LARGE_HOURS", 0)
    monkeypatch.setenv("SITING_CACHE", str(tmp_path))
    found: list[tuple[str, Prices]] = []
    whole = InProcess.price

    def noted(self: InProcess, prices: Mapping[str, Sequence[Prices]]) -> Iterator[Priced]:
        found.extend((c, own) for c, each in prices.items() for own in each)
        return whole(self, prices)

    monkeypatch.setattr(InProcess, "price", noted)
    return found


def test_a_plan_says_that_curves_are_drawn_and_draws_those_of_its_classes(
    tiny_question: PlanningModel, asked: list[tuple[str, Prices]]
) -> None:
    """Cost alone is asked for, so whatever has a price on carbon is of a curve."""
    said: list[str] = []
    question = tiny_question.with_(**{"solve.threads": 1})
    plan = solve(question, report=lambda step: said.append(step.stage))
    data = prepare(question).data
    built = {data.sites[s].supply_class for s in plan.chosen.index}
    drawn_of = {c for c, prices in asked if prices.get(("carbon",))}
    assert built <= drawn_of
    told = {stage for stage in said if "curves of cost" in stage}
    assert told == {f"drawing the curves of cost of {len(drawn_of)} supply classes"}


@pytest.mark.parametrize("status", ["interrupted", "time_limit", "stalled"])
def test_nothing_is_priced_after_a_plan_that_is_not_proven(
    tiny_question: PlanningModel,
    asked: list[tuple[str, Prices]],
    monkeypatch: pytest.MonkeyPatch,
    status: str,
) -> None:
    """Whoever stopped the search or ran out of time gets the plan, and no more work is begun."""
    search, before = frontier_method.solve_frontier, []

    def cut_short(*args: Any) -> Solution:
        found = search(*args)
        before.append(len(asked))
        return replace(found, stages=(replace(found.stages[0], status=status), *found.stages[1:]))

    monkeypatch.setattr(frontier_method, "solve_frontier", cut_short)
    plan = solve(tiny_question.with_(**{"solve.threads": 1}))
    assert plan.status == status
    assert before == [len(asked)] and asked


def test_a_budget_has_a_curve_by_hand() -> None:
    """Under a budget that counts plant on site, a battery is priced by its capex, too: at 0.5 EUR/yr a EUR none is left."""
    data = small_instance(battery=BATTERY, gas=GAS, budget_eur=1e9)
    prices = {("cost",): 1.0, **{("capex", group): 0.5 for group in data.capex_counts}}
    _, frontier = drawn(data, ["AA"])
    asked = [cut.prices for cut in frontier.bounds("AA") if any(q[0] == "capex" for q in cut.prices)]
    assert asked
    assert all(price <= 0.5 for cut in asked for q, price in cut.items() if q[0] == "capex")
    cheapest = min(frontier.of("AA"), key=lambda p: worth(prices, p.quantity))
    assert cheapest.quantity["capex", "onsite_power"] == pytest.approx(0.0, abs=1.0)
    _, plain = drawn(replace(data, limits={}), ["AA"])
    assert not any(q[0] == "capex" for cut in plain.bounds("AA") for q in cut.prices)


def test_a_year_has_curves_against_capex_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its LPs take seconds each: another cap waits for those it asks."""
    monkeypatch.setattr(curves, "MOST_HOURS", 0)
    data = small_instance(battery=BATTERY, gas=GAS, ppa=WIND, budget_eur=1e9)
    _, frontier = drawn(data, ["AA"])
    priced = [cut.prices for cut in frontier.bounds("AA")[1:]]
    assert priced
    assert all("capex" in {q[0] for q in prices} and not prices.get(("carbon",)) for prices in priced)


def test_who_comes_near_is_asked_with_the_first_plan_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """AA has its curve; BB is built on, too, now, and has its own drawn, and that is all."""
    data = small_instance(battery=BATTERY, gas=GAS, ppa=WIND)
    pool, frontier = drawn(data, ["AA"])
    monkeypatch.setattr(curves, "_near", lambda run, built: pytest.fail("asked again"))
    draw_curves(data, pool, frontier, Clock(60.0), GAP, ["AA", "BB"])
    assert len(frontier.bounds("BB")) == 2


def test_what_is_drawn_is_not_drawn_again() -> None:
    data = small_instance(battery=BATTERY, gas=GAS, ppa=WIND)
    _, frontier = drawn(data, ["AA"])
    said: list[str] = []
    clock = Clock(60.0, lambda step: said.append(step.stage))
    draw_curves(data, InProcess(data), frontier, clock, GAP, ["AA"])
    assert said == []

"""What must hold for every instance, tried on drawn ones: the small instance with its numbers shaken."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from siting.errors import InfeasibleError
from siting.instance.instance import Hall, Instance, Option, Site
from siting.plan.audit import audit
from siting.solver.solution import Solution
from tests.build_instance import BATTERY, GAS, WIND, small_instance, small_plan, solved, total

FEW = settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[
        Phase.generate
    ],  # a failing instance is small as drawn: shrinking it would take minutes of solving
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
GAP = 1e-7

price = st.integers(-20, 200).map(float)
share = st.integers(0, 10).map(lambda n: n / 10)
three = st.tuples


@st.composite
def instances(draw: st.DrawFn, matching: bool = True) -> Instance:
    """Two sites, three hours; prices, carbon, shapes, options, potential, target and rules drawn."""
    data = small_instance(
        battery=draw(st.sampled_from([None, BATTERY, replace(BATTERY, efficiency_share=0.9)])),
        gas=draw(st.sampled_from([None, GAS])),
        ppa=draw(st.sampled_from([None, WIND, replace(WIND, yearly_eur_mw=150_000.0)])),
        ppa_output=draw(three(share, share, share)),
        ppa_potential_mw=float(draw(st.integers(0, 60))),
        matching=(kind := draw(st.sampled_from(["none", "hourly", "annual"])) if matching else "none"),
        cfe_score_min=draw(st.integers(1, 6)) / 10 if kind != "none" else None,
        utilisation_share=draw(st.sampled_from([0.5, 0.8, 1.0])),
        excess_share_max=draw(share),
        target_it_mw=float(draw(st.integers(1, 50))),
        countries_min=draw(st.integers(1, 2)),
        internal_price_eur_t=draw(st.sampled_from([0.0, 80.0])),
    )
    return replace(
        data,
        price_eur_mwh={c: draw(three(price, price, price)) for c in data.classes},
        grid_carbon_t_mwh={c: draw(three(share, share, share)) for c in data.classes},
        grid_cfe_share={c: draw(three(share, share, share)) for c in data.classes},
        weight=draw(three(*[st.integers(100, 4_000).map(float)] * 3)),
        halls={
            key: Hall(
                hall.capex_eur_mw,
                hall.yearly_eur_mw,
                draw(three(*[st.integers(10, 15).map(lambda n: n / 10)] * 3)),
                None,
            )
            for key, hall in data.halls.items()
        },
    )


def attempt(data: Instance) -> Solution | None:
    try:
        return solved(data, GAP)
    except InfeasibleError:
        return None


def value(solution: Solution | None) -> float:
    """Optimal cost; nothing possible costs infinitely much."""
    return math.inf if solution is None else solution.stages[0].value


def at_most(less: float, more: float) -> bool:
    return less <= more or less == pytest.approx(more, rel=3 * GAP)


@FEW
@given(instances())
def test_every_plan_passes_its_audit_and_its_books_close(data: Instance) -> None:
    solution = attempt(data)
    if solution is None:
        return
    plan = small_plan(data, solution)
    assert audit(data, plan.record, plan.hourly) == []
    cost = plan.totals["cost_eur_yr"]
    assert total(solution.cost_eur) == pytest.approx(value(solution), rel=1e-9)
    assert plan.costs["cost_eur_yr"].sum() == pytest.approx(cost, rel=1e-9)
    assert sum(row["cost_eur_yr"] for row in plan.record["sites"]) == pytest.approx(cost, rel=1e-9)
    assert plan.emissions["carbon_t_yr"].sum() == pytest.approx(total(solution.carbon_t), rel=1e-9, abs=1e-6)
    assert plan.costs["capex_eur"].sum() == pytest.approx(total(solution.capex_eur), rel=1e-9)


@FEW
@given(instances())
def test_supply_is_demand_in_every_hour(data: Instance) -> None:
    """Added up again from the table people read: what comes in, and load, charge - sold surplus never entered."""
    solution = attempt(data)
    if solution is None:
        return
    hourly = small_plan(data, solution).hourly.fillna(0.0)
    gives = [c for c in hourly.columns if c.startswith(("buy", "deliver", "gen_", "discharge"))]
    takes = [c for c in hourly.columns if c.startswith(("load", "charge"))]
    np.testing.assert_allclose(hourly[gives].sum(axis=1), hourly[takes].sum(axis=1), atol=1e-5)
    for _, own in hourly.groupby("site"):
        for column in [c for c in own.columns if c.startswith("soc")]:
            assert own[column].to_numpy().min() >= 0


@FEW
@given(instances(), st.floats(0.1, 50.0))
def test_scaling_all_money_scales_the_objective(data: Instance, factor: float) -> None:
    def dearer(o: Option) -> Option:
        names = (
            "capex_eur_mw",
            "yearly_eur_mw",
            "energy_eur_mwh",
            "allowance_eur_mwh",
            "capex_eur_mwh",
            "yearly_eur_mwh",
        )
        return replace(o, **{name: factor * getattr(o, name) for name in names})

    tables: dict[str, Any] = {
        name: {key: dearer(option) for key, option in getattr(data, name).items()}
        for name in ("ppa", "onsite", "storage", "connection", "it")
    }
    scaled = replace(
        data,
        **tables,
        price_eur_mwh={c: tuple(factor * p for p in prices) for c, prices in data.price_eur_mwh.items()},
        network_eur_mwh={c: factor * n for c, n in data.network_eur_mwh.items()},
        halls={
            k: Hall(factor * h.capex_eur_mw, factor * h.yearly_eur_mw, h.pue, None)
            for k, h in data.halls.items()
        },
        sites={
            s: replace(
                x,
                line_capex_eur_mw=factor * x.line_capex_eur_mw,
                line_yearly_eur_mw=factor * x.line_yearly_eur_mw,
            )
            for s, x in data.sites.items()
        },
        internal_price_eur_t=factor * data.internal_price_eur_t,
    )
    first, second = attempt(data), attempt(scaled)
    assert (first is None) == (second is None)
    if first is not None:
        assert value(second) == pytest.approx(factor * value(first), rel=1e-6)


@FEW
@given(instances(matching=False), st.integers(5, 30))
def test_another_candidate_never_costs_more(data: Instance, mw: int) -> None:
    third = Site("BB", "BB", 5.0, float(mw), 0.0, float(mw))
    wider = replace(data, sites={**data.sites, "three": third})
    assert at_most(value(attempt(wider)), value(attempt(data)))


@FEW
@given(instances(), st.floats(0.3, 0.999))
def test_a_tighter_carbon_cap_never_costs_less(data: Instance, part: float) -> None:
    free = attempt(data)
    if free is None:
        return
    tonnes = total(free.carbon_t)
    costs = [value(free)]
    for cap in (tonnes * 1.001 + 1, part * tonnes, part * part * tonnes):
        limited = small_instance(carbon_cap_t=cap).limits
        tight = attempt(replace(data, limits={**data.limits, **limited}))
        assert tight is None or total(tight.carbon_t) <= cap * (1 + 1e-5) + 1e-5
        costs.append(value(tight))
    assert costs[1] == pytest.approx(costs[0], rel=3 * GAP)
    assert at_most(costs[0], costs[2]) and at_most(costs[2], costs[3])


@FEW
@given(instances(), st.integers(1, 20))
def test_a_higher_target_never_costs_less(data: Instance, more_mw: int) -> None:
    """While every MW costs money, as buildings and accelerators do."""
    higher = replace(data, target_it_mw=data.target_it_mw + more_mw)
    assert at_most(value(attempt(data)), value(attempt(higher)))


@FEW
@given(instances(), st.floats(0.5, 1.0))
def test_a_smaller_potential_never_costs_less(data: Instance, part: float) -> None:
    limits = {
        k: replace(v, value=part * v.value) if k[0] == "potential" else v for k, v in data.limits.items()
    }
    assert at_most(value(attempt(data)), value(attempt(replace(data, limits=limits))))


@FEW
@given(instances())
def test_the_order_of_sites_does_not_matter(data: Instance) -> None:
    turned = replace(data, sites=dict(reversed(data.sites.items())), classes=tuple(reversed(data.classes)))
    assert value(attempt(turned)) == pytest.approx(value(attempt(data)), rel=3 * GAP)


@FEW
@given(instances())
def test_a_bound_never_lies_above_its_plan(data: Instance) -> None:
    solution = attempt(data)
    if solution is not None:
        assert all(stage.bound <= stage.value + 1e-6 * abs(stage.value) for stage in solution.stages)

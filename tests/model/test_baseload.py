"""Baseload contracts with a plant of the sun: by hand, by both methods, row by row, and audited.

Class AA alone, 10 MW of IT that draw a flat 10 MW over two hours of 1,000 h each, at 50 and 100 EUR/MWh, 0.4 and 0.5 t/MWh, half
carbon-free; surplus cannot be sold. The sun shines in the first hour alone, so its mean is 0.5 MW per MW. A MW of plant costs
40,000 EUR a year. Delivered flat, its seller sells 500 MWh at 50 and buys 500 MWh at 100 EUR/MWh: shaping is 25,000 EUR, which is
1,000 MWh times (base price 75 less captured price 50). The 500 MWh he buys emit 250 t, and 250 MWh of them are not carbon-free.

Without any contract a year costs 10 x (1,000,000 + 5,000,000 + 2,000 + 10,000 + 150,000 + 2,000 x 10) = 61,820,000 EUR and
9,000 t. As produced, a MW saves 50,000 for 40,000 EUR, 10 MW at most. Flat, a MW saves 75,000 for 65,000 EUR, 20 MW at most.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from siting.errors import InfeasibleError
from siting.instance.duties import RENEWABLE, Duty
from siting.instance.instance import Instance, Limit, Option, flat_name
from siting.instance.shaped import Shaped
from siting.model.build import whole
from siting.plan.audit import audit
from siting.plan.plan import Plan
from tests.build_instance import BATTERY, GAS, small_instance, small_plan, solved, total
from tests.model.golden import assert_golden, only_rows
from tests.plan.test_audit import changed_hours, flows, survivors
from tests.solver.test_methods_agree import assert_agree, frontier
from tests.test_properties import FEW, instances

SUN = Option(capex_eur_mw=400_000.0, yearly_eur_mw=40_000.0, lifecycle_t_mwh=0.01)
PLAIN, FLAT = "wind_ppa", flat_name("wind_ppa")  # the small instance's contract, here one of the sun
LIFECYCLE = "carbon.cap_lifecycle_t_yr"
GRID_ALONE_EUR = 61_820_000.0
SOLVE = pytest.mark.parametrize("solve", [solved, frontier], ids=["whole", "frontier"])


def shaped(data: Instance, margin_eur_mwh: float = 0.0) -> Instance:
    """The same with every contract on offer flat, too."""
    found, ppa, availability = {}, {}, {}
    for (c, k), option in data.ppa.items():
        output = data.availability[c, k]
        key = (c, flat_name(k))
        ppa[key] = option
        availability[key] = (float(np.average(output, weights=data.weight)),) * len(output)
        market = (data.price_eur_mwh[c], data.grid_carbon_t_mwh[c], data.grid_cfe_share[c])
        found[key] = Shaped(output, *market, margin_eur_mwh)
    return replace(data, ppa=data.ppa | ppa, availability=data.availability | availability, shaped=found)


def sunny(margin_eur_mwh: float = 0.0, on: bool = True, **changes: Any) -> Instance:
    """The case of the text above."""
    asked = {
        "ppa": SUN,
        "ppa_output": (1.0, 0.0, 0.0),
        "target_it_mw": 10.0,
        "sites_max": 1,
        "excess_share_max": 0.0,
    }
    data = small_instance(**{**asked, **changes}).only("AA")
    tables = ("price_eur_mwh", "grid_carbon_t_mwh", "grid_cfe_share", "availability")
    short: dict[str, Any] = {
        name: {key: hours[:2] for key, hours in getattr(data, name).items()} for name in tables
    }
    halls = {key: replace(hall, pue=hall.pue[:2]) for key, hall in data.halls.items()}
    data = replace(data, **short, halls=halls, weight=data.weight[:2], before=(1, 0))
    return shaped(data, margin_eur_mwh) if on else data


@SOLVE
def test_by_hand(solve: Callable[[Instance], Any]) -> None:
    """20 MW of plant deliver the whole load and save 10,000 EUR each; of 20,000 MWh, 20 x 250 are not carbon-free."""
    data = sunny()
    solution = solve(data)
    assert solution.energy["AA"].capacity["ppa", FLAT] == pytest.approx(20.0, rel=1e-6)
    assert total(solution.cost_eur) == pytest.approx(GRID_ALONE_EUR - 200_000, rel=1e-9)
    assert solution.cost_eur[f"shaping, {FLAT}", "AA"] == pytest.approx(20 * 25_000, rel=1e-6)
    assert total(solution.carbon_t) == pytest.approx(20 * 250, rel=1e-6)
    plan = small_plan(data, solution)
    assert plan.totals["carbon_t_yr"] == pytest.approx(5_000.0, rel=1e-6)
    assert plan.totals["cfe_score"] == pytest.approx(0.75, rel=1e-6)
    assert plan.totals["carbon_market_t_yr"] == pytest.approx(0.0, abs=1e-3)
    assert plan.totals["lifecycle_t_yr"] == pytest.approx(20_000 * 0.01 + 5_000, rel=1e-6)
    (row,) = plan.record["sites"]
    figures = {
        "contracted_mwh": 20_000.0,
        "grid_mwh": 10_000.0,
        "carbon_t_yr": 5_000.0,
        "shaping_eur_yr": 500_000.0,
    }
    assert row["baseload"] == {FLAT: pytest.approx(figures, rel=1e-6)}
    assert any(note.startswith(f"{FLAT}: 50 % of what it delivers") for note in plan.record["notes"])
    assert audit(data, plan.record, plan.hourly) == []


@SOLVE
def test_as_produced_where_no_seller_shapes(solve: Callable[[Instance], Any]) -> None:
    solution = solve(sunny(on=False))
    assert solution.energy["AA"].capacity["ppa", PLAIN] == pytest.approx(10.0, rel=1e-6)
    assert total(solution.cost_eur) == pytest.approx(GRID_ALONE_EUR - 100_000, rel=1e-9)
    assert total(solution.carbon_t) == pytest.approx(5_000.0, rel=1e-6)


def test_the_margin_is_paid_on_all_that_is_delivered() -> None:
    """At 2 EUR/MWh a MW saves 8,000, still more for its half MW than 10,000 for a whole one; at 6 it saves 4,000, less."""
    dear = solved(sunny(2.0))
    assert dear.energy["AA"].capacity["ppa", FLAT] == pytest.approx(20.0, rel=1e-6)
    assert total(dear.cost_eur) == pytest.approx(GRID_ALONE_EUR - 160_000, rel=1e-9)
    assert total(solved(sunny(6.0)).cost_eur) == pytest.approx(GRID_ALONE_EUR - 100_000, rel=1e-9)


def test_both_forms_are_one_plant() -> None:
    """A potential of 12 MW is one for both, and the plan says that it binds: 8 MW as produced and 4 MW flat fill the first
    hour, but any 12 MW save 12 x 10,000."""
    data = sunny(ppa_potential_mw=12.0)
    solution = solved(data)
    sizes = solution.energy["AA"].capacity
    assert sizes["ppa", PLAIN] + sizes["ppa", FLAT] == pytest.approx(12.0, rel=1e-6)
    assert total(solution.cost_eur) == pytest.approx(GRID_ALONE_EUR - 120_000, rel=1e-9)
    plan = small_plan(data, solution)
    assert "wind_ppa potential of AA" in {row["limit"] for row in plan.record["binding"]}
    assert audit(data, plan.record, plan.hourly) == []
    less = {("potential", "AA", PLAIN): Limit("<=", 11.0, "MW", "wind_ppa potential of AA")}
    found = audit(replace(data, limits=less), plan.record, plan.hourly)
    assert any("wind_ppa potential of AA" in finding for finding in found)


def test_by_the_hour_it_counts_what_it_is() -> None:
    """Power of the hour without sun is half carbon-free, whoever buys it: at most 0.75. By the year all 20,000 MWh count."""
    assert total(solved(sunny(matching="hourly", cfe_score_min=0.75)).cost_eur) == pytest.approx(
        GRID_ALONE_EUR - 200_000, rel=1e-9
    )
    with pytest.raises(InfeasibleError):
        solved(sunny(matching="hourly", cfe_score_min=0.76))
    data = sunny(matching="annual", cfe_score_min=1.0)
    plan = small_plan(data)
    assert plan.record["matching"]["share_by"]["portfolio"] == pytest.approx(1.0, rel=1e-6)
    assert audit(data, plan.record, plan.hourly) == []


def test_a_rule_on_renewable_power_counts_the_whole_volume() -> None:
    """Nine tenths of 20,000 MWh by the books are 18 MW of plant, 10,000 EUR each more than they save in either form; the first
    hour holds at most 2 MW of them as produced beside 16 MW flat."""
    duty = {"AA": (Duty("rule", RENEWABLE, 0.9, "law"),)}
    dear = replace(SUN, yearly_eur_mw=60_000.0)
    data = replace(sunny(ppa=dear), duties=duty, renewable={"AA": (PLAIN, FLAT)})
    plan = small_plan(data)
    sizes = plan.record["sites"][0]["supply_mw"]
    assert sizes[PLAIN] + sizes[FLAT] == pytest.approx(18.0, rel=1e-6) and sizes[FLAT] >= 16.0 - 1e-6
    assert plan.totals["cost_eur_yr"] == pytest.approx(GRID_ALONE_EUR + 180_000, rel=1e-9)
    assert plan.record["sites"][0]["rules"][0]["used"] == pytest.approx(0.9, rel=1e-6)
    assert audit(data, plan.record, plan.hourly) == []


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"battery": BATTERY, "gas": GAS, "internal_price_eur_t": 80.0},
        {"matching": "hourly", "cfe_score_min": 0.7},
        {"carbon_cap_t": 5_500.0, "excess_share_max": 0.2},
        {"ppa_output": (1.0, 0.3, 0.0), "carbon_cap_g_kwh": 300.0},
    ],
)
def test_whole_is_frontier(more: dict[str, Any]) -> None:
    assert_agree(sunny(**more))


def capped(cap_t: float) -> Instance:
    data = sunny()
    return replace(data, limits={**data.limits, ("lifecycle",): Limit("<=", cap_t, "t/yr", LIFECYCLE)})


def test_under_a_life_cycle_cap() -> None:
    """A MW as produced emits 10 t over its life cycle and saves 400, a MW flat emits 10 + 250 and saves 450: with the first hour
    full, x + y / 2 = 10, they come to 9,000 - 390 x - 190 y = 5,100 + 5 y tonnes, so that 5,150 t leave 10 MW flat beside 5."""
    assert_agree(capped(5_150.0))
    solution = solved(capped(5_150.0))
    sizes = solution.energy["AA"].capacity
    assert (sizes["ppa", PLAIN], sizes["ppa", FLAT]) == pytest.approx((5.0, 10.0), rel=1e-5)
    assert total(solution.cost_eur) == pytest.approx(GRID_ALONE_EUR - 150_000, rel=1e-9)
    plan = small_plan(capped(5_150.0), solution)
    assert LIFECYCLE in {row["limit"] for row in plan.record["binding"]}
    found = audit(capped(5_149.0), plan.record, plan.hourly)
    assert any(LIFECYCLE in finding and "oversteps" in finding for finding in found), found


@FEW
@given(instances())
def test_drawn_instances_pass_their_audit_by_both_methods(data: Instance) -> None:
    assert_agree(shaped(data, margin_eur_mwh=1.5))


def test_flat_weather_is_delivered_as_produced() -> None:
    """A plant that is flat by nature costs nothing to shape and buys nothing."""
    data = sunny(ppa_output=(0.5, 0.5, 0.5))
    terms = solved(replace(data, ppa={key: o for key, o in data.ppa.items() if key[1] == FLAT}))
    assert terms.cost_eur[f"shaping, {FLAT}", "AA"] == pytest.approx(0.0, abs=1e-6)
    assert terms.carbon_t[f"grid power in {FLAT}", "AA"] == 0.0


def test_off_is_as_before() -> None:
    data = sunny(on=False)
    solution = solved(data)
    assert not [item for item, _ in [*solution.cost_eur, *solution.carbon_t] if FLAT in item]
    plan = small_plan(data, solution)
    assert "baseload" not in plan.record["sites"][0]
    assert not [column for column in plan.hourly.columns if "in_contracts" in column]


def test_rows_of_two_hours(tmp_path: Path) -> None:
    """Deliveries of both forms; carbon, cost and clean energy with what is in the flat one; one potential."""
    data = sunny(carbon_cap_t=6_000.0, matching="hourly", cfe_score_min=0.7, internal_price_eur_t=50.0)
    limits = {
        **data.limits,
        ("cost",): Limit("<=", 130e6, "EUR/yr", "budget.cost_eur_yr"),
        ("lifecycle",): Limit("<=", 9e3, "t/yr", "carbon.cap_lifecycle_t_yr"),
    }
    m = whole(replace(data, limits=limits)).m
    assert_golden(only_rows(m, "contract_output", "resource_limit"), "baseload", tmp_path)


# --- the audit


@pytest.fixture(scope="module")
def plan() -> Plan:
    return small_plan(sunny())


@pytest.mark.parametrize(
    "entry", ["cost_eur_yr", "carbon_t_yr", "lifecycle_t_yr", "cfe_score", "energy_eur_mwh"]
)
def test_the_audit_sees_a_changed_figure(plan: Plan, entry: str) -> None:
    record = copy.deepcopy(dict(plan.record))
    record["sites"][0][entry] *= 1.01
    assert any(entry in finding for finding in audit(sunny(), record, plan.hourly))


@pytest.mark.parametrize("entry", ["grid_mwh", "carbon_t_yr", "shaping_eur_yr"])
def test_the_audit_sees_a_changed_figure_of_a_contract(plan: Plan, entry: str) -> None:
    record = copy.deepcopy(dict(plan.record))
    record["sites"][0]["baseload"][FLAT][entry] *= 1.01
    assert any(f"{entry} of {FLAT}" in finding for finding in audit(sunny(), record, plan.hourly))
    del record["sites"][0]["baseload"]
    assert any("not those on offer" in finding for finding in audit(sunny(), record, plan.hourly))


def test_every_number_and_hour_changed_is_found(plan: Plan) -> None:
    data = sunny()
    assert not survivors(data, plan)
    unseen = [
        what
        for column in flows(plan.hourly)
        for what, hourly in changed_hours(plan.hourly, column, 1.0)
        if not audit(data, plan.record, hourly)
    ]
    assert not unseen


def test_the_audit_names_what_is_broken(plan: Plan) -> None:
    """More delivered than the plant's mean, a market of other hours, clean energy that is none."""
    data = sunny()
    key = ("AA", FLAT)
    more = replace(data, availability={**data.availability, key: (0.6, 0.6)})
    assert any("against its plant's mean" in finding for finding in audit(more, plan.record, plan.hourly))
    elsewhere = replace(data.shaped[key], price_eur_mwh=(50.0, 60.0))
    other = replace(data, shaped={key: elsewhere})
    found = audit(other, plan.record, plan.hourly)
    assert any("is priced at are not those of AA" in finding for finding in found)
    assert any(f"shaping_eur_yr of {FLAT}" in finding for finding in found)
    clean = plan.hourly.assign(grid_rest_in_contracts_mw=0.0)
    found = audit(data, plan.record, clean)
    assert any("grid_rest_in_contracts_mw" in finding for finding in found)


def test_the_books_close(plan: Plan) -> None:
    """Tables people read: a row of costs for shaping, tonnes with the contract, and windows at the plan's score."""
    from siting.output.report.windows import chosen_windows

    costs = plan.costs.set_index("item")["cost_eur_yr"]
    assert costs[f"shaping, {FLAT}"] == pytest.approx(500_000, rel=1e-6)
    tonnes = plan.emissions.set_index("item")["carbon_t_yr"]
    assert tonnes[FLAT] == pytest.approx(5_000, rel=1e-6)
    (window,) = chosen_windows(plan, {})
    assert window.matching == pytest.approx(plan.totals["cfe_score"], rel=1e-6)

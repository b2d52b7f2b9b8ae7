"""Life-cycle cap, market-based carbon and embodied carbon: by hand, by both methods, row by row, and audited.

At AA a MW of IT buys 3,000 MWh a year at 0.4, 0.5 and 0.3 t/MWh: 1,200 t. A MW of wind makes 1, 0.5 and 0 MW in three hours of
1,000 h each, 1,500 MWh at 0.01 t/MWh of life cycle: 15 t.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from siting.instance.instance import Instance, Limit
from siting.model.build import whole
from siting.plan.audit import audit
from tests.build_instance import BATTERY, GAS, WIND, frontier, small_instance, small_plan, solved, total
from tests.model.bend import two_hours
from tests.model.golden import assert_golden
from tests.model.test_matching import keep_only
from tests.solver.test_methods_agree import assert_agree

ONE = {"target_it_mw": 10.0, "sites_max": 1, "forced": ("one",)}
DEAR = replace(WIND, yearly_eur_mw=160_000.0)  # 60,000 EUR/yr more than it saves
CAP = "carbon.cap_lifecycle_t_yr"
SOLVE = pytest.mark.parametrize("solve", [solved, frontier], ids=["whole", "frontier"])


def capped(cap_t: float | None, **changes: Any) -> Instance:
    data = small_instance(**{"ppa": DEAR, **ONE, **changes})
    if cap_t is None:
        return data
    return replace(data, limits={**data.limits, ("lifecycle",): Limit("<=", cap_t, "t/yr", CAP)})


@SOLVE
def test_by_hand(solve: Callable[[Instance], Any]) -> None:
    """A MW of wind saves 1,000 x 0.4 + 500 x 0.5 = 650 t of purchases and adds 15: 12,000 t less 6 x 635 are 8,190 t."""
    solution = solve(capped(8_190.0))
    assert solution.energy["AA"].capacity["ppa", "wind_ppa"] == pytest.approx(6.0, rel=1e-6)
    assert total(solution.cost_eur) == pytest.approx(62_220_000 + 6 * 60_000, rel=1e-9)


@SOLVE
def test_output_that_is_not_used_counts(solve: Callable[[Instance], Any]) -> None:
    """Beyond 10 MW the first hour is full and surplus cannot be sold (excess 0): a MW more saves 250 t in the second hour and
    still adds 15. 12,000 - 10 x 635 - 4 x 235 = 4,710 t with 14 MW; delivered alone they would be 4 x 10 t less."""
    data = capped(4_710.0, excess_share_max=0.0)
    solution = solve(data)
    assert solution.energy["AA"].capacity["ppa", "wind_ppa"] == pytest.approx(14.0, rel=1e-6)
    plan = small_plan(data, solution)
    assert plan.totals["lifecycle_t_yr"] == pytest.approx(4_670.0, rel=1e-6)
    assert CAP in [row["limit"] for row in plan.record["binding"]]
    assert audit(data, plan.record, plan.hourly) == []


def test_the_audit_names_a_broken_cap() -> None:
    plan = small_plan(capped(8_190.0))
    found = audit(capped(8_000.0), plan.record, plan.hourly)
    assert any(CAP in finding and "oversteps" in finding for finding in found), found


@pytest.mark.parametrize("more", [{}, {"gas": GAS}, {"battery": BATTERY, "internal_price_eur_t": 50.0}])
def test_whole_is_frontier(more: dict[str, Any]) -> None:
    assert_agree(capped(8_000.0, **more))


def test_off_is_as_before() -> None:
    assert total(solved(capped(None)).cost_eur) == pytest.approx(62_220_000, rel=1e-9)
    assert len(whole(capped(None)).m.resource_limit) + 1 == len(whole(capped(8_190.0)).m.resource_limit)


def test_rows_of_two_hours(tmp_path: Path) -> None:
    m = whole(two_hours(capped(8_190.0, gas=GAS))).m
    keep_only(m, "resource_limit")
    assert_golden(m, "lifecycle", tmp_path)


def test_market_based_by_hand() -> None:
    """12 MW of cheap wind at 10 MW: hour one delivers 10 and sells 2 MW (the limit of 0.2), hour two delivers 6 and buys 4, hour
    three buys 10. Sold 2,000 MWh cover a seventh of 14,000 bought: 6/7 x (4,000 x 0.5 + 10,000 x 0.3) = 30,000 / 7 t, where
    5,000 are location-based."""
    cheap = replace(WIND, yearly_eur_mw=1_000.0)
    data = capped(None, ppa=cheap, ppa_potential_mw=12.0)
    plan = small_plan(data)
    assert plan.totals["carbon_t_yr"] == pytest.approx(5_000.0, rel=1e-6)
    assert plan.totals["carbon_market_t_yr"] == pytest.approx(30_000 / 7, rel=1e-6)
    assert plan.emissions["carbon_market_t_yr"].sum() == pytest.approx(30_000 / 7, rel=1e-6)
    assert audit(data, plan.record, plan.hourly) == []


def test_a_residual_mix_takes_the_place_of_the_average() -> None:
    """0.6 t/MWh in every hour: 6/7 of 14,000 MWh are 7,200 t; the location-based tonnes stay."""
    cheap = replace(WIND, yearly_eur_mw=1_000.0)
    data = replace(capped(None, ppa=cheap, ppa_potential_mw=12.0), residual_t_mwh={"AA": (0.6, 0.6, 0.6)})
    plan = small_plan(data)
    assert plan.totals["carbon_market_t_yr"] == pytest.approx(7_200.0, rel=1e-6)
    assert plan.totals["carbon_t_yr"] == pytest.approx(5_000.0, rel=1e-6)
    assert audit(data, plan.record, plan.hourly) == []


def test_surplus_covers_no_more_than_is_bought_and_fuel_counts() -> None:
    """Gas at 60 EUR/MWh is cheaper than hour two alone (110 with network): 10,000 MWh x 0.4 t are market-based too."""
    data = capped(None, gas=replace(GAS, yearly_eur_mw=1_000.0), ppa=DEAR)
    plan = small_plan(data)
    by_item = plan.emissions.set_index("item")["carbon_market_t_yr"]
    assert by_item["gas_engine"] == pytest.approx(4_000.0, rel=1e-6)
    assert audit(data, plan.record, plan.hourly) == []


def test_embodied_is_unknown_or_by_hand() -> None:
    """10 MW at 500 t of building and 3,000 t of accelerators per MW."""
    data = capped(None)
    assert small_plan(data).record["embodied"] == {"building_t": None, "accelerators_t": None}
    known = replace(data, embodied_t_mw={"air": 500.0, "accelerators": 3_000.0})
    plan = small_plan(known)
    assert plan.record["embodied"] == pytest.approx({"building_t": 5_000.0, "accelerators_t": 30_000.0})
    assert audit(known, plan.record, plan.hourly) == []
    for name in ("building_t", "accelerators_t"):
        for lie in (1.0, None):
            record = copy.deepcopy(dict(plan.record))
            record["embodied"][name] = lie
            assert audit(known, record, plan.hourly)
    record = copy.deepcopy(dict(plan.record))
    del record["embodied"]
    assert audit(known, record, plan.hourly)


@pytest.mark.parametrize("entry", ["carbon_market_t_yr", "lifecycle_t_yr"])
def test_the_audit_sees_a_changed_figure(entry: str) -> None:
    data = capped(8_190.0)
    plan = small_plan(data)
    record = copy.deepcopy(dict(plan.record))
    record["sites"][0][entry] *= 1.01
    assert any(entry in finding for finding in audit(data, record, plan.hourly))
    record = copy.deepcopy(dict(plan.record))
    record["totals"][entry] *= 1.01
    assert any(entry in finding for finding in audit(data, record, plan.hourly))

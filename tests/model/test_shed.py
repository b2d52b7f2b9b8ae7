"""Work left undone at a price: by hand, by both methods, row by row, and audited. Base numbers: tests/build_instance.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siting.instance.flexible import Flexible
from siting.instance.instance import Instance
from siting.model.flexible import flexible
from siting.model.shed import shed
from siting.plan.audit import audit
from tests.build_instance import frontier, small_instance, small_plan, solved, total
from tests.model.bend import SHED, bending, findings, load_rows, two_hours, with_hour
from tests.model.golden import assert_golden
from tests.plan.test_audit import survivors

BOTH = pytest.mark.parametrize("solve", [solved, frontier], ids=["whole", "frontier"])


@BOTH
def test_by_hand(solve: Callable[[Instance], Any]) -> None:
    """At AA hour 1 costs 110 EUR/MWh: 0.3 MW not run save 40 each: 6,222,000 - 0.3 x 1000 x 40 = 6,210,000 per MW. Hours
    at 60 and 40 are worth running at 70. Served: 2,700 MWh a MW with 1,200 - 150 t, 388.9 g/kWh; of half clean power half."""
    data = bending(SHED)
    solution = solve(data)
    assert solution.modules == {"one": 2}
    assert total(solution.cost_eur) == pytest.approx(20 * 6_210_000, rel=1e-6)
    assert solution.cost_eur["compute lost", "AA"] == pytest.approx(20 * 300 * 70, rel=1e-6)
    plan = small_plan(data, solution)
    assert audit(data, plan.record, plan.hourly) == []
    assert plan.totals["facility_mwh"] == pytest.approx(54_000)
    assert plan.totals["carbon_g_kwh"] == pytest.approx(21_000 / 54_000 * 1e3)
    assert plan.totals["cfe_score"] == pytest.approx(0.5)
    assert plan.totals["pue"] == pytest.approx(1.0)
    assert plan.totals["energy_eur_mwh"] == pytest.approx((180 - 30 + 27 + 10 + 2) / 2.7)
    assert plan.record["flexible"]["shed_mwh"] == pytest.approx(6_000)
    assert "6,000 MWh of IT shed" in plan.summary()
    assert "load.shed.share_max" in [entry["limit"] for entry in plan.record["binding"]]


@BOTH
def test_a_shaved_peak_needs_a_smaller_connection(solve: Callable[[Instance], Any]) -> None:
    """PUE 1.2 at AA in hour 1: all of 0.3 is shed there, 0.84 MW are drawn and 1 MW of connection is enough.
    6,002,000 + 10,000 + 60,000 + 0.84 x 110,000 + 40,000 + 0.3 x 70,000 = 6,225,400 per MW."""
    data = bending(SHED)
    hot = replace(
        data,
        halls={
            key: replace(h, pue=(1.0, 1.2, 1.0)) if key[0] == "AA" else h for key, h in data.halls.items()
        },
    )
    solution = solve(hot)
    assert solution.energy["AA"].capacity["connection",] == pytest.approx(20.0, rel=1e-6)
    assert total(solution.cost_eur) == pytest.approx(20 * 6_225_400, rel=1e-6)


@BOTH
def test_dear_compute_is_not_shed(solve: Callable[[Instance], Any]) -> None:
    """At 121 EUR/MWh of IT no hour is worth leaving out, not even for a smaller connection: as without shedding."""
    solution = solve(bending(replace(SHED, shed_eur_mwh=121.0)))
    assert total(solution.cost_eur) == pytest.approx(124_440_000, rel=1e-6)


@BOTH
def test_a_rate_is_of_what_is_served(solve: Callable[[Instance], Any]) -> None:
    """At most 390 g/kWh at AA alone: x MW shed in hour 1 give (1200 - 500 x) / (3 - x) <= 390: x = 30 / 110 at 200 EUR/MWh.
    Per MW 6,222,000 + x (200 - 110) 1000 EUR (the connection is still 1 MW for the other hours)."""
    rare = Flexible(shed_share_max=0.5, shed_eur_mwh=200.0)
    data = bending(rare, carbon_cap_g_kwh=390.0)
    alone = replace(data, sites={"one": data.sites["one"]}, classes=("AA",)).only("AA")
    solution = solve(alone)
    assert total(solution.cost_eur) == pytest.approx(20 * (6_222_000 + 30 / 110 * 90_000), rel=1e-5)
    plan = small_plan(alone, solution)
    assert audit(alone, plan.record, plan.hourly) == []


def test_rows_of_two_hours(tmp_path: Path) -> None:
    assert_golden(load_rows(two_hours(bending(SHED)), shed), "shed", tmp_path)


def test_rows_of_two_hours_beside_flexible_load(tmp_path: Path) -> None:
    data = two_hours(bending(replace(SHED, share=0.2), utilisation_share=0.5))
    assert_golden(load_rows(data, flexible, shed), "flexible_shed", tmp_path)


def test_off_writes_nothing() -> None:
    names = {v.local_name for v in load_rows(small_instance(), shed).component_objects()}
    assert names == {"cooled_mw", "halls_filled", "drawn"}


@pytest.fixture(scope="module")
def made() -> tuple[Instance, Any]:
    data = bending(SHED, countries_min=2)
    return data, small_plan(data)


def test_the_audit_names_more_shed_than_allowed(made: tuple[Instance, Any]) -> None:
    data, plan = made
    assert "one: load.shed.share_max in air halls" in findings(
        data, plan, with_hour(plan.hourly, "shed_air_mw", 1, 0.5)
    )


def test_the_audit_names_lost_compute_that_is_not_paid(made: tuple[Instance, Any]) -> None:
    data, plan = made
    dearer = replace(data, flexible=replace(SHED, shed_eur_mwh=80.0))
    assert any("one: cost_eur_yr" in finding for finding in audit(dearer, plan.record, plan.hourly))


def test_the_audit_finds_every_number_changed(made: tuple[Instance, Any]) -> None:
    assert not survivors(*made)


def test_supply_is_what_is_served(made: tuple[Instance, Any]) -> None:
    _, plan = made
    np.testing.assert_allclose(plan.hourly["buy_mw"], plan.hourly["load_mw"], atol=1e-6)
    np.testing.assert_allclose(plan.hourly["load_mw"] + plan.hourly["shed_air_mw"], 10.0, atol=1e-6)

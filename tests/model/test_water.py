"""Water: by hand, by both methods, row by row, audited and prechecked. Base numbers: tests/build_instance.py.

AA may cool with air (0.4 l/kWh of IT, 1,200 m3 a year and MW over 3,000 h) or with `dry`, which evaporates nothing and costs
50,000 EUR/yr a MW more; BB has air alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from siting.errors import InfeasibleError
from siting.instance.instance import Hall, Instance, Limit
from siting.instance.precheck import precheck
from siting.model.build import whole
from siting.plan.audit import audit
from tests.build_instance import BATTERY, WIND, frontier, small_instance, small_plan, solved, total
from tests.model.bend import SHED, two_hours
from tests.model.golden import assert_golden, only_rows
from tests.plan.test_audit import put, survivors
from tests.solver.test_methods_agree import assert_agree, either

BOTH = pytest.mark.parametrize("solve", [solved, frontier], ids=["whole", "frontier"])
DRY = Hall(10.0e6, 1.05e6, (1.0, 1.0, 1.0), 0.0)


def wet(allowance: float | None = None, per_mw: float | None = None, **changes: Any) -> Instance:
    data = small_instance(**changes)
    limits = dict(data.limits)
    if allowance is not None:
        limits["water",] = Limit("<=", allowance, "m3/yr", "water.allowance_m3_yr")
    halls = {**data.halls, ("AA", "dry"): DRY}
    return replace(data, halls=halls, limits=limits, water_m3_mw_max=per_mw)


@BOTH
@pytest.mark.parametrize("limits", [{"allowance": 12_000.0}, {"per_mw": 600.0}], ids=["all", "site"])
def test_by_hand(solve: Callable[[Instance], Any], limits: dict[str, float]) -> None:
    """20 MW under air evaporate 24,000 m3; half of it is allowed: 10 MW go dry for 500,000 EUR/yr."""
    solution = solve(wet(**limits))
    assert solution.modules == {"one": 2}
    assert solution.energy["AA"].capacity["cooled", "dry"] == pytest.approx(10.0, rel=1e-6)
    assert total(solution.cost_eur) == pytest.approx(20 * 6_222_000 + 500_000, rel=1e-6)


@BOTH
def test_no_water_at_all(solve: Callable[[Instance], Any]) -> None:
    """At no litre AA is dry alone: 20 x 50,000 more; BB, with air only, is out."""
    assert total(solve(wet(0.0)).cost_eur) == pytest.approx(20 * 6_272_000, rel=1e-6)
    assert either(solve, wet(per_mw=0.0, forced=("two",), sites_min=2)) is None


def test_the_plan_tells_its_water() -> None:
    plan = small_plan(wet(12_000.0))
    assert plan.record["sites"][0]["water_m3_yr"] == pytest.approx(12_000.0, rel=1e-6)
    assert plan.totals["water_m3_yr"] == pytest.approx(12_000.0, rel=1e-6)
    assert "12,000 m3/yr evaporated = 0.200 l/kWh of IT" in plan.summary()
    assert "water.allowance_m3_yr" in [row["limit"] for row in plan.record["binding"]]
    site = small_plan(wet(per_mw=600.0)).record["binding"]
    assert "water.per_site_m3_mw_yr, AA" in [row["limit"] for row in site]


def test_work_that_is_not_run_evaporates_nothing() -> None:
    """Three tenths shed at 70 EUR/MWh in the hour at 100 + 10 EUR: 300 h of 3,000 a MW, 120 of 1,200 m3."""
    plan = small_plan(wet(flexible=SHED))
    assert plan.totals["water_m3_yr"] == pytest.approx(20 * 1_080.0, rel=1e-6)
    assert audit(wet(flexible=SHED), plan.record, plan.hourly) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"allowance": 9_000.0, "battery": BATTERY, "utilisation_share": 0.8},
        {"allowance": 15_000.0, "per_mw": 700.0, "ppa": WIND, "target_it_mw": 30.0},
        {"allowance": 20_000.0, "flexible": SHED, "objectives": ("carbon", "cost")},
        {"allowance": 1_000.0, "target_it_mw": 45.0},
    ],
)
def test_whole_and_frontier_agree(changes: dict[str, Any]) -> None:
    assert_agree(wet(**changes))


def test_rows(tmp_path: Path) -> None:
    data = two_hours(wet(12_000.0, 600.0))
    assert_golden(only_rows(whole(data).m, "water_at_site", "resource_limit"), "water", tmp_path)


def test_off_writes_nothing_and_changes_nothing() -> None:
    data = wet()
    m = whole(data).m
    assert not hasattr(m, "water_at_site")
    assert len(m.resource_limit) == 0
    assert total(solved(data).cost_eur) == pytest.approx(20 * 6_222_000, rel=1e-9)


def test_unknown_water_is_told_by_nobody() -> None:
    data = small_instance()
    halls = {key: replace(hall, water_l_kwh=None) for key, hall in data.halls.items()}
    plan = small_plan(replace(data, halls=halls))
    assert "water_m3_yr" not in plan.totals
    assert "m3/yr" not in plan.summary()
    assert audit(replace(data, halls=halls), plan.record, plan.hourly) == []
    assert audit(data, plan.record, plan.hourly)


@pytest.mark.parametrize(
    ("stricter", "words"),
    [
        ({"allowance": 11_000.0}, "water.allowance_m3_yr (m3/yr): 12,000 oversteps 11,000"),
        ({"per_mw": 500.0}, "one: water.per_site_m3_mw_yr (m3/yr): 12,000 oversteps 10,000"),
    ],
)
def test_the_audit_names_a_broken_limit(stricter: dict[str, float], words: str) -> None:
    plan = small_plan(wet(12_000.0))
    assert audit(wet(12_000.0), plan.record, plan.hourly) == []
    assert any(words in finding for finding in audit(wet(**stricter), plan.record, plan.hourly))


def test_the_audit_sees_every_number_and_drier_halls() -> None:
    data = wet(12_000.0)
    plan = small_plan(data)
    assert survivors(data, plan) == []
    shifted = put(plan.record, ("sites", 0, "cooling_mw"), {"air": 11.0, "dry": 9.0})
    assert any("water.allowance_m3_yr" in finding for finding in audit(data, shifted, plan.hourly))


def test_precheck_says_it_in_numbers() -> None:
    with pytest.raises(
        InfeasibleError, match=r"allowance_m3_yr is 1,000 m3/yr, but 20.0 MW of IT evaporate at least 24,000"
    ):
        precheck(replace(wet(1_000.0), halls=small_instance().halls))
    with pytest.raises(
        InfeasibleError, match=r"per_site_m3_mw_yr is 600, the driest cooling of AA evaporates 1,200"
    ):
        precheck(replace(wet(per_mw=600.0), halls=small_instance().halls))
    precheck(wet(0.0, 600.0))

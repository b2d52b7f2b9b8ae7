"""A store whose maker fixes its hours: energy = duration_h x power."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from siting.instance.instance import Instance
from siting.model.build import whole
from siting.plan.audit import audit
from tests.build_instance import BATTERY, frontier, small_instance, small_plan, solved
from tests.model.golden import assert_golden, only_rows

PIECE = replace(BATTERY, capex_eur_mwh=0.0, yearly_eur_mwh=0.0, yearly_eur_mw=20_000.0, duration_h=2.0)


def data_of(**changes: Any) -> Instance:
    """All 10 MW at AA, at 50, 100 and 30 EUR/MWh; forced, BB left out."""
    return small_instance(battery=replace(PIECE, **changes), target_it_mw=10.0, forced=("one",), sites_max=1)


@pytest.mark.parametrize("solve", [solved, frontier], ids=["whole", "frontier"])
def test_power_buys_the_hours(solve: Any) -> None:
    """At half load 5 MW can be charged at 30 and used at 100 EUR/MWh: 5 MW of power, 5 MWh needed, 10 MWh bought.
    It saves 1000 x 5 x (100 - 30) = 350,000 and costs 5 x 20,000 a year.
    """
    data = replace(data_of(), utilisation_share=0.5)
    plan = small_plan(data, solve(data))
    row = plan.record["sites"][0]
    assert row["store_mw"]["battery"] == pytest.approx(5.0, abs=1e-4)
    assert row["store_mwh"]["battery"] == pytest.approx(10.0, abs=1e-4)
    assert audit(data, plan.record, plan.hourly) == []


def test_short_hours_need_more_power() -> None:
    """Half an hour a MW: 5 MWh need 10 MW."""
    data = replace(data_of(duration_h=0.5), utilisation_share=0.5)
    row = small_plan(data).record["sites"][0]
    assert row["store_mwh"]["battery"] == pytest.approx(0.5 * row["store_mw"]["battery"])
    assert row["store_mw"]["battery"] == pytest.approx(10.0, abs=1e-4)


def test_the_audit_names_other_hours() -> None:
    data = replace(data_of(), utilisation_share=0.5)
    plan = small_plan(data)
    record = copy.deepcopy(dict(plan.record))
    record["sites"][0]["store_mwh"]["battery"] += 1.0
    assert any("energy against 2 h of power" in finding for finding in audit(data, record, plan.hourly))


def test_rows_are_those_written_down(tmp_path: Path) -> None:
    assert_golden(
        only_rows(whole(data_of()).m, "store_duration", "store_power"), "storage_in_one_piece", tmp_path
    )


def test_sized_apart_there_is_no_such_row() -> None:
    assert not hasattr(whole(small_instance(battery=BATTERY)).m, "store_duration")
    assert hasattr(whole(data_of()).m, "store_duration")

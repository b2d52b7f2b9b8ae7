"""Work that moves between sites by the hour: by hand, row by row, audited, and refused where it cannot be held."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siting.api import redispatch, solve, supply
from siting.errors import InputError
from siting.inputs.planning import PlanningModel
from siting.instance.flexible import Flexible
from siting.instance.instance import Instance
from siting.model.build import pricing
from siting.model.moving import moving
from siting.plan.audit import audit
from siting.plan.plan import Plan
from siting.solver.shadow import shadow_of_whole
from tests.build_horizon import two_cases
from tests.build_instance import BATTERY, GAS, WIND, frontier, small_instance, small_plan, solved, total
from tests.model.bend import MOVE, findings, load_rows, two_hours, with_hour
from tests.model.golden import assert_golden
from tests.plan.test_audit import survivors


def both_sites(**changes: Any) -> Instance:
    """10 MW of IT at each site, half used; hour 1 at BB costs 75 EUR/MWh before charges."""
    prices = {"AA": (50.0, 100.0, 30.0), "BB": (60.0, 75.0, 70.0)}
    return small_instance(
        **{"flexible": MOVE, "utilisation_share": 0.5, "countries_min": 2, "price_eur_mwh": prices, **changes}
    )


def test_by_hand() -> None:
    """All-in 60, 110, 40 EUR/MWh at AA and 80, 95, 90 at BB; half of 5 MW may move each way. BB to AA in hours 0 and 2
    saves 2,500 MWh x 20 and x 50, AA to BB in hour 1 x 15: 212,500; either connection grows from 5 to 7.5 MW: 50,000.
    Without moving 61,120,000 + 62,405,000; with it 123,362,500 EUR/yr."""
    data = both_sites()
    assert total(solved(replace(data, flexible=Flexible())).cost_eur) == pytest.approx(123_525_000, rel=1e-6)
    solution = solved(data)
    assert solution.modules == {"one": 1, "two": 1}
    assert total(solution.cost_eur) == pytest.approx(123_362_500, rel=1e-6)
    np.testing.assert_allclose(solution.energy["AA"].hourly["buy",], [7.5, 2.5, 7.5], atol=1e-4)
    np.testing.assert_allclose(solution.energy["BB"].hourly["buy",], [2.5, 7.5, 2.5], atol=1e-4)


def test_no_site_runs_beyond_its_nameplate() -> None:
    """Used to 0.8 there is room for 2 of the 4 MW that may come."""
    solution = solved(both_sites(utilisation_share=0.8))
    np.testing.assert_allclose(solution.energy["AA"].hourly["buy",], [10.0, 6.0, 10.0], atol=1e-4)


def test_with_all_options_the_plan_passes_its_audit() -> None:
    data = both_sites(
        battery=BATTERY,
        gas=GAS,
        ppa=WIND,
        flexible=replace(MOVE, share=0.3, shed_share_max=0.1, shed_eur_mwh=50.0),
    )
    plan = small_plan(data)
    assert audit(data, plan.record, plan.hourly) == []
    assert total(solved(data).cost_eur) < total(solved(replace(data, flexible=MOVE)).cost_eur)


def test_rows_of_two_hours(tmp_path: Path) -> None:
    one = two_hours(both_sites())
    twice = {**one.halls, ("AA", "water"): replace(one.halls["AA", "air"], pue=(1.2, 1.4))}
    assert_golden(load_rows(replace(one, halls=twice), moving), "moving", tmp_path)


def test_off_writes_nothing() -> None:
    names = {v.local_name for v in load_rows(small_instance(), moving).component_objects()}
    assert names == {"cooled_mw", "halls_filled", "drawn"}


@pytest.fixture(scope="module")
def made() -> tuple[Instance, Any]:
    data = both_sites()
    return data, small_plan(data)


def test_the_audit_names_work_that_is_done_nowhere(made: tuple[Instance, Any]) -> None:
    data, plan = made
    said = findings(data, plan, with_hour(plan.hourly, "moving_air_mw", 1, -0.5))
    assert "load.moving_share: work done at all sites" in said


def test_the_audit_finds_every_number_changed(made: tuple[Instance, Any]) -> None:
    assert not survivors(*made)


def test_what_has_moved_is_told(made: tuple[Instance, Any]) -> None:
    _, plan = made
    assert plan.record["flexible"] == pytest.approx({"moved_in_mwh": 7_500.0, "moved_out_mwh": 7_500.0})
    assert "moved between sites" in plan.summary()
    assert "load.moving_share" in [entry["limit"] for entry in plan.record["binding"]]


def test_frontiers_refuse_it_by_name() -> None:
    data = both_sites()
    for ask in (lambda: frontier(data), lambda: pricing(data.only("AA"))):
        with pytest.raises(InputError, match=r"load\.moving_share.*--method whole"):
            ask()
    with pytest.raises(InputError, match=r"load\.moving_share"), supply(data, None, cache=False):
        pass


def test_prices_of_limits_come_from_the_whole_model() -> None:
    assert shadow_of_whole(both_sites(), "cost").value <= 123_362_500 * (1 + 1e-9)


@pytest.fixture(scope="module")
def moved(tiny_question: PlanningModel) -> Plan:
    """Method auto: moving asks for the whole model."""
    return solve(tiny_question.with_(load__moving_share=0.3), cache=False)


def test_auto_takes_whole(moved: Plan) -> None:
    assert moved.record["method"] == "whole"
    assert moved.record["flexible"]["moved_in_mwh"] == pytest.approx(
        moved.record["flexible"]["moved_out_mwh"]
    )


def test_redispatch_refuses_it_by_name(moved: Plan) -> None:
    with pytest.raises(InputError, match=r"class by class: load\.moving_share"):
        redispatch(moved)


def test_frontier_asked_for_is_refused_with_the_remedy(tiny_question: PlanningModel) -> None:
    with pytest.raises(InputError, match=r"load\.moving_share couples all sites.*--method whole"):
        tiny_question.with_(load__moving_share=0.3, solve__method="frontier")


def test_work_stays_in_its_case() -> None:
    """Two cases of prices: work moves between the sites within each, and the plan gains by it."""
    data = two_cases(flexible=MOVE, utilisation_share=0.5, sites_max=2, countries_min=2, target_it_mw=20.0)
    solution = solved(data)
    for node in data.nodes:
        cells = [data.cell(c, node) for c in data.classes]
        moved = sum(solution.energy[cell].hourly["moving", "air"] for cell in cells)
        np.testing.assert_allclose(moved, [5.0, 5.0, 5.0], atol=1e-5)
    assert solution.stages[0].value < solved(replace(data, flexible=Flexible())).stages[0].value

"""Firm capacity on site: by hand, by both methods, row by row, audited, and prechecked. Base numbers: tests/build_instance.py."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyomo.environ as pyo
import pytest

from siting.api import solve
from siting.errors import InfeasibleError
from siting.inputs.planning import PlanningModel
from siting.instance.instance import Instance
from siting.instance.precheck import least_capex_eur, precheck
from siting.model.firm import firm
from siting.model.halls import halls
from siting.model.onsite import onsite
from siting.model.storage import storage
from siting.model.terms import Build
from siting.plan.audit import audit
from siting.solver.progress import Clock
from siting.solver.redispatch import operate
from tests.build_instance import BATTERY, GAS, frontier, small_instance, small_plan, solved, total
from tests.model.bend import two_hours
from tests.model.golden import assert_golden
from tests.plan.test_audit import survivors
from tests.solver.test_methods_agree import assert_agree, either

BOTH = pytest.mark.parametrize("solve", [solved, frontier], ids=["whole", "frontier"])
DEAR_GAS = replace(GAS, energy_eur_mwh=100.0, firm=True)  # 120 EUR/MWh: never worth running
LEAKY = replace(BATTERY, efficiency_share=0.1)  # gives back a hundredth: never worth charging


def backed(share: float = 0.5, **changes: Any) -> Instance:
    """Firm capacity is asked for at AA only."""
    return small_instance(**{"gas": DEAR_GAS, "firm_share": {"AA": share}, **changes})


@BOTH
def test_by_hand(solve: Callable[[Instance], Any]) -> None:
    """Half of 1 MW rated, engines at 30,000 EUR/yr a MW: 6,222,000 + 15,000, still below BB's 6,383,000."""
    solution = solve(backed())
    assert solution.modules == {"one": 2}
    assert solution.energy["AA"].capacity["onsite", "gas_engine"] == pytest.approx(10.0, rel=1e-6)
    assert total(solution.cost_eur) == pytest.approx(20 * 6_237_000, rel=1e-6)


@BOTH
def test_backup_too_dear_moves_the_sites(solve: Callable[[Instance], Any]) -> None:
    """6 MW firm per MW cost 180,000 EUR/yr: 6,402,000 at AA, so all goes to BB."""
    assert solve(backed(6.0)).modules == {"two": 2}


@pytest.mark.parametrize(
    ("hours", "mw", "yearly"), [(0.5, 10.0, 25_000.0), (2.0, 0.0, 30_000.0), (None, 0.0, 30_000.0)]
)
def test_a_store_counts_as_long_as_it_lasts(hours: float | None, mw: float, yearly: float) -> None:
    """A firm MW of battery costs 20,000 + hours x 10,000 EUR/yr: 25,000 for half an hour, 40,000 for two (engines: 30,000);
    without stated hours none counts."""
    solution = solved(backed(battery=LEAKY, firm_hours=hours))
    assert total(solution.cost_eur) == pytest.approx(20 * (6_222_000 + 0.5 * yearly), rel=1e-6)
    assert solution.energy["AA"].capacity["store_mw", "battery"] == pytest.approx(mw, abs=1e-6)
    assert solution.energy["AA"].capacity["store_mwh", "battery"] == pytest.approx(
        mw * (hours or 0.0), abs=1e-6
    )


def test_plant_that_follows_the_weather_does_not_count() -> None:
    data = backed(gas=replace(DEAR_GAS, firm=False))
    assert solved(data).modules == {"two": 2}


def test_rated_is_the_hottest_hour() -> None:
    data = backed()
    hot = replace(
        data,
        halls={
            key: replace(h, pue=(1.0, 1.4, 1.0)) if key[0] == "AA" else h for key, h in data.halls.items()
        },
    )
    assert solved(hot).energy["AA"].capacity["onsite", "gas_engine"] == pytest.approx(14.0, rel=1e-6)


@pytest.mark.parametrize(
    "changes",
    [{}, {"battery": BATTERY, "firm_hours": 1.5}, {"gas": replace(GAS, firm=True), "carbon_cap_t": 15_000.0}],
)
def test_whole_and_frontier_agree(changes: dict[str, Any]) -> None:
    assert_agree(backed(1.0, **changes))


def rows(data: Instance) -> pyo.ConcreteModel:
    b = Build(pyo.ConcreteModel("firm"), data)
    b.it_mw = dict.fromkeys(data.cells, 1.0)
    for mechanism in (halls, onsite, storage, firm):
        mechanism(b)
    kept = {"halls_filled", "firm_store_power", "firm_store_energy", "firm_capacity"}
    for name in [v.local_name for v in b.m.component_objects(pyo.Constraint) if v.local_name not in kept]:
        b.m.del_component(name)
    return b.m


def test_rows(tmp_path: Path) -> None:
    assert_golden(rows(two_hours(backed(battery=BATTERY, firm_hours=4.0))), "firm", tmp_path)


def test_off_writes_nothing() -> None:
    names = {
        v.local_name for v in rows(small_instance(gas=GAS, battery=BATTERY)).component_objects(pyo.Constraint)
    }
    assert names == {"halls_filled"}
    assert "firm_store_mw" not in {v.local_name for v in rows(small_instance()).component_objects(pyo.Var)}


@pytest.fixture(scope="module")
def made() -> tuple[Instance, Any]:
    data = backed(battery=LEAKY, firm_hours=0.5)
    return data, small_plan(data)


def test_the_audit_names_missing_capacity(made: tuple[Instance, Any]) -> None:
    data, plan = made
    assert audit(data, plan.record, plan.hourly) == []
    for table in ("store_mw", "store_mwh"):
        record = copy.deepcopy(dict(plan.record))
        record["sites"][0][table]["battery"] *= 0.9
        assert any("one: firm capacity on site asked for" in f for f in audit(data, record, plan.hourly))


def test_the_audit_finds_every_number_changed(made: tuple[Instance, Any]) -> None:
    data, plan = made
    assert not survivors(data, plan)
    record = copy.deepcopy(dict(plan.record))
    del record["sites"][0]["firm"]
    assert audit(data, record, plan.hourly)
    assert audit(replace(data, firm_share={}), plan.record, plan.hourly)


def test_what_binds_is_named(made: tuple[Instance, Any]) -> None:
    _, plan = made
    row = {"limit": "firm on-site capacity, AA", "value": 0.5, "unit": "share of rated load"}
    assert row in plan.record["binding"]
    assert plan.record["sites"][0]["firm"] == pytest.approx({"firm_mw": 10.0, "required_mw": 10.0})


def test_precheck_says_it_in_numbers() -> None:
    """No option that counts at either site; then land: 1 ha a MW of IT holds no 1.2 MW at 1 ha a MW."""
    both = {"AA": 0.5, "BB": 0.5}
    data = small_instance(firm_share=both)
    assert either(solved, data) is None
    with pytest.raises(
        InfeasibleError, match=r"2 of 2 candidates.*one needs 0\.50 MW per MW of IT and can have 0\.00"
    ):
        precheck(data)
    wide = backed(1.2, gas=replace(DEAR_GAS, land_ha_mw=1.0), forced=("one",))
    with pytest.raises(InfeasibleError, match=r"one needs 1\.20 MW per MW of IT and can have 1\.00"):
        precheck(wide)
    precheck(backed())


def test_least_capex_counts_the_backup() -> None:
    """BB undercuts AA by 1,990,000 EUR a MW; with AA alone 0.5 MW of engines add 250,000."""
    alone = backed().only("AA")
    plain = replace(alone, firm_share={})
    assert least_capex_eur(alone) - least_capex_eur(plain) == pytest.approx(20 * 250_000)
    stored = replace(backed(gas=None, battery=BATTERY, firm_hours=4.0).only("AA"))
    assert least_capex_eur(stored) - least_capex_eur(plain) == pytest.approx(20 * 0.5 * 600_000)


def test_a_world_plan_stands_backed(tiny_question: PlanningModel) -> None:
    """As a planner asks for it: engines, and batteries for two hours, for 60 % of the rated load at every site."""
    plan = solve(tiny_question.with_(adequacy__firm_onsite_share=0.6, adequacy__firm_hours=2.0), cache=False)
    for row in plan.record["sites"]:
        assert row["firm"]["firm_mw"] >= row["firm"]["required_mw"] * (1 - 1e-6) > 0


def test_backup_of_typical_days_is_operated_in_a_hotter_year() -> None:
    """Rated load is that of the hours chosen for: a hotter hour later asks for no more plant. 24 MW in hour 1, connection 20 MW;
    the engines that stand for 10 MW carry the rest."""
    data = backed(battery=LEAKY, firm_hours=2.0)
    plan = solved(data)
    hot = {key: replace(h, pue=(1.0, 1.2, 1.0)) for key, h in data.halls.items()}
    capacity = {c: e.capacity for c, e in plan.energy.items()}
    again = operate(replace(data, halls=hot), plan.modules, capacity, Clock(60.0))
    assert again.unserved_mw["AA"] == pytest.approx([0.0, 0.0, 0.0], abs=1e-6)
    assert again.solution.energy["AA"].hourly["gen", "gas_engine"] == pytest.approx([0.0, 4.0, 0.0], abs=1e-6)

"""What an interior point leaves of an option it does without is no capacity in any table, and all sums still hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from siting.output.gis import site_rows
from siting.plan.audit import audit
from siting.plan.audit_files import audit_files
from siting.solver.solution import Solution
from tests.build_instance import BATTERY, GAS, small_instance, small_plan, solved

DEAR = replace(GAS, energy_eur_mwh=400.0)  # stands still in the optimum, as the battery does
DATA = small_instance(battery=BATTERY, gas=DEAR)
DUST = 8e-6  # MW: 0.4 W per MW of the 20 MW of IT that are built


def with_plant(mw: float) -> Solution:
    """The plan of the small instance, with this much plant and storage, of which a hundredth runs."""
    solution = solved(DATA)
    e = solution.energy["AA"]
    sizes = {("onsite", "gas_engine"): mw, ("store_mw", "battery"): mw, ("store_mwh", "battery"): 2 * mw}
    hourly = {**e.hourly, ("gen", "gas_engine"): np.full(3, mw / 100)}
    energy = {**solution.energy, "AA": replace(e, capacity={**e.capacity, **sizes}, hourly=hourly)}
    return replace(solution, energy=energy)


def test_dust_is_in_no_table_and_the_audit_holds(tmp_path: Path) -> None:
    plan = small_plan(DATA, with_plant(DUST))
    small = plan.supply.set_index("option")[["supply_mw", "store_mwh", "supply_mwh", "sold_mwh"]]
    assert (small.loc[["gas_engine", "battery"]] == 0.0).all(axis=None)
    assert small.at["grid", "supply_mw"] == pytest.approx(20.0)
    (site,) = [row for row in site_rows(plan) if row["selected"]]
    assert list(site["energy_mix"]) == ["grid"]
    assert plan.record["sites"][0]["supply_mw"]["gas_engine"] == DUST  # the hours of the plan balance with it
    assert audit(DATA, plan.record, plan.hourly) == []
    plan.save(tmp_path / "out")
    assert audit_files(tmp_path / "out", plan.record, plan.hourly) == []


def test_what_is_more_than_dust_stays() -> None:
    plan = small_plan(DATA, with_plant(10 * DUST))
    small = plan.supply.set_index("option")
    assert small.at["gas_engine", "supply_mw"] == 10 * DUST
    assert small.at["gas_engine", "supply_mwh"] == pytest.approx(DUST / 10 * 3_000.0)
    assert small.at["battery", "store_mwh"] == 20 * DUST


def test_the_audit_still_finds_plant_that_a_table_leaves_out(tmp_path: Path) -> None:
    plan = small_plan(DATA, with_plant(10 * DUST))
    cut = plan.supply.assign(supply_mw=plan.supply["supply_mw"].where(plan.supply["option"] == "grid", 0.0))
    replace(plan, supply=cut).save(tmp_path / "out")
    found = audit_files(tmp_path / "out", plan.record, plan.hourly)
    assert any("supply_mw of ('one', 'gas_engine')" in text for text in found)

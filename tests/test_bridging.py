"""A site whose grid comes later: engines first, grid and contracts then; without a bridge the compute starts later."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import siting
from siting.errors import InfeasibleError, InputError
from siting.inputs.load import load
from siting.plan.audit_horizon import audit_horizon

ONE_SITE: dict[str, Any] = {
    "horizon.periods": [2029, 2033],
    "horizon.end_year": 2040,
    "sites.where.countries": ["ES"],
    "sites.forbid": ["es-zaragoza"],
    "sites.min": 1,
    "sites.max": 1,
    "sites.min_countries": 1,
    "target.it_mw": [20.0, 40.0],
}


@pytest.fixture(scope="module")
def model_of(tiny_model: Path) -> Any:
    """The tiny model in two periods: Sevilla waits six years for its grid."""
    return lambda **changes: load(tiny_model, {**ONE_SITE, **changes})


@pytest.fixture(scope="module")
def plans(model_of: Any) -> dict[str, siting.Plan]:
    return {method: siting.solve(model_of(**{"solve.method": method})) for method in ("frontier", "whole")}


def test_engines_first_and_the_grid_later(plans: dict[str, siting.Plan]) -> None:
    for plan in plans.values():
        road = plan.roadmap
        first = road[road["period"] == 2029].set_index("option")["new_mw"]
        later = road[road["period"] == 2033].set_index("option")["new_mw"]
        assert first["it"] == 20.0 and first["gas_engine"] > 15.0 and "grid connection" not in first
        assert later["it"] == 20.0 and later["grid connection"] > 15.0
        assert plan.record["horizon"]["first_power"] == {"es-sevilla": 2029}
        early, late = plan.at(2029), plan.at(2033)
        assert early.totals["carbon_g_kwh"] > 2 * late.totals["carbon_g_kwh"]
        mean = sum(
            row["discounted_years"] * plan.at(row["period"]).totals["cost_eur_yr"]
            for row in plan.record["horizon"]["periods"]
        )
        assert plan.record["horizon"]["npv_eur"] == pytest.approx(mean, rel=1e-9)
        assert "engine" in plan.summary() and "2029" in plan.summary()


def test_both_methods_find_the_same_cost(plans: dict[str, siting.Plan]) -> None:
    one, two = (plan.objective for plan in plans.values())
    assert one == pytest.approx(two, rel=0.005)


def test_without_a_bridge_compute_starts_later(model_of: Any) -> None:
    grid_only = {"power.options": ["grid"]}
    with pytest.raises(
        InfeasibleError, match=r"target of 2029 needs 20\.0 MW of IT, but sites with power by then hold 0\.0"
    ):
        siting.solve(model_of(**grid_only))
    plan = siting.solve(model_of(**grid_only, **{"target.it_mw": [0.0, 40.0]}))
    assert plan.record["horizon"]["first_power"] == {"es-sevilla": 2033}
    assert plan.at(2029).totals["it_mw"] == 0.0


def test_one_number_is_asked_for_in_every_period(model_of: Any) -> None:
    plan = siting.solve(model_of(**{"target.it_mw": 40.0}))
    assert [plan.at(year).totals["it_mw"] for year in (2029, 2033)] == [40.0, 40.0]


def test_the_folder_holds_every_period_and_audits(plans: dict[str, siting.Plan], tmp_path: Path) -> None:
    folder = plans["frontier"].save(tmp_path / "out")
    assert {"2029", "2033", "roadmap.csv", "plan.json"} <= {path.name for path in folder.iterdir()}
    assert siting.audit_folder(folder) == []
    back = siting.read_plan(folder)
    assert back.at(2029).totals == pytest.approx(plans["frontier"].at(2029).totals)
    assert list(pd.read_csv(folder / "roadmap.csv")["period"].unique()) == [2029, 2033]
    plans["frontier"].save(folder, overwrite=True)
    path = folder / "2029" / "plan.json"
    record = json.loads(path.read_text())
    record["sites"][0]["supply_mw"]["gas_engine@2029"] *= 2
    path.write_text(json.dumps(record))
    assert any("gas_engine@2029" in finding for finding in siting.audit_folder(folder))


def test_what_joins_the_periods_is_audited(plans: dict[str, siting.Plan], model_of: Any) -> None:
    plan = plans["whole"]
    data = siting.api.prepare(model_of()).data
    stages = {label: (own.record, own.hourly) for label, own in plan.stages.items()}
    assert audit_horizon(data, plan.record, stages) == []
    off = {**plan.record, "horizon": {**plan.record["horizon"], "cost_eur_yr": 1.0, "capex_eur": 1.0}}
    words = " ".join(audit_horizon(data, off, stages))
    assert "horizon: cost_eur_yr" in words and "horizon: capex_eur" in words
    for entry in ("npv_eur", "carbon_t"):
        off = {**plan.record, "horizon": {**plan.record["horizon"], entry: 1.0}}
        assert any(f"horizon: {entry}" in text for text in audit_horizon(data, off, stages))
    off = {**plan.record, "horizon": {**plan.record["horizon"], "first_power": {"es-sevilla": 2033}}}
    assert any("first_power" in text for text in audit_horizon(data, off, stages))
    off = {**plan.record, "totals": {**plan.record["totals"], "it_mw": 1.0}}
    assert any("totals: it_mw" in text for text in audit_horizon(data, off, stages))
    shrunk = {**plan.at(2033).record, "sites": [{**plan.at(2033).record["sites"][0], "it_mw": 10.0}]}
    words = " ".join(audit_horizon(data, plan.record, {**stages, "2033": (shrunk, plan.at(2033).hourly)}))
    assert "es-sevilla: it_mw of 2033 against 2029" in words
    assert audit_horizon(data, plan.record, {"2029": stages["2029"]}) == ["the plan lacks 2033"]


def test_cases_in_one_plan(tiny_model: Path, tmp_path: Path) -> None:
    """Two cases of the gas and grid price: one investment, an operation each; the dearest case costs what is minimised."""
    cases = {
        "usual": {"probability": 0.75},
        "dear": {"probability": 0.25, "factors": {"grid_price": 2.0, "gas_price": 2.0}},
    }
    plans = {}
    for measure in ("expected", "worst"):
        model = load(tiny_model, {"uncertainty": {"cases": cases, "measure": measure}})
        plans[measure] = siting.solve(model)
        assert set(plans[measure].stages) == {"2030/usual", "2030/dear"}
    worst = plans["worst"]
    assert worst.record["objective"]["name"] == "risk"
    dearest = max(stage.totals["cost_eur_yr"] for stage in worst.stages.values())
    assert worst.objective == pytest.approx(dearest, rel=1e-3)
    assert dearest <= max(s.totals["cost_eur_yr"] for s in plans["expected"].stages.values()) * 1.005
    assert siting.audit_folder(worst.save(tmp_path / "out")) == []


def halves(second: float) -> dict[str, Any]:
    return {"a": {"probability": 0.5}, "b": {"probability": second}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"horizon.end_year": None}, "several periods need end_year"),
        ({"horizon.periods": [2033, 2029]}, "not in order"),
        ({"target.it_mw": [1.0, 2.0, 3.0]}, "target lists 3 values for 2 periods"),
        ({"carbon.cap_t_yr_by_period": [1.0, 2.0, 3.0]}, "carbon.cap_t_yr_by_period lists 3 values"),
        ({"scenario.by_period": {"2031": {"grid_carbon": 0.5}}}, "scenario.by_period names 2031"),
        ({"uncertainty": {"cases": halves(0.4), "measure": "expected"}}, "add up to 0.9"),
        ({"uncertainty": {"cases": halves(0.5), "measure": "cvar"}}, "tail_share"),
    ],
)  # fmt: skip
def test_bad_horizons_are_named(tiny_model: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        load(tiny_model, {**ONE_SITE, **changes})


def test_studies_of_one_year_say_so(plans: dict[str, siting.Plan], model_of: Any) -> None:
    for study in (siting.pareto, siting.alternatives, siting.explain, siting.robust):
        with pytest.raises(InputError, match="one period"):
            study(model_of())
    with pytest.raises(InputError, match=r"plan\.at\(2029\)"):
        siting.redispatch(plans["whole"])

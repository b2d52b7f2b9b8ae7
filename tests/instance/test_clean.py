"""Matching scopes, life-cycle cap, intensities and embodied carbon, from the planning model and the tables to the instance."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from siting.api import prepare, solve
from siting.errors import InputError
from siting.inputs.planning import PlanningModel

HOURLY = {"kind": "hourly", "cfe_score_min": 0.9, "excess_share_max": 0.2}


def test_portfolio_is_the_default(tiny_question: PlanningModel) -> None:
    data = prepare(tiny_question.with_(**{"power.matching": HOURLY})).data
    assert data.limits["clean",].value == 0.9
    assert data.matched_locally is None


def test_a_row_for_every_country(tiny_question: PlanningModel) -> None:
    data = prepare(tiny_question.with_(**{"power.matching": {**HOURLY, "scope": "country"}})).data
    named = {r[1]: limit.value for r, limit in data.limits.items() if r[0] == "clean_in"}
    assert named == dict.fromkeys({site.country for site in data.sites.values()}, 0.9)
    assert ("clean",) not in data.limits


def test_a_local_rule(tiny_question: PlanningModel) -> None:
    data = prepare(tiny_question.with_(**{"power.matching": {**HOURLY, "scope": "site"}})).data
    assert data.matched_locally == ("hourly", 0.9)
    assert not [r for r in data.limits if r[0] in {"clean", "clean_in"}]


@pytest.mark.parametrize("scope", ["country", "site"])
def test_no_rule_in_any_scope(tiny_question: PlanningModel, scope: str) -> None:
    none = {"kind": "none", "cfe_score_min": None, "excess_share_max": 0.2, "scope": scope}
    data = prepare(tiny_question.with_(**{"power.matching": none})).data
    assert data.matched_locally is None
    assert not [r for r in data.limits if r[0].startswith("clean")]


def test_an_unknown_scope_is_named(tiny_question: PlanningModel) -> None:
    with pytest.raises(InputError, match=r"power\.matching\.scope"):
        tiny_question.with_(**{"power.matching": {**HOURLY, "scope": "zone"}})


def test_a_negative_cap_is_named(tiny_question: PlanningModel) -> None:
    with pytest.raises(InputError, match=r"carbon\.cap_lifecycle_t_yr"):
        tiny_question.with_(**{"carbon.cap_lifecycle_t_yr": -1.0})


def test_the_cap_is_a_limit(tiny_question: PlanningModel) -> None:
    data = prepare(tiny_question.with_(**{"carbon.cap_lifecycle_t_yr": 5e4})).data
    assert (data.limits["lifecycle",].value, data.limits["lifecycle",].unit) == (5e4, "t/yr")


def test_marginal_needs_its_series(tiny_question: PlanningModel) -> None:
    with pytest.raises(InputError, match=r"carbon\.intensity marginal: zone '[A-Z]+' has no marginal_g_kwh"):
        prepare(tiny_question.with_(**{"carbon.intensity": "marginal"}))


@pytest.fixture
def own_world(tiny_question: PlanningModel, tmp_path: Path) -> PlanningModel:
    """The tiny world with marginal intensities (twice the average), a residual mix in FR and embodied tonnes."""
    world = tmp_path / "own"
    shutil.copytree(tiny_question.world, world)
    path = world / "series" / "2019.parquet"
    frame = pd.read_parquet(path)
    zones = [c.split(":")[1] for c in frame.columns if c.startswith("carbon_g_kwh:")]
    frame.assign(**{f"marginal_g_kwh:{z}": 2 * frame[f"carbon_g_kwh:{z}"] for z in zones}).to_parquet(path)
    rows = {
        "zone_values": "FR,residual_mix_g_kwh,90,g/kWh,2030,scenario,",
        "cooling": "direct_to_chip,embodied_t_mw,400,t/MW,2030,scenario,",
        "accelerators": "GB200,embodied_t_mw,2500,t/MW,2030,scenario,",
    }
    for name, row in rows.items():
        table = world / f"{name}.csv"
        text = table.read_text(encoding="utf-8")
        source = text.strip().splitlines()[-1].split(",")[6]
        table.write_text(f"{text.rstrip()}\n{row}{source},a test\n", encoding="utf-8")
    return tiny_question.model_copy(update={"world": str(world)})


def test_what_an_own_world_brings(own_world: PlanningModel) -> None:
    average = prepare(own_world).data
    marginal = prepare(own_world.with_(**{"carbon.intensity": "marginal"})).data
    for c in average.grid_carbon_t_mwh:
        assert marginal.grid_carbon_t_mwh[c] == pytest.approx(
            [2 * t for t in average.grid_carbon_t_mwh[c]], rel=1e-6
        )
        mix = 0.09 if average.zone[c] == "FR" else None
        expected = [mix] * len(average.weight) if mix else average.grid_carbon_t_mwh[c]
        assert marginal.residual_t_mwh[c] == pytest.approx(list(expected))
    assert average.embodied_t_mw == {"direct_to_chip": 400.0, "accelerators": 2500.0}


def test_a_plan_of_an_own_world(own_world: PlanningModel) -> None:
    """60 MW of IT: 24,000 t of buildings and 150,000 t of accelerators; both kinds of tonnes are audited and told."""
    plan = solve(own_world)
    assert plan.record["embodied"] == pytest.approx({"building_t": 24_000.0, "accelerators_t": 150_000.0})
    assert "market-based" in plan.summary()
    assert plan.emissions["carbon_market_t_yr"].sum() == pytest.approx(plan.totals["carbon_market_t_yr"])

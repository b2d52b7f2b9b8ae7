"""National rules, water stress and heat networks from the tiny world: what they make of its instance, in words and numbers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from siting import api
from siting.cli import app
from siting.errors import InfeasibleError, InputError
from siting.inputs.finance import annuity_share
from siting.inputs.load import load
from siting.inputs.planning import PlanningModel
from siting.inputs.rules import COLUMNS
from siting.instance.instance import Instance

BASE = {"status": "in_force", "year": "2026", "kind": "scenario", "source": "test"}
PUE = {
    **BASE,
    "rule": "fr-pue",
    "country": "FR",
    "subject": "pue_max",
    "value": "1.2",
    "unit": "ratio",
    "grace_yr": "2",
}
GREEN = {
    **BASE,
    "rule": "fr-green",
    "country": "FR",
    "subject": "renewable_share_min",
    "value": "0.5",
    "unit": "share",
}
LATER = {**GREEN, "rule": "fr-later", "value": "0.9", "grace_yr": "6", "commissioned_from": "2030-01-01"}
HEAT = {
    **BASE,
    "rule": "fr-heat",
    "country": "FR",
    "subject": "heat_reuse_share_min",
    "value": "0.2",
    "unit": "share",
}
FIRM = {
    **BASE,
    "rule": "fr-firm",
    "country": "FR",
    "subject": "firm_onsite_share_min",
    "value": "0.5",
    "unit": "share",
}
PAUSE = {**BASE, "rule": "se-pause", "country": "SE", "subject": "grid_pause", "applies_from": "2026-03-02"}
REGION = {
    **BASE,
    "rule": "es-region",
    "country": "ES",
    "subject": "region_only",
    "threshold_mw": "40",
    "threshold_basis": "connection",
    "regions": "Aragon",
    "sites": "es-zaragoza",
}
DRAFT = {**PUE, "rule": "fr-draft", "status": "draft", "value": "1.15"}


@pytest.fixture
def question(tiny_world: Path, tiny_model: Path, tmp_path: Path) -> Any:
    """Makes the tiny question under rules: a world of its own with those rows, and `renewable` in its options."""

    def made(*rows: dict[str, str], renewable: bool = True, **changes: Any) -> PlanningModel:
        world = tmp_path / "ruled"
        shutil.copytree(tiny_world, world, dirs_exist_ok=True)
        lines = [",".join(COLUMNS), *(",".join(row.get(c, "") for c in COLUMNS) for row in rows)]
        (world / "rules.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        if renewable:
            options = pd.read_csv(world / "options.csv", dtype=str, keep_default_na=False)
            options["renewable"] = [
                "true" if k.startswith(("solar", "onwind", "onsite_solar")) else "false"
                for k in options["option"]
            ]
            options.to_csv(world / "options.csv", index=False)
        asked = {"world": str(world), "rules.national": True}
        return load(
            tiny_model, {**asked, **{key.replace("__", "."): value for key, value in changes.items()}}
        )

    return made


def data_of(model: PlanningModel) -> Instance:
    return api.assembled(model).data


def rules_in(data: Instance, cell: str) -> dict[str, float]:
    return {duty.rule: duty.value for duty in data.duties.get(cell, ())}


def test_rules_hold_in_their_country_alone_and_off_means_off(question: Any) -> None:
    data = data_of(question(PUE, GREEN, FIRM))
    assert rules_in(data, "FR") == {"fr-pue": 1.2, "fr-green": 0.5, "fr-firm": 0.5}
    assert set(data.duties) == {"FR"}
    assert data.renewable == {"FR": ("solar_ppa", "onwind_ppa", "onsite_solar")}
    assert data.firm_share == {"FR": 0.5}
    off = data_of(question(PUE, GREEN, FIRM, rules__national=False))
    assert (off.duties, off.renewable, off.firm_share) == ({}, {}, {})


def test_a_stricter_share_of_the_planner_stays(question: Any) -> None:
    data = data_of(question(FIRM, adequacy={"firm_onsite_share": 0.8, "firm_hours": None}))
    assert data.firm_share == {"ES": 0.8, "ES off-grid": 0.8, "FR": 0.8, "SE": 0.8}


def test_rules_left_out_and_drafts(question: Any) -> None:
    assert rules_in(data_of(question(PUE, DRAFT)), "FR") == {"fr-pue": 1.2}
    assert rules_in(data_of(question(PUE, DRAFT, rules__drafts=True)), "FR") == {
        "fr-pue": 1.2,
        "fr-draft": 1.15,
    }
    data = data_of(question(PUE, DRAFT, rules__drafts=True, rules__except=["fr-pue"]))
    assert rules_in(data, "FR") == {"fr-draft": 1.15}
    assert "drafts of law that bind here: fr-draft" in data.notes


def test_grace_counts_from_commissioning_where_there_are_periods(question: Any) -> None:
    """Sites of 2030 owe `fr-later` from 2036 on: in the period that begins 2035, not before; those of 2028 never. A typical year
    alone takes it at once."""
    assert rules_in(data_of(question(LATER)), "FR") == {"fr-later": 0.9}
    assert (
        "a typical year: rules with years of grace hold in full, fr-later (6)"
        in data_of(question(LATER)).notes
    )
    periods = {"horizon.periods": [2030, 2035], "horizon.end_year": 2040, "target.it_mw": [30, 60]}
    data = data_of(question(LATER, **periods))
    assert rules_in(data, "FR@2030") == {}
    assert rules_in(data, "FR@2035") == {"fr-later": 0.9}
    assert "onwind_ppa@2030" in data.renewable["FR@2035"]


def test_a_pause_takes_the_connection(question: Any) -> None:
    data = data_of(question(PAUSE))
    assert data.sites["se-lulea"].supply_class == "SE off-grid"
    assert (
        "se-pause: no connection to the grid is agreed on in SE, its end is not known; 2 candidates"
        in data.notes
    )
    assert any(
        "1 of 6 candidates have no grid connection by 2030 (grid_wait_yr)" in note for note in data.notes
    )


def test_an_end_of_the_pause_delays_it(question: Any) -> None:
    """Agreements at the end of 2028, waits of 2 years (se-lulea) and 4 (se-malmo): by 2030 and 2032."""
    data = data_of(question({**PAUSE, "applies_to": "2028-06-30"}))
    assert data.sites["se-lulea"].supply_class == "SE"
    assert data.sites["se-malmo"].supply_class == "SE off-grid"
    assert any("agreements from 2028 on; 2 candidates" in note for note in data.notes)
    ignored = data_of(question({**PAUSE, "applies_to": "2031-06-30"}, sites__grid_wait="ignore"))
    assert ignored.sites["se-lulea"].supply_class == "SE off-grid"


def test_outside_the_regions_sites_stay_below_the_threshold(question: Any) -> None:
    """40 MW of connection at the worst PUE of 1.1 and more: three modules of 10 MW."""
    free, held = data_of(question()), data_of(question(REGION))
    assert free.sites["es-sevilla"].max_mw == 50.0
    assert held.sites["es-sevilla"].max_mw == 30.0
    assert held.sites["es-zaragoza"].max_mw == free.sites["es-zaragoza"].max_mw
    assert any(
        "es-region: 1 candidate outside Aragon kept below 40 MW of connection; 0 of them" in note
        for note in held.notes
    )


def test_a_threshold_among_the_sizes_is_read_strictly_and_said(question: Any) -> None:
    data = data_of(question({**PUE, "threshold_mw": "30", "threshold_basis": "it"}))
    assert rules_in(data, "FR") == {"fr-pue": 1.2}
    assert "fr-pue begins at 30 MW of it; it is put to smaller sites too" in data.notes
    assert data_of(question({**PUE, "threshold_mw": "300", "threshold_basis": "it"})).duties == {}


def test_heat_is_a_duty_only_where_a_network_is_modelled(question: Any) -> None:
    data = data_of(question(HEAT))
    assert data.duties == {}
    assert (
        "fr-heat (share of energy reused as heat 0.2) is not modelled: no heat network (heat)" in data.notes
    )
    heat = {
        "price_eur_mwh": 15.0,
        "reuse_share_max": 0.3,
        "connection_eur_mw": 200_000.0,
        "countries": ["FR"],
    }
    data = data_of(question(HEAT, heat=heat))
    assert rules_in(data, "FR") == {"fr-heat": 0.2}
    assert set(data.heat) == {"FR"}
    assert data.heat["FR"].yearly_eur_mw == pytest.approx(
        200_000 * annuity_share(0.08, 15)
    )  # 7 % and France's 1 %


def test_plans_under_rules_are_audited_and_name_them(question: Any) -> None:
    green = {**GREEN, "country": "EU", "rule": "eu-green", "value": "0.7"}
    plan = api.solve(question(green, PAUSE), cache=False)
    assert {rule["rule"] for row in plan.record["sites"] for rule in row["rules"]} == {"eu-green"}
    assert all(row["rules"][0]["used"] >= 0.7 - 1e-6 for row in plan.record["sites"])
    assert any(entry.get("rule") == "eu-green" for entry in plan.record["binding"])


def test_check_prints_the_rules_that_concern_the_model(question: Any, tmp_path: Path) -> None:
    path = tmp_path / "asked.yaml"
    path.write_text(
        question(PUE, HEAT, DRAFT, PAUSE, REGION).model_dump_json(by_alias=True), encoding="utf-8"
    )
    text = CliRunner().invoke(app, ["check", str(path)]).output
    assert "national rule: fr-pue (FR): pue_max 1.2 [test], holds" in text
    assert "fr-heat (FR): heat_reuse_share_min 0.2 [test], not modelled: no heat network (heat)" in text
    assert "fr-draft (FR): pue_max 1.15 [test], draft, not asked for (rules.drafts)" in text
    assert "se-pause (SE): grid_pause [test], holds" in text
    assert "es-region (ES): region_only [test], holds" in text
    off = CliRunner().invoke(app, ["check", str(path), "--set", "rules.national=false"]).output
    assert "fr-pue (FR): pue_max 1.2 [test], not asked for (rules.national)" in off


@pytest.mark.parametrize(
    ("rows", "changes", "words"),
    [
        ((PUE,), {"rules__except": ["fr-pui"]}, "rules.except: 'fr-pui' is not in rules.csv of world ruled"),
        ((GREEN,), {"renewable": False}, "ruled/options.csv: no column 'renewable'"),
        ((), {"heat": {"price_eur_mwh": 1.0, "reuse_share_max": 0.1, "connection_eur_mw": 1.0, "countries": ["XX"]}},
         "heat.countries: 'XX' is not in world"),
        (({**PUE, "value": "0.5"},), {}, "rules.csv row 2 (fr-pue): value '0.5'; pue_max lies between 1 and 10"),
    ],
)  # fmt: skip
def test_bad_input(question: Any, rows: Any, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as error:
        data_of(question(*rows, **changes))
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"water.stress_max": 3.0}, "stress_max and unknown go together"),
        ({"water.unknown": "accept"}, "stress_max and unknown go together"),
        ({"water.allowance_m3_yr": -1.0}, "water.allowance_m3_yr"),
        ({"heat": {"price_eur_mwh": 1.0, "reuse_share_max": 0.1}}, "heat.connection_eur_mw"),
        (
            {"heat": {"price_eur_mwh": 1.0, "reuse_share_max": 1.1, "connection_eur_mw": 0.0}},
            "heat.reuse_share_max",
        ),
        ({"rules.excpt": ["a"]}, "except"),
        ({"rules.except": ["a", "a"]}, "names a twice"),
    ],
)
def test_bad_sections(tiny_model: Path, change: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as error:
        load(tiny_model, change)
    assert words in str(error.value)


def stressed(world: Path, **scores: float) -> None:
    """Water stress scores put into a copy of the world."""
    with (world / "country_values.csv").open("a", encoding="utf-8") as file:
        for country, score in scores.items():
            file.write(f"{country},water_stress_score,{score},score 0-5,2026,scenario,test,\n")


WET = {"load.accelerator": "GB200", "load.cooling": ["air", "direct_to_chip"]}


def watered(question: Any, scores: dict[str, float], **changes: Any) -> PlanningModel:
    """Air may carry any rack here, so that both coolings are open."""
    model: PlanningModel = question(rules__national=False, **{**WET, **changes})
    world = Path(model.world)
    cooling = (
        (world / "cooling.csv")
        .read_text(encoding="utf-8")
        .replace("air,rack_kw_max,40,", "air,rack_kw_max,400,")
    )
    (world / "cooling.csv").write_text(cooling, encoding="utf-8")
    stressed(world, **scores)
    return model


def test_water_stress_bars_evaporation(question: Any) -> None:
    asked = {"water.stress_max": 3.0, "water.unknown": "refuse"}
    data = data_of(watered(question, {"ES": 4.0, "FR": 2.0}, **asked))
    assert data.cooling_of("ES") == ["direct_to_chip"]
    assert data.cooling_of("FR") == ["air", "direct_to_chip"]
    assert data.cooling_of("SE") == ["direct_to_chip"], "no score: refused"
    assert "air cooling evaporates water and is barred in ES, SE (water.stress_max 3)" in data.notes


def test_unknown_stress_accepted(question: Any) -> None:
    asked = {"water.stress_max": 3.0, "water.unknown": "accept"}
    data = data_of(watered(question, {"ES": 4.0}, **asked))
    assert data.cooling_of("SE") == ["air", "direct_to_chip"]


def test_no_cooling_left(question: Any) -> None:
    alone = {"load.cooling": ["air"], "water.stress_max": 3.0, "water.unknown": "accept"}
    data = data_of(watered(question, {"ES": 4.0}, **alone))
    assert {site.country for site in data.sites.values()} == {"FR", "SE"}
    assert "2 of 6 candidates have no cooling left under water.stress_max 3" in data.notes


def test_no_cooling_left_at_a_forced_site_or_anywhere(question: Any) -> None:
    alone = {"load.cooling": ["air"], "water.stress_max": 0.5, "water.unknown": "accept"}
    model = watered(question, {"ES": 4.0, "FR": 1.0, "SE": 1.0}, **alone)
    with pytest.raises(InfeasibleError, match=r"leaves none of 6 candidates a cooling system"):
        data_of(model)
    with pytest.raises(
        InputError, match=r"sites.force: 'fr-lyon' has no cooling left under water.stress_max 0.5"
    ):
        data_of(model.with_(sites__force=["fr-lyon"]))


def test_unknown_wue_is_refused_where_water_is_limited(question: Any) -> None:
    model = question(rules__national=False, **{"water.allowance_m3_yr": 1e6})
    path = Path(model.world) / "cooling.csv"
    rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text(
        "\n".join(r for r in rows if not r.startswith("direct_to_chip,wue")) + "\n", encoding="utf-8"
    )
    with pytest.raises(InputError, match=r"quantity 'wue_l_kwh', which water.allowance_m3_yr needs"):
        data_of(model)
    free = data_of(model.with_(water__allowance_m3_yr=None))
    assert free.halls["FR", "direct_to_chip"].water_l_kwh is None


def test_a_limit_on_water_holds_in_every_period(question: Any) -> None:
    periods = {"horizon.periods": [2030, 2035], "horizon.end_year": 2040, "target.it_mw": [30, 60]}
    data = data_of(question(rules__national=False, **periods, **{"water.allowance_m3_yr": 1e6}))
    assert data.limits["water", "2030"].value == data.limits["water", "2035"].value == 1e6

"""Programmes 7 to 11: each loads, checks and solves small, and what it takes from announcements is a row of announced.csv."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

import siting
from siting import api
from siting.errors import InputError
from siting.inputs.load import load
from siting.inputs.places import MODELS, WORLDS
from siting.inputs.world import find_world, read_world
from siting.output.programmes_page import page_text, write_page
from siting.plan.plan import Plan
from siting.plan.read import read_plan
from siting.study.compare import bn_eur_gw, power_year, side_by_side, t_per_eflop_year
from siting.study.programmes import (
    COLUMNS,
    announced_bn_gw,
    beside_announced,
    programme_table,
    read_announced,
)

pytestmark = pytest.mark.skipif(
    not (WORLDS / "eu27" / "series" / "2019.parquet").is_file(), reason="the world eu27 has no hourly series"
)

TWO_DAYS = {"time.representative": {"periods": 2, "hours": 24, "keep": []}, "solve.threads": 1}
# few places for each, so that it solves in seconds: the full questions are benchmarks (tests/benchmarks/programmes.py)
SMALL: dict[str, dict[str, Any]] = {
    "colossus-eu": {"sites.where.countries": ["FR", "SE"]},
    "nuclear-ppa": {"sites.where.countries": ["FR"]},
    "stargate-10gw": {"sites.where.countries": ["FR", "SE"], "target.it_mw": 2000},
    "alibaba-3y": {"sites.where.countries": ["FR"], "budget.capex_eur": 10e9},
    "wuhu-campus": {"sites.where.countries": ["FR"]},
    "cooling-choice": {},
}
OVERLAYS = {
    "colossus-bridging": "colossus-eu",
    "ppa-nuclear": "nuclear-ppa",
    "ppa-new-clean": "nuclear-ppa",
    "ppa-smr": "nuclear-ppa",
    "stargate-100bn": "stargate-10gw",
    "stargate-500bn": "stargate-10gw",
    "stargate-2028": "stargate-10gw",
    "stargate-2029": "stargate-10gw",
    "cooling-air": "cooling-choice",
    "cooling-direct": "cooling-choice",
    "cooling-immersion": "cooling-choice",
}


def value(announced: Any, programme: str, quantity: str) -> float:
    rows = announced[(announced["programme"] == programme) & (announced["quantity"] == quantity)]
    assert len(rows) == 1, f"{programme}, {quantity}: {len(rows)} rows"
    return float(rows["value"].iloc[0])


@pytest.fixture(scope="module")
def announced() -> Any:
    return read_announced(MODELS / "announced.csv")


@pytest.fixture(scope="module")
def plans() -> dict[str, Plan]:
    """Each programme solved small; a plan whose audit fails is an error of solve."""
    return {name: siting.solve(load(name, {**TWO_DAYS, **changes})) for name, changes in SMALL.items()}


@pytest.mark.parametrize("name", SMALL)
def test_a_programme_checks_as_it_ships(name: str) -> None:
    model = load(name)
    assert model.solve.gap_share <= 0.01
    assert api.check(model).numbers


@pytest.mark.parametrize(("overlay", "name"), OVERLAYS.items())
def test_an_overlay_changes_its_model(overlay: str, name: str) -> None:
    assert load(name, portfolio=overlay) != load(name)


@pytest.mark.parametrize("name", SMALL)
def test_it_solves_small_to_its_gap(plans: dict[str, Plan], name: str) -> None:
    assert plans[name].status == "optimal"
    assert plans[name].gap <= 0.01


def test_parameters_are_the_announced_figures(announced: Any) -> None:
    world = read_world(find_world("eu27"))
    usd = world.parameter("usd_per_eur")
    colossus = load("colossus-eu").target
    assert colossus is not None and colossus.accelerators == (
        value(announced, "colossus-eu", "accelerators"),
        value(announced, "colossus-eu", "accelerators_goal"),
    )
    stargate = load("stargate-10gw").target
    assert stargate is not None and stargate.it_mw == value(announced, "stargate-10gw", "power_mw")
    for name, overlay, quantity in (
        ("alibaba-3y", None, "capex_usd_bn"),
        ("wuhu-campus", None, "capex_usd_bn"),
        ("stargate-10gw", "stargate-100bn", "capex_usd_bn_first"),
        ("stargate-10gw", "stargate-500bn", "capex_usd_bn"),
    ):
        asked = load(name, portfolio=overlay).budget.capex_eur
        assert asked == pytest.approx(value(announced, name, quantity) / usd * 1e9, rel=2e-3)
    clinton = load("nuclear-ppa")
    assert clinton.target is not None and isinstance(clinton.target.it_mw, float)
    pue = world.value("cooling", "direct_to_chip", "pue_base")
    mean_mw = clinton.target.it_mw * clinton.load.utilisation_share * pue
    assert mean_mw == pytest.approx(value(announced, "nuclear-ppa", "contract_mw"), rel=5e-3)


def test_cold_air_needs_less_power_than_hot_air(plans: dict[str, Plan]) -> None:
    """The same hall in Finland and Greece: with air the PUE follows the climate, and no cooling saves the 40 % claimed."""
    by_air = siting.solve(load("cooling-choice", TWO_DAYS, "cooling-air"))
    pue = by_air.chosen.set_index("country")["pue"].astype(float)
    assert pue["FI"] < pue["DE"] < pue["GR"]
    best = plans["cooling-choice"].totals["facility_mwh"] / by_air.totals["facility_mwh"]
    assert 0.6 < best < 1.0


def test_the_year_of_power_of_a_phased_programme_is_its_first_period(plans: dict[str, Plan]) -> None:
    years = power_year(plans["colossus-eu"])
    assert years.min() == 2028 and years.isin([2028, 2030]).all()


def test_rows_by_hand(plans: dict[str, Plan], announced: Any) -> None:
    plan = plans["wuhu-campus"]
    totals = plan.totals
    assert bn_eur_gw(plan) == pytest.approx((totals["capex_eur"] / 1e9) / (totals["it_mw"] / 1e3))
    exaflops = totals["accelerators"] * 2500e12 / 1e18  # GB200, dense BF16 (accelerators.csv)
    assert t_per_eflop_year(plan) == pytest.approx(totals["carbon_t_yr"] / exaflops, rel=1e-6)
    row = programme_table({"wuhu-campus": plan}).loc["wuhu-campus"]
    assert row["bn_eur_gw"] == bn_eur_gw(plan)
    assert side_by_side({"a": plan}).table.at["capex per IT power [bn EUR/GW]", "a"] == bn_eur_gw(plan)
    told = announced_bn_gw(announced, 1.0)
    assert told["stargate-10gw"] == pytest.approx(50.0)
    assert told["colossus-eu"] == pytest.approx(15.1 / 0.498)
    beside = beside_announced({"stargate-10gw": plans["stargate-10gw"]}, announced, 1.0).set_index("quantity")
    assert beside.at["power_mw", "ratio"] == pytest.approx(0.2, rel=0.02)
    assert beside["ratio"].isna().at["capex_usd_bn_first"]
    assert beside.at["capex_usd_bn", "computed"] == pytest.approx(
        plans["stargate-10gw"].totals["capex_eur"] / 1e9
    )


def test_a_phased_programme_is_set_beside_its_first_period_and_its_goal_beside_the_last(
    plans: dict[str, Plan], announced: Any
) -> None:
    beside = beside_announced({"colossus-eu": plans["colossus-eu"]}, announced, 1.0).set_index("quantity")
    assert 200_000 <= beside.at["accelerators", "computed"] < 250_000
    assert 1_000_000 <= beside.at["accelerators_goal", "computed"] < 1_050_000
    assert beside.at["power_mw_goal_low", "computed"] == plans["colossus-eu"].totals["it_mw"]


def test_a_saved_plan_under_national_rules_can_be_read_again(plans: dict[str, Plan], tmp_path: Path) -> None:
    plan = plans["stargate-10gw"]
    ruled = [
        {
            "rule": "de-pue-new",
            "subject": "pue_max",
            "value": 1.2,
            "used": 1.1,
            "unit": "ratio",
            "source": "x",
        }
    ]
    rows = [{**row, "rules": ruled} for row in plan.record["sites"]]
    folder = dataclasses.replace(plan, record={**plan.record, "sites": rows}).save(tmp_path / "out")
    assert read_plan(folder).record["sites"][0]["rules"] == ruled


def test_an_empty_plan_has_no_ratio(plans: dict[str, Plan]) -> None:
    plan = plans["wuhu-campus"]
    nothing = {**plan.totals, "it_mw": 0.0, "compute_pflops": 0.0}
    empty = dataclasses.replace(plan, record={**plan.record, "totals": nothing})
    assert bn_eur_gw(empty) is None and t_per_eflop_year(empty) is None


def test_the_page_names_every_programme(plans: dict[str, Plan], announced: Any, tmp_path: Path) -> None:
    page = write_page(plans, announced, 1.086, tmp_path)
    text = page.read_text(encoding="utf-8")
    assert (tmp_path / "images" / "programmes.png").stat().st_size > 10_000
    assert all(f"| {name} |" in text for name in SMALL)
    assert "| stargate-10gw | power mw | 10,000 | MW |" in text
    assert page_text(plans, announced.iloc[:0], 1.086, "x.png").count("Investment per gigawatt") == 0


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a,q,many,MW,2025,announced,t,p,u,", "row 2: value 'many' is no number"),
        ("a,q,1,,2025,announced,t,p,u,", "row 2: unit is empty"),
        ("a,q,1,MW,soon,announced,t,p,u,", "row 2: year 'soon' is no number"),
        ("a,q,1,MW,2025,announced,,p,u,", "row 2: source_title is empty"),
    ],
)
def test_a_figure_without_number_unit_or_source_is_refused(tmp_path: Path, row: str, words: str) -> None:
    path = tmp_path / "announced.csv"
    path.write_text(f"{','.join(COLUMNS)}\n{row}\n", encoding="utf-8")
    with pytest.raises(InputError, match=words):
        read_announced(path)

"""Programmes 1 to 6: each loads, checks and solves small, and what it takes from announcements is a row of announced.csv."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import siting
from siting import api
from siting.inputs.candidates import Wish, candidates
from siting.inputs.load import load
from siting.inputs.places import MODELS, WORLDS
from siting.inputs.planning import PlanningModel
from siting.inputs.world import World, find_world, read_world
from siting.plan.plan import Plan
from siting.study.programmes import read_announced

pytestmark = pytest.mark.skipif(
    not (WORLDS / "eu27" / "series" / "2019.parquet").is_file(), reason="the world eu27 has no hourly series"
)

NAMES = (
    "eu-gigafactories", "eu-proposals", "eu-tripling", "eurohpc-linked", "iberia-baltic-green", "franco-german",
)  # fmt: skip
TWO_DAYS = {"time.representative": {"periods": 2, "hours": 24, "keep": []}, "solve.threads": 1}
IN_THREE = {"sites.where.countries": ["ES", "FR", "SE"], "sites.min_countries": 3, "sites.max_per_country": 2}
# few places for each, so that it solves in seconds: the full questions are benchmarks (tests/benchmarks/programmes.py)
SMALL: dict[str, dict[str, Any]] = {
    "eu-gigafactories": IN_THREE,
    "eu-proposals": IN_THREE,
    "eu-tripling": {"sites.where.countries": ["FR", "SE"], "target.it_mw": [600, 2000, 4000]},
    "eurohpc-linked": {**IN_THREE, "coverage.covered_share_min": 0.3},
    "iberia-baltic-green": {},
    "franco-german": {},
}
OVERLAYS = {
    "h100-class": "eu-gigafactories",
    "gb200-class": "eu-gigafactories",
    "green-elsewhere": "iberia-baltic-green",
}
# the rule of models/eu-proposals-scenario.csv, as in models/README.md
APART_KM, FACTORY_KM, OUTSIDE_KM = 75.0, 150.0, 0.0


@pytest.fixture(scope="module")
def world() -> World:
    return read_world(find_world("eu27"))


@pytest.fixture(scope="module")
def announced() -> pd.Series:
    """Value by programme and quantity."""
    frame = read_announced(MODELS / "announced.csv")
    keyed: pd.Series = frame.set_index(["programme", "quantity"])["value"]
    assert keyed.index.is_unique
    return keyed


@pytest.fixture(scope="module")
def plans() -> dict[str, Plan]:
    """Each programme solved small; a plan whose audit fails is an error of solve."""
    return {name: siting.solve(load(name, {**TWO_DAYS, **changes})) for name, changes in SMALL.items()}


def chips_mw(world: World, accelerator: str, number: float) -> float:
    """IT power of so many accelerators (MW)."""
    return number * world.value("accelerators", accelerator, "it_kw") / 1e3


def accelerators(model: PlanningModel) -> Any:
    assert model.target is not None
    return model.target.accelerators


@pytest.mark.parametrize("name", NAMES)
def test_a_programme_checks_as_it_ships(name: str) -> None:
    model = load(name)
    assert model.solve.gap_share <= 0.01
    assert api.check(model).numbers


@pytest.mark.parametrize(("overlay", "name"), OVERLAYS.items())
def test_an_overlay_changes_its_model(overlay: str, name: str) -> None:
    changed = load(name, portfolio=overlay)
    assert changed != load(name)
    assert api.check(changed).numbers


@pytest.mark.parametrize("name", NAMES)
def test_it_solves_small_to_its_gap(plans: dict[str, Plan], name: str) -> None:
    assert plans[name].status == "optimal"
    assert plans[name].gap <= 0.01


def test_both_readings_hold_100_000_chips_a_site(announced: pd.Series, world: World) -> None:
    site = announced["eu-gigafactories", "accelerators_site"]
    for overlay, chip in (("h100-class", "H100"), ("gb200-class", "GB200")):
        model = load("eu-gigafactories", portfolio=overlay)
        assert model.load.accelerator == chip
        assert model.sites.size_it_mw[0] == pytest.approx(chips_mw(world, chip, site))
        assert model.sites.module_it_mw == pytest.approx(chips_mw(world, chip, 1000))
        stated = announced["eu-gigafactories", f"site_mw_{overlay.replace('-', '_')}"]
        assert stated == pytest.approx(model.sites.size_it_mw[0])


def test_budget_and_number_are_the_announced_ones(announced: pd.Series) -> None:
    for name in ("eu-gigafactories", "eu-proposals", "eurohpc-linked"):
        model = load(name)
        assert model.budget.capex_eur == announced["eu-gigafactories", "capex_eur_bn"] * 1e9
        assert model.sites.max == announced["eu-gigafactories", "sites"]
    pair = load("iberia-baltic-green")
    assert accelerators(pair) == 2 * announced["eu-gigafactories", "accelerators_site"]
    assert accelerators(load("franco-german"))[-1] == 2 * announced["eu-gigafactories", "accelerators_site"]


def test_tripling_adds_twice_what_stood(announced: pd.Series, world: World) -> None:
    stood = sum(world.value("country_values", c, "dc_mw_2024") for c in world.countries.index)
    assert stood == announced["eu-tripling", "base_mw"]
    model = load("eu-tripling")
    assert model.target is not None and isinstance(model.target.it_mw, tuple)
    assert model.target.it_mw[-1] == (announced["eu-tripling", "factor"] - 1) * stood
    assert model.target.it_mw == pytest.approx([stood * 2 * step / 3 for step in (1, 2, 3)])
    years = [period - model.horizon.decision_year for period in model.horizon.periods]
    assert announced["eu-tripling", "years_low"] in years
    assert years[-1] == announced["eu-tripling", "years_high"]


def test_limits_of_the_linked_sites_are_stated_figures(announced: pd.Series) -> None:
    model = load("eurohpc-linked")
    assert model.coverage is not None
    assert model.sites.where.ai_factory_km_max == announced["eurohpc-linked", "link_km_max"]
    assert model.coverage.latency_ms_max == announced["eurohpc-linked", "latency_ms"]


def test_the_scenario_of_proposals_follows_its_rule(announced: pd.Series, world: World) -> None:
    hosts = pd.read_csv(WORLDS / "eu27" / "ai_factories.csv")["country"].unique()
    assert len(hosts) == announced["eu-proposals", "member_states"]
    number = int(announced["eu-proposals", "proposals"])
    wish = Wish(number, 0.0, tuple(sorted(hosts)), APART_KM, None, FACTORY_KM, OUTSIDE_KM)
    shipped = pd.read_csv(MODELS / "eu-proposals-scenario.csv")
    assert list(shipped["site"]) == list(candidates(world, wish)["site"])
    assert set(shipped["country"]) == set(hosts)


def test_two_linked_programmes_stay_where_they_must(plans: dict[str, Plan]) -> None:
    pair = plans["iberia-baltic-green"].chosen
    assert sorted(pair["country"]) == ["ES", "LT"]
    joint = plans["franco-german"].chosen.groupby("country")["it_mw"].sum().astype(float)
    assert set(joint.index) == {"DE", "FR"}
    assert joint.max() <= 0.55 * joint.sum() + 1e-6


def test_each_of_the_green_pair_is_matched_at_home(plans: dict[str, Plan]) -> None:
    """New plants cover at least the yearly use of each site: recomputed from the supply, not from the model's row."""
    plan = plans["iberia-baltic-green"]
    supply = plan.supply.set_index(["site", "option"])
    new = supply[supply.index.get_level_values("option").isin(["solar_ppa", "onwind_ppa", "onsite_solar"])]
    assert set(supply.index.get_level_values("option")) <= {
        *new.index.get_level_values("option"),
        "grid",
        "battery",
    }
    clean_mwh = (new["supply_mwh"] + new["sold_mwh"]).groupby("site").sum()
    assert len(plan.chosen) == 2
    for site, use_mwh in plan.chosen["facility_mwh"].items():
        assert clean_mwh[site] >= float(use_mwh) * (1 - 1e-6)

"""From the tiny world to an instance: numbers checked by hand, names and missing rows refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from siting.errors import InfeasibleError, InputError
from siting.inputs.finance import annuity_share
from siting.inputs.load import load
from siting.inputs.planning import PlanningModel
from siting.inputs.world import World, read_world
from siting.instance.assemble import assemble, check_against_world, choose_hours, target_it_mw
from siting.instance.hours import Hours
from siting.instance.instance import Instance
from siting.units import HOURS_PER_YEAR


@pytest.fixture(scope="module")
def world(tiny_world: Path) -> World:
    return read_world(tiny_world)


@pytest.fixture(scope="module")
def hours(tiny_question: PlanningModel, world: World) -> Hours:
    return choose_hours(tiny_question, world)


@pytest.fixture(scope="module")
def data(tiny_question: PlanningModel, world: World, hours: Hours) -> Instance:
    return assemble(tiny_question, world, hours)


def asked(tiny_model: Path, **changes: Any) -> PlanningModel:
    return load(tiny_model, {key.replace("__", "."): value for key, value in changes.items()})


def test_classes_are_zones_connected_or_not(data: Instance) -> None:
    """2026 + grid_wait_yr <= 2030: es-sevilla (6 years) is off the grid, se-malmo (4) is just in time."""
    assert data.classes == ("ES", "ES off-grid", "FR", "SE")
    assert data.sites["es-sevilla"].supply_class == "ES off-grid"
    assert data.sites["se-malmo"].supply_class == "SE"
    assert set(data.price_eur_mwh) == {"ES", "FR", "SE"}
    assert not data.options_of("ppa", "ES off-grid")
    assert any("1 of 6 candidates have no grid connection by 2030" in note for note in data.notes)


def test_grid_wait_can_be_ignored(tiny_model: Path, world: World, hours: Hours) -> None:
    data = assemble(asked(tiny_model, sites__grid_wait="ignore"), world, hours)
    assert data.classes == ("ES 0.4 ha/MW", "ES 0.8 ha/MW", "FR", "SE")


def test_options_exist_only_where_the_zone_offers_them(data: Instance) -> None:
    assert data.options_of("ppa", "FR") == ["solar_ppa", "onwind_ppa", "nuclear_ppa"]
    assert data.options_of("ppa", "ES") == ["solar_ppa", "onwind_ppa"]
    assert data.options_of("onsite", "ES off-grid") == ["onsite_solar", "gas_engine"]
    assert data.limits["potential", "SE", "solar_ppa"].value == 300.0
    assert ("potential", "ES", "nuclear_ppa") not in data.limits


def test_costs_by_hand(data: Instance) -> None:
    """France: 7 % + 1 % risk. Wind 1,400 EUR/kW over 30 yr + 1.2 % fixed + 1.8 EUR/MWh x 2,100 h; gas 40 / 0.48 + 8."""
    rate = 0.08
    wind = data.ppa["FR", "onwind_ppa"]
    assert wind.yearly_eur_mw == pytest.approx(
        1.4e6 * (annuity_share(rate, 30) + 0.012) + 1.8 * 2_100, rel=5e-3
    )
    gas = data.onsite["FR", "gas_engine"]
    assert gas.energy_eur_mwh == pytest.approx(8 + 40 / 0.48)
    assert gas.carbon_t_mwh == pytest.approx(0.198 / 0.48)
    assert gas.allowance_eur_mwh == pytest.approx(75 * 0.198 / 0.48)
    assert gas.land_ha_mw == pytest.approx(0.0035)
    assert not gas.clean and data.onsite["FR", "onsite_solar"].clean
    store = data.storage["FR", "battery"]
    assert store.efficiency_share**2 == pytest.approx(0.9)
    assert store.yearly_eur_mw == pytest.approx(210e3 * (annuity_share(rate, 10) + 0.003))
    assert store.yearly_eur_mwh == pytest.approx(190e3 * annuity_share(rate, 25))
    nuclear = data.ppa["FR", "nuclear_ppa"]
    assert nuclear.yearly_eur_mw == pytest.approx(70 * 0.7 * HOURS_PER_YEAR)
    assert set(data.availability["FR", "nuclear_ppa"]) == {0.7}
    it = data.it["FR"]
    assert it.capex_eur_mw == pytest.approx(50_000 / 2.5 * 1_000)
    assert it.yearly_eur_mw == pytest.approx(20e6 * annuity_share(rate, 5))
    assert data.halls["FR", "direct_to_chip"].capex_eur_mw == pytest.approx(9_600e3 * 1.085)
    assert data.connection["FR"].yearly_eur_mw == pytest.approx(90e3 * (annuity_share(rate, 40) + 0.015))


def test_line_and_size_by_hand(data: Instance, hours: Hours) -> None:
    """fr-lyon: 10 km x 750 EUR x rated PUE; 200 MW of grid and 40 ha / 0.15 leave the model's 50 MW."""
    warm = (hours.frame["temperature_c:FR"] - 15).clip(lower=0)
    rated = 1.1 + 0.001 * warm.max()
    assert data.halls["FR", "direct_to_chip"].peak_pue == pytest.approx(rated)
    assert data.sites["fr-lyon"].line_capex_eur_mw == pytest.approx(750 * 10 * rated)
    assert data.sites["fr-lyon"].max_mw == 50.0
    assert data.sites["es-sevilla"].line_capex_eur_mw == 0.0
    # spare land per MW of IT of both French sites: fr-lille 30 ha / 50 MW - 0.15 = 0.45, fr-lyon 0.65; the step below is 0.4
    assert data.spare_land_ha_mw["FR"] == pytest.approx(0.4)


def test_grid_power_and_land_cap_a_site(tiny_model: Path, world: World, hours: Hours) -> None:
    """se-malmo: 60 MW / rated 1.1 = 54 -> five modules of 10; es-sevilla's 40 ha hold 260 MW in whole modules."""
    data = assemble(asked(tiny_model, sites__size_it_mw=[10, 400]), world, hours)
    assert data.sites["se-malmo"].max_mw == 50.0
    assert data.sites["es-sevilla"].max_mw == 260.0


def test_without_country_risk_all_money_costs_the_same(tiny_model: Path, world: World, hours: Hours) -> None:
    data = assemble(asked(tiny_model, horizon__country_risk=False), world, hours)
    assert data.it["FR"].yearly_eur_mw == data.it["ES"].yearly_eur_mw


def test_what_cannot_stand_in_time_is_left_out_and_said(tiny_model: Path, world: World, hours: Hours) -> None:
    data = assemble(asked(tiny_model, horizon__periods=[2028]), world, hours)
    assert "onwind_ppa" not in data.options_of("ppa", "FR")
    assert any("onwind_ppa needs 2.5 years" in note for note in data.notes)


def test_air_cannot_cool_a_dense_rack(tiny_model: Path, world: World, hours: Hours) -> None:
    data = assemble(asked(tiny_model, load__cooling=["air", "direct_to_chip"]), world, hours)
    assert data.cooling_of("FR") == ["direct_to_chip"]
    assert any("air cooling carries 40 kW a rack" in note for note in data.notes)
    with pytest.raises(InputError, match="add direct_to_chip or immersion"):
        assemble(asked(tiny_model, load__cooling=["air"]), world, hours)


@pytest.mark.parametrize(
    ("target", "it_mw"),
    [
        ({"it_mw": 60.0}, 60.0),
        ({"accelerators": 1000.0, "accelerator": "GB200"}, 2.5),
        (
            {"accelerators": 100_000.0, "accelerator": "H100-equivalent"},
            100_000 * 1_000 / 2_500 * 2.5 / 1_000,
        ),
        ({"eflops": 1_000.0, "precision": "fp8"}, 1_000e6 / 5_000 * 2.5 / 1_000),
        ({"eflops": 1_000.0, "precision": "bf16"}, 1_000e6 / 2_500 * 2.5 / 1_000),
    ],
)
def test_every_target_becomes_power(
    tiny_model: Path, world: World, target: dict[str, Any], it_mw: float
) -> None:
    assert target_it_mw(asked(tiny_model, target=target), world) == pytest.approx(it_mw)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"power__options": ["grid", "wind_ppa"]},
            "power.options: 'wind_ppa' is not in world tiny; did you mean onwind_ppa?",
        ),
        (
            {"load__cooling": ["water"]},
            "load.cooling: 'water' is not in world tiny; known: air, direct_to_chip",
        ),
        (
            {"load__accelerator": "GB300"},
            "load.accelerator: 'GB300' is not in world tiny; did you mean GB200?",
        ),
        ({"sites__force": ["fr-lion"]}, "sites.force: 'fr-lion' is not in world tiny; did you mean fr-lyon?"),
        ({"sites__forbid": ["xx"]}, "sites.forbid: 'xx' is not in world tiny"),
        ({"sites__where": {"countries": ["GR"], "kinds": None}}, "sites.where.countries: 'GR'"),
        ({"sites__where": {"countries": None, "kinds": ["village"]}}, "sites.where.kinds: 'village'"),
        (
            {"time__weather_years": [2018]},
            "time.weather_years: '2018' is not in world tiny; did you mean 2019?",
        ),
        ({"target": {"accelerators": 5.0, "accelerator": "A100"}}, "target.accelerator: 'A100'"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(
    tiny_model: Path, world: World, changes: dict[str, Any], text: str
) -> None:
    with pytest.raises(InputError) as caught:
        check_against_world(asked(tiny_model, **changes), world)
    assert text in str(caught.value)


def test_all_unknown_names_come_at_once(tiny_model: Path, world: World) -> None:
    model = asked(tiny_model, power__options=["wind", "coal"], load__cooling=["ice"])
    with pytest.raises(InputError) as caught:
        check_against_world(model, world)
    assert len(caught.value.problems) == 3


def test_a_forced_site_must_be_a_candidate(tiny_model: Path, world: World, hours: Hours) -> None:
    where = {"countries": ["FR", "ES"], "kinds": None}
    with pytest.raises(InputError, match=r"'se-lulea' is left out by sites\.where"):
        assemble(asked(tiny_model, sites__where=where, sites__force=["se-lulea"]), world, hours)


def test_no_candidate_left_is_infeasible(tiny_model: Path, world: World, hours: Hours) -> None:
    where = {"countries": ["SE"], "kinds": ["ai_factory"]}
    with pytest.raises(InfeasibleError, match="leaves no candidate"):
        assemble(asked(tiny_model, sites__where=where), world, hours)


def test_a_contract_without_a_grid_is_said_to_have_no_effect(
    tiny_model: Path, world: World, hours: Hours
) -> None:
    """PPAs are delivered over the grid: offered without it they do nothing, and the planner must hear of it."""
    data = assemble(
        asked(tiny_model, power__options=["solar_ppa", "onsite_solar", "battery", "gas_engine"]), world, hours
    )
    assert any("solar_ppa" in note for note in data.notes)


# every row the tiny model needs; without it the answer would be a guess
ROWS = [
    ("technologies.csv", "solar_ppa,capex_eur_kw"),
    ("technologies.csv", "solar_ppa,life_yr"),
    ("technologies.csv", "solar_ppa,lead_time_yr"),
    ("technologies.csv", "solar_ppa,lifecycle_g_kwh"),
    ("technologies.csv", "solar_ppa,fom_share"),
    ("technologies.csv", "nuclear_ppa,price_eur_mwh"),
    ("technologies.csv", "battery,efficiency_share"),
    ("technologies.csv", "battery,capex_eur_kwh"),
    ("technologies.csv", "battery,energy_life_yr"),
    ("technologies.csv", "gas_engine,efficiency_share"),
    ("technologies.csv", "gas_engine,fuel_carbon_t_mwh"),
    ("technologies.csv", "onsite_solar,land_m2_kw"),
    ("technologies.csv", "grid,lead_time_yr"),
    ("zone_values.csv", "FR,nuclear_availability_share"),
    ("zone_values.csv", "FR,network_charge_eur_mwh"),
    ("country_values.csv", "FR,risk_premium_share"),
    ("country_values.csv", "SE,dc_build_eur_kw"),
    ("cooling.csv", "direct_to_chip,pue_base"),
    ("cooling.csv", "direct_to_chip,rack_kw_max"),
    ("cooling.csv", "direct_to_chip,capex_factor"),
    ("accelerators.csv", "GB200,it_kw"),
    ("accelerators.csv", "GB200,network_eur"),
    ("accelerators.csv", "GB200,life_yr"),
    ("parameters.csv", "connection_eur_mw"),
    ("parameters.csv", "sale_haircut_share"),
    ("parameters.csv", "dc_land_ha_mw"),
]


@pytest.mark.parametrize(("file", "row"), ROWS, ids=lambda x: x)
def test_a_missing_row_is_named(
    tmp_path: Path, tiny_world: Path, tiny_model: Path, hours: Hours, file: str, row: str
) -> None:
    folder = shutil.copytree(tiny_world, tmp_path / "tiny")
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(row + ",")]
    assert len(kept) == len(lines) - 1
    (folder / file).write_text("\n".join(kept) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        assemble(load(tiny_model), read_world(folder), hours)
    assert file in str(caught.value) and all(part in str(caught.value) for part in row.split(","))


@pytest.mark.parametrize("column", ["onwind_cf:SE", "price_eur_mwh:FR", "temperature_c:ES", "solar_cf:FR"])
def test_a_missing_series_is_named(tiny_model: Path, world: World, hours: Hours, column: str) -> None:
    series, zone = column.split(":")
    short = Hours(
        hours.frame.drop(columns=column),
        hours.weight,
        hours.before,
        hours.period_of,
        hours.labels,
        hours.error,
    )
    with pytest.raises(InputError) as caught:
        assemble(load(tiny_model), world, short)
    assert series in str(caught.value) and zone in str(caught.value)


def test_waiting_time_must_be_known_if_it_counts(
    tmp_path: Path, tiny_world: Path, tiny_model: Path, hours: Hours
) -> None:
    folder = shutil.copytree(tiny_world, tmp_path / "tiny")
    sites = pd.read_csv(folder / "sites.csv", dtype=str, keep_default_na=False)
    sites.loc[0, "grid_wait_yr"] = ""
    sites.to_csv(folder / "sites.csv", index=False)
    with pytest.raises(InputError, match="grid_wait_yr of 'fr-lyon' is unknown"):
        assemble(load(tiny_model), read_world(folder), hours)
    assert assemble(load(tiny_model, {"sites.grid_wait": "ignore"}), read_world(folder), hours)


def test_only_keeps_one_class(data: Instance) -> None:
    own = data.only("ES")
    assert own.classes == ("ES",) and set(own.sites) == {"es-zaragoza"}
    assert {c for c, _ in own.availability} == {"ES"} and set(own.price_eur_mwh) == {"ES"}
    assert own.weight == data.weight

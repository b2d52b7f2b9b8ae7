"""What one MW costs, by hand arithmetic: every behaviour of an option, and the year its numbers are read for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from siting.errors import InputError
from siting.inputs.finance import annuity_share
from siting.inputs.planning import PlanningModel
from siting.inputs.values import Value
from siting.inputs.world import World, read_world
from siting.instance import costs
from siting.instance.costs import Place

RATE = 0.05
HOURS = {
    "price_eur_mwh": np.array([40.0, 80.0]),
    "carbon_g_kwh": np.array([100.0, 300.0]),
    "cfe_share": np.array([0.6, 0.9]),
    "solar_cf": np.array([0.0, 0.5]),
    "temperature_c": np.array([5.0, 25.0]),
}
WEIGHT = np.array([6570.0, 2190.0])  # three quarters of the year and one


def place(year: int | None = None) -> Place:
    return Place("FR", "FR", RATE, HOURS, WEIGHT, year)


def value(number: float, unit: str = "", year: int = 2030, *later: tuple[float, int]) -> Value:
    rows = [Value(n, unit, str(y), "scenario", "test", "") for n, y in ((number, year), *later)]
    return replace(rows[0], by_year=tuple(rows) if later else ())


@pytest.fixture(scope="module")
def tiny() -> World:
    return read_world(Path(__file__).parents[1] / "worlds" / "tiny")


def with_option(
    world: World, route: str, behaviour: str, fuel: str = "", **quantities: float | Value
) -> World:
    """The world with an option `new` of these numbers."""
    options = world.options.copy()
    options.loc["new"] = [
        route,
        behaviour,
        "solar_cf" if behaviour == "variable" else "",
        fuel,
        "true",
        "New",
    ]
    rows = {("new", q): v if isinstance(v, Value) else value(v) for q, v in quantities.items()}
    return replace(
        world,
        options=options,
        values={**world.values, "technologies": {**world.values["technologies"], **rows}},
    )


def put(world: World, table: str, **rows: tuple[str, float | Value]) -> World:
    """The world with further numbers: quantity = (key, number); for parameters key is the name."""
    new = {
        (key, "" if table == "parameters" else q): v if isinstance(v, Value) else value(v)
        for q, (key, v) in rows.items()
    }
    return replace(world, values={**world.values, table: {**world.values[table], **new}})


PLANT = {
    "capex_eur_kw": 2500.0,
    "fom_share": 0.02,
    "life_yr": 30.0,
    "vom_eur_mwh": 4.5,
    "land_m2_kw": 0.02,
    "lifecycle_g_kwh": 141.0,
}


def test_capture_emits_the_rest_and_pays_for_transport_and_storage(
    tiny: World, tiny_question: PlanningModel
) -> None:
    """0.2 / 0.5 = 0.4 t/MWh produced, 95 % = 0.38 captured at 36 EUR/t = 13.68; 0.02 t pays allowances.

    Energy: 4.5 + gas / 0.5 + 13.68.
    """
    world = with_option(
        tiny,
        "onsite",
        "dispatchable",
        "gas",
        **PLANT,
        efficiency_share=0.5,
        fuel_carbon_t_mwh=0.2,
        capture_share=0.95,
    )
    world = put(world, "parameters", storage=("co2_transport_storage_eur_t", 36.0))
    option, output = costs.onsite_option(world, tiny_question, place(), "new")
    gas = tiny.value("zone_values", "FR", "gas_price_eur_mwh")
    assert option.energy_eur_mwh == pytest.approx(4.5 + gas / 0.5 + 13.68)
    assert option.carbon_t_mwh == pytest.approx(0.02)
    assert option.allowance_eur_mwh == pytest.approx(0.02 * tiny_question.carbon.price_eur_t)
    assert option.yearly_eur_mw == pytest.approx(2.5e6 * (annuity_share(RATE, 30.0) + 0.02))
    assert output == (1.0, 1.0)


def test_capture_without_a_price_of_storage_names_the_row(tiny: World, tiny_question: PlanningModel) -> None:
    world = with_option(
        tiny,
        "onsite",
        "dispatchable",
        "gas",
        **PLANT,
        efficiency_share=0.5,
        fuel_carbon_t_mwh=0.2,
        capture_share=0.95,
    )
    with pytest.raises(
        InputError, match=r"parameters\.csv: no row for parameter 'co2_transport_storage_eur_t'"
    ):
        costs.onsite_option(world, tiny_question, place(), "new")


def test_a_fuel_of_one_price_everywhere(tiny: World, tiny_question: PlanningModel) -> None:
    """Uranium 3.56 EUR/MWh_th over 0.326 = 10.92; nothing is emitted; 93 % of the hour at most."""
    world = with_option(
        tiny, "onsite", "dispatchable", "uranium", **PLANT, efficiency_share=0.326, fuel_carbon_t_mwh=0.0,
        availability_share=0.93,
    )  # fmt: skip
    world = put(world, "parameters", price=("uranium_price_eur_mwh", 3.56))
    option, output = costs.onsite_option(world, tiny_question, place(), "new")
    assert option.energy_eur_mwh == pytest.approx(4.5 + 3.56 / 0.326)
    assert (option.carbon_t_mwh, option.allowance_eur_mwh, option.clean) == (0.0, 0.0, True)
    assert output == (0.93, 0.93)


def test_the_zones_own_price_of_a_fuel_comes_first(tiny: World, tiny_question: PlanningModel) -> None:
    world = put(tiny, "parameters", price=("gas_price_eur_mwh", 1.0))
    known, _ = costs.onsite_option(tiny, tiny_question, place(), "gas_engine")
    assert costs.onsite_option(world, tiny_question, place(), "gas_engine")[0] == known


def test_a_fuel_without_a_price_names_both_tables(tiny: World, tiny_question: PlanningModel) -> None:
    world = with_option(
        tiny, "onsite", "dispatchable", "hydrogen", **PLANT, efficiency_share=0.5, fuel_carbon_t_mwh=0.0
    )
    with pytest.raises(
        InputError, match=r"hydrogen_price_eur_mwh; add it for zone 'FR' to zone_values\.csv"
    ) as caught:
        costs.onsite_option(world, tiny_question, place(), "new")
    assert "parameters.csv" in str(caught.value)


def test_a_baseload_contract_over_the_market(tiny: World) -> None:
    """Mean price 0.75 x 40 + 0.25 x 80 = 50; 52.5 on all of 8,760 h; no investment of the buyer's."""
    world = with_option(
        tiny,
        "ppa",
        "baseload",
        price_over_day_ahead_eur_mwh=2.5,
        availability_share=1.0,
        lifecycle_g_kwh=24.0,
    )
    option, output = costs.ppa_option(world, place(), "new")
    assert (option.capex_eur_mw, option.yearly_eur_mw) == (0.0, pytest.approx(52.5 * 8760))
    assert option.lifecycle_t_mwh == pytest.approx(0.024) and output == (1.0, 1.0)


def test_a_baseload_contract_with_a_new_plant(tiny: World) -> None:
    """Annuity and 2 % of 8,000 EUR/kW, whatever it makes; 80 % flat."""
    world = with_option(
        tiny, "ppa", "baseload", capex_eur_kw=8000.0, fom_share=0.02, life_yr=30.0, availability_share=0.8,
        lifecycle_g_kwh=38.0,
    )  # fmt: skip
    option, output = costs.ppa_option(world, place(), "new")
    assert option.capex_eur_mw == 8e6
    assert option.yearly_eur_mw == pytest.approx(8e6 * (annuity_share(RATE, 30.0) + 0.02))
    assert output == (0.8, 0.8)


def test_a_baseload_contract_at_a_price_follows_the_fleet_of_the_zone(tiny: World) -> None:
    share = tiny.value("zone_values", "FR", "nuclear_availability_share")
    price = tiny.value("technologies", "nuclear_ppa", "price_eur_mwh")
    option, output = costs.ppa_option(tiny, place(), "nuclear_ppa")
    assert option.yearly_eur_mw == pytest.approx(price * share * 8760) and output == (share, share)


def test_a_store_sold_in_one_piece(tiny: World) -> None:
    """21 EUR/kWh for 100 h: 2,100 EUR/kW and nothing per kWh; one way is the root of 0.49."""
    world = with_option(
        tiny, "storage", "storage", capex_eur_kw=2100.0, capex_eur_kwh=0.0, duration_h=100.0, fom_share=0.01,
        efficiency_share=0.49, life_yr=17.5, energy_life_yr=17.5,
    )  # fmt: skip
    option = costs.storage_option(world, place(), "new")
    assert (option.duration_h, option.yearly_eur_mwh, option.efficiency_share) == (
        100.0,
        0.0,
        pytest.approx(0.7),
    )
    assert option.yearly_eur_mw == pytest.approx(2.1e6 * (annuity_share(RATE, 17.5) + 0.01))
    assert costs.storage_option(tiny, place(), "battery").duration_h == 0.0


def test_where_an_option_exists(tiny: World) -> None:
    assert costs.exists(tiny, place(), "nuclear_ppa") and costs.exists(tiny, place(), "gas_engine")
    spain = replace(place(), zone="ES", country="ES")
    assert not costs.exists(tiny, spain, "nuclear_ppa")
    world = put(tiny, "country_values", gas_engine_allowed=("FR", 1.0))
    assert costs.exists(world, place(), "gas_engine") and not costs.exists(world, spain, "gas_engine")
    assert not costs.exists(
        put(world, "country_values", gas_engine_allowed=("FR", 0.0)), place(), "gas_engine"
    )


def test_the_year_of_the_investment_counts(tiny: World) -> None:
    """400 EUR/kW in 2030, 200 in 2040: 300 in 2035. Output and life are the same."""
    dated = replace(tiny, values={**tiny.values, "technologies": {
        **tiny.values["technologies"], ("solar_ppa", "capex_eur_kw"): value(400.0, "EUR/kW", 2030, (200.0, 2040))
    }})  # fmt: skip
    capex = {
        y: costs.ppa_option(dated, place(y), "solar_ppa")[0].capex_eur_mw for y in (None, 2030, 2035, 2050)
    }
    assert capex == {None: 4e5, 2030: 4e5, 2035: 3e5, 2050: 2e5}
    assert costs.ppa_option(dated, place(2030), "solar_ppa") == costs.ppa_option(tiny, place(), "solar_ppa")


def test_every_number_with_years_is_read_for_the_year(tiny: World, tiny_question: PlanningModel) -> None:
    """Halve all cost rows for 2040: what is built in 2040 costs half, what is built in 2030 the same."""
    tables = {
        table: {
            key: replace(v, by_year=(replace(v, year="2030"), replace(v, year="2040", value=v.value / 2)))
            if key[1].endswith(("eur_kw", "eur_kwh", "price_eur", "network_eur")) or "eur_m" in key[0]
            else v
            for key, v in rows.items()
        }
        for table, rows in tiny.values.items()
    }
    dated = replace(tiny, values=tables)

    def capex(world: World, at: Place) -> list[float]:
        found = [
            costs.ppa_option(world, at, "solar_ppa")[0],
            costs.onsite_option(world, tiny_question, at, "gas_engine")[0],
            costs.storage_option(world, at, "battery"),
            costs.accelerators(world, at, tiny_question.load.accelerator),
            costs.connection(world, at),
            costs.grid_line(world, at, 10.0, 1.2),
            costs.hall(world, at, "air"),
        ]
        return [each.capex_eur_mw for each in found]

    assert capex(dated, place(2030)) == capex(tiny, place())
    assert capex(dated, place(2040)) == pytest.approx([x / 2 for x in capex(tiny, place())])


def test_levels_of_the_grid_move_with_the_year(tiny: World, tiny_question: PlanningModel) -> None:
    """Carbon 40 to 20 g/kWh by 2040 halves every hour; a carbon-free share never passes 1; the rest stays."""
    zones = {
        ("FR", "grid_carbon_g_kwh"): value(40.0, "gCO2e/kWh", 2030, (20.0, 2040)),
        ("FR", "grid_cfe_share"): value(0.5, "share", 2030, (0.75, 2040)),
    }
    dated = replace(tiny, values={**tiny.values, "zone_values": {**tiny.values["zone_values"], **zones}})
    then = costs.place_of(dated, tiny_question, "FR", HOURS, WEIGHT, 2040).hours
    assert then["carbon_g_kwh"].tolist() == [50.0, 150.0]
    assert then["cfe_share"].tolist() == [pytest.approx(0.9), 1.0]
    assert then["price_eur_mwh"] is HOURS["price_eur_mwh"]
    now = costs.place_of(dated, tiny_question, "FR", HOURS, WEIGHT, 2030)
    assert now.hours["carbon_g_kwh"] is HOURS["carbon_g_kwh"] and now.year == 2030

"""Optima of a two-site, three-hour model, worked out on paper. The numbers per MW stand in tests/build_instance.py."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from siting.errors import InfeasibleError
from siting.instance.instance import Hall, Instance
from siting.instance.precheck import least_capex_eur, precheck
from siting.solver.solution import Solution
from tests.build_instance import BATTERY, GAS, WIND, small_instance, solved, total

EXACT = {"rel": 1e-7}


def optimum(data: Instance) -> tuple[Solution, float]:
    """Solution and yearly cost; the solver's value, the bound and the sum of the named terms must be one number."""
    solution = solved(data)
    cost = total(solution.cost_eur)
    last = solution.stages[-1]
    assert last.status == "optimal"
    assert last.value == pytest.approx(cost, **EXACT)
    assert last.bound == pytest.approx(cost, **EXACT)
    return solution, cost


def test_cheapest_site_holds_the_whole_target() -> None:
    """20 MW at AA: 20 x 6,222,000 = 124,440,000; 10 + 10 would be 126,050,000 and BB alone 127,660,000 EUR/yr."""
    solution, cost = optimum(small_instance())
    assert solution.modules == {"one": 2}
    assert cost == pytest.approx(124_440_000, **EXACT)
    assert solution.cost_eur["building", "AA"] == pytest.approx(20e6, **EXACT)
    assert solution.cost_eur["accelerators", "AA"] == pytest.approx(100e6, **EXACT)
    assert solution.cost_eur["grid line", "one"] == pytest.approx(40_000, **EXACT)
    assert solution.cost_eur["connection", "AA"] == pytest.approx(200_000, **EXACT)
    assert solution.cost_eur["grid purchase", "AA"] == pytest.approx(3_600_000, **EXACT)
    assert solution.cost_eur["network charges", "AA"] == pytest.approx(600_000, **EXACT)
    assert total(solution.capex_eur) == pytest.approx(20 * 30.12e6, **EXACT)
    assert total(solution.carbon_t) == pytest.approx(24_000, **EXACT)
    np.testing.assert_allclose(solution.energy["AA"].hourly["buy",], [20.0, 20.0, 20.0])
    assert solution.energy["AA"].capacity["connection",] == pytest.approx(20.0)


def test_module_is_whole_and_the_target_is_met_or_exceeded() -> None:
    """A target of 11 MW needs two modules of 10 MW: the same plan as for 20 MW."""
    solution, cost = optimum(small_instance(target_it_mw=11.0))
    assert solution.modules == {"one": 2}
    assert cost == pytest.approx(124_440_000, **EXACT)


def test_a_full_site_sends_the_rest_to_the_dearer_one() -> None:
    """AA holds 20 MW at most; 30 MW = 20 x 6,222,000 + 10 x 6,383,000 = 188,270,000 EUR/yr."""
    solution, cost = optimum(small_instance(target_it_mw=30.0))
    assert solution.modules == {"one": 2, "two": 1}
    assert cost == pytest.approx(188_270_000, **EXACT)


def test_min_countries_opens_the_second_site() -> None:
    """10 x 6,222,000 + 10 x 6,383,000 = 126,050,000 EUR/yr."""
    solution, cost = optimum(small_instance(countries_min=2))
    assert solution.modules == {"one": 1, "two": 1}
    assert cost == pytest.approx(126_050_000, **EXACT)


def test_one_site_a_country_counts_countries_not_sites() -> None:
    """Both sites in AA's country, at most one there, 30 MW wanted: only `two` holds 30 MW, 30 x 6,383,000 EUR/yr."""
    data = small_instance(target_it_mw=30.0)
    sites = {**data.sites, "two": replace(data.sites["two"], country="AA")}
    solution, cost = optimum(replace(data, sites=sites))
    assert solution.modules == {"two": 3}
    assert cost == pytest.approx(30 * 6_383_000, **EXACT)


def test_forced_site_is_built_at_its_smallest() -> None:
    """`two` must be built, two sites are allowed: 10 + 10 MW, 126,050,000 EUR/yr."""
    solution, cost = optimum(small_instance(forced=("two",)))
    assert solution.modules == {"one": 1, "two": 1}
    assert cost == pytest.approx(126_050_000, **EXACT)


@pytest.mark.parametrize(
    ("cap_t", "modules", "cost_eur"),
    [
        (24_000.0, {"one": 2}, 124_440_000),  # AA emits 20 x 1,200 = 24,000 t: the cap just holds
        (14_000.0, {"one": 1, "two": 1}, 126_050_000),  # 10 x 1,200 + 10 x 150 = 13,500 t
        (13_000.0, {"two": 2}, 127_660_000),  # one module at AA is too many: 20 x 150 = 3,000 t
    ],
)
def test_carbon_cap_moves_modules_to_the_dearer_clean_site(
    cap_t: float, modules: dict[str, int], cost_eur: float
) -> None:
    """No supply but the grid: only the choice of sites can lower tonnes."""
    solution, cost = optimum(small_instance(carbon_cap_t=cap_t))
    assert solution.modules == modules
    assert cost == pytest.approx(cost_eur, **EXACT)


def test_carbon_rate_cap_is_the_tonnes_cap_over_the_load() -> None:
    """13,500 t over 60,000 MWh are 225 g/kWh: a cap of 226 allows 10 + 10 MW, 224 does not."""
    assert optimum(small_instance(carbon_cap_g_kwh=226.0))[0].modules == {"one": 1, "two": 1}
    assert optimum(small_instance(carbon_cap_g_kwh=224.0))[0].modules == {"two": 2}


def test_carbon_cap_below_the_cleanest_plan_has_no_answer() -> None:
    """20 MW at BB emit 3,000 t: under 2,999 t there is nothing."""
    with pytest.raises(InfeasibleError, match="no choice of sites and supply"):
        solved(small_instance(carbon_cap_t=2_999.0))


@pytest.mark.parametrize(
    ("budget_eur", "modules", "cost_eur"),
    [
        (602.4e6, {"one": 2}, 124_440_000),  # AA: 20 x 30.12 M
        (600.0e6, {"one": 1, "two": 1}, 126_050_000),  # 301.2 + 281.3 = 582.5 M
        (570.0e6, {"two": 2}, 127_660_000),  # 20 x 28.13 M = 562.6 M
    ],
)
def test_budget_buys_the_site_of_lower_capex(
    budget_eur: float, modules: dict[str, int], cost_eur: float
) -> None:
    """BB is dearer by the year but cheaper to build."""
    solution, cost = optimum(small_instance(budget_eur=budget_eur))
    assert solution.modules == modules
    assert cost == pytest.approx(cost_eur, **EXACT)


def test_budget_counts_only_the_groups_named() -> None:
    """Site and connection alone: AA 20 x 10.12 = 202.4 M. A budget of 203 M leaves the optimum, 202 M moves one module."""
    groups = ("site", "connection")
    assert optimum(small_instance(budget_eur=203e6, capex_counts=groups))[0].modules == {"one": 2}
    assert optimum(small_instance(budget_eur=202e6, capex_counts=groups))[0].modules == {"one": 1, "two": 1}


def test_least_capex_is_the_two_numbers_that_clash() -> None:
    """20 MW at BB without the substation: 20 x (8 + 20 + 0.03) M = 560.6 M; a budget below it is refused unsolved."""
    data = small_instance(budget_eur=560e6)
    assert least_capex_eur(data) == pytest.approx(560.6e6, **EXACT)
    with pytest.raises(InfeasibleError, match=r"0\.56 bn EUR"):
        precheck(data)


def test_battery_shifts_the_dear_hour_into_the_cheap_one() -> None:
    """At half load (0.5 MW per MW of IT) the connection may grow to the rated 1 MW, so hour 2 can buy 0.5 MW more.

    Per MW of IT: hour 2 buys 1.0 at 30, hour 1 buys nothing at 100, 0.5 MWh is carried (cyclic: 2, 0, 1).
    Saved: 0.5 x 1000 x (100 - 30) = 35,000. Paid: 0.5 MW x 20,000 + 0.5 MWh x 10,000 + 0.5 MW of connection x 10,000
    = 20,000. Net 15,000 less than the battery-free 1,000,000 + 5,000,000 + 2,000 + 5,000 + 90,000 + 15,000 = 6,112,000:
    20 x 6,097,000 = 121,940,000 EUR/yr. Hour 0 cannot be served too: hour 2 already buys all the connection carries.
    """
    solution, cost = optimum(small_instance(utilisation_share=0.5, battery=BATTERY))
    energy = solution.energy["AA"]
    assert cost == pytest.approx(121_940_000, **EXACT)
    assert energy.capacity["store_mw", "battery"] == pytest.approx(10.0)
    assert energy.capacity["store_mwh", "battery"] == pytest.approx(10.0)
    assert energy.capacity["connection",] == pytest.approx(20.0)
    np.testing.assert_allclose(energy.hourly["buy",], [10.0, 0.0, 20.0], atol=1e-6)
    np.testing.assert_allclose(energy.hourly["soc", "battery"], [10.0, 0.0, 10.0], atol=1e-6)
    assert optimum(small_instance(utilisation_share=0.5))[1] == pytest.approx(20 * 6_112_000, **EXACT)


def test_battery_loses_energy_on_both_ways() -> None:
    """Efficiency 0.8 each way, prices 105, 100, 30, half load; per MW of IT.

    Hour 2 charges the 0.5 MW the connection leaves: 0.4 MWh stored, 0.32 MWh come out in hour 0, the dearest.
    Paid for charging 0.5 x 1000 x (30 + 10) = 20,000; saved 0.32 x 1000 x (105 + 10) = 36,800. Battery of 0.5 MW at
    5,000 and 0.4 MWh at 10,000 = 6,500, connection 0.5 x 10,000 = 5,000: net 5,300 less than
    6,000,000 + 2,000 + 5,000 + 0.5 x 1000 x 235 + 15,000 = 6,139,500 EUR/yr. Charging in hour 1 to feed hour 0 costs
    110 / 0.64 = 172 > 115.
    """
    battery = replace(BATTERY, yearly_eur_mw=5_000.0, efficiency_share=0.8)
    data = small_instance(utilisation_share=0.5, battery=battery)
    data = replace(data, price_eur_mwh={**data.price_eur_mwh, "AA": (105.0, 100.0, 30.0)})
    solution, cost = optimum(data)
    assert cost == pytest.approx(20 * (6_139_500 - 5_300), **EXACT)
    np.testing.assert_allclose(
        solution.energy["AA"].hourly["discharge", "battery"], [6.4, 0.0, 0.0], atol=1e-6
    )
    assert solution.energy["AA"].capacity["store_mwh", "battery"] == pytest.approx(8.0)


def test_a_full_connection_leaves_the_battery_unbuilt() -> None:
    """At full load the rated connection is used up in every hour: no room to charge, the plan without battery stands."""
    solution, cost = optimum(small_instance(battery=BATTERY))
    assert cost == pytest.approx(124_440_000, **EXACT)
    assert solution.energy["AA"].capacity["store_mw", "battery"] == pytest.approx(0.0, abs=1e-6)


def test_ppa_surplus_is_sold_at_the_haircut_price_up_to_the_excess_share() -> None:
    """Wind of output 1, 0.5, 0 at 60,000 EUR/(MW yr), prices 50, 100, 30; per MW of IT and load.

    The first MW saves 50,000 + 0.5 x 100,000 = 100,000 > 60,000. From 1 to 1.2 MW hour 0's surplus is sold at
    0.9 x 50 = 45: 45,000 + 50,000 = 95,000 > 60,000. Beyond, the sale limit (0.2 of the load) binds: 50,000 < 60,000.
    So 1.2 MW: 72,000 for the contract, 0.4 x 100,000 and 30,000 bought, 30,000 network (bought or delivered alike),
    0.2 x 45,000 = 9,000 earned: 163,000 instead of 210,000 EUR/yr.
    """
    solution, cost = optimum(small_instance(ppa=WIND))
    energy = solution.energy["AA"]
    assert cost == pytest.approx(20 * (6_222_000 - 47_000), **EXACT)
    assert energy.capacity["ppa", "wind_ppa"] == pytest.approx(24.0)
    np.testing.assert_allclose(energy.hourly["deliver",], [20.0, 12.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(energy.hourly["sell",], [4.0, 0.0, 0.0], atol=1e-6)
    assert solution.cost_eur["surplus sold", "AA"] == pytest.approx(-180_000, **EXACT)


def test_a_negative_price_is_no_income_and_has_no_haircut() -> None:
    """At -50 in hour 0 nothing is sold: the contract is worth 50,000 a MW in hour 1 alone, less than its 60,000."""
    data = small_instance(ppa=WIND)
    data = replace(data, price_eur_mwh={**data.price_eur_mwh, "AA": (-50.0, 100.0, 30.0)})
    solution, cost = optimum(data)
    assert solution.energy["AA"].capacity["ppa", "wind_ppa"] == pytest.approx(0.0, abs=1e-6)
    assert cost == pytest.approx(20 * (6_222_000 - 100_000), **EXACT)


def test_ppa_stays_within_the_zone_potential() -> None:
    """Only 12 MW on offer, all delivered: each saves 100,000 - 60,000, so 124,440,000 - 480,000 EUR/yr."""
    solution, cost = optimum(small_instance(ppa=WIND, ppa_potential_mw=12.0))
    assert solution.energy["AA"].capacity["ppa", "wind_ppa"] == pytest.approx(12.0)
    assert cost == pytest.approx(123_960_000, **EXACT)


def test_gas_runs_where_it_beats_the_price() -> None:
    """Fuel 40.5 + allowances 20 against price + network of 60, 110, 40: in hour 1 it saves 110 - 60.5 = 49.5 EUR/MWh.

    1 MW of engines costs 30,000 and saves 49,500; the connection stays (hours 0 and 2): 19,500 less a MW of IT.
    Land: 0.01 ha/MW x 1 MW is within the 1 ha spare. Tonnes: 1000 x (0.4 + 0.3 + 0.4 from gas) = 1,100 instead of 1,200.
    """
    solution, cost = optimum(small_instance(gas=replace(GAS, energy_eur_mwh=40.5)))
    assert cost == pytest.approx(20 * (6_222_000 - 19_500), **EXACT)
    np.testing.assert_allclose(solution.energy["AA"].hourly["gen", "gas_engine"], [0.0, 20.0, 0.0], atol=1e-6)
    assert total(solution.carbon_t) == pytest.approx(22_000, **EXACT)
    assert solution.cost_eur["gas_engine, carbon allowances", "AA"] == pytest.approx(400_000, **EXACT)


def test_on_site_plant_fits_the_spare_land() -> None:
    """0.005 ha spare per MW of IT hold 0.5 MW of engines: half of the saving above."""
    data = small_instance(gas=replace(GAS, energy_eur_mwh=40.5))
    solution, cost = optimum(replace(data, spare_land_ha_mw={"AA": 0.005, "BB": 1.0}))
    assert solution.energy["AA"].capacity["onsite", "gas_engine"] == pytest.approx(10.0)
    assert cost == pytest.approx(20 * (6_222_000 - 9_750), **EXACT)


def test_internal_carbon_price_moves_the_choice() -> None:
    """BB costs 161,000 a MW more and emits 1,050 t less: worth it above 153.3 EUR/t. At 200: 6,383,000 + 150 x 200."""
    assert optimum(small_instance(internal_price_eur_t=153.0))[0].modules == {"one": 2}
    solution, cost = optimum(small_instance(internal_price_eur_t=200.0))
    assert solution.modules == {"two": 2}
    assert cost == pytest.approx(20 * (6_383_000 + 30_000), **EXACT)


FIRM = replace(WIND, yearly_eur_mw=300_000.0)  # 100 EUR/MWh over the three flat hours


@pytest.mark.parametrize(
    ("kind", "share", "ppa_mw", "extra_eur_mw"),
    [
        # hourly: d + 0.5 (1 - d) >= 0.75 -> d = 0.5, which costs 150,000 and saves 0.5 x 180,000
        ("hourly", 0.75, 0.5, 60_000.0),
        # annual: the grid's clean share does not count -> d = 0.75: 225,000 less 135,000
        ("annual", 0.75, 0.75, 90_000.0),
    ],
)
def test_matching_at_a_stated_score(kind: str, share: float, ppa_mw: float, extra_eur_mw: float) -> None:
    """A flat contract at AA against a grid that is half clean; moving a module to BB instead costs 161,000 a MW."""
    data = small_instance(ppa=FIRM, ppa_output=(1.0, 1.0, 1.0), matching=kind, cfe_score_min=share)
    solution, cost = optimum(data)
    assert solution.modules == {"one": 2}
    assert solution.energy["AA"].capacity["ppa", "wind_ppa"] == pytest.approx(20 * ppa_mw)
    assert cost == pytest.approx(20 * (6_222_000 + extra_eur_mw), **EXACT)


def test_hourly_matching_does_not_count_what_is_sold_annual_does() -> None:
    """Output 3, 0, 0 free of charge at AA: hour 0 can use 1 and sell 0.2 of the load.

    Hourly: (1 + 0.5 + 0.5) / 3 = 0.667 is the most AA reaches, so 0.67 sends a module to BB; annual: (1 + 0.2) / 3 = 0.4
    is met at 0.4 and not at 0.41 (BB has no contract at all: no plan).
    """
    free = replace(WIND, yearly_eur_mw=1.0)
    spiky = {"ppa": free, "ppa_output": (3.0, 0.0, 0.0)}
    assert optimum(small_instance(**spiky, matching="hourly", cfe_score_min=0.66))[0].modules == {"one": 2}
    assert "two" in optimum(small_instance(**spiky, matching="hourly", cfe_score_min=0.67))[0].modules
    assert optimum(small_instance(**spiky, matching="annual", cfe_score_min=0.399))[0].modules == {"one": 2}
    with pytest.raises(InfeasibleError):
        solved(small_instance(**spiky, matching="annual", cfe_score_min=0.41))


def test_battery_losses_count_against_the_hourly_score() -> None:
    """Grid clean share 1, 0, 1 at AA. Half load, efficiency 0.8 each way, all sent through the battery to hour 1.

    Per MW of IT: the connection lets hours 0 and 2 charge 0.5 each; to fill hour 1's 0.5 the battery takes 0.5 / 0.64 =
    0.78125 in. Score = (clean purchases 1 + 0.78125 + discharge 0.5 - charge 0.78125) / 1.5 = 1: losses are clean too.
    Without the battery it is 2/3.
    """
    battery = replace(BATTERY, efficiency_share=0.8)
    data = small_instance(utilisation_share=0.5, battery=battery, matching="hourly", cfe_score_min=1.0)
    data = replace(data, grid_cfe_share={"AA": (1.0, 0.0, 1.0), "BB": (0.0, 0.0, 0.0)})
    solution, _ = optimum(data)
    energy = solution.energy["AA"]
    np.testing.assert_allclose(energy.hourly["buy",][1], 0.0, atol=1e-6)
    assert energy.hourly["charge", "battery"].sum() == pytest.approx(20 * 0.78125)
    with pytest.raises(InfeasibleError):
        solved(replace(data, storage={}))


def test_carbon_first_then_cost() -> None:
    """BB alone emits least, 3,000 t, whatever it costs: 127,660,000 EUR/yr."""
    solution, cost = optimum(small_instance(objectives=("carbon", "cost")))
    assert solution.modules == {"two": 2}
    assert solution.stages[0].value == pytest.approx(3_000.0, **EXACT)
    assert cost == pytest.approx(127_660_000, **EXACT)


def test_a_tie_in_carbon_is_broken_by_cost() -> None:
    """With AA as clean as BB every split emits 3,000 t; the cheapest is AA alone."""
    data = small_instance(objectives=("carbon", "cost"))
    data = replace(data, grid_carbon_t_mwh=dict.fromkeys(("AA", "BB"), (0.05, 0.05, 0.05)))
    for classes in (("AA", "BB"), ("BB", "AA")):
        solution, cost = optimum(replace(data, classes=classes))
        assert solution.modules == {"one": 2}
        assert cost == pytest.approx(124_440_000, **EXACT)
        assert total(solution.carbon_t) == pytest.approx(3_000.0, rel=1e-5)


def test_most_compute_for_a_budget_then_the_cheapest_such_plan() -> None:
    """A module costs 301.2 M at AA and 281.3 M at BB. 1,000 M buy three of any kind (843.9 to 883.7 M), never four
    (3 x 281.3 + 301.2 = 1,145.1 M). Of the three-module plans AA 2 + BB 1 is the cheapest: 188,270,000 EUR/yr.
    At 860 M AA can have none (2 x 281.3 + 301.2 = 863.8 M): BB 3, 191,490,000 EUR/yr.
    """
    data = small_instance(objectives=("compute", "cost"), target_it_mw=0.0, budget_eur=1_000e6)
    solution, cost = optimum(data)
    assert solution.stages[0].value == pytest.approx(-30.0, **EXACT)
    assert solution.modules == {"one": 2, "two": 1}
    assert cost == pytest.approx(188_270_000, **EXACT)
    solution, cost = optimum(
        small_instance(objectives=("compute", "cost"), target_it_mw=0.0, budget_eur=860e6)
    )
    assert solution.modules == {"two": 3}
    assert cost == pytest.approx(191_490_000, **EXACT)


def test_weighted_objective_prices_carbon_but_books_no_cost_for_it() -> None:
    """At 200 EUR/t BB wins as above; the objective is 127,660,000 + 200 x 3,000, the cost stays 127,660,000."""
    solution = solved(small_instance(objectives=("weighted",), carbon_weight_eur_t=200.0))
    assert solution.modules == {"two": 2}
    assert solution.stages[0].value == pytest.approx(128_260_000, **EXACT)
    assert total(solution.cost_eur) == pytest.approx(127_660_000, **EXACT)


def test_a_campus_mixes_halls_only_if_that_pays() -> None:
    """Immersion at AA: PUE 0.9 x air's, 10,000 EUR/yr dearer; saves 0.1 x (210,000 + 10,000) = 22,000: all of it."""
    data = small_instance()
    halls = {**data.halls, ("AA", "immersion"): Hall(11.0e6, 1_010_000.0, (0.9, 0.9, 0.9), 0.0)}
    solution, cost = optimum(replace(data, halls=halls))
    assert solution.energy["AA"].capacity["cooled", "immersion"] == pytest.approx(20.0)
    assert cost == pytest.approx(20 * (6_222_000 - 12_000), **EXACT)


def test_connection_carries_the_peak_hour() -> None:
    """PUE 1, 1.5, 1: purchase 50 + 150 + 30, network 3.5 x 10, connection 1.5 MW: 6,289,000 - BB costs 6,383,000."""
    data = small_instance()
    halls = {**data.halls, ("AA", "air"): Hall(10.0e6, 1.0e6, (1.0, 1.5, 1.0), 0.4)}
    solution, cost = optimum(replace(data, halls=halls))
    assert solution.energy["AA"].capacity["connection",] == pytest.approx(30.0)
    assert cost == pytest.approx(20 * (6_000_000 + 2_000 + 15_000 + 230_000 + 35_000), **EXACT)


def test_off_grid_class_needs_a_plant_of_its_own() -> None:
    """Without a grid AA runs on gas at 60 EUR/MWh: 30,000 + 180,000 instead of 10,000 + 210,000 - 10,000 dearer
    than with the grid, but the 2,000 of the line stays (it is the site's): 6,212,000 EUR/yr and MW."""
    data = small_instance(gas=GAS)
    off = {
        name: {c: v for c, v in getattr(data, name).items() if c != "AA"}
        for name in ("price_eur_mwh", "network_eur_mwh", "grid_carbon_t_mwh", "grid_cfe_share", "connection")
    }
    solution, cost = optimum(replace(data, **off))
    assert solution.modules == {"one": 2}
    assert cost == pytest.approx(20 * 6_212_000, **EXACT)
    assert total(solution.carbon_t) == pytest.approx(20 * 1_200, **EXACT)


def test_sites_that_cannot_hold_the_smallest_size_stay_closed() -> None:
    """AA's 20 MW shrink to 9: below its smallest size of 10, so all goes to BB."""
    data = small_instance()
    sites = {**data.sites, "one": replace(data.sites["one"], max_mw=9.0)}
    assert optimum(replace(data, sites=sites))[0].modules == {"two": 2}

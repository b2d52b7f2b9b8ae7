"""Every limit of siting/model and the tests that show it: solved on paper, its rows letter by letter, broken and named.

`test_mechanisms.py` beside it holds this table against the code: no row of a model without an entry, no entry without its tests,
its golden file and its words. The formulation page shows it. No test stands here.
"""

from __future__ import annotations

from dataclasses import dataclass

BY_HAND = "tests/known/test_two_sites_three_hours.py::"
MORE = "tests/model/test_limits_by_hand.py::"
BROKEN = "tests/plan/test_every_limit.py::test_a_limit_broken_by_hand_is_named"
LATER = "tests/plan/test_every_limit.py::test_a_limit_over_periods_broken_by_hand_is_named"
GONE = "tests/plan/test_every_limit.py::test_a_site_taken_out_by_hand_breaks_what_asked_for_it"


@dataclass(frozen=True)
class Mechanism:
    """A limit: where it is written, and what shows it.

    module: file of siting/model; rows: its constraints in the Pyomo model; resources: of constraint `resource_limit`, the
    first words of their keys; hand, audit: test as file::function; golden: file of tests/model/golden; says: words of the
    audit's finding, as that test expects them.
    """

    name: str
    module: str
    rows: tuple[str, ...]
    hand: str
    golden: str
    audit: str
    says: str
    resources: tuple[str, ...] = ()


def shared(name: str, resource: str, hand: str, golden: str, audit: str, says: str) -> Mechanism:
    """A limit on a sum over all sites."""
    return Mechanism(name, "policy", ("resource_limit",), hand, golden, audit, says, (resource,))


def own(module: str, test: str) -> str:
    """A test in the mechanism's own file."""
    return f"tests/model/test_{module}.py::{test}"


MECHANISMS: tuple[Mechanism, ...] = (
    # where
    Mechanism("largest size of a site, whole modules", "sites", ("largest_size",),
        BY_HAND + "test_a_full_site_sends_the_rest_to_the_dearer_one", "sites", BROKEN, "largest size (MW of IT)"),
    Mechanism("smallest size of a site", "sites", ("smallest_size",),
        BY_HAND + "test_forced_site_is_built_at_its_smallest", "sites", BROKEN, "smallest size (MW of IT)"),
    Mechanism("fewest sites", "sites", ("fewest_sites",),
        MORE + "test_two_sites_at_least", "sites", GONE, "sites.min: 2 oversteps 1"),
    Mechanism("most sites", "sites", ("most_sites",),
        MORE + "test_one_site_at_most", "sites", BROKEN, "sites.max: 2 oversteps 1"),
    Mechanism("most sites in a country", "sites", ("most_per_country",),
        BY_HAND + "test_one_site_a_country_counts_countries_not_sites", "sites", BROKEN, "sites.max_per_country in BB"),
    Mechanism("fewest countries", "sites", ("used_if_open", "fewest_countries"),
        BY_HAND + "test_min_countries_opens_the_second_site", "sites", GONE, "sites.min_countries: 2 oversteps 1"),
    Mechanism("target of compute", "sites", ("compute_target",),
        BY_HAND + "test_module_is_whole_and_the_target_is_met_or_exceeded", "sites", BROKEN, "target (MW of IT)"),
    Mechanism("targets of earlier periods", "sites", ("earlier_target",),
        own("horizon", "test_bridging_by_hand"), "horizon", LATER, "2028: target (MW of IT)"),
    Mechanism("no site shrinks", "sites", ("growth",),
        MORE + "test_nothing_is_removed", "horizon", LATER, "it_mw of 2031 against 2028"),
    Mechanism("share of compute in a country", "sovereignty", ("country_share",),
        own("sovereignty", "test_half_in_each_country"), "sovereignty", BROKEN, "sites.max_share_per_country in AA"),
    Mechanism("share of compute near an AI Factory", "sovereignty", ("near_ai_factory",),
        own("sovereignty", "test_most_of_it_near_an_ai_factory"), "sovereignty", BROKEN, "sites.near_ai_factory (MW of IT)"),
    Mechanism("most countries", "sovereignty", ("home_if_open", "most_countries"),
        own("sovereignty", "test_one_country_alone"), "sovereignty", BROKEN, "sites.max_countries: 2 oversteps 1"),
    Mechanism("demand points served in full", "coverage", ("served", "served_if_open"),
        own("coverage", "test_by_hand"), "coverage", own("coverage", "test_the_audit_names_what_is_broken"), "demand of p"),
    Mechanism("a site serves what it holds", "coverage", ("served_within_site", "total_room"),
        own("coverage", "test_serving_dearly_moves_the_sites"), "coverage",
        own("coverage", "test_the_audit_names_what_is_broken"), "demand served by two"),
    Mechanism("share of demand served", "coverage", ("covered_share",),
        own("coverage", "test_a_share_of_the_demand_leaves_out_what_is_dear"), "coverage_share",
        own("coverage", "test_a_share_below_the_limit_is_named"), "covered_share_min"),
    # load
    Mechanism("halls hold the IT power", "halls", ("halls_filled",),
        BY_HAND + "test_a_campus_mixes_halls_only_if_that_pays", "halls", BROKEN, "cooled MW against IT MW"),
    Mechanism("no hall runs beyond its nameplate", "halls", ("nameplate",),
        own("flexible", "test_nothing_runs_beyond_the_nameplate"), "flexible",
        own("flexible", "test_the_audit_names_work_beyond_the_halls"), "nameplate"),
    Mechanism("work moved within its day is done in it", "flexible", ("work_conserved",),
        own("flexible", "test_by_hand"), "flexible",
        own("flexible", "test_the_audit_names_work_that_is_lost"), "work of air halls moved within 24 h"),
    Mechanism("shedding", "shed", ("shed_limit",),
        own("shed", "test_by_hand"), "shed",
        own("shed", "test_the_audit_names_more_shed_than_allowed"), "load.shed.share_max in air halls"),
    Mechanism("work moved between sites is done somewhere", "moving", ("work_moved",),
        own("moving", "test_by_hand"), "moving",
        own("moving", "test_the_audit_names_work_that_is_done_nowhere"), "load.moving_share: work done at all sites"),
    # power
    Mechanism("power balance", "build", ("power_balance",),
        BY_HAND + "test_cheapest_site_holds_the_whole_target", "grid", BROKEN, "power balance (MW)"),
    Mechanism("what crosses the fence", "grid", ("fence",),
        BY_HAND + "test_a_full_connection_leaves_the_battery_unbuilt", "grid", BROKEN, "what crosses the fence (MW)"),
    Mechanism("connection no larger than the rated load", "grid", ("rated_connection",),
        BY_HAND + "test_connection_carries_the_peak_hour", "grid", BROKEN, "connection against rated load (MW)"),
    Mechanism("contracts deliver what they put out", "grid", ("contract_output",),
        BY_HAND + "test_ppa_surplus_is_sold_at_the_haircut_price_up_to_the_excess_share", "grid",
        BROKEN, "delivered and sold against contracted output (MW)"),
    Mechanism("baseload contracts deliver their plant's mean", "grid", ("contract_output",),
        own("baseload", "test_by_hand"), "baseload",
        own("baseload", "test_the_audit_names_what_is_broken"), "against its plant's mean"),
    Mechanism("surplus sold", "grid", ("sale_limit",),
        BY_HAND + "test_ppa_surplus_is_sold_at_the_haircut_price_up_to_the_excess_share", "grid",
        BROKEN, "surplus sold (MW)"),
    Mechanism("on-site plant gives what it can", "onsite", ("gen_limit",),
        BY_HAND + "test_gas_runs_where_it_beats_the_price", "onsite", BROKEN, "gas_engine output (MW)"),
    Mechanism("land of on-site plant", "onsite", ("land",),
        BY_HAND + "test_on_site_plant_fits_the_spare_land", "onsite", BROKEN, "land of on-site plant (ha)"),
    Mechanism("state of charge", "storage", ("state_of_charge",),
        BY_HAND + "test_battery_loses_energy_on_both_ways", "storage",
        BROKEN, "battery state of charge (MWh) against its flows"),
    Mechanism("energy of a store", "storage", ("store_full",),
        BY_HAND + "test_battery_shifts_the_dear_hour_into_the_cheap_one", "storage", BROKEN, "battery energy (MWh)"),
    Mechanism("power of a store", "storage", ("store_power",),
        BY_HAND + "test_battery_shifts_the_dear_hour_into_the_cheap_one", "storage", BROKEN, "battery power (MW)"),
    Mechanism("stores sold in one piece", "storage", ("store_duration",),
        own("storage_in_one_piece", "test_power_buys_the_hours"), "storage_in_one_piece",
        own("storage_in_one_piece", "test_the_audit_names_other_hours"), "energy against 2 h of power"),
    Mechanism("firm capacity on site", "firm", ("firm_capacity",),
        own("firm", "test_by_hand"), "firm",
        own("firm", "test_the_audit_names_missing_capacity"), "firm capacity on site asked for"),
    Mechanism("stores as backup", "firm", ("firm_store_power", "firm_store_energy"),
        own("firm", "test_a_store_counts_as_long_as_it_lasts"), "firm",
        own("firm", "test_the_audit_names_missing_capacity"), "firm capacity on site asked for"),
    # heat, water, rules
    Mechanism("heat carried off by liquid", "heat", ("heat_recovered",),
        own("heat", "test_by_hand"), "heat",
        own("heat", "test_the_audit_names_what_is_broken"), "what liquid cooling carries off (MWh)"),
    Mechanism("heat a network takes", "heat", ("heat_taken",),
        own("heat", "test_by_hand"), "heat",
        own("heat", "test_the_audit_names_what_is_broken"), "heat.reuse_share_max (MWh)"),
    Mechanism("water at a site", "water", ("water_at_site",),
        own("water", "test_by_hand"), "water",
        own("water", "test_the_audit_names_a_broken_limit"), "water.per_site_m3_mw_yr (m3/yr)"),
    Mechanism("national rules", "rules", ("national_rule",),
        own("rules", "test_pue_by_hand"), "rules",
        own("rules", "test_the_audit_names_a_broken_rule"), "aa-pue_max, yearly mean PUE"),
    Mechanism("matching at each site", "matching", ("matched",),
        own("matching", "test_by_hand"), "matching_site",
        own("matching", "test_the_audit_names_a_broken_rule"), "power.matching.cfe_score_min"),
    # sums over all sites
    shared("budget", "capex",
        BY_HAND + "test_budget_buys_the_site_of_lower_capex", "limits", BROKEN, "budget.capex_eur (EUR)"),
    shared("budget of a period", "capex",
        own("horizon", "test_limits_by_period_bind"), "limits", LATER, "budget of 2031 (EUR)"),
    shared("yearly cost", "cost", MORE + "test_fewest_tonnes_for_a_yearly_cost", "limits", BROKEN, "budget.cost_eur_yr"),
    shared("carbon cap", "carbon",
        BY_HAND + "test_carbon_cap_moves_modules_to_the_dearer_clean_site", "limits", BROKEN, "carbon.cap_t_yr (t/yr)"),
    shared("carbon per kWh", "carbon_rate",
        BY_HAND + "test_carbon_rate_cap_is_the_tonnes_cap_over_the_load", "limits", BROKEN, "carbon.cap_g_kwh (g/kWh)"),
    shared("life-cycle cap", "lifecycle", own("lifecycle", "test_by_hand"), "lifecycle", BROKEN, "carbon.cap_lifecycle_t_yr"),
    shared("matching of the portfolio", "clean",
        BY_HAND + "test_matching_at_a_stated_score", "limits", BROKEN, "power.matching.cfe_score_min (share of load)"),
    shared("matching by country", "clean_in",
        own("matching", "test_by_hand"), "matching_country",
        own("matching", "test_the_audit_names_a_broken_rule"), "power.matching.cfe_score_min"),
    shared("water of the portfolio", "water",
        own("water", "test_by_hand"), "water",
        own("water", "test_the_audit_names_a_broken_limit"), "water.allowance_m3_yr (m3/yr)"),
    shared("potential of a zone", "potential",
        BY_HAND + "test_ppa_stays_within_the_zone_potential", "limits", BROKEN, "wind_ppa potential of AA (MW)"),
    shared("contracts over a border", "link",
        own("cross_border", "test_the_dearer_zone_takes_what_the_link_carries"), "cross_border",
        own("cross_border", "test_the_audit_sees_a_contract_that_was_made_larger"), "contracts over the link AA to BB"),
    shared("connection ramp of a site", "ramp",
        own("ramp", "test_by_hand"), "ramp",
        own("ramp", "test_the_audit_names_an_overstepped_ramp"), "connection against grid_ramp_mw_yr by 2030 (MW)"),
    # periods and cases
    Mechanism("one size for good, in all cases", "vintages", ("same_size",),
        own("horizon", "test_cases_share_all_investments"), "risk",
        LATER, "supply_mw of gas_engine@2028 in 2031 against 2028"),
    Mechanism("halls and connections never shrink", "vintages", ("never_smaller",),
        MORE + "test_a_connection_stays", "horizon", LATER, "connection_mw of 2031 against 2028"),
    Mechanism("a profile grows", "build", ("it_grows",),
        MORE + "test_three_periods", "profile", LATER, "it_mw of 2029 against 2028"),
    Mechanism("cost of the dearest cases", "risk", ("risk_of_case",),
        own("horizon", "test_cvar_by_hand"), "risk",
        "tests/plan/test_every_limit.py::test_the_risk_is_recomputed_case_by_case", "objective risk: the plan says"),
)  # fmt: skip
SHARED_GROUND = ("terms", "horizon")  # they write no row

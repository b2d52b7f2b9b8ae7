"""Every limit broken by hand in a solved plan is named by the audit: one number of plan.json or one hour of hourly.parquet.

What only one mechanism has is broken in its own file, tests/model/test_<mechanism>.py; tests/model/mechanisms.py says which.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import pytest

from siting.instance.coverage import Sovereignty
from siting.instance.instance import Instance, Limit
from siting.instance.precheck import precheck
from siting.plan.audit import audit
from siting.plan.audit_horizon import audit_horizon, audit_plan
from siting.plan.plan import Plan
from tests.build_horizon import horizon_plan, three_periods, two_cases, two_periods
from tests.build_instance import BATTERY, GAS, WIND, small_instance, small_plan, solved
from tests.model.bend import with_hour
from tests.model.test_limits_by_hand import always_connected

Record = dict[str, Any]
FULL: dict[str, Any] = {"battery": BATTERY, "gas": GAS, "ppa": WIND, "utilisation_share": 0.5}
BOTH: dict[str, Any] = {"countries_min": 2}


@dataclass(frozen=True)
class Break:
    """An instance, what is done by hand to the record and hours of its plan, and the words of the finding."""

    words: str
    data: Callable[[], Instance]
    record: Callable[[Record], object] | None = None
    hour: tuple[str, int, float] | None = None  # column, row, MW more
    built_too: str | None = None  # a site that is added, a copy of the first

    def broken(self, plan: Plan) -> tuple[Record, pd.DataFrame]:
        record, hourly = copy.deepcopy(dict(plan.record)), plan.hourly
        if self.built_too:
            record["sites"].append({**copy.deepcopy(record["sites"][0]), "site": self.built_too})
            hourly = pd.concat([hourly, hourly.assign(site=self.built_too)], ignore_index=True)
        if self.record:
            self.record(record["sites"][0])
        if self.hour:
            hourly = with_hour(hourly, *self.hour)
        return record, hourly


def small(**changes: Any) -> Callable[[], Instance]:
    return lambda: small_instance(**changes)


def ruled(rules: Sovereignty, **changes: Any) -> Callable[[], Instance]:
    return lambda: replace(small_instance(**changes), sovereignty=rules)


def limited(key: tuple[str, ...], value: float, words: str, **changes: Any) -> Callable[[], Instance]:
    return lambda: small_instance(**changes, limits={key: Limit("<=", value, "unit", words)})


def sized(**sizes: float) -> Callable[[], Instance]:
    """Site one with another smallest or largest size."""

    def made() -> Instance:
        data = small_instance()
        return replace(data, sites={**data.sites, "one": replace(data.sites["one"], **sizes)})

    return made


def more(table: str, name: str, by: float) -> Callable[[Record], object]:
    """One size of the first site changed by hand."""
    return lambda row: row[table].update({name: row[table][name] + by})


def put(name: str, value: Any) -> Callable[[Record], object]:
    return lambda row: row.update({name: value})


def connected(by: float) -> Callable[[Record], object]:
    return lambda row: row.update(connection_mw=row["connection_mw"] + by)


BREAKS: dict[str, Break] = {
    # sites
    "a site above its largest size": Break(
        "one: largest size (MW of IT): 30 oversteps 20", small(), put("modules", 3)
    ),
    "a site below its smallest size": Break(
        "one: smallest size (MW of IT): 20 oversteps 10", sized(min_mw=20.0), put("modules", 1)
    ),
    "half a module": Break("one: modules 1.5 is not a whole number", small(), put("modules", 1.5)),
    "one site too many": Break("sites.max: 2 oversteps 1", small(sites_max=1), built_too="two"),
    "two sites in one country": Break(
        "sites.max_per_country in BB: 2 oversteps 1", small(**BOTH), put("country", "BB")
    ),
    "less than the target": Break("target (MW of IT): 20 oversteps 10", small(), put("modules", 1)),
    # countries
    "most of it in one country": Break(
        "sites.max_share_per_country in AA (MW of IT): 20 oversteps 15",
        ruled(Sovereignty(country_share_max=0.5)),
        put("modules", 2),
    ),
    "one country too many": Break(
        "sites.max_countries: 2 oversteps 1",
        ruled(Sovereignty(countries_max=1)),
        put("country", "BB"),
        built_too="two",
    ),
    "too little near an AI Factory": Break(
        "sites.near_ai_factory (MW of IT): 15 oversteps 10",
        ruled(Sovereignty(near=frozenset({"two"}), near_share_min=0.5), forced=("two",)),
        put("modules", 2),
    ),
    # power
    "halls for less than the IT power": Break(
        "cooled MW against IT MW", small(), more("cooling_mw", "air", -1.0)
    ),
    "power from nowhere": Break(
        "power balance (MW): 1 oversteps 0 in modelled hour 1", small(), hour=("buy_mw", 1, -1.0)
    ),
    "more than the connection carries": Break(
        "what crosses the fence (MW): 20 oversteps 19", small(), connected(-1.0)
    ),
    "a connection above the rated load": Break(
        "connection against rated load (MW): 21 oversteps 20", small(), connected(1.0)
    ),
    "more than contracts put out": Break(
        "delivered and sold against contracted output (MW)",
        small(ppa=WIND),
        more("supply_mw", "wind_ppa", -1.0),
    ),
    "more surplus sold than allowed": Break(
        "surplus sold (MW): 5 oversteps 4 in modelled hour 0", small(ppa=WIND), hour=("sell_mw", 0, 1.0)
    ),
    "more than the engines give": Break(
        "gas_engine output (MW)",
        small(gas=replace(GAS, energy_eur_mwh=40.5)),
        more("supply_mw", "gas_engine", -1.0),
    ),
    "more land than there is": Break(
        "land of on-site plant (ha): 0.11 oversteps 0.1",
        small(gas=replace(GAS, energy_eur_mwh=40.5), spare_land_ha_mw={"AA": 0.005, "BB": 1.0}),
        more("supply_mw", "gas_engine", 1.0),
    ),
    # storage
    "energy out of an empty store": Break(
        "battery state of charge (MWh) against its flows", small(**FULL), hour=("soc_battery_mwh", 0, 1.0)
    ),
    "more energy than the store holds": Break(
        "battery energy (MWh)", small(**FULL), more("store_mwh", "battery", -1.0)
    ),
    "more power than the store has": Break(
        "battery power (MW)", small(**FULL), more("store_mw", "battery", -1.0)
    ),
    # what joins all sites
    "beyond the budget": Break("budget.capex_eur (EUR)", small(budget_eur=602.4e6), connected(1.0)),
    "beyond the yearly cost": Break(
        "budget.cost_eur_yr (unit)",
        limited(("cost",), 124_440_000.0, "budget.cost_eur_yr"),
        hour=("buy_mw", 1, 1.0),
    ),
    "beyond the carbon cap": Break(
        "carbon.cap_t_yr (t/yr): 24,500 oversteps 24,000",
        small(carbon_cap_t=24_000.0),
        hour=("buy_mw", 1, 1.0),
    ),
    "beyond the carbon rate": Break(
        "carbon.cap_g_kwh (g/kWh)", small(carbon_cap_g_kwh=400.0), hour=("buy_mw", 1, 1.0)
    ),
    "beyond the life-cycle cap": Break(
        "carbon.cap_lifecycle_t_yr (unit): 24,500 oversteps 24,000",
        limited(("lifecycle",), 24_000.0, "carbon.cap_lifecycle_t_yr"),
        hour=("buy_mw", 1, 1.0),
    ),
    "less clean than asked for": Break(
        "power.matching.cfe_score_min (share of load)",
        small(ppa=WIND, matching="hourly", cfe_score_min=0.8),
        hour=("deliver_mw", 0, -1.0),
    ),
    "beyond a zone's potential": Break(
        "wind_ppa potential of AA (MW): 13 oversteps 12",
        small(ppa=WIND, ppa_potential_mw=12.0),
        more("supply_mw", "wind_ppa", 1.0),
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_limit_broken_by_hand_is_named(name: str) -> None:
    case = BREAKS[name]
    data = case.data()
    plan = small_plan(data)
    assert audit(data, plan.record, plan.hourly) == []
    found = audit(data, *case.broken(plan))
    assert any(case.words in finding for finding in found), "\n".join(found)


GONE: dict[str, tuple[Callable[[], Instance], str]] = {
    "a site too few": (small(sites_min=2), "sites.min: 2 oversteps 1"),
    "a country too few": (small(**BOTH), "sites.min_countries: 2 oversteps 1"),
    "a forced site": (small(forced=("two",)), "forced site 'two' is not built"),
}


@pytest.mark.parametrize("name", GONE)
def test_a_site_taken_out_by_hand_breaks_what_asked_for_it(name: str) -> None:
    data, words = GONE[name][0](), GONE[name][1]
    plan = small_plan(data)
    assert audit(data, plan.record, plan.hourly) == []
    record = {**plan.record, "sites": [row for row in plan.record["sites"] if row["site"] == "one"]}
    found = audit(data, record, plan.hourly)
    assert any(words in finding for finding in found), "\n".join(found)


# --- several periods and cases


@dataclass(frozen=True)
class Late:
    """As Break, for a plan of several periods: what is done to site one in the record of one of them, or to the horizon's."""

    words: str
    data: Callable[[], Instance]
    stage: str
    record: Callable[[Record], object]


def under(key: tuple[str, ...], value: float, words: str) -> Callable[[], Instance]:
    """The two periods with one limit more, which their plan just keeps."""
    return lambda: two_periods(limits={key: Limit("<=", value, "unit", words)})


def risky() -> Instance:
    return two_cases(tail_share=0.5, objectives=("risk",), forced=("one",))


INVESTED_2028, INVESTED_2031 = 10 * 30.5e6, 10 * 30.5e6 + 20 * 0.12e6  # EUR: see tests/model/test_horizon.py
LATE: dict[str, Late] = {
    "a site that shrinks": Late(
        "one: it_mw of 2031 against 2028: 10 oversteps 0", two_periods, "2031", put("it_mw", 0.0)
    ),
    "a middle period that shrinks": Late(
        "one: it_mw of 2029 against 2028: 10 oversteps 0", three_periods, "2029", put("it_mw", 0.0)
    ),
    "less than an earlier target": Late(
        "2028: target (MW of IT): 10 oversteps 0", two_periods, "2028", put("modules", 0)
    ),
    "a plant that grows after it is built": Late(
        "AA: supply_mw of gas_engine@2028 in 2031 against 2028",
        two_periods,
        "2031",
        more("supply_mw", "gas_engine@2028", 1.0),
    ),
    "a plant before it is built": Late(
        "2028: gas_engine@2031 stands before it is built",
        two_periods,
        "2028",
        lambda row: row["supply_mw"].update({"gas_engine@2031": 1.0}),
    ),
    "a grid before it is there": Late(
        "2028: one: connection against rated load (MW): 5 oversteps 0",
        two_periods,
        "2028",
        put("connection_mw", 5.0),
    ),
    "a connection that differs between cases": Late(
        "AA: connection_mw of 2030/dear against 2030/usual: 10 oversteps 9",
        two_cases,
        "2030/dear",
        connected(-1.0),
    ),
    "a connection that shrinks": Late(
        "AA: connection_mw of 2031 against 2028: 10 oversteps 9", always_connected, "2031", connected(-1.0)
    ),
    "a cap of one period": Late(
        "2028: cap of 2028 (unit)",
        under(("carbon", "2028"), 12_000.0, "cap of 2028"),
        "2028",
        put("hour", ("gen_gas_engine@2028_mw", 1, 1.0)),
    ),
    "the budget of one period": Late(
        "budget of 2031 (EUR)",
        under(("capex", "2031"), INVESTED_2031, "budget of 2031"),
        "2031",
        more("supply_mw", "gas_engine@2031", 1.0),
    ),
    "the budget of all periods": Late(
        "budget (EUR)", under(("capex",), INVESTED_2028 + INVESTED_2031, "budget"), "2031", connected(1.0)
    ),
}


@pytest.mark.parametrize("name", LATE)
def test_a_limit_over_periods_broken_by_hand_is_named(name: str) -> None:
    case = LATE[name]
    data = case.data()
    plan = horizon_plan(data)
    assert audit_plan(data, plan) == []
    stages = {label: (copy.deepcopy(dict(own.record)), own.hourly) for label, own in plan.stages.items()}
    record, hourly = stages[case.stage]
    row = record["sites"][0]
    case.record(row)
    if hour := row.pop("hour", None):
        stages[case.stage] = (record, with_hour(hourly, *hour))
    found = audit_horizon(data, plan.record, stages)
    assert any(case.words in finding for finding in found), "\n".join(found)


def lied(plan: Plan, data: Instance, change: Callable[[Record], object]) -> str:
    """Findings once the horizon's own record is changed."""
    record = copy.deepcopy(dict(plan.record))
    change(record)
    stages = {label: (own.record, own.hourly) for label, own in plan.stages.items()}
    return "\n".join(audit_horizon(data, record, stages))


@pytest.mark.parametrize("entry", ["cost_eur_yr", "carbon_t_yr", "capex_eur"])
def test_money_and_tonnes_of_the_horizon_are_recomputed(entry: str) -> None:
    data = two_periods()
    plan = horizon_plan(data)
    assert f"horizon: {entry}" in lied(
        plan, data, lambda r: r["horizon"].update({entry: r["horizon"][entry] * 1.01})
    )


def test_the_yearly_cost_over_the_horizon_is_held_to_its_limit() -> None:
    """Dearer totals of one period: the mean year, 0.4 x 62.1 M + 0.6 x 124.04 M, oversteps."""
    data = two_periods(limits={("cost",): Limit("<=", 99_264_000.0, "EUR/yr", "budget.cost_eur_yr")})
    plan = horizon_plan(data)
    assert audit_plan(data, plan) == []
    stages = {label: (copy.deepcopy(dict(own.record)), own.hourly) for label, own in plan.stages.items()}
    stages["2031"][0]["totals"]["cost_eur_yr"] += 1e6
    found = "\n".join(audit_horizon(data, plan.record, stages))
    assert "budget.cost_eur_yr (EUR/yr): 9.9864e+07 oversteps 9.9264e+07" in found


def test_the_risk_is_recomputed_case_by_case() -> None:
    """(0.3 x 64.92 + 0.2 x 62.22) / 0.5 M: a risk 1 % lower, or a dear case that is dearer, is found."""
    data = risky()
    plan = horizon_plan(data)
    assert audit_plan(data, plan) == []

    def lower(record: Record) -> None:
        record["objective"]["value"] *= 0.99

    assert "objective risk: the plan says" in lied(plan, data, lower)
    stages = {label: (copy.deepcopy(dict(own.record)), own.hourly) for label, own in plan.stages.items()}
    stages["2030/dear"][0]["totals"]["cost_eur_yr"] *= 1.01
    assert any("objective risk: the plan says" in line for line in audit_horizon(data, plan.record, stages))


def test_a_period_left_out_is_found() -> None:
    data = two_periods()
    plan = horizon_plan(data)
    only = {"2031": (plan.stages["2031"].record, plan.stages["2031"].hourly)}
    assert audit_horizon(data, plan.record, only) == ["the plan lacks 2028"]


def test_money_to_invest_in_a_period_is_for_what_is_new_in_it() -> None:
    """20 MW stand in 2031, 10 of them and the engines of 2028 since 2028: not refused before the solve, and named if it binds."""
    data = under(("capex", "2031"), INVESTED_2031, "budget of 2031")()
    precheck(data)
    assert [row["limit"] for row in horizon_plan(data).record["binding"] if "budget" in row["limit"]] == [
        "budget of 2031"
    ]


def test_every_break_starts_from_an_optimum() -> None:
    """The cases above are plans of their instance, not any numbers: a limit that binds is kept to its last unit."""
    assert solved(small_instance(budget_eur=602.4e6)).stages[0].value == pytest.approx(124_440_000)

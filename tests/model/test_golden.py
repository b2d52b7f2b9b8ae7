"""The rows of the older mechanisms, letter by letter, in cases of two hours: sites, halls, grid, on-site plant, storage, limits,
objective spread, risk, and the profile of several periods. The younger ones stand in their own files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyomo.environ as pyo
import pytest

from siting.instance.instance import Hall, Instance, Limit
from siting.model.build import objective_terms, pricing, whole
from tests.build_horizon import three_periods, two_cases
from tests.build_instance import BATTERY, GAS, WIND, small_instance
from tests.model.bend import two_hours
from tests.model.golden import assert_golden, only_rows


def sites() -> Instance:
    """Two countries, at least one site in each; the smallest size is two modules."""
    data = small_instance(countries_min=2, target_it_mw=30.0)
    return replace(data, sites={s: replace(site, min_mw=20.0) for s, site in data.sites.items()})


def two_coolings() -> Instance:
    data = two_hours(small_instance(utilisation_share=0.8))
    wet = Hall(9.0e6, 0.9e6, (1.05, 1.2), 1.5)
    return replace(data, halls={**data.halls, ("AA", "direct_to_chip"): wet})


def limits() -> Instance:
    """One row for every resource, of class AA alone, with an internal price of 50 EUR/t that the yearly cost includes."""
    data = two_hours(
        small_instance(
            ppa=WIND,
            budget_eur=600e6,
            carbon_cap_t=8_000.0,
            carbon_cap_g_kwh=200.0,
            matching="hourly",
            cfe_score_min=0.7,
            internal_price_eur_t=50.0,
        )
    )
    return replace(
        data, limits={**data.limits, ("cost",): Limit("<=", 130e6, "EUR/yr", "budget.cost_eur_yr")}
    )


ROWS: dict[str, tuple[Callable[[], Instance], tuple[str, ...]]] = {
    "sites": (
        sites,
        (
            "largest_size", "smallest_size", "fewest_sites", "most_sites", "most_per_country", "used_if_open",
            "fewest_countries", "compute_target",
        ),
    ),
    "halls": (two_coolings, ("halls_filled", "power_balance")),
    "grid": (
        lambda: two_hours(small_instance(ppa=WIND)),
        ("rated_connection", "fence", "contract_output", "sale_limit", "power_balance"),
    ),
    "onsite": (lambda: two_hours(small_instance(gas=GAS)), ("gen_limit", "land", "power_balance")),
    "storage": (
        lambda: two_hours(small_instance(battery=replace(BATTERY, efficiency_share=0.9))),
        ("state_of_charge", "store_full", "store_power", "power_balance"),
    ),
    "limits": (limits, ("resource_limit",)),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_rows_are_those_written_down(name: str, tmp_path: Path) -> None:
    data, rows = ROWS[name]
    m = whole(data()).m
    assert {row.local_name for row in m.component_objects(pyo.Constraint)} >= set(rows)
    assert_golden(only_rows(m, *rows), name, tmp_path)


def with_goal(data: Instance, goal: str, *rows: str) -> pyo.ConcreteModel:
    """Rows of a model and what it minimises."""
    b = whole(data)
    only_rows(b.m, *rows)
    b.m.goal = pyo.Objective(expr=objective_terms(b)[goal])
    return b.m


def test_objective_spread(tmp_path: Path) -> None:
    """Weights per MW at a site, per mean MW bought, and against the load that contracts do not surely serve."""
    data = two_hours(small_instance(ppa=WIND, gas=GAS, battery=BATTERY))
    asked = replace(
        data, spread_sites={"one": 2.0}, spread_options={"grid": 1.0, "wind_ppa": -0.5, "battery": 0.1}
    )
    assert_golden(with_goal(asked, "spread", "compute_target"), "spread", tmp_path)


def test_risk(tmp_path: Path) -> None:
    """Two cases: the dearest half of outcomes, one row a case; what is built is the same in both."""
    data = two_hours(two_cases(tail_share=0.5, objectives=("risk",)))
    assert_golden(with_goal(data, "risk", "risk_of_case", "same_size"), "risk", tmp_path)


def test_profile_of_three_periods(tmp_path: Path) -> None:
    """The pricing problem serves 1 MW in the last period, and before never more than later."""
    m = pricing(two_hours(three_periods())).m
    assert_golden(only_rows(m, "it_grows", "halls_filled"), "profile", tmp_path)

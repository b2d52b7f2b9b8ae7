"""Shares and numbers of countries, and nearness to AI Factories: by hand, by both methods, row by row, and audited.

The sites of `build_instance`: `one` in AA (6,222,000 EUR/yr a MW, at most 20 MW), `two` in BB (6,383,000, at most 30 MW); modules
are 10 MW, and the cheapest 20 MW stand at `one` alone for 124,440,000.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyomo.environ as pyo
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from siting.errors import InfeasibleError
from siting.instance.coverage import Sovereignty
from siting.instance.instance import Instance
from siting.instance.precheck import precheck
from siting.plan.audit import audit
from siting.solver.solution import equal_sites
from tests.build_instance import BATTERY, WIND, frontier, small_instance, small_plan, solved, total
from tests.model.golden import assert_golden
from tests.model.test_coverage import site_model
from tests.solver.test_methods_agree import assert_agree
from tests.test_properties import instances

HALF = Sovereignty(country_share_max=0.5)
NEAR_TWO = Sovereignty(near=frozenset({"two"}), near_share_min=0.6, near_km=50.0, nearest=("two", 12.0))
ONE_COUNTRY = Sovereignty(countries_max=1)
METHODS = pytest.mark.parametrize("solve", [solved, frontier], ids=["whole", "frontier"])


def ruled(rules: Sovereignty, **changes: Any) -> Instance:
    return replace(small_instance(**changes), sovereignty=rules)


@METHODS
def test_half_in_each_country(solve: Callable[[Instance], Any]) -> None:
    """10 MW each: 62,220,000 + 63,830,000."""
    solution = solve(ruled(HALF))
    assert solution.modules == {"one": 1, "two": 1}
    assert total(solution.cost_eur) == pytest.approx(126_050_000, rel=1e-6)


@METHODS
def test_most_of_it_near_an_ai_factory(solve: Callable[[Instance], Any]) -> None:
    """60 % of 20 MW are more than one module of 10: both stand at `two`, 127,660,000; 20 and 10 MW cost more."""
    solution = solve(ruled(NEAR_TWO))
    assert solution.modules == {"two": 2}
    assert total(solution.cost_eur) == pytest.approx(127_660_000, rel=1e-6)


@METHODS
def test_one_country_alone(solve: Callable[[Instance], Any]) -> None:
    """30 MW fit in one country only at `two`: 191,490,000; freely, 20 at `one` and 10 at `two` cost 188,270,000."""
    assert solve(small_instance(target_it_mw=30.0)).modules == {"one": 2, "two": 1}
    solution = solve(ruled(ONE_COUNTRY, target_it_mw=30.0))
    assert solution.modules == {"two": 3}
    assert total(solution.cost_eur) == pytest.approx(191_490_000, rel=1e-6)


@settings(
    max_examples=15,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(
    instances(),
    st.sampled_from([None, 1, 2]),
    st.sampled_from([0.5, 0.7, 1.0]),
    st.sampled_from([0.0, 0.3, 0.8]),
)
def test_drawn_instances_agree(data: Instance, countries: int | None, share: float, near: float) -> None:
    first = next(iter(data.sites))
    assert_agree(replace(data, sovereignty=Sovereignty(countries, share, frozenset({first}), near, 50.0)))


def test_rows_are_those_written_down(tmp_path: Path) -> None:
    rules = Sovereignty(1, 0.5, frozenset({"two"}), 0.6, 50.0)
    assert_golden(site_model(ruled(rules)), "sovereignty", tmp_path)


def test_off_writes_nothing() -> None:
    m: pyo.ConcreteModel = site_model(small_instance())
    names = {component.local_name for component in m.component_objects()}
    assert not names & {"country_share", "near_ai_factory", "home", "home_if_open", "most_countries"}
    assert_agree(small_instance(battery=BATTERY, ppa=WIND))


BROKEN = {
    "sites.max_share_per_country in AA": (Sovereignty(), Sovereignty(country_share_max=0.9)),
    "sites.near_ai_factory": (Sovereignty(), NEAR_TWO),
    "sites.max_countries": (HALF, ONE_COUNTRY),
}


@pytest.mark.parametrize("words", BROKEN)
def test_the_audit_names_what_is_broken(words: str) -> None:
    """The plan of one instance under the rules of another."""
    made, asked = BROKEN[words]
    data = ruled(made)
    plan = small_plan(data)
    assert audit(data, plan.record, plan.hourly) == []
    assert any(words in finding for finding in audit(ruled(asked), plan.record, plan.hourly))


@pytest.mark.parametrize(
    ("rules", "name"),
    [
        (HALF, "sites.max_share_per_country in AA"),
        (NEAR_TWO, "sites.near_ai_factory"),
        (ONE_COUNTRY, "sites.max_countries"),
    ],
)
def test_what_binds_is_named(rules: Sovereignty, name: str) -> None:
    assert name in [entry["limit"] for entry in small_plan(ruled(rules)).record["binding"]]
    assert name not in [entry["limit"] for entry in small_plan(small_instance()).record["binding"]]


def test_what_has_room_does_not_bind() -> None:
    """All IT power near a factory where a tenth is asked for; half a country's share where all may stand."""
    loose = Sovereignty(2, 0.99, frozenset({"one"}), 0.1, 50.0)
    both = replace(loose, country_share_max=1.0)
    named = [entry["limit"] for entry in small_plan(ruled(both, target_it_mw=20.0)).record["binding"]]
    assert not any(
        name.startswith(("sites.near", "sites.max_share", "sites.max_countries")) for name in named
    )


PRECHECKS: dict[str, tuple[Instance, str]] = {
    "too few countries": (
        ruled(Sovereignty(country_share_max=0.3)),
        "max_share_per_country 0.3 needs sites in 4 countries, but candidates of at least the smallest size lie in 2",
    ),
    "target in one country": (
        ruled(ONE_COUNTRY, target_it_mw=40.0),
        "target needs 40.0 MW of IT, but 1 country with most room can hold 30.0 MW",
    ),
    "forced in too many": (
        ruled(ONE_COUNTRY, forced=("one", "two")),
        "names sites in 2 countries (AA, BB), sites.max_countries allows 1",
    ),
    "nothing near": (
        ruled(Sovereignty(near_share_min=0.1, near_km=50.0, nearest=("two", 77.7))),
        "no candidate of at least the smallest size lies within 50 km of an AI Factory; the nearest candidate, two, is 77.7",
    ),
    "too little near": (
        ruled(replace(NEAR_TWO, near=frozenset({"one"}), near_share_min=0.9), target_it_mw=40.0),
        "asks for 36.0 MW of IT within 50 km (0.9 of the target), but the sites allowed there hold 20.0 MW",
    ),
}


@pytest.mark.parametrize("name", PRECHECKS)
def test_precheck_says_it_in_numbers(name: str) -> None:
    data, words = PRECHECKS[name]
    with pytest.raises(InfeasibleError) as error:
        precheck(data)
    assert words in str(error.value)
    for solve in (solved, frontier):
        with pytest.raises(InfeasibleError):
            solve(data)


def test_precheck_lets_pass_what_is_possible() -> None:
    for rules in (HALF, NEAR_TWO, ONE_COUNTRY):
        precheck(ruled(rules))


def test_equal_candidates_differ_if_one_is_near() -> None:
    data = small_instance()
    twins = replace(data, sites={"one": data.sites["one"], "other": data.sites["one"]})
    near = replace(twins, sovereignty=Sovereignty(near=frozenset({"one"}), near_share_min=0.5))
    assert equal_sites(twins, "one", "other")
    assert not equal_sites(near, "one", "other")

"""National rules as rows: by hand, by both methods, row by row, audited and prechecked. Base numbers: tests/build_instance.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from siting.errors import InfeasibleError
from siting.instance.duties import FIRM, HEAT, PUE, RENEWABLE, Duty
from siting.instance.instance import Hall, Instance, Option
from siting.instance.precheck import precheck
from siting.model.build import whole
from siting.plan.audit import audit
from tests.build_instance import BATTERY, GAS, WIND, frontier, small_instance, small_plan, solved, total
from tests.model.bend import bent, two_hours
from tests.model.golden import assert_golden, only_rows
from tests.model.test_heat import NETWORK, warm
from tests.plan.test_audit import put, survivors
from tests.solver.test_methods_agree import assert_agree

BOTH = pytest.mark.parametrize("solve", [solved, frontier], ids=["whole", "frontier"])
NUCLEAR = Option(0.0, 180_000.0)


def ruled(data: Instance, *duties: tuple[str, float], renewable: tuple[str, ...] = ("wind_ppa",)) -> Instance:
    """Duties hold at AA; wind counts as renewable there."""
    found = tuple(Duty(f"aa-{subject}", subject, value, "law") for subject, value in duties)
    return replace(data, duties={"AA": found}, renewable={"AA": renewable})


def two_coolings(**changes: Any) -> Instance:
    data = small_instance(**changes)
    halls = {
        ("AA", "air"): Hall(10.0e6, 1.0e6, (1.3,) * 3, 0.4),
        ("AA", "liquid"): Hall(10.0e6, 1.1e6, (1.1,) * 3, 0.0),
    }
    return replace(data, halls={**data.halls, **halls})


@BOTH
def test_pue_by_hand(solve: Callable[[Instance], Any]) -> None:
    """Air 1,000,000 + 5,002,000 + 1.3 x 220,000 = 6,288,000, liquid 1,100,000 + 5,002,000 + 1.1 x 220,000 = 6,344,000 EUR/yr;
    a mean PUE of 1.2 is half of each: 6,316,000, below BB's 6,383,000."""
    solution = solve(ruled(two_coolings(), (PUE, 1.2)))
    assert solution.modules == {"one": 2}
    assert solution.energy["AA"].capacity["cooled", "air"] == pytest.approx(10.0, rel=1e-6)
    assert total(solution.cost_eur) == pytest.approx(20 * 6_316_000, rel=1e-6)


@BOTH
def test_renewable_by_hand(solve: Callable[[Instance], Any]) -> None:
    """Alone, 1.2 MW of wind a MW pay (1,200 + 600 MWh, of which 200 sold). 0.7 of 3,000 MWh need 2,100: the first hour sells
    no more, so 1.8 MW: 108,000 EUR/yr for 50,000 + 90,000 saved and 9,000 sold, 6,222,000 - 41,000."""
    solution = solve(ruled(small_instance(ppa=WIND), (RENEWABLE, 0.7)))
    assert solution.energy["AA"].capacity["ppa", "wind_ppa"] == pytest.approx(36.0, rel=1e-6)
    assert total(solution.cost_eur) == pytest.approx(20 * 6_181_000, rel=1e-6)


@BOTH
def test_renewable_out_of_reach_moves_the_sites(solve: Callable[[Instance], Any]) -> None:
    """Two hours of wind and a fifth of surplus are 0.8 of three hours' load."""
    assert solve(ruled(small_instance(ppa=WIND), (RENEWABLE, 0.79))).modules == {"one": 2}
    assert solve(ruled(small_instance(ppa=WIND), (RENEWABLE, 0.81))).modules == {"two": 2}


@BOTH
def test_nuclear_power_is_not_renewable(solve: Callable[[Instance], Any]) -> None:
    data = small_instance(ppa=WIND)
    data = replace(
        data,
        ppa={**data.ppa, ("AA", "nuclear_ppa"): NUCLEAR},
        availability={**data.availability, ("AA", "nuclear_ppa"): (1.0, 1.0, 1.0)},
    )
    solution = solve(ruled(data, (RENEWABLE, 0.5)))
    assert solution.modules == {"one": 2}
    assert solve(ruled(data, (RENEWABLE, 0.5), renewable=())).modules == {"two": 2}
    plan = small_plan(ruled(data, (RENEWABLE, 0.5)), solution)
    assert audit(ruled(data, (RENEWABLE, 0.5)), plan.record, plan.hourly) == []
    assert plan.record["sites"][0]["rules"][0]["used"] >= 0.5 - 1e-6


@BOTH
def test_heat_as_a_duty(solve: Callable[[Instance], Any]) -> None:
    """A network that charges 10 EUR/MWh gets a quarter of the load all the same: 0.25 x (30,000 + 9,000) EUR/yr a MW."""
    data = warm(replace(NETWORK, price_eur_mwh=-10.0))
    assert total(solve(ruled(data, (HEAT, 0.25))).cost_eur) == pytest.approx(20 * 6_231_750, rel=1e-6)


ALL: dict[str, Callable[[], Instance]] = {
    "pue": lambda: ruled(two_coolings(battery=BATTERY, utilisation_share=0.8), (PUE, 1.15)),
    "renewable": lambda: ruled(small_instance(ppa=WIND, battery=BATTERY, gas=GAS), (RENEWABLE, 0.9)),
    "on site": lambda: ruled(
        small_instance(gas=GAS, battery=replace(BATTERY, efficiency_share=0.9)),
        (RENEWABLE, 0.4),
        renewable=("gas_engine",),
    ),
    "heat": lambda: ruled(warm(replace(NETWORK, price_eur_mwh=-5.0), utilisation_share=0.6), (HEAT, 0.2)),
    "all": lambda: ruled(warm(ppa=WIND, battery=BATTERY), (PUE, 1.2), (HEAT, 0.2), (RENEWABLE, 0.7)),
}


@pytest.mark.parametrize("case", ALL)
def test_whole_and_frontier_agree(case: str) -> None:
    assert_agree(ALL[case]())


@settings(
    max_examples=10,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(bent(), st.sampled_from([1.1, 1.25]), st.sampled_from([0.2, 0.6, 1.0]))
def test_drawn_instances_agree_and_pass_their_audit(data: Instance, pue: float, share: float) -> None:
    assert_agree(ruled(data, (PUE, pue), (RENEWABLE, share)))


def test_rows(tmp_path: Path) -> None:
    data = ruled(warm(ppa=WIND, battery=BATTERY), (PUE, 1.25), (HEAT, 0.2), (RENEWABLE, 0.7))
    assert_golden(only_rows(whole(two_hours(data)).m, "national_rule"), "rules", tmp_path)


def test_off_writes_nothing() -> None:
    assert not hasattr(whole(small_instance(ppa=WIND)).m, "national_rule")
    assert "rules" not in small_plan(small_instance()).record["sites"][0]


def test_the_plan_names_the_rule_that_binds_and_its_source() -> None:
    plan = small_plan(ruled(small_instance(ppa=WIND), (RENEWABLE, 0.7), (PUE, 1.2)))
    (binding,) = [entry for entry in plan.record["binding"] if "rule" in entry]
    assert (binding["rule"], binding["source"], binding["value"]) == ("aa-renewable_share_min", "law", 0.7)
    assert "aa-renewable_share_min, renewable share of yearly use in AA: 0.700 share (law)" in plan.summary()
    used = {entry["rule"]: entry["used"] for entry in plan.record["sites"][0]["rules"]}
    assert used == pytest.approx({"aa-renewable_share_min": 0.7, "aa-pue_max": 1.0})


BROKEN: dict[str, tuple[Callable[[], Instance], Callable[[], Instance], str]] = {
    "pue": (
        lambda: ruled(two_coolings(), (PUE, 1.2)),
        lambda: ruled(two_coolings(), (PUE, 1.1)),
        "one: aa-pue_max, yearly mean PUE (law): 1.2 oversteps 1.1",
    ),
    "renewable": (
        lambda: ruled(small_instance(ppa=WIND), (RENEWABLE, 0.7)),
        lambda: ruled(small_instance(ppa=WIND), (RENEWABLE, 0.8)),
        "one: aa-renewable_share_min, renewable share of yearly use (law): 0.8 oversteps 0.7",
    ),
    "heat": (
        lambda: ruled(warm(), (HEAT, 0.2)),
        lambda: ruled(warm(), (HEAT, 0.4)),
        "one: aa-heat_reuse_share_min, share of energy reused as heat (law): 0.4 oversteps 0.3",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_the_audit_names_a_broken_rule(case: str) -> None:
    made, stricter, words = BROKEN[case]
    plan = small_plan(made())
    assert audit(made(), plan.record, plan.hourly) == []
    assert words in audit(stricter(), plan.record, plan.hourly)


def test_the_audit_sees_every_number_and_a_rule_left_out() -> None:
    data = ruled(warm(ppa=WIND), (PUE, 1.2), (HEAT, 0.2), (RENEWABLE, 0.7))
    plan = small_plan(data)
    assert survivors(data, plan) == []
    silent = put(plan.record, ("sites", 0, "rules"), [])
    assert any("are not those that hold there" in finding for finding in audit(data, silent, plan.hourly))
    other = put(plan.record, ("sites", 0, "rules", 0, "source"), "rumour")
    assert any("is not what the inputs say" in finding for finding in audit(data, other, plan.hourly))


def test_a_rule_on_firm_capacity_is_named_too() -> None:
    data = replace(
        ruled(small_instance(gas=replace(GAS, firm=True, energy_eur_mwh=100.0)), (FIRM, 0.5)),
        firm_share={"AA": 0.5},
    )
    plan = small_plan(data)
    assert plan.record["sites"][0]["rules"][0]["used"] == pytest.approx(0.5, rel=1e-6)
    assert "aa-firm_onsite_share_min" in [entry.get("rule") for entry in plan.record["binding"]]
    assert audit(data, plan.record, plan.hourly) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            lambda: ruled(two_coolings(), (PUE, 1.05)),
            "yearly mean PUE of at most 1.05, the best cooling of AA has 1.1000",
        ),
        (lambda: ruled(warm(), (HEAT, 0.4)), "heat of at least 0.4, heat.reuse_share_max allows 0.3 in AA"),
        (
            lambda: ruled(warm(liquid=0.1), (HEAT, 0.2)),
            "what its cooling carries off by liquid allows 0.1 in AA",
        ),
        (
            lambda: ruled(small_instance(), (RENEWABLE, 0.8), renewable=()),
            "no renewable option of power.options exists in AA",
        ),
    ],
)
def test_precheck_says_it_in_numbers(data: Callable[[], Instance], words: str) -> None:
    """40 MW need both sites, and AA cannot have one; 20 MW fit at BB."""
    precheck(data())
    with pytest.raises(InfeasibleError) as error:
        precheck(replace(data(), target_it_mw=40.0))
    assert words in str(error.value)
    with pytest.raises(InfeasibleError, match=r"sites\.force: 'one' cannot run"):
        precheck(replace(data(), forced=("one",)))

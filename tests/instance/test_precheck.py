"""What arithmetic can tell before solving: the two numbers that clash, in the planner's own keys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from siting.errors import InfeasibleError
from siting.instance.instance import Instance
from siting.instance.precheck import least_capex_eur, precheck
from tests.build_instance import BATTERY, GAS, WIND, small_instance, solved, total


def small_site(data: Instance, s: str, **changes: Any) -> Instance:
    return replace(data, sites={**data.sites, s: replace(data.sites[s], **changes)})


def test_a_model_without_clash_passes() -> None:
    precheck(small_instance())


CLASHES: dict[str, tuple[Instance, list[str]]] = {
    "more sites than there are": (
        small_instance(sites_min=3, sites_max=3),
        ["asks for 3 sites", "only 2 can be built"],
    ),
    "one a country": (
        small_site(small_instance(sites_min=2), "two", country="AA"),
        ["asks for 2 sites", "only 1 can be built", "1 country", "at most 1 a country"],
    ),
    "countries": (
        small_site(small_instance(countries_min=2, per_country_max=2), "two", country="AA"),
        ["min_countries asks for 2", "lie in 1 country"],
    ),
    "too small": (
        small_site(small_instance(sites_min=2), "two", max_mw=9.0),
        ["asks for 2 sites", "only 1 can be built"],
    ),
    "forced and too small": (
        small_site(small_instance(forced=("two",)), "two", max_mw=9.0),
        ["'two' can hold 9 MW", "smallest size 10 MW"],
    ),
    "forced in one country": (
        small_site(small_instance(forced=("one", "two")), "two", country="AA"),
        ["names 2 sites in AA", "max_per_country allows 1"],
    ),
    "target": (small_instance(target_it_mw=51.0), ["needs 51.0 MW", "hold 50.0 MW", "sites.max"]),
    "target with one site": (
        small_instance(target_it_mw=31.0, sites_max=1),
        ["needs 31.0 MW", "hold 30.0 MW"],
    ),
    "budget": (small_instance(budget_eur=0.5e9), ["0.50 bn EUR", "0.56 bn EUR", "raise the budget"]),
}


@pytest.mark.parametrize("name", CLASHES)
def test_a_clash_is_two_numbers(name: str) -> None:
    data, texts = CLASHES[name]
    with pytest.raises(InfeasibleError) as caught:
        precheck(data)
    assert all(text in str(caught.value) for text in texts), str(caught.value)
    assert caught.value.exit_code == 3
    if name != "forced in one country":  # Pyomo itself refuses a row of constants that cannot hold
        with pytest.raises(InfeasibleError):  # and the solver agrees
            solved(data)


def test_all_clashes_come_at_once() -> None:
    data = small_site(
        small_instance(sites_min=3, sites_max=3, countries_min=3, forced=("two",)), "two", max_mw=9.0
    )
    with pytest.raises(InfeasibleError) as caught:
        precheck(data)
    assert len(caught.value.reasons) == 3


@pytest.mark.parametrize(
    "data",
    [
        small_instance(battery=BATTERY, gas=GAS, ppa=WIND, utilisation_share=0.5),
        small_instance(sites_min=2, target_it_mw=50.0),
        small_instance(target_it_mw=11.0),
        small_instance(capex_counts=("it",)),
        small_instance(capex_counts=("site", "connection"), countries_min=2),
        small_instance(objectives=("compute", "cost"), target_it_mw=0.0, budget_eur=400e6),
    ],
    ids=range(6),
)
def test_no_plan_undercuts_the_least_capex(data: Instance) -> None:
    """The bound is a promise (`no plan costs less`): also for the plan of least capex there is."""
    plan = solved(replace(data, it={c: replace(o, yearly_eur_mw=0.0) for c, o in data.it.items()}))
    counted = total({k: v for k, v in plan.capex_eur.items() if k[0] in data.capex_counts})
    assert least_capex_eur(data) <= counted * (1 + 1e-9)


def test_a_group_named_twice_counts_once() -> None:
    """20 MW x 20 M of IT = 400 M, also when the list says it twice (if it is let in at all)."""
    data = small_instance(capex_counts=("it", "it"), budget_eur=401e6)
    precheck(data)

"""What is said to bind has no room left; what has room, or what any plan keeps anyway, is not said to bind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from siting.instance.instance import Limit
from siting.plan.binding import BINDING, binding_counts, binds
from tests.build_instance import small_instance, small_plan


def counted(modules: dict[str, int], **changes: Any) -> set[str]:
    """Names of the target and numbers that bind; sites of 10 to 20 (`one`) and 10 to 30 MW (`two`), modules of 10."""
    return {name for name, found in binding_counts(small_instance(**changes), modules).items() if found}


def test_a_limit_binds_within_the_named_tolerance() -> None:
    cap = Limit("<=", 1_000.0, "t/yr", "carbon.cap_t_yr")
    assert binds(cap, 1_000.0) and binds(cap, 1_000.0 * (1 - BINDING / 2)) and binds(cap, 1_000.0 + 1e-6)
    assert not binds(cap, 1_000.0 * (1 - 3 * BINDING))
    assert binds(replace(cap, value=0.0), 0.0)
    least = Limit(">=", 0.98, "share of load", "power.matching.cfe_score_min")
    assert binds(least, 0.98) and not binds(least, 0.981)


@pytest.mark.parametrize(
    ("modules", "target", "least", "binding"),
    [
        ({"two": 2}, 20.0, 10.0, True),
        ({"two": 2}, 15.0, 10.0, True),  # one module less would miss it
        ({"two": 2}, 10.0, 10.0, False),
        ({"two": 2}, 15.0, 20.0, False),  # 15 of 20 MW: the smallest size asks for them, and a site is needed
        ({"two": 3}, 15.0, 20.0, False),
        ({"two": 3}, 25.0, 20.0, True),
    ],
)
def test_the_target_binds_where_no_smaller_plan_meets_it(
    modules: dict[str, int], target: float, least: float, binding: bool
) -> None:
    data = small_instance(target_it_mw=target)
    sites = {s: replace(site, min_mw=least) for s, site in data.sites.items()}
    assert binding_counts(replace(data, sites=sites), modules)["target"] is binding


def test_the_target_binds_where_a_whole_site_could_go() -> None:
    """Two sites at their smallest size: without one of them 10 MW are left, unless two must be built."""
    both = {"one": 1, "two": 1}
    assert "target" in counted(both, target_it_mw=15.0)
    assert "target" not in counted(both, target_it_mw=10.0)
    assert "target" not in counted(both, target_it_mw=15.0, sites_min=2)
    assert "target" not in counted(both, target_it_mw=15.0, forced=("one", "two"))


def test_numbers_bind_without_slack_unless_any_plan_keeps_them() -> None:
    both = {"one": 1, "two": 1}
    assert counted({"two": 2}, target_it_mw=0.0, countries_min=0) == {"sites.min"}
    assert counted({"two": 3}, target_it_mw=10.0) == set()  # one site and one country: any plan has them
    assert counted(both, target_it_mw=5.0, sites_min=2) == {"sites.min", "sites.max", "sites.max_per_country"}
    assert counted(both, target_it_mw=5.0, sites_max=3, countries_min=2, per_country_max=2) == {
        "sites.min_countries"
    }
    assert counted({}, target_it_mw=0.0, sites_min=0, countries_min=0) == set()  # before the first site


def test_the_plan_says_so_in_the_planner_s_words() -> None:
    free = small_plan(small_instance())  # 20 MW at one site, as asked for
    assert [row["limit"] for row in free.record["binding"]] == ["target"]
    pinned = small_plan(small_instance(sites_min=2, per_country_max=2))
    assert {"limit": "sites.min / sites.max", "value": 2, "unit": "sites"} in pinned.record["binding"]
    assert "target" not in [row["limit"] for row in pinned.record["binding"]]

"""Shadow prices: both methods agree, and both agree with what a re-solve under another limit says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from siting.errors import InfeasibleError
from siting.instance.instance import Instance, Resource
from siting.solver.known import Frontier
from siting.solver.progress import Clock
from siting.solver.shadow import Shadow, shadow_by_frontier, shadow_of_whole
from siting.solver.work import InProcess
from tests.build_instance import BATTERY, GAS, WIND, small_instance, solved

CAPEX: Resource = ("capex",)
CARBON: Resource = ("carbon",)
FREE_WIND = replace(WIND, yearly_eur_mw=250_000.0)  # dear enough that a cap is what asks for it
# a case, the limit that binds in it, and its step: budget +1 %, cap -1 %
FLAT = (1.0, 1.0, 1.0)
SCORE = {"ppa": FREE_WIND, "ppa_output": FLAT, "matching": "hourly", "cfe_score_min": 0.7}
# the last hundred-thousandth costs engines for a single hour of the year: thousands of times what a MW of IT does, per GWh
STRICT = {
    "ppa": WIND, "ppa_output": (1.0, 1.0, 0.0), "weight": (4_000.0, 4_000.0, 1.0), "matching": "hourly",
    "cfe_score_min": 0.99999, "forced": ("one",),
    "gas": replace(GAS, clean=True, carbon_t_mwh=0.0, allowance_eur_mwh=0.0, yearly_eur_mw=120_000.0),
}  # fmt: skip
CASES: dict[str, tuple[dict[str, Any], Resource, float]] = {
    "carbon cap": ({"ppa": FREE_WIND, "battery": BATTERY, "carbon_cap_t": 8_000.0}, CARBON, -0.01),
    "carbon rate": ({"ppa": WIND, "utilisation_share": 0.5, "carbon_cap_g_kwh": 150.0}, ("carbon_rate",), -0.01),
    "hourly matching": (SCORE, ("clean",), -0.01),
    "potential": ({"ppa": WIND, "ppa_potential_mw": 12.0, "target_it_mw": 30.0}, ("potential", "AA", "wind_ppa"), 0.01),
    "matching all but in full": (STRICT, ("clean",), 1e-6),
    "budget": ({"gas": GAS, "budget_eur": 600e6, "utilisation_share": 0.7}, CAPEX, 0.01),
    "cost of carbon": ({"ppa": FREE_WIND, "carbon_cap_t": 8_000.0, "internal_price_eur_t": 20.0}, CARBON, -0.01),
}  # fmt: skip


def by_frontier(data: Instance, fixed: dict[str, int] | None, objective: str = "cost") -> Shadow:
    return shadow_by_frontier(data, objective, InProcess(data), Frontier(), Clock(30.0), fixed)


def by_whole(data: Instance, fixed: dict[str, int] | None, objective: str = "cost") -> Shadow:
    return shadow_of_whole(data, objective, fixed)


def moved(data: Instance, r: Resource, share: float) -> Instance:
    limit = data.limits[r]
    changed = replace(data, limits={**data.limits, r: replace(limit, value=limit.value * (1 + share))})
    return replace(changed, cfe_score_min=changed.limits[r].value) if r == ("clean",) else changed


@pytest.mark.parametrize("sites", ["fixed", "relaxed"])
@pytest.mark.parametrize("case", CASES)
def test_both_methods_price_alike(case: str, sites: str) -> None:
    data = small_instance(**CASES[case][0])
    fixed = solved(data).modules if sites == "fixed" else None
    one, other = by_frontier(data, fixed), by_whole(data, fixed)
    assert one.value == pytest.approx(other.value, rel=1e-8)
    for r in data.limits:
        assert one.limit[r] == pytest.approx(other.limit[r], rel=1e-5, abs=1e-6), r
        assert one.used[r] == pytest.approx(other.used[r], rel=1e-5, abs=1e-6), r
    assert one.rule == pytest.approx(other.rule, rel=1e-5, abs=1e-3)


@pytest.mark.parametrize("sites", ["fixed", "relaxed"])
@pytest.mark.parametrize("solve", [by_frontier, by_whole], ids=["frontier", "whole"])
@pytest.mark.parametrize("case", CASES)
def test_a_price_is_what_a_re_solve_says(case: str, solve: Any, sites: str) -> None:
    """Budget +1 %, cap -1 %: the change lies between the prices before and after (the optimum is convex in the limit), and
    a hundredth of that step is the price to 1 per mille."""
    settings, r, share = CASES[case]
    data = small_instance(**settings)
    fixed = solved(data).modules if sites == "fixed" else None
    before = solve(data, fixed)
    for step in (share, share / 100):
        after = solve(moved(data, r, step), fixed)
        change = (after.value - before.value) / (step * data.limits[r].value)
        low, high = sorted([before.limit[r], after.limit[r]])
        size = max(abs(low), abs(high))
        assert low - 1e-3 * size - 1e-6 <= change <= high + 1e-3 * size + 1e-6
    assert change == pytest.approx(before.limit[r], rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("case", [case for case in CASES if case != "budget"])
def test_the_limits_of_the_cases_bind(case: str) -> None:
    """Else the two tests above would compare zeros."""
    settings, r, _ = CASES[case]
    data = small_instance(**settings)
    found = by_frontier(data, solved(data).modules)
    assert abs(found.limit[r]) > 0
    assert found.used[r] == pytest.approx(data.limits[r].value, rel=1e-6)


def test_the_budget_binds_in_the_relaxation_by_hand() -> None:
    """Budget 580 M EUR for 20 MW. Site two: 28.13 M EUR and 6,383,000 EUR/yr a MW; one: 30.12 M and 6,222,000. Money is
    short for all at one: each MW moved to one takes 1.99 M EUR of budget and saves 161,000 EUR/yr."""
    data = small_instance(budget_eur=580e6)
    found = by_whole(data, None)
    assert found.limit[CAPEX] == pytest.approx(-161_000 / 1.99e6, rel=1e-6)
    assert by_frontier(data, None).limit[CAPEX] == pytest.approx(-161_000 / 1.99e6, rel=1e-6)


def test_the_target_costs_what_the_cheapest_site_costs() -> None:
    """One more MW of IT at site one: 6,222,000 EUR/yr by hand; with sites fixed there is no price left."""
    data = small_instance(per_country_max=2)
    assert by_frontier(data, None).rule["target"] == pytest.approx(6_222_000, rel=1e-6)
    assert by_frontier(data, {"one": 2}).rule["target"] == 0.0


def test_a_budget_buys_compute() -> None:
    """Most compute: the relaxation buys 1 MW for 28.13 M EUR (at two, the cheapest to build)."""
    data = small_instance(budget_eur=500e6, target_it_mw=0.0, objectives=("compute", "cost"))
    for solve in (by_frontier, by_whole):
        found = solve(data, None, "compute")
        assert found.limit[CAPEX] * 28.13e6 == pytest.approx(-1.0, rel=1e-6)
        assert found.value == pytest.approx(-500 / 28.13, rel=1e-6)


@pytest.mark.parametrize("solve", [by_frontier, by_whole], ids=["frontier", "whole"])
def test_no_solution_is_said(solve: Any) -> None:
    with pytest.raises(InfeasibleError):
        solve(small_instance(carbon_cap_t=100.0), None)
    with pytest.raises(InfeasibleError):
        solve(small_instance(), {"one": 9})

"""Limits that no other file works out on paper: number of sites, yearly cost, and growth over three periods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from siting.instance.instance import Instance, Limit
from tests.build_horizon import three_periods, two_periods
from tests.build_instance import frontier, small_instance, solved, total

BOTH = pytest.mark.parametrize("solve", [solved, frontier], ids=["whole", "frontier"])


@BOTH
def test_one_site_at_most(solve: Callable[[Instance], Any]) -> None:
    """30 MW in one place fit at `two` alone: 30 x 6,383,000; with two places 20 of them stand at `one`."""
    solution = solve(small_instance(target_it_mw=30.0, sites_max=1))
    assert solution.modules == {"two": 3}
    assert total(solution.cost_eur) == pytest.approx(191_490_000, rel=1e-6)


@BOTH
def test_two_sites_at_least(solve: Callable[[Instance], Any]) -> None:
    """10 MW each: 62,220,000 + 63,830,000, where 20 MW at `one` would be cheapest."""
    solution = solve(small_instance(sites_min=2))
    assert solution.modules == {"one": 1, "two": 1}
    assert total(solution.cost_eur) == pytest.approx(126_050_000, rel=1e-6)


@BOTH
@pytest.mark.parametrize(
    ("most_eur", "tonnes"),
    [(124.5e6, 24_000.0), (126.1e6, 13_500.0), (127.7e6, 3_000.0)],
    ids=["both at one", "one each", "both at two"],
)
def test_fewest_tonnes_for_a_yearly_cost(
    solve: Callable[[Instance], Any], most_eur: float, tonnes: float
) -> None:
    """20 MW at `one` 124,440,000 EUR/yr and 20 x 1,200 t; one module each 126,050,000 and 13,500 t; at `two` 127,660,000."""
    limits = {("cost",): Limit("<=", most_eur, "EUR/yr", "budget.cost_eur_yr")}
    solution = solve(small_instance(objectives=("carbon",), limits=limits))
    assert total(solution.carbon_t) == pytest.approx(tonnes, rel=1e-5)


@BOTH
def test_nothing_is_removed(solve: Callable[[Instance], Any]) -> None:
    """20 MW in 2028 and 10 asked for in 2031: 20 MW stay, 0.4 x 2 x 62,100,000 + 0.6 x 2 x 62,020,000 without new engines."""
    solution = solve(two_periods(earlier_it_mw=20.0, target_it_mw=10.0))
    assert solution.modules == {"one": 2} and solution.earlier == {("one", 2028): 2}
    assert solution.stages[0].value == pytest.approx(0.4 * 124.2e6 + 0.6 * 124.04e6, rel=1e-6)


@BOTH
def test_three_periods(solve: Callable[[Instance], Any]) -> None:
    """Two years of 62.1 M off the grid that count 0.2 each are one that counts 0.4."""
    solution = solve(three_periods())
    assert solution.earlier == {("one", 2028): 1, ("one", 2029): 1}
    assert solution.stages[0].value == pytest.approx(0.4 * 62.1e6 + 0.6 * 124.04e6, rel=1e-6)


def always_connected() -> Instance:
    """The two periods, 10 MW in both, with a grid that is cheap in 2028 and dearer than engines (60 EUR/MWh) in 2031."""
    data = two_periods(10.0, 10.0)
    cells = ("AA@2028", "AA@2031")
    both = ("network_eur_mwh", "grid_carbon_t_mwh", "grid_cfe_share", "connection")
    tables = {name: dict.fromkeys(cells, getattr(data, name)["AA@2031"]) for name in both}
    price = {"AA@2028": (40.0, 100.0, 30.0), "AA@2031": (150.0, 200.0, 130.0)}
    return replace(data, price_eur_mwh=price, **tables)


@BOTH
def test_a_connection_stays(solve: Callable[[Instance], Any]) -> None:
    """2028: hours at 50 and 40 from the grid, 60 by engine, 6,000,000 + 150,000 + 30,000 + 10,000 EUR/yr a MW. 2031: engines
    alone, 6,000,000 + 180,000 + 30,000 and the line's 2,000; the connection's 10,000 are paid all the same."""
    solution = solve(always_connected())
    assert solution.energy["AA@2031"].capacity["connection",] == pytest.approx(10.0, rel=1e-6)
    assert solution.stages[0].value == pytest.approx(10 * (0.4 * 6_190_000 + 0.6 * 6_222_000), rel=1e-6)

"""Heat sold: by hand, by both methods, row by row, audited. Base numbers: tests/build_instance.py.

A network at AA pays 20 EUR/MWh for up to 0.3 MWh a MWh of load; a MW of heat costs 9,000 EUR/yr and 50,000 EUR to connect. Half
of the IT's heat leaves by liquid. 1 MW of IT sells 0.3 MW: 0.3 x (20 x 3,000 h - 9,000) = 15,300 EUR/yr.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from siting.instance.duties import HeatNetwork
from siting.instance.instance import Instance
from siting.model.build import whole
from siting.plan.audit import audit
from tests.build_instance import BATTERY, WIND, frontier, small_instance, small_plan, solved, total
from tests.model.bend import SHED, SHIFT, two_hours
from tests.model.golden import assert_golden, only_rows
from tests.plan.test_audit import put, survivors
from tests.solver.test_methods_agree import assert_agree

BOTH = pytest.mark.parametrize("solve", [solved, frontier], ids=["whole", "frontier"])
NETWORK = HeatNetwork(20.0, 0.3, 50_000.0, 9_000.0)


def warm(network: HeatNetwork = NETWORK, liquid: float = 0.5, **changes: Any) -> Instance:
    data = small_instance(**changes)
    halls = {key: replace(hall, liquid_heat_share=liquid) for key, hall in data.halls.items()}
    return replace(data, halls=halls, heat={"AA": network})


@BOTH
@pytest.mark.parametrize(("liquid", "gain"), [(0.5, 15_300.0), (0.2, 10_200.0), (0.0, 0.0)])
def test_by_hand(solve: Callable[[Instance], Any], liquid: float, gain: float) -> None:
    """The network takes 0.3, or what liquid cooling carries off if that is less; nothing comes off air."""
    solution = solve(warm(liquid=liquid))
    assert solution.modules == {"one": 2}
    assert total(solution.cost_eur) == pytest.approx(20 * (6_222_000 - gain), rel=1e-6)


def test_a_network_that_charges_gets_nothing() -> None:
    assert solved(warm(replace(NETWORK, price_eur_mwh=2.0))).energy["AA"].capacity["heat",] == pytest.approx(
        0.0, abs=1e-9
    )


def test_the_plan_keeps_heat_apart_from_the_price_of_electricity() -> None:
    """210,000 + 10,000 + 2,000 (line) EUR for 3,000 MWh, as without the network."""
    plan = small_plan(warm())
    (row,) = plan.record["sites"]
    assert row["heat"] == pytest.approx({"mw": 6.0, "mwh_yr": 18_000.0, "reused_share": 0.3})
    assert row["energy_eur_mwh"] == pytest.approx(222_000 / 3_000)
    assert plan.costs.set_index("item").loc["heat connection", "capex_eur"] == pytest.approx(300_000.0)
    assert "18,000 MWh/yr = 30 % of the electricity" in plan.summary()
    assert "heat.reuse_share_max, AA" in [entry["limit"] for entry in plan.record["binding"]]


@pytest.mark.parametrize(
    "changes",
    [
        {"battery": BATTERY, "ppa": WIND, "utilisation_share": 0.7},
        {"flexible": SHIFT, "utilisation_share": 0.7},
        {"flexible": SHED, "budget_eur": 650e6},
        {"liquid": 0.1, "objectives": ("carbon", "cost")},
    ],
)
def test_whole_and_frontier_agree(changes: dict[str, Any]) -> None:
    assert_agree(warm(**changes))


def test_rows(tmp_path: Path) -> None:
    assert_golden(only_rows(whole(two_hours(warm())).m, "heat_recovered", "heat_taken"), "heat", tmp_path)


def test_off_writes_nothing() -> None:
    assert not hasattr(whole(small_instance()).m, "heat_mw")
    assert "heat" not in small_plan(small_instance()).record["sites"][0]


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("sites", 0, "heat", "mw"), 7.0, "heat.reuse_share_max (MWh): 21,000 oversteps 18,000"),
        (("sites", 0, "heat", "mw"), -1.0, "heat.mw is -1"),
        (("sites", 0, "heat", "mw"), 11.0, "what liquid cooling carries off (MWh): 33,000 oversteps 30,000"),
        (("sites", 0, "heat"), None, "heat is stated by one of plan and model only"),
    ],
)
def test_the_audit_names_what_is_broken(path: Any, value: Any, words: str) -> None:
    data = warm()
    plan = small_plan(data)
    assert audit(data, plan.record, plan.hourly) == []
    assert any(words in finding for finding in audit(data, put(plan.record, path, value), plan.hourly))


def test_the_audit_sees_every_number() -> None:
    data = warm()
    assert survivors(data, small_plan(data)) == []

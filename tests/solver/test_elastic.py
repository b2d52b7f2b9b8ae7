"""The nearest value of a limit: by hand, and a plan exists there and not a little beyond."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from siting.errors import InfeasibleError
from siting.instance.instance import Instance, Resource
from siting.solver.elastic import TARGET, Nearest, has_plan, nearest
from siting.solver.known import Frontier
from siting.solver.progress import Clock
from siting.solver.work import InProcess
from tests.build_instance import BATTERY, GAS, WIND, small_instance, solved
from tests.solver.test_methods_agree import CASES


def near(data: Instance, r: Resource) -> Nearest:
    return nearest(data, r, InProcess(data), Frontier(), Clock(30.0), 1e-7)


def any_plan(data: Instance) -> bool | None:
    return has_plan(data, InProcess(data), Frontier(), Clock(30.0))


def test_by_hand() -> None:
    """20 MW at two: 562.6 M EUR, 3,000 t; a budget of 600 M EUR holds 20 MW, for 30 MW need 843.9 M."""
    data = small_instance(budget_eur=100e6, carbon_cap_t=10.0)
    free = replace(data, limits={})
    assert near(replace(data, limits={("capex",): data.limits["capex",]}), ("capex",)).value == pytest.approx(
        562.6e6
    )
    assert near(
        replace(data, limits={("carbon",): data.limits["carbon",]}), ("carbon",)
    ).value == pytest.approx(3_000)
    assert near(free, ("cost",)).value == pytest.approx(20 * 6_222_000)
    assert near(small_instance(budget_eur=600e6), TARGET).value == pytest.approx(20.0)
    assert near(free, TARGET).value == pytest.approx(50.0)


@pytest.mark.parametrize("r", [("capex",), ("carbon",)])
def test_a_plan_exists_there_and_not_beyond(r: Resource) -> None:
    data = small_instance(
        battery=BATTERY, gas=GAS, ppa=WIND, carbon_cap_t=9_000.0, budget_eur=575e6, utilisation_share=0.5
    )
    found = near(data, r)
    assert found.bound <= found.value <= data.limits[r].value
    for share, there in ((1 + 1e-6, True), (1 - 1e-3, False)):
        limit = replace(data.limits[r], value=found.value * share)
        moved = replace(data, limits={**data.limits, r: limit})
        assert any_plan(moved) is there
        if there:
            assert solved(moved).modules
        else:
            with pytest.raises(InfeasibleError):
                solved(moved)


def test_other_limits_that_clash_are_said() -> None:
    with pytest.raises(InfeasibleError):
        near(small_instance(budget_eur=1e6, carbon_cap_t=10_000.0), ("carbon",))


@pytest.mark.parametrize("case", CASES)
def test_whether_a_plan_exists_is_what_the_whole_model_says(case: str) -> None:
    """With the limits as they are, and with every one of them ten times as tight."""
    data = small_instance(**CASES[case])
    for tight in (1.0, 0.1):
        limits: dict[Resource, Any] = {
            r: replace(
                limit, value=limit.value * tight if limit.sense == "<=" else 1 - (1 - limit.value) * tight
            )
            for r, limit in data.limits.items()
        }
        asked = replace(data, limits=limits)
        try:
            solved(asked)
            there = True
        except InfeasibleError:
            there = False
        assert any_plan(asked) is there

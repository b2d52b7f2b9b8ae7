"""On real states, hours and costs: the whole model and the frontier method find the same optimum and prove the same bound.

Three or four of the 27 states and two or three typical days, so that the whole model solves in seconds too.
"""

from __future__ import annotations

from typing import Any

import pytest

from siting.api import prepare
from siting.inputs.load import load
from siting.solver.progress import Clock
from siting.solver.whole import solve_whole
from tests.build_instance import frontier as in_this_process

GAP = 1e-4
TIGHT = 1e-9  # both methods' own arithmetic, relative


def few(*countries: str, days: int, target_it_mw: float) -> dict[str, Any]:
    """The bundled question for a few states and days."""
    return {
        "sites.where.countries": list(countries),
        "sites.min": 2,
        "sites.max": 3,
        "sites.min_countries": 2,
        "target": {"it_mw": target_it_mw},
        "time.representative": {"periods": days, "hours": 24, "keep": ["peak_price"]},
    }


CASES: dict[str, tuple[dict[str, Any], str | None]] = {
    "cost": (few("FR", "SE", "ES", "PT", days=3, target_it_mw=300.0), None),
    "green portfolio": (few("FR", "SE", "ES", "PT", days=2, target_it_mw=300.0), "green"),
    "carbon, then cost": (
        {**few("DE", "FI", "PL", days=2, target_it_mw=300.0), "objective": ["carbon", "cost"]},
        None,
    ),
    "nothing supplies the off-grid classes": (
        {
            **few("IE", "NL", "IT", days=2, target_it_mw=300.0),
            "power.options": ["grid", "solar_ppa", "onwind_ppa"],
        },
        None,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_both_methods_agree(case: str) -> None:
    changes, portfolio = CASES[case]
    data = prepare(load("eu-gigafactories", changes, portfolio)).data
    parts = in_this_process(data, GAP)
    one = solve_whole(data, Clock(120.0), GAP, 1)
    assert [s.objective for s in one.stages] == [s.objective for s in parts.stages]
    for whole, frontier in zip(one.stages, parts.stages, strict=True):
        assert whole.status == frontier.status == "optimal"
        size = max(1.0, abs(whole.value))
        assert frontier.value - whole.value <= (GAP + TIGHT) * size
        assert whole.value - frontier.value <= (GAP + TIGHT) * size
        assert frontier.bound <= whole.value + TIGHT * size, "a bound above a plan proves too much"
        assert whole.bound <= frontier.value + TIGHT * size

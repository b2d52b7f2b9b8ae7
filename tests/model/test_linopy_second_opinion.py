"""Two models of one formulation, written apart in Pyomo and in linopy, must find the same optimum."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from siting.inputs.load import load
from siting.inputs.places import WORLDS
from siting.inputs.planning import PlanningModel, Representative
from siting.inputs.series import read_hours
from siting.inputs.world import World, read_world
from siting.instance.aggregate import typical_periods
from siting.instance.assemble import assemble
from siting.instance.hours import Hours
from siting.instance.instance import Instance
from siting.solver.solution import Solution
from tests.build_instance import BATTERY, GAS, WIND, small_instance, solved, total

pytest.importorskip("linopy")
from tests.model.second_model import second_optimum

GAP = 1e-6
LOSSY = replace(BATTERY, yearly_eur_mw=5_000.0, efficiency_share=0.9)

SMALL: dict[str, dict[str, Any]] = {
    "all options": {"battery": LOSSY, "gas": GAS, "ppa": WIND, "utilisation_share": 0.5},
    "carbon cap": {"battery": BATTERY, "gas": GAS, "ppa": WIND, "carbon_cap_t": 9_000.0},
    "carbon rate cap": {"battery": BATTERY, "ppa": WIND, "utilisation_share": 0.5, "carbon_cap_g_kwh": 150.0},
    "budget": {
        "battery": BATTERY,
        "gas": GAS,
        "forced": ("two",),
        "budget_eur": 600e6,
        "utilisation_share": 0.7,
    },
    "hourly matching": {"battery": BATTERY, "ppa": WIND, "matching": "hourly", "cfe_score_min": 0.75},
    "annual matching": {"ppa": WIND, "ppa_potential_mw": 15.0, "matching": "annual", "cfe_score_min": 0.3},
    "two countries": {"battery": BATTERY, "ppa": WIND, "countries_min": 2, "target_it_mw": 35.0},
}


def assert_agree(data: Instance, gap: float = GAP) -> Solution:
    """Each model's value lies above the other's bound, within the gap, and both respect the plan's books."""
    solution = solved(data, gap)
    first = solution.stages[0]
    value, bound, it_mw = second_optimum(data, gap)
    assert value == pytest.approx(first.value, rel=2 * gap)
    assert bound <= first.value * (1 + 1e-9)
    assert first.bound <= value * (1 + 1e-9)
    assert total(solution.cost_eur) == pytest.approx(first.value, rel=1e-9)
    assert sum(it_mw.values()) == pytest.approx(sum(solution.modules.values()) * data.module_mw)
    return solution


@pytest.mark.parametrize("case", SMALL)
def test_small_instance(case: str) -> None:
    assert_agree(small_instance(**SMALL[case]))


EUROPE: dict[str, dict[str, Any]] = {
    "carbon cap": {"carbon.cap_g_kwh": 30.0},
    "hourly matching": {"power.matching": {"kind": "hourly", "cfe_score_min": 0.95, "excess_share_max": 0.2}},
    "internal price, tight budget": {"carbon.internal_price_eur_t": 160.0, "budget.capex_eur": 12.05e9},
}


STATES = ("SE", "ES", "PL", "FR", "GR", "IE", "NL")  # those the questions below are about


def question(countries: tuple[str, ...], **changes: Any) -> PlanningModel:
    """The bundled model, narrowed to a few countries, a smaller target and two typical days."""
    narrow: dict[str, Any] = {
        "sites.where.countries": list(countries),
        "sites.min": 2,
        "sites.max": 3,
        "sites.min_countries": 2,
        "target": {"it_mw": 300.0},
        "horizon.periods": [2032],
        "time.representative": {"periods": 2, "hours": 24, "keep": ["least_wind"]},
        "rules.national": False,  # the second model knows no rules
    }
    return load("eu-gigafactories", {**narrow, **changes})


@pytest.fixture(scope="module")
def europe() -> tuple[World, Hours]:
    """The bundled world and two typical days of it."""
    if not (WORLDS / "eu27" / "series" / "2019.parquet").is_file():
        pytest.skip("the world eu27 has no hourly series yet")
    world = read_world(WORLDS / "eu27")
    frame = read_hours(world.folder, 2019)
    zones = world.zones.index[world.zones["country"].isin(STATES)]
    own = [column for column in frame.columns if str(column).split(":")[1] in zones]
    wanted = question(STATES).time.representative
    assert isinstance(wanted, Representative)
    return world, typical_periods(frame[own], wanted)


@pytest.mark.parametrize(
    ("countries", "case"),
    [
        (("SE", "ES", "PL"), "carbon cap"),
        (("SE", "ES", "PL"), "hourly matching"),
        (("FR", "GR"), "internal price, tight budget"),
    ],
)
def test_real_world(europe: tuple[World, Hours], countries: tuple[str, ...], case: str) -> None:
    world, hours = europe
    data = assemble(question(countries, **EUROPE[case]), world, hours)
    assert_agree(data, gap=1e-4)


def test_real_world_with_sites_off_the_grid(europe: tuple[World, Hours]) -> None:
    """An early period leaves classes without a connection: they live on plant of their own in both models."""
    world, hours = europe
    early = {
        "horizon.periods": [2029],
        "sites.max_per_country": 2,
        "power.options": ["grid", "onsite_solar", "battery", "gas_engine"],
    }
    data = assemble(question(("IE", "NL"), **early), world, hours)
    assert any(c not in data.price_eur_mwh for c in data.classes)
    assert_agree(data, gap=1e-4)


def test_the_second_model_can_disagree() -> None:
    """A tenth more on one price and the two part: the comparison is no tautology."""
    data = small_instance()
    dearer = replace(data, price_eur_mwh={**data.price_eur_mwh, "AA": (55.0, 100.0, 30.0)})
    assert second_optimum(dearer, GAP)[0] > 1.0001 * solved(data).stages[0].value

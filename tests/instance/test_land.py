"""Land for plant on site: steps, the classes sites fall into by them, and that leaving candidates out never pays."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import siting
from siting import api
from siting.instance.instance import Option
from siting.instance.land import STEP_FACTOR, classes_by_land, land_step, nameless
from siting.solver.lp import named, write_class
from tests.build_instance import small_instance

# FR: 50 MW each; spare 10 / 50 - 0.15 = 0.05, 0.45 and 0.85 ha/MW, which stand on steps 0.05, 0.4 and 0.8
LAND = {"fr-lyon": "10", "fr-lille": "30", "fr-third": "50"}
SOLAR = Option(500e3, 30e3, land_ha_mw=1.0)
ONE = {"sites.min": 1, "sites.max": 1, "sites.min_countries": 1, "target.it_mw": 40.0}


@given(st.floats(1e-6, 1e3))
def test_a_step_is_never_more_and_less_than_a_factor_below(ha_mw: float) -> None:
    step = land_step(ha_mw)
    assert step <= ha_mw * (1 + 1e-8) and ha_mw < step * STEP_FACTOR * (1 + 1e-8)
    assert land_step(step) == pytest.approx(step), "a step stands on itself"


@pytest.fixture
def three(tiny_world: Path, tiny_model: Path, tmp_path: Path) -> Callable[..., Any]:
    """The tiny model in a world whose French sites differ in land."""
    folder = shutil.copytree(tiny_world, tmp_path / "three")
    sites = pd.read_csv(folder / "sites.csv", dtype=str, keep_default_na=False).set_index("site", drop=False)
    third = sites.loc["fr-lyon"].copy()
    third["site"], third["name"], third["lat"] = "fr-third", "Third", "46.5"
    sites = pd.concat([sites, third.to_frame().T.set_axis(["fr-third"])])
    for s, ha in LAND.items():
        sites.loc[s, "land_ha"] = ha
    sites.to_csv(folder / "sites.csv", index=False)
    options = ["grid", "onsite_solar", "battery"]
    return lambda **changes: siting.load(
        tiny_model, {"world": str(folder), "power.options": options} | changes
    )


def test_sites_of_a_zone_are_apart_by_the_steps_of_their_land(three: Callable[..., Any]) -> None:
    data = api.prepare(three()).data
    own = {data.sites[s].supply_class: data.spare_land_ha_mw[data.sites[s].supply_class] for s in LAND}
    assert own == pytest.approx({"FR 0.05 ha/MW": 0.05, "FR 0.4 ha/MW": 0.4, "FR 0.8 ha/MW": 0.8})
    assert data.price_eur_mwh["FR 0.05 ha/MW"] is data.price_eur_mwh["FR 0.8 ha/MW"], "tables are shared"


def test_a_ban_changes_no_other_site(three: Callable[..., Any]) -> None:
    """A site's land depends on no other candidate, forbidden, left out or there."""

    def land(**changes: Any) -> dict[str, float]:
        data = api.prepare(three(**changes)).data
        return {s: data.spare_land_ha_mw[site.supply_class] for s, site in data.sites.items()}

    free = land()
    for n in (1, 2):
        for barred in combinations(LAND, n):
            left = {s: ha for s, ha in free.items() if s not in barred}
            assert land(**{"sites.forbid": list(barred)}) == left
    others = {s: ha for s, ha in free.items() if s.startswith("fr")}
    assert land(**{"sites.where.countries": ["FR"], **ONE}) == others


def test_fewer_candidates_never_make_a_plan_cheaper(three: Callable[..., Any]) -> None:
    """One site in France, where sun on site pays: without its scarcest candidate it costs the same, without its roomiest more."""
    dear = {"solve.gap_share": 1e-7, "scenario.factors": {"grid_price": 2.0}}
    change = {"sites.where.countries": ["FR"], **ONE, **dear}

    def cost(*barred: str) -> float:
        plan = siting.solve(three(**change, **{"sites.forbid": list(barred)}))
        return float(plan.record["objective"]["value"])

    every = cost()
    assert cost("fr-lyon") == pytest.approx(every, rel=1e-6)
    assert cost("fr-third") > every * (1 + 1e-4)
    assert cost("fr-third", "fr-lille") > cost("fr-third") * (1 + 1e-4)


def test_land_parts_no_class_where_it_does_not_matter(three: Callable[..., Any]) -> None:
    """Without plant on site; and with engines alone, for which 0.0035 ha/MW at any site are more than enough."""
    for options in (["grid", "battery"], ["grid", "gas_engine"]):
        data = api.prepare(three(**{"power.options": options})).data
        assert {data.sites[s].supply_class for s in LAND} == {"FR"}, options


def test_a_candidate_that_cannot_be_built_on_makes_no_class(three: Callable[..., Any]) -> None:
    small = api.prepare(three(**{**ONE, "sites.size_it_mw": [60, 60], "budget.capex_eur": None})).data
    assert small.sites["se-malmo"].max_mw < 60.0
    assert small.sites["se-malmo"].supply_class == small.sites["se-lulea"].supply_class


def test_a_class_without_a_usable_site_stays() -> None:
    data = classes_by_land(small_instance(), {})
    assert data.classes == small_instance().classes and set(data.spare_land_ha_mw.values()) == {0.0}


def test_an_lp_under_another_name_is_the_one_written_for_it() -> None:
    """Bit for bit: what classes share of what is written changes nothing but time."""
    data = small_instance(onsite={("AA", "sun"): SOLAR, ("BB", "sun"): SOLAR})
    data = replace(
        data,
        availability={**data.availability, **{(c, "sun"): (0.5,) * len(data.weight) for c in ("AA", "BB")}},
        spare_land_ha_mw={"AA": 0.3, "BB": 0.7},
    )
    own = data.only("AA")
    direct, shared = write_class(own), named(write_class(nameless(own)), own)
    assert shared.c == "AA" and shared.columns.groups == direct.columns.groups
    assert shared.rows.groups == direct.rows.groups and shared.functionals == direct.functionals
    for name in ("row_lower", "row_upper", "column_lower", "column_upper"):
        assert (getattr(shared.model, name) == getattr(direct.model, name)).all(), name
    assert (shared.model.matrix != direct.model.matrix).nnz == 0
    assert 0.3 in direct.model.row_upper, "the land row is there"

"""Ramps of grid connections, from sites.csv to a plan. In the tiny world, decided in 2026, Zaragoza (150 MW) is connected from
2028, Malmö (60 MW) from 2030 and Sevilla (90 MW) from 2032."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import siting
from siting.errors import InfeasibleError, InputError
from siting.inputs.load import load
from siting.inputs.planning import PlanningModel
from siting.inputs.world import read_world
from siting.instance.assemble import assemble
from siting.instance.connection import ramps_of
from siting.instance.instance import Instance, Ramp
from siting.output.report.evidence import _site_rows
from tests.test_bridging import ONE_SITE

Worlds = Callable[..., Path]
Ask = Callable[..., PlanningModel]


@pytest.fixture
def ramped(tiny_world: Path, tmp_path: Path) -> Worlds:
    """A copy of the tiny world in which sites have these cells in column grid_ramp_mw_yr, the others empty ones."""

    def made(cells: dict[str, str] | None = None, **columns: dict[str, str]) -> Path:
        folder = tmp_path / f"tiny{len(list(tmp_path.iterdir()))}"
        shutil.copytree(tiny_world, folder)
        table = pd.read_csv(folder / "sites.csv", dtype=str, keep_default_na=False)
        for name, own in {"grid_ramp_mw_yr": cells, **columns}.items():
            if own is not None:
                before = table.get(name, pd.Series("", index=table.index))
                table[name] = table["site"].map(own).fillna(before)
        table.to_csv(folder / "sites.csv", index=False)
        return folder

    return made


@pytest.fixture
def ask(tiny_model: Path) -> Ask:
    return lambda world, **changes: load(tiny_model, {"world": world.as_posix(), **changes})


def data_of(ask: Ask, world: Path, **changes: Any) -> Instance:
    return assemble(ask(world, **changes), read_world(world))


def test_a_ramp_that_binds_makes_a_class_of_its_own(ramped: Worlds, ask: Ask) -> None:
    """15 MW a year from 2028: 45 MW in 2030. Malmö's first step is all it has."""
    data = data_of(ask, ramped({"es-zaragoza": "15", "se-malmo": "60"}))
    assert data.classes == ("ES off-grid", "ES ramp es-zaragoza", "FR", "SE")
    assert data.members("ES ramp es-zaragoza") == ["es-zaragoza"]
    assert data.zone["ES ramp es-zaragoza"] == "ES"
    assert data.ramps == {"es-zaragoza": Ramp(150.0, 15.0, 2028)}
    limit = data.limits["ramp", "es-zaragoza"]
    assert (limit.value, limit.unit, limit.meaning) == (45.0, "MW", "grid_ramp_mw_yr of es-zaragoza")
    assert any("es-zaragoza: 45 of 150 MW by 2030" in note for note in data.notes)


def test_its_class_has_what_its_zone_has(ramped: Worlds, ask: Ask, tiny_world: Path) -> None:
    """Prices, contracts and plant are those of the zone; size and line those of the site without a ramp."""
    plain, own = data_of(ask, tiny_world), data_of(ask, ramped({"es-zaragoza": "15"}))
    c = "ES ramp es-zaragoza"
    for route in ("ppa", "onsite", "storage"):
        assert own.options_of(route, c) == plain.options_of(route, "ES")  # type: ignore[arg-type]
    assert own.price_eur_mwh[c] == plain.price_eur_mwh["ES"]
    assert replace(own.sites["es-zaragoza"], supply_class="ES") == plain.sites["es-zaragoza"]
    assert own.limits["potential", "ES", "solar_ppa"] == plain.limits["potential", "ES", "solar_ppa"]


@pytest.mark.parametrize(
    ("cells", "known"),
    [
        ({}, {}),
        ({"es-zaragoza": " "}, {}),
        ({"es-zaragoza": "150"}, {}),
        ({"es-zaragoza": "50"}, {"es-zaragoza": Ramp(150.0, 50.0, 2028)}),
    ],
    ids=["empty", "blank", "all at once", "done by 2030"],
)
def test_no_ramp_changes_nothing(
    ramped: Worlds, ask: Ask, tiny_world: Path, cells: dict[str, str], known: dict[str, Ramp]
) -> None:
    assert data_of(ask, ramped(cells)) == replace(data_of(ask, tiny_world), ramps=known)


def test_a_ramp_counts_from_the_first_whole_year(ramped: Worlds, ask: Ask) -> None:
    """2026 + 2.5 years: connected in 2029, as without a ramp; two steps by 2030."""
    data = data_of(ask, ramped({"es-zaragoza": "15"}, grid_wait_yr={"es-zaragoza": "2.5"}))
    assert data.limits["ramp", "es-zaragoza"].value == 30.0


def test_a_later_agreement_delays_the_ramp(ramped: Worlds, ask: Ask) -> None:
    world = ramped({"es-zaragoza": "15", "se-malmo": "15"})
    model, read = ask(world), read_world(world)
    found = ramps_of(model, read, list(read.sites.index), {"ES": 2029, "SE": None})
    assert found == {"es-zaragoza": Ramp(150.0, 15.0, 2031)}


def test_no_waiting_no_ramp(ramped: Worlds, ask: Ask, tiny_world: Path) -> None:
    changes = {"sites.grid_wait": "ignore"}
    world = ramped({"es-zaragoza": "15"})
    assert data_of(ask, world, **changes) == data_of(ask, tiny_world, **changes)


def test_without_a_grid_among_the_options_there_is_nothing_to_ramp(ramped: Worlds, ask: Ask) -> None:
    data = data_of(ask, ramped({"es-zaragoza": "15"}), **{"power.options": ["gas_engine", "battery"]})
    assert not data.ramps and not [r for r in data.limits if r[0] == "ramp"]


def test_a_ramped_site_bounds_no_land_but_its_own(ramped: Worlds, ask: Ask) -> None:
    """Forbidden or not: it is in no other site's class."""
    world = ramped({"se-malmo": "15"}, land_ha={"se-malmo": "8"})
    free, barred = data_of(ask, world), data_of(ask, world, **{"sites.forbid": ["se-malmo"]})
    assert "SE ramp se-malmo" in free.classes and "SE ramp se-malmo" not in barred.classes
    assert barred.spare_land_ha_mw["SE"] == free.spare_land_ha_mw["SE"]
    assert free.spare_land_ha_mw["SE ramp se-malmo"] < free.spare_land_ha_mw["SE"]


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "negative": ({"cells": {"fr-lyon": "-5"}}, "sites.csv: grid_ramp_mw_yr of 'fr-lyon' is '-5'; give MW a year"),
    "nothing": ({"cells": {"fr-lyon": "0"}}, "grid_ramp_mw_yr of 'fr-lyon' is '0'; give MW a year above 0"),
    "text": ({"cells": {"fr-lyon": "slow"}}, "grid_ramp_mw_yr of 'fr-lyon' is 'slow'"),
    "no number": ({"cells": {"fr-lyon": "nan"}}, "grid_ramp_mw_yr of 'fr-lyon' is 'nan'"),
    "a comma": ({"cells": {"fr-lyon": "1,5"}}, "grid_ramp_mw_yr of 'fr-lyon' is '1,5'"),
    "a guess": (
        {"cells": {"fr-lyon": "5"}, "grid_ramp_mw_yr_kind": {"fr-lyon": "guess"}},
        "grid_ramp_mw_yr_kind 'guess' of 'fr-lyon' is unknown",
    ),
    "no kind": (
        {"cells": {"fr-lyon": "5"}, "grid_ramp_mw_yr_kind": {"fr-lille": "scenario"}},
        "grid_ramp_mw_yr_kind '' of 'fr-lyon' is unknown",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_ramp_is_named(name: str, ramped: Worlds) -> None:
    with pytest.raises(InputError) as caught:
        read_world(ramped(**BAD[name][0]))
    assert BAD[name][1] in str(caught.value)


def test_all_bad_ramps_at_once(ramped: Worlds) -> None:
    with pytest.raises(InputError) as caught:
        read_world(ramped({"fr-lyon": "-1", "se-lulea": "x"}))
    assert len(caught.value.problems) == 2


def test_a_kind_may_be_missing_where_there_is_no_ramp(ramped: Worlds) -> None:
    world = read_world(ramped({"fr-lyon": "5"}, grid_ramp_mw_yr_kind={"fr-lyon": "scenario"}))
    assert world.sites.at["fr-lyon", "grid_ramp_mw_yr"] == 5.0


def test_a_ramp_without_a_known_wait_asks_for_the_wait(ramped: Worlds, ask: Ask) -> None:
    world = ramped({"fr-lyon": "5"}, grid_wait_yr={"fr-lyon": ""})
    with pytest.raises(InputError, match="grid_wait_yr of 'fr-lyon' is unknown"):
        data_of(ask, world)
    assert data_of(ask, world, **{"sites.grid_wait": "ignore"})


# --- solved

SEVILLA = {"es-sevilla": "15"}  # 2032 on: nothing in 2029, 30 of 90 MW in 2033, 60 in 2035, all from 2037
STEPS: dict[str, Any] = {
    **ONE_SITE,
    "horizon.periods": [2029, 2033, 2037],
    "target.it_mw": [20.0, 40.0, 50.0],
}


@pytest.fixture
def plans(ramped: Worlds, ask: Ask) -> dict[str, siting.Plan]:
    model = ask(ramped(SEVILLA), **STEPS)
    return {method: siting.solve(model.with_(**{"solve.method": method})) for method in ("frontier", "whole")}


def test_engines_bridge_the_wait_and_then_the_ramp(plans: dict[str, siting.Plan], tmp_path: Path) -> None:
    one, two = (plan.objective for plan in plans.values())
    assert one == pytest.approx(two, rel=0.005)
    for plan in plans.values():
        wired = {p: plan.at(p).record["sites"][0]["connection_mw"] for p in (2029, 2033, 2037)}
        assert wired[2029] == 0.0 and wired[2033] <= 30.0 + 1e-4 and wired[2037] > 40.0
        assert any("2033: 1 candidate is connected step by step" in n for n in plan.record["notes"])
    binding = [row["limit"] for row in plans["whole"].record["binding"]]
    assert "grid_ramp_mw_yr of es-sevilla, 2033 (2033)" in binding
    folder = plans["whole"].save(tmp_path / "out")
    assert siting.audit_folder(folder) == []
    path = folder / "2033" / "plan.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["sites"][0]["connection_mw"] += 1.0
    path.write_text(json.dumps(record), encoding="utf-8")
    found = siting.audit_folder(folder)
    assert any("es-sevilla: connection against grid_ramp_mw_yr by 2033 (MW)" in line for line in found)


def test_over_periods_a_ramped_site_stays_in_its_own_class(ramped: Worlds, ask: Ask) -> None:
    """Also where it has no grid yet, and where its ramp is done; each period has its own limit."""
    changes = {**STEPS, "sites.forbid": [], "sites.max": 2, "sites.max_per_country": 2}
    data = siting.api.prepare(ask(ramped({**SEVILLA, "es-zaragoza": "15"}), **changes)).data
    assert data.classes == ("ES ramp es-sevilla", "ES ramp es-zaragoza")
    limits = {r[1:]: limit.value for r, limit in data.limits.items() if r[0] == "ramp"}
    zaragoza = {("es-zaragoza", "2029"): 30.0, ("es-zaragoza", "2033"): 90.0}
    assert limits == {("es-sevilla", "2033"): 30.0, **zaragoza}
    assert set(data.connection) == {
        "ES ramp es-sevilla@2033", "ES ramp es-sevilla@2037",
        "ES ramp es-zaragoza@2029", "ES ramp es-zaragoza@2033", "ES ramp es-zaragoza@2037",
    }  # fmt: skip
    assert data.at(data.nodes[0]).limits["ramp", "es-zaragoza"].value == 30.0
    one = siting.api.prepare(ask(ramped({"es-zaragoza": "15"}), **changes)).data
    assert one.classes == ("ES 0.4 ha/MW from 2033", "ES ramp es-zaragoza")


def test_without_plant_of_its_own_the_site_grows_with_the_ramp(ramped: Worlds, ask: Ask) -> None:
    """Grid and contracts alone: 40 MW of IT draw more than 30 MW, so they have to wait for 2035 and its 60 MW."""
    grid_only = {**STEPS, "power.options": ["grid", "solar_ppa"]}
    world = ramped(SEVILLA)
    early = {"horizon.periods": [2033, 2035], "target.it_mw": [40.0, 40.0]}
    with pytest.raises(InfeasibleError, match=r"target of 2033 needs 40\.0 .* connection ramps \(grid_ramp"):
        siting.solve(ask(world, **{**grid_only, **early}))
    plan = siting.solve(ask(world, **{**grid_only, **early, "target.it_mw": [20.0, 40.0]}))
    assert [plan.at(p).totals["it_mw"] for p in (2033, 2035)] == [20.0, 40.0]


def test_one_period_of_a_ramp(ramped: Worlds, ask: Ask) -> None:
    """2034 alone: both methods keep 45 MW."""
    own = {**ONE_SITE, "horizon.periods": [2034], "horizon.end_year": None, "target.it_mw": 50.0}
    model = ask(ramped(SEVILLA), **own)
    found = {m: siting.solve(model.with_(**{"solve.method": m})) for m in ("frontier", "whole")}
    one, two = (plan.objective for plan in found.values())
    assert one == pytest.approx(two, rel=0.005)
    for plan in found.values():
        assert plan.record["sites"][0]["connection_mw"] <= 45.0 + 1e-4
        assert "grid_ramp_mw_yr of es-sevilla" in plan.summary()


def test_the_report_says_where_a_ramp_is_from(ramped: Worlds, tiny_world: Path) -> None:
    """With its kind, as the wait; a world without the column says nothing of it."""
    told = read_world(ramped(SEVILLA, grid_ramp_mw_yr_kind={"es-sevilla": "scenario"}))
    (row,) = (row for row in _site_rows(told, ["es-sevilla"]) if row["quantity"] == "grid_ramp_mw_yr")
    assert (row["item"], row["value"], row["unit"], row["kind"]) == ("es-sevilla", "15", "MW/yr", "scenario")
    plain = _site_rows(read_world(tiny_world), ["es-sevilla"])
    assert plain and "grid_ramp_mw_yr" not in {row["quantity"] for row in plain}

"""Attributes of sites from the table that holds them, and `sites.where`: what is left out, why, and what of the unknown."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from siting import api
from siting.errors import InfeasibleError, InputError
from siting.inputs.attributes import attribute, hot_c
from siting.inputs.load import load
from siting.inputs.places import WORLDS
from siting.inputs.planning import PlanningModel
from siting.inputs.selection import left_out, select_sites
from siting.inputs.series import read_hours
from siting.inputs.world import World, read_world

TESTS = Path(__file__).parents[1]
HEADER = "site,quantity,value,unit,year,kind,source,note\n"
ROWS = (  # nothing is known of es-sevilla
    "fr-lyon,ix_km,100,km,2026,modelled,test,\n"
    "fr-lille,ix_km,200,km,2026,modelled,test,\n"
    "se-lulea,ix_km,700,km,2026,modelled,test,\n"
    "se-malmo,ix_km,300,km,2026,modelled,test,\n"
    "es-zaragoza,ix_km,250,km,2026,modelled,test,\n"
    "fr-lyon,restricted,1,0/1,2026,measured,test,barred\n"
    "fr-lille,restricted,0,0/1,2026,measured,test,allowed\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    world = shutil.copytree(TESTS / "worlds" / "tiny", tmp_path / "tiny")
    (world / "site_values.csv").write_text(HEADER + ROWS, encoding="utf-8")
    return world


@pytest.fixture
def world(folder: Path) -> World:
    return read_world(folder)


def model(**where: Any) -> PlanningModel:
    return load(
        TESTS / "worlds" / "tiny-model.yaml", {f"sites.where.{key}": value for key, value in where.items()}
    )


def kept(world: World, **where: Any) -> set[str]:
    return set(select_sites(model(**where), world, []).index)


def test_a_limit_leaves_out_what_is_known_to_break_it(world: World) -> None:
    assert kept(world, ix_km_max=250, unknown="accept") == {
        "fr-lyon",
        "fr-lille",
        "es-zaragoza",
        "es-sevilla",
    }


def test_what_is_unknown_is_refused_or_accepted_by_name(world: World) -> None:
    assert kept(world, ix_km_max=250, unknown="refuse") == {"fr-lyon", "fr-lille", "es-zaragoza"}
    both = {"ix_km_max": 250, "restricted": "refuse"}
    assert kept(world, **both, unknown="refuse") == {"fr-lille"}
    assert kept(world, **both, unknown=["restricted"]) == {"fr-lille", "es-zaragoza"}
    assert kept(world, **both, unknown=["ix_km_max"]) == {"fr-lille"}
    assert kept(world, **both, unknown="accept") == {"fr-lille", "es-zaragoza", "es-sevilla"}


def test_no_limit_asks_for_nothing(world: World) -> None:
    assert kept(world) == set(world.sites.index)


def test_every_site_left_out_is_counted_once_by_its_first_reason(world: World) -> None:
    notes: list[str] = []
    asked = model(kinds=["city", "campus"], ix_km_max=250, restricted="refuse", unknown="refuse")
    with pytest.raises(InfeasibleError, match="leaves no candidate site of 6"):
        select_sites(asked.with_(sites__forbid=["es-zaragoza"]), world, notes)
    select_sites(asked.with_(sites__where__unknown="accept"), world, notes)
    of_kind = int((~world.sites["kind"].isin(["city", "campus"])).sum())
    assert notes == [
        f"sites.where leaves out {of_kind + 3} of 6 sites: 1 restricted, {of_kind} of another kind, 2 with ix_km above 250"
    ]
    counted = left_out(asked.sites.where, world)
    assert (counted != "").sum() == 6 - len(world.sites[counted == ""])


def test_a_forced_site_that_is_left_out_says_why(world: World) -> None:
    with pytest.raises(InputError, match=r"'se-lulea' is left out by sites\.where \(with ix_km above 250\)"):
        select_sites(model(ix_km_max=250, unknown="accept").with_(sites__force=["se-lulea"]), world, [])


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"ix_km_max": 300}, "ix_km_max needs unknown: refuse, accept or a list"),
        ({"ix_km_max": -1, "unknown": "refuse"}, "ix_km_max = -1"),
        ({"ix_km_max": 300, "unknown": ["water_stress_max"]}, "unknown names water_stress_max"),
        ({"ix_km_max": 300, "unknown": "guess"}, "unknown"),
        ({"restricted": "accept", "unknown": "refuse"}, "restricted"),
        ({"corporate_tax_share_max": 20, "unknown": "refuse"}, "corporate_tax_share_max"),
        ({"ix_max": 300, "unknown": "refuse"}, "did you mean ix_km_max?"),
    ],
)
def test_what_cannot_be_meant_is_refused(where: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        model(**where)
    assert words in str(caught.value)


def test_check_tells_what_is_left_out(tiny_world: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_world, tmp_path / "tiny")
    (folder / "site_values.csv").write_text(HEADER + ROWS, encoding="utf-8")
    text = (TESTS / "worlds" / "tiny-model.yaml").read_text(encoding="utf-8")
    text = text.replace("countries: null", "ix_km_max: 300, unknown: refuse, countries: null", 1)
    path = folder.parent / "model.yaml"
    path.write_text(text, encoding="utf-8")
    checked = api.check(load(path))
    assert any("sites.where leaves out 2 of 6 sites" in note for note in checked.notes), checked.notes
    assert checked.numbers["candidate sites"].startswith("4, ")


def test_an_attribute_comes_from_the_table_that_holds_it(world: World) -> None:
    ix_km = attribute(world, "ix_km")
    assert ix_km["fr-lille"] == 200 and np.isnan(ix_km["es-sevilla"])
    assert attribute(world, "dc_build_eur_kw")["fr-lyon"] == world.value(
        "country_values", "FR", "dc_build_eur_kw"
    )
    assert attribute(world, "population_10ms").isna().all()


def test_a_column_of_the_site_itself_comes_first(world: World) -> None:
    sites = world.sites.assign(ix_km=["7", "", "8", "9", "10", "11"])
    values = attribute(world, "ix_km", sites)
    assert values.iloc[0] == 7 and np.isnan(values.iloc[1])


def test_the_grid_costs_station_and_line(world: World) -> None:
    cost = attribute(world, "grid_cost_eur_mw")
    line_km = world.sites.at["fr-lyon", "line_km"]
    assert cost["fr-lyon"] == 90_000 + world.parameter("line_eur_mw_km") * line_km


def test_hot_hours_are_the_percentile_of_the_series(tiny_world: Path) -> None:
    hours, found = read_hours(tiny_world, 2019), hot_c(tiny_world)
    assert set(found) == {"FR", "SE", "ES"}
    for zone, value in found.items():
        by_hand = np.sort(hours[f"temperature_c:{zone}"].to_numpy())
        assert by_hand[int(0.99 * 8759)] - 0.01 <= value <= by_hand[int(0.99 * 8759) + 1] + 0.01


def test_a_site_of_another_world_in_site_values_is_refused(folder: Path) -> None:
    (folder / "site_values.csv").write_text(HEADER + ROWS.replace("se-malmo", "se-malmoe"), encoding="utf-8")
    with pytest.raises(
        InputError, match=r"site_values\.csv: site 'se-malmoe' is unknown; did you mean se-malmo\?"
    ):
        read_world(folder)


def test_a_world_may_know_nothing_about_its_sites() -> None:
    tiny = read_world(TESTS / "worlds" / "tiny")
    assert tiny.values["site_values"] == {} and attribute(tiny, "ix_km").isna().all()


def test_the_bundled_world_answers_every_key() -> None:
    world = read_world(WORLDS / "eu27")
    for name in ("grid_cost_eur_mw", "ix_km", "population_20ms", "corporate_tax_share", "risk_premium_share"):
        assert attribute(world, name).notna().all(), name
    assert attribute(world, "seismic_high").isna().any(), "unknown stays unknown"
    assert pd.api.types.is_float_dtype(attribute(world, "water_stress_score"))

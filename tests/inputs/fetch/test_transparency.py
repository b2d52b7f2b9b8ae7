"""ENTSO-E through entsoe-py, on answers made for the tests."""

from __future__ import annotations

import itertools
from typing import Any

import pandas as pd
import pytest

from siting.errors import InputError
from siting.inputs.fetch.areas import spans
from siting.inputs.fetch.ask import Ask
from siting.inputs.fetch.fetch import Fetched, fetch
from tests.inputs.fetch.services import (
    EUR_MWH,
    KEY,
    Service,
    day_prices,
    price,
    quantities,
    recorded,
    time_series,
    xml,
)


def get(
    service: Service, what: str = "prices", zone: str = "FR", year: int = 2023, key: str = KEY, **more: Any
) -> Fetched:
    return fetch(Ask(what, "entsoe", (zone,), year, **more), service.session(), key, service.told.append)


def value(found: Fetched, column: str, hour: str) -> float:
    return float(found.hours.set_index("utc")[column][pd.Timestamp(hour, tz="UTC")])


@pytest.fixture(scope="module")
def plain() -> tuple[Service, Fetched]:
    service = Service(day_prices)
    return service, get(service)


def test_a_year_of_prices_keeps_every_hour_over_both_changes_of_the_clock(
    plain: tuple[Service, Fetched],
) -> None:
    service, found = plain
    assert list(found.hours.columns) == ["utc", "price_eur_mwh:FR"]
    assert len(found.hours) == 8760
    expected = [price(hour) for hour in found.hours["utc"]]
    assert found.hours["price_eur_mwh:FR"].tolist() == expected
    assert {query["in_Domain"] for query in service.asked} == {"10YFR-RTE------C"}
    assert {query["securityToken"] for query in service.asked} == {KEY}
    assert len(service.asked) == 12
    assert "part 12 of 12" in " ".join(service.told)


def test_quarters_traded_since_october_2025_become_means_of_hours() -> None:
    found = get(Service(day_prices), year=2025)
    hour = pd.Timestamp("2025-11-03 17:00", tz="UTC")
    quarters = [price(hour + pd.Timedelta(minutes=m)) for m in (0, 15, 30, 45)]
    assert len(set(quarters)) == 4
    assert value(found, "price_eur_mwh:FR", "2025-11-03 17:00") == pytest.approx(sum(quarters) / 4, abs=1e-4)
    assert value(found, "price_eur_mwh:FR", "2025-09-30 21:00") == price(
        pd.Timestamp("2025-09-30 21:00", tz="UTC")
    )
    assert len(found.hours) == 8760


def test_quarters_told_beside_hours_before_that_day_are_not_the_price() -> None:
    def both(query: dict[str, str]) -> Any:
        if not query["periodStart"].startswith("202306"):  # one part of the year is enough
            return day_prices(query)
        quarters = day_prices(query, quarters="2000-01-01", page=9999)[2].split(b'made">', 1)[1]
        return (
            200,
            {"content-type": "text/xml"},
            day_prices(query)[2].replace(b"</Publication_MarketDocument>", quarters),
        )

    found = get(Service(both))
    assert value(found, "price_eur_mwh:FR", "2023-07-03 17:00") == price(
        pd.Timestamp("2023-07-03 17:00", tz="UTC")
    )


def test_a_second_auction_of_the_zone_is_left_out(plain: tuple[Service, Fetched]) -> None:
    def two(query: dict[str, str]) -> Any:
        status, headers, body = day_prices(query)
        if not query["periodStart"].startswith("202306"):
            return status, headers, body
        tag = "classificationSequence_AttributeInstanceComponent.position"
        first = body.decode().replace("<mRID>1</mRID>", f"<{tag}>1</{tag}>")
        second = (
            first.split('made">', 1)[1]
            .rsplit("</Pub", 1)[0]
            .replace(f"<{tag}>1", f"<{tag}>2")
            .replace("<price.amount>", "<price.amount>9")
        )
        return status, headers, first.replace("</Publication", second + "</Publication").encode()

    pd.testing.assert_frame_equal(get(Service(two)).hours, plain[1].hours)


def test_a_full_page_of_prices_is_followed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("siting.inputs.fetch.transparency.PAGE", 20)
    service = Service(lambda query: day_prices(query, page=20))
    assert len(get(service).hours) == 8760
    assert {query["offset"] for query in service.asked} == {"0", "20"}


def test_a_gap_in_the_prices_is_named_and_refused() -> None:
    service = Service(
        lambda query: day_prices(
            query, (("2023-05-04T10", "2023-05-04T12"), ("2023-08-01T00", "2023-08-01T00"))
        )
    )
    with pytest.raises(InputError) as caught:
        get(service)
    text = str(caught.value)
    assert "price_eur_mwh:FR: 4 hours are missing" in text
    assert (
        "2023-05-04 10:00 to 2023-05-04 13:00 UTC (3 h); 2023-08-01 00:00 to 2023-08-01 01:00 UTC (1 h)"
        in text
    )
    assert "--fill-hours 3" in text


def test_a_gap_is_filled_if_asked_and_the_descriptor_says_so() -> None:
    service = Service(lambda query: day_prices(query, (("2023-05-04T10", "2023-05-04T10"),)))
    found = get(service, fill_hours=1)
    around = [price(pd.Timestamp(f"2023-05-04 {h}:00", tz="UTC")) for h in ("09", "11")]
    assert value(found, "price_eur_mwh:FR", "2023-05-04 10:00") == pytest.approx(sum(around) / 2, abs=1e-4)
    assert found.about["series"][0]["filled"] == [{"first_utc": "2023-05-04T10:00Z", "hours": 1}]
    assert found.about["series"][0]["filled_hours"] == 1
    assert any("straight line" in note for note in found.about["notes"])


def test_a_year_of_load_and_of_generation_in_mw() -> None:
    load = get(Service(quantities), "load")
    assert list(load.hours.columns) == ["utc", "load_mw:FR"]
    assert value(load, "load_mw:FR", "2023-03-26 02:00") == 200.0
    solar = Service(lambda query: quantities(query, "<MktPSRType><psrType>B16</psrType></MktPSRType>"))
    found = get(solar, "generation")
    assert list(found.hours.columns) == ["utc", "generation_solar_mw:FR"]
    assert found.about["series"][0] == {
        "name": "generation_solar_mw:FR",
        "unit": "MW",
        "kind": "measured",
        "meaning": "actual generation of solar, mean of the hour",
        "filled_hours": 0,
        "filled": [],
    }


def test_recorded_prices_repeat_where_curve_a03_leaves_positions_out() -> None:
    with pytest.raises(InputError, match="8,737 hours are missing: 2023-01-01 23:00"):
        get(Service(lambda query: recorded("entsoe_prices.xml")))


def test_recorded_generation_is_by_type_and_without_what_pumps_consume() -> None:
    with pytest.raises(InputError) as caught:
        get(Service(lambda query: recorded("entsoe_generation.xml")), "generation")
    solar, pumped = sorted(caught.value.problems, reverse=True)
    assert solar.startswith(
        "generation_solar_mw:FR: 8,759 hours are missing: 2023-01-01 01:00"
    )  # a quarter is missing
    assert pumped.startswith("generation_hydro_pumped_storage_mw:FR: 8,758 hours are missing")


def test_a_position_left_out_of_curve_a01_is_a_gap() -> None:
    with pytest.raises(
        InputError,
        match=r"load_mw:FR: 8,757 hours are missing: 2023-01-01 02:00 to 2023-01-01 03:00 UTC \(1 h\)",
    ):
        get(Service(lambda query: recorded("entsoe_load.xml")), "load")


def test_only_the_types_asked_for_and_none_that_is_not_there() -> None:
    service = Service(lambda query: recorded("entsoe_generation.xml"))
    with pytest.raises(
        InputError, match="--type sollar: not in the generation of FR in 2023; did you mean solar"
    ):
        get(service, "generation", types=("sollar",))
    with pytest.raises(InputError) as caught:
        get(service, "generation", types=("solar",))
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(("status", "file"), [(200, "entsoe_no_data.xml"), (400, "entsoe_no_data.xml")])
def test_no_data_for_the_zone_and_year(status: int, file: str) -> None:
    service = Service(lambda query: recorded(file, status))
    with pytest.raises(InputError, match="zone CY: ENTSO-E has no prices of CY in 2023"):
        get(service, zone="CY")


def test_no_key_is_said_before_anything_is_asked() -> None:
    service = Service(day_prices)
    with pytest.raises(InputError, match=r"ENTSOE_API_KEY is not set.*free of charge"):
        get(service, key="")
    assert service.asked == []


def test_a_refused_key_is_said_and_not_shown() -> None:
    service = Service(lambda query: recorded("entsoe_unauthorized.xml", 401))
    with pytest.raises(InputError, match=r"refuses the key \(HTTP 401, Unauthorized") as caught:
        get(service)
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__  # a traceback shows neither
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("unit", "told"),
    [
        (EUR_MWH.replace("EUR", "PLN"), "prices of FR are in 'PLN'"),
        (EUR_MWH.replace("MWH", "KWH"), "prices of FR are in 'KWH'"),
        ("", "prices of FR are in ''"),
    ],
)
def test_another_currency_or_unit_is_refused(unit: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        get(Service(lambda query: day_prices(query, unit=unit)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>maintenance</body></html>",
        xml("Publication_MarketDocument", "<TimeSeries>" + EUR_MWH),
        xml("Publication_MarketDocument", f"<TimeSeries>{EUR_MWH}</TimeSeries>")[:-12],
    ],
)
def test_an_answer_that_is_no_whole_document_is_refused(body: bytes) -> None:
    with pytest.raises(InputError, match="no whole market document"):
        get(Service(lambda query: (200, {"content-type": "text/xml"}, body)))


def test_steps_of_a_day_and_points_that_are_no_numbers_are_refused() -> None:
    days = Service(lambda query: (*quantities(query)[:2], quantities(query)[2].replace(b"PT60M", b"P1D")))
    with pytest.raises(InputError, match="steps of 'P1D'"):
        get(days, "load")
    words = Service(
        lambda query: (*quantities(query)[:2], quantities(query)[2].replace(b">200.00<", b">n/a<"))
    )
    with pytest.raises(InputError, match="load_mw:FR cannot be read"):
        get(words, "load")


def test_a_source_that_contradicts_itself_is_refused() -> None:
    def twice(query: dict[str, str]) -> Any:
        start = pd.Timestamp("2023-02-01", tz="UTC")
        more = time_series([(start, -1.0)], start + pd.Timedelta("1h"), 60, EUR_MWH, "price.amount")
        body = day_prices(query)[2].replace(b"</Publication", more.encode() + b"</Publication")
        return 200, {"content-type": "text/xml"}, body

    with pytest.raises(InputError, match="told twice and differ, the first at 2023-02-01"):
        get(Service(twice))


def areas(what: str, zone: str, year: int) -> list[str]:
    return list(dict.fromkeys(area for area, _, _ in spans(what, zone, year)))


def test_areas_follow_zones_and_the_split_of_germany_and_austria() -> None:
    assert areas("prices", "DE", 2023) == ["DE_LU"]
    assert areas("prices", "DE", 2018) == ["DE_AT_LU", "DE_LU"]
    assert areas("prices", "AT", 2017) == ["DE_AT_LU"]
    assert areas("load", "DE", 2018) == ["DE"]
    assert areas("prices", "SE3", 2023) == ["SE_3"]
    assert areas("prices", "DK1", 2023) == ["DK_1"]
    assert areas("generation", "IT-SIC", 2023) == ["IT_SICI"]
    assert areas("prices", "IE", 2023) == ["IE_SEM"]
    edges = spans("prices", "DE", 2018)
    assert [end for area, _, end in edges if area == "DE_AT_LU"][-1] == pd.Timestamp(
        "2018-09-30 22:00", tz="UTC"
    )
    assert edges[0][1] == pd.Timestamp("2018-01-01", tz="UTC") and edges[-1][2] == pd.Timestamp(
        "2019-01-01", tz="UTC"
    )
    assert all(before[2] == after[1] for before, after in itertools.pairwise(edges))


def test_every_zone_of_the_bundled_world_has_an_area() -> None:
    from siting.inputs.world import find_world

    zones = pd.read_csv(find_world("eu27") / "zones.csv")["zone"]
    for zone in zones:
        for what in ("prices", "load"):
            assert spans(what, zone, 2023)


def test_a_zone_of_another_name_needs_an_area() -> None:
    with pytest.raises(InputError, match=r"zone island: ENTSO-E has no area 'island'.*--area"):
        spans("prices", "island", 2023)
    assert spans("prices", "island", 2023, "10YFR-RTE------C")[0][0] == "10YFR-RTE------C"


def test_the_record_of_a_fetch_holds_no_key(plain: tuple[Service, Fetched]) -> None:
    found = plain[1]
    assert KEY not in str(found.about)
    assert found.about["source"]["source"] == "entsoe-transparency"
    assert found.about["requests"] == [
        {"zone": "FR", "what": "prices", "areas": ["FR"], "year_utc": 2023, "types": []}
    ]

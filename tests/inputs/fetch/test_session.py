"""Asking politely: bounded, with the host's own pace, and never a key in a message."""

from __future__ import annotations

import pytest
import requests

from siting.errors import InputError
from siting.inputs.fetch.session import ATTEMPTS, PoliteSession, reason_of
from tests.inputs.fetch.services import KEY, Service, recorded

URL = f"https://example.org/api?securityToken={KEY}"
FINE = recorded("pvgis.json")


def busy(status: int = 429, **headers: str) -> tuple[int, dict[str, str], bytes]:
    return recorded("open_meteo_limit.json", status, **headers)


def test_a_host_that_serves_at_the_second_time_is_asked_twice() -> None:
    service = Service([busy(503), FINE])
    assert service.session().get(URL).ok
    assert service.slept == [1.0]
    assert len(service.asked) == 2
    assert "asking again in 1 s" in service.told[0]


def test_waits_double_and_end() -> None:
    service = Service([busy(503)] * 9)
    with pytest.raises(InputError, match=r"example.org: the service has a problem \(HTTP 503") as caught:
        service.session().get(URL)
    assert len(service.asked) == ATTEMPTS
    assert service.slept == [1.0, 2.0, 4.0]
    assert KEY not in str(caught.value)


def test_the_pace_a_host_asks_for_is_kept() -> None:
    service = Service([busy(Retry_After="7"), FINE])
    assert service.session().get(URL).ok
    assert service.slept == [7.0]


def test_a_pace_of_ten_minutes_is_told_and_not_waited_for() -> None:
    service = Service([busy(Retry_After="600"), FINE])
    with pytest.raises(InputError, match=r"too many requests.*Daily API request limit.*wait 600 s"):
        service.session().get(URL)
    assert service.slept == []


@pytest.mark.parametrize("header", ["soon", "", "-5", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_pace_that_says_nothing_is_one_of_our_own(header: str) -> None:
    service = Service([busy(Retry_After=header), FINE])
    assert service.session().get(URL).ok
    assert service.slept == [1.0]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            requests.ConnectionError(f"Max retries exceeded with url: {URL}"),
            "no connection.*needs the internet",
        ),
        (requests.ConnectTimeout(URL), "no answer within 60 s.*--timeout-s"),
        (requests.ReadTimeout(URL), "no answer within 60 s"),
        (requests.exceptions.ProxyError(URL), "HTTPS_PROXY"),
        (requests.exceptions.SSLError(URL), "certificate"),
        (requests.exceptions.ChunkedEncodingError(URL), "broke off"),
    ],
)
def test_every_failure_of_the_network_is_one_line_without_the_key(error: Exception, told: str) -> None:
    service = Service([error] * ATTEMPTS)
    with pytest.raises(InputError, match=told) as caught:
        service.session().get(URL)
    assert KEY not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    assert caught.value.__cause__ is None
    assert not any(KEY in line for line in service.told)


def test_a_refusal_is_not_asked_again() -> None:
    service = Service([recorded("entsoe_unauthorized.xml", 401)])
    assert service.session().get(URL).status_code == 401
    assert service.slept == []


def test_the_reason_of_a_refusal_is_read_from_json_and_xml_and_loses_the_key() -> None:
    service = Service(
        [
            recorded("entsoe_unauthorized.xml", 401),
            recorded("pvgis_sea.json", 400),
            (400, {}, f"<text>bad {KEY}</text>".encode()),
            (400, {}, b"[1]"),
        ]
    )
    session: PoliteSession = service.session()
    assert reason_of(session.get(URL)) == "Unauthorized. Missing or invalid security token!"
    assert reason_of(session.get(URL)) == "Location over the sea. Please, select another location"
    assert reason_of(session.get(URL), KEY) == "bad (key)"
    assert reason_of(session.get(URL)) == ""


def test_the_time_limit_reaches_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    def request(self: object, method: str, url: str, **kwargs: object) -> str:
        seen.update(kwargs)
        raise requests.ConnectionError

    monkeypatch.setattr(requests.Session, "request", request)
    with pytest.raises(InputError):
        PoliteSession(lambda text: None, 12.5, lambda s: None).get(URL, timeout=None)
    assert seen["timeout"] == 12.5

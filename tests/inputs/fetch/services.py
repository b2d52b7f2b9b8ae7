"""Services that answer like the real ones, without a network: an adapter for requests, and years of invented values."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import requests
from requests.adapters import BaseAdapter

from siting.inputs.fetch.session import PoliteSession

RESPONSES = Path(__file__).parent / "responses"
KEY = "11111111-very-secret-key"
Told = tuple[int, dict[str, str], bytes]
Handler = Callable[[dict[str, str]], Told | Exception]


def recorded(name: str, status: int = 200, **headers: str) -> Told:
    kind = "application/json" if name.endswith(".json") else "text/xml"
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return status, {"content-type": kind, **named}, (RESPONSES / name).read_bytes()


class Service(BaseAdapter):
    """Answers every request by a function of its query, keeps the queries; a list answers one after the other."""

    def __init__(self, handler: Handler | list[Told | Exception]) -> None:
        super().__init__()
        self.asked: list[dict[str, str]] = []
        self.hosts: list[str] = []
        self.slept: list[float] = []
        self.told: list[str] = []
        self._handler = handler

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.append(query)
        self.hosts.append(str(parts.hostname))
        found = self._handler.pop(0) if isinstance(self._handler, list) else self._handler(query)
        if isinstance(found, Exception):
            raise found
        answer = requests.Response()
        answer.status_code, answer._content = found[0], found[2]
        answer.headers.update(found[1])
        answer.request, answer.url, answer.encoding = request, str(request.url), "utf-8"
        return answer

    def close(self) -> None:
        """Nothing is open."""

    def session(self) -> PoliteSession:
        """A session that reaches only this service and sleeps in no time."""
        session = PoliteSession(self.told.append, sleep=self.slept.append)
        session.mount("https://", self)
        return session


def price(hour: pd.Timestamp) -> float:
    """The invented price of an hour or a quarter, unlike that of its neighbours."""
    return (hour.value // 900_000_000_000 * 7) % 1009 / 4


Hole = tuple[str, str]


def xml(kind: str, series: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?>\n<{kind} xmlns="urn:made">{series}</{kind}>'.encode()


def time_series(
    points: list[tuple[pd.Timestamp, float]], end: pd.Timestamp, minutes: int, inner: str, label: str
) -> str:
    start = points[0][0]
    step = pd.Timedelta(minutes=minutes)
    told = "".join(
        f"<Point><position>{int((at - start) / step) + 1}</position><{label}>{value:.2f}</{label}></Point>"
        for at, value in points
    )
    return (
        f"<TimeSeries><mRID>1</mRID>{inner}<curveType>A01</curveType><Period><timeInterval>"
        f"<start>{start:%Y-%m-%dT%H:%MZ}</start><end>{end:%Y-%m-%dT%H:%MZ}</end></timeInterval>"
        f"<resolution>PT{minutes}M</resolution>{told}</Period></TimeSeries>"
    )


EUR_MWH = "<currency_Unit.name>EUR</currency_Unit.name><price_Measure_Unit.name>MWH</price_Measure_Unit.name>"


def day_prices(
    query: dict[str, str],
    holes: tuple[Hole, ...] = (),
    unit: str = EUR_MWH,
    quarters: str = "2025-10-01",
    page: int = 100,
) -> Told:
    """Market days of Paris that touch the time asked for: hours, and quarters from a day on; hours in `holes` left out."""
    first = pd.Timestamp(query["periodStart"], tz="UTC").tz_convert("Europe/Paris").normalize()
    last = pd.Timestamp(query["periodEnd"], tz="UTC").tz_convert("Europe/Paris")
    days = []
    for start in pd.date_range(first, last, freq="D", inclusive="left"):
        minutes = 15 if start >= pd.Timestamp(quarters, tz="Europe/Paris") else 60
        end = (start + pd.DateOffset(days=1)).tz_convert("UTC")
        moments = pd.date_range(start.tz_convert("UTC"), end, freq=f"{minutes}min", inclusive="left")
        points = [
            (at, price(at)) for at in moments if not any(a <= f"{at:%Y-%m-%dT%H}" <= b for a, b in holes)
        ]
        if points:
            days.append(time_series(points, end, minutes, unit, "price.amount"))
    offset = int(query.get("offset", 0))
    return (
        200,
        {"content-type": "text/xml"},
        xml("Publication_MarketDocument", "".join(days[offset : offset + page])),
    )


def quantities(query: dict[str, str], inner: str = "", minutes: int = 60) -> Told:
    """Load or generation of exactly the time asked for; the value is the hour of the day, times 100 MW."""
    start, end = (pd.Timestamp(query[name], tz="UTC") for name in ("periodStart", "periodEnd"))
    moments = pd.date_range(start, end, freq=f"{minutes}min", inclusive="left")
    unit = "<quantity_Measure_Unit.name>MAW</quantity_Measure_Unit.name>"
    text = time_series([(at, at.hour * 100.0) for at in moments], end, minutes, unit + inner, "quantity")
    return 200, {"content-type": "text/xml"}, xml("GL_MarketDocument", text)


def pvgis_year(query: dict[str, str]) -> Told:
    told = json.loads((RESPONSES / "pvgis.json").read_text(encoding="utf-8"))
    hours = pd.date_range(f"{query['startyear']}-01-01", f"{query['endyear']}-12-31T23:00", freq="h")
    told["outputs"]["hourly"] = [
        {
            "time": f"{at:%Y%m%d:%H}10",
            "G(i)": 50.0 * (at.hour == 12),
            "H_sun": 0.0,
            "T2m": at.month - 5.5,
            "WS10m": 3.25,
            "Int": 0.0,
        }
        for at in hours
    ]
    return 200, {"content-type": "application/json"}, json.dumps(told).encode()


def open_meteo_year(query: dict[str, str]) -> Told:
    told = json.loads((RESPONSES / "open_meteo.json").read_text(encoding="utf-8"))
    hours = pd.date_range(query["start_date"], f"{query['end_date']}T23:00", freq="h")
    told["hourly"] = {
        "time": [f"{at:%Y-%m-%dT%H:%M}" for at in hours],
        "temperature_2m": [at.month - 5.5 for at in hours],
        "shortwave_radiation": [50.0 * (at.hour == 13) for at in hours],
        "wind_speed_10m": [3.25] * len(hours),
        "wind_speed_100m": [6.5] * len(hours),
    }
    return 200, {"content-type": "application/json"}, json.dumps(told).encode()

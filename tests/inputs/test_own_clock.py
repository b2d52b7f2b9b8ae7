"""Local clock times become UTC exactly, or are refused with the row: by round trip, and by hand at both changes of 2019."""

from __future__ import annotations

import datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.errors import InputError
from siting.inputs.own.clock import utc_hours, zone_of

BERLIN = "Europe/Berlin"  # 2019: 31 March 02:00 -> 03:00, 27 October 03:00 -> 02:00


def converted(
    texts: list[str], zone: str = BERLIN, empty: list[bool] | None = None, time_format: str | None = None
) -> tuple[list[str], list[str]]:
    utc, problems = utc_hours(
        texts, zone, time_format, lambda i: f"p.csv row {i + 2}", empty or [False] * len(texts)
    )
    return ([] if problems else [t.strftime("%d %H:%M") if not pd.isna(t) else "" for t in utc]), problems


@settings(max_examples=10, deadline=None)
@given(
    zone=st.sampled_from([BERLIN, "Europe/Lisbon", "Europe/Helsinki", "Atlantic/Azores", "UTC", "+01:00"]),
    year=st.integers(2015, 2024),
    minutes=st.sampled_from([15, 30, 60]),
    first=st.integers(0, 23),
)
def test_every_year_survives_the_round_trip(zone: str, year: int, minutes: int, first: int) -> None:
    """UTC -> what a clock on the wall shows, without offset -> UTC. zoneinfo says what the wall shows, not pandas."""
    start = datetime.datetime(year, 1, 1, first, tzinfo=datetime.UTC)
    steps = 365 * 24 * 60 // minutes
    utc = [start + datetime.timedelta(minutes=minutes * i) for i in range(steps)]
    tz = zone_of(zone)
    texts = [t.astimezone(tz).strftime("%Y-%m-%d %H:%M") for t in utc]
    got, problems = utc_hours(texts, zone, None, str, [False] * steps)
    assert not problems
    assert [t.timestamp() for t in utc] == (got.as_unit("s").asi8).tolist()


def test_the_hour_that_comes_twice() -> None:
    texts = [f"2019-10-27 {h}:00" for h in ("01", "02", "02", "03")]
    assert converted(texts) == (["26 23:00", "27 00:00", "27 01:00", "27 02:00"], [])


def test_the_hour_that_comes_twice_in_quarters() -> None:
    quarters = [f"2019-10-27 02:{m}" for m in ("00", "15", "30", "45")]
    got, problems = converted([*quarters, *quarters])
    assert not problems
    assert got == [f"27 0{h}:{m}" for h in (0, 1) for m in ("00", "15", "30", "45")]


def test_the_hour_that_never_comes_may_be_left_out_or_empty() -> None:
    assert converted(["2019-03-31 01:00", "2019-03-31 03:00"]) == (["31 00:00", "31 01:00"], [])
    texts = ["2019-03-31 01:00", "2019-03-31 02:00", "2019-03-31 03:00"]
    assert converted(texts, empty=[False, True, False]) == (["31 00:00", "", "31 01:00"], [])


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["2019-03-31 01:00", "2019-03-31 02:00"], ("row 3: 2019-03-31 02:00 does not exist",)),
        (["2019-10-27 01:00", "2019-10-27 02:00", "2019-10-27 03:00"], ("row 3", "stands once", "give both")),
        (["2019-10-27 02:00"] * 3, ("row 2", "stands 3 times")),
        (["2019-10-27 02:00", "2019-10-27 02:00", "2019-10-27 02:15", "2019-10-27 02:15"], ("row 2", "sort")),
        (["2019-05-01 01:00", "2019-05-01 01:00"], ("row 3", "stands twice, first in p.csv row 2")),
        (["2019-05-01 02:00", "2019-05-01 01:00"], ("row 3", "goes back in time")),
        (["2019-05-01 02:00", "01.05.2019 03:00"], ("row 3", "01.05.2019 03:00", "time_format")),
        (["2019-05-01 02:00", "2019-05-01 03:00+02:00"], ("row 3", "has UTC offset")),
        (["2019-05-01 02:00+01:00"], ("row 2", "no time of Europe/Berlin", "+0200")),
        (["2019-05-01 02:00", ""], ("row 3", "time ''")),
    ],
)
def test_what_cannot_be_told_is_refused_with_its_row(texts: list[str], said: tuple[str, ...]) -> None:
    _, problems = converted(texts)
    assert len(problems) == 1
    assert all(piece in problems[0] for piece in said), problems[0]


def test_all_problems_at_once() -> None:
    texts = ["2019-03-31 02:00", "2019-10-27 02:00"]
    _, problems = converted(texts)
    assert len(problems) == 2


def test_offsets_and_formats_are_exact() -> None:
    texts = ["2019-10-27T02:00:00+02:00", "2019-10-27T02:00:00+01:00"]
    assert converted(texts) == (["27 00:00", "27 01:00"], [])
    assert converted(["31.03.2019 03:00"], time_format="%d.%m.%Y %H:%M") == (["31 01:00"], [])
    assert converted(["2019-10-27T00:00Z"], zone="UTC") == (["27 00:00"], [])


@pytest.mark.parametrize("name", ["Europe/Bonn", "", "../etc", "CEST+1"])
def test_an_unknown_timezone(name: str) -> None:
    with pytest.raises(InputError, match="is unknown; write a name such as Europe/Berlin"):
        zone_of(name)

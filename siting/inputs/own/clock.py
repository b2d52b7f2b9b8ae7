"""Local clock times to UTC, exactly: the hour that comes twice in autumn, the one that never comes in spring."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from siting.errors import InputError

OFFSET = re.compile(r"\d{1,2}(:\d{2}){1,2}(\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})$")
FIXED = re.compile(r"^(?:UTC)?([+-])(\d{2}):(\d{2})$")

EMPTY = np.iinfo(np.int64).min  # how a time that does not exist is stored
At = Callable[[int], str]  # where the i-th time stands, for messages


def zone_of(name: str) -> tzinfo:
    """A time zone by IANA name, UTC or fixed offset; InputError for any other.

    >>> zone_of("+01:00").utcoffset(None)
    datetime.timedelta(seconds=3600)
    """
    fixed = FIXED.match(name)
    if fixed:
        sign = -1 if fixed[1] == "-" else 1
        return timezone(sign * timedelta(hours=int(fixed[2]), minutes=int(fixed[3])))
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InputError(
            f"timezone '{name}' is unknown; write a name such as Europe/Berlin, UTC, or an offset such as +01:00"
        ) from None


def utc_hours(
    texts: Sequence[str], zone: str, time_format: str | None, at: At, empty: Sequence[bool]
) -> tuple[pd.DatetimeIndex, list[str]]:
    """UTC of clock times in file order, and all that is wrong with them.

    A time that its zone skips in spring becomes NaT if `empty` says that its row holds no value, else it is a problem.
    Times with an offset of their own (`+02:00`, `Z`) are exact; they must be times of the zone.
    """
    wall, offsets, problems = _parsed(texts, time_format, at)
    if problems:
        return wall, problems
    tz = zone_of(zone)
    if offsets:
        return wall, [*_foreign_offsets(texts, wall, tz, zone, at), *_disorder(texts, wall, at)]
    early, late = (
        wall.tz_localize(tz, ambiguous=np.full(len(wall), first), nonexistent="NaT").tz_convert("UTC")
        for first in (True, False)
    )
    skipped = np.asarray(early.isna())
    problems += [
        f"{at(i)}: {texts[i]} does not exist in {zone}, clocks go forward over it; delete the row, or state the "
        "timezone the file is really in (perhaps UTC or +01:00)"
        for i in np.flatnonzero(skipped & ~np.asarray(empty, dtype=bool)).tolist()
    ]
    twice = np.asarray(early != late) & ~skipped
    second = np.zeros(len(wall), dtype=bool)
    for day in wall[twice].normalize().unique():
        spots = np.flatnonzero(twice & np.asarray(wall.normalize() == day))
        problem = _autumn_problem(texts, wall[spots], spots, zone, at)
        if problem:
            problems.append(problem)
        second[spots[len(spots) // 2 :]] = True
    exact = early.where(~second, late)
    return exact, problems or list(_disorder(texts, exact, at))


def _parsed(
    texts: Sequence[str], time_format: str | None, at: At
) -> tuple[pd.DatetimeIndex, bool, list[str]]:
    """Clock times without a zone, or UTC if every text has an offset."""
    offsets = [bool(OFFSET.search(text)) for text in texts]
    if any(offsets) and not all(offsets):
        i = offsets.index(not offsets[0])
        said = "has" if offsets[i] else "has no"
        problem = f"{at(i)}: {texts[i]} {said} UTC offset, unlike the rows before; write all times in one way"
        return pd.DatetimeIndex([]), False, [problem]
    pattern = time_format or "ISO8601"
    read = pd.to_datetime(
        pd.Series(list(texts), dtype=str), format=pattern, errors="coerce", utc=any(offsets)
    )
    bad = np.flatnonzero(read.isna()).tolist()
    wish = f"like {time_format}" if time_format else "like 2019-03-31 01:00, or state time_format"
    problems = [f"{at(i)}: time '{texts[i]}' is not readable; write it {wish}" for i in bad]
    return pd.DatetimeIndex(read), any(offsets), problems


def _autumn_problem(
    texts: Sequence[str], wall: pd.DatetimeIndex, spots: np.ndarray, zone: str, at: At
) -> str:
    """Why the order of the repeated hour's rows does not tell first from second, or nothing."""
    counts = wall.value_counts()
    for i, time in zip(spots, wall, strict=True):
        n = int(counts[time])
        if n != 2:
            found = "stands once" if n == 1 else f"stands {n} times"
            return (
                f"{at(i)}: {texts[i]} comes twice in {zone}, clocks go back over it, but {found} here; give both, in "
                "order, or state the timezone the file is really in (perhaps UTC or +01:00)"
            )
    half = len(wall) // 2
    first, again = wall[:half], wall[half:]
    if not (first == again).all() or not first.is_monotonic_increasing:
        return (
            f"{at(int(spots[0]))}: the rows of the hour from {texts[int(spots[0])]}, which comes twice in {zone}, do not "
            "stand in order (all of the first, then all of the second); sort them or write UTC offsets"
        )
    return ""


def _foreign_offsets(
    texts: Sequence[str], utc: pd.DatetimeIndex, tz: tzinfo, zone: str, at: At
) -> Iterator[str]:
    local = utc.tz_convert(tz)
    for i, text in enumerate(texts):
        there = local[i].strftime("%z")
        written = text.rstrip()[-6:].replace(":", "") if not text.endswith("Z") else "+0000"
        if written[-5:] != there:
            yield f"{at(i)}: {text} is no time of {zone} (offset {there} then); correct the row or the timezone"


def _disorder(texts: Sequence[str], utc: pd.DatetimeIndex, at: At) -> Iterator[str]:
    """Rows that repeat a time or go back in it."""
    seen: dict[int, int] = {}
    before = EMPTY
    for i, stamp in enumerate(utc.asi8.tolist()):
        if stamp == EMPTY:
            continue
        if stamp in seen:
            yield f"{at(i)}: {texts[i]} stands twice, first in {at(seen[stamp])}; keep one"
        elif stamp < before:
            yield f"{at(i)}: {texts[i]} goes back in time; sort the rows"
        seen.setdefault(stamp, i)
        before = stamp

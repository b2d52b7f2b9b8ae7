"""Fetch one kind of series for some zones and a year, refuse gaps, and describe where it all came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import requests

from siting.errors import InputError
from siting.inputs.fetch import open_meteo, pvgis
from siting.inputs.fetch.ask import Ask, check
from siting.inputs.fetch.hours import Run, whole_year
from siting.inputs.fetch.session import Tell
from siting.inputs.fetch.sources import OF, meaning
from siting.units import are

SHOWN = 5  # gaps named in a message
DECIMALS = 4


@dataclass(frozen=True)
class Fetched:
    """`hours`: column `utc` and one float column per `series:zone`, 8,760 rows; `about`: the descriptor, plain JSON."""

    hours: pd.DataFrame
    about: dict[str, Any]


@dataclass(frozen=True)
class _Answer:
    """What a source told of one zone: values by series name, and the request in words and parameters."""

    zone: str
    series: dict[str, pd.Series]
    request: dict[str, Any]
    notes: list[str]


def fetch(ask: Ask, session: requests.Session, key: str, tell: Tell, where: str = "") -> Fetched:
    """Ask the source for every zone; `key` is that of ENTSO-E or of Open-Meteo's paying customers and is written nowhere.

    InputError for a bad question, a refused key, no connection, no data, a wrong unit, and for gaps longer than
    `ask.fill_hours` (all of them at once, with their hours). Nothing is written.
    """
    now = datetime.now(UTC)
    check(ask, now)
    answers = _answers(ask, session, key, tell, where)
    columns: dict[str, pd.Series] = {}
    described, problems = [], []
    for answer in answers:
        for name, values in answer.series.items():
            column = f"{name}:{answer.zone}"
            kept, filled, left = whole_year(values, ask.year, ask.fill_hours)
            columns[column] = kept.round(DECIMALS)
            described.append({"name": column, **meaning(name), **_filled(filled)})
            if left:
                problems.append(_gap_text(column, left, ask.fill_hours))
    if problems:
        raise InputError(problems)
    hours = pd.DataFrame(columns).rename_axis("utc").reset_index()
    return Fetched(hours, _about(ask, answers, described, now))


def _answers(ask: Ask, session: requests.Session, key: str, tell: Tell, where: str) -> list[_Answer]:
    if ask.source == "entsoe":
        from siting.inputs.fetch.transparency import Transparency

        platform, found = Transparency(session, key, tell), []
        for zone in ask.zones:
            series, areas = platform.year(ask, zone)
            request = {
                "zone": zone,
                "what": ask.what,
                "areas": areas,
                "year_utc": ask.year,
                "types": list(ask.types),
            }
            found.append(_Answer(zone, series, request, []))
        return found
    answers = []
    for number, zone in enumerate(ask.zones, start=1):
        tell(f"{OF[ask.source].title}: weather of {zone} {ask.year}, {number} of {len(ask.zones)}")
        lat, lon = ask.points[zone]
        if ask.source == "pvgis":
            series, asked, notes = pvgis.year(session, lat, lon, ask.year)
        else:
            series, asked, notes = open_meteo.year(session, lat, lon, ask.year, key)
        answers.append(_Answer(zone, series, {"zone": zone, "place": where, **asked}, notes))
    return answers


def _filled(runs: list[Run]) -> dict[str, Any]:
    spans = [{"first_utc": f"{r.first:%Y-%m-%dT%H:%MZ}", "hours": r.hours} for r in runs]
    return {"filled_hours": sum(r.hours for r in runs), "filled": spans}


def _gap_text(column: str, left: list[Run], fill_hours: int) -> str:
    """One problem: how much is missing, where, and what can be done."""
    shown = "; ".join(map(str, left[:SHOWN])) + (
        f"; and {len(left) - SHOWN} more" if len(left) > SHOWN else ""
    )
    longest = max(run.hours for run in left)
    remedy = (
        "interpolation over so long a gap would be a guess"
        if longest > 24
        else "allow it if you accept a straight line"
    )
    limit = f" (--fill-hours is {fill_hours})" if fill_hours else ""
    return (
        f"{column}: {are(sum(r.hours for r in left), 'hour')} missing{limit}: {shown}. --fill-hours {longest} would "
        f"interpolate between their neighbours; {remedy}; or take another year or source"
    )


def _about(
    ask: Ask, answers: list[_Answer], described: list[dict[str, Any]], now: datetime
) -> dict[str, Any]:
    notes = ["hours are UTC, named by their start; 29 February is left out, a year has 8,760 hours"]
    for answer in answers:
        notes += [f"{answer.zone}: {note}" for note in answer.notes]
    if ask.what == "generation":
        notes.append("net generation by type; what plants consume, such as pumping, is left out")
    if any(series["filled_hours"] for series in described):
        notes.append(
            f"gaps of at most {ask.fill_hours} hours were filled on a straight line between their neighbours"
        )
    return {
        "title": f"{ask.what} of {', '.join(ask.zones)} in {ask.year}",
        "source": OF[ask.source].record(),
        "retrieved_utc": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "requests": [answer.request for answer in answers],
        "series": described,
        "notes": notes,
    }

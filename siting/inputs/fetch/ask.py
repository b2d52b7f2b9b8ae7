"""What is asked for: checked before anything goes over the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from siting.errors import InputError
from siting.inputs.places import nearest

SOURCES = {
    "prices": ("entsoe",),
    "generation": ("entsoe",),
    "load": ("entsoe",),
    "weather": ("pvgis", "open-meteo"),  # the first is the default: free for every use
}

EARLIEST = 1940  # the ERA5 reanalysis, the longest of them, begins here


@dataclass(frozen=True)
class Ask:
    """One fetch: a kind of series for some zones and one UTC year.

    `points` gives (latitude, longitude) by zone and is for weather; `area` (an area of ENTSO-E, for a zone of any name)
    and `types` (of production; empty: all) are for ENTSO-E. Gaps up to `fill_hours` are interpolated.
    """

    what: str
    source: str
    zones: tuple[str, ...]
    year: int
    points: dict[str, tuple[float, float]] = field(default_factory=dict)
    area: str = ""
    types: tuple[str, ...] = ()
    fill_hours: int = 0


def source_of(what: str, source: str | None) -> str:
    """The source to use, the default one for None; InputError if it does not have `what`."""
    if source is None:
        return SOURCES[what][0]
    if source in SOURCES[what]:
        return source
    every = sorted({name for names in SOURCES.values() for name in names})
    if source not in every:
        raise InputError(f"--source {source}: is none; {nearest(source, every)}")
    raise InputError(f"--source {source}: has no {what}; use {' or '.join(SOURCES[what])}")


def check(ask: Ask, now: datetime | None = None) -> None:
    """InputError naming every problem: years not over, zones named twice, options of another kind."""
    problems = [*_time_and_zones(ask, (now or datetime.now(UTC)).year), *_options(ask)]
    for zone, (lat, lon) in ask.points.items():
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            problems.append(
                f"{zone}: latitude {lat:g}, longitude {lon:g} is no place on earth; write LAT,LON in degrees"
            )
    if problems:
        raise InputError(problems)


def _time_and_zones(ask: Ask, this_year: int) -> list[str]:
    problems = [
        f"--zone '{zone}': is no zone; letters, digits, - and _"
        for zone in ask.zones
        if not zone.replace("-", "").replace("_", "").isalnum()
    ]
    if ask.year >= this_year:
        problems.append(
            f"--year {ask.year}: is not over yet; a series needs a whole year, up to {this_year - 1}"
        )
    if ask.year < EARLIEST:
        problems.append(f"--year {ask.year}: no source goes back so far; {EARLIEST} or later")
    if len(set(ask.zones)) < len(ask.zones):
        problems.append(f"--zone {', '.join(ask.zones)}: one stands twice; name each once")
    return problems


def _options(ask: Ask) -> list[str]:
    problems = []
    if ask.area and len(ask.zones) > 1:
        problems.append("--area: goes with one --zone; fetch the others on their own")
    if ask.area and ask.source != "entsoe":
        problems.append("--area: is for ENTSO-E; weather takes --site or --at")
    if ask.types and ask.what != "generation":
        problems.append("--type: is for generation; leave it out")
    return problems

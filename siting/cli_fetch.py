"""`siting data fetch`: live series from the internet into a file for your own world. Nothing else here goes online."""

from __future__ import annotations

import os
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siting.cli_model import AsJson, Quiet
from siting.cli_output import tell
from siting.errors import InputError
from siting.units import counted

if TYPE_CHECKING:
    from siting.inputs.fetch.ask import Ask

KEYS = {"entsoe": "ENTSOE_API_KEY", "open-meteo": "OPEN_METEO_API_KEY"}


class What(StrEnum):
    """What can be fetched."""

    PRICES = "prices"
    GENERATION = "generation"
    LOAD = "load"
    WEATHER = "weather"


def fetch(
    what: Annotated[What, typer.Argument(metavar="WHAT", help="prices, generation, load or weather.")],
    year: Annotated[int, typer.Option(help="UTC year, over by now.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="FILE", help=".parquet or .csv; beside it .source.json.")
    ],
    zone: Annotated[list[str] | None, typer.Option(help="Zone of the world, again for more.")] = None,
    source: Annotated[
        str | None,
        typer.Option(help="entsoe; for weather pvgis (default) or open-meteo.", show_default=False),
    ] = None,
    fill_hours: Annotated[int, typer.Option(min=0, help="Interpolate gaps of up to so many hours.")] = 0,
    only: Annotated[
        list[str] | None,
        typer.Option("--type", help="Generation: only this type, such as solar; again for more."),
    ] = None,
    area: Annotated[
        str, typer.Option(help="ENTSO-E: area in place of the zone's own (DE_LU, or an EIC code).")
    ] = "",
    site: Annotated[str | None, typer.Option(help="Weather: at this site of the world.")] = None,
    at: Annotated[str | None, typer.Option(metavar="LAT,LON", help="Weather: at this place.")] = None,
    world: Annotated[str, typer.Option(help="World of zones and sites: name or folder.")] = "eu27",
    timeout_s: Annotated[float, typer.Option(min=1.0, help="Longest wait for an answer.")] = 60.0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the files if they exist.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fetch hourly series of a year from ENTSO-E, PVGIS or Open-Meteo (needs the internet and the extra fetch)."""
    try:
        from siting.inputs.fetch import files
        from siting.inputs.fetch.fetch import fetch as fetched
        from siting.inputs.fetch.session import PoliteSession

        if what is not What.WEATHER:
            import entsoe  # noqa: F401 - asked for before the first request
    except ModuleNotFoundError as error:
        raise InputError(f"fetching data needs {error.name}: pip install 'siting[fetch]'") from None
    from siting.inputs.fetch.sources import OF
    from siting.output.reporter import ProgressReporter
    from siting.solver.progress import Step

    files.check_out(out, overwrite)
    ask, where = _ask(
        what, source, tuple(zone or ()), year, fill_hours, tuple(only or ()), area, (world, site, at)
    )
    key = os.environ.get(KEYS.get(ask.source, ""), "").strip()
    began = time.monotonic()
    with ProgressReporter(quiet) as report:

        def say(text: str) -> None:
            report(Step(text, time.monotonic() - began))

        found = fetched(ask, PoliteSession(say, timeout_s), key, say, where)
    table, about = files.write(found, out, overwrite)
    filled = sum(series["filled_hours"] for series in found.about["series"])
    tell(
        {"written": [str(table), str(about)], "about": found.about},
        as_json,
        f"{table}: {counted(len(found.hours), 'hour')} of {len(found.about['series'])} series, {counted(filled, 'hour')} filled",
        f"{about}: source, licence, requests",
        f"{OF[ask.source].licence}\n{OF[ask.source].terms}",
    )


def _ask(
    what: What,
    source: str | None,
    zones: tuple[str, ...],
    year: int,
    fill_hours: int,
    types: tuple[str, ...],
    area: str,
    place: tuple[str, str | None, str | None],
) -> tuple[Ask, str]:
    """The question with its places, and in words where they are; checked before anything is asked for."""
    from siting.inputs.fetch.ask import Ask, check, source_of

    chosen = source_of(what.value, source)
    world, site, at = place
    points: dict[str, tuple[float, float]] = {}
    where = ""
    if what is What.WEATHER:
        from siting.inputs.fetch.places import points as points_of

        zones, points, where = points_of(world, zones, site, at)
    elif site or at:
        raise InputError(f"--site, --at: are for weather; {what.value} are those of a --zone")
    elif not zones:
        raise InputError(f"{what.value} of what? give --zone, once or more")
    ask = Ask(what.value, chosen, zones, year, points, area, types, fill_hours)
    check(ask)
    return ask, where

"""Day-ahead prices, generation by type and load from the ENTSO-E Transparency Platform, through entsoe-py."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import pandas as pd
import requests
from entsoe.entsoe import QUARTER_MTU_SDAC_GOLIVE, EntsoeRawClient
from entsoe.exceptions import InvalidBusinessParameterError, NoMatchingDataError, PaginationError
from entsoe.mappings import PSRTYPE_MAPPINGS
from entsoe.parsers import parse_generation, parse_loads, parse_prices

from siting.errors import InputError
from siting.inputs.fetch.areas import spans
from siting.inputs.fetch.ask import Ask
from siting.inputs.fetch.hours import hour_means, once
from siting.inputs.fetch.session import Tell, reason_of
from siting.inputs.places import nearest

PAGE = 100  # time series in one answer about prices, the platform's limit
RESOLUTIONS = (15, 30, 60)  # minutes
UNITS = {
    "prices": {"currency_Unit.name": "EUR", "price_Measure_Unit.name": "MWH"},
    "generation": {"quantity_Measure_Unit.name": "MAW"},
    "load": {"quantity_Measure_Unit.name": "MAW"},
}
SERIES = re.compile(r"<TimeSeries>.*?</TimeSeries>", re.DOTALL)
PERIOD = re.compile(r"<Period>.*?</Period>", re.DOTALL)
SEQUENCE = "classificationSequence_AttributeInstanceComponent.position"
PAD = pd.Timedelta("1D")  # a market day starts before the UTC day
NO_KEY = (
    "ENTSOE_API_KEY is not set: ENTSO-E gives a key free of charge (register at transparency.entsoe.eu, ask "
    "transparency@entsoe.eu for 'Restful API access', generate a token in the account settings); set it in the environment"
)


class Transparency:
    """The platform for one key; every answer is checked for its unit before it is read."""

    def __init__(self, session: requests.Session, key: str, tell: Tell) -> None:
        if not key:
            raise InputError(NO_KEY)
        # one attempt: the session asks again by itself
        self._client = EntsoeRawClient(api_key=key, session=session, retry_count=1)
        self._key, self._tell = key, tell

    def year(self, ask: Ask, zone: str) -> tuple[dict[str, pd.Series], list[str]]:
        """(hourly means on UTC hours by series name, the areas asked for); hours without a value are left out.

        Prices in EUR/MWh, generation and load in MW. InputError for a refused key, no data, a wrong unit.
        """
        blocks: list[str] = []
        months = spans(ask.what, zone, ask.year, ask.area)
        for number, (area, start, end) in enumerate(months, start=1):
            self._tell(f"ENTSO-E: {ask.what} of {zone} {ask.year}, part {number} of {len(months)}")
            blocks += self._blocks(ask.what, area, start, end)
        areas = list(dict.fromkeys(area for area, _, _ in months))
        if not blocks:
            raise InputError(
                f"zone {zone}: ENTSO-E has no {ask.what} of {', '.join(areas)} in {ask.year}; try another year or --area"
            )
        series = {}
        for name, own in _wanted(ask, zone, blocks).items():
            self._tell(f"reading {name} of {zone}")
            series[name] = _one(ask.what, f"{name}:{zone}", own)
        return series, areas

    def _blocks(self, what: str, area: str, start: pd.Timestamp, end: pd.Timestamp) -> list[str]:
        """The <TimeSeries> of one request, of the coupled day-ahead auction only."""
        if what == "generation":
            return self._answer(what, self._client.query_generation, area, start=start, end=end)
        if what == "load":
            return self._answer(what, self._client.query_load, area, start=start, end=end)
        found: list[str] = []
        for offset in range(0, 50 * PAGE, PAGE):
            page = self._answer(
                what,
                self._client.query_day_ahead_prices,
                area,
                start=start - PAD,
                end=end + PAD,
                offset=offset,
                sequence=1
                if area in ("DE_LU", "AT")
                else None,  # where entsoe-py asks for it: others have no second
            )
            found += page
            if len(page) < PAGE:
                break
        return [block for block in found if _tag(block, SEQUENCE) in ("", "1")]

    def _answer(self, what: str, query: Callable[..., str], area: str, **asked: Any) -> list[str]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # entsoe-py reads XML with an HTML parser
                text = query(area, **asked)
        except NoMatchingDataError:
            return []
        except InvalidBusinessParameterError:
            raise InputError(
                f"ENTSO-E does not publish {what} for the area {area}; name another with --area"
            ) from None
        except PaginationError:
            raise InputError(
                f"ENTSO-E: {what} of {area} is more than one request may hold; report it"
            ) from None
        except requests.HTTPError as error:  # its text holds the key
            raise self._refused(error) from None
        return _split(what, area, text)

    def _refused(self, error: requests.HTTPError) -> InputError:
        answer = error.response
        said = reason_of(answer, self._key)
        said = f", {said}" if said else ""
        if answer.status_code in (401, 403):
            return InputError(
                f"ENTSO-E refuses the key (HTTP {answer.status_code}{said}); check ENTSOE_API_KEY, a new key works "
                "once access to the API was granted by mail"
            )
        return InputError(f"ENTSO-E refuses the request (HTTP {answer.status_code}{said})")


def _split(what: str, area: str, text: str) -> list[str]:
    """The <TimeSeries> of an answer; InputError unless it is a whole market document in the unit expected."""
    blocks = SERIES.findall(text)
    if not blocks and "No matching data found" in text:
        return []
    if not blocks or len(blocks) != text.count("<TimeSeries>") or "MarketDocument>" not in text[-80:]:
        raise InputError(
            f"ENTSO-E: the answer about {what} of {area} is no whole market document; try again later"
        )
    for tag, wanted in UNITS[what].items():
        others = {_tag(block, tag) for block in blocks} - {wanted}
        if others:
            raise InputError(
                f"ENTSO-E: {what} of {area} are in '{others.pop()}' ({tag}), not {wanted}; nothing is converted here, "
                "convert them yourself and give the file to your world"
            )
    return blocks


def _wanted(ask: Ask, zone: str, blocks: list[str]) -> dict[str, list[str]]:
    """Blocks by series name, of the types asked for."""
    if ask.what != "generation":
        return {{"prices": "price_eur_mwh", "load": "load_mw"}[ask.what]: blocks}
    by_type: dict[str, list[str]] = {}
    for block in blocks:
        if "outBiddingZone_Domain" not in block:  # what plants consume themselves is not generation
            by_type.setdefault(slug(_tag(block, "psrType")), []).append(block)
    unknown = [name for name in ask.types if name not in by_type]
    if unknown:
        raise InputError(
            f"--type {unknown[0]}: not in the generation of {zone} in {ask.year}; {nearest(unknown[0], sorted(by_type))}"
        )
    return {f"generation_{name}_mw": by_type[name] for name in ask.types or sorted(by_type)}


def slug(psr_type: str) -> str:
    """A production type as part of a column name.

    >>> slug("B02")
    'fossil_brown_coal_lignite'
    """
    return re.sub(r"\W+", "_", PSRTYPE_MAPPINGS.get(psr_type, psr_type or "unknown").lower())


def _one(what: str, name: str, blocks: list[str]) -> pd.Series:
    """One series. Where two resolutions tell an hour, prices take the market's: hours, and quarters since they are traded."""
    means = {}
    for minutes in RESOLUTIONS:
        points = [_points(what, name, part, minutes) for block in blocks if (part := _only(block, minutes))]
        if points:
            means[minutes] = hour_means(once(pd.concat(points), name), minutes)
    fine_first: pd.Series = _first_of([means[m] for m in RESOLUTIONS if m in means])
    if what != "prices":
        return fine_first
    hour_first = _first_of([means[m] for m in reversed(RESOLUTIONS) if m in means])
    before: pd.Series = hour_first[pd.DatetimeIndex(hour_first.index) < QUARTER_MTU_SDAC_GOLIVE]
    since: pd.Series = fine_first[pd.DatetimeIndex(fine_first.index) >= QUARTER_MTU_SDAC_GOLIVE]
    both: pd.Series = pd.concat([before, since])
    return both


def _first_of(several: list[pd.Series]) -> pd.Series:
    """Every hour as the first that knows it tells it."""
    joined: pd.Series = pd.concat(several)
    return joined[~joined.index.duplicated()]


def _only(block: str, minutes: int) -> str:
    """A <TimeSeries> with its periods of one resolution; empty without any. InputError for steps that are no part of an hour."""
    kept = 0

    def keep(period: re.Match[str]) -> str:
        nonlocal kept
        resolution = _tag(period.group(), "resolution")
        if resolution not in {f"PT{m}M" for m in RESOLUTIONS}:
            raise InputError(
                f"ENTSO-E: values in steps of '{resolution}' are not hourly; try another year or source"
            )
        wanted = resolution == f"PT{minutes}M"
        kept += wanted
        return period.group() if wanted else ""

    text = PERIOD.sub(keep, block)
    return text if kept else ""


def _points(what: str, name: str, block: str, minutes: int) -> pd.Series:
    try:
        if what == "prices":
            points = parse_prices(block)[f"{minutes}min"]
        elif what == "load":
            points = parse_loads(block, process_type="A16")["Actual Load"]
        else:
            points = parse_generation(block)
            points = points.iloc[:, 0] if isinstance(points, pd.DataFrame) else points
        return pd.Series(points.to_numpy(dtype=float), index=pd.DatetimeIndex(points.index).tz_convert("UTC"))
    except Exception as error:  # entsoe-py raises what its parser meets; all mean the same here
        raise InputError(
            f"ENTSO-E: an answer about {name} cannot be read ({type(error).__name__}: {error})"
        ) from None


def _tag(text: str, name: str) -> str:
    found = re.search(rf"<{re.escape(name)}>(.*?)</{re.escape(name)}>", text, re.DOTALL)
    return found.group(1).strip() if found else ""

"""Which area of ENTSO-E stands for a zone of a world, and when. Codes come from entsoe-py."""

from __future__ import annotations

import re
from itertools import pairwise

import pandas as pd
from entsoe.mappings import lookup_area

from siting.errors import InputError

# zones whose name in a world is not the area's name in entsoe-py, for prices and for metered data
ITALY = {
    "IT-NO": "IT_NORD",
    "IT-CNO": "IT_CNOR",
    "IT-CSO": "IT_CSUD",
    "IT-SO": "IT_SUD",
    "IT-SIC": "IT_SICI",
    "IT-SAR": "IT_SARD",
}
PRICE_AREA = {"DE": "DE_LU", "LU": "DE_LU", "IE": "IE_SEM", **ITALY}
# Germany, Austria and Luxembourg were one bidding zone until the end of 30 September 2018, local time
SPLIT = pd.Timestamp("2018-10-01", tz="Europe/Berlin").tz_convert("UTC")
BEFORE_SPLIT = {"DE": "DE_AT_LU", "LU": "DE_AT_LU", "AT": "DE_AT_LU"}

Span = tuple[str, pd.Timestamp, pd.Timestamp]


def spans(what: str, zone: str, year: int, area: str = "") -> list[Span]:
    """(area, start, end) month by month over the UTC year: ENTSO-E limits what one request may ask for.

    `area` overrules the zone's own. InputError for a zone that ENTSO-E has no area for.
    """
    edges = list(pd.date_range(f"{year}-01-01", periods=13, freq="MS", tz="UTC"))
    splits = what == "prices" and not area and zone in BEFORE_SPLIT
    if splits and edges[0] < SPLIT < edges[-1]:
        edges = sorted([*edges, SPLIT])
    name = (
        area
        or (PRICE_AREA if what == "prices" else ITALY).get(zone)
        or re.sub(r"(?<=[A-Z])(?=\d)", "_", zone)
    )
    _check(name, zone)
    return [
        (BEFORE_SPLIT[zone] if splits and end <= SPLIT else name, start, end)
        for start, end in pairwise(edges)
    ]


def _check(name: str, zone: str) -> None:
    try:
        lookup_area(name)
    except ValueError:
        raise InputError(
            f"zone {zone}: ENTSO-E has no area '{name}'; name one with --area, by its name in entsoe-py "
            "(DE_LU, SE_3, IT_NORD) or its EIC code"
        ) from None

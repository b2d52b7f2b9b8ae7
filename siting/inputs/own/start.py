"""A minimal world to begin with: two zones and a few sites taken from a bundled world, every number with its source."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from siting.errors import InputError
from siting.inputs.csv_text import read_csv_text
from siting.inputs.own.spec import WORLD_FILE
from siting.inputs.places import nearest
from siting.inputs.series import available_years

SITES_PER_KIND = 2  # of each zone: enough to choose among, few enough to read

MODEL = """\
# The question put to this world. It states only what differs from the bundled model;
# every key: `siting check model.yaml` prints those in force, models/README.md of siting tells what each means.
based_on: eu-gigafactories
title: A first plan in a world of your own
purpose: Shows that the world holds together and can be solved; change anything.
world: .                     # this folder

target: {it_mw: 60}          # IT power to be reached
budget: {capex_eur: null}    # no limit
sites:
  min: 1
  max: 2
  max_per_country: 1
  min_countries: 1
  size_it_mw: [24, 60]       # smallest and largest site
  module_it_mw: 12
time:
  weather_years: [YEAR]
  representative: {periods: 4, hours: 24, keep: [peak_price]}
"""

WORLD = """\
# Your own files in place of this world's. Nothing below is active until you remove the # in front of it.
# Paths are seen from this folder. Check with `siting data check FOLDER`.
#
# replace:
#   sites: my_sites.shp          # points or polygons: CSV, Parquet, GeoPackage, GeoJSON or shapefile, any reference system
#   technologies: my_costs.csv   # any other table, with the columns of the one it replaces
#   zones:
#     file: my_zones.gpkg
#     layer: bidding_zones       # if it holds several
#     fields: {zone: code}       # name here: name in the file
#   series:
#     price_eur_mwh:
#       file: my_prices.csv
#       zone: ZONE
#       year: YEAR
#       column: price
#       unit: EUR/MWh
#       kind: measured           # or modelled, proxy, scenario
#       time_column: time
#       timezone: Europe/Berlin  # local times become UTC exactly
#       # resample: mean         # quarter or half hours become hours
#       # edges: wrap            # a local year lacks hours of the UTC year: take them from its other end
#       # decimal: ","  delimiter: ";"  time_format: "%d.%m.%Y %H:%M"  stamp: end
"""


def start_world(folder: Path, base: Path, zones: Sequence[str], year: int) -> list[str]:
    """Write a world of some zones of another, with comments, a `world.yaml` to fill in and a planning model.

    Returns the names of the files. Raises InputError for a folder that holds something, an unknown zone or year.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: exists and is not empty; name a new folder")
    table = read_csv_text(base / "zones.csv", ("zone", "country"))
    known = dict(zip(table["zone"], table["country"], strict=True))
    problems = [
        f"zone '{z}' is not in {base.name}; {nearest(z, list(known))}" for z in zones if z not in known
    ]
    years = available_years(base)
    if year not in years:
        problems.append(f"{base.name} has no weather year {year}; years: {', '.join(map(str, years))}")
    if problems:
        raise InputError(problems)
    keep = _Keep(known, set(zones))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".siting-") as made:
        new = Path(made) / "world"
        (new / "series").mkdir(parents=True)
        _tables(base, new, keep, year)
        _shapes(base, new, set(zones))
        _hours(base, new, keep, year)
        first = zones[0]
        (new / WORLD_FILE).write_text(
            WORLD.replace("ZONE", first).replace("YEAR", str(year)), encoding="utf-8"
        )
        (new / "model.yaml").write_text(MODEL.replace("YEAR", str(year)), encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        new.rename(folder)
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


class _Keep:
    """Which rows belong to some zones: by every column that names a zone, a country or a site."""

    def __init__(self, country_of: dict[str, str], zones: set[str]) -> None:
        self.zones = zones
        self.other_countries = set(country_of.values()) - {country_of[z] for z in zones}
        self.other_sites: set[str] = set()

    def rows(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A zone of no row (or of none) stays out; of countries and sites only those that are left out go."""
        for column in frame.columns:
            if column in {"zone", "zone_a", "zone_b"}:
                frame = frame[frame[column].isin({*self.zones, ""})]
            elif column == "country":
                frame = frame[~frame[column].isin(self.other_countries)]
            elif column == "site":
                frame = frame[~frame[column].isin(self.other_sites)]
        return frame


def _tables(base: Path, new: Path, keep: _Keep, year: int) -> None:
    """Every table of the base with the rows of the zones, under a comment that says what it holds."""
    package = json.loads((base / "datapackage.json").read_text(encoding="utf-8"))
    about = {entry["path"]: entry for entry in package["resources"]}
    every = read_csv_text(base / "sites.csv", ("site", "zone", "kind"))
    few = keep.rows(every).groupby(["zone", "kind"], sort=False).head(SITES_PER_KIND)
    keep.other_sites = set(every["site"]) - set(few["site"])
    tables = [path for path in sorted(base.glob("*.csv")) if path.name != "sources.csv"]
    frames = {path.name: keep.rows(read_csv_text(path)) for path in tables}
    coverage = keep.rows(read_csv_text(base / "series" / "coverage.csv"))
    if "weather_year" in coverage.columns:
        coverage = coverage[coverage["weather_year"] == str(year)]
    frames["series/coverage.csv"] = coverage
    series = f"series/{year}.parquet"
    kept = [entry for path, entry in about.items() if path in frames or path in {series, "zones.geojson"}]
    cited = _words(kept) | {s for frame in frames.values() if "source" in frame for s in frame["source"]}
    known = read_csv_text(base / "sources.csv", ("source",))
    frames["sources.csv"] = known[known["source"].isin(cited)]
    for name, frame in frames.items():
        text = _comments(about.get(name, {})) + frame.to_csv(index=False, lineterminator="\n")
        (new / name).write_text(text, encoding="utf-8", newline="")
    _package(new, package, kept, keep.zones)


def _words(entries: Any) -> set[str]:
    """Every text in a descriptor: the sources it cites are among them."""
    if isinstance(entries, dict | list):
        inside = entries.values() if isinstance(entries, dict) else entries
        return set().union(*map(_words, inside))
    return {part.strip() for part in entries.split(",")} if isinstance(entries, str) else set()


def _comments(entry: dict[str, Any]) -> str:
    """The title of a table and its columns with unit and meaning, as comment lines."""
    fields = entry.get("schema", {}).get("fields", [])
    lines = [entry["title"]] if entry.get("title") else []
    lines += [
        f"  {f['name']}" + (f" [{f['unit']}]" if f.get("unit") else "") + f": {f.get('description', '')}"
        for f in fields
    ]
    return "".join(f"# {line}\n" for line in lines)


def _package(new: Path, package: dict[str, Any], resources: list[Any], zones: set[str]) -> None:
    said = {
        **package,
        "name": "own-world",
        "title": f"World of your own, begun with {', '.join(sorted(zones))} of {package.get('name', 'a bundled world')}",
        "resources": resources,
    }
    (new / "datapackage.json").write_text(
        json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def _shapes(base: Path, new: Path, zones: set[str]) -> None:
    collection = json.loads((base / "zones.geojson").read_text(encoding="utf-8"))
    collection["features"] = [f for f in collection["features"] if f["properties"]["zone"] in zones]
    (new / "zones.geojson").write_text(json.dumps(collection, ensure_ascii=False) + "\n", encoding="utf-8")


def _hours(base: Path, new: Path, keep: _Keep, year: int) -> None:
    frame = pd.read_parquet(base / "series" / f"{year}.parquet")
    wanted = [c for c in frame.columns if c == "utc" or str(c).partition(":")[2] in keep.zones]
    frame[wanted].to_parquet(new / "series" / f"{year}.parquet", compression="zstd")

"""The descriptor of a world brought up to date: `python -m siting.inputs.descriptor_update FOLDER`.

What people wrote (titles, descriptions, units of fields) is kept; files, fields, references, sources and licences follow
from the files themselves. A field is described once: a new table takes over the words of a field of the same name.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow.parquet as pq

from siting.errors import InputError
from siting.inputs.csv_text import read_csv_text
from siting.inputs.descriptor import FILE, read_package
from siting.inputs.licences import SHARE_ALIKE, is_share_alike, split_sources

Entry = dict[str, Any]

FORMATS = {
    ".csv": ("csv", "text/csv"),
    ".geojson": ("geojson", "application/geo+json"),
    ".parquet": ("parquet", "application/vnd.apache.parquet"),
}
# may name what lies outside the world: the Union (inputs/rules.py checks it), donors, states that stand for their zones
BEYOND = ("rules.csv", "series/donor_points.csv", "series/recipes.csv")
REFERENCES = {  # a column of this name is a key of that table
    "zone": "zones.csv",
    "zone_a": "zones.csv",
    "zone_b": "zones.csv",
    "country": "countries.csv",
    "site": "sites.csv",
    "option": "options.csv",
}
SERIES = {  # what a column of the hourly files holds, and its unit
    "solar_cf": ("solar output per kW installed", "share"),
    "onwind_cf": ("onshore wind output per kW installed", "share"),
    "offwind_cf": ("offshore wind output per kW installed", "share"),
    "price_eur_mwh": ("day-ahead price", "EUR/MWh"),
    "carbon_g_kwh": ("life-cycle intensity of electricity consumed", "gCO2e/kWh"),
    "cfe_share": ("carbon-free share of electricity consumed", "share"),
    "temperature_c": ("dry-bulb temperature", "degC"),
}
ATTRIBUTION = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}


def update_descriptor(world: Path) -> None:
    """Writes datapackage.json anew. Raises InputError that names every field nobody has described."""
    package = read_package(world)
    told = {entry["path"]: entry for entry in package["resources"]}
    words = {
        f["name"]: f for entry in package["resources"] for f in entry.get("schema", {}).get("fields", [])
    }
    held = {p.relative_to(world).as_posix(): p for p in sorted(world.rglob("*")) if p.suffix in FORMATS}
    order = [path for path in told if path in held] + [path for path in held if path not in told]
    problems: list[str] = []
    entries = [_entry(held[path], path, told.get(path, {}), words, problems) for path in order]
    if problems:
        raise InputError(problems)
    names = {entry["path"]: entry["name"] for entry in entries}
    licences = _licences_of_sources(world)
    for entry in entries:
        _add_references(entry, names)
        _add_rights(entry, held[entry["path"]], world, licences)
    package["resources"] = entries
    (world / FILE).write_text(_text(package), encoding="utf-8", newline="\n")


def _entry(file: Path, path: str, told: Entry, words: dict[str, Entry], problems: list[str]) -> Entry:
    kind, mediatype = FORMATS[file.suffix]
    own = {field["name"]: field for field in told.get("schema", {}).get("fields", [])}
    fields = []
    for name in _columns(file):
        field = own.get(name) or _series_field(name) or words.get(name)
        if field is None:
            problems.append(f"{FILE}: field '{name}' of {path} has no description; write one")
            continue
        fields.append(field)
    title = told.get("title") or (
        f"Hourly series of the weather year {file.stem}, one column a series and zone"
        if kind == "parquet"
        else ""
    )
    if not title:
        problems.append(f"{FILE}: {path} has no title; write one")
    schema = {"fields": fields, "primaryKey": told.get("schema", {}).get("primaryKey", _columns(file)[:1])}
    encoding = {} if kind == "parquet" else {"encoding": "utf-8"}
    name = path.rsplit(".", 1)[0] if kind != "geojson" else path.replace(".", "-")
    return {
        "name": told.get("name") or name.replace("/", "-").replace("_", "-"),
        "path": path,
        "title": title,
        "format": kind,
        "mediatype": mediatype,
        **encoding,
        "sources": told.get("sources", []),
        "schema": schema,
    }


def _columns(file: Path) -> list[str]:
    if file.suffix == ".csv":
        return list(read_csv_text(file).columns)
    if file.suffix == ".parquet":
        return list(pq.read_schema(file).names)
    return [*gpd.read_file(file, rows=1).columns.drop("geometry"), "geometry"]


def _series_field(column: str) -> Entry | None:
    series, _, zone = column.partition(":")
    if not zone or series not in SERIES:
        return None
    what, unit = SERIES[series]
    said = f"{what}, zone {zone}"
    return {
        "name": column,
        "type": "number",
        "unit": unit,
        "description": said,
        "source": "series/coverage.csv",
        "aggregation": "mean",
    }


def _add_references(entry: Entry, names: dict[str, str]) -> None:
    links = [
        {"fields": [f["name"]], "reference": {"resource": names[table], "fields": [_key(table)]}}
        for f in entry["schema"]["fields"]
        if (table := REFERENCES.get(f["name"])) in names and entry["path"] not in (table, *BEYOND)
    ]
    entry["schema"].pop("foreignKeys", None)
    if links:
        entry["schema"]["foreignKeys"] = links


def _key(table: str) -> str:
    return {"countries.csv": "country"}.get(table, table.removesuffix("s.csv"))


def _add_rights(entry: Entry, file: Path, world: Path, licences: dict[str, str]) -> None:
    """Sources behind the whole file, and the licence that follows from them: share-alike as soon as one is."""
    stated = {source["title"] for source in entry.pop("sources")}
    if file.suffix == ".parquet":
        stated = _sources_of_hours(world, file.stem)
    cited = set(stated)
    if file.suffix == ".csv" and file.name != "sources.csv":
        frame = read_csv_text(file)
        cited |= {key for text in frame.get("source", ()) for key in split_sources(text)}
    shared = [key for key in sorted(cited) if is_share_alike(licences.get(key, ""))]
    entry["licenses"] = [SHARE_ALIKE[_family(licences[key])] for key in shared][:1] or [ATTRIBUTION]
    if stated:
        entry["sources"] = [{"title": key} for key in sorted(stated)]
    entry["schema"] = entry.pop("schema")  # last, it is the longest


def _sources_of_hours(world: Path, year: str) -> set[str]:
    """Sources of the shapes (coverage.csv) and of the levels they are scaled to (zone_values.csv)."""
    coverage = read_csv_text(world / "series" / "coverage.csv", ("weather_year", "source", "level_quantity"))
    coverage = coverage[coverage["weather_year"] == year]
    values = read_csv_text(world / "zone_values.csv", ("quantity", "source"))
    levels = values[values["quantity"].isin(set(coverage["level_quantity"]))]
    return {key for text in [*coverage["source"], *levels["source"]] for key in split_sources(text)}


def _licences_of_sources(world: Path) -> dict[str, str]:
    table = read_csv_text(world / "sources.csv", ("source", "licence"))
    return dict(zip(table["source"], table["licence"], strict=True))


def _family(licence: str) -> str:
    return "ODbL-1.0" if "odbl" in licence.lower() else "CC-BY-SA-4.0"


def _text(package: Entry) -> str:
    """JSON with one line a field, else every field would take ten."""
    marked = json.loads(json.dumps(package))
    lines: list[str] = []
    for entry in marked["resources"]:
        for i, field in enumerate(entry["schema"]["fields"]):
            entry["schema"]["fields"][i] = f"\0{len(lines)}\0"
            lines.append(json.dumps(field, ensure_ascii=False))
    text = json.dumps(marked, ensure_ascii=False, indent=1)
    for i, line in enumerate(lines):
        text = text.replace(json.dumps(f"\0{i}\0"), line, 1)
    return text + "\n"


if __name__ == "__main__":
    update_descriptor(Path(sys.argv[1]))

"""Where the numbers of a world come from and what their licences allow: every source there, used, free and said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from siting.errors import InputError
from siting.inputs.csv_text import read_csv_text
from siting.inputs.descriptor import Resource, resources
from siting.inputs.world_checks import first_few

SOURCES = "sources.csv"
NUMERIC = ("number", "integer")
NON_COMMERCIAL = re.compile(r"\bNC\b|-NC-|non.?commercial|no commercial", re.IGNORECASE)
SHARE_ALIKE_WORDS = re.compile(r"\bODbL|share.?alike|BY-SA", re.IGNORECASE)
SHARE_ALIKE = {
    "ODbL-1.0": {
        "name": "ODbL-1.0",
        "title": "Open Data Commons Open Database License 1.0, share-alike",
        "path": "https://opendatacommons.org/licenses/odbl/1-0/",
    },
    "CC-BY-SA-4.0": {
        "name": "CC-BY-SA-4.0",
        "title": "Creative Commons Attribution-ShareAlike 4.0",
        "path": "https://creativecommons.org/licenses/by-sa/4.0/",
    },
}


def is_share_alike(licence: str) -> bool:
    """Whether what derives from it must stay under it.

    >>> is_share_alike("ODbL 1.0"), is_share_alike("CC BY-SA 4.0"), is_share_alike("CC BY 4.0")
    (True, True, False)
    """
    return bool(SHARE_ALIKE_WORDS.search(licence))


def split_sources(text: str) -> tuple[str, ...]:
    """Keys of sources.csv in a cell; several stand apart by a semicolon.

    >>> split_sources("ember-prices; smard"), split_sources("")
    (('ember-prices', 'smard'), ())
    """
    return tuple(key for key in (part.strip() for part in text.split(";")) if key)


def cited_sources(world: Path, resource: Resource) -> dict[str, int]:
    """Keys of sources.csv that a file cites, with the number of its rows that do; 0 if only the descriptor does."""
    cited = dict.fromkeys(resource.sources, 0)
    if (
        not resource.path.endswith(".csv")
        or resource.path == SOURCES
        or not (world / resource.path).is_file()
    ):
        return cited
    frame = read_csv_text(world / resource.path)
    for text in frame.get("source", pd.Series(dtype=str)):
        for key in split_sources(text):
            cited[key] = cited.get(key, 0) + 1
    return cited


@dataclass(frozen=True, slots=True)
class Cited:
    """A file of a world with the sources it cites (`cited_sources`) and its numbers that name none, as problems."""

    resource: Resource
    sources: dict[str, int]
    unsourced: list[str]


def citations(world: Path) -> list[Cited]:
    """What every file of a world cites. Raises InputError for a table or descriptor that cannot be read."""
    return [
        Cited(entry, cited_sources(world, entry), first_few(_unsourced(world, entry)))
        for entry in resources(world)
    ]


def source_problems(world: Path) -> list[str]:
    """All that is wrong with sources and licences of a world, named by file, row and source.

    Every number has a source that sources.csv knows, every source has a licence, none is non-commercial, and share-alike
    ones appear only in resources whose licence in the descriptor is share-alike.
    """
    try:
        table = read_csv_text(world / SOURCES, ("source", "title", "year", "licence"))
        return problems_of(dict(zip(table["source"], table["licence"], strict=True)), citations(world))
    except InputError as error:
        return error.problems


def problems_of(licences: dict[str, str], cited: list[Cited]) -> list[str]:
    """`source_problems` of sources {key: licence} and what the files cite."""
    found = list(_licence_problems(licences))
    for file in cited:
        found += first_few(_unknown(file.resource, file.sources, licences))
        found += file.unsourced
        found += first_few(_unsaid(file.resource, file.sources, licences))
    return found


def unused_sources(world: Path) -> list[str]:
    """Keys of sources.csv that no file of the world cites."""
    used = {key for entry in resources(world) for key in cited_sources(world, entry)}
    return [key for key in read_csv_text(world / SOURCES, ("source",))["source"] if key not in used]


def _licence_problems(licences: dict[str, str]) -> Iterator[str]:
    for key, licence in licences.items():
        if not licence.strip():
            yield f"{SOURCES}: '{key}' has no licence; name it, or say that only facts are cited"
        elif NON_COMMERCIAL.search(licence):
            yield f"{SOURCES}: licence '{licence}' of '{key}' forbids commercial use; take another source"


def _unknown(entry: Resource, cited: dict[str, int], licences: dict[str, str]) -> Iterator[str]:
    for key in cited:
        if key not in licences:
            where = f"{cited[key]} rows" if cited[key] else "the descriptor"
            yield f"{SOURCES}: no row for source '{key}', which {entry.path} cites ({where}); add it"


def _unsourced(world: Path, entry: Resource) -> Iterator[str]:
    """Numbers without a source: an empty cell, or a table of numbers with neither such a column nor a source of its own."""
    path = world / entry.path
    if entry.path == SOURCES or path.suffix != ".csv" or entry.sources or not path.is_file():
        return
    frame = read_csv_text(path)
    if "source" in frame.columns:
        for row in frame.index[frame["source"] == ""]:
            yield f"{entry.path} row {row}: source is empty; name a row of {SOURCES}"
        return
    numeric = [name for name, field in entry.fields.items() if field.get("type") in NUMERIC]
    if numeric or "value" in frame.columns:
        which = ", ".join(numeric[:3] or ["value"])
        yield f"{entry.path}: holds numbers ({which}) and no column source; add it, or sources in the descriptor"


def _unsaid(entry: Resource, cited: dict[str, int], licences: dict[str, str]) -> Iterator[str]:
    if any(is_share_alike(licence) for licence in entry.licences) or entry.path == SOURCES:
        return
    for key in cited:
        if is_share_alike(licences.get(key, "")):
            yield (
                f"{entry.path}: cites '{key}' ({licences[key]}), and its licence in datapackage.json is "
                f"{', '.join(entry.licences) or 'not stated'}; a share-alike source needs a resource that says so"
            )

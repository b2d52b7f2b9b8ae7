"""`datapackage.json` of a world: which files it holds, their fields, keys, sources and licences (Frictionless Data Package)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from siting.errors import InputError
from siting.inputs.places import nearest

FILE = "datapackage.json"


@dataclass(frozen=True, slots=True)
class Resource:
    """One file of a world as its descriptor tells it; what the descriptor leaves out is empty.

    `fields`: {name: field}; `foreign_keys`: {field: (path of the other resource, its field)}; `licences`: names such as
    CC-BY-4.0, the package's own where the resource states none; `sources`: keys of sources.csv behind the whole file.
    """

    path: str
    title: str
    fields: dict[str, dict[str, Any]]
    primary_key: tuple[str, ...]
    foreign_keys: dict[str, tuple[str, str]]
    licences: tuple[str, ...]
    sources: tuple[str, ...]

    @property
    def name(self) -> str:
        """What a user would call it: the path, of tables and hourly files without its ending."""
        return self.path.removesuffix(".csv").removesuffix(".parquet")


def read_package(world: Path) -> dict[str, Any]:
    """The descriptor as it is. Raises InputError if it is no JSON object."""
    path = world / FILE
    try:
        package: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: is not readable JSON ({error})") from None
    if not isinstance(package, dict) or not isinstance(package.get("resources", []), list):
        raise InputError(f"{path}: is no data package; it is an object with a list of resources")
    return package


def resources(world: Path) -> list[Resource]:
    """The files a world's descriptor lists, in its order. Raises InputError for an entry without a path."""
    package = read_package(world)
    entries = package.get("resources", [])
    lacking = [i for i, entry in enumerate(entries) if not isinstance(entry, dict) or "path" not in entry]
    if lacking:
        raise InputError(f"{world / FILE}: resource {lacking[0] + 1} names no path; add it")
    paths = {str(entry.get("name", entry["path"])): str(entry["path"]) for entry in entries}
    return [_resource(entry, paths, _licences(package)) for entry in entries]


def resource(world: Path, name: str) -> Resource:
    """The file a user means by its path or name. Raises InputError with the nearest name."""
    known = resources(world)
    wanted = name.replace("-", "_")
    for entry in known:
        if wanted in (entry.path.replace("-", "_"), entry.name.replace("-", "_")):
            return entry
    raise InputError(f"{world.name}: no table '{name}'; {nearest(name, [entry.name for entry in known])}")


def _resource(entry: dict[str, Any], paths: dict[str, str], licences: tuple[str, ...]) -> Resource:
    schema = entry.get("schema", {})
    key = schema.get("primaryKey", ())
    return Resource(
        path=str(entry["path"]),
        title=str(entry.get("title", "")),
        fields={field["name"]: field for field in schema.get("fields", [])},
        primary_key=(key,) if isinstance(key, str) else tuple(key),
        foreign_keys={
            _one(link["fields"]): (paths[link["reference"]["resource"]], _one(link["reference"]["fields"]))
            for link in schema.get("foreignKeys", [])
        },
        licences=_licences(entry) or licences,
        sources=tuple(str(source.get("title", "")) for source in entry.get("sources", [])),
    )


def _licences(entry: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(licence.get("name", "")) for licence in entry.get("licenses", []))


def _one(fields: str | list[str]) -> str:
    return fields if isinstance(fields, str) else fields[0]

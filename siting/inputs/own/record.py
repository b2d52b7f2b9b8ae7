"""What a joined world says of the user's files: rows of sources.csv, and fields and sources in datapackage.json."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from itertools import chain, count
from pathlib import Path
from typing import Any

import pandas as pd

from siting.inputs.csv_text import read_csv_text
from siting.inputs.own.layers import Layer
from siting.inputs.own.spec import Replace

PACKAGE = "datapackage.json"


def files_of(replace: Replace) -> list[Path]:
    """Every file of the user's that stands in for a table or series, each once."""
    tables = [Path(table.file) for table in replace.tables.values()]
    series = [Path(entry.file) for entries in replace.series.values() for entry in entries]
    return list(dict.fromkeys([*tables, *series]))


def hashes(world: Path, replace: Replace) -> dict[str, str]:
    """SHA-256 of every file of the user's, exclusion layers too, by its path as seen from the world's folder.

    A shapefile is all files of its stem.
    """
    layers = [
        Path(name) for table in replace.tables.values() if table.exclude for name in table.exclude.layers
    ]
    parts = [part for path in [*files_of(replace), *layers] for part in _parts(path)]
    return {
        _seen_from(world, part): hashlib.sha256(part.read_bytes()).hexdigest()
        for part in dict.fromkeys(parts)
        if part.is_file()
    }


def _parts(path: Path) -> Iterable[Path]:
    return sorted(path.parent.glob(f"{path.stem}.*")) if path.suffix.lower() == ".shp" else [path]


def _seen_from(world: Path, file: Path) -> str:
    try:
        return Path(os.path.relpath(file.resolve(), world.resolve())).as_posix()
    except ValueError:  # another drive
        return file.resolve().as_posix()


def source_keys(files: Iterable[Path], taken: Iterable[str]) -> dict[Path, str]:
    """A key of sources.csv for each of the user's files: that of its stem, numbered where it is taken.

    >>> list(source_keys([Path("DE/My prices.csv"), Path("FR/My prices.csv")], taken=[]).values())
    ['own-my-prices', 'own-my-prices-2']
    """
    used, keys = set(taken), {}
    for file in files:
        stem = "own-" + re.sub(r"[^a-z0-9]+", "-", file.stem.lower()).strip("-")
        numbered = (f"{stem}-{number}" for number in count(2))
        keys[file] = next(key for key in chain([stem], numbered) if key not in used)
        used.add(keys[file])
    return keys


def add_sources(folder: Path, files: Iterable[tuple[Path, str]], keys: Mapping[Path, str]) -> None:
    """A row of sources.csv for each of the user's (file, year), under its key; the year may be unknown."""
    table = read_csv_text(folder / "sources.csv", ("source", "title", "year", "licence"))
    for file, year in files:
        if keys[file] in set(table["source"]):
            continue
        row = {
            "source": keys[file],
            "title": f"the user's file {file.name}",
            "publisher": "user",
            "year": year,
            "licence": "as its owner says",
        }
        table = pd.concat([table, pd.DataFrame([row])], ignore_index=True)
    replace_csv(folder / "sources.csv", table)


def describe_own(folder: Path, layers: Mapping[str, Layer], keys: Mapping[Path, str]) -> None:
    """The descriptor with the columns the user's tables have, and their file as source; without files that are gone."""
    package = json.loads((folder / PACKAGE).read_text(encoding="utf-8"))
    kept = [entry for entry in package["resources"] if (folder / str(entry["path"])).is_file()]
    for entry in kept:
        layer = layers.get(str(entry["path"]).removesuffix(".csv"))
        if layer is not None:
            columns = list(read_csv_text(folder / str(entry["path"])).columns)
            _own_entry(entry, columns, layer.path, keys[layer.path])
    text = json.dumps({**package, "resources": kept}, indent=1, ensure_ascii=False) + "\n"
    (folder / PACKAGE).unlink()  # a link to the base's file must not be written through
    (folder / PACKAGE).write_text(text, encoding="utf-8")


def _own_entry(entry: dict[str, Any], columns: list[str], file: Path, source: str) -> None:
    schema = entry.setdefault("schema", {})
    known = {field["name"]: field for field in schema.get("fields", [])}
    new = {"type": "string", "unit": "", "description": f"column of {file.name}", "aggregation": "first"}
    schema["fields"] = [known.get(name, {"name": name, **new}) for name in columns]
    schema["foreignKeys"] = [
        link for link in schema.get("foreignKeys", []) if _names(link["fields"]) <= {*columns}
    ]
    if not _names(schema.get("primaryKey", [])) <= {*columns}:
        del schema["primaryKey"]
    entry["title"] = f"{entry.get('title', '')} (from {file.name})"
    entry["sources"] = [{"title": source}]


def _names(stated: str | list[str]) -> set[str]:
    return {stated} if isinstance(stated, str) else set(stated)


def replace_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table over one that may be a link, with the columns it had."""
    columns = list(read_csv_text(path).columns)
    path.unlink()
    table[[c for c in columns if c in table.columns]].fillna("").to_csv(
        path, index=False, lineterminator="\n"
    )

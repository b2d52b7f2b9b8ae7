"""What a joined world says of the user's files: rows of sources.csv, and fields and sources in datapackage.json."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from siting.inputs.csv_text import read_csv_text
from siting.inputs.own.layers import Layer

PACKAGE = "datapackage.json"


def source_of(file: Path) -> str:
    """Key of sources.csv for a user's file.

    >>> source_of(Path("in/My prices 2019.csv"))
    'own-my-prices-2019'
    """
    return "own-" + re.sub(r"[^a-z0-9]+", "-", file.stem.lower()).strip("-")


def add_sources(folder: Path, files: Iterable[tuple[Path, str]]) -> None:
    """A row of sources.csv for each of the user's (file, year); the year may be unknown."""
    table = read_csv_text(folder / "sources.csv", ("source", "title", "year", "licence"))
    for file, year in files:
        if source_of(file) in set(table["source"]):
            continue
        row = {
            "source": source_of(file),
            "title": f"the user's file {file.name}",
            "publisher": "user",
            "year": year,
            "licence": "as its owner says",
        }
        table = pd.concat([table, pd.DataFrame([row])], ignore_index=True)
    replace_csv(folder / "sources.csv", table)


def describe_own(folder: Path, layers: Mapping[str, Layer]) -> None:
    """The descriptor with the columns the user's tables have, and their file as source; without files that are gone."""
    package = json.loads((folder / PACKAGE).read_text(encoding="utf-8"))
    kept = [entry for entry in package["resources"] if (folder / str(entry["path"])).is_file()]
    for entry in kept:
        layer = layers.get(str(entry["path"]).removesuffix(".csv"))
        if layer is not None:
            _own_entry(entry, list(read_csv_text(folder / str(entry["path"])).columns), layer.path)
    text = json.dumps({**package, "resources": kept}, indent=1, ensure_ascii=False) + "\n"
    (folder / PACKAGE).unlink()  # a link to the base's file must not be written through
    (folder / PACKAGE).write_text(text, encoding="utf-8")


def _own_entry(entry: dict[str, Any], columns: list[str], file: Path) -> None:
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
    entry["sources"] = [{"title": source_of(file)}]


def _names(stated: str | list[str]) -> set[str]:
    return {stated} if isinstance(stated, str) else set(stated)


def replace_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table over one that may be a link, with the columns it had."""
    columns = list(read_csv_text(path).columns)
    path.unlink()
    table[[c for c in columns if c in table.columns]].fillna("").to_csv(
        path, index=False, lineterminator="\n"
    )

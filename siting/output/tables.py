"""Tables of a plan as CSV: one file, or all of them in an archive, with units and meanings beside (W3C CSV on the Web)."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.output.gis import origin, source_rows
from siting.output.layers import Layer

if TYPE_CHECKING:
    from siting.plan.plan import Plan

CSVW = "http://www.w3.org/ns/csvw"
DATATYPES = {"b": "boolean", "i": "integer", "f": "number"}
FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # of an archive's entries, so that the same plan gives the same bytes


def write_csv(plan: Plan, layer: Layer, path: Path) -> None:
    """One table as CSV (UTF-8, RFC 4180 commas), and `<file>-metadata.json` beside it."""
    table = with_degrees(layer)
    path.write_bytes(csv_bytes(table.frame))
    about = {"@context": CSVW, **_described(table, path.name), **_origin(plan)}
    path.with_name(f"{path.name}-metadata.json").write_bytes(_json(about))


def write_csv_archive(plan: Plan, layers: list[Layer], path: Path) -> None:
    """All tables as CSV in one zip archive, described by its `csv-metadata.json`."""
    tables = [with_degrees(layer) for layer in layers]
    about = {
        "@context": CSVW,
        **_origin(plan),
        "tables": [_described(table, f"{table.name}.csv") for table in tables],
    }
    files = {f"{table.name}.csv": csv_bytes(table.frame) for table in tables}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**files, "csv-metadata.json": _json(about)}.items():
            entry = zipfile.ZipInfo(name, FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)


def with_degrees(layer: Layer) -> Layer:
    """A layer as a plain table: points as `lat_deg`, `lon_deg`; lines and areas without their shapes."""
    if "geometry" not in layer.frame.columns:
        return layer
    frame = pd.DataFrame(layer.frame.drop(columns="geometry"))
    columns = dict(layer.columns)
    if set(layer.frame.geom_type) == {"Point"}:
        points = layer.frame.geometry
        frame = frame.assign(lat_deg=points.y.to_numpy(), lon_deg=points.x.to_numpy())
        columns |= {"lat_deg": ("degree", "latitude, WGS 84"), "lon_deg": ("degree", "longitude, WGS 84")}
    return Layer(layer.name, layer.title, frame, columns)


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """A table as CSV; unknown entries are empty, booleans `true` and `false`."""
    flags = {c: frame[c].map({True: "true", False: "false"}) for c in frame.columns if frame[c].dtype == bool}
    return str(frame.assign(**flags).to_csv(index=False, lineterminator="\n")).encode("utf-8")


def _described(table: Layer, url: str) -> dict[str, Any]:
    columns = [
        {
            "name": name,
            "titles": name,
            "datatype": DATATYPES.get(table.frame[name].dtype.kind, "string"),
            "dc:description": meaning,
            "schema:unitText": unit,
        }
        for name, (unit, meaning) in table.columns.items()
    ]
    return {"url": url, "dc:title": table.title, "tableSchema": {"columns": columns}}


def _origin(plan: Plan) -> dict[str, Any]:
    return {
        "dc:subject": str(plan.record["title"]),
        "dc:provenance": origin(plan),
        "dc:source": source_rows(plan),
    }


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode("utf-8")

"""One layer of a plan as GeoParquet, shapefile or KML; units and sources travel in the file or beside it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from siting.output.gis import FLOWS, origin, source_rows

if TYPE_CHECKING:
    from siting.output.layers import Layer
    from siting.plan.plan import Plan

DBF_NAME = 10  # characters a dBASE field name may have
FLOW_CODES = {"supply_mw": "mw", "supply_mwh": "mwh", "sold_mwh": "sold", "store_mwh": "store"}


def write_parquet(plan: Plan, layer: Layer, path: Path) -> None:
    """GeoParquet 1.1 with a bounding box column; unit and meaning as metadata of each column."""
    import pyarrow.parquet as pq

    layer.frame.to_parquet(
        path, index=False, compression="zstd", schema_version="1.1.0", write_covering_bbox=True
    )
    table = pq.read_table(path)
    fields = [
        field.with_metadata(
            {"unit": layer.columns[field.name][0], "description": layer.columns[field.name][1]}
        )
        if field.name in layer.columns
        else field
        for field in table.schema
    ]
    about = {
        "title": layer.title,
        "origin": json.dumps(origin(plan)),
        "sources": json.dumps(source_rows(plan)),
    }
    schema = table.schema
    for i, field in enumerate(fields):
        schema = schema.set(i, field)
    pq.write_table(
        table.cast(schema.with_metadata({**(schema.metadata or {}), **about})), path, compression="zstd"
    )


def write_shapefile(plan: Plan, layer: Layer, path: Path) -> None:
    """Shapefile in UTF-8; beside it a table of its short field names and a table of sources."""
    short = short_names(list(layer.columns))
    layer.frame.rename(columns=short).to_file(path, driver="ESRI Shapefile", encoding="UTF-8")
    rows = [(short[name], name, unit, meaning) for name, (unit, meaning) in layer.columns.items()]
    path.with_name(f"{path.stem}-fields.csv").write_bytes(_csv(["field", "name", "unit", "meaning"], rows))
    plan.sources.to_csv(path.with_name(f"{path.stem}-sources.csv"), index=False, lineterminator="\n")


def short_names(names: list[str]) -> dict[str, str]:
    """A name of at most ten characters for each, unique without regard to case.

    >>> short_names(["it_mw", "supply_mwh_solar_ppa", "supply_mw_onsite_solar", "population_10ms", "population_20ms"])
    ... # doctest: +NORMALIZE_WHITESPACE
    {'it_mw': 'it_mw', 'supply_mwh_solar_ppa': 'mwh_solar_', 'supply_mw_onsite_solar': 'mw_onsite_',
     'population_10ms': 'population', 'population_20ms': 'populatio1'}
    """
    taken: dict[str, str] = {}
    for name in names:
        text = name
        for flow in sorted(FLOWS, key=len, reverse=True):
            if name.startswith(f"{flow}_"):
                text = f"{FLOW_CODES[flow]}_{name.removeprefix(f'{flow}_')}"
                break
        short, n = text[:DBF_NAME], 0
        while short.lower() in {other.lower() for other in taken.values()}:
            n += 1
            short = f"{text[: DBF_NAME - len(str(n))]}{n}"
        taken[name] = short
    return taken


def write_kml(plan: Plan, layer: Layer, path: Path) -> None:
    """KML 2.2: values as typed extended data, a card in words; units and sources in the document's description."""
    frame = layer.frame.copy()
    frame.insert(0, "Name", _titles(frame))
    frame.insert(1, "description", [_card(layer, row) for row in layer.frame.to_dict("records")])
    units = "; ".join(f"{name} [{unit}]: {meaning}" for name, (unit, meaning) in layer.columns.items())
    made = "; ".join(f"{key} {value}" for key, value in origin(plan).items())
    cited = "; ".join(f"{s.get('title', s['source'])} ({s.get('licence', '')})" for s in source_rows(plan))
    gpd.GeoDataFrame(frame, crs=layer.frame.crs).to_file(
        path,
        driver="LIBKML",
        layer=layer.name,
        engine="pyogrio",
        dataset_options={"NAME": str(plan.record["title"]), "DESCRIPTION": f"{made}. Sources: {cited}"},
        layer_options={"NAME": layer.name, "DESCRIPTION": units},
    )


def _titles(frame: pd.DataFrame) -> list[str]:
    """What a placemark is called."""
    if "zone_a" in frame.columns:
        return [f"{a} - {b}" for a, b in zip(frame["zone_a"], frame["zone_b"], strict=True)]
    if "option" in frame.columns:
        return [f"{n}: {k}" for n, k in zip(frame["name"], frame["option"], strict=True)]
    return [str(name) for name in frame["name"]]


def _card(layer: Layer, row: Mapping[str, Any]) -> str:
    """Known values with their units, one a line."""
    lines = []
    for name, (unit, _) in layer.columns.items():
        value = row[name]
        if pd.isna(value) or value == "" or value == 0:
            continue
        shown = f"{value:,.6g}" if isinstance(value, float) else str(value)
        lines.append(f"{name}: {shown}{'' if unit == '-' else f' {unit}'}")
    return "\n".join(lines)


def _csv(head: list[str], rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(head)
    table.writerows(rows)
    return text.getvalue().encode("utf-8")

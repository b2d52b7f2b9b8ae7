"""What a world holds, as tables: files with coverage, kinds, sources and licence; fields of one file; hourly series."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from siting.inputs.check import ERRORS, read_coverage
from siting.inputs.csv_text import read_csv_text
from siting.inputs.descriptor import Resource, resources
from siting.inputs.licences import cited_sources
from siting.inputs.world_checks import KINDS

PLACES = {"zone": "zones.csv", "country": "countries.csv"}  # what a table can cover all or part of


def describe_files(world: Path) -> pd.DataFrame:
    """One row a file: table, rows, covers (such as `zone 36/36`), one count a kind, sources cited, licence."""
    known = {column: set(read_csv_text(world / file)[column]) for column, file in PLACES.items()}
    return pd.DataFrame([_file(world, entry, known) for entry in resources(world)])


def describe_fields(resource: Resource) -> pd.DataFrame:
    """One row a field: field, type, unit, description. Columns of hourly files stand once a series, not once a zone."""
    rows = []
    for name, field in resource.fields.items():
        series, _, zone = name.partition(":")
        shown = f"{series}:ZONE" if zone else name
        said = field.get("description", "").rsplit(",", 1)[0] if zone else field.get("description", "")
        rows.append((shown, field.get("type", ""), field.get("unit", ""), said))
    return pd.DataFrame(rows, columns=["field", "type", "unit", "description"]).drop_duplicates("field")


def describe_quantities(world: Path, resource: Resource) -> pd.DataFrame:
    """One row a quantity of a long table: quantity, unit, rows, least, most, one count a kind; empty for other tables."""
    if not {"quantity", "value", "unit", "kind"} <= set(resource.fields):
        return pd.DataFrame()
    frame = read_csv_text(world / resource.path).astype({"value": float})
    grouped = frame.groupby("quantity", sort=False)
    table = grouped.agg(
        unit=("unit", "first"), rows=("value", "size"), least=("value", "min"), most=("value", "max")
    )
    kinds = frame.groupby(["quantity", "kind"]).size().unstack(fill_value=0)
    return table.join(kinds[[kind for kind in KINDS if kind in kinds]]).reset_index()


def describe_series(world: Path) -> pd.DataFrame:
    """One row a series and weather year: zones by kind, and the median of each error figure over zones not measured."""
    coverage = read_coverage(world)
    rows = []
    for (series, year), part in coverage.groupby(["series", "weather_year"], sort=False):
        kinds = {kind: int((part["kind"] == kind).sum()) for kind in KINDS}
        tested = part[part["corr"] != ""]
        medians = {short: pd.to_numeric(tested[name]).median() for name, short in ERRORS.items()}
        rows.append({"series": series, "year": int(str(year)), **kinds, "tested": len(tested), **medians})
    return pd.DataFrame(rows)


def describe_sources(world: Path, resource: Resource) -> pd.DataFrame:
    """One row a source of a file: source, rows that cite it, title, year, licence."""
    cited = cited_sources(world, resource)
    table = read_csv_text(world / "sources.csv", ("source", "title", "year", "licence")).set_index("source")
    rows = [
        (key, count or "all", *(table.at[key, c] if key in table.index else "" for c in ("licence", "title")))
        for key, count in sorted(cited.items())
    ]
    return pd.DataFrame(rows, columns=["source", "rows", "licence", "title"])


def _file(world: Path, entry: Resource, known: dict[str, set[str]]) -> dict[str, object]:
    path = world / entry.path
    frame = read_csv_text(path) if path.suffix == ".csv" else pd.DataFrame()
    covers = [
        f"{column} {len(known[column] & set(frame[column]))}/{len(known[column])}"
        for column in PLACES
        if column in frame.columns
    ]
    told = frame[[c for c in frame.columns if c == "kind" or c.endswith("_kind")]].to_numpy()
    if path.suffix == ".parquet":
        zones = {name.partition(":")[2] for name in entry.fields} - {""}
        covers = [f"zone {len(known['zone'] & zones)}/{len(known['zone'])}"]
    return {
        "table": entry.name,
        "rows": len(frame) if path.suffix == ".csv" else _rows(path),
        "covers": ", ".join(covers),
        **{kind: int((told == kind).sum()) for kind in KINDS},
        "sources": len(cited_sources(world, entry)),
        "licence": ", ".join(entry.licences),
    }


def _rows(path: Path) -> int:
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return int(pq.read_metadata(path).num_rows)
    import pyogrio

    return int(pyogrio.read_info(path)["features"])

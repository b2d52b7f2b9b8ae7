"""A plan as it was saved: the output folder read back, refused unless it has the shape siting writes."""

from __future__ import annotations

import json
from numbers import Real
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from siting.errors import InputError
from siting.inputs.load import Draft
from siting.inputs.load import check as check_draft
from siting.plan.plan import Plan, no_sources, stage_folder

TABLES = ("supply", "costs", "emissions")


def read_plan(folder: str | Path) -> Plan:
    """A plan as saved in an output folder; InputError if a file is missing, unreadable or not siting's."""
    path = Path(folder)
    record = read_record(path)
    model = check_draft(Draft(record["model"]))
    try:
        sites = gpd.read_file(path / "sites.geojson").set_index("site")
        zones = gpd.read_file(path / "zones.geojson").set_index("zone")
        tables = {name: _table(path / f"{name}.csv") for name in TABLES}
        hourly = pd.read_parquet(path / "hourly.parquet")
        sources = (
            _table(path / "sources.csv", dtype=str) if (path / "sources.csv").is_file() else no_sources()
        )
    except Exception as error:  # GDAL, pandas and pyarrow each raise their own; all mean the same here
        raise InputError(f"{path}: a file of the output folder is missing or unreadable ({error})") from None
    stages = {label: read_plan(path / stage_folder(label)) for label in stage_labels(record)}
    return Plan(
        model,
        record,
        sites,
        tables["supply"],
        tables["costs"],
        tables["emissions"],
        hourly,
        zones,
        sources,
        stages,
    )


def stage_labels(record: dict[str, Any]) -> list[str]:
    """Labels of the periods (and cases) of a plan; empty with one."""
    return [str(node["label"]) for node in record.get("horizon", {}).get("nodes", [])]


def read_record(folder: Path) -> dict[str, Any]:
    """plan.json of an output folder."""
    path = folder / "plan.json"
    if not path.is_file():
        raise InputError(f"{folder}: holds no plan.json; give an output folder of `siting solve`")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise InputError(f"{path}: is not readable JSON ({error})") from None
    wrong = _misshapen(record)
    if wrong:
        raise InputError(f"{path}: is not a plan written by siting ({wrong}); solve the model again")
    found: dict[str, Any] = record
    return found


def _misshapen(record: Any) -> str | None:
    """The first thing that is not as siting writes it, in words; None if the shape holds."""
    if not isinstance(record, dict):
        return "it is no object"
    kinds = {
        "model": dict, "inputs": dict, "totals": dict, "objective": dict, "hours": dict,
        "sites": list, "later_objectives": list, "binding": list, "notes": list,
    }  # fmt: skip
    for key, kind in kinds.items():
        if not isinstance(record.get(key), kind):
            return f"'{key}' is missing or no {'object' if kind is dict else 'list'}"
    for key in ("model_sha256", "world_sha256"):
        if not isinstance(record["inputs"].get(key), str):
            return f"'inputs.{key}' is missing"
    if not all(isinstance(row, dict) for row in [*record["sites"], *record["later_objectives"]]):
        return "'sites' or 'later_objectives' hold something else than objects"
    numbers = [*_numbers("totals", record["totals"]), *_numbers("objective", record["objective"])]
    for row in record["sites"]:
        numbers += _numbers(f"site {row.get('site')}", row)
    return next((f"{name} is {value!r}, no number" for name, value in numbers if not _is_number(value)), None)


WORDS = {"site", "country", "zone", "name", "unit", "status", "rule", "subject", "source"}


def _numbers(name: str, table: dict[str, Any]) -> list[tuple[str, Any]]:
    """Every entry that must be a number, nested tables included."""
    found: list[tuple[str, Any]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            found += _numbers(f"{name}: {key}", value)
        elif isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
            for entry in value:  # such as the national rules that bind a site
                found += _numbers(f"{name}: {key}", entry)
        elif key not in WORDS:
            found.append((f"{name}: {key}", value))
    return found


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, Real) and not isinstance(value, bool))


def _table(path: Path, dtype: type | None = None) -> pd.DataFrame:
    return pd.read_csv(path, keep_default_na=False, float_precision="round_trip", dtype=dtype)

"""From a finished plan to a file of another format."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from siting.errors import InputError
from siting.output.folder import atomic_write
from siting.output.gis import site_rows, sites_geojson

if TYPE_CHECKING:
    from siting.plan.plan import Plan

FORMATS = ("csv", "geojson")
ROUND_DIGITS = 12


def export_plan(plan_or_folder: Plan | str | Path, to: str, out: str | Path, overwrite: bool = False) -> Path:
    """Write the candidate sites of a plan (or of an output folder) as `csv` or `geojson` to the file `out`.

    Raises InputError for a format that is not there, a folder without a plan, or a file that exists.
    """
    if to not in FORMATS:
        raise InputError(f"--to {to}: not available yet; have: {', '.join(FORMATS)}")
    path = Path(out)
    if path.exists() and not overwrite:
        raise InputError(f"{path}: exists; choose another file or add --overwrite")
    plan = _plan(plan_or_folder)
    return atomic_write(path, sites_csv(plan) if to == "csv" else sites_geojson(plan))


def sites_csv(plan: Plan) -> bytes:
    """One row a candidate site; units are in the column names, unknown entries are empty (UTF-8, RFC 4180 commas)."""
    rows = [
        {name: value for name, value in row.items() if not isinstance(value, dict)} for row in site_rows(plan)
    ]
    points = plan.sites.geometry
    file = io.StringIO()
    names = list(rows[0]) if rows else ["site"]
    table = csv.writer(file, lineterminator="\n")
    table.writerow([*names, "lat_deg", "lon_deg"])
    for row in rows:
        point = points.loc[row["site"]]
        table.writerow([_cell(row[name]) for name in names] + [round(point.y, 7), round(point.x, 7)])
    return file.getvalue().encode("utf-8")


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return float(f"{value:.{ROUND_DIGITS}g}") if isinstance(value, float) else value


def _plan(plan_or_folder: Plan | str | Path) -> Plan:
    if isinstance(plan_or_folder, str | Path):
        from siting.plan.read import read_plan

        return read_plan(plan_or_folder)
    return plan_or_folder

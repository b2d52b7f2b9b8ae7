"""The files of an output folder against its plan.json: tables and map must say what the plan says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from siting.instance.instance import VINTAGE

SAME = 1e-6  # relative: a number in a file against the plan or the hours
DUST_SHARE = 1e-6  # MW per MW of IT: a smaller capacity of plan.json is none in supply.csv
NOTHING: Mapping[Any, float] = {}
MAPPED = (
    "modules",
    "it_mw",
    "accelerators",
    "compute_pflops",
    "cost_eur_yr",
    "capex_eur",
    "carbon_t_yr",
    "pue",
    "cfe_score",
)


def audit_files(folder: Path, record: Mapping[str, Any], hourly: pd.DataFrame) -> list[str]:
    """Findings: sums per site of costs.csv, supply.csv and emissions.csv, and the properties of sites.geojson."""
    rows = {row["site"]: row for row in record["sites"]}
    findings: list[str] = []
    dust = _dust(rows, hourly)
    for name, expected in _expected(rows, hourly).items():
        file, key, column = name
        table = pd.read_csv(folder / file)
        by = ["site", "option"] if key == "option" else ["site"]
        stated = table.groupby(by)[column].sum().to_dict() if not table.empty else {}
        less = dust if file == "supply.csv" else NOTHING
        findings += _different(f"{file}: {column}", stated, expected, less)
    findings += _coverage(folder / "coverage.csv", record)
    return findings + _map(folder / "sites.geojson", rows)


def _expected(rows: Mapping[str, Any], hourly: pd.DataFrame) -> dict[tuple[str, str, str], dict[Any, float]]:
    """What each table must sum to: (file, row key, column) -> value by site or (site, option)."""
    tables: dict[tuple[str, str, str], dict[Any, float]] = {}
    for column in ("cost_eur_yr", "capex_eur"):
        tables["costs.csv", "site", column] = {s: row[column] for s, row in rows.items()}
    for column in ("carbon_t_yr", "lifecycle_t_yr", "carbon_market_t_yr"):
        tables["emissions.csv", "site", column] = {s: row[column] for s, row in rows.items()}
    sizes = _sizes(rows, "supply_mw") | _sizes(rows, "store_mw")
    sizes |= {(s, "grid"): row["connection_mw"] for s, row in rows.items() if row["connection_mw"] > 0}
    tables["supply.csv", "option", "supply_mw"] = sizes
    tables["supply.csv", "option", "store_mwh"] = _sizes(rows, "store_mwh")
    used = [
        c for c in hourly.columns if c in {"buy_mw", "deliver_mw"} or c.startswith(("gen_", "discharge_"))
    ]
    tables["supply.csv", "site", "supply_mwh"] = _yearly(hourly, used)
    tables["supply.csv", "site", "sold_mwh"] = _yearly(hourly, [c for c in hourly.columns if c == "sell_mw"])
    return tables


def _dust(rows: Mapping[str, Any], hourly: pd.DataFrame) -> dict[Any, float]:
    """What supply.csv may leave out: by (site, option) the size of what is dust (MW or MWh), by site the most it may have
    given (MWh a year), each all it can in every hour."""
    hours = hourly.groupby("site")["weight_h"].sum()
    power, stores = _sizes(rows, "supply_mw") | _sizes(rows, "store_mw"), _sizes(rows, "store_mwh")
    found: dict[Any, float] = {}
    for key, mw in power.items():
        s = key[0]
        if 0 < mw <= DUST_SHARE * rows[s]["it_mw"]:
            found[key] = max(mw, stores.get(key, 0.0))
            found[s] = found.get(s, 0.0) + mw * float(hours.get(s, 0.0))
    return found


def _sizes(rows: Mapping[str, Any], table: str) -> dict[Any, float]:
    """Size by site and option, whatever period it was built in."""
    found: dict[Any, float] = {}
    for s, row in rows.items():
        for k, size in row[table].items():
            key = (s, k.partition(VINTAGE)[0])
            found[key] = found.get(key, 0.0) + size
    return found


def _yearly(hourly: pd.DataFrame, columns: list[str]) -> dict[Any, float]:
    energy = hourly[columns].fillna(0.0).sum(axis=1) * hourly["weight_h"]
    sums: dict[Any, float] = energy.groupby(hourly["site"]).sum().to_dict()
    return sums


def _different(
    name: str,
    stated: Mapping[Any, float],
    expected: Mapping[Any, float],
    less: Mapping[Any, float] = NOTHING,
) -> list[str]:
    """Numbers that differ; `less`: by how much one may fall short besides."""
    return [
        f"{name} of {key} is {stated.get(key, 0.0):,.6g}, the plan says {expected.get(key, 0.0):,.6g}"
        for key in sorted({*stated, *expected}, key=str)
        if not np.isclose(
            stated.get(key, 0.0), expected.get(key, 0.0), rtol=SAME, atol=SAME + less.get(key, 0.0)
        )
    ]


def _coverage(path: Path, record: Mapping[str, Any]) -> list[str]:
    """coverage.csv: the assignments of plan.json, pair by pair."""
    if "coverage" not in record:
        return []
    by, numbers = ["point", "site"], ("it_mw", "ms", "cost_eur_yr", "lat", "lon")
    table = pd.read_csv(path, dtype={"point": str, "site": str}, keep_default_na=False)
    rows = record["coverage"]["assignment"]
    stated = table.set_index(by)
    return [
        finding
        for column in numbers
        for finding in _different(
            f"coverage.csv: {column}",
            stated[column].astype(float).to_dict(),
            {(row["point"], row["site"]): row[column] for row in rows},
        )
    ]


def _map(path: Path, rows: Mapping[str, Any]) -> list[str]:
    sites = gpd.read_file(path).set_index("site")
    chosen = sites[sites["selected"].astype(bool)]
    if set(chosen.index) != set(rows):
        return [
            f"sites.geojson selects {', '.join(sorted(chosen.index))}, the plan {', '.join(sorted(rows))}"
        ]
    return [
        finding
        for column in MAPPED
        for finding in _different(
            f"sites.geojson: {column}", chosen[column].to_dict(), {s: r[column] for s, r in rows.items()}
        )
    ]

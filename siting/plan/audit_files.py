"""The files of an output folder against its plan.json: tables and map must say what the plan says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
    "connection_mw",
    "facility_mwh",
    "pue",
    "cost_eur_yr",
    "capex_eur",
    "energy_eur_mwh",
    "carbon_t_yr",
    "lifecycle_t_yr",
    "carbon_g_kwh",
    "cfe_score",
)
ZONE_SUMS = (
    "it_mw", "accelerators", "connection_mw", "facility_mwh", "cost_eur_yr", "capex_eur", "carbon_t_yr", "lifecycle_t_yr",
)  # fmt: skip
ZONE_MEANS = ("carbon_g_kwh", "cfe_score")  # weighted by electricity
ROAD = ("it_mw", "new_it_mw", "connection_mw", "new_mw", "new_mwh")


def audit_files(folder: Path, record: Mapping[str, Any], hourly: pd.DataFrame) -> list[str]:
    """Findings: sums per site of costs.csv, supply.csv and emissions.csv, properties of both maps, coverage and roadmap."""
    rows = {row["site"]: row for row in record["sites"]}
    features = _features(folder / "sites.geojson", "site")
    tables = {name: pd.read_csv(folder / f"{name}.csv") for name in ("costs", "supply", "emissions")}
    tables["sites.geojson, energy_mix"] = _mix(features)
    return [
        *_tables(rows, hourly, tables),
        *_coverage(folder / "coverage.csv", record),
        *_roadmap(folder / "roadmap.csv", record),
        *_map(features, rows),
        *_zones(folder / "zones.geojson", rows),
    ]


def _tables(rows: Mapping[str, Any], hourly: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Tables whose sums differ; the energy mix of the map must say what supply.csv says."""
    findings: list[str] = []
    dust = _dust(rows, hourly)
    for (file, key, column), expected in _expected(rows, hourly).items():
        by = ["site", "option"] if key == "option" else ["site"]
        for name in ("supply", "sites.geojson, energy_mix") if file == "supply" else (file,):
            table = tables[name]
            stated = table.groupby(by)[column].sum().to_dict() if not table.empty else {}
            label = f"{name}.csv" if name == file else name
            findings += _different(
                f"{label}: {column}", stated, expected, dust if file == "supply" else NOTHING
            )
    return findings


def _expected(rows: Mapping[str, Any], hourly: pd.DataFrame) -> dict[tuple[str, str, str], dict[Any, float]]:
    """What each table must sum to: (file, row key, column) -> value by site or (site, option)."""
    tables: dict[tuple[str, str, str], dict[Any, float]] = {}
    for column in ("cost_eur_yr", "capex_eur"):
        tables["costs", "site", column] = {s: row[column] for s, row in rows.items()}
    for column in ("carbon_t_yr", "lifecycle_t_yr", "carbon_market_t_yr"):
        tables["emissions", "site", column] = {s: row[column] for s, row in rows.items()}
    sizes = _sizes(rows, "supply_mw") | _sizes(rows, "store_mw")
    sizes |= {(s, "grid"): row["connection_mw"] for s, row in rows.items() if row["connection_mw"] > 0}
    tables["supply", "option", "supply_mw"] = sizes
    tables["supply", "option", "store_mwh"] = _sizes(rows, "store_mwh")
    used = [
        c for c in hourly.columns if c in {"buy_mw", "deliver_mw"} or c.startswith(("gen_", "discharge_"))
    ]
    tables["supply", "site", "supply_mwh"] = _yearly(hourly, used)
    tables["supply", "site", "sold_mwh"] = _yearly(hourly, [c for c in hourly.columns if c == "sell_mw"])
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


def _roadmap(path: Path, record: Mapping[str, Any]) -> list[str]:
    """roadmap.csv: that of plan.json, row by row."""
    if "horizon" not in record:
        return []
    by = ["period", "site", "option"]
    stated = pd.read_csv(path).set_index(by)
    expected = pd.DataFrame(record["horizon"]["roadmap"], columns=[*by, *ROAD]).set_index(by)
    return [
        finding
        for column in ROAD
        for finding in _different(
            f"roadmap.csv: {column}", stated[column].to_dict(), expected[column].to_dict()
        )
    ]


def _features(path: Path, key: str) -> dict[str, dict[str, Any]]:
    """Properties of a map's features by their name."""
    found = [feature["properties"] for feature in json.loads(path.read_text(encoding="utf-8"))["features"]]
    return {str(row[key]): row for row in found}


def _mix(features: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """The energy mix of all sites as rows like those of supply.csv."""
    columns = ["site", "option", "supply_mw", "supply_mwh", "sold_mwh", "store_mwh"]
    rows = [
        {"site": s, "option": k, **flows}
        for s, row in features.items()
        for k, flows in row["energy_mix"].items()
    ]
    return pd.DataFrame(rows, columns=columns)


def _map(features: Mapping[str, Mapping[str, Any]], rows: Mapping[str, Any]) -> list[str]:
    """sites.geojson: the chosen sites, and what each is said to come to."""
    chosen = {s: row for s, row in features.items() if row["selected"]}
    if set(chosen) != set(rows):
        return [f"sites.geojson selects {', '.join(sorted(chosen))}, the plan {', '.join(sorted(rows))}"]
    found = [
        finding
        for column in MAPPED
        for finding in _different(
            f"sites.geojson: {column}", _column(chosen, column), {s: r[column] for s, r in rows.items()}
        )
    ]
    cooled, planned = (
        {(s, q): float(mw) for s, row in table.items() for q, mw in (row["cooling_mw"] or {}).items()}
        for table in (chosen, rows)
    )
    return found + _different("sites.geojson: cooling_mw", cooled, planned)


def _zones(path: Path, rows: Mapping[str, Any]) -> list[str]:
    """zones.geojson: number of sites, sums and means of what the plan builds in each zone."""
    zones = _features(path, "zone")
    own = {z: [row for row in rows.values() if row["zone"] == z] for z in zones}
    expected: dict[str, dict[Any, float]] = {"sites": {z: len(mine) for z, mine in own.items()}}
    expected |= {name: {z: sum(row[name] for row in mine) for z, mine in own.items()} for name in ZONE_SUMS}
    load = expected["facility_mwh"]
    for name in ZONE_MEANS:
        expected[name] = {
            z: sum(row[name] * row["facility_mwh"] for row in mine) / load[z]
            for z, mine in own.items()
            if mine
        }
    found = [
        finding
        for name, values in expected.items()
        for finding in _different(
            f"zones.geojson: {name}", _column({z: zones[z] for z in values}, name), values
        )
    ]
    missing = sorted({row["zone"] for row in rows.values()} - set(zones))
    return found + [f"zones.geojson lacks zone {z}, which holds a site of the plan" for z in missing]


def _column(rows: Mapping[str, Mapping[str, Any]], name: str) -> dict[str, float]:
    """A property of all features; no number where it is null."""
    return {key: float("nan") if row[name] is None else float(row[name]) for key, row in rows.items()}

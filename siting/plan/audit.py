"""The audit: every limit, cost and tonne recomputed from the plan and the inputs. A second implementation, without Pyomo.

It reads the decisions as they stand in plan.json and hourly.parquet and shares no code with the model or with the
making of the plan, so that an error must be made twice, in two ways, to pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from siting.instance.instance import Instance
from siting.plan.audit_accounts import accounts, couplings, totals
from siting.plan.audit_carbon import audit_carbon, audit_embodied
from siting.plan.audit_coverage import audit_coverage, audit_sovereignty
from siting.plan.audit_firm import audit_firm
from siting.plan.audit_flexible import audit_flexible, running, yearly
from siting.plan.audit_matching import audit_matching
from siting.plan.audit_ramp import audit_ramp
from siting.plan.audit_rules import audit_rules
from siting.plan.audit_water import audit_heat, audit_water
from siting.plan.findings import SAME, Audit, flow_of
from siting.units import counted


def audit(data: Instance, record: Mapping[str, Any], hourly: pd.DataFrame) -> list[str]:
    """Findings of the audit, empty if the plan holds: stated numbers that do not recompute, limits that are overstepped."""
    unsound = _unsound(data, record)
    if unsound:
        return unsound
    check = Audit(data)
    sites = {row["site"]: row for row in record["sites"]}
    serving = audit_coverage(check, record, sites)
    audit_sovereignty(check, sites)
    results = {
        s: _site(check, {**row, "serving_eur_yr": serving.get(s, 0.0)}, _flows(hourly, s))
        for s, row in sites.items()
    }
    audit_flexible(check, record, sites, {s: _flows(hourly, s) for s in sites})
    _choice(check, sites)
    audit_ramp(check, record, sites)
    audit_embodied(check, record, sites)
    audit_matching(check, record, sites, results)
    couplings(check, sites, results)
    totals(check, record, sites, results)
    return check.findings


STATED = (
    "site",
    "country",
    "zone",
    "modules",
    "it_mw",
    "accelerators",
    "compute_pflops",
    "cooling_mw",
    "connection_mw",
    "supply_mw",
    "store_mw",
    "store_mwh",
    "facility_mwh",
    "pue",
    "cost_eur_yr",
    "capex_eur",
    "energy_eur_mwh",
    "carbon_t_yr",
    "lifecycle_t_yr",
    "carbon_market_t_yr",
    "carbon_g_kwh",
    "cfe_score",
)


def _unsound(data: Instance, record: Mapping[str, Any]) -> list[str]:
    """What must be there before anything can be recomputed: known sites, once each, with every entry."""
    names = [row.get("site") for row in record["sites"]]
    found = [f"site '{s}' is not a candidate of the instance" for s in names if s not in data.sites]
    found += [
        f"site '{s}' is listed {names.count(s)} times" for s in dict.fromkeys(names) if names.count(s) > 1
    ]
    for row in record["sites"]:
        found += [f"{row.get('site')}: '{entry}' is missing" for entry in STATED if row.get(entry) is None]
    stated = record["hours"]["modelled"]
    if stated != len(data.weight):
        found.append(f"hours: the plan says {stated} are modelled, the instance has {len(data.weight)}")
    return found


def _flows(hourly: pd.DataFrame, s: str) -> dict[str, np.ndarray]:
    own = hourly[hourly["site"] == s].sort_values("hour")
    return {str(column): own[column].to_numpy() for column in own.columns if column != "site"}


def _site(check: Audit, row: Mapping[str, Any], flow: dict[str, np.ndarray]) -> dict[str, float]:
    """Check one site alone and return its recomputed yearly results."""
    data, s = check.data, row["site"]
    site = data.sites[s]
    c = site.supply_class
    n = len(data.weight)
    if len(flow["hour"]) != n or not np.array_equal(flow["hour"], np.arange(n)):
        check.findings.append(
            f"{s}: hourly.parquet holds {counted(len(flow['hour']), 'hour')}, the instance {n}"
        )
        return {}
    it_mw = row["modules"] * data.module_mw
    check.true(f"{s}: modules {row['modules']} is not a whole number", float(row["modules"]).is_integer())
    check.same(f"{s}: it_mw", row["it_mw"], it_mw)
    check.same(f"{s}: accelerators", row["accelerators"], it_mw * data.accelerators_per_mw)
    check.same(f"{s}: compute_pflops", row["compute_pflops"], it_mw * data.compute_pflops_mw)
    check.true(
        f"{s}: country {row['country']}, zone {row['zone']} are not the world's",
        (row["country"], row["zone"]) == (site.country, data.zone[c]),
    )
    check.within(f"{s}: largest size (MW of IT)", it_mw, site.max_mw)
    check.within(f"{s}: smallest size (MW of IT)", site.min_mw, it_mw)
    _capacities(check, row, c)
    _world_hours(check, s, flow, c)
    audit_firm(check, row, c)
    row = {**row, **yearly(check, row, flow)}
    load = _halls(check, row, flow, c, it_mw)
    _balance(check, row, flow, c, load, it_mw)
    row |= {**audit_heat(check, row, flow, c, load), "water_m3": audit_water(check, row, flow, c)}
    audit_rules(check, row, flow, c, load)
    return {**accounts(check, row, flow, c, load, it_mw), **audit_carbon(check, row, flow, c)}


def _capacities(check: Audit, row: Mapping[str, Any], c: str) -> None:
    """No capacity of an option the class does not have; none is negative."""
    data, s = check.data, row["site"]
    has = {
        "cooling_mw": data.cooling_of(c),
        "supply_mw": [*data.options_of("ppa", c), *data.options_of("onsite", c)],
        "store_mw": data.options_of("storage", c),
        "store_mwh": data.options_of("storage", c),
    }
    for table, options in has.items():
        for k, size in row[table].items():
            check.true(f"{s}: {table} of '{k}', which does not exist there", k in options)
            check.true(f"{s}: {table} of {k} is {size}", size >= 0)
    check.true(f"{s}: connection_mw is {row['connection_mw']}", row["connection_mw"] >= 0)


def _world_hours(check: Audit, s: str, flow: dict[str, np.ndarray], c: str) -> None:
    """Price, intensity and carbon-free share beside the flows are the world's."""
    data, n = check.data, len(check.data.weight)
    if c not in data.price_eur_mwh:
        return
    tables = {
        "price_eur_mwh": np.array(data.price_eur_mwh[c]),
        "carbon_g_kwh": np.array(data.grid_carbon_t_mwh[c]) * 1e3,
        "grid_cfe_share": np.array(data.grid_cfe_share[c]),
    }
    for name, values in tables.items():
        off = float(np.abs(flow_of(flow, name, n) - values).max())
        same = off <= SAME * max(1.0, float(np.abs(values).max()))
        check.true(f"{s}: {name} of hourly.parquet is not the world's", same)


def _halls(
    check: Audit, row: Mapping[str, Any], flow: dict[str, np.ndarray], c: str, it_mw: float
) -> np.ndarray:
    data, s = check.data, row["site"]
    load = np.zeros(len(data.weight))
    for q, mw in running(check, row, flow, c).items():
        load += np.array(data.halls[c, q].pue) * mw
    check.within(f"{s}: cooled MW against IT MW", abs(sum(row["cooling_mw"].values()) - it_mw), 0.0)
    worst = float(np.abs(load - flow["load_mw"]).max())
    check.within(f"{s}: load_mw of hourly.parquet against PUE x utilisation x IT", worst, 0.0)
    check.true(f"{s}: weight_h is not the instance's", bool(np.allclose(flow["weight_h"], data.weight)))
    return load


def _balance(
    check: Audit, row: Mapping[str, Any], flow: dict[str, np.ndarray], c: str, load: np.ndarray, it_mw: float
) -> None:
    """Power balance, fence, contracts, plant and storage, hour by hour."""
    data, s, n = check.data, row["site"], len(load)
    buy, deliver, sell = (flow_of(flow, f"{name}_mw", n) for name in ("buy", "deliver", "sell"))
    supply, demand = buy + deliver, load.copy()
    for k in data.options_of("onsite", c):
        gen = flow_of(flow, f"gen_{k}_mw", n)
        supply = supply + gen
        check.within(
            f"{s}: {k} output (MW)", gen, np.array(data.availability[c, k]) * row["supply_mw"].get(k, 0.0)
        )
    for b in data.options_of("storage", c):
        charge, discharge, soc = (
            flow_of(flow, f"{name}_{b}_{unit}", n)
            for name, unit in (("charge", "mw"), ("discharge", "mw"), ("soc", "mwh"))
        )
        supply, demand = supply + discharge, demand + charge
        way = data.storage[c, b].efficiency_share
        step = soc - (soc[list(data.before)] + way * charge - discharge / way)
        check.within(f"{s}: {b} state of charge (MWh) against its flows", np.abs(step), 0.0)
        check.within(f"{s}: {b} energy (MWh)", soc, row["store_mwh"].get(b, 0.0))
        check.within(f"{s}: {b} power (MW)", charge + discharge, row["store_mw"].get(b, 0.0))
        hours = data.storage[c, b].duration_h
        if hours > 0:  # sold in one piece
            energy, power = row["store_mwh"].get(b, 0.0), row["store_mw"].get(b, 0.0)
            check.within(
                f"{s}: {b} energy against {hours:g} h of power (MWh)", abs(energy - hours * power), 0.0
            )
    check.within(f"{s}: power balance (MW)", np.abs(supply - demand), 0.0)
    check.within(f"{s}: what crosses the fence (MW)", buy + deliver, row["connection_mw"])
    rated = sum(max(data.halls[c, q].pue) * row["cooling_mw"].get(q, 0.0) for q in data.cooling_of(c))
    check.within(
        f"{s}: connection against rated load (MW)",
        row["connection_mw"],
        rated if c in data.price_eur_mwh else 0.0,
    )
    contracted = _contracts(check, row, flow, c, deliver)
    check.within(f"{s}: delivered and sold against contracted output (MW)", deliver + sell, contracted)
    check.within(f"{s}: surplus sold (MW)", sell, data.excess_share_max * load)
    land = sum(
        data.onsite[c, k].land_ha_mw * row["supply_mw"].get(k, 0.0) for k in data.options_of("onsite", c)
    )
    check.within(f"{s}: land of on-site plant (ha)", land, data.spare_land_ha_mw[c] * it_mw)
    for name, values in flow.items():
        if name.endswith(("_mw", "_mwh")) and name != "price_eur_mwh":
            sound = bool((values >= 0).all() or np.isnan(values).all())  # empty: what other sites have alone
            check.true(f"{s}: {name} of hourly.parquet is negative or no number", sound)


def _contracts(
    check: Audit, row: Mapping[str, Any], flow: dict[str, np.ndarray], c: str, deliver: np.ndarray
) -> np.ndarray:
    """Output of all contracts (MW); what is delivered is split among them by what each puts out."""
    data, n = check.data, len(deliver)
    output = {
        k: np.array(data.availability[c, k]) * row["supply_mw"].get(k, 0.0) for k in data.options_of("ppa", c)
    }
    together = sum(output.values(), np.zeros(n))
    for k, own in output.items():
        part = np.divide(own, together, out=np.zeros(n), where=together > 0)
        off = np.abs(flow_of(flow, f"contract_{k}_mw", n) - deliver * part)
        check.within(f"{row['site']}: {k} delivered (MW) against its part of all contracts", off, 0.0)
    return together


def _choice(check: Audit, sites: Mapping[str, Mapping[str, Any]]) -> None:
    """Number of sites, countries, forced sites and the compute target."""
    data = check.data
    countries = [row["country"] for row in sites.values()]
    check.within("sites.max", len(sites), data.sites_max)
    check.within("sites.min", data.sites_min, len(sites))
    check.within("sites.min_countries", data.countries_min, len(set(countries)))
    for country in set(countries):
        check.within(f"sites.max_per_country in {country}", countries.count(country), data.per_country_max)
    for s in data.forced:
        check.true(f"forced site '{s}' is not built", s in sites)
    check.within(
        "target (MW of IT)", data.target_it_mw, sum(row["modules"] for row in sites.values()) * data.module_mw
    )

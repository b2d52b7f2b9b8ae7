"""The audit: every limit, cost and tonne recomputed from the plan and the inputs. A second implementation, without Pyomo.

It reads the decisions as they stand in plan.json and hourly.parquet and shares no code with the model or with the
making of the plan, so that an error must be made twice, in two ways, to pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from siting.instance.instance import Instance

SAME = 1e-6  # relative: a stated number against its recomputation
ROOM = 1e-5  # relative to the row's own scale: how far a limit may be overstepped (the solver's feasibility tolerance)


@dataclass
class _Audit:
    """The findings, and what has been recomputed so far."""

    data: Instance
    findings: list[str] = field(default_factory=list)

    def same(self, name: str, stated: float, recomputed: float) -> None:
        """Stated equals recomputed."""
        if not np.isfinite(stated) or abs(stated - recomputed) > SAME * max(1.0, abs(recomputed)):
            self.findings.append(f"{name}: the plan says {stated:,.6g}, recomputed {recomputed:,.6g}")

    def within(self, name: str, used: Any, limit: Any) -> None:
        """used <= limit, for numbers or hourly arrays."""
        used, limit = np.broadcast_arrays(np.asarray(used, dtype=float), np.asarray(limit, dtype=float))
        over = used - limit - ROOM * np.maximum(1.0, np.maximum(np.abs(used), np.abs(limit)))
        if over.size and not over.max() <= 0:
            i = int(np.argmax(over))
            where = f" in modelled hour {i}" if used.size > 1 else ""
            self.findings.append(f"{name}: {used.flat[i]:,.6g} oversteps {limit.flat[i]:,.6g}{where}")

    def true(self, name: str, fact: bool) -> None:
        """A fact that must hold."""
        if not fact:
            self.findings.append(name)


def audit(data: Instance, record: Mapping[str, Any], hourly: pd.DataFrame) -> list[str]:
    """Findings of the audit, empty if the plan holds: stated numbers that do not recompute, limits that are overstepped."""
    check = _Audit(data)
    sites = {row["site"]: row for row in record["sites"]}
    unknown = [s for s in sites if s not in data.sites]
    if unknown:
        return [f"site '{s}' is not a candidate of the instance" for s in unknown]
    results = {s: _site(check, row, _flows(hourly, s)) for s, row in sites.items()}
    _choice(check, sites)
    _couplings(check, sites, results)
    _totals(check, record, sites, results)
    return check.findings


def _flows(hourly: pd.DataFrame, s: str) -> dict[str, np.ndarray]:
    own = hourly[hourly["site"] == s].sort_values("hour")
    return {str(column): own[column].to_numpy() for column in own.columns if column != "site"}


def _site(check: _Audit, row: Mapping[str, Any], flow: dict[str, np.ndarray]) -> dict[str, float]:
    """Check one site alone and return its recomputed yearly results."""
    data, s = check.data, row["site"]
    site = data.sites[s]
    c = site.supply_class
    n = len(data.weight)
    if len(flow["hour"]) != n or not np.array_equal(flow["hour"], np.arange(n)):
        check.findings.append(f"{s}: hourly.parquet holds {len(flow['hour'])} hours, the instance {n}")
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
    load = _halls(check, row, flow, c, it_mw)
    _balance(check, row, flow, c, load, it_mw)
    return _accounts(check, row, flow, c, load, it_mw)


def _halls(
    check: _Audit, row: Mapping[str, Any], flow: dict[str, np.ndarray], c: str, it_mw: float
) -> np.ndarray:
    data, s = check.data, row["site"]
    load = np.zeros(len(data.weight))
    for q, mw in row["cooling_mw"].items():
        check.true(f"{s}: cooling '{q}' is not allowed", (c, q) in data.halls)
        load += np.array(data.halls[c, q].pue) * (data.utilisation_share * mw)
    check.within(f"{s}: cooled MW against IT MW", abs(sum(row["cooling_mw"].values()) - it_mw), 0.0)
    worst = float(np.abs(load - flow["load_mw"]).max())
    check.within(f"{s}: load_mw of hourly.parquet against PUE x utilisation x IT", worst, 0.0)
    check.true(f"{s}: weight_h is not the instance's", bool(np.allclose(flow["weight_h"], data.weight)))
    return load


def _get(flow: dict[str, np.ndarray], name: str, n: int) -> np.ndarray:
    values = flow.get(name)
    return np.zeros(n) if values is None else np.nan_to_num(values, nan=0.0)


def _balance(
    check: _Audit, row: Mapping[str, Any], flow: dict[str, np.ndarray], c: str, load: np.ndarray, it_mw: float
) -> None:
    """Power balance, fence, contracts, plant and storage, hour by hour."""
    data, s, n = check.data, row["site"], len(load)
    buy, deliver, sell = (_get(flow, f"{name}_mw", n) for name in ("buy", "deliver", "sell"))
    supply, demand = buy + deliver, load.copy()
    for k in data.options_of("onsite", c):
        gen = _get(flow, f"gen_{k}_mw", n)
        supply = supply + gen
        check.within(
            f"{s}: {k} output (MW)", gen, np.array(data.availability[c, k]) * row["supply_mw"].get(k, 0.0)
        )
    for b in data.options_of("storage", c):
        charge, discharge, soc = (
            _get(flow, f"{name}_{b}_{unit}", n)
            for name, unit in (("charge", "mw"), ("discharge", "mw"), ("soc", "mwh"))
        )
        supply, demand = supply + discharge, demand + charge
        way = data.storage[c, b].efficiency_share
        step = soc - (soc[list(data.before)] + way * charge - discharge / way)
        check.within(f"{s}: {b} state of charge (MWh) against its flows", np.abs(step), 0.0)
        check.within(f"{s}: {b} energy (MWh)", soc, row["store_mwh"].get(b, 0.0))
        check.within(f"{s}: {b} power (MW)", charge + discharge, row["store_mw"].get(b, 0.0))
    check.within(f"{s}: power balance (MW)", np.abs(supply - demand), 0.0)
    check.within(f"{s}: what crosses the fence (MW)", buy + deliver, row["connection_mw"])
    rated = sum(max(data.halls[c, q].pue) * mw for q, mw in row["cooling_mw"].items())
    check.within(
        f"{s}: connection against rated load (MW)",
        row["connection_mw"],
        rated if c in data.price_eur_mwh else 0.0,
    )
    contracted = sum(
        (np.array(data.availability[c, k]) * row["supply_mw"].get(k, 0.0) for k in data.options_of("ppa", c)),
        np.zeros(n),
    )
    check.within(f"{s}: delivered and sold against contracted output (MW)", deliver + sell, contracted)
    check.within(f"{s}: surplus sold (MW)", sell, data.excess_share_max * load)
    land = sum(
        data.onsite[c, k].land_ha_mw * row["supply_mw"].get(k, 0.0) for k in data.options_of("onsite", c)
    )
    check.within(f"{s}: land of on-site plant (ha)", land, data.spare_land_ha_mw[c] * it_mw)
    least = min((float(v.min()) for name, v in flow.items() if name.endswith(("_mw", "_mwh"))), default=0.0)
    check.true(f"{s}: a flow is negative or missing ({least})", not least < 0)
    sizes = [
        *row["supply_mw"].values(),
        *row["store_mw"].values(),
        *row["store_mwh"].values(),
        *row["cooling_mw"].values(),
    ]
    check.true(f"{s}: a capacity is negative", min([row["connection_mw"], *sizes]) >= 0)


def _accounts(
    check: _Audit, row: Mapping[str, Any], flow: dict[str, np.ndarray], c: str, load: np.ndarray, it_mw: float
) -> dict[str, float]:
    """Cost, capex, tonnes and clean energy of one site, recomputed from its decisions."""
    data, s, n = check.data, row["site"], len(load)
    w = np.array(data.weight)
    site, size, store_mw, store_mwh = data.sites[s], row["supply_mw"], row["store_mw"], row["store_mwh"]
    buy, deliver, sell = (_get(flow, f"{name}_mw", n) for name in ("buy", "deliver", "sell"))
    halls = {q: data.halls[c, q] for q in row["cooling_mw"]}
    housing = (
        sum(halls[q].yearly_eur_mw * mw for q, mw in row["cooling_mw"].items())
        + data.it[c].yearly_eur_mw * it_mw
    )
    power = site.line_yearly_eur_mw * it_mw
    tonnes = life_cycle = clean = 0.0
    capex = {
        "site": sum(halls[q].capex_eur_mw * mw for q, mw in row["cooling_mw"].items()),
        "it": data.it[c].capex_eur_mw * it_mw,
    }
    capex |= {"connection": site.line_capex_eur_mw * it_mw, "onsite_power": 0.0}
    if c in data.price_eur_mwh:
        price, network = np.array(data.price_eur_mwh[c]), data.network_eur_mwh[c]
        worth = np.where(price > 0, price * (1 - data.sale_haircut_share), price)
        power += data.connection[c].yearly_eur_mw * row["connection_mw"]
        power += float(w @ (buy * price + (buy + deliver) * network - sell * worth))
        capex["connection"] += data.connection[c].capex_eur_mw * row["connection_mw"]
        tonnes += float(w @ (buy * np.array(data.grid_carbon_t_mwh[c])))
        clean += float(w @ (deliver + buy * np.array(data.grid_cfe_share[c])))
        life_cycle += tonnes
    contracted = {k: np.array(data.availability[c, k]) * size.get(k, 0.0) for k in data.options_of("ppa", c)}
    total = sum(contracted.values(), np.zeros(n))
    for k, output in contracted.items():
        power += data.ppa[c, k].yearly_eur_mw * size.get(k, 0.0)
        used = np.divide(deliver * output, total, out=np.zeros(n), where=total > 0)
        life_cycle += data.ppa[c, k].lifecycle_t_mwh * float(w @ used)
    annual_clean = float(w @ (deliver + sell))
    for k in data.options_of("onsite", c):
        option, mwh = data.onsite[c, k], float(w @ _get(flow, f"gen_{k}_mw", n))
        power += (
            option.yearly_eur_mw * size.get(k, 0.0) + (option.energy_eur_mwh + option.allowance_eur_mwh) * mwh
        )
        capex["onsite_power"] += option.capex_eur_mw * size.get(k, 0.0)
        tonnes += option.carbon_t_mwh * mwh
        life_cycle += option.lifecycle_t_mwh * mwh
        clean += mwh if option.clean else 0.0
        annual_clean += mwh if option.clean else 0.0
    for b in data.options_of("storage", c):
        option = data.storage[c, b]
        power += option.yearly_eur_mw * store_mw.get(b, 0.0) + option.yearly_eur_mwh * store_mwh.get(b, 0.0)
        capex["onsite_power"] += option.capex_eur_mw * store_mw.get(
            b, 0.0
        ) + option.capex_eur_mwh * store_mwh.get(b, 0.0)
        net = float(w @ (_get(flow, f"discharge_{b}_mw", n) - _get(flow, f"charge_{b}_mw", n)))
        clean, annual_clean = clean + net, annual_clean + net
    power += data.internal_price_eur_t * tonnes
    load_mwh = float(w @ load)
    result = {
        "facility_mwh": load_mwh,
        "pue": load_mwh / (it_mw * data.utilisation_share * float(w.sum())),
        "cost_eur_yr": housing + power,
        "capex_eur": sum(capex.values()),
        "energy_eur_mwh": power / load_mwh,
        "carbon_t_yr": tonnes,
        "lifecycle_t_yr": life_cycle,
        "carbon_g_kwh": tonnes / load_mwh * 1e3,
        "cfe_score": clean / load_mwh,
    }
    for name, value in result.items():
        check.same(f"{s}: {name}", row[name], value)
    return {
        **result,
        "clean_mwh": clean if data.matching == "hourly" else annual_clean,
        "counted_eur": sum(capex[g] for g in data.capex_counts),
    }


def _choice(check: _Audit, sites: Mapping[str, Mapping[str, Any]]) -> None:
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


def _couplings(
    check: _Audit, sites: Mapping[str, Mapping[str, Any]], results: dict[str, dict[str, float]]
) -> None:
    """Potentials of zones, budget, carbon caps and matching over the portfolio."""
    data = check.data
    if not all(results.values()):
        return
    total = {
        name: sum(r[name] for r in results.values())
        for name in ("carbon_t_yr", "facility_mwh", "clean_mwh", "counted_eur")
    }
    used: dict[tuple[str, ...], float] = {
        ("capex",): total["counted_eur"],
        ("carbon",): total["carbon_t_yr"],
        ("carbon_rate",): total["carbon_t_yr"] / max(total["facility_mwh"], 1e-9) * 1e3,
        ("clean",): total["clean_mwh"] / max(total["facility_mwh"], 1e-9),
    }
    for key, limit in data.limits.items():
        if key[0] == "potential":
            amount = sum(row["supply_mw"].get(key[2], 0.0) for row in sites.values() if row["zone"] == key[1])
        else:
            amount = used[key]
        low, high = (amount, limit.value) if limit.sense == "<=" else (limit.value, amount)
        check.within(f"{limit.meaning} ({limit.unit})", low, high)


def _totals(
    check: _Audit,
    record: Mapping[str, Any],
    sites: Mapping[str, Mapping[str, Any]],
    results: dict[str, dict[str, float]],
) -> None:
    data, stated = check.data, record["totals"]
    if not all(results.values()):
        return
    sums = {
        name: sum(r[name] for r in results.values())
        for name in ("facility_mwh", "cost_eur_yr", "capex_eur", "carbon_t_yr", "lifecycle_t_yr")
    }
    load = sums["facility_mwh"]
    it_mw = sum(row["modules"] for row in sites.values()) * data.module_mw
    again = {
        **sums,
        "sites": len(sites),
        "countries": len({row["country"] for row in sites.values()}),
        "it_mw": it_mw,
        "accelerators": it_mw * data.accelerators_per_mw,
        "compute_pflops": it_mw * data.compute_pflops_mw,
        "connection_mw": sum(row["connection_mw"] for row in sites.values()),
        "cash_cost_eur_yr": sums["cost_eur_yr"] - data.internal_price_eur_t * sums["carbon_t_yr"],
        "energy_eur_mwh": sum(r["energy_eur_mwh"] * r["facility_mwh"] for r in results.values()) / load
        if load
        else 0.0,
        "carbon_g_kwh": sums["carbon_t_yr"] / load * 1e3 if load else 0.0,
        "cfe_score": sum(r["cfe_score"] * r["facility_mwh"] for r in results.values()) / load
        if load
        else 0.0,
        "pue": load / (it_mw * data.utilisation_share * sum(data.weight)) if load else 0.0,
    }
    for name, value in stated.items():
        check.true(f"totals: '{name}' is no quantity the audit knows", name in again)
        check.same(f"totals: {name}", value, again.get(name, float("nan")))
    _objectives(check, record, again)


def _objectives(check: _Audit, record: Mapping[str, Any], again: Mapping[str, float]) -> None:
    """Stated objective values are the totals; gap is the distance to the bound; no bound beats its plan."""
    data = check.data
    worth = {"cost": again["cost_eur_yr"], "carbon": again["carbon_t_yr"], "compute": again["it_mw"]}
    worth["weighted"] = again["cost_eur_yr"] + data.carbon_weight_eur_t * again["carbon_t_yr"]
    for i, stage in enumerate([record["objective"], *record["later_objectives"]]):
        name, value, bound = stage["name"], stage["value"], stage["bound"]
        check.true(
            f"objective {i + 1} is {name}, the model asks for {data.objectives[i]}",
            name == data.objectives[i],
        )
        if i == len(record["later_objectives"]):
            check.same(f"objective {name}", value, worth[name])
        else:  # a later objective may worsen an earlier one within its tie share
            check.within(f"objective {name} after later ones", abs(worth[name] - value), ROOM * abs(value))
        if bound is None:  # stopped before any bound was proven
            check.true(f"objective {name} states a gap without a bound", stage["gap"] is None)
            continue
        check.same(f"gap of objective {name}", stage["gap"], abs(value - bound) / max(abs(value), 1e-9))
        low, high = (value, bound) if name == "compute" else (bound, value)
        check.within(f"bound of objective {name}", low, high)

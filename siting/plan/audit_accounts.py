"""The audit's books: cost, capex, tonnes and clean energy recomputed, held against limits, totals and objectives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from siting.instance.instance import GRID
from siting.plan.audit_baseload import audit_baseload
from siting.plan.audit_contracts import SHARED, contracted_mw
from siting.plan.audit_matching import clean_share_in
from siting.plan.findings import ROOM, SLIP_T, Audit, flow_of


@dataclass
class _Books:
    """Sums of a site while its power is gone through: EUR a year, tonnes, MWh of clean supply, overnight EUR by group."""

    power_eur: float = 0.0
    tonnes: float = 0.0
    life_cycle_t: float = 0.0
    clean_mwh: float = 0.0  # by the hour
    annual_clean_mwh: float = 0.0
    capex: dict[str, float] = field(default_factory=dict)


def accounts(
    check: Audit, row: Mapping[str, Any], flow: dict[str, np.ndarray], c: str, load: np.ndarray, it_mw: float
) -> dict[str, float]:
    """Cost, capex, tonnes and clean energy of one site, recomputed from its decisions."""
    data, s = check.data, row["site"]
    load_mwh = float(np.array(data.weight) @ load)
    books = _Books()
    housing = _housing(check, row, c, it_mw, books)
    _grid(check, row, flow, c, len(load), books)
    _contracts(check, row, flow, c, len(load), books)
    _onsite(check, row, flow, c, len(load), books)
    _stores(check, row, flow, c, len(load), books)
    result = {
        "facility_mwh": load_mwh,
        "pue": load_mwh / row["it_mwh"],
        "cost_eur_yr": housing + books.power_eur + data.internal_price_eur_t * books.tonnes,
        "capex_eur": sum(books.capex.values()),
        "energy_eur_mwh": books.power_eur / load_mwh,
        "carbon_t_yr": books.tonnes,
        "lifecycle_t_yr": books.life_cycle_t,
        "carbon_g_kwh": books.tonnes / load_mwh * 1e3,
        "cfe_score": books.clean_mwh / load_mwh,
    }
    for name, value in result.items():
        check.same(f"{s}: {name}", row[name], value)
    return {
        **result,
        "it_mwh": row["it_mwh"],
        "clean_mwh": books.clean_mwh if data.matching == "hourly" else books.annual_clean_mwh,
        "counted_eur": sum(books.capex[g] for g in data.capex_counts),
        "spread_mw": _spread_mw(check, row, flow, c, it_mw, load),
        "water_m3": row["water_m3"],
    }


def _housing(check: Audit, row: Mapping[str, Any], c: str, it_mw: float, books: _Books) -> float:
    """What is paid each year for all that is no power (EUR); opens the books with halls, chips and line."""
    data, site = check.data, check.data.sites[row["site"]]
    halls = {q: data.halls[c, q] for q in row["cooling_mw"] if (c, q) in data.halls}
    books.capex = {
        "site": sum(hall.capex_eur_mw * row["cooling_mw"][q] for q, hall in halls.items())
        + row["heat_capex_eur"],
        "it": data.it[c].capex_eur_mw * it_mw,
        "connection": site.line_capex_eur_mw * it_mw,
        "onsite_power": 0.0,
    }
    books.power_eur = site.line_yearly_eur_mw * it_mw
    return float(
        sum(hall.yearly_eur_mw * row["cooling_mw"][q] for q, hall in halls.items())
        + data.it[c].yearly_eur_mw * it_mw
        + site.fixed_yearly_eur
        + row["serving_eur_yr"]
        + row["lost_eur_yr"]
        + row["heat_eur_yr"]
    )


def _grid(
    check: Audit, row: Mapping[str, Any], flow: dict[str, np.ndarray], c: str, n: int, books: _Books
) -> None:
    """Connection, purchase, network charges and sale, and the tonnes and clean share of what is bought."""
    data = check.data
    if c not in data.price_eur_mwh:
        return
    w = np.array(data.weight)
    buy, deliver, sell = (flow_of(flow, f"{name}_mw", n) for name in ("buy", "deliver", "sell"))
    price, network = np.array(data.price_eur_mwh[c]), data.network_eur_mwh[c]
    worth = np.where(price > 0, price * (1 - data.sale_haircut_share), price)
    books.power_eur += data.connection[c].yearly_eur_mw * row["connection_mw"]
    books.power_eur += float(w @ (buy * price + (buy + deliver) * network - sell * worth))
    books.capex["connection"] += data.connection[c].capex_eur_mw * row["connection_mw"]
    tonnes = float(w @ (buy * np.array(data.grid_carbon_t_mwh[c])))
    books.tonnes += tonnes
    books.life_cycle_t += tonnes
    books.clean_mwh += float(w @ (deliver + buy * np.array(data.grid_cfe_share[c])))


def _contracts(
    check: Audit, row: Mapping[str, Any], flow: dict[str, np.ndarray], c: str, n: int, books: _Books
) -> None:
    """Contracts and their shaping; life-cycle tonnes by the part each has in what is delivered."""
    data, size, w = check.data, row["supply_mw"], np.array(check.data.weight)
    shaping, within_t, not_clean = audit_baseload(check, row, flow, c)
    books.power_eur += shaping
    books.clean_mwh -= not_clean
    books.tonnes += within_t
    books.life_cycle_t += within_t
    deliver, sell = flow_of(flow, "deliver_mw", n), flow_of(flow, "sell_mw", n)
    contracted = {k: np.array(data.availability[c, k]) * size.get(k, 0.0) for k in data.options_of("ppa", c)}
    total = sum(contracted.values(), np.zeros(n))
    for k, output in contracted.items():
        books.power_eur += data.ppa[c, k].yearly_eur_mw * size.get(k, 0.0)
        used = np.divide(deliver * output, total, out=np.zeros(n), where=total > 0)
        books.life_cycle_t += data.ppa[c, k].lifecycle_t_mwh * float(w @ used)
    books.annual_clean_mwh += float(w @ (deliver + sell))


def _onsite(
    check: Audit, row: Mapping[str, Any], flow: dict[str, np.ndarray], c: str, n: int, books: _Books
) -> None:
    """Plant on site: what stands, what it burns and emits."""
    data, size, w = check.data, row["supply_mw"], np.array(check.data.weight)
    for k in data.options_of("onsite", c):
        option, mwh = data.onsite[c, k], float(w @ flow_of(flow, f"gen_{k}_mw", n))
        books.power_eur += option.yearly_eur_mw * size.get(k, 0.0)
        books.power_eur += (option.energy_eur_mwh + option.allowance_eur_mwh) * mwh
        books.capex["onsite_power"] += option.capex_eur_mw * size.get(k, 0.0)
        books.tonnes += option.carbon_t_mwh * mwh
        books.life_cycle_t += option.lifecycle_t_mwh * mwh
        books.clean_mwh += mwh if option.clean else 0.0
        books.annual_clean_mwh += mwh if option.clean else 0.0


def _stores(
    check: Audit, row: Mapping[str, Any], flow: dict[str, np.ndarray], c: str, n: int, books: _Books
) -> None:
    """Storage: what stands, and what its losses take off clean supply."""
    data, w = check.data, np.array(check.data.weight)
    for b in data.options_of("storage", c):
        option, mw, mwh = data.storage[c, b], row["store_mw"].get(b, 0.0), row["store_mwh"].get(b, 0.0)
        books.power_eur += option.yearly_eur_mw * mw + option.yearly_eur_mwh * mwh
        books.capex["onsite_power"] += option.capex_eur_mw * mw + option.capex_eur_mwh * mwh
        net = float(w @ (flow_of(flow, f"discharge_{b}_mw", n) - flow_of(flow, f"charge_{b}_mw", n)))
        books.clean_mwh += net
        books.annual_clean_mwh += net


def _spread_mw(
    check: Audit, row: Mapping[str, Any], flow: dict[str, np.ndarray], c: str, it_mw: float, load: np.ndarray
) -> float:
    """What objective spread weighs at a site: MW of IT, mean MW by source, MWh of storage.

    Asked for little, a source counts with all it gives; asked for much, with the load left once storage losses
    and all that other contracts could have delivered are taken off it.
    """
    data, n = check.data, len(check.data.weight)
    share = np.array(data.weight) / sum(data.weight)
    value = data.spread_sites.get(row["site"], 0.0) * it_mw
    lost = sum(
        float(share @ (flow_of(flow, f"charge_{b}_mw", n) - flow_of(flow, f"discharge_{b}_mw", n)))
        for b in data.options_of("storage", c)
    )
    output = {
        k: float(share @ np.array(data.availability[c, k])) * row["supply_mw"].get(k, 0.0)
        for k in data.options_of("ppa", c)
    }
    delivered = float(share @ flow_of(flow, "deliver_mw", n))
    contracts, stores = {k for _, k in data.ppa}, {k for _, k in data.storage}
    for k, weight in data.spread_options.items():
        if k in stores:
            value += weight * row["store_mwh"].get(k, 0.0)
            continue
        if k in contracts:
            others = sum(mw for other, mw in output.items() if other != k)
            amount = output.get(k, 0.0) if weight > 0 else delivered - others
        else:
            amount = float(share @ flow_of(flow, "buy_mw" if k == GRID else f"gen_{k}_mw", n))
        value += weight * (amount - (lost + float(share @ load) if weight < 0 else 0.0))
    return value


def couplings(
    check: Audit, sites: Mapping[str, Mapping[str, Any]], results: dict[str, dict[str, float]]
) -> None:
    """Potentials of zones, budget, carbon caps and matching over the portfolio."""
    data = check.data
    if not all(results.values()):
        return
    total = {
        name: sum(r[name] for r in results.values())
        for name in ("carbon_t_yr", "facility_mwh", "clean_mwh", "counted_eur", "cost_eur_yr")
    }
    load = total["facility_mwh"]
    used: dict[tuple[str, ...], float] = {
        ("capex",): total["counted_eur"],
        ("cost",): total["cost_eur_yr"],
        ("carbon",): total["carbon_t_yr"],
        ("carbon_rate",): total["carbon_t_yr"] / max(load, 1e-9) * 1e3,
        ("clean",): total["clean_mwh"] / load if load else 1.0,  # of nothing, all
        ("lifecycle",): sum(r["lifecycle_capped_t"] for r in results.values()),
        ("water",): sum(r["water_m3"] for r in results.values()),
    }
    for key, limit in data.limits.items():
        if key[0] == "ramp":  # audit_ramp
            continue
        if key[0] == "clean_in":
            amount = clean_share_in(sites, results, key[1])
        else:
            amount = contracted_mw(sites.values(), key) if key[0] in SHARED else used[key]
        low, high = (amount, limit.value) if limit.sense == "<=" else (limit.value, amount)
        check.within(f"{limit.meaning} ({limit.unit})", low, high)


def totals(
    check: Audit,
    record: Mapping[str, Any],
    sites: Mapping[str, Mapping[str, Any]],
    results: dict[str, dict[str, float]],
) -> None:
    """Every stated total is the sum of what was recomputed, and none is missing."""
    data, stated = check.data, record["totals"]
    if not all(results.values()):
        return
    sums = {
        name: sum(r[name] for r in results.values())
        for name in (
            "facility_mwh",
            "cost_eur_yr",
            "capex_eur",
            "carbon_t_yr",
            "lifecycle_t_yr",
            "carbon_market_t_yr",
        )
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
        "pue": load / sum(r["it_mwh"] for r in results.values()) if load else 0.0,
    }
    water = sum(r["water_m3"] for r in results.values())
    again |= {} if np.isnan(water) else {"water_m3_yr": water}
    for name in sorted({*stated, *again}):
        known = name in again and name in stated
        check.true(f"totals: '{name}' is missing, or no quantity the audit knows", known)
        check.same(f"totals: {name}", stated.get(name, np.nan), again.get(name, np.nan))
    spread = sum(r["spread_mw"] for r in results.values())
    _objectives(check, record, {**again, "spread_mw": spread})


def _objectives(check: Audit, record: Mapping[str, Any], again: Mapping[str, float]) -> None:
    """Stated objective values are the totals; gap is the distance to the bound; no bound beats its plan."""
    data = check.data
    worth = {"cost": again["cost_eur_yr"], "carbon": again["carbon_t_yr"], "compute": again["it_mw"]}
    worth["spread"] = again["spread_mw"]
    worth["weighted"] = again["cost_eur_yr"] + data.carbon_weight_eur_t * again["carbon_t_yr"]
    stages = [record["objective"], *record["later_objectives"]]
    whole = len(stages) == len(data.objectives) or stages[-1]["status"] != "optimal"
    check.true(f"{len(stages)} of {len(data.objectives)} objectives are stated", whole)
    for i, stage in enumerate(stages[: len(data.objectives)]):
        name, value, bound = stage["name"], stage["value"], stage["bound"]
        against = max(abs(value), data.least_size(name), 1e-9)
        check.true(
            f"objective {i + 1} is {name}, the model asks for {data.objectives[i]}",
            name == data.objectives[i],
        )
        if i == len(record["later_objectives"]):
            check.same(f"objective {name}", value, worth[name])
        else:  # a later objective may worsen an earlier one within its tie share
            room = ROOM * against + SLIP_T * (name == "carbon")
            check.within(f"objective {name} after later ones", abs(worth[name] - value), room)
        if bound is None:  # stopped before any bound was proven
            check.true(f"objective {name} states a gap without a bound", stage["gap"] is None)
            continue
        check.same(f"gap of objective {name}", stage["gap"], abs(value - bound) / against)
        low, high = (value, bound) if name == "compute" else (bound, value)
        check.within(f"bound of objective {name}", low, high)

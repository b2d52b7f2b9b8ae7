"""From a solved instance to a plan: class energy shared out to sites by IT power, named terms into tables."""

from __future__ import annotations

import hashlib
import json
import math
import platform
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from siting.errors import InputError
from siting.inputs.planning import PlanningModel
from siting.inputs.world import World
from siting.instance.hours import Hours
from siting.instance.instance import Instance
from siting.instance.items import is_internal_price, pays_for_energy
from siting.plan.binding import binding_limits
from siting.plan.carbon import embodied_record, market_t
from siting.plan.coverage import binding_places, coverage_record
from siting.plan.flexible import binding_load, facility_load_mw, flexible_record, it_mwh, load_entries
from siting.plan.frames import site_frame, zone_frame
from siting.plan.matching import binding_matching, clean_used, matching_record
from siting.plan.plan import SCHEMA, Plan
from siting.plan.rules import binding_rules, rule_entries, water_total
from siting.plan.shaped import grid_power_t, not_clean_mw, shaped_entries, shaped_notes
from siting.plan.supply import contract_shares, ppa_energy, supply_table, whatever_period
from siting.solver.solution import Energy, Solution, StageResult, equal_sites
from siting.units import G_PER_T, KWH_PER_MWH

HOURLY_KEYS = ("site", "hour", "period", "weight_h")
OF_PERIOD = r"@\d+"  # the period an option was built in, within the name of a cost item
OBJECTIVE_UNIT = {
    "cost": "EUR/yr",
    "carbon": "t CO2e/yr",
    "compute": "MW of IT",
    "weighted": "EUR/yr",
    "spread": "MW",
    "risk": "EUR/yr",
}


def make_plan(
    model: PlanningModel, world: World, hours: Hours, data: Instance, solved: Solution, solver: dict[str, str]
) -> Plan:
    """Assemble all tables and the record of a solved instance."""
    shares = _shares(data, solved)
    energy = {s: solved.energy[data.sites[s].supply_class].scaled(share) for s, share in shares.items()}
    hourly = _hourly(data, hours, energy)
    costs = _costs(data, solved, shares)
    emissions = _emissions(data, energy)
    supply = supply_table(data, energy, {s: n * data.module_mw for s, n in solved.modules.items()})
    rows = {s: _site_record(data, solved, s, energy[s], hourly, costs, emissions) for s in shares}
    totals = _totals(rows, costs, emissions)
    matched = matching_record(data, energy)
    record: dict[str, Any] = {
        "siting": SCHEMA,
        "title": model.title,
        "status": _status(data, solved),
        "objective": stage_record(solved.stages[0]),
        "later_objectives": [stage_record(stage) for stage in solved.stages[1:]],
        "method": solved.method,
        "seconds": round(solved.seconds, 3),
        "versions": {"siting": version("siting"), "python": platform.python_version(), **solver},
        "inputs": {"world": world.name, "model_sha256": model_hash(model), "world_sha256": world_hash(world)},
        "hours": {"modelled": len(data.weight), "periods": list(hours.labels), "rms_error": hours.error},
        "totals": totals,
        "binding": [
            *binding_limits(data, totals, solved, clean_used(data, matched)),
            *binding_matching(data, matched),
            *binding_places(data, solved.modules, solved.assigned_mw),
            *binding_load(data, rows.values(), energy),
            *binding_rules(data, rows.values()),
        ],
        "sites": list(rows.values()),
        **coverage_record(data, solved.assigned_mw),
        **flexible_record(rows.values()),
        **matched,
        "embodied": embodied_record(data, rows.values()),
        "notes": [*data.notes, *shaped_notes(rows.values()), *_ties(data, solved)],
        "model": model.model_dump(mode="json"),
    }
    sites = site_frame(world, data, rows)
    zones = zone_frame(world, model, hours, data, set(sites["zone"]))
    return Plan(model, record, sites, supply, costs, emissions, hourly, zones, world.sources.reset_index())


def model_hash(model: PlanningModel) -> str:
    """SHA-256 of the merged model."""
    return hashlib.sha256(json.dumps(model.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()


def world_hash(world: World) -> str:
    """SHA-256 over the hashes of all files of the world."""
    return hashlib.sha256(json.dumps(world.file_hashes, sort_keys=True).encode()).hexdigest()


def check_unchanged(plan: Plan, world: World) -> None:
    """InputError unless the world is the one the plan was made in."""
    if world_hash(world) != plan.record["inputs"]["world_sha256"]:
        raise InputError(f"world {world.name}: has changed since the plan was made; solve the model again")


def _ties(data: Instance, solved: Solution) -> list[str]:
    """Chosen sites that another candidate could replace at the same cost: the choice between them is arbitrary."""
    notes = []
    for s, n in solved.modules.items():
        equal = [
            o
            for o, other in data.sites.items()
            if o not in solved.modules and equal_sites(data, s, o) and other.max_mw >= n * data.module_mw
        ]
        if equal:
            more = f" and {len(equal) - 3} more" if len(equal) > 3 else ""
            notes.append(
                f"{s} ties with {', '.join(equal[:3])}{more}: same zone, same costs, the choice is arbitrary"
            )
    return notes


def _status(data: Instance, solved: Solution) -> str:
    """optimal only if every objective was taken to the asked gap; else what cut the first unfinished one short."""
    cut = [stage.status for stage in solved.stages if stage.status != "optimal"]
    return cut[0] if cut else "optimal" if len(solved.stages) == len(data.objectives) else "time_limit"


def stage_record(stage: StageResult) -> dict[str, Any]:
    """One objective as plan.json has it: value and bound in its own sense, gap, and what ended it."""
    sign = -1.0 if stage.objective == "compute" else 1.0
    proven = math.isfinite(stage.bound)
    return {
        "name": stage.objective,
        "unit": OBJECTIVE_UNIT[stage.objective],
        "value": sign * stage.value,
        "bound": sign * stage.bound if proven else None,
        "gap": stage.gap if proven else None,
        "status": stage.status,
    }


def _shares(data: Instance, solved: Solution) -> dict[str, float]:
    """Each chosen site's share of its class's IT power."""
    total: dict[str, int] = {}
    for s, n in solved.modules.items():
        c = data.sites[s].supply_class
        total[c] = total.get(c, 0) + n
    return {s: n / total[data.sites[s].supply_class] for s, n in solved.modules.items()}


def _hourly(data: Instance, hours: Hours, energy: dict[str, Energy]) -> pd.DataFrame:
    """Flows of every chosen site and modelled hour (MW; soc in MWh)."""
    blocks = []
    weight = np.array(data.weight)
    for s, e in energy.items():
        c = data.sites[s].supply_class
        n = len(weight)
        block = {
            "site": [s] * n,
            "hour": np.arange(n),
            "period": np.array(hours.period_of),
            "weight_h": weight,
        }
        block["load_mw"] = facility_load_mw(data, c, e)
        for key in sorted(e.hourly):
            block["_".join(key) + ("_mwh" if key[0] == "soc" else "_mw")] = e.hourly[key]
        block |= {
            f"contract_{k}_mw": e.hourly["deliver",] * share
            for k, share in contract_shares(data, c, e).items()
        }
        if data.shaped:
            block["grid_rest_in_contracts_mw"] = not_clean_mw(data, c, e)
        if c in data.price_eur_mwh:
            block["price_eur_mwh"] = np.array(data.price_eur_mwh[c])
            block["carbon_g_kwh"] = np.array(data.grid_carbon_t_mwh[c]) * G_PER_T / KWH_PER_MWH
            block["grid_cfe_share"] = np.array(data.grid_cfe_share[c])
        blocks.append(pd.DataFrame(block))
    return pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame(columns=[*HOURLY_KEYS, "load_mw"])


def _costs(data: Instance, solved: Solution, shares: dict[str, float]) -> pd.DataFrame:
    """Named cost and capex terms, class terms shared out to the class's sites."""
    capex = {(item, place): eur for (_, item, place), eur in solved.capex_eur.items()}
    group = {(item, place): name for (name, item, place) in solved.capex_eur}
    keys = list(dict.fromkeys([*solved.cost_eur, *capex]))
    rows = []
    for s, share in shares.items():
        places = {s: 1.0, data.sites[s].supply_class: share}
        for item, place in keys:
            if place not in places:
                continue
            yearly, once = solved.cost_eur.get((item, place), 0.0), capex.get((item, place), 0.0)
            if yearly or once:
                rows.append(
                    (s, item, group.get((item, place), ""), places[place] * yearly, places[place] * once)
                )
    frame = pd.DataFrame(rows, columns=["site", "item", "capex_group", "cost_eur_yr", "capex_eur"])
    frame["item"] = frame["item"].str.replace(OF_PERIOD, "", regex=True)
    return frame.groupby(["site", "item", "capex_group"], as_index=False, sort=False).sum()


def _emissions(data: Instance, energy: dict[str, Energy]) -> pd.DataFrame:
    """Operational (location-based), life-cycle and market-based operational tonnes of each supply a year."""
    weight = np.array(data.weight)
    rows = []
    for s, e in energy.items():
        c = data.sites[s].supply_class
        if ("buy",) in e.hourly:
            tonnes = float(weight @ (np.array(data.grid_carbon_t_mwh[c]) * e.hourly["buy",]))
            rows.append((s, "grid purchase", tonnes, tonnes, market_t(data, c, e)))
        within = grid_power_t(data, c, e)
        for k, mwh in ppa_energy(data, c, e).items():
            tonnes = within.get(k, 0.0)
            rows.append((s, k, tonnes, tonnes + data.ppa[c, k].lifecycle_t_mwh * mwh[0], 0.0))
        for k in data.options_of("onsite", c):
            mwh_k = float(weight @ e.hourly["gen", k])
            option = data.onsite[c, k]
            tonnes = option.carbon_t_mwh * mwh_k
            rows.append((s, k, tonnes, option.lifecycle_t_mwh * mwh_k, tonnes))
    columns = ["site", "item", "carbon_t_yr", "lifecycle_t_yr", "carbon_market_t_yr"]
    return whatever_period(pd.DataFrame(rows, columns=columns), "item")


def _site_record(
    data: Instance,
    solved: Solution,
    s: str,
    e: Energy,
    hourly: pd.DataFrame,
    costs: pd.DataFrame,
    emissions: pd.DataFrame,
) -> dict[str, Any]:
    own = hourly[hourly["site"] == s]
    weight, load = own["weight_h"].to_numpy(), own["load_mw"].to_numpy()
    facility_mwh = float(weight @ load)
    site_mw = solved.modules[s] * data.module_mw
    c = data.sites[s].supply_class
    mine = costs[costs["site"] == s]
    tonnes = float(emissions.loc[emissions["site"] == s, "carbon_t_yr"].sum())
    kinds = {
        kind: {k: v for (name, *rest), v in e.capacity.items() for k in rest if name == kind}
        for kind in ("cooled", "ppa", "onsite")
    }
    row: dict[str, Any] = {
        "site": s,
        "country": data.sites[s].country,
        "zone": data.zone[c],
        "modules": solved.modules[s],
        "it_mw": site_mw,
        "accelerators": site_mw * data.accelerators_per_mw,
        "compute_pflops": site_mw * data.compute_pflops_mw,
        "cooling_mw": kinds["cooled"],
        "connection_mw": e.capacity.get(("connection",), 0.0),
        "supply_mw": {**kinds["ppa"], **kinds["onsite"]},
        "store_mw": {k: e.capacity["store_mw", k] for k in data.options_of("storage", c)},
        "store_mwh": {k: e.capacity["store_mwh", k] for k in data.options_of("storage", c)},
        "facility_mwh": facility_mwh,
        "pue": facility_mwh / it_mwh(data, c, e, site_mw),
        "cost_eur_yr": float(mine["cost_eur_yr"].sum()),
        "capex_eur": float(mine["capex_eur"].sum()),
        "energy_eur_mwh": float(mine.loc[mine["item"].map(pays_for_energy).astype(bool), "cost_eur_yr"].sum())
        / facility_mwh,
        "carbon_t_yr": tonnes,
        "lifecycle_t_yr": float(emissions.loc[emissions["site"] == s, "lifecycle_t_yr"].sum()),
        "carbon_market_t_yr": float(emissions.loc[emissions["site"] == s, "carbon_market_t_yr"].sum()),
        "carbon_g_kwh": tonnes * G_PER_T / KWH_PER_MWH / facility_mwh,
        "cfe_score": cfe_score(data, c, own),
        **load_entries(data, c, e),
        **shaped_entries(data, c, e),
    }
    return row | rule_entries(data, c, e, row)


def cfe_score(data: Instance, c: str, own: pd.DataFrame) -> float:
    """Hourly carbon-free energy score: clean supply used plus the grid's carbon-free share of purchases, over the load.

    Grid power within baseload contracts counts with its carbon-free share, as purchases do.

    Riepin and Brown (2024): sum_t w (clean + discharge - charge + cfe_t buy) / sum_t w load; sold surplus is not counted.
    """
    clean = np.zeros(len(own))
    signs = [("deliver_mw", 1.0), ("buy_mw", 1.0), ("grid_rest_in_contracts_mw", -1.0)]
    signs += [(f"gen_{k}_mw", 1.0) for k in data.options_of("onsite", c) if data.onsite[c, k].clean]
    for k in data.options_of("storage", c):
        signs += [(f"discharge_{k}_mw", 1.0), (f"charge_{k}_mw", -1.0)]
    for column, sign in signs:
        if column in own.columns and own[column].notna().all():
            share = own["grid_cfe_share"].to_numpy() if column == "buy_mw" else 1.0
            clean += sign * share * own[column].to_numpy()
    weight = own["weight_h"].to_numpy()
    return float(weight @ clean / (weight @ own["load_mw"].to_numpy()))


def _totals(
    rows: dict[str, dict[str, Any]], costs: pd.DataFrame, emissions: pd.DataFrame
) -> dict[str, float]:
    def total(name: str) -> float:
        return float(sum(row[name] for row in rows.values()))

    load = total("facility_mwh")
    names = ("it_mw", "accelerators", "compute_pflops", "facility_mwh", "connection_mw")
    tonnes = float(emissions["carbon_t_yr"].sum())
    cash = float(costs.loc[~costs["item"].map(is_internal_price).astype(bool), "cost_eur_yr"].sum())
    energy = sum(row["energy_eur_mwh"] * row["facility_mwh"] for row in rows.values())
    return {
        "sites": len(rows),
        "countries": len({row["country"] for row in rows.values()}),
        **{name: total(name) for name in names},
        "cost_eur_yr": float(costs["cost_eur_yr"].sum()),
        "cash_cost_eur_yr": cash,
        "capex_eur": float(costs["capex_eur"].sum()),
        "energy_eur_mwh": energy / load if load else 0.0,
        "carbon_t_yr": tonnes,
        "lifecycle_t_yr": float(emissions["lifecycle_t_yr"].sum()),
        "carbon_market_t_yr": float(emissions["carbon_market_t_yr"].sum()),
        "carbon_g_kwh": tonnes * G_PER_T / KWH_PER_MWH / load if load else 0.0,
        "cfe_score": sum(row["cfe_score"] * row["facility_mwh"] for row in rows.values()) / load
        if load
        else 0.0,
        "pue": load / sum(row["facility_mwh"] / row["pue"] for row in rows.values()) if load else 0.0,
        **water_total(rows.values()),
    }

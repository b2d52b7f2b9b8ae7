"""What matching comes to in a plan: clean energy over the load, of all sites, of each country or of each site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from siting.instance.instance import Instance, Resource
from siting.plan.binding import BINDING
from siting.plan.flexible import facility_load_mw
from siting.plan.shaped import not_clean_mw
from siting.solver.solution import Energy


def matching_record(data: Instance, energy: Mapping[str, Energy]) -> dict[str, Any]:
    """The record's entry `matching` (share reached in its scope, by site, by country or in all); nothing without a rule."""
    if data.matching == "none":
        return {}
    scope, least = _scope(data)
    return {
        "matching": {
            "kind": data.matching,
            "scope": scope,
            "share_min": least,
            "share_by": reached(data, energy, scope),
        }
    }


def clean_used(data: Instance, record: Mapping[str, Any]) -> dict[Resource, float]:
    """Use of the limits on matching, from the record's entry; a country without a site misses nothing."""
    shares = record.get("matching", {}).get("share_by", {})
    found: dict[Resource, float] = {("clean",): shares.get("portfolio", 0.0)}
    return found | {r: shares.get(r[1], 0.0) for r in data.limits if r[0] == "clean_in"}


def binding_matching(data: Instance, record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Sites that reach just the share each of them must."""
    if data.matched_locally is None:
        return []
    shares: dict[str, float] = record["matching"]["share_by"]
    least = data.matched_locally[1]
    return [
        {"limit": f"power.matching.cfe_score_min at {s}", "value": least, "unit": "share of load"}
        for s, share in shares.items()
        if least > 0 and abs(share - least) <= BINDING * least
    ]


def reached(data: Instance, energy: Mapping[str, Energy], scope: str) -> dict[str, float]:
    """Clean energy over the load in a scope."""
    clean: dict[str, float] = {}
    load: dict[str, float] = {}
    for s, e in energy.items():
        site = data.sites[s]
        name = {"portfolio": "portfolio", "country": site.country}.get(scope, s)
        clean[name] = clean.get(name, 0.0) + clean_mwh(data, site.supply_class, e)
        mwh = float(np.array(data.weight) @ facility_load_mw(data, site.supply_class, e))
        load[name] = load.get(name, 0.0) + mwh
    return {name: clean[name] / load[name] for name in clean}


def clean_mwh(data: Instance, c: str, e: Energy) -> float:
    """Clean MWh a year under the model's kind of matching; sold surplus counts by the year, the grid's share by the hour."""
    signs: dict[tuple[str, ...], Any] = {("deliver",): 1.0}
    if data.matching == "annual":
        signs["sell",] = 1.0
    elif c in data.grid_cfe_share:
        signs["buy",] = np.array(data.grid_cfe_share[c])
    signs |= {("gen", k): 1.0 for k in data.options_of("onsite", c) if data.onsite[c, k].clean}
    for k in data.options_of("storage", c):
        signs |= {("discharge", k): 1.0, ("charge", k): -1.0}
    weight = np.array(data.weight)
    clean = sum(float(weight @ (sign * e.hourly[key])) for key, sign in signs.items() if key in e.hourly)
    within = not_clean_mw(data, c, e) if data.matching == "hourly" else 0.0 * weight
    return clean - float(weight @ within)


def _scope(data: Instance) -> tuple[str, float]:
    if data.matched_locally is not None:
        return "site", data.matched_locally[1]
    shares = [limit.value for r, limit in data.limits.items() if r[0] == "clean_in"]
    return ("country", shares[0]) if shares else ("portfolio", data.cfe_score_min)

"""The audit of carbon beside the location-based tonnes: market-based, life cycle as capped, embodied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from siting.plan.audit_baseload import within
from siting.plan.findings import Audit, flow_of


def audit_carbon(
    check: Audit, row: Mapping[str, Any], flow: dict[str, np.ndarray], c: str
) -> dict[str, float]:
    """Market-based tonnes of a site as stated, and its life-cycle tonnes with all that its contracts put out (t/yr)."""
    data, n = check.data, len(check.data.weight)
    w = np.array(data.weight)
    market = life_cycle = 0.0
    if c in data.price_eur_mwh:
        buy, sell = flow_of(flow, "buy_mw", n), flow_of(flow, "sell_mw", n)
        intensity = np.array(
            data.residual_t_mwh[c] if c in data.residual_t_mwh else data.grid_carbon_t_mwh[c]
        )
        open_mwh = max(0.0, float(w @ buy) - float(w @ sell))
        if open_mwh > 0:
            market = open_mwh * float(w @ (intensity * buy)) / float(w @ buy)
        life_cycle = float(w @ (np.array(data.grid_carbon_t_mwh[c]) * buy))
    for k in data.options_of("onsite", c):
        mwh = float(w @ flow_of(flow, f"gen_{k}_mw", n))
        market += data.onsite[c, k].carbon_t_mwh * mwh
        life_cycle += data.onsite[c, k].lifecycle_t_mwh * mwh
    for k in data.options_of("ppa", c):
        output = row["supply_mw"].get(k, 0.0) * float(w @ np.array(data.availability[c, k]))
        life_cycle += data.ppa[c, k].lifecycle_t_mwh * output
    life_cycle += sum(found.carbon_t for found in within(data, row, c).values())
    check.same(f"{row['site']}: carbon_market_t_yr", row["carbon_market_t_yr"], market)
    return {"carbon_market_t_yr": market, "lifecycle_capped_t": life_cycle}


def audit_embodied(check: Audit, record: Mapping[str, Any], sites: Mapping[str, Mapping[str, Any]]) -> None:
    """Tonnes embodied in halls and accelerators; unknown where any part of them is."""
    per_mw, stated = check.data.embodied_t_mw, record.get("embodied", {})
    cooled: dict[str, float] = {}
    for row in sites.values():
        for q, mw in row["cooling_mw"].items():
            cooled[q] = cooled.get(q, 0.0) + (mw if mw > 0 else 0.0)
    used = {q: mw for q, mw in cooled.items() if mw > 0}
    again: dict[str, float | None] = {"building_t": None, "accelerators_t": None}
    if set(used) <= set(per_mw):
        again["building_t"] = sum(per_mw[q] * mw for q, mw in used.items())
    if "accelerators" in per_mw:
        it_mw = sum(row["modules"] for row in sites.values()) * check.data.module_mw
        again["accelerators_t"] = per_mw["accelerators"] * it_mw
    check.true(f"embodied states {sorted(stated)}, it holds {sorted(again)}", set(stated) == set(again))
    for name, tonnes in again.items():
        if tonnes is None or stated.get(name) is None:
            check.true(
                f"embodied.{name} is known on one side alone", tonnes is None and stated.get(name) is None
            )
        else:
            check.same(f"embodied.{name}", stated[name], tonnes)

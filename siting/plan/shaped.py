"""Baseload contracts in a plan: how much of what they deliver is grid power, and what that costs and emits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from siting.instance.instance import Instance
from siting.instance.shaped import grid_carbon_t_mw, grid_mw, rest_mw, shaping_eur_mw
from siting.solver.solution import Energy

SHOWN_MWH = 1.0  # a year; less is the solver's rounding


def contracted(data: Instance, c: str, e: Energy) -> dict[str, float]:
    """MW of plant under each baseload contract of a site or class; empty where none is on offer."""
    return {k: e.capacity.get(("ppa", k), 0.0) for k in data.options_of("shaped", c)}


def grid_power_t(data: Instance, c: str, e: Energy) -> dict[str, float]:
    """Tonnes a year, location-based, of the grid power within each contract."""
    return {k: mw * grid_carbon_t_mw(data, c, k) for k, mw in contracted(data, c, e).items()}


def not_clean_mw(data: Instance, c: str, e: Energy) -> np.ndarray:
    """Grid power within contracts that is not carbon-free, by the hour (MW)."""
    found = np.zeros(len(data.weight))
    for k, mw in contracted(data, c, e).items():
        found += mw * np.array(rest_mw(data, c, k))
    return found


def shaped_entries(data: Instance, c: str, e: Energy) -> dict[str, Any]:
    """A site's entry `baseload`: of each contract what it delivers, grid power in that, its tonnes, what shaping costs."""
    weight, tonnes = np.array(data.weight), grid_power_t(data, c, e)
    found = {
        k: {
            "contracted_mwh": mw * float(weight @ np.array(data.availability[c, k])),
            "grid_mwh": mw * float(weight @ np.array(grid_mw(data, c, k))),
            "carbon_t_yr": tonnes[k],
            "shaping_eur_yr": mw * shaping_eur_mw(data, c, k) + 0.0,  # no minus zero
        }
        for k, mw in contracted(data, c, e).items()
    }
    return {"baseload": found} if found else {}


def shaped_notes(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """How much of each baseload contract's delivery is grid power, over all sites that hold it."""
    volume: dict[str, float] = {}
    grid: dict[str, float] = {}
    for k, entry in ((k, entry) for row in rows for k, entry in row.get("baseload", {}).items()):
        volume[k] = volume.get(k, 0.0) + entry["contracted_mwh"]
        grid[k] = grid.get(k, 0.0) + entry["grid_mwh"]
    return [
        f"{k}: {100 * grid[k] / mwh:.0f} % of what it delivers is grid power, counted as such in carbon and CFE score"
        for k, mwh in volume.items()
        if mwh > SHOWN_MWH
    ]

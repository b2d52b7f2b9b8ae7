"""The audit of baseload contracts: price, tonnes and clean energy again, from the hours of plant and market alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from siting.instance.instance import Instance
from siting.plan.findings import SAME, Audit, flow_of

COLUMN = "grid_rest_in_contracts_mw"
FLAT = "~flat"


class Within(NamedTuple):
    """What a baseload contract of a size adds in a year: MWh and grid power in it, t CO2e, EUR, and MW that only seem clean."""

    contracted_mwh: float
    grid_mwh: float
    carbon_t: float
    shaping_eur: float
    not_clean_mw: np.ndarray


def audit_baseload(
    check: Audit, row: Mapping[str, Any], flow: dict[str, np.ndarray], c: str
) -> tuple[float, float, float]:
    """EUR, tonnes and not clean MWh a year of a site's baseload contracts; the figures stated of each must be these."""
    data, s, n = check.data, row["site"], len(check.data.weight)
    stated, again = row.get("baseload", {}), within(data, row, c)
    check.true(f"{s}: baseload contracts {sorted(stated)} are not those on offer", set(stated) == set(again))
    for k, found in again.items():
        _world_hours(check, s, c, k)
        figures = {
            "contracted_mwh": found.contracted_mwh,
            "grid_mwh": found.grid_mwh,
            "carbon_t_yr": found.carbon_t,
            "shaping_eur_yr": found.shaping_eur,
        }
        for name, value in figures.items():
            check.same(f"{s}: {name} of {k}", stated.get(k, {}).get(name, np.nan), value)
    rest = sum((found.not_clean_mw for found in again.values()), np.zeros(n))
    off = np.abs(flow_of(flow, COLUMN, n) - rest)
    check.within(f"{s}: {COLUMN} of hourly.parquet against the contracts (MW)", off, 0.0)
    eur = sum(found.shaping_eur for found in again.values())
    return eur, sum(found.carbon_t for found in again.values()), float(np.array(data.weight) @ rest)


def within(data: Instance, row: Mapping[str, Any], c: str) -> dict[str, Within]:
    """Each baseload contract on offer to a site, recomputed for the MW of plant it holds of it."""
    return {k: _within(data, c, k, float(row["supply_mw"].get(k, 0.0))) for cc, k in data.shaped if cc == c}


def _within(data: Instance, c: str, k: str, mw: float) -> Within:
    how, w = data.shaped[c, k], np.array(data.weight)
    made, price = np.array(how.output), np.array(how.price_eur_mwh)
    mean = float(w @ made) / float(w.sum())
    bought, sold = np.clip(mean - made, 0.0, None), np.clip(made - mean, 0.0, None)
    trade = float(w @ (bought * price)) - float(w @ (sold * price))
    return Within(
        mw * float(w @ made),
        mw * float(w @ bought),
        mw * float(w @ (bought * np.array(how.carbon_t_mwh))),
        mw * (trade + how.margin_eur_mwh * float(w @ made)),
        mw * bought * (1.0 - np.array(how.cfe_share)),
    )


def _world_hours(check: Audit, s: str, c: str, k: str) -> None:
    """A contract delivers its plant's mean; plant and market are those that its zone's classes know."""
    data, how = check.data, check.data.shaped[c, k]
    mean = np.average(how.output, weights=data.weight)
    off = np.abs(np.array(data.availability[c, k]) - mean)
    check.within(f"{s}: {k} delivered in an hour against its plant's mean (MW per MW)", off, 0.0)
    zone = k.partition("@")[0].partition(":")[2] or data.zone[c]
    near = [cc for cc in data.price_eur_mwh if data.zone[cc] == zone][:1]
    pairs = [(how.price_eur_mwh, data.price_eur_mwh[cc]) for cc in near]
    pairs += [(how.carbon_t_mwh, data.grid_carbon_t_mwh[cc]) for cc in near]
    pairs += [(how.cfe_share, data.grid_cfe_share[cc]) for cc in near]
    pairs += [
        (how.output, data.availability[key]) for key in [(c, k.replace(FLAT, ""))] if key in data.availability
    ]
    same = all(np.allclose(own, world, rtol=SAME, atol=SAME) for own, world in pairs)
    check.true(f"{s}: the hours {k} is priced at are not those of {zone}", same)

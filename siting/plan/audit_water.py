"""The audit of water and heat: both recomputed from the halls and the hours of plan.json and hourly.parquet alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from siting.plan.findings import Audit, flow_of

Row = Mapping[str, Any]
Flow = dict[str, np.ndarray]


def it_mwh_by_hall(check: Audit, row: Row, flow: Flow, c: str) -> dict[str, float]:
    """IT energy of a year under each cooling system of a site (MWh)."""
    data, w, n = check.data, np.array(check.data.weight), len(check.data.weight)
    bend = data.flexible
    found = {}
    for q, mw in row["cooling_mw"].items():
        if (c, q) not in data.halls:
            continue
        kept = 1.0 - bend.share - bend.moving_share
        run = np.full(n, kept * data.utilisation_share * mw)
        run = run + flow_of(flow, f"flexible_{q}_mw", n) + flow_of(flow, f"moving_{q}_mw", n)
        found[q] = float(w @ (run - flow_of(flow, f"shed_{q}_mw", n)))
    return found


def audit_water(check: Audit, row: Row, flow: Flow, c: str) -> float:
    """Water a site evaporates (m3 a year), held against its own limit and the plan; no number where it is unknown."""
    data, s = check.data, row["site"]
    halls = {q: data.halls[c, q].water_l_kwh for q in data.cooling_of(c)}
    stated = row.get("water_m3_yr")
    if any(litres is None for litres in halls.values()):
        check.true(f"{s}: water_m3_yr is stated, but a cooling's WUE is unknown there", stated is None)
        asked = data.water_m3_mw_max is not None or ("water",) in data.limits
        check.true(f"{s}: water is limited, but a cooling's WUE is unknown there", not asked)
        return float("nan")
    water = sum((halls[q] or 0.0) * mwh for q, mwh in it_mwh_by_hall(check, row, flow, c).items())
    check.same(f"{s}: water_m3_yr", np.nan if stated is None else stated, water)
    if data.water_m3_mw_max is not None:
        most = data.water_m3_mw_max * row["modules"] * data.module_mw
        check.within(f"{s}: water.per_site_m3_mw_yr (m3/yr)", water, most)
    return water


def audit_heat(check: Audit, row: Row, flow: Flow, c: str, load: np.ndarray) -> dict[str, float]:
    """Heat sold against what liquid cooling carries off and the network takes; its cost (EUR/yr) and capex (EUR)."""
    data, s, w = check.data, row["site"], np.array(check.data.weight)
    stated, network = row.get("heat"), data.heat.get(c)
    if network is None or stated is None:
        known = (network is None) == (stated is None)
        check.true(f"{s}: heat is stated by one of plan and model only", known)
        return {"heat_eur_yr": 0.0, "heat_capex_eur": 0.0, "heat_mwh": 0.0}
    mw = float(stated.get("mw", np.nan))
    mwh, load_mwh = mw * float(w.sum()), float(w @ load)
    warm = sum(
        data.halls[c, q].liquid_heat_share * run for q, run in it_mwh_by_hall(check, row, flow, c).items()
    )
    check.true(f"{s}: heat.mw is {mw}", mw >= 0)
    check.within(f"{s}: heat sold against what liquid cooling carries off (MWh)", mwh, warm)
    check.within(f"{s}: heat.reuse_share_max (MWh)", mwh, network.share_max * load_mwh)
    check.same(f"{s}: heat.mwh_yr", stated.get("mwh_yr", np.nan), mwh)
    check.same(f"{s}: heat.reused_share", stated.get("reused_share", np.nan), mwh / load_mwh)
    yearly = network.yearly_eur_mw * mw - network.price_eur_mwh * mwh
    return {"heat_eur_yr": yearly, "heat_capex_eur": network.capex_eur_mw * mw, "heat_mwh": mwh}

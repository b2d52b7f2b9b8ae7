"""The audit of national rules: what each asks of a site, recomputed from the decisions in plan.json and hourly.parquet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from siting.instance.duties import FIRM, HEAT, PUE, WORDS, Duty
from siting.plan.findings import Audit, flow_of

Row = Mapping[str, Any]
ENTRIES = ("rule", "subject", "unit", "source")


def audit_rules(check: Audit, row: Row, flow: dict[str, np.ndarray], c: str, load: np.ndarray) -> None:
    """Every rule of a site's cell is stated, as the inputs have it, and kept."""
    data, s = check.data, row["site"]
    duties, stated = data.duties.get(c, ()), row.get("rules", [])
    names = [entry.get("rule") for entry in stated]
    check.true(f"{s}: rules {names} are not those that hold there", names == [d.rule for d in duties])
    for duty, entry in zip(duties, stated, strict=False):
        used = _used(check, row, flow, c, load, duty)
        same = all(entry.get(name) == getattr(duty, name) for name in ENTRIES)
        check.true(f"{s}: {duty.rule} is not what the inputs say", same)
        check.same(f"{s}: value of {duty.rule}", entry.get("value", np.nan), duty.value)
        check.same(f"{s}: use of {duty.rule}", entry.get("used", np.nan), used)
        least, most = (used, duty.value) if duty.subject == PUE else (duty.value, used)
        check.within(f"{s}: {duty.rule}, {WORDS[duty.subject]} ({duty.source})", least, most)


def _used(check: Audit, row: Row, flow: dict[str, np.ndarray], c: str, load: np.ndarray, duty: Duty) -> float:
    load_mwh = float(np.array(check.data.weight) @ load)
    if duty.subject == PUE:
        return load_mwh / float(row["it_mwh"])
    if duty.subject == HEAT:
        return float(row["heat_mwh"]) / load_mwh
    if duty.subject == FIRM:
        return _firm_share(check, row, c)
    return _renewable_share(check, row, flow, c, load_mwh)


def _renewable_share(check: Audit, row: Row, flow: dict[str, np.ndarray], c: str, load_mwh: float) -> float:
    """Contracts' stream less all that its other plants could have put in, and renewable plant on site, over the year's use."""
    data, n = check.data, len(check.data.weight)
    w, counted = np.array(data.weight), set(data.renewable.get(c, ()))
    contracts = data.options_of("ppa", c)
    mw = np.zeros(n)
    if contracts:
        mw = flow_of(flow, "deliver_mw", n) + flow_of(flow, "sell_mw", n)
    for k in contracts:
        if k not in counted:
            mw = mw - np.array(data.availability[c, k]) * row["supply_mw"].get(k, 0.0)
    for k in counted.intersection(data.options_of("onsite", c)):
        mw = mw + flow_of(flow, f"gen_{k}_mw", n)
    lost = np.zeros(n)
    for b in data.options_of("storage", c):
        lost = lost + flow_of(flow, f"charge_{b}_mw", n) - flow_of(flow, f"discharge_{b}_mw", n)
    return float(w @ mw) / (load_mwh + float(w @ lost))


def _firm_share(check: Audit, row: Row, c: str) -> float:
    """Firm capacity on site over the rated load, from sizes alone."""
    data = check.data
    mw = sum(size for k, size in row["supply_mw"].items() if (c, k) in data.onsite and data.onsite[c, k].firm)
    if data.firm_hours:
        for b, size in row["store_mw"].items():
            mw += min(size, row["store_mwh"].get(b, 0.0) / data.firm_hours)
    rated = sum(
        max(data.halls[c, q].pue) * size for q, size in row["cooling_mw"].items() if (c, q) in data.halls
    )
    return float(mw / rated)

"""The audit of what bends the load: work moved within its window, moved between sites, or left undone; from the hours alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from siting.plan.findings import Audit, flow_of


def running(
    check: Audit, row: Mapping[str, Any], flow: Mapping[str, np.ndarray], c: str
) -> dict[str, np.ndarray]:
    """IT power that runs under each cooling system of a site (MW by hour), its limits checked on the way."""
    data, s = check.data, row["site"]
    n, bend = len(data.weight), data.flexible
    found: dict[str, np.ndarray] = {}
    for q, mw in row["cooling_mw"].items():
        if (c, q) not in data.halls:
            continue
        meant = data.utilisation_share * mw
        work = np.full(n, meant)
        if bend.share:
            placed = _column(flow, f"flexible_{q}_mw", n)
            work = work - bend.share * meant + placed
            _windows(check, f"{s}: work of {q} halls moved within", placed, bend.share * meant)
        if bend.moving_share:
            work = work - bend.moving_share * meant + _column(flow, f"moving_{q}_mw", n)
        check.within(f"{s}: work in {q} halls against their nameplate (MW of IT)", work, mw)
        left = _column(flow, f"shed_{q}_mw", n) if bend.shed_share_max else np.zeros(n)
        check.within(f"{s}: load.shed.share_max in {q} halls (MW of IT)", left, bend.shed_share_max * meant)
        found[q] = work - left
    for name in ("flexible", "moving", "shed"):
        for column in flow:
            known = column.removeprefix(f"{name}_").removesuffix("_mw") in found
            nothing = not np.nan_to_num(flow[column]).any() if column.startswith(f"{name}_") else True
            check.true(f"{s}: {column} of hourly.parquet belongs to no hall", known or nothing)
    return found


def _column(flow: Mapping[str, np.ndarray], name: str, n: int) -> np.ndarray:
    """A column that must be there: where it is missing it is no number, which no check lets pass."""
    return flow.get(name, np.full(n, np.nan))


def _windows(check: Audit, name: str, placed: np.ndarray, meant_mw: float) -> None:
    """Blocks of `flexible.hours` from each period's first hour hold as much work as was meant for them."""
    data = check.data
    first = [t for t in range(len(data.before)) if t == 0 or data.before[t] != t - 1]
    block, t_in = -1, 0
    number = np.zeros(len(data.before), dtype=int)
    for t in range(len(data.before)):
        t_in = 0 if t in first else t_in + 1
        block += t_in % data.flexible.hours == 0
        number[t] = block
    w = np.array(data.weight)
    put, meant = np.bincount(number, w * placed), meant_mw * np.bincount(number, w)
    _equal(check, f"{name} {data.flexible.hours} h (MWh of IT)", put, meant)


def _equal(check: Audit, name: str, one: np.ndarray, other: np.ndarray) -> None:
    check.within(name, one, other)
    check.within(name, other, one)


def yearly(check: Audit, row: Mapping[str, Any], flow: dict[str, np.ndarray]) -> dict[str, float]:
    """What the bending comes to in a year: IT energy run (MWh) and the value of what was not (EUR); stated entries checked."""
    data, s = check.data, row["site"]
    w, n, bend = np.array(data.weight), len(data.weight), data.flexible
    stated, again = row.get("flexible", {}), {}
    meant = {q: data.utilisation_share * mw for q, mw in row["cooling_mw"].items()}
    it_mwh = sum(meant.values()) * float(w.sum())
    lost = 0.0
    if bend.share:
        moved = [flow_of(flow, f"flexible_{q}_mw", n) - bend.share * mw for q, mw in meant.items()]
        again["shifted_mwh"] = sum(float(w @ np.maximum(0.0, mw)) for mw in moved)
        it_mwh += sum(float(w @ mw) for mw in moved)
    if bend.moving_share:
        moved = [flow_of(flow, f"moving_{q}_mw", n) - bend.moving_share * mw for q, mw in meant.items()]
        again["moved_in_mwh"] = sum(float(w @ np.maximum(0.0, mw)) for mw in moved)
        again["moved_out_mwh"] = sum(float(w @ np.maximum(0.0, -mw)) for mw in moved)
        it_mwh += sum(float(w @ mw) for mw in moved)
    if bend.shed_share_max:
        again["shed_mwh"] = sum(float(w @ flow_of(flow, f"shed_{q}_mw", n)) for q in meant)
        it_mwh -= again["shed_mwh"]
        lost = bend.shed_eur_mwh * again["shed_mwh"]
    for name in sorted({*stated, *again}):
        check.same(f"{s}: flexible.{name}", stated.get(name, np.nan), again.get(name, np.nan))
    return {"it_mwh": it_mwh, "lost_eur_yr": lost}


def audit_flexible(
    check: Audit,
    record: Mapping[str, Any],
    sites: Mapping[str, Mapping[str, Any]],
    flows: Mapping[str, dict[str, np.ndarray]],
) -> None:
    """Over all sites: work that moves is done somewhere in its hour, and stated totals are the sums of the sites'."""
    data = check.data
    stated = record.get("flexible", {})
    names = {name for row in sites.values() for name in row.get("flexible", {})}
    for name in sorted({*stated, *names}):
        total = sum(row.get("flexible", {}).get(name, np.nan) for row in sites.values())
        check.same(f"flexible: {name}", stated.get(name, np.nan), total)
    if not data.flexible.moving_share or any(
        len(flow["hour"]) != len(data.weight) for flow in flows.values()
    ):
        return
    done, meant = np.zeros(len(data.weight)), 0.0
    for s, row in sites.items():
        for q, mw in row["cooling_mw"].items():
            done = done + _column(flows[s], f"moving_{q}_mw", len(data.weight))
            meant += data.flexible.moving_share * data.utilisation_share * mw
    _equal(check, "load.moving_share: work done at all sites (MW of IT)", done, np.full(len(done), meant))

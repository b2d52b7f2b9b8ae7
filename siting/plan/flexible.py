"""The plan's load: what runs when, what of it was moved or left undone, and the firm capacity that backs it up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from siting.instance.instance import Instance
from siting.plan.binding import BINDING
from siting.solver.solution import Energy

Entry = dict[str, Any]


def _placed(data: Instance, q: str, e: Energy) -> dict[str, np.ndarray]:
    """IT power put into each hour beyond what it was meant to run (MW), by mechanism; negative where it was taken out."""
    shares = {"flexible": data.flexible.share, "moving": data.flexible.moving_share}
    planned = data.utilisation_share * e.capacity["cooled", q]
    return {
        name: e.hourly[name, q] - share * planned for name, share in shares.items() if (name, q) in e.hourly
    }


def _bent(data: Instance, q: str, e: Energy) -> np.ndarray:
    """IT power under a cooling system beyond utilisation x cooled (MW by modelled hour)."""
    placed = sum(_placed(data, q, e).values(), np.zeros(len(data.weight)))
    return placed - e.hourly.get(("shed", q), 0.0)


def facility_load_mw(data: Instance, c: str, e: Energy) -> np.ndarray:
    """Facility load by modelled hour (MW): PUE of each hall x the IT power that runs under it."""
    load = np.zeros(len(data.weight))
    for q in data.cooling_of(c):
        pue = np.array(data.halls[c, q].pue)
        load += pue * data.utilisation_share * e.capacity["cooled", q]
        load += pue * _bent(data, q, e)
    return load


def it_mwh(data: Instance, c: str, e: Energy, it_mw: float) -> float:
    """IT energy of the year (MWh): what the PUE is relative to."""
    weight = np.array(data.weight)
    bent = sum(float(weight @ _bent(data, q, e)) for q in data.cooling_of(c))
    return it_mw * data.utilisation_share * float(weight.sum()) + bent


def run_mwh(data: Instance, q: str, e: Energy) -> float:
    """IT energy of the year under one cooling system (MWh)."""
    weight = np.array(data.weight)
    planned = data.utilisation_share * e.capacity["cooled", q] * float(weight.sum())
    return planned + float(weight @ _bent(data, q, e))


def load_entries(data: Instance, c: str, e: Energy) -> Entry:
    """Entries of a site in plan.json: `flexible` (MWh of IT a year) and `firm` (MW), each where the model asks for it."""
    return {**_flexible_entry(data, c, e), **_firm_entry(data, c, e)}


def _flexible_entry(data: Instance, c: str, e: Energy) -> Entry:
    weight, bend = np.array(data.weight), data.flexible
    placed = {q: _placed(data, q, e) for q in data.cooling_of(c)}

    def total(name: str, sign: float) -> float:
        return sum(float(weight @ np.maximum(0.0, sign * own[name])) for own in placed.values())

    found: Entry = {}
    if bend.share:
        found["shifted_mwh"] = total("flexible", 1.0)
    if bend.moving_share:
        found |= {"moved_in_mwh": total("moving", 1.0), "moved_out_mwh": total("moving", -1.0)}
    if bend.shed_share_max:
        found["shed_mwh"] = sum(float(weight @ e.hourly["shed", q]) for q in data.cooling_of(c))
    return {"flexible": found} if found else {}


def _firm_entry(data: Instance, c: str, e: Energy) -> Entry:
    share, hours = data.firm_share.get(c, 0.0), data.firm_hours
    if not share:
        return {}
    mw = sum(e.capacity["onsite", k] for k in data.options_of("onsite", c) if data.onsite[c, k].firm)
    if hours is not None:
        stores = data.options_of("storage", c)
        mw += sum(min(e.capacity["store_mw", k], e.capacity["store_mwh", k] / hours) for k in stores)
    rated = sum(data.halls[c, q].peak_pue * e.capacity["cooled", q] for q in data.cooling_of(c))
    return {"firm": {"firm_mw": mw, "required_mw": share * rated}}


def flexible_record(rows: Iterable[Mapping[str, Any]]) -> Entry:
    """The entry `flexible` of plan.json: MWh of IT a year over all sites; empty where nothing bends."""
    own = [row["flexible"] for row in rows if "flexible" in row]
    names = dict.fromkeys(name for entry in own for name in entry)
    total = {name: sum(entry[name] for entry in own) for name in names}
    return {"flexible": total} if total else {}


def binding_load(
    data: Instance, rows: Iterable[Mapping[str, Any]], energy: Mapping[str, Energy]
) -> list[Entry]:
    """Adequacy and flexibility with no room left: firm capacity by zone, and shares used up in some hour."""
    found: dict[str, Entry] = {}
    for row in rows:
        firm = row.get("firm")
        if firm and firm["firm_mw"] - firm["required_mw"] <= BINDING * firm["required_mw"]:
            name = f"firm on-site capacity, {row['zone']}"
            share = data.firm_share[data.sites[row["site"]].supply_class]
            found[name] = {"limit": name, "value": share, "unit": "share of rated load"}
    bend = data.flexible
    used = {
        "load.flexible_share": (bend.share, any(_used_up(e, "flexible") for e in energy.values())),
        "load.moving_share": (bend.moving_share, any(_used_up(e, "moving") for e in energy.values())),
        "load.shed.share_max": (bend.shed_share_max, any(_all_shed(data, e) for e in energy.values())),
    }
    for name, (share, binds) in used.items():
        if share and binds:
            found[name] = {"limit": name, "value": share, "unit": "share of IT load"}
    return list(found.values())


def _used_up(e: Energy, name: str) -> bool:
    """Whether all that may leave some hour has left it."""
    return any(
        float(mw.min()) <= BINDING * e.capacity["cooled", key[1]]
        for key, mw in e.hourly.items()
        if key[0] == name and e.capacity["cooled", key[1]] > 0
    )


def _all_shed(data: Instance, e: Energy) -> bool:
    most = data.flexible.shed_share_max * data.utilisation_share * (1.0 - BINDING)
    return any(
        float(mw.max()) >= most * e.capacity["cooled", key[1]]
        for key, mw in e.hourly.items()
        if key[0] == "shed" and e.capacity["cooled", key[1]] > 0
    )

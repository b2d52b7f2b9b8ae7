"""Water, heat and national rules in the plan: what each site uses of them, and which of them leave no room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from siting.instance.duties import FIRM, HEAT, PUE, WORDS, Duty
from siting.instance.instance import Instance
from siting.plan.binding import BINDING
from siting.plan.flexible import run_mwh
from siting.solver.solution import Energy

Entry = dict[str, Any]


def rule_entries(data: Instance, c: str, e: Energy, row: Mapping[str, Any]) -> Entry:
    """Entries of a site in plan.json: `water_m3_yr` where known, `heat` where a network takes it, `rules` where a state asks."""
    found: Entry = {}
    wue = {q: data.halls[c, q].water_l_kwh for q in data.cooling_of(c)}
    if all(litres is not None for litres in wue.values()):
        found["water_m3_yr"] = sum((litres or 0.0) * run_mwh(data, q, e) for q, litres in wue.items())
    if c in data.heat:
        mw = e.capacity["heat",]
        mwh = mw * sum(data.weight)
        found["heat"] = {"mw": mw, "mwh_yr": mwh, "reused_share": mwh / row["facility_mwh"]}
    duties = data.duties.get(c, ())
    if duties:
        found["rules"] = [
            {
                "rule": d.rule,
                "subject": d.subject,
                "value": d.value,
                "used": _used(data, c, e, {**row, **found}, d),
                "unit": d.unit,
                "source": d.source,
            }
            for d in duties
        ]
    return found


def _used(data: Instance, c: str, e: Energy, row: Mapping[str, Any], duty: Duty) -> float:
    """What a rule bounds, at a site, in the rule's unit."""
    if duty.subject == PUE:
        return float(row["pue"])
    if duty.subject == HEAT:
        return float(row["heat"]["reused_share"])
    if duty.subject == FIRM:
        return float(data.firm_share[c] * row["firm"]["firm_mw"] / row["firm"]["required_mw"])
    return renewable_share(data, c, e, row["facility_mwh"])


def renewable_share(data: Instance, c: str, e: Energy, facility_mwh: float) -> float:
    """Renewable MWh delivered, sold or made on site, over the year's use (facility load and what storage loses).

    Contracts share one stream: those that are not renewable count in it as if none of their output were lost.
    """
    weight, counted = np.array(data.weight), data.renewable.get(c, ())
    mwh = sum(float(weight @ e.hourly[name,]) for name in ("deliver", "sell") if (name,) in e.hourly)
    for k in data.options_of("ppa", c):
        if k not in counted and ("deliver",) in e.hourly:
            mwh -= float(weight @ np.array(data.availability[c, k])) * e.capacity["ppa", k]
    mwh += sum(float(weight @ e.hourly["gen", k]) for k in data.options_of("onsite", c) if k in counted)
    lost = sum(
        float(weight @ (e.hourly["charge", k] - e.hourly["discharge", k]))
        for k in data.options_of("storage", c)
    )
    return mwh / (facility_mwh + lost)


def water_total(rows: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """`water_m3_yr` of all sites; empty if a site's is unknown."""
    found = [row.get("water_m3_yr") for row in rows]
    return {} if None in found else {"water_m3_yr": float(sum(m3 or 0.0 for m3 in found))}


def binding_rules(data: Instance, rows: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """National rules, water per site and heat networks with no room left, once a zone."""
    found: dict[str, Entry] = {}
    for row in rows:
        for rule in row.get("rules", []):
            if _binds(rule):
                name = f"{rule['rule']}, {WORDS[rule['subject']]} in {row['zone']}"
                found[name] = {
                    "limit": name,
                    "value": rule["value"],
                    "unit": f"{rule['unit']} ({rule['source']})",
                    "rule": rule["rule"],
                    "source": rule["source"],
                }
        most = data.water_m3_mw_max
        if most is not None and row["water_m3_yr"] >= most * row["it_mw"] * (1 - BINDING) and most > 0:
            name = f"water.per_site_m3_mw_yr, {row['zone']}"
            found[name] = {"limit": name, "value": most, "unit": "m3/yr per MW of IT"}
        taken = data.heat.get(data.sites[row["site"]].supply_class)
        if taken and row["heat"]["reused_share"] >= taken.share_max * (1 - BINDING) and taken.share_max > 0:
            name = f"heat.reuse_share_max, {row['zone']}"
            found[name] = {"limit": name, "value": taken.share_max, "unit": "of facility energy"}
    return list(found.values())


def _binds(rule: Mapping[str, Any]) -> bool:
    room = rule["value"] - rule["used"] if rule["subject"] == PUE else rule["used"] - rule["value"]
    return bool(room <= BINDING * max(rule["value"], BINDING))

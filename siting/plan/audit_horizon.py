"""The audit of a plan of several periods: each period on its own, then what joins them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from siting.instance.instance import VINTAGE, Instance, Node
from siting.plan.audit import audit
from siting.plan.findings import ROOM, Audit
from siting.plan.plan import Plan

NEW_SHARE = 1e-6  # MW per MW of IT: less is nothing new
Stage = tuple[Mapping[str, Any], pd.DataFrame]  # record and hours of one period


def audit_plan(data: Instance, plan: Plan) -> list[str]:
    """Findings of the audit of a plan as it was made, whatever its number of periods."""
    if len(data.nodes) == 1:
        return audit(data, plan.record, plan.hourly)
    return audit_horizon(
        data, plan.record, {label: (own.record, own.hourly) for label, own in plan.stages.items()}
    )


def audit_horizon(data: Instance, record: Mapping[str, Any], stages: Mapping[str, Stage]) -> list[str]:
    """Every period's plan recomputed, then growth, what was built when, money and tonnes over the horizon."""
    missing = [node.label for node in data.nodes if node.label not in stages]
    if missing:
        return [f"the plan lacks {', '.join(missing)}"]
    found = [
        f"{node.label}: {finding}"
        for node in data.nodes
        for finding in audit(data.at(node), *stages[node.label])
    ]
    check = Audit(data, found)
    rows = {node.label: {row["site"]: row for row in stages[node.label][0]["sites"]} for node in data.nodes}
    _growth(check, rows)
    _sizes(check, rows)
    _money(check, record, stages, rows)
    return check.findings


def _growth(check: Audit, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """No site shrinks; scenarios of a period share all investments."""
    data = check.data
    for early, late in zip(data.nodes, data.nodes[1:], strict=False):
        for s, row in rows[early.label].items():
            later = rows[late.label].get(s, {"it_mw": 0.0})
            _grows(check, f"{s}: it_mw", (early, late), row["it_mw"], later["it_mw"])
        for c in data.classes:
            wired = [
                sum(
                    row["connection_mw"]
                    for s, row in rows[n.label].items()
                    if data.sites[s].supply_class == c
                )
                for n in (early, late)
            ]
            _grows(check, f"{c}: connection_mw", (early, late), *wired)


def _grows(check: Audit, name: str, nodes: tuple[Node, Node], early: float, late: float) -> None:
    words = f"{name} of {nodes[1].label} against {nodes[0].label}"
    check.within(words, early, late)
    if nodes[0].period == nodes[1].period:
        check.within(words, late, early)


def _sizes(check: Audit, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """An option built in a period has one size ever after, class by class (sites of a class share it by IT power)."""
    data = check.data
    built: dict[tuple[str, str, str], tuple[str, float]] = {}
    for node in data.nodes:
        found: dict[tuple[str, str, str], float] = {}
        for s, row in rows[node.label].items():
            for table in ("supply_mw", "store_mw", "store_mwh"):
                for k, size in row[table].items():
                    key = (table, data.sites[s].supply_class, k)
                    found[key] = found.get(key, 0.0) + size
        for key, size in found.items():
            period = key[2].partition(VINTAGE)[2]
            check.true(f"{node.label}: {key[2]} stands before it is built", period <= str(node.period))
            label, first = built.setdefault(key, (node.label, size))
            off = abs(size - first)
            check.within(f"{key[1]}: {key[0]} of {key[2]} in {node.label} against {label}", off, ROOM * first)


def _money(
    check: Audit,
    record: Mapping[str, Any],
    stages: Mapping[str, Stage],
    rows: Mapping[str, Mapping[str, Any]],
) -> None:
    data, stated = check.data, record["horizon"]
    totals = {node.label: stages[node.label][0]["totals"] for node in data.nodes}
    cost = sum(node.cost_share * totals[node.label]["cost_eur_yr"] for node in data.nodes)
    tonnes = sum(node.carbon_share * totals[node.label]["carbon_t_yr"] for node in data.nodes)
    new = {p: _new_capex(data, rows, p) for p in data.periods}
    counted = {p: sum(own[g] for g in data.capex_counts) for p, own in new.items()}
    check.same("horizon: cost_eur_yr", stated["cost_eur_yr"], cost)
    check.same("horizon: carbon_t_yr", stated["carbon_t_yr"], tonnes)
    _all_years(check, record, cost, tonnes)
    _stated_end(check, record, stages, rows)
    check.same("horizon: capex_eur", stated["capex_eur"], sum(sum(own.values()) for own in new.values()))
    for r, limit in data.limits.items():
        if r[0] == "capex":
            used = sum(counted.values()) if len(r) == 1 else counted[int(r[1])]
            check.within(f"{limit.meaning} (EUR)", used, limit.value)
        elif r == ("cost",):
            check.within(f"{limit.meaning} (EUR/yr)", cost, limit.value)
    worth = {"cost": cost, "carbon": tonnes, "weighted": cost + data.carbon_weight_eur_t * tonnes}
    worth["risk"] = _risk(data, totals)
    worth["compute"] = totals[data.nodes[-1].label]["it_mw"]
    last = [record["objective"], *record["later_objectives"]][-1]
    if last["name"] in worth:
        check.same(f"objective {last['name']}", last["value"], worth[last["name"]])
    for stage in (record["objective"], *record["later_objectives"]):
        if stage["bound"] is not None:
            low, high = stage["bound"], stage["value"]
            check.within(
                f"bound of objective {stage['name']}",
                *((high, low) if stage["name"] == "compute" else (low, high)),
            )
            gap = abs(high - low) / max(abs(high), data.least_size(stage["name"]), 1e-9)
            check.same(f"gap of objective {stage['name']}", stage["gap"], gap)


def _all_years(check: Audit, record: Mapping[str, Any], cost: float, tonnes: float) -> None:
    """Present value and tonnes of all years, each year discounted to that of the decision."""
    asked, stated = record["model"]["horizon"], record["horizon"]
    years = range(asked["periods"][0], (asked["end_year"] or asked["periods"][-1]) + 1)
    if len(asked["periods"]) == 1:
        years = range(asked["decision_year"], asked["decision_year"] + 1)
    worth = sum((1.0 + asked["discount_share"]) ** (asked["decision_year"] - year) for year in years)
    check.same("horizon: npv_eur", stated["npv_eur"], cost * worth)
    check.same("horizon: carbon_t", stated["carbon_t"], tonnes * len(years))


def _stated_end(
    check: Audit,
    record: Mapping[str, Any],
    stages: Mapping[str, Stage],
    rows: Mapping[str, Mapping[str, Any]],
) -> None:
    """Totals and sites of the whole plan are those of its last period; every site first runs when it is said to."""
    last = check.data.first_nodes[check.data.periods[-1]]
    for name, value in stages[last.label][0]["totals"].items():
        check.same(f"totals: {name}", record["totals"].get(name, np.nan), value)
    check.true("sites: are not those of the last period", record["sites"] == stages[last.label][0]["sites"])
    first: dict[str, int] = {}
    for node in check.data.nodes:
        for s in rows[node.label]:
            first.setdefault(s, node.period)
    _roadmap(check, record, rows)
    check.true(
        "horizon: first_power is not when the sites first run", record["horizon"]["first_power"] == first
    )


def _roadmap(
    check: Audit, record: Mapping[str, Any], rows: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> None:
    """The roadmap: what stands at each site in each period, and what of it is new."""
    stated = {(row["period"], row["site"], row["option"]): row for row in record["horizon"]["roadmap"]}
    expected: dict[tuple[int, str, str], tuple[float, float, Mapping[str, Any]]] = {}
    before: Mapping[str, Mapping[str, Any]] = {}
    for p in check.data.periods:
        here = rows[check.data.first_nodes[p].label]
        for s, row in here.items():
            old = before.get(s, {})
            new = {name: row[name] - old.get(name, 0.0) for name in ("it_mw", "connection_mw")}
            expected[p, s, "it"] = new["it_mw"], 0.0, row
            expected[p, s, "grid connection"] = new["connection_mw"], 0.0, row
            sizes = {**row["supply_mw"], **row["store_mw"]}
            for k in _of_period(row, p):
                stored = row["store_mwh"].get(k, 0.0)
                expected[p, s, k.partition(VINTAGE)[0]] = sizes[k], stored, row
        before = here
    check.true("horizon: roadmap names what no plan of a period builds", set(stated) <= set(expected))
    for key, (mw, mwh, row) in expected.items():
        name, told = f"horizon: roadmap of {key[1]} in {key[0]}, {key[2]}", stated.get(key)
        if told is None:  # nothing new, or what rounding leaves
            check.true(f"{name} is missing", key[2] != "it" and mw <= NEW_SHARE * row["it_mw"])
            continue
        check.same(f"{name}, new_mw", told["new_mw"], mw)
        check.same(f"{name}, new_mwh", told["new_mwh"], mwh)
        check.same(f"{name}, it_mw", told["it_mw"], row["it_mw"])
        check.same(f"{name}, new_it_mw", told["new_it_mw"], expected[key[0], key[1], "it"][0])
        check.same(f"{name}, connection_mw", told["connection_mw"], row["connection_mw"])


def _risk(data: Instance, totals: Mapping[str, Any]) -> float:
    """Mean cost of the dearest outcomes, their probabilities filled up from the top (EUR/yr)."""
    cost: dict[str, float] = {}
    chance = {node.scenario: node.probability for node in data.nodes}
    for node in data.nodes:
        year = node.cost_share / node.probability * totals[node.label]["cost_eur_yr"]
        cost[node.scenario] = cost.get(node.scenario, 0.0) + year
    left, mean = data.tail_share, 0.0
    for i in sorted(cost, key=lambda name: -cost[name]):
        taken = min(left, chance[i])
        mean, left = mean + taken / data.tail_share * cost[i], left - taken
    return mean


def _new_capex(data: Instance, rows: Mapping[str, Mapping[str, Any]], period: int) -> dict[str, float]:
    """What is invested in a period (EUR), recomputed from the sizes of this and the period before."""
    i = data.periods.index(period)
    here = data.first_nodes[period]
    before = data.first_nodes[data.periods[i - 1]] if i else None
    now, then = data.at(here), data.at(before) if before else None
    found = dict.fromkeys(("site", "it", "connection", "onsite_power"), 0.0)
    for s, row in rows[here.label].items():
        c = now.sites[s].supply_class
        old = rows[before.label].get(s) if before else None
        for q, mw in row["cooling_mw"].items():
            added = mw - (old["cooling_mw"].get(q, 0.0) if old else 0.0)
            found["site"] += now.halls[c, q].capex_eur_mw * added
            found["it"] += now.it[c].capex_eur_mw * added
        if c in now.heat:
            stood = old["heat"]["mw"] if old and "heat" in old else 0.0
            found["site"] += now.heat[c].capex_eur_mw * (row["heat"]["mw"] - stood)
        line = now.sites[s].line_capex_eur_mw * row["it_mw"]
        if old and then:
            line -= then.sites[s].line_capex_eur_mw * old["it_mw"]
        found["connection"] += line
        if c in now.connection:
            stood = old["connection_mw"] if old else 0.0
            found["connection"] += now.connection[c].capex_eur_mw * (row["connection_mw"] - stood)
        found["onsite_power"] += sum(_plant(now, c, k, row) for k in _of_period(row, period))
    return {group: float(np.round(eur, 6)) for group, eur in found.items()}


def _of_period(row: Mapping[str, Any], period: int) -> list[str]:
    return [k for k in {**row["supply_mw"], **row["store_mw"]} if k.partition(VINTAGE)[2] == str(period)]


def _plant(now: Instance, c: str, k: str, row: Mapping[str, Any]) -> float:
    if (c, k) in now.onsite:
        return now.onsite[c, k].capex_eur_mw * float(row["supply_mw"][k])
    if (c, k) in now.storage:
        store = now.storage[c, k]
        return store.capex_eur_mw * float(row["store_mw"][k]) + store.capex_eur_mwh * float(
            row["store_mwh"][k]
        )
    return 0.0

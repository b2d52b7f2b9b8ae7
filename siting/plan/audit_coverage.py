"""The audit's map: who serves whom, and how compute lies over countries, recomputed from the decisions alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from siting.plan.findings import Audit

Rows = Mapping[str, Mapping[str, Any]]
STATED = ("point", "name", "country", "lat", "lon", "site", "it_mw", "ms", "cost_eur_yr")
TOTALS = ("demand_it_mw", "served_it_mw", "served_share", "mean_ms", "longest_ms", "cost_eur_yr")
LEFT = 1e-5  # relative: a point that lacks less is served


def audit_sovereignty(check: Audit, sites: Rows) -> None:
    """Most countries, most of all IT power in one of them, least of it near an AI Factory."""
    data, rules = check.data, check.data.sovereignty
    mw = {s: row["modules"] * data.module_mw for s, row in sites.items()}
    total = sum(mw.values())
    countries = {data.sites[s].country for s in mw}
    if rules.countries_max is not None:
        check.within("sites.max_countries", len(countries), rules.countries_max)
    if rules.country_share_max < 1.0:
        for n in sorted(countries):
            inside = sum(mw[s] for s in mw if data.sites[s].country == n)
            check.within(
                f"sites.max_share_per_country in {n} (MW of IT)", inside, rules.country_share_max * total
            )
    if rules.near_share_min > 0:
        near = sum(mw[s] for s in mw if s in rules.near)
        check.within("sites.near_ai_factory (MW of IT)", rules.near_share_min * total, near)


def audit_coverage(check: Audit, record: Mapping[str, Any], sites: Rows) -> dict[str, float]:
    """Every demand point, who serves it and within what time; returns what serving costs each site (EUR/yr)."""
    found, stated = check.data.coverage, record.get("coverage")
    if found is None or stated is None:
        check.true("coverage: stated by one of plan and model only", (found is None) == (stated is None))
        return {}
    lacking = [key for key in (*TOTALS, "assignment", "not_served") if key not in stated]
    rows = stated.get("assignment", [])
    lacking += [f"{key} of an assignment" for key in STATED if any(key not in row for row in rows)]
    strange = [row for row in rows if (row.get("point"), row.get("site")) not in found.eur_mw_yr]
    for row in strange:
        check.findings.append(
            f"coverage.latency_ms_max: {row.get('site')} may not serve {row.get('point')}, it is too far away or unknown"
        )
    if lacking or strange:
        check.findings += [f"coverage: '{key}' is missing" for key in lacking]
        return {}
    _pairs(check, rows)
    _points(check, rows, stated)
    _built(check, rows, sites)
    return _sums(check, rows, stated)


def _pairs(check: Audit, rows: list[Mapping[str, Any]]) -> None:
    """Each row says what the inputs say of its point and pair, and stands once."""
    found = check.data.coverage
    assert found is not None
    pairs = [(row["point"], row["site"]) for row in rows]
    check.true("coverage: a point and a site stand together twice", len(set(pairs)) == len(pairs))
    for pair, row in zip(pairs, rows, strict=True):
        name = f"coverage: {pair[0]} by {pair[1]}"
        check.true(f"{name}: it_mw is {row['it_mw']}", row["it_mw"] > 0)
        check.same(f"{name}: ms", row["ms"], found.ms.get(pair, 0.0))
        check.same(f"{name}: cost_eur_yr", row["cost_eur_yr"], found.eur_mw_yr[pair] * row["it_mw"])
        if found.limit_ms is not None:
            check.within(f"coverage.latency_ms_max of {pair[0]} (ms)", row["ms"], found.limit_ms)
        place = found.places.get(pair[0])
        if place is not None:
            check.true(f"{name}: name or country is not the input's", _same_name(row, place))
            check.same(f"{name}: lat", row["lat"], place.lat)
            check.same(f"{name}: lon", row["lon"], place.lon)


def _same_name(row: Mapping[str, Any], place: Any) -> bool:
    return bool(row["name"] == place.name and row["country"] == place.country)


def _points(check: Audit, rows: list[Mapping[str, Any]], stated: Mapping[str, Any]) -> None:
    """No point gets more than it asks for; all of it, or the share of all demand that is asked for."""
    found = check.data.coverage
    assert found is not None
    served = dict.fromkeys(found.demand_mw, 0.0)
    for row in rows:
        served[row["point"]] += row["it_mw"]
    left = {entry.get("point"): entry.get("it_mw") for entry in stated["not_served"]}
    for i, mw in served.items():
        asked = found.demand_mw[i]
        check.within(f"coverage: served to {i} (MW of IT)", mw, asked)
        if found.share_min >= 1.0:
            check.within(f"coverage: demand of {i} (MW of IT)", asked, mw)
        lacks = asked - mw
        check.true(f"coverage: not_served is wrong on {i}", (i in left) == (lacks > LEFT * asked))
        if i in left:
            check.same(f"coverage: not_served of {i}", float(left[i] or 0.0), lacks)
    check.true("coverage: not_served names a point that does not exist", set(left) <= set(served))
    least = found.share_min * sum(found.demand_mw.values())
    check.within("coverage.covered_share_min (MW of IT)", least, sum(served.values()))


def _built(check: Audit, rows: list[Mapping[str, Any]], sites: Rows) -> None:
    """Only built sites serve, and no more than they hold."""
    found = check.data.coverage
    assert found is not None
    for s in sorted({row["site"] for row in rows}):
        check.true(f"coverage: {s} serves demand and is not built", s in sites)
        held = sites[s]["modules"] * check.data.module_mw * found.mw_per_mw.get(s, 1.0) if s in sites else 0.0
        used = sum(row["it_mw"] for row in rows if row["site"] == s)
        check.within(f"coverage: demand served by {s} (MW of IT)", used, held)


def _sums(check: Audit, rows: list[Mapping[str, Any]], stated: Mapping[str, Any]) -> dict[str, float]:
    found = check.data.coverage
    assert found is not None
    served = sum(row["it_mw"] for row in rows)
    demand = sum(found.demand_mw.values())
    cost: dict[str, float] = {}
    for row in rows:
        spent = found.eur_mw_yr[row["point"], row["site"]] * row["it_mw"]
        cost[row["site"]] = cost.get(row["site"], 0.0) + spent
    again = {
        "demand_it_mw": demand,
        "served_it_mw": served,
        "served_share": served / demand,
        "mean_ms": sum(row["ms"] * row["it_mw"] for row in rows) / served if served else 0.0,
        "longest_ms": max((row["ms"] for row in rows), default=0.0),
        "cost_eur_yr": sum(cost.values()),
    }
    for name, value in again.items():
        check.same(f"coverage: {name}", stated[name], value)
    return cost

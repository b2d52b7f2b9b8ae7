"""Who serves whom: the plan's record of coverage, and what binds of the rules on places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from siting.instance.coverage import Coverage
from siting.instance.instance import Instance
from siting.plan.binding import BINDING

Served = Mapping[tuple[str, str], float]
Entry = dict[str, Any]


def coverage_record(data: Instance, served: Served) -> Entry:
    """The entry `coverage` of plan.json: totals, then demand served (MW of IT) and round trip (ms) by point and site.

    Empty without coverage. Points in the order of the instance, what is not served listed apart.
    """
    found = data.coverage
    if found is None:
        return {}
    left = {
        i: mw - sum(x for (point, _), x in served.items() if point == i) for i, mw in found.demand_mw.items()
    }
    rows = [_row(found, i, s, mw) for i in found.demand_mw for (point, s), mw in served.items() if point == i]
    total = sum(row["it_mw"] for row in rows)
    record = {
        "demand_it_mw": found.total_mw,
        "served_it_mw": total,
        "served_share": total / found.total_mw,
        "mean_ms": sum(row["ms"] * row["it_mw"] for row in rows) / total if total else 0.0,
        "longest_ms": max((row["ms"] for row in rows), default=0.0),
        "cost_eur_yr": sum(row["cost_eur_yr"] for row in rows),
        "assignment": rows,
        "not_served": [
            {"point": i, "it_mw": mw} for i, mw in left.items() if mw > BINDING * found.demand_mw[i]
        ],
    }
    return {"coverage": record}


def _row(found: Coverage, i: str, s: str, mw: float) -> Entry:
    row: Entry = {"point": i, "name": i, "country": "", "lat": None, "lon": None}
    if i in found.places:
        place = found.places[i]
        row |= {"name": place.name, "country": place.country, "lat": place.lat, "lon": place.lon}
    cost = found.eur_mw_yr[i, s] * mw
    return {**row, "site": s, "it_mw": mw, "ms": found.ms.get((i, s), 0.0), "cost_eur_yr": cost}


def binding_places(data: Instance, modules: Mapping[str, int], served: Served) -> list[Entry]:
    """Rules on countries, AI Factories and coverage that leave no room: for shares of IT power, one module less or more."""
    built = {s: n * data.module_mw for s, n in modules.items()}
    total = sum(built.values())
    rows = [*_countries(data, built, total), *_near(data, built, total)]
    return [*rows, *_coverage(data.coverage, built, served)] if data.coverage is not None else rows


def _countries(data: Instance, built: Mapping[str, float], total: float) -> list[Entry]:
    rules = data.sovereignty
    inside: dict[str, float] = {}
    for s, mw in built.items():
        inside[data.sites[s].country] = inside.get(data.sites[s].country, 0.0) + mw
    rows = []
    if rules.countries_max is not None and len(inside) == rules.countries_max:
        rows.append(_limit("sites.max_countries", len(inside), "countries"))
    if rules.country_share_max < 1.0:
        rows += [
            _limit(f"sites.max_share_per_country in {n}", rules.country_share_max, "of IT power")
            for n, mw in inside.items()
            if mw + data.module_mw > rules.country_share_max * total * (1 + BINDING)
        ]
    return rows


def _near(data: Instance, built: Mapping[str, float], total: float) -> list[Entry]:
    rules = data.sovereignty
    close = sum(mw for s, mw in built.items() if s in rules.near)
    if rules.near_share_min <= 0 or not total:
        return []
    if close - data.module_mw >= rules.near_share_min * total * (1 - BINDING):
        return []
    return [_limit("sites.near_ai_factory", rules.near_share_min, f"of IT power within {rules.near_km:g} km")]


def _coverage(found: Coverage, built: Mapping[str, float], served: Served) -> list[Entry]:
    total = sum(served.values())
    rows = []
    if 0 < found.share_min < 1 and total <= found.share_min * found.total_mw * (1 + BINDING):
        rows.append(_limit("coverage.covered_share_min", found.share_min, "of demand"))
    for s, mw in built.items():
        used = sum(x for (_, site), x in served.items() if site == s)
        if used >= found.served_by(s) * mw * (1 - BINDING):
            rows.append(_limit(f"coverage: all of {s} serves demand", mw, "MW of IT"))
    return rows + _reach(found, built)


def _reach(found: Coverage, built: Mapping[str, float]) -> list[Entry]:
    """The latency, where a built site does not reach a point that then hangs on another one alone."""
    if found.limit_ms is None or len(built) < 2:
        return []
    alone: dict[str, list[str]] = {}
    for i, sites in found.reached(built).items():
        if len(sites) == 1:
            alone.setdefault(sites[0], []).append(i)
    return [
        _limit(f"coverage.latency_ms_max ({_points(len(points))} only {s} reaches)", found.limit_ms, "ms")
        for s, points in alone.items()
    ]


def _points(n: int) -> str:
    return "1 point" if n == 1 else f"{n} points"


def _limit(name: str, value: float, unit: str) -> Entry:
    return {"limit": name, "value": value, "unit": unit}

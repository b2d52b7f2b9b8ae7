"""The audit of matching: the clean share of the load, recomputed from the hours, in all, by country or at each site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from siting.plan.findings import Audit

Rows = Mapping[str, Mapping[str, Any]]
Results = Mapping[str, Mapping[str, float]]


def clean_share_in(sites: Rows, results: Results, country: str) -> float:
    """Clean energy over the load of a country's sites; 1 where none stands, of nothing all."""
    own = [results[s] for s, row in sites.items() if row["country"] == country]
    load = sum(r["facility_mwh"] for r in own)
    return sum(r["clean_mwh"] for r in own) / load if load else 1.0


def audit_matching(check: Audit, record: Mapping[str, Any], sites: Rows, results: Results) -> None:
    """What the plan states of matching, and the share of each site where each must reach it."""
    data, stated = check.data, record.get("matching")
    if data.matching == "none":
        check.true("'matching' is stated, but the model has no rule", stated is None)
        return
    if stated is None:
        check.findings.append("'matching' is missing")
        return
    if not all(results.values()):
        return
    scope, least = "portfolio", data.cfe_score_min
    for r, limit in data.limits.items():
        if r[0] == "clean_in":
            scope, least = "country", limit.value
    if data.matched_locally is not None:
        scope, least = "site", data.matched_locally[1]
    words = f"matching is by {stated['kind']} and {stated['scope']}, the model asks for {data.matching} and {scope}"
    check.true(words, (stated["kind"], stated["scope"]) == (data.matching, scope))
    check.same("matching.share_min", stated["share_min"], least)
    again = _shares(sites, results, scope)
    check.true(
        f"matching names {sorted(stated['share_by'])}, not {sorted(again)}",
        set(stated["share_by"]) == set(again),
    )
    for name, share in again.items():
        check.same(f"matching of {name}", stated["share_by"].get(name, float("nan")), share)
        if scope == "site":
            check.within(f"power.matching.cfe_score_min at {name} (share of load)", least, share)


def _shares(sites: Rows, results: Results, scope: str) -> dict[str, float]:
    if scope == "country":
        return {
            name: clean_share_in(sites, results, name) for name in {row["country"] for row in sites.values()}
        }
    if scope == "site":
        return {s: results[s]["clean_mwh"] / results[s]["facility_mwh"] for s in sites}
    load = sum(results[s]["facility_mwh"] for s in sites)
    return {"portfolio": sum(results[s]["clean_mwh"] for s in sites) / load} if sites else {}

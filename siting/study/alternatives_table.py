"""Tables of a set of near-optimal plans: how far apart, what they all build, what some do, what none does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from siting.plan.plan import Plan

Shares = dict[str, float]


def sites_of(plan: Plan, groups: Mapping[str, str]) -> Shares:
    """Share of IT power by group of tied candidates."""
    total = plan.totals["it_mw"]
    found: Shares = {}
    for row in plan.record["sites"]:
        group = groups.get(row["site"], row["site"])
        found[group] = found.get(group, 0.0) + row["it_mw"] / total
    return found


def mix_of(plan: Plan) -> Shares:
    """Share of energy by supply option; storage is no source and is left out."""
    sources = plan.supply[plan.supply["route"] != "storage"].groupby("option")["supply_mwh"].sum()
    total = float(sources.sum())
    return {str(k): float(mwh) / total for k, mwh in sources.items()} if total else {}


def verdict(share: float) -> str:
    """Always, sometimes or never, by the share of plans."""
    return "always" if share >= 1.0 else "sometimes" if share > 0.0 else "never"


def distance_table(plans: Mapping[str, Plan], distance: Callable[[Plan, Plan], float]) -> pd.DataFrame:
    """Distances between all plans."""
    names = list(plans)
    rows = {
        one: {two: distance(plans[one], plans[two]) if one != two else 0.0 for two in names} for one in names
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("plan")


def plan_table(
    plans: Mapping[str, Plan],
    groups: Mapping[str, str],
    distances: pd.DataFrame,
    apart: Callable[[Shares, Shares], float],
) -> pd.DataFrame:
    """One row a plan: cost, carbon, sites, distances, and what it was asked for with its proof."""
    base = next(iter(plans.values()))
    rows: dict[str, dict[str, Any]] = {}
    for name, plan in plans.items():
        others = [d for other, d in distances.loc[name].to_dict().items() if other != name]
        asked = plan is not base
        rows[name] = {
            "cost_eur_yr": plan.totals["cost_eur_yr"],
            "over_share": plan.totals["cost_eur_yr"] / base.totals["cost_eur_yr"] - 1.0,
            "carbon_t_yr": plan.totals["carbon_t_yr"],
            "it_mw": plan.totals["it_mw"],
            "sites": ", ".join(sorted(plan.chosen.index)),
            "site_share": apart(sites_of(base, groups), sites_of(plan, groups)),
            "mix_share": apart(mix_of(base), mix_of(plan)),
            "nearest": min(others, default=None),
            "spread_mw": plan.objective if asked else None,
            "bound_mw": plan.bound if asked else None,
            "gap_share": plan.gap,
            "status": plan.status,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("plan")


def site_table(
    plans: Mapping[str, Plan], groups: Mapping[str, str], proven: set[str], too_small: set[str]
) -> pd.DataFrame:
    """One row a group of tied candidates, the most chosen first; candidates too small for any plan are told apart."""
    frame = next(iter(plans.values())).sites
    built = {name: sites_of(plan, groups) for name, plan in plans.items()}
    mw = {name: plan.totals["it_mw"] for name, plan in plans.items()}
    members: dict[str, list[str]] = {}
    for s, g in groups.items():
        members.setdefault(g, []).append(s)
    rows: dict[str, dict[str, Any]] = {}
    for g, tied in members.items():
        sizes = [built[name][g] * mw[name] for name in plans if built[name].get(g)]
        share = len(sizes) / len(plans)
        rows[g] = {
            "name": frame.at[g, "name"],
            "country": frame.at[g, "country"],
            "zone": frame.at[g, "zone"],
            "plans_share": share,
            "verdict": verdict(share),
            "proven": (share == 1.0 and g in proven) or set(tied) <= too_small,
            "it_mw_least": min(sizes, default=None),
            "it_mw_most": max(sizes, default=None),
            "ties": ", ".join(s for s in tied if s != g),
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("site")
    return table.sort_values("plans_share", ascending=False, kind="stable")


def country_table(plans: Mapping[str, Plan]) -> pd.DataFrame:
    """One row a country with candidates: share of the plans that build there, MW of IT where they do."""
    countries = list(dict.fromkeys(next(iter(plans.values())).sites["country"]))
    mw: dict[str, list[float]] = {str(c): [] for c in countries}
    for plan in plans.values():
        for country, own in plan.chosen.groupby("country")["it_mw"].sum().items():
            mw[str(country)].append(float(own))
    rows = {
        country: {
            "plans_share": len(sizes) / len(plans),
            "verdict": verdict(len(sizes) / len(plans)),
            "it_mw_least": min(sizes, default=None),
            "it_mw_most": max(sizes, default=None),
        }
        for country, sizes in mw.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("country")
    return table.sort_values("plans_share", ascending=False, kind="stable")


def option_table(plans: Mapping[str, Plan]) -> pd.DataFrame:
    """One row a supply option: least and most MW (storage also MWh) and share of energy over the plans, and what was proven
    of it by a plan asked for the least or the most of it."""
    least = {
        name.removeprefix("least "): plan.bound for name, plan in plans.items() if name.startswith("least ")
    }
    most = {
        name.removeprefix("most "): plan.bound for name, plan in plans.items() if name.startswith("most ")
    }
    supplies = [plan.supply for plan in plans.values()]
    options = list(dict.fromkeys(str(k) for supply in supplies for k in supply["option"]))
    mixes = [mix_of(plan) for plan in plans.values()]
    rows: dict[str, dict[str, Any]] = {}
    for k in options:
        own = [supply[supply["option"] == k] for supply in supplies]
        mw = [float(part["supply_mw"].sum()) for part in own]
        mwh = [float(part["store_mwh"].sum()) for part in own]
        store = any((part["route"] == "storage").any() for part in own)
        share = [mix.get(k, 0.0) for mix in mixes]
        rows[k] = {
            "optimum_mw": mw[0],
            "mw_least": min(mw),
            "mw_most": max(mw),
            "store_mwh_least": min(mwh) if store else None,
            "store_mwh_most": max(mwh) if store else None,
            "optimum_share": None if store else share[0],
            "share_least": None if store else min(share),
            "share_most": None if store else max(share),
            "least_bound": least.get(k),
            "rest_bound_mw": None if store else most.get(k),
            "most_bound_mwh": -bound if store and (bound := most.get(k)) is not None else None,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("option")

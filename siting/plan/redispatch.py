"""A plan operated over every hour of its year, investments as they are: what choosing by a few periods has cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.errors import InputError
from siting.inputs.world import World
from siting.instance.duties import PUE
from siting.instance.hours import Hours
from siting.instance.instance import Instance, Limit, Resource
from siting.plan.carbon import lifecycle_capped_t
from siting.plan.make import make_plan
from siting.plan.matching import clean_used
from siting.plan.plan import Plan
from siting.units import HOURS_PER_YEAR

if TYPE_CHECKING:
    from siting.solver.redispatch import Operated
    from siting.solver.solution import Solution

MEASURES = ("cost_eur_yr", "carbon_t_yr", "cfe_score")
OF_SITES = ["grid line", "site, fixed", "coverage"]  # terms of sites, not of their energy: as the plan says
OVER = 1e-6  # relative: a limit overstepped by less is met


@dataclass(frozen=True)
class Redispatch:
    """A plan beside its own operation over the full year.

    plan: as it was made; operated: the same investments over 8,760 hours, as tables like a plan's (not audited: limits
    are reported here, not enforced); unserved_mwh: load by site that nothing could serve, in no cost and no tonne;
    limits: limits on operation (carbon, cost, water, matching, national rules) with their use over the year and what it
    exceeds them by.
    """

    plan: Plan
    operated: Plan
    unserved_mwh: Mapping[str, float]
    limits: list[dict[str, Any]]

    @property
    def table(self) -> pd.DataFrame:
        """One row a site, then `total`: each measure in the plan and over the full year (EUR/yr, t/yr, share), MWh unserved."""
        mine = {row["site"]: row for row in self.plan.record["sites"]}
        full = {row["site"]: row for row in self.operated.record["sites"]}
        mine["total"], full["total"] = self.plan.record["totals"], self.operated.record["totals"]
        unserved = {**self.unserved_mwh, "total": sum(self.unserved_mwh.values())}
        rows = {
            s: {
                **{f"{name}_{kind}": row[s][name] for name in MEASURES for kind, row in _kinds(mine, full)},
                "unserved_mwh": unserved[s],
            }
            for s in mine
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("site")

    @property
    def shortcut_share(self) -> float:
        """The cost of the shortcut: yearly cost over the full year beyond the plan's own number, as a share of it."""
        own = float(self.plan.totals["cost_eur_yr"])
        return (float(self.operated.totals["cost_eur_yr"]) - own) / own

    @property
    def record(self) -> dict[str, Any]:
        """All of it as plain JSON values."""
        rows = {str(s): dict(row) for s, row in self.table.to_dict("index").items()}
        return {
            "title": self.plan.record["title"],
            "hours": {"plan": self.plan.record["hours"]["modelled"], "full": HOURS_PER_YEAR},
            "shortcut_share": self.shortcut_share,
            "total": rows.pop("total"),
            "sites": rows,
            "limits": self.limits,
        }

    def __repr__(self) -> str:
        from siting.output.shortcut import redispatch_text

        return redispatch_text(self)


def _kinds(
    mine: dict[str, Any], full: dict[str, Any]
) -> tuple[tuple[str, dict[str, Any]], tuple[str, dict[str, Any]]]:
    return ("plan", mine), ("full", full)


def investments(plan: Plan, data: Instance) -> tuple[dict[str, int], dict[str, dict[tuple[str, ...], float]]]:
    """What a plan builds: modules by site, capacities by class (MW, MWh; keys as in a solution's energy).

    Raises InputError for a plan without sites, or with a site the instance does not have.
    """
    rows = plan.record["sites"]
    if not rows:
        raise InputError("the plan builds no site, so there is nothing to operate")
    capacity: dict[str, dict[tuple[str, ...], float]] = {}
    for row in rows:
        if row["site"] not in data.sites:
            raise InputError(f"site '{row['site']}' of the plan is not in the world; solve the model again")
        c = data.sites[row["site"]].supply_class
        into = capacity.setdefault(c, {})
        for key, mw in _capacities(row, data, c).items():
            into[key] = into.get(key, 0.0) + float(mw)
    return {row["site"]: int(row["modules"]) for row in rows}, capacity


def _capacities(row: Mapping[str, Any], data: Instance, c: str) -> dict[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {("cooled", q): mw for q, mw in row["cooling_mw"].items()}
    found["connection",] = row["connection_mw"]
    found |= {("heat",): row["heat"]["mw"]} if "heat" in row else {}
    found |= {("ppa", k): row["supply_mw"].get(k, 0.0) for k in data.options_of("ppa", c)}
    found |= {("onsite", k): row["supply_mw"].get(k, 0.0) for k in data.options_of("onsite", c)}
    for name in ("store_mw", "store_mwh"):
        found |= {(name, k): size for k, size in row[name].items()}
    return found


def set_beside(plan: Plan, world: World, hours: Hours, data: Instance, operated: Operated) -> Redispatch:
    """The plan and its operation over the full year, side by side."""
    solution = _with_lines(plan, operated.solution)
    full = make_plan(plan.model, world, hours, data, solution, dict(plan.record["versions"]))
    unserved = _by_site(full, data, operated)
    hourly = full.hourly.assign(unserved_mw=np.concatenate(list(unserved.values())))
    weight = np.array(data.weight)
    mwh = {s: float(weight @ mw) for s, mw in unserved.items()}
    return Redispatch(plan, replace(full, hourly=hourly), mwh, _limits(data, full, solution))


def _with_lines(plan: Plan, solution: Solution) -> Solution:
    """Sites' own terms as the plan has them: over all hours the rated load may be another, line and assignment are not."""
    lines = plan.costs[plan.costs["item"].isin(OF_SITES)]
    cost = {
        (str(i), str(s)): float(v)
        for i, s, v in zip(lines["item"], lines["site"], lines["cost_eur_yr"], strict=True)
    }
    capex = {
        ("connection", str(i), str(s)): float(v)
        for i, s, v in zip(lines["item"], lines["site"], lines["capex_eur"], strict=True)
    }
    serving = plan.record.get("coverage", {}).get("assignment", [])
    return replace(
        solution,
        cost_eur={**solution.cost_eur, **cost},
        capex_eur={**solution.capex_eur, **capex},
        assigned_mw={(row["point"], row["site"]): row["it_mw"] for row in serving},
    )


def _by_site(full: Plan, data: Instance, operated: Operated) -> dict[str, np.ndarray]:
    """Unserved MW of each site and hour: a class's, shared out by IT power."""
    rows = {row["site"]: (data.sites[row["site"]].supply_class, row["it_mw"]) for row in full.record["sites"]}
    total = {c: sum(mw for cc, mw in rows.values() if cc == c) for c, _ in rows.values()}
    return {s: operated.unserved_mw[c] * (mw / total[c]) for s, (c, mw) in rows.items()}


def _limits(data: Instance, full: Plan, solution: Solution) -> list[dict[str, Any]]:
    """Limits that operation uses: value, use over the full year, and by how much it is overstepped (0 if met)."""
    shares = full.record.get("matching", {}).get("share_by", {})
    used: dict[Resource, float] = {
        ("carbon",): full.totals["carbon_t_yr"],
        ("carbon_rate",): full.totals["carbon_g_kwh"],
        ("lifecycle",): lifecycle_capped_t(data, solution, full.totals["lifecycle_t_yr"]),
        ("cost",): full.totals["cost_eur_yr"],
        ("water",): full.totals.get("water_m3_yr", 0.0),
    }
    used |= clean_used(data, full.record)
    limits: dict[Resource, Limit] = {r: limit for r, limit in data.limits.items() if r in used}
    if data.matched_locally is not None:
        key, least = "power.matching.cfe_score_min", data.matched_locally[1]
        limits |= {("matched", s): Limit(">=", least, "share of load", f"{key} at {s}") for s in shares}
        used |= {("matched", s): share for s, share in shares.items()}
    for r, (limit, share) in _national(full).items():
        limits[r], used[r] = limit, share
    found = []
    for r, limit in limits.items():
        beyond = used[r] - limit.value if limit.sense == "<=" else limit.value - used[r]
        found.append(
            {
                "limit": limit.meaning,
                "unit": limit.unit,
                "value": limit.value,
                "used": used[r],
                "exceeded_by": beyond if beyond > OVER * limit.value else 0.0,
            }
        )
    return found


def _national(full: Plan) -> dict[Resource, tuple[Limit, float]]:
    """National rules at each site, and what they come to over the year."""
    return {
        ("rule", rule["rule"], row["site"]): (
            Limit(
                "<=" if rule["subject"] == PUE else ">=",
                rule["value"],
                rule["unit"],
                f"{rule['rule']} at {row['site']}",
            ),
            rule["used"],
        )
        for row in full.record["sites"]
        for rule in row.get("rules", [])
    }

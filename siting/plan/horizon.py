"""A plan of several periods: an ordinary plan of each, and the roadmap that joins them.

The plan as a whole is the one of the last period with the horizon's objective, proof and roadmap in its record; `stages`
holds the plan of every period (and scenario) by its label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from siting.inputs.finance import period_years
from siting.inputs.planning import PlanningModel
from siting.inputs.world import World
from siting.instance.hours import Hours
from siting.instance.instance import VINTAGE, Instance, Node
from siting.instance.stages import at_node
from siting.plan.binding import binds
from siting.plan.make import make_plan, model_hash, stage_record
from siting.plan.plan import Plan
from siting.plan.supply import is_dust
from siting.solver.solution import Solution

ROADMAP = ("period", "site", "it_mw", "new_it_mw", "connection_mw", "option", "new_mw", "new_mwh")


def make_horizon_plan(
    model: PlanningModel,
    world: World,
    hours: Mapping[str, Hours],
    data: Instance,
    solved: Solution,
    solver: dict[str, str],
) -> Plan:
    """The plan of a solved instance with one node or several; `hours` by scenario."""
    if len(data.nodes) == 1:
        return make_plan(model, world, next(iter(hours.values())), data, solved, solver)
    stages = {
        node.label: _stage(model, world, hours[node.scenario], data, solved, solver, node)
        for node in data.nodes
    }
    last = stages[data.first_nodes[data.periods[-1]].label]
    record = {
        **last.record,
        "title": model.title,
        "objective": stage_record(solved.stages[0]),
        "later_objectives": [stage_record(stage) for stage in solved.stages[1:]],
        "binding": _binding(data, stages, solved),
        "horizon": _horizon(model, data, stages, solved),
        "model": model.model_dump(mode="json"),
    }
    record["inputs"] = {**last.record["inputs"], "model_sha256": model_hash(model)}
    return replace(last, model=model, record=record, stages=stages)


def _stage(
    model: PlanningModel,
    world: World,
    hours: Hours,
    data: Instance,
    solved: Solution,
    solver: dict[str, str],
    node: Node,
) -> Plan:
    own = at_node(model, node)
    titled = own.model_copy(update={"title": f"{model.title}, {node.label}"})
    return make_plan(titled, world, hours, data.at(node), solved.at(data, node), solver)


def _horizon(
    model: PlanningModel, data: Instance, stages: Mapping[str, Plan], solved: Solution
) -> dict[str, Any]:
    """Money and tonnes of the whole horizon, and when what is built where."""
    asked = model.horizon
    years = period_years(asked.periods, asked.end_year, asked.decision_year, asked.discount_share)
    cost = sum(n.cost_share * stages[n.label].totals["cost_eur_yr"] for n in data.nodes)
    tonnes = sum(n.carbon_share * stages[n.label].totals["carbon_t_yr"] for n in data.nodes)
    road = roadmap(data, stages)
    return {
        "periods": [
            {"period": p, "years": n, "discounted_years": d}
            for p, n, d in zip(asked.periods, years.years, years.discounted, strict=True)
        ],
        "nodes": [
            {"label": n.label, "period": n.period, "scenario": n.scenario, "probability": n.probability}
            for n in data.nodes
        ],
        "cost_eur_yr": cost,
        "npv_eur": cost * sum(years.discounted),
        "carbon_t_yr": tonnes,
        "carbon_t": tonnes * sum(years.years),
        "capex_eur": sum(solved.capex_eur.values()),
        "first_power": _first_power(data, stages),
        "roadmap": road.to_dict("records"),
    }


def _first_power(data: Instance, stages: Mapping[str, Plan]) -> dict[str, int]:
    """The period in which each site first runs."""
    found: dict[str, int] = {}
    for node in data.nodes:
        for row in stages[node.label].record["sites"]:
            found.setdefault(row["site"], node.period)
    return found


def roadmap(data: Instance, stages: Mapping[str, Plan]) -> pd.DataFrame:
    """What is new in each period: a row a site for its IT power, and one for each option (or connection) built there."""
    rows: list[tuple[Any, ...]] = []
    held: dict[tuple[str, str], float] = {}
    for p in data.periods:
        label = data.first_nodes[p].label
        for row in stages[label].record["sites"]:
            s = row["site"]
            new = row["it_mw"] - held.get((s, "it"), 0.0)
            wired = row["connection_mw"] - held.get((s, "connection"), 0.0)
            held[s, "it"], held[s, "connection"] = row["it_mw"], row["connection_mw"]
            rows.append((p, s, row["it_mw"], new, row["connection_mw"], "it", new, 0.0))
            if wired > 0:
                rows.append((p, s, row["it_mw"], new, row["connection_mw"], "grid connection", wired, 0.0))
            sizes = {**row["supply_mw"], **row["store_mw"]}
            for k, mw in sizes.items():
                if not is_dust(mw, row["it_mw"]) and k.partition(VINTAGE)[2] == str(p):
                    name = k.partition(VINTAGE)[0]
                    mwh = row["store_mwh"].get(k, 0.0)
                    rows.append((p, s, row["it_mw"], new, row["connection_mw"], name, mw, mwh))
    return pd.DataFrame(rows, columns=list(ROADMAP))


def _binding(data: Instance, stages: Mapping[str, Plan], solved: Solution) -> list[dict[str, Any]]:
    """What binds in each period, and the money invested in one or in all."""
    found = [
        {**row, "limit": f"{row['limit']} ({label})"}
        for label, plan in stages.items()
        for row in plan.record["binding"]
    ]
    for r, limit in data.limits.items():
        if r[0] == "capex" and binds(limit, _invested(data, solved, r[1:])):
            found.append({"limit": limit.meaning, "value": limit.value, "unit": limit.unit})
    return found


def _invested(data: Instance, solved: Solution, period: tuple[str, ...]) -> float:
    """Counted investment of a period, or of all (EUR)."""
    return sum(
        eur
        for (group, _, place), eur in solved.capex_eur.items()
        if group in data.capex_counts
        and (not period or place.rpartition(VINTAGE)[2].partition("/")[0] == period[0])
    )

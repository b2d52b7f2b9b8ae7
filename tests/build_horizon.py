"""Hand-written instances of several periods or cases, from the small one of a single period. No test stands here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from siting.inputs.load import load
from siting.inputs.planning import PlanningModel
from siting.inputs.planning_uncertainty import Uncertainty
from siting.instance.hours import Hours
from siting.instance.instance import Instance, Node
from siting.plan.horizon import make_horizon_plan
from siting.plan.plan import Plan
from siting.solver.solution import Solution
from tests.build_instance import GAS, MODEL, small_instance, small_world, solved


def two_periods(earlier_it_mw: float = 10.0, target_it_mw: float = 20.0, **changes: Any) -> Instance:
    """Site one alone, over 2028 without a grid and 2031 with it; gas engines on offer in both.

    A year of 2028 counts 0.4 in the discounted mean year and 0.5 in the plain one.
    """
    alone = small_instance(gas=GAS).only("AA")
    site = alone.sites["one"]
    nodes = (
        Node(2028, cost_share=0.4, carbon_share=0.5),
        Node(2031, cost_share=0.6, carbon_share=0.5),
    )
    flat = (1.0, 1.0, 1.0)
    engines = [("AA@2028", "gas_engine@2028"), ("AA@2031", "gas_engine@2028"), ("AA@2031", "gas_engine@2031")]
    off_grid = replace(site, line_capex_eur_mw=0.0, line_yearly_eur_mw=0.0)

    def late(table: dict[str, Any]) -> dict[str, Any]:
        return {"AA@2031": table["AA"]}

    def both(table: dict[str, Any]) -> dict[str, Any]:
        return {"AA@2028": table["AA"], "AA@2031": table["AA"]}

    data = replace(
        alone,
        nodes=nodes,
        site_at={"one": (off_grid, site)},
        halls={(cell, "air"): alone.halls["AA", "air"] for cell in ("AA@2028", "AA@2031")},
        onsite=dict.fromkeys(engines, GAS),
        availability=dict.fromkeys(engines, flat),
        price_eur_mwh=late(alone.price_eur_mwh),
        network_eur_mwh=late(alone.network_eur_mwh),
        grid_carbon_t_mwh=late(alone.grid_carbon_t_mwh),
        grid_cfe_share=late(alone.grid_cfe_share),
        connection=late(alone.connection),
        it=both(alone.it),
        spare_land_ha_mw=both(alone.spare_land_ha_mw),
        zone=both(alone.zone),
        sites_max=1,
        earlier_it_mw={2028: earlier_it_mw},
        target_it_mw=target_it_mw,
    )
    return replace(data, **changes)


def two_cases(probability: float = 0.3, factor: float = 2.5, **changes: Any) -> Instance:
    """The small instance's two sites, grid alone, in a usual case and in one where power in AA costs `factor` as much."""
    alone = small_instance(target_it_mw=10.0, sites_max=1)
    nodes = (
        Node(2030, "usual", 1 - probability, 1 - probability, 1 - probability),
        Node(2030, "dear", probability, probability, probability),
    )
    cells = {f"{c}@{node.label}": (c, node.scenario) for c in alone.classes for node in nodes}

    def own(table: dict[str, Any]) -> dict[str, Any]:
        return {cell: table[c] for cell, (c, _) in cells.items()}

    price = {
        cell: tuple(p * (factor if (c, case) == ("AA", "dear") else 1.0) for p in alone.price_eur_mwh[c])
        for cell, (c, case) in cells.items()
    }
    data = replace(
        alone,
        nodes=nodes,
        site_at={s: (site,) for s, site in alone.sites.items()},
        halls={(cell, "air"): alone.halls[c, "air"] for cell, (c, _) in cells.items()},
        price_eur_mwh=price,
        network_eur_mwh=own(alone.network_eur_mwh),
        grid_carbon_t_mwh=own(alone.grid_carbon_t_mwh),
        grid_cfe_share=own(alone.grid_cfe_share),
        connection=own(alone.connection),
        it=own(alone.it),
        spare_land_ha_mw=own(alone.spare_land_ha_mw),
        zone=own(alone.zone),
    )
    return replace(data, **changes)


def three_periods() -> Instance:
    """The two periods with one between them, off the grid too, in which 10 MW are asked for again."""
    data = two_periods()
    first, last = data.nodes
    nodes = (replace(first, cost_share=0.2, carbon_share=0.25), Node(2029, "", 1.0, 0.2, 0.25), last)

    def between(table: dict[Any, Any]) -> dict[Any, Any]:
        return {_at(key, cell): table[key] for key in table for cell in _cells(key)}

    tables = ("halls", "onsite", "availability", "it", "spare_land_ha_mw", "zone")
    (off_grid, on_grid) = data.site_at["one"]
    return replace(
        data,
        nodes=nodes,
        site_at={"one": (off_grid, off_grid, on_grid)},
        earlier_it_mw={2028: 10.0, 2029: 10.0},
        **{name: between(getattr(data, name)) for name in tables},
    )


def _cells(key: Any) -> tuple[str, ...]:
    cell = key if isinstance(key, str) else key[0]
    return (cell, "AA@2029") if cell == "AA@2028" else (cell,)


def _at(key: Any, cell: str) -> Any:
    return cell if isinstance(key, str) else (cell, *key[1:])


def horizon_plan(data: Instance, solution: Solution | None = None) -> Plan:
    """The plan of a hand-written instance of several periods or cases; of its model, only what names them is read."""
    n = len(data.weight)
    hours = Hours(pd.DataFrame(index=range(n)), data.weight, data.before, (0,) * n, ("by hand",), {})
    model: PlanningModel = load(MODEL)
    horizon = {"periods": data.periods, "end_year": data.periods[-1] + 4}
    chance = {node.scenario: node.probability for node in data.nodes}
    cases = {i: {"probability": p} for i, p in chance.items()}
    asked = {"cases": cases, "measure": "expected"}
    model = model.model_copy(
        update={
            "horizon": model.horizon.model_copy(update=horizon),
            "uncertainty": Uncertainty.model_validate(asked) if len(cases) > 1 else None,
        }
    )
    world, by_case = small_world(data.at(data.nodes[-1])), dict.fromkeys(cases, hours)
    return make_horizon_plan(model, world, by_case, data, solution or solved(data), {"highs": "test"})

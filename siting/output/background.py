"""The world a plan was made from, for what the plan itself does not hold; refused if it is another by now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.inputs.world import World, find_world, read_world
from siting.plan.make import check_unchanged

if TYPE_CHECKING:
    from siting.plan.plan import Plan

OF_PLAN = {"grid_carbon_g_kwh": "grid_carbon_g_kwh", "day_ahead_price_eur_mwh": "price_eur_mwh"}
FACTORS = {
    "grid_carbon_g_kwh": "grid_carbon",
    "day_ahead_price_eur_mwh": "grid_price",
    "network_charge_eur_mwh": "network_charge",
}


def world_of(plan: Plan) -> World:
    """The plan's world, unchanged since; InputError if it is not here or has changed."""
    world = read_world(find_world(plan.model.world, plan.model.sites.file))
    check_unchanged(plan, world)
    return world


def grid_value(plan: Plan, world: World | None, zone: str, quantity: str) -> float | None:
    """A quantity of a zone's grid (of zone_values.csv) as the plan counts it: mean of its hours, its scenario, its intensity.

    Where no candidate lies the plan holds none: there it is the world's mean of the year under the scenario's factor, and
    unknown without a world, or where carbon is marginal, of which the world's tables hold no mean.
    """
    column = OF_PLAN.get(quantity)
    if column in plan.zones.columns and zone in plan.zones.index:
        value = plan.zones.at[zone, column]
        if value is not None and value == value:  # NaN is what differs from itself
            return float(value)
    marginal = quantity == "grid_carbon_g_kwh" and plan.model.carbon.intensity == "marginal"
    known = None if world is None or marginal else world.get("zone_values", zone, quantity)
    factor = getattr(plan.model.scenario.factors, FACTORS[quantity])
    return None if known is None else known * factor

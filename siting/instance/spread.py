"""Objective spread between planning model and instance: which sites and options it weighs."""

from __future__ import annotations

from typing import Any

from siting.inputs.planning import PlanningModel, SpreadObjective
from siting.inputs.world import World
from siting.instance.instance import GRID, flat_name


def weighed(model: PlanningModel, world: World) -> dict[str, tuple[tuple[str, ...], list[str]]]:
    """Names that objective spread weighs, beside those there are."""
    if not isinstance(model.objective, SpreadObjective):
        return {}
    return {
        "objective.sites": (tuple(model.objective.sites), list(world.sites.index)),
        "objective.options": (
            tuple(model.objective.options),
            [*model.power.options, *map(flat_name, model.power.baseload)],
        ),
    }


def spread(model: PlanningModel, world: World) -> dict[str, Any]:
    """Weights of objective spread; the option of route grid goes by the name of its flow."""
    if not isinstance(model.objective, SpreadObjective):
        return {}
    options = {
        GRID if k in world.options.index and world.options.at[k, "route"] == "grid" else k: w
        for k, w in model.objective.options.items()
    }
    return {"spread_sites": dict(model.objective.sites), "spread_options": options}

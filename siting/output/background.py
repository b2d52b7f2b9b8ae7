"""The world a plan was made from, for what the plan itself does not hold; refused if it is another by now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.errors import InputError
from siting.inputs.world import World, find_world, read_world
from siting.plan.make import world_hash

if TYPE_CHECKING:
    from siting.plan.plan import Plan


def world_of(plan: Plan) -> World:
    """The plan's world, unchanged since; InputError if it is not here or has changed."""
    world = read_world(find_world(plan.model.world, plan.model.sites.file))
    if world_hash(world) != plan.record["inputs"]["world_sha256"]:
        raise InputError(f"world {world.name}: has changed since the plan was made; solve the model again")
    return world

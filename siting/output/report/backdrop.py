"""What stands behind a plan: its world's shapes, prices and sources, if that world is still to be had."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from siting.errors import InputError
from siting.inputs.world import World, find_world, read_world
from siting.plan.make import world_hash

if TYPE_CHECKING:
    import geopandas as gpd

    from siting.plan.plan import Plan

UNCHANGED = ""
CHANGED = (
    "The world '{name}' has changed since this plan was made (its hash differs). Shapes, shading and the values "
    "below are those of the world as it is now; every result in this report is the plan's own."
)
GONE = (
    "The world '{name}' was not to be had where this report was written. Zones without a candidate, shading, "
    "assumptions and their sources are left out; every result in this report is the plan's own."
)


@dataclass(frozen=True)
class Backdrop:
    """The world of a plan (None if it is gone), zones to draw, and a caveat in words (empty if the world is the plan's)."""

    world: World | None
    zones: gpd.GeoDataFrame
    caveat: str


def backdrop(plan: Plan) -> Backdrop:
    """The world a plan was made in, as far as it is still there; never an error."""
    name = plan.model.world
    try:
        world = _world_at(find_world(name, plan.model.sites.file))
    except (InputError, OSError):
        return Backdrop(None, plan.zones, GONE.format(name=Path(name).name))
    same = world_hash(world) == plan.record["inputs"]["world_sha256"]
    return Backdrop(world, world.zones, UNCHANGED if same else CHANGED.format(name=world.name))


def clean_options(plan: Plan, behind: Backdrop) -> dict[str, bool]:
    """Whether each on-site option is carbon-free: by the world's word, without it by the plan's own tonnes."""
    if behind.world is not None:
        return {str(k): v == "true" for k, v in behind.world.options["clean"].items()}
    tonnes = plan.emissions.groupby("item")["carbon_t_yr"].sum()
    return {str(item): float(t) == 0.0 for item, t in tonnes.items()}


def _world_at(folder: Path) -> World:
    files = tuple((path, path.stat().st_mtime_ns) for path in sorted(folder.rglob("*")) if path.is_file())
    return _read(folder, files)


@lru_cache(maxsize=1)
def _read(folder: Path, files: object) -> World:
    """A world, read once as long as its files stay the same: a comparison writes a report for each of its plans."""
    return read_world(folder)

"""The plan's problem for other solvers: the instance is built again from model and world, and written as MPS or LP."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from siting.instance.assemble import hours_of
from siting.instance.stages import assemble_horizon, hours_by_case
from siting.output.background import world_of
from siting.solver.progress import Clock, Report, silent
from siting.solver.written import write_problem

if TYPE_CHECKING:
    from siting.plan.plan import Plan


def write_model(plan: Plan, path: Path, report: Report = silent) -> None:
    """Write the whole problem of a plan for its first objective; a later one is solved with the first as a limit.

    All its periods and cases are in it.

    Raises InputError if the world has changed since the plan was made.
    """
    clock = Clock(float("inf"), report)
    clock.say("reading the world")
    world = world_of(plan)
    model = plan.model
    hours = hours_by_case(model, lambda year: hours_of(world.folder, year, model.time.representative))
    data = assemble_horizon(model, world, hours)
    clock.say("writing the model")
    write_problem(data, path)

"""What studies that look into a model need beside a solve: its world, its instance, and the frontiers it is priced from."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from siting.inputs.planning import PlanningModel
from siting.inputs.world import World
from siting.instance.instance import Instance
from siting.plan.plan import Plan
from siting.solver.known import Frontier
from siting.solver.progress import Clock
from siting.solver.work import Pool


@dataclass(frozen=True)
class Tools:
    """Handed in by the API, which knows the workers and the cache.

    solve: an audited plan, progress under a name; solve_as: the same of a model with its instance replaced by a changed one;
    instance: assembled but not prechecked; supply: who prices the classes of
    an instance and what is known of them, kept afterwards; clock: of the model, started anew.
    """

    solve: Callable[[PlanningModel, str], Plan]
    solve_as: Callable[[PlanningModel, Instance, str], Plan]
    world: Callable[[PlanningModel], World]
    instance: Callable[[PlanningModel], Instance]
    supply: Callable[[Instance], AbstractContextManager[tuple[Pool, Frontier]]]
    clock: Callable[[PlanningModel], Clock]

"""The Python API of one plan: load a model, solve it, read and audit what was saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.errors import AuditError, InputError
from siting.inputs.load import Draft, load
from siting.inputs.load import check as check_draft
from siting.inputs.planning import PlanningModel, Representative
from siting.inputs.world import World, find_world, read_world
from siting.instance.assemble import assemble, check_against_world, choose_hours, hours_of
from siting.instance.hours import Hours
from siting.instance.instance import Instance
from siting.instance.precheck import least_capex_eur, precheck
from siting.instance.rules import rule_texts
from siting.instance.stages import assemble_horizon, hours_by_case
from siting.plan.plan import Plan, stage_folder
from siting.plan.read import read_plan, read_record, stage_labels
from siting.solver.progress import Clock, Report, Step, silent
from siting.units import counted

__all__ = [
    "audit_folder",
    "check",
    "load",
    "prepare",
    "read_plan",
    "redispatch",
    "solve",
    "solve_prepared",
]

if TYPE_CHECKING:
    import pandas as pd

    from siting.plan.redispatch import Redispatch
    from siting.solver.cluster import DaskCluster
    from siting.solver.known import Frontier
    from siting.solver.solution import Solution
    from siting.solver.work import Pool
    from siting.solver.workers import LocalProcesses

    Workers = LocalProcesses | DaskCluster


@dataclass(frozen=True)
class Prepared:
    """A model with its world, hours and instance: all that is needed to solve."""

    model: PlanningModel
    world: World
    hours: Hours
    data: Instance
    by_case: Mapping[str, Hours] = field(default_factory=dict)  # hours of every case of an uncertain model

    @property
    def all_hours(self) -> Mapping[str, Hours]:
        """Hours by case; "" where there is none."""
        return self.by_case or {"": self.hours}


@dataclass(frozen=True)
class Checked:
    """A model that passed every check short of solving: the merged model, notes and key numbers in words."""

    model: PlanningModel
    notes: tuple[str, ...]
    numbers: dict[str, str]
    rules: tuple[str, ...] = ()  # national rules that concern the candidates, and what becomes of each


def prepare(model: PlanningModel | str | Path) -> Prepared:
    """Read the world, choose the hours, build and precheck the instance."""
    ready = assembled(model)
    precheck(ready.data)
    return ready


def world_of(model: PlanningModel) -> World:
    """The world of a model, read once as long as its files stay the same."""
    return _world(*_files(model))


def assembled(model: PlanningModel | str | Path) -> Prepared:
    """The same without the precheck: an instance that may have no plan, to be explained."""
    model = model if isinstance(model, PlanningModel) else load(model)
    folder, files = _files(model)
    world = _world(folder, files)
    check_against_world(model, world)
    by_case = hours_by_case(model, lambda year: _hours(folder, files, year, model.time.representative))
    first = next(iter(by_case.values()))
    data = assemble_horizon(model, world, by_case)
    return Prepared(model, world, first, data, by_case if model.uncertainty else {})


def _files(model: PlanningModel) -> tuple[Path, tuple[tuple[Path, int], ...]]:
    """The world's folder, and its files with the time they were last written."""
    folder = find_world(model.world, model.sites.file)
    return folder, tuple(
        (path, path.stat().st_mtime_ns) for path in sorted(folder.rglob("*")) if path.is_file()
    )


@lru_cache(maxsize=2)
def _world(folder: Path, files: object) -> World:
    """A world, read once as long as its files stay the same: comparisons and curves ask for it again and again."""
    return read_world(folder)


@lru_cache(maxsize=8)
def _hours(folder: Path, files: object, year: int, representative: Representative | str) -> Hours:
    """Hours chosen, likewise once."""
    return hours_of(folder, year, representative)


def solve(
    model: PlanningModel | str | Path,
    report: Report = silent,
    workers: Workers | None = None,
    cache: bool = True,
) -> Plan:
    """Solve a planning model to an audited plan.

    `workers`: who prices supply classes (default: processes of this machine); `cache`: reuse and keep frontiers.
    Raises InputError, InfeasibleError (with the clashing numbers), StoppedError (no plan in time) or AuditError.
    """
    model = model if isinstance(model, PlanningModel) else load(model)
    report(Step("reading the world", 0.0))
    with hired(model, workers, cache) as team:
        ready = prepare(model)
        clock = Clock(model.solve.time_limit_s, report)
        return solve_prepared(ready, clock, team, cache, for_more=cache and workers is None)


@contextmanager
def hired(model: PlanningModel, workers: Workers | None, cache: bool) -> Iterator[Workers | None]:
    """The caller's workers, or processes of our own for as long as the solve lasts.

    Where nothing has been priced before they are needed at once, and start while inputs are read.
    """
    if workers is not None or model.is_whole or model.solve.threads == 1:
        yield workers
        return
    from siting.solver.cache import FrontierCache
    from siting.solver.workers import LocalProcesses

    kept = FrontierCache() if cache else None
    own = LocalProcesses(model.solve.threads, kept)
    if kept is None or kept.info()["frontiers"] == 0:
        own.start()
    try:
        yield own
    finally:
        own.close()


def solve_prepared(
    ready: Prepared,
    clock: Clock,
    workers: Workers | None = None,
    cache: bool = True,
    for_more: bool = False,
) -> Plan:
    """Solve what was prepared, and audit the result; with `for_more`, price what a next question will ask besides."""
    from siting.plan.audit_horizon import audit_plan
    from siting.plan.horizon import make_horizon_plan
    from siting.solver.highs import versions

    settings = ready.model.solve
    if ready.model.is_whole:
        from siting.solver.whole import solve_whole

        solved = solve_whole(ready.data, clock, settings.gap_share, settings.threads)
    else:
        solved = _by_frontier(ready, clock, workers, cache, for_more)
    clock.say("auditing the plan")
    plan = make_horizon_plan(ready.model, ready.world, ready.all_hours, ready.data, solved, versions())
    findings = audit_plan(ready.data, plan)
    if findings:
        raise AuditError(findings)
    return plan


def _by_frontier(
    ready: Prepared, clock: Clock, workers: Workers | None, cache: bool, for_more: bool
) -> Solution:
    from siting.solver.curves import draw_curves, worth_drawing
    from siting.solver.frontier import solve_frontier

    data, gap = ready.data, ready.model.solve.gap_share
    with supply(data, workers, cache) as (pool, frontier):
        solved = solve_frontier(data, pool, frontier, clock, gap)
        if for_more and solved.stages[-1].status == "optimal" and worth_drawing(data):
            draw_curves(
                data, pool, frontier, clock, gap, {data.sites[s].supply_class for s in solved.modules}
            )
    return replace(solved, seconds=clock.seconds)


@contextmanager
def supply(data: Instance, workers: Workers | None, cache: bool) -> Iterator[tuple[Pool, Frontier]]:
    """Who prices the supply classes of an instance, and what is known of them; what is added is kept, however it ends.

    Raises InputError where work moves between sites: their hours cannot be priced apart.
    """
    from siting.instance.land import roomier
    from siting.model.moving import WHOLE_ONLY
    from siting.solver.cache import FrontierCache, class_keys
    from siting.solver.known import Frontier
    from siting.solver.work import InProcess

    if data.flexible.moving_share > 0:
        raise InputError(WHOLE_ONLY)
    keys = class_keys(data)
    frontier, kept = Frontier(roomier(data)), FrontierCache() if cache else None
    if kept is not None:
        frontier.recall(kept, keys)
    pool: Pool = workers.serve(data, keys) if workers is not None else InProcess(data, kept)
    try:
        yield pool, frontier
    finally:
        if kept is not None:
            frontier.store(kept, keys)


def check(model: PlanningModel | str | Path) -> Checked:
    """Validate everything, solve nothing."""
    ready = prepare(model)
    data = ready.data
    open_to = sum(site.max_mw >= site.min_mw for site in data.sites.values())
    chips = data.target_it_mw * data.accelerators_per_mw
    numbers = {
        "candidate sites": f"{len(data.sites)}, of which {open_to} can hold the smallest size",
        "supply classes": f"{len(data.classes)} ({len({data.cells[c][0] for c in data.price_eur_mwh})} with grid)",
        "modelled hours": f"{len(data.weight)} ({counted(len(ready.hours.labels), 'period')})",
        "target": f"{data.target_it_mw:,.1f} MW of IT = {chips:,.0f} x {ready.model.load.accelerator}",
        "least capex": f"{least_capex_eur(data) / 1e9:,.2f} bn EUR for {', '.join(data.capex_counts)} (no plan costs less)",
    }
    return Checked(ready.model, data.notes, numbers, tuple(rule_texts(ready.model, ready.world, data)))


def redispatch(plan: Plan | str | Path, report: Report = silent) -> Redispatch:
    """Operate a plan (or an output folder) over all hours of its year, investments as they are: the cost of the shortcut.

    Limits are reported, not enforced. Raises InputError if the world has changed since, StoppedError out of time.
    """
    from siting.plan.make import check_unchanged
    from siting.plan.redispatch import investments, set_beside
    from siting.solver.redispatch import operate

    plan = plan if isinstance(plan, Plan) else read_plan(plan)
    if plan.stages:
        raise InputError(
            f"redispatch: is for one year; give a period of the plan (plan.at({next(iter(plan.stages))}), or its folder)"
        )
    clock = Clock(plan.model.solve.time_limit_s, report)
    clock.say("reading the world")
    world = read_world(find_world(plan.model.world, plan.model.sites.file))
    check_unchanged(plan, world)
    model = plan.model.with_(time__representative="full")
    hours = choose_hours(model, world)
    data = assemble(model, world, hours)
    modules, capacity = investments(plan, data)
    return set_beside(plan, world, hours, data, operate(data, modules, capacity, clock))


def _stage_of(path: Path) -> tuple[dict[str, Any], pd.DataFrame]:
    import pandas as pd

    return read_record(path), pd.read_parquet(path / "hourly.parquet")


def audit_folder(folder: str | Path) -> list[str]:
    """Recompute a saved plan from its folder and the world; the findings, empty if everything holds."""
    import pandas as pd

    from siting.plan.audit import audit
    from siting.plan.audit_files import audit_files
    from siting.plan.audit_horizon import audit_horizon
    from siting.plan.make import model_hash, world_hash

    path = Path(folder)
    record = read_record(path)
    ready = prepare(check_draft(Draft(record["model"])))
    findings = []
    if record["inputs"]["model_sha256"] != model_hash(ready.model):
        findings.append("model: is not the one that was solved (its hash differs)")
    if record["inputs"]["world_sha256"] != world_hash(ready.world):
        findings.append(f"world {ready.world.name}: has changed since the plan was made (its hash differs)")
    try:
        hourly = pd.read_parquet(path / "hourly.parquet")
        stages = {label: _stage_of(path / stage_folder(label)) for label in stage_labels(record)}
        findings += audit_horizon(ready.data, record, stages) if stages else audit(ready.data, record, hourly)
        for label, (own, hours) in stages.items():
            findings += [f"{label}: {text}" for text in audit_files(path / stage_folder(label), own, hours)]
        return findings + audit_files(path, record, hourly)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: a file of the output folder is missing or unreadable ({error})") from None

"""The Python API: load a model, solve it, compare portfolios, read and audit what was saved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from siting.errors import AuditError, InputError
from siting.inputs.load import Draft, load, with_portfolio
from siting.inputs.load import check as check_draft
from siting.inputs.planning import PlanningModel
from siting.inputs.world import World, find_world, read_world
from siting.instance.aggregate import Hours
from siting.instance.assemble import assemble, check_against_world, choose_hours
from siting.instance.instance import Instance
from siting.instance.precheck import least_capex_eur, precheck
from siting.plan.plan import Plan
from siting.plan.read import read_plan, read_record
from siting.solver.progress import Clock, Report, Step, silent

__all__ = ["audit_folder", "check", "compare", "load", "prepare", "read_plan", "solve", "solve_prepared"]

if TYPE_CHECKING:
    from siting.solver.solution import Solution
    from siting.solver.workers import DaskCluster, LocalProcesses
    from siting.study.compare import Comparison

    Workers = LocalProcesses | DaskCluster


@dataclass(frozen=True)
class Prepared:
    """A model with its world, hours and instance: all that is needed to solve."""

    model: PlanningModel
    world: World
    hours: Hours
    data: Instance


@dataclass(frozen=True)
class Checked:
    """A model that passed every check short of solving: the merged model, notes and key numbers in words."""

    model: PlanningModel
    notes: tuple[str, ...]
    numbers: dict[str, str]


def prepare(model: PlanningModel | str | Path, world: World | None = None) -> Prepared:
    """Read the world, choose the hours, build and precheck the instance."""
    model = model if isinstance(model, PlanningModel) else load(model)
    world = world if world is not None else read_world(find_world(model.world))
    check_against_world(model, world)
    hours = choose_hours(model, world)
    data = assemble(model, world, hours)
    precheck(data)
    return Prepared(model, world, hours, data)


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
    with _hired(model, workers) as team:
        ready = prepare(model)
        return solve_prepared(ready, Clock(model.solve.time_limit_s, report), team, cache)


@contextmanager
def _hired(model: PlanningModel, workers: Workers | None) -> Iterator[Workers | None]:
    """The caller's workers, or processes of our own for as long as the solve lasts; they start while inputs are read."""
    if workers is not None or model.solve.method == "whole" or model.solve.threads == 1:
        yield workers
        return
    from siting.solver.workers import LocalProcesses

    own = LocalProcesses(model.solve.threads)
    try:
        yield own
    finally:
        own.close()


def solve_prepared(ready: Prepared, clock: Clock, workers: Workers | None = None, cache: bool = True) -> Plan:
    """Solve what was prepared, and audit the result."""
    from siting.plan.audit import audit
    from siting.plan.make import make_plan
    from siting.solver.highs import versions

    settings = ready.model.solve
    if settings.method == "whole":
        from siting.solver.whole import solve_whole

        solved = solve_whole(ready.data, clock, settings.gap_share, settings.threads)
    else:
        solved = _by_frontier(ready, clock, workers, cache)
    clock.say("auditing the plan")
    plan = make_plan(ready.model, ready.world, ready.hours, ready.data, solved, versions())
    findings = audit(ready.data, plan.record, plan.hourly)
    if findings:
        raise AuditError(findings)
    return plan


def _by_frontier(ready: Prepared, clock: Clock, workers: Workers | None, cache: bool) -> Solution:
    from siting.solver.cache import FrontierCache, class_keys
    from siting.solver.frontier import Frontier, solve_frontier
    from siting.solver.workers import InProcess

    data = ready.data
    keys = class_keys(data)
    frontier = Frontier()
    if cache:
        frontier.recall(FrontierCache(), keys)
    pool = workers.serve(data, keys) if workers is not None else InProcess(data)
    solved = solve_frontier(data, pool, frontier, clock, ready.model.solve.gap_share)
    if cache:
        frontier.store(FrontierCache(), keys)
    return solved


def check(model: PlanningModel | str | Path) -> Checked:
    """Validate everything, solve nothing."""
    ready = prepare(model)
    data = ready.data
    open_to = sum(site.max_mw >= site.min_mw for site in data.sites.values())
    chips = data.target_it_mw * data.accelerators_per_mw
    numbers = {
        "candidate sites": f"{len(data.sites)}, of which {open_to} can hold the smallest size",
        "supply classes": f"{len(data.classes)} ({len(data.price_eur_mwh)} with grid)",
        "modelled hours": f"{len(data.weight)} ({len(ready.hours.labels)} periods)",
        "target": f"{data.target_it_mw:,.1f} MW of IT = {chips:,.0f} x {ready.model.load.accelerator}",
        "least capex": f"{least_capex_eur(data) / 1e9:,.2f} bn EUR for {', '.join(data.capex_counts)} (no plan costs less)",
    }
    return Checked(ready.model, data.notes, numbers)


def compare(
    model: PlanningModel | str | Path, portfolios: Sequence[str] = ("cost", "green"), report: Report = silent
) -> Comparison:
    """Solve a model under several portfolio overlays and set the plans side by side."""
    from siting.study.compare import side_by_side

    base = model if isinstance(model, PlanningModel) else load(model)
    if len(set(portfolios)) < 2:
        raise InputError(
            f"compare needs at least two different portfolios, got {', '.join(portfolios) or 'none'}"
        )
    models = {name: with_portfolio(base, name) for name in portfolios}
    plans = {name: solve(m, _named(report, name)) for name, m in models.items()}
    comparison: Comparison = side_by_side(plans)
    return comparison


def _named(report: Report, name: str) -> Report:
    """Progress that says which portfolio is being solved."""
    return lambda step: report(replace(step, stage=f"{name}: {step.stage}" if step.stage else ""))


def audit_folder(folder: str | Path) -> list[str]:
    """Recompute a saved plan from its folder and the world; the findings, empty if everything holds."""
    import pandas as pd

    from siting.plan.audit import audit
    from siting.plan.audit_files import audit_files
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
        findings += audit(ready.data, record, hourly)
        return findings + audit_files(path, record, hourly)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: a file of the output folder is missing or unreadable ({error})") from None

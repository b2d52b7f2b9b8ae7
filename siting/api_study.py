"""The Python API of many plans: compare, trade off, explain. Each call returns a typed result with a table, figure and save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from siting.api import hired, solve
from siting.api_robust import robust
from siting.errors import InputError
from siting.inputs.load import load
from siting.inputs.planning import PlanningModel
from siting.plan.plan import Plan
from siting.solver.progress import Report, silent

if TYPE_CHECKING:
    from siting.api import Workers
    from siting.study.alternatives import Alternatives
    from siting.study.compare import Comparison
    from siting.study.entries import Question
    from siting.study.explain import Explanation
    from siting.study.pareto import Pareto
    from siting.study.sweep import Sweep
    from siting.study.tornado import Tornado

__all__ = ["alternatives", "compare", "explain", "pareto", "robust", "sweep", "tornado"]


def compare(
    models: Question | Sequence[Question] | Mapping[str, Question],
    portfolios: Sequence[str] | None = None,
    report: Report = silent,
    workers: Workers | None = None,
    cache: bool = True,
) -> Comparison:
    """Set plans side by side: a model under portfolio overlays, several models, saved plans (folders), or a mix of them.

    `models`: one or several of a planning model, a Plan or a path, or a mapping that names them; every model is solved
    once under each of `portfolios` (default for one model alone: cost and green). By the frontier method, plans whose gap would
    blur a difference between them are solved again to a smaller one. Raises InputError and as `solve`.
    """
    from siting.study.compare import side_by_side
    from siting.study.entries import named_entries
    from siting.study.sharp import gap_wanted, is_rough

    entries = named_entries(models, portfolios)
    to_solve = [entry for entry in entries.values() if isinstance(entry, PlanningModel)]
    plans: dict[str, Plan] = {}
    with hired(to_solve[0], workers, cache) if to_solve else nullcontext() as team:
        for name, entry in entries.items():
            plans[name] = (
                entry if isinstance(entry, Plan) else solve(entry, _named(report, name), team, cache)
            )
        gap = gap_wanted(list(plans.values()))
        for name, entry in entries.items():
            if isinstance(entry, PlanningModel) and not entry.is_whole and is_rough(plans[name], gap):
                sharper = entry.with_(solve__gap_share=gap)
                plans[name] = solve(sharper, _named(report, f"{name}, sharper"), team, cache)
    comparison: Comparison = side_by_side(plans)
    return comparison


def sweep(
    model: PlanningModel | str | Path,
    over: str | Mapping[str, Sequence[float]],
    report: Report = silent,
    workers: Workers | None = None,
    cache: bool = True,
) -> Sweep:
    """Solve a model for every value of one of its keys: `"budget.capex_eur=16e9..20e9:5"` or `{"budget": [16e9, 18e9]}`.

    Points without a plan are rows that say why. Raises InputError for values the model refuses (before any solve), and
    InfeasibleError if no point has a plan.
    """
    from siting.study.sweep import sweep_over

    base = model if isinstance(model, PlanningModel) else load(model)
    with hired(base, workers, cache) as team:
        swept: Sweep = sweep_over(base, over, lambda m, name: solve(m, _named(report, name), team, cache))
    return swept


def tornado(
    model: PlanningModel | str | Path,
    factors: Sequence[str] | None = None,
    by_share: float = 0.2,
    report: Report = silent,
    workers: Workers | None = None,
    cache: bool = True,
) -> Tornado:
    """Move each of a set of values down and up by a share (a scenario) and rank them by how far the answer moves.

    `factors`: keys of the model or names of `scenario.factors` (default: all that the model's options leave with an
    effect, the discount rate and the allowance price). Raises InputError and as `solve`.
    """
    from siting.study.tornado import tornado_of

    base = of_one_year(model if isinstance(model, PlanningModel) else load(model), "tornado")
    with hired(base, workers, cache) as team:
        blown: Tornado = tornado_of(
            base, factors, by_share, lambda m, name: solve(m, _named(report, name), team, cache)
        )
    return blown


def alternatives(
    model: PlanningModel | str | Path,
    slack_share: float = 0.05,
    number: int = 10,
    apart_share: float = 0.05,
    report: Report = silent,
    workers: Workers | None = None,
    cache: bool = True,
) -> Alternatives:
    """Plans that cost at most `slack_share` more than the least cost and differ as much as can be in sites and in mix.

    `apart_share`: the least distance of two of them (`siting.study.alternatives.distance`). Raises InputError for a model
    whose objective is not cost, and as `solve`.
    """
    from siting.api import prepare
    from siting.study.alternatives import find_alternatives

    base = of_one_year(model if isinstance(model, PlanningModel) else load(model), "alternatives")
    with hired(base, workers, cache) as team:
        found: Alternatives = find_alternatives(
            base,
            prepare(base).data,
            lambda m, name: solve(m, _named(report, name), team, cache),
            slack_share,
            number,
            apart_share,
        )
    return found


def pareto(
    model: PlanningModel | str | Path,
    points: int = 12,
    report: Report = silent,
    workers: Workers | None = None,
    cache: bool = True,
    of: Sequence[str] = ("cost", "carbon"),
) -> Pareto:
    """The front of a model over two quantities: plans no other beats on both, from one single-objective optimum to the other.

    `of`: one of cost, carbon, compute, and another of carbon, compute, capex, carbon_intensity, cfe.
    """
    from siting.study.pareto import pareto_front

    base = of_one_year(model if isinstance(model, PlanningModel) else load(model), "pareto")
    done = 0
    with hired(base, workers, cache) as team:

        def solve_point(point: PlanningModel) -> Plan:
            nonlocal done
            done += 1
            return solve(point, _named(report, f"solve {done} for {points} points"), team, cache)

        front: Pareto = pareto_front(base, points, solve_point, of)
    return front


def explain(
    model: Question,
    site: str | Sequence[str] | None = None,
    finite: bool = False,
    report: Report = silent,
    workers: Workers | None = None,
    cache: bool = True,
) -> Explanation:
    """Explain a plan - prices of its limits, why sites are in or out - or why a model has none, with a repair.

    `model`: a planning model, a Plan or the folder of one; `site`: one or several candidates, "all", or None for the sites
    built; `finite`: also solve with every limit 1 % looser and tighter. Raises InputError, StoppedError, AuditError.
    """
    from siting.api import Prepared, assembled, solve_prepared, supply, world_of
    from siting.instance.instance import Instance
    from siting.instance.precheck import precheck
    from siting.plan.make import check_unchanged
    from siting.solver.progress import Clock
    from siting.study.explain import explain_model
    from siting.study.tools import Tools

    entry = opened(model)
    base = of_one_year(model_of(entry), "explain")
    plan = entry if isinstance(entry, Plan) else None
    if plan is not None:
        check_unchanged(plan, world_of(base))
    last: list[Prepared] = []  # the model asked about last is asked about again and again

    def ready(m: PlanningModel) -> Prepared:
        if not last or last[0].model != m:
            last[:] = [assembled(m)]
        return last[0]

    with hired(base, workers, cache) as team:

        def solve_as(m: PlanningModel, data: Instance, name: str) -> Plan:
            precheck(data)
            clock = Clock(m.solve.time_limit_s, _named(report, name))
            return solve_prepared(replace(ready(m), data=data), clock, team, cache)

        tools = Tools(
            solve=lambda m, name: solve(m, _named(report, name), team, cache),
            solve_as=solve_as,
            world=world_of,
            instance=lambda m: ready(m).data,
            supply=lambda data: supply(data, team, cache),
            clock=lambda m: Clock(m.solve.time_limit_s, report),
        )
        found: Explanation = explain_model(base, plan, site, finite, tools)
    return found


def opened(question: Question) -> PlanningModel | Plan:
    """A planning model, or the plan saved in an output folder."""
    from siting.study import entries

    return entries.opened(question)


def of_one_year(model: PlanningModel, what: str) -> PlanningModel:
    """The model itself; InputError if it has several periods or cases, which `what` does not know."""
    if len(model.horizon.periods) > 1 or model.uncertainty is not None:
        raise InputError(
            f"{what}: is for a model of one period and one case; set horizon.periods to one year "
            "(target and caps to one value, end_year and uncertainty to null)"
        )
    return model


def model_of(entry: PlanningModel | Plan) -> PlanningModel:
    """The model itself, or the one a plan answers."""
    return entry.model if isinstance(entry, Plan) else entry


def _named(report: Report, name: str) -> Report:
    """Progress that says which portfolio is being solved."""
    return lambda step: report(replace(step, stage=f"{name}: {step.stage}" if step.stage else ""))

"""The Python API of plans under scenarios: regret, and the plan that regrets least."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from siting.api import Prepared, hired, prepare, solve_prepared
from siting.errors import InfeasibleError, InputError
from siting.inputs.load import load
from siting.inputs.planning import PlanningModel
from siting.inputs.scenarios import Scenario, read_scenarios
from siting.instance.precheck import precheck
from siting.plan.plan import Plan
from siting.plan.read import read_plan
from siting.solver.progress import Clock, Report, silent

if TYPE_CHECKING:
    from siting.api import Workers
    from siting.study.robust import Candidate, Fix, Outcome, Robust

__all__ = ["robust"]


def robust(
    model: PlanningModel | str | Path,
    scenarios: str | Path | None = None,
    years: Sequence[int] = (),
    plans: Mapping[str, Plan] | Sequence[str | Path] = (),
    candidates: int = 40,
    fix: Fix = "sites",
    report: Report = silent,
    workers: Workers | None = None,
    cache: bool = True,
) -> Robust:
    """What each plan regrets in each scenario, and the plan whose worst regret is least.

    scenarios: YAML file of named overlays; years: weather years (both: every overlay in every year). plans: beside the
    scenarios' optima, plans by name or output folders. candidates: how many sets of sites may be tried beyond them.
    fix: what a plan keeps in another scenario - `sites`, `sizes` (sites with their MW of IT) or `investments` (capacities
    too, operated by re-dispatch; cost only). Raises InputError, and InfeasibleError if a scenario has no plan at all.
    """
    from siting.study.robust import regrets

    base = model if isinstance(model, PlanningModel) else load(model)
    _refuse(base, fix)
    cases = read_scenarios(base, scenarios, years)
    given = (
        dict(plans) if isinstance(plans, Mapping) else {str(folder): read_plan(folder) for folder in plans}
    )
    _known_sites(base, given)
    with hired(base, workers, cache) as team:
        carry = _Carry(base, fix, report, team, cache)
        return regrets(cases, carry.optimum, carry.evaluate, given, candidates, fix)


def _refuse(base: PlanningModel, fix: Fix) -> None:
    """InputError for models of several periods or cases, and for what cannot be kept."""
    from siting.study.robust import FIXES

    if len(base.horizon.periods) > 1 or base.uncertainty is not None:
        raise InputError("robust: is for a model of one period and one case; set horizon.periods to one year")
    if fix not in FIXES:
        raise InputError(f"fix {fix}: is one of {', '.join(FIXES)}")
    if fix == "investments" and base.objectives[0] != "cost":
        raise InputError(
            "fix investments: re-dispatch compares costs; set objective cost, or fix sites or sizes"
        )


@dataclass
class _Carry:
    """Solves scenarios, and carries first stages out in them."""

    base: PlanningModel
    fix: Fix
    report: Report
    team: Workers | None
    cache: bool
    ready: dict[str, Prepared] = field(default_factory=dict)  # by scenario

    def optimum(self, scenario: Scenario) -> Plan:
        """The best plan of a scenario. Raises InfeasibleError."""
        self.ready[scenario.name] = prepare(scenario.model)
        clock = self._clock(f"optimum of {scenario.name}")
        return solve_prepared(self.ready[scenario.name], clock, self.team, self.cache)

    def evaluate(self, candidate: Candidate, scenario: Scenario) -> Outcome:
        """What a first stage comes to in a scenario; infinite, with the reason, where it cannot be carried out."""
        from siting.study.robust import cannot, carried_out

        clock = self._clock(f"{candidate.name} in {scenario.name}")
        try:
            kept = _kept(self.ready[scenario.name], candidate, self.fix)
            if self.fix == "investments" and candidate.plan is not None:
                return _operated(candidate.plan, kept, clock)
            return carried_out(solve_prepared(kept, clock, self.team, self.cache))
        except InfeasibleError as error:
            return cannot(error)

    def _clock(self, what: str) -> Clock:
        """Time for one solve, its progress told under a name."""
        return Clock(self.base.solve.time_limit_s, _said(self.report, what))


def _kept(ready: Prepared, candidate: Candidate, fix: Fix) -> Prepared:
    """A scenario in which the first stage is decided. Raises InfeasibleError where it cannot be."""
    from siting.study.first_stage import only_sites

    data = only_sites(ready.data, candidate.it_mw, sized=fix != "sites")
    precheck(data)
    return replace(ready, data=data)


def _operated(plan: Plan, ready: Prepared, clock: Clock) -> Outcome:
    """The plan's investments operated over the scenario's modelled hours."""
    from siting.plan.redispatch import investments, set_beside
    from siting.solver.redispatch import operate
    from siting.study.kept_investments import refuse_broken, refuse_missing
    from siting.study.robust import Outcome

    refuse_missing(plan, ready.data)
    modules, capacity = investments(plan, ready.data)
    operated = set_beside(
        plan, ready.world, ready.hours, ready.data, operate(ready.data, modules, capacity, clock)
    )
    refuse_broken(operated, ready.data)
    cost = float(operated.operated.totals["cost_eur_yr"])
    return Outcome(cost, cost)


def _known_sites(model: PlanningModel, plans: Mapping[str, Plan]) -> None:
    """InputError for plans of another world."""
    if not plans:
        return
    sites = set(prepare(model).world.sites.index)
    problems = [
        f"plan {name}: builds on {', '.join(strange[:5])}, which the world of the model does not have; solve it again there"
        for name, plan in plans.items()
        if (strange := sorted(set(plan.chosen.index) - sites))
    ]
    if problems:
        raise InputError(problems)


def _said(report: Report, name: str) -> Report:
    """Progress that says which plan is carried out where."""
    return lambda step: report(replace(step, stage=f"{name}: {step.stage}" if step.stage else ""))

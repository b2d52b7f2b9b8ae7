"""Regret: what a plan decided for one scenario costs in another, beyond that scenario's own optimum (Savage 1951).

The first stage is the choice of sites (or sites with sizes, or every investment); what is left is decided again when the
scenario is known. The plan whose worst regret is least is sought among all optima, the plans given, and every set of sites
that can be tried; what that covers is said.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from siting.errors import InfeasibleError
from siting.inputs.scenarios import Scenario
from siting.plan.plan import Plan
from siting.study.site_sets import site_sets

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Fix = Literal["sites", "sizes", "investments"]
SAME_SHARE = 1e-8  # of the objective: a regret below is none
FIXES: tuple[Fix, ...] = ("sites", "sizes", "investments")


@dataclass(frozen=True)
class Candidate:
    """A first stage: where is built (MW of IT by site), the plan it was taken from, if any, and its name."""

    name: str
    it_mw: Mapping[str, float]
    plan: Plan | None = None

    @property
    def sites(self) -> tuple[str, ...]:
        """Sites by name, in order."""
        return tuple(sorted(self.it_mw))


@dataclass(frozen=True)
class Outcome:
    """A candidate in a scenario: objective value (less is better; infinite if it cannot be carried out), what is proven
    that no second stage could undercut, and why not."""

    value: float
    bound: float
    why_not: str = ""


Evaluate = Callable[[Candidate, Scenario], Outcome]


@dataclass(frozen=True)
class Robust:
    """Regrets of plans over scenarios, in the unit of the objective (`unit`, the less the better).

    table: one row a candidate plan - sites, `worst_regret`, `worst_in`, `expected_value` (probability-weighted), and
    `regret in NAME` a scenario; infinite where it cannot be carried out. cells: one row a (plan, scenario) with value,
    regret and why not. optima: the best plan of each scenario and `proven` how far its bound lies below. best: the plan
    whose worst regret is least; None if each fails somewhere. scope says over what it is least.
    """

    scenarios: tuple[Scenario, ...]
    optima: Mapping[str, Plan]
    candidates: tuple[Candidate, ...]
    cells: pd.DataFrame
    table: pd.DataFrame
    best: str | None
    fix: Fix
    unit: str
    scope: str
    proven: Mapping[str, float]
    notes: tuple[str, ...] = field(default=())

    @property
    def record(self) -> dict[str, Any]:
        """All of it as plain JSON values; a plan that cannot be carried out has null and the reason."""
        from siting.output.folder import plain

        scenarios = [
            {
                "name": s.name,
                "probability_share": s.probability_share,
                "why": s.why,
                "optimum": self.optima[s.name].objective,
                "proven_within": self.proven[s.name],
                "sites": sorted(self.optima[s.name].chosen.index),
            }
            for s in self.scenarios
        ]
        cells = self.cells.to_dict("records")
        record: dict[str, Any] = plain(
            {"fix": self.fix, "unit": self.unit, "best": self.best, "scope": self.scope, "scenarios": scenarios,
             "plans": self.table.reset_index().to_dict("records"), "cells": cells, "notes": list(self.notes)}
        )  # fmt: skip
        return record

    def to_json(self) -> str:
        """The record as strict JSON."""
        from siting.output.folder import json_bytes

        return json_bytes(self.record).decode("utf-8")

    def figure(self) -> Figure:
        """Heat map of regrets, plans by scenarios (matplotlib)."""
        from siting.output.study_figures_robust import robust_figure

        return robust_figure(self)

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write robust.csv, robust_cells.csv, robust.json, robust.png (with matplotlib) and a folder for each scenario's
        optimum, whole or not at all."""
        from siting.output.figures import png_if_possible
        from siting.output.folder import write_study

        files = {
            "robust.csv": self.table.to_csv(lineterminator="\n").encode("utf-8"),
            "robust_cells.csv": self.cells.to_csv(index=False, lineterminator="\n").encode("utf-8"),
            "robust.json": self.to_json().encode("utf-8"),
            **png_if_possible("robust.png", self.figure),
        }
        plans = {f"optimum-{i:02d}": self.optima[s.name] for i, s in enumerate(self.scenarios, start=1)}
        return write_study(files, plans, Path(folder), overwrite)

    def __repr__(self) -> str:
        from siting.output.robust_text import robust_text

        return robust_text(self)

    def _repr_html_(self) -> str:
        from siting.output.robust_text import robust_html

        return robust_html(self)


def regrets(
    scenarios: Sequence[Scenario],
    solve: Callable[[Scenario], Plan],
    evaluate: Evaluate,
    given: Mapping[str, Plan],
    most_sets: int,
    fix: Fix,
) -> Robust:
    """Solve every scenario, carry every candidate out in every scenario, and name the plan of least worst regret.

    Raises InfeasibleError, naming the scenario, if one has no plan at all.
    """
    optima = {s.name: _optimum(s, solve) for s in scenarios}
    study = _Study(tuple(scenarios), optima, evaluate)
    for candidate in _candidates(optima, given, fix):
        study.add(candidate)
    scope, notes = "best among the candidates only", []
    if fix == "sites" and most_sets:
        sets, scope = site_sets([(s.model, optima[s.name]) for s in scenarios], most_sets)
        study.search(sets)
        if study.passed:
            notes.append(
                f"{study.passed} more sets of sites were dropped as soon as a scenario proved them worse"
            )
    elif fix != "sites":
        notes.append("sets of sites are tried only where nothing but the sites is fixed (--fix sites)")
    return study.result(fix, scope, notes)


def _optimum(scenario: Scenario, solve: Callable[[Scenario], Plan]) -> Plan:
    try:
        return solve(scenario)
    except InfeasibleError as error:
        raise InfeasibleError([f"scenario {scenario.name}: {reason}" for reason in error.reasons]) from None


def _candidates(optima: Mapping[str, Plan], given: Mapping[str, Plan], fix: Fix) -> Iterator[Candidate]:
    """Optima and plans given; those with the same first stage are one, under both names."""
    named = [(f"optimum {name}" if name in optima else name, plan) for name, plan in optima.items()]
    found: dict[object, tuple[list[str], Plan]] = {}
    for i, (name, plan) in enumerate([*named, *given.items()]):
        it_mw = {str(s): float(mw) for s, mw in plan.chosen["it_mw"].items()}
        first_stage: object = {
            "sites": tuple(sorted(it_mw)),
            "sizes": tuple(sorted(it_mw.items())),
            "investments": i,
        }[fix]
        found.setdefault(first_stage, ([], plan))[0].append(name)
    for names, plan in found.values():
        it_mw = {str(s): float(mw) for s, mw in plan.chosen["it_mw"].items()}
        yield Candidate(_joined(names), it_mw, plan)


def _joined(names: list[str]) -> str:
    head, *rest = names
    return ", ".join([head, *(name.removeprefix("optimum ") for name in rest)])


@dataclass
class _Study:
    """Outcomes so far, and the best value known in each scenario: a candidate may better what a gap left open."""

    scenarios: tuple[Scenario, ...]
    optima: Mapping[str, Plan]
    evaluate: Evaluate
    outcomes: dict[str, dict[str, Outcome]] = field(default_factory=dict)
    candidates: dict[str, Candidate] = field(default_factory=dict)
    best_known: dict[str, float] = field(default_factory=dict)
    passed: int = 0

    def __post_init__(self) -> None:
        self.best_known = {name: value_of(plan) for name, plan in self.optima.items()}

    def add(self, candidate: Candidate) -> None:
        """Carry a candidate out in every scenario."""
        self.candidates[candidate.name] = candidate
        self.outcomes[candidate.name] = {s.name: self._carry_out(candidate, s) for s in self.scenarios}

    def search(self, sets: Sequence[tuple[str, ...]]) -> None:
        """Try further sets of sites, each only until a scenario proves that its regret there is no less than the best."""
        known = {candidate.sites for candidate in self.candidates.values()}
        for number, sites in enumerate((sites for sites in sets if sites not in known), start=1):
            candidate = Candidate(f"set {number}", dict.fromkeys(sites, math.nan))
            found: dict[str, Outcome] = {}
            for scenario in self._hardest_first():
                found[scenario.name] = self._carry_out(candidate, scenario)
                if found[scenario.name].bound - self.best_known[scenario.name] >= self._least_worst():
                    self.passed += 1
                    break
            else:
                self.candidates[candidate.name], self.outcomes[candidate.name] = candidate, found

    def _carry_out(self, candidate: Candidate, scenario: Scenario) -> Outcome:
        optimum = self.optima[scenario.name]
        if candidate.plan is optimum:  # nothing to decide again
            return Outcome(value_of(optimum), value_of(optimum))
        outcome = self.evaluate(candidate, scenario)
        self.best_known[scenario.name] = min(self.best_known[scenario.name], outcome.value)
        return outcome

    def regret(self, name: str, scenario: str) -> float:
        """Value there beyond the best known."""
        return self.outcomes[name][scenario].value - self.best_known[scenario]

    def worst(self, name: str) -> float:
        """The largest regret of a candidate."""
        return max(self.regret(name, s.name) for s in self.scenarios)

    def _least_worst(self) -> float:
        return min((self.worst(name) for name in self.candidates), default=math.inf)

    def _hardest_first(self) -> list[Scenario]:
        """Scenarios in which candidates regret most come first: they rule out most."""

        def hardness(scenario: Scenario) -> float:
            return -sum(min(self.regret(name, scenario.name), 1e15) for name in self.candidates)

        return sorted(self.scenarios, key=hardness)

    def result(self, fix: Fix, scope: str, notes: list[str]) -> Robust:
        """Everything in tables, the least worst regret first."""
        names = sorted(self.candidates, key=lambda name: (self.worst(name), self._expected(name)))
        rows = [self._row(name) for name in names]
        table = pd.DataFrame(rows, index=pd.Index(names, name="plan"))
        cells = pd.DataFrame([cell for name in names for cell in self._cells(name)])
        first = next(iter(self.optima.values()))
        proven = {
            name: max(0.0, self.best_known[name] - bound_of(plan)) for name, plan in self.optima.items()
        }
        best = names[0] if math.isfinite(self.worst(names[0])) else None
        if best is not None and self.worst(best) <= SAME_SHARE * abs(self._expected(best)):
            scope = "no plan regrets less: it is best in every scenario, to the gaps proven"
        ordered = tuple(self.candidates[name] for name in names)
        unit = str(first.record["objective"]["unit"])
        return Robust(
            self.scenarios, self.optima, ordered, cells, table, best, fix, unit, scope, proven, tuple(notes)
        )

    def _expected(self, name: str) -> float:
        return sum(s.probability_share * self.outcomes[name][s.name].value for s in self.scenarios)

    def _row(self, name: str) -> dict[str, Any]:
        worst = max(self.scenarios, key=lambda s: self.regret(name, s.name))
        return {
            "sites": ", ".join(self.candidates[name].sites),
            "worst_regret": self.worst(name),
            "worst_in": worst.name,
            "expected_value": self._expected(name),
            **{f"regret in {s.name}": self.regret(name, s.name) for s in self.scenarios},
        }

    def _cells(self, name: str) -> Iterator[dict[str, Any]]:
        for scenario in self.scenarios:
            outcome = self.outcomes[name][scenario.name]
            yield {
                "plan": name,
                "scenario": scenario.name,
                "value": outcome.value,
                "regret": self.regret(name, scenario.name),
                "why_not": outcome.why_not,
            }


def value_of(plan: Plan) -> float:
    """The first objective, the less the better."""
    return -plan.objective if plan.record["objective"]["name"] == "compute" else plan.objective


def bound_of(plan: Plan) -> float:
    """What is proven that no plan undercuts, in the same sense."""
    bound = plan.bound
    if bound is None:
        return -math.inf
    return -bound if plan.record["objective"]["name"] == "compute" else bound


def carried_out(plan: Plan) -> Outcome:
    """The outcome of a plan solved under a fixed first stage."""
    return Outcome(value_of(plan), bound_of(plan))


def cannot(error: InfeasibleError) -> Outcome:
    """The outcome of a first stage a scenario has no second for, with the reason in one line."""
    return Outcome(math.inf, math.inf, "; ".join(error.reasons))

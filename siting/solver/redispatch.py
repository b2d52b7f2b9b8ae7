"""Re-dispatch: what was built is operated over other hours than those it was chosen for. An LP a class, no binaries.

The rows are those of the same mechanisms, per MW of IT; capacities are fixed and the rows that bind capacities alone are
let go, as are those on heat, which is a mean over the year and sold as planned. Load that nothing can serve is a slack, here
and nowhere in the model, so that it can be reported; so is what a national rule is missed by, which is met as far as it can
be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np
import pyomo.environ as pyo

from siting.errors import InputError, SitingError, StoppedError
from siting.instance.instance import Instance
from siting.model.build import energy
from siting.model.moving import WHOLE_ONLY
from siting.model.policy import internal_carbon_price
from siting.model.terms import Build, Expression
from siting.solver.highs import Array, Compiled, compile_model, highs_of, load_values, run_interruptible
from siting.solver.progress import Clock
from siting.solver.solution import INVESTMENTS, Energy, Solution, StageResult, read_energy, read_terms
from siting.solver.whole import TIE_SHARE

Capacity = Mapping[tuple[str, ...], float]  # MW or MWh of a class by the keys of Energy.capacity
# a penalty and no estimate of damage: far above what any MWh costs or emits, so that load is dropped last; in no result
PENALTY_PER_MWH = {"cost": 1e5, "weighted": 1e5, "carbon": 1e2}
MISSED_SHARE = (
    0.1  # of that penalty: a rule is missed before load is dropped, and neither to save money or tonnes
)


@dataclass(frozen=True)
class Operated:
    """Fixed investments in operation: a solution over the given hours, and MW left unserved by class and hour."""

    solution: Solution
    unserved_mw: dict[str, Array]


def operate(
    data: Instance, modules: Mapping[str, int], capacity: Mapping[str, Capacity], clock: Clock
) -> Operated:
    """Operate every class at the plan's objectives, its capacities (MW, MWh, by class) fixed.

    Limits that couple sites, and matching at each site, are not enforced, national rules as far as they can be met; sites' own
    terms are not part of it. Raises StoppedError on Ctrl-C, InputError where work moves between sites: classes are operated
    one by one.
    """
    if data.flexible.moving_share > 0:
        raise InputError(f"a plan cannot be operated class by class: {WHOLE_ONLY}")
    found: dict[str, tuple[Energy, Array]] = {}
    cost: dict[tuple[str, str], float] = {}
    capex: dict[tuple[str, str, str], float] = {}
    carbon: dict[tuple[str, str], float] = {}
    for done, (c, sizes) in enumerate(capacity.items(), start=1):
        clock.say(f"operating supply class {done} of {len(capacity)}")
        it_mw = data.module_mw * sum(modules.get(s, 0) for s in data.members(c))
        alone = replace(data.only(c), matched_locally=None)
        b = _operate_class(alone, c, {key: mw / it_mw for key, mw in sizes.items()}, clock)
        unserved = np.array([b.m.unserved[t].value for t in data.hours], dtype=float)
        found[c] = read_energy(b, c).scaled(it_mw), it_mw * np.maximum(0.0, unserved)
        cost |= {key: it_mw * value for key, value in read_terms(b.cost_eur).items()}
        capex |= {key: it_mw * value for key, value in read_terms(b.capex_eur).items()}
        carbon |= {key: it_mw * value for key, value in read_terms(b.carbon_t).items()}
    stage = StageResult("cost", sum(cost.values()), -np.inf, "optimal")
    energies = {c: e for c, (e, _) in found.items()}
    solution = Solution(
        dict(modules), energies, cost, capex, carbon, (stage,), "re-dispatch", clock.seconds, {}
    )
    return Operated(solution, {c: mw for c, (_, mw) in found.items()})


def _operate_class(alone: Instance, c: str, sizes: Capacity, clock: Clock) -> Build:
    """One class serving 1 MW of IT; the objectives one after the other, each kept while the next is improved."""
    b = Build(pyo.ConcreteModel(alone.title), alone)
    b.it_mw[c] = 1.0
    b.m.unserved = pyo.Var(alone.hours, domain=pyo.NonNegativeReals)
    for t in alone.hours:
        b.supply_mw[c, t].append(b.m.unserved[t])
    energy(b)
    _heat_as_planned(b)
    _may_be_missed(b)
    internal_carbon_price(b)
    goals = _goals(b)
    b.m.goal = pyo.Objective(range(len(goals)), rule=lambda m, i: goals[i])
    model = _invested(compile_model(b.m), sizes)
    load_values(b.m, model, _solved(model, c, clock))
    return b


def _heat_as_planned(b: Build) -> None:
    """What the network takes is fixed: a load that bends need not follow it."""
    if b.data.heat:
        b.m.heat_recovered.deactivate()
        b.m.heat_taken.deactivate()


def _may_be_missed(b: Build) -> None:
    """National rules met as far as what stands can (`missed_mw`, mean over the year)."""
    rows = getattr(b.m, "national_rule", {})
    b.m.missed_mw = pyo.Var(list(rows), domain=pyo.NonNegativeReals)
    for key, missed in b.m.missed_mw.items():
        rows[key].set_value(rows[key].body + missed >= 0)


def _goals(b: Build) -> list[Expression]:
    """What is minimised in turn: the plan's objectives that operation can change, with the penalty on unserved load and on
    what rules are missed by."""
    (c,) = b.data.classes
    unserved_mwh = b.yearly(c, ((t, b.m.unserved[t]) for t in b.data.hours))
    missed_mwh = sum(b.data.weight_of(c)) * pyo.quicksum(b.m.missed_mw.values())
    short_mwh = unserved_mwh + MISSED_SHARE * missed_mwh
    terms: dict[str, Callable[[], Expression]] = {
        "cost": b.cost_total,
        "carbon": b.carbon_total,
        "weighted": lambda: b.cost_total() + b.data.carbon_weight_eur_t * b.carbon_total(),
    }
    names = [name for name in b.data.objectives if name in terms]
    return [terms[name]() + PENALTY_PER_MWH[name] * short_mwh for name in names]


def _invested(model: Compiled, sizes: Capacity) -> Compiled:
    """Capacities fixed as built; rows on nothing but capacities (land, rated connection, filled halls) let go."""
    lower, upper = model.column_lower.copy(), model.column_upper.copy()
    built = np.zeros(len(model.columns), dtype=bool)
    for j, variable in enumerate(model.columns):
        kind = INVESTMENTS.get(variable.parent_component().local_name)
        if kind is not None:
            built[j] = True
            lower[j] = upper[j] = max(0.0, sizes.get((kind, *_index(variable.index())[1:]), 0.0))
    idle = np.diff(model.matrix[:, ~built].tocsr().indptr) == 0
    return replace(
        model,
        column_lower=lower,
        column_upper=upper,
        row_lower=np.where(idle, -highspy.kHighsInf, model.row_lower),
        row_upper=np.where(idle, highspy.kHighsInf, model.row_upper),
    )


def _index(index: Any) -> tuple[str, ...]:
    return index if isinstance(index, tuple) else (index,)


def _solved(model: Compiled, c: str, clock: Clock) -> Array:
    h = highs_of(model, 1)
    h.setOptionValue("time_limit", clock.left_s)
    n = len(model.columns)
    x = np.zeros(n)
    for i, row in enumerate(model.objectives):
        h.changeColsCost(n, np.arange(n, dtype=np.int32), row)
        h.changeObjectiveOffset(0.0)
        if run_interruptible(h) or h.getModelStatus() == highspy.HighsModelStatus.kTimeLimit:
            raise StoppedError(f"re-dispatch stopped after {clock.seconds:.0f} s, before its end")
        if h.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            word = h.modelStatusToString(h.getModelStatus())
            raise SitingError(f"re-dispatch of supply class {c} ended {word}; please report it with the plan")
        x = np.array(h.getSolution().col_value)
        if i + 1 < len(model.objectives):
            value = float(row @ x)
            used = np.flatnonzero(row).astype(np.int32)
            most = value + TIE_SHARE * max(1.0, abs(value))
            h.addRow(-highspy.kHighsInf, most, len(used), used, row[used])
    return x

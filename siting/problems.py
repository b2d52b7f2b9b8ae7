"""Classic location problems stated in arrays and solved by the mechanisms of the model: sites and coverage, no energy.

A facility is a site of one module that holds its capacity, a customer a demand point, an assignment the demand a site serves.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.errors import AuditError, InfeasibleError, InputError
from siting.instance.coverage import Coverage
from siting.instance.instance import Instance, Site
from siting.solver.progress import Clock, Report, gap_share, silent
from siting.solver.solution import StageResult

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, np.dtype[np.float64]]
Names = tuple[Hashable, ...]
TYPICAL_COST = (
    1e3  # costs are solved in a unit in which a typical one is of this size, demand in one of size 1
)
HELD = 1e-6  # relative: how exactly demand is met and capacity kept
SHOWN = 5  # problems named one by one
FACILITIES, CUSTOMERS = "facility", "customer"


@dataclass(frozen=True)
class FacilityLocation:
    """A solved instance. `assignment`: DataFrame facility x customer, in units of demand; costs in the input's unit.

    status: optimal (proven to the asked gap), time_limit or interrupted; gap: |objective - bound| / |objective|;
    open: facilities that serve anybody.
    """

    status: str
    objective: float
    bound: float
    gap: float
    open: Names
    assignment: pd.DataFrame
    fixed_cost: float
    assignment_cost: float
    seconds: float


@dataclass(frozen=True)
class _Problem:
    """The inputs as arrays; unit_cost is infinite where a pair is not allowed."""

    facilities: Names
    customers: Names
    fixed_cost: Array
    capacity: Array
    demand: Array
    unit_cost: Array


def facility_location(
    fixed_cost: Any,
    capacity: Any,
    demand: Any,
    unit_cost: Any,
    *,
    gap: float = 1e-6,
    time_limit_s: float | None = None,
    threads: int = 1,
    report: Report = silent,
) -> FacilityLocation:
    """Capacitated facility location with split deliveries: open facilities and assign all demand at the least cost.

        minimise   sum_f fixed_cost[f] open[f] + sum_fc unit_cost[f, c] assign[f, c]
        subject to sum_f assign[f, c] = demand[c],  sum_c assign[f, c] <= capacity[f] open[f],  open binary

    fixed_cost, capacity: one number a facility (capacity may be infinite); demand: one a customer; unit_cost: facilities x
    customers, cost of one unit of demand, infinite or None where the pair is not allowed. Each is a list, an array, or keyed by
    name: dict, Series; unit_cost also a DataFrame, {facility: {customer: cost}} or {(facility, customer): cost}, in which a
    pair that is left out is not allowed. Without names facilities and customers are numbered from 0.

    Raises InputError for numbers that do not fit together, InfeasibleError if demand cannot be met, StoppedError if no
    solution was found in time.

    >>> found = facility_location([10, 12], [5, 9], [4, 3], [[1, 9], [2, 1]])
    >>> found.status, found.open, found.objective
    ('optimal', (1,), 23.0)
    """
    from siting.solver.whole import solve_whole

    problem = _read(fixed_cost, capacity, demand, unit_cost)
    _check_settings(gap, time_limit_s, threads)
    _refuse_infeasible(problem)
    if not problem.demand.any():
        return _found(
            problem, np.zeros(problem.unit_cost.shape), StageResult("cost", 0.0, 0.0, "optimal"), 0.0
        )
    demand_unit, cost_unit = _units(problem)
    clock = Clock(math.inf if time_limit_s is None else time_limit_s, report)
    try:
        solved = solve_whole(_instance(problem, demand_unit, cost_unit), clock, gap, threads)
    except InfeasibleError:
        raise InfeasibleError(
            "the pairs allowed (finite unit_cost) cannot carry every customer's demand within the capacities"
        ) from None
    assign = np.zeros(problem.unit_cost.shape)
    for (c, f), amount in solved.assigned_mw.items():
        assign[int(f), int(c)] = amount * demand_unit
    stage = solved.stages[0]
    return _found(problem, assign, replace(stage, bound=stage.bound * cost_unit), solved.seconds)


def _instance(problem: _Problem, demand_unit: float, cost_unit: float) -> Instance:
    """Sites of one module each, without supply classes: nothing but sites and coverage is left of the model."""
    usable = np.flatnonzero(problem.capacity > 0)
    asking = np.flatnonzero(problem.demand > 0)
    sites = {
        str(f): Site("", "", 1.0, 1.0, 0.0, 0.0, fixed_yearly_eur=float(problem.fixed_cost[f] / cost_unit))
        for f in usable
    }
    unit = problem.unit_cost * (demand_unit / cost_unit)
    most = float(problem.demand.sum())
    found = Coverage(
        demand_mw={str(c): float(problem.demand[c] / demand_unit) for c in asking},
        eur_mw_yr={
            (str(c), str(f)): float(unit[f, c]) for c in asking for f in usable if np.isfinite(unit[f, c])
        },
        mw_per_mw={str(f): float(min(problem.capacity[f], most) / demand_unit) for f in usable},
    )
    return Instance(
        title="facility location", sites=sites, coverage=found, classes=(), objectives=("cost",), limits={},
        halls={}, weight=(), before=(), ppa={}, onsite={}, storage={}, availability={}, price_eur_mwh={},
        network_eur_mwh={}, grid_carbon_t_mwh={}, grid_cfe_share={}, connection={}, it={}, spare_land_ha_mw={},
        zone={}, utilisation_share=1.0, excess_share_max=0.0, sale_haircut_share=0.0, internal_price_eur_t=0.0,
        matching="none", cfe_score_min=0.0, module_mw=1.0, sites_min=0, sites_max=len(sites),
        per_country_max=len(sites), countries_min=0, forced=(), target_it_mw=0.0, capex_counts=(),
    )  # fmt: skip


def _found(problem: _Problem, assign: Array, stage: StageResult, seconds: float) -> FacilityLocation:
    """The result of an assignment (facilities x customers): costs counted anew from the inputs."""
    import pandas as pd

    serving = assign.sum(axis=1) > 0
    _audit(problem, assign)
    fixed = float(problem.fixed_cost[serving].sum())
    spent = float((np.where(assign > 0, problem.unit_cost, 0.0) * assign).sum())
    objective = fixed + spent
    bound = min(stage.bound, objective)
    return FacilityLocation(
        status=stage.status,
        objective=objective,
        bound=bound,
        gap=gap_share(objective, bound),
        open=tuple(name for name, used in zip(problem.facilities, serving, strict=True) if used),
        assignment=pd.DataFrame(
            assign,
            index=pd.Index(problem.facilities, name=FACILITIES, tupleize_cols=False),
            columns=pd.Index(problem.customers, name=CUSTOMERS, tupleize_cols=False),
        ),
        fixed_cost=fixed,
        assignment_cost=spent,
        seconds=seconds,
    )


def _audit(problem: _Problem, assign: Array) -> None:
    """The solution against the inputs, whatever the solver says."""
    size = max(1e-300, float(problem.demand.max(initial=0.0)))
    unmet = np.abs(assign.sum(axis=0) - problem.demand) > HELD * np.maximum(problem.demand, HELD * size)
    over = assign.sum(axis=1) > problem.capacity + HELD * (problem.demand.sum() + size)
    findings = [f"customer {problem.customers[c]}: demand is not met" for c in np.flatnonzero(unmet)]
    findings += [f"facility {problem.facilities[f]}: capacity is overstepped" for f in np.flatnonzero(over)]
    if findings:
        raise AuditError(findings)


def _units(problem: _Problem) -> tuple[float, float]:
    """Units of demand and cost in which the numbers are of the size a solver likes."""
    positive = problem.demand[problem.demand > 0]
    demand_unit = float(positive.mean()) if positive.size else 1.0
    allowed = problem.unit_cost[np.isfinite(problem.unit_cost)]
    typical = max(
        float(problem.fixed_cost.mean()) if problem.fixed_cost.size else 0.0,
        float(allowed.mean()) * demand_unit if allowed.size else 0.0,
    )
    return demand_unit, typical / TYPICAL_COST if typical > 0 else 1.0


def _refuse_infeasible(problem: _Problem) -> None:
    """What arithmetic can tell: too little capacity, or a customer nobody may serve."""
    asked, held = float(problem.demand.sum()), float(problem.capacity.sum())
    reasons = []
    if asked > held * (1 + 1e-12):
        reasons.append(
            f"demand {asked:,.6g} is above the capacity {held:,.6g} of all {len(problem.capacity)} facilities"
        )
    allowed = np.isfinite(problem.unit_cost) & (problem.capacity > 0)[:, None]
    reach = np.where(allowed, problem.capacity[:, None], 0.0).sum(axis=0)
    for c in np.flatnonzero(problem.demand > reach * (1 + 1e-12))[:SHOWN]:
        able = int(allowed[:, c].sum())
        reasons.append(
            f"customer {problem.customers[c]} asks for {problem.demand[c]:,.6g}, the {able} facilities that may serve it "
            f"hold {reach[c]:,.6g}"
        )
    if reasons:
        raise InfeasibleError(reasons)


def _check_settings(gap: float, time_limit_s: float | None, threads: int) -> None:
    problems = []
    if not 0 < gap < 1:
        problems.append(f"gap is {gap}; give a share between 0 and 1, e.g. 1e-6")
    if time_limit_s is not None and not time_limit_s > 0:
        problems.append(f"time_limit_s is {time_limit_s}; give seconds, or None for no limit")
    if threads < 1:
        problems.append(f"threads is {threads}; give at least 1")
    if problems:
        raise InputError(problems)


def _read(fixed_cost: Any, capacity: Any, demand: Any, unit_cost: Any) -> _Problem:
    """All inputs as arrays in one order. Raises InputError with every problem."""
    fixed, held = _keyed("fixed_cost", fixed_cost), _keyed("capacity", capacity)
    asked = _keyed("demand", demand)
    rows, columns, pairs = _table(unit_cost)
    problems: list[str] = []
    facilities = _agreed(
        FACILITIES, {"fixed_cost": fixed.axis, "capacity": held.axis, "unit_cost": rows}, problems
    )
    customers = _agreed(CUSTOMERS, {"demand": asked.axis, "unit_cost": columns}, problems)
    if problems:
        raise InputError(problems)
    cost = np.array(
        [[_number(pairs.get((f, c)), none=math.inf) for c in customers] for f in facilities], dtype=float
    )
    problem = _Problem(
        facilities,
        customers,
        fixed.ordered(facilities),
        held.ordered(facilities),
        asked.ordered(customers),
        cost.reshape(len(facilities), len(customers)),
    )
    problems = [
        *_wrong("fixed_cost", FACILITIES, facilities, problem.fixed_cost, infinite=False),
        *_wrong("capacity", FACILITIES, facilities, problem.capacity, infinite=True),
        *_wrong("demand", CUSTOMERS, customers, problem.demand, infinite=False),
        *_wrong_pairs(problem),
    ]
    if problems:
        raise InputError(problems)
    return problem


@dataclass(frozen=True)
class _Axis:
    """Names along one side of an input; numbers from 0 in order are no names."""

    names: Names

    @property
    def named(self) -> bool:
        """Whether the names are more than positions."""
        return self.names != tuple(range(len(self.names)))


@dataclass(frozen=True)
class _Keyed:
    """Numbers by name; numbered names where the input had none."""

    axis: _Axis
    values: dict[Hashable, Any]

    def ordered(self, names: Names) -> Array:
        """The numbers in an order of names."""
        return np.array([_number(self.values[name]) for name in names], dtype=float)


def _keyed(what: str, given: Any) -> _Keyed:
    if isinstance(given, Mapping) or (hasattr(given, "index") and hasattr(given, "items")):
        entries = list(given.items())
        names = tuple(name for name, _ in entries)
        twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
        if twice:
            raise InputError(f"{what}: {twice[0]} stands twice; keep one")
        return _Keyed(_Axis(names), dict(entries))
    values = _listed(what, given)
    names = tuple(range(len(values)))
    return _Keyed(_Axis(names), dict(zip(names, values, strict=True)))


def _listed(what: str, given: Any) -> list[Any]:
    if isinstance(given, str | bytes) or not (isinstance(given, Sequence) or hasattr(given, "tolist")):
        raise InputError(f"{what} is {type(given).__name__}; give a list, an array, or numbers keyed by name")
    values = given.tolist() if hasattr(given, "tolist") else list(given)
    if not isinstance(values, list):
        raise InputError(f"{what} is a single number; give one a facility or customer")
    return values


def _table(given: Any) -> tuple[_Axis, _Axis, dict[tuple[Hashable, Hashable], Any]]:
    """Rows, columns and entries of unit_cost."""
    if hasattr(given, "columns"):  # a DataFrame
        for side, names in (("row", given.index), ("column", given.columns)):
            if not names.is_unique:
                raise InputError(f"unit_cost: {side} {names[names.duplicated()][0]} stands twice; keep one")
        values = given.to_numpy()
        pairs = {(f, c): values[i, j] for i, f in enumerate(given.index) for j, c in enumerate(given.columns)}
        return _Axis(tuple(given.index)), _Axis(tuple(given.columns)), pairs
    if isinstance(given, Mapping):
        return _mapped(given)
    rows = [_listed(f"unit_cost, row {i}", row) for i, row in enumerate(_listed("unit_cost", given))]
    lengths = sorted({len(row) for row in rows})
    if len(lengths) > 1:
        raise InputError(f"unit_cost: rows have {lengths[0]} to {lengths[-1]} entries; give one a customer")
    pairs = {(f, c): value for f, row in enumerate(rows) for c, value in enumerate(row)}
    width = lengths[0] if lengths else 0
    return _Axis(tuple(range(len(rows)))), _Axis(tuple(range(width))), pairs


def _mapped(given: Mapping[Any, Any]) -> tuple[_Axis, _Axis, dict[tuple[Hashable, Hashable], Any]]:
    """{facility: {customer: cost}} or {(facility, customer): cost}; names that only other inputs have get no pair."""
    if given and all(isinstance(value, Mapping) for value in given.values()):
        pairs = {(f, c): value for f, row in given.items() for c, value in row.items()}
    elif all(isinstance(key, tuple) and len(key) == 2 for key in given):
        pairs = dict(given)
    else:
        raise InputError(
            "unit_cost: a dict is {facility: {customer: cost}} or {(facility, customer): cost}; this is neither"
        )
    rows, columns = (tuple(dict.fromkeys(pair[side] for pair in pairs)) for side in (0, 1))
    return _Axis(rows), _Axis(columns), pairs


def _agreed(kind: str, sides: Mapping[str, _Axis], problems: list[str]) -> Names:
    """The names all inputs share: those of the first that has any. Numbered inputs must have as many."""
    first = next(
        (what for what, axis in sides.items() if axis.named and what != "unit_cost"), next(iter(sides))
    )
    names = sides[first].names
    for what, axis in sides.items():
        if axis.named and sides[first].named:
            strange = [name for name in axis.names if name not in set(names)]
            missing = [] if what == "unit_cost" else [name for name in names if name not in set(axis.names)]
            problems += [
                f"{what}: {kind} {name!r} is not in {first}; add it there or remove it"
                for name in strange[:SHOWN]
            ]
            problems += [f"{what}: {kind} {name!r} of {first} is missing; add it" for name in missing[:SHOWN]]
        elif axis.named != sides[first].named:
            problems.append(
                f"{what} has {kind} {'names' if axis.named else 'numbers'}, {first} has not; key both by name or neither"
            )
        elif len(axis.names) != len(names):
            problems.append(
                f"{what} has {len(axis.names)} {kind} entries, {first} has {len(names)}; give one each"
            )
    return names


def _number(value: Any, none: float = math.nan) -> float:
    """A float; what is no number becomes NaN, and is refused by name."""
    if value is None:
        return none
    if isinstance(value, bool | str | bytes):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _wrong(what: str, kind: str, names: Names, values: Array, infinite: bool) -> list[str]:
    bad = ~(values >= 0) | (np.isinf(values) & (not infinite))
    return [
        f"{what} of {kind} {names[i]!r} is {values[i]:g}; give a number of at least 0{' (inf for no limit)' if infinite else ''}"
        for i in np.flatnonzero(bad)[:SHOWN]
    ]


def _wrong_pairs(problem: _Problem) -> list[str]:
    bad = np.argwhere(~(problem.unit_cost >= 0))[:SHOWN]
    return [
        f"unit_cost of facility {problem.facilities[f]!r} and customer {problem.customers[c]!r} is "
        f"{problem.unit_cost[f, c]:g}; give a number of at least 0, or None where the pair is not allowed"
        for f, c in bad
    ]

"""The frontier method: price supply classes one by one, join them in small MILPs, prove both bounds, repeat.

Dantzig-Wolfe from inside, Benders-like cuts from outside, over the same pricing solves (models/FORMULATION.md, "Supply
frontiers"). The lower bound holds with integers included; the method stops when the bounds meet at the asked gap.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pyomo.environ as pyo

from siting.errors import InfeasibleError, SitingError, StoppedError
from siting.instance.instance import Instance
from siting.solver.best import Best, solution_of
from siting.solver.highs import Array, Compiled, load_values, solve_mip
from siting.solver.known import Frontier
from siting.solver.master import Duals, Goal, Inside, Modules, class_prices, duals, inside, prices_of, relaxed
from siting.solver.penalty import first_penalty, raised
from siting.solver.pricing import modelled_hours
from siting.solver.progress import Clock, gap_share
from siting.solver.run import MASTER_GAP_MOST, Run
from siting.solver.solution import (
    Solution,
    StageResult,
    read_assigned,
)
from siting.solver.whole import TIE_SHARE, stopped_text
from siting.solver.work import Pool, Prices, Telling

MOST_ROUNDS = 200
NO_MIX = "no mix of sites and supply meets all limits of the model together"
EARLY_WORTH = (
    1.4  # what 1 MW of IT in an earlier period is first said to be worth, times its accelerators and building
)
EARLY_T = 1e4  # the same in tonnes: about what 1 MW emits in a year on the dirtiest grid
LOOSE = 2.0  # an outside proven to this many times the gap its MILPs are solved to by now is solved again
MET_SHARE = 0.5  # of the asked gap: relaxations so close leave the integers as much
REACH = 16.0  # times the relaxation's prices: where prices at given sites are first looked for
UNSOUND = 1e-5  # of the value: masters keep their rows to 1e-7, and prices of limits may be high
BUILT = 1e-6  # modules: less is a rounding error


def solve_frontier(data: Instance, pool: Pool, frontier: Frontier, clock: Clock, gap: float) -> Solution:
    """Minimise the objectives one after the other; `frontier` is reused and extended."""
    stages: list[StageResult] = []
    goal = Goal(data, data.objectives[0])
    best = Best()
    for i, name in enumerate(data.objectives):
        if i:
            kept = best.value + TIE_SHARE * max(1.0, goal.least_size, abs(best.value))
            goal = goal.keep(name, kept)
        found, status = minimise(goal, pool, frontier, clock, gap)
        if not found.has_plan:
            if not best.has_plan:
                other = "; try --method whole" if status == "stalled" else ""
                raise StoppedError(stopped_text(clock, status) + other)
            break
        best = found
        value, bound = best.value / goal.unit, _sound_bound(best) / goal.unit
        stages.append(StageResult(name, value, bound, status, data.least_size(name)))
        if status != "optimal":
            break
    return solution_of(data, frontier, best, tuple(stages), clock)


def _sound_bound(best: Best) -> float:
    """The bound, which may exceed the plan it bounds by rounding errors alone. Raises SitingError where it does by more."""
    size = max(abs(best.value), best.least_size)
    if best.bound > best.value + UNSOUND * size:
        raise SitingError(
            f"the proven bound {best.bound:,.0f} exceeds the value {best.value:,.0f} of the plan it bounds: one of them is "
            "wrong; please report this with the planning model"
        )
    return min(best.bound, best.value)


def minimise(goal: Goal, pool: Pool, frontier: Frontier, clock: Clock, gap: float) -> tuple[Best, str]:
    """Take one goal to the gap: the best plan and bound, and what ended it. Raises InfeasibleError."""
    telling = Telling(pool, clock, modelled_hours(goal.data))
    run = Run(goal, telling, frontier, clock, gap, Best(least_size=goal.least_size))
    status = _solve_goal(run)
    return run.best, status


def _solve_goal(run: Run) -> str:
    best = run.best
    try:
        _first_prices(run)
        penalty = first_penalty(run.goal, run.frontier)
        while best.rounds < MOST_ROUNDS and not run.is_late:
            new, broken = _round(run, penalty)
            _tell(run)
            if best.gap <= run.gap:
                return "optimal"
            if new:
                continue
            if broken:
                penalty = raised(penalty, run.goal, run.frontier, NO_MIX)
            elif run.close_share > 0.0:
                run.close_share = 0.0  # what was close enough class by class is not for their sum
            else:
                break
    except KeyboardInterrupt:
        return "interrupted"
    return "time_limit" if run.is_late else "stalled"


def _tell(run: Run) -> None:
    """Both bounds, after every round of masters and pricing."""
    run.best.rounds += 1
    run.clock.say(
        f"closing the bounds for {run.goal.objective}, round {run.best.rounds}",
        _finite(run.best.value / run.goal.unit),
        _finite(run.best.bound / run.goal.unit),
    )


def _first_prices(run: Run) -> None:
    """Price the classes at the goal's own weights, so that each has a bounding cut and whoever is wanted a portfolio.

    A class that was priced for another goal will do where its cuts bound this one, too: the relaxation asks for more where
    it wants it. Tonnes and compute are bounded without solving (`natural_cuts`).
    """
    goal, frontier = run.goal, run.frontier
    weights = {q: p for q, p in goal.weights.items() if p} or {("cost",): 1.0}
    first = {c: _first_prices_of(goal, c, weights) for c in goal.data.classes}
    unknown = {c: [prices for prices in first[c] if not frontier.knows(c, prices)] for c in goal.data.classes}
    asked = {
        c: prices
        for c, prices in unknown.items()
        if prices and not frontier.roomier.get(c) and not run.is_bounded(c, weights)
    }
    run.price(asked)
    _price_wanted(run, first)


def _price_wanted(run: Run, first: Mapping[str, list[Prices]]) -> None:
    """Give a portfolio to whoever the relaxation wants of the classes that a roomier one bounds so far."""
    frontier = run.frontier
    while any(frontier.roomier.values()) and not run.is_late:
        if False in run.stale:
            _outside(run, integers=False)
        bare = {c: first[c] for c in run.wanted if not frontier.of(c)}
        if run.price(bare) == 0:
            break


def _first_prices_of(goal: Goal, c: str, weights: Prices) -> list[Prices]:
    """The goal's own weights; with several periods also with IT power from each period on said to be worth more than it
    usually costs, so that a class is seen in every way of growing at once."""
    data = goal.data
    if len(data.periods) == 1:
        return [weights]
    early: dict[tuple[str, ...], float] = {}
    for cell, node in data.cells_of(c).items():
        if node.period < data.periods[-1]:
            housing = min(data.halls[cell, q].yearly_eur_mw for q in data.cooling_of(cell))
            worth = EARLY_WORTH * (data.it[cell].yearly_eur_mw + housing) if ("cost",) in weights else EARLY_T
            share = node.cost_share if ("cost",) in weights else node.carbon_share
            early["it", str(node.period)] = early.get(("it", str(node.period)), 0.0) - share * worth
    years = [str(p) for p in data.periods[:-1]]
    later = [years[i:] for i in range(len(years))]
    return [weights, *({**weights, **{("it", y): early["it", y] for y in own}} for own in later)]


def _round(run: Run, penalty: float) -> tuple[int, bool]:
    """One round: first the relaxations meet, then the integers have their say, and classes are priced where a gap is left.

    A plan is looked for by the inside MILP where none is known or nothing else helps; the outside's proposals, evaluated one
    by one, are plans too. Returns how much was new, and whether limits are still overstepped at the penalty.
    """
    best = run.best
    master, dual, new = _meet(run, penalty)
    looked = not best.has_plan
    if looked:
        _inside(master, run)
    if best.gap > run.gap and dual:
        new += _bound(run, dual, {*master.used(), *run.wanted}, integers=True)
    if best.gap <= run.gap:
        return new, False
    choices = [_chosen(master.b.m) if looked else best.modules, best.proposal]
    new += _settle(run, penalty, dual, choices)
    if new == 0 and not looked:
        before = best.value
        _inside(master, run)
        new += best.value < before
    return new, master.broken()


def _meet(run: Run, penalty: float) -> tuple[Inside, Duals | None, int]:
    """Price until the relaxations from inside and outside are so close that a plan may close the gap, or nothing is new.

    They are LPs, a tenth of the work of the MILPs they relax, and settle the prices of the limits.
    """
    new = 0
    while True:
        master = _master(run, penalty)
        dual = duals(master)
        if False in run.stale:
            _outside(run, integers=False)
        over = run.is_late or run.best.rounds >= MOST_ROUNDS
        if dual is None or over or _may_close(run, dual.objective):
            return master, dual, new
        found = _bound(run, dual, {*master.used(), *run.wanted}, integers=False)
        if not found:
            return master, dual, new
        new += found
        _tell(run)


def _master(run: Run, penalty: float) -> Inside:
    """The inside master over all portfolios known by now."""
    return inside(run.goal, {c: run.frontier.of(c) for c in run.goal.data.classes}, penalty)


def _may_close(run: Run, least: float) -> bool:
    """Whether a plan that costs little more than `least` would close the gap."""
    best = run.best
    return least <= best.bound or gap_share(least, best.bound, best.least_size) <= MET_SHARE * run.gap


def _settle(run: Run, penalty: float, relaxed_dual: Duals | None, choices: list[dict[Any, int]]) -> int:
    """Price the classes of each choice of sites, at the prices that hold with these sites fixed, until it is settled.

    A choice is settled when its own bounds meet, or the lower one says that it is no better than the best plan: LPs do this
    that would else take a round of MILPs a step. Where the portfolios known break a limit, its price is first kept within
    reach of the relaxation's, which grows: the full penalty tells little. Returns how much was new.
    """
    new, reach = 0, REACH
    near = {r: abs(y) for r, y in relaxed_dual.limit.items() if y} if relaxed_dual else {}
    while choices and not run.is_late:
        master = _master(run, penalty)
        asked: dict[str, list[Prices]] = {}
        for modules in list(choices):
            dual = duals(master, modules, {r: min(penalty, reach * y) for r, y in near.items()})
            if dual is None or _is_settled(run, master, modules, dual):
                choices.remove(modules)
                continue
            for c in _classes(run.goal.data, modules):
                prices = class_prices(run.goal, c, dual)
                if run.lacks(c, prices) and prices not in asked.get(c, []):
                    asked.setdefault(c, []).append(prices)
        found = run.price(asked)
        if not found and all(reach * y >= penalty for y in near.values()):
            break
        reach *= REACH
        new += found
    return new


def _is_settled(run: Run, master: Inside, modules: Modules, dual: Duals) -> bool:
    """Whether no plan with these sites can be much better than the best known; `master` holds the best of known portfolios."""
    best = run.best
    broken = master.broken()
    _take(run, master, dual.objective)
    relaxation = run.outside()
    outer = prices_of(run.goal, relaxation.b.m, relaxed(relaxation.compiled(run.frontier), modules))
    value = best.value if broken else min(best.value, dual.objective)
    if outer is None or outer.objective >= value:
        return True
    return gap_share(value, outer.objective, best.least_size) <= MET_SHARE * run.gap


def _bound(run: Run, dual: Duals, classes: Iterable[str], integers: bool) -> int:
    """Price the classes the outside wants at the given duals until it wants no other: its optimum is then the bound these
    prices can prove. Classes it never wants need no pricing. Returns how much was new."""
    new, wanted, goal = 0, set(classes), run.goal
    # who is wanted shows without a tight proof
    rough = run.master_gap if run.best.has_plan else MASTER_GAP_MOST
    while not run.is_late:
        prices = {c: class_prices(goal, c, dual) for c in sorted(wanted)}
        lacking: dict[str, list[Prices]] = {c: [own] for c, own in prices.items() if run.lacks(c, own)}
        new += run.price(lacking)
        loose = integers and not lacking and run.proven_to > LOOSE * run.master_gap
        if integers in run.stale or loose:
            _outside(run, integers, 0.0 if loose else rough)
        met = run.best.gap <= run.gap or (not integers and _may_close(run, dual.objective))
        if met or (not lacking and not loose and run.wanted <= wanted):
            break
        wanted = run.wanted if not lacking else wanted | run.wanted
    return new


def _outside(run: Run, integers: bool, gap: float = 0.0) -> None:
    """Raise the lower bound, to within `gap` of the outside's optimum; an infeasible one proves that no plan exists."""
    best = run.best
    gap = max(gap, run.master_gap)
    run.stale.discard(integers)
    run.proven_to = gap if integers else run.proven_to
    relaxation = run.outside()
    model = relaxation.compiled(run.frontier)
    model = model if integers else relaxed(model)
    outcome = solve_mip(model, Clock(run.clock.left_s), "outside", gap, 1, least_size=best.least_size)
    if outcome.status == "infeasible":
        raise InfeasibleError(
            "the bounds prove that no choice of sites and supply meets all limits of the model together"
        )
    if outcome.status == "interrupted":
        raise KeyboardInterrupt
    best.bound = max(best.bound, outcome.bound)
    if outcome.x is None:
        return
    run.wanted = _built_on(run.goal.data, model, outcome.x)
    if integers:
        load_values(relaxation.b.m, model, outcome.x)
        best.proposal = _chosen(relaxation.b.m)


def _inside(master: Inside, run: Run) -> None:
    """Look for a better plan of the portfolios known."""
    outcome, model = master.solve(Clock(run.clock.left_s), run.master_gap)
    if outcome.status == "interrupted":
        raise KeyboardInterrupt
    if outcome.x is None or outcome.objective is None:
        return
    load_values(master.b.m, model, outcome.x)
    _take(run, master, outcome.objective)


def _take(run: Run, master: Inside, value: float) -> None:
    """Keep what a master with whole modules has found if it is a better plan."""
    best = run.best
    if not master.broken() and value < best.value:
        best.value, best.modules, best.mix = value, _chosen(master.b.m), master.used()
        best.assigned = read_assigned(master.b)


def _chosen(m: pyo.ConcreteModel) -> dict[Any, int]:
    """Modules of a solved master: by site, and by (site, period) before the last."""
    held = [*m.modules.items(), *(m.earlier.items() if hasattr(m, "earlier") else ())]
    return {key: round(v.value) for key, v in held if round(v.value or 0) > 0}


def _classes(data: Instance, modules: Mapping[Any, int]) -> list[str]:
    """Classes with a site that is built on."""
    return sorted({data.sites[s].supply_class for s in modules if isinstance(s, str)})


def _built_on(data: Instance, model: Compiled, x: Array) -> set[str]:
    """Classes with a site that has modules at a point of a master, whole or not."""
    held = {
        v.index() if isinstance(v.index(), str) else v.index()[0]
        for v, value in zip(model.columns, x, strict=True)
        if value > BUILT and v.parent_component().local_name in ("modules", "earlier")
    }
    return {data.sites[s].supply_class for s in held}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None

"""The frontier method: price supply classes one by one, join them in small MILPs, prove both bounds, repeat.

Dantzig-Wolfe from inside, Benders-like cuts from outside, over the same pricing solves (`formulation.md`, "By supply
frontiers"). The lower bound holds with integers included; the method stops when the bounds meet at the asked gap.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pyomo.environ as pyo

from siting.errors import InfeasibleError, StoppedError
from siting.instance.instance import Instance
from siting.model.policy import natural_cuts
from siting.solver.highs import compile_model, load_values, solve_mip
from siting.solver.known import Frontier, worth
from siting.solver.master import Goal, Inside, class_prices, duals, inside, outside
from siting.solver.pricing import is_large, read_energy
from siting.solver.progress import Clock, gap_share
from siting.solver.solution import Energy, Solution, StageResult, settle_ties
from siting.solver.whole import TIE_SHARE, stopped_text
from siting.solver.work import Pool, Prices

PENALTY = 10.0  # a broken limit costs this many times what 1 MW of IT costs, per solver unit; raised while it does not pay
PENALTY_RAISE = 100.0
PENALTY_MOST = 1e7
MOST_ROUNDS = 60
TOLD_TIMES = (
    5  # how often the first pricing says how far it is; masters are silent: their numbers prove nothing alone
)
CLOSE_SHARE = (
    0.3  # of the asked gap: a class whose own bounds are so close at given prices is not priced there again
)
MASTER_GAP_SHARE = 0.1  # masters are solved to this share of the asked gap


@dataclass
class Best:
    """The best plan and the best bound of one goal."""

    value: float = math.inf
    bound: float = -math.inf
    modules: dict[str, int] = field(default_factory=dict)
    mix: dict[str, dict[int, float]] = field(default_factory=dict)
    least_size: float = 0.0  # gaps are relative to the value, or to this
    proposal: dict[str, int] = field(default_factory=dict)  # modules in the last relaxation's optimum
    rounds: int = 0

    @property
    def has_plan(self) -> bool:
        """A plan has been found (it may be an empty one)."""
        return math.isfinite(self.value)

    @property
    def gap(self) -> float:
        """Relative gap, infinite while one side is missing."""
        proven = self.has_plan and math.isfinite(self.bound)
        return gap_share(self.value, self.bound, self.least_size) if proven else math.inf


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
                raise StoppedError(stopped_text(clock, status))
            break
        best = found
        value, bound = best.value / goal.unit, min(best.bound, best.value) / goal.unit
        stages.append(StageResult(name, value, bound, status, data.least_size(name)))
        if status != "optimal":
            break
    return _solution(data, frontier, best, tuple(stages), clock)


def minimise(goal: Goal, pool: Pool, frontier: Frontier, clock: Clock, gap: float) -> tuple[Best, str]:
    """Take one goal to the gap: the best plan and bound, and what ended it. Raises InfeasibleError."""
    run = _Run(goal, pool, frontier, clock, gap, Best(least_size=goal.least_size))
    status = _solve_goal(run)
    return run.best, status


@dataclass
class _Run:
    """One goal being solved: what it asks, who prices, what is known, and the best plan and bound."""

    goal: Goal
    pool: Pool
    frontier: Frontier
    clock: Clock
    gap: float
    best: Best = field(default_factory=Best)
    close_share: float = CLOSE_SHARE

    def price(self, asked: Mapping[str, list[Prices]], rough: bool = False) -> int:
        """Price, and keep what is found; returns how much was new."""
        if not any(asked.values()):
            return 0
        return sum(self.frontier.add(priced) for priced in self.pool.price(asked, rough))

    def is_close(self, c: str, prices: Prices) -> bool:
        """Whether the class's own bounds meet well enough at these prices."""
        known = self.frontier.of(c)
        if not known or self.close_share == 0.0:
            return False
        size = self.goal.per_mw([p.quantity for p in known])
        natural = natural_cuts(self.goal.data, c)
        return self.frontier.slack(c, prices, natural) <= self.close_share * self.gap * size

    def lacks(self, c: str, prices: Prices) -> bool:
        """Whether pricing the class at these prices could tell something new."""
        return bool(prices) and not self.frontier.knows(c, prices) and not self.is_close(c, prices)


def _solve_goal(run: _Run) -> str:
    best = run.best
    try:
        _first_prices(run)
        penalty = PENALTY * _typical(run)
        for _ in range(MOST_ROUNDS):
            best.rounds += 1
            new, broken = _round(run, penalty)
            run.clock.say(
                f"closing the bounds for {run.goal.objective}, round {best.rounds}",
                _finite(best.value / run.goal.unit),
                _finite(best.bound / run.goal.unit),
            )
            if best.gap <= run.gap:
                return "optimal"
            if run.clock.left_s <= 0.1:
                break
            if new:
                continue
            if broken:
                penalty = _raised(penalty, run)
            elif run.close_share > 0.0:
                run.close_share = 0.0  # what was close enough class by class is not for their sum
            else:
                break
    except KeyboardInterrupt:
        return "interrupted"
    return "time_limit"


def _first_prices(run: _Run) -> None:
    """Price the classes at the goal's own weights, so that each has a bounding cut and whoever is wanted a portfolio.

    Tonnes and compute are bounded without solving (`natural_cuts`): there a class priced for anything will do. Large
    LPs are bounded over blocks of hours first; only those the relaxation then wants are solved over all hours.
    """
    goal, frontier = run.goal, run.frontier
    weights = {q: p for q, p in goal.weights.items() if p} or {("cost",): 1.0}
    rough = is_large(goal.data)
    asked = [
        c
        for c in goal.data.classes
        if not (c in frontier.barred or frontier.knows(c, weights) or (goal.bounded and frontier.of(c)))
        and not (rough and frontier.bounds(c))  # the relaxation asks for more where it wants them
    ]
    for done, priced in enumerate(run.pool.price({c: [weights] for c in asked}, rough), start=1):
        frontier.add(priced)
        if done % max(1, len(asked) // TOLD_TIMES) == 0:
            run.clock.say(f"pricing supply classes{' in blocks of hours' * rough}, {done} of {len(asked)}")
    if rough:
        _bound(run, lambda c: weights, [])


def _round(run: _Run, penalty: float) -> tuple[int, bool]:
    """One round: both bounds from what is known, then price where they leave a gap.

    Returns how much was new, and whether limits are still overstepped at the penalty.
    """
    goal, best = run.goal, run.best
    master = inside(goal, {c: run.frontier.of(c) for c in goal.data.classes}, penalty)
    _inside(master, run)
    if best.gap > run.gap:
        _outside(run)
    if best.gap <= run.gap:
        return 0, False
    broken, found = master.broken(), _modules(master)
    relaxed = duals(master)
    new = 0
    if relaxed:
        new = _bound(run, partial(class_prices, goal, d=relaxed), list(master.used()))
    if best.gap <= run.gap:
        return new, broken
    asked: dict[str, list[Prices]] = {}
    for modules in (found, best.proposal):
        fixed = duals(master, modules)
        if fixed is None:
            continue
        for c in sorted({goal.data.sites[s].supply_class for s in modules}):
            prices = class_prices(goal, c, fixed)
            if run.lacks(c, prices) and prices not in asked.get(c, []):
                asked.setdefault(c, []).append(prices)
    return new + run.price(asked), broken


def _bound(run: _Run, prices_of: Callable[[str], Prices], classes: Iterable[str]) -> int:
    """Price the classes the relaxation wants at the given prices until it wants no other: its optimum is then the bound
    these prices can prove. Classes it never wants need no pricing; large ones are first tried over blocks of hours."""
    new, wanted, large = 0, set(classes), is_large(run.goal.data)
    while run.clock.left_s > 0.1:
        lacking = {c: [prices_of(c)] for c in sorted(wanted) if run.lacks(c, prices_of(c))}
        coarse = {
            c: prices
            for c, prices in lacking.items()
            if large and not run.frontier.knows(c, prices[0], rough=True)
        }
        new += run.price(coarse, rough=True)
        new += run.price({c: prices for c, prices in lacking.items() if c not in coarse})
        _outside(run)
        proposed = {run.goal.data.sites[s].supply_class for s in run.best.proposal}
        if run.best.gap <= run.gap or (not lacking and proposed <= wanted):
            break
        wanted = proposed if not lacking else wanted | proposed
    return new


def _outside(run: _Run) -> None:
    """Raise the lower bound; an infeasible relaxation proves that no plan exists."""
    best = run.best
    b = outside(run.goal, run.frontier)
    model = compile_model(b.m)
    outcome = solve_mip(
        model, Clock(run.clock.left_s), "outside", run.gap * MASTER_GAP_SHARE, 1, least_size=best.least_size
    )
    if outcome.status == "infeasible":
        raise InfeasibleError(
            "the bounds prove that no choice of sites and supply meets all limits of the model together"
        )
    if outcome.status == "interrupted":
        raise KeyboardInterrupt
    best.bound = max(best.bound, outcome.bound)
    if outcome.x is not None:
        load_values(b.m, model, outcome.x)
        best.proposal = {s: round(v.value) for s, v in b.m.modules.items() if round(v.value) > 0}


def _inside(master: Inside, run: _Run) -> None:
    """Look for a better plan of the portfolios known."""
    best = run.best
    outcome, model = master.solve(Clock(run.clock.left_s), run.gap * MASTER_GAP_SHARE)
    if outcome.status == "interrupted":
        raise KeyboardInterrupt
    if outcome.x is None or outcome.objective is None:
        return
    load_values(master.b.m, model, outcome.x)
    if not master.broken() and outcome.objective < best.value:
        best.value, best.modules, best.mix = outcome.objective, _modules(master), master.used()


def _modules(master: Inside) -> dict[str, int]:
    return {s: round(v.value) for s, v in master.b.m.modules.items() if round(v.value or 0) > 0}


def _typical(run: _Run) -> float:
    """The largest worth of 1 MW of IT in the goal's own unit."""
    weights = run.goal.weights or {("cost",): 1.0}
    found = [portfolio for portfolios in run.frontier.portfolios.values() for portfolio in portfolios]
    return max([1.0, *(abs(worth(weights, portfolio.quantity)) for portfolio in found)])


def _raised(penalty: float, run: _Run) -> float:
    if penalty >= PENALTY_MOST * _typical(run):
        raise InfeasibleError("no mix of sites and supply meets all limits of the model together")
    return penalty * PENALTY_RAISE


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _solution(
    data: Instance, frontier: Frontier, best: Best, stages: tuple[StageResult, ...], clock: Clock
) -> Solution:
    """Join the chosen portfolios: terms and hours of a class are the mix of its portfolios' (all local rows are convex)."""
    energy: dict[str, Energy] = {}
    cost: dict[tuple[str, str], float] = {}
    capex: dict[tuple[str, str, str], float] = {}
    carbon: dict[tuple[str, str], float] = {}
    for c, mix in best.mix.items():
        x = np.sum([mw * frontier.portfolios[c][j].x for j, mw in mix.items()], axis=0)
        energy[c] = read_energy(frontier.columns[c], len(data.weight), x)
        for j, mw in mix.items():
            for key, value in frontier.portfolios[c][j].terms.items():
                if key[0] == "cost_eur":
                    cost[key[1], c] = cost.get((key[1], c), 0.0) + mw * value
                elif key[0] == "capex_eur":
                    capex[key[1], key[2], c] = capex.get((key[1], key[2], c), 0.0) + mw * value
                else:
                    carbon[key[1], c] = carbon.get((key[1], c), 0.0) + mw * value
    if data.internal_price_eur_t > 0:
        cost |= {
            (f"internal carbon price, {item}", c): data.internal_price_eur_t * t
            for (item, c), t in carbon.items()
        }
    modules = settle_ties(data, best.modules)
    _site_terms(data, modules, cost, capex)
    return Solution(
        modules, energy, cost, capex, carbon, stages, "frontier", clock.seconds, {"rounds": best.rounds}
    )


def _site_terms(
    data: Instance,
    modules: Mapping[str, int],
    cost: dict[tuple[str, str], float],
    capex: dict[tuple[str, str, str], float],
) -> None:
    """The sites' own named terms, read from the same mechanism with its decisions put in."""
    from siting.model.sites import sites
    from siting.model.terms import Build

    b = Build(pyo.ConcreteModel(), data)
    sites(b)
    for s, v in b.m.modules.items():
        v.set_value(modules.get(s, 0), skip_validation=True)
    cost |= {key: float(pyo.value(e)) for key, e in b.cost_eur.items() if key[1] in modules}
    capex |= {key: float(pyo.value(e)) for key, e in b.capex_eur.items() if key[2] in modules}

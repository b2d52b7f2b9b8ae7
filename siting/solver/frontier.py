"""The frontier method: price supply classes one by one, join them in small MILPs, prove both bounds, repeat.

Dantzig-Wolfe from inside, Benders-like cuts from outside, over the same pricing solves (`formulation.md`, "By supply
frontiers"). The lower bound holds with integers included; the method stops when the bounds meet at the asked gap.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyomo.environ as pyo

from siting.errors import InfeasibleError, StoppedError
from siting.instance.instance import Instance
from siting.solver.cache import FrontierCache
from siting.solver.highs import compile_model, load_values, solve_mip
from siting.solver.master import Duals, Goal, Inside, class_prices, duals, inside, outside, worth
from siting.solver.pricing import Column, Cut, Portfolio, read_energy
from siting.solver.progress import Clock, gap_share
from siting.solver.solution import Energy, Solution, StageResult, settle_ties
from siting.solver.whole import TIE_SHARE, stopped_text
from siting.solver.workers import Pool, Priced, Prices

PENALTY = 10.0  # a broken limit costs this many times what 1 MW of IT costs, per solver unit; raised while it does not pay
PENALTY_RAISE = 100.0
PENALTY_MOST = 1e7
MOST_ROUNDS = 60
TOLD_TIMES = (
    5  # how often the first pricing says how far it is; masters are silent: their numbers prove nothing alone
)
NEW = 1e-9  # relative: a portfolio or cut that improves less than this is known already
MASTER_GAP_SHARE = 0.1  # masters are solved to this share of the asked gap


@dataclass
class Frontier:
    """All that pricing has found so far, by class."""

    portfolios: dict[str, list[Portfolio]] = field(default_factory=dict)
    cuts: dict[str, list[Cut]] = field(default_factory=dict)
    columns: dict[str, tuple[Column, ...]] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)

    def add(self, priced: Priced) -> int:
        """Add what a pricing found; returns how much of it was new."""
        c, new = priced.c, 0
        self.columns[c] = priced.columns
        self.portfolios.setdefault(c, [])
        self.cuts.setdefault(c, [])
        if not priced.found and not self.portfolios[c]:
            self.changed.add(c)  # nothing can supply it: worth remembering too
        for portfolio, cut in priced.found:
            known = min((worth(cut.prices, p.quantity) for p in self.portfolios.get(c, [])), default=math.inf)
            value = worth(cut.prices, portfolio.quantity)
            if value < known - NEW * max(1.0, abs(known)) or not self.portfolios.get(c):
                self.portfolios.setdefault(c, []).append(portfolio)
                new += 1
            if not any(_same(cut.prices, other.prices) for other in self.cuts.get(c, [])):
                self.cuts.setdefault(c, []).append(cut)
                new += 1
        if new:
            self.changed.add(c)
        return new

    def knows(self, c: str, prices: Prices) -> bool:
        """Whether a class has been priced there, or is known to have no supply at all."""
        cuts = self.cuts.get(c)
        return cuts is not None and (not cuts or any(_same(prices, cut.prices) for cut in cuts))

    def recall(self, cache: FrontierCache, keys: Mapping[str, str]) -> None:
        """Take what earlier runs found for the same class LPs."""
        for c, key in keys.items():
            kept = cache.read(key)
            if kept is not None:
                self.columns[c], self.portfolios[c], self.cuts[c] = kept

    def store(self, cache: FrontierCache, keys: Mapping[str, str]) -> None:
        """Keep what this run added."""
        for c in sorted(self.changed):
            cache.write(keys[c], self.columns[c], self.portfolios[c], self.cuts[c])
        self.changed.clear()


@dataclass
class _Best:
    """The best plan and the best bound of one goal."""

    value: float = math.inf
    bound: float = -math.inf
    modules: dict[str, int] = field(default_factory=dict)
    mix: dict[str, dict[int, float]] = field(default_factory=dict)
    proposal: dict[str, int] = field(default_factory=dict)  # modules in the last relaxation's optimum
    rounds: int = 0

    @property
    def has_plan(self) -> bool:
        """A plan has been found (it may be an empty one)."""
        return math.isfinite(self.value)

    @property
    def gap(self) -> float:
        """Relative gap, infinite while one side is missing."""
        return gap_share(self.value, self.bound) if self.has_plan and math.isfinite(self.bound) else math.inf


def solve_frontier(data: Instance, pool: Pool, frontier: Frontier, clock: Clock, gap: float) -> Solution:
    """Minimise the objectives one after the other; `frontier` is reused and extended."""
    stages: list[StageResult] = []
    goal = Goal(data, data.objectives[0])
    best = _Best()
    for i, name in enumerate(data.objectives):
        if i:
            kept = best.value + TIE_SHARE * max(1.0, abs(best.value))
            goal = goal.keep(name, kept)
        found, status = _solve_goal(goal, pool, frontier, clock, gap)
        if not found.has_plan:
            if not best.has_plan:
                raise StoppedError(stopped_text(clock, status))
            break
        best = found
        stages.append(StageResult(name, best.value, min(best.bound, best.value), status))
        if status != "optimal":
            break
    return _solution(data, frontier, best, tuple(stages), clock)


def _solve_goal(goal: Goal, pool: Pool, frontier: Frontier, clock: Clock, gap: float) -> tuple[_Best, str]:
    best = _Best()
    status = "time_limit"
    try:
        _first_prices(goal, pool, frontier, clock)
        penalty = PENALTY * _typical(goal, frontier)
        for _ in range(MOST_ROUNDS):
            best.rounds += 1
            new, broken = _round(goal, pool, frontier, clock, gap, penalty, best)
            clock.say(
                f"closing the bounds for {goal.objective}, round {best.rounds}",
                _finite(best.value),
                _finite(best.bound),
            )
            if best.gap <= gap:
                return best, "optimal"
            if not new and broken:
                penalty = _raised(penalty, goal, frontier)
            if clock.left_s <= 0.1 or (not new and not broken):
                break
    except KeyboardInterrupt:
        status = "interrupted"
    return best, status


def _first_prices(goal: Goal, pool: Pool, frontier: Frontier, clock: Clock) -> None:
    """Price every class at the goal's own weights, so that every class has a portfolio and a bounding cut.

    Tonnes and compute are bounded without solving (`natural_cuts`): there a class priced for anything will do.
    """
    weights = {q: p for q, p in goal.weights.items() if p} or {("cost",): 1.0}
    bounded = ("cost",) not in goal.weights
    asked = [
        c
        for c in goal.data.classes
        if not (frontier.knows(c, weights) or (bounded and frontier.portfolios.get(c)))
    ]
    for done, priced in enumerate(pool.price({c: [weights] for c in asked}), start=1):
        frontier.add(priced)
        if done % max(1, len(asked) // TOLD_TIMES) == 0:
            clock.say(f"pricing supply classes, {done} of {len(asked)}")


def _round(
    goal: Goal, pool: Pool, frontier: Frontier, clock: Clock, gap: float, penalty: float, best: _Best
) -> tuple[int, bool]:
    """One round: both bounds from what is known, then price where they leave a gap.

    Returns how much was new, and whether limits are still overstepped at the penalty.
    """
    _outside(goal, frontier, clock, gap, best)
    master = inside(goal, frontier.portfolios, penalty)
    _inside(master, goal, clock, gap, best)
    if best.gap <= gap:
        return 0, False
    broken, found = master.broken(), _modules(master)
    relaxed = duals(master)
    new = _bound(goal, pool, frontier, clock, gap, relaxed, list(master.used()), best) if relaxed else 0
    prices: dict[str, list[Prices]] = {}
    for modules in (found, best.proposal):
        fixed = duals(master, modules)
        if fixed is not None:
            _ask(prices, goal, frontier, {goal.data.sites[s].supply_class for s in modules}, fixed)
    new += sum(frontier.add(priced) for priced in pool.price(prices))
    return new, broken


def _bound(
    goal: Goal,
    pool: Pool,
    frontier: Frontier,
    clock: Clock,
    gap: float,
    d: Duals,
    classes: list[str],
    best: _Best,
) -> int:
    """Price the classes the relaxation wants at the given duals until it wants no other: its optimum is then the bound
    these duals can prove. Classes it never wants need no pricing."""
    new = 0
    priced: set[str] = set()
    wanted = set(classes)
    while wanted - priced and clock.left_s > 0.1:
        prices: dict[str, list[Prices]] = {}
        _ask(prices, goal, frontier, sorted(wanted - priced), d)
        new += sum(frontier.add(found) for found in pool.price(prices))
        priced |= wanted
        _outside(goal, frontier, clock, gap, best)
        if best.gap <= gap:
            break
        wanted = {goal.data.sites[s].supply_class for s in best.proposal}
    return new


def _ask(
    prices: dict[str, list[Prices]], goal: Goal, frontier: Frontier, classes: Iterable[str], d: Duals
) -> None:
    """Add a pricing at the duals for every class that has not been priced there yet."""
    for c in classes:
        wanted = class_prices(goal, c, d)
        if wanted and not frontier.knows(c, wanted) and wanted not in prices.get(c, []):
            prices.setdefault(c, []).append(wanted)


def _outside(goal: Goal, frontier: Frontier, clock: Clock, gap: float, best: _Best) -> None:
    """Raise the lower bound; an infeasible relaxation proves that no plan exists."""
    b = outside(goal, frontier.cuts, frontier.portfolios)
    model = compile_model(b.m)
    outcome = solve_mip(model, Clock(clock.left_s), "outside", gap * MASTER_GAP_SHARE, 1)
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


def _inside(master: Inside, goal: Goal, clock: Clock, gap: float, best: _Best) -> None:
    """Look for a better plan of the portfolios known."""
    outcome, model = master.solve(Clock(clock.left_s), gap * MASTER_GAP_SHARE)
    if outcome.status == "interrupted":
        raise KeyboardInterrupt
    if outcome.x is None or outcome.objective is None:
        return
    load_values(master.b.m, model, outcome.x)
    if not master.broken() and outcome.objective < best.value:
        best.value, best.modules, best.mix = outcome.objective, _modules(master), master.used()


def _modules(master: Inside) -> dict[str, int]:
    return {s: round(v.value) for s, v in master.b.m.modules.items() if round(v.value or 0) > 0}


def _typical(goal: Goal, frontier: Frontier) -> float:
    """The largest worth of 1 MW of IT in the goal's own unit."""
    weights = goal.weights or {("cost",): 1.0}
    found = [portfolio for portfolios in frontier.portfolios.values() for portfolio in portfolios]
    return max([1.0, *(abs(worth(weights, portfolio.quantity)) for portfolio in found)])


def _raised(penalty: float, goal: Goal, frontier: Frontier) -> float:
    if penalty >= PENALTY_MOST * _typical(goal, frontier):
        raise InfeasibleError("no mix of sites and supply meets all limits of the model together")
    return penalty * PENALTY_RAISE


def _same(a: Prices, b: Prices) -> bool:
    """Equal prices but for rounding; a price of zero is no price."""
    return all(abs(a.get(q, 0.0) - b.get(q, 0.0)) <= NEW * max(1.0, abs(a.get(q, 0.0))) for q in {*a, *b})


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _solution(
    data: Instance, frontier: Frontier, best: _Best, stages: tuple[StageResult, ...], clock: Clock
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

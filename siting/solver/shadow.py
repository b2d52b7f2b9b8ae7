"""Shadow prices: what one unit more of a limit is worth to the objective, exact for the linear programme they are read from.

Two programmes: the plan's sites and modules fixed (what is left is linear), and the relaxation in which sites and modules
may be fractions. Each two ways, which the tests hold against each other and against finite differences: the inside master
of the frontier method with portfolios added until none could improve it (column generation), and the whole model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import highspy
import numpy as np
import pyomo.environ as pyo

from siting.errors import InfeasibleError, StoppedError
from siting.instance.instance import Instance, Resource
from siting.model.build import objective_terms, whole
from siting.model.horizon import quantities, uses
from siting.model.policy import country_of, scale, site_use
from siting.model.terms import Build
from siting.solver.highs import compile_model, highs_of, load_values
from siting.solver.known import Frontier, worth
from siting.solver.master import Duals, Goal, Inside, by_name, class_prices, duals, inside, relaxed
from siting.solver.penalty import first_penalty, raised
from siting.solver.progress import Clock
from siting.solver.work import Pool, Prices
from siting.units import G_PER_T, KWH_PER_MWH

CONVERGED = 1e-8  # relative: a portfolio that undercuts its class's price by less is none
MOST_ROUNDS = 200
NO_SUPPLY = "no supply meets all limits at these sites"
SITE_ROWS = {  # rows on sites: the planner's key, in MW of IT or sites
    "compute_target": "target",
    "fewest_sites": "sites.min",
    "most_sites": "sites.max",
    "most_per_country": "sites.max_per_country",
    "fewest_countries": "sites.min_countries",
}
RATIOS = ("carbon_rate", "clean", "clean_in")  # limits that are relative to the load
Modules = Mapping[str, int]


@dataclass(frozen=True)
class Shadow:
    """An LP's optimum and its prices, in the objective's own unit (EUR/yr, t/yr or MW of IT missing).

    limit[r]: change of the optimum per unit more of the limit's value, as the planner writes it (EUR, t/yr, g/kWh, a share
    of the load of 1, MW); used[r]: the limit's use at the optimum in the same unit; rule[key]: the same for rules on sites
    (zero with sites fixed: nothing of them is left to choose).
    """

    objective: str
    value: float
    limit: dict[Resource, float]
    used: dict[Resource, float]
    rule: dict[str, float]


def shadow_by_frontier(
    data: Instance,
    objective: str,
    pool: Pool,
    frontier: Frontier,
    clock: Clock,
    fixed: Modules | None = None,
) -> Shadow:
    """Prices of the site-fixed problem (`fixed` modules by site) or of the relaxation, by column generation.

    Portfolios found are added to `frontier`. Raises InfeasibleError if the programme has no solution, StoppedError out of
    time.
    """
    goal = Goal(data, objective)
    chosen = fixed if fixed is not None else data.sites
    classes = sorted({data.sites[s].supply_class for s in chosen})
    _price(goal, pool, frontier, {c: goal.weights or {("cost",): 1.0} for c in classes if not frontier.of(c)})
    penalty = first_penalty(goal, frontier)
    broken = True
    for _ in range(MOST_ROUNDS):
        master = inside(goal, {c: frontier.of(c) for c in data.classes}, penalty if broken else 0.0)
        found = duals(master, fixed)
        if found is None:
            raise InfeasibleError("the rules on sites leave the linear programme no solution")
        if broken and not master.broken():
            broken = False  # from here on without overstepping: prices are the limits' own
            continue
        if _price(goal, pool, frontier, _improving(goal, frontier, found, classes)) == 0:
            if not broken:
                return _read(goal, master, found)
            penalty = raised(penalty, goal, frontier, NO_SUPPLY)
        if clock.is_late:
            break
        clock.say(f"prices of the {'plan' if fixed is not None else 'relaxation'}")
    raise StoppedError("stopped before the prices were exact; raise solve.time_limit_s")


def _improving(goal: Goal, frontier: Frontier, found: Duals, classes: Iterable[str]) -> dict[str, Prices]:
    """Classes whose prices have not been asked for yet: any of them might have a portfolio that improves the master."""
    prices = {c: class_prices(goal, c, found) for c in classes if c not in frontier.barred}
    return {c: p for c, p in prices.items() if p and not _settled(frontier, c, p, found.mixed.get(c, 0.0))}


def _settled(frontier: Frontier, c: str, prices: Prices, price_of_class: float) -> bool:
    """Whether a cut already proves that nothing of the class is cheaper than what the master pays for it."""
    proven = max(
        (cut.value for cut in frontier.cuts.get(c, []) if dict(cut.prices) == dict(prices)), default=None
    )
    return proven is not None and proven >= price_of_class - CONVERGED * max(1.0, abs(price_of_class))


def _price(goal: Goal, pool: Pool, frontier: Frontier, asked: Mapping[str, Prices]) -> int:
    """Price classes at the given prices; returns how many portfolios or cuts were new."""
    if not asked:
        return 0
    return sum(frontier.add(priced) for priced in pool.price({c: [p] for c, p in asked.items()}))


def _read(goal: Goal, master: Inside, found: Duals) -> Shadow:
    data = goal.data
    mixes = [
        (c, portfolio.quantity, float(v.value or 0.0))
        for (c, j), v in master.b.m.mix.items()
        for portfolio in [master.portfolios[c][j]]
    ]
    used: dict[Resource, float] = {r: float(pyo.value(site_use(master.b, r))) for r in data.limits}
    for c, quantity, mw in mixes:
        for r, row in uses(data, c).items():
            used[r] += mw * worth(row, quantity)
    load = dict.fromkeys(data.classes, 0.0)
    for c, quantity, mw in mixes:
        load[c] += mw * quantity["load",]
    return _shadow(data, goal.objective, found.objective, found.limit, used, load, found.rows)


def shadow_of_whole(data: Instance, objective: str, fixed: Modules | None = None) -> Shadow:
    """The same prices from the whole model as one LP. Raises InfeasibleError."""
    b = whole(data)
    b.m.goal = pyo.Objective(expr=objective_terms(b)[objective])
    model = relaxed(compile_model(b.m), fixed)
    h = highs_of(model, 1)
    h.run()
    if h.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise InfeasibleError("the linear programme has no solution")
    solution = h.getSolution()
    load_values(b.m, model, np.array(solution.col_value))
    by_row = {id(row): float(y) for row, y in zip(model.rows, solution.row_dual, strict=True)}
    order = list(dict.fromkeys(r for c in data.classes for r in uses(data, c)))
    limit = {order[i]: by_row.get(id(row), 0.0) for i, row in b.m.resource_limit.items()}
    load = {c: float(pyo.value(b.load_mwh[c])) for c in data.classes}
    value = float(h.getInfo().objective_function_value)
    return _shadow(data, objective, value, limit, _used(b), load, by_name(model, solution.row_dual))


def _used(b: Build) -> dict[Resource, float]:
    data = b.data
    used: dict[Resource, float] = {r: float(pyo.value(site_use(b, r))) for r in data.limits}
    for c in data.classes:
        quantity = quantities(b, c)
        for r, row in uses(data, c).items():
            used[r] += sum(a * float(pyo.value(quantity[q]())) for q, a in row.items())
    return used


def _shadow(
    data: Instance,
    objective: str,
    value: float,
    dual: Mapping[Resource, float],
    used: dict[Resource, float],
    load_mwh: Mapping[str, float],
    rows: Mapping[str, float],
) -> Shadow:
    """Solver units to the planner's: a rate or share multiplies the load, so a unit of it is worth load x dual."""
    unit = {r: _per_load(data, r, load_mwh) for r in data.limits if r[0] in RATIOS}
    limit = {r: scale(r) * dual.get(r, 0.0) * unit.get(r, 1.0) for r in data.limits}
    for r, own in unit.items():  # sums that must not exceed zero (or fall below it): back to rate or share
        used[r] = used[r] / own + data.limits[r].value if own else 0.0
    rule = {key: rows.get(name, 0.0) for name, key in SITE_ROWS.items()}
    return Shadow(objective, value, limit, used, rule)


def _per_load(data: Instance, r: Resource, load_mwh: Mapping[str, float]) -> float:
    """What a unit of a rate or share is in the row's own unit: the load it is relative to."""
    mine = [mwh for c, mwh in load_mwh.items() if r[0] != "clean_in" or country_of(data, c) == r[1]]
    return sum(mine) * (KWH_PER_MWH / G_PER_T if r[0] == "carbon_rate" else 1.0)

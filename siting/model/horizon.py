"""The horizon: quantities and limits of a class over all its cells.

    cost   = sum over nodes (p, i) of probability_i x (discounted years of p / all discounted years) x cost of its year  (EUR/yr)
    carbon = sum over nodes (p, i) of probability_i x (years of p / all years) x tonnes of its year                      (t/yr)
    net present cost = cost x all discounted years                                                                       (EUR)

A year's cost is annuities of what stands plus what it takes to run, so that an investment that outlives the horizon leaves its
later annuities outside it: that is its salvage value. Years and discounting: inputs/finance.py. Limits of a period bind its
tonnes, clean share, water and contracts in the mean over cases, and of money what is newly invested in it.

With one node they are the cell's own. With several, a quantity of a period bears its year, e.g. ("carbon", "2032"), and is
the mean over the scenarios; ("cost",) and ("carbon",) are of the horizon's mean year (cost discounted, tonnes plain),
("carbon_discounted",) is what the internal price is paid on, ("capex", group) all that is built. A class's cone has one
dimension more a period: ("it", "2029") is its IT power before the last period, per MW in the last.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import pyomo.environ as pyo

from siting.instance.instance import Instance, Resource
from siting.model.policy import Cuts, Quantity, cell_quantities, housing_cuts, running_cuts, use_of
from siting.model.terms import Build, Expression, weighed

Made = dict[Quantity, Callable[[], Expression]]
SUMS = ("cost", "carbon", "load")  # also known as means of the horizon


def quantities(b: Build, c: str) -> Made:
    """The quantities of a class, built only when asked for."""
    data = b.data
    if len(data.nodes) == 1:
        return cell_quantities(b, c)
    cells = {cell: cell_quantities(b, cell) for cell in data.cells_of(c)}
    shares = {cell: (node.cost_share, node.carbon_share) for cell, node in data.cells_of(c).items()}

    def mean(q: Quantity, discounted: bool) -> Expression:
        return pyo.quicksum(weighed(shares[cell][not discounted], own[q]()) for cell, own in cells.items())

    found: Made = {(name,): partial(mean, (name,), name == "cost") for name in SUMS}
    found["carbon_discounted",] = partial(mean, ("carbon",), True)
    for p in data.periods:
        found |= _in_period(b, c, p, cells)
    for p in data.periods[:-1]:
        found["it", str(p)] = partial(b.it_mw.__getitem__, data.first_cell(c, p))
    names = dict.fromkeys(q for own in cells.values() for q in own if q[0] == "capex")
    found |= {q: partial(_sum, [own[q] for own in cells.values() if q in own]) for q in names}
    if len(data.nodes) > len(data.periods):
        found |= _by_scenario(data, c, cells)
    return found


def _sum(parts: list[Callable[[], Expression]]) -> Expression:
    return pyo.quicksum(part() for part in parts)


def _in_period(b: Build, c: str, p: int, cells: dict[str, Made]) -> Made:
    """Every quantity of the period's cells: investments as they are, all else in the mean over scenarios."""
    mine = {cell: node for cell, node in b.data.cells_of(c).items() if node.period == p}
    first = b.data.first_cell(c, p)

    def expected(q: Quantity) -> Expression:
        return pyo.quicksum(weighed(node.probability, cells[cell][q]()) for cell, node in mine.items())

    return {
        (*q, str(p)): make if q[0] in ("capex", "ppa", "connection") else partial(expected, q)
        for q, make in cells[first].items()
    }


def _by_scenario(data: Instance, c: str, cells: dict[str, Made]) -> Made:
    """Yearly cost of the horizon if one scenario were to come: ("cost", "in", scenario)."""

    def cost(scenario: str) -> Expression:
        return pyo.quicksum(
            (node.cost_share / node.probability) * cells[cell]["cost",]()
            for cell, node in data.cells_of(c).items()
            if node.scenario == scenario
        )

    names = dict.fromkeys(node.scenario for node in data.nodes)
    return {("cost", "in", name): partial(cost, name) for name in names}


def priced_carbon(data: Instance) -> Quantity:
    """The tonnes an internal price is paid on."""
    return ("carbon",) if len(data.nodes) == 1 else ("carbon_discounted",)


def uses(data: Instance, c: str) -> dict[Resource, dict[Quantity, float]]:
    """How a class uses each limited resource: coefficients on its quantities."""
    found = {r: _use(data, c, r) for r in data.limits}
    return {r: row for r, row in found.items() if row}


def _use(data: Instance, c: str, r: Resource) -> dict[Quantity, float]:
    limit = data.limits[r]
    if len(data.nodes) == 1:
        return use_of(data, c, r, limit)
    years = [str(p) for p in data.periods]
    if r[-1] in years:
        cell = data.first_cell(c, data.periods[years.index(r[-1])])
        return {(*q, r[-1]): a for q, a in use_of(data, cell, r[:-1], limit).items()}
    if r[0] == "cost":
        return {("cost",): 1.0, priced_carbon(data): data.internal_price_eur_t}
    return use_of(data, data.first_cell(c, data.periods[-1]), r, limit)


def natural_cuts(data: Instance, c: str) -> Cuts:
    """What holds for every mix of a class without solving anything: sum of prices x quantities >= value per MW of IT."""
    if len(data.nodes) == 1:
        return [*running_cuts(data, c), *housing_cuts(data, c)]
    cuts: Cuts = []
    for p in data.periods:
        cuts += _period_cuts(data, c, p)
    years = [str(p) for p in data.periods]
    for this, later in pairwise(years[:-1]):
        cuts.append(({("it", later): 1.0, ("it", this): -1.0}, 0.0))
    if len(years) > 1:
        cuts += [({("it", years[0]): 1.0}, 0.0), ({("it", years[-2]): -1.0}, -1.0)]
    if len(data.nodes) > len(years):
        chance = {node.scenario: node.probability for node in data.nodes}
        mean: dict[Quantity, float] = {("cost",): 1.0, **{("cost", "in", i): -p for i, p in chance.items()}}
        cuts += [(mean, 0.0), ({q: -a for q, a in mean.items()}, 0.0)]
        cuts += [({("cost", "in", i): 1.0}, _least_cost(data, c, i)) for i in chance]
    for name, discounted in (("carbon", False), ("carbon_discounted", True)):
        share = {y: _share(data, y, discounted) for y in years}
        row: dict[Quantity, float] = {(name,): 1.0, **{("carbon", y): -s for y, s in share.items()}}
        cuts += [(row, 0.0), ({q: -a for q, a in row.items()}, 0.0)]
    return cuts + _investment_cuts(data, c)


def _least_cost(data: Instance, c: str, scenario: str) -> float:
    """What 1 MW of IT costs at least a year in a case: accelerators and building of the last period, less all that surplus
    and heat sold and purchase at negative prices could ever earn (EUR)."""
    least = 0.0
    for cell, node in data.cells_of(c).items():
        if node.scenario != scenario:
            continue
        share = node.cost_share / node.probability
        if node.period == data.periods[-1]:
            housing = min(data.halls[cell, q].yearly_eur_mw for q in data.cooling_of(cell))
            least += share * (data.it[cell].yearly_eur_mw + housing)
        least -= share * (_earned_of_grid(data, cell) + _earned_of_heat(data, cell))
    return least


def _earned_of_grid(data: Instance, cell: str) -> float:
    """At most, in a year: all the surplus that may be sold, and a connection used in full in hours that pay for it (EUR)."""
    if cell not in data.price_eur_mwh:
        return 0.0
    network = data.network_eur_mwh[cell]
    hours = zip(data.weight_of(cell), data.price_eur_mwh[cell], strict=True)
    return _rated_mw(data, cell) * sum(
        w * (data.excess_share_max * max(0.0, price) + max(0.0, -price - network)) for w, price in hours
    )


def _earned_of_heat(data: Instance, cell: str) -> float:
    """At most, in a year: all that a network takes of the rated load, beyond what its connection costs (EUR)."""
    network = data.heat.get(cell)
    if network is None:
        return 0.0
    eur_mw = network.price_eur_mwh * sum(data.weight_of(cell)) - network.yearly_eur_mw
    return max(0.0, eur_mw) * network.share_max * _rated_mw(data, cell)


def _rated_mw(data: Instance, cell: str) -> float:
    """Rated load of 1 MW of IT: the worst hour of the worst cooling (MW)."""
    return max(data.halls[cell, q].peak_pue for q in data.cooling_of(cell))


def _share(data: Instance, year: str, discounted: bool) -> float:
    mine = [node for node in data.nodes if str(node.period) == year]
    return sum(node.cost_share if discounted else node.carbon_share for node in mine)


def _period_cuts(data: Instance, c: str, p: int) -> Cuts:
    """A period's own cuts: per MW of its IT power, which is a quantity before the last period."""
    mine = {cell: node.probability for cell, node in data.cells_of(c).items() if node.period == p}
    each = [running_cuts(data, cell) for cell in mine]
    cuts: Cuts = []
    for same in zip(*each, strict=True):
        row: dict[Quantity, float] = {(*q, str(p)): a for q, a in same[0][0].items()}
        value = sum(share * own[1] for share, own in zip(mine.values(), same, strict=True))
        if p == data.periods[-1] or value == 0.0:
            cuts.append((row, value if p == data.periods[-1] else 0.0))
        else:
            cuts.append(({**row, ("it", str(p)): -value}, 0.0))
    return cuts


def _investment_cuts(data: Instance, c: str) -> Cuts:
    """Investment over the horizon, for 1 MW of IT at its end: no part of it is negative or below its cheapest year."""
    by_period = [housing_cuts(data, data.first_cell(c, p)) for p in data.periods]
    cuts: Cuts = [(same[0][0], min(value for _, value in same)) for same in zip(*by_period, strict=True)]
    if any(r[0] == "capex" and len(r) > 1 for r in data.limits):
        for group in dict.fromkeys(data.capex_counts):
            parts: list[Quantity] = [("capex", group, str(p)) for p in data.periods]
            row: dict[Quantity, float] = {("capex", group): 1.0, **dict.fromkeys(parts, -1.0)}
            cuts += [(row, 0.0), ({q: -a for q, a in row.items()}, 0.0), *(({q: 1.0}, 0.0) for q in parts)]
    return cuts

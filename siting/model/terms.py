"""What mechanisms contribute to: named terms. Balance, limits and objective are closed over them once, in build.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyomo.environ as pyo

from siting.instance.instance import VINTAGE, Instance

Expression = Any  # a linear Pyomo expression (or a number)


@dataclass
class Build:
    """A Pyomo model under construction, with the named terms the mechanisms put in.

    it_mw[c]: IT power served in a cell, decided by the sites (whole model) or fixed to 1 MW (pricing problem).
    site_mw[s]: IT power of a site in the last period, site_place[s] how terms name it there.
    supply_mw / demand_mw[c, t]: what enters and leaves the hourly balance. load_mw[c, t]: the facility's own load.
    moved_mw / shed_mw[c, q, t]: IT power that runs in an hour beyond what it was meant to, and that is left undone.
    load_mwh[c] is the year's facility load; clean_mw[kind, c] what counts as clean in an hour under a matching rule.
    water_m3[c]: water evaporated a year, where it is known. lifecycle_t[c] makes the life-cycle tonnes of the supply when asked.
    cost_eur[item, place] and carbon_t[item, place] are per year, capex_eur[group, item, place] overnight; place is a
    cell or a site (`site@period` with several periods), and the year is one of that place's node.
    """

    m: pyo.ConcreteModel
    data: Instance
    it_mw: dict[str, Expression] = field(default_factory=dict)
    site_mw: dict[str, Expression] = field(default_factory=dict)
    site_place: dict[str, str] = field(default_factory=dict)
    supply_mw: dict[tuple[str, int], list[Expression]] = field(default_factory=lambda: defaultdict(list))
    demand_mw: dict[tuple[str, int], list[Expression]] = field(default_factory=lambda: defaultdict(list))
    moved_mw: dict[tuple[str, str, int], list[Expression]] = field(default_factory=lambda: defaultdict(list))
    shed_mw: dict[tuple[str, str, int], list[Expression]] = field(default_factory=lambda: defaultdict(list))
    load_mw: dict[tuple[str, int], Expression] = field(default_factory=dict)
    load_mwh: dict[str, Expression] = field(default_factory=dict)
    clean_mw: dict[tuple[str, str], list[Callable[[int], Expression]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    cost_eur: dict[tuple[str, str], Expression] = field(default_factory=dict)
    capex_eur: dict[tuple[str, str, str], Expression] = field(default_factory=dict)
    carbon_t: dict[tuple[str, str], Expression] = field(default_factory=dict)
    water_m3: dict[str, Expression] = field(default_factory=dict)
    lifecycle_t: dict[str, Callable[[], Expression]] = field(default_factory=dict)

    def hourly_index(self, keys: list[Any]) -> list[tuple[Any, ...]]:
        """Index over keys x modelled hours; keys are class names or tuples that begin with one."""
        return [((key, t) if isinstance(key, str) else (*key, t)) for key in keys for t in self.data.hours]

    def yearly(self, c: str, terms: Any) -> Expression:
        """Sum of a cell's hourly terms (t, expression), each times the hours of the year it stands for."""
        weight = self.data.weight_of(c)
        return pyo.quicksum(weight[t] * term for t, term in terms)

    def clean_mwh(self, c: str, kind: str) -> Expression:
        """Clean MWh a year of a cell that count under a kind of matching."""
        return self.yearly(c, ((t, term(t)) for term in self.clean_mw[kind, c] for t in self.data.hours))

    def it_mwh(self, c: str, q: str) -> Expression:
        """IT energy of a cell's year under a cooling system: utilisation x cooled MW, and what moves or is shed (MWh)."""
        weight = self.data.weight_of(c)
        energy = self.data.utilisation_share * sum(weight) * self.m.cooled_mw[c, q]
        for sign, terms in ((1.0, self.moved_mw), (-1.0, self.shed_mw)):
            bent = [sign * weight[t] * e for t in self.data.hours for e in terms.get((c, q, t), [])]
            energy += pyo.quicksum(bent) if bent else 0.0
        return energy

    def cost_total(self) -> Expression:
        """Yearly cost: the sum of all named cost terms, in the discounted mean year of the horizon."""
        return pyo.quicksum(self.in_mean_year(place, e) for (_, place), e in self.cost_eur.items())

    def carbon_total(self) -> Expression:
        """Operational tonnes a year: the sum of all named carbon terms, in the plain mean year of the horizon."""
        share = {cell: node.carbon_share for cell, (_, node) in self.data.cells.items()}
        return pyo.quicksum(weighed(share[place], e) for (_, place), e in self.carbon_t.items())

    def in_mean_year(self, place: str, yearly: Expression) -> Expression:
        """What a place's year counts in the discounted mean year of the horizon."""
        return weighed(cost_share(self.data, place), yearly)


def weighed(share: float, e: Expression) -> Expression:
    """share x e, and e itself where it is all that counts."""
    return e if share == 1.0 else share * e


def cost_share(data: Instance, place: str) -> float:
    """Share of a cell, or of a site in a period (`site@period`), in the discounted mean year."""
    if len(data.nodes) == 1 or place in data.sites:
        return 1.0
    if place in data.cells:
        return data.cells[place][1].cost_share
    period = place.rpartition(VINTAGE)[2]
    return sum(node.cost_share for node in data.nodes if str(node.period) == period)

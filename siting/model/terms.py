"""What mechanisms contribute to: named terms. Balance, limits and objective are closed over them once, in build.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyomo.environ as pyo

from siting.instance.instance import Instance

Expression = Any  # a linear Pyomo expression (or a number)


@dataclass
class Build:
    """A Pyomo model under construction, with the named terms the mechanisms put in.

    it_mw[c]: IT power served in a class, decided by the sites (whole model) or fixed to 1 MW (pricing problem).
    supply_mw / demand_mw[c, t]: what enters and leaves the hourly balance. load_mw[c, t]: the facility's own load.
    load_mwh[c] is the year's facility load; clean_mw[kind, c] what counts as clean in an hour under a matching rule.
    cost_eur[item, place] and carbon_t[item, place] are per year, capex_eur[group, item, place] overnight; place is a
    class or a site.
    """

    m: pyo.ConcreteModel
    data: Instance
    it_mw: dict[str, Expression] = field(default_factory=dict)
    supply_mw: dict[tuple[str, int], list[Expression]] = field(default_factory=lambda: defaultdict(list))
    demand_mw: dict[tuple[str, int], list[Expression]] = field(default_factory=lambda: defaultdict(list))
    load_mw: dict[tuple[str, int], Expression] = field(default_factory=dict)
    load_mwh: dict[str, Expression] = field(default_factory=dict)
    clean_mw: dict[tuple[str, str], list[Callable[[int], Expression]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    cost_eur: dict[tuple[str, str], Expression] = field(default_factory=dict)
    capex_eur: dict[tuple[str, str, str], Expression] = field(default_factory=dict)
    carbon_t: dict[tuple[str, str], Expression] = field(default_factory=dict)

    def hourly_index(self, keys: list[Any]) -> list[tuple[Any, ...]]:
        """Index over keys x modelled hours; keys are class names or tuples that begin with one."""
        return [((key, t) if isinstance(key, str) else (*key, t)) for key in keys for t in self.data.hours]

    def yearly(self, terms: Any) -> Expression:
        """Sum of hourly terms (t, expression), each times the hours of the year it stands for."""
        weight = self.data.weight
        return pyo.quicksum(weight[t] * term for t, term in terms)

    def cost_total(self) -> Expression:
        """Yearly cost: the sum of all named cost terms."""
        return pyo.quicksum(self.cost_eur.values())

    def carbon_total(self) -> Expression:
        """Operational tonnes a year: the sum of all named carbon terms."""
        return pyo.quicksum(self.carbon_t.values())

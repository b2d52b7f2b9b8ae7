"""Halls: what the IT load is housed and cooled in, what it costs and what it draws hour by hour."""

from __future__ import annotations

import pyomo.environ as pyo

from siting.model.terms import Build


def halls(b: Build) -> None:
    """Declare `cooled_mw[c, q]` (MW of IT under a cooling system) and the facility load that follows from it.

    load_mw[c, t] = sum_q pue[c, q, t] * utilisation * cooled_mw[c, q]. A campus may mix halls, so no binary is needed.
    """
    m, data = b.m, b.data
    m.cooled_mw = pyo.Var(list(data.halls), domain=pyo.NonNegativeReals)
    m.halls_filled = pyo.Constraint(
        list(data.classes),
        rule=lambda m, c: pyo.quicksum(m.cooled_mw[c, q] for q in data.cooling_of(c)) == b.it_mw[c],
    )
    for c in data.classes:
        _load(b, c)
        _money(b, c)


def _load(b: Build, c: str) -> None:
    data, cooled = b.data, b.m.cooled_mw
    cooling = data.cooling_of(c)
    for t in data.hours:
        load = pyo.quicksum(data.halls[c, q].pue[t] * data.utilisation_share * cooled[c, q] for q in cooling)
        b.load_mw[c, t] = load
        b.demand_mw[c, t].append(load)
    yearly_pue = {
        q: sum(w * p for w, p in zip(data.weight, data.halls[c, q].pue, strict=True)) for q in cooling
    }
    b.load_mwh[c] = pyo.quicksum(yearly_pue[q] * data.utilisation_share * cooled[c, q] for q in cooling)


def _money(b: Build, c: str) -> None:
    data, cooled = b.data, b.m.cooled_mw
    cooling = data.cooling_of(c)
    b.cost_eur["building", c] = pyo.quicksum(data.halls[c, q].yearly_eur_mw * cooled[c, q] for q in cooling)
    b.capex_eur["site", "building", c] = pyo.quicksum(
        data.halls[c, q].capex_eur_mw * cooled[c, q] for q in cooling
    )
    b.cost_eur["accelerators", c] = pyo.quicksum(data.it[c].yearly_eur_mw * cooled[c, q] for q in cooling)
    b.capex_eur["it", "accelerators", c] = pyo.quicksum(
        data.it[c].capex_eur_mw * cooled[c, q] for q in cooling
    )

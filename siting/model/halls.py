"""Halls: what the IT load is housed and cooled in, what it costs and what it draws hour by hour.

    sum_q cooled_mw[c, q] = it_mw[c]                                       a campus may mix halls                (MW of IT)
    load_mw[c, t] = sum_q pue[c, q, t] x run[c, q, t],   run = utilisation x cooled_mw[c, q] + moved - shed      (MW)
    utilisation x cooled_mw[c, q] + moved <= cooled_mw[c, q]               the nameplate, wherever work moves    (MW of IT)

What moves and what is shed are other mechanisms' terms, none of them by default. PUE (ISO/IEC 30134-2) follows the outdoor
temperature of the hour: base + slope x degrees above a threshold, by cooling system (cooling.csv). Terms: `building` (EUR/yr, and
overnight EUR in capex group site; dc_build_eur_kw of country_values.csv x the cooling system's capex_factor) and
`accelerators` (capex group it; accelerators.csv), both EUR per MW of IT.
"""

from __future__ import annotations

import pyomo.environ as pyo

from siting.model.terms import Build, Expression


def halls(b: Build) -> None:
    """Declare `cooled_mw[c, q]` (MW of IT under a cooling system). A campus may mix halls, so no binary is needed."""
    m, data = b.m, b.data
    m.cooled_mw = pyo.Var(list(data.halls), domain=pyo.NonNegativeReals)
    m.halls_filled = pyo.Constraint(
        list(data.cells),
        rule=lambda m, c: pyo.quicksum(m.cooled_mw[c, q] for q in data.cooling_of(c)) == b.it_mw[c],
    )
    for c in data.cells:
        _money(b, c)


def facility_load(b: Build) -> None:
    """Close the load over the halls and what moves or is shed: b.load_mw (MW), b.load_mwh (MWh/yr), and its demand.

    utilisation x cooled_mw + moved <= cooled_mw wherever work moves.
    """
    m, share = b.m, b.data.utilisation_share
    if b.moved_mw:
        m.nameplate = pyo.Constraint(
            list(b.moved_mw),
            rule=lambda m, c, q, t: (
                pyo.quicksum(b.moved_mw[c, q, t]) + (share - 1.0) * m.cooled_mw[c, q] <= 0
            ),
        )
    for c in b.data.cells:
        _load(b, c)


def _bent(b: Build, c: str, q: str, t: int) -> Expression | None:
    """IT power an hour has beyond utilisation x cooled (MW); None where nothing bends the load."""
    moved, lost = b.moved_mw.get((c, q, t), []), b.shed_mw.get((c, q, t), [])
    return pyo.quicksum(moved) - pyo.quicksum(lost) if moved or lost else None


def _load(b: Build, c: str) -> None:
    data, cooled = b.data, b.m.cooled_mw
    cooling = data.cooling_of(c)
    bent_mwh: Expression = 0.0
    for t in data.hours:
        load = pyo.quicksum(data.halls[c, q].pue[t] * data.utilisation_share * cooled[c, q] for q in cooling)
        found = {q: _bent(b, c, q, t) for q in cooling}
        if any(e is not None for e in found.values()):
            bent = pyo.quicksum(data.halls[c, q].pue[t] * e for q, e in found.items() if e is not None)
            load += bent
            bent_mwh += data.weight_of(c)[t] * bent
        b.load_mw[c, t] = load
        b.demand_mw[c, t].append(load)
    yearly_pue = {
        q: sum(w * p for w, p in zip(data.weight_of(c), data.halls[c, q].pue, strict=True)) for q in cooling
    }
    b.load_mwh[c] = (
        pyo.quicksum(yearly_pue[q] * data.utilisation_share * cooled[c, q] for q in cooling) + bent_mwh
    )


def _money(b: Build, c: str) -> None:
    data, cooled = b.data, b.m.cooled_mw
    cooling = data.cooling_of(c)
    b.cost_eur["building", c] = pyo.quicksum(data.halls[c, q].yearly_eur_mw * cooled[c, q] for q in cooling)
    b.cost_eur["accelerators", c] = pyo.quicksum(data.it[c].yearly_eur_mw * cooled[c, q] for q in cooling)
    if data.first_built(c, ""):
        added = {q: _added(b, c, q) for q in cooling}
        b.capex_eur["site", "building", c] = pyo.quicksum(
            data.halls[c, q].capex_eur_mw * mw for q, mw in added.items()
        )
        b.capex_eur["it", "accelerators", c] = pyo.quicksum(
            data.it[c].capex_eur_mw * mw for mw in added.values()
        )


def _added(b: Build, c: str, q: str) -> Expression:
    """MW of IT new under a cooling system in a cell's period."""
    before = b.data.before_cell(c)
    return b.m.cooled_mw[c, q] - (b.m.cooled_mw[before, q] if before is not None else 0)

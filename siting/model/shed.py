"""Shedding: part of an hour's IT work may be left undone, at a stated value of lost compute.

    shed[c, q, t] <= shed_share_max x utilisation x cooled_mw[c, q]     (MW of IT)

What is shed is not drawn: the facility load falls by PUE_q,t x shed, and all that is relative to the load - g/kWh, matching,
surplus - is relative to the load that is served. Cost term `compute lost`: value (EUR per MWh of IT) x shed. The value is the
planner's own: what an hour of the accelerators would have earned.
"""

from __future__ import annotations

import pyomo.environ as pyo

from siting.model.terms import Build


def shed(b: Build) -> None:
    """Declare `shed[c, q, t]` (MW of IT), its limit and its cost."""
    m, data, bend = b.m, b.data, b.data.flexible
    if bend.shed_share_max == 0:
        return
    most = bend.shed_share_max * data.utilisation_share
    index = b.hourly_index(list(data.halls))
    m.shed = pyo.Var(index, domain=pyo.NonNegativeReals)
    m.shed_limit = pyo.Constraint(index, rule=lambda m, c, q, t: m.shed[c, q, t] <= most * m.cooled_mw[c, q])
    for c, q, t in index:
        b.shed_mw[c, q, t].append(m.shed[c, q, t])
    for c in data.cells:
        lost = ((t, m.shed[c, q, t]) for t in data.hours for q in data.cooling_of(c))
        b.cost_eur["compute lost", c] = bend.shed_eur_mwh * b.yearly(c, lost)

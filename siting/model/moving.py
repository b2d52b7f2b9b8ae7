"""Moving work: part of the training work may run at another site, hour by hour. It couples hours across sites: whole model only.

Per cooling system q, with u the utilisation and m the moving share:

    run[c, q, t] = (1 - m) u cooled_mw[c, q] + moving[c, q, t] <= cooled_mw[c, q],  moving >= 0     (MW of IT)
    sum over c, q of moving[c, q, t] = m u x IT power of all sites, every hour                       (MW of IT)

so the work of every hour is done in that hour somewhere. Sending data between sites costs nothing
here: training moves with a checkpoint, not with its data.
"""

from __future__ import annotations

import pyomo.environ as pyo

from siting.model.terms import Build

WHOLE_ONLY = (
    "load.moving_share: work that moves between sites by the hour couples all hours of all sites, which only the whole model "
    "can hold; use --method whole (solve.method: whole or auto), or set load.moving_share to 0"
)


def moving(b: Build) -> None:
    """Declare `moving[c, q, t]` (MW of IT run in an hour wherever it pays) and the rows that conserve each hour's work."""
    m, data = b.m, b.data
    share = data.flexible.moving_share * data.utilisation_share
    if share == 0:
        return
    m.moving = pyo.Var(b.hourly_index(list(data.halls)), domain=pyo.NonNegativeReals)
    inside = {node.label: [data.cell(c, node) for c in data.classes] for node in data.nodes}
    m.work_moved = pyo.Constraint(
        b.hourly_index(list(inside)),
        rule=lambda m, n, t: (
            pyo.quicksum(m.moving[c, q, t] for c in inside[n] for q in data.cooling_of(c))
            == share * pyo.quicksum(b.it_mw[c] for c in inside[n])
        ),
    )
    for c, q in data.halls:
        for t in data.hours:
            b.moved_mw[c, q, t].append(m.moving[c, q, t] - share * m.cooled_mw[c, q])

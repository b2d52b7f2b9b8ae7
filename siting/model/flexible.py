"""Flexible load: part of the IT work may run in other hours of its day (or of a shorter window), never more than the halls hold.

Per cooling system q, with u the utilisation, f the flexible share and W a window of hours:

    run[c, q, t] = (1 - f) u cooled_mw[c, q] + flexible[c, q, t] <= cooled_mw[c, q],  flexible >= 0   (MW of IT)
    sum over W of w_t flexible[c, q, t] = f u cooled_mw[c, q] x sum over W of w_t                      (MWh of IT)

w_t being the hours of the year an hour stands for (the same in all hours of a real day). So at most the share f leaves an
hour, and no work is lost. The facility draws PUE_q,t x run: exact, as each hall's own PUE counts in the hour the work runs in.
Windows are fixed blocks of hours from the first hour of each period (a day: 00 to 24 h UTC). Carbon-aware shifting within a
day as in Radovanovic et al. (2023), Carbon-Aware Computing for Datacenters, IEEE Transactions on Power Systems 38(2), doi
10.1109/TPWRS.2022.3173250.
"""

from __future__ import annotations

import pyomo.environ as pyo

from siting.instance.flexible import windows
from siting.model.terms import Build


def flexible(b: Build) -> None:
    """Declare `flexible[c, q, t]` (MW of IT placed in an hour) and the rows that conserve work; the nameplate is the halls'."""
    m, data, bend = b.m, b.data, b.data.flexible
    if bend.share == 0:
        return
    share = bend.share * data.utilisation_share
    found = windows(data.before, bend.hours)
    m.flexible = pyo.Var(b.hourly_index(list(data.halls)), domain=pyo.NonNegativeReals)

    def conserved(m: pyo.ConcreteModel, c: str, q: str, w: str) -> object:
        window, weight = found[int(w[1:])], data.weight_of(c)
        part = {t: weight[t] / weight[window[0]] for t in window}
        placed = pyo.quicksum(part[t] * m.flexible[c, q, t] for t in window)
        return placed == share * sum(part.values()) * m.cooled_mw[c, q]

    # windows are numbered by words: a number as the last index is an hour
    m.work_conserved = pyo.Constraint(
        [(*key, f"w{i}") for key in data.halls for i in range(len(found))], rule=conserved
    )
    for c, q in data.halls:
        for t in data.hours:
            b.moved_mw[c, q, t].append(m.flexible[c, q, t] - share * m.cooled_mw[c, q])

"""National rules that bind energy and halls, each a row of its own in every cell it holds in (rows of rules.csv).

    pue_max               load_mwh[c] <= value x sum over q of it_mwh[c, q]                      yearly mean PUE
    heat_reuse_share_min  heat_mw[c] x hours >= value x load_mwh[c]                              energy reuse factor
    renewable_share_min   renewable_mwh[c] >= value x (load_mwh[c] + what storage loses)         by the books of a year

renewable_mwh: what renewable contracts deliver or sell, and what renewable plant on site puts out (MWh a year). Contracts share
one stream, in which those that are not renewable count as if none of their output were ever lost: never more than the truth.
Purchases from the grid do not count: no contract covers them. Nuclear power is not renewable (options.csv, `renewable`).
The rows of firm capacity are firm.py's, where sites may stand and when they are connected is the instance's.
"""

from __future__ import annotations

from collections.abc import Callable

import pyomo.environ as pyo

from siting.instance.duties import HEAT, PUE, RENEWABLE, Duty
from siting.model.terms import Build, Expression


def rules(b: Build) -> None:
    """A row for every duty of every cell, in MW (MWh a year over the year's hours)."""
    asked = {(c, d.rule): d for c, duties in b.data.duties.items() for d in duties if d.subject in ROOM}
    if asked:
        b.m.national_rule = pyo.Constraint(
            list(asked),
            rule=lambda m, c, rule: (
                ROOM[asked[c, rule].subject](b, c, asked[c, rule]) / sum(b.data.weight_of(c)) >= 0
            ),
        )


def _pue(b: Build, c: str, duty: Duty) -> Expression:
    run = pyo.quicksum(b.it_mwh(c, q) for q in b.data.cooling_of(c))
    return duty.value * run - b.load_mwh[c]


def _heat(b: Build, c: str, duty: Duty) -> Expression:
    return sum(b.data.weight_of(c)) * b.m.heat_mw[c] - duty.value * b.load_mwh[c]


def _renewable(b: Build, c: str, duty: Duty) -> Expression:
    m, data = b.m, b.data
    counted = data.renewable.get(c, ())
    terms: list[Expression] = [-duty.value * b.load_mwh[c]]
    if c in data.price_eur_mwh and data.options_of("ppa", c):
        terms.append(b.yearly(c, ((t, m.deliver[c, t] + m.sell[c, t]) for t in data.hours)))
        terms += [-_output_mwh(b, c, k) for k in data.options_of("ppa", c) if k not in counted]
    for k in data.options_of("onsite", c):
        if k in counted:
            terms.append(b.yearly(c, ((t, m.gen[c, k, t]) for t in data.hours)))
    for k in data.options_of("storage", c):
        net = b.yearly(c, ((t, m.discharge[c, k, t] - m.charge[c, k, t]) for t in data.hours))
        terms.append(duty.value * net)
    return pyo.quicksum(terms)


def _output_mwh(b: Build, c: str, k: str) -> Expression:
    """What a contract's plant makes in a year."""
    hours = sum(w * a for w, a in zip(b.data.weight_of(c), b.data.availability[c, k], strict=True))
    return hours * b.m.ppa_mw[c, k]


ROOM: dict[str, Callable[[Build, str, Duty], Expression]] = {PUE: _pue, HEAT: _heat, RENEWABLE: _renewable}

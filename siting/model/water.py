"""Water: what cooling evaporates, at a site and in the whole portfolio.

    water_m3[c] = sum over q of wue_q x it_mwh[c, q]        (m3 a year; 1 l/kWh of IT = 1 m3/MWh)
    water_m3[c] <= per_site_m3_mw_yr x it_mw[c]             where the model states it
    sum over classes of water_m3 <= allowance_m3_yr         resource ("water",) of policy.py

it_mwh is IT energy: utilisation, moved and shed work included. WUE (water usage effectiveness, ISO/IEC 30134-9) is that of
the cooling system (cooling.csv, `wue_l_kwh`); where it is unknown for one of a class's systems, the class has no figure.
"""

from __future__ import annotations

import pyomo.environ as pyo

from siting.model.terms import Build, Expression


def water(b: Build) -> None:
    """Name b.water_m3[c] where every cooling system's WUE is known, and bound it per MW of IT."""
    data = b.data
    for c in data.cells:
        if all(data.halls[c, q].water_l_kwh is not None for q in data.cooling_of(c)):
            b.water_m3[c] = _evaporated(b, c)
    most = data.water_m3_mw_max
    if most is None:
        return
    wet = [c for c in data.cells if any(data.halls[c, q].water_l_kwh for q in data.cooling_of(c))]
    b.m.water_at_site = pyo.Constraint(
        wet,
        rule=lambda m, c: (
            (b.water_m3[c] - most * pyo.quicksum(m.cooled_mw[c, q] for q in data.cooling_of(c)))
            / sum(data.weight_of(c))
            <= 0
        ),
    )


def _evaporated(b: Build, c: str) -> Expression:
    data = b.data
    wue = {q: data.halls[c, q].water_l_kwh for q in data.cooling_of(c)}
    return pyo.quicksum(litres * b.it_mwh(c, q) for q, litres in wue.items() if litres)

"""On-site plant: generation behind the meter, dispatched or following the weather.

    gen[c, k, t] <= availability[c, k, t] x onsite_mw[c, k]                                        every hour    (MW)
    sum_k land_ha_mw[k] x onsite_mw[c, k] <= spare_land_ha_mw[c] x it_mw[c]                                      (ha)

A dispatched plant's availability is the same in every hour, a weather-driven one's is its capacity factor of the hour; what it
could make and is not used is lost. Neither ramps nor a least output are modelled: a binary in every hour would cost the proof.
Spare land is what a site has left beside the building at its largest size (dc_land_ha_mw of parameters.csv, land_m2_kw of
technologies.csv), rounded down to a step; sites of a zone on different steps are classes of their own (instance/land.py).
Terms per MW (EUR/yr, and overnight EUR in capex group onsite_power) and per MWh: `fuel and running`, `carbon allowances` (EUR),
operational tonnes (t CO2e); all from technologies.csv and the fuel prices of zone_values.csv. No network charges: nothing
crosses the fence.
"""

from __future__ import annotations

import pyomo.environ as pyo

from siting.model.terms import Build


def onsite(b: Build) -> None:
    """Declare `onsite_mw[c, k]` and `gen[c, k, t]` (MW); what a weather-driven plant could make and is not used is lost."""
    m, data = b.m, b.data
    m.onsite_mw = pyo.Var(list(data.onsite), domain=pyo.NonNegativeReals)
    m.gen = pyo.Var(b.hourly_index(list(data.onsite)), domain=pyo.NonNegativeReals)
    m.gen_limit = pyo.Constraint(
        b.hourly_index(list(data.onsite)),
        rule=lambda m, c, k, t: m.gen[c, k, t] <= data.availability[c, k][t] * m.onsite_mw[c, k],
    )
    _land(b)
    for c, k in data.onsite:
        _plant(b, c, k)


def _land(b: Build) -> None:
    """Land of on-site plant <= land left beside the building, per MW of IT (ha)."""
    data = b.data
    wide = [
        c for c in data.cells if any(data.onsite[c, k].land_ha_mw > 0 for k in data.options_of("onsite", c))
    ]
    b.m.land = pyo.Constraint(
        wide,
        rule=lambda m, c: (
            pyo.quicksum(
                data.onsite[c, k].land_ha_mw * m.onsite_mw[c, k] for k in data.options_of("onsite", c)
            )
            <= data.spare_land_ha_mw[c] * b.it_mw[c]
        ),
    )


def _plant(b: Build, c: str, k: str) -> None:
    m, option, hours = b.m, b.data.onsite[c, k], b.data.hours
    for t in hours:
        b.supply_mw[c, t].append(m.gen[c, k, t])
    energy_mwh = b.yearly(c, ((t, m.gen[c, k, t]) for t in hours))
    b.cost_eur[k, c] = option.yearly_eur_mw * m.onsite_mw[c, k]
    if b.data.first_built(c, k):
        b.capex_eur["onsite_power", k, c] = option.capex_eur_mw * m.onsite_mw[c, k]
    if option.energy_eur_mwh > 0:
        b.cost_eur[f"{k}, fuel and running", c] = option.energy_eur_mwh * energy_mwh
    if option.allowance_eur_mwh > 0:
        b.cost_eur[f"{k}, carbon allowances", c] = option.allowance_eur_mwh * energy_mwh
    if option.carbon_t_mwh > 0:
        b.carbon_t[k, c] = option.carbon_t_mwh * energy_mwh
    if option.clean:
        for kind in ("hourly", "annual"):
            b.clean_mw[kind, c].append(lambda t: m.gen[c, k, t])

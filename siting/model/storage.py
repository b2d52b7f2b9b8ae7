"""Storage: power and energy sized apart or sold in one piece, charged and discharged by the hour, cyclic in its period.

    soc[c, b, t] = soc[c, b, before t] + way x charge[c, b, t] - discharge[c, b, t] / way         every hour    (MWh)
    soc[c, b, t] <= store_mwh[c, b],   charge[c, b, t] + discharge[c, b, t] <= store_mw[c, b]                    (MWh, MW)
    store_mwh[c, b] = duration_h x store_mw[c, b]                                     stores sold in one piece   (MWh)

`way` is the efficiency one way, the square root of the round trip's (efficiency_share of technologies.csv). The hour before the
first of a representative period is its last; over a full year the year closes. Charge and discharge share the power, so that no
binary keeps them apart. Terms per MW and per MWh (EUR/yr, and overnight EUR in capex group onsite_power): technologies.csv. What
is discharged less what is charged counts as clean: a store's losses are taken off.
"""

from __future__ import annotations

import pyomo.environ as pyo

from siting.model.terms import Build


def storage(b: Build) -> None:
    """Declare `store_mw[c, b]`, `store_mwh[c, b]`, `charge`, `discharge` (MW) and `soc` (MWh, end of the hour)."""
    m, data = b.m, b.data
    stores = list(data.storage)
    index = b.hourly_index(stores)
    m.store_mw = pyo.Var(stores, domain=pyo.NonNegativeReals)
    m.store_mwh = pyo.Var(stores, domain=pyo.NonNegativeReals)
    m.charge = pyo.Var(index, domain=pyo.NonNegativeReals)
    m.discharge = pyo.Var(index, domain=pyo.NonNegativeReals)
    m.soc = pyo.Var(index, domain=pyo.NonNegativeReals)
    _state(b, index)
    _in_one_piece(b)
    for c, k in stores:
        _store(b, c, k)


def _state(b: Build, index: list[tuple[str, str, int]]) -> None:
    """soc[t] = soc[t-1] + efficiency * charge - discharge / efficiency; soc <= energy; charge + discharge <= power."""
    data, before = b.data, b.data.before
    m = b.m
    m.state_of_charge = pyo.Constraint(
        index,
        rule=lambda m, c, k, t: (
            m.soc[c, k, t]
            == m.soc[c, k, before[t]]
            + data.storage[c, k].efficiency_share * m.charge[c, k, t]
            - m.discharge[c, k, t] / data.storage[c, k].efficiency_share
        ),
    )
    m.store_full = pyo.Constraint(index, rule=lambda m, c, k, t: m.soc[c, k, t] <= m.store_mwh[c, k])
    m.store_power = pyo.Constraint(
        index, rule=lambda m, c, k, t: m.charge[c, k, t] + m.discharge[c, k, t] <= m.store_mw[c, k]
    )


def _in_one_piece(b: Build) -> None:
    """store_mwh = duration_h x store_mw of stores whose maker fixes the hours (iron-air: 100 h, Form Energy 2023)."""
    fixed = {key: option.duration_h for key, option in b.data.storage.items() if option.duration_h > 0}
    if fixed:
        b.m.store_duration = pyo.Constraint(
            list(fixed), rule=lambda m, c, k: m.store_mwh[c, k] == fixed[c, k] * m.store_mw[c, k]
        )


def _store(b: Build, c: str, k: str) -> None:
    m, option, data = b.m, b.data.storage[c, k], b.data
    for t in data.hours:
        b.supply_mw[c, t].append(m.discharge[c, k, t])
        b.demand_mw[c, t].append(m.charge[c, k, t])
    b.cost_eur[k, c] = option.yearly_eur_mw * m.store_mw[c, k] + option.yearly_eur_mwh * m.store_mwh[c, k]
    if data.first_built(c, k):
        b.capex_eur["onsite_power", k, c] = (
            option.capex_eur_mw * m.store_mw[c, k] + option.capex_eur_mwh * m.store_mwh[c, k]
        )
    for kind in ("hourly", "annual"):
        b.clean_mw[kind, c].append(lambda t: m.discharge[c, k, t] - m.charge[c, k, t])

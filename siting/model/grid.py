"""The fence: grid connection, day-ahead purchase, and contracted plants (PPAs) delivered over the grid.

    buy[c, t] + deliver[c, t] <= connection_mw[c] <= sum_q peak PUE_q x cooled_mw[c, q]                          (MW)
    deliver[c, t] + sell[c, t] <= sum_k availability[c, k, t] x ppa_mw[c, k]                                     (MW)
    sell[c, t] <= excess_share_max x load_mw[c, t]                                                               (MW)

with w_t the hours of the year an hour stands for, a year's terms are

    grid purchase    sum_t w_t x price[c, t] x buy[c, t]  (EUR),  sum_t w_t x intensity[c, t] x buy[c, t]         (t CO2e)
    network charges  sum_t w_t x network[c] x (buy[c, t] + deliver[c, t])                                        (EUR)
    surplus sold     - sum_t w_t x (1 - haircut) x price[c, t] x sell[c, t]; a negative price without haircut    (EUR)
    each contract    yearly cost per MW x ppa_mw, whatever of its output is used;  connection: per MW            (EUR)

PPAs are pay-as-produced; what baseload contracts cost and emit besides is in baseload.py. What is neither delivered nor sold
is lost. Prices and intensities: hours of the weather year scaled to the zone's sourced means; network charges and levies:
network_charge_eur_mwh of zone_values.csv, the industrial all-in price less the day-ahead mean; haircut and excess share:
parameters.csv and the planning model (20 % in Riepin and Brown 2024, there over the year). A class that is not connected has
none of this.
"""

from __future__ import annotations

import pyomo.environ as pyo

from siting.model.terms import Build


def grid(b: Build) -> None:
    """Declare `connection_mw[c]`, `buy[c, t]`; with PPAs `ppa_mw[c, k]`, `deliver[c, t]`, `sell[c, t]` (all MW).

    PPAs are pay-as-produced: the whole output is paid for; what the hour does not need is sold at the day-ahead price
    less a haircut, at most `excess_share_max` of the hour's load, or lost. Limiting the sale hour by hour is stricter than
    over the year, so income is never overstated, and no row joins all hours.
    """
    m, data = b.m, b.data
    connected = list(data.price_eur_mwh)
    contracted = [c for c in connected if data.options_of("ppa", c)]
    m.connection_mw = pyo.Var(connected, domain=pyo.NonNegativeReals)
    m.buy = pyo.Var(b.hourly_index(connected), domain=pyo.NonNegativeReals)
    m.ppa_mw = pyo.Var([key for key in data.ppa if key[0] in connected], domain=pyo.NonNegativeReals)
    m.deliver = pyo.Var(b.hourly_index(contracted), domain=pyo.NonNegativeReals)
    m.sell = pyo.Var(b.hourly_index(contracted), domain=pyo.NonNegativeReals)
    _connection(b, connected, contracted)
    _contracts(b, contracted)
    for c in connected:
        _purchase(b, c)
    for c in contracted:
        _delivery(b, c)


def _connection(b: Build, connected: list[str], contracted: list[str]) -> None:
    """buy + deliver <= connection_mw <= rated facility load (peak PUE x IT power), every hour."""
    m, data = b.m, b.data
    has_ppa = set(contracted)
    m.rated_connection = pyo.Constraint(
        connected,
        rule=lambda m, c: (
            m.connection_mw[c]
            <= pyo.quicksum(data.halls[c, q].peak_pue * m.cooled_mw[c, q] for q in data.cooling_of(c))
        ),
    )
    m.fence = pyo.Constraint(
        b.hourly_index(connected),
        rule=lambda m, c, t: m.buy[c, t] + (m.deliver[c, t] if c in has_ppa else 0) <= m.connection_mw[c],
    )
    for c in connected:
        cost = data.connection[c]
        b.cost_eur["connection", c] = cost.yearly_eur_mw * m.connection_mw[c]
        if data.first_built(c, ""):
            before = data.before_cell(c)
            stood = m.connection_mw[before] if before in data.connection else 0
            b.capex_eur["connection", "connection", c] = cost.capex_eur_mw * (m.connection_mw[c] - stood)


def _purchase(b: Build, c: str) -> None:
    """Bought at the hour's price plus network charges and levies, at the hour's grid carbon intensity."""
    m, data = b.m, b.data
    price, network, carbon = data.price_eur_mwh[c], data.network_eur_mwh[c], data.grid_carbon_t_mwh[c]
    clean = data.grid_cfe_share[c]
    for t in data.hours:
        b.supply_mw[c, t].append(m.buy[c, t])
    b.cost_eur["grid purchase", c] = b.yearly(c, ((t, price[t] * m.buy[c, t]) for t in data.hours))
    b.cost_eur["network charges", c] = b.yearly(c, ((t, network * m.buy[c, t]) for t in data.hours))
    b.carbon_t["grid purchase", c] = b.yearly(c, ((t, carbon[t] * m.buy[c, t]) for t in data.hours))
    b.clean_mw["hourly", c].append(lambda t: clean[t] * m.buy[c, t])


def _contracts(b: Build, contracted: list[str]) -> None:
    """deliver + sell <= output of the contracted plants; sell <= excess_share_max x load, every hour."""
    m, data = b.m, b.data
    options = {c: data.options_of("ppa", c) for c in contracted}
    m.contract_output = pyo.Constraint(
        b.hourly_index(contracted),
        rule=lambda m, c, t: (
            m.deliver[c, t] + m.sell[c, t]
            <= pyo.quicksum(data.availability[c, k][t] * m.ppa_mw[c, k] for k in options[c])
        ),
    )
    m.sale_limit = pyo.Constraint(
        b.hourly_index(contracted),
        rule=lambda m, c, t: m.sell[c, t] <= data.excess_share_max * b.load_mw[c, t],
    )
    for c in contracted:
        for k in options[c]:
            b.cost_eur[k, c] = data.ppa[c, k].yearly_eur_mw * m.ppa_mw[c, k]


def _delivery(b: Build, c: str) -> None:
    """Delivered energy pays network charges; the surplus earns the hour's price less the haircut."""
    m, data = b.m, b.data
    worth = [(1.0 - data.sale_haircut_share) * p if p > 0 else p for p in data.price_eur_mwh[c]]
    network = data.network_eur_mwh[c]
    for t in data.hours:
        b.supply_mw[c, t].append(m.deliver[c, t])
    b.cost_eur["network charges, PPA", c] = b.yearly(c, ((t, network * m.deliver[c, t]) for t in data.hours))
    b.cost_eur["surplus sold", c] = b.yearly(c, ((t, -worth[t] * m.sell[c, t]) for t in data.hours))
    b.clean_mw["hourly", c].append(lambda t: m.deliver[c, t])
    b.clean_mw["annual", c].append(lambda t: m.deliver[c, t] + m.sell[c, t])

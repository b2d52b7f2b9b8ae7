"""Baseload contracts with sun and wind: the seller delivers the plant's mean and trades the difference day-ahead.

    abar[k] = sum over t of w_t x a[k, t] / sum over t of w_t                                          (MW per MW, availability)
    shaping[c, k] = sum over t of w_t x (price[k, t] x (abar[k] - a[k, t]) + margin x abar[k]) x ppa_mw[c, k]            (EUR)
    grid power in k, carbon     sum over t of w_t x intensity[k, t] x max(0, abar[k] - a[k, t]) x ppa_mw[c, k]        (t CO2e)
    hourly clean energy loses   sum over t of w_t x (1 - cfe[k, t]) x max(0, abar[k] - a[k, t]) x ppa_mw[c, k]           (MWh)

a[k, t] is the plant's own output; price, intensity and carbon-free share are those of the zone the plant stands in. `k~flat` is
on offer beside the pay-as-produced `k` where `power.baseload` names it: the same plant out of the same potential (and over the
same link), at the same yearly cost, with shaping as a cost of its own. Shaping without the margin is what leaves the seller where
he would be: the plant's output times base price less captured price, what Hirth (2013), "The market value of variable
renewables", Energy Economics 38, 218-236, puts into the value factor. The margin is the higher of zero and captured price less
the plant's cost per MWh - a seller who earns more by himself asks for the base price, so no rent of the market is given away -
and on top what the planner states (`power.baseload_margin_eur_mwh`, a scenario). No cost of forecast errors is in it. With
several periods each pays the shaping of its own hours.

Of the delivery only min(a, abar) is the plant's, the rest is grid power of that hour. It counts in location-based and
life-cycle carbon, in hourly matching and in the CFE score, with all that is contracted, even where some of it is sold or lost:
that is linear, and who makes the seller buy answers for it. Annual matching, rules on renewable power and market-based carbon
go by certificates, of which the plant makes as many as are delivered: there the whole volume counts as the plant's.
It writes no row: `contract_output` of grid.py delivers abar in every hour.
"""

from __future__ import annotations

from siting.instance.shaped import GRID_POWER, SHAPING, grid_carbon_t_mw, rest_mw, shaping_eur_mw
from siting.model.terms import Build


def baseload(b: Build) -> None:
    """Name what shaping costs, emits and takes off hourly clean energy, for every baseload contract of a cell."""
    for c, k in b.data.shaped:
        _terms(b, c, k)


def _terms(b: Build, c: str, k: str) -> None:
    mw, rest = b.m.ppa_mw[c, k], rest_mw(b.data, c, k)
    b.cost_eur[SHAPING + k, c] = shaping_eur_mw(b.data, c, k) * mw
    b.carbon_t[GRID_POWER + k, c] = grid_carbon_t_mw(b.data, c, k) * mw
    b.clean_mw["hourly", c].append(lambda t: -rest[t] * mw)

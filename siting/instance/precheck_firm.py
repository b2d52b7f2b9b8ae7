"""Adequacy before solving: what firm capacity a site can have at most, and what it costs at least."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from siting.instance.instance import Instance, Option


def firm_reasons(data: Instance, usable: Mapping[str, float]) -> list[str]:
    """Why the sites that can have the firm capacity asked of them do not hold the target; empty if they do."""
    short = [s for s in usable if _required(data, s) > _possible(data, s) * (1 + 1e-9)]
    left = sum(mw for s, mw in usable.items() if s not in short)
    if not short or (data.target_it_mw <= left + 1e-6 and not set(short) & set(data.forced)):
        return []
    s = short[0]
    return [
        f"firm on-site capacity: {len(short)} of {len(usable)} candidates cannot have what is asked of them, e.g. {s} needs "
        f"{_required(data, s):,.2f} MW per MW of IT and can have {_possible(data, s):,.2f}; the others hold {left:,.1f} of "
        f"{data.target_it_mw:,.1f} MW: add dispatchable plant to power.options or storage and adequacy.firm_hours, or lower "
        "adequacy.firm_onsite_share"
    ]


def least_firm_capex_eur_mw(data: Instance, s: str) -> float:
    """Overnight EUR per MW of IT that the firm capacity asked of a site costs at least; 0 where none can be had."""
    required, found = _required(data, s), [eur for eur, _ in _firm(data, data.sites[s].supply_class)]
    return required * min(found) if required and found else 0.0


def _required(data: Instance, s: str) -> float:
    """Firm MW per MW of IT, at the best cooling."""
    c = data.sites[s].supply_class
    return data.firm_share.get(c, 0.0) * min(data.halls[c, q].peak_pue for q in data.cooling_of(c))


def _possible(data: Instance, s: str) -> float:
    """Firm MW per MW of IT that the land left can hold."""
    c = data.sites[s].supply_class
    return max(
        (math.inf if ha == 0 else data.spare_land_ha_mw[c] / ha for _, ha in _firm(data, c)), default=0.0
    )


def _firm(data: Instance, c: str) -> Iterator[tuple[float, float]]:
    """Overnight EUR and land (ha) per firm MW of each option that counts in a class."""
    for k in data.options_of("onsite", c):
        if data.onsite[c, k].firm:
            yield data.onsite[c, k].capex_eur_mw, data.onsite[c, k].land_ha_mw
    for k in data.options_of("storage", c) if data.firm_hours else ():
        yield _firm_store_eur(data.storage[c, k], data.firm_hours or 0.0), 0.0


def _firm_store_eur(store: Option, hours: float) -> float:
    """A store that holds 1 MW for `hours`; one sold in a piece of fewer hours is needed more than once."""
    if store.duration_h == 0:
        return store.capex_eur_mw + hours * store.capex_eur_mwh
    pieces = max(1.0, hours / store.duration_h)
    return pieces * (store.capex_eur_mw + store.duration_h * store.capex_eur_mwh)

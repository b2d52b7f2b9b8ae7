"""What arithmetic can tell before solving about demand points, countries and AI Factories: two numbers that clash."""

from __future__ import annotations

import math

from siting.instance.coverage import Coverage
from siting.instance.instance import Instance
from siting.units import counted

NAMED = 5  # demand points named one by one
ROUNDING_MW = 1e-6


def place_reasons(data: Instance, usable: dict[str, float]) -> list[str]:
    """Clashes of coverage and sovereignty; `usable`: most MW of IT by candidate that can hold the smallest size."""
    reasons = [*_countries(data, usable), *_near(data, usable)]
    if data.coverage is not None:
        reasons += [*_reach(data.coverage, usable), *_room(data, data.coverage, usable)]
    return reasons


def _countries(data: Instance, usable: dict[str, float]) -> list[str]:
    rules = data.sovereignty
    by_country: dict[str, list[float]] = {}
    for s, mw in usable.items():
        by_country.setdefault(data.sites[s].country, []).append(mw)
    reasons = []
    needed = math.ceil(1.0 / rules.country_share_max - 1e-9)
    if data.sites_min > 0 and needed > len(by_country):
        reasons.append(
            f"sites.max_share_per_country {rules.country_share_max:g} needs sites in {counted(needed, 'country')}, but "
            f"candidates of at least the smallest size lie in {len(by_country)}"
        )
    if rules.countries_max is None:
        return reasons
    forced = sorted({data.sites[s].country for s in data.forced})
    if len(forced) > rules.countries_max:
        reasons.append(
            f"sites.force names sites in {counted(len(forced), 'country')} ({', '.join(forced)}), sites.max_countries allows "
            f"{rules.countries_max}"
        )
    largest = sorted(
        (sum(sorted(sizes, reverse=True)[: data.per_country_max]) for sizes in by_country.values()),
        reverse=True,
    )
    most = sum(largest[: rules.countries_max])
    if data.target_it_mw > most + ROUNDING_MW:
        reasons.append(
            f"target needs {data.target_it_mw:,.1f} MW of IT, but {counted(rules.countries_max, 'country')} with most room "
            f"can hold {most:,.1f} MW: raise sites.max_countries, max_per_country or size_it_mw"
        )
    return reasons


def _near(data: Instance, usable: dict[str, float]) -> list[str]:
    rules = data.sovereignty
    if rules.near_share_min <= 0 or (data.sites_min == 0 and data.target_it_mw <= 0):
        return []
    close = {s: mw for s, mw in usable.items() if s in rules.near}
    if not close:
        site, km = rules.nearest or ("none", math.inf)
        return [
            f"sites.near_ai_factory: no candidate of at least the smallest size lies within {rules.near_km:g} km of an AI "
            f"Factory; the nearest candidate, {site}, is {km:,.1f} km away"
        ]
    most = sum(_largest(data, close))
    asked = rules.near_share_min * data.target_it_mw
    if asked <= most + ROUNDING_MW:
        return []
    return [
        f"sites.near_ai_factory asks for {asked:,.1f} MW of IT within {rules.near_km:g} km ({rules.near_share_min:g} of the "
        f"target), but the sites allowed there hold {most:,.1f} MW"
    ]


def _reach(found: Coverage, usable: dict[str, float]) -> list[str]:
    """Points that no candidate reaches within the latency, with their nearest one."""
    reached = found.reached(usable)
    alone = [i for i, sites in reached.items() if not sites]
    if not alone:
        return []
    words = [_nearest(found, i) for i in alone[:NAMED]]
    more = f" and {len(alone) - NAMED} more" if len(alone) > NAMED else ""
    limit = f"{found.limit_ms:g} ms" if found.limit_ms is not None else "any distance"
    out_of_reach = sum(found.demand_mw[i] for i in alone)
    if found.is_full:
        return [
            f"coverage: {len(alone)} of {len(reached)} demand points ({out_of_reach:,.1f} MW of IT) have no candidate within "
            f"{limit}: {', '.join(words)}{more}; raise coverage.latency_ms_max or lower covered_share_min"
        ]
    share = 1.0 - out_of_reach / found.total_mw
    if share >= found.share_min - 1e-9:
        return []
    return [
        f"coverage.covered_share_min is {found.share_min:g}, but candidates reach {share:.3f} of the demand within {limit}; "
        f"not {', '.join(words)}{more}"
    ]


def _nearest(found: Coverage, i: str) -> str:
    name = found.places[i].name if i in found.places else i
    if i not in found.nearest:
        return name
    site, ms = found.nearest[i]
    return f"{name} (nearest {site}, {ms:.1f} ms)"


def _room(data: Instance, found: Coverage, usable: dict[str, float]) -> list[str]:
    most = sum(_largest(data, {s: found.served_by(s) * mw for s, mw in usable.items()}))
    asked = found.share_min * found.total_mw
    if asked <= most + ROUNDING_MW:
        return []
    return [
        f"coverage asks for {asked:,.1f} MW of IT to be served, but the largest sites allowed hold {most:,.1f} MW: raise "
        "sites.max, size_it_mw or max_per_country, or lower the demand"
    ]


def _largest(data: Instance, mw: dict[str, float]) -> list[float]:
    """Sizes of the largest sites that the numbers of sites allow together."""
    taken: dict[str, int] = {}
    sizes: list[float] = []
    for s in sorted(mw, key=lambda s: -mw[s]):
        country = data.sites[s].country
        if taken.get(country, 0) < data.per_country_max and len(sizes) < data.sites_max:
            taken[country] = taken.get(country, 0) + 1
            sizes.append(mw[s])
    return sizes

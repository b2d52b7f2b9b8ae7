"""A first stage carried into a scenario: only its sites are left to build on; or why that cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from siting.errors import InfeasibleError
from siting.instance.instance import Instance, Site, resources_of
from siting.units import counted

FITS_MW = 1e-6  # a size above the largest by less fits


def only_sites(data: Instance, it_mw: Mapping[str, float], sized: bool) -> Instance:
    """The scenario's instance with no other sites than these, all of them built; at these sizes (MW of IT) if `sized`.

    Supply classes of these sites stay as they are, so that a choice is never better off for being the only one. Raises
    InfeasibleError with every reason.
    """
    reasons = list(_missing(data, it_mw, sized))
    if reasons:
        raise InfeasibleError(reasons)
    sites = {s: _site(data.sites[s], it_mw[s], sized) for s in sorted(it_mw)}
    own = data.only(*{site.supply_class for site in sites.values()})
    used = {r for c, k in own.ppa for r in resources_of(k, own.zone[c])}
    limits = {r: limit for r, limit in data.limits.items() if r[0] not in {"potential", "link"} or r in used}
    return replace(own, sites=sites, forced=tuple(sites), limits=limits)


def _site(site: Site, it_mw: float, sized: bool) -> Site:
    return replace(site, min_mw=it_mw, max_mw=it_mw) if sized else site


def _missing(data: Instance, it_mw: Mapping[str, float], sized: bool) -> Iterator[str]:
    absent = [s for s in it_mw if s not in data.sites]
    if absent:
        yield f"{', '.join(absent)} can not be built on in the scenario (forbidden, or left out by sites.where)"
    left = sorted(set(data.forced) - set(it_mw))
    if left:
        yield f"sites.force asks for {', '.join(left)}, too"
    if not data.sites_min <= len(it_mw) <= data.sites_max:
        yield f"{counted(len(it_mw), 'site')}, where sites.min is {data.sites_min} and sites.max {data.sites_max}"
    for s, mw in it_mw.items():
        if sized and s in data.sites and mw > data.sites[s].max_mw + FITS_MW:
            yield f"{s} holds {data.sites[s].max_mw:,.1f} MW of IT, the plan builds {mw:,.1f} MW"

"""What arithmetic can tell before solving: the two numbers that clash, named in the planner's own keys."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from siting.errors import InfeasibleError
from siting.instance.instance import Instance, Limit, Node, Resource
from siting.instance.precheck_firm import firm_reasons, least_firm_capex_eur_mw
from siting.instance.precheck_places import place_reasons
from siting.instance.precheck_ramp import because_of, ramp_causes, within_ramps
from siting.instance.precheck_rules import rule_reasons
from siting.units import counted


def precheck(data: Instance) -> None:
    """Raise InfeasibleError with every clash that needs no solver: number of sites, size, target, budget.

    With several periods also what each of them can have: no IT power without a grid connection or a plant on site by then.
    """
    early = [reason for node in data.nodes if len(data.periods) > 1 for reason in _early(data, node)]
    data, ramped = within_ramps(end_of(data))
    usable = {s: site.max_mw for s, site in data.sites.items() if site.max_mw >= site.min_mw}
    reasons = [*_numbers(data, usable), *_forced(data, usable, ramped), *place_reasons(data, usable)]
    if not reasons:
        reasons = [
            *_target(data, usable, ramped),
            *_budget(data, usable),
            *firm_reasons(data, usable),
            *rule_reasons(data, usable),
        ]
    if early or reasons:
        raise InfeasibleError([*early, *reasons])


def end_of(data: Instance) -> Instance:
    """The last period with the money of the whole horizon."""
    if len(data.nodes) == 1:
        return data
    last = data.at(data.first_nodes[data.periods[-1]])
    money: dict[Resource, Limit] = {
        r: limit for r, limit in data.limits.items() if r in (("capex",), ("cost",))
    }
    return replace(last, limits={**last.limits, **money})


def _early(data: Instance, node: Node) -> list[str]:
    """Whether the sites that can have power in a period hold its target."""
    here, ramped = within_ramps(data.at(node))
    powered = {
        s: site.max_mw
        for s, site in here.sites.items()
        if site.supply_class in here.price_eur_mwh or here.options_of("onsite", site.supply_class)
    }
    most = sum(
        powered[s] for s in _ranked(here, sorted(powered, key=lambda s: -powered[s]))[: here.sites_max]
    )
    if here.target_it_mw <= most + 1e-6:
        return []
    waiting = [s for s in here.sites if s not in powered]
    names = f" at {', '.join(waiting[:3])} and others" if len(waiting) > 3 else f" at {', '.join(waiting)}"
    causes = [f"grid waits (grid_wait_yr){names}"] if waiting else []
    return [
        f"target of {node.period} needs {here.target_it_mw:,.1f} MW of IT, but sites with power by then hold {most:,.1f} MW"
        f"{because_of([*causes, *ramp_causes(ramped)])}: lower that target, add on-site options with a "
        "short lead time, or raise sites.max or size_it_mw"
    ]


def least_capex_eur(data: Instance) -> float:
    """A bound no plan can undercut: the fewest sites at their smallest size and the rest of the target, all at the least
    capex per MW that the groups of `budget.counts` allow, energy left out (EUR)."""
    data = end_of(data)
    usable = {s: site.max_mw for s, site in data.sites.items() if site.max_mw >= site.min_mw}
    return _least_capex(data, usable)


def _numbers(data: Instance, usable: dict[str, float]) -> list[str]:
    per_country = Counter(data.sites[s].country for s in usable)
    most = sum(min(n, data.per_country_max) for n in per_country.values())
    reasons = []
    if data.sites_min > most:
        reasons.append(
            f"sites.min asks for {counted(data.sites_min, 'site')}, but only {most} can be built: "
            f"{counted(len(usable), 'candidate')} of at least the smallest "
            f"size in {counted(len(per_country), 'country')}, at most {data.per_country_max} a country"
        )
    if data.countries_min > len(per_country):
        reasons.append(
            f"sites.min_countries asks for {data.countries_min}, but candidates lie in {counted(len(per_country), 'country')}"
        )
    return reasons


def _forced(data: Instance, usable: dict[str, float], ramped: list[str]) -> list[str]:
    reasons = [
        f"sites.force: '{s}' can hold {data.sites[s].max_mw:g} MW of IT, below the smallest size {data.sites[s].min_mw:g} MW"
        f"{because_of(ramp_causes({s} & set(ramped)))}"
        for s in data.forced
        if s not in usable
    ]
    crowded = Counter(data.sites[s].country for s in data.forced)
    return reasons + [
        f"sites.force names {counted(n, 'site')} in {country}, sites.max_per_country allows {data.per_country_max}"
        for country, n in crowded.items()
        if n > data.per_country_max
    ]


def _target(data: Instance, usable: dict[str, float], ramped: list[str]) -> list[str]:
    ranked = _ranked(data, sorted(usable, key=lambda s: -usable[s]))[: data.sites_max]
    most = sum(usable[s] for s in ranked)
    if data.target_it_mw <= most + 1e-6:
        return []
    return [
        f"target needs {data.target_it_mw:,.1f} MW of IT, but the {len(ranked)} largest sites allowed hold {most:,.1f} MW"
        f"{because_of(ramp_causes(ramped))}: "
        "raise sites.max, size_it_mw or max_per_country, or lower the target"
    ]


def _budget(data: Instance, usable: dict[str, float]) -> list[str]:
    limit = data.limits.get(("capex",))
    least = _least_capex(data, usable)
    if limit is None or least <= limit.value:
        return []
    return [
        f"budget.capex_eur is {limit.value / 1e9:,.2f} bn EUR, but the cheapest possible plan needs at least "
        f"{least / 1e9:,.2f} bn EUR for {', '.join(dict.fromkeys(data.capex_counts))}: raise the budget or lower the target"
    ]


def _least_capex(data: Instance, usable: dict[str, float]) -> float:
    unit = {s: _capex_eur_mw(data, s) for s in usable}
    cheapest = _ranked(data, sorted(usable, key=lambda s: unit[s]))
    if not cheapest:
        return 0.0
    smallest = cheapest[: data.sites_min]
    spent = sum(unit[s] * data.sites[s].min_mw for s in smallest)
    rest = data.target_it_mw - sum(data.sites[s].min_mw for s in smallest)
    return spent + max(0.0, rest) * unit[cheapest[0]]


def _capex_eur_mw(data: Instance, s: str) -> float:
    site = data.sites[s]
    c = site.supply_class
    part = {
        "site": min(data.halls[c, q].capex_eur_mw for q in data.cooling_of(c)),
        "connection": site.line_capex_eur_mw,
        "it": data.it[c].capex_eur_mw,
        "onsite_power": least_firm_capex_eur_mw(data, s),
    }
    return sum(part[group] for group in dict.fromkeys(data.capex_counts))


def _ranked(data: Instance, order: list[str]) -> list[str]:
    """Keep at most per_country_max sites of each country, in the given order."""
    taken: Counter[str] = Counter()
    kept = []
    for s in order:
        if taken[data.sites[s].country] < data.per_country_max:
            taken[data.sites[s].country] += 1
            kept.append(s)
    return kept

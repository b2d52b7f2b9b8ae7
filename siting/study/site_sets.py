"""Every set of sites a model could build on, where that is few enough to try them all."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from siting.inputs.planning import PlanningModel
from siting.inputs.planning_sites import Sites
from siting.plan.plan import Plan
from siting.units import counted

LISTED_PER_TRIED = (
    2_000  # combinations looked through for each that may be tried: milliseconds against a solve
)


def site_sets(cases: Sequence[tuple[PlanningModel, Plan]], most: int) -> tuple[list[tuple[str, ...]], str]:
    """Sets of sites allowed by at least one of the models (each with a plan of it, for its candidates), and what they
    cover: all there are, all of the union of the plans' own sites, or none if both are more than `most`."""
    country: dict[str, str] = {}
    for _, plan in cases:
        country |= {str(s): str(c) for s, c in plan.sites["country"].items()}
    union = sorted({str(s) for _, plan in cases for s in plan.chosen.index})
    rules = [model.sites for model, _ in cases]
    every = _allowed(sorted(country), country, rules, most)
    if every is not None:
        return every, f"least worst regret of all {len(every)} sets of sites (exact, to the gaps proven)"
    some = _allowed(union, country, rules, most)
    if some is not None:
        return (
            some,
            f"least worst regret of all {counted(len(some), 'set')} of the {counted(len(union), 'site')} that are best in some "
            "scenario (exact among them, to the gaps proven); other sites were not tried",
        )
    return [], f"best among the candidates only: more than {most} sets of sites would have to be tried"


def _allowed(
    pool: Sequence[str], country: Mapping[str, str], rules: Sequence[Sites], most: int
) -> list[tuple[str, ...]] | None:
    fewest, largest = min(rule.min for rule in rules), max(rule.max for rule in rules)
    sizes = range(max(1, fewest), min(largest, len(pool)) + 1)
    if sum(math.comb(len(pool), k) for k in sizes) > most * LISTED_PER_TRIED:
        return None
    found: list[tuple[str, ...]] = []
    for sites in _sets(pool, sizes):
        if any(_keeps(sites, country, rule) for rule in rules):
            found.append(sites)
            if len(found) > most:
                return None
    return found


def _sets(pool: Sequence[str], sizes: range) -> Iterator[tuple[str, ...]]:
    for k in sizes:
        yield from combinations(pool, k)


def _keeps(sites: tuple[str, ...], country: Mapping[str, str], rule: Sites) -> bool:
    """Whether a set keeps the rules on sites: number, countries, forced and forbidden."""
    per_country = Counter(country[s] for s in sites)
    return (
        rule.min <= len(sites) <= rule.max
        and max(per_country.values()) <= rule.max_per_country
        and len(per_country) >= rule.min_countries
        and (rule.max_countries is None or len(per_country) <= rule.max_countries)
        and set(rule.force) <= set(sites)
        and not set(rule.forbid) & set(sites)
    )

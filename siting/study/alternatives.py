"""Near-optimal plans that are as different as possible: in where they build, and in what they run on.

Modelling to generate alternatives (DeCarolis 2011, Energy Economics 33) with the evolving weights of SPORES (Lombardi et
al. 2020, Joule 4): cost becomes a limit a little above the least, and the weighted use of sites already used, or of one
supply option, is made as small or as large as that leaves room for. Every alternative is a plan of its own, audited, with
a proven bound on what it was asked for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from siting.errors import InputError
from siting.inputs.planning import PlanningModel
from siting.instance.instance import GRID, Instance, flat_name
from siting.plan.plan import Plan
from siting.solver.solution import equal_sites
from siting.study.alternatives_table import (
    country_table,
    distance_table,
    mix_of,
    option_table,
    plan_table,
    site_table,
    sites_of,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Solve = Callable[[PlanningModel, str], Plan]
APART_SHARE = 0.05  # the least distance at which two plans count as different, unless asked otherwise
GAP_SHARE = 0.005  # how far an alternative is solved, unless the model asks for less: it need not be the very farthest
SITE_TRIES = 3  # times in a row that other sites may bring nothing new before only mixes are tried
SURE_MW = 1e-3  # a bound above it is no rounding error
USED_SHARE = 1e-3  # of the energy: an option below it is not used, so that there is no less of it


@dataclass(frozen=True)
class Alternatives:
    """The least-cost plan (first, `optimum`) and alternatives that cost at most `slack_share` more, by name.

    table: one row a plan - `cost_eur_yr`, `over_share` (above the optimum), `carbon_t_yr`, `sites`, distances to the
    optimum (`site_share`, `mix_share`), `nearest` (distance to the nearest other plan), and what it was asked for:
    `spread_mw` with its proven `bound_mw` and `gap_share` (empty for the optimum).
    distances: between all plans: share of IT MW at different sites + half the L1 distance of energy shares (0 to 2).
    sites, countries: one row each - `plans_share` and `verdict` (always, sometimes, never), MW of IT where built. Candidates
    that tie (`ties`) are one row: a swap between them makes no other plan. `proven`: always, because no plan within the
    slack does without, or never, because it is too small for any; else the verdict is that of the plans found.
    options: one row a supply option - least and most MW and share of energy over all plans solved on the way;
    `least_bound` (mean MW; storage: MWh built): no plan within the slack uses less; `rest_bound_mw`: none leaves less of its
    load to other sources; `most_bound_mwh`: none builds more storage. Empty where no plan was asked for just that.
    """

    plans: Mapping[str, Plan]
    slack_share: float
    apart_share: float
    table: pd.DataFrame
    distances: pd.DataFrame
    sites: pd.DataFrame
    countries: pd.DataFrame
    options: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def optimum(self) -> Plan:
        """The least-cost plan."""
        return self.plans["optimum"]

    def figure(self) -> Figure:
        """Map of what is always, sometimes and never chosen, beside the range of every supply option (matplotlib)."""
        from siting.output.study_figures_alternatives import alternatives_figure

        return alternatives_figure(self)

    def to_json(self) -> str:
        """All tables and notes as JSON; what is unknown is null."""
        from siting.output.folder import plain

        tables = {name: getattr(self, name) for name in ("table", "sites", "countries", "options")}
        record = {
            "slack_share": self.slack_share,
            "apart_share": self.apart_share,
            **{name: table.reset_index().to_dict("records") for name, table in tables.items()},
            "distances": {str(name): row.to_dict() for name, row in self.distances.iterrows()},
            "notes": self.notes,
        }
        return json.dumps(plain(record), indent=1, ensure_ascii=False, allow_nan=False)

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write the tables, alternatives.json, alternatives.png (with matplotlib) and a folder a plan, whole or not at all."""
        from siting.output.alternatives_text import alternatives_files
        from siting.output.folder import write_study

        named = {
            f"{i:02d}-{name.replace(' ', '-')}": plan for i, (name, plan) in enumerate(self.plans.items())
        }
        return write_study(alternatives_files(self), named, Path(folder), overwrite)

    def _repr_html_(self) -> str:
        from siting.output.alternatives_text import alternatives_html

        return alternatives_html(self)


def tie_groups(data: Instance) -> dict[str, str]:
    """Each candidate's group: the first by name of those equal to it in all the model knows (but for their largest size)."""
    first: list[str] = []
    groups: dict[str, str] = {}
    for s in sorted(data.sites):
        groups[s] = next((o for o in first if equal_sites(data, s, o)), s)
        if groups[s] == s:
            first.append(s)
    return groups


def too_small(data: Instance) -> set[str]:
    """Candidates that cannot hold the smallest size: no plan builds there."""
    return {s for s, site in data.sites.items() if site.max_mw < site.min_mw}


@dataclass
class Search:
    """Alternatives as they are found: plans at least `apart` from each other, and how many were too near."""

    limited: PlanningModel
    groups: Mapping[str, str]
    solve: Solve
    apart_share: float
    plans: dict[str, Plan]
    weight: Counter[str] = field(default_factory=Counter)  # by group: IT shares of all plans so far
    seen: dict[str, Plan] = field(default_factory=dict)  # kept or too near to one that is
    proven: set[str] = field(default_factory=set)  # groups no plan within the slack does without
    spared: dict[str, str] = field(
        default_factory=dict
    )  # groups all kept plans have, and the plan that does without

    def ask(self, name: str, objective: dict[str, dict[str, float]]) -> Plan:
        """Solve for an objective of sites and options under the limit on cost."""
        return self.solve(self.limited.with_(objective=objective), name)

    def take(self, name: str, plan: Plan) -> bool:
        """Keep a plan that is far enough from all others; its sites weigh from now on either way."""
        self.seen[name] = plan
        self.weight.update(sites_of(plan, self.groups))
        if any(distance(plan, other, self.groups) < self.apart_share for other in self.plans.values()):
            return False
        self.plans[name] = plan
        return True

    def members(self, weights: Mapping[str, float]) -> dict[str, float]:
        """Weights of groups put on every candidate in them: a tie is no way round."""
        return {s: weights[g] for s, g in self.groups.items() if weights.get(g)}


def distance(one: Plan, other: Plan, groups: Mapping[str, str]) -> float:
    """Share of IT MW at different sites + half the L1 distance of the energy mixes (0: the same, 2: nothing in common)."""
    return apart(sites_of(one, groups), sites_of(other, groups)) + apart(mix_of(one), mix_of(other))


def apart(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Half the L1 distance of two sets of shares that each sum to one.

    >>> apart({"a": 0.5, "b": 0.5}, {"a": 0.25, "c": 0.75})
    0.75
    """
    return 0.5 * sum(abs(one.get(key, 0.0) - other.get(key, 0.0)) for key in {*one, *other})


def find_alternatives(
    model: PlanningModel,
    data: Instance,
    solve: Solve,
    slack_share: float,
    number: int,
    apart_share: float = APART_SHARE,
) -> Alternatives:
    """The optimum, then up to `number` alternatives: by turns other sites and another mix, all far enough apart.

    Raises InputError for a question that has no least cost, and as `solve`.
    """
    _check(model, slack_share, number, apart_share)
    groups = tie_groups(data)
    optimum = solve(model, "optimum")
    most = optimum.totals["cost_eur_yr"] * (1 + slack_share)
    stated = model.budget.cost_eur_yr
    gap = max(GAP_SHARE, model.solve.gap_share)
    limit = most if stated is None else min(most, stated)
    limited = model.with_(**{"budget.cost_eur_yr": limit, "solve.gap_share": gap})
    search = Search(limited, groups, solve, apart_share, {})
    search.take("optimum", optimum)
    _search(search, _directions(model, data, optimum), number)
    _without(search)
    return _result(search, data, slack_share, number)


def _check(model: PlanningModel, slack_share: float, number: int, apart_share: float) -> None:
    problems = []
    if model.objectives[0] != "cost":
        problems.append(
            f"alternatives: objective is {model.objectives[0]}; near-optimal is meant in cost: set objective to cost, "
            "and bound the rest with caps, matching or an internal carbon price"
        )
    if not 0 < slack_share <= 1:
        problems.append(f"alternatives: slack {slack_share:g} is not a share between 0 and 1; 0.05 is 5 %")
    if number < 1:
        problems.append(f"alternatives: number {number} is below 1; ask for at least one")
    if not 0 < apart_share < 2:
        problems.append(
            f"alternatives: a distance of {apart_share:g} is not between 0 and 2; 0.05 is a small one"
        )
    if problems:
        raise InputError(problems)


def _directions(model: PlanningModel, data: Instance, optimum: Plan) -> list[tuple[str, str, float]]:
    """What is asked of the mix, in order: most and least of every source the model has, then of storage."""
    sources = {k for _, k in [*data.ppa, *data.onsite]} | ({GRID} if data.price_eur_mwh else set())
    stores = {k for _, k in data.storage}
    names = [*model.power.options, *map(flat_name, model.power.baseload)]
    mix, built = mix_of(optimum), set(optimum.supply.loc[optimum.supply["supply_mw"] > 0, "option"])
    most = [(f"most {k}", k, -1.0) for k in names if k in sources]
    least = [(f"least {k}", k, 1.0) for k in names if k in sources and mix.get(k, 0.0) > USED_SHARE]
    least += [(f"least {k}", k, 1.0) for k in names if k in stores and k in built]
    return [*most, *least, *((f"most {k}", k, -1.0) for k in names if k in stores)]


def _search(search: Search, directions: Sequence[tuple[str, str, float]], number: int) -> None:
    """By turns other sites and another mix, until there are enough or nothing is left to ask."""
    mixes, dull, turn = list(directions), 0, 0
    while len(search.plans) <= number and (mixes or dull < SITE_TRIES):
        if dull < SITE_TRIES and (turn % 2 == 0 or not mixes):
            name = f"other sites {1 + sum(n.startswith('other sites') for n in search.seen)}"
            plan = search.ask(name, {"sites": search.members(search.weight)})
            dull = 0 if search.take(name, plan) else dull + 1
        else:
            name, option, weight = mixes.pop(0)
            search.take(name, search.ask(name, {"options": {option: weight}}))
        turn += 1


def _without(search: Search) -> None:
    """What all plans share is put to the test: can a plan within the slack do without? If so it is an alternative, too."""
    tested: set[str] = set()
    while True:
        shares = [set(sites_of(plan, search.groups)) for plan in search.plans.values()]
        always = sorted(set.intersection(*shares) - tested)
        if not always:
            return
        group = always[0]
        tested.add(group)
        plan = search.ask(f"without {group}", {"sites": search.members({group: 1.0})})
        if group in sites_of(plan, search.groups):
            search.seen[f"without {group}"] = plan
            if (plan.bound or 0.0) > SURE_MW:
                search.proven.add(group)
        elif not search.take(f"without {group}", plan):
            search.spared[group] = f"without {group}"


def _result(search: Search, data: Instance, slack_share: float, number: int) -> Alternatives:
    plans, groups = search.plans, search.groups
    distances = distance_table(plans, lambda one, other: distance(one, other, groups))
    sites = site_table(plans, groups, search.proven, too_small(data))
    notes = []
    if len(plans) - 1 < number:
        notes.append(
            f"{len(plans) - 1} of {number} alternatives asked for: all that is at least {search.apart_share:g} apart; a larger "
            "slack or a smaller distance finds more"
        )
    near = [
        name
        for name in search.seen
        if name not in plans and name.removeprefix("without ") not in search.proven
    ]
    if near:
        notes.append(f"too near to another plan and left out: {', '.join(near)}")
    notes += [f"{s} is in all these plans, yet '{name}' does without it" for s, name in search.spared.items()]
    tied = sites[(sites["plans_share"] > 0) & (sites["ties"] != "")]
    notes += [
        f"{s} ties with {row['ties']}: same zone, same costs; a swap between them is no other plan"
        for s, row in tied.iterrows()
    ]
    table = plan_table(plans, groups, distances, apart)
    options = option_table(search.seen)
    return Alternatives(
        plans,
        slack_share,
        search.apart_share,
        table,
        distances,
        sites,
        country_table(plans),
        options,
        tuple(notes),
    )

"""Why a site is in a plan, and why it is not: the model solved again without it, or with it.

In: what losing it costs (the site forbidden). Out: what building on it would cost (the site forced), and where that comes
from. Candidates that are equal in all the model knows are solved once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from siting.errors import InfeasibleError, InputError, StoppedError
from siting.inputs.planning import PlanningModel
from siting.inputs.selection import left_out
from siting.inputs.world import World
from siting.instance.instance import Instance
from siting.instance.precheck import precheck
from siting.plan.plan import Plan
from siting.solver.solution import equal_sites
from siting.study.clash import irreducible
from siting.study.stated import stated_limits
from siting.study.tools import Tools

TOLD = 0.05  # of the difference per MW: a part smaller than this is not worth a word
NUMBERS = ("power.matching", "carbon.", "budget.", "target")  # tried first where many sites are asked for

Name = str


@dataclass(frozen=True)
class Reason:
    """Why a site is in or out.

    status: in | out | no candidate; loss: how much worse the objective gets without it (in) or with it (out), in
    `unit`, None if no plan is left; instead: sites built in its place, or whose place it takes; words: one sentence.
    """

    site: Name
    status: str
    loss: float | None
    unit: str
    instead: tuple[Name, ...]
    words: str


@dataclass
class _Asked:
    model: PlanningModel
    plan: Plan
    data: Instance
    world: World
    tools: Tools
    thorough: bool
    found: dict[tuple[Any, ...], Reason] = field(default_factory=dict)

    @property
    def modules(self) -> dict[str, int]:
        return {row["site"]: int(row["modules"]) for row in self.plan.record["sites"]}


def reasons(
    model: PlanningModel, plan: Plan, sites: Sequence[str], tools: Tools, say: Callable[[str], None]
) -> list[Reason]:
    """The reason of every named site. `model` is solved as it stands, so its gap decides how sharp the differences are."""
    asked = _Asked(model, plan, tools.instance(model), tools.world(model), tools, thorough=len(sites) == 1)
    out = []
    for i, s in enumerate(sites, start=1):
        say(f"site {i} of {len(sites)}")
        out.append(_reason(asked, s))
    return out


def _reason(asked: _Asked, s: str) -> Reason:
    if s not in asked.data.sites:
        return _no_candidate(asked, s)
    key = _alike(asked, s)
    if key not in asked.found:
        asked.found[key] = _why_in(asked, s) if s in asked.modules else _why_out(asked, s)
    return replace(asked.found[key], site=s)


def _alike(asked: _Asked, s: str) -> tuple[Any, ...]:
    """Sites of one key have one answer: equal in class, country, line, smallest and largest size; chosen ones alone."""
    site = asked.data.sites[s]
    if s in asked.modules or s in asked.data.forced:
        return (s,)
    line = (site.line_capex_eur_mw, site.line_yearly_eur_mw)
    return (site.supply_class, site.country, line, site.min_mw, site.max_mw)


def _no_candidate(asked: _Asked, s: str) -> Reason:
    if s in asked.model.sites.forbid:
        why = "sites.forbid names it"
    else:
        why = f"sites.where leaves it out: {left_out(asked.model.sites.where, asked.world)[s]}"
    return Reason(s, "no candidate", None, "", (), why)


def _why_in(asked: _Asked, s: str) -> Reason:
    forced = s in asked.model.sites.force
    tie = "" if forced else _tie(asked, s)
    if tie:
        words = f"{tie} would do as well: same zone, same costs; {_without_equals(asked, s)}"
        return Reason(s, "in", 0.0, _unit(asked.plan), (tie,), words)
    without = _without(asked, {s})
    prefix = "sites.force demands it; " if forced else ""
    try:
        other = asked.tools.solve_as(asked.model, without, f"without {s}")
    except InfeasibleError as error:
        return Reason(s, "in", None, "", (), f"{prefix}without it there is no plan: {error.reasons[0]}")
    except StoppedError:
        return Reason(s, "in", None, "", (), f"{prefix}not solved without it within solve.time_limit_s")
    loss, unit = _loss(asked.plan, other)
    new = _sites_only_in(other, asked.plan)
    instead = f"building on {', '.join(new)} instead" if new else "the other sites would grow"
    words = f"{prefix}losing it {_costs(asked.plan, loss, unit)}: {instead}{_moves(asked, other, s)}"
    return Reason(s, "in", loss, unit, new, words)


def _without(asked: _Asked, gone: set[str]) -> Instance:
    """The instance without some candidates; all else, the supply classes too, as it is."""
    kept = {o: site for o, site in asked.data.sites.items() if o not in gone}
    return replace(asked.data, sites=kept, forced=tuple(o for o in asked.data.forced if o not in gone))


def _without_equals(asked: _Asked, s: str) -> str:
    """What losing a site costs together with all that equal it and are not built."""
    equal = {o for o in asked.data.sites if o not in asked.modules and equal_sites(asked.data, s, o)}
    name = f"losing it and the {len(equal)} that equal it" if len(equal) > 1 else "losing both"
    try:
        other = asked.tools.solve_as(asked.model, _without(asked, {s, *equal}), f"without {s} and its equals")
    except InfeasibleError:
        return f"{name} leaves no plan"
    except StoppedError:
        return "the choice between them is arbitrary"
    new = _sites_only_in(other, asked.plan)
    instead = f": building on {', '.join(new)} instead" if new else ""
    return f"{name} {_costs(asked.plan, *_loss(asked.plan, other))}{instead}{_moves(asked, other, s)}"


def _why_out(asked: _Asked, s: str) -> Reason:
    twin = _chosen_twin(asked, s)
    if twin:
        words = f"would do as well as {twin}: same zone, same costs; the choice between them is arbitrary"
        return Reason(s, "out", 0.0, _unit(asked.plan), (twin,), words)
    forced = replace(asked.data, forced=(*asked.data.forced, s))
    try:
        other = asked.tools.solve_as(asked.model, forced, f"with {s}")
    except InfeasibleError as error:
        return Reason(s, "out", None, "", (), f"cannot be built: {_clash(asked, s, error)}")
    except StoppedError:
        return Reason(s, "out", None, "", (), "not solved with it within solve.time_limit_s")
    loss, unit = _loss(asked.plan, other)
    gone = _sites_only_in(asked.plan, other)
    place = f"in place of {', '.join(gone)}" if gone else "beside the others"
    return Reason(
        s,
        "out",
        loss,
        unit,
        gone,
        f"building on it {_costs(asked.plan, loss, unit)}, {place}{_lacks(asked, other, s)}",
    )


def _clash(asked: _Asked, s: str, error: InfeasibleError) -> str:
    """Why a site cannot be forced: the precheck's words, or the limits it clashes with (all if asked for one site alone)."""
    try:
        precheck(replace(asked.data, forced=(*asked.data.forced, s)))
        model = asked.model.with_(**{"sites.force": [*asked.model.sites.force, s]})
    except InfeasibleError:
        return error.reasons[0]
    except InputError as problem:
        return problem.problems[0]

    def has_plan(changed: PlanningModel, why: str) -> bool | None:
        try:
            asked.tools.solve(changed, f"{s}, {why}")
        except InfeasibleError:
            return False
        except (InputError, StoppedError):
            return None
        return True

    limits = [limit for limit in stated_limits(model, asked.world) if limit.key != "sites.force"]
    if not asked.thorough:
        limits = [limit for limit in limits if limit.key.startswith(NUMBERS)]
    found = irreducible(model, limits, has_plan)
    if not found:
        return "no supply on offer for it meets the other rules of the model"
    return f"it clashes with {', '.join(limit.text for limit in found)}"


def _tie(asked: _Asked, s: str) -> str:
    """An equal candidate that is not built and has room for what stands at `s`."""
    need = asked.modules[s] * asked.data.module_mw
    equal = (
        o
        for o in asked.data.sites
        if o not in asked.modules
        and equal_sites(asked.data, s, o)
        and asked.data.sites[o].max_mw >= need - 1e-9
    )
    return next(equal, "")


def _chosen_twin(asked: _Asked, s: str) -> str:
    """A built site, not forced, whose place an equal candidate could take."""
    room = asked.data.sites[s].max_mw
    equal = (
        o
        for o, n in asked.modules.items()
        if o not in asked.data.forced
        and equal_sites(asked.data, s, o)
        and room >= n * asked.data.module_mw - 1e-9
    )
    return next(equal, "")


def _stages(plan: Plan) -> list[tuple[str, float, str, float]]:
    """Name, value (smaller is better), unit and how far from the best possible, of every objective."""
    goals = [plan.record["objective"], *plan.record["later_objectives"]]
    return [
        (
            g["name"],
            -g["value"] if g["name"] == "compute" else g["value"],
            g["unit"],
            abs(g["value"]) * (g["gap"] if g["gap"] is not None else 1.0),
        )
        for g in goals
    ]


def _unit(plan: Plan) -> str:
    return _stages(plan)[0][2]


def _loss(plan: Plan, other: Plan) -> tuple[float, str]:
    """How much worse the first objective gets that the proofs of both plans can tell apart, else the first of all."""
    pairs = list(zip(_stages(plan), _stages(other), strict=False))
    told = [
        (theirs[1] - own[1], own[2]) for own, theirs in pairs if abs(theirs[1] - own[1]) > own[3] + theirs[3]
    ]
    return told[0] if told else (pairs[0][1][1] - pairs[0][0][1], pairs[0][0][2])


def _costs(plan: Plan, loss: float, unit: str) -> str:
    """The loss in words, and whether the plan's own gap is larger."""
    open_to = max((stage[3] for stage in _stages(plan) if stage[2] == unit), default=0.0)
    size = f"{abs(loss):,.0f} {unit}" if abs(loss) < 1e6 else f"{abs(loss) / 1e6:,.1f} M {unit}"
    if loss == 0.0:
        return "costs nothing"
    if unit.startswith("EUR"):
        words = f"costs {size} more" if loss > 0 else f"saves {size}"
    elif unit.startswith("MW"):
        words = f"takes {size}" if loss > 0 else f"gives {size} more"
    else:
        words = f"adds {size}" if loss > 0 else f"avoids {size}"
    return words if abs(loss) > open_to else f"{words} (within the plan's own gap: as good as nothing)"


def _sites_only_in(one: Plan, other: Plan) -> tuple[str, ...]:
    return tuple(sorted(set(one.chosen.index) - set(other.chosen.index)))


def _moves(asked: _Asked, other: Plan, s: str) -> str:
    """What is worse about the sites that step in, per MW of IT."""
    new = _sites_only_in(other, asked.plan)
    return _beside(_row(other, new[0]), _row(asked.plan, s)) if len(new) == 1 else ""


def _lacks(asked: _Asked, other: Plan, s: str) -> str:
    """What is worse about a forced site than about the one whose place it takes."""
    gone = _sites_only_in(asked.plan, other)
    return _beside(_row(other, s), _row(asked.plan, gone[0])) if len(gone) == 1 else ""


def _row(plan: Plan, s: str) -> dict[str, Any]:
    return next(row for row in plan.record["sites"] if row["site"] == s)


def _beside(worse: dict[str, Any], better: dict[str, Any]) -> str:
    """Two sites side by side: electricity, carbon, and all other cost per MW of IT."""
    texts = []
    power = [row["energy_eur_mwh"] for row in (worse, better)]
    rest = [
        (row["cost_eur_yr"] - row["energy_eur_mwh"] * row["facility_mwh"]) / row["it_mw"]
        for row in (worse, better)
    ]
    carbon = [row["carbon_g_kwh"] for row in (worse, better)]
    if abs(power[0] - power[1]) > TOLD:
        texts.append(f"electricity {power[0]:.1f} against {power[1]:.1f} EUR/MWh")
    if abs(rest[0] - rest[1]) > TOLD * 1e3:
        texts.append(f"the rest {rest[0] / 1e3:,.0f} against {rest[1] / 1e3:,.0f} k EUR/yr per MW of IT")
    if abs(carbon[0] - carbon[1]) > TOLD:
        texts.append(f"{carbon[0]:.1f} against {carbon[1]:.1f} g/kWh")
    return f"; {worse['site']} beside {better['site']}: {', '.join(texts)}" if texts else ""

"""Why a model has no plan: the smallest set of its limits that clash, how near each could come, and a change that solves it.

A deletion filter (Chinneck 2008, Feasibility and Infeasibility in Optimization, ch. 6) over the limits the planner stated
rather than over rows: do without a limit; if there is still no plan, it had no part in it. What is left cannot be made
smaller. Whether a plan exists is asked of the same frontiers every solve uses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from siting.errors import InfeasibleError, InputError, StoppedError
from siting.inputs.planning import PlanningModel
from siting.instance.precheck import precheck
from siting.plan.plan import Plan
from siting.solver.elastic import has_plan, nearest
from siting.study.stated import Changes, Stated, setting, settled, stated_limits
from siting.study.tools import Tools

NEAREST_GAP = 2e-3  # a nearest value is rounded outwards anyway, and its bound stands beside it
NUDGES = (0.0, 1e-3, 1e-2)  # relative: a nearest value is loosened by so much if a solve finds it too tight
MOST_CLASHES = 5
NO_NUMBER = 1e-9  # stands for zero where ratios are taken


@dataclass(frozen=True)
class Part:
    """One limit of a clash. `settings` is its nearest value as --set takes it, empty if no value of it alone gives a plan.

    nearest, bound: in the unit of the key, for limits on money, tonnes and the target; no plan goes beyond the bound.
    """

    key: str
    text: str
    settings: tuple[str, ...] = ()
    change: float | None = None
    nearest: float | None = None
    bound: float | None = None


@dataclass(frozen=True)
class Repair:
    """Changes of the model under which it was solved, and that plan."""

    settings: tuple[str, ...]
    plan: Plan


@dataclass(frozen=True)
class Clash:
    """What stands against a plan: the precheck's own numbers, the sets of limits that clash, and a repair if one was found."""

    reasons: tuple[str, ...]
    sets: tuple[tuple[Part, ...], ...]
    repair: Repair | None
    notes: tuple[str, ...]


@dataclass
class _Search:
    model: PlanningModel
    tools: Tools
    known: dict[str, bool | None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def has_plan(self, model: PlanningModel, why: str) -> bool | None:
        """Whether a model has a plan; None if time ran out or the world lacks what the change asks for."""
        key = model.model_dump_json()
        if key not in self.known:
            self.known[key] = self._asked(model, why)
        return self.known[key]

    def _asked(self, model: PlanningModel, why: str) -> bool | None:
        clock = self.tools.clock(model)
        clock.say(f"is there a plan {why}?")
        try:
            data = self.tools.instance(model)
            precheck(data)
        except InfeasibleError:
            return False
        except InputError:
            return None
        with self.tools.supply(data) as (pool, frontier):
            found = has_plan(data, pool, frontier, clock)
        if found is None:
            self.notes.append(f"{why}: not decided within solve.time_limit_s; kept")
        return found


def explain_clash(model: PlanningModel, tools: Tools) -> Clash:
    """Explain why a model has no plan. Expects a model that has none; raises InputError if it cannot even be read."""
    search = _Search(model, tools)
    search.known[model.model_dump_json()] = False
    limits = stated_limits(model, tools.world(model))
    sets: list[list[Stated]] = []
    gone: list[Stated] = []
    current = model
    while search.has_plan(current, "with the limits left") is not True and len(sets) < MOST_CLASHES:
        found = irreducible(current, [limit for limit in limits if limit not in gone], search.has_plan)
        if not found:
            break
        sets.append(found)
        gone.append(_culprit(current, found, search))
        current = gone[-1].dropped(current)
    parts = [_parts(search, found, gone, i) for i, found in enumerate(sets)]
    whole = search.has_plan(current, "with the limits left") is True
    return Clash(
        reasons_before(model, tools),
        tuple(tuple(row) for row in parts),
        _repair(search, parts, gone) if whole and sets else None,
        tuple(dict.fromkeys(search.notes)),
    )


def reasons_before(model: PlanningModel, tools: Tools) -> tuple[str, ...]:
    """What arithmetic can tell without solving."""
    try:
        precheck(tools.instance(model))
    except InfeasibleError as error:
        return tuple(error.reasons)
    return ()


def irreducible(
    model: PlanningModel,
    limits: Iterable[Stated],
    has_plan: Callable[[PlanningModel, str], bool | None],
) -> list[Stated]:
    """Limits none of which can be done without: with all of them there is no plan. Empty: no plan even without any."""
    return _needed(model, list(limits), has_plan)[0]


def _needed(
    model: PlanningModel, limits: list[Stated], has_plan: Callable[[PlanningModel, str], bool | None]
) -> tuple[list[Stated], PlanningModel]:
    """The limits of a list that are needed, and the model without the others: all at once if that will do, else by halves."""
    if not limits:
        return [], model
    without = model
    for limit in limits:
        without = limit.dropped(without)
    if has_plan(without, f"without {', '.join(limit.key for limit in limits[:3])}") is False:
        return [], without
    if len(limits) == 1:
        return limits, model
    half = len(limits) // 2
    first, model = _needed(model, limits[:half], has_plan)
    second, model = _needed(model, limits[half:], has_plan)
    return first + second, model


def _culprit(model: PlanningModel, found: Sequence[Stated], search: _Search) -> Stated:
    """The limit of a set to go on without: one that alone stands in the way (the target after all others), else the last."""
    order = sorted(found, key=lambda limit: limit.key == "target")
    alone = (limit for limit in order if search.has_plan(limit.dropped(model), f"without {limit.key}"))
    return next(alone, found[-1])


def _parts(search: _Search, found: Sequence[Stated], gone: Sequence[Stated], i: int) -> list[Part]:
    """The nearest value of every limit of set `i`, the culprits of the other sets taken away."""
    model = search.model
    for j, other in enumerate(gone):
        if j != i:
            model = other.dropped(model)
    return [_part(search, model, limit) for limit in found]


def _part(search: _Search, model: PlanningModel, limit: Stated) -> Part:
    bare = Part(limit.key, limit.text)
    if search.has_plan(limit.dropped(model), f"without {limit.key}") is not True:
        return bare
    if limit.resource:
        return _optimised(search, model, limit)
    step = _first(search, model, limit)
    if step is None:
        return bare
    changes = settled(model, step)
    return replace(bare, settings=setting(changes), change=_moved(model, changes))


def _first(search: _Search, model: PlanningModel, limit: Stated) -> Changes | None:
    """The nearest step with a plan: by bisection where every step contains the one before."""

    def works(i: int) -> bool:
        text = f"with {', '.join(setting(settled(model, limit.steps[i])))}"
        return search.has_plan(model.with_(**settled(model, limit.steps[i])), text) is True

    if not limit.nested:
        return next((limit.steps[i] for i in range(len(limit.steps)) if works(i)), None)
    low, high = 0, len(limit.steps) - 1
    if not works(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if works(middle) else (middle + 1, high)
    return limit.steps[low]


def _optimised(search: _Search, model: PlanningModel, limit: Stated) -> Part:
    """The nearest value by optimising the quantity itself; rounded to the looser side and tried."""
    bare = Part(limit.key, limit.text)
    assert limit.moved is not None
    data = search.tools.instance(model)
    try:
        with search.tools.supply(data) as (pool, frontier):
            found = nearest(data, limit.resource, pool, frontier, search.tools.clock(model), NEAREST_GAP)
    except (InfeasibleError, StoppedError):
        return bare
    is_target = limit.key == "target"
    unit = 1.0 / data.target_it_mw if is_target else 1.0
    for nudge in NUDGES:
        value = found.value * unit * (1 - nudge if is_target else 1 + nudge)
        changes = limit.moved(value)
        if next(iter(changes.values())) <= 0 and is_target:
            return bare
        text = f"with {', '.join(setting(changes))}"
        if search.has_plan(model.with_(**changes), text):
            return replace(
                bare,
                settings=setting(changes),
                change=_moved(model, changes),
                nearest=found.value,
                bound=found.bound,
            )
    return bare


def _moved(model: PlanningModel, changes: Changes) -> float | None:
    """How far a number moves (the logarithm of new over old), None for what is no number: a repair prefers a small move."""
    key, value = next(iter(changes.items()))
    now: Any = model.model_dump(mode="json")
    for part in key.split("."):
        now = now[part]
    pairs = (
        list(zip(now, value, strict=False))
        if isinstance(value, list) and key == "sites.size_it_mw"
        else [(now, value)]
    )
    if not all(isinstance(entry, (int, float)) for pair in pairs for entry in pair):
        return None
    return max(abs(math.log(max(new, NO_NUMBER) / max(old, NO_NUMBER))) for old, new in pairs)


def _repair(search: _Search, parts: Sequence[Sequence[Part]], gone: Sequence[Stated]) -> Repair | None:
    """The smallest change that solves: verified by solving the model as it was asked."""
    if len(parts) == 1:
        ranked = sorted(
            (part for part in parts[0] if part.settings), key=lambda p: (p.change is None, p.change or 0.0)
        )
        return next((r for part in ranked if (r := _verified(search, part.settings)) is not None), None)
    model = search.model
    chosen: list[tuple[Stated, tuple[str, ...]]] = []
    for limit in gone:
        model = limit.dropped(model)
    for limit in gone:  # one after the other, each as near as the others' new values allow
        back = _restored(search.model, gone, limit, chosen)
        part = _part(search, back, limit)
        if not part.settings:
            return None
        chosen.append((limit, part.settings))
    return _verified(search, tuple(text for _, texts in chosen for text in texts))


def _restored(
    model: PlanningModel,
    gone: Sequence[Stated],
    limit: Stated,
    chosen: Sequence[tuple[Stated, tuple[str, ...]]],
) -> PlanningModel:
    """The model with this limit as stated, those before at their new values, those to come taken away."""
    done = [other for other, _ in chosen]
    for other in gone:
        if other is not limit and other not in done:
            model = other.dropped(model)
    return _with(model, [text for _, texts in chosen for text in texts])


def _with(model: PlanningModel, settings: Iterable[str]) -> PlanningModel:
    from siting.inputs.load import parse_setting

    return model.with_(**dict(parse_setting(text) for text in settings))


def _verified(search: _Search, settings: tuple[str, ...]) -> Repair | None:
    try:
        plan = search.tools.solve(_with(search.model, settings), f"with {', '.join(settings)}")
    except (InfeasibleError, StoppedError):
        return None
    return Repair(settings, plan)

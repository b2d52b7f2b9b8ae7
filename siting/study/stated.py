"""The limits a planner stated, in the planner's own keys: how each is taken away, and the looser values it may be given.

Listed in the order in which the search for a clash tries to do without them: what is rather a setting comes first, the
numbers a planner argues about - carbon, budget, target - come last and are kept if anything can be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from siting.inputs.attributes import attribute
from siting.inputs.planning import PlanningModel
from siting.inputs.planning_coverage import Coverage
from siting.inputs.selection import QUANTITIES
from siting.inputs.world import World
from siting.instance.cooling import STRESS
from siting.instance.instance import Resource
from siting.instance.rules import obeyed

YEARS_LATER = 15  # how far a later year is looked for
RATE_STEP = 1.02  # ladder of g/kWh: nearest value within 2 %
RATE_FIRST, RATE_LAST = 0.1, 2_000.0  # g/kWh, from next to nothing to beyond any fuel
WATER_FIRST, WATER_LAST = 1.0, 1e9  # m3 a year, from next to nothing to beyond any portfolio
SHARE_STEP = 0.005  # ladder of shares of the load
FARTHEST_MS = 200.0  # a round trip beyond which no two places of Europe lie apart
ANYTHING = 1e15  # a limit the schema wants stated although it no longer matters
HUGE_SITE_MW = 1e5
LITTLE_MW = 1e-3  # some compute, however little: to build nothing is no plan
BY_POWER = 1e7  # from here on a number is written with its power of ten
EXACT = 1e-9  # relative: a value this close to a round one is that one
Changes = dict[str, Any]


@dataclass(frozen=True)
class Stated:
    """A limit of the planning model. `text` names key and value; `free` are the changes that take it away.

    steps: changes to looser values, nearest first; each contains the one before (`nested`), or each is tried for itself.
    resource: its nearest value is found by optimising this quantity instead; `moved` then gives the changes for a value.
    """

    key: str
    text: str
    free: Changes
    steps: tuple[Changes, ...] = ()
    nested: bool = True
    resource: Resource = ()
    moved: Callable[[float], Changes] | None = None

    def dropped(self, model: PlanningModel) -> PlanningModel:
        """The model without this limit."""
        return model.with_(**settled(model, self.free))


def stated_limits(model: PlanningModel, world: World) -> list[Stated]:
    """All limits of a model, in the order described above."""
    return [
        *_where(model, world),
        *_lists(model, world),
        *_supply(model, world),
        *_sites(model, world),
        *_places(model, world),
        *_water(model, world),
        *_rules(model, world),
        *_policy(model),
        *_money(model),
        *_target(model),
    ]


def settled(model: PlanningModel, changes: Changes) -> Changes:
    """Changes as they apply to a model: the other end of a size kept, no word left on unknowns of a limit taken away."""
    own = dict(changes)
    if "sites.size_it_mw" in own:
        own["sites.size_it_mw"] = [
            now if new is None else new
            for new, now in zip(own["sites.size_it_mw"], model.sites.size_it_mw, strict=True)
        ]
    gone = {key.removeprefix("sites.where.") for key, value in own.items() if value is None}
    unknown = model.sites.where.unknown
    if isinstance(unknown, tuple) and gone & set(unknown):
        own["sites.where.unknown"] = [name for name in unknown if name not in gone]
    return own


def setting(changes: Changes) -> tuple[str, ...]:
    """Changes as `key=value`, as --set takes them.

    >>> setting({"carbon.cap_t_yr": 1500.0, "sites.force": []})
    ('carbon.cap_t_yr=1500', 'sites.force=[]')
    >>> setting({"budget.capex_eur": 1.809e9, "carbon.cap_g_kwh": None})
    ('budget.capex_eur=1.809e9', 'carbon.cap_g_kwh=null')
    """
    return tuple(f"{key}={_yaml(value)}" for key, value in changes.items())


def _yaml(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_yaml(entry) for entry in value) + "]"
    if isinstance(value, float):
        if abs(value) < BY_POWER:
            return f"{value:.10g}"
        power = math.floor(math.log10(abs(value)))
        return f"{value / 10.0**power:.10g}e{power}"
    return str(value)


def _where(model: PlanningModel, world: World) -> Iterator[Stated]:
    where = model.sites.where
    for key, column in (("countries", "country"), ("kinds", "kind")):
        names = getattr(where, key)
        if names is not None:
            path, free = f"sites.where.{key}", {f"sites.where.{key}": None}
            others = sorted(set(world.sites[column]) - set(names))
            one_more = tuple({path: [*names, other]} for other in others)
            yield Stated(path, f"{path} [{', '.join(names)}]", free, (*one_more, free), nested=False)
    for key, value in where.limits.items():
        free = {f"sites.where.{key}": None}
        steps = [{f"sites.where.{key}": v} for v in _looser(key, value, world)]
        yield Stated(f"sites.where.{key}", f"sites.where.{key} {_shown(value)}", free, (*steps, free))


def _looser(key: str, value: float | str, world: World) -> list[float]:
    """Values of the candidates just beyond a limit, nearest first."""
    if isinstance(value, str):
        return []
    stem = key.removesuffix("_max").removesuffix("_min")
    known = {float(v) for v in attribute(world, QUANTITIES.get(stem, stem)).dropna()}
    return (
        sorted(v for v in known if v > value)
        if key.endswith("_max")
        else sorted((v for v in known if v < value), reverse=True)
    )


def _lists(model: PlanningModel, world: World) -> Iterator[Stated]:
    forbid, force = model.sites.forbid, model.sites.force
    if forbid:
        steps = tuple({"sites.forbid": list(forbid[i:])} for i in range(1, len(forbid) + 1))
        yield Stated("sites.forbid", f"sites.forbid [{_few(forbid)}]", {"sites.forbid": []}, steps)
    if force:
        alone = tuple({"sites.force": [s for s in force if s != out]} for out in force)
        free: Changes = {"sites.force": []}
        yield Stated("sites.force", f"sites.force [{_few(force)}]", free, (*alone, free), nested=False)


def _supply(model: PlanningModel, world: World) -> Iterator[Stated]:
    if model.sites.grid_wait == "enforce":
        free: Changes = {"sites.grid_wait": "ignore"}
        yield Stated("sites.grid_wait", "sites.grid_wait enforce", free, (free,))
    missing = [k for k in world.options.index if k not in model.power.options]
    if missing:
        own = list(model.power.options)
        alone = tuple({"power.options": [*own, k]} for k in missing)
        free = {"power.options": [*own, *missing]}
        yield Stated("power.options", f"power.options [{_few(own)}]", free, (*alone, free), nested=False)
    cooling = list(model.load.cooling)
    others = [q for q in world.keys("cooling") if q not in cooling and _may_cool(model, world, q)]
    if others:
        alone = tuple({"load.cooling": [*cooling, q]} for q in others)
        free = {"load.cooling": [*cooling, *others]}
        yield Stated("load.cooling", f"load.cooling [{_few(cooling)}]", free, (*alone, free), nested=False)
    firm = model.adequacy.firm_onsite_share
    if firm > 0:
        key = "adequacy.firm_onsite_share"
        yield Stated(key, f"{key} {firm:g}", {key: 0.0}, tuple({key: v} for v in _shares(firm, 0.0)))
    year = model.horizon.periods[0]
    later = tuple({"horizon.periods": [year + i]} for i in range(1, YEARS_LATER + 1))
    yield Stated("horizon.periods", f"horizon.periods [{year}]", later[-1], later)


def _may_cool(model: PlanningModel, world: World, q: str) -> bool:
    """Whether a cooling system may be added: where water is limited its own must be known."""
    water = model.water
    limited = (water.allowance_m3_yr, water.per_site_m3_mw_yr, water.stress_max) != (None, None, None)
    return not limited or world.get("cooling", q, "wue_l_kwh") is not None


def _water(model: PlanningModel, world: World) -> Iterator[Stated]:
    """Limits on the water that cooling evaporates, and on where it may."""
    water = model.water
    if water.stress_max is not None:
        key = "water.stress_max"
        scores = (world.get("country_values", n, STRESS) for n in world.countries.index)
        free: Changes = {key: None, "water.unknown": None}
        steps = [{key: v} for v in sorted({v for v in scores if v is not None and v > water.stress_max})]
        yield Stated(key, f"{key} {water.stress_max:g}, unknown: {water.unknown}", free, (*steps, free))
    for key, most, unit in (
        ("water.per_site_m3_mw_yr", water.per_site_m3_mw_yr, "m3/yr per MW of IT"),
        ("water.allowance_m3_yr", water.allowance_m3_yr, "m3/yr"),
    ):
        if most is not None:
            ladder = _ladder(key, max(most, WATER_FIRST), WATER_LAST)
            yield Stated(key, f"{key} {most:,.10g} {unit}", {key: None}, (*ladder, {key: None}))


def _rules(model: PlanningModel, world: World) -> Iterator[Stated]:
    """National rules that bind: drafts are left to themselves first, then one rule is left out, then all."""
    named = list(dict.fromkeys(rule.rule for rule in obeyed(model, world)))
    if not named:
        return
    out = list(model.rules.except_)
    alone = tuple({"rules.except": [*out, name]} for name in named)
    free: Changes = {"rules.national": False}
    drafts = ({"rules.drafts": False},) if model.rules.drafts else ()
    text = f"rules.national true [{_few(named)}]"
    yield Stated("rules.national", text, free, (*drafts, *alone, free), nested=False)


def _sites(model: PlanningModel, world: World) -> Iterator[Stated]:
    sites, n = model.sites, len(world.sites)
    low, high = sites.size_it_mw
    module = sites.module_it_mw
    finer = tuple({"sites.module_it_mw": module / i} for i in (2, 5, 10))
    yield Stated("sites.module_it_mw", f"sites.module_it_mw {module:g} MW", finer[-1], finer)
    if sites.min_countries > 0:
        yield _counted("sites.min_countries", sites.min_countries, range(sites.min_countries - 1, -1, -1))
    if sites.max_per_country < n:
        yield _counted(
            "sites.max_per_country", sites.max_per_country, range(sites.max_per_country + 1, n + 1)
        )
    smaller = [i * module for i in range(math.ceil(low / module - 1e-9) - 1, 0, -1)]
    if smaller:
        steps = tuple({"sites.size_it_mw": [v, None]} for v in smaller)
        yield Stated("sites.size_it_mw", f"sites.size_it_mw at least {low:g} MW", steps[-1], steps)
    yield _largest(high, module)
    if sites.min > 0:
        yield _counted("sites.min", sites.min, range(sites.min - 1, -1, -1))
    if sites.max < n:
        yield _counted("sites.max", sites.max, range(sites.max + 1, n + 1))


def _places(model: PlanningModel, world: World) -> Iterator[Stated]:
    """Limits on countries and AI Factories, and what demand points ask for."""
    sites, n = model.sites, len(world.countries)
    if sites.max_countries is not None:
        most = range(sites.max_countries + 1, n + 1)
        free: Changes = {"sites.max_countries": None}
        steps = (*({"sites.max_countries": v} for v in most), free)
        yield Stated("sites.max_countries", f"sites.max_countries {sites.max_countries}", free, steps)
    if sites.max_share_per_country is not None:
        key, share = "sites.max_share_per_country", sites.max_share_per_country
        free = {key: None}
        yield Stated(key, f"{key} {share:g}", free, (*({key: v} for v in _shares(share, 1.0)), free))
    if sites.near_ai_factory is not None and sites.near_ai_factory.share_min > 0:
        key, share = "sites.near_ai_factory.share_min", sites.near_ai_factory.share_min
        text = f"sites.near_ai_factory at least {share:g} within {sites.near_ai_factory.km:g} km"
        yield Stated(key, text, {key: 0.0}, tuple({key: v} for v in _shares(share, 0.0)))
    if model.coverage is not None:
        yield from _covered(model.coverage)


def _covered(coverage: Coverage) -> Iterator[Stated]:
    if coverage.latency_ms_max is not None:
        key, ms = "coverage.latency_ms_max", coverage.latency_ms_max
        free: Changes = {key: None}
        yield Stated(key, f"{key} {ms:g} ms", free, (*_ladder(key, ms, FARTHEST_MS), free))
    if coverage.covered_share_min > 0:
        key, share = "coverage.covered_share_min", coverage.covered_share_min
        yield Stated(key, f"{key} {share:g}", {key: 0.0}, tuple({key: v} for v in _shares(share, 0.0)))


def _ladder(key: str, value: float, last: float) -> tuple[Changes, ...]:
    """Values beyond one in small steps of equal ratio, up to `last` at least.

    >>> _ladder("carbon.cap_g_kwh", 100.0, 104.0)
    ({'carbon.cap_g_kwh': 102.0}, {'carbon.cap_g_kwh': 104.1})
    """
    n = math.ceil(math.log(max(last / value, RATE_STEP)) / math.log(RATE_STEP))
    return tuple({key: _round(value * RATE_STEP**i, up=True)} for i in range(1, n + 1))


def _shares(share: float, end: float) -> list[float]:
    """Shares beyond one, in small steps up to `end`.

    >>> _shares(0.99, 1.0), _shares(0.0125, 0.0)
    ([0.995, 1.0], [0.0075, 0.0025, 0.0])
    """
    step = SHARE_STEP if end > share else -SHARE_STEP
    n = math.ceil(abs(end - share) / SHARE_STEP - EXACT)
    return [round(share + i * step, 4) for i in range(1, n)] + [end]


def _largest(high: float, module: float) -> Stated:
    most = [
        (math.floor(high / module + 1e-9) + i) * module
        for i in (*range(1, 20), *(20 * 2**j for j in range(8)))
    ]
    steps = tuple({"sites.size_it_mw": [None, v]} for v in most)
    free = {"sites.size_it_mw": [None, max(most[-1], HUGE_SITE_MW)]}
    return Stated("sites.size_it_mw", f"sites.size_it_mw at most {high:g} MW", free, steps)


def _counted(key: str, value: int, looser: range) -> Stated:
    steps = tuple({key: v} for v in looser)
    return Stated(key, f"{key} {value}", steps[-1], steps)


def _policy(model: PlanningModel) -> Iterator[Stated]:
    matching, carbon = model.power.matching, model.carbon
    if matching.cfe_score_min:
        key, score = "power.matching.cfe_score_min", matching.cfe_score_min
        values = [round(score - i * SHARE_STEP, 4) for i in range(1, math.floor(score / SHARE_STEP) + 1)]
        free: Changes = {"power.matching": {**matching.model_dump(), "kind": "none", "cfe_score_min": None}}
        steps: tuple[Changes, ...] = (*({key: v} for v in values if v > 0), free)
        yield Stated(key, f"{key} {score:g} ({matching.kind})", free, steps)
    if carbon.cap_g_kwh is not None:
        key = "carbon.cap_g_kwh"
        steps = _ladder(key, max(carbon.cap_g_kwh, RATE_FIRST), RATE_LAST)
        yield Stated(key, f"{key} {carbon.cap_g_kwh:g} g/kWh", {key: None}, steps)
    if carbon.cap_lifecycle_t_yr is not None:
        key = "carbon.cap_lifecycle_t_yr"
        yield _summed(key, f"{key} {carbon.cap_lifecycle_t_yr:,.10g} t/yr", {key: None}, ("lifecycle",))
    if carbon.cap_t_yr is not None:
        key = "carbon.cap_t_yr"
        yield _summed(key, f"{key} {carbon.cap_t_yr:,.10g} t/yr", {key: None}, ("carbon",))


def _money(model: PlanningModel) -> Iterator[Stated]:
    budget = model.budget
    if budget.cost_eur_yr is not None:
        key = "budget.cost_eur_yr"
        yield _summed(key, f"{key} {budget.cost_eur_yr / 1e6:,.6g} M EUR/yr", {key: None}, ("cost",))
    if budget.capex_eur is not None:
        key = "budget.capex_eur"
        value = ANYTHING if "compute" in model.objectives else None
        yield _summed(key, f"{key} {budget.capex_eur / 1e9:,.6g} bn EUR", {key: value}, ("capex",))


def _summed(key: str, text: str, free: Changes, resource: Resource) -> Stated:
    return Stated(key, text, free, resource=resource, moved=lambda value: {key: _round(value, up=True)})


def _target(model: PlanningModel) -> Iterator[Stated]:
    target = model.target
    if target is None:
        return
    own = target.model_dump(exclude_none=True)
    key, value = next((k, v) for k, v in own.items() if k in {"accelerators", "it_mw", "eflops"})
    free = {"target": {"it_mw": LITTLE_MW}}
    yield Stated(
        "target",
        f"target.{key} {value:,.10g}{' MW' if key == 'it_mw' else ''}",
        free,
        resource=("target",),
        moved=lambda share: {f"target.{key}": _round(value * share, up=False)},
    )


def _round(value: float, up: bool) -> float:
    """Four significant digits, on the looser side.

    >>> _round(123456.0, up=True), _round(59.999999999, up=False), _round(60.0, up=False)
    (123500.0, 60.0, 60.0)
    """
    if value <= 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(value)) - 3)
    units = math.ceil(value / step * (1 - EXACT)) if up else math.floor(value / step * (1 + EXACT))
    return float(f"{units * step:.6g}")


def _few(names: Any) -> str:
    listed = list(names)
    return ", ".join(listed[:4]) + (f" and {len(listed) - 4} more" if len(listed) > 4 else "")


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"

"""Explain: what another euro or tonne would change, which limits bind, why a site is in or out, or why there is no plan.

Three kinds of price, each called what it is: exact for the problem with sites and modules fixed as in the plan (valid while
they stay), exact for the relaxation (sites in fractions), and differences of whole re-solves under another value.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from siting.errors import InfeasibleError, InputError
from siting.inputs.places import nearest as hint
from siting.inputs.planning import PlanningModel
from siting.instance.instance import Instance, Resource
from siting.plan.binding import binding_counts, binds
from siting.plan.plan import Plan
from siting.solver.progress import Clock
from siting.solver.shadow import Shadow, shadow_by_frontier, shadow_of_whole
from siting.study.clash import Clash, explain_clash
from siting.study.reasons import Reason, reasons
from siting.study.stated import setting
from siting.study.tools import Tools

ALL = "all"
EXPLAIN_GAP = 1e-6  # re-solves that are compared with each other are taken further than a plan alone needs
FINITE_SHARE = 0.01
OBJECTIVE_UNIT = {"cost": "EUR/yr", "weighted": "EUR/yr", "carbon": "t CO2e/yr", "compute": "MW of IT"}
LIMIT_COLUMNS = [
    "limit", "value", "unit", "used", "slack", "binds", "price_fixed", "price_fixed_unit", "price_relaxed",
    "price_relaxed_unit", "looser", "looser_change", "tighter", "tighter_change", "change_unit",
]  # fmt: skip
SITE_COLUMNS = ["site", "name", "country", "status", "loss", "unit", "instead", "words"]


@dataclass(frozen=True)
class Explanation:
    """Of a plan: `limits` and `sites`. Of a model without one: `clash`.

    limits: one row a limit: value, used, slack in `unit`; price_fixed, price_relaxed: change of the objective per unit more
    of the value (sites fixed; relaxation); looser, tighter: values re-solved under, *_change: what the objective changes by.
    sites: one row a site asked for: status in | out | no candidate, loss in `unit`, instead, words.
    """

    title: str
    plan: Plan | None
    limits: pd.DataFrame
    sites: pd.DataFrame
    clash: Clash | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def solved(self) -> bool:
        """There is a plan, or a change that leads to one."""
        return self.clash is None or self.clash.repair is not None

    @property
    def table(self) -> pd.DataFrame:
        """The limits that clash, else the limits of the plan."""
        return self.limits if self.clash is None else clash_table(self.clash)

    def to_json(self) -> str:
        """Everything but the plan itself as JSON; what is unknown is null."""
        return json.dumps(self.record(), indent=1, allow_nan=False)

    def record(self) -> dict[str, Any]:
        """The same as plain values."""
        found: dict[str, Any] = {"title": self.title, "notes": list(self.notes)}
        if self.clash is None:
            return found | {"limits": _records(self.limits), "sites": _records(self.sites)}
        repair = self.clash.repair
        return found | {
            "reasons": list(self.clash.reasons),
            "clashes": [[asdict(part) for part in parts] for parts in self.clash.sets],
            "repair": None if repair is None else list(repair.settings),
            "repaired": None if repair is None else dict(repair.plan.totals),
        }

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write explanation.json and its tables as CSV, and the plan explained (or the repaired one), whole or not at all."""
        from siting.output.explain_text import write_explanation

        return write_explanation(self, Path(folder), overwrite)

    def summary(self) -> str:
        """The explanation in words, within 100 columns."""
        from siting.output.explain_text import explain_text

        return explain_text(self)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        from siting.output.explain_text import explain_html

        return explain_html(self)


def explain_model(
    model: PlanningModel, plan: Plan | None, sites: str | Sequence[str] | None, finite: bool, tools: Tools
) -> Explanation:
    """Explain a plan (or the model's own, solved first), or why the model has none."""
    if "spread" in model.objectives:
        raise InputError(
            "objective: a spread of sites and options has no prices in money; explain it with objective cost"
        )
    sharp = model.with_(gap_share=min(model.solve.gap_share, EXPLAIN_GAP))
    try:
        plan = tools.solve(sharp, "the plan") if plan is None else plan
    except InfeasibleError:
        return _of_clash(model, tools)
    data = tools.instance(sharp)
    asked = _asked(sites, plan, data, tools.world(sharp).sites.index.tolist())
    clock = tools.clock(sharp)
    limits = _limits(sharp, plan, data, tools)
    if finite:
        limits = _with_finite(limits, sharp, plan, tools)
    found = reasons(sharp, plan, asked, tools, lambda text: clock.say(text)) if asked else []
    return Explanation(
        plan.record["title"], plan, limits, _sites_table(found, tools, sharp), None, _notes(plan)
    )


def _of_clash(model: PlanningModel, tools: Tools) -> Explanation:
    clash = explain_clash(model, tools)
    nothing = pd.DataFrame(columns=LIMIT_COLUMNS), pd.DataFrame(columns=SITE_COLUMNS)
    return Explanation(model.title, None, *nothing, clash, clash.notes)


def _asked(sites: str | Sequence[str] | None, plan: Plan, data: Instance, known: list[str]) -> list[str]:
    if sites is None:
        return [str(s) for s in plan.chosen.index]
    if sites == ALL:
        return list(data.sites)
    names = [sites] if isinstance(sites, str) else list(sites)
    problems = [f"site '{s}': is not in the world; {hint(s, known)}" for s in names if s not in known]
    if problems:
        raise InputError(problems)
    return names


def _notes(plan: Plan) -> tuple[str, ...]:
    open_to = plan.gap * abs(plan.objective)
    if plan.gap <= 10 * EXPLAIN_GAP:
        return ()
    unit = plan.record["objective"]["unit"]
    return (
        f"the plan is proven within {plan.gap:.2%}: differences below {open_to:,.0f} {unit} tell nothing",
    )


def _limits(model: PlanningModel, plan: Plan, data: Instance, tools: Tools) -> pd.DataFrame:
    """Every limit that is used or priced, with its prices on the site-fixed problem and on the relaxation."""
    modules = {row["site"]: int(row["modules"]) for row in plan.record["sites"]}
    first = data.objectives[0]
    at_sites = "cost" if first == "compute" else first  # with modules fixed there is no compute left to gain
    clock = tools.clock(model)
    fixed = _shadow(model, data, at_sites, tools, clock, modules)
    relaxed = _shadow(model, data, first, tools, clock, None)
    rows = [_limit_row(data, r, fixed, relaxed) for r in data.limits]
    rows += _rule_rows(data, plan, relaxed)
    frame = pd.DataFrame(rows, columns=LIMIT_COLUMNS)
    told = (frame["used"].abs() > 0) | (frame["price_fixed"].abs() > 0) | (frame["price_relaxed"].abs() > 0)
    return frame[told].reset_index(drop=True)


def _shadow(
    model: PlanningModel,
    data: Instance,
    objective: str,
    tools: Tools,
    clock: Clock,
    fixed: dict[str, int] | None,
) -> Shadow:
    clock.say(f"prices {'with sites fixed' if fixed is not None else 'of the relaxation'}")
    if model.is_whole:
        return shadow_of_whole(data, objective, fixed)
    with tools.supply(data) as (pool, frontier):
        return shadow_by_frontier(data, objective, pool, frontier, clock, fixed)


def _limit_row(data: Instance, r: Resource, fixed: Shadow, relaxed: Shadow) -> dict[str, Any]:
    limit, used = data.limits[r], fixed.used[r]
    slack = limit.value - used if limit.sense == "<=" else used - limit.value
    return {
        "limit": limit.meaning,
        "value": limit.value,
        "unit": limit.unit,
        "used": used,
        "slack": slack,
        "binds": binds(limit, used),
        "price_fixed": fixed.limit[r] + 0.0,
        "price_fixed_unit": f"{OBJECTIVE_UNIT[fixed.objective]} per {limit.unit}",
        "price_relaxed": relaxed.limit[r] + 0.0,
        "price_relaxed_unit": f"{OBJECTIVE_UNIT[relaxed.objective]} per {limit.unit}",
    }


def _rule_rows(data: Instance, plan: Plan, relaxed: Shadow) -> list[dict[str, Any]]:
    """Target and numbers of sites: with sites fixed they have no price."""
    built, countries = plan.totals["sites"], plan.totals["countries"]
    per_country = plan.chosen["country"].value_counts().max() if built else 0
    binding = binding_counts(data, {row["site"]: int(row["modules"]) for row in plan.record["sites"]})
    rules = {
        "target": (data.target_it_mw, plan.totals["it_mw"], "MW of IT", 1),
        "sites.min": (data.sites_min, built, "sites", 1),
        "sites.max": (data.sites_max, built, "sites", -1),
        "sites.max_per_country": (data.per_country_max, per_country, "sites", -1),
        "sites.min_countries": (data.countries_min, countries, "countries", 1),
    }
    rows = []
    for key, (value, used, unit, side) in rules.items():
        slack = side * (used - value)
        row = {"limit": key, "value": float(value), "unit": unit, "used": float(used), "slack": float(slack)}
        row |= {
            "binds": binding[key],
            "price_relaxed": relaxed.rule[key] + 0.0,
            "price_relaxed_unit": f"{OBJECTIVE_UNIT[relaxed.objective]} per {unit}",
        }
        if value > 0:
            rows.append(row)
    return rows


def _with_finite(limits: pd.DataFrame, model: PlanningModel, plan: Plan, tools: Tools) -> pd.DataFrame:
    """Whole re-solves, integers included, with every number of the planner 1 % looser and 1 % tighter."""
    unit = plan.record["objective"]["unit"]
    columns = {c: list(limits[c].astype(object)) for c in LIMIT_COLUMNS[10:]}
    for i, key in enumerate(limits["limit"]):
        found = _key_of(model, str(key))
        if found is None:
            continue
        path, value, side = found
        for name, sign in (("looser", side), ("tighter", -side)):
            new = value * (1 + sign * FINITE_SHARE)
            columns[name][i] = setting({path: new})[0]
            try:
                changed = tools.solve(model.with_(**{path: new}), f"{path} {sign * FINITE_SHARE:+.0%}")
                columns[f"{name}_change"][i] = _difference(plan, changed)
            except InfeasibleError:
                columns[f"{name}_change"][i] = None
        columns["change_unit"][i] = unit
    return limits.assign(**columns)


def _difference(plan: Plan, other: Plan) -> float:
    """Change of the objective, compute counted as missing MW; nothing where the two proofs leave it open."""
    sign = -1.0 if plan.record["objective"]["name"] == "compute" else 1.0
    change = sign * (other.objective - plan.objective)
    open_to = plan.gap * abs(plan.objective) + other.gap * abs(other.objective)
    return change if abs(change) > open_to else 0.0


def _key_of(model: PlanningModel, limit: str) -> tuple[str, float, int] | None:
    """Key, value and looser side of a number the planner stated."""
    if limit == "target" and model.target is not None:
        own = model.target.model_dump(exclude_none=True)
        key = next(k for k in ("accelerators", "it_mw", "eflops") if k in own)
        return f"target.{key}", own[key], -1
    value: Any = model.model_dump(mode="json")
    for part in limit.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if limit.startswith("sites.") or not isinstance(value, float) or value == 0:
        return None
    return limit, value, -1 if limit.endswith("_min") else 1


def _sites_table(found: Sequence[Reason], tools: Tools, model: PlanningModel) -> pd.DataFrame:
    sites = tools.world(model).sites
    rows = [
        {
            "site": reason.site,
            "name": sites.at[reason.site, "name"],
            "country": sites.at[reason.site, "country"],
            "status": reason.status,
            "loss": reason.loss,
            "unit": reason.unit,
            "instead": ", ".join(reason.instead),
            "words": reason.words,
        }
        for reason in found
    ]
    return pd.DataFrame(rows, columns=SITE_COLUMNS)


def clash_table(clash: Clash) -> pd.DataFrame:
    """One row a limit of a clash: its set, key, text, the value nearest to it that leaves a plan, and its relative change."""
    rows = [
        {
            "clash": i,
            "limit": part.key,
            "stated": part.text,
            "nearest": ", ".join(part.settings),
            "change": part.change,
            "bound": part.bound,
        }
        for i, parts in enumerate(clash.sets, start=1)
        for part in parts
    ]
    return pd.DataFrame(rows, columns=["clash", "limit", "stated", "nearest", "change", "bound"])


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values, NaN as None."""
    return [
        {
            str(k): None if v is None or v != v else v.item() if hasattr(v, "item") else v
            for k, v in row.items()
        }
        for row in frame.to_dict("records")
    ]

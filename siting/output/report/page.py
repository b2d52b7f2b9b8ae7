"""The page: everything assembled, put into the templates, sealed by a policy that lets nothing in or out."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.errors import InputError
from siting.output.folder import atomic_write, plain
from siting.output.report import evidence
from siting.output.report.atlas import atlas
from siting.output.report.backdrop import Backdrop, backdrop, clean_options
from siting.output.report.charts import scale_of, stack_chart
from siting.output.report.many import comparison_section, pareto_section, table_rows
from siting.output.report.money import capex_bars, capex_name, cost_bars, energy_bars, site_costs, site_mix
from siting.output.report.reasons import reasons
from siting.output.report.windows import Window, chosen_windows, kind_of_window
from siting.output.words import (
    CARBON_COUNTS,
    large,
    limit_text,
    number,
    option_name,
    share,
    status_text,
    storage_text,
)
from siting.plan.plan import Plan
from siting.study.compare import Comparison
from siting.study.explain import Explanation
from siting.study.pareto import Pareto
from siting.units import counted

if TYPE_CHECKING:
    from jinja2 import Environment

Result = Plan | Comparison | Pareto | Explanation
TEMPLATES = Path(__file__).parent / "templates"
MOST_HOURLY_CARDS = 40  # sites whose cards carry their own hours: the largest ones; more would swell the file
ROLES = {
    "best": "Best matched",
    "typical": "Most like the year",
    "tightest": "Tightest",
    "only": "All modelled hours",
}


def write_report(result: Result, path: str | Path) -> Path:
    """Write report.html for a plan, its explanation, a comparison or a front; an older file is replaced. Raises InputError."""
    return atomic_write(Path(path), report_html(result).encode("utf-8"))


def report_html(result: Result) -> str:
    """The report as one HTML text. Of several plans, the first or the knee is shown in full.

    Raises InputError if there is no plan in it.
    """
    plan = _shown(result)
    behind = backdrop(plan)
    style, script = _asset("report.css"), _asset("report.js")
    context = {
        **_context(plan, behind, result if isinstance(result, Explanation) else None),
        "many": _many(result, behind),
        "shown": _shown_name(result),
        "style": style,
        "script": script,
        "policy": f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'",
    }
    return _environment().get_template("report.html.j2").render(context)


def _shown(result: Result) -> Plan:
    if isinstance(result, Plan):
        return result
    if isinstance(result, Explanation):
        if result.plan is None:
            raise InputError("report: the model has no plan; its explanation says which limits clash")
        return result.plan
    plans = list(result.plans.values()) if isinstance(result, Comparison) else list(result.plans)
    if not plans:
        raise InputError("report: there is no plan to report on")
    return plans[result.knee] if isinstance(result, Pareto) else plans[0]


def _shown_name(result: Result) -> str:
    if isinstance(result, Comparison):
        return f"portfolio {next(iter(result.plans))}"
    return f"point {result.knee}, the knee of the front" if isinstance(result, Pareto) else ""


def _many(result: Result, behind: Backdrop) -> dict[str, Any] | None:
    if isinstance(result, Comparison):
        return comparison_section(result, behind.zones)
    return pareto_section(result, behind.zones) if isinstance(result, Pareto) else None


def _context(plan: Plan, behind: Backdrop, told: Explanation | None) -> dict[str, Any]:
    world = behind.world
    clean = clean_options(plan, behind)
    words = {} if told is None else {str(row["site"]): str(row["words"]) for row in table_rows(told.sites)}
    groups = evidence.assumptions(plan, world) if world is not None else []
    mapped = atlas(plan, behind.zones, world)
    windows = chosen_windows(plan, clean)
    status = status_text(plan.record)
    return {
        "plan": plan.record,
        "model": plan.model,
        "headline": _headline(plan),
        "carbon_counts": CARBON_COUNTS,
        "status": f"{status[:1].upper()}{status[1:]}.",
        "map": mapped,
        "data": _script_json(
            {
                "candidates": mapped["candidates"],
                "why": words,
                "zones": {
                    z["zone"]: {"name": z["name"], "tints": z["tints"], "told": z["told"]}
                    for z in mapped["zones"]
                },
                "map": {name: mapped[name] for name in ("width", "height", "px")},
            }
        ),
        "sites": _cards(plan, behind, clean, words),
        "mix": site_mix(plan.supply),
        "cost_bars": cost_bars(plan),
        "energy_bars": energy_bars(plan),
        "capex_bars": capex_bars(plan),
        "window_kind": kind_of_window(plan) if windows else "",
        "windows": _drawn(windows),
        "limits": [limit_text(limit) for limit in plan.record["binding"]],
        "prices": [] if told is None else _prices(told),
        "caveat": behind.caveat,
        "groups": groups,
        "kinds": evidence.kinds_counted(groups),
        "cited": evidence.cited(groups, world) if world is not None else [],
        "question": evidence.question(plan),
        "proof": evidence.proof(plan),
        "hours_error": evidence.hours_error(plan),
    }


def _headline(plan: Plan) -> list[dict[str, str]]:
    """The few numbers a plan comes to: value, unit, what it is, and what stands beside it."""
    t = plan.totals
    facts = [
        (
            number(t["it_mw"]),
            "MW",
            "IT power",
            f"{counted(t['sites'], 'site')} in {counted(t['countries'], 'country')}",
        ),
        (number(t["accelerators"]), "", plan.model.load.accelerator, "accelerators"),
        (
            large(t["capex_eur"]),
            "EUR",
            "Investment",
            _budget(plan),
        ),
        (large(t["cash_cost_eur_yr"]), "EUR/yr", "Cost", "annuities and operation"),
        (
            number(t["energy_eur_mwh"]),
            "EUR/MWh",
            "Electricity",
            f"{number(t['facility_mwh'] / 1e3)} GWh/yr, PUE {t['pue']:.3f}",
        ),
        (number(t["carbon_g_kwh"]), "g CO₂e/kWh", "Operational carbon", f"{number(t['carbon_t_yr'])} t/yr"),
        (f"{100 * t['cfe_score']:.1f}", "%", "Carbon-free by the hour", "CFE score of the load"),
    ]
    return [{"value": v, "unit": u, "name": n, "beside": b} for v, u, n, b in facts]


def _budget(plan: Plan) -> str:
    """What a budget allows; where it leaves groups of investment out, what of the plan it counts, and which groups."""
    budget = plan.model.budget
    if budget.capex_eur is None:
        return "overnight"
    groups = plan.costs.groupby("capex_group")["capex_eur"].sum()
    if all(g in budget.counts for g, eur in groups.items() if eur > 0):
        return f"of {large(budget.capex_eur)} EUR allowed"
    counted_eur = float(groups[groups.index.isin(budget.counts)].sum())
    names = ", ".join(capex_name(g) for g in budget.counts)
    return f"{large(counted_eur)} of {large(budget.capex_eur)} EUR allowed for {names}"


def _cards(
    plan: Plan, behind: Backdrop, clean: dict[str, bool], words: dict[str, str]
) -> list[dict[str, Any]]:
    rows = sorted(plan.record["sites"], key=lambda row: (-row["it_mw"], row["site"]))
    attributes = plan.sites.to_dict("index")
    countries = {} if behind.world is None else behind.world.countries["name"].to_dict()
    cards = []
    for i, row in enumerate(rows):
        site = row["site"]
        own = attributes.get(site, {})
        hours = _drawn(chosen_windows(plan, clean, [site])) if i < MOST_HOURLY_CARDS else []
        cards.append(
            {
                **row,
                "name": own.get("name", site),
                "place": countries.get(row["country"], row["country"]),
                "mix": site_mix(plan.supply, [site]),
                "storage": storage_text(plan.supply, site),
                "cooling": ", ".join(option_name(q) for q, mw in row["cooling_mw"].items() if mw > 0),
                "grid_wait_yr": own.get("grid_wait_yr"),
                "costs": site_costs(plan, site),
                "why": [*([words[site]] if site in words else []), *reasons(plan, row)],
                "windows": hours,
            }
        )
    return cards


def _prices(told: Explanation) -> list[dict[str, str]]:
    """Limits of an explained plan: value, use and what one unit more of the value changes the objective by."""
    return [
        {
            "limit": str(row["limit"]),
            "value": f"{number(row['value'])} {row['unit']}",
            "used": number(row["used"]),
            "fixed": _price(row["price_fixed"], row["price_fixed_unit"]),
            "relaxed": _price(row["price_relaxed"], row["price_relaxed_unit"]),
        }
        for row in table_rows(told.limits)
    ]


def _price(value: Any, unit: Any) -> str:
    return (
        "" if value is None or value != value else f"{amount(float(value))} {unit}"
    )  # NaN differs from itself


def _drawn(windows: list[Window]) -> list[dict[str, Any]]:
    """Windows on one common scale, with what a reader who cannot see them is told."""
    if not windows:
        return []
    top, low = scale_of(windows)
    return [
        {
            "role": ROLES[w.role],
            "when": w.when,
            "stands_for_days": _days(w.stands_for_h, len(w.load_mw)),
            "matching": share(w.matching, 1),
            "chart": stack_chart(w, top, low),
            "keys": [{"name": band.name, "tone": band.tone} for band in (*w.used, *w.away)],
            "spoken": f"{ROLES[w.role]}, {w.when}: {share(w.matching, 1)} of the load carbon-free in its hour; "
            + ", ".join(
                f"{band.name} {number(float(band.mw.mean()))} MW on average" for band in (*w.used, *w.away)
            ),
        }
        for w in windows
    ]


def _days(stands_for_h: float, hours: int) -> str:
    """`17 days` of the year; empty for hours that stand for themselves."""
    days = stands_for_h / 24
    return (
        ""
        if stands_for_h == hours and hours > 24
        else f"{number(days)} {'day' if days == 1 else 'days'} of the year"
    )


def amount(value: float | None) -> str:
    """A number with three significant digits at least, and none that tire the eye; a dash if unknown.

    >>> amount(45313.9), amount(9.893), amount(0.30369), amount(-4.344), amount(96.0), amount(None)
    ('45,314', '9.89', '0.30', '-4.34', '96', '-')
    """
    if value is None or not math.isfinite(value):
        return "-"
    digits = 0 if abs(value) >= 1000 or value == round(value) else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def _script_json(value: Any) -> str:
    """JSON that cannot end the script element it stands in, whatever a site is called."""
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


@lru_cache
def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Templates that escape every text put into them, and refuse a name they do not know."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "large": large, "share": share, "amount": amount}
    return environment

"""An explanation in words: prices with their units, binding limits, why each site is in or out, or what clashes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.output.folder import write_study
from siting.output.lines import wrap
from siting.output.words import CARBON_COUNTS, COUNTED, large, number
from siting.units import counted

if TYPE_CHECKING:
    from rich.console import Console

    from siting.study.clash import Clash, Part
    from siting.study.explain import Explanation

WIDTH = 100
ONE_BN = 1e9
# what a limit is moved by in a sentence, and the words for it; the sign says which way is looser
STEPS = {
    "budget.capex_eur": (ONE_BN, "another EUR 1 bn of budget"),
    "budget.cost_eur_yr": (1e6, "another EUR 1 M/yr of cost allowed"),
    "carbon.cap_t_yr": (1.0, "one more tonne of the cap"),
    "carbon.cap_g_kwh": (1.0, "one more g/kWh of the cap"),
    "power.matching.cfe_score_min": (-0.01, "one percentage point less of the score"),
    "target": (1.0, "one more MW of IT asked for"),
    "sites.min": (1.0, "one more site demanded"),
    "sites.max": (1.0, "one more site allowed"),
    "sites.max_per_country": (1.0, "one more site a country"),
    "sites.min_countries": (1.0, "one more country demanded"),
}
# of the values found by optimising; all others are money
UNITS = {
    "target": "MW of IT",
    "carbon.cap_t_yr": "t/yr",
    "carbon.cap_lifecycle_t_yr": "t/yr",
    "budget.cost_eur_yr": "EUR/yr",
}
LABELS = (
    "Prices with sites as in the plan are exact while the sites and their sizes stay; prices of the relaxation let sites "
    "be fractions. Both hold for small steps: a large one meets other limits."
)
FINITE_LABEL = "Re-solved: everything chosen anew, integers included."
NOTHING = 1e-9


def explain_text(explanation: Explanation) -> str:
    """The whole explanation, within 100 columns."""
    body = _plan_lines(explanation) if explanation.clash is None else _clash_lines(explanation.clash)
    notes = _listed("Notes", explanation.notes)
    return "\n".join([explanation.title, *body, *notes])


def print_explanation(console: Console, explanation: Explanation) -> None:
    """Print it."""
    console.out(explain_text(explanation), highlight=False)


def explain_html(explanation: Explanation) -> str:
    """The words, then the tables, for a notebook."""
    tables = [explanation.table, *([explanation.sites] if len(explanation.sites) else [])]
    shown = "".join(table.to_html(float_format=lambda x: f"{x:,.6g}", na_rep="") for table in tables)
    return f"<pre>{escape(explain_text(explanation))}</pre>{shown}"


def write_explanation(explanation: Explanation, folder: Path, overwrite: bool = False) -> Path:
    """explanation.json, explanation_limits.csv, explanation_sites.csv and the plan it speaks of; raises as `write_plan`."""
    files = {
        "explanation.json": (explanation.to_json() + "\n").encode("utf-8"),
        "explanation_limits.csv": explanation.table.to_csv(index=False, lineterminator="\n").encode("utf-8"),
        "explanation_sites.csv": explanation.sites.to_csv(index=False, lineterminator="\n").encode("utf-8"),
    }
    plans = {"plan": explanation.plan} if explanation.plan is not None else {}
    if explanation.clash is not None and explanation.clash.repair is not None:
        plans = {"repaired": explanation.clash.repair.plan}
    return write_study(files, plans, folder, overwrite)


def _plan_lines(explanation: Explanation) -> list[str]:
    rows = explanation.limits.to_dict("records")
    binding = [row for row in rows if row["binds"]]
    free = [row for row in rows if not row["binds"]]
    lines = ["", "Limits that bind"] if binding else ["", "No limit binds"]
    for row in binding:
        lines += _bullet(_limit_head(row), _prices(row))
    if free:
        lines += ["", "Limits with room"]
        for row in free:
            lines += _bullet(f"{_limit_head(row)}, {_amount(row['slack'], row['unit'])} left", _prices(row))
    lines += ["", *_wrapped(LABELS)]
    if any(str(row["limit"]).startswith("carbon.") for row in rows):
        lines += _wrapped(CARBON_COUNTS)
    if any(_known(row["looser_change"]) or _known(row["tighter_change"]) for row in rows):
        lines.append(FINITE_LABEL)
    return lines + _site_lines(explanation)


def _limit_head(row: dict[Any, Any]) -> str:
    return f"{row['limit']} {_amount(row['value'], row['unit'])}, used {_amount(row['used'], row['unit'])}"


def _amount(value: float, unit: str) -> str:
    if unit.startswith("share"):
        return f"{100 * value:.2f} %"
    if unit in {"sites", "countries"}:
        return counted(value, COUNTED[unit])
    return f"{large(value) if unit.startswith('EUR') else number(value)} {unit}"


def _prices(row: dict[Any, Any]) -> Iterator[str]:
    fixed, relaxed = row["price_fixed"], row["price_relaxed"]
    if _known(fixed) and abs(fixed) > NOTHING:
        yield f"{_step_words(row, fixed, row['price_fixed_unit'])}, with the sites as in the plan"
    if _known(relaxed) and abs(relaxed) > NOTHING:
        yield f"{_step_words(row, relaxed, row['price_relaxed_unit'])}, in the relaxation"
    if not any(_known(p) and abs(p) > NOTHING for p in (fixed, relaxed)) and row["binds"]:
        yield "a little more or less of it changes nothing in either linear problem"
    for name in ("looser", "tighter"):
        if isinstance(row[name], str):
            change = row[f"{name}_change"]
            words = _change(change, row["change_unit"]) if _known(change) else "leaves no plan"
            yield f"re-solved with {row[name]}: {words}"


def _step_words(row: dict[Any, Any], price: float, unit: str) -> str:
    step, words = STEPS.get(row["limit"], (1.0, f"one more {row['unit']}"))
    return f"{words} {_change(price * step, unit.partition(' per ')[0])}"


def _change(value: float, unit: str) -> str:
    """A change of the objective in words; less cost and carbon is better, so is more compute (kept as missing MW)."""
    if abs(value) <= NOTHING:
        return "changes nothing"
    if unit.startswith("MW"):
        return f"{'buys' if value < 0 else 'takes'} {number(abs(value))} {unit}"
    size = large(abs(value)) if abs(value) >= 1e5 else number(abs(value))
    verb = ("saves", "costs") if unit.startswith("EUR") else ("avoids", "adds")
    return f"{verb[0] if value < 0 else verb[1]} {size} {unit}"


def _site_lines(explanation: Explanation) -> list[str]:
    rows = explanation.sites.to_dict("records")
    heads = {
        "in": "Why these sites are in",
        "out": "Why these sites are out",
        "no candidate": "No candidates",
    }
    lines: list[str] = []
    for status, head in heads.items():
        mine = [row for row in rows if row["status"] == status]
        mine.sort(key=lambda row: (not _known(row["loss"]), row["loss"] if _known(row["loss"]) else 0.0))
        if mine:
            lines += ["", head]
        for row in mine:
            lines += _bullet(f"{row['name']} ({row['site']}): {row['words']}", ())
    return lines


def _clash_lines(clash: Clash) -> list[str]:
    lines = ["there is no plan"]
    lines += _listed("What arithmetic tells", clash.reasons)
    for i, parts in enumerate(clash.sets, start=1):
        many = f"Clash {i} of {len(clash.sets)}: these" if len(clash.sets) > 1 else "These"
        head = f"{many} limits clash; without any one of them there is a plan"
        alone = all(part.settings for part in parts)
        lines += ["", head if alone and len(clash.sets) == 1 else f"{many} limits clash"]
        for part in parts:
            lines += _bullet(part.text, [_nearest(part)])
    if not clash.sets and not clash.reasons:
        lines += ["", "No limit of the model is to blame: nothing the world offers can supply any candidate."]
    if clash.repair is None:
        return [*lines, "", "No change of a single limit was found that leads to a plan."]
    settings = " ".join(f"--set {_quoted(text)}" for text in clash.repair.settings)
    totals = clash.repair.plan.totals
    return [
        *lines,
        "",
        "Repair (solved)",
        f"  {settings}",
        f"  {counted(totals['sites'], 'site')}, {number(totals['it_mw'])} MW of IT, capex {large(totals['capex_eur'])} EUR, "
        f"cost {large(totals['cost_eur_yr'])} EUR/yr, {number(totals['carbon_t_yr'])} t CO2e/yr",
    ]


def _nearest(part: Part) -> str:
    if not part.settings:
        return "no value of it alone leads to a plan: others clash, too"
    text = f"alone it would have to be {', '.join(part.settings)}"
    if part.bound is None or part.nearest is None:
        return text
    unit = UNITS.get(part.key, "EUR")
    word = "more" if part.key == "target" else "less"
    return f"{text} (no plan with {word} than {_amount(part.bound, unit)})"


def _quoted(text: str) -> str:
    return f"'{text}'" if any(mark in text for mark in "[]{} ") else text


def _known(value: Any) -> bool:
    return value is not None and value == value


def _bullet(head: str, below: Iterable[str]) -> list[str]:
    lines = _wrapped(head, "  - ", "    ")
    for text in below:
        lines += _wrapped(text, "      ", "        ")
    return lines


def _wrapped(text: str, first: str = "", later: str = "") -> list[str]:
    """Lines that never break the name of a site at its hyphen."""
    return wrap(text, WIDTH, initial_indent=first, subsequent_indent=later)


def _listed(title: str, texts: Iterable[str]) -> list[str]:
    found = [line for text in texts for line in _bullet(text, ())]
    return ["", title, *found] if found else []

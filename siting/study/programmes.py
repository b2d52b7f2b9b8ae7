"""Programmes set side by side: what each costs a gigawatt, emits and when it runs, beside what was announced for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from siting.errors import InputError
from siting.inputs.csv_text import read_csv_text
from siting.plan.plan import Plan
from siting.study.compare import bn_eur_gw, power_year, t_per_eflop_year
from siting.units import HOURS_PER_YEAR

COLUMNS = (
    "programme", "quantity", "value", "unit", "year", "kind", "source_title", "source_publisher", "url_or_reference", "note",
)  # fmt: skip
TEXTS = ("programme", "quantity", "unit", "kind", "source_title", "source_publisher")
COMPUTED: dict[str, Callable[[Mapping[str, float], float], float]] = {
    "sites": lambda totals, usd: totals["sites"],
    "countries": lambda totals, usd: totals["countries"],
    "accelerators": lambda totals, usd: totals["accelerators"],
    "power_mw": lambda totals, usd: totals["it_mw"],
    "it_mw": lambda totals, usd: totals["it_mw"],
    "contract_mw": lambda totals, usd: totals["facility_mwh"] / HOURS_PER_YEAR,
    "capex_eur_bn": lambda totals, usd: totals["capex_eur"] / 1e9,
    "capex_usd_bn": lambda totals, usd: totals["capex_eur"] / 1e9 * usd,
}  # an announced quantity, and what a plan has for it (its totals, USD per EUR)
GOAL = "_goal"  # marks what is announced for the end of a programme; with several periods all else is set beside the first


def read_announced(path: Path) -> pd.DataFrame:
    """Announced figures, one row each (columns COLUMNS, `value` and `year` as numbers); InputError names rows and remedies."""
    frame = read_csv_text(path, COLUMNS)
    numbers = {name: pd.to_numeric(frame[name], errors="coerce") for name in ("value", "year")}
    problems = [
        f"{path.name} row {i}: {name} '{frame[name].to_dict()[i]}' is no number; write one or leave the row out"
        for name, values in numbers.items()
        for i in values.index[values.isna()]
    ]
    problems += [
        f"{path.name} row {i}: {name} is empty; every figure has a {name}"
        for name in TEXTS
        for i in frame.index[frame[name].str.strip() == ""]
    ]
    if problems:
        raise InputError(problems)
    return frame.assign(value=numbers["value"].astype(float), year=numbers["year"].astype(int))


def programme_table(plans: Mapping[str, Plan]) -> pd.DataFrame:
    """One row a programme: IT power (MW), accelerators, investment (bn EUR, bn EUR/GW), cost (M EUR/yr), tonnes (t/yr,
    t per EFLOP/s of dense BF16 and year), share of carbon-free energy, first and last year with power, proven gap.
    With several periods everything but the years is of the last one.
    """
    return pd.DataFrame({name: _row(plan) for name, plan in plans.items()}).T.rename_axis("programme")


def _row(plan: Plan) -> dict[str, float | None]:
    years = power_year(plan)
    totals = plan.totals
    return {
        "it_mw": totals["it_mw"],
        "accelerators": totals["accelerators"],
        "capex_bn_eur": totals["capex_eur"] / 1e9,
        "bn_eur_gw": bn_eur_gw(plan),
        "cost_m_eur_yr": totals["cash_cost_eur_yr"] / 1e6,
        "energy_eur_mwh": totals["energy_eur_mwh"],
        "carbon_t_yr": totals["carbon_t_yr"],
        "t_per_eflop_year": t_per_eflop_year(plan),
        "cfe_score": totals["cfe_score"],
        "first_power": float(years.min()) if len(years) else None,
        "last_power": float(years.max()) if len(years) else None,
        "gap": plan.gap,
    }


def beside_announced(plans: Mapping[str, Plan], announced: pd.DataFrame, usd_per_eur: float) -> pd.DataFrame:
    """Announced figures of the programmes, `computed` and `ratio` (computed over announced) where a plan has the quantity."""
    rows = announced[announced["programme"].isin(list(plans))]
    asked = zip(rows["programme"], rows["quantity"], strict=True)
    computed = [_computed(plans[p], q, usd_per_eur) for p, q in asked]
    found = rows.assign(computed=pd.Series(computed, index=rows.index, dtype=float))
    return found.assign(ratio=found["computed"] / found["value"]).reset_index(drop=True)


def announced_bn_gw(announced: pd.DataFrame, usd_per_eur: float) -> pd.Series:
    """Announced investment per announced power, bn EUR/GW, of each programme that states both (USD over `usd_per_eur`)."""
    found: dict[str, float] = {}
    for name, rows in announced.groupby("programme"):
        value = dict(zip(rows["quantity"], rows["value"], strict=True))
        power = value.get("power_mw_built", value.get("power_mw"))
        eur = value.get("capex_eur_bn", value.get("capex_usd_bn", 0.0) / usd_per_eur)
        if power and eur:
            found[str(name)] = eur / (power / 1e3)
    return pd.Series(found, dtype=float)


def _computed(plan: Plan, quantity: str, usd_per_eur: float) -> float | None:
    name, goal, _ = quantity.partition(GOAL)
    if name not in COMPUTED:
        return None
    shown = plan if goal or not plan.stages else next(iter(plan.stages.values()))
    return COMPUTED[name](shown.totals, usd_per_eur)

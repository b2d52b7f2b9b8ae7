"""`site_rules.csv`: what a candidate site is assumed to have where nothing is published about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.errors import InputError
from siting.inputs.csv_text import read_csv_text
from siting.inputs.world_checks import KINDS, SITE_RAMP, first_few, number_of, value_problem

COLUMNS = (
    "rule", "site_kind", "country", "site", "population_min",
    "quantity", "value", "unit", "year", "kind", "source", "note",
)  # fmt: skip
WORDS = {
    "grid_mw": "grid", "line_km": "line", "land_ha": "land", "grid_wait_yr": "wait", "restricted": "restricted",
    SITE_RAMP: "ramp",
}  # fmt: skip
NEEDED = (
    "grid_mw",
    "grid_wait_yr",
    "line_km",
    "land_ha",
)  # columns of sites.csv; `restricted` and a ramp may stay unknown


def read_rules(folder: Path) -> pd.DataFrame:
    """The rules in file order, `value` and `population_min` as numbers; InputError lists every bad row."""
    rules = read_csv_text(folder / "site_rules.csv", COLUMNS)
    problems = [
        f"site_rules.csv row {line} ({row['rule']}): {problem}"
        for line, row in zip(rules.index, rules.to_dict("records"), strict=True)
        if (problem := _problem({str(k): str(v) for k, v in row.items()}))
    ]
    if problems:
        raise InputError(first_few(problems))
    people = rules["population_min"].replace("", "0").astype(float)
    return rules.assign(value=rules["value"].astype(float), population_min=people)


def _problem(row: dict[str, str]) -> str:
    value = number_of(row["value"])
    if row["quantity"] not in WORDS:
        return f"quantity '{row['quantity']}' is unknown; known: {', '.join(WORDS)}"
    if value is None or (row["population_min"] and number_of(row["population_min"]) is None):
        return "value and population_min are numbers; correct them"
    if row["kind"] not in KINDS:
        return f"kind '{row['kind']}'; write one of {', '.join(KINDS)}"
    return value_problem(row["quantity"], value, row["unit"])


def apply_rules(sites: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    """Add every ruled quantity with its `_kind`, and a `note` that says which rules held.

    `sites`: columns site, kind, country, population (people). A rule holds where each of its selectors is empty or fits;
    of several rules for one quantity the last in the file counts; a ramp that no rule gives is no column.
    Raises InputError if a needed quantity has no rule.
    """
    ruled = [q for q in WORDS if q != SITE_RAMP or q in set(rules["quantity"])]
    held = {quantity: np.full(len(sites), -1) for quantity in ruled}
    for position, rule in enumerate(rules.itertuples()):
        held[str(rule.quantity)][_fits(sites, rule)] = position
    for quantity in NEEDED:
        without = sites["site"][held[quantity] < 0]
        if len(without):
            raise InputError(f"site_rules.csv: no rule gives {quantity} to '{without.iloc[0]}'; add one")
    result = sites.copy()
    for quantity, which in held.items():
        result[quantity] = np.where(which < 0, np.nan, rules["value"].to_numpy()[which])
        result[f"{quantity}_kind"] = np.where(which < 0, "", rules["kind"].to_numpy()[which])
    notes = rules["note"].to_numpy()
    result["note"] = [
        _note({q: str(notes[which[i]]) for q, which in held.items() if which[i] >= 0})
        for i in range(len(sites))
    ]
    return result


def _fits(sites: pd.DataFrame, rule: Any) -> NDArray[np.bool_]:
    fits: NDArray[np.bool_] = (sites["population"] >= rule.population_min).to_numpy()
    for column, selector in (("kind", "site_kind"), ("country", "country"), ("site", "site")):
        wanted = getattr(rule, selector)
        if wanted:
            fits = fits & (sites[column] == wanted).to_numpy()
    return fits


def _note(notes: dict[str, str]) -> str:
    """`grid, line, land: rule for ...; wait: ...`: quantities that share a reason share its words."""
    shared: dict[str, list[str]] = {}
    for quantity, note in notes.items():
        shared.setdefault(note, []).append(WORDS[quantity])
    return "; ".join(f"{', '.join(words)}: {note}" for note, words in shared.items())

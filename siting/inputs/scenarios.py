"""Scenarios: named overlays of planning-model keys, several in one YAML file, and weather years."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from siting.errors import InputError
from siting.inputs.load import Draft, overlaid, read_yaml
from siting.inputs.planning import PlanningModel

KEYS = ("why", "probability_share", "model")
SUM_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Scenario:
    """A state of the world a plan may meet: the model under it, why it is asked about, and how likely it is taken to be."""

    name: str
    model: PlanningModel
    probability_share: float
    why: str = ""


def read_scenarios(
    model: PlanningModel, file: str | Path | None = None, weather_years: Sequence[int] = ()
) -> tuple[Scenario, ...]:
    """Scenarios of a file, of weather years, or of both crossed.

    The file maps a scenario's name to `model` (keys of the planning model, as in a portfolio), `why` (text) and
    `probability_share` (all of them or none: then all count the same). Raises InputError with every problem at once.
    """
    rows = _of_file(model, Path(file)) if file is not None else [("", model, 1.0, "")]
    if not weather_years:
        found = [Scenario(*row) for row in rows]
    else:
        found = [_in_year(row, year, len(weather_years)) for row in rows for year in weather_years]
    _check(model, found, weather_years, rows)
    return tuple(found)


def _of_file(model: PlanningModel, path: Path) -> list[tuple[str, PlanningModel, float, str]]:
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; give a YAML file of scenarios (models/README.md shows one, under Scenarios)"
        )
    draft = read_yaml(path)
    problems = [problem for name in draft.values for problem in _problems(draft, name)]
    if problems:
        raise InputError(problems)
    shares = {name: entry.get("probability_share") for name, entry in draft.values.items()}
    given = [name for name, share in shares.items() if share is not None]
    missing = [name for name in shares if name not in given]
    if given and missing:
        raise InputError(
            f"{path}: probability_share is missing for {', '.join(missing)}; give it to all scenarios or none"
        )
    if given and abs(math.fsum(shares.values()) - 1.0) > SUM_TOLERANCE:
        raise InputError(
            f"{path}: probability_share sums to {math.fsum(shares.values()):,.6g} over the scenarios, not to 1"
        )
    rows = []
    for name, entry in draft.values.items():
        share = float(shares[name]) if given else 1.0 / len(shares)
        try:
            rows.append((name, _overlaid(model, draft, name), share, str(entry.get("why", ""))))
        except InputError as error:
            problems += [f"scenario {name}: {problem}" for problem in error.problems]
    if problems:
        raise InputError(problems)
    return rows


def _problems(draft: Draft, name: str) -> list[str]:
    """What is wrong with a scenario before its keys are laid over the model."""
    entry, place = draft.values[name], draft.place((name,))
    if not isinstance(entry, dict):
        return [f"{place}: scenario {name} is no mapping; write its keys under `model:`"]
    found = [
        f"{draft.place((name, key))}: unknown key {name}.{key}; a scenario has {', '.join(KEYS)} - keys of the planning "
        "model stand under `model`"
        for key in entry
        if key not in KEYS
    ]
    if not isinstance(entry.get("model", {}), dict):
        found.append(
            f"{draft.place((name, 'model'))}: {name}.model is no mapping; write keys of the planning model"
        )
    share = entry.get("probability_share")
    number = isinstance(share, int | float) and not isinstance(share, bool) and 0 < share <= 1
    if share is not None and not number:
        found.append(
            f"{draft.place((name, 'probability_share'))}: {name}.probability_share = {share!r}; give a share above 0, at most 1"
        )
    return found


def _overlaid(model: PlanningModel, file: Draft, name: str) -> PlanningModel:
    places = {path[2:]: place for path, place in file.places.items() if path[:2] == (name, "model")}
    return overlaid(model, Draft(file.values[name].get("model", {}), places))


def _in_year(row: tuple[str, PlanningModel, float, str], year: int, years: int) -> Scenario:
    name, model, share, why = row
    return Scenario(
        f"{name} {year}".strip(), model.with_(**{"time.weather_years": [year]}), share / years, why
    )


def _check(
    model: PlanningModel,
    found: Sequence[Scenario],
    weather_years: Sequence[int],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    problems = []
    if len(found) < 2:
        problems.append("robust needs two scenarios at least: give a file with more, or two weather years")
    if len(set(weather_years)) < len(weather_years):
        problems.append(f"years {', '.join(map(str, weather_years))}: one is given twice; keep one")
    if weather_years:
        problems += [
            f"scenario {name} sets time.weather_years itself; leave it out there or give no years"
            for name, changed, *_ in rows
            if changed.time.weather_years != model.time.weather_years
        ]
    problems += [
        f"scenario {scenario.name} changes the objective; regret compares plans of one objective"
        for scenario in found
        if scenario.model.objective != model.objective
    ]
    if problems:
        raise InputError(problems)

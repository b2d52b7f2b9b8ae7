"""What is set side by side: models, models under portfolio overlays, and saved plans, each under a name of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from siting.errors import InputError
from siting.inputs.load import load, with_portfolio
from siting.inputs.planning import PlanningModel
from siting.plan.plan import Plan
from siting.plan.read import read_plan

DEFAULT_PORTFOLIOS = ("cost", "green")  # of a single model, which alone is no comparison
YAML = {".yaml", ".yml"}
Question = PlanningModel | Plan | str | Path
Entry = PlanningModel | Plan
Item = TypeVar("Item")


def named_entries(
    asked: Question | Sequence[Question] | Mapping[str, Question], portfolios: Sequence[str] | None = None
) -> dict[str, Entry]:
    """Models to solve and plans to read back, by name, in the order given.

    A text or path is a planning model, or the output folder of a plan. Every model comes once under each portfolio
    (saved plans stay as they are); names are those of the portfolios for one model, `model-portfolio` for several.
    Raises InputError for fewer than two, for a name given twice or two that would share a folder, and for what cannot be read.
    """
    found = {name: opened(question) for name, question in _named(asked)}
    models = {name: entry for name, entry in found.items() if isinstance(entry, PlanningModel)}
    if portfolios is None:
        portfolios = DEFAULT_PORTFOLIOS if len(found) == len(models) == 1 else ()
    if portfolios and not models:
        raise InputError(
            f"portfolios {', '.join(portfolios)}: are overlays on models, and only saved plans are compared; leave them out"
        )
    rows = [row for name, entry in found.items() for row in _under(name, entry, portfolios, len(models) == 1)]
    entries = dict(once(rows))
    if len(entries) < 2:
        raise InputError(
            f"compare needs at least two different portfolios, models or saved plans, got {', '.join(entries) or 'none'}"
        )
    plan_folders(entries)
    return entries


def opened(question: Question) -> Entry:
    """A planning model, or the plan saved in an output folder."""
    if isinstance(question, PlanningModel | Plan):
        return question
    return read_plan(question) if Path(question).is_dir() else load(question)


def split_name(text: str) -> tuple[str, str]:
    """`NAME=PATH` as (name, path); without a name it is the stem of the path.

    >>> split_name("before=out/plan-1"), split_name("out/plan-1")
    (('before', 'out/plan-1'), ('plan-1', 'out/plan-1'))
    """
    name, sign, path = text.partition("=")
    if sign and name and path and "/" not in name and not Path(text).exists():
        return name, path
    return _stem(text), text


def _named(asked: Question | Sequence[Question] | Mapping[str, Question]) -> list[tuple[str, Question]]:
    if isinstance(asked, Mapping):
        return list(asked.items())
    questions = [asked] if isinstance(asked, str | Path | PlanningModel | Plan) else list(asked)
    return once([(_name(question), question) for question in questions])


def _name(question: Question) -> str:
    if isinstance(question, PlanningModel):
        return question.title
    if isinstance(question, Plan):
        return str(question.record["title"])
    return _stem(question)


def _stem(path: str | Path) -> str:
    place = Path(path)
    return place.resolve().name if place.is_dir() else plain_name(place)


def plain_name(path: str | Path) -> str:
    """The last part of a path, without the suffix of a YAML file.

    >>> plain_name("overlays/green.yaml"), plain_name("base-1.5")
    ('green', 'base-1.5')
    """
    place = Path(path)
    return place.stem if place.suffix.lower() in YAML else place.name


def plan_folders(names: Iterable[str]) -> dict[str, str]:
    """The folder each plan of a comparison is written to; InputError if two would share one."""
    found = {name: plain_name(name) for name in names}
    if len(set(found.values())) < len(found):
        raise InputError(
            f"portfolios {', '.join(found)}: two share a name; rename one, each gets a folder of its name"
        )
    return found


def once(rows: Sequence[tuple[str, Item]]) -> list[tuple[str, Item]]:
    """The rows, refused if two have the same name."""
    names = [name for name, _ in rows]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            [
                f"two are called '{name}'; name them: NAME=PATH on the command line, a mapping in Python"
                for name in twice
            ]
        )
    return list(rows)


def _under(name: str, entry: Entry, portfolios: Sequence[str], alone: bool) -> list[tuple[str, Entry]]:
    """An entry once under each portfolio; a saved plan, and a model without portfolios, as it is."""
    if isinstance(entry, Plan) or not portfolios:
        return [(name, entry)]
    return [
        (p if alone else f"{name}-{plain_name(p)}", with_portfolio(entry, p))
        for p in dict.fromkeys(portfolios)
    ]

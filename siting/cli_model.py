"""Options of the command line that several commands share, and the planning model they make together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from siting.cli_output import WAITS_FOR_JSON
from siting.errors import InputError
from siting.units import counted

if TYPE_CHECKING:
    from siting.inputs.planning import PlanningModel
    from siting.solver.cluster import DaskCluster

HOURS_PER_DAY = 24
EPILOG = "Exit codes: 0 solved, 1 unexpected, 2 bad input or usage, 3 infeasible, 4 stopped without a plan."

Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="Path of a planning model, or the name of a bundled one.")
]
Budget = Annotated[
    float | None, typer.Option("--budget", metavar="EUR", help="Overnight investment that may be spent.")
]
Objective = Annotated[Literal["cost", "carbon", "compute"] | None, typer.Option(help="What to optimise.")]
Method = Annotated[Literal["whole", "frontier", "auto"] | None, typer.Option(help="How to solve.")]
Hours = Annotated[
    str | None,
    typer.Option(
        metavar="N|full", help="Modelled hours: whole days (or weeks, as in the model), or the full year."
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY.PATH=VALUE", help="Change a key of the model; repeatable."),
]
Out = Annotated[Path | None, typer.Option("-o", "--out", metavar="OUT", help="Write the output folder.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an existing output of siting.")]


def _machine(asked: bool) -> bool:
    """Errors are told in JSON, too."""
    WAITS_FOR_JSON.set(asked)
    return asked


AsJson = Annotated[
    bool, typer.Option("--json", callback=_machine, help="Print JSON for machines and nothing else.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress on stderr.")]
Silent = Annotated[bool, typer.Option("--quiet", help="Print nothing if all is well: the exit code tells.")]
Portfolio = Annotated[
    str | None, typer.Option("--portfolio", metavar="NAME", help="Overlay: cost, balanced, green or a file.")
]

Sites = Annotated[
    str | None,
    typer.Option("--sites", metavar="FILE", help="Candidates of your own instead of the world's."),
]
Workers = Annotated[
    str | None,
    typer.Option("--workers", metavar="dask://HOST:PORT", help="Price supply classes on this Dask cluster."),
]
NoCache = Annotated[
    bool,
    typer.Option("--no-cache", help="Neither reuse nor keep what earlier runs found about supply classes."),
]


@contextmanager
def hired(workers: str | None, model: PlanningModel) -> Iterator[DaskCluster | None]:
    """The Dask cluster of --workers, let go of afterwards; None without the option. Raises InputError."""
    if workers is None:
        yield None
        return
    if model.is_whole:
        raise InputError(
            f"--workers {workers}: method whole is one problem for one machine; leave the option out, or "
            "use --method frontier"
        )
    from siting.solver.cluster import cluster_at

    cluster = cluster_at(workers)
    try:
        yield cluster
    finally:
        cluster.close()


def question(
    model: str,
    budget: float | None,
    objective: str | None,
    method: str | None,
    hours: str | None,
    setting: list[str] | None,
    portfolio: str | None,
    sites: str | None = None,
) -> PlanningModel:
    """The planning model under the options of the command line; --set has the last word."""
    from siting.inputs.load import load

    given = {
        "budget.capex_eur": budget,
        "objective": objective,
        "solve.method": method,
        "sites.file": sites,
    }
    overlays: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    settings = _settings(setting)
    if hours is not None:
        overlays["time.representative"] = _hours(hours, load(model, overlays, portfolio))
    return load(model, {**overlays, **settings}, portfolio)


def _settings(setting: list[str] | None) -> dict[str, Any]:
    """Keys and values of --set; InputError for a key that is set twice, under whatever of its names."""
    from siting.inputs.load import full_key, parse_setting

    found: dict[str, Any] = {}
    for text in setting or []:
        key, value = parse_setting(text)
        if full_key(key) in found:
            raise InputError(f"--set {text}: {full_key(key)} is set twice; keep one")
        found[full_key(key)] = value
    return found


def _hours(text: str, model: PlanningModel) -> Any:
    """`time.representative` for --hours: periods as long as the model's (days if it has all hours) that keep its extremes."""
    if text == "full":
        return "full"
    wanted = model.time.representative
    keep = [] if wanted == "full" else list(wanted.keep)
    long = HOURS_PER_DAY if wanted == "full" else wanted.hours
    number = int(text) // long if text.isdecimal() else 0
    if number < 1 or int(text) % long:
        days = (
            ""
            if long == HOURS_PER_DAY
            else "; days: --set time.representative={periods: N, hours: 24, keep: []}"
        )
        raise InputError(
            f"--hours {text}: write a multiple of {long} such as {12 * long}, as the model's periods have {long} hours, "
            f"or full{days}"
        )
    if number <= len(keep):
        period = "day" if long == HOURS_PER_DAY else "week"
        raise InputError(
            f"--hours {text}: the model keeps {counted(len(keep), period)} of extremes ({', '.join(keep)}) beside typical "
            f"ones; give at least {long * (len(keep) + 1)}"
        )
    return {"periods": number, "hours": long, "keep": keep}


def refuse_overridden(setting: list[str] | None, budget: float | None, portfolios: list[str]) -> None:
    """InputError for an option that a portfolio overlay would undo without a word."""
    from siting.inputs.load import read_portfolio

    keys = [*_settings(setting), *(["budget.capex_eur"] if budget is not None else [])]
    overlays = {name: read_portfolio(name).places for name in portfolios}
    problems = [
        f"{key}: portfolio {name} sets it itself, so that --set has no effect there; change the overlay or leave it out"
        for key in keys
        for name, places in overlays.items()
        if tuple(key.split(".")) in places
    ]
    if problems:
        raise InputError(problems)

"""The command `explain`: prices of limits, why sites are in or out, or why there is no plan and what would give one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from siting.cli_model import (
    AsJson,
    Budget,
    Hours,
    Method,
    NoCache,
    Objective,
    Out,
    Overwrite,
    Portfolio,
    Quiet,
    Settings,
    Sites,
    Workers,
    hired,
    question,
)
from siting.cli_output import check_out, print_json, save, stdout
from siting.errors import InfeasibleError, InputError


def explain(
    model: Annotated[
        str, typer.Argument(metavar="MODEL|OUT", help="A planning model, or the output folder of a plan.")
    ],
    site: Annotated[
        list[str] | None,
        typer.Option(
            "--site", metavar="ID|all", help="Why this candidate is in or out [default: the sites built]."
        ),
    ] = None,
    finite: Annotated[
        bool, typer.Option("--finite", help="Also solve anew with every limit 1 % looser and tighter.")
    ] = False,
    budget: Budget = None,
    objective: Objective = None,
    method: Method = None,
    hours: Hours = None,
    setting: Settings = None,
    portfolio: Portfolio = None,
    sites: Sites = None,
    workers: Workers = None,
    no_cache: NoCache = False,
    out: Out = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """What another euro or tonne would change, why a site is in or out, or why no plan exists and what would give one."""
    check_out(out, overwrite)
    options = (budget, objective, method, hours, setting, portfolio, sites)
    saved = Path(model).is_dir()
    if saved and any(option for option in options):
        raise InputError(
            f"{model}: is a finished plan; options that change its model do not apply, explain the model"
        )
    from siting import api_study
    from siting.output.explain_text import print_explanation
    from siting.output.reporter import ProgressReporter

    asked = api_study.opened(model) if saved else question(model, *options)
    with hired(workers, api_study.model_of(asked)) as pool, ProgressReporter(quiet) as report:
        found = api_study.explain(asked, _named(site), finite, report, pool, not no_cache)
    if as_json:
        print_json(found.record())
    else:
        print_explanation(stdout(), found)
    save(found, out, overwrite, quiet)
    if not found.solved:
        raise typer.Exit(InfeasibleError.exit_code)


def _named(site: list[str] | None) -> str | list[str] | None:
    """`all` asks for every candidate."""
    return "all" if site == ["all"] else site

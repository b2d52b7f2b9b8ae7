"""The command `robust`: regret of plans over scenarios."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from siting.cli_model import (
    AsJson,
    Budget,
    Hours,
    Method,
    Model,
    NoCache,
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
from siting.errors import InputError


def robust(
    model: Model,
    scenarios: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="YAML: scenarios by name, each with keys under `model`."),
    ] = None,
    years: Annotated[
        str | None, typer.Option(metavar="Y,Y,...", help="Weather years, each a scenario.")
    ] = None,
    plans: Annotated[
        str | None,
        typer.Option(metavar="OUT,OUT,...", help="Saved plans to judge beside the scenarios' optima."),
    ] = None,
    candidates: Annotated[
        int, typer.Option(min=0, max=100_000, help="Most sets of sites to try beyond the optima; 0 for none.")
    ] = 40,
    fix: Annotated[
        Literal["sites", "sizes", "investments"], typer.Option(help="What a plan keeps in another scenario.")
    ] = "sites",
    budget: Budget = None,
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
    """Regret of plans over scenarios and weather years, and the plan whose worst regret is least."""
    check_out(out, overwrite)
    asked = question(model, budget, None, method, hours, setting, portfolio, sites)
    from siting import api_robust
    from siting.output.reporter import ProgressReporter
    from siting.output.robust_text import print_robust

    weather, folders = _years(years), _split(plans)
    with hired(workers, asked) as pool, ProgressReporter(quiet) as report:
        found = api_robust.robust(
            asked, scenarios, weather, folders, candidates, fix, report, pool, not no_cache
        )
    if as_json:
        print_json(found.record)
    else:
        print_robust(stdout(), found)
    save(found, out, overwrite, quiet)


def _years(text: str | None) -> list[int]:
    wrong = [part for part in _split(text) if not part.isdecimal()]
    if wrong:
        raise InputError(
            f"--years {text}: '{wrong[0]}' is no year; write years with commas, e.g. --years 2018,2019"
        )
    return [int(part) for part in _split(text)]


def _split(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]

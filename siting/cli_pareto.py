"""The command `pareto`: one quantity against another."""

from __future__ import annotations

import json
from typing import Annotated

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


def pareto(
    model: Model,
    points: Annotated[int, typer.Option(min=2, max=200, help="Plans along the front, ends included.")] = 12,
    of: Annotated[
        str,
        typer.Option(
            "--of",
            metavar="A,B",
            help="cost, carbon or compute against carbon, compute, capex, carbon_intensity or cfe.",
        ),
    ] = "cost,carbon",
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
    """Cost against carbon (or another pair): the plans no other beats on both, what comes and goes along them, the knee."""
    check_out(out, overwrite)
    asked = question(model, budget, None, method, hours, setting, portfolio, sites)
    from siting import api_study
    from siting.output.curve import print_pareto
    from siting.output.reporter import ProgressReporter

    names = [name.strip() for name in of.split(",") if name.strip()]
    with hired(workers, asked) as pool, ProgressReporter(quiet) as report:
        front = api_study.pareto(asked, points, report, pool, not no_cache, names)
    if as_json:
        print_json(json.loads(front.to_json()))
    else:
        print_pareto(stdout(), front)
    save(front, out, overwrite, quiet)

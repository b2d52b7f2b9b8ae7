"""The command alternatives: plans almost as cheap as the best, as different from it and each other as can be."""

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
)  # fmt: skip
from siting.cli_output import check_out, print_json, save, stdout


def alternatives(
    model: Model,
    slack: Annotated[
        float, typer.Option(metavar="SHARE", help="How much dearer than the least cost: 0.05 is 5 %.")
    ] = 0.05,
    number: Annotated[int, typer.Option(min=1, max=200, help="Alternatives to look for.")] = 10,
    apart: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Least distance of two plans: share of IT MW at other sites + half the L1 distance of energy shares.",
        ),
    ] = 0.05,
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
    """Plans almost as cheap but as different as can be: which sites are always, sometimes, never in."""
    check_out(out, overwrite)
    asked = question(model, budget, None, method, hours, setting, portfolio, sites)
    from siting import api_study
    from siting.output.alternatives_text import print_alternatives
    from siting.output.reporter import ProgressReporter

    with hired(workers, asked) as pool, ProgressReporter(quiet) as report:
        found = api_study.alternatives(asked, slack, number, apart, report, pool, not no_cache)
    if as_json:
        print_json(json.loads(found.to_json()))
    else:
        print_alternatives(stdout(), found)
    save(found, out, overwrite, quiet)

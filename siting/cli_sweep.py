"""`siting sweep`: one key over a range of values, or a tornado of what moves the answer most."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siting.cli_model import (
    AsJson,
    Hours,
    Method,
    Model,
    NoCache,
    Out,
    Overwrite,
    Portfolio,
    Quiet,
    Settings,
    Workers,
    hired,
    question,
)
from siting.cli_output import check_out, print_json, save, stdout
from siting.errors import InputError

if TYPE_CHECKING:
    from siting.inputs.planning import PlanningModel
    from siting.solver.cluster import DaskCluster
    from siting.study.sweep import Sweep
    from siting.study.tornado import Tornado

DEFAULT_BY = 0.2  # a scenario: how far a tornado moves each value unless told


def sweep(
    model: Model,
    over: Annotated[
        str | None,
        typer.Option(
            metavar="KEY=A..B:N",
            help="A key of the model and its values, or KEY=A,B,C. Short: budget, target, carbon_price, wacc, gas_price, "
            "gpu_price; factor.NAME is a factor on values of the world.",
        ),
    ] = None,
    tornado: Annotated[bool, typer.Option("--tornado", help="Move each value down and up instead.")] = False,
    by: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help=f"How far a tornado moves, a scenario [default: {DEFAULT_BY}]."),
    ] = None,
    factors: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...", help="What a tornado moves [default: all factors, wacc, allowances]."
        ),
    ] = None,
    method: Method = None,
    hours: Hours = None,
    setting: Settings = None,
    portfolio: Portfolio = None,
    workers: Workers = None,
    no_cache: NoCache = False,
    out: Out = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """One value over a range, or (--tornado) which of many values moves cost, carbon and sites most."""
    check_out(out, overwrite)
    if (over is None) != tornado:
        raise InputError(
            "sweep: give --over KEY=A..B:N for one value, or --tornado for many (one of the two)"
        )
    if not tornado and (by is not None or factors is not None):
        raise InputError("sweep: --by and --factors belong to --tornado; leave them out, or leave out --over")
    asked = question(model, None, None, method, hours, setting, portfolio)
    from siting.output.reporter import ProgressReporter
    from siting.output.sweep_text import print_study, sweep_text, tornado_text

    result: Sweep | Tornado
    with hired(workers, asked) as pool, ProgressReporter(quiet) as report:
        if over is not None:
            result = swept = _swept(asked, over, report, pool, not no_cache)
            text = sweep_text(swept)
        else:
            result = blown = _blown(
                asked, factors, DEFAULT_BY if by is None else by, report, pool, not no_cache
            )
            text = tornado_text(blown)
    if as_json:
        print_json(json.loads(result.to_json()))
    else:
        print_study(stdout(), text)
    save(result, out, overwrite, quiet)


def _swept(asked: PlanningModel, over: str, report: Any, pool: DaskCluster | None, cache: bool) -> Sweep:
    from siting import api_study

    return api_study.sweep(asked, over, report, pool, cache)


def _blown(
    asked: PlanningModel, factors: str | None, by: float, report: Any, pool: DaskCluster | None, cache: bool
) -> Tornado:
    from siting import api_study

    names = None if factors is None else [name.strip() for name in factors.split(",") if name.strip()]
    return api_study.tornado(asked, names, by, report, pool, cache)

"""Commands about many plans: compare, and the list of all of them."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from siting.cli_alternatives import alternatives
from siting.cli_explain import explain
from siting.cli_model import (
    AsJson,
    Budget,
    Hours,
    Method,
    NoCache,
    Out,
    Overwrite,
    Quiet,
    Settings,
    Sites,
    Workers,
    hired,
    question,
    refuse_overridden,
)  # fmt: skip
from siting.cli_output import check_out, print_json, save, stdout
from siting.cli_pareto import pareto
from siting.cli_robust import robust
from siting.cli_sweep import sweep
from siting.errors import InputError


def compare(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="[NAME=]MODEL|OUT ...",
            help="Planning models (paths or bundled names) and output folders of saved plans; the first is the reference.",
        ),
    ],
    portfolios: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...",
            help="Overlays that every model is solved under [default for one model: cost,green].",
        ),
    ] = None,
    budget: Budget = None,
    method: Method = None,
    hours: Hours = None,
    setting: Settings = None,
    sites: Sites = None,
    workers: Workers = None,
    no_cache: NoCache = False,
    out: Out = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Plans side by side: sites, MW, EUR, t, CFE score, mix, what a tonne less costs, and what differs."""
    check_out(out, overwrite)
    from siting import api_study
    from siting.output.comparison_text import print_comparison
    from siting.output.folder import comparison_record
    from siting.output.reporter import ProgressReporter
    from siting.study.entries import DEFAULT_PORTFOLIOS

    named, folders = _named(models)
    asked = {
        name: path if name in folders else question(path, budget, None, method, hours, setting, None, sites)
        for name, path in named.items()
    }
    options = (budget, method, hours, setting, sites, workers)
    if len(folders) == len(named) and any(option is not None for option in options):
        raise InputError(
            "compare: only saved plans are given, which are not solved again; leave out options of models"
        )
    names = _split(portfolios) if portfolios is not None or len(named) > 1 else list(DEFAULT_PORTFOLIOS)
    refuse_overridden(setting, budget, names)
    first = next((entry for entry in asked.values() if not isinstance(entry, str)), None)
    with (
        hired(workers, first) if first is not None else nullcontext() as pool,
        ProgressReporter(quiet) as report,
    ):
        comparison = api_study.compare(asked, names, report, pool, not no_cache)
    if as_json:
        plans = {name: plan.record for name, plan in comparison.plans.items()}
        print_json({**comparison_record(comparison), "plans": plans})
    else:
        print_comparison(stdout(), comparison)
    save(comparison, out, overwrite, quiet)


def _named(texts: list[str]) -> tuple[dict[str, str], set[str]]:
    """Paths by name, and which are folders of saved plans; InputError for a name given twice."""
    from siting.study.entries import once, split_name

    named = dict(once([split_name(text) for text in texts]))
    return named, {name for name, path in named.items() if Path(path).is_dir()}


def _split(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


STUDIES = (compare, sweep, pareto, robust, alternatives, explain)

"""The command line: results on stdout, progress on stderr, and an exit code that says how it ended."""

from __future__ import annotations

import io
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from siting.cli_cache import cache
from siting.cli_data import data
from siting.cli_export import export
from siting.cli_model import (
    EPILOG,
    AsJson,
    Budget,
    Hours,
    Method,
    Model,
    NoCache,
    Objective,
    Out,
    Overwrite,
    Portfolio,
    Quiet,
    Settings,
    Silent,
    Sites,
    Workers,
    hired,
    question,
)
from siting.cli_output import WAITS_FOR_JSON, check_out, print_json, save, say, stdout
from siting.cli_study import STUDIES
from siting.errors import AuditError, SitingError, StoppedError


class Guarded(TyperGroup):
    """Every error a user can cause is a clean message on stderr (with --json an object on stdout, too) and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a traceback only if --debug asks for it."""
        WAITS_FOR_JSON.set(False)
        try:
            return super().invoke(ctx)
        except SitingError as error:
            if ctx.params.get("debug"):
                traceback.print_exc()
            found = error
        except KeyboardInterrupt:
            found = StoppedError("stopped before the end; what was asked for is not written")
        if WAITS_FOR_JSON.get():
            print_json(found.record)
        say(f"error: {found}", err=True)
        raise typer.Exit(found.exit_code)


app = typer.Typer(
    name="siting",
    cls=Guarded,
    help="Decide where in the EU to build AI data centres, and how to power them.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Decide where in the EU to build AI data centres, and how to power them."""


@app.command(epilog=EPILOG)
def solve(
    model: Model,
    budget: Budget = None,
    objective: Objective = None,
    method: Method = None,
    hours: Hours = None,
    setting: Settings = None,
    sites: Sites = None,
    portfolio: Portfolio = None,
    workers: Workers = None,
    no_cache: NoCache = False,
    out: Out = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Solve a siting plan: which sites, how large, powered how."""
    check_out(out, overwrite)
    asked = question(model, budget, objective, method, hours, setting, portfolio, sites)
    from siting import api
    from siting.output.reporter import ProgressReporter
    from siting.output.terminal import print_plan

    with hired(workers, asked) as pool, ProgressReporter(quiet) as report:
        plan = api.solve(asked, report, pool, not no_cache)
    if as_json:
        print_json(plan.record)
    else:
        print_plan(stdout(), plan)
    save(plan, out, overwrite, quiet)


@app.command(epilog=EPILOG)
def check(
    model: Model,
    budget: Budget = None,
    objective: Objective = None,
    method: Method = None,
    hours: Hours = None,
    setting: Settings = None,
    sites: Sites = None,
    portfolio: Portfolio = None,
    as_json: AsJson = False,
    quiet: Silent = False,
) -> None:
    """Validate everything, solve nothing; print the merged model."""
    asked = question(model, budget, objective, method, hours, setting, portfolio, sites)
    from siting import api

    checked = api.check(asked)
    merged = checked.model.model_dump(mode="json")
    if as_json:
        told = {"notes": list(checked.notes), "rules": list(checked.rules)}
        print_json({"model": merged, "numbers": checked.numbers, **told})
    if as_json or quiet:
        return
    import yaml

    typer.echo(
        yaml.safe_dump(merged, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None)
    )
    for name, text in checked.numbers.items():
        say(f"{name + ':':<18} {text}")
    for rule in checked.rules:
        say(f"national rule: {rule}")
    for note in checked.notes:
        say(f"note: {note}")
    say("ok: every check short of solving passed")


@app.command(epilog=EPILOG)
def audit(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="Output folder of a finished plan.")],
    as_json: AsJson = False,
    quiet: Silent = False,
) -> None:
    """Recompute every limit, cost and tonne of a saved plan, without the solver."""
    from siting import api

    findings = api.audit_folder(folder)
    if findings:
        raise AuditError(findings)
    if as_json:
        print_json({"findings": findings})
    elif not quiet:
        say(f"{folder}: every limit, cost and tonne recomputes")


@app.command(epilog=EPILOG)
def redispatch(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="Output folder of a finished plan.")],
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Operate a plan over every hour of its year as built: the cost of choosing it by a few periods."""
    from siting import api
    from siting.output.reporter import ProgressReporter
    from siting.output.shortcut import redispatch_text

    with ProgressReporter(quiet) as report:
        result = api.redispatch(folder, report)
    if as_json:
        print_json(result.record)
    else:
        typer.echo(redispatch_text(result))


@app.command()
def models(as_json: AsJson = False) -> None:
    """List the bundled planning models and portfolios."""
    from siting.inputs.load import load
    from siting.inputs.places import bundled_models, bundled_portfolios

    found = {name: load(name) for name in bundled_models()}
    if as_json:
        titles = {
            name: {"title": m.title, "purpose": m.purpose, "world": m.world} for name, m in found.items()
        }
        print_json({"models": titles, "portfolios": bundled_portfolios()})
        return
    import textwrap

    wide = max(map(len, found))
    for name, m in found.items():
        said = textwrap.shorten(f"{m.title}: {m.purpose}", 98 - wide, placeholder=" ...")
        typer.echo(f"{name:<{wide}}  {said}")
    typer.echo(textwrap.fill(f"portfolios: {', '.join(bundled_portfolios())}", 100, subsequent_indent="  "))


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed

    typer.echo(installed("siting"))


for command in (export, *STUDIES):
    app.command(epilog=EPILOG)(command)
app.add_typer(cache, name="cache", help="What earlier runs found about supply classes, reused by later ones.")
app.add_typer(data, name="data", help="The world: what it holds, and where each number is from.")


def main() -> None:
    """Entry point of the command `siting`."""
    for stream in (sys.stdout, sys.stderr):  # a name such as Luleå must not break a terminal without UTF-8
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app()
    except Exception as error:
        if "--debug" in sys.argv:
            raise
        say(f"error: unexpected {type(error).__name__}: {error}", err=True)
        say("`siting --debug ...` shows where; please report it", err=True)
        sys.exit(SitingError.exit_code)


if __name__ == "__main__":
    main()

"""`siting cache`: the frontiers kept between runs - where they lie, how much room they take, and how to be rid of them."""

from __future__ import annotations

import typer

from siting.cli_model import AsJson
from siting.cli_output import print_json, say
from siting.units import counted

cache = typer.Typer(no_args_is_help=True)


@cache.command()
def info(as_json: AsJson = False) -> None:
    """Where the frontiers of earlier runs are kept, how many they are, and how much room they take."""
    from siting.output.words import stored
    from siting.solver.cache import FrontierCache

    known = FrontierCache().info()
    if as_json:
        print_json(known)
        return
    typer.echo(f"folder     {known['folder']}")
    typer.echo(f"frontiers  {known['frontiers']}")
    typer.echo(f"size       {stored(known['bytes'])} of {stored(known['limit_bytes'])}")


@cache.command()
def clear(as_json: AsJson = False) -> None:
    """Delete the frontiers of earlier runs: the next solve prices everything anew."""
    from siting.solver.cache import FrontierCache

    kept = FrontierCache()
    cleared = kept.clear()
    if as_json:
        print_json({"folder": str(kept.folder), "cleared": cleared})
    else:
        say(f"cleared {counted(cleared, 'frontier')} from {kept.folder}")

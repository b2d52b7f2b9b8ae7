"""What commands do with their results: print for people or machines, and save."""

from __future__ import annotations

import sys
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import typer

from siting.output.lines import fitted, width_of

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console


# whether --json was given and stdout still waits for its one object
WAITS_FOR_JSON: ContextVar[bool] = ContextVar("waits_for_json", default=False)


class Saves(Protocol):
    """A plan, or the result of a study."""

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write its folder, whole or not at all."""
        ...


def check_out(out: Path | None, overwrite: bool) -> None:
    """Refuse a place that cannot be written before the work, not after it."""
    if out is not None:
        from siting.output.folder import check_folder

        check_folder(out, overwrite)


def say(text: str, err: bool = False) -> None:
    """Print a message at the width of where it goes: the terminal's, else 100 columns."""
    typer.echo(fitted(text, width_of(sys.stderr if err else sys.stdout)), err=err)


def print_json(value: Any) -> None:
    """Print a value as JSON, and nothing else: an error after it is told on stderr alone."""
    from siting.output.folder import json_bytes

    WAITS_FOR_JSON.set(False)

    typer.echo(json_bytes(value).decode("utf-8"), nl=False)


def tell(record: Any, as_json: bool, *lines: str) -> None:
    """Print what a command did: its record for machines, or lines for people."""
    if as_json:
        print_json(record)
    else:
        for line in lines:
            typer.echo(line)


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table for `print_json`: one object a row."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def stdout() -> Console:
    """The console that results are printed on."""
    from rich.console import Console

    return Console(highlight=False)


def save(result: Saves, out: Path | None, overwrite: bool, quiet: bool) -> None:
    """Save after printing: a disk that is full by now must not cost the result."""
    if out is None:
        return
    result.save(out, overwrite)
    if not quiet:
        say(f"saved in {out}", err=True)

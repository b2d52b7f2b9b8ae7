"""What commands do with their results: print for people or machines, and save."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import typer

if TYPE_CHECKING:
    from rich.console import Console


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


def print_json(value: Any) -> None:
    """Print a value as JSON, and nothing else."""
    from siting.output.folder import json_bytes

    typer.echo(json_bytes(value).decode("utf-8"), nl=False)


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
        typer.echo(f"saved in {out}", err=True)

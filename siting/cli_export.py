"""The command `siting export`: a finished plan as a file of another tool."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from siting.cli_model import AsJson, Overwrite, Quiet
from siting.cli_output import say, tell


def export(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="Output folder of a finished plan.")],
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="geojson, gpkg, parquet, shp, kml, qgz, csv, xlsx, mps, lp, iamc, html, png, svg or pdf "
            "[default: by the suffix of FILE].",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="FILE", help="File to write; a .zip for --to csv holds all tables."
        ),
    ] = None,
    layer: Annotated[
        str,
        typer.Option(metavar="LAYER", help="sites, zones, supply or links, for formats that hold one layer."),
    ] = "sites",
    crs: Annotated[
        str | None, typer.Option("--crs", metavar="EPSG:N", help="Coordinates of gpkg, qgz, parquet and shp.")
    ] = None,
    figure: Annotated[
        str | None,
        typer.Option(
            metavar="FIGURE",
            help="What a png, svg or pdf shows: map, mix, hours or frontiers [default: map].",
        ),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Export a finished plan for GIS tools, spreadsheets, other solvers, modellers and papers."""
    from siting.errors import InputError
    from siting.output.export import export_plan
    from siting.output.reporter import ProgressReporter

    if to is None and out is None:
        raise InputError("export: say a format with --to, or a file with -o whose suffix tells it")
    notes: list[str] = []
    with ProgressReporter(quiet) as report:
        written = export_plan(folder, out, to, overwrite, crs, layer, report, notes.append, figure)
    for text in notes:
        say(f"note: {text}", err=True)
    tell({"written": str(written), "notes": notes}, as_json, str(written))

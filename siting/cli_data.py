"""`siting data`: what a world holds, whether it holds together, and how its series are built."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import Annotated, Any

import typer

from siting.cli_candidates import candidates
from siting.cli_fetch import fetch
from siting.cli_model import AsJson
from siting.cli_output import print_json, rows, tell
from siting.cli_world import register
from siting.errors import InputError

data = typer.Typer(no_args_is_help=True)
register(data)  # init, exclude
data.command()(fetch)
data.command()(candidates)

DEFAULT_WORLD = "eu27"
WorldName = Annotated[str, typer.Argument(metavar="[WORLD]", help="A bundled world's name or a folder.")]


@data.command("list")
def list_worlds(as_json: AsJson = False) -> None:
    """List the bundled worlds, their weather years and tables."""
    import textwrap

    from siting.inputs.descriptor import read_package, resources
    from siting.inputs.places import WORLDS, bundled_worlds
    from siting.inputs.series import available_years

    found = {
        name: {
            "title": read_package(WORLDS / name).get("title", ""),
            "weather_years": available_years(WORLDS / name),
            "tables": [entry.name for entry in resources(WORLDS / name)],
        }
        for name in bundled_worlds()
    }
    if as_json:
        print_json(found)
        return
    for name, said in found.items():
        years = ", ".join(map(str, said["weather_years"])) or "none"
        typer.echo(f"{name}: {said['title']} (weather years: {years})")
        typer.echo(textwrap.fill(", ".join(said["tables"]), 100, initial_indent="  ", subsequent_indent="  "))


@data.command()
def describe(
    world: WorldName = DEFAULT_WORLD,
    table: Annotated[
        str | None, typer.Argument(metavar="[TABLE]", help="One table: its fields and sources.")
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option("--figure", help="Draw a map of measured against modelled (.png, .svg, .pdf)."),
    ] = None,
    zone: Annotated[
        str | None, typer.Option("--zone", help="With --figure: a week of this zone instead of the map.")
    ] = None,
    year: Annotated[int | None, typer.Option("--year", help="With --figure: the weather year.")] = None,
    as_json: AsJson = False,
) -> None:
    """What a world or one of its tables holds: fields, units, coverage, kinds, sources, licence; or a figure of it."""
    from siting.inputs.places import WORLDS, bundled_worlds
    from siting.inputs.world import find_world, read_world

    is_world = world in bundled_worlds() or Path(world).exists()
    if table is None and not is_world and _has_table(WORLDS / DEFAULT_WORLD, world):
        world, table = DEFAULT_WORLD, world
    folder = find_world(world)
    if figure is not None:
        from siting.output.coverage import save_coverage

        written = save_coverage(read_world(folder), figure, zone, year)
        tell({"written": str(written)}, as_json, f"wrote {written}")
    elif as_json:
        print_json(_record(folder, table))
    elif table is not None:
        _describe_table(folder, table)
    else:
        _describe_world(folder)


@data.command("check")
def check_world(world: WorldName = DEFAULT_WORLD, as_json: AsJson = False) -> None:
    """Check a world: tables, keys, units, sources, licences, every hour of every series, carbon against published values."""
    from siting.inputs.check_world import check_whole
    from siting.inputs.world import find_world
    from siting.output.world_text import checked_text

    folder = find_world(world)
    found = check_whole(folder)
    if not as_json:
        typer.echo(checked_text(found))
    if found.problems:
        raise InputError([f"{folder.name}: {problem}" for problem in found.problems])
    record = {"world": folder.name, "summary": found.summary, "series": rows(found.series)}
    told = {"carbon": rows(found.carbon), "unchecked": found.unchecked, "unused": found.unused}
    tell({**record, **told}, as_json, fill(f"ok: {found.summary}", width=100, subsequent_indent="    "))


@data.command()
def build(
    raw: Annotated[Path, typer.Option("--from", metavar="RAW", help="Folder with the raw data packages.")],
    world: WorldName = DEFAULT_WORLD,
    as_json: AsJson = False,
) -> None:
    """Build a world's hourly series, zone shapes, cities and published mixes again from raw data (needs the extra build-data)."""
    from siting.inputs.descriptor_update import update_descriptor
    from siting.inputs.world import find_world

    if not raw.is_dir():
        raise InputError(
            f"--from {raw}: is no folder; data/eu27/README.md names the raw data packages it must hold"
        )
    folder = find_world(world)
    try:
        from siting.inputs.build.cities import build_cities
        from siting.inputs.build.published import build_published
        from siting.inputs.build.series import build_series
        from siting.inputs.build.shapes import build_shapes
    except ModuleNotFoundError as error:
        raise InputError(f"building data needs {error.name}: pip install 'siting[build-data]'") from None
    build_shapes(raw, folder)
    build_cities(raw, folder)
    build_published(raw, folder)
    build_series(raw, folder, lambda text: typer.echo(text, err=True))
    update_descriptor(folder)
    tell(
        {"built": str(folder)},
        as_json,
        f"built shapes, cities, published mixes, series and descriptor of {folder}",
    )


def _has_table(folder: Path, name: str) -> bool:
    from siting.inputs.descriptor import resource

    try:
        resource(folder, name)
    except InputError:
        return False
    return True


def _record(folder: Path, table: str | None) -> dict[str, Any]:
    """What `describe` tells, for machines."""
    from siting.inputs import describe
    from siting.inputs.descriptor import read_package, resource

    if table is None:
        told = {
            "files": rows(describe.describe_files(folder)),
            "series": rows(describe.describe_series(folder)),
        }
        return {"world": folder.name, "title": read_package(folder).get("title", ""), **told}
    entry = resource(folder, table)
    parts = {
        "fields": describe.describe_fields(entry),
        "quantities": describe.describe_quantities(folder, entry),
        "sources": describe.describe_sources(folder, entry),
    }
    about = {"world": folder.name, "table": entry.name, "path": entry.path, "title": entry.title}
    return {**about, **{name: rows(part) for name, part in parts.items()}}


def _describe_world(folder: Path) -> None:
    from siting.inputs.describe import describe_files, describe_series
    from siting.inputs.descriptor import read_package
    from siting.output.world_text import columns_text

    typer.echo(f"{folder.name}: {read_package(folder).get('title', '')}\n")
    kinds = {"measured": "M", "modelled": "m", "proxy": "p", "scenario": "s"}
    files = describe_files(folder).rename(columns=kinds)
    typer.echo("Files: rows, and how many are M measured, m modelled, p proxy, s scenario")
    typer.echo(
        columns_text(files, right=[c for c in files.columns if c not in {"table", "covers", "licence"}])
    )
    series = describe_series(folder)
    typer.echo("\nHourly series: zones by kind; median error of the method where it could be tested")
    typer.echo(columns_text(series, right=[c for c in series.columns if c != "series"]))
    typer.echo("\n`siting data describe WORLD TABLE` tells fields and sources of a table")


def _describe_table(folder: Path, name: str) -> None:
    from siting.inputs.describe import describe_fields, describe_files, describe_quantities, describe_sources
    from siting.inputs.descriptor import resource
    from siting.output.world_text import columns_text

    entry = resource(folder, name)
    row = describe_files(folder).set_index("table").loc[entry.name]
    kinds = ", ".join(
        f"{row[kind]} {kind}" for kind in ("measured", "modelled", "proxy", "scenario") if row[kind]
    )
    typer.echo(f"{folder.name}/{entry.path}: {entry.title}")
    typer.echo(
        f"rows: {row['rows']}; covers {row['covers'] or '-'}; {kinds or 'no kinds'}; licence {row['licence']}"
    )
    typer.echo("\n" + columns_text(describe_fields(entry)))
    quantities = describe_quantities(folder, entry)
    if len(quantities):
        typer.echo(
            "\n"
            + columns_text(quantities, right=[c for c in quantities.columns if c not in {"quantity", "unit"}])
        )
    typer.echo("\n" + columns_text(describe_sources(folder, entry), right=["rows"]))

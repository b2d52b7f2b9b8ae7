"""`siting data`: what a world holds, whether it holds together, and how its series are built."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siting.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

data = typer.Typer(no_args_is_help=True)

DEFAULT_WORLD = "eu27"
WorldName = Annotated[str, typer.Argument(metavar="[WORLD]", help="A bundled world's name or a folder.")]


@data.command("list")
def list_worlds() -> None:
    """List the bundled worlds."""
    from siting.inputs.places import WORLDS, bundled_worlds
    from siting.inputs.series import available_years

    for name in bundled_worlds():
        package = _package(WORLDS / name)
        years = ", ".join(map(str, available_years(WORLDS / name))) or "none"
        typer.echo(f"{name:<12} {package.get('title', '')} (weather years: {years})")


@data.command()
def describe(world: WorldName = DEFAULT_WORLD) -> None:
    """Tables, hourly series and sources of a world."""
    import pandas as pd
    from rich.console import Console

    from siting.inputs.world import find_world, read_world
    from siting.output.terminal import print_table

    found = read_world(find_world(world))
    console = Console(highlight=False)
    typer.echo(f"{found.name}: {_package(found.folder).get('title', '')}")
    files = sorted(found.folder.glob("*.csv"))
    rows = [(path.name, len(pd.read_csv(path, dtype=str, keep_default_na=False))) for path in files]
    print_table(console, pd.DataFrame(rows, columns=["table", "rows"]), "\nTables")
    print_table(console, _kinds(found.values), "\nNumbers by kind")
    coverage = found.coverage.groupby(["series", "kind"]).size().unstack(fill_value=0).reset_index()
    print_table(console, coverage, "\nHourly series: zones by kind")
    sources = found.sources.reset_index()
    wanted = [column for column in ("source", "title", "year", "licence", "url") if column in sources.columns]
    print_table(console, sources[wanted], "\nSources")


@data.command("check")
def check_world(world: WorldName = DEFAULT_WORLD) -> None:
    """Check a world: tables and references, every hour of every series, carbon against published values."""
    from rich.console import Console

    from siting.inputs.check import check_carbon, check_series
    from siting.inputs.world import find_world, read_world
    from siting.output.terminal import print_table

    folder = find_world(world)
    read_world(folder)
    series, carbon = check_series(folder), check_carbon(folder)
    console = Console(highlight=False)
    print_table(console, _series_summary(series), "Hourly series")
    shown = [column for column in carbon.columns if column not in {"tolerance", "explanation"}]
    print_table(console, carbon[shown], "\nGrid carbon, g CO2e/kWh")
    problems = [f"{row.series}:{row.zone}: {row.problem}" for row in series[~series["ok"]].itertuples()]
    unexplained = carbon[~carbon["ok"] & (carbon["explanation"] == "")]
    problems += [
        f"carbon of {row.country}: {row.recomputed_to_published} of published, not {row.tolerance}"
        for row in unexplained.itertuples()
    ]
    for row in carbon[carbon["explanation"] != ""].itertuples():
        typer.echo(f"{row.country}: {row.explanation}")
    if problems:
        raise InputError([f"{folder.name}: {problem}" for problem in problems])
    typer.echo(f"\nok: {len(series)} series and the carbon of {len(carbon)} countries hold together")


@data.command()
def build(
    raw: Annotated[Path, typer.Option("--from", metavar="RAW", help="Folder with the raw data packages.")],
    world: WorldName = DEFAULT_WORLD,
    year: Annotated[int, typer.Option(help="Weather year.")] = 2019,
) -> None:
    """Build a world's hourly series and zone shapes again from raw data (needs the extra build-data)."""
    from siting.inputs.world import find_world

    if not raw.is_dir():
        raise InputError(
            f"--from {raw}: is no folder; data/eu27/README.md names the raw data packages it must hold"
        )
    folder = find_world(world)
    try:
        from siting.inputs.build.series import build_series
        from siting.inputs.build.shapes import build_shapes
    except ModuleNotFoundError as error:
        raise InputError(f"building data needs {error.name}: pip install 'siting[build-data]'") from None
    build_shapes(raw, folder)
    build_series(raw, folder, year)
    typer.echo(f"built shapes and the series of {year} in {folder}")


def _package(folder: Path) -> dict[str, Any]:
    path = folder / "datapackage.json"
    try:
        package: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: is not readable JSON ({error})") from None
    return package


def _kinds(values: Any) -> pd.DataFrame:
    """One row a long table: how many of its numbers are measured, modelled, proxy, scenario."""
    import pandas as pd

    from siting.inputs.world import KINDS

    rows = [
        {"table": name, **{kind: sum(value.kind == kind for value in table.values()) for kind in KINDS}}
        for name, table in values.items()
    ]
    return pd.DataFrame(rows)


def _series_summary(series: pd.DataFrame) -> pd.DataFrame:
    """One row a series: zones, range, mean over zones, largest deviation from its level, and how many are ok."""
    grouped = series.groupby("series", sort=False)
    summary = grouped.agg(
        zones=("zone", "size"),
        hours=("hours", "min"),
        min=("min", "min"),
        mean=("mean", "mean"),
        max=("max", "max"),
        largest_deviation_share=("relative_deviation", "max"),
        ok=("ok", "sum"),
    )
    return summary.round(4).reset_index()

"""`siting data init` and `siting data exclude`: begin a world of your own, and take areas out of candidate sites."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from siting.cli_model import AsJson, Overwrite
from siting.cli_output import print_json, rows, tell
from siting.errors import InputError
from siting.units import counted

TEXT = ("site", "name", "country", "zone", "kind")  # never numbers, whatever they look like


def register(data: typer.Typer) -> None:
    """Add the commands of a user's own world to `siting data`."""
    data.command("init")(init_world)
    data.command("exclude")(exclude)


def init_world(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="New folder to write the world into.")],
    zones: Annotated[str, typer.Option(metavar="A,B,...", help="Zones to begin with.")] = "DE,FR",
    year: Annotated[int, typer.Option(help="Weather year.")] = 2019,
    world: Annotated[str, typer.Option("--world", help="World the numbers are taken from.")] = "eu27",
    as_json: AsJson = False,
) -> None:
    """Write a minimal working world with comments, a world.yaml for your own files, and a planning model."""
    from siting.inputs.own.start import start_world
    from siting.inputs.world import find_world

    names = list(dict.fromkeys(name.strip() for name in zones.split(",") if name.strip()))
    if not names:
        raise InputError(f"--zones '{zones}': name at least one zone, such as DE,FR")
    written = start_world(folder, find_world(world), names, year)
    tell(
        {"folder": str(folder), "files": written, "zones": names, "weather_year": year},
        as_json,
        f"wrote {counted(len(written), 'file')} into {folder}: zones {', '.join(names)}, weather year {year}",
        "tables (*.csv) explain themselves in their first lines; world.yaml takes files of your own",
        f"check it:  siting data check {folder}\nsolve it:  siting solve {folder / 'model.yaml'}",
    )


def exclude(
    layer: Annotated[
        list[Path], typer.Option("--layer", metavar="FILE", help="Area that no site may use; repeatable.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="OUT.geojson", help="Layer of the sites left.")],
    buffer_km: Annotated[float, typer.Option(min=0.0, help="Distance kept from every layer.")] = 0.0,
    world: Annotated[str, typer.Option("--world", help="World whose candidates are cut.")] = "eu27",
    sites: Annotated[
        str | None,
        typer.Option("--sites", metavar="FILE", help="Candidates of your own instead of a world's."),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Take exclusion layers out of candidate sites: points inside go, polygons lose area; says which and how much."""
    from siting.inputs.own.candidates import shapes_of, without_excluded

    if out.suffix.lower() != ".geojson":
        raise InputError(f"{out}: the sites left are written as GeoJSON; name the file OUT.geojson")
    if out.exists() and not overwrite:
        raise InputError(f"{out}: exists; name another file, or give --overwrite")
    candidates = _candidates(world, sites)
    left, table = without_excluded(candidates, tuple(layer), buffer_km)
    if left.frame.empty:
        raise InputError("the layers leave no candidate at all; check their extent and the buffer")
    table.insert(0, "site", candidates.frame["site"])
    _write_geojson(left.frame, shapes_of(left), out)
    if as_json:
        print_json(rows(table))
    else:
        _print_table(table, len(left.frame), out)


def _candidates(world: str, sites: str | None) -> Any:
    """The user's candidates, else those of a world: the file its world.yaml names, or its sites.csv."""
    from siting.inputs.own.candidates import read_candidates
    from siting.inputs.own.resolve import sites_of
    from siting.inputs.own.spec import TableFile, read_table_file
    from siting.inputs.world import find_world

    folder = find_world(world)
    named = read_table_file(Path(sites)) if sites is not None else sites_of(Path(world))
    return read_candidates(named or TableFile(file=(folder / "sites.csv").as_posix()))


def _write_geojson(frame: Any, shapes: Any, out: Path) -> None:
    """One feature a site; lat and lon follow from its shape."""
    import geopandas as gpd

    from siting.inputs.world_checks import number_of

    columns = {}
    for name in (c for c in frame.columns if c not in {"lat", "lon"}):
        numbers = [number_of(text) for text in frame[name]]
        plain = name not in TEXT and all(
            n is not None or not t for n, t in zip(numbers, frame[name], strict=True)
        )
        columns[name] = numbers if plain else frame[name].tolist()
    left = gpd.GeoDataFrame(columns, geometry=shapes.to_numpy(), crs="EPSG:4326")
    try:
        with tempfile.TemporaryDirectory(dir=out.parent or Path(), prefix=".siting-") as made:
            new = Path(made) / "left.geojson"
            left.to_file(new, driver="GeoJSON", COORDINATE_PRECISION=9)
            new.replace(out)
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror or error})") from None


def _print_table(table: Any, left: int, out: Path) -> None:
    """Dropped sites and those that lost area, then the sums."""
    from rich.console import Console

    from siting.output.terminal import print_table

    touched = table[table["dropped"] | (table["excluded_ha"] > 0)].copy()
    for column in ("before_ha", "excluded_ha", "left_ha"):
        touched[column] = ["" if ha != ha else f"{ha:,.2f}" for ha in touched[column]]
    touched["dropped"] = touched["dropped"].map({True: "dropped", False: "smaller"})
    if len(touched):
        print_table(Console(highlight=False), touched.rename(columns={"dropped": "what"}), "Excluded")
    else:
        typer.echo("the layers touch no candidate")
    dropped = int(table["dropped"].sum())
    hectares = (
        f", {table['excluded_ha'].sum():,.2f} ha excluded" if table["excluded_ha"].notna().any() else ""
    )
    typer.echo(f"{dropped} of {len(table)} candidates dropped{hectares}; {left} left in {out}")

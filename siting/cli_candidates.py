"""`siting data candidates`: sets of candidate sites of any size, made from cities by stated filters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siting.cli_model import AsJson
from siting.cli_output import print_json, rows
from siting.units import counted

if TYPE_CHECKING:
    import pandas as pd

MOST_NAMED = 3  # sites outside every shape that the warning names


def candidates(
    world: Annotated[
        str, typer.Option("--world", metavar="WORLD", help="A bundled world's name or a folder.")
    ] = "eu27",
    count: Annotated[
        int | None, typer.Option(min=1, help="How many: the most populous that pass every filter.")
    ] = None,
    min_population: Annotated[float, typer.Option(min=0, metavar="PEOPLE", help="Smallest city.")] = 0.0,
    country: Annotated[
        list[str] | None, typer.Option(metavar="CC", help="Only this member state; may be repeated.")
    ] = None,
    min_distance_km: Annotated[
        float, typer.Option(min=0, metavar="KM", help="Least distance between two candidates.")
    ] = 0.0,
    max_ix_km: Annotated[
        float | None, typer.Option(min=0, metavar="KM", help="Farthest city with an Internet exchange.")
    ] = None,
    max_ai_factory_km: Annotated[
        float | None, typer.Option(min=0, metavar="KM", help="Farthest AI Factory.")
    ] = None,
    max_zone_km: Annotated[
        float | None,
        typer.Option(
            min=0, metavar="KM", help="Farthest outside the zone's shape (islands with grids of their own)."
        ),
    ] = None,
    joined: Annotated[
        bool, typer.Option("--joined", help="Add columns with the values of zone and country.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="FILE.csv or FILE.geojson.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make candidate sites from cities: same columns and rules as the world's own sites."""
    from siting.inputs.candidates import Wish
    from siting.inputs.candidates import candidates as made_from_cities
    from siting.inputs.world import find_world, read_world
    from siting.output.sites_file import check_sites_file, write_sites_file

    if out is not None:
        check_sites_file(out, overwrite)
    read = read_world(find_world(world))
    wish = Wish(
        count,
        min_population,
        tuple(country or ()),
        min_distance_km,
        max_ix_km,
        max_ai_factory_km,
        max_zone_km,
    )
    typer.echo("measuring distances between cities: a few seconds", err=True)
    sites = made_from_cities(read, wish)
    if joined:
        from siting.inputs.attributes import COMPUTED, OF_COUNTRY, OF_ZONE, attribute

        by_site = sites.set_index("site")
        known = {n: attribute(read, n, by_site) for n in (*OF_ZONE, *OF_COUNTRY, *COMPUTED)}
        sites = sites.assign(**{name: values.to_numpy() for name, values in known.items()})
    if out is not None:
        write_sites_file(sites, out, overwrite)
    if as_json:
        print_json({"written": None if out is None else str(out), "candidates": rows(sites)})
    else:
        _summary(sites, out)
    _warn_outside(sites)


def _summary(sites: pd.DataFrame, out: Path | None) -> None:
    places = f"{counted(sites['country'].nunique(), 'state')} and {counted(sites['zone'].nunique(), 'zone')}"
    written = f"written to {out}" if out is not None else "nothing written: add -o FILE"
    typer.echo(f"{counted(len(sites), 'candidate')} in {places}; {written}")
    typer.echo(f"  population {sites['population'].min():,.0f} to {sites['population'].max():,.0f}")
    for column, words in (("ix_km", "an exchange city"), ("ai_factory_km", "an AI Factory")):
        typer.echo(
            f"  to {words}: median {sites[column].median():,.0f} km, at most {sites[column].max():,.0f}"
        )
    barred = int((sites["restricted"] == 1).sum())
    if barred:
        typer.echo(f"  {barred} where a known rule bars a large data centre (column restricted)")


def _warn_outside(sites: pd.DataFrame) -> None:
    """Shapes are simplified to about a kilometre, so a port may lie outside; an island far off has a grid of its own."""
    outside = sites[sites["zone_km"] > 0].sort_values("zone_km", ascending=False)
    if len(outside):
        named = ", ".join(outside["site"].head(MOST_NAMED))
        typer.echo(
            f"note: {len(outside)} lie up to {outside['zone_km'].max():,.0f} km outside every zone's shape of their "
            f"state and take the nearest\n      zone's prices and weather; --max-zone-km drops them\n"
            f"      farthest: {named}",
            err=True,
        )

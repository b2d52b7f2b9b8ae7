"""Demand points and neighbours of the candidate sites, measured in a world: what coverage and sovereignty read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from siting.errors import InputError
from siting.inputs.candidates import lon_lat, reach_km, read_cities, read_places
from siting.inputs.csv_text import read_csv_text
from siting.inputs.nearness import Floats, geodesic_km, nearest_place
from siting.inputs.places import nearest
from siting.inputs.planning import PlanningModel
from siting.inputs.planning_coverage import Coverage as Wanted
from siting.inputs.world import World
from siting.inputs.world_checks import first_few, number_of
from siting.instance.coverage import Coverage, Place, Sovereignty
from siting.instance.instance import Site
from siting.units import counted

POINT_COLUMNS = ("name", "lat", "lon", "it_mw")
DEGREES = {"lat": 90.0, "lon": 180.0}


def places_of(
    model: PlanningModel, world: World, sites: Mapping[str, Site], notes: list[str]
) -> dict[str, Any]:
    """The instance's fields on places. Raises InputError."""
    return {
        "sovereignty": sovereignty_of(model, world, sites),
        "coverage": coverage_of(model, world, sites, notes),
    }


def coverage_of(
    model: PlanningModel, world: World, sites: Mapping[str, Site], notes: list[str]
) -> Coverage | None:
    """Demand points of the model with the round trip to every usable candidate; None without coverage. Raises InputError.

    A round trip is the delay of fibre (`fibre_rtt_ms_1000km`) over the geodesic distance times the detour of real routes
    (`fibre_path_stretch`); queueing and processing are not in it.
    """
    wanted = model.coverage
    if wanted is None:
        return None
    points = _points(wanted, world)
    usable = [s for s, site in sites.items() if site.max_mw >= site.min_mw > 0]
    ms = _round_trips_ms(world, lon_lat(points), lon_lat(world.sites.loc[usable]))
    names = [str(i) for i in points.index]
    limit = wanted.latency_ms_max
    within = {
        (names[i], usable[j]): float(ms[i, j])
        for i, j in np.argwhere(ms <= (np.inf if limit is None else limit))
    }
    closest = ms.argmin(axis=1) if usable else []
    words = (
        "as the file states it" if wanted.points_file is not None else "shared out by population (a scenario)"
    )
    notes.append(
        f"coverage: demand of {counted(len(points), 'point')} {words}; round trips are fibre delay over distance and detour alone"
    )
    return Coverage(
        demand_mw=dict(zip(names, points["it_mw"].tolist(), strict=True)),
        eur_mw_yr={pair: (wanted.eur_per_mw_yr_ms or 0.0) * trip for pair, trip in within.items()},
        share_min=wanted.covered_share_min,
        limit_ms=limit,
        ms=within,
        nearest={names[i]: (usable[j], float(ms[i, j])) for i, j in enumerate(closest)},
        places={
            i: Place(str(row["name"]), str(row["country"]), float(row["lat"]), float(row["lon"]))
            for i, row in zip(names, points.to_dict("records"), strict=True)
        },
    )


def sovereignty_of(model: PlanningModel, world: World, sites: Mapping[str, Site]) -> Sovereignty:
    """Rules on countries and AI Factories, with the candidates near one. Raises InputError if the world has no table."""
    rules = model.sites
    share = 1.0 if rules.max_share_per_country is None else rules.max_share_per_country
    if rules.near_ai_factory is None:
        return Sovereignty(rules.max_countries, share)
    factories = lon_lat(read_places(world.folder, "ai_factories", "ai_factory"))
    names = list(sites)
    km, _ = nearest_place(lon_lat(world.sites.loc[names]), factories)
    limit = rules.near_ai_factory.km
    first = int(km.argmin())
    return Sovereignty(
        countries_max=rules.max_countries,
        country_share_max=share,
        near=frozenset(s for s, away in zip(names, km, strict=True) if away <= limit),
        near_share_min=rules.near_ai_factory.share_min,
        near_km=limit,
        nearest=(names[first], float(km[first])),
    )


def _round_trips_ms(world: World, points: Floats, sites: Floats) -> Floats:
    """Round trips between points and sites, shape (points, sites)."""
    km = np.column_stack(
        [geodesic_km(points, np.broadcast_to(site, points.shape)) for site in sites]
        or [np.empty((len(points), 0))]
    )
    return np.asarray(km / reach_km(world, 1.0))


def _points(wanted: Wanted, world: World) -> pd.DataFrame:
    """Points by id: name, country, lat, lon, it_mw."""
    return _of_cities(wanted, world) if wanted.points_file is None else _of_file(Path(wanted.points_file))


def _of_cities(wanted: Wanted, world: World) -> pd.DataFrame:
    countries = list(world.countries.index)
    unknown = [n for n in wanted.cities_in or () if n not in countries]
    if unknown:
        raise InputError(
            [
                f"coverage.cities_in: '{n}' is not in world {world.name}; {nearest(n, countries)}"
                for n in unknown
            ]
        )
    cities = read_cities(world.folder).set_index("city")
    chosen = cities[cities["population"] >= wanted.population_min]
    if wanted.cities_in is not None:
        chosen = chosen[chosen["country"].isin(wanted.cities_in)]
    if chosen.empty or not chosen["population"].sum() > 0:
        raise InputError(
            f"coverage: cities.csv has no city of at least {wanted.population_min:,.0f} people"
            f"{' in ' + ', '.join(wanted.cities_in) if wanted.cities_in else ''}; lower population_min or widen cities_in"
        )
    share = chosen["population"] / chosen["population"].sum()
    return chosen.assign(it_mw=share * (wanted.demand_it_mw or 0.0))


def _of_file(path: Path) -> pd.DataFrame:
    table = read_csv_text(path, POINT_COLUMNS)
    if table.empty:
        raise InputError(f"{path}: holds no demand point; add a row with {', '.join(POINT_COLUMNS)}")
    problems = []
    for line, row in table.iterrows():
        head = f"{path.name} row {line}"
        if not row["name"]:
            problems.append(f"{head}: name is empty; name the point")
        problems += [
            f"{head}: {column} is '{row[column]}'; {remedy}"
            for column, remedy in (
                ("lat", "give degrees north, -90 to 90"),
                ("lon", "give degrees east, -180 to 180"),
                ("it_mw", "give its demand, MW of IT above 0"),
            )
            if not _is_good(column, row[column])
        ]
    twice = table.loc[table["name"].duplicated() & (table["name"] != ""), "name"]
    problems += [
        f"{path.name} row {line}: name '{name}' stands twice; keep one" for line, name in twice.items()
    ]
    if problems:
        raise InputError(first_few(problems))
    numbers = {column: table[column].astype(float) for column in POINT_COLUMNS[1:]}
    country = table["country"] if "country" in table.columns else ""
    return table.assign(country=country, **numbers).set_index("name", drop=False).rename_axis("point")


def _is_good(column: str, text: str) -> bool:
    value = number_of(text)
    if value is None:
        return False
    return abs(value) <= DEGREES[column] if column in DEGREES else value > 0

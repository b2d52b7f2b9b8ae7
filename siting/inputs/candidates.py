"""Candidate sites made from cities: chosen by stated filters, filled by `site_rules.csv`, placed in zones, measured.

The bundled sites.csv and `siting data candidates` take their numbers from the same functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from siting.errors import InputError
from siting.inputs.csv_text import read_csv_text
from siting.inputs.nearness import Floats, geodesic_km, kept_apart, nearest_place, people_within
from siting.inputs.places import nearest
from siting.inputs.site_rules import apply_rules, read_rules
from siting.inputs.world import World
from siting.inputs.world_checks import SITE_RAMP, first_few, number_of

CITY_COLUMNS = ("city", "name", "country", "lat", "lon", "population", "source")
SITE_COLUMNS = (
    "site", "name", "country", "zone", "lat", "lon", "kind", "grid_mw", "grid_mw_kind", "grid_wait_yr",
    "grid_wait_yr_kind", "line_km", "line_km_kind", "land_ha", "land_ha_kind", "population", "source", "note",
)  # fmt: skip
MEASURED = ("ix_km", "ai_factory_km", "population_10ms", "population_20ms", "zone_km", "restricted")
ROUND_TRIPS_MS = {"population_10ms": 10.0, "population_20ms": 20.0}
KM_DECIMALS = 1  # a site is a town's centre, not a parcel


@dataclass(frozen=True)
class Wish:
    """Which cities become candidates: each filter in turn, then the `count` most populous of those left."""

    count: int | None = None
    population_min: float = 0.0
    countries: tuple[str, ...] = ()
    apart_km: float = 0.0
    ix_km_max: float | None = None
    ai_factory_km_max: float | None = None
    zone_km_max: float | None = None


def candidates(world: World, wish: Wish | None = None) -> pd.DataFrame:
    """Candidate sites from the world's cities, sorted by id: columns of sites.csv, then `MEASURED` (unknown is NaN).

    A ramp stands beside the wait only where a rule of the world gives one.
    Filters act in this order: country, population, distances to an exchange city, to an AI Factory and to the zone's
    shape, spacing (the most populous first), count. Ties go by id, so equal wishes give equal tables. Raises InputError
    for a table that is missing or misshapen, a country the world lacks, or filters that leave nothing.
    """
    wish = wish if wish is not None else Wish()
    cities = read_cities(world.folder)
    unknown = [c for c in wish.countries if c not in world.countries.index]
    if unknown:
        raise InputError([f"country '{c}': {nearest(c, list(world.countries.index))}" for c in unknown])
    chosen = cities[cities["population"] >= wish.population_min]
    if wish.countries:
        chosen = chosen[chosen["country"].isin(wish.countries)]
    chosen = chosen.sort_values(["population", "city"], ascending=[False, True])
    chosen = with_distances(chosen.rename(columns={"city": "site"}).assign(kind="city"), world)
    for column, most in (
        ("ix_km", wish.ix_km_max),
        ("ai_factory_km", wish.ai_factory_km_max),
        ("zone_km", wish.zone_km_max),
    ):
        chosen = chosen if most is None else chosen[chosen[column] <= most]
    if wish.apart_km > 0:
        chosen = chosen.iloc[kept_apart(lon_lat(chosen), wish.apart_km)]
    chosen = chosen.head(wish.count) if wish.count is not None else chosen
    if chosen.empty:
        raise InputError("no city passes every filter; loosen one")
    return completed(chosen, world).sort_values("site").reset_index(drop=True)


def completed(sites: pd.DataFrame, world: World) -> pd.DataFrame:
    """Ruled values and people within reach for sites that have place, zone and distances."""
    ruled = apply_rules(sites, read_rules(world.folder))
    ramp = [c for c in (SITE_RAMP, f"{SITE_RAMP}_kind") if c in ruled.columns]
    return with_people(ruled, world)[[*SITE_COLUMNS, *ramp, *MEASURED]]


def with_distances(sites: pd.DataFrame, world: World) -> pd.DataFrame:
    """Add zone and zone_km (outside its shape), ix_km and ai_factory_km: geodesic, in km.

    `sites`: columns country, lat, lon in degrees.
    """
    points = lon_lat(sites)
    zone, zone_km = zones_of(points, sites["country"].to_numpy(), world.zones)
    ix_km, _ = nearest_place(points, lon_lat(read_places(world.folder, "ix_cities", "ix_city")))
    factory_km, _ = nearest_place(points, lon_lat(read_places(world.folder, "ai_factories", "ai_factory")))
    km = {"ix_km": ix_km, "ai_factory_km": factory_km, "zone_km": zone_km}
    return sites.assign(zone=zone, **{name: np.round(values, KM_DECIMALS) for name, values in km.items()})


def with_people(sites: pd.DataFrame, world: World) -> pd.DataFrame:
    """Add population_10ms and population_20ms: people of the world's cities within a round trip over fibre."""
    cities = read_cities(world.folder)
    people = cities["population"].to_numpy(dtype=float)
    found = {
        quantity: people_within(lon_lat(sites), lon_lat(cities), people, reach_km(world, ms))
        for quantity, ms in ROUND_TRIPS_MS.items()
    }
    return sites.assign(**found)


def reach_km(world: World, round_trip_ms: float) -> float:
    """Straight distance light covers there and back in a time: delay of fibre times the detour of real routes.

    10 ms at 9.8 ms per 1,000 km of fibre and 2.1 km of fibre a km are 485.9 km.
    """
    ms_per_1000km = world.parameter("fibre_rtt_ms_1000km") * world.parameter("fibre_path_stretch")
    return round_trip_ms / ms_per_1000km * 1000.0


def zones_of(points: Floats, countries: np.ndarray, zones: gpd.GeoDataFrame) -> tuple[np.ndarray, Floats]:
    """Zone of each point and how far outside its shape it lies (km, 0 inside).

    It is a zone of the point's own country, the nearest one if none holds it.
    """
    found = np.full(len(points), "", dtype=object)
    away_km = np.zeros(len(points))
    for country in np.unique(countries.astype(str)):
        own = zones[zones["country"] == country]
        for zone, shape in own.geometry.items():
            shapely.prepare(shape)
            inside = (countries == country) & shapely.contains_xy(shape, points[:, 0], points[:, 1])
            found[inside] = zone
        left = np.flatnonzero((countries == country) & (found == ""))
        if len(left):
            found[left], away_km[left] = _nearest_zone(points[left], own)
    return found, away_km


def _nearest_zone(points: Floats, zones: gpd.GeoDataFrame) -> tuple[np.ndarray, Floats]:
    """The nearest shape by equal-area coordinates; the distance to its edge is geodesic."""
    metric = "EPSG:3035"
    shapes = zones.geometry.to_crs(metric).to_numpy()
    flat = gpd.GeoSeries(gpd.points_from_xy(points[:, 0], points[:, 1], crs="EPSG:4326")).to_crs(metric)
    apart = shapely.distance(flat.to_numpy()[:, None], shapes[None, :])
    which = apart.argmin(axis=1)
    ends = shapely.get_point(shapely.shortest_line(flat.to_numpy(), shapes[which]), 1)
    edge = gpd.GeoSeries(ends, crs=metric).to_crs("EPSG:4326")
    return zones.index.to_numpy()[which], geodesic_km(points, np.column_stack([edge.x, edge.y]))


def read_cities(folder: Path) -> pd.DataFrame:
    """`cities.csv` with numbers as numbers; InputError names the first rows that hold none."""
    return _numbers(
        read_csv_text(folder / "cities.csv", CITY_COLUMNS), "cities.csv", ("lat", "lon", "population")
    )


def read_places(folder: Path, table: str, key: str) -> pd.DataFrame:
    """A table of places (`ix_cities`, `ai_factories`) with numbers as numbers; InputError likewise, or if it is empty."""
    places = read_csv_text(folder / f"{table}.csv", (key, "name", "country", "lat", "lon", "source"))
    if places.empty:
        raise InputError(f"{table}.csv: holds no row, so no distance can be measured; add one")
    return _numbers(places, f"{table}.csv", ("lat", "lon"))


def _numbers(frame: pd.DataFrame, file: str, columns: tuple[str, ...]) -> pd.DataFrame:
    problems = [
        f"{file} row {line}: {column} is '{text}', no finite number; give one"
        for column in columns
        for line, text in frame[column].items()
        if number_of(text) is None
    ]
    if problems:
        raise InputError(first_few(problems))
    return frame.assign(**{column: frame[column].astype(float) for column in columns})


def lon_lat(frame: pd.DataFrame) -> Floats:
    """Longitude and latitude in degrees, shape (n, 2)."""
    return frame[["lon", "lat"]].to_numpy(dtype=float)

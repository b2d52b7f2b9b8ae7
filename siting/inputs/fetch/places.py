"""Where the weather of a zone is asked for: a point in the zone, one of its sites, or a place the user gives."""

from __future__ import annotations

from typing import Any

from siting.errors import InputError
from siting.inputs.places import nearest
from siting.inputs.world import World, find_world, read_world

DECIMALS = 4  # of a degree, about ten metres


def points(
    world: str, zones: tuple[str, ...], site: str | None = None, at: str | None = None
) -> tuple[tuple[str, ...], dict[str, tuple[float, float]], str]:
    """(zones, (latitude, longitude) by zone, where that is in words).

    `site` brings its own zone, so `zones` may be empty then; `at` is "LAT,LON" in degrees and needs one zone, which
    need not be in the world. InputError for an unknown zone or site, two places at once, no place at all.
    """
    if site and at:
        raise InputError("--site and --at: give one place, not two")
    if (site or at) and len(zones) > 1:
        raise InputError("--site, --at: one place belongs to one --zone; fetch the others on their own")
    if not zones and not site:
        raise InputError("weather of what? give --zone (once or more) or --site")
    if at:
        return zones, {zones[0]: _coordinates(at)}, "at the place given"
    found = read_world(find_world(world))
    if site:
        return _site(found, site, zones)
    known = list(found.zones.index)
    unknown = [f"--zone {z}: not in {found.name}; {nearest(z, known)}" for z in zones if z not in known]
    if unknown:
        raise InputError(unknown)
    where = "at a point in the zone's largest polygon"
    return zones, {zone: _inside(found.zones.geometry[zone]) for zone in zones}, where


def _site(
    world: World, site: str, zones: tuple[str, ...]
) -> tuple[tuple[str, ...], dict[str, tuple[float, float]], str]:
    if site not in world.sites.index:
        raise InputError(f"--site {site}: not in {world.name}; {nearest(site, list(world.sites.index))}")
    row = world.sites.loc[site]
    zone = str(row["zone"])
    if zones and zones[0] != zone:
        raise InputError(f"--site {site}: is in zone {zone}, not {zones[0]}; leave --zone out")
    return (zone,), {zone: (float(row["lat"]), float(row["lon"]))}, f"at the site {site}"


def _inside(shape: Any) -> tuple[float, float]:
    """A point that is surely inside, unlike a centroid."""
    point = max(getattr(shape, "geoms", [shape]), key=lambda part: float(part.area)).representative_point()
    return round(point.y, DECIMALS), round(point.x, DECIMALS)


def _coordinates(at: str) -> tuple[float, float]:
    try:
        lat, lon = (float(part) for part in at.split(","))
    except ValueError:
        raise InputError(
            f"--at {at}: is no place; write LAT,LON in degrees, for example 48.86,2.35"
        ) from None
    return lat, lon

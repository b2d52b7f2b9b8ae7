"""Distances on the ellipsoid: the nearest of some places, people within a distance, points kept apart.

Every distance is the geodesic on WGS 84 (Karney's algorithm in PROJ). Straight chords through the Earth only sort out the
pairs that are clear, so that millions of pairs take a second. Points are arrays of shape (n, 2): longitude, latitude.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from scipy.spatial.distance import cdist

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

WGS84 = Geod(ellps="WGS84")
EARTH_KM = 6371.0  # mean radius; only where a chord comes near the limit does the ellipsoid matter
BLOCK = 512  # rows of a distance matrix held at once


def geodesic_km(a: Floats, b: Floats) -> Floats:
    """Distance in km between points of equal position in `a` and `b`, shape (n,)."""
    _, _, metres = WGS84.inv(a[:, 0], a[:, 1], b[:, 0], b[:, 1])
    return np.asarray(metres, dtype=float) / 1000.0


def nearest_place(points: Floats, places: Floats) -> tuple[Floats, Indices]:
    """Distance in km to the nearest of a few places, and which it is; shapes (n,), (n,)."""
    km = np.column_stack([geodesic_km(points, np.broadcast_to(place, points.shape)) for place in places])
    which = km.argmin(axis=1)
    return km[np.arange(len(points)), which], which


def people_within(points: Floats, cities: Floats, people: Floats, limit_km: float) -> Floats:
    """People of all cities at most `limit_km` away from each point, shape (n,)."""
    found = np.zeros(len(points))
    centres = _geocentric(cities)
    for start in range(0, len(points), BLOCK):
        block = points[start : start + BLOCK]
        chord = cdist(_geocentric(block), centres)
        inside = chord <= _chord_km(limit_km) - _margin_km(limit_km)
        i, j = np.nonzero(~inside & (chord <= _chord_km(limit_km) + _margin_km(limit_km)))
        inside[i, j] = geodesic_km(block[i], cities[j]) <= limit_km
        found[start : start + BLOCK] = inside @ people
    return found


def kept_apart(points: Floats, least_km: float) -> Indices:
    """Positions of the points that keep `least_km` to every point kept before them, in the order given."""
    centres = _geocentric(points)
    doubtful = _chord_km(least_km) + _margin_km(least_km)
    kept: list[int] = []
    for i in range(len(points)):
        before = np.array(kept, dtype=int)
        near = before[np.linalg.norm(centres[before] - centres[i], axis=1) <= doubtful]
        if not len(near) or nearest_place(points[i : i + 1], points[near])[0][0] >= least_km:
            kept.append(i)
    return np.array(kept, dtype=int)


def _geocentric(points: Floats) -> Floats:
    """Earth-centred coordinates in km, shape (n, 3)."""
    to_xyz: Any = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    x, y, z = to_xyz.transform(points[:, 0], points[:, 1], np.zeros(len(points)))
    return np.column_stack([x, y, z]) / 1000.0


def _chord_km(arc_km: float) -> float:
    """Straight distance that belongs to an arc on the mean sphere; half the girth and more reaches everything."""
    return 2 * EARTH_KM * float(np.sin(min(arc_km / (2 * EARTH_KM), np.pi / 2)))


def _margin_km(arc_km: float) -> float:
    """More than chord and geodesic can disagree: radii of curvature lie within 1 % of the mean, so arc less chord
    (arc^3 / 24 R^2) is known to 2 %; 5 % and half a kilometre leave room."""
    return 0.5 + 0.05 * arc_km**3 / (24 * EARTH_KM**2)

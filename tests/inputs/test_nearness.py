"""Distances by hand arithmetic and against brute force on the ellipsoid."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from siting.inputs.nearness import geodesic_km, kept_apart, nearest_place, people_within

EUROPE = st.tuples(st.floats(-25, 35), st.floats(28, 70))


def brute_km(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Every pair, shape (len(a), len(b))."""
    geod = Geod(ellps="WGS84")
    i, j = np.indices((len(a), len(b)))
    _, _, metres = geod.inv(a[i.ravel(), 0], a[i.ravel(), 1], b[j.ravel(), 0], b[j.ravel(), 1])
    return np.asarray(metres).reshape(len(a), len(b)) / 1000


def test_a_degree_along_the_equator_is_the_radius_times_the_angle() -> None:
    km = geodesic_km(np.array([[10.0, 0.0]]), np.array([[11.0, 0.0]]))
    assert km[0] == pytest.approx(6378.137 * math.pi / 180, abs=1e-6)


def test_a_quarter_of_a_meridian_is_ten_thousand_km() -> None:
    km = geodesic_km(np.array([[7.0, 0.0]]), np.array([[7.0, 90.0]]))
    assert km[0] == pytest.approx(10_001.966, abs=0.001)  # the metre's first definition, 0.02 % off


def test_the_nearest_of_three_places() -> None:
    berlin, vienna, paris = [13.41, 52.52], [16.37, 48.21], [2.35, 48.85]
    km, which = nearest_place(np.array([[14.42, 50.09], [4.4, 51.2]]), np.array([berlin, vienna, paris]))
    assert which.tolist() == [1, 2]  # Prague and Antwerp
    assert km == pytest.approx([252, 301], abs=3)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(EUROPE, min_size=1, max_size=12),
    st.lists(st.tuples(EUROPE, st.integers(0, 10_000_000)), min_size=1, max_size=25),
    st.floats(0, 3000),
)
def test_people_within_is_what_brute_force_counts(
    points: list[tuple[float, float]], cities: list[tuple[tuple[float, float], int]], limit_km: float
) -> None:
    a, b = np.array(points), np.array([place for place, _ in cities])
    people = np.array([n for _, n in cities], dtype=float)
    wanted = (brute_km(a, b) <= limit_km) @ people
    assert people_within(a, b, people, limit_km).tolist() == wanted.tolist()


@pytest.mark.parametrize("off_km", [-0.01, 0.01])
@pytest.mark.parametrize("azimuth", [0, 45, 90])
@pytest.mark.parametrize("limit_km", [485.9, 971.8, 2500.0])
def test_the_limit_is_exact_to_ten_metres_in_every_direction(
    limit_km: float, azimuth: float, off_km: float
) -> None:
    lon, lat, _ = Geod(ellps="WGS84").fwd(10.0, 45.0, azimuth, (limit_km + off_km) * 1000)
    found = people_within(np.array([[10.0, 45.0]]), np.array([[lon, lat]]), np.array([7.0]), limit_km)
    assert found[0] == (7.0 if off_km < 0 else 0.0)


@settings(max_examples=40, deadline=None)
@given(st.lists(EUROPE, min_size=1, max_size=30), st.floats(1, 2000))
def test_points_kept_apart_are_apart_and_no_other_could_stay(
    points: list[tuple[float, float]], least_km: float
) -> None:
    places = np.array(points)
    kept = kept_apart(places, least_km).tolist()
    km = brute_km(places, places)
    for i in range(len(points)):
        before = [j for j in kept if j < i]
        assert (i in kept) == all(km[i, j] >= least_km for j in before)

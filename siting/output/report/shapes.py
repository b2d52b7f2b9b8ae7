"""The map's geometry: zones and sites in EPSG:3035 on an integer grid, small enough to be carried inside the page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

if TYPE_CHECKING:
    import geopandas as gpd

EQUAL_AREA = "EPSG:3035"  # ETRS89 / LAEA Europe
FINEST_M = 250.0  # side of a grid cell: below a pixel until the map is enlarged some twenty times
MOST_VERTICES = 60_000  # of all zones together; a world with finer shapes gets a coarser grid
EUROPE_M = (
    2_550_000.0,
    1_350_000.0,
    6_700_000.0,
    5_450_000.0,
)  # window first shown: far islands would shrink all else
MARGIN_M = 60_000.0

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Frame:
    """A grid on the projected plane: `x = (X - left) / cell`, `y = (top - Y) / cell`, in cells of `cell_m` metres.

    width, height: size in cells of the window that is shown first.
    """

    left_m: float
    top_m: float
    cell_m: float
    width: int
    height: int

    def grid(self, xy_m: NDArray[np.float64]) -> Ints:
        """Projected metres, shape (n, 2), as cells."""
        x = (xy_m[:, 0] - self.left_m) / self.cell_m
        y = (self.top_m - xy_m[:, 1]) / self.cell_m
        return np.rint(np.column_stack([x, y])).astype(np.int64)


def frame_of(zones: gpd.GeoDataFrame, shown: gpd.GeoDataFrame) -> Frame:
    """A window on the zones, at most Europe, widened to hold every site `shown`; both in EPSG:3035."""
    west, south, east, north = zones.total_bounds
    left, low, right, high = EUROPE_M
    inside = west < right and east > left and south < high and north > low
    if inside:  # a world elsewhere is shown whole
        west, south, east, north = max(west, left), max(south, low), min(east, right), min(north, high)
    if len(shown):
        a, b, c, d = shown.total_bounds
        west, south, east, north = min(west, a), min(south, b), max(east, c), max(north, d)
    west, south, east, north = west - MARGIN_M, south - MARGIN_M, east + MARGIN_M, north + MARGIN_M
    cell = FINEST_M
    while (
        int(shapely.get_num_coordinates(zones.geometry.to_numpy()).sum()) > MOST_VERTICES
        and _vertices(zones, cell) > MOST_VERTICES
    ):
        cell *= 2
    return Frame(west, north, cell, round((east - west) / cell), round((north - south) / cell))


def zone_path(shape: Any, frame: Frame) -> str:
    """A zone's outline as the `d` of an SVG path, relative whole steps; empty if it is smaller than the grid."""
    return "".join(_ring_path(frame.grid(ring)) for ring in _rings(shape))


def dots_path(cells: Ints) -> str:
    """Points as one path of strokes without length: drawn as round dots, one element for thousands of sites."""
    return "".join(f"M{x} {y}h0" for x, y in cells)


def _rings(shape: Any) -> Iterable[NDArray[np.float64]]:
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon":
            for ring in (part.exterior, *part.interiors):
                yield shapely.get_coordinates(ring)


def _ring_path(cells: Ints) -> str:
    kept = _without_repeats(cells)
    if len(kept) < 4:  # a closed ring of less than three corners has no area
        return ""
    steps = np.diff(kept[:-1], axis=0)
    return f"M{kept[0][0]} {kept[0][1]}l" + " ".join(f"{x} {y}" for x, y in steps) + "z"


def _without_repeats(cells: Ints) -> Ints:
    moved = np.any(np.diff(cells, axis=0) != 0, axis=1)
    return np.asarray(cells[np.concatenate([[True], moved])])


def _vertices(zones: gpd.GeoDataFrame, cell_m: float) -> int:
    frame = Frame(0.0, 0.0, cell_m, 0, 0)
    return sum(len(_without_repeats(frame.grid(ring))) for shape in zones.geometry for ring in _rings(shape))

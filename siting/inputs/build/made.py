"""What every maker of a series returns, and the makers' shared view of the inputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siting.errors import InputError
from siting.inputs.build.generation import Generation
from siting.inputs.build.levels import Recipe
from siting.inputs.build.score import Score
from siting.inputs.build.weather import Weather

WINTER = (10, 11, 12, 1, 2, 3)


@dataclass(frozen=True)
class Made:
    """A shape over the hours of the year (its level is set later) and what coverage.csv says about it."""

    values: np.ndarray
    kind: str
    method: str
    source: str
    filled_hours: int = 0
    note: str = ""
    score: Score | None = None


@dataclass(frozen=True, eq=False)  # the same kit is the same year: what is made from it can be kept
class Kit:
    """All inputs of one weather year.

    Generation, weather, points (latitude, longitude) and country of zones, emission factors, published annual TWh
    by country and fuel, the shapes made so far by (series, zone), and the kits of all years by year.
    """

    year: int
    generation: Generation
    weather: Weather
    points: dict[str, tuple[float, float]]
    country: dict[str, str]
    factors_g_kwh: dict[str, float]
    published_twh: dict[str, dict[str, float]]
    shapes: dict[tuple[str, str], np.ndarray]
    kits: dict[int, Kit]

    @property
    def winter(self) -> np.ndarray:
        """True from October to March, shape (hours,)."""
        return np.isin(np.asarray(self.weather.hours.month), WINTER)

    def national_shape(self, series: str, country: str) -> np.ndarray | None:
        """Shape of a country: its own, or the plain mean over its zones; None if none is made."""
        zones = [z for z, c in self.country.items() if c == country]
        held = [self.shapes[series, z] for z in [country, *zones] if (series, z) in self.shapes]
        return np.asarray(sum(held)) / len(held) if held else None

    def point(self, place: str) -> tuple[float, float]:
        """(latitude, longitude) of a zone or country; InputError if it has none."""
        if place not in self.points:
            raise InputError(
                f"recipes.csv: '{place}' has no place; name a zone or country of zones.geojson or a row of "
                "series/donor_points.csv"
            )
        return self.points[place]


def said(weights: dict[str, float]) -> str:
    """Donors as text: `BE 0.50, DE 0.50`."""
    total = sum(weights.values())
    return ", ".join(f"{name.lstrip('@')} {weight / total:.2f}" for name, weight in weights.items())


def joined(*notes: str) -> str:
    """Non-empty notes with semicolons between."""
    return "; ".join(note for note in notes if note)


def tested_on(recipe: Recipe, year: int) -> str:
    """`LT 2019 from DK 1.00`: what a like test was made on."""
    return f"{recipe.test_zone} {recipe.test_year or year} from {said(recipe.test_donors)}"

"""What every maker of a series returns, and the makers' shared view of the inputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siting.inputs.build.generation import Generation
from siting.inputs.build.levels import Recipe
from siting.inputs.build.weather import Weather


@dataclass(frozen=True)
class Made:
    """A shape over the hours of the year (its level is set later) and what coverage.csv says about it."""

    values: np.ndarray
    kind: str
    method: str
    source: str
    filled_hours: int = 0
    error_note: str = ""


@dataclass(frozen=True)
class Kit:
    """All inputs of a build.

    Generation, weather, zone points (latitude, longitude), stamp lags, emission factors, published annual TWh
    by country and fuel, and the shapes made so far by (series, zone).
    """

    year: int
    generation: Generation
    weather: Weather
    points: dict[str, tuple[float, float]]
    lags_h: dict[str, tuple[float, float]]
    factors_g_kwh: dict[str, float]
    published_twh: dict[str, dict[str, float]]
    shapes: dict[tuple[str, str], np.ndarray]


def said(weights: dict[str, float]) -> str:
    """Donors as text: `BE 0.50, DE 0.50`."""
    total = sum(weights.values())
    return ", ".join(f"{name.lstrip('@')} {weight / total:.2f}" for name, weight in weights.items())


def joined(*notes: str) -> str:
    """Non-empty notes with semicolons between."""
    return "; ".join(note for note in notes if note)


def tested(recipe: Recipe, error: str) -> str:
    """The sentence that reports a like test."""
    return (
        f"same method on {recipe.test_zone} from {said(recipe.test_donors)}: {error}"
        if recipe.test_zone
        else ""
    )

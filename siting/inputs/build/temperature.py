"""Outdoor temperature of a zone from its stations, or from its neighbours' with the level moved."""

from __future__ import annotations

import numpy as np

from siting.inputs.build.levels import Recipe
from siting.inputs.build.made import Kit, Made, joined, said


def temperature(kit: Kit, recipe: Recipe, level_c: float) -> Made:
    """Hourly dry bulb in degrees C: kept where the zone has a station, moved to the zone's mean where not.

    The recipe of a moved series names a station, not a zone, as its test.
    """
    values = kit.weather.temperature_c(recipe.donors)
    means = f"station mean {values.mean():.1f} C, zone mean of 2020 to 2024 {level_c:.1f} C"
    if recipe.way == "station":
        return Made(
            values,
            "modelled",
            f"NSRDB {kit.year} dry bulb, hourly mean, of {said(recipe.donors)}",
            "nsrdb",
            0,
            joined(recipe.note, means),
        )
    truth = kit.weather.temperature_c({recipe.test_zone: 1.0})
    like = kit.weather.temperature_c(recipe.test_donors)
    like = like - like.mean() + truth.mean()
    error = (
        f"same method on {recipe.test_zone} from {said(recipe.test_donors)}: corr "
        f"{np.corrcoef(like, truth)[0, 1]:.3f}, RMSE {np.sqrt(np.mean((like - truth) ** 2)):.1f} C"
    )
    return Made(
        values - values.mean() + level_c,
        "proxy",
        f"NSRDB {kit.year} dry bulb of {said(recipe.donors)} moved to the zone's mean",
        "nsrdb",
        0,
        joined(recipe.note, means, error),
    )

"""Sections of the planning model on the map: demand points to be served within a latency, and nearness to AI Factories."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from siting.inputs.planning_base import Name, NonNegative, Part, Positive, Share


class NearAiFactory(Part):
    """How much of all IT power must stand near an existing AI Factory."""

    km: Positive = Field(description="how near, geodesic, to the nearest row of ai_factories.csv")
    share_min: Share = Field(description="least share of all IT power that stands so near")


class Coverage(Part):
    """Demand points that sites must serve: cities of the world, or points of your own."""

    points_file: Name | None = Field(
        None,
        description="demand points of your own: CSV with name, lat, lon (degrees) and it_mw, seen from the model's folder; "
        "null takes the world's cities",
    )
    population_min: NonNegative | None = Field(
        None, description="smallest city of cities.csv that is a demand point; needed without points_file"
    )
    cities_in: tuple[Name, ...] | None = Field(
        None, description="countries whose cities are demand points; null takes every country"
    )
    demand_it_mw: Positive | None = Field(
        None,
        description="IT power all cities ask for together, shared out by population; a file states its own",
    )
    latency_ms_max: Positive | None = Field(
        description="longest round trip between point and site: fibre delay x detour x geodesic distance; null for no limit"
    )
    covered_share_min: Share = Field(
        description="least share of all demand that is served; 1 serves every point in full"
    )
    eur_per_mw_yr_ms: NonNegative | None = Field(
        description="what serving 1 MW of IT from a site 1 ms away (round trip) costs a year; null for nothing"
    )

    @model_validator(mode="after")
    def _one_kind_of_point(self) -> Self:
        cities = {
            "population_min": self.population_min,
            "cities_in": self.cities_in,
            "demand_it_mw": self.demand_it_mw,
        }
        stated = [key for key, value in cities.items() if value is not None]
        if self.points_file is not None and stated:
            raise ValueError(
                f"points_file brings its own points and demand; leave out {', '.join(stated)}, or the file"
            )
        needed = ("population_min", "demand_it_mw")
        missing = [key for key in needed if cities[key] is None]
        if self.points_file is None and missing:
            raise ValueError(f"cities as demand points need {' and '.join(missing)} (or state a points_file)")
        return self

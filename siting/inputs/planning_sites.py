"""The planning model's section on sites: which candidates take part, how many are built, and how large."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from siting.inputs.planning_base import Finite, Name, NonNegative, Part, Positive, Share
from siting.inputs.planning_coverage import NearAiFactory


class Where(Part):
    """Which candidates take part; null takes all."""

    countries: tuple[Name, ...] | None = Field(
        None, description="rows of countries.csv; null takes every country"
    )
    kinds: tuple[Name, ...] | None = Field(
        None, description="kinds of site in sites.csv, such as city; null takes every kind"
    )
    min_score: Finite | None = Field(
        None,
        description="lowest score: a column `score` of candidates of your own (sites.file), higher is better; the bundled "
        "worlds score no site",
    )
    grid_mw_min: NonNegative | None = Field(None, description="smallest grid connection")
    grid_wait_yr_max: NonNegative | None = Field(None, description="longest wait for the grid connection")
    grid_cost_eur_mw_max: NonNegative | None = Field(
        None, description="dearest substation, reinforcement and line per MW of connection"
    )
    line_km_max: NonNegative | None = Field(None, description="longest line to the grid")
    land_ha_min: NonNegative | None = Field(None, description="smallest land")
    ix_km_max: NonNegative | None = Field(
        None, description="farthest city with an Internet exchange (ix_cities.csv), geodesic"
    )
    ai_factory_km_max: NonNegative | None = Field(None, description="farthest AI Factory, geodesic")
    population_10ms_min: NonNegative | None = Field(
        None, description="fewest people of cities within 10 ms there and back over fibre"
    )
    population_20ms_min: NonNegative | None = Field(None, description="the same within 20 ms")
    zone_km_max: NonNegative | None = Field(
        None,
        description="farthest outside its zone's shape: small values drop islands with grids of their own",
    )
    water_stress_max: NonNegative | None = Field(
        None, description="highest water stress score of the country, 0 to 5"
    )
    temperature_mean_c_max: Finite | None = Field(None, description="highest mean temperature of the zone")
    temperature_p99_c_max: Finite | None = Field(
        None, description="highest 99th percentile of the zone's hourly temperature, all weather years"
    )
    dc_build_eur_kw_max: NonNegative | None = Field(None, description="dearest building in the country")
    corporate_tax_share_max: Share | None = Field(None, description="highest corporate tax of the country")
    risk_premium_share_max: Share | None = Field(None, description="highest country risk premium")
    seismic_high: Literal["refuse"] | None = Field(
        None, description="refuse leaves out countries of high seismic class"
    )
    restricted: Literal["refuse"] | None = Field(
        None, description="refuse leaves out sites where a known rule bars a large data centre"
    )
    unknown: Literal["refuse", "accept"] | tuple[Name, ...] | None = Field(
        None,
        description="sites without a figure for a limit above: refuse them, accept them, or a list of the limits whose "
        "unknowns are accepted; to be stated with any limit",
    )

    @property
    def limits(self) -> dict[str, float | str]:
        """The limits stated, by key."""
        names = [key for key in type(self).model_fields if key not in {"countries", "kinds", "unknown"}]
        return {key: getattr(self, key) for key in names if getattr(self, key) is not None}

    def takes_unknown(self, key: str) -> bool:
        """Whether a site without a figure for a stated limit takes part."""
        return self.unknown == "accept" or (isinstance(self.unknown, tuple) and key in self.unknown)

    @model_validator(mode="after")
    def _unknown_is_decided(self) -> Self:
        if self.limits and self.unknown is None:
            raise ValueError(f"{next(iter(self.limits))} needs unknown: refuse, accept or a list of limits")
        strangers = (
            [] if not isinstance(self.unknown, tuple) else sorted(set(self.unknown) - set(self.limits))
        )
        if strangers:
            raise ValueError(f"unknown names {', '.join(strangers)}, which is no limit stated here")
        return self


class Sites(Part):
    """How many sites, where, and how large."""

    file: Name | None = Field(
        None,
        description="candidates of your own instead of the world's: CSV, Parquet, GeoPackage, GeoJSON, shapefile, or a "
        ".yaml that names one with layer, crs, fields, exclude; seen from the model's folder",
    )
    where: Where = Field(Where(), description="which candidates take part; all by default")
    force: tuple[Name, ...] = Field((), description="sites that must be built")
    forbid: tuple[Name, ...] = Field((), description="sites that must not be built")
    min: int = Field(ge=0, description="fewest sites built")
    max: int = Field(ge=1, description="most sites built")
    max_per_country: int = Field(ge=1, description="most sites built in one country")
    min_countries: int = Field(ge=0, description="fewest countries with a site")
    max_countries: int | None = Field(None, ge=1, description="most countries with a site; null for no limit")
    max_share_per_country: Annotated[float, Field(gt=0, le=1)] | None = Field(
        None, description="most of all IT power in one country; null for no limit"
    )
    near_ai_factory: NearAiFactory | None = Field(
        None, description="share of IT power near an existing AI Factory; null for no rule"
    )
    size_it_mw: tuple[Positive, Positive] = Field(description="smallest and largest IT power of a site")
    module_it_mw: Positive = Field(description="sites grow in whole modules of this IT power")
    grid_wait: Literal["enforce", "ignore"] = Field(
        "enforce",
        description="enforce (default): no grid connection before decision_year + the site's grid_wait_yr, and from then on "
        "no more of it than its grid_ramp_mw_yr, if it has one, lets flow",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        problems = []
        if self.min > self.max:
            problems.append(f"min {self.min} is above max {self.max}")
        if self.size_it_mw[0] > self.size_it_mw[1]:
            problems.append(f"size_it_mw {list(self.size_it_mw)} is not [smallest, largest]")
        if self.min_countries > self.max:
            problems.append(f"min_countries {self.min_countries} needs more sites than max {self.max}")
        problems += self._too_few_countries()
        if self.size_it_mw[1] < self.module_it_mw:
            problems.append(f"one module of {self.module_it_mw} MW is larger than the largest site")
        both = sorted(set(self.force) & set(self.forbid))
        if both:
            problems.append(f"forced and forbidden at once: {', '.join(both)}")
        if len(self.force) > self.max:
            problems.append(f"{len(self.force)} forced sites are more than max {self.max}")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _too_few_countries(self) -> list[str]:
        most = self.max if self.max_countries is None else min(self.max, self.max_countries)
        problems = []
        if self.max_countries is not None and self.min_countries > self.max_countries:
            problems.append(f"min_countries {self.min_countries} is above max_countries {self.max_countries}")
        if self.max_countries is not None and self.min > self.max_countries * self.max_per_country:
            problems.append(
                f"min {self.min} sites do not fit in {self.max_countries} countries (max_countries) of at most "
                f"{self.max_per_country} (max_per_country)"
            )
        share = self.max_share_per_country
        if share is not None and most * share < 1.0 - 1e-9:
            problems.append(
                f"max_share_per_country {share:g} needs at least {math.ceil(1.0 / share - 1e-9)} countries, max and "
                f"max_countries allow {most}"
            )
        return problems

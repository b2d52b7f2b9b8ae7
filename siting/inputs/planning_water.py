"""Sections of the planning model on cooling water and on heat that is sold."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from siting.inputs.planning_base import Finite, Name, NonNegative, Part, Share


class Water(Part):
    """How much water cooling may evaporate, and where it may do so at all."""

    allowance_m3_yr: NonNegative | None = Field(
        None, description="most water evaporated a year, whole portfolio; null for no limit"
    )
    per_site_m3_mw_yr: NonNegative | None = Field(
        None, description="most water evaporated a year at a site, per MW of its IT; null for no limit"
    )
    stress_max: NonNegative | None = Field(
        None,
        description="highest water stress score (0 to 5) of a country in which cooling may evaporate water; null for no limit",
    )
    unknown: Literal["refuse", "accept"] | None = Field(
        None,
        description="countries without a score: refuse or accept evaporative cooling there; to be stated with stress_max",
    )

    @model_validator(mode="after")
    def _unknown_is_decided(self) -> Self:
        if (self.stress_max is None) != (self.unknown is None):
            raise ValueError("stress_max and unknown go together: a score, and refuse or accept without one")
        return self


class Heat(Part):
    """Heat sold to district heating networks: every figure is the planner's own scenario."""

    price_eur_mwh: Finite = Field(
        description="what a network pays for a MWh of heat at the fence, net of any heat pump; below 0: what it charges"
    )
    reuse_share_max: Share = Field(
        description="most heat a network takes a year, as a share of the facility's electricity"
    )
    connection_eur_mw: NonNegative = Field(
        description="overnight cost of heat exchangers and pipe to the network, per MW of heat sold (mean over the year)"
    )
    countries: tuple[Name, ...] | None = Field(
        None, description="countries where a network takes heat; null takes every country"
    )

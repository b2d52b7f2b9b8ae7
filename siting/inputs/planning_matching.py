"""Sections of the planning model on clean supply: how well it must match the load, and how carbon is counted and limited."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from siting.inputs.planning_base import ByPeriod, NonNegative, Part, Share


class Matching(Part):
    """How well clean supply must match the load, and how much surplus may be sold."""

    kind: Literal["none", "annual", "hourly"] = Field(
        description="no rule, clean supply matched to the load over the year, or hour by hour"
    )
    cfe_score_min: Share | None = Field(
        description="share of the load, where scope says it must be reached; null with kind none"
    )
    excess_share_max: Share = Field(
        description="surplus sold in an hour, at most this share of that hour's load"
    )
    scope: Literal["portfolio", "country", "site"] = Field(
        "portfolio",
        description="who must reach the share: all sites together, those of each country, or each",
    )

    @model_validator(mode="after")
    def _score_goes_with_kind(self) -> Self:
        if (self.kind == "none") != (self.cfe_score_min is None):
            raise ValueError("cfe_score_min is a share with kind annual or hourly, and null with kind none")
        return self


class Carbon(Part):
    """Carbon limits and prices."""

    price_eur_t: NonNegative = Field(
        description="allowance price paid on fuel burnt on site (in grid prices already)"
    )
    internal_price_eur_t: NonNegative = Field(
        0.0, description="planner's own price on every operational tonne; 0 (default) for none"
    )
    cap_t_yr: NonNegative | None = Field(
        None, description="most operational tonnes a year, whole portfolio; null for no cap"
    )
    cap_g_kwh: NonNegative | None = Field(
        None,
        description="most operational grams per kWh of facility electricity, whole portfolio; null for no cap",
    )
    cap_t_yr_by_period: ByPeriod | None = Field(
        None, description="the cap of each period instead of one for all; null takes cap_t_yr"
    )
    cap_lifecycle_t_yr: NonNegative | None = Field(
        None,
        description="most life-cycle tonnes of the supply a year, whole portfolio, all output of contracts counted; "
        "null for no cap",
    )
    intensity: Literal["average", "marginal"] = Field(
        description="grid carbon counted at the hour's average intensity, or at the marginal one where the world has it "
        "(series marginal_g_kwh)"
    )

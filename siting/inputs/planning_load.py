"""Sections of the planning model on the load: what runs in the halls, how far it bends, and what backs it up."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator

from siting.inputs.planning_base import Name, NonNegative, Part, Positive, Share

BelowOne = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]


EQUIVALENT = "-equivalent"  # H100-equivalent counts compute in the product H100


def with_accelerator(values: dict[str, Any]) -> dict[str, Any]:
    """Values of a model that names no accelerator under load, with the type its target is counted in."""
    target, load = values.get("target"), values.get("load")
    counted_in = target.get("accelerator") if isinstance(target, dict) else None
    if not isinstance(load, dict) or "accelerator" in load or not isinstance(counted_in, str):
        return values
    return {**values, "load": {**load, "accelerator": counted_in.removesuffix(EQUIVALENT)}}


class Shed(Part):
    """Work that may be left undone."""

    value_eur_mwh_it: Positive = Field(description="what each MWh of IT that is not run costs: lost compute")
    share_max: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] = Field(
        description="most of an hour's IT load that may be shed"
    )


def _may_be_left_out(schema: dict[str, Any]) -> None:
    """A file need not state `accelerator` where its target does (`with_accelerator`)."""
    schema["required"].remove("accelerator")


class Load(Part):
    """What runs in the halls."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, json_schema_extra=_may_be_left_out)

    accelerator: Name = Field(
        description="accelerator type installed (row of accelerators.csv); left out: the type the target is counted in, H100 "
        "for H100-equivalent"
    )
    utilisation_share: Annotated[float, Field(gt=0, le=1)] = Field(
        description="mean IT load per IT nameplate"
    )
    cooling: tuple[Name, ...] = Field(
        min_length=1, description="cooling systems to choose from (rows of cooling.csv)"
    )
    flexible_share: Share = Field(
        0.0, description="share of each hour's IT load that may run in other hours of its window"
    )
    flexible_hours: Annotated[int, Field(ge=2, le=24)] = Field(
        24, description="length of a window: 24 for within the day (UTC), less for shorter blocks of hours"
    )
    shed: Shed | None = Field(None, description="work that may be left undone at a cost; null for none")
    moving_share: BelowOne = Field(
        0.0,
        description="share of each hour's IT load that may run at another site in that hour; needs solve.method whole or auto",
    )

    @model_validator(mode="after")
    def _bends_no_further_than_all(self) -> Self:
        shed = self.shed.share_max if self.shed else 0.0
        if self.moving_share + shed >= 1:
            raise ValueError(
                "moving_share and shed.share_max together leave nothing at a site; keep them below 1"
            )
        if self.flexible_share + self.moving_share + shed > 1 + 1e-12:
            raise ValueError(
                "flexible_share, moving_share and shed.share_max are shares of one load; keep their sum at 1 or less"
            )
        return self


class Adequacy(Part):
    """What must stand on site to go on without the grid."""

    firm_onsite_share: NonNegative = Field(
        description="firm capacity on site (dispatchable plant, and stores as below) per rated facility load; 0 asks for none"
    )
    firm_hours: Positive | None = Field(
        description="a store counts with the power it can hold for so many hours; null: stores do not count"
    )

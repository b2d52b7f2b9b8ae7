"""What every section of a planning model is made of: units of keys, and a base that is frozen and strict."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1)]
ByPeriod = Annotated[tuple[NonNegative, ...], Field(min_length=2)]


class Part(BaseModel):
    """Base of every section: frozen, strict, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @field_validator("*")
    @classmethod
    def _no_name_twice(cls, value: Any) -> Any:
        if isinstance(value, tuple) and all(isinstance(entry, str) for entry in value):
            twice = sorted({entry for entry in value if value.count(entry) > 1})
            if twice:
                raise ValueError(f"names {', '.join(twice)} twice; keep one")
        return value


class Factors(Part):
    """A scenario: factors on values of the world. 1 leaves them as their sources have them."""

    grid_price: Positive = Field(1.0, description="on the day-ahead price of every hour, purchase and sale")
    network_charge: Positive = Field(1.0, description="on network charges and levies")
    gas_price: Positive = Field(1.0, description="on the price of gas")
    grid_carbon: Positive = Field(1.0, description="on the grid's carbon intensity in every hour")
    accelerator_price: Positive = Field(1.0, description="on accelerators and their network")
    building_cost: Positive = Field(1.0, description="on building and plant of a data centre")
    connection_cost: Positive = Field(1.0, description="on substation, reinforcement and line")
    solar_capex: Positive = Field(1.0, description="on the investment of solar plants, contracted or on site")
    wind_capex: Positive = Field(1.0, description="on the investment of wind farms")
    storage_capex: Positive = Field(1.0, description="on the investment of storage, power and energy")
    baseload_price: Positive = Field(1.0, description="on the price of baseload contracts (nuclear)")

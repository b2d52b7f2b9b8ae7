"""The planning model's section on uncertainty: what may come, how likely, and which of it the plan is made for.

Two stages: sites and all investments are decided once, operation and contracts' sales in each case by itself.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from siting.inputs.planning_base import Factors, Name, Part

Probability = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
PARTS = ("/", "@")  # stand between a class, a period and a case in names


class Case(Part):
    """One thing that may come: a weather year, and factors on values of the world."""

    probability: Probability = Field(description="how likely; all cases together 1")
    weather_year: int | None = Field(
        None, description="weather year of the case; null takes time.weather_years"
    )
    factors: Factors = Field(Factors(), description="factors on values of the world, beside the scenario's")


class Uncertainty(Part):
    """Cases planned for together."""

    cases: dict[Name, Case] = Field(min_length=2, description="what may come, by name")
    measure: Literal["expected", "cvar", "worst"] = Field(
        description="what objective cost means: the mean, the mean of the dearest tail_share, or the dearest case"
    )
    tail_share: Probability | None = Field(None, description="share of the dearest outcomes; with cvar only")

    @property
    def tail(self) -> float:
        """Share of outcomes that counts: 1 for the mean; no larger than the rarest case's for the dearest one."""
        if self.measure == "expected":
            return 1.0
        return self.tail_share or min(case.probability for case in self.cases.values())

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        problems = []
        total = sum(case.probability for case in self.cases.values())
        if abs(total - 1.0) > 1e-9:
            problems.append(f"probabilities of {', '.join(self.cases)} add up to {total:g}; make it 1")
        if (self.measure == "cvar") != (self.tail_share is not None):
            problems.append("tail_share is a share with measure cvar, and null with any other")
        problems += [
            f"case '{name}': leave out {' and '.join(PARTS)}" for name in self.cases if set(name) & set(PARTS)
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self

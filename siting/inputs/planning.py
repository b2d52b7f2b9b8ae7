"""The planning model: the question a planner puts to a world, as one frozen, fully checked object.

Every key is known, typed and in the unit its name says; what moves the answer has no silent default.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from siting.inputs.planning_base import ByPeriod, Finite, Name, NonNegative, Part, Positive, Share
from siting.inputs.planning_base import Factors as Factors  # part of this module's face
from siting.inputs.planning_coverage import Coverage
from siting.inputs.planning_load import Adequacy, Load
from siting.inputs.planning_matching import Carbon, Matching
from siting.inputs.planning_rules import Rules
from siting.inputs.planning_sites import Sites
from siting.inputs.planning_sites import Where as Where  # part of this module's face
from siting.inputs.planning_uncertainty import Uncertainty
from siting.inputs.planning_water import Heat, Water
from siting.units import counted

CapexGroup = Literal["site", "connection", "onsite_power", "it"]
SingleObjective = Literal["cost", "carbon", "compute"]


class Horizon(Part):
    """When: the year of the decision, the years that are planned for, and the price of capital."""

    decision_year: int = Field(ge=2020, le=2060, description="year in which the investment is decided")
    periods: tuple[int, ...] = Field(
        min_length=1, description="years planned for, in order; each stands for those up to the next"
    )
    end_year: int | None = Field(
        None, description="last year of the last period; needed with several periods, null with one"
    )
    discount_share: Share = Field(description="real discount rate before country risk, per year")
    country_risk: bool = Field(
        False,
        description="true: each country's risk premium on top; false (default): discount_share is the rate as it stands",
    )
    price_year: Literal[2025] = Field(description="all money is EUR of this year")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.periods[0] < self.decision_year:
            raise ValueError(f"period {self.periods[0]} lies before decision_year {self.decision_year}")
        if list(self.periods) != sorted(set(self.periods)):
            raise ValueError(f"periods {list(self.periods)} are not in order, each once")
        if len(self.periods) == 1 and self.end_year is not None:
            raise ValueError("end_year goes with several periods; one is costed as a typical year")
        if len(self.periods) > 1 and (self.end_year is None or self.end_year < self.periods[-1]):
            raise ValueError(f"several periods need end_year, {self.periods[-1]} or later")
        return self


class WeightedObjective(Part):
    """Weighted sum: cost times a factor plus an internal price on each tonne."""

    cost: Positive = Field(description="factor on the yearly cost in EUR")
    carbon_eur_t: NonNegative = Field(description="price put on each operational tonne beside the cost")


class SpreadObjective(Part):
    """Weighted use of sites and supply options, as little of it as can be: how alternatives to a plan are found."""

    sites: dict[Name, Finite] = Field(
        default_factory=dict, description="weight on each MW of IT at a site; others have none"
    )
    options: dict[Name, Finite] = Field(
        default_factory=dict,
        description="weight on each MW, mean over the year, that comes from a supply option (storage: on each MWh built); "
        "negative counts the load it does not serve instead",
    )

    @model_validator(mode="after")
    def _weighs_something(self) -> Self:
        if not any([*self.sites.values(), *self.options.values()]):
            raise ValueError("an objective of sites and options needs a weight that is not zero")
        return self


class Target(Part):
    """Compute to be reached: accelerators (or a unit of compute such as H100-equivalent), IT power or EFLOP/s."""

    accelerators: Positive | ByPeriod | None = Field(
        None,
        description="how many accelerators of the type below, or as much compute (dense BF16); a list: by period, one "
        "number: in every period",
    )
    accelerator: Name | None = Field(
        None, description="row of accelerators.csv in which the target is counted"
    )
    it_mw: Positive | ByPeriod | None = Field(
        None, description="IT nameplate power; a list: by period, one number: in every period"
    )
    eflops: Positive | ByPeriod | None = Field(
        None,
        description="dense compute in EFLOP/s at the precision below; a list: by period, one number: in every period",
    )
    precision: Literal["bf16", "fp8"] | None = Field(None, description="number format in which eflops counts")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        stated = [key for key in ("accelerators", "it_mw", "eflops") if getattr(self, key) is not None]
        if len(stated) != 1:
            raise ValueError(
                f"state the target in one way: accelerators, it_mw or eflops (stated: {', '.join(stated) or 'none'}), "
                "and null for the others"
            )
        if (self.accelerators is None) != (self.accelerator is None):
            raise ValueError("accelerators and accelerator go together: a number and the type it counts")
        if (self.eflops is None) != (self.precision is None):
            raise ValueError("eflops and precision go together")
        return self

    @property
    def by_period(self) -> tuple[float, ...] | None:
        """The stated amounts where there is one a period; None where one holds in all."""
        listed = [v for v in (self.accelerators, self.it_mw, self.eflops) if isinstance(v, tuple)]
        return listed[0] if listed else None


class Budget(Part):
    """Overnight investment that may be spent, and which groups count against it."""

    capex_eur: Positive | None = Field(description="most that may be invested overnight; null for no limit")
    counts: tuple[CapexGroup, ...] = Field(
        min_length=1,
        description="what counts: building and plant, grid connection and line, power plants and storage on site, accelerators",
    )
    cost_eur_yr: Positive | None = Field(
        None, description="most that objective cost may come to a year; null for no limit"
    )
    capex_eur_by_period: ByPeriod | None = Field(
        None,
        description="most that may be newly invested in each period, beside capex_eur for all; null for no limit",
    )


class Power(Part):
    """Which supply options may be used (rows of options.csv)."""

    options: tuple[Name, ...] = Field(
        min_length=1, description="supply options on offer; contracts (PPAs) need grid among them"
    )
    cross_border: tuple[Name, ...] = Field(
        (), description="contracts among them that may also be signed in neighbouring zones, within the links"
    )
    baseload: tuple[Name, ...] = Field(
        (),
        description="contracts among them that sellers also offer flat, at the plant's mean: they trade the difference day-ahead",
    )
    baseload_margin_eur_mwh: NonNegative = Field(
        0.0, description="what sellers take on top of that for each MWh delivered flat: a scenario"
    )
    matching: Matching

    @model_validator(mode="after")
    def _named_contracts_are_on_offer(self) -> Self:
        named = {"cross_border": self.cross_border, "baseload": self.baseload}
        problems = [
            f"{key} names {', '.join(strangers)}, which is not among options"
            for key, names in named.items()
            if (strangers := [k for k in names if k not in self.options])
        ]
        if self.baseload_margin_eur_mwh > 0 and not self.baseload:
            problems.append("baseload_margin_eur_mwh goes with baseload: name contracts there, or leave it 0")
        if problems:
            raise ValueError("; ".join(problems))
        return self


class Representative(Part):
    """Typical periods: how many, how long, and which extremes to keep."""

    periods: int = Field(ge=1, le=366, description="how many periods are modelled, kept extremes included")
    hours: Literal[24, 168] = Field(description="length of a period: a day or a week")
    keep: tuple[Literal["peak_price", "least_wind", "least_sun"], ...] = Field(
        description="extreme periods kept as they were, beside the typical ones"
    )


class Time(Part):
    """Which hours are modelled."""

    weather_years: tuple[int] = Field(description="one weather year")
    representative: Representative | Literal["full"]


class Solve(Part):
    """How far to solve."""

    method: Literal["whole", "frontier", "auto"] = Field(
        description="one MILP, or frontiers of the supply classes under a master problem; auto takes frontier, and whole "
        "where work moves between sites (load.moving_share)"
    )
    gap_share: Annotated[float, Field(gt=0, lt=1)] = Field(
        description="proven distance to the best possible plan at which to stop, as a share of the objective"
    )
    time_limit_s: Positive = Field(description="wall-clock time after which the best plan so far is taken")
    threads: int = Field(ge=1, le=256, description="processor cores used")


class Scenario(Part):
    """What if a value of the world were another: a scenario of the planner, said in the plan's notes."""

    factors: Factors = Field(Factors(), description="factors on values of the world")
    by_period: dict[Name, Factors] = Field(
        default_factory=dict,
        description="further factors of a period (its year), such as a cleaner grid in 2035",
    )

    @field_validator("by_period", mode="before")
    @classmethod
    def _years_are_words(cls, value: Any) -> Any:
        return {str(key): entry for key, entry in value.items()} if isinstance(value, dict) else value


class PlanningModel(Part):
    """One question put to a world. See `models/` for complete examples and `planning-model.schema.json`."""

    siting: Literal[1] = Field(description="schema version")
    title: Name = Field(description="the question in a few words, on every result")
    purpose: Name = Field(description="what the answer is for, in a sentence or two")
    based_on: Name | None = Field(description="model this one differs from; merged before checking")
    world: Name = Field(description="a bundled world's name or a folder")
    horizon: Horizon
    objective: (
        SingleObjective
        | WeightedObjective
        | SpreadObjective
        | Annotated[tuple[SingleObjective, ...], Field(min_length=2)]
    )
    target: Target | None = Field(description="null only with objective compute")
    budget: Budget
    sites: Sites
    power: Power
    load: Load
    carbon: Carbon
    time: Time
    solve: Solve
    scenario: Scenario = Field(Scenario(), description="values of the world, changed by the planner")
    uncertainty: Uncertainty | None = Field(
        None, description="several weather years and scenarios in one plan; null plans for one"
    )
    adequacy: Adequacy = Field(
        Adequacy(firm_onsite_share=0.0, firm_hours=None), description="firm capacity on site"
    )
    coverage: Coverage | None = Field(
        None, description="demand points that sites must serve within a latency; null for none"
    )
    water: Water = Field(Water(), description="limits on the water that cooling evaporates; none by default")
    heat: Heat | None = Field(None, description="heat sold to district heating networks; null for none")
    rules: Rules = Field(Rules(), description="national rules for data centres (rules.csv)")

    @model_validator(mode="after")
    def _objective_has_its_limits(self) -> Self:
        if self.target is None and "compute" not in self.objectives:
            raise ValueError("target is null: only objective compute may leave it open")
        if "compute" in self.objectives and self.budget.capex_eur is None:
            raise ValueError("objective compute needs budget.capex_eur")
        return self

    @model_validator(mode="after")
    def _moving_needs_whole(self) -> Self:
        if self.load.moving_share > 0 and self.solve.method == "frontier":
            raise ValueError(
                "load.moving_share couples all sites hour by hour, which method frontier cannot hold: use --method whole "
                "(solve.method: whole or auto), or set it to 0"
            )
        return self

    @model_validator(mode="after")
    def _one_value_a_period(self) -> Self:
        n = len(self.horizon.periods)
        lists = {
            "target": self.target.by_period if self.target else None,
            "budget.capex_eur_by_period": self.budget.capex_eur_by_period,
            "carbon.cap_t_yr_by_period": self.carbon.cap_t_yr_by_period,
        }
        problems = [
            f"{key} lists {len(values)} values for {counted(n, 'period')}; state one a period"
            for key, values in lists.items()
            if values is not None and len(values) != n
        ]
        if n > 1 and isinstance(self.objective, SpreadObjective):
            problems.append("objective: weights on sites and options need a single period")
        if self.uncertainty is not None and isinstance(self.objective, SpreadObjective):
            problems.append("objective: weights on sites and options need a model without uncertainty")
        if self.at_risk and self.carbon.internal_price_eur_t > 0:
            problems.append(
                "uncertainty.measure: only the mean knows carbon.internal_price_eur_t; set one of them back"
            )
        strangers = sorted(set(self.scenario.by_period) - {str(p) for p in self.horizon.periods})
        if strangers:
            problems.append(f"scenario.by_period names {', '.join(strangers)}, which is no period")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def is_whole(self) -> bool:
        """Whether the model is solved as one MILP: asked for, or needed by work that moves between sites."""
        return self.solve.method == "whole" or self.load.moving_share > 0

    @property
    def objectives(self) -> tuple[str, ...]:
        """The stages solved one after the other; ties of carbon, compute and spread are broken by cost."""
        if isinstance(self.objective, WeightedObjective):
            return ("weighted",)
        if isinstance(self.objective, SpreadObjective):
            return ("spread", "cost")
        stages: tuple[str, ...] = (self.objective,) if isinstance(self.objective, str) else self.objective
        if self.at_risk:
            stages = tuple("risk" if stage == "cost" else stage for stage in stages)
        return stages if "cost" in stages else (*stages, "cost")

    @property
    def at_risk(self) -> bool:
        """Whether cost means that of the dearest outcomes."""
        return self.uncertainty is not None and self.uncertainty.measure != "expected"

    def with_(self, **changes: Any) -> PlanningModel:
        """A changed copy; keys are section__key or unique leaf names, e.g. `with_(budget__capex_eur=15e9)`."""
        from siting.inputs.load import changed

        return changed(self, changes)

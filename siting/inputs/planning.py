"""The planning model: the question a planner puts to a world, as one frozen, fully checked object.

Every key is known, typed and in the unit its name says; what moves the answer has no silent default.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1)]
CapexGroup = Literal["site", "connection", "onsite_power", "it"]
SingleObjective = Literal["cost", "carbon", "compute"]


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


class Horizon(Part):
    """When: the year of the decision, the year that is planned for, and the price of capital."""

    decision_year: int = Field(ge=2020, le=2060, description="year in which the investment is decided")
    periods: tuple[int] = Field(description="the year planned for; one period")
    discount_share: Share = Field(description="real discount rate before country risk, per year")
    country_risk: bool = Field(description="add each country's risk premium to the discount rate")
    price_year: Literal[2025] = Field(description="all money is EUR of this year")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.periods[0] < self.decision_year:
            raise ValueError(f"period {self.periods[0]} lies before decision_year {self.decision_year}")
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

    accelerators: Positive | None = Field(
        None, description="how many accelerators of the type below, or as much compute (dense BF16)"
    )
    accelerator: Name | None = Field(
        None, description="row of accelerators.csv in which the target is counted"
    )
    it_mw: Positive | None = Field(None, description="IT nameplate power")
    eflops: Positive | None = Field(None, description="dense compute in EFLOP/s at the precision below")
    precision: Literal["bf16", "fp8"] | None = Field(None, description="number format in which eflops counts")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        stated = [key for key in ("accelerators", "it_mw", "eflops") if getattr(self, key) is not None]
        if len(stated) != 1:
            raise ValueError(
                f"state the target in one way: accelerators, it_mw or eflops (stated: {stated or 'none'})"
            )
        if (self.accelerators is None) != (self.accelerator is None):
            raise ValueError("accelerators and accelerator go together: a number and the type it counts")
        if (self.eflops is None) != (self.precision is None):
            raise ValueError("eflops and precision go together")
        return self


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


class Where(Part):
    """Which candidates take part; null takes all."""

    countries: tuple[Name, ...] | None = Field(description="rows of countries.csv; null takes every country")
    kinds: tuple[Name, ...] | None = Field(
        description="kinds of site in sites.csv, such as city; null takes every kind"
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
    where: Where
    force: tuple[Name, ...] = Field((), description="sites that must be built")
    forbid: tuple[Name, ...] = Field((), description="sites that must not be built")
    min: int = Field(ge=0, description="fewest sites built")
    max: int = Field(ge=1, description="most sites built")
    max_per_country: int = Field(ge=1, description="most sites built in one country")
    min_countries: int = Field(ge=0, description="fewest countries with a site")
    size_it_mw: tuple[Positive, Positive] = Field(description="smallest and largest IT power of a site")
    module_it_mw: Positive = Field(description="sites grow in whole modules of this IT power")
    grid_wait: Literal["enforce", "ignore"] = Field(
        description="enforce: no grid connection before decision_year + the site's grid_wait_yr"
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


class Matching(Part):
    """How well clean supply must match the load, and how much surplus may be sold."""

    kind: Literal["none", "annual", "hourly"] = Field(
        description="no rule, clean supply matched to the load over the year, or hour by hour"
    )
    cfe_score_min: Share | None = Field(description="share of the portfolio's load; null with kind none")
    excess_share_max: Share = Field(
        description="surplus sold in an hour, at most this share of that hour's load"
    )

    @model_validator(mode="after")
    def _score_goes_with_kind(self) -> Self:
        if (self.kind == "none") != (self.cfe_score_min is None):
            raise ValueError("cfe_score_min is a share with kind annual or hourly, and null with kind none")
        return self


class Power(Part):
    """Which supply options may be used (rows of options.csv)."""

    options: tuple[Name, ...] = Field(
        min_length=1, description="supply options on offer; contracts (PPAs) need grid among them"
    )
    matching: Matching


class Load(Part):
    """What runs in the halls."""

    accelerator: Name = Field(description="accelerator type installed (row of accelerators.csv)")
    utilisation_share: Annotated[float, Field(gt=0, le=1)] = Field(
        description="mean IT load per IT nameplate"
    )
    cooling: tuple[Name, ...] = Field(
        min_length=1, description="cooling systems to choose from (rows of cooling.csv)"
    )


class Carbon(Part):
    """Carbon limits and prices."""

    price_eur_t: NonNegative = Field(
        description="allowance price paid on fuel burnt on site (in grid prices already)"
    )
    internal_price_eur_t: NonNegative = Field(description="planner's own price on every operational tonne")
    cap_t_yr: NonNegative | None = Field(
        description="most operational tonnes a year, whole portfolio; null for no cap"
    )
    cap_g_kwh: NonNegative | None = Field(
        description="most operational grams per kWh of facility electricity, whole portfolio; null for no cap"
    )
    intensity: Literal["average"] = Field(description="grid carbon counted at the hour's average intensity")


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
        description="one MILP, or frontiers of the supply classes under a master problem; auto takes frontier"
    )
    gap_share: Annotated[float, Field(gt=0, lt=1)] = Field(
        description="proven distance to the best possible plan at which to stop, as a share of the objective"
    )
    time_limit_s: Positive = Field(description="wall-clock time after which the best plan so far is taken")
    threads: int = Field(ge=1, le=256, description="processor cores used")


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


class Scenario(Part):
    """What if a value of the world were another: a scenario of the planner, said in the plan's notes."""

    factors: Factors = Field(Factors(), description="factors on values of the world")


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

    @model_validator(mode="after")
    def _objective_has_its_limits(self) -> Self:
        if self.target is None and "compute" not in self.objectives:
            raise ValueError("target is null: only objective compute may leave it open")
        if "compute" in self.objectives and self.budget.capex_eur is None:
            raise ValueError("objective compute needs budget.capex_eur")
        return self

    @property
    def objectives(self) -> tuple[str, ...]:
        """The stages solved one after the other; ties of carbon, compute and spread are broken by cost."""
        if isinstance(self.objective, WeightedObjective):
            return ("weighted",)
        if isinstance(self.objective, SpreadObjective):
            return ("spread", "cost")
        stages: tuple[str, ...] = (self.objective,) if isinstance(self.objective, str) else self.objective
        return stages if "cost" in stages else (*stages, "cost")

    def with_(self, **changes: Any) -> PlanningModel:
        """A changed copy; keys are section__key or unique leaf names, e.g. `with_(budget__capex_eur=15e9)`."""
        from siting.inputs.load import changed

        return changed(self, changes)

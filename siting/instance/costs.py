"""From table values to what one MW costs a year in one country: options, halls, accelerators, connection."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from siting.errors import InputError
from siting.inputs.finance import yearly_eur
from siting.inputs.planning import PlanningModel
from siting.inputs.world import World
from siting.instance.instance import Hall, Hourly, Option
from siting.units import G_PER_T, HOURS_PER_YEAR, KWH_PER_MWH

HA_PER_M2 = 1e-4


@dataclass(frozen=True)
class Place:
    """A zone with what its costs depend on: country, discount rate, and hourly series by name."""

    zone: str
    country: str
    rate: float
    hours: dict[str, np.ndarray]
    weight: np.ndarray

    def output(self, world: World, k: str) -> np.ndarray:
        """Hourly output of a weather-driven option, MW per MW; InputError if the zone has no such series."""
        series = str(world.options.at[k, "series"])
        if series not in self.hours:
            raise InputError(
                f"series: zone '{self.zone}' has no {series} in the hourly data, which {k} needs; "
                f"add it, or leave {k} out of power.options"
            )
        return self.hours[series]


def place_of(
    world: World, model: PlanningModel, zone: str, hours: dict[str, np.ndarray], weight: np.ndarray
) -> Place:
    """A zone's discount rate is the model's, plus the country's risk premium where the model says so."""
    country = str(world.zones.at[zone, "country"])
    premium = (
        world.value("country_values", country, "risk_premium_share") if model.horizon.country_risk else 0.0
    )
    return Place(zone, country, model.horizon.discount_share + premium, hours, weight)


def ppa_option(world: World, place: Place, k: str) -> tuple[Option, Hourly]:
    """A contracted plant, per MW and year, and its hourly output per MW.

    Weather-driven: annuity, fixed and variable cost of a new plant (pay-as-produced, all of its output is paid for).
    Baseload: the contract price on all it delivers, flat at the fleet's availability (take-or-pay).
    """
    life_cycle = world.value("technologies", k, "lifecycle_g_kwh") * KWH_PER_MWH / G_PER_T
    if world.options.at[k, "behaviour"] == "baseload":
        share = world.value("zone_values", place.zone, f"{k.removesuffix('_ppa')}_availability_share")
        yearly = world.value("technologies", k, "price_eur_mwh") * share * HOURS_PER_YEAR
        return Option(0.0, yearly, lifecycle_t_mwh=life_cycle), (share,) * len(place.weight)
    output = place.output(world, k)
    full_load_h = float(place.weight @ output)
    running = _weather_driven_vom(world, k)
    capex = world.value("technologies", k, "capex_eur_kw") * KWH_PER_MWH
    yearly = _yearly(world, k, capex, place.rate) + running * full_load_h
    return Option(capex, yearly, lifecycle_t_mwh=life_cycle), tuple(output.tolist())


def onsite_option(world: World, model: PlanningModel, place: Place, k: str) -> tuple[Option, Hourly]:
    """On-site plant: capital and fixed cost per MW, fuel, running and allowances per MWh, output bound per MW."""
    capex = world.value("technologies", k, "capex_eur_kw") * KWH_PER_MWH
    land = world.value("technologies", k, "land_m2_kw") * KWH_PER_MWH * HA_PER_M2
    life_cycle = world.value("technologies", k, "lifecycle_g_kwh") * KWH_PER_MWH / G_PER_T
    yearly = _yearly(world, k, capex, place.rate)
    clean = str(world.options.at[k, "clean"]) == "true"
    if world.options.at[k, "behaviour"] == "variable":
        running = _weather_driven_vom(world, k)
        option = Option(capex, yearly, running, lifecycle_t_mwh=life_cycle, clean=clean, land_ha_mw=land)
        return option, tuple(place.output(world, k).tolist())
    running = world.value("technologies", k, "vom_eur_mwh")
    fuel = str(world.options.at[k, "fuel"])
    efficiency = world.value("technologies", k, "efficiency_share")
    carbon = world.value("technologies", k, "fuel_carbon_t_mwh") / efficiency
    option = Option(
        capex,
        yearly,
        energy_eur_mwh=running + world.value("zone_values", place.zone, f"{fuel}_price_eur_mwh") / efficiency,
        allowance_eur_mwh=model.carbon.price_eur_t * carbon,
        carbon_t_mwh=carbon,
        lifecycle_t_mwh=life_cycle,
        clean=clean,
        land_ha_mw=land,
    )
    return option, (1.0,) * len(place.weight)


def storage_option(world: World, place: Place, k: str) -> Option:
    """Storage: power and energy parts with lives of their own; efficiency one way is the root of the round trip."""
    power = world.value("technologies", k, "capex_eur_kw") * KWH_PER_MWH
    energy = world.value("technologies", k, "capex_eur_kwh") * KWH_PER_MWH
    return Option(
        capex_eur_mw=power,
        yearly_eur_mw=_yearly(world, k, power, place.rate),
        capex_eur_mwh=energy,
        yearly_eur_mwh=yearly_eur(energy, place.rate, world.value("technologies", k, "energy_life_yr")),
        efficiency_share=math.sqrt(world.value("technologies", k, "efficiency_share")),
        clean=False,
    )


def hall(world: World, place: Place, q: str) -> Hall:
    """Building and plant of a cooling system, and PUE by the hour: base + slope x degrees above a threshold."""
    value = {
        name: world.value("cooling", q, name) for name in ("pue_base", "pue_slope_per_c", "pue_threshold_c")
    }
    warm = np.maximum(0.0, place.hours["temperature_c"] - value["pue_threshold_c"])
    pue = value["pue_base"] + value["pue_slope_per_c"] * warm
    capex = world.value("country_values", place.country, "dc_build_eur_kw") * KWH_PER_MWH
    capex *= world.value("cooling", q, "capex_factor")
    yearly = yearly_eur(capex, place.rate, world.parameter("dc_life_yr"))
    return Hall(capex, yearly, tuple(pue.tolist()), world.get("cooling", q, "wue_l_kwh"))


def accelerators(world: World, place: Place, a: str) -> Option:
    """Accelerators with their network, per MW of IT nameplate."""
    each = world.value("accelerators", a, "price_eur") + world.value("accelerators", a, "network_eur")
    capex = each * KWH_PER_MWH / world.value("accelerators", a, "it_kw")
    return Option(capex, yearly_eur(capex, place.rate, world.value("accelerators", a, "life_yr")))


def connection(world: World, place: Place) -> Option:
    """Substation and reinforcement, per MW of connection."""
    capex = world.parameter("connection_eur_mw")
    return Option(
        capex,
        yearly_eur(
            capex, place.rate, world.parameter("connection_life_yr"), world.parameter("line_fom_share")
        ),
    )


def grid_line(world: World, place: Place, km: float, rated_mw_per_it_mw: float) -> Option:
    """The site's own line, sized to its rated load, per MW of IT."""
    capex = world.parameter("line_eur_mw_km") * km * rated_mw_per_it_mw
    return Option(
        capex,
        yearly_eur(
            capex, place.rate, world.parameter("connection_life_yr"), world.parameter("line_fom_share")
        ),
    )


def _yearly(world: World, k: str, capex_eur_mw: float, rate: float) -> float:
    fom = world.value("technologies", k, "fom_share")
    return yearly_eur(capex_eur_mw, rate, world.value("technologies", k, "life_yr"), fom)


def _weather_driven_vom(world: World, k: str) -> float:
    """Sun and wind cost nothing per MWh unless a row says so (solar plants have no such row in the source)."""
    return world.get("technologies", k, "vom_eur_mwh") or 0.0

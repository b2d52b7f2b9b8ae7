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
GRID_LEVELS = {  # series of the grid, and the quantity of zone_values.csv that is its mean
    "price_eur_mwh": "day_ahead_price_eur_mwh",
    "carbon_g_kwh": "grid_carbon_g_kwh",
    "cfe_share": "grid_cfe_share",
}


@dataclass(frozen=True)
class Place:
    """A zone with what its costs depend on: country, discount rate, hourly series by name, and the year of the investment.

    Tables with several years are read for that year (`Value.at`); without one they give what they hold nearest to 2030.
    """

    zone: str
    country: str
    rate: float
    hours: dict[str, np.ndarray]
    weight: np.ndarray
    year: int | None = None

    def technology(self, world: World, k: str, quantity: str) -> float:
        """A number of technologies.csv that must exist, in the year of the investment."""
        return world.value("technologies", k, quantity, self.year)

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
    world: World,
    model: PlanningModel,
    zone: str,
    hours: dict[str, np.ndarray],
    weight: np.ndarray,
    year: int | None = None,
) -> Place:
    """A zone's discount rate is the model's, plus the country's risk premium where the model says so.

    `hours`: MW per MW, EUR/MWh, g/kWh, shares and degC by name, at the levels of the world; a level with several years
    moves its series to that of `year`.
    """
    country = str(world.zones.at[zone, "country"])
    moved = {**hours, **_moved_levels(world, zone, hours, year)}
    return Place(zone, country, discount_rate(world, model, country), moved, weight, year)


def discount_rate(world: World, model: PlanningModel, country: str) -> float:
    """Real rate a year in a country: the model's, plus the country's risk premium where the model says so."""
    if not model.horizon.country_risk:
        return model.horizon.discount_share
    return model.horizon.discount_share + world.value("country_values", country, "risk_premium_share")


def _moved_levels(
    world: World, zone: str, hours: dict[str, np.ndarray], year: int | None
) -> dict[str, np.ndarray]:
    """Grid series times level of the year over the level they were made for; shares stay at most 1."""
    moved = {}
    for series, quantity in GRID_LEVELS.items():
        now = world.get("zone_values", zone, quantity)
        then = world.get("zone_values", zone, quantity, year)
        if now and then is not None and then != now and series in hours:
            scaled = hours[series] * (then / now)
            moved[series] = np.minimum(scaled, 1.0) if series == "cfe_share" else scaled
    return moved


def exists(world: World, place: Place, k: str) -> bool:
    """Whether an option can be had in a zone: a contract where plants to contract are (its potential in zone_values.csv),
    anything else where the state allows it (`<option>_allowed` in country_values.csv; without such rows everywhere)."""
    if world.options.at[k, "route"] == "ppa":
        return (world.get("zone_values", place.zone, f"{k}_potential_mw", place.year) or 0.0) > 0
    allowed = f"{k}_allowed"
    if not any(quantity == allowed for _, quantity in world.values["country_values"]):
        return True
    return world.get("country_values", place.country, allowed) == 1.0


def ppa_option(world: World, place: Place, k: str) -> tuple[Option, Hourly]:
    """A contracted plant, per MW and year, and its hourly output per MW.

    Weather-driven: annuity, fixed and variable cost of a new plant (pay-as-produced, all of its output is paid for).
    Baseload: delivered flat at the fleet's availability (take-or-pay), at a contract price on all of it, at the zone's mean
    day-ahead price and a premium, or for annuity and fixed cost of a new plant - whichever technologies.csv has.
    """
    life_cycle = place.technology(world, k, "lifecycle_g_kwh") * KWH_PER_MWH / G_PER_T
    if world.options.at[k, "behaviour"] == "baseload":
        share = _availability(world, place, k)
        capex, yearly = _baseload(world, place, k, share)
        return Option(capex, yearly, lifecycle_t_mwh=life_cycle), (share,) * len(place.weight)
    output = place.output(world, k)
    full_load_h = float(place.weight @ output)
    running = _weather_driven_vom(world, place, k)
    capex = place.technology(world, k, "capex_eur_kw") * KWH_PER_MWH
    yearly = _yearly(world, place, k, capex) + running * full_load_h
    return Option(capex, yearly, lifecycle_t_mwh=life_cycle), tuple(output.tolist())


def _baseload(world: World, place: Place, k: str, share: float) -> tuple[float, float]:
    """Overnight investment of the buyer's (none under a price) and yearly cost, EUR per MW of contracted plant."""
    premium = world.get("technologies", k, "price_over_day_ahead_eur_mwh", place.year)
    if premium is not None:
        market = float(place.weight @ place.hours["price_eur_mwh"]) / float(place.weight.sum())
        return 0.0, (market + premium) * share * HOURS_PER_YEAR
    if world.get("technologies", k, "capex_eur_kw", place.year) is None:
        return 0.0, place.technology(world, k, "price_eur_mwh") * share * HOURS_PER_YEAR
    capex = place.technology(world, k, "capex_eur_kw") * KWH_PER_MWH
    return capex, _yearly(world, place, k, capex)


def _availability(world: World, place: Place, k: str) -> float:
    """Share of a flat plant's power that it delivers: the zone's own fleet's, else the technology's."""
    share = world.get("technologies", k, "availability_share", place.year)
    if share is not None:
        return share
    return world.value("zone_values", place.zone, f"{k.removesuffix('_ppa')}_availability_share", place.year)


def onsite_option(world: World, model: PlanningModel, place: Place, k: str) -> tuple[Option, Hourly]:
    """On-site plant: capital and fixed cost per MW, fuel, running and allowances per MWh, output bound per MW.

    With capture, that share of the fuel's CO2 is not emitted: no allowances for it, but transport and storage.
    """
    capex = place.technology(world, k, "capex_eur_kw") * KWH_PER_MWH
    land = place.technology(world, k, "land_m2_kw") * KWH_PER_MWH * HA_PER_M2
    life_cycle = place.technology(world, k, "lifecycle_g_kwh") * KWH_PER_MWH / G_PER_T
    yearly = _yearly(world, place, k, capex)
    clean = str(world.options.at[k, "clean"]) == "true"
    if world.options.at[k, "behaviour"] == "variable":
        running = _weather_driven_vom(world, place, k)
        option = Option(capex, yearly, running, lifecycle_t_mwh=life_cycle, clean=clean, land_ha_mw=land)
        return option, tuple(place.output(world, k).tolist())
    efficiency = place.technology(world, k, "efficiency_share")
    produced = place.technology(world, k, "fuel_carbon_t_mwh") / efficiency
    captured = produced * (world.get("technologies", k, "capture_share", place.year) or 0.0)
    energy = place.technology(world, k, "vom_eur_mwh") + _fuel_price(world, place, k) / efficiency
    if captured > 0:
        energy += captured * world.parameter("co2_transport_storage_eur_t", place.year)
    carbon = produced - captured
    option = Option(
        capex,
        yearly,
        energy_eur_mwh=energy,
        allowance_eur_mwh=model.carbon.price_eur_t * carbon,
        carbon_t_mwh=carbon,
        lifecycle_t_mwh=life_cycle,
        clean=clean,
        land_ha_mw=land,
        firm=True,
    )
    available = world.get("technologies", k, "availability_share", place.year)
    return option, (1.0 if available is None else available,) * len(place.weight)


def _fuel_price(world: World, place: Place, k: str) -> float:
    """EUR per MWh of fuel: the zone's own price, else the world's. InputError names both rows that could hold it."""
    fuel = str(world.options.at[k, "fuel"])
    quantity = f"{fuel}_price_eur_mwh"
    price = world.get("zone_values", place.zone, quantity, place.year)
    if price is None:
        price = world.get("parameters", quantity, year=place.year)
    if price is None:
        raise InputError(
            f"{world.folder.name}: {k} needs {quantity}; add it for zone '{place.zone}' to zone_values.csv, or for all "
            "zones to parameters.csv, with unit, year, kind and source"
        )
    return price


def storage_option(world: World, place: Place, k: str) -> Option:
    """Storage: power and energy parts with lives of their own; efficiency one way is the root of the round trip."""
    power = place.technology(world, k, "capex_eur_kw") * KWH_PER_MWH
    energy = place.technology(world, k, "capex_eur_kwh") * KWH_PER_MWH
    return Option(
        capex_eur_mw=power,
        yearly_eur_mw=_yearly(world, place, k, power),
        capex_eur_mwh=energy,
        yearly_eur_mwh=yearly_eur(energy, place.rate, place.technology(world, k, "energy_life_yr")),
        efficiency_share=math.sqrt(place.technology(world, k, "efficiency_share")),
        clean=False,
        duration_h=world.get("technologies", k, "duration_h", place.year) or 0.0,
    )


def hall(world: World, place: Place, q: str) -> Hall:
    """Building and plant of a cooling system, and PUE by the hour: base + slope x degrees above a threshold."""
    value = {
        name: world.value("cooling", q, name, place.year)
        for name in ("pue_base", "pue_slope_per_c", "pue_threshold_c")
    }
    warm = np.maximum(0.0, place.hours["temperature_c"] - value["pue_threshold_c"])
    pue = value["pue_base"] + value["pue_slope_per_c"] * warm
    capex = world.value("country_values", place.country, "dc_build_eur_kw", place.year) * KWH_PER_MWH
    capex *= world.value("cooling", q, "capex_factor", place.year)
    yearly = yearly_eur(capex, place.rate, world.parameter("dc_life_yr", place.year))
    water = world.get("cooling", q, "wue_l_kwh", place.year)
    liquid = world.get("cooling", q, "liquid_heat_share", place.year) or 0.0
    return Hall(capex, yearly, tuple(pue.tolist()), water, liquid)


def accelerators(world: World, place: Place, a: str) -> Option:
    """Accelerators with their network, per MW of IT nameplate."""

    def value(quantity: str) -> float:
        return world.value("accelerators", a, quantity, place.year)

    capex = (value("price_eur") + value("network_eur")) * KWH_PER_MWH / value("it_kw")
    return Option(capex, yearly_eur(capex, place.rate, value("life_yr")))


def connection(world: World, place: Place) -> Option:
    """Substation and reinforcement, per MW of connection."""
    capex = world.parameter("connection_eur_mw", place.year)
    return Option(
        capex,
        yearly_eur(
            capex,
            place.rate,
            world.parameter("connection_life_yr", place.year),
            world.parameter("line_fom_share", place.year),
        ),
    )


def grid_line(world: World, place: Place, km: float, rated_mw_per_it_mw: float) -> Option:
    """The site's own line, sized to its rated load, per MW of IT."""
    capex = world.parameter("line_eur_mw_km", place.year) * km * rated_mw_per_it_mw
    return Option(
        capex,
        yearly_eur(
            capex,
            place.rate,
            world.parameter("connection_life_yr", place.year),
            world.parameter("line_fom_share", place.year),
        ),
    )


def _yearly(world: World, place: Place, k: str, capex_eur_mw: float) -> float:
    fom = place.technology(world, k, "fom_share")
    return yearly_eur(capex_eur_mw, place.rate, place.technology(world, k, "life_yr"), fom)


def _weather_driven_vom(world: World, place: Place, k: str) -> float:
    """Sun and wind cost nothing per MWh unless a row says so (solar plants have no such row in the source)."""
    return world.get("technologies", k, "vom_eur_mwh", place.year) or 0.0

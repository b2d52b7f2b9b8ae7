"""A world under a planner's scenario: table values and hourly series times factors (`scenario.factors`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from siting.inputs.planning import Factors
from siting.inputs.world import World
from siting.instance.hours import Hours

SERIES = {"grid_price": ("price_eur_mwh",), "grid_carbon": ("carbon_g_kwh", "marginal_g_kwh")}
QUANTITIES: dict[str, tuple[str, tuple[str, ...]]] = {
    # factor: table, quantities of every row of it
    "network_charge": ("zone_values", ("network_charge_eur_mwh",)),
    "gas_price": ("zone_values", ("gas_price_eur_mwh",)),
    "accelerator_price": ("accelerators", ("price_eur", "network_eur")),
    "building_cost": ("country_values", ("dc_build_eur_kw",)),
}
PARAMETERS = {"connection_cost": ("connection_eur_mw", "line_eur_mw_km")}
OPTIONS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    # factor: column of options.csv, what stands in it, quantities of technologies.csv
    "solar_capex": ("series", ("solar_cf",), ("capex_eur_kw",)),
    "wind_capex": ("series", ("onwind_cf", "offwind_cf"), ("capex_eur_kw",)),
    "storage_capex": ("route", ("storage",), ("capex_eur_kw", "capex_eur_kwh")),
    "baseload_price": ("behaviour", ("baseload",), ("price_eur_mwh",)),
}


def under_scenario(factors: Factors, world: World, hours: Hours, notes: list[str]) -> tuple[World, Hours]:
    """The world and its hours times the factors; a note names them, for no source stands behind them."""
    moved = {name: float(value) for name, value in factors if value != 1.0}
    for name, factor in moved.items():
        if name in SERIES:
            for series in SERIES[name]:
                hours = _scaled_series(hours, series, factor)
        else:
            world = _scaled_values(world, name, factor)
    if moved:
        words = ", ".join(f"{name} x {factor:g}" for name, factor in moved.items())
        notes.append(f"scenario of the planner, not of a source: {words}")
    return world, hours


def _scaled_series(hours: Hours, series: str, factor: float) -> Hours:
    scaled = {str(c): hours.frame[c] * factor for c in hours.frame if str(c).startswith(f"{series}:")}
    return replace(hours, frame=hours.frame.assign(**scaled))


def _scaled_values(world: World, name: str, factor: float) -> World:
    table, chosen = _target(world, name)
    rows = world.values[table]
    scaled = {key: row.times(factor) if chosen(*key) else row for key, row in rows.items()}
    return replace(world, values={**world.values, table: scaled})


def _target(world: World, name: str) -> tuple[str, Callable[[str, str], bool]]:
    """The table a factor works on, and which (key, quantity) of it."""
    if name in QUANTITIES:
        table, quantities = QUANTITIES[name]
        return table, lambda _, quantity: quantity in quantities
    if name in PARAMETERS:
        return "parameters", lambda key, _: key in PARAMETERS[name]
    column, entries, values = OPTIONS[name]
    options = set(world.options.index[world.options[column].isin(entries)])
    return "technologies", lambda key, quantity: key in options and quantity in values

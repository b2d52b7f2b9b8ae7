"""What stands in a class: halls, supply options and hourly series of its zone, in tables by class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from siting.inputs.planning import PlanningModel
from siting.inputs.world import World
from siting.instance import costs
from siting.instance.clean import counted_t_mwh, residual_t_mwh
from siting.instance.connection import ISLAND
from siting.instance.cooling import cooling_in
from siting.instance.cross_border import signed
from siting.instance.instance import Hall, Hourly, Option


@dataclass
class Tables:
    """The dictionaries of an instance by class, while they are filled, and the place of each class."""

    halls: dict[tuple[str, str], Hall] = field(default_factory=dict)
    ppa: dict[tuple[str, str], Option] = field(default_factory=dict)
    onsite: dict[tuple[str, str], Option] = field(default_factory=dict)
    storage: dict[tuple[str, str], Option] = field(default_factory=dict)
    availability: dict[tuple[str, str], Hourly] = field(default_factory=dict)
    price: dict[str, Hourly] = field(default_factory=dict)
    network: dict[str, float] = field(default_factory=dict)
    carbon: dict[str, Hourly] = field(default_factory=dict)
    residual: dict[str, Hourly] = field(default_factory=dict)
    cfe: dict[str, Hourly] = field(default_factory=dict)
    connection: dict[str, Option] = field(default_factory=dict)
    it: dict[str, Option] = field(default_factory=dict)
    zone: dict[str, str] = field(default_factory=dict)
    places: dict[str, costs.Place] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        """The tables under their names in an instance; the residual mix is `clean_fields`'."""
        return {
            "halls": self.halls,
            "ppa": self.ppa,
            "onsite": self.onsite,
            "storage": self.storage,
            "availability": self.availability,
            "price_eur_mwh": self.price,
            "network_eur_mwh": self.network,
            "grid_carbon_t_mwh": self.carbon,
            "grid_cfe_share": self.cfe,
            "connection": self.connection,
            "it": self.it,
            "zone": self.zone,
        }


def filled(
    model: PlanningModel,
    world: World,
    zone_of: Mapping[str, str],
    options: list[str],
    cooling: list[str],
    place: Callable[[str], costs.Place],
) -> Tables:
    """Tables of all classes, by name, and contracts with plants next door. `place`: a zone's rates and series."""
    tables = Tables()
    for c in sorted(zone_of):
        tables.places[c] = place(zone_of[c])
        _fill(tables, model, world, c, options, cooling)
    crossing = [k for k in model.power.cross_border if k in options]
    homes = {c: tables.places[c] for c in tables.price}
    ppa, output = signed(world, crossing, homes, place)
    tables.ppa |= ppa
    tables.availability |= output
    return tables


def has_grid(world: World, options: list[str]) -> bool:
    """Whether a connection to the grid is among the options."""
    return any(world.options.at[k, "route"] == "grid" for k in options)


def _fill(
    tables: Tables,
    model: PlanningModel,
    world: World,
    c: str,
    options: list[str],
    cooling: list[str],
) -> None:
    place = tables.places[c]
    tables.zone[c] = place.zone
    tables.it[c] = costs.accelerators(world, place, model.load.accelerator)
    for q in cooling_in(model, world, place.country, cooling):
        tables.halls[c, q] = costs.hall(world, place, q)
    for k in options:
        _fill_option(tables, model, world, c, k)
    if not c.endswith(ISLAND) and has_grid(world, options):
        tables.price[c] = tuple(place.hours["price_eur_mwh"].tolist())
        tables.network[c] = world.value("zone_values", place.zone, "network_charge_eur_mwh", place.year)
        tables.carbon[c] = counted_t_mwh(model, place)
        tables.residual[c] = residual_t_mwh(world, place)
        tables.cfe[c] = tuple(place.hours["cfe_share"].tolist())
        tables.connection[c] = costs.connection(world, place)


def _fill_option(tables: Tables, model: PlanningModel, world: World, c: str, k: str) -> None:
    place, route = tables.places[c], world.options.at[k, "route"]
    if not costs.exists(world, place, k):
        return
    if route == "ppa" and not c.endswith(ISLAND):
        tables.ppa[c, k], tables.availability[c, k] = costs.ppa_option(world, place, k)
    elif route == "onsite":
        tables.onsite[c, k], tables.availability[c, k] = costs.onsite_option(world, model, place, k)
    elif route == "storage":
        tables.storage[c, k] = costs.storage_option(world, place, k)

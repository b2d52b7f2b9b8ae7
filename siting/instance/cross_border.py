"""Contracts with plants in a neighbouring zone, delivered over the border.

Sum of the contracts from zone a to the sites of zone b <= cross_border_ntc_share x transfer capacity a to b (MW, links.csv):
what a buyer could hold of long-term rights on the link, a scenario of parameters.csv. The plant takes from the potential of
its own zone, together with that zone's sites. It costs what it costs there (that state's discount rate), and its output pays
the congestion rent of every hour, max(0, price in b - price in a): what the market pays for the right to carry it, so that
no money is made of the border itself. At the fence it pays network charges like every delivery. `solar_ppa:ES` is a
solar contract of another zone with a plant in ES.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from siting.errors import InputError
from siting.inputs.world import World
from siting.instance import costs
from siting.instance.costs import Place
from siting.instance.instance import ORIGIN, Hourly, Limit, Option, Resource, plant, resources_of

SHARE = "cross_border_ntc_share"


def neighbours(world: World, zone: str) -> dict[str, float]:
    """Zones with a link into a zone, and the transfer capacity from there (MW); a pair without a row is unknown."""
    found: dict[str, float] = {}
    for (a, b), ab, ba in zip(
        world.links.index, world.links["ntc_mw_ab"], world.links["ntc_mw_ba"], strict=True
    ):
        if zone == b:
            found[a] = float(ab)
        elif zone == a:
            found[b] = float(ba)
    return {source: mw for source, mw in found.items() if mw > 0}


def signed(
    world: World, options: list[str], homes: Mapping[str, Place], place_of: Callable[[str], Place]
) -> tuple[dict[tuple[str, str], Option], dict[tuple[str, str], Hourly]]:
    """Contracts that classes can sign next door, by (class, name): cost per MW and year, and hourly output per MW.

    `options`: contracts that may cross a border; `homes`: connected classes and where they are; `place_of`: any zone's
    place. Raises InputError for an option that is no contract.
    """
    strange = [k for k in options if world.options.at[k, "route"] != "ppa"]
    if strange:
        raise InputError(
            f"power.cross_border: {', '.join(strange)} is no contract; name options of route ppa (options.csv)"
        )
    known = {place.zone: place for place in homes.values()}
    ppa: dict[tuple[str, str], Option] = {}
    availability: dict[tuple[str, str], Hourly] = {}
    for c, home in homes.items():
        for source in neighbours(world, home.zone) if options else ():
            away = known[source] = known.get(source) or place_of(source)
            for k in (k for k in options if costs.exists(world, away, k)):
                name = f"{k}{ORIGIN}{source}"
                option, output = costs.ppa_option(world, away, k)
                rent = congestion_rent_eur_mw(home, away, np.array(output))
                ppa[c, name] = replace(option, yearly_eur_mw=option.yearly_eur_mw + rent)
                availability[c, name] = output
    return ppa, availability


def congestion_rent_eur_mw(home: Place, away: Place, output: np.ndarray) -> float:
    """Price difference over the border where it is positive, on the output of 1 MW over a year (EUR/MW)."""
    spread = np.maximum(0.0, home.hours["price_eur_mwh"] - away.hours["price_eur_mwh"])
    return float(home.weight @ (output * spread))


def contract_limits(
    world: World, signed: Mapping[tuple[str, str], Option], zone: Mapping[str, str], year: int
) -> dict[Resource, Limit]:
    """Potentials and links that contracts use: `signed` by (class, option), `zone` by class."""
    limits: dict[Resource, Limit] = {}
    for c, k in signed:
        option, source = plant(k, zone[c])
        for r in resources_of(k, zone[c]):
            if r[0] == "potential":
                mw = world.value("zone_values", source, f"{option}_potential_mw", year)
                limits[r] = Limit("<=", mw, "MW", f"{option} potential of {source}")
            else:
                mw = world.parameter(SHARE, year) * neighbours(world, zone[c])[source]
                limits[r] = Limit("<=", mw, "MW", f"contracts over the link {source} to {zone[c]}")
    return limits

"""Baseload contracts on offer: what `power.baseload` of a planning model makes of a world's pay-as-produced contracts.

Every contract of an instance that is named there, at home or over a border, is also on offer as `k~flat`: the same plant of the
same potential, delivered at its mean over the modelled year. What that costs, emits and is worth is siting/model/baseload.py.
Over a border the seller buys and sells where the plant stands, and the congestion rent is on what crosses: the flat delivery.
A seller whose plant earns more day-ahead than it costs asks for the mean day-ahead price: no rent of the market is given away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from siting.errors import InputError
from siting.inputs.planning import PlanningModel
from siting.inputs.world import World
from siting.instance.clean import counted_t_mwh
from siting.instance.costs import Place
from siting.instance.cross_border import congestion_rent_eur_mw
from siting.instance.instance import Hourly, Instance, Option, flat_name, plant
from siting.instance.shaped import Shaped


def with_baseload(
    model: PlanningModel, world: World, data: Instance, place_of: Callable[[str], Place], notes: list[str]
) -> Instance:
    """An instance of one node with the baseload contracts the model asks for; `place_of`: any zone's place.

    A note says how they are priced. Raises InputError for options that cannot be shaped: what is no contract, what is flat.
    """
    asked = model.power.baseload
    _refuse(world, asked)
    ppa: dict[tuple[str, str], Option] = {}
    availability: dict[tuple[str, str], Hourly] = {}
    shaped: dict[tuple[str, str], Shaped] = {}
    known: dict[str, Place] = {}
    for (c, k), option in data.ppa.items():
        home = data.zone[c]
        name, source = plant(k, home)
        if name not in asked:
            continue
        for zone in (home, source):
            known[zone] = known.get(zone) or place_of(zone)
        key = (c, flat_name(k))
        output = data.availability[c, k]
        availability[key] = flat = _mean(output, data.weight)
        rent, rent_flat = (_rent(known[home], known[source], hours) for hours in (output, flat))
        ppa[key] = replace(option, yearly_eur_mw=option.yearly_eur_mw + rent_flat - rent)
        shaped[key] = _shaped(model, known[source], output, option.yearly_eur_mw - rent, data.weight)
    if ppa:
        notes.append(_priced(model))
    return replace(data, ppa=data.ppa | ppa, availability=data.availability | availability, shaped=shaped)


def _refuse(world: World, asked: tuple[str, ...]) -> None:
    """InputError for every option that is no contract, or is delivered flat as it is."""
    options = world.options
    problems = [
        f"power.baseload: {k} is no contract; name options of route ppa (options.csv)"
        for k in asked
        if options.at[k, "route"] != "ppa"
    ]
    problems += [
        f"power.baseload: {k} is delivered flat as it is (behaviour baseload in options.csv); leave it out"
        for k in asked
        if options.at[k, "route"] == "ppa" and options.at[k, "behaviour"] == "baseload"
    ]
    if problems:
        raise InputError(problems)


def _mean(output: Hourly, weight: Hourly) -> Hourly:
    """Mean output over the year, in every hour (MW per MW)."""
    return (float(np.average(output, weights=weight)),) * len(weight)


def _rent(home: Place, away: Place, output: Hourly) -> float:
    """Congestion rent on what crosses the border (EUR/yr per MW of plant); at home there is none."""
    return 0.0 if home.zone == away.zone else congestion_rent_eur_mw(home, away, np.array(output))


def _shaped(
    model: PlanningModel, place: Place, output: Hourly, plant_eur_mw: float, weight: Hourly
) -> Shaped:
    """Plant and market of a contract; the seller asks no less than what the volume earns at the mean price."""
    price = tuple(place.hours["price_eur_mwh"].tolist())
    asked = max(0.0, _market_premium_eur_mwh(output, price, plant_eur_mw, weight))
    return Shaped(
        output,
        price,
        counted_t_mwh(model, place),
        tuple(place.hours["cfe_share"].tolist()),
        asked + model.power.baseload_margin_eur_mwh,
    )


def _market_premium_eur_mwh(output: Hourly, price: Hourly, plant_eur_mw: float, weight: Hourly) -> float:
    """How far the mean day-ahead price is above the plant's cost and shaping (EUR/MWh): what the seller would forgo."""
    w, made, hourly = np.array(weight), np.array(output), np.array(price)
    volume_mwh = float(w @ made)
    if volume_mwh <= 0:
        return 0.0
    # cost + shaping = plant + base price x volume - captured revenue, so the base price falls out
    return (float(w @ (made * hourly)) - plant_eur_mw) / volume_mwh


def _priced(model: PlanningModel) -> str:
    margin = model.power.baseload_margin_eur_mwh
    return (
        f"baseload contracts ({', '.join(model.power.baseload)}) cost what their sellers pay and take day-ahead, no less "
        f"than the mean day-ahead price, and a margin of {margin:g} EUR/MWh (scenario); no cost of forecast errors"
    )

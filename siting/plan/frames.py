"""The plan's two maps: every candidate with its results, and the zones they lie in."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from siting.inputs.attributes import REACH, attribute
from siting.inputs.planning import PlanningModel
from siting.inputs.world import World
from siting.instance.assemble import place_in
from siting.instance.clean import counted_t_mwh
from siting.instance.hours import Hours
from siting.instance.instance import Hourly, Instance
from siting.instance.scenario import under_scenario
from siting.plan.plan import BUILT, RESULTS
from siting.units import G_PER_T, KWH_PER_MWH


def site_frame(world: World, data: Instance, rows: dict[str, dict[str, Any]]) -> gpd.GeoDataFrame:
    """All candidates of the instance with attributes of the world and, if chosen, the plan's results."""
    sites = world.sites.loc[
        list(data.sites),
        ["name", "country", "zone", "kind", "grid_mw", "grid_wait_yr", "land_ha", "geometry"],
    ]
    sites = sites.assign(**{name: attribute(world, name, sites) for name in REACH})
    flat = {
        s: {k: v for k, v in row.items() if not isinstance(v, dict) and k not in {"site", "country", "zone"}}
        for s, row in rows.items()
    }
    results = pd.DataFrame.from_dict(flat, orient="index").reindex(
        index=sites.index, columns=["modules", *BUILT, *RESULTS]
    )
    frame = sites.assign(
        selected=sites.index.isin(list(rows)), **{column: results[column] for column in results.columns}
    )
    for column in ("modules", "it_mw", "accelerators", "compute_pflops"):
        frame[column] = frame[column].fillna(
            0.0
        )  # a candidate not built has none of these; what it would cost stays empty
    return gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326").rename_axis("site")


def zone_frame(
    world: World, model: PlanningModel, hours: Hours, data: Instance, used: set[str]
) -> gpd.GeoDataFrame:
    """Zones that hold a candidate, with the means over the modelled hours of what their grid offers.

    A zone none of whose candidates has a connection (all wait, or its state agrees on none) has a grid all the same: its
    means are those of the world's series, under the model's scenario. Unknown only where the world has no series.
    """
    zones = world.zones[world.zones.index.isin(used)]
    class_of = {data.zone[c]: c for c in data.price_eur_mwh}
    world, hours = under_scenario(model.scenario.factors, world, hours, [])
    rows = []
    for z in zones.index:
        c = class_of.get(z)
        if c is not None:
            series = (data.price_eur_mwh[c], data.grid_carbon_t_mwh[c], data.grid_cfe_share[c])
        else:
            series = _offered(world, model, hours, z)
        rows.append([float(np.average(values, weights=data.weight)) for values in series])
    price, tonnes, share = np.array(rows).reshape(-1, 3).T
    grams = tonnes * G_PER_T / KWH_PER_MWH
    return zones.assign(price_eur_mwh=price, grid_carbon_g_kwh=grams, grid_cfe_share=share)


def _offered(world: World, model: PlanningModel, hours: Hours, zone: str) -> tuple[Hourly, Hourly, Hourly]:
    """Price (EUR/MWh), carbon (t/MWh) and carbon-free share of a zone's grid by modelled hour."""
    if f"price_eur_mwh:{zone}" not in hours.frame:
        unknown = (math.nan,) * len(hours.weight)
        return unknown, unknown, unknown
    place = place_in(model, world, hours, zone)
    price, share = (tuple(place.hours[name].tolist()) for name in ("price_eur_mwh", "cfe_share"))
    return price, counted_t_mwh(model, place), share

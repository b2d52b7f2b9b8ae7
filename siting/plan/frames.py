"""The plan's two maps: every candidate with its results, and the zones they lie in."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from siting.inputs.attributes import REACH, attribute
from siting.inputs.world import World
from siting.instance.instance import Instance
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


def zone_frame(world: World, data: Instance, used: set[str]) -> gpd.GeoDataFrame:
    """Zones that hold a candidate, with the means over the modelled hours of what their grid offers (unknown without)."""
    zones = world.zones[world.zones.index.isin(used)]
    class_of = {data.zone[c]: c for c in data.price_eur_mwh}
    tables = {
        "price_eur_mwh": data.price_eur_mwh,
        "grid_carbon_g_kwh": data.grid_carbon_t_mwh,
        "grid_cfe_share": data.grid_cfe_share,
    }
    means = {
        name: [
            float(np.average(table[class_of[z]], weights=data.weight)) if z in class_of else math.nan
            for z in zones.index
        ]
        for name, table in tables.items()
    }
    means["grid_carbon_g_kwh"] = [g * G_PER_T / KWH_PER_MWH for g in means["grid_carbon_g_kwh"]]
    return zones.assign(**means)

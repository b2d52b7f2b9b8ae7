"""What a plan's maps say of a zone does not hang on whether a candidate there has a connection."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest

from siting.api import prepare
from siting.inputs.load import load
from siting.instance.instance import Instance
from siting.plan.frames import zone_frame

GRID = ["price_eur_mwh", "grid_carbon_g_kwh", "grid_cfe_share"]


def without_grid(data: Instance, zone: str) -> Instance:
    """The instance of a state that agrees on no connection."""
    kept = {c: value for c, value in data.price_eur_mwh.items() if data.zone[c] != zone}
    return replace(data, price_eur_mwh=kept)


def test_a_zone_without_a_connection_has_a_grid_all_the_same(tiny_model: Path) -> None:
    """Its price, carbon and carbon-free share are the world's, under the factors of the scenario as anywhere else."""
    for overlay in ({}, {"scenario.factors.grid_price": 2.0}):
        ready = prepare(load(tiny_model, overlay))

        def zones(data: Instance) -> gpd.GeoDataFrame:
            return zone_frame(ready.world, ready.model, ready.hours, data, {"FR", "ES", "SE"})  # noqa: B023

        full, paused = zones(ready.data), zones(without_grid(ready.data, "ES"))
        assert "ES" in full.index and full[GRID].notna().all(axis=None)
        for name in GRID:
            assert paused.at["ES", name] == pytest.approx(full.at["ES", name])

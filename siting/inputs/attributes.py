"""What is known about a site, from the table that holds it: its own row, site_values.csv, its zone's or its country's values.

A property of a zone or country stands once in the world and is joined here when a filter or a reader asks for it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from siting.errors import InputError
from siting.inputs.series import available_years
from siting.inputs.world import World

REACH = ("ix_km", "ai_factory_km", "population_10ms", "population_20ms")
OF_ZONE = ("temperature_mean_c",)
OF_COUNTRY = (
    "water_stress_score", "temperature_summer_c", "dc_build_eur_kw", "corporate_tax_share", "risk_premium_share",
    "seismic_high",
)  # fmt: skip
COMPUTED = ("grid_cost_eur_mw", "temperature_p99_c")
HOT_QUANTILE = 0.99


def attribute(world: World, name: str, sites: pd.DataFrame | None = None) -> pd.Series:
    """One attribute by site, float, unknown as NaN. A column of the site's own row comes before every other table."""
    sites = world.sites if sites is None else sites
    if name in sites.columns:
        return pd.to_numeric(sites[name], errors="coerce").astype(float)
    if name == "grid_cost_eur_mw":
        return grid_cost_eur_mw(world, sites)
    if name == "temperature_p99_c":
        return sites["zone"].map(hot_c(world.folder)).astype(float)
    table, keys = {
        **dict.fromkeys(OF_ZONE, ("zone_values", sites["zone"])),
        **dict.fromkeys(OF_COUNTRY, ("country_values", sites["country"])),
    }.get(name, ("site_values", sites.index.to_series()))
    values = [world.get(table, str(key), name) for key in keys]
    return pd.Series(values, index=sites.index, name=name, dtype=float)


def grid_cost_eur_mw(world: World, sites: pd.DataFrame) -> pd.Series:
    """Substation, reinforcement and the site's line, EUR per MW of connection (overnight)."""
    line = world.parameter("line_eur_mw_km") * sites["line_km"].astype(float)
    return line + world.parameter("connection_eur_mw")


def hot_c(folder: Path) -> dict[str, float]:
    """99th percentile of the hourly temperature by zone, all weather years of the world together (degC)."""
    parts: dict[str, list[np.ndarray]] = {}
    for year in available_years(folder):
        path = folder / "series" / f"{year}.parquet"
        try:
            columns = [c for c in pq.read_schema(path).names if c.startswith("temperature_c:")]
            table = pq.read_table(path, columns=columns)
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: is not a readable Parquet table ({error})") from None
        for column in columns:
            zone = column.removeprefix("temperature_c:")
            parts.setdefault(zone, []).append(table[column].to_numpy())
    return {
        zone: round(float(np.quantile(np.concatenate(hours), HOT_QUANTILE)), 2)
        for zone, hours in parts.items()
    }

"""The plan in the table of integrated assessment models (IAMC): model, scenario, region, variable, unit, year, value.

Variables stand under a root of their own, `Data Centres|`, because a plan describes its sites and not the economy of a
region: nothing here may be taken for a country's `Secondary Energy|Electricity`. Amounts add up over regions and over the
part of a variable after its last bar; the region named after the world holds the sums.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from siting.instance.shaped import FLAT
from siting.output.gis import rounded
from siting.output.tables import csv_bytes

if TYPE_CHECKING:
    from siting.inputs.world import World
    from siting.plan.plan import Plan

COLUMNS = ("model", "scenario", "region", "variable", "unit", "year", "value")
ROOT = "Data Centres"
SITE_VARIABLES = {
    "it_mw": ("Capacity|IT", "MW"),
    "accelerators": ("Accelerators", "1"),
    "connection_mw": ("Capacity|Grid Connection", "MW"),
    "facility_mwh": ("Final Energy|Electricity", "MWh/yr"),
    "cost_eur_yr": ("Cost", "EUR_2025/yr"),
    "capex_eur": ("Investment", "EUR_2025"),
    "carbon_t_yr": ("Emissions|CO2e", "t CO2e/yr"),
    "lifecycle_t_yr": ("Emissions|CO2e Life Cycle", "t CO2e/yr"),
}
SUPPLY_VARIABLES = {
    "supply_mw": ("Capacity|Supply", "MW"),
    "supply_mwh": ("Supply|Electricity", "MWh/yr"),
    "store_mwh": ("Capacity|Storage", "MWh"),
    "sold_mwh": ("Sales|Electricity", "MWh/yr"),
}


def write_iamc(plan: Plan, world: World, path: Path) -> None:
    """Write the long table as CSV; regions are the countries with sites, by name, and the world."""
    path.write_bytes(csv_bytes(iamc_table(plan, world)))


def iamc_table(plan: Plan, world: World) -> pd.DataFrame:
    """One row a (region, variable), columns as in COLUMNS; the year is the plan's period."""
    sums: dict[tuple[str, str, str], float] = defaultdict(float)
    country = {row["site"]: row["country"] for row in plan.record["sites"]}
    names = world.countries["name"]

    def add(site: str, variable: str, unit: str, value: float) -> None:
        for region in (world.name, str(names[country[site]])):
            sums[region, f"{ROOT}|{variable}", unit] += value

    for row in plan.record["sites"]:
        for column, (variable, unit) in SITE_VARIABLES.items():
            add(row["site"], variable, unit, row[column])
        add(row["site"], "Sites", "1", 1.0)
    for entry in plan.supply.to_dict("records"):
        for column, (variable, unit) in SUPPLY_VARIABLES.items():
            if entry[column]:
                option, flat, source = str(entry["option"]).partition(FLAT)
                label = f"{world.options['label'].get(option, option)}{' baseload' if flat else ''}{source}"
                add(entry["site"], f"{variable}|{label}", unit, entry[column])
    model = f"siting {plan.record['versions']['siting']}"
    year = plan.model.horizon.periods[-1]
    rows = [
        (model, plan.record["title"], region, variable, unit, year, rounded(value))
        for (region, variable, unit), value in sorted(
            sums.items(), key=lambda item: (item[0][0] != world.name, item[0])
        )
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))

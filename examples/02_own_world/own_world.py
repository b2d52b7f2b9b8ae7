# %% [markdown]
# # A world of your own
# Begin a world of two zones, then put three files of your own in its place: candidate areas drawn in a GIS (a shapefile in
# EPSG:3035), a protected area they must keep two kilometres away from, and a year of prices in local time.
# Runs in under half a minute; nothing is downloaded.

# %%
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp

import geopandas as gpd
import pandas as pd
import shapely

import siting

WORLD = """\
replace:
  sites:
    file: areas.shp
    fields: {grid_wait_yr: grid_wait}    # a shapefile cuts names to ten letters
    exclude: {layers: [protected.gpkg], buffer_km: 2}
  series:
    price_eur_mwh:
      {file: prices.csv, zone: FR, year: 2019, column: price, unit: EUR/MWh, kind: scenario,
       timezone: Europe/Paris, edges: wrap}
"""


def main(folder: Path) -> None:
    """Write the world and the files, solve, and show what the exclusion left."""
    # %% Two zones, a few sites and a year of hours, every number with its source.
    run("data", "init", folder)

    # %% Two areas about Lyon and one about Cologne, in metres; each feature is a candidate, its land is its area.
    areas = [
        shapely.box(3_922_000, 2_522_000, 3_923_000, 2_523_000),
        shapely.box(3_930_000, 2_530_000, 3_930_800, 2_530_800),
        shapely.box(4_110_000, 3_095_000, 4_111_000, 3_096_000),
    ]
    columns = {
        "site": ["lyon-south", "lyon-north", "cologne"],
        "grid_mw": [200, 150, 200],
        "grid_wait": [2.5, 2.5, 4],
        "line_km": [5, 8, 10],
    }
    gpd.GeoDataFrame(columns, geometry=areas, crs="EPSG:3035").to_file(folder / "areas.shp")

    # %% What is protected: half of the first area lies within two kilometres of it.
    wood = shapely.box(3_918_000, 2_521_000, 3_920_500, 2_524_000)
    gpd.GeoDataFrame(geometry=[wood], crs="EPSG:3035").to_file(folder / "protected.gpkg")

    # %% A local year of prices: no 02:00 on 31 March, two of them on 27 October.
    clock = pd.date_range("2019-01-01", "2020-01-01", freq="h", tz="Europe/Paris", inclusive="left")
    dear = clock.hour.isin([8, 9, 18, 19, 20])
    prices = pd.DataFrame({"time": clock.strftime("%Y-%m-%d %H:%M"), "price": 50.0 + 40.0 * dear})
    prices.to_csv(folder / "prices.csv", index=False)

    # %% The world says which files are its own. A mistake in any of them would be refused with its row.
    (folder / "world.yaml").write_text(WORLD, encoding="utf-8")
    plan = siting.solve(folder / "model.yaml")
    print(plan)
    print(plan.sites[["zone", "land_ha", "it_mw"]].round(1).to_string())


def run(*args: object) -> None:
    """The command `siting`, as in a terminal."""
    subprocess.run([sys.executable, "-m", "siting.cli", *map(str, args)], check=True)


if __name__ == "__main__":
    main(Path(mkdtemp()) / "world")

# %% [markdown]
# # Sites of your own
# Four proposals lie on the desk, as points of a GeoJSON file: which two should be built, and how do they stand against the
# candidates that the world knows in the same countries? (The proposals are invented.)
# Runs in under half a minute; nothing is downloaded.

# %%
from pathlib import Path
from tempfile import mkdtemp

import geopandas as gpd
from shapely import Point

import siting
from siting.output.comparison_text import comparison_text

# name, latitude, longitude, grid connection (MW), years to wait for it, line to build (km), land (ha)
PROPOSALS = {
    "old-paper-mill": ("Old paper mill", 61.20, 21.90, 250, 2.0, 3, 60),
    "harbour-south": ("Harbour south", 37.98, -8.85, 300, 2.5, 4, 80),
    "former-refinery": ("Former refinery", 43.45, 4.95, 200, 3.0, 6, 45),
    "hill-quarry": ("Hill quarry", 45.60, 2.90, 60, 2.0, 22, 25),
}


def main(out: Path) -> None:
    """Write the proposals, solve with them and with the world's candidates, compare, draw and export."""
    # %% One feature a proposal; its price zone and country follow from where it lies.
    rows = [
        {"site": site, "name": name, "grid_mw": grid, "grid_wait_yr": wait, "line_km": line, "land_ha": land}
        for site, (name, _, _, grid, wait, line, land) in PROPOSALS.items()
    ]
    places = [Point(lon, lat) for _, lat, lon, *_ in PROPOSALS.values()]
    file = out / "proposals.geojson"
    gpd.GeoDataFrame(rows, geometry=places, crs="EPSG:4326").to_file(file)

    # %% The question: two campuses of about 100,000 H100-equivalents each in two of three countries.
    question = siting.load("eu-gigafactories").with_(
        **{
            "title": "Two campuses among the world's candidates",
            "target.accelerators": 200_000,
            "budget.capex_eur": 8.0e9,
            "sites.min": 2,
            "sites.max": 2,
            "sites.min_countries": 2,
            "sites.where.countries": ["FI", "FR", "PT"],
        }
    )

    # %% Among the proposals; in a terminal: siting solve MODEL --sites proposals.geojson
    own = siting.solve(question.with_(**{"title": "Two of four proposals", "sites.file": str(file)}))
    print(own)

    # %% What would the world's candidates have cost?
    world = siting.solve(question)
    told = siting.compare({"proposals": own, "world": world})
    print(comparison_text(told))

    # %% For a GIS and for a paper. Proposals not built stay on the map as dots; the notes above say which cannot be.
    own.to_geojson(out / "own-sites.geojson")
    own.export(out / "own-sites.png")
    print("saved", *sorted(path.name for path in out.iterdir()))


if __name__ == "__main__":
    main(Path(mkdtemp()))

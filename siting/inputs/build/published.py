"""The published annual mixes and intensities ours are checked against; the tables stay in the world."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from siting.inputs.build.raw import Raw

ISO3 = {
    "AT": "AUT",
    "BE": "BEL",
    "BG": "BGR",
    "CY": "CYP",
    "CZ": "CZE",
    "DE": "DEU",
    "DK": "DNK",
    "EE": "EST",
    "ES": "ESP",
    "FI": "FIN",
    "FR": "FRA",
    "GR": "GRC",
    "HR": "HRV",
    "HU": "HUN",
    "IE": "IRL",
    "IT": "ITA",
    "LT": "LTU",
    "LU": "LUX",
    "LV": "LVA",
    "MT": "MLT",
    "NL": "NLD",
    "PL": "POL",
    "PT": "PRT",
    "RO": "ROU",
    "SE": "SWE",
    "SI": "SVN",
    "SK": "SVK",
}
FACTOR_OF = {
    "biofuel_TWh": "biomass",
    "coal_TWh": "coal",
    "gas_TWh": "gas",
    "hydroelectricity_TWh": "hydro",
    "nuclear_TWh": "nuclear",
    "oil_TWh": "oil",
    "other_renewable_exc_biofuel_TWh": "geothermal",
    "solar_TWh": "solar",
    "wind_TWh": "onwind",
}
SOURCE = "owid-energy-mix"
NOTES = {
    "CY": "an island has no trade: the gap to the level is one of method between publishers, uncertain",
    "EE": "oil shale is published as oil or coal, no median of its own exists",
}


def build_published(raw: Path, world: Path) -> None:
    """Writes published_carbon.csv (27 values) and annual_mix_published.csv.

    Source: codecarbon 3.3.2's copy of the Our World in Data / Ember table (CC BY).
    """
    data = Raw(raw, ("codecarbon",)).published_mix()
    carbon, mix = [], []
    for country, iso3 in ISO3.items():
        entry = data[iso3]
        carbon.append(
            (
                country,
                entry["carbon_intensity"],
                "gCO2e/kWh",
                entry["year"],
                "modelled",
                SOURCE,
                NOTES.get(country, ""),
            )
        )
        mix += [
            (country, fuel, round(float(entry[key]), 4), entry["year"], "measured", SOURCE)
            for key, fuel in FACTOR_OF.items()
            if entry[key] > 0
        ]
    columns = ["country", "value", "unit", "year", "kind", "source", "note"]
    pd.DataFrame(carbon, columns=columns).to_csv(
        world / "published_carbon.csv", index=False, lineterminator="\n"
    )
    frame = pd.DataFrame(mix, columns=["country", "fuel", "twh", "year", "kind", "source"])
    frame.to_csv(world / "annual_mix_published.csv", index=False, lineterminator="\n")

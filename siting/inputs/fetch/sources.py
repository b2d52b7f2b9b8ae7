"""Who the sources are and what they allow: written beside every fetched file."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Source:
    """A source as in sources.csv, and what its terms mean for the one who fetched."""

    source: str
    title: str
    publisher: str
    url: str
    licence: str
    terms: str

    def record(self) -> dict[str, str]:
        """As plain JSON."""
        return asdict(self)


ENTSOE = Source(
    source="entsoe-transparency",
    title="ENTSO-E Transparency Platform",
    publisher="ENTSO-E",
    url="https://transparency.entsoe.eu",
    licence="CC BY 4.0 for what stands on the platform's list of data available for free re-use; else its terms of use",
    terms="Name the ENTSO-E Transparency Platform as the source. What is not on that list may be used under the terms of "
    "the platform, but power exchanges may hold rights in auction prices: look at the list before you pass a file on.",
)
PVGIS = Source(
    source="pvgis",
    title="PVGIS 5.3, hourly time series",
    publisher="European Commission, Joint Research Centre",
    url="https://re.jrc.ec.europa.eu/pvg_tools/en/",
    licence="free of charge, no restriction on the use of results, source to be acknowledged (reuse policy of the Commission)",
    terms="Any use, commercial too. Write: PVGIS (c) European Union.",
)
OPEN_METEO = Source(
    source="open-meteo",
    title="Open-Meteo archive, model ERA5",
    publisher="Open-Meteo; ERA5: Copernicus Climate Change Service",
    url="https://open-meteo.com/en/docs/historical-weather-api",
    licence="CC BY 4.0 (the data)",
    terms="The data may be used and passed on by all who name Open-Meteo and Copernicus. The free address may be asked for "
    "non-commercial use only; for commercial use take a plan of Open-Meteo (OPEN_METEO_API_KEY in the environment) or PVGIS.",
)
OF = {"entsoe": ENTSOE, "pvgis": PVGIS, "open-meteo": OPEN_METEO}

MEANING = {  # series name: (unit, kind, what it is)
    "price_eur_mwh": ("EUR/MWh", "measured", "day-ahead price, nominal EUR, mean of the hour"),
    "load_mw": ("MW", "measured", "actual total load, mean of the hour"),
    "temperature_c": ("degC", "modelled", "air temperature 2 m above ground (ERA5 reanalysis)"),
    "ghi_w_m2": ("W/m2", "modelled", "global irradiance on a level plane"),
    "wind_speed_10m_m_s": ("m/s", "modelled", "wind speed 10 m above ground (reanalysis)"),
    "wind_speed_100m_m_s": ("m/s", "modelled", "wind speed 100 m above ground (reanalysis)"),
}


def meaning(series: str) -> dict[str, str]:
    """Unit, kind and meaning of a series by its name."""
    if series in MEANING:
        unit, kind, text = MEANING[series]
    else:
        kind_of_plant = series.removeprefix("generation_").removesuffix("_mw").replace("_", " ")
        unit, kind, text = "MW", "measured", f"actual generation of {kind_of_plant}, mean of the hour"
    return {"unit": unit, "kind": kind, "meaning": text}

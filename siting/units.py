"""The glossary: every quantity that leaves the tool, with its unit and what it means.

Tables, GeoJSON and reports take names and units from here, so that a column never has two meanings.
`aggregation` says how a quantity adds up over hours, sites or supply classes.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

HOURS_PER_YEAR = 8760  # hours of a year without 29 February: weather years are cut to it
G_PER_T = 1.0e6
KWH_PER_MWH = 1.0e3


class Quantity(NamedTuple):
    """Unit, meaning and aggregation rule of a named quantity."""

    unit: str
    meaning: str
    aggregation: Literal["sum", "mean", "max", "first"]


GLOSSARY: dict[str, Quantity] = {
    "selected": Quantity("-", "the plan builds on this candidate site", "first"),
    "it_mw": Quantity("MW", "IT nameplate power", "sum"),
    "modules": Quantity("-", "whole building modules", "sum"),
    "accelerators": Quantity("-", "accelerators installed, of the type the model names", "sum"),
    "compute_pflops": Quantity("PFLOP/s", "dense BF16 throughput", "sum"),
    "facility_mwh": Quantity("MWh/yr", "electricity used by the facility, cooling included", "sum"),
    "pue": Quantity("-", "facility energy per IT energy, over the year", "mean"),
    "connection_mw": Quantity("MW", "grid connection", "sum"),
    "supply_mw": Quantity("MW", "contracted or installed capacity of a supply option", "sum"),
    "supply_mwh": Quantity("MWh/yr", "energy of a supply option used by the facility", "sum"),
    "sold_mwh": Quantity("MWh/yr", "contracted surplus sold at the hour's price less a haircut", "sum"),
    "cost_eur_yr": Quantity("EUR/yr", "annuities, fixed and variable cost less sales", "sum"),
    "capex_eur": Quantity("EUR", "overnight investment", "sum"),
    "carbon_t_yr": Quantity("t CO2e/yr", "operational, location-based", "sum"),
    "lifecycle_t_yr": Quantity("t CO2e/yr", "life-cycle emissions of the supply, reported beside", "sum"),
    "carbon_market_t_yr": Quantity(
        "t CO2e/yr", "operational, market-based: contracts at zero, the rest at the residual mix", "sum"
    ),
    "carbon_g_kwh": Quantity("g CO2e/kWh", "operational carbon per facility electricity", "mean"),
    "cfe_score": Quantity("-", "hourly carbon-free energy score, 0 to 1", "mean"),
    "price_eur_mwh": Quantity("EUR/MWh", "day-ahead price", "mean"),
    "energy_eur_mwh": Quantity("EUR/MWh", "cost of electricity per facility electricity", "mean"),
}


def counted(n: float, one: str) -> str:
    """A number of things in words.

    >>> counted(1, "site"), counted(5, "country"), counted(2, "class"), counted(1_200, "candidate site")
    ('1 site', '5 countries', '2 classes', '1,200 candidate sites')
    """
    return f"{n:,.0f} {one if n == 1 else plural(one)}"


def plural(one: str) -> str:
    """More than one of a thing: `sites`, `countries`, `classes`."""
    if one.endswith("y"):
        return f"{one[:-1]}ies"
    return f"{one}es" if one.endswith("s") else f"{one}s"


def are(n: float, one: str) -> str:
    """The same as the subject of a sentence.

    >>> are(1, "hour"), are(2, "hour")
    ('1 hour is', '2 hours are')
    """
    return f"{counted(n, one)} {'is' if n == 1 else 'are'}"

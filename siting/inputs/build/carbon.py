"""Hourly intensity and carbon-free share of a country's production mix."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from siting.inputs.build.generation import STORAGE
from siting.inputs.build.levels import Recipe
from siting.inputs.build.made import Kit, Made, joined, said, tested_on
from siting.inputs.build.score import Score, scored_shape

FACTOR_OF = {
    "Biomass": "biomass",
    "Fossil Brown coal/Lignite": "lignite",
    "Fossil Coal-derived gas": "coal_gas",
    "Fossil Gas": "gas",
    "Fossil Hard coal": "coal",
    "Fossil Oil": "oil",
    "Fossil Oil shale": "oil_shale",
    "Fossil Peat": "peat",
    "Geothermal": "geothermal",
    "Hydro Run-of-river and poundage": "hydro",
    "Hydro Water Reservoir": "hydro",
    "Marine": "hydro",
    "Nuclear": "nuclear",
    "Other": "other",
    "Other renewable": "other_renewable",
    "Solar": "solar",
    "Waste": "waste",
    "Wind Offshore": "offwind",
    "Wind Onshore": "onwind",
}
FOSSIL = frozenset({"lignite", "coal_gas", "gas", "coal", "oil", "oil_shale", "peat", "other"})
# waste and biomass count as carbon-free, as in the published share the level is taken from


@cache
def mix_mw(kit: Kit, country: str) -> tuple[pd.DataFrame, int]:
    """Hourly MW by emission-factor fuel without storage, and the most hours filled in a fuel above 1 %."""
    fleet = kit.generation.fleet(country, kit.year)
    assert fleet is not None, country  # series.build_series has checked it
    fuels = [f for f in fleet.mw.columns if f not in STORAGE]
    table = fleet.mw[fuels].T.groupby([FACTOR_OF[f] for f in fuels]).sum().T
    weighty = [f for f in fuels if fleet.mw[f].sum() >= 0.01 * fleet.mw[fuels].to_numpy().sum()]
    return table, max(fleet.filled[f] for f in weighty)


def intensity_g_kwh(table: pd.DataFrame, factors: dict[str, float]) -> np.ndarray:
    """Generation-weighted life-cycle intensity, shape (hours,)."""
    weight = np.array([factors[f] for f in table.columns])
    return np.asarray(table.to_numpy() @ weight / table.to_numpy().sum(axis=1))


def carbon_free_share(table: pd.DataFrame) -> np.ndarray:
    """Share of generation that is not fossil, shape (hours,)."""
    clean = [f for f in table.columns if f not in FOSSIL]
    return np.asarray(table[clean].sum(axis=1) / table.sum(axis=1))


def grid_mix(kit: Kit, recipe: Recipe) -> Made:
    """Hourly carbon or carbon-free share of a zone's mix.

    Way `mix`: the published annual mix told with the hours of the weather year, as the fleets of 2019
    had too little sun for the levels of today. Way `metered`: the metered mix of that year as it was.
    """
    what = "life-cycle intensity" if recipe.series == "carbon_g_kwh" else "carbon-free share"
    how = "scaled" if recipe.series == "carbon_g_kwh" else "moved on the logit scale"
    tail = f"{how} to the consumption-based level"
    if recipe.way == "metered":
        table, filled = mix_mw(kit, recipe.zone)
        values = measure(kit, table, recipe.series)
        return Made(
            values,
            "modelled",
            f"{what} of the hourly production mix {kit.year}, {tail}",
            "entsoe-transparency",
            filled,
            joined(recipe.note, _level_note(values)),
        )
    donors = recipe.donors or {recipe.zone: 1.0}
    values = measure(kit, told_mix(kit, recipe.zone, donors, kit.published_twh[recipe.zone]), recipe.series)
    score = _score(kit, recipe, donors)
    method = (
        f"{what} of the published annual mix (annual_mix_published.csv) in the hours of {kit.year}: "
        "sun, wind, water and nuclear by shape, "
        f"total by {said(donors)}, other fuels filling the rest in fixed proportion, {tail}"
    )
    own = kit.generation.fleet(recipe.zone, kit.year)
    return Made(
        values,
        "modelled" if not recipe.donors else "proxy",
        method,
        "entsoe-transparency",
        mix_mw(kit, recipe.zone)[1] if not recipe.donors else 0,
        joined(recipe.note, own.note if own else "", _level_note(values)),
        score,
    )


def _score(kit: Kit, recipe: Recipe, donors: dict[str, float]) -> Score:
    """A told mix against the metered one; for a country that stands for its zones, a part told by a whole."""
    there = kit.kits[recipe.test_year or kit.year]
    if recipe.test_zone and not recipe.donors:
        truth, _ = mix_mw(there, recipe.test_zone)
        whole = (
            pd.concat([mix_mw(there, c)[0] for c in recipe.test_donors], axis=1).T.groupby(level=0).sum().T
        )
        text = f"{recipe.test_zone} {there.year} from the mix of {' and '.join(recipe.test_donors)}"
        like = whole
    else:
        test = recipe if recipe.donors else replace(recipe, test_zone=recipe.zone, test_donors=donors)
        truth, _ = mix_mw(there, test.test_zone)
        like = told_mix(there, test.test_zone, test.test_donors, dict(_wind_as_one(truth).sum() / 1e6))
        text = f"{tested_on(test, kit.year)}, with the annual mix of that year against the metered mix"
    estimate, known = (measure(there, table, recipe.series) for table in (like, truth))
    return scored_shape(estimate, known, text, there.winter)


def told_mix(kit: Kit, zone: str, donors: dict[str, float], twh: dict[str, float]) -> pd.DataFrame:
    """Hourly MW by fuel whose annual sums are `twh`.

    Sun and wind by the zone's shapes, water and nuclear by the donors' metered shapes (flat without),
    the total by the donors' total, all else in fixed proportion filling what is left.
    """
    tables = {d: _wind_as_one(mix_mw(kit, d)[0]) for d in donors}
    mean_mw = {fuel: annual * 1e6 / len(kit.weather.hours) for fuel, annual in twh.items()}
    total = _donor_shape({d: t.sum(axis=1) for d, t in tables.items()}, donors) * sum(mean_mw.values())
    own_wind = tables[zone]["onwind"].to_numpy() if zone in tables and "onwind" in tables[zone] else None
    sun, wind = (kit.national_shape(series, zone) for series in ("solar_cf", "onwind_cf"))
    assert sun is not None and wind is not None, zone  # made first, for every zone
    shapes = {"solar": sun, "onwind": wind if own_wind is None else own_wind}
    for fuel in ("hydro", "nuclear"):
        shapes[fuel] = _donor_shape({d: t[fuel] for d, t in tables.items() if fuel in t}, donors)
    flat = np.ones(len(kit.weather.hours))
    columns = {f: flat * s / s.mean() * mean_mw[f] for f, s in shapes.items() if mean_mw.get(f, 0) > 0}
    left = np.maximum(total - np.asarray(sum(columns.values())), 0)
    rest = {f: mw for f, mw in mean_mw.items() if f not in columns}
    return pd.DataFrame(columns | {f: left / left.mean() * mw for f, mw in rest.items()})


def measure(kit: Kit, table: pd.DataFrame, series: str) -> np.ndarray:
    """`carbon_g_kwh` or `cfe_share` of an hourly mix, shape (hours,)."""
    return intensity_g_kwh(table, kit.factors_g_kwh) if series == "carbon_g_kwh" else carbon_free_share(table)


def _donor_shape(series: dict[str, pd.Series], donors: dict[str, float]) -> np.ndarray:
    """Weighted mean-1 shape of the donors that have the series; flat (1,) if none has."""
    if not series:
        return np.ones(1)
    parts = [donors[d] * np.asarray(s / s.mean()) for d, s in series.items()]
    return np.asarray(sum(parts)) / sum(donors[d] for d in series)


def _wind_as_one(table: pd.DataFrame) -> pd.DataFrame:
    """Offshore added to onshore: published mixes know only wind."""
    if "offwind" not in table:
        return table
    return table.assign(onwind=table["onwind"] + table["offwind"]).drop(columns="offwind")


def _level_note(values: np.ndarray) -> str:
    return f"production-based mean before the level: {values.mean():.3g}; trade is only in the level"


def annual_mix(kit: Kit, countries: list[str]) -> pd.DataFrame:
    """TWh of the year by country and fuel for those with a generation file."""
    rows = []
    for country in countries:
        if kit.generation.fleet(country, kit.year) is None:
            continue
        table, _ = mix_mw(kit, country)
        rows += [
            (country, fuel, round(float(table[fuel].sum()) / 1e6, 4), "measured", "entsoe-transparency")
            for fuel in table.columns
        ]
    return pd.DataFrame(rows, columns=["country", "fuel", "twh", "kind", "source"])

"""The hourly series as shipped: whole, honest about how each was made, and in step with the sun of every year."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from siting.inputs.build import align
from siting.inputs.build.clean import false_zeros
from siting.inputs.build.levels import zone_places
from siting.inputs.build.score import COLUMNS
from siting.inputs.build.series import WEATHER_YEARS
from siting.inputs.build.weather import Weather
from siting.inputs.series import read_hours

WORLD = Path(__file__).parents[3] / "data" / "eu27"
EVERYWHERE = {"price_eur_mwh", "carbon_g_kwh", "cfe_share", "temperature_c", "solar_cf", "onwind_cf"}
MEASURED_2018 = {"AT", "CZ", "DE", "DK1", "DK2", "FR", "HU", "IT-NO", "LU", "NL", "SE4", "SI"}
ABSENT = {
    2017: {"CY", "HR", "LU", "MT"},
    2018: {"CY", "EE", "HR", "LU", "MT"},
    2019: {"CY", "HR", "LU", "MT"},
}
ABSENT[2020] = {"BG", "CY", "EE", "HR", "LU", "LV", "MT", "SE1", "SE2", "SE3", "SE4", "SK"}


@cache
def coverage() -> pd.DataFrame:
    return pd.read_csv(WORLD / "series" / "coverage.csv", keep_default_na=False, dtype={"tested_on": str})


@cache
def hours(year: int) -> pd.DataFrame:
    return read_hours(WORLD, year)


@pytest.mark.parametrize("year", WEATHER_YEARS)
def test_every_zone_has_every_series_once(year: int) -> None:
    zones = set(pd.read_csv(WORLD / "zones.csv")["zone"])
    rows = coverage()[coverage()["weather_year"] == year]
    named = [f"{s}:{z}" for s, z in zip(rows["series"], rows["zone"], strict=True)]
    assert sorted(named) == sorted(hours(year).columns)
    assert {f"{s}:{z}" for s in EVERYWHERE for z in zones} <= set(named)
    assert len(hours(year)) == 8760 and not any("-02-29 " in str(hour) for hour in hours(year).index)


def test_the_years_hold_the_same_columns() -> None:
    assert all(list(hours(y).columns) == list(hours(WEATHER_YEARS[0]).columns) for y in WEATHER_YEARS)


def test_all_that_is_not_measured_carries_an_error() -> None:
    rows = coverage()
    told = rows[
        (rows["kind"] != "measured") & ~((rows["series"] == "temperature_c") & (rows["kind"] == "modelled"))
    ]
    bare = told[(told[list(COLUMNS)] == "").any(axis=1)]
    assert bare.empty, bare[["zone", "series", "weather_year"]].to_string()
    assert bool((rows.loc[rows["kind"] == "measured", list(COLUMNS)] == "").to_numpy().all())
    assert told["corr"].astype(float).between(-0.2, 1).all()


@pytest.mark.parametrize("year", WEATHER_YEARS)
def test_a_zone_without_a_generation_file_is_not_called_measured(year: int) -> None:
    rows = coverage()[
        (coverage()["weather_year"] == year) & coverage()["series"].isin(["onwind_cf", "carbon_g_kwh"])
    ]
    assert set(rows.loc[rows["zone"].isin(ABSENT[year]), "kind"]) == {"proxy"}


def test_prices_are_measured_where_the_exchange_figures_are_held_and_nowhere_else() -> None:
    rows = coverage()[(coverage()["series"] == "price_eur_mwh") & (coverage()["kind"] == "measured")]
    assert set(rows["weather_year"]) == {2018} and set(rows["zone"]) == MEASURED_2018


def test_only_2019_has_a_temperature_of_its_own() -> None:
    rows = coverage()[(coverage()["series"] == "temperature_c") & (coverage()["weather_year"] != 2019)]
    assert set(rows["kind"]) == {"proxy"} and rows["method"].str.contains("carried").all()


@pytest.mark.parametrize("year", WEATHER_YEARS)
def test_solar_follows_the_sun_in_winter_and_summer_time(year: int) -> None:
    points, country = zone_places(WORLD)
    weather = Weather(None, year, {})  # type: ignore[arg-type]  # no stations are read
    for zone in sorted(country):
        values = hours(year)[f"solar_cf:{zone}"]
        clear = weather.clear_sky_shape(*points[zone]).reindex(values.index)
        winter, summer = align.seasonal_lag_h(values, clear)
        assert abs(winter) < align.CERTAIN_H and abs(summer) < align.CERTAIN_H, (zone, winter, summer)
        assert abs(winter - summer) < align.CERTAIN_H, (zone, winter, summer)


@pytest.mark.parametrize("year", WEATHER_YEARS)
def test_hardly_a_zero_stands_for_a_missing_value(year: int) -> None:
    rows = coverage()[(coverage()["weather_year"] == year) & (coverage()["kind"] == "measured")]
    for name, zone in zip(rows["series"], rows["zone"], strict=True):
        if name.endswith("_cf"):  # a filled gap may take a calm hour of the days beside
            share = false_zeros(hours(year)[f"{name}:{zone}"], nightly=name == "solar_cf").mean()
            assert share < 0.003, (name, zone, share)


def test_the_package_stays_small() -> None:
    size = sum(p.stat().st_size for p in WORLD.rglob("*") if p.suffix in {".parquet", ".csv"})
    assert size <= 40e6, f"{size / 1e6:.1f} MB"


def test_levels_hold_in_every_year() -> None:
    table = pd.read_csv(WORLD / "zone_values.csv")
    level = table[table["quantity"] == "day_ahead_price_eur_mwh"].set_index("zone")["value"]
    for year in WEATHER_YEARS:
        means = hours(year)[[f"price_eur_mwh:{z}" for z in level.index]].mean().to_numpy()
        assert np.allclose(means, level.to_numpy(), rtol=1e-3)

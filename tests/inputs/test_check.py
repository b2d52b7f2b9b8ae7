"""The checks a user runs on a world's series: each fault planted is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from siting.errors import InputError
from siting.inputs.build.clean import year_hours
from siting.inputs.build.series import write_parquet
from siting.inputs.check import check_carbon, check_series

HOURS = year_hours(2019)
SHIPPED = Path(__file__).parents[2] / "data" / "eu27"


def make_world(
    folder: Path, values: np.ndarray, hours: pd.DatetimeIndex = HOURS, name: str = "solar_cf:DE"
) -> Path:
    (folder / "series").mkdir(parents=True)
    (folder / "zone_values.csv").write_text("zone,quantity,value\nDE,solar_flh_h,1752\n")
    (folder / "series" / "coverage.csv").write_text(
        "zone,series,weather_year,kind,level_quantity\nDE,solar_cf,2019,measured,solar_flh_h\n"
    )
    write_parquet(folder / "series" / "2019.parquet", hours, {name: values})
    return folder


def problem(world: Path) -> str:
    table = check_series(world)
    assert not table["ok"].all()
    return str(table.loc[~table["ok"], "problem"].iloc[0])


def good() -> np.ndarray:
    return np.tile([0.1, 0.3], 4380)


def test_a_good_series_passes(tmp_path: Path) -> None:
    row = check_series(make_world(tmp_path, good())).iloc[0]
    assert row["ok"] and row["hours"] == 8760 and row["level"] == pytest.approx(0.2) and row["problem"] == ""


def test_a_planted_nan_is_named(tmp_path: Path) -> None:
    values = good()
    values[7] = np.nan
    assert problem(make_world(tmp_path, values)) == "1 hours hold no number"


def test_a_missing_hour_is_named(tmp_path: Path) -> None:
    world = make_world(tmp_path, good()[1:], HOURS.delete(5))
    assert "1 hours are missing, the first is 2019-01-01 05:00" in problem(world)


def test_a_doubled_hour_is_named(tmp_path: Path) -> None:
    world = make_world(tmp_path, good(), HOURS[:-1].insert(3, HOURS[2]))
    assert "stands twice" in problem(world)


def test_a_share_above_one_is_named(tmp_path: Path) -> None:
    values = good()
    values[3] = 1.2
    assert "outside [0, 1]" in problem(make_world(tmp_path, values))


def test_a_wrong_mean_is_named(tmp_path: Path) -> None:
    assert "1.00% off its level" in problem(make_world(tmp_path, good() * 1.01))


def test_a_series_without_coverage_and_the_reverse_are_named(tmp_path: Path) -> None:
    table = check_series(make_world(tmp_path, good(), name="solar_cf:FR"))
    assert set(table["problem"]) == {
        "is in coverage.csv but not in the parquet",
        "is in the parquet but not in coverage.csv",
    }


def test_a_missing_file_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"coverage\.csv: is not there"):
        check_series(tmp_path)


def test_the_shipped_series_are_good() -> None:
    table = check_series(SHIPPED)
    assert table["zone"].nunique() == 27
    assert table.loc[~table["ok"], ["zone", "series", "problem"]].empty
    assert set(table.loc[table["kind"] == "measured", "series"]) <= {"solar_cf", "onwind_cf", "offwind_cf"}


def test_the_shipped_carbon_is_recomputed_for_all_countries() -> None:
    table = check_carbon(SHIPPED)
    assert len(table) == 27
    assert table[["recomputed_g_kwh", "published_g_kwh", "level_g_kwh"]].notna().all().all()
    assert (table.loc[~table["ok"], "explanation"] != "").all()


def test_carbon_by_hand(tmp_path: Path) -> None:
    (tmp_path / "zone_values.csv").write_text("zone,quantity,value\nDE,grid_carbon_g_kwh,300\n")
    (tmp_path / "emission_factors.csv").write_text("fuel,value\ncoal,820\nwind,11\n")
    (tmp_path / "published_carbon.csv").write_text("country,value,note\nDE,415.5,\n")
    for file in ("annual_mix_2019.csv", "annual_mix_published.csv"):
        (tmp_path / file).write_text("country,fuel,twh\nDE,coal,2\nDE,wind,2\n")
    row = check_carbon(tmp_path).iloc[0]
    assert row["recomputed_g_kwh"] == 415.5 and row["recomputed_to_published"] == 1 and row["ok"]
    assert "consumption-based" in row["explanation"]


def test_a_fuel_without_factor_is_an_error(tmp_path: Path) -> None:
    test_carbon_by_hand(tmp_path)
    (tmp_path / "emission_factors.csv").write_text("fuel,value\ncoal,820\n")
    with pytest.raises(InputError, match="wind"):
        check_carbon(tmp_path)

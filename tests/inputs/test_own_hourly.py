"""A user's hourly file: the exact hours of a UTC year, or a refusal that names file, row and remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from siting.errors import InputError
from siting.inputs.own.hourly import read_series
from siting.inputs.own.spec import SeriesFile

HOURS = pd.date_range("2019-01-01", "2020-01-01", freq="h", inclusive="left", tz="UTC")


def spec(path: Path, **changes: Any) -> SeriesFile:
    told = {
        "zone": "FR",
        "year": 2019,
        "column": "price",
        "unit": "EUR/MWh",
        "kind": "measured",
        "timezone": "UTC",
    }
    return SeriesFile(file=path.as_posix(), **{**told, **changes})


def frame(hours: pd.DatetimeIndex = HOURS) -> pd.DataFrame:
    """Local clock times without offset, and prices that count up."""
    wall = hours.tz_localize(None)
    return pd.DataFrame({"time": wall.strftime("%Y-%m-%d %H:%M"), "price": np.arange(len(hours)) / 4})


def saved(table: pd.DataFrame, folder: Path, **how: Any) -> Path:
    path = folder / "prices.csv"
    table.to_csv(path, index=False, **how)
    return path


def refusal(path: Path, name: str = "price_eur_mwh", **changes: Any) -> list[str]:
    with pytest.raises(InputError) as error:
        read_series(name, spec(path, **changes))
    return error.value.problems


def berlin() -> pd.DataFrame:
    """Local year 2019 with one hour more at its end, which UTC asks for; hour i of UTC holds the number i."""
    hours = pd.date_range("2018-12-31 23:00", "2019-12-31 23:00", freq="h", tz="UTC")
    table = frame(hours.tz_convert("Europe/Berlin"))
    return table.assign(price=np.arange(len(hours)) - 1)


def test_local_time_with_both_changes_becomes_utc_exactly(tmp_path: Path) -> None:
    got = read_series("price_eur_mwh", spec(saved(berlin(), tmp_path), timezone="Europe/Berlin"))
    assert (got == np.arange(8760)).all()


def test_parquet_with_zoned_times_gives_the_same(tmp_path: Path) -> None:
    table = pd.DataFrame({"time": HOURS.tz_convert("Europe/Berlin"), "price": np.arange(8760)})
    table.to_parquet(tmp_path / "p.parquet")
    got = read_series("price_eur_mwh", spec(tmp_path / "p.parquet", timezone="Europe/Berlin"))
    assert (got == np.arange(8760)).all()


def test_a_local_year_lacks_an_hour_of_utc_and_wraps_only_if_told(tmp_path: Path) -> None:
    path = saved(berlin().iloc[:-1], tmp_path)
    (said,) = refusal(path, timezone="Europe/Berlin")
    assert "lacks 1 rows" in said and "2020-01-01 00:00 Europe/Berlin" in said and "edges: wrap" in said
    got = read_series("price_eur_mwh", spec(path, timezone="Europe/Berlin", edges="wrap"))
    assert got[-1] == -1 and (got[:-1] == np.arange(8759)).all()


def test_wrapping_fills_no_hole_inside_the_year(tmp_path: Path) -> None:
    two_years = pd.date_range("2018-01-01", "2020-01-01", freq="h", inclusive="left", tz="UTC")
    table = frame(two_years).drop(index=8760 + 4000)
    (said,) = refusal(saved(table, tmp_path), edges="wrap")
    assert "prices.csv row 12761: 2019-06-16 16:00 UTC" in said and "is missing after it" in said


def test_quarter_hours_only_if_the_entry_says_so(tmp_path: Path) -> None:
    quarters = pd.date_range("2019-01-01", "2020-01-01", freq="15min", inclusive="left", tz="UTC")
    path = saved(frame(quarters), tmp_path)
    (said,) = refusal(path)
    assert "15 minutes apart" in said and "resample: mean" in said
    got = read_series("price_eur_mwh", spec(path, resample="mean"))
    assert got[0] == pytest.approx((0 + 1 + 2 + 3) / 4 / 4)  # four quarters of the numbers i / 4
    assert got[-1] == pytest.approx(np.arange(35036, 35040).mean() / 4)


def test_a_quarter_that_is_missing_is_no_mean_of_three(tmp_path: Path) -> None:
    quarters = pd.date_range("2019-01-01", "2020-01-01", freq="15min", inclusive="left", tz="UTC")
    (said,) = refusal(saved(frame(quarters).drop(index=6), tmp_path), resample="mean")
    assert "prices.csv row 7: 2019-01-01 01:30 UTC" in said


def test_a_leap_year_gives_8760_hours(tmp_path: Path) -> None:
    hours = pd.date_range("2020-01-01", "2021-01-01", freq="h", inclusive="left", tz="UTC")
    got = read_series("price_eur_mwh", spec(saved(frame(hours), tmp_path), year=2020))
    assert len(got) == 8760 and got[59 * 24] == 60 * 24 / 4  # 1 March follows 28 February


def test_stamps_at_the_end_of_the_hour(tmp_path: Path) -> None:
    table = frame(HOURS + pd.Timedelta(hours=1)).assign(price=np.arange(8760))
    assert (read_series("price_eur_mwh", spec(saved(table, tmp_path), stamp="end")) == np.arange(8760)).all()


def test_semicolons_and_decimal_commas(tmp_path: Path) -> None:
    path = saved(frame(), tmp_path, sep=";", decimal=",")
    got = read_series("price_eur_mwh", spec(path, delimiter=";", decimal=","))
    assert (got == np.arange(8760) / 4).all()
    assert "state `decimal: ','`" in refusal(path, delimiter=";")[0]


def put(row: int, column: str, value: object) -> pd.DataFrame:
    table = frame().astype(object)
    table.loc[row, column] = value
    return table


@pytest.mark.parametrize(
    ("table", "changes", "said"),
    [
        (put(7, "price", ""), {}, "prices.csv row 9: price '' is no finite number"),
        (put(7, "price", "nan"), {}, "prices.csv row 9: price 'nan' is no finite number"),
        (frame().drop(index=7), {}, "prices.csv row 8: 2019-01-01 07:00 UTC"),
        (put(8, "time", "2019-01-01 07:00"), {}, "prices.csv row 10: 2019-01-01 07:00 stands twice, first in prices.csv row 9"),
        (frame().iloc[::-1], {}, "prices.csv row 3: 2019-12-31 22:00 goes back in time"),
        (frame().assign(unit=["EUR/MWh"] * 40 + ["ct/kWh"] + ["EUR/MWh"] * 8719), {}, "prices.csv row 42: unit 'ct/kWh'"),
        (frame(), {"unit": "ct/kWh"}, "unit 'ct/kWh' of column price; price_eur_mwh is in EUR/MWh: convert the column"),
        (frame(), {"column": "prise"}, "has no column 'prise'; did you mean price?"),
        (frame(), {"year": 2018}, "holds no hour of 2018; it runs from 2019-01-01 00:00"),
        (frame().iloc[::2], {}, "its rows are 0 days 02:00:00 apart"),
    ],
    ids=["empty", "nan", "gap", "twice", "backwards", "unit-of-a-row", "unit", "column", "year", "two-hourly"],
)  # fmt: skip
def test_bad_files_are_refused_with_their_row(
    table: pd.DataFrame, changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    problems = refusal(saved(table, tmp_path), **changes)
    assert said in problems[0], problems


def test_all_problems_of_a_file_at_once(tmp_path: Path) -> None:
    table = put(3, "price", "x")
    table.loc[5, "time"] = "yesterday"
    problems = refusal(saved(table, tmp_path), unit="ct/kWh")
    assert ["ct/kWh" in problems[0], "row 7" in problems[1], "row 5" in problems[2]] == [True] * 3


def test_shares_stay_between_zero_and_one(tmp_path: Path) -> None:
    problems = refusal(saved(frame(), tmp_path), "solar_cf", unit="share")
    assert "prices.csv row 7: price 1.25 is impossible; solar_cf is between 0 and 1" in problems[0]

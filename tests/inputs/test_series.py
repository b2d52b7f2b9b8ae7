"""Hours are read only if every one of the year is there, once, in order, finite and in range."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from siting.errors import InputError
from siting.inputs.series import available_years, read_hours
from siting.units import HOURS_PER_YEAR


@pytest.fixture
def frame(tiny_world: Path) -> pd.DataFrame:
    return pd.read_parquet(tiny_world / "series" / "2019.parquet")


def read(tmp_path: Path, frame: pd.DataFrame, year: int = 2019) -> pd.DataFrame:
    (tmp_path / "series").mkdir()
    frame.to_parquet(tmp_path / "series" / f"{year}.parquet")
    return read_hours(tmp_path, year)


def test_a_year_is_8760_hours_by_zone_and_series(tiny_world: Path) -> None:
    hours = read_hours(tiny_world, 2019)
    assert hours.shape == (HOURS_PER_YEAR, 18)
    assert {str(dtype) for dtype in hours.dtypes} == {"float64"}
    assert str(hours.index[0]) == "2019-01-01 00:00:00+00:00"
    assert hours["price_eur_mwh:FR"].mean() == pytest.approx(55.0)
    assert available_years(tiny_world) == [2019]


def test_a_leap_year_has_no_29_february(tmp_path: Path, frame: pd.DataFrame) -> None:
    hours = pd.date_range("2020-01-01", periods=8784, freq="h", tz="UTC")
    hours = hours[~((hours.month == 2) & (hours.day == 29))]
    assert len(read(tmp_path, frame.assign(utc=hours), 2020)) == HOURS_PER_YEAR


def at(frame: pd.DataFrame, row: int, column: str, value: float) -> pd.DataFrame:
    changed = frame.copy()
    changed.loc[row, column] = value
    return changed


def shifted(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(utc=frame["utc"] + pd.Timedelta(days=365))


BROKEN: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "an empty hour": (
        lambda f: at(f, 5, "solar_cf:FR", np.nan),
        "solar_cf:FR has 1 empty hours, the first at 2019-01-01 05:00",
    ),
    "an infinite hour": (
        lambda f: at(f, 0, "price_eur_mwh:SE", np.inf),
        "price_eur_mwh:SE has 1 empty hours",
    ),
    "a share above one": (lambda f: at(f, 0, "cfe_share:ES", 1.5), "cfe_share:ES ranges 0."),
    "a negative share": (lambda f: at(f, 0, "onwind_cf:ES", -0.1), "onwind_cf:ES ranges -0.100"),
    "a missing hour": (lambda f: f.drop(index=100), "1 hour is missing, the first is 2019-01-05 04:00"),
    "a missing day": (
        lambda f: f.drop(index=range(24)),
        "24 hours are missing, the first is 2019-01-01 00:00",
    ),
    "a doubled hour": (lambda f: pd.concat([f, f.iloc[[7]]]), "hour 2019-01-01 07:00:00+00:00 stands twice"),
    "an hour of another year": (lambda f: pd.concat([f, shifted(f).iloc[[0]]]), "is not of 2019"),
    "hours out of order": (lambda f: f.iloc[::-1], "not in order"),
    "another year": (shifted, "8,760 hours are missing"),
    "no utc": (lambda f: f.rename(columns={"utc": "time"}), "has no column 'utc'"),
    "hours as words": (lambda f: f.assign(utc="noon"), "utc"),
    "a column of words": (lambda f: f.assign(**{"solar_cf:FR": "much"}), "solar_cf:FR"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_named(tmp_path: Path, frame: pd.DataFrame, what: str) -> None:
    broken, text = BROKEN[what]
    with pytest.raises(InputError) as caught:
        read(tmp_path, broken(frame))
    assert text in str(caught.value) and "2019" in str(caught.value)


def test_all_columns_are_named_at_once(tmp_path: Path, frame: pd.DataFrame) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, at(at(frame, 5, "solar_cf:FR", np.nan), 9, "cfe_share:SE", 2.0))
    assert len(caught.value.problems) == 2


def test_many_broken_columns_are_counted(tmp_path: Path, frame: pd.DataFrame) -> None:
    broken = frame.copy()
    broken.iloc[3, 1:] = np.nan
    with pytest.raises(InputError, match=r"\.\.\. and 8 more columns"):
        read(tmp_path, broken)


def test_a_year_that_is_not_there_names_those_that_are(tiny_world: Path) -> None:
    with pytest.raises(InputError, match="no series for weather year 2018; the world has: 2019"):
        read_hours(tiny_world, 2018)


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    (tmp_path / "series").mkdir()
    (tmp_path / "series" / "2019.parquet").write_bytes(b"utc,x\n1,2\n")
    with pytest.raises(InputError, match=r"2019\.parquet: is not a readable Parquet table"):
        read_hours(tmp_path, 2019)

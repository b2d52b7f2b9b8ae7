"""Hours of a year from what was told: means, gaps, straight lines over short ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.errors import InputError
from siting.inputs.fetch.hours import calendar, hour_means, once, whole_year


def stamps(*moments: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex([pd.Timestamp(m, tz="UTC") for m in moments])


def test_four_quarters_make_an_hour_and_three_make_none() -> None:
    index = pd.date_range("2023-01-01", periods=7, freq="15min", tz="UTC")
    means = hour_means(pd.Series([1.0, 2, 3, 6, 9, 9, 9], index=index), 15)
    assert means.to_dict() == {pd.Timestamp("2023-01-01", tz="UTC"): 3.0}


def test_a_quarter_without_a_value_makes_its_hour_a_gap() -> None:
    index = pd.date_range("2023-01-01", periods=4, freq="15min", tz="UTC")
    assert hour_means(pd.Series([1.0, np.nan, 3, 6], index=index), 15).empty


def test_the_same_value_told_twice_is_one_and_two_values_are_a_contradiction() -> None:
    same = pd.Series([1.0, 1.0, 2.0], index=stamps("2023-01-01", "2023-01-01", "2023-01-02"))
    assert once(same, "x").tolist() == [1.0, 2.0]
    with pytest.raises(InputError, match="x: 1 values are told twice and differ, the first at 2023-01-01"):
        once(pd.Series([1.0, 1.5], index=stamps("2023-01-01", "2023-01-01")), "x")


def test_a_leap_year_loses_29_february_and_keeps_its_neighbours() -> None:
    values = pd.Series(np.arange(8784.0), index=calendar(2020))
    kept, filled, left = whole_year(values, 2020, 0)
    assert len(kept) == 8760 and not filled and not left
    assert kept.loc[pd.Timestamp("2020-02-28 23:00", tz="UTC")] == 59 * 24 - 1
    assert kept.loc[pd.Timestamp("2020-03-01 00:00", tz="UTC")] == 60 * 24


def test_a_gap_on_29_february_alone_is_no_gap() -> None:
    values = pd.Series(1.0, index=calendar(2020)).drop(
        pd.date_range("2020-02-29", periods=24, freq="h", tz="UTC")
    )
    assert whole_year(values, 2020, 0)[2] == []


def test_a_short_gap_is_a_straight_line_only_if_asked() -> None:
    values = pd.Series(np.arange(8760.0) ** 2, index=calendar(2023)).drop(calendar(2023)[[10, 11, 50]])
    kept, filled, left = whole_year(values, 2023, 1)
    assert kept.iloc[50] == (49**2 + 51**2) / 2
    assert [run.hours for run in filled] == [1]
    assert [str(run) for run in left] == ["2023-01-01 10:00 to 2023-01-01 12:00 UTC (2 h)"]
    kept, filled, left = whole_year(values, 2023, 2)
    assert kept.iloc[10] == 81 + (144 - 81) / 3  # hours 9 and 12 hold 81 and 144
    assert not left and kept.notna().all()


def test_the_ends_of_the_year_are_never_made_up() -> None:
    values = pd.Series(1.0, index=calendar(2023)[1:-1])
    left = whole_year(values, 2023, 999)[2]
    assert [run.hours for run in left] == [1, 1]


@settings(max_examples=60, deadline=None)
@given(
    missing=st.sets(st.integers(0, 8759), max_size=60),
    fill=st.integers(0, 6),
)
def test_every_hour_is_told_filled_or_left(missing: set[int], fill: int) -> None:
    hours = calendar(2023)
    values = pd.Series(np.sin(np.arange(8760.0)), index=hours).drop(hours[sorted(missing)])
    kept, filled, left = whole_year(values, 2023, fill)
    assert list(kept.index) == list(hours)
    assert sum(r.hours for r in filled) + sum(r.hours for r in left) == len(missing)
    assert int(kept.isna().sum()) == sum(r.hours for r in left)
    assert all(r.hours <= fill for r in filled)
    pd.testing.assert_series_equal(kept[values.index], values, check_freq=False)
    assert kept.max() <= 1 and kept.min() >= -1

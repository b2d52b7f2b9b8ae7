"""Typical periods keep the year's hours, means, bounds and the extremes that were asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from siting.errors import InputError
from siting.inputs.planning import Representative
from siting.inputs.series import read_hours
from siting.instance.aggregate import EXTREMES, typical_periods
from siting.instance.hours import Hours, full_year
from siting.units import HOURS_PER_YEAR


@pytest.fixture(scope="module")
def year(tiny_world: Path) -> pd.DataFrame:
    """The tiny year made uneven: a windless week's day, a day of scarcity, noise - so that days differ."""
    frame = read_hours(tiny_world, 2019)
    noise = np.random.default_rng(7).uniform(0.7, 1.3, frame.shape)
    frame = frame * noise
    frame.iloc[24 * 40 : 24 * 41, [c.startswith("onwind_cf") for c in frame.columns]] = 0.0
    frame.iloc[24 * 300 + 17 : 24 * 300 + 20, [c.startswith("price") for c in frame.columns]] = 900.0
    shares = [c for c in frame.columns if c.split(":")[0].endswith(("_cf", "_share"))]
    frame[shares] = frame[shares].clip(0, 1)
    return frame


def wanted(periods: int, hours: int = 24, keep: tuple[str, ...] = ()) -> Representative:
    return Representative.model_validate_json(
        f'{{"periods": {periods}, "hours": {hours}, "keep": [{", ".join(repr(k) for k in keep)}]}}'.replace(
            "'", '"'
        )
    )


CHOICES: list[tuple[int, int, tuple[str, ...]]] = [
    (1, 24, ()),
    (4, 24, ("peak_price",)),
    (6, 24, ("peak_price", "least_wind", "least_sun")),
    (2, 168, ()),
    (3, 168, ("least_wind",)),
    (52, 168, ()),
]


@pytest.fixture(scope="module", params=CHOICES, ids=str)
def chosen(request: pytest.FixtureRequest, year: pd.DataFrame) -> tuple[Representative, Hours]:
    choice = wanted(*request.param)
    return choice, typical_periods(year, choice)


def test_weights_sum_to_the_year(chosen: tuple[Representative, Hours]) -> None:
    choice, hours = chosen
    assert sum(hours.weight) == pytest.approx(HOURS_PER_YEAR)
    assert len(hours.weight) == len(hours.frame) == len(hours.before) == choice.periods * choice.hours
    assert min(hours.weight) > 0


def test_every_period_has_one_weight_and_one_label(chosen: tuple[Representative, Hours]) -> None:
    choice, hours = chosen
    assert len(hours.labels) == choice.periods == len(set(hours.labels))
    for p in range(choice.periods):
        inside = {w for w, q in zip(hours.weight, hours.period_of, strict=True) if p == q}
        assert len(inside) == 1


def test_before_is_a_circle_within_each_period(chosen: tuple[Representative, Hours]) -> None:
    choice, hours = chosen
    for t, earlier in enumerate(hours.before):
        first = t // choice.hours * choice.hours
        assert earlier == (t - 1 if t > first else first + choice.hours - 1)
        assert hours.period_of[earlier] == hours.period_of[t]


def test_shares_lie_between_nothing_and_all(chosen: tuple[Representative, Hours]) -> None:
    frame = chosen[1].frame
    for column in frame.columns:
        if str(column).split(":")[0].endswith(("_cf", "_share")):
            assert frame[column].between(0.0, 1.0).all()


def test_means_of_the_year_are_preserved(chosen: tuple[Representative, Hours], year: pd.DataFrame) -> None:
    """A mean is what a plan lives on: prices, output and carbon of the year to 1 %, one day alone (no scaling room) too."""
    _, hours = chosen
    weight = np.array(hours.weight)
    for column in year.columns:
        assert weight @ hours.frame[column].to_numpy() / HOURS_PER_YEAR == pytest.approx(
            year[column].mean(), rel=0.01
        )


def test_columns_are_the_worlds_and_no_helpers(
    chosen: tuple[Representative, Hours], year: pd.DataFrame
) -> None:
    _, hours = chosen
    assert list(hours.frame.columns) == list(year.columns)
    assert set(hours.error) == {c.split(":")[0] for c in year.columns}
    assert all(np.isfinite(e) and e >= 0 for e in hours.error.values())


@pytest.mark.parametrize("keep", EXTREMES)
def test_an_extreme_day_is_kept_as_it_was(year: pd.DataFrame, keep: str) -> None:
    """The day of the highest (lowest) daily mean over all zones stands among the modelled days unscaled."""
    hours = typical_periods(year, wanted(4, keep=(keep,)))
    series, sense = EXTREMES[keep]
    columns = [c for c in year.columns if c.startswith(f"{series}:")]
    mean = year[columns].mean(axis=1).to_numpy().reshape(-1, 24)
    day = mean.mean(axis=1).argmax() if sense == "max" else mean.mean(axis=1).argmin()
    real = year[columns].to_numpy().reshape(365, 24, -1)[day]
    modelled = hours.frame[columns].to_numpy().reshape(4, 24, -1)
    assert min(np.abs(block - real).max() for block in modelled) < 1e-3


def test_a_label_is_the_real_day_a_period_was_taken_from(year: pd.DataFrame) -> None:
    """Medoids are real days (rescaled): each label's day must be the nearest real day to its period, up to the scaling."""
    hours = typical_periods(year, wanted(4))
    temperature = [c for c in year.columns if c.startswith("temperature")]
    real = year[temperature].to_numpy().reshape(365, -1)
    for p, label in enumerate(hours.labels):
        block = hours.frame[temperature].to_numpy()[24 * p : 24 * (p + 1)].ravel()
        match = [np.corrcoef(block, day)[0, 1] for day in real]
        assert f"{year.index[24 * int(np.argmax(match))]:%Y-%m-%d}" == label


def test_the_full_year_is_itself(year: pd.DataFrame) -> None:
    hours = full_year(year)
    assert hours.weight == (1.0,) * HOURS_PER_YEAR
    assert hours.before[0] == HOURS_PER_YEAR - 1 and hours.before[1:4] == (0, 1, 2)
    np.testing.assert_array_equal(hours.frame.to_numpy(), year.to_numpy())


@pytest.mark.parametrize(
    ("periods", "hours", "keep"),
    [
        (1, 24, ("peak_price",)),  # no typical period left beside the extreme
        (2, 24, ("peak_price", "least_wind")),
        (366, 24, ()),  # a year has 365 days
        (100, 168, ()),  # and 52 weeks
    ],
)
def test_what_a_year_cannot_give_is_refused(year: pd.DataFrame, periods: int, hours: Any, keep: Any) -> None:
    with pytest.raises(InputError, match=r"time\.representative"):
        typical_periods(year, wanted(periods, hours, keep))


def test_an_extreme_of_a_series_the_world_lacks_is_refused(year: pd.DataFrame) -> None:
    windless = year[[c for c in year.columns if not c.startswith("onwind")]]
    with pytest.raises(InputError, match="least_wind"):
        typical_periods(windless, wanted(4, keep=("least_wind",)))


def test_the_choice_is_the_same_every_time(year: pd.DataFrame) -> None:
    once, again = (typical_periods(year, wanted(5, keep=("peak_price",))) for _ in range(2))
    pd.testing.assert_frame_equal(once.frame, again.frame)
    assert once.labels == again.labels and once.weight == again.weight

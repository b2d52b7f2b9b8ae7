"""How far a made series is from the truth, where one exists."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HOURS_PER_WEEK = 168
COLUMNS = ("corr", "bias_share", "rmse_share", "lowest_week_error_share", "tested_on")


@dataclass(frozen=True)
class Score:
    """Errors of a like estimate against a measured series, shares of the truth's mean; see `scored`."""

    corr: float
    bias_share: float
    rmse_share: float
    lowest_week_error_share: float
    tested_on: str

    def cells(self) -> tuple[str, ...]:
        """As in coverage.csv, three decimals."""
        numbers = (self.corr, self.bias_share, self.rmse_share, self.lowest_week_error_share)
        return (*(f"{n + 0.0:.3f}" for n in numbers), self.tested_on)


NO_SCORE = ("",) * len(COLUMNS)


def scored(
    estimate: np.ndarray, truth: np.ndarray, tested_on: str, winter: np.ndarray, span: float | None = None
) -> Score:
    """Correlation, bias of the winter half-year, RMSE and error of the lowest week; arrays of shape (hours,).

    Both must have the same annual mean, as the level is set from elsewhere: the bias of the year is nil by
    construction, that of October to March (`winter`) is not. Shares are of the truth's mean, or of `span` for a
    quantity without a natural zero. The lowest week is the lowest running mean of 168 hours, wherever it falls.
    Hours with NaN in the truth are left out of all but the lowest week.
    """
    unit = float(np.nanmean(truth)) if span is None else span
    known = ~np.isnan(truth)
    wrong = (estimate - truth)[known]
    filled = np.where(known, truth, estimate)
    return Score(
        float(np.corrcoef(estimate[known], truth[known])[0, 1]),
        float(wrong[winter[known]].mean() / unit),
        float(np.sqrt(np.mean(wrong**2)) / unit),
        (lowest_week(estimate) - lowest_week(filled)) / unit,
        tested_on,
    )


def scored_shape(estimate: np.ndarray, truth: np.ndarray, tested_on: str, winter: np.ndarray) -> Score:
    """`scored` of two shapes, each brought to mean 1 first."""
    return scored(estimate / estimate.mean(), truth / truth.mean(), tested_on, winter)


def lowest_week(values: np.ndarray) -> float:
    """Lowest running mean over 168 hours."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    return float((total[HOURS_PER_WEEK:] - total[:-HOURS_PER_WEEK]).min() / HOURS_PER_WEEK)

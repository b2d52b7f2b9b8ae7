"""Are the stamps right? A solar series against the clear sky, moved by whole hours where it is off."""

from __future__ import annotations

import numpy as np
import pandas as pd

LAGS_H = range(-3, 4)
CERTAIN_H = 0.6  # a lag nearer to zero than this is geography, orientation or metering, not a wrong stamp


def lag_h(values: pd.Series, reference: pd.Series) -> tuple[float, float]:
    """(hours by which `values` is late, correlation there), a parabola through the best lag.

    Both hourly with UTC index; the reference's hours count. Raises ValueError under 200 common hours.
    """
    rows = []
    for lag in LAGS_H:
        moved = values.shift(-lag).reindex(reference.index)
        both = moved.notna() & reference.notna()
        if both.sum() < 200:
            raise ValueError("too few common hours to align")
        rows.append(np.corrcoef(moved[both], reference[both])[0, 1])
    best = int(np.argmax(rows))
    bend = 0.0
    if 0 < best < len(rows) - 1:
        left, mid, right = rows[best - 1 : best + 2]
        bend = 0.5 * (left - right) / (left - 2 * mid + right)
    return LAGS_H[best] + bend, float(rows[best])


def summer_time(hours: pd.DatetimeIndex) -> np.ndarray:
    """True where EU summer time holds."""
    local = hours.tz_convert("Europe/Brussels").tz_localize(None)
    return np.asarray(local - hours.tz_localize(None) == pd.Timedelta(hours=2))


def seasonal_lag_h(values: pd.Series, reference: pd.Series) -> tuple[float, float]:
    """(winter, summer) hours by which a solar series is late against a clear-sky reference."""
    summer = summer_time(pd.DatetimeIndex(reference.index))
    return lag_h(values, reference[~summer])[0], lag_h(values, reference[summer])[0]


def whole_shift_h(lag: float) -> int:
    """Whole hours to take back for a lag; 0 if it is not certain."""
    return int(np.sign(lag) * max(1, round(abs(lag)))) if abs(lag) >= CERTAIN_H else 0


def shifted(values: pd.Series, winter_h: int, summer_h: int) -> pd.Series:
    """Series moved back by its winter and its summer lag in hours.

    Equal lags are a constant shift, unequal ones a wrong summer time.
    """
    if winter_h == summer_h:
        return values.shift(-winter_h)
    summer = summer_time(pd.DatetimeIndex(values.index))
    return values.shift(-summer_h).where(summer, values.shift(-winter_h))

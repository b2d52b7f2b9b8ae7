"""Typical periods of a year, chosen by tsam, with the extremes the model keeps."""

from __future__ import annotations

import warnings

import pandas as pd
import tsam

from siting.errors import InputError
from siting.inputs.planning import Representative
from siting.inputs.series import SHARES
from siting.instance.hours import Hours
from siting.units import HOURS_PER_YEAR

EXTREMES = {
    "peak_price": ("price_eur_mwh", "max"),
    "least_wind": ("onwind_cf", "min"),
    "least_sun": ("solar_cf", "min"),
}


def typical_periods(frame: pd.DataFrame, wanted: Representative) -> Hours:
    """Cluster the year into typical periods (hierarchical, medoids) and keep the named extremes as periods of their own.

    Column means of the year are preserved. Source of the method: tsam (Hoffmann et al. 2020, Energies 13:641).
    Raises InputError if the year cannot give the periods, or the world lacks the series of an extreme.
    """
    _check_wanted(frame, wanted)
    typical = wanted.periods - len(wanted.keep)
    whole = frame.iloc[: len(frame) // wanted.hours * wanted.hours]
    helped, extremes = _with_extremes(whole, wanted)
    with (
        warnings.catch_warnings()
    ):  # tsam warns about rescaling beyond bounds; shares are clipped and measured below
        warnings.simplefilter("ignore")
        result = tsam.aggregate(
            helped,
            typical,
            period_duration=wanted.hours,
            cluster=tsam.ClusterConfig(method="hierarchical", representation="medoid"),
            extremes=extremes,
            weights=dict.fromkeys(helped.columns.difference(frame.columns), 1e-09),
            preserve_column_means=True,
            rescale_exclude_columns=list(helped.columns.difference(frame.columns)),
        )
    return _hours(result, frame, wanted)


def _check_wanted(frame: pd.DataFrame, wanted: Representative) -> None:
    extremes, most = len(wanted.keep), len(frame) // wanted.hours
    if wanted.periods <= extremes:
        raise InputError(
            f"time.representative: periods {wanted.periods} leaves no typical period beside {extremes} extremes; "
            f"give at least {extremes + 1}"
        )
    if wanted.periods > most:
        raise InputError(
            f"time.representative: periods {wanted.periods} of {wanted.hours} hours are more than the {most} of a year; "
            f"give at most {most}, or `full`"
        )
    lacking = [name for name in wanted.keep if not _columns(frame, EXTREMES[name][0])]
    if lacking:
        raise InputError(
            f"time.representative.keep: {lacking[0]} needs hourly {EXTREMES[lacking[0]][0]}, which no zone of the world has; "
            "leave it out"
        )


def _columns(frame: pd.DataFrame, series: str) -> list[str]:
    return [c for c in frame.columns if c.startswith(f"{series}:")]


def _with_extremes(
    frame: pd.DataFrame, wanted: Representative
) -> tuple[pd.DataFrame, tsam.ExtremeConfig | None]:
    """Add one column a kept extreme (the mean over zones), for tsam to find its period by."""
    helped = frame.copy()
    most: list[str] = []
    least: list[str] = []
    for name in wanted.keep:
        series, sense = EXTREMES[name]
        helped[name] = frame[_columns(frame, series)].mean(axis=1)
        (most if sense == "max" else least).append(name)
    if not wanted.keep:
        return helped, None
    return helped, tsam.ExtremeConfig(method="append", max_period=most, min_period=least)


def _hours(result: tsam.AggregationResult, frame: pd.DataFrame, wanted: Representative) -> Hours:
    typical = result.cluster_representatives[list(frame.columns)]
    clusters = [c for c, count in result.cluster_counts.items() if count > 0]
    total = sum(result.cluster_counts[c] for c in clusters) * wanted.hours
    blocks: list[pd.DataFrame] = []
    weight: list[float] = []
    before: list[int] = []
    period_of: list[int] = []
    labels: list[str] = []
    medoid = result.clustering.cluster_centers
    assert medoid is not None, "a medoid is a real period, so tsam names it"
    for p, cluster in enumerate(clusters):
        block = typical.loc[[cluster]].droplevel(0)
        start = len(weight)
        n = len(block)
        blocks.append(block)
        weight += [result.cluster_counts[cluster] * HOURS_PER_YEAR / total] * n
        before += [start + (i - 1) % n for i in range(n)]
        period_of += [p] * n
        labels.append(f"{frame.index[int(medoid[cluster]) * wanted.hours]:%Y-%m-%d}")
    hours = _clipped(pd.concat(blocks, ignore_index=True))
    rms = result.accuracy.rmse.groupby(lambda column: str(column).split(":")[0]).mean()
    error = {str(k): float(v) for k, v in rms.items() if str(k) not in EXTREMES}
    return Hours(hours, tuple(weight), tuple(before), tuple(period_of), tuple(labels), error)


def _clipped(hours: pd.DataFrame) -> pd.DataFrame:
    """Rescaling to the year's mean can push a share a hair over its bounds: put it back."""
    shares = [c for c in hours.columns if str(c).split(":")[0].endswith(SHARES)]
    hours[shares] = hours[shares].clip(0.0, 1.0)
    return hours

"""Checks of a world's hourly series and carbon that need no raw data, only the world's own tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from siting.errors import InputError
from siting.inputs.series import SHARES
from siting.inputs.world_checks import KINDS

MEAN_TOLERANCE = 1e-3  # relative: what rounding and float32 may cost
MEMBER_FIELDS = ("zone", "series", "weather_year", "kind", "level_quantity")
CARBON_TOLERANCE_SHARE = (
    0.25  # between two production-based life-cycle figures; beyond it the row must explain itself
)


def check_series(world: Path) -> pd.DataFrame:
    """One row per zone and series: hours, min, max, mean, level, relative_deviation, kind, ok, problem.

    Recomputes: every UTC hour of the year once, no empty value, shares within [0, 1], mean equal to the
    level, coverage.csv and the parquet naming the same series. InputError if coverage.csv or a series file is
    missing.
    """
    coverage = _read(world / "series" / "coverage.csv", MEMBER_FIELDS)
    levels = _levels(world)
    rows = []
    for year in sorted(coverage["weather_year"].unique()):
        frame = _parquet(world / "series" / f"{year}.parquet")
        part = coverage[coverage["weather_year"] == year]
        hour_problem = _hour_problem(frame["utc"], int(year))
        rows += [_series_row(frame, entry, levels, hour_problem) for entry in part.to_dict("records")]
        named = {f"{s}:{z}" for s, z in zip(part["series"], part["zone"], strict=True)}
        for extra in [c for c in frame.columns if c != "utc" and c not in named]:
            series, _, zone = extra.partition(":")
            rows.append(_row(zone, series, len(frame), problem="is in the parquet but not in coverage.csv"))
    return pd.DataFrame(rows)


def check_carbon(world: Path) -> pd.DataFrame:
    """Our carbon against the published, one row per country.

    The level used (consumption, life cycle), the intensity recomputed with our factors from the metered and
    from the published annual mix, the published intensity, ratios, whether within tolerance, and why not.

    All in g/kWh. InputError if a table is missing or a fuel has no factor.
    """
    factors = _numbers(world / "emission_factors.csv", "fuel", "value")
    published = _numbers(world / "published_carbon.csv", "country", "value")
    table = _read(world / "published_carbon.csv", ("country", "note"))
    notes = dict(zip(table["country"], table["note"], strict=True))
    metered = _mix_intensity(world / "annual_mix_2019.csv", factors)
    recomputed = _mix_intensity(world / "annual_mix_published.csv", factors)
    levels = {z: v for (z, q), v in _levels(world).items() if q == "grid_carbon_g_kwh"}
    rows = []
    for country in sorted(published):
        ratio = recomputed[country] / published[country] if country in recomputed else np.nan
        ok = bool(abs(ratio - 1) <= CARBON_TOLERANCE_SHARE)
        rows.append(
            {
                "country": country,
                "level_g_kwh": levels.get(country, np.nan),
                "metered_2019_g_kwh": round(metered.get(country, np.nan), 1),
                "recomputed_g_kwh": round(recomputed.get(country, np.nan), 1),
                "published_g_kwh": round(published[country], 1),
                "recomputed_to_published": round(ratio, 3),
                "level_to_published": round(levels.get(country, np.nan) / published[country], 3),
                "ok": ok,
                "tolerance": f"within {CARBON_TOLERANCE_SHARE:.0%} of published",
                "explanation": _explained(
                    ok, ratio, levels.get(country, np.nan) / published[country], notes[country]
                ),
            }
        )
    return pd.DataFrame(rows)


def _series_row(
    frame: pd.DataFrame, entry: dict[str, str], levels: dict[tuple[str, str], float], hour_problem: str
) -> dict[str, object]:
    zone, series, quantity = entry["zone"], entry["series"], entry["level_quantity"]
    name = f"{series}:{zone}"
    if name not in frame.columns:
        return _row(zone, series, 0, kind=entry["kind"], problem="is in coverage.csv but not in the parquet")
    values = frame[name].to_numpy(dtype=float)
    level = levels.get((zone, quantity), np.nan) if quantity else np.nan
    level = level / 8760 if quantity.endswith("_flh_h") else level
    mean = float(values.mean())
    away = abs(mean / level - 1) if np.isfinite(level) and level else np.nan
    problem = hour_problem or _value_problem(series, values) or _level_problem(quantity, level, away)
    if not problem and entry["kind"] not in KINDS:
        problem = f"kind '{entry['kind']}' is none of {', '.join(KINDS)}"
    return _row(
        zone,
        series,
        len(values),
        float(values.min()),
        float(values.max()),
        mean,
        level,
        away,
        entry["kind"],
        problem,
    )


def _row(
    zone: str,
    series: str,
    hours: int,
    low: float = np.nan,
    high: float = np.nan,
    mean: float = np.nan,
    level: float = np.nan,
    away: float = np.nan,
    kind: str = "",
    problem: str = "",
) -> dict[str, object]:
    return {
        "zone": zone,
        "series": series,
        "hours": hours,
        "min": low,
        "max": high,
        "mean": mean,
        "level": level,
        "relative_deviation": away,
        "kind": kind,
        "ok": not problem,
        "problem": problem,
    }


def _hour_problem(utc: pd.Series, year: int) -> str:
    hours = pd.DatetimeIndex(pd.to_datetime(utc, utc=True))
    expected = pd.date_range(f"{year}-01-01", f"{year}-12-31 23:00", freq="h", tz="UTC")
    missing, twice = expected.difference(hours), hours[hours.duplicated()]
    if len(twice):
        return f"hour {twice[0]} stands twice"
    if len(missing):
        return f"{len(missing)} hours are missing, the first is {missing[0]}"
    return (
        ""
        if len(hours) == len(expected) and bool((hours == expected).all())
        else "hours are not those of the year in order"
    )


def _value_problem(series: str, values: np.ndarray) -> str:
    empty = int((~np.isfinite(values)).sum())
    if empty:
        return f"{empty} hours hold no number"
    if series.endswith(SHARES) and (values.min() < 0 or values.max() > 1):
        return f"ranges from {values.min():.3f} to {values.max():.3f}, outside [0, 1]"
    return ""


def _level_problem(quantity: str, level: float, away: float) -> str:
    if not quantity:
        return ""
    if not np.isfinite(level):
        return f"zone_values.csv holds no {quantity}"
    return f"mean is {away:.2%} off its level" if away > MEAN_TOLERANCE else ""


def _explained(ok: bool, ratio: float, level_ratio: float, note: str) -> str:
    parts = []
    if not np.isfinite(ratio):
        parts.append("no published mix to recompute from")
    elif not ok:
        side = "higher" if ratio > 1 else "lower"
        parts.append(
            f"same mix, so the difference is in the factors: IPCC world medians are {side} than those behind "
            "the published value"
        )
    if abs(level_ratio - 1) > CARBON_TOLERANCE_SHARE:
        parts.append(
            "the level is consumption-based of 2024 (trade counted), the published value production-based of "
            "2023"
        )
    return "; ".join([*parts, note] if note else parts)


def _mix_intensity(path: Path, factors: dict[str, float]) -> dict[str, float]:
    table = _read(path, ("country", "fuel", "twh"))
    unknown = sorted(set(table["fuel"]) - set(factors))
    if unknown:
        raise InputError(
            f"{path.name}: fuel(s) {', '.join(unknown)} have no row in emission_factors.csv; add them"
        )
    twh = pd.to_numeric(table["twh"])
    grams = twh * table["fuel"].map(factors)
    total = twh.groupby(table["country"]).sum()
    return {str(k): float(v) for k, v in (grams.groupby(table["country"]).sum() / total).items()}


def _levels(world: Path) -> dict[tuple[str, str], float]:
    table = _read(world / "zone_values.csv", ("zone", "quantity", "value"))
    return {
        (z, q): float(v) for z, q, v in zip(table["zone"], table["quantity"], table["value"], strict=True)
    }


def _numbers(path: Path, key: str, value: str) -> dict[str, float]:
    table = _read(path, (key, value))
    return {k: float(v) for k, v in zip(table[key], table[value], strict=True)}


def _read(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(f"{path}: is not there; restore it or build the world's series again")
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    lacking = [c for c in columns if c not in table.columns]
    if lacking:
        raise InputError(f"{path.name}: lacks the column(s) {', '.join(lacking)}; add them")
    return table


def _parquet(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(
            f"{path}: is not there although coverage.csv names its year; build the world's series again"
        )
    return pd.read_parquet(path)

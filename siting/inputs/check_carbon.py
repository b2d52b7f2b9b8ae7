"""Grid carbon recomputed from annual mixes against published intensities: same year, same accounting on both sides.

Both are life cycle and production based, g CO2e/kWh of national generation. The levels of the hourly series are
consumption based (trade counted) and stand beside, not in the comparison.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from siting.errors import InputError
from siting.inputs.csv_text import read_csv_text
from siting.inputs.values import reference_rows

TOLERANCE_SHARE = 0.15  # asked of a recomputed intensity; beyond it the published row's note must say why
MIX = "annual_mix_{}.csv"  # of a weather year, metered
PUBLISHED_MIX = "annual_mix_published.csv"
FACTORS, PUBLISHED, PUBLISHED_YEARS = (
    "emission_factors.csv",
    "published_carbon.csv",
    "published_carbon_years.csv",
)


def has_published(world: Path) -> bool:
    """Whether a world holds published intensities to compare with; a user's own need not."""
    return (world / PUBLISHED_YEARS).is_file() or (world / PUBLISHED).is_file()


def check_carbon(world: Path) -> pd.DataFrame:
    """One row a country and year: recomputed_g_kwh, published_g_kwh, ratio, ok, other_share, mix, explanation, problem.

    `mix` is `metered` (annual_mix_YEAR.csv against published_carbon_years.csv) or `published` (annual_mix_published.csv
    against published_carbon.csv, where the same mix leaves only the factors to differ). `other_share`: part of the
    recomputed value from fuels whose factor is a proxy. Raises InputError if a table is missing or a fuel has no factor.
    """
    factors = _table(world / FACTORS, ("fuel", "value", "kind"))
    rows = []
    for year, published in _published_by_year(world):
        rows += _rows(world / MIX.format(year), factors, published, "metered")
    if (world / PUBLISHED).is_file():
        table = _table(world / PUBLISHED, ("country", "value", "year", "note"))
        rows += _rows(world / PUBLISHED_MIX, factors, table, "published")
    return pd.DataFrame(rows, columns=list(rows[0]) if rows else None)


def levels_g_kwh(world: Path) -> dict[str, float]:
    """Level of grid carbon in the hourly series by country, life cycle with trade; zones of a country: their plain mean."""
    values = _table(world / "zone_values.csv", ("zone", "quantity", "value"))
    values = reference_rows(values, ("zone", "quantity"))
    zones = _table(world / "zones.csv", ("zone", "country"))
    carbon = values[values["quantity"] == "grid_carbon_g_kwh"]
    country = dict(zip(zones["zone"], zones["country"], strict=True))
    means = pd.to_numeric(carbon["value"]).groupby(carbon["zone"].map(country)).mean()
    return {str(k): float(v) for k, v in means.items()}


def _published_by_year(world: Path) -> list[tuple[str, pd.DataFrame]]:
    """Published intensities of the years a world has a metered mix for."""
    if not (world / PUBLISHED_YEARS).is_file():
        return []
    table = _table(world / PUBLISHED_YEARS, ("country", "year", "value", "note"))
    years = sorted(set(table["year"]))
    return [(year, table[table["year"] == year]) for year in years if (world / MIX.format(year)).is_file()]


def _rows(mix: Path, factors: pd.DataFrame, published: pd.DataFrame, kind: str) -> list[dict[str, object]]:
    intensity, proxied = _intensity(mix, factors)
    rows: list[dict[str, object]] = []
    for entry in published.to_dict("records"):
        country, value = entry["country"], float(entry["value"])
        ratio = intensity.get(country, np.nan) / value
        ok = bool(abs(ratio - 1) <= TOLERANCE_SHARE) if np.isfinite(ratio) else True
        explanation = "" if ok else _explanation(kind, ratio, proxied[country], entry["note"])
        rows.append(
            {
                "country": country,
                "year": int(entry["year"]),
                "mix": kind,
                "recomputed_g_kwh": round(intensity.get(country, np.nan), 1),
                "published_g_kwh": value,
                "ratio": round(ratio, 3),
                "proxy_share": round(proxied.get(country, np.nan), 3),
                "ok": ok,
                "explanation": explanation,
                "problem": "" if ok or kind == "published" or entry["note"] else _problem(ratio),
            }
        )
    return rows


def _problem(ratio: float) -> str:
    return (
        f"recomputed is {ratio - 1:+.0%} off published, more than {TOLERANCE_SHARE:.0%}; "
        f"correct the mix or say why in the note of {PUBLISHED_YEARS}"
    )


def _explanation(kind: str, ratio: float, proxied: float, note: str) -> str:
    if kind == "published":
        said = "same mix on both sides: the factors differ (IPCC world medians here)"
    else:
        said = f"{proxied:.0%} of the recomputed value comes from fuels whose factor is a proxy"
    return f"{ratio - 1:+.0%}: {said}" + (f"; {note}" if note else "")


def _intensity(path: Path, factors: pd.DataFrame) -> tuple[dict[str, float], dict[str, float]]:
    """Generation-weighted intensity by country, and the part of it that fuels with a proxy factor make."""
    mix = _table(path, ("country", "fuel", "twh"))
    unknown = sorted(set(mix["fuel"]) - set(factors["fuel"]))
    if unknown:
        raise InputError(f"{path.name}: fuel(s) {', '.join(unknown)} have no row in {FACTORS}; add them")
    by_fuel = factors.set_index("fuel")
    twh = pd.to_numeric(mix["twh"])
    grams = twh * mix["fuel"].map(pd.to_numeric(by_fuel["value"]))
    guessed = grams.where(mix["fuel"].map(by_fuel["kind"]) == "proxy", 0.0)
    total, all_grams, some = (x.groupby(mix["country"]).sum() for x in (twh, grams, guessed))
    return _plain(all_grams / total), _plain(some / all_grams)


def _plain(series: pd.Series) -> dict[str, float]:
    return {str(k): float(v) for k, v in series.items()}


def _table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(
            f"{path.name}: is not there; restore it, or take the published intensities out of the world"
        )
    return read_csv_text(path, columns)

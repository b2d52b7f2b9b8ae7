"""Hourly day-ahead prices: measured in 2018, told from generation and neighbours elsewhere and in other years."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd

from siting.inputs.build.generation import STORAGE
from siting.inputs.build.levels import Recipe
from siting.inputs.build.made import Kit, Made, joined, said, tested_on
from siting.inputs.build.score import Score, scored

PRICE_YEAR = 2018
# SMARD column of a zone; Germany had one zone with Austria to September 2018. Poland, Belgium and Norway 2 are empty
COLUMNS = {
    "DE": "Germany/Luxembourg",
    "AT": "Austria",
    "CZ": "Czech Republic",
    "DK1": "Denmark 1",
    "DK2": "Denmark 2",
    "FR": "France",
    "HU": "Hungary",
    "IT-NO": "Northern Italy",
    "NL": "Netherlands",
    "SE4": "Sweden 4",
    "SI": "Slovenia",
}
BEFORE_SPLIT = "Germany/Austria/Luxembourg"
GROUPS = {
    "wind": ("Wind Onshore", "Wind Offshore"),
    "solar": ("Solar",),
    "gas": ("Fossil Gas",),
    "coal": ("Fossil Hard coal", "Fossil Brown coal/Lignite"),
    "hydro": ("Hydro Water Reservoir", "Hydro Run-of-river and poundage"),
    "nuclear": ("Nuclear",),
    "storage": STORAGE,
}
FOLDS = 4  # of the test: every fourth fortnight is told from the other three
# Of the mean diagonal: keeps near-equal neighbours from cancelling. One of five tried on held-out weeks;
# 1e-4 to 1e-2 differ by at most 0.04 in R2 there, so the held-out errors are that much on the kind side.
RIDGE = 1e-2


@dataclass
class Prices:
    """Prices of one weather year, all relative to a zone's annual mean and each hour less its month's mean.

    `known` is measured in 2018 on the hours of 2018; `held_out` is the model's there, told from other fortnights
    with what the weather year holds; `told` is the weather year's; `spread` what the model was stretched by.
    `response` keeps what `pooled_response` found. `months` are measured relative monthly means by (country, year), shape (12,).
    """

    kit: Kit
    measured: pd.DataFrame
    filled_hours: dict[str, int]
    months: dict[tuple[str, int], np.ndarray]
    known: pd.DataFrame = field(init=False)
    held_out: pd.DataFrame = field(init=False)
    told: pd.DataFrame = field(init=False)
    spread: pd.Series = field(init=False)
    response: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Fits all measured zones at once."""
        then = self.kit.kits[PRICE_YEAR]
        self.known = within_month(self.measured / self.measured.mean())
        before, after = design(then, self.kit.year), design(self.kit, self.kit.year)
        fold = np.asarray(then.weather.hours.isocalendar().week.astype(int)) // 2 % FOLDS
        target = self.known.to_numpy()
        held_out = np.empty_like(target)
        for k in range(FOLDS):
            held_out[fold == k] = before[fold == k] @ ridge(before[fold != k], target[fold != k])
        # a fit is flatter than what it is fitted to, and flat prices make storage and contracts look idle
        self.spread = pd.Series(target.std(axis=0) / held_out.std(axis=0), index=self.known.columns)
        stretch = self.spread.to_numpy()
        self.held_out = within_month(self._frame(held_out * stretch, then))
        self.told = self._frame(after @ ridge(before, target) * stretch, self.kit)

    def _frame(self, values: np.ndarray, kit: Kit) -> pd.DataFrame:
        return pd.DataFrame(values, index=kit.weather.hours, columns=self.known.columns)

    @property
    def is_measured(self) -> bool:
        """Whether the weather year is the one with prices."""
        return self.kit.year == PRICE_YEAR

    def deviation(self, donors: dict[str, float]) -> np.ndarray:
        """Weighted mean deviation of donors in the weather year, measured where it is, shape (hours,)."""
        return mean_of(self.known if self.is_measured else self.told, donors)

    def like_deviation(self, donors: dict[str, float]) -> np.ndarray:
        """As `deviation`, on the hours of 2018 and as good as the weather year's: what a test starts from."""
        return mean_of(self.known if self.is_measured else self.held_out, donors)

    def month_means(self, countries: list[str], year: int) -> tuple[np.ndarray, str]:
        """(Relative monthly means, shape (12,), what they are) of the first country that has some."""
        for country in countries:
            if (country, year) in self.months:
                return self.months[country, year], f"monthly means of {country} {year} (Ember)"
            others = [m for (c, y), m in sorted(self.months.items()) if c == country and y != year]
            if others:
                text = f"mean monthly profile of {country} in the other years (Ember), as {year} is not held"
                return np.mean(others, axis=0), text
        return np.ones(12), "no monthly means held"


def measured_prices(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """(Hourly price of 2018 by zone on UTC hours of 2018, hours bridged by zone)."""
    hours = pd.date_range(f"{PRICE_YEAR}-01-01", f"{PRICE_YEAR}-12-31 23:00", freq="h", tz="UTC")
    result, filled = {}, {}
    for zone, column in COLUMNS.items():
        price = table[column].astype(float)
        if zone in ("DE", "AT"):
            price = price.fillna(table[BEFORE_SPLIT].astype(float))
        price = price.reindex(hours)
        filled[zone] = int(price.isna().sum())
        result[zone] = price.interpolate(limit_direction="both")
    return pd.DataFrame(result), filled


def month_profiles(table: pd.DataFrame) -> dict[tuple[str, int], np.ndarray]:
    """Relative monthly means by (country, year) of full years of series/day_ahead_monthly.csv, shape (12,)."""
    numbers = table.assign(value=table["value"].astype(float), month=table["month"].astype(int))
    return {
        (str(country), int(str(year))): part.sort_values("month")["value"].to_numpy() / part["value"].mean()
        for (country, year), part in numbers.groupby(["country", "year"])
        if len(part) == 12
    }


def price(prices: Prices, recipe: Recipe, recipes: list[Recipe]) -> Made:
    """Hourly price of a zone relative to its mean: measured, fitted, the same as another zone's, or blended."""
    zone, year = recipe.zone, prices.kit.year
    if recipe.way == "same":
        there = next(r for r in recipes if r.zone in recipe.donors)
        made = price(prices, there, recipes)
        return Made(
            made.values,
            made.kind,
            made.method,
            "smard",
            made.filled_hours,
            joined(recipe.note, made.note),
            made.score,
        )
    if recipe.way == "fitted" and prices.is_measured:
        values = (prices.measured[zone] / prices.measured[zone].mean()).to_numpy()
        text = f"SMARD day-ahead price {year}, scaled to the level"
        return Made(values, "measured", text, "smard", prices.filled_hours[zone], recipe.note)
    if recipe.way == "fitted":
        deviation, score, note = _fitted(prices, zone)
        method = (
            f"SMARD {PRICE_YEAR} price on generation by fuel of {len(_countries(prices.kit, year))} countries and "
            f"calendar (ridge), told with {year} generation"
        )
    else:
        deviation, score, method, note = _blended(prices, recipe, recipes)
    states = list(dict.fromkeys(prices.kit.country[z] for z in [zone, *recipe.donors]))
    months, text = prices.month_means(states, year)
    values = months[np.asarray(prices.kit.weather.hours.month) - 1] + deviation
    kind = "modelled" if recipe.way == "fitted" else "proxy"
    method = f"{method}; {text}; scaled to the level"
    return Made(values, kind, method, "smard", 0, joined(recipe.note, note), score)


def _fitted(prices: Prices, zone: str) -> tuple[np.ndarray, Score, str]:
    score, r2 = _score(
        prices, zone, prices.held_out[zone].to_numpy(), f"{zone} {PRICE_YEAR}, fortnights held out"
    )
    stretch = prices.spread[zone]
    return (
        prices.told[zone].to_numpy(),
        score,
        f"{r2}; stretched by {stretch:.2f} to the spread of {PRICE_YEAR}",
    )


def _blended(prices: Prices, recipe: Recipe, recipes: list[Recipe]) -> tuple[np.ndarray, Score, str, str]:
    """Deviation of donors, plus the response to own wind, sun and rest where both sides' generation is held."""
    base, like = prices.deviation(recipe.donors), prices.like_deviation(recipe.test_donors)
    method = f"{'measured' if prices.is_measured else 'modelled'} price of {said(recipe.donors)}"
    here = _states(prices.kit, recipe.zone, recipe.donors)
    there = _states(prices.kit.kits[PRICE_YEAR], recipe.test_zone, recipe.test_donors)
    if recipe.way == "blend" and here is not None and there is not None:
        left_out = recipe.test_zone
        if left_out not in prices.response:
            prices.response[left_out] = pooled_response(prices, recipes, left_out)
        response = prices.response[left_out]
        base, like = (np.column_stack(pair) @ response for pair in ((base, here), (like, there)))
        method += (
            " and response to own and their wind, sun and other generation (pooled over the measured zones)"
        )
    elif recipe.way == "blend":
        method += ", no generation file for a response of its own"
    donors = "measured" if prices.is_measured else "held-out model of the"
    score, r2 = _score(prices, recipe.test_zone, like, f"{tested_on(recipe, PRICE_YEAR)}, {donors} donors")
    return base, score, method, r2


def _score(prices: Prices, zone: str, like: np.ndarray, text: str) -> tuple[Score, str]:
    """Against the measured price of 2018, with the months as well known as those of the weather year."""
    then = prices.kit.kits[PRICE_YEAR]
    truth = (prices.measured[zone] / prices.measured[zone].mean()).to_numpy()
    known = prices.known[zone].to_numpy()
    month = np.asarray(then.weather.hours.month) - 1
    country = prices.kit.country[zone]
    if (country, prices.kit.year) in prices.months:
        means = truth - known
    else:
        others = [m for (c, y), m in sorted(prices.months.items()) if c == country and y != PRICE_YEAR]
        means = np.mean(others, axis=0)[month]
    r2 = 1 - ((like - known) ** 2).mean() / known.var()
    return scored(
        means + like, truth, text, then.winter
    ), f"R2 {r2:.2f} of the deviation from the month's mean"


def _countries(kit: Kit, other_year: int) -> list[str]:
    """Countries whose generation both the price year and another year hold."""
    raw = kit.generation.raw
    return [c for c in raw.countries(PRICE_YEAR) if c in raw.countries(other_year)]


def features(kit: Kit, other_year: int) -> pd.DataFrame:
    """Generation by group and country over its 2018 mean total, what both years hold; shape (hours, n)."""
    columns = {}
    for country in _countries(kit, other_year):
        base, other, now = (kit.generation.fleet(country, y) for y in (PRICE_YEAR, other_year, kit.year))
        assert base is not None and other is not None and now is not None, country
        total = base.mw.sum(axis=1).mean()
        for group, fuels in GROUPS.items():
            held = [f for f in fuels if f in base.mw and f in other.mw]
            if held:
                columns[f"{country} {group}"] = now.mw[held].sum(axis=1) / total
    return pd.DataFrame(columns)


def calendar(hours: pd.DatetimeIndex) -> np.ndarray:
    """0/1 columns for hour of day x quarter x weekend in Central European time, shape (hours, 192)."""
    local = hours.tz_convert("Europe/Brussels")
    code = local.hour + 24 * ((local.month % 12) // 3) + 96 * (local.dayofweek >= 5)
    return np.asarray(np.eye(192)[np.asarray(code)])


def design(kit: Kit, other_year: int) -> np.ndarray:
    """Calendar, generation features and their squares, each less its month's mean, shape (hours, n)."""
    table = features(kit, other_year)
    plain = table.to_numpy()
    hours = pd.DatetimeIndex(table.index)
    frame = pd.DataFrame(np.hstack([calendar(hours), plain, plain**2]), index=hours)
    return within_month(frame).to_numpy()


def ridge(matrix: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Coefficients of a ridge fit, shape (columns,) or (columns, targets)."""
    square = matrix.T @ matrix
    return np.asarray(
        np.linalg.solve(square + RIDGE * np.diag(square).mean() * np.eye(len(square)), matrix.T @ target)
    )


def within_month(frame: pd.DataFrame) -> pd.DataFrame:
    """Values less their month's mean: fuel and carbon prices move by the month, and monthly means are known."""
    return frame - frame.groupby(np.asarray(pd.DatetimeIndex(frame.index).month)).transform("mean")


def mean_of(frame: pd.DataFrame, donors: dict[str, float]) -> np.ndarray:
    """Weighted mean of columns, shape (rows,)."""
    return np.asarray(sum(w * frame[d].to_numpy() for d, w in donors.items())) / sum(donors.values())


def _states(kit: Kit, zone: str, donors: dict[str, float]) -> np.ndarray | None:
    """Own and donors' wind, sun and other generation over their means, less the month's mean, shape (hours, 6)."""
    own = _state(kit, kit.country[zone])
    theirs = [(w, _state(kit, kit.country[d])) for d, w in donors.items()]
    if own is None or any(s is None for _, s in theirs):
        return None
    mean = sum(w * s for w, s in theirs if s is not None) / sum(donors.values())
    return within_month(pd.DataFrame(np.hstack([own, mean]), index=kit.weather.hours)).to_numpy()


@cache
def _state(kit: Kit, country: str) -> np.ndarray | None:
    fleet = kit.generation.fleet(country, kit.year)
    if fleet is None:
        return None
    total = fleet.mw.sum(axis=1)
    parts = [fleet.mw[[f for f in GROUPS[g] if f in fleet.mw]].sum(axis=1) for g in ("wind", "solar")]
    return np.column_stack([*parts, total - parts[0] - parts[1]]) / total.mean()


def pooled_response(prices: Prices, recipes: list[Recipe], left_out: str) -> np.ndarray:
    """Response of a price to its donors' price and to both sides' wind, sun and rest, shape (7,).

    Over the measured prices of all fitted zones but the one left out.
    """
    left, right = [], []
    for recipe in recipes:
        if recipe.way == "fitted" and recipe.zone != left_out:
            states = _states(prices.kit.kits[PRICE_YEAR], recipe.zone, recipe.test_donors)
            if states is not None:
                left.append(np.column_stack([mean_of(prices.known, recipe.test_donors), states]))
                right.append(prices.known[recipe.zone].to_numpy())
    return ridge(np.vstack(left), np.concatenate(right))

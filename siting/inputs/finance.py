"""Money over time: done once, here, in real EUR of the price year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


def annuity_share(rate: float, life_yr: float) -> float:
    """Share of an investment to be paid each year so that it is repaid with interest over its life (1/yr).

    Capital recovery factor r / (1 - (1 + r)^-n); straight line at zero interest.

    >>> round(annuity_share(0.07, 20), 6)
    0.094393
    >>> annuity_share(0.0, 25)
    0.04
    """
    if life_yr <= 0 or rate < 0:
        raise ValueError(f"life_yr must be positive and rate not negative, got {life_yr} yr at {rate}")
    if rate == 0:
        return 1.0 / life_yr
    return float(rate / (1.0 - (1.0 + rate) ** -life_yr))


def yearly_eur(capex_eur: float, rate: float, life_yr: float, fom_share: float = 0.0) -> float:
    """Yearly cost of an investment: annuity plus fixed operation and maintenance (EUR/yr).

    >>> round(yearly_eur(1000.0, 0.07, 20, fom_share=0.02), 3)
    114.393
    """
    return capex_eur * (annuity_share(rate, life_yr) + fom_share)


@dataclass(frozen=True)
class Years:
    """What each period stands for: years, and their sum discounted to the decision year."""

    years: tuple[int, ...]
    discounted: tuple[float, ...]

    @property
    def cost_share(self) -> tuple[float, ...]:
        """Weight of each period in the discounted mean year; sums to 1."""
        return tuple(d / sum(self.discounted) for d in self.discounted)

    @property
    def carbon_share(self) -> tuple[float, ...]:
        """Weight of each period in the plain mean year; sums to 1."""
        return tuple(n / sum(self.years) for n in self.years)


def period_years(periods: Sequence[int], end_year: int | None, decision_year: int, rate: float) -> Years:
    """Years each period stands for, up to the next one or to `end_year`, and what they weigh.

    Every plant is paid by its annuity in each year it stands and the horizon covers; so nothing is left to salvage at the
    end, and the net present value is the sum over periods of discounted years x yearly cost.

    >>> period_years([2029, 2032], 2036, 2029, 0.0)
    Years(years=(3, 5), discounted=(3.0, 5.0))
    >>> [round(d, 4) for d in period_years([2030, 2031], 2031, 2029, 0.1).discounted]
    [0.9091, 0.8264]
    >>> period_years([2030], None, 2026, 0.07)
    Years(years=(1,), discounted=(1.0,))
    """
    if len(periods) == 1:
        return Years((1,), (1.0,))
    after = [*periods[1:], (end_year or periods[-1]) + 1]
    spans = [range(a, z) for a, z in zip(periods, after, strict=True)]
    discounted = tuple(sum((1.0 + rate) ** (decision_year - year) for year in span) for span in spans)
    return Years(tuple(map(len, spans)), tuple(map(float, discounted)))

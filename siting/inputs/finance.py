"""Money over time: done once, here, in real EUR of the price year."""

from __future__ import annotations


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

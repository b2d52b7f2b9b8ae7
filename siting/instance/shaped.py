"""Baseload contracts with plants that are not flat by nature: what the seller buys and sells to deliver their mean."""

from __future__ import annotations

from dataclasses import dataclass

FLAT = "~flat"  # ends the name of a contract that delivers its plant's mean: `solar_ppa~flat`, `solar_ppa~flat:ES@2029`
# terms of such a contract in cost and in carbon: with its name
SHAPING, GRID_POWER = "shaping, ", "grid power in "


@dataclass(frozen=True, slots=True)
class Shaped:
    """Hours of a plant and of the market in its zone, for 1 MW of plant under a baseload contract.

    output: MW per MW, as the plant makes it; price_eur_mwh, carbon_t_mwh, cfe_share: day-ahead price, intensity (as
    purchases are counted) and carbon-free share of the grid there; margin_eur_mwh: the seller's, on all he delivers: what
    lifts his price to the mean day-ahead price where plant and shaping cost less, and a scenario of the planner. What he
    delivers, the output's mean over the year, is the contract's `availability`.
    """

    output: tuple[float, ...]
    price_eur_mwh: tuple[float, ...]
    carbon_t_mwh: tuple[float, ...]
    cfe_share: tuple[float, ...]
    margin_eur_mwh: float = 0.0

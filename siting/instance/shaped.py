"""Baseload contracts with plants that are not flat by nature: what the seller buys and sells to deliver their mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from siting.instance.instance import Hourly, Instance

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


def grid_mw(data: Instance, c: str, k: str) -> Hourly:
    """Grid power in the delivery of 1 MW of plant, by the hour (MW)."""
    delivered, made = data.availability[c, k], data.shaped[c, k].output
    return tuple(max(0.0, flat - a) for flat, a in zip(delivered, made, strict=True))


def rest_mw(data: Instance, c: str, k: str) -> Hourly:
    """What of it is not carbon-free (MW)."""
    return tuple(
        (1.0 - share) * mw for share, mw in zip(data.shaped[c, k].cfe_share, grid_mw(data, c, k), strict=True)
    )


def shaping_eur_mw(data: Instance, c: str, k: str) -> float:
    """What the seller pays for hours he buys in less what he takes for hours he sells, and his margin (EUR/yr per MW)."""
    how, delivered = data.shaped[c, k], data.availability[c, k]
    hours = zip(data.weight_of(c), how.price_eur_mwh, delivered, how.output, strict=True)
    return sum(w * (price * (flat - a) + how.margin_eur_mwh * flat) for w, price, flat, a in hours)


def grid_carbon_t_mw(data: Instance, c: str, k: str) -> float:
    """Tonnes a year of the grid power in the delivery of 1 MW of plant."""
    hours = zip(data.weight_of(c), data.shaped[c, k].carbon_t_mwh, grid_mw(data, c, k), strict=True)
    return sum(w * t_mwh * mw for w, t_mwh, mw in hours)

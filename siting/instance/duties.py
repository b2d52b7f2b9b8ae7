"""What a state asks of the sites of a cell, and what a heat network takes from them. Plain figures, no modelling."""

from __future__ import annotations

from dataclasses import dataclass

PUE, RENEWABLE, HEAT, FIRM = "pue_max", "renewable_share_min", "heat_reuse_share_min", "firm_onsite_share_min"
WORDS = {
    PUE: "yearly mean PUE",
    RENEWABLE: "renewable share of yearly use",
    HEAT: "share of energy reused as heat",
    FIRM: "firm capacity on site per rated load",
}


@dataclass(frozen=True, slots=True)
class Duty:
    """A national rule that holds in a cell: its name in rules.csv, what it bounds (key of `WORDS`), value and source."""

    rule: str
    subject: str
    value: float
    source: str

    @property
    def unit(self) -> str:
        """Unit of the value."""
        return "ratio" if self.subject == PUE else "share"


@dataclass(frozen=True, slots=True)
class HeatNetwork:
    """Where heat can be sold: EUR/MWh of heat, most of it per MWh of facility load, and its connection (EUR/MW of heat)."""

    price_eur_mwh: float
    share_max: float
    capex_eur_mw: float
    yearly_eur_mw: float

"""The instance: index tuples and plain dictionaries of floats, all that equations read.

Letters (fixed everywhere): s site, c supply class, k supply option, b storage option, q cooling system, t modelled hour.
A *supply class* is a price zone x (connected to the grid by the period, or not): its sites share hours, costs and rules,
and its energy system is a cone - what serves 1 MW of IT serves every MW - so that energy is written once per class.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

V = TypeVar("V")
GRID = "grid"  # day-ahead purchase, as plans name it
Hourly = tuple[float, ...]
Resource = tuple[
    str, ...
]  # name of a quantity that couples sites, e.g. ("carbon",) or ("potential", "DE", "solar_ppa")


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound on the sum of a resource over all sites: sum <= or >= value, in `unit`."""

    sense: Literal["<=", ">="]
    value: float
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Option:
    """One supply option in one class. Capital is EUR/MW (storage also EUR/MWh), running cost EUR/MWh, carbon t/MWh."""

    capex_eur_mw: float
    yearly_eur_mw: float
    energy_eur_mwh: float = 0.0
    allowance_eur_mwh: float = 0.0
    carbon_t_mwh: float = 0.0
    lifecycle_t_mwh: float = 0.0
    clean: bool = True
    land_ha_mw: float = 0.0
    capex_eur_mwh: float = 0.0
    yearly_eur_mwh: float = 0.0
    efficiency_share: float = 1.0


@dataclass(frozen=True, slots=True)
class Hall:
    """One MW of IT under one cooling system in one class: building and plant without IT (EUR/MW), hourly PUE."""

    capex_eur_mw: float
    yearly_eur_mw: float
    pue: Hourly
    water_l_kwh: float | None

    @property
    def peak_pue(self) -> float:
        """Highest hourly PUE: what the connection must carry per MW of IT."""
        return max(self.pue)


@dataclass(frozen=True, slots=True)
class Site:
    """A candidate: its class, its size if open (MW of IT), and what its own grid line costs per MW of IT."""

    supply_class: str
    country: str
    min_mw: float
    max_mw: float
    line_capex_eur_mw: float
    line_yearly_eur_mw: float


@dataclass(frozen=True)
class Instance:
    """Everything the equations read; a test can write one by hand."""

    title: str
    sites: dict[str, Site]
    classes: tuple[str, ...]
    halls: dict[tuple[str, str], Hall]  # (c, q)
    # time
    weight: Hourly
    before: tuple[int, ...]
    # supply, by class
    ppa: dict[tuple[str, str], Option]  # (c, k)
    onsite: dict[tuple[str, str], Option]
    storage: dict[tuple[str, str], Option]  # (c, b)
    availability: dict[tuple[str, str], Hourly]  # (c, k) of ppa and onsite, MW per MW
    price_eur_mwh: dict[str, Hourly]  # connected classes only
    network_eur_mwh: dict[str, float]
    grid_carbon_t_mwh: dict[str, Hourly]
    grid_cfe_share: dict[str, Hourly]
    connection: dict[str, Option]
    it: dict[str, Option]  # accelerators, per MW of IT
    spare_land_ha_mw: dict[str, float]  # land left per MW of IT once the building stands
    zone: dict[str, str]
    # choices of the planner
    utilisation_share: float
    excess_share_max: float
    sale_haircut_share: float
    internal_price_eur_t: float
    matching: Literal["none", "annual", "hourly"]
    cfe_score_min: float
    module_mw: float
    sites_min: int
    sites_max: int
    per_country_max: int
    countries_min: int
    forced: tuple[str, ...]
    target_it_mw: float
    capex_counts: tuple[str, ...]
    limits: dict[Resource, Limit]
    objectives: tuple[str, ...]
    carbon_weight_eur_t: float = 0.0
    compute_pflops_mw: float = 0.0
    accelerators_per_mw: float = 0.0
    spread_sites: dict[str, float] = field(default_factory=dict)  # objective spread: weight per MW of IT
    spread_options: dict[str, float] = field(default_factory=dict)  # per mean MW used; storage per MWh built
    notes: tuple[str, ...] = field(default=())

    @property
    def hours(self) -> range:
        """Modelled hours t = 0, 1, ..."""
        return range(len(self.weight))

    def options_of(self, table: Literal["ppa", "onsite", "storage"], c: str) -> list[str]:
        """Options of one kind that exist in a class, in a fixed order."""
        return [k for cc, k in getattr(self, table) if cc == c]

    def cooling_of(self, c: str) -> list[str]:
        """Cooling systems allowed in a class."""
        return [q for cc, q in self.halls if cc == c]

    def least_size(self, objective: str) -> float:
        """Gaps are relative to the objective, or to this if it is larger: a spread may be zero or change its sign."""
        return self.target_it_mw if objective == "spread" else 0.0

    def members(self, c: str) -> list[str]:
        """Sites of a class."""
        return [s for s, site in self.sites.items() if site.supply_class == c]

    def only(self, *classes: str) -> Instance:
        """The same instance reduced to one supply class, or a few."""

        def mine(table: dict[tuple[str, str], V]) -> dict[tuple[str, str], V]:
            return {key: value for key, value in table.items() if key[0] in classes}

        def own(table: dict[str, V]) -> dict[str, V]:
            return {key: value for key, value in table.items() if key in classes}

        return replace(
            self,
            classes=tuple(c for c in self.classes if c in classes),
            sites={s: site for s, site in self.sites.items() if site.supply_class in classes},
            halls=mine(self.halls),
            ppa=mine(self.ppa),
            onsite=mine(self.onsite),
            storage=mine(self.storage),
            availability=mine(self.availability),
            price_eur_mwh=own(self.price_eur_mwh),
            network_eur_mwh=own(self.network_eur_mwh),
            grid_carbon_t_mwh=own(self.grid_carbon_t_mwh),
            grid_cfe_share=own(self.grid_cfe_share),
            connection=own(self.connection),
            it=own(self.it),
            spare_land_ha_mw=own(self.spare_land_ha_mw),
            zone=own(self.zone),
        )

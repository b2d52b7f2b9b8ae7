"""The instance: index tuples and plain dictionaries of floats, all that equations read.

Letters (fixed everywhere): s site, c supply class, k supply option, b storage option, q cooling system, t modelled hour.
A *supply class* is a price zone x (when it is connected to the grid) x (a step of spare land, land.py): its sites
share hours, costs and rules, and its energy system is a cone - what serves 1 MW of IT serves every MW - so that energy is
written once per class.
A *node* is an investment period under a scenario; a *cell* is a class at a node, which is where it runs hour by hour. Tables
of a class are keyed by cell. With one node a cell has its class's name; an option built in period v is named `k@v` with several.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, TypeVar

from siting.instance.coverage import NO_RULES, Coverage, Sovereignty
from siting.instance.duties import Duty, HeatNetwork
from siting.instance.flexible import RIGID, Flexible
from siting.instance.shaped import FLAT, Shaped

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
    duration_h: float = 0.0  # storage sold as one piece: energy over power; 0 = sized apart
    firm: bool = False  # on-site plant that can be dispatched at any time


@dataclass(frozen=True, slots=True)
class Hall:
    """One MW of IT under one cooling system in one class: building and plant without IT (EUR/MW), hourly PUE."""

    capex_eur_mw: float
    yearly_eur_mw: float
    pue: Hourly
    water_l_kwh: float | None
    liquid_heat_share: float = 0.0  # of the IT's heat, carried off warm enough to be sold

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
    fixed_yearly_eur: float = 0.0  # of being open at all, whatever its size


@dataclass(frozen=True, slots=True)
class Ramp:
    """A grid connection that is energised step by step: mw_yr in first_year and in every year after it, up to grid_mw (MW)."""

    grid_mw: float
    mw_yr: float
    first_year: int


BY_OPTION = ("halls", "ppa", "onsite", "storage", "availability", "shaped")  # tables keyed by cell and option
BY_CELL = (
    "price_eur_mwh", "network_eur_mwh", "grid_carbon_t_mwh", "grid_cfe_share", "connection", "it", "spare_land_ha_mw",
    "zone", "residual_t_mwh", "firm_share", "heat", "duties", "renewable",
)  # fmt: skip
# rules on the choice of sites that hold for what stands in the end
NOT_BEFORE_THE_END: dict[str, Any] = {
    "sites_min": 0, "countries_min": 0, "forced": (),
}  # fmt: skip
VINTAGE = "@"  # between an option and the period it was built in, and between a class and its node
RAMP = "ramp"  # resource: MW of connection of one site whose ramp binds
ORIGIN = ":"  # between a contract and the neighbouring zone its plant stands in


@dataclass(frozen=True, slots=True)
class Node:
    """A period under a scenario, and what a year of it counts.

    probability: of the scenario; cost_share, carbon_share: weight in the discounted and in the plain mean year of the
    horizon (both sum to 1 over the nodes); weight: hours of the year each modelled hour stands for, if not the instance's.
    """

    period: int
    scenario: str = ""
    probability: float = 1.0
    cost_share: float = 1.0
    carbon_share: float = 1.0
    weight: Hourly = ()

    @property
    def label(self) -> str:
        """`2032`, or `2032/dry` under a scenario."""
        return f"{self.period}/{self.scenario}" if self.scenario else str(self.period)


def base(k: str) -> str:
    """An option without the period it was built in.

    >>> base("solar_ppa@2029"), base("battery")
    ('solar_ppa', 'battery')
    """
    return k.partition(VINTAGE)[0]


def plant(k: str, zone: str) -> tuple[str, str]:
    """A contract's option and the zone its plant stands in, for a buyer in `zone`; delivered flat or not, it is one plant.

    >>> plant("solar_ppa:ES@2029", "FR"), plant("solar_ppa~flat", "FR")
    (('solar_ppa', 'ES'), ('solar_ppa', 'FR'))
    """
    option, _, source = base(k).partition(ORIGIN)
    return option.removesuffix(FLAT), source or zone


def flat_name(k: str) -> str:
    """A contract's name as a baseload contract.

    >>> flat_name("solar_ppa"), flat_name("solar_ppa:ES")
    ('solar_ppa~flat', 'solar_ppa~flat:ES')
    """
    option, colon, source = k.partition(ORIGIN)
    return f"{option}{FLAT}{colon}{source}"


def resources_of(k: str, zone: str) -> tuple[Resource, ...]:
    """What 1 MW of a contract uses up: the potential of its plant's zone and, from next door, the link.

    >>> resources_of("solar_ppa:ES", "FR")
    (('potential', 'ES', 'solar_ppa'), ('link', 'ES', 'FR'))
    """
    option, source = plant(k, zone)
    potential = ("potential", source, option)
    return (potential,) if source == zone else (potential, ("link", source, zone))


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
    # several periods or scenarios
    nodes: tuple[Node, ...] = (Node(0),)
    site_at: dict[str, tuple[Site, ...]] = field(default_factory=dict)  # by period; empty with one node
    earlier_it_mw: dict[int, float] = field(default_factory=dict)  # target of every period but the last
    tail_share: float = 1.0  # share of the dearest outcomes that objective risk minimises; 1: none
    ramps: dict[str, Ramp] = field(default_factory=dict)  # by site, those that take more than a year
    # places: rules on countries and neighbours, and demand points to be served (the last period's)
    sovereignty: Sovereignty = NO_RULES
    coverage: Coverage | None = None
    # flexibility and adequacy
    flexible: Flexible = RIGID
    firm_share: dict[str, float] = field(
        default_factory=dict
    )  # by cell: firm capacity on site per rated load
    firm_hours: float | None = None  # a store counts with the power it holds so long; None: none counts
    # water, heat and national rules, by cell
    water_m3_mw_max: float | None = None  # most water evaporated a year per MW of IT at a site
    heat: dict[str, HeatNetwork] = field(default_factory=dict)
    duties: dict[str, tuple[Duty, ...]] = field(default_factory=dict)
    renewable: dict[str, tuple[str, ...]] = field(default_factory=dict)  # options that count under a duty

    # clean supply and carbon
    matched_locally: tuple[str, float] | None = None  # kind and least share of matching at each site
    residual_t_mwh: dict[str, Hourly] = field(default_factory=dict)  # by cell: purchases no contract covers
    embodied_t_mw: dict[str, float] = field(default_factory=dict)  # by cooling, "accelerators": known ones
    # baseload contracts among ppa: (c, k)
    shaped: dict[tuple[str, str], Shaped] = field(default_factory=dict)

    @cached_property
    def periods(self) -> tuple[int, ...]:
        """Investment periods in order."""
        return tuple(dict.fromkeys(node.period for node in self.nodes))

    @cached_property
    def first_nodes(self) -> dict[int, Node]:
        """The first node of every period: where what all its cases share is counted."""
        return {node.period: node for node in reversed(self.nodes)}

    def first_cell(self, c: str, period: int) -> str:
        """A class's cell at the first node of a period."""
        return self.cell(c, self.first_nodes[period])

    @cached_property
    def cells(self) -> dict[str, tuple[str, Node]]:
        """Class and node of every cell, class by class and in order of time."""
        return {self.cell(c, node): (c, node) for c in self.classes for node in self.nodes}

    def cell(self, c: str, node: Node) -> str:
        """Name of a class's cell at a node."""
        return c if len(self.nodes) == 1 else f"{c}{VINTAGE}{node.label}"

    def cells_of(self, c: str) -> dict[str, Node]:
        """Cells of a class with their nodes."""
        return {self.cell(c, node): node for node in self.nodes}

    def weight_of(self, cell: str) -> Hourly:
        """Hours of the year each modelled hour of a cell stands for."""
        return self.cells[cell][1].weight or self.weight

    def first_built(self, cell: str, k: str) -> bool:
        """Whether an option's investment is counted in this cell: built in its period, and in its first scenario."""
        node = self.cells[cell][1]
        return node == self.first_nodes[node.period] and k.partition(VINTAGE)[2] in ("", str(node.period))

    def before_cell(self, cell: str) -> str | None:
        """The cell of the same class one period earlier (in its first scenario); None in the first period."""
        c, node = self.cells[cell]
        i = self.periods.index(node.period)
        return self.first_cell(c, self.periods[i - 1]) if i else None

    def site_in(self, s: str, period: int) -> Site:
        """A candidate as it is in a period: connected or not, as large as its connection allows."""
        return self.site_at[s][self.periods.index(period)] if self.site_at else self.sites[s]

    @property
    def hours(self) -> range:
        """Modelled hours t = 0, 1, ..."""
        return range(len(self.weight))

    def options_of(self, table: Literal["ppa", "onsite", "storage", "shaped"], c: str) -> list[str]:
        """Options of one kind that exist in a class, in a fixed order."""
        return list(self._by_cell[table].get(c, ()))

    @cached_property
    def _by_cell(self) -> dict[str, dict[str, list[str]]]:
        """Options and halls of every cell: asked for once a limit and class, too often to look through all cells."""
        found: dict[str, dict[str, list[str]]] = {name: {} for name in BY_OPTION}
        for name, own in found.items():
            for c, k in getattr(self, name):
                own.setdefault(c, []).append(k)
        return found

    def contracts_of(self, c: str) -> list[str]:
        """Contracts on offer in a cell, without the period they are of."""
        return list(dict.fromkeys(base(k) for k in self.options_of("ppa", c)))

    def cooling_of(self, c: str) -> list[str]:
        """Cooling systems allowed in a class."""
        return list(self._by_cell["halls"].get(c, ()))

    def least_size(self, objective: str) -> float:
        """Gaps are relative to the objective, or to this if it is larger: a spread may be zero or change its sign, and tonnes
        may be zero but for rounding."""
        return {"spread": self.target_it_mw, "carbon": 1.0}.get(objective, 0.0)

    def members(self, c: str) -> list[str]:
        """Sites of a class."""
        return [s for s, site in self.sites.items() if site.supply_class == c]

    def at(self, node: Node) -> Instance:
        """The instance at one node, as if there were no other: what is built by then is on offer, by period of building.

        Its limits are those of the period; what holds for the whole horizon is left out, and so is money to be invested: what
        stands in a period is not what is new in it.
        """
        if len(self.nodes) == 1:
            return self
        name = {cell: c for cell, (c, n) in self.cells.items() if n == node}
        year = str(node.period)

        def mine(table: dict[tuple[str, str], V]) -> dict[tuple[str, str], V]:
            return {(name[key[0]], key[1]): value for key, value in table.items() if key[0] in name}

        def own(table: dict[str, V]) -> dict[str, V]:
            return {name[key]: value for key, value in table.items() if key in name}

        last = node.period == self.periods[-1]
        tables: dict[str, Any] = {table: mine(getattr(self, table)) for table in BY_OPTION}
        tables |= {table: own(getattr(self, table)) for table in BY_CELL}
        return replace(
            self,
            **tables,
            sites={s: self._site_at(s, node.period) for s in self.sites},
            weight=node.weight or self.weight,
            sovereignty=self.sovereignty if last else NO_RULES,
            coverage=self.coverage if last else None,
            target_it_mw=self.target_it_mw if last else self.earlier_it_mw.get(node.period, 0.0),
            limits={r[:-1]: limit for r, limit in self.limits.items() if r[-1] == year and r[0] != "capex"},
            nodes=(Node(node.period),),
            site_at={},
            earlier_it_mw={},
            tail_share=1.0,
            objectives=("cost",),
            **({} if last else NOT_BEFORE_THE_END),
        )

    def _site_at(self, s: str, period: int) -> Site:
        """A site may start smaller than it must be in the end."""
        site = self.site_in(s, period)
        return site if period == self.periods[-1] else replace(site, min_mw=0.0)

    def only(self, *classes: str) -> Instance:
        """The same instance reduced to one supply class, or a few."""
        cells = {cell for c in classes for cell in self.cells_of(c)}

        def mine(table: dict[tuple[str, str], V]) -> dict[tuple[str, str], V]:
            return {key: value for key, value in table.items() if key[0] in cells}

        def own(table: dict[str, V]) -> dict[str, V]:
            return {key: value for key, value in table.items() if key in cells}

        tables: dict[str, Any] = {table: mine(getattr(self, table)) for table in BY_OPTION}
        tables |= {table: own(getattr(self, table)) for table in BY_CELL}
        sites = {s: site for s, site in self.sites.items() if site.supply_class in classes}
        return replace(
            self,
            classes=tuple(c for c in self.classes if c in classes),
            sites=sites,
            coverage=self.coverage.of(sites) if self.coverage is not None else None,
            **tables,
        )

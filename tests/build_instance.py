"""A hand-written instance small enough to solve on paper, and what a plan needs around it. No test stands here.

Numbers are round on purpose and belong to no country. Per MW of IT and year, both sites drawing a flat 1 MW over three
hours that stand for 1,000 h each, with no contract, plant or battery:

                           one (AA)     two (BB)
    building              1,000,000    1,100,000
    accelerators          5,000,000    5,000,000
    grid line                 2,000        3,000
    connection, 1 MW         10,000       10,000
    purchase     1000 x (50+100+30)   (60+80+70)   = 180,000    210,000
    network              3000 x 10    3000 x 20    =  30,000     60,000
    ---------------------------------------------------------------------
    EUR/yr                6,222,000    6,383,000
    capex (EUR)          30,120,000   28,130,000   building 10 and 8 M, IT 20 M, connection 0.1 M, line 0.02 and 0.03 M
    carbon (t/yr)             1,200          150   1000 x (0.4+0.5+0.3) and 3000 x 0.05
    grid CFE share              0.5          0.9
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from siting.inputs.load import load
from siting.inputs.planning import PlanningModel
from siting.inputs.world import World
from siting.instance.hours import Hours
from siting.instance.instance import Hall, Instance, Limit, Option, Resource, Site
from siting.instance.land import roomier
from siting.plan.make import make_plan
from siting.plan.plan import Plan
from siting.solver.frontier import solve_frontier
from siting.solver.known import Frontier
from siting.solver.progress import Clock
from siting.solver.solution import Solution
from siting.solver.whole import solve_whole
from siting.solver.work import InProcess

MODEL = Path(__file__).parent / "worlds" / "tiny-model.yaml"

BATTERY = Option(
    capex_eur_mw=200_000.0,
    yearly_eur_mw=20_000.0,
    capex_eur_mwh=100_000.0,
    yearly_eur_mwh=10_000.0,
    efficiency_share=1.0,
    clean=False,
)
GAS = Option(
    capex_eur_mw=500_000.0,
    yearly_eur_mw=30_000.0,
    energy_eur_mwh=40.0,
    allowance_eur_mwh=20.0,
    carbon_t_mwh=0.4,
    lifecycle_t_mwh=0.5,
    clean=False,
    land_ha_mw=0.01,
)
WIND = Option(capex_eur_mw=1_000_000.0, yearly_eur_mw=60_000.0, lifecycle_t_mwh=0.01)


def small_instance(
    *,
    battery: Option | None = None,
    gas: Option | None = None,
    ppa: Option | None = None,
    ppa_output: tuple[float, ...] = (1.0, 0.5, 0.0),
    ppa_potential_mw: float = 1_000.0,
    budget_eur: float | None = None,
    carbon_cap_t: float | None = None,
    carbon_cap_g_kwh: float | None = None,
    matching: str = "none",
    cfe_score_min: float | None = None,
    **changes: Any,
) -> Instance:
    """Two sites in two countries, three hours of 1,000 h each, one connected class a site; at AA optional supply.

    A battery and gas engines stand on site and a contract `wind_ppa` is on offer in class AA only. `changes` replace
    fields of the instance as they are.
    """
    limits: dict[Resource, Limit] = {}
    if budget_eur is not None:
        limits["capex",] = Limit("<=", budget_eur, "EUR", "budget.capex_eur")
    if carbon_cap_t is not None:
        limits["carbon",] = Limit("<=", carbon_cap_t, "t/yr", "carbon.cap_t_yr")
    if carbon_cap_g_kwh is not None:
        limits["carbon_rate",] = Limit("<=", carbon_cap_g_kwh, "g/kWh", "carbon.cap_g_kwh")
    if cfe_score_min is not None:
        limits["clean",] = Limit(">=", cfe_score_min, "share of load", "power.matching.cfe_score_min")
    if ppa is not None:
        limits["potential", "AA", "wind_ppa"] = Limit(
            "<=", ppa_potential_mw, "MW", "wind_ppa potential of AA"
        )
    availability = {("AA", "wind_ppa"): ppa_output} if ppa is not None else {}
    availability |= {("AA", "gas_engine"): (1.0, 1.0, 1.0)} if gas is not None else {}
    flat = (1.0, 1.0, 1.0)
    data = Instance(
        title="two sites, three hours",
        sites={
            "one": Site("AA", "AA", 10.0, 20.0, 20_000.0, 2_000.0),
            "two": Site("BB", "BB", 10.0, 30.0, 30_000.0, 3_000.0),
        },
        classes=("AA", "BB"),
        halls={
            ("AA", "air"): Hall(10.0e6, 1.0e6, flat, 0.4),
            ("BB", "air"): Hall(8.0e6, 1.1e6, flat, 0.4),
        },
        weight=(1_000.0, 1_000.0, 1_000.0),
        before=(2, 0, 1),
        ppa={("AA", "wind_ppa"): ppa} if ppa is not None else {},
        onsite={("AA", "gas_engine"): gas} if gas is not None else {},
        storage={("AA", "battery"): battery} if battery is not None else {},
        availability=availability,
        price_eur_mwh={"AA": (50.0, 100.0, 30.0), "BB": (60.0, 80.0, 70.0)},
        network_eur_mwh={"AA": 10.0, "BB": 20.0},
        grid_carbon_t_mwh={"AA": (0.4, 0.5, 0.3), "BB": (0.05, 0.05, 0.05)},
        grid_cfe_share={"AA": (0.5, 0.5, 0.5), "BB": (0.9, 0.9, 0.9)},
        connection={"AA": Option(100_000.0, 10_000.0), "BB": Option(100_000.0, 10_000.0)},
        it={"AA": Option(20.0e6, 5.0e6), "BB": Option(20.0e6, 5.0e6)},
        spare_land_ha_mw={"AA": 1.0, "BB": 1.0},
        zone={"AA": "AA", "BB": "BB"},
        utilisation_share=1.0,
        excess_share_max=0.2,
        sale_haircut_share=0.1,
        internal_price_eur_t=0.0,
        matching=matching,  # type: ignore[arg-type]
        cfe_score_min=cfe_score_min or 0.0,
        module_mw=10.0,
        sites_min=1,
        sites_max=2,
        per_country_max=1,
        countries_min=1,
        forced=(),
        target_it_mw=20.0,
        capex_counts=("site", "connection", "onsite_power", "it"),
        limits=limits,
        objectives=("cost",),
        compute_pflops_mw=1_000.0,
        accelerators_per_mw=400.0,
    )
    return replace(data, **changes)


def solved(data: Instance, gap: float = 1e-9) -> Solution:
    """The whole model solved to a tight gap."""
    return solve_whole(data, Clock(60.0), gap, 1)


def frontier(data: Instance, gap: float = 1e-6) -> Solution:
    """The same by the frontier method, all classes priced in this process and nothing known before."""
    pool = InProcess(data)
    try:
        return solve_frontier(data, pool, Frontier(roomier(data)), Clock(60.0), gap)
    finally:
        pool.close()


def total(terms: dict[Any, float]) -> float:
    """Sum of named terms."""
    return sum(terms.values())


def small_world(data: Instance) -> World:
    """Just enough of a world for a plan of a hand-written instance: names, points and squares."""
    squares = gpd.GeoSeries.from_wkt(
        [f"POLYGON (({i} 50, {i + 1} 50, {i + 1} 51, {i} 51, {i} 50))" for i in range(len(data.zone))],
        crs="EPSG:4326",
    )
    names = list(dict.fromkeys(data.zone.values()))
    zones = gpd.GeoDataFrame(
        {"country": names, "name": names}, geometry=list(squares)[: len(names)], crs="EPSG:4326"
    )
    zones.index = pd.Index(names, name="zone")
    columns = {
        "name": list(data.sites),
        "country": [site.country for site in data.sites.values()],
        "zone": [data.zone[site.supply_class] for site in data.sites.values()],
        "kind": "city",
        "grid_mw": 100.0,
        "grid_wait_yr": 2.0,
        "land_ha": 50.0,
    }
    sites = pd.DataFrame(columns, index=pd.Index(list(data.sites), name="site"))
    points = gpd.points_from_xy([0.5 + i for i in range(len(sites))], [50.5] * len(sites), crs="EPSG:4326")
    none = pd.DataFrame()
    return World(
        name="small",
        folder=Path(__file__).parent / "known",
        values={"site_values": {}},
        zones=zones,
        countries=none,
        options=none,
        sources=none,
        sites=gpd.GeoDataFrame(sites, geometry=points),
    )


def small_plan(data: Instance, solution: Solution | None = None) -> Plan:
    """The plan of a hand-written instance. Its model is the tiny one: only the title and the hash are read from it."""
    n = len(data.weight)
    hours = Hours(pd.DataFrame(index=range(n)), data.weight, data.before, (0,) * n, ("by hand",), {})
    model: PlanningModel = load(MODEL)
    return make_plan(model, small_world(data), hours, data, solution or solved(data), {"highs": "test"})

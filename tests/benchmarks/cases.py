"""Benchmark instances from the real world: states x hours x candidate sites, each named like `27s-12d-134`.

Sites beyond those of the world are synthetic copies, made by a stated rule; they stand for no place. No test stands here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from siting.api import Prepared
from siting.inputs.load import load
from siting.inputs.planning import PlanningModel
from siting.inputs.world import World, find_world, read_world
from siting.instance.assemble import assemble, choose_hours
from siting.instance.precheck import precheck

STATES: dict[int, tuple[str, ...] | None] = {
    2: ("ES", "SE"),
    3: ("DE", "ES", "SE"),
    9: ("DE", "ES", "FI", "FR", "IT", "NL", "PL", "PT", "SE"),
    27: None,
}
EXTREMES = ["peak_price", "least_wind"]
HOURS: dict[str, Any] = {
    "2d": {"periods": 2, "hours": 24, "keep": []},
    "12d": {"periods": 12, "hours": 24, "keep": EXTREMES},
    "24d": {"periods": 24, "hours": 24, "keep": EXTREMES},
    "12w": {"periods": 12, "hours": 168, "keep": EXTREMES},
    "full": "full",
}
SITES_WANTED = 5
CARBON_CAP_T = 200_000.0  # scenario of the benchmark: it binds where the states are few
ANOTHER: dict[
    str, dict[str, float]
] = {  # scenarios: the question asked after the first one, of a cache that knows it
    "another-budget": {"budget.capex_eur": 16.4e9},
    "another-cap": {"carbon.cap_t_yr": 100_000.0},
}
GOLDEN = 0.6180339887498949  # its multiples modulo 1 spread evenly and never repeat
SHIFT_DEG = 0.001  # a copy's step from its original, about 0.1 km
LINE_LEAST, LINE_SPREAD = 0.75, 0.5  # a copy's line is 0.75 to 1.25 times its original's


@dataclass(frozen=True)
class Case:
    """States, hours and number of candidate sites (None: all the world has in these states)."""

    states: int
    hours: str
    sites: int | None

    @property
    def name(self) -> str:
        """`27s-12d-all`."""
        return f"{self.states}s-{self.hours}-{self.sites or 'all'}"


def case_of(name: str) -> Case:
    """The case a name stands for.

    >>> case_of("27s-12d-5000")
    Case(states=27, hours='12d', sites=5000)
    """
    match = re.fullmatch(r"(\d+)s-(\w+)-(all|\d+)", name)
    if not match or int(match[1]) not in STATES or match[2] not in HOURS:
        raise SystemExit(
            f"case '{name}': write STATESs-HOURS-SITES with states {list(STATES)}, hours {list(HOURS)}, sites a number or all"
        )
    return Case(int(match[1]), match[2], None if match[3] == "all" else int(match[3]))


def question(case: Case, gap: float, limit_s: float, threads: int, method: str = "") -> PlanningModel:
    """The bundled model, narrowed to a case's states, under a carbon cap; or a question after it, named by its method."""
    states = STATES[case.states]
    return load(
        "eu-gigafactories",
        {
            "title": case.name,
            "sites.where.countries": None if states is None else list(states),
            "sites.max_per_country": -(-SITES_WANTED // min(case.states, SITES_WANTED)),
            "sites.min_countries": min(case.states, SITES_WANTED),
            "carbon.cap_t_yr": CARBON_CAP_T,
            "rules.national": False,  # the second model and PyPSA's know no national rules
            "time.representative": HOURS[case.hours],
            "solve": {"method": "auto", "gap_share": gap, "time_limit_s": limit_s, "threads": threads},
            **ANOTHER.get(method, {}),
        },
    )


def build(case: Case, gap: float, limit_s: float, threads: int, method: str = "") -> Prepared:
    """The case's instance, ready to solve."""
    model = question(case, gap, limit_s, threads, method)
    world = read_world(find_world(model.world))
    world = replace(world, sites=candidates(world, STATES[case.states], case.sites))
    hours = choose_hours(model, world)
    data = assemble(model, world, hours)
    precheck(data)
    return Prepared(model, world, hours, data)


def candidates(world: World, states: tuple[str, ...] | None, n: int | None) -> gpd.GeoDataFrame:
    """`n` candidates in the states: the first of each country in turn, then copies of all of them in rounds."""
    own = world.sites if states is None else world.sites[world.sites["country"].isin(states)]
    if n is None:
        return own
    turn = own.groupby("country").cumcount()
    own = own.iloc[np.argsort(turn.to_numpy(), kind="stable")]
    rounds = [own] + [_copied(world, own, k) for k in range(1, -(-n // len(own)))]
    return gpd.GeoDataFrame(pd.concat(rounds).iloc[:n], geometry="geometry", crs=own.crs)


def _copied(world: World, own: gpd.GeoDataFrame, k: int) -> gpd.GeoDataFrame:
    """Round k of synthetic copies: new ids, shifted by k steps where the zone allows it, another length of line."""
    shifted = own.geometry.translate(k * SHIFT_DEG, k * SHIFT_DEG)
    zone = gpd.GeoSeries(world.zones.geometry.loc[own["zone"]].to_numpy(), index=own.index, crs=own.crs)
    geometry = shifted.where(shifted.within(zone), own.geometry)
    spread = np.modf(GOLDEN * (k * len(own) + np.arange(len(own))))[0]
    copy = own.assign(
        geometry=geometry,
        lat=geometry.y,
        lon=geometry.x,
        name=[f"{name} (synthetic {k})" for name in own["name"]],
        line_km=own["line_km"] * (LINE_LEAST + LINE_SPREAD * spread),
    )
    return copy.set_axis(pd.Index([f"synthetic-{k}-{s}" for s in own.index], name=own.index.name), axis=0)

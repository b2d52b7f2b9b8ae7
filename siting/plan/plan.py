"""The plan: what was decided, site by site, frozen; its tables carry the very terms that were optimised."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from siting.inputs.planning import PlanningModel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

SCHEMA = 1
BUILT = ("it_mw", "accelerators", "compute_pflops", "connection_mw")  # zero where nothing is built
RESULTS = (
    "facility_mwh",
    "pue",
    "cost_eur_yr",
    "capex_eur",
    "energy_eur_mwh",
    "carbon_t_yr",
    "lifecycle_t_yr",
    "carbon_g_kwh",
    "cfe_score",
)  # unknown (null) where nothing is built


COVERAGE = ("point", "name", "country", "lat", "lon", "site", "it_mw", "ms", "cost_eur_yr")


def stage_folder(label: str) -> str:
    """Folder of one period's plan within the plan's own: `2032`, `2032-dry`."""
    return label.replace("/", "-")


def no_sources() -> pd.DataFrame:
    """Sources of a plan saved before they were kept with it: unknown."""
    return pd.DataFrame(columns=["source"])


@dataclass(frozen=True)
class Plan:
    """An audited plan. Tables (one row as named, units in the column names):

    sites: GeoDataFrame, one row a candidate (WGS 84), `selected` and results per site;
    supply: one row a (site, option): capacity MW / MWh, energy used MWh/yr, sold MWh/yr;
    costs: one row a (site, item): EUR/yr and overnight EUR; sums to `totals["cost_eur_yr"]`;
    emissions: one row a (site, item): operational and life-cycle t/yr;
    hourly: one row a (site, modelled hour): MW by flow, price, intensity, weight_h;
    zones: GeoDataFrame of the zones that hold a candidate, with means of price, grid carbon and carbon-free share;
    sources: one row a source of the world's numbers: title, publisher, year, url, licence;
    stages: with several periods or scenarios, the plan of each by its label ("2032"); the tables here are of the last.
    record: all of plan.json - status, stages with bound and gap, totals, sites, inputs, model as solved.
    """

    model: PlanningModel
    record: Mapping[str, Any]
    sites: gpd.GeoDataFrame
    supply: pd.DataFrame
    costs: pd.DataFrame
    emissions: pd.DataFrame
    hourly: pd.DataFrame
    zones: gpd.GeoDataFrame = field(repr=False)
    sources: pd.DataFrame = field(repr=False, default_factory=no_sources)
    stages: Mapping[str, Plan] = field(repr=False, default_factory=dict)

    @property
    def status(self) -> str:
        """optimal: proven to the asked gap; else what cut the solve short, with the gap it reached.

        time_limit: out of time; interrupted: by hand; stalled: no further price closes the gap (`--method whole` may).
        """
        return str(self.record["status"])

    @property
    def gap(self) -> float:
        """Proven relative gap of the first objective; infinite if no bound was proven."""
        gap = self.record["objective"]["gap"]
        return math.inf if gap is None else float(gap)

    @property
    def objective(self) -> float:
        """Value of the first objective, in its unit."""
        return float(self.record["objective"]["value"])

    @property
    def bound(self) -> float | None:
        """Proven bound of the first objective, in its unit; None if the solve stopped before one."""
        bound = self.record["objective"]["bound"]
        return None if bound is None else float(bound)

    @property
    def totals(self) -> Mapping[str, float]:
        """Totals over all sites."""
        totals: Mapping[str, float] = self.record["totals"]
        return totals

    @property
    def coverage(self) -> pd.DataFrame:
        """One row a (demand point, site): name, country, place, MW of IT served, round trip ms, EUR/yr; empty without one."""
        rows = self.record.get("coverage", {}).get("assignment", [])
        return pd.DataFrame(rows, columns=list(COVERAGE))

    @property
    def roadmap(self) -> pd.DataFrame:
        """What is new in each period, by site and option (MW, MWh); empty with a single period."""
        return pd.DataFrame(self.record.get("horizon", {}).get("roadmap", []))

    def at(self, period: int | str) -> Plan:
        """The plan of one period (or `2032/dry`): every table and figure of that year. KeyError names those there are."""
        if str(period) not in self.stages:
            raise KeyError(f"{period}: this plan has {', '.join(self.stages) or 'a single period'}")
        return self.stages[str(period)]

    @property
    def chosen(self) -> gpd.GeoDataFrame:
        """The sites the plan builds on."""
        return self.sites[self.sites["selected"]]

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write the output folder, whole or not at all; an existing one only with `overwrite`."""
        from siting.output.folder import write_plan

        return write_plan(self, Path(folder), overwrite)

    def to_geojson(self, path: str | Path) -> Path:
        """Write the candidate sites as RFC 7946 GeoJSON."""
        from siting.output.gis import write_sites_geojson

        return write_sites_geojson(self, Path(path))

    def export(
        self,
        path: str | Path,
        to: str | None = None,
        overwrite: bool = False,
        crs: str | None = None,
        layer: str = "sites",
    ) -> Path:
        """Write the plan for another tool; the suffix of `path` says the format (`to` for `iamc`, a .csv too).

        Formats, `crs` and `layer` as in `siting export`. Raises InputError.
        """
        from siting.output.export import export_plan

        return export_plan(self, path, to, overwrite, crs, layer)

    def report(self, path: str | Path) -> Path:
        """Write report.html: the plan in one file for a browser, map and proof included; an older file is replaced."""
        from siting.output.report import write_report

        return write_report(self, path)

    def figure(self, kind: str = "map", site: str | None = None) -> Figure:
        """A matplotlib figure: `map`, `mix` (energy and CFE score by site), `hours` (of all sites or of one), `frontiers`.

        `frontiers` draws what the cache knows of the supply classes open to the plan. Raises InputError.
        """
        from siting.output.figures import figure

        return figure(self, kind, site)

    def summary(self) -> str:
        """The plan in a few lines of text."""
        from siting.output.terminal import plan_text

        return plan_text(self)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        columns = ["name", "country", "it_mw", "accelerators", "energy_eur_mwh", "carbon_g_kwh", "cfe_score"]
        table: str = self.chosen[columns].to_html(float_format=lambda x: f"{x:,.2f}")
        return f"<pre>{self.summary()}</pre>{table}"

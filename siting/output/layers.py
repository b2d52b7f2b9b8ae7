"""The plan as layers and tables with typed columns, units and meanings: what every file format is written from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
from shapely.geometry import LineString

from siting.errors import InputError
from siting.output.gis import SITE_ATTRIBUTES, meanings, rounded, site_rows, tidy, zone_rows

if TYPE_CHECKING:
    from siting.inputs.world import World
    from siting.plan.plan import Plan

WGS84 = "EPSG:4326"
LAYERS = ("sites", "zones", "supply", "links")
WHOLE = ("modules", "candidates", "sites")
TEXT = ("site", "name", "country", "zone", "kind", "main_supply", "option", "route", "item", "capex_group")
TABLE_COLUMNS = {
    "option": ("-", "supply option"),
    "route": ("-", "how it is delivered: grid, ppa (contract), onsite or storage"),
    "item": ("-", "what is paid for or emits"),
    "capex_group": ("-", "group of investment that a budget may count"),
}
LINK_COLUMNS = {
    "zone_a": ("-", "price zone at one end"),
    "zone_b": ("-", "price zone at the other end"),
    "ntc_mw_ab": ("MW", "net transfer capacity from zone_a to zone_b"),
    "ntc_mw_ba": ("MW", "net transfer capacity from zone_b to zone_a"),
    "year": ("-", "year the capacities hold for"),
    "kind": ("-", "measured, modelled, proxy or scenario"),
    "source": ("-", "key of the table of sources"),
    "note": ("-", "what else is known of the number"),
}
SOURCE_COLUMNS = {
    "source": "key that tables cite",
    "title": "title",
    "publisher": "who published it",
    "year": "year of publication",
    "url": "where",
    "licence": "licence",
    "note": "what was taken from it",
}


@dataclass(frozen=True)
class Layer:
    """A table of the plan, with shapes in WGS 84 or without; `columns` says unit and meaning of each column but the shape."""

    name: str
    title: str
    frame: Any  # pandas.DataFrame, or geopandas.GeoDataFrame, which has no type information
    columns: dict[str, tuple[str, str]]

    def in_crs(self, crs: str | None) -> Layer:
        """The layer in another coordinate reference system; InputError if a shape has no place in it."""
        if crs is None or not isinstance(self.frame, gpd.GeoDataFrame) or self.frame.empty:
            return self
        frame = self.frame.to_crs(crs)
        if not pd.Series(frame.total_bounds).map(abs).lt(float("inf")).all():
            raise InputError(
                f"--crs {crs}: does not cover layer {self.name}; choose one that covers all of it"
            )
        return Layer(self.name, self.title, frame, self.columns)


def check_crs(text: str) -> str:
    """A coordinate reference system in two dimensions; InputError if it is unknown or of another kind."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        raise InputError(f"--crs {text}: is unknown; write a code such as EPSG:3035") from None
    if not (crs.is_projected or crs.is_geographic) or len(crs.axis_info) != 2:
        raise InputError(f"--crs {text}: is no map in two dimensions; write a code such as EPSG:3035")
    return text


def layer(plan: Plan, name: str, world: World | None = None) -> Layer:
    """One of LAYERS; `links` are the world's. Raises InputError for another name."""
    if name == "links" and world is not None:
        return links(world)
    makers = {"sites": sites, "zones": zones, "supply": supply}
    if name not in makers:
        raise InputError(f"--layer {name}: not available; have: {', '.join(LAYERS)}")
    return makers[name](plan)


def sites(plan: Plan) -> Layer:
    """Every candidate as a point, results of the chosen ones, the energy mix flat."""
    rows = [flat(row) for row in site_rows(plan)]
    points = plan.sites.geometry.loc[[row["site"] for row in rows]]
    frame = gpd.GeoDataFrame(typed(rows), geometry=[tidy(p) for p in points], crs=WGS84)
    return Layer("sites", "Candidate sites and what the plan builds there", frame, _columns(frame))


def zones(plan: Plan) -> Layer:
    """Price zones that hold a candidate, with the plan's sums in each."""
    frame = gpd.GeoDataFrame(
        typed(zone_rows(plan)), geometry=[tidy(shape) for shape in plan.zones.geometry], crs=WGS84
    )
    return Layer("zones", "Price zones and what the plan builds there", frame, _columns(frame))


def supply(plan: Plan) -> Layer:
    """One point a supply option of a chosen site: capacity, store and yearly energy."""
    named = plan.sites.loc[plan.supply["site"], ["name", "country", "zone"]].reset_index(drop=True)
    table = table_of(plan.supply)
    frame = pd.concat([table[["site"]], named, table.drop(columns="site")], axis=1)
    shapes = [tidy(plan.sites.geometry.loc[s]) for s in frame["site"]]
    shaped = gpd.GeoDataFrame(frame, geometry=shapes, crs=WGS84)
    return Layer("supply", "Supply of the chosen sites by option", shaped, _columns(shaped))


def links(world: World) -> Layer:
    """Transfer capacity between zones as lines from zone to zone: a scheme, not the route of a cable.

    Raises InputError for a world that knows none.
    """
    if world.links.empty:
        raise InputError(f"layer links: world {world.name} knows no links between zones; add links.csv")
    points = world.zones.geometry.representative_point()
    table = world.links.reset_index()[list(LINK_COLUMNS)]
    shapes = [
        tidy(LineString([points[a], points[b]]))
        for a, b in zip(table["zone_a"], table["zone_b"], strict=True)
    ]
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=WGS84)
    return Layer("links", "Transfer capacity between zones (scheme)", frame, dict(LINK_COLUMNS))


def costs(plan: Plan) -> Layer:
    """Cost of every chosen site by item."""
    frame = table_of(plan.costs)
    return Layer("costs", "Cost of the chosen sites by item", frame, _columns(frame))


def emissions(plan: Plan) -> Layer:
    """Emissions of every chosen site by item."""
    frame = table_of(plan.emissions)
    return Layer("emissions", "Emissions of the chosen sites by item", frame, _columns(frame))


def sources(plan: Plan) -> Layer:
    """Where the world's numbers are from, with licences."""
    frame = plan.sources.fillna("").astype(str)
    return Layer(
        "sources",
        "Sources of the numbers",
        frame,
        {c: ("-", SOURCE_COLUMNS.get(c, c)) for c in frame.columns},
    )


def tables(plan: Plan) -> list[Layer]:
    """Tables without shapes."""
    return [costs(plan), emissions(plan), sources(plan)]


def table_of(frame: pd.DataFrame) -> pd.DataFrame:
    """A table of the plan at the digits that all formats carry."""
    return typed([rounded({str(k): v for k, v in row.items()}) for row in frame.to_dict("records")], frame)


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row without its nested entries, which the flat columns repeat."""
    return {name: value for name, value in row.items() if not isinstance(value, dict)}


def typed(rows: list[dict[str, Any]], like: pd.DataFrame | None = None) -> pd.DataFrame:
    """Rows as a table whose columns have one type each, whatever is unknown in them."""
    frame = pd.DataFrame(rows, columns=None if like is None or rows else like.columns)
    kinds = {
        c: "str" if c in TEXT else "bool" if c == "selected" else "int64" if c in WHOLE else "float64"
        for c in frame.columns
    }
    return frame.astype(kinds)


def _columns(frame: pd.DataFrame) -> dict[str, tuple[str, str]]:
    names = [c for c in frame.columns if c != "geometry"]
    own = TABLE_COLUMNS | {name: SITE_ATTRIBUTES[name] for name in ("name", "kind")}
    known = meanings(name for name in names if name not in own)
    return {name: own[name] if name in own else known[name] for name in names}

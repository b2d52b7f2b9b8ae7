"""The interactive map: zones with their shades, chosen sites as pies of their mix, all other candidates as dots."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.output.background import grid_value
from siting.output.gis import SITE_ATTRIBUTES
from siting.output.report.money import site_mix
from siting.output.report.shapes import EQUAL_AREA, Frame, dots_path, frame_of, zone_path
from siting.output.words import number, share

if TYPE_CHECKING:
    import geopandas as gpd

    from siting.inputs.world import World
    from siting.plan.plan import Plan

CLASSES = 5
LARGEST_PX, SMALLEST_PX = 19.0, 6.0  # radius of a site's pie
FULL_PX = 680.0  # width the map is drawn for until the page knows its own
TILES = 8  # a side: dots in tiles, so that a browser draws those in view only
SHADES = (  # key, name, unit, quantities of zone_values.csv that add up
    ("carbon", "Grid carbon intensity", "g CO₂e/kWh", ("grid_carbon_g_kwh",)),
    ("price", "Day-ahead price", "EUR/MWh", ("day_ahead_price_eur_mwh",)),
    (
        "cost",
        "Grid power delivered: price and network charge",
        "EUR/MWh",
        ("day_ahead_price_eur_mwh", "network_charge_eur_mwh"),
    ),
)
BUILT = ("plan", "Electricity of the sites built, in this plan", "EUR/MWh")
CARD = (
    "kind",
    "grid_mw",
    "grid_wait_yr",
    "land_ha",
    "ix_km",
    "ai_factory_km",
    "population_10ms",
    "population_20ms",
)


def atlas(plan: Plan, zones: gpd.GeoDataFrame, world: World | None) -> dict[str, Any]:
    """All the map's template and script need: frame, zones, shades, pins, dots and one row a candidate."""
    sites = plan.sites.to_crs(EQUAL_AREA)
    outlines = zones.to_crs(EQUAL_AREA)
    chosen = sites[sites["selected"]]
    frame = frame_of(outlines, chosen)
    cells = frame.grid(np.column_stack([sites.geometry.x, sites.geometry.y]).astype(float))
    shades = _shades(plan, outlines, world)
    return {
        "width": frame.width,
        "height": frame.height,
        "cell_km": frame.cell_m / 1000,
        "px": round(frame.width / FULL_PX, 3),
        "zones": _zones(outlines, frame, shades),
        "shades": [{k: v for k, v in shade.items() if k != "values"} for shade in shades],
        "pins": _pins(plan, dict(zip(map(str, sites.index), cells.tolist(), strict=True))),
        "tiles": _tiles(cells[~sites["selected"].to_numpy(dtype=bool)]),
        "candidates": _candidates(plan, cells.tolist()),
    }


def small_map(plan: Plan, outline: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> dict[str, Any]:
    """A plan's pins on a frame that several plans share: `sites` are all sites any of them builds (EPSG:3035)."""
    frame = frame_of(outline, sites)
    own = sites[sites.index.isin([row["site"] for row in plan.record["sites"]])]
    cells = frame.grid(np.column_stack([own.geometry.x, own.geometry.y]).astype(float))
    return {
        "width": frame.width,
        "height": frame.height,
        "px": round(frame.width / 240.0, 3),
        "pins": _pins(plan, dict(zip(map(str, own.index), cells.tolist(), strict=True)), largest_px=11.0),
    }


def _shades(plan: Plan, zones: gpd.GeoDataFrame, world: World | None) -> list[dict[str, Any]]:
    found = []
    for key, name, unit, quantities in SHADES:
        values = {str(z): _summed(plan, world, str(z), quantities) for z in zones.index}
        found.append(_shade(key, name, unit, {z: v for z, v in values.items() if v is not None}))
    load: dict[str, float] = {}
    spent: dict[str, float] = {}
    for row in plan.record["sites"]:
        zone, mwh = str(row["zone"]), float(row["facility_mwh"])
        load[zone] = load.get(zone, 0.0) + mwh
        spent[zone] = spent.get(zone, 0.0) + mwh * float(row["energy_eur_mwh"])
    found.append(_shade(*BUILT, {z: spent[z] / load[z] for z in load if load[z]}))
    return [shade for shade in found if shade["values"]]


def _summed(plan: Plan, world: World | None, zone: str, quantities: tuple[str, ...]) -> float | None:
    """The sum of a zone's values as the plan counts them; unknown if one of them is."""
    values = [grid_value(plan, world, zone, quantity) for quantity in quantities]
    return sum(v for v in values if v is not None) if None not in values else None


def _shade(key: str, name: str, unit: str, values: Mapping[str, float]) -> dict[str, Any]:
    """Classes of about equally many zones, their edges rounded; `classes` by zone."""
    edges = _edges(list(values.values()))
    classes = {z: int(np.searchsorted(edges, v, side="right")) for z, v in values.items()}
    names = [
        f"under {number(edges[0])}" if i == 0 else f"{number(edges[i - 1])}-{number(edges[i])}" if i < len(edges)
        else f"{number(edges[-1])} and over"
        for i in range(len(edges) + 1)
    ] if edges else ["all zones"]  # fmt: skip
    spread = [round(i * (CLASSES - 1) / max(1, len(edges))) for i in range(len(edges) + 1)]
    legend = [{"tint": spread[i], "text": text} for i, text in enumerate(names)]
    return {
        "key": key, "name": name, "unit": unit, "values": values, "legend": legend,
        "tints": {z: spread[c] for z, c in classes.items()},
    }  # fmt: skip


def _edges(values: list[float]) -> list[float]:
    if not values:
        return []
    inner = np.quantile(values, [i / CLASSES for i in range(1, CLASSES)])
    rounded = [float(f"{v:.2g}") for v in inner]
    return sorted({v for v in rounded if min(values) < v <= max(values)})


def _zones(outlines: gpd.GeoDataFrame, frame: Frame, shades: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for zone, name, shape in zip(outlines.index, outlines["name"], outlines.geometry, strict=True):
        z = str(zone)
        told = {
            shade["key"]: f"{number(shade['values'][z])} {shade['unit']}"
            for shade in shades
            if z in shade["values"]
        }
        rows.append(
            {
                "zone": z,
                "name": str(name),
                "d": zone_path(shape, frame),
                "tints": {shade["key"]: shade["tints"][z] for shade in shades if z in shade["tints"]},
                "told": told,
            }
        )
    return rows


def _pins(plan: Plan, cells: Mapping[str, list[int]], largest_px: float = LARGEST_PX) -> list[dict[str, Any]]:
    """Chosen sites, the largest first so that smaller ones lie above; radius by the root of the power."""
    rows = sorted(plan.record["sites"], key=lambda row: (-row["it_mw"], row["site"]))
    largest = max((float(row["it_mw"]) for row in rows), default=1.0)
    names = plan.sites["name"].to_dict()
    pins = []
    for row in rows:
        r = max(
            SMALLEST_PX if largest_px == LARGEST_PX else 4.0,
            largest_px * math.sqrt(float(row["it_mw"]) / largest),
        )
        mix = site_mix(plan.supply, [row["site"]])
        pins.append(
            {
                "site": row["site"],
                "name": str(names.get(row["site"], row["site"])),
                "mw": f"{number(row['it_mw'])} MW",
                "x": cells[row["site"]][0],
                "y": cells[row["site"]][1],
                "r": round(r, 1),
                "slices": _slices(mix, r),
                "spoken": _spoken(row, str(names.get(row["site"], row["site"])), mix),
            }
        )
    return pins


def _spoken(row: Mapping[str, Any], name: str, mix: list[dict[str, Any]]) -> str:
    parts = ", ".join(f"{part['name']} {share(part['share'])}" for part in mix)
    return f"{name}, {row['country']}: {number(row['it_mw'])} MW of IT, {number(row['energy_eur_mwh'])} EUR/MWh, {parts}"


def _slices(mix: list[dict[str, Any]], r: float) -> list[dict[str, str]]:
    """A pie round (0, 0), clockwise from the top."""
    if len(mix) == 1:
        return [
            {
                "tone": mix[0]["tone"],
                "d": f"M0 {-r:.2f}A{r:.2f} {r:.2f} 0 1 1 0 {r:.2f}A{r:.2f} {r:.2f} 0 1 1 0 {-r:.2f}Z",
            }
        ]
    slices, begin = [], 0.0
    for part in mix:
        end = begin + 2 * math.pi * part["share"]
        a, b = (r * math.sin(begin), -r * math.cos(begin)), (r * math.sin(end), -r * math.cos(end))
        wide = int(end - begin > math.pi)
        d = f"M0 0L{a[0]:.2f} {a[1]:.2f}A{r:.2f} {r:.2f} 0 {wide} 1 {b[0]:.2f} {b[1]:.2f}Z"
        slices.append({"tone": part["tone"], "d": d})
        begin = end
    return slices


def _tiles(cells: Any) -> list[str]:
    """Dots grouped into squares of the map."""
    if not len(cells):
        return []
    low = cells.min(axis=0)
    size = np.maximum(1, (cells.max(axis=0) - low + 1) / TILES)
    keys = [tuple(k) for k in ((cells - low) // size).astype(int).tolist()]
    groups: dict[Any, list[int]] = {}
    for i, key in enumerate(keys):
        groups.setdefault(key, []).append(i)
    return [dots_path(cells[rows]) for _, rows in sorted(groups.items())]


def _candidates(plan: Plan, cells: list[list[int]]) -> dict[str, Any]:
    """One row a candidate, chosen or not: id, name, country, zone, x, y, chosen, then the fields of its card."""
    table = plan.sites
    known = [name for name in CARD if name in table.columns]
    columns = [_plain(table[name].tolist()) for name in known]
    rows = [
        [
            str(site),
            str(name),
            str(country),
            str(zone),
            *cell,
            int(bool(selected)),
            *(column[i] for column in columns),
        ]
        for i, (site, name, country, zone, selected, cell) in enumerate(
            zip(
                table.index,
                table["name"],
                table["country"],
                table["zone"],
                table["selected"],
                cells,
                strict=True,
            )
        )
    ]
    fields = [
        {"label": meaning.partition(":")[0], "unit": unit.strip("-")}
        for unit, meaning in (SITE_ATTRIBUTES[name] for name in known)
    ]
    return {"fields": fields, "rows": rows}


def _plain(values: list[Any]) -> list[Any]:
    """JSON values; None for what is unknown."""
    return [None if v is None or v != v else round(v, 1) if isinstance(v, float) else v for v in values]

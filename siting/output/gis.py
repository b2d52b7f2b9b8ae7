"""GeoJSON for GIS tools: RFC 7946 (WGS 84, right-hand rule, bbox), with units and meanings of all properties inside."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from siting.instance.instance import flat_name
from siting.output.folder import atomic_write, plain
from siting.output.words import energy_shares
from siting.plan.plan import BUILT, RESULTS
from siting.units import GLOSSARY

if TYPE_CHECKING:
    from siting.output.layers import Layer
    from siting.plan.plan import Plan

DECIMALS = 7  # of a degree: a centimetre on the ground
DIGITS = 12  # significant digits of a property: beyond the solver's tolerance, without the noise of binary fractions

SITE_ATTRIBUTES = {
    "site": ("-", "id of the candidate site"),
    "name": ("-", "name"),
    "country": ("-", "member state (ISO 3166-1 alpha-2)"),
    "zone": ("-", "price zone"),
    "kind": ("-", "kind of candidate: ai_factory, campus or city"),
    "grid_mw": ("MW", "grid connection that can be had"),
    "grid_wait_yr": ("yr", "years until the grid connection is energised"),
    "land_ha": ("ha", "land that can be had"),
    "ix_km": ("km", "to the nearest city with an Internet exchange, geodesic"),
    "ai_factory_km": ("km", "to the nearest AI Factory, geodesic"),
    "population_10ms": ("people", "in cities within 10 ms there and back over fibre"),
    "population_20ms": ("people", "in cities within 20 ms there and back over fibre"),
}
ZONE_GRID = ("price_eur_mwh", "grid_carbon_g_kwh", "grid_cfe_share")
FLOWS = ("supply_mw", "supply_mwh", "sold_mwh", "store_mwh")
ZONE_SUMS = (
    "it_mw",
    "accelerators",
    "connection_mw",
    "facility_mwh",
    "cost_eur_yr",
    "capex_eur",
    "carbon_t_yr",
    "lifecycle_t_yr",
)
STORE_MWH = ("MWh", "energy a storage can hold")
ZONE_ATTRIBUTES = {
    "candidates": ("-", "candidate sites in the zone"),
    "sites": ("-", "sites the plan builds in the zone"),
    "grid_carbon_g_kwh": ("g CO2e/kWh", "carbon intensity of the grid, mean of the modelled hours"),
    "grid_cfe_share": ("-", "carbon-free share of the grid's electricity, mean of the modelled hours"),
}


def write_sites_geojson(plan: Plan, path: Path) -> Path:
    """Write one point a candidate site, chosen or not; an older file is replaced."""
    return atomic_write(Path(path), sites_geojson(plan))


def write_zones_geojson(plan: Plan, path: Path) -> Path:
    """Write the zones' shapes with the plan's totals in each; an older file is replaced."""
    return atomic_write(Path(path), zones_geojson(plan))


def sites_geojson(plan: Plan) -> bytes:
    """sites.geojson: attributes of every candidate, results of the chosen ones, the energy mix nested and flat."""
    rows = site_rows(plan)
    shapes = [plan.sites.geometry.loc[row["site"]] for row in rows]
    return _collection(plan, rows, shapes)


def zones_geojson(plan: Plan) -> bytes:
    """zones.geojson: what the plan builds in each zone, and its shape."""
    return _collection(plan, zone_rows(plan), list(plan.zones.geometry))


def layer_geojson(plan: Plan, layer: Layer) -> bytes:
    """Any layer as GeoJSON; it must be in WGS 84."""
    frame = layer.frame.drop(columns="geometry")
    return _collection(plan, frame.to_dict("records"), list(layer.frame.geometry), layer.columns)


def site_rows(plan: Plan) -> list[dict[str, Any]]:
    """Properties of every candidate site, in the plan's order."""
    results = {row["site"]: row for row in plan.record["sites"]}
    used, flat_columns = _used(plan), _flat_columns(plan)
    rows = []
    for s, attributes in zip(plan.sites.index, plan.sites.to_dict("records"), strict=True):
        result = results.get(s, {})
        row: dict[str, Any] = {"site": s} | {
            name: _known(attributes.get(name)) for name in SITE_ATTRIBUTES if name != "site"
        }
        row["selected"] = s in results
        row["modules"] = result.get("modules", 0)
        row |= {name: result.get(name, 0.0) for name in BUILT} | {name: result.get(name) for name in RESULTS}
        row["main_supply"] = next(iter(energy_shares(plan.supply, s)), None) if result else None
        row["cooling_mw"] = result.get("cooling_mw", {})
        row["energy_mix"] = used.get(s, {})
        for name, option in flat_columns:
            row[f"{name}_{option}"] = used.get(s, {}).get(option, {}).get(name, 0.0)
        rows.append(rounded(row))
    return rows


def zone_rows(plan: Plan) -> list[dict[str, Any]]:
    """Properties of every zone that holds a candidate."""
    rows = []
    for z, attributes in zip(plan.zones.index, plan.zones.to_dict("records"), strict=True):
        own = [row for row in plan.record["sites"] if row["zone"] == z]
        load = sum(row["facility_mwh"] for row in own)
        row = {"zone": z, "country": attributes["country"], "name": attributes["name"]}
        row |= {"candidates": int((plan.sites["zone"] == z).sum()), "sites": len(own)}
        row |= {name: sum((entry[name] for entry in own), 0.0) for name in ZONE_SUMS}
        row["carbon_g_kwh"] = _mean(own, "carbon_g_kwh", load)
        row["cfe_score"] = _mean(own, "cfe_score", load)
        row |= {name: _known(attributes.get(name)) for name in ZONE_GRID}
        rows.append(rounded(row))
    return rows


def meanings(columns: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Unit and meaning of each property, from the glossary; `supply_mw_battery` is `supply_mw` of the battery."""
    known = (
        SITE_ATTRIBUTES
        | ZONE_ATTRIBUTES
        | {name: (q.unit, q.meaning) for name, q in GLOSSARY.items()}
        | {"store_mwh": STORE_MWH}
    )
    known |= {
        "main_supply": ("-", "supply option that gives the site most energy"),
        "cooling_mw": ("MW", "IT power by cooling system"),
        "energy_mix": (
            "MW, MWh, MWh/yr",
            "by supply option: " + ", ".join(f"{f} in {known[f][0]}" for f in FLOWS),
        ),
    }
    found = {}
    for column in columns:
        if column in known:
            found[column] = known[column]
            continue
        base = max((name for name in FLOWS if column.startswith(f"{name}_")), key=len)
        unit, meaning = known[base]
        found[column] = (unit, f"{meaning}: {column.removeprefix(f'{base}_')}")
    return found


def origin(plan: Plan) -> dict[str, str]:
    """What made the plan: version, world and the hashes that identify its inputs."""
    return {"siting": str(plan.record["versions"]["siting"]), **plan.record["inputs"]}


def source_rows(plan: Plan) -> list[dict[str, str]]:
    """Sources of the numbers, with their licences."""
    return [{str(k): str(v) for k, v in row.items()} for row in plan.sources.to_dict("records")]


def _used(plan: Plan) -> dict[str, dict[str, dict[str, float]]]:
    """Supply of each chosen site by option: what is built or used at all."""
    used: dict[str, dict[str, dict[str, float]]] = {}
    for row in plan.supply.to_dict("records"):
        flows = {name: float(row[name]) for name in FLOWS}
        if any(flows.values()):
            used.setdefault(str(row["site"]), {})[str(row["option"])] = flows
    return used


def _flat_columns(plan: Plan) -> list[tuple[str, str]]:
    """(quantity, option) of the flat columns: the model's options, so that plans of one model have the same columns."""
    power = plan.model.power
    options = [*power.options, *map(flat_name, power.baseload)]
    stores = sorted(set(plan.supply.loc[plan.supply["route"] == "storage", "option"]))
    return [(name, k) for k in options for name in ("supply_mw", "supply_mwh")] + [
        ("store_mwh", k) for k in stores
    ]


def _known(value: Any) -> Any:
    """A table entry, null if empty."""
    return None if value is None or value != value else value  # NaN is what differs from itself


def _mean(rows: list[dict[str, Any]], name: str, load_mwh: float) -> float | None:
    """Mean over sites weighted by their electricity; unknown without any."""
    return sum(row[name] * row["facility_mwh"] for row in rows) / load_mwh if load_mwh else None


def _collection(
    plan: Plan,
    rows: list[dict[str, Any]],
    shapes: list[BaseGeometry],
    columns: dict[str, tuple[str, str]] | None = None,
) -> bytes:
    """A FeatureCollection with one feature a line, the same bytes for the same plan."""
    drawn = [tidy(shape) for shape in shapes]
    known = columns if columns is not None else meanings(rows[0]) if rows else {}
    head = {
        "type": "FeatureCollection",
        "title": plan.record["title"],
        "units": {name: unit for name, (unit, _) in known.items()},
        "meaning": {name: meaning for name, (_, meaning) in known.items()},
        "origin": origin(plan),
        "sources": source_rows(plan),
        "bbox": _bbox(drawn),
    }
    features = [
        _line({"type": "Feature", "properties": plain(row), "geometry": mapping(shape)})
        for row, shape in zip(rows, drawn, strict=True)
    ]
    text = _line(head)[:-1] + ',"features":[\n' + ",\n".join(features) + "\n]}\n"
    return text.encode("utf-8")


def tidy(shape: BaseGeometry) -> BaseGeometry:
    """Rounded to centimetres, exterior rings counter-clockwise (RFC 7946, 3.1.6)."""
    rounded = shapely.transform(shape, lambda xy: np.round(xy, DECIMALS))
    return shapely.orient_polygons(rounded, exterior_cw=False)


def _bbox(shapes: list[BaseGeometry]) -> list[float]:
    """West, south, east, north."""
    return [float(x) for x in shapely.total_bounds(np.array(shapes))]


def rounded(value: Any) -> Any:
    """Floats at the digits they have; tables entry by entry."""
    if isinstance(value, dict):
        return {key: rounded(entry) for key, entry in value.items()}
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

"""Tables that explain a plan beside its layers: summary, hours, the world's numbers with their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from siting.output.gis import rounded
from siting.output.layers import Layer, costs, emissions, layer, sources
from siting.output.words import effort_text
from siting.units import GLOSSARY

if TYPE_CHECKING:
    from siting.inputs.world import World
    from siting.plan.plan import Plan

TOTAL_UNITS = {
    "cash_cost_eur_yr": "EUR/yr", "sites": "-", "countries": "-", "water_m3_yr": "m3/yr", "carbon_market_t_yr": "t CO2e/yr",
    "embodied_t": "t CO2e",
}  # fmt: skip
HOURLY_UNITS = (  # how a column of hours ends, the longer ending first
    ("_eur_mwh", "EUR/MWh"), ("_g_kwh", "g CO2e/kWh"), ("_share", "-"), ("_mwh", "MWh"), ("_mw", "MW"), ("_h", "h"),
)  # fmt: skip
ASSUMPTION_COLUMNS = {
    "table": "table of the world", "key": "what the number belongs to", "quantity": "what it is",
    "value": "the number", "unit": "its unit", "year": "its year", "kind": "measured, modelled, proxy or scenario",
    "source": "key of the table of sources", "note": "what else is known of it",
}  # fmt: skip


def all_tables(plan: Plan, world: World) -> list[Layer]:
    """Every table of a plan, the summary first."""
    known_links = [] if world.links.empty else [layer(plan, "links", world)]
    return [
        summary(plan), layer(plan, "sites"), layer(plan, "zones"), layer(plan, "supply"), costs(plan),
        emissions(plan), hourly(plan), *known_links, assumptions(world), sources(plan),
    ]  # fmt: skip


def summary(plan: Plan) -> Layer:
    """The plan in lines: result with its proof, totals, binding limits, notes, where it is from."""
    record, goal = plan.record, plan.record["objective"]
    rows: list[tuple[str, str, float | None, str, str]] = [
        ("result", "status", None, "", str(record["status"])),
        ("result", f"objective: {goal['name']}", goal["value"], goal["unit"], ""),
        ("result", "proven bound", goal["bound"], goal["unit"], ""),
        ("result", "proven gap", goal["gap"], "-", "share of the objective"),
    ]
    for name, value in plan.totals.items():
        quantity = GLOSSARY.get(name)
        unit = quantity.unit if quantity else TOTAL_UNITS[name]
        rows.append(("total", name, float(value), unit, quantity.meaning if quantity else ""))
    rows += [("binding limit", b["limit"], float(b["value"]), b["unit"], "") for b in record["binding"]]
    rows += [("note", "", None, "", str(note)) for note in record["notes"]]
    rows.append(("origin", "effort", None, "", effort_text(record)))
    rows += [("origin", name, None, "", str(text)) for name, text in record["inputs"].items()]
    known = [
        (part, name, None if v is None else rounded(float(v)), unit, text)
        for part, name, v, unit, text in rows
    ]
    frame = pd.DataFrame(known, columns=["part", "name", "value", "unit", "text"]).astype(
        {"value": "float64"}
    )
    meanings = {
        "part": "part of the summary", "name": "what", "value": "the number", "unit": "its unit", "text": "in words",
    }  # fmt: skip
    return Layer("summary", str(record["title"]), frame, {c: ("-", text) for c, text in meanings.items()})


def hourly(plan: Plan) -> Layer:
    """One row a chosen site and modelled hour; each stands for `weight_h` hours of the year."""
    frame = plan.hourly.copy()
    columns = {str(c): (_hourly_unit(str(c)), str(c).replace("_", " ")) for c in frame.columns}
    return Layer("hourly", "Modelled hours of the chosen sites", frame, columns)


def _hourly_unit(column: str) -> str:
    return next((unit for ending, unit in HOURLY_UNITS if column.endswith(ending)), "-")


def assumptions(world: World) -> Layer:
    """Every number of the world's tables with unit, year, kind and source."""
    rows = [
        (table, key, quantity, v.value, v.unit, v.year, v.kind, v.source, v.note)
        for table, values in world.values.items()
        for (key, quantity), v in values.items()
    ]
    frame = pd.DataFrame(rows, columns=list(ASSUMPTION_COLUMNS))
    columns = {name: ("-", text) for name, text in ASSUMPTION_COLUMNS.items()}
    return Layer("assumptions", f"Numbers of world {world.name}", frame, columns)

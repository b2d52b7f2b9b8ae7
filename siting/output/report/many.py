"""Sections for several plans: portfolios side by side, or the front of cost against carbon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from siting.output.comparison_text import row_cells
from siting.output.curve import EXCHANGE
from siting.output.report.atlas import small_map
from siting.output.report.charts import front_chart
from siting.output.report.money import site_mix
from siting.output.report.shapes import EQUAL_AREA, Frame, frame_of, zone_path
from siting.output.words import number, share

if TYPE_CHECKING:
    from siting.plan.plan import Plan
    from siting.study.compare import Comparison
    from siting.study.pareto import Pareto

COARSE = 16  # a small map's grid is this much coarser than the large one's
MOST_SMALL_MAPS = 6


def comparison_section(comparison: Comparison, zones: gpd.GeoDataFrame) -> dict[str, Any]:
    """Table, differences in words, mixes and a small map of each plan."""
    rows = [
        {"name": str(name), "values": row_cells(str(name), [float(v) for v in values])}
        for name, values in zip(comparison.table.index, comparison.table.to_numpy(), strict=True)
    ]
    plans = dict(comparison.plans)
    together = pd.concat([plan.supply for plan in plans.values()])
    return {
        "parts": site_mix(together),
        "kind": "comparison",
        "names": list(plans),
        "rows": rows,
        "differences": list(comparison.differences),
        "mixes": [{"name": name, "mix": site_mix(plan.supply)} for name, plan in plans.items()],
        **_small_maps(dict(list(plans.items())[:MOST_SMALL_MAPS]), zones),
    }


def pareto_section(pareto: Pareto, zones: gpd.GeoDataFrame) -> dict[str, Any]:
    """The front as a drawing and a table, with small maps of both ends and the knee."""
    first, second = pareto.axes
    points = [
        (second.value(plan) / second.divisor, first.value(plan) / first.divisor) for plan in pareto.plans
    ]
    ends = {0: f"best {first.label}", len(points) - 1: f"best {second.label}"}
    marks = {pareto.knee: "knee"} | ends
    rows = [
        {
            "name": f"{i}{', ' + marks[i] if i in marks else ''}",
            "marked": i in marks,
            "first": number(points[i][1]),
            "second": number(points[i][0]),
            "rate": number(float(row["carbon_g_kwh"])),
            "cfe": share(float(row["cfe_score"]), 1),
            "exchange": "" if pd.isna(row[pareto.exchange]) else number(float(row[pareto.exchange])),
            "sites": str(row["sites"]),
        }
        for i, row in enumerate(table_rows(pareto.table))
    ]
    return {
        "kind": "pareto",
        "first": f"{first.label}, {first.unit}",
        "second": f"{second.label}, {second.unit}",
        "exchange": EXCHANGE.get(pareto.exchange, pareto.exchange.replace("_", " ")),
        "chart": front_chart(points),
        "rows": rows,
        "knee": pareto.knee,
        "notes": list(pareto.notes),
        **_small_maps({marks[i]: pareto.plans[i] for i in sorted(marks)}, zones),
    }


def table_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table's rows as dictionaries with their columns' names."""
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _small_maps(plans: Mapping[str, Plan], zones: gpd.GeoDataFrame) -> dict[str, Any]:
    """One outline that all share, and each plan's pins on it."""
    outline = zones.to_crs(EQUAL_AREA)
    built = pd.concat([plan.chosen[["name", "geometry"]] for plan in plans.values()])
    sites = gpd.GeoDataFrame(built[~built.index.duplicated()], geometry="geometry", crs="EPSG:4326").to_crs(
        EQUAL_AREA
    )
    fine = frame_of(outline, sites)
    coarse = Frame(fine.left_m, fine.top_m, fine.cell_m * COARSE, 0, 0)
    land = "".join(zone_path(shape, coarse) for shape in outline.geometry)
    maps = [
        {"name": name, "plan": plan.totals, **small_map(plan, outline, sites)} for name, plan in plans.items()
    ]
    return {"land": land, "land_scale": COARSE, "maps": maps}

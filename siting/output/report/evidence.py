"""What the plan rests on: values of the world it used, with unit, year, kind and source; its question; its proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from siting.output.words import number, share, status_text
from siting.units import counted

if TYPE_CHECKING:
    from siting.inputs.world import Value, World
    from siting.plan.plan import Plan

KINDS = {
    "measured": "counted, metered or published as a fact",
    "modelled": "computed by a published method",
    "proxy": "a measured value of something near it",
    "scenario": "an assumption, named as such",
}

PLACES = {"world", "sites.file"}  # keys that may hold a path


def assumptions(plan: Plan, world: World) -> list[dict[str, Any]]:
    """Groups of rows (item, quantity, value, unit, year, kind, source, note) that this plan's numbers come from."""
    model = plan.model
    chosen = [row["site"] for row in plan.record["sites"]]
    zones = sorted({row["zone"] for row in plan.record["sites"]})
    countries = sorted({row["country"] for row in plan.record["sites"]})
    chips = {model.load.accelerator} | (
        {str(model.target.accelerator)} if model.target is not None else set()
    )
    wanted: list[tuple[str, str, Iterable[str] | None]] = [
        ("Supply options", "technologies", model.power.options),
        ("Cooling", "cooling", model.load.cooling),
        ("Accelerators", "accelerators", chips),
        ("Parameters of the world", "parameters", None),
        ("Price zones of the sites built", "zone_values", zones),
        ("Member states of the sites built", "country_values", countries),
        ("Sites built", "site_values", chosen),
    ]
    years = model.horizon.periods
    groups = [
        {"title": title, "rows": _rows(world.values[table], keys, years)} for title, table, keys in wanted
    ]
    groups[-1]["rows"] = [*_site_rows(world, chosen), *groups[-1]["rows"]]
    return [group for group in groups if group["rows"]]


def kinds_counted(groups: list[dict[str, Any]]) -> list[tuple[str, int, str]]:
    """(kind, rows, what it means) over all groups."""
    rows = [row for group in groups for row in group["rows"]]
    return [(kind, sum(row["kind"] == kind for row in rows), meaning) for kind, meaning in KINDS.items()]


def cited(groups: list[dict[str, Any]], world: World) -> list[dict[str, str]]:
    """The sources of these rows: key, title, publisher, year, licence, url (only a web address; else empty)."""
    keys = sorted({row["source"] for group in groups for row in group["rows"]})
    table = world.sources
    found = []
    for key in keys:
        row = {str(k): str(v) for k, v in table.loc[key].items()} if key in table.index else {}
        url = row.get("url", "")
        entry = {name: row.get(name, "") for name in ("title", "publisher", "year", "licence")}
        found.append({"key": key, **entry, "url": url if url.startswith(("https://", "http://")) else ""})
    return found


def question(plan: Plan) -> list[tuple[str, str]]:
    """The planning model as solved: key and value in words, keys that say nothing left out."""
    return [
        (key, value)
        for key, value in _flat(plan.record["model"])
        if key not in {"siting", "title", "purpose"}
    ]


def proof(plan: Plan) -> list[tuple[str, str]]:
    """How far the plan is proven, how it was found, and the hashes of what went in."""
    record = plan.record
    versions, hours = record["versions"], record["hours"]
    rows = [("Result", status_text(record))]
    for stage in (record["objective"], *record["later_objectives"]):
        rows.append((f"Objective: {stage['name']}", f"{number(stage['value'])} {stage['unit']}"))
        bound = "none was proven" if stage["bound"] is None else f"{number(stage['bound'])} {stage['unit']}"
        rows.append(("Proven bound", bound))
        rows.append(("Relative gap", "unknown" if stage["gap"] is None else share(stage["gap"], 4)))
    rows += [
        ("Audit", "passed when the plan was made: limits, costs and tonnes recomputed by code that shares nothing "
                  "with the model; siting audit does it again"),
        ("Method", f"{record['method']}, {counted(hours['modelled'], 'hour')} modelled, {record['seconds']:.1f} s"),
        ("Versions", ", ".join(f"{name} {value}" for name, value in versions.items())),
        ("World", f"{_last(record['inputs']['world'])}, SHA-256 {record['inputs']['world_sha256']}"),
        ("Planning model", f"SHA-256 {record['inputs']['model_sha256']}"),
    ]  # fmt: skip
    return rows


def hours_error(plan: Plan) -> list[tuple[str, str]]:
    """Root mean square error of the modelled hours against all hours, by series, as a share of the series' range."""
    return [
        (name, share(float(error), 1)) for name, error in plan.record["hours"].get("rms_error", {}).items()
    ]


def _rows(
    values: Mapping[tuple[str, str], Value], keys: Iterable[str] | None, years: Iterable[int]
) -> list[dict[str, Any]]:
    """Rows that the values of the plan's periods rest on; one a number unless a table tells it by year."""
    wanted = None if keys is None else set(keys)
    return [
        _row(key, quantity, v.value, v.unit, v.year, v.kind, v.source, v.note)
        for (key, quantity), told in values.items()
        if wanted is None or key in wanted
        for v in dict.fromkeys(row for year in years for row in told.around(year))
    ]


def _site_rows(world: World, chosen: list[str]) -> list[dict[str, Any]]:
    """Grid, wait, line and land of the sites built, from the world's own table of candidates."""
    rows = []
    known = world.sites.loc[[s for s in chosen if s in world.sites.index]]
    for site, row in zip(known.index, known.to_dict("records"), strict=True):
        for quantity, unit in (
            ("grid_mw", "MW"),
            ("grid_wait_yr", "yr"),
            ("grid_ramp_mw_yr", "MW/yr"),
            ("line_km", "km"),
            ("land_ha", "ha"),
        ):
            value, kind, source = row.get(quantity), row.get(f"{quantity}_kind"), row.get("source")
            if value is not None and value == value and kind and source:  # NaN differs from itself: unknown
                rows.append(_row(str(site), quantity, value, unit, "", kind, source, row.get("note", "")))
    return rows


def _row(
    item: str, quantity: str, value: float, unit: str, year: str, kind: str, source: str, note: str
) -> dict[str, Any]:
    return {
        "item": item, "quantity": quantity, "value": f"{value:,.10g}", "unit": unit, "year": year, "kind": kind,
        "source": source, "note": note,
    }  # fmt: skip


def _flat(value: Any, path: str = "") -> list[tuple[str, str]]:
    """Nested keys as dotted paths; empty ones left out."""
    if isinstance(value, Mapping):
        return [
            pair
            for key, entry in value.items()
            for pair in _flat(entry, f"{path}.{key}" if path else str(key))
        ]
    if value is None or value == [] or value == {}:
        return []
    if isinstance(value, list):
        return [(path, ", ".join(str(entry) for entry in value))]
    if isinstance(value, float):
        return [(path, f"{value:,.10g}")]
    return [(path, _last(str(value)) if path in PLACES else str(value))]


def _last(name: str) -> str:
    """The name of a world or file without the folders that lead to it: they are nobody's business."""
    return name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]

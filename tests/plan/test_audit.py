"""The audit passes a fresh plan and finds every number that was changed."""

from __future__ import annotations

import ast
import copy
import json
import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from siting.api import audit_folder, prepare
from siting.instance.instance import Instance
from siting.plan.audit import audit
from siting.plan.plan import Plan
from tests.build_instance import BATTERY, GAS, WIND, small_instance, small_plan

KeyPath = tuple[str | int, ...]
UNCHECKED = {"seconds", "versions", "inputs", "hours", "binding", "notes", "model", "siting", "log"}
HERE = Path(__file__).resolve()
PACKAGE = HERE.parents[2] / "siting"

# name -> (instance, plan); two objectives, both sites, every kind of supply
CASES: dict[str, dict[str, Any]] = {
    "all options": {
        "battery": BATTERY,
        "gas": GAS,
        "ppa": WIND,
        "utilisation_share": 0.5,
        "countries_min": 2,
    },
    "carbon then cost": {
        "battery": BATTERY,
        "ppa": WIND,
        "objectives": ("carbon", "cost"),
        "target_it_mw": 30.0,
    },
    "compute then cost": {
        "ppa": WIND,
        "objectives": ("compute", "cost"),
        "target_it_mw": 0.0,
        "budget_eur": 900e6,
    },
    "carbon price, matching": {
        "ppa": WIND,
        "gas": GAS,
        "internal_price_eur_t": 50.0,
        "matching": "hourly",
        "cfe_score_min": 0.6,
        "objectives": ("weighted",),
        "carbon_weight_eur_t": 30.0,
    },
}


@pytest.fixture(scope="module", params=CASES)
def known(request: pytest.FixtureRequest) -> tuple[Instance, Plan]:
    data = small_instance(**CASES[request.param])
    return data, small_plan(data)


@pytest.fixture(scope="module")
def tiny(tiny_plan: Plan) -> tuple[Instance, Plan]:
    return prepare(tiny_plan.model).data, tiny_plan


def numbers(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, float]]:
    """Every number of a record with its path, without what the audit does not answer for."""
    if isinstance(value, dict):
        for key, entry in value.items():
            if path or key not in UNCHECKED:
                yield from numbers(entry, (*path, key))
    elif isinstance(value, list):
        for i, entry in enumerate(value):
            yield from numbers(entry, (*path, i))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, float(value)


def put(record: Any, path: KeyPath, value: Any) -> dict[str, Any]:
    """A copy of the record with one entry replaced."""
    changed = copy.deepcopy(dict(record))
    into: Any = changed
    for part in path[:-1]:
        into = into[part]
    into[path[-1]] = value
    return changed


def lies(value: float) -> list[float]:
    """1 % more and less; 1 more and less of nothing; a small number (a gap) by 1e-4, above the audit's tolerance of 1e-6."""
    if value == 0:
        return [1.0, -1.0]
    if abs(value) < 1e-3:
        return [value + 1e-4, value - 1e-4]
    return [value * 1.01, value * 0.99]


def survivors(data: Instance, plan: Plan) -> list[str]:
    """Paths whose change the audit does not see."""
    return [
        f"{'.'.join(map(str, path))}: {value:g} -> {lie:g}"
        for path, value in numbers(plan.record)
        for lie in lies(value)
        if not audit(data, put(plan.record, path, lie), plan.hourly)
    ]


def test_a_fresh_plan_passes(known: tuple[Instance, Plan]) -> None:
    data, plan = known
    assert audit(data, plan.record, plan.hourly) == []


def test_a_plan_of_a_whole_world_passes(tiny: tuple[Instance, Plan]) -> None:
    data, plan = tiny
    assert audit(data, plan.record, plan.hourly) == []


def test_a_plan_read_back_from_json_passes(known: tuple[Instance, Plan]) -> None:
    data, plan = known
    assert audit(data, json.loads(json.dumps(plan.record)), plan.hourly) == []


def test_every_number_changed_is_found(known: tuple[Instance, Plan]) -> None:
    data, plan = known
    assert len(list(numbers(plan.record))) > 30
    unseen = survivors(data, plan)
    assert not unseen, "the audit does not see:\n" + "\n".join(unseen)


def test_every_number_of_a_world_plan_changed_is_found(tiny: tuple[Instance, Plan]) -> None:
    unseen = survivors(*tiny)
    assert not unseen, "the audit does not see:\n" + "\n".join(unseen)


def test_the_number_of_modelled_hours_is_audited(tiny: tuple[Instance, Plan]) -> None:
    data, plan = tiny
    assert audit(data, put(plan.record, ("hours", "modelled"), len(data.weight) + 1), plan.hourly)


def flows(hourly: pd.DataFrame) -> list[str]:
    return [c for c in hourly.columns if c.endswith(("_mw", "_mwh")) and c != "price_eur_mwh"]


def changed_hours(hourly: pd.DataFrame, column: str, by: float) -> Iterator[tuple[str, pd.DataFrame]]:
    """One hour changed at a time: the largest and the smallest of each site."""
    for site, own in hourly.groupby("site"):
        values = own[column].dropna()
        for row in {values.idxmax(), values.idxmin()} if len(values) else ():
            copied = hourly.copy()
            copied.loc[row, column] += by
            yield f"{column} of {site} in row {row} by {by:+g}", copied


@pytest.mark.parametrize("by", [1.0, -1.0, 0.01])
def test_a_changed_hour_is_found(known: tuple[Instance, Plan], by: float) -> None:
    data, plan = known
    unseen = [
        what
        for column in flows(plan.hourly)
        for what, hourly in changed_hours(plan.hourly, column, by)
        if not audit(data, plan.record, hourly)
    ]
    assert not unseen, "the audit does not see:\n" + "\n".join(unseen)


@pytest.mark.parametrize("column", ["price_eur_mwh", "carbon_g_kwh", "grid_cfe_share"])
def test_a_changed_price_or_intensity_in_the_hours_is_found(tiny: tuple[Instance, Plan], column: str) -> None:
    """The columns beside the flows are results people read: they must be the world's."""
    data, plan = tiny
    assert audit(data, plan.record, plan.hourly.assign(**{column: plan.hourly[column] * 1.01}))


def test_missing_and_doubled_hours_are_found(known: tuple[Instance, Plan]) -> None:
    data, plan = known
    assert audit(data, plan.record, plan.hourly.iloc[1:])
    assert audit(data, plan.record, pd.concat([plan.hourly, plan.hourly.iloc[:1]], ignore_index=True))
    assert audit(data, plan.record, plan.hourly.assign(weight_h=plan.hourly["weight_h"] * 1.01))


def test_a_flow_that_is_not_a_number_is_found(known: tuple[Instance, Plan]) -> None:
    data, plan = known
    hourly = plan.hourly.copy()
    hourly.loc[hourly["buy_mw"].idxmax(), "buy_mw"] = np.nan
    assert audit(data, plan.record, hourly)


@pytest.mark.parametrize("field", ["country", "zone"])
def test_a_site_moved_to_another_place_is_found(tiny: tuple[Instance, Plan], field: str) -> None:
    data, plan = tiny
    assert audit(data, put(plan.record, ("sites", 0, field), "XX"), plan.hourly)


def test_an_unknown_site_is_found(tiny: tuple[Instance, Plan]) -> None:
    data, plan = tiny
    assert audit(data, put(plan.record, ("sites", 0, "site"), "nowhere"), plan.hourly)


def test_a_site_left_out_is_found(tiny: tuple[Instance, Plan]) -> None:
    data, plan = tiny
    assert audit(data, put(plan.record, ("sites",), plan.record["sites"][1:]), plan.hourly)


def test_a_site_listed_twice_is_found(tiny: tuple[Instance, Plan]) -> None:
    data, plan = tiny
    rows = plan.record["sites"]
    assert audit(data, put(plan.record, ("sites",), [*rows, rows[0]]), plan.hourly)


@pytest.mark.parametrize("table", ["supply_mw", "store_mw", "store_mwh"])
def test_a_capacity_of_an_option_that_does_not_exist_is_found(
    tiny: tuple[Instance, Plan], table: str
) -> None:
    data, plan = tiny
    assert audit(data, put(plan.record, ("sites", 0, table, "fusion"), 5.0), plan.hourly)


@pytest.mark.parametrize("part", ["pue", "supply_mw", "modules"])
def test_a_missing_entry_is_a_finding_not_a_crash(tiny: tuple[Instance, Plan], part: str) -> None:
    data, plan = tiny
    record = copy.deepcopy(dict(plan.record))
    del record["sites"][0][part]
    assert audit(data, record, plan.hourly)


def test_a_missing_total_is_found(tiny: tuple[Instance, Plan]) -> None:
    data, plan = tiny
    totals = {k: v for k, v in plan.record["totals"].items() if k != "carbon_t_yr"}
    assert audit(data, put(plan.record, ("totals",), totals), plan.hourly)


def test_an_objective_left_out_is_found() -> None:
    data = small_instance(objectives=("carbon", "cost"))
    plan = small_plan(data)
    assert audit(data, put(plan.record, ("later_objectives",), []), plan.hourly)


LIMITS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    # the plan of the first instance breaks one limit of the second
    "target": ({}, {"target_it_mw": 25.0}),
    "budget": ({}, {"budget_eur": 600e6}),
    "budget.capex": ({}, {"budget_eur": 199e6, "capex_counts": ("site",)}),
    "carbon.cap_t_yr": ({}, {"carbon_cap_t": 23_000.0}),
    "carbon.cap_g_kwh": ({}, {"carbon_cap_g_kwh": 399.0}),
    "cfe_score_min": ({}, {"matching": "hourly", "cfe_score_min": 0.51}),
    "potential": ({"ppa": WIND}, {"ppa": WIND, "ppa_potential_mw": 23.0}),
    "surplus": ({"ppa": WIND}, {"ppa": WIND, "excess_share_max": 0.19}),
    "min_countries": ({}, {"countries_min": 2}),
    "sites.min": ({}, {"sites_min": 2}),
    "sites.max": ({"countries_min": 2}, {"sites_max": 1}),
    "forced": ({}, {"forced": ("two",)}),
    "land": ({"gas": GAS}, {"gas": GAS, "spare_land_ha_mw": {"AA": 0.001, "BB": 1.0}}),
}


@pytest.mark.parametrize("name", LIMITS)
def test_every_limit_overstepped_is_found(name: str) -> None:
    """The plan of one instance is held against another with one limit tighter: the finding names the limit."""
    first, second = LIMITS[name]
    if "gas" in first:
        first = {**first, "price_eur_mwh": {"AA": (50.0, 200.0, 30.0), "BB": (260.0, 280.0, 270.0)}}
        second = {**second, "price_eur_mwh": first["price_eur_mwh"]}
    plan = small_plan(small_instance(**first))
    findings = audit(small_instance(**second), plan.record, plan.hourly)
    assert any(name in finding for finding in findings), findings


@pytest.fixture
def saved(tiny_plan: Plan, tmp_path: Path) -> Path:
    if find_spec("siting.output.folder") is None:
        pytest.skip("siting.output.folder is not there")
    return tiny_plan.save(tmp_path / "out")


def test_a_saved_plan_passes(saved: Path) -> None:
    assert audit_folder(saved) == []


def test_a_changed_model_is_found(saved: Path) -> None:
    record = json.loads((saved / "plan.json").read_text(encoding="utf-8"))
    record["model"]["carbon"]["price_eur_t"] = 76.0
    (saved / "plan.json").write_text(json.dumps(record), encoding="utf-8")
    assert any("model: is not the one" in finding for finding in audit_folder(saved))


def test_a_changed_world_is_found(saved: Path, tiny_world: Path, tmp_path: Path) -> None:
    """The same plan, told to lie in a world of the same name with one remark more."""
    world = shutil.copytree(tiny_world, tmp_path / "tiny")
    with (world / "sources.csv").open("a", encoding="utf-8") as file:
        file.write("other,Another source,the siting developers,2026,,MIT,\n")
    text = (saved / "plan.json").read_text(encoding="utf-8")
    (saved / "plan.json").write_text(text.replace(tiny_world.as_posix(), world.as_posix()), encoding="utf-8")
    assert any("has changed since" in finding for finding in audit_folder(saved))


@pytest.mark.parametrize(
    ("file", "column"),
    [("costs.csv", "cost_eur_yr"), ("supply.csv", "supply_mw"), ("emissions.csv", "carbon_t_yr")],
)
def test_a_changed_table_is_found(saved: Path, file: str, column: str) -> None:
    table = pd.read_csv(saved / file)
    table.loc[table[column].idxmax(), column] *= 1.01
    table.to_csv(saved / file, index=False)
    assert audit_folder(saved)


def test_a_changed_map_is_found(saved: Path) -> None:
    text = json.loads((saved / "sites.geojson").read_text(encoding="utf-8"))
    chosen = next(f for f in text["features"] if f["properties"]["selected"])
    chosen["properties"]["it_mw"] *= 2
    (saved / "sites.geojson").write_text(json.dumps(text), encoding="utf-8")
    assert audit_folder(saved)


def _change_map(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the first feature that holds a site of the plan."""
    content = json.loads(path.read_text(encoding="utf-8"))
    change(next(f["properties"] for f in content["features"] if f["properties"]["it_mw"] > 0))
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize(
    "column", ["energy_eur_mwh", "carbon_g_kwh", "facility_mwh", "lifecycle_t_yr", "connection_mw"]
)
def test_a_changed_result_on_the_map_is_found(saved: Path, column: str) -> None:
    _change_map(saved / "sites.geojson", lambda row: row.update({column: row[column] * 1.01}))
    (finding,) = audit_folder(saved)
    assert f"sites.geojson: {column} of" in finding


def test_a_changed_energy_mix_is_found(saved: Path) -> None:
    def more(row: dict[str, Any]) -> None:
        max(row["energy_mix"].values(), key=lambda flows: flows["supply_mwh"])["supply_mwh"] *= 1.01

    _change_map(saved / "sites.geojson", more)
    assert ["energy_mix: supply_mwh" in finding for finding in audit_folder(saved)] == [True]


@pytest.mark.parametrize("column", ["sites", "it_mw", "cost_eur_yr", "carbon_g_kwh"])
def test_a_changed_zone_is_found(saved: Path, column: str) -> None:
    _change_map(saved / "zones.geojson", lambda row: row.update({column: row[column] * 2}))
    assert [f"zones.geojson: {column} of" in finding for finding in audit_folder(saved)] == [True]


def test_a_changed_roadmap_is_found(two_period_plan: Plan, tmp_path: Path) -> None:
    """In its table and, where both say the same, against what the periods build."""
    out = two_period_plan.save(tmp_path / "twice")
    assert audit_folder(out) == []
    table = pd.read_csv(out / "roadmap.csv")
    table.loc[0, "new_mw"] += 10.0
    table.to_csv(out / "roadmap.csv", index=False)
    assert ["roadmap.csv: new_mw" in finding for finding in audit_folder(out)] == [True]
    record = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    record["horizon"]["roadmap"][0]["new_mw"] += 10.0
    (out / "plan.json").write_text(json.dumps(record), encoding="utf-8")
    assert ["horizon: roadmap of" in finding for finding in audit_folder(out)] == [True]


def test_an_hour_that_is_no_number_is_found(saved: Path) -> None:
    hourly = pd.read_parquet(saved / "hourly.parquet")
    hourly.loc[hourly["buy_mw"].idxmin(), "buy_mw"] = np.nan
    hourly.to_parquet(saved / "hourly.parquet")
    assert any("negative or no number" in finding for finding in audit_folder(saved))


def imports_of(path: Path) -> set[str]:
    """Modules a file imports when it is loaded: not those under TYPE_CHECKING or inside functions."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_the_audit_needs_no_pyomo_and_no_solver() -> None:
    """Its imports, and theirs, lead to neither Pyomo, HiGHS, the model nor the making of the plan."""
    todo, seen = ["siting.plan.audit"], set()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        path = PACKAGE.parent / Path(*name.split("."))
        file = path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"
        if name.split(".")[0] == "siting" and file.is_file():
            todo += imports_of(file)
    barred = ("pyomo", "highspy", "siting.model", "siting.solver", "siting.plan.make")
    assert not [name for name in seen if name.startswith(barred)]
    assert "siting.instance.instance" in seen

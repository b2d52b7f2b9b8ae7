"""The table of limits holds: every row a model can write is in it, and every test, golden file and finding it names is there."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pyomo.environ as pyo
import pytest

from siting.instance.coverage import Coverage, Sovereignty
from siting.instance.duties import HEAT, PUE, RENEWABLE, Duty, HeatNetwork
from siting.instance.flexible import Flexible
from siting.instance.instance import Instance, Limit
from siting.model.build import pricing, whole
from siting.model.policy import use_of
from tests.build_horizon import three_periods, two_cases
from tests.build_instance import BATTERY, GAS, WIND, small_instance
from tests.model.golden import FOLDER
from tests.model.mechanisms import MECHANISMS, SHARED_GROUND, Mechanism

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "siting" / "model"
EACH = pytest.mark.parametrize("entry", MECHANISMS, ids=lambda entry: entry.name)
RESOURCES = (
    ("capex",), ("cost",), ("carbon",), ("carbon_rate",), ("clean",), ("clean_in", "AA"), ("lifecycle",), ("water",),
    ("potential", "AA", "wind_ppa"), ("link", "AA", "BB"), ("ramp", "one"),
)  # fmt: skip


def everything() -> Instance:
    """One period with every mechanism switched on."""
    data = small_instance(
        battery=replace(BATTERY, duration_h=2.0), gas=replace(GAS, firm=True), ppa=WIND, matching="hourly"
    )
    halls = {key: replace(hall, liquid_heat_share=0.5) for key, hall in data.halls.items()}
    duties = tuple(
        Duty(f"aa-{subject}", subject, 1.3 if subject == PUE else 0.1, "law")
        for subject in (PUE, HEAT, RENEWABLE)
    )
    return replace(
        data,
        halls=halls,
        ppa={**data.ppa, ("BB", "wind_ppa:AA"): WIND},
        availability={**data.availability, ("BB", "wind_ppa:AA"): (1.0, 1.0, 1.0)},
        flexible=Flexible(0.2, 24, 0.1, 50.0, 0.1),
        firm_share={"AA": 0.5},
        firm_hours=1.0,
        heat={"AA": HeatNetwork(20.0, 0.3, 50_000.0, 9_000.0)},
        duties={"AA": duties},
        renewable={"AA": ("wind_ppa",)},
        water_m3_mw_max=5_000.0,
        matched_locally=("hourly", 0.5),
        sovereignty=Sovereignty(1, 0.9, frozenset({"one"}), 0.1, 50.0),
        coverage=Coverage({"p": 10.0}, {("p", "one"): 1.0, ("p", "two"): 2.0}, share_min=0.5),
        limits={r: Limit("<=", 1e9, "unit", "limit") for r in RESOURCES},
    )


WRITTEN: dict[str, Callable[[], pyo.ConcreteModel]] = {
    "everything": lambda: whole(everything()).m,
    "three periods": lambda: whole(three_periods()).m,
    "two cases": lambda: whole(two_cases(tail_share=0.5, objectives=("risk",))).m,
    "profile": lambda: pricing(three_periods()).m,
}


def rows_of(m: pyo.ConcreteModel) -> set[str]:
    return {row.local_name for row in m.component_objects(pyo.Constraint) if len(row)}


def test_every_row_of_a_model_is_in_the_table_and_none_besides() -> None:
    written = set().union(*(rows_of(make()) for make in WRITTEN.values()))
    assert written == {row for entry in MECHANISMS for row in entry.rows}


def test_every_resource_is_in_the_table() -> None:
    """Keys that a class uses, each by its first word; a word without meaning is used by none."""
    data = everything()
    used = {r[0] for r in RESOURCES for c in data.classes if use_of(data, c, r, data.limits[r])}
    assert used == {r[0] for r in RESOURCES} == {word for entry in MECHANISMS for word in entry.resources}
    assert len(whole(data).m.resource_limit) == len(RESOURCES)


def declared(path: Path) -> set[str]:
    """Names of a file's constraints: `m.name = pyo.Constraint(...)`."""
    return {
        target.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if isinstance(node.value.func, ast.Attribute) and node.value.func.attr == "Constraint"
        for target in node.targets
        if isinstance(target, ast.Attribute)
    }  # fmt: skip


def test_every_file_of_the_model_is_in_the_table_with_its_rows() -> None:
    """The rows of limits on sums, of risk and of the balance are closed in build.py; lifecycle and baseload write none."""
    closed_elsewhere = {"resource_limit": "policy", "risk_of_case": "risk"}
    found = {
        (closed_elsewhere.get(name, path.stem), name)
        for path in MODEL.glob("*.py")
        for name in declared(path)
    }
    assert found == {(entry.module, row) for entry in MECHANISMS for row in entry.rows}
    files = {path.stem for path in MODEL.glob("*.py")} - {"__init__", "lifecycle", "baseload"}
    assert files == {entry.module for entry in MECHANISMS} | set(SHARED_GROUND)


@EACH
def test_no_cell_is_empty(entry: Mechanism) -> None:
    empty = [f.name for f in fields(entry) if f.name != "resources" and not getattr(entry, f.name)]
    assert not empty
    assert bool(entry.resources) == (entry.rows == ("resource_limit",))


def functions(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }


@EACH
def test_its_tests_are_there(entry: Mechanism) -> None:
    for test in (entry.hand, entry.audit):
        file, _, name = test.partition("::")
        assert name.startswith("test_") and name in functions(ROOT / file), test
    expected = (ROOT / entry.audit.partition("::")[0]).read_text(encoding="utf-8")
    key = 'KEY = "power.matching.cfe_score_min"'  # a test may have the words under a name
    assert entry.says in expected or (key in expected and entry.says in key)


@EACH
def test_its_golden_file_holds_its_rows(entry: Mechanism) -> None:
    lines = (FOLDER / f"{entry.golden}.lp").read_text(encoding="utf-8").splitlines()
    held = {
        line[4:].rstrip(":_").partition("(")[0] for line in lines if line.startswith(("c_u_", "c_l_", "c_e_"))
    }
    assert set(entry.rows) <= held


def test_no_golden_file_is_left_over() -> None:
    """Two more show a mechanism beside another, or an objective."""
    named = {entry.golden for entry in MECHANISMS} | {"flexible_shed", "spread"}
    assert {path.stem for path in FOLDER.glob("*.lp")} == named


def test_names_are_unique() -> None:
    assert len({entry.name for entry in MECHANISMS}) == len(MECHANISMS)

"""Golden LP files: the rows a mechanism writes, in words a person can read. No test stands here.

`SITING_GOLDEN=write` in the environment writes them anew; look at what changed before keeping it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pyomo.environ as pyo

FOLDER = Path(__file__).parent / "golden"


def lp_text(m: pyo.ConcreteModel, folder: Path) -> str:
    """The model in LP format under the names of its variables and rows; without an objective it gets an empty one."""
    if next(m.component_data_objects(pyo.Objective, active=True), None) is None:
        m.nothing = pyo.Objective(expr=0.0)
    path = folder / "model.lp"
    m.write(str(path), format="lp", io_options={"symbolic_solver_labels": True})
    return path.read_text(encoding="utf-8")


def only_rows(m: pyo.ConcreteModel, *names: str) -> pyo.ConcreteModel:
    """The same model with no other rows and no objective: what one mechanism writes, whatever others do."""
    for row in m.component_objects(pyo.Constraint, active=True):
        if row.local_name not in names:
            row.deactivate()
    for goal in m.component_objects(pyo.Objective, active=True):
        goal.deactivate()
    return m


def assert_golden(m: pyo.ConcreteModel, name: str, folder: Path) -> None:
    """The model's LP is the one in tests/model/golden/`name`.lp, letter by letter. `folder`: a temporary one."""
    text, kept = lp_text(m, folder), FOLDER / f"{name}.lp"
    if os.environ.get("SITING_GOLDEN") == "write":
        kept.write_text(text, encoding="utf-8")
    assert kept.is_file(), f"{kept.name} is missing: run once with SITING_GOLDEN=write"
    assert text == kept.read_text(encoding="utf-8"), (
        f"{kept.name} differs; SITING_GOLDEN=write writes it anew"
    )

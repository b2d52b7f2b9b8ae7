"""The whole problem as a file that other solvers read: MPS or LP, written by HiGHS, with names people can read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import highspy
import pyomo.environ as pyo

from siting.errors import InputError
from siting.instance.instance import Instance
from siting.model.build import objective_terms, whole
from siting.solver.highs import compile_model, highs_of

ENDS = (b"endata", b"end")  # the last word of an MPS and of an LP file
LONGEST = 255  # characters of a name in an LP file


def write_problem(data: Instance, path: Path) -> tuple[int, int, int]:
    """Write the MILP of an instance for its first objective as `.mps` or `.lp`; returns rows, columns, integers.

    Raises InputError if the file cannot be written.
    """
    b = whole(data)
    b.m.goal = pyo.Objective(expr=objective_terms(b)[data.objectives[0]], sense=pyo.minimize)
    model = compile_model(b.m)
    h = highs_of(model, threads=1)
    for j, name in enumerate(readable(v.name for v in model.columns)):
        h.passColName(j, name)
    for i, name in enumerate(readable(row.name for row in model.rows)):
        h.passRowName(i, name)
    if h.writeModel(str(path)) == highspy.HighsStatus.kError or not _is_whole(path):
        path.unlink(missing_ok=True)
        raise InputError(f"{path.name}: cannot be written there (is the disk full?); choose another place")
    rows, columns = model.matrix.shape
    return rows, columns, int(model.integer.sum())


def _is_whole(path: Path) -> bool:
    """Whether a file ends as both formats do; HiGHS does not tell a full disk."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - len(ENDS[0]) - 2))
        return file.read().strip().lower().endswith(ENDS)


def readable(names: Iterable[str]) -> list[str]:
    """Pyomo's names in letters, digits, dots and underscores, as every reader of LP files takes them; each unique.

    >>> readable(["open[be-mons]", "buy[DE,3]", "open[be_mons]"])
    ['open_be_mons', 'buy_DE_3', 'open_be_mons_2']
    """
    taken: set[str] = set()
    found = []
    for name in names:
        text = re.sub(r"[^A-Za-z0-9_.]+", "_", name).strip("_.")[: LONGEST - 8]
        unique, n = text, 1
        while unique in taken:
            n += 1
            unique = f"{text}_{n}"
        taken.add(unique)
        found.append(unique)
    return found

"""The LP of one supply class as plain arrays with names: written once from the mechanisms, kept, and solved without Pyomo."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyomo.environ as pyo
from scipy import sparse

from siting.instance.instance import Instance
from siting.model.build import pricing
from siting.model.horizon import quantities
from siting.model.terms import Build
from siting.solver.highs import Array, Compiled, compile_model

Group = tuple[str, tuple[str, ...]]  # name of a variable or row, and its index without the hour
Functional = tuple[str, tuple[str, ...]]  # ("quantity", its name) or ("term", its key)
Integers = np.ndarray[Any, np.dtype[np.int32]]
NO_HOUR = -1


@dataclass(frozen=True)
class Names:
    """What the rows or columns of an LP are: number i belongs to `groups[group[i]]` and to hour `hour[i]` (or to none)."""

    groups: tuple[Group, ...]
    group: Integers
    hour: Integers

    def __len__(self) -> int:
        return len(self.group)


@dataclass(frozen=True)
class ClassLP:
    """A class's local rows for 1 MW of IT, without an objective, and without any Pyomo object.

    `functional` (functionals x columns) gives what is worth knowing of a point, named in `functionals`.
    """

    c: str
    model: Compiled
    functional: sparse.csr_array
    functionals: tuple[Functional, ...]
    columns: Names
    rows: Names


def write_class(data: Instance) -> ClassLP:
    """Write the LP of the one class in `data` by the mechanisms of the whole model."""
    (c,) = data.classes
    with _no_collector():
        b = pricing(replace(data, internal_price_eur_t=0.0))
        expressions, functionals = _functionals(b, c)
        b.m.functional = pyo.Objective(range(len(expressions)), rule=lambda m, i: expressions[i])
        model = compile_model(b.m)
    columns, rows = _names(model.columns), _names(model.rows)
    bare = replace(model, objectives=np.zeros((1, len(columns))), offsets=np.zeros(1), columns=[], rows=[])
    return ClassLP(c, bare, sparse.csr_array(model.objectives), tuple(functionals), columns, rows)


def named(lp: ClassLP, data: Instance) -> ClassLP:
    """An LP written for a class of another name and other land, as that of the one class in `data`; all else is shared."""
    (c,) = data.classes
    if lp.c == c:
        return lp

    def own(name: Group) -> Group:
        return name[0], tuple(c if part == lp.c else part for part in name[1])

    columns, rows = (replace(names, groups=tuple(map(own, names.groups))) for names in (lp.columns, lp.rows))
    upper = lp.model.row_upper.copy()
    land = [i for i, (name, _) in enumerate(rows.groups) if name == "land"]
    upper[np.isin(rows.group, land)] = data.spare_land_ha_mw[c]
    model = replace(lp.model, row_upper=upper)
    return replace(
        lp, c=c, model=model, functionals=tuple(map(own, lp.functionals)), columns=columns, rows=rows
    )


@contextmanager
def _no_collector() -> Iterator[None]:
    """Millions of expression nodes are born and none is garbage before the end: looking for it costs a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _names(components: Sequence[Any]) -> Names:
    """Names from Pyomo's components: the hour is the last index where that is a number (classes and options are words)."""
    known: dict[Group, int] = {}
    group = np.empty(len(components), dtype=np.int32)
    hour = np.full(len(components), NO_HOUR, dtype=np.int32)
    for i, component in enumerate(components):
        index = component.index()
        parts = index if isinstance(index, tuple) else (index,)
        if isinstance(parts[-1], int):
            hour[i] = parts[-1]
            parts = parts[:-1]
        name = (component.parent_component().local_name, tuple(map(str, parts)))
        group[i] = known.setdefault(name, len(known))
    return Names(tuple(known), group, hour)


def _functionals(b: Build, c: str) -> tuple[list[object], list[Functional]]:
    """All linear functionals worth knowing of a point: quantities, then named terms."""
    found: list[tuple[Functional, object]] = []
    found += [(("quantity", q), make()) for q, make in quantities(b, c).items()]
    found += [(("term", ("cost_eur", item, cell)), e) for (item, cell), e in b.cost_eur.items()]
    found += [
        (("term", ("capex_eur", group, item, cell)), e) for (group, item, cell), e in b.capex_eur.items()
    ]
    found += [(("term", ("carbon_t", item, cell)), e) for (item, cell), e in b.carbon_t.items()]
    return [e for _, e in found], [name for name, _ in found]


def point_by_name(columns: Names, hours: int, x: Array) -> tuple[dict[Group, float], dict[Group, Array]]:
    """A point's values by name: single ones, and hourly ones as arrays of `hours` values (0 where an hour has no column)."""
    amount = np.maximum(0.0, x)
    order = np.argsort(columns.group, kind="stable")
    starts = np.searchsorted(columns.group[order], np.arange(len(columns.groups) + 1))
    single: dict[Group, float] = {}
    hourly: dict[Group, Array] = {}
    for g, name in enumerate(columns.groups):
        members = order[starts[g] : starts[g + 1]]
        if columns.hour[members[0]] == NO_HOUR:
            single[name] = float(amount[members[0]])
        else:
            hourly[name] = np.zeros(hours)
            hourly[name][columns.hour[members]] = amount[members]
    return single, hourly

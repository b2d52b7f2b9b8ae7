"""Vintages: what was built stays; capacities of a class are the same in all cells that share them.

    size[cell, k@v] = size[first cell of the class that has it, k@v]      ppa_mw, onsite_mw, store_mw, store_mwh   (MW, MWh)
    cooled_mw, connection_mw, heat_mw of a cell = those of the period's first scenario                            (MW)
    cooled_mw, connection_mw, heat_mw of a period <= those of the next                                            (MW)

An option built in period v (`k@v`) has one size, in every later period of its life and in every scenario; halls and the
connections to the grid and of heat have one size in all scenarios of a period and never shrink. Retirement is the option's
absence from a cell once its life (life_yr of technologies.csv) is over. With one node there is nothing to tie.
"""

from __future__ import annotations

import pyomo.environ as pyo

from siting.model.terms import Build, Expression

SIZES = ("ppa_mw", "onsite_mw", "store_mw", "store_mwh")  # one size for good


def vintages(b: Build) -> None:
    """size[cell, k@v] = size[first cell of the class that has it, k@v]; cooled and connection: non-decreasing (MW, MWh)."""
    if len(b.data.nodes) == 1:
        return
    same, growing = _ties(b)
    # numbered by words: a number as the last index is an hour
    b.m.same_size = pyo.Constraint(
        [str(i) for i in range(len(same))], rule=lambda m, i: same[int(i)][0] == same[int(i)][1]
    )
    b.m.never_smaller = pyo.Constraint(
        [str(i) for i in range(len(growing))], rule=lambda m, i: growing[int(i)][0] <= growing[int(i)][1]
    )


def _ties(b: Build) -> tuple[list[tuple[Expression, Expression]], list[tuple[Expression, Expression]]]:
    m, data = b.m, b.data
    same: list[tuple[Expression, Expression]] = []
    growing: list[tuple[Expression, Expression]] = []
    for name in SIZES:
        variable = getattr(m, name)
        first: dict[tuple[str, str], Expression] = {}
        for cell, k in variable:
            kept = first.setdefault((data.cells[cell][0], k), variable[cell, k])
            if kept is not variable[cell, k]:
                same.append((variable[cell, k], kept))
    for cell, (c, node) in data.cells.items():
        sizes = {q: m.cooled_mw[cell, q] for q in data.cooling_of(cell)}
        if cell in m.connection_mw:
            sizes["connection"] = m.connection_mw[cell]
        if cell in data.heat:
            sizes["heat"] = m.heat_mw[cell]
        first_cell = data.first_cell(c, node.period)
        before = data.before_cell(cell)
        for name, size in sizes.items():
            if first_cell != cell:
                same.append((size, _size(m, first_cell, name)))
            elif before is not None and (earlier := _size(m, before, name)) is not None:
                growing.append((earlier, size))
    return same, growing


def _size(m: pyo.ConcreteModel, cell: str, name: str) -> Expression:
    if name == "heat":
        return m.heat_mw[cell] if cell in m.heat_mw else None  # noqa: SIM401
    if name == "connection":
        return m.connection_mw[cell] if cell in m.connection_mw else None  # noqa: SIM401  # Pyomo's has no get
    return m.cooled_mw[cell, name] if (cell, name) in m.cooled_mw else None  # noqa: SIM401

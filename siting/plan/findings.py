"""How the audit compares, and the findings it gathers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from siting.instance.instance import Instance

SAME = 1e-6  # relative: a stated number against its recomputation
# t: what the solver's feasibility tolerance leaves of a limit kept in thousands of tonnes
SLIP_T = 1e-3
ROOM = 1e-5  # relative to the row's own scale: how far a limit may be overstepped (the solver's feasibility tolerance)


@dataclass
class Audit:
    """The findings, and what has been recomputed so far."""

    data: Instance
    findings: list[str] = field(default_factory=list)

    def same(self, name: str, stated: float, recomputed: float) -> None:
        """Stated equals recomputed."""
        if not np.isfinite(stated) or abs(stated - recomputed) > SAME * max(1.0, abs(recomputed)):
            self.findings.append(f"{name}: the plan says {stated:,.6g}, recomputed {recomputed:,.6g}")

    def within(self, name: str, used: Any, limit: Any) -> None:
        """used <= limit, for numbers or hourly arrays."""
        used, limit = np.broadcast_arrays(np.asarray(used, dtype=float), np.asarray(limit, dtype=float))
        over = used - limit - ROOM * np.maximum(1.0, np.maximum(np.abs(used), np.abs(limit)))
        if over.size and not over.max() <= 0:
            i = int(np.argmax(over))
            where = f" in modelled hour {i}" if used.size > 1 else ""
            self.findings.append(f"{name}: {used.flat[i]:,.6g} oversteps {limit.flat[i]:,.6g}{where}")

    def true(self, name: str, fact: bool) -> None:
        """A fact that must hold."""
        if not fact:
            self.findings.append(name)


def flow_of(flow: dict[str, np.ndarray], name: str, n: int) -> np.ndarray:
    """An hourly flow by column name; zeros where the site's class does not have it."""
    values = flow.get(name)
    return np.zeros(n) if values is None else np.nan_to_num(values, nan=0.0)

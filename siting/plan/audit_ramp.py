"""What the operator has energised by a plan's year, recomputed from the world's own numbers: so many MW a year, added up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from siting.plan.findings import Audit


def audit_ramp(check: Audit, record: Mapping[str, Any], sites: Mapping[str, Mapping[str, Any]]) -> None:
    """No site draws on more of its connection than has come: one step for every year from its first to the plan's."""
    asked = record["model"]
    if asked["sites"]["grid_wait"] == "ignore":
        return
    year = asked["horizon"]["periods"][0]
    for s, row in sites.items():
        ramp = check.data.ramps.get(s)
        if ramp is None:
            continue
        come = 0.0
        for _ in range(ramp.first_year, year + 1):
            come = min(ramp.grid_mw, come + ramp.mw_yr)
        check.within(f"{s}: connection against grid_ramp_mw_yr by {year} (MW)", row["connection_mw"], come)

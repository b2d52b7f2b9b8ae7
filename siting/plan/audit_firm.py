"""The audit of adequacy: firm capacity on site against the share asked for, from the sizes in plan.json alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from siting.plan.findings import Audit


def audit_firm(check: Audit, row: Mapping[str, Any], c: str) -> None:
    """Dispatchable plant and stores (power they hold for the stated hours) >= share x peak PUE x IT power (MW)."""
    data, s = check.data, row["site"]
    share, stated = data.firm_share.get(c, 0.0), row.get("firm")
    if not share:
        check.true(f"{s}: 'firm' is stated, but no firm capacity is asked for there", stated is None)
        return
    plant = sum(mw for k, mw in row["supply_mw"].items() if (c, k) in data.onsite and data.onsite[c, k].firm)
    held = 0.0
    if data.firm_hours:
        stores = [k for k in row["store_mw"] if (c, k) in data.storage]
        held = sum(min(row["store_mw"][k], row["store_mwh"].get(k, 0.0) / data.firm_hours) for k in stores)
    rated = sum(max(data.halls[c, q].pue) * mw for q, mw in row["cooling_mw"].items() if (c, q) in data.halls)
    check.within(
        f"{s}: firm capacity on site asked for, against what stands (MW)", share * rated, plant + held
    )
    again = {"firm_mw": plant + held, "required_mw": share * rated}
    for name, mw in again.items():
        check.same(f"{s}: firm.{name}", (stated or {}).get(name, float("nan")), mw)

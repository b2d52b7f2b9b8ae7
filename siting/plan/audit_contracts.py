"""What contracts use of potentials and links, read off the names in plan.json: `solar_ppa:ES@2030` at a site of FR is a
plant in ES, over the link from ES to FR, and so is `solar_ppa~flat:ES`. Shares no code with the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

SHARED = ("potential", "link")


def contracted_mw(sites: Iterable[Mapping[str, Any]], key: tuple[str, ...]) -> float:
    """MW of all sites' contracts that count against ("potential", zone, option) or ("link", from, to)."""
    return sum(
        float(mw)
        for row in sites
        for name, mw in row["supply_mw"].items()
        if _counts(name, str(row["zone"]), key)
    )


def _counts(name: str, zone: str, key: tuple[str, ...]) -> bool:
    option, _, source = name.split("@")[0].replace("~flat", "").partition(":")
    if key[0] == "potential":
        return (source or zone, option) == (key[1], key[2])
    return (source, zone) == (key[1], key[2])

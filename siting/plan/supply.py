"""The plan's table of supply: what each site has of every option, and what it uses of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.instance.instance import Instance, base
from siting.solver.solution import Energy

# MW per MW of IT, a watt per MW: less is what an interior point leaves of an option it does without
DUST_SHARE = 1e-6


def is_dust(mw: float, it_mw: float) -> bool:
    """Whether a capacity at a site of this IT power is none."""
    return mw <= DUST_SHARE * it_mw


def whatever_period(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Rows of one option built in several periods added up; the record's sizes keep them apart."""
    words = [name for name in frame.columns if name in {"site", "route", column}]
    frame[column] = frame[column].map(base)
    return frame.groupby(words, as_index=False, sort=False).sum()


def contract_shares(data: Instance, c: str, e: Energy) -> dict[str, np.ndarray]:
    """Each contract's share of every hour's flow: what it produces of what all produce."""
    options = [k for k in data.options_of("ppa", c) if ("ppa", k) in e.capacity]
    output = {k: np.array(data.availability[c, k]) * e.capacity["ppa", k] for k in options}
    total = sum(output.values(), np.zeros(len(data.weight)))
    with np.errstate(invalid="ignore", divide="ignore"):
        return {k: np.where(total > 0, output[k] / total, 0.0) for k in options}


def ppa_energy(data: Instance, c: str, e: Energy) -> dict[str, tuple[float, float]]:
    """Delivered and sold MWh/yr by contract: each hour's flow is split by what the contracts produce."""
    weight = np.array(data.weight)
    return {
        k: (float(weight @ (share * e.hourly["deliver",])), float(weight @ (share * e.hourly["sell",])))
        for k, share in contract_shares(data, c, e).items()
    }


def supply_table(data: Instance, energy: Mapping[str, Energy], it_mw: Mapping[str, float]) -> pd.DataFrame:
    """Capacity (MW, MWh) and yearly energy (MWh) of every supply option at every chosen site; dust is none.

    `it_mw`: IT power by site. What an interior point leaves of an option it does without is no capacity: its row is zero.
    plan.json and hourly.parquet keep it, for their hours balance with it.
    """
    weight = np.array(data.weight)
    rows: list[tuple[str, str, str, float, float, float, float]] = []
    for s, e in energy.items():
        c = data.sites[s].supply_class
        if ("buy",) in e.hourly:
            rows.append(
                (s, "grid", "grid", e.capacity["connection",], 0.0, float(weight @ e.hourly["buy",]), 0.0)
            )
        for k, (used, sold) in ppa_energy(data, c, e).items():
            rows.append((s, k, "ppa", e.capacity["ppa", k], 0.0, used, sold))
        onsite = data.options_of("onsite", c)
        rows += [
            (s, k, "onsite", e.capacity["onsite", k], 0.0, float(weight @ e.hourly["gen", k]), 0.0)
            for k in onsite
        ]
        for k in data.options_of("storage", c):
            used = float(weight @ e.hourly["discharge", k])
            rows.append((s, k, "storage", e.capacity["store_mw", k], e.capacity["store_mwh", k], used, 0.0))
    columns = ["site", "option", "route", "supply_mw", "store_mwh", "supply_mwh", "sold_mwh"]
    table = whatever_period(pd.DataFrame(rows, columns=columns), "option")
    dust = [is_dust(mw, it_mw[s]) for mw, s in zip(table["supply_mw"], table["site"], strict=True)]
    table.loc[dust, columns[3:]] = 0.0
    return table

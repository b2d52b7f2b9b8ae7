"""Which candidates a planning model takes part with: `sites.where` applied, every site left out counted by its reason."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from siting.errors import InfeasibleError, InputError
from siting.inputs.attributes import attribute
from siting.inputs.planning import PlanningModel, Where
from siting.inputs.world import World

QUANTITIES = {  # key of sites.where: attribute, where the key's name does not say it
    "water_stress": "water_stress_score",
    "min_score": "score",
}


def select_sites(model: PlanningModel, world: World, notes: list[str]) -> pd.DataFrame:
    """Rows of the world's sites that pass `sites.where` and are not forbidden; a note counts the others by reason.

    Raises InputError if a forced site is left out, InfeasibleError if nothing is left.
    """
    reasons = left_out(model.sites.where, world)
    reasons[reasons.index.isin(model.sites.forbid)] = "forbidden by name"
    stopped = [(s, reasons[s]) for s in model.sites.force if reasons[s]]
    if stopped:
        site, reason = stopped[0]
        raise InputError(
            f"sites.force: '{site}' is left out by sites.where ({reason}); widen it or do not force the site"
        )
    chosen: pd.DataFrame = world.sites[reasons == ""]
    counted = Counter(reason for reason in reasons if reason)
    text = ", ".join(f"{n} {reason}" for reason, n in counted.items())
    if chosen.empty:
        raise InfeasibleError(
            f"sites.where leaves no candidate site of {len(reasons)}: {text}; widen countries, kinds or limits"
        )
    if counted:
        notes.append(f"sites.where leaves out {len(reasons) - len(chosen)} of {len(reasons)} sites: {text}")
    return chosen


def left_out(where: Where, world: World) -> pd.Series:
    """The first reason why each site is left out, empty text where there is none."""
    sites = world.sites
    reasons = pd.Series("", index=sites.index)
    if where.countries is not None:
        reasons[~sites["country"].isin(where.countries)] = "in another country"
    if where.kinds is not None:
        reasons[(reasons == "") & ~sites["kind"].isin(where.kinds)] = "of another kind"
    for key, limit in where.limits.items():
        value = _values(key, world)
        fails, words = _failing(key, limit, value)
        reasons[(reasons == "") & fails] = words
        if not where.takes_unknown(key):
            reasons[(reasons == "") & value.isna()] = f"with {_name(key)} unknown"
    return reasons


def _name(key: str) -> str:
    stem = key.removesuffix("_max").removesuffix("_min")
    return QUANTITIES.get(stem, stem)


def _values(key: str, world: World) -> pd.Series:
    return attribute(world, _name(key))


def _failing(key: str, limit: float | str, value: pd.Series) -> tuple[np.ndarray, str]:
    """Where a known value breaks the limit, and in words."""
    if isinstance(limit, str):  # refuse: the attribute is 1 where it holds
        return (value > 0).to_numpy(), _name(key)
    if key.endswith("_max"):
        return (value > limit).to_numpy(), f"with {_name(key)} above {limit:,.10g}"
    return (value < limit).to_numpy(), f"with {_name(key)} below {limit:,.10g}"

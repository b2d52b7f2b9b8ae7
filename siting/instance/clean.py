"""What a planning model asks of clean supply and carbon, as limits and fields of the instance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from siting.errors import InputError
from siting.inputs.planning import PlanningModel
from siting.inputs.world import World
from siting.instance.costs import Place
from siting.instance.instance import Hourly, Limit, Resource
from siting.units import G_PER_T, KWH_PER_MWH

MARGINAL, RESIDUAL, EMBODIED = "marginal_g_kwh", "residual_mix_g_kwh", "embodied_t_mw"
ACCELERATORS = "accelerators"
T_MWH = KWH_PER_MWH / G_PER_T


def clean_limits(model: PlanningModel, countries: Iterable[str]) -> dict[Resource, Limit]:
    """Matching of the portfolio or of each country, and the cap on life-cycle tonnes."""
    found: dict[Resource, Limit] = {}
    matching, cap = model.power.matching, model.carbon.cap_lifecycle_t_yr
    if matching.cfe_score_min is not None:
        key, share = "power.matching.cfe_score_min", matching.cfe_score_min
        if matching.scope == "portfolio":
            found["clean",] = Limit(">=", share, "share of load", key)
        if matching.scope == "country":
            for name in sorted(set(countries)):
                found["clean_in", name] = Limit(">=", share, "share of load", f"{key} of {name}")
    if cap is not None:
        found["lifecycle",] = Limit("<=", cap, "t/yr", "carbon.cap_lifecycle_t_yr")
    return found


def clean_fields(model: PlanningModel, world: World, residual: dict[str, Hourly]) -> dict[str, Any]:
    """The instance's fields on matching at each site, residual mix (t/MWh by class) and embodied carbon (t per MW of IT)."""
    matching, year = model.power.matching, model.horizon.periods[0]
    local = matching.cfe_score_min is not None and matching.scope == "site"
    embodied = {q: world.get("cooling", q, EMBODIED, year) for q in model.load.cooling}
    embodied[ACCELERATORS] = world.get("accelerators", model.load.accelerator, EMBODIED, year)
    return {
        "matched_locally": (matching.kind, matching.cfe_score_min) if local else None,
        "residual_t_mwh": residual,
        "embodied_t_mw": {key: value for key, value in embodied.items() if value is not None},
    }


def counted_t_mwh(model: PlanningModel, place: Place) -> Hourly:
    """Carbon of a MWh bought by the hour, at the intensity the model names. InputError if the world has no such series."""
    series = "carbon_g_kwh" if model.carbon.intensity == "average" else MARGINAL
    if series not in place.hours:
        raise InputError(
            f"carbon.intensity marginal: zone '{place.zone}' has no {MARGINAL} in the hourly data; add the series to a "
            "world of your own, or count at intensity: average"
        )
    return tuple((place.hours[series] * T_MWH).tolist())


def residual_t_mwh(world: World, place: Place) -> Hourly:
    """Carbon of a MWh that no contract covers, market-based: the residual mix where zone_values.csv has one
    (`residual_mix_g_kwh`), else the zone's average intensity by the hour: a proxy, too low where much clean supply is sold.
    """
    mix = world.get("zone_values", place.zone, RESIDUAL, place.year)
    if mix is not None:
        return (mix * T_MWH,) * len(place.weight)
    return tuple((place.hours["carbon_g_kwh"] * T_MWH).tolist())

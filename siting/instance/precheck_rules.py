"""What arithmetic can tell before solving about water, heat and national rules: supply classes that cannot meet them."""

from __future__ import annotations

from collections.abc import Callable

from siting.instance.duties import HEAT, PUE, RENEWABLE, WORDS, Duty
from siting.instance.instance import Instance

ROUNDING = 1e-6
NAMED = 3  # classes or rules named one by one


def rule_reasons(data: Instance, usable: dict[str, float]) -> list[str]:
    """Clashes of rules, water and heat with the target; `usable`: most MW of IT by candidate that can hold the smallest size."""
    barred = {c: why for c in data.classes if (why := class_reasons(data, c))}
    reasons = [
        f"sites.force: '{s}' cannot run: {barred[data.sites[s].supply_class][0]}"
        for s in data.forced
        if data.sites[s].supply_class in barred
    ]
    left = {s: mw for s, mw in usable.items() if data.sites[s].supply_class not in barred}
    most = sum(sorted(left.values(), reverse=True)[: data.sites_max])
    if len(left) < len(usable) and (data.target_it_mw > most + ROUNDING or len(left) < data.sites_min):
        why = list(dict.fromkeys(text for texts in barred.values() for text in texts))
        more = f" and {len(why) - NAMED} more" if len(why) > NAMED else ""
        reasons.append(
            f"target needs {data.target_it_mw:,.1f} MW of IT at {data.sites_min} sites or more, but the {len(left)} of "
            f"{len(usable)} sites that can meet their limits hold {most:,.1f} MW: {'; '.join(why[:NAMED])}{more}"
        )
    return reasons + _water(data, left)


def _water(data: Instance, left: dict[str, float]) -> list[str]:
    """The target at the driest cooling against the allowance (m3 a year)."""
    limits = [
        limit for r, limit in data.limits.items() if r == ("water",) or r == ("water", str(data.periods[-1]))
    ]
    if not limits or not left:
        return []
    kept = max(0.0, 1.0 - data.flexible.shed_share_max - data.flexible.moving_share)
    driest = min(
        kept * _driest_m3_mw(data, c) for c in {_last_cell(data, data.sites[s].supply_class) for s in left}
    )
    least = driest * data.target_it_mw
    if least <= limits[0].value * (1 + ROUNDING):
        return []
    return [
        f"water.allowance_m3_yr is {limits[0].value:,.0f} m3/yr, but {data.target_it_mw:,.1f} MW of IT evaporate at least "
        f"{least:,.0f} m3/yr: raise it, or add a cooling without evaporation to load.cooling"
    ]


def _last_cell(data: Instance, c: str) -> str:
    return list(data.cells_of(c))[-1]


def class_reasons(data: Instance, c: str) -> list[str]:
    """Why nothing can be built in a supply class in the last period; empty where no arithmetic says so."""
    cell = _last_cell(data, c)
    found = [CANNOT[d.subject](data, cell, d) for d in data.duties.get(cell, ()) if d.subject in CANNOT]
    most = data.water_m3_mw_max
    if most is not None and data.flexible.shed_share_max == data.flexible.moving_share == 0:
        least = _driest_m3_mw(data, cell)
        if least > most * (1 + ROUNDING):
            found.append(
                f"water.per_site_m3_mw_yr is {most:,.6g}, the driest cooling of {c} evaporates {least:,.6g} m3/yr per MW of IT"
            )
    return [text for text in found if text]


def _driest_m3_mw(data: Instance, cell: str) -> float:
    litres = min(data.halls[cell, q].water_l_kwh or 0.0 for q in data.cooling_of(cell))
    return litres * data.utilisation_share * sum(data.weight_of(cell))


def _mean_pue(data: Instance, cell: str, q: str) -> float:
    weight = data.weight_of(cell)
    return sum(w * p for w, p in zip(weight, data.halls[cell, q].pue, strict=True)) / sum(weight)


def _pue(data: Instance, cell: str, duty: Duty) -> str:
    best = min(_mean_pue(data, cell, q) for q in data.cooling_of(cell))
    if (
        best <= duty.value * (1 + ROUNDING)
        or data.flexible.share
        or data.flexible.moving_share
        or data.flexible.shed_share_max
    ):
        return ""  # work that moves to cooler hours lowers the mean
    return f"{_named(duty)} at most {duty.value:g}, the best cooling of {cell} has {best:.4f}"


def _heat(data: Instance, cell: str, duty: Duty) -> str:
    network = data.heat[cell]
    warm = max(
        data.halls[cell, q].liquid_heat_share / min(data.halls[cell, q].pue) for q in data.cooling_of(cell)
    )
    most = min(network.share_max, warm)
    if most >= duty.value * (1 - ROUNDING):
        return ""
    which = "heat.reuse_share_max" if network.share_max <= warm else "what its cooling carries off by liquid"
    return f"{_named(duty)} at least {duty.value:g}, {which} allows {most:.4g} in {cell}"


def _renewable(data: Instance, cell: str, duty: Duty) -> str:
    if data.renewable.get(cell):
        return ""
    return f"{_named(duty)} at least {duty.value:g}, no renewable option of power.options exists in {cell}"


def _named(duty: Duty) -> str:
    return f"{duty.rule} asks for {WORDS[duty.subject]} of"


CANNOT: dict[str, Callable[[Instance, str, Duty], str]] = {PUE: _pue, HEAT: _heat, RENEWABLE: _renewable}

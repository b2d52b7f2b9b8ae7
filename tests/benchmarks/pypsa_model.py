"""The same problem as a PyPSA network: what PyPSA has a component for is one, the rest is added to its linopy model.

Components: buses at the fence and in the facility, purchase and plants as generators, the connection as an extendable
link, halls as extendable generators that only draw, batteries as a store between two links. Added rows: sites (binaries),
the carbon limit (PyPSA's own knows no hourly intensity), budget, land, sales, and storage cyclic within its period.
No test stands here.
"""

from __future__ import annotations

from typing import Any

import linopy
import numpy as np
import pandas as pd
import pypsa
import xarray as xr

from siting.instance.instance import Instance
from tests.model.second_model import by_site, choose_sites, it_of_class

SMALL = 1e-6  # EUR counted in millions, in rows of their own scale


def pypsa_network(data: Instance) -> pypsa.Network:
    """The network with its complete optimisation model in `n.model`; cost is minimised, as in siting."""
    refused = [r[0] for r in data.limits if r[0] not in {"capex", "carbon", "potential"}]
    if refused or data.objectives != ("cost",) or data.internal_price_eur_t:
        raise ValueError(f"the network minimises cost under budget, carbon cap and potentials, not {refused}")
    n = pypsa.Network()
    n.set_snapshots(list(data.hours))
    n.snapshot_weightings["objective"] = np.array(data.weight)
    n.snapshot_weightings["generators"] = np.array(data.weight)
    n.snapshot_weightings["stores"] = 1.0  # a modelled hour lasts an hour
    for c in data.classes:
        _add_class(n, data, c)
    m = n.optimize.create_model(include_objective_constant=False)
    it = choose_sites(m, data)
    for c in data.classes:
        _class_rows(n, m, data, c, it_of_class(data, it, c))
    _storage_within_periods(n, m, data)
    _limits(n, m, data, it)
    m.objective = m.objective.expression + (by_site(data, lambda site: site.line_yearly_eur_mw) * it).sum()
    return n


def _add_class(n: pypsa.Network, data: Instance, c: str) -> None:
    """Components of one supply class; `capital_cost` is per year, the connection's running cost the network charge."""
    inside = f"facility {c}"
    n.add("Bus", inside)
    for q in data.cooling_of(c):
        hall = data.halls[c, q]
        draw = np.array(hall.pue) * data.utilisation_share
        yearly = hall.yearly_eur_mw + data.it[c].yearly_eur_mw
        n.add(
            "Generator", f"hall {q} {c}", bus=inside, sign=-1.0, p_nom_extendable=True, capital_cost=yearly,
            p_min_pu=draw, p_max_pu=draw,
        )  # fmt: skip
    if c in data.price_eur_mwh:
        _add_grid(n, data, c, inside)
    for k in data.options_of("onsite", c):
        plant = data.onsite[c, k]
        n.add(
            "Generator", f"{k} {c}", bus=inside, p_nom_extendable=True, capital_cost=plant.yearly_eur_mw,
            marginal_cost=plant.energy_eur_mwh + plant.allowance_eur_mwh,
            p_max_pu=np.array(data.availability[c, k]),
        )  # fmt: skip
    for k in data.options_of("storage", c):
        _add_store(n, data, c, k, inside)


def _add_grid(n: pypsa.Network, data: Instance, c: str, inside: str) -> None:
    fence, price = f"fence {c}", np.array(data.price_eur_mwh[c])
    n.add("Bus", fence)
    n.add("Generator", f"buy {c}", bus=fence, p_nom=np.inf, marginal_cost=price)
    n.add(
        "Link", f"connection {c}", bus0=fence, bus1=inside, p_nom_extendable=True,
        capital_cost=data.connection[c].yearly_eur_mw, marginal_cost=data.network_eur_mwh[c],
    )  # fmt: skip
    contracts = data.options_of("ppa", c)
    for k in contracts:
        n.add(
            "Generator", f"{k} {c}", bus=fence, p_nom_extendable=True, capital_cost=data.ppa[c, k].yearly_eur_mw,
            p_nom_max=data.limits["potential", data.zone[c], k].value,
            p_max_pu=np.array(data.availability[c, k]),
        )  # fmt: skip
    if contracts:
        earned = np.where(price > 0, (1.0 - data.sale_haircut_share) * price, price)
        n.add("Generator", f"sell {c}", bus=fence, sign=-1.0, p_nom=np.inf, marginal_cost=-earned)


def _add_store(n: pypsa.Network, data: Instance, c: str, k: str, inside: str) -> None:
    store, bus = data.storage[c, k], f"{k} {c}"
    n.add("Bus", bus)
    n.add(
        "Store", f"{k} {c}", bus=bus, e_nom_extendable=True, capital_cost=store.yearly_eur_mwh, e_cyclic=True
    )
    n.add(
        "Link", f"charge {k} {c}", bus0=inside, bus1=bus, efficiency=store.efficiency_share, p_nom_extendable=True,
        capital_cost=store.yearly_eur_mw,
    )  # fmt: skip
    n.add(
        "Link", f"discharge {k} {c}", bus0=bus, bus1=inside, efficiency=store.efficiency_share,
        p_nom_extendable=True,
    )  # fmt: skip


def _of(variable: linopy.Variable, name: str) -> linopy.LinearExpression:
    """One component's part of a PyPSA variable."""
    return (1 * variable).sel(name=name, drop=True)


def _class_rows(
    n: pypsa.Network, m: linopy.Model, data: Instance, c: str, it: linopy.LinearExpression
) -> None:
    """Rows of one class that PyPSA has no component for."""
    size, flow, link = m["Generator-p_nom"], m["Generator-p"], m["Link-p_nom"]
    halls = {q: _of(size, f"hall {q} {c}") for q in data.cooling_of(c)}
    m.add_constraints(sum(halls.values()) - it == 0)
    if c in data.price_eur_mwh:
        rated = sum(data.halls[c, q].peak_pue * mw for q, mw in halls.items())
        m.add_constraints(_of(link, f"connection {c}") - rated <= 0)
    if c in data.price_eur_mwh and data.options_of("ppa", c):
        hours = xr.DataArray(n.snapshots, dims="snapshot", coords={"snapshot": n.snapshots})
        load = sum(
            xr.DataArray(np.array(data.halls[c, q].pue), coords=hours.coords) * data.utilisation_share * mw
            for q, mw in halls.items()
        )
        m.add_constraints(_of(flow, f"sell {c}") - data.excess_share_max * load <= 0)
    land = [
        (data.onsite[c, k].land_ha_mw, k)
        for k in data.options_of("onsite", c)
        if data.onsite[c, k].land_ha_mw > 0
    ]
    if land:
        used = sum(ha * _of(size, f"{k} {c}") for ha, k in land)
        m.add_constraints(used - data.spare_land_ha_mw[c] * it <= 0)
    for k in data.options_of("storage", c):
        way = data.storage[c, k].efficiency_share
        both = _of(m["Link-p"], f"charge {k} {c}") + way * _of(m["Link-p"], f"discharge {k} {c}")
        m.add_constraints(both - _of(link, f"charge {k} {c}") <= 0)


def _storage_within_periods(n: pypsa.Network, m: linopy.Model, data: Instance) -> None:
    """Replace PyPSA's balance, cyclic over all snapshots, where hours stand for periods of their own."""
    cyclic = tuple((t - 1) % len(data.weight) for t in data.hours)
    if not data.storage or data.before == cyclic:
        return
    m.remove_constraints("Store-energy_balance")
    level = 1 * m["Store-e"]
    earlier = level.isel(snapshot=list(data.before)).assign_coords(snapshot=n.snapshots)
    m.add_constraints(level - earlier + m["Store-p"] == 0, name="Store-energy_balance")


def _limits(n: pypsa.Network, m: linopy.Model, data: Instance, it: linopy.LinearExpression) -> None:
    """Carbon cap and budget over the whole network."""
    if ("carbon",) in data.limits:
        hourly = pd.DataFrame(0.0, index=n.snapshots, columns=n.generators.index)
        for c in data.price_eur_mwh:
            hourly[f"buy {c}"] = np.array(data.grid_carbon_t_mwh[c]) * np.array(data.weight)
        for (c, k), plant in data.onsite.items():
            hourly[f"{k} {c}"] = plant.carbon_t_mwh * np.array(data.weight)
        emitting = [name for name in hourly.columns if hourly[name].any()]
        tonnes = xr.DataArray(hourly[emitting], dims=("snapshot", "name"))
        flow = (1 * m["Generator-p"]).sel(name=emitting)
        m.add_constraints((tonnes * flow).sum() <= data.limits["carbon",].value, name="carbon limit")
    if ("capex",) in data.limits:
        spent = [SMALL * mw for mw in _capex(m, data, it)]
        m.add_constraints(sum(spent[1:], spent[0]) <= SMALL * data.limits["capex",].value, name="budget")


def _capex(m: linopy.Model, data: Instance, it: linopy.LinearExpression) -> list[Any]:
    """What counts against the budget, in EUR."""
    counted = set(data.capex_counts)
    by_name: dict[str, dict[str, float]] = {"Generator-p_nom": {}, "Link-p_nom": {}, "Store-e_nom": {}}
    for (c, q), hall in data.halls.items():
        it_part = data.it[c].capex_eur_mw if "it" in counted else 0.0
        by_name["Generator-p_nom"][f"hall {q} {c}"] = it_part + (
            hall.capex_eur_mw if "site" in counted else 0.0
        )
    if "connection" in counted:
        by_name["Link-p_nom"] |= {f"connection {c}": o.capex_eur_mw for c, o in data.connection.items()}
    if "onsite_power" in counted:
        by_name["Generator-p_nom"] |= {f"{k} {c}": o.capex_eur_mw for (c, k), o in data.onsite.items()}
        by_name["Link-p_nom"] |= {f"charge {k} {c}": o.capex_eur_mw for (c, k), o in data.storage.items()}
        by_name["Store-e_nom"] |= {f"{k} {c}": o.capex_eur_mwh for (c, k), o in data.storage.items()}
    found = []
    for variable, costs in by_name.items():
        if costs:
            each = xr.DataArray(list(costs.values()), dims="name", coords={"name": list(costs)})
            found.append((each * (1 * m[variable]).sel(name=list(costs))).sum())
    if "connection" in counted:
        found.append((by_site(data, lambda site: site.line_capex_eur_mw) * it).sum())
    return found

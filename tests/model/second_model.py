"""The formulation once more, in linopy, read off the formulation page and not off `siting.model`. No test stands here.

Differences in writing are on purpose: arrays instead of rules, one net battery row, and the binary's size limits in MW.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import linopy
import numpy as np
import pandas as pd
import xarray as xr

from siting.instance.instance import Instance, Site

Parts = dict[Any, list[Any]]  # expressions to be summed, by what they are


def second_optimum(data: Instance, gap: float) -> tuple[float, float, dict[str, float]]:
    """Minimise yearly cost: (value, bound, MW of IT by site). Raises AssertionError if HiGHS finds no optimum."""
    m, it = second_model(data)
    status, condition = m.solve("highs", io_api="direct", mip_rel_gap=gap, output_flag=False, threads=1)
    assert (status, condition) == ("ok", "optimal"), f"second model: {status}, {condition}"
    bound = m.solver_model.getInfo().mip_dual_bound
    return float(m.objective.value), float(bound), {s: float(it.solution.sel(s=s)) for s in data.sites}


def second_model(data: Instance) -> tuple[linopy.Model, linopy.LinearExpression]:
    """The whole problem for yearly cost, unsolved, and MW of IT by site (dimension `s`)."""
    m = linopy.Model()
    hours = pd.RangeIndex(len(data.weight), name="t")
    it = choose_sites(m, data)
    part: Parts = {
        name: [] for name in ("cost", "tonnes", "load", "clean", "site", "connection", "onsite_power", "it")
    }
    part["cost"].append((by_site(data, lambda site: site.line_yearly_eur_mw) * it).sum())
    part["connection"].append((by_site(data, lambda site: site.line_capex_eur_mw) * it).sum())
    in_zone: Parts = {}
    for c in data.classes:
        _energy(m, data, c, it_of_class(data, it, c), hours, part, in_zone)

    for key, limit in data.limits.items():
        if key == ("capex",):  # in millions: a row of its own scale
            m.add_constraints(
                1e-6 * _sum([x for g in data.capex_counts for x in part[g]]) <= 1e-6 * limit.value
            )
        elif key == ("carbon",):
            m.add_constraints(_sum(part["tonnes"]) <= limit.value)
        elif key == ("carbon_rate",):
            m.add_constraints(_sum(part["tonnes"]) - limit.value / 1_000 * _sum(part["load"]) <= 0)
        elif key == ("clean",):
            m.add_constraints(_sum(part["clean"]) - limit.value * _sum(part["load"]) >= 0)
        elif key[1:] in in_zone:
            m.add_constraints(_sum(in_zone[key[1:]]) <= limit.value)
    m.add_objective(_sum([*part["cost"], *(data.internal_price_eur_t * x for x in part["tonnes"])]))
    return m, it


def by_site(data: Instance, of: Callable[[Site], float]) -> xr.DataArray:
    """A number of each candidate, along dimension `s`."""
    names = pd.Index(list(data.sites), name="s")
    return xr.DataArray([of(site) for site in data.sites.values()], dims="s", coords={"s": names})


def it_of_class(data: Instance, it: linopy.LinearExpression, c: str) -> linopy.LinearExpression:
    """MW of IT in one class."""
    mine = [i for i, site in enumerate(data.sites.values()) if site.supply_class == c]
    return it.isel(s=mine).sum()


def choose_sites(m: linopy.Model, data: Instance) -> linopy.LinearExpression:
    """Binaries, whole modules and the rules on number, size, country and target; returns MW of IT by site."""
    names = pd.Index(list(data.sites), name="s")
    is_open = m.add_variables(binary=True, coords=[names], name="is_open")
    number = m.add_variables(lower=0, integer=True, coords=[names], name="number")
    it = data.module_mw * number
    m.add_constraints(it - by_site(data, lambda site: site.max_mw) * is_open <= 0)
    m.add_constraints(it - by_site(data, lambda site: site.min_mw) * is_open >= 0)
    m.add_constraints(is_open.sum() >= data.sites_min)
    m.add_constraints(is_open.sum() <= data.sites_max)
    m.add_constraints(it.sum() >= data.target_it_mw)
    m.add_constraints(
        1 * is_open
        >= xr.DataArray([float(s in data.forced) for s in data.sites], dims="s", coords={"s": names})
    )
    flags = []
    for country in sorted({site.country for site in data.sites.values()}):
        inside = is_open.isel(s=[i for i, x in enumerate(data.sites.values()) if x.country == country]).sum()
        m.add_constraints(inside <= data.per_country_max)
        flags.append(m.add_variables(binary=True, name=f"some_in_{country}"))
        m.add_constraints(flags[-1] - inside <= 0)
    m.add_constraints(sum(1 * flag for flag in flags) >= data.countries_min)
    return it


def _sum(expressions: list[Any]) -> linopy.LinearExpression:
    """Sum of expressions over the same hours, at once."""
    plain = [x.to_linexpr() if isinstance(x, linopy.Variable) else x for x in expressions]
    return linopy.merge(plain, cls=linopy.LinearExpression)


def _energy(  # noqa: C901 - one class from top to bottom, as the formulation page reads
    m: linopy.Model,
    data: Instance,
    c: str,
    it: linopy.LinearExpression,
    hours: pd.Index,
    part: Parts,
    in_zone: Parts,
) -> None:
    """One class: facility load, supply, storage, balance; adds its cost, capex by group, tonnes, load and clean energy."""

    def series(values: tuple[float, ...]) -> xr.DataArray:
        return xr.DataArray(np.array(values), dims="t", coords={"t": hours})

    def hourly(name: str) -> linopy.Variable:
        return m.add_variables(lower=0, coords=[hours], name=f"{name} {c}")

    def size(name: str) -> linopy.Variable:
        return m.add_variables(lower=0, name=f"{name} {c}")

    def year(flow: Any) -> linopy.LinearExpression:
        return (flow * series(data.weight)).sum()

    cooled = {q: size(f"cooled {q}") for cc, q in data.halls if cc == c}
    hall = {q: data.halls[c, q] for q in cooled}
    m.add_constraints(_sum([*cooled.values(), -1 * it]) == 0)
    load = _sum([data.utilisation_share * series(hall[q].pue) * mw for q, mw in cooled.items()])
    part["cost"] += [hall[q].yearly_eur_mw * mw for q, mw in cooled.items()] + [data.it[c].yearly_eur_mw * it]
    part["site"] += [hall[q].capex_eur_mw * mw for q, mw in cooled.items()]
    part["it"].append(data.it[c].capex_eur_mw * it)
    part["load"].append(year(load))
    balance = [-1 * load]
    counts_hourly = data.matching == "hourly"

    if c in data.price_eur_mwh:
        buy, connection = hourly("buy"), size("connection")
        price, network = series(data.price_eur_mwh[c]), data.network_eur_mwh[c]
        crossing = [buy]
        contracts = {k: size(f"ppa {k}") for cc, k in data.ppa if cc == c}
        if contracts:
            deliver, sell = hourly("deliver"), hourly("sell")
            output = [series(data.availability[c, k]) * mw for k, mw in contracts.items()]
            m.add_constraints(_sum([*output, -1 * deliver, -1 * sell]) >= 0)
            m.add_constraints(sell - data.excess_share_max * load <= 0)
            crossing.append(deliver)
            balance.append(deliver)
            earned = price.where(price <= 0, price * (1 - data.sale_haircut_share))
            part["cost"] += [year(network * deliver), year(-earned * sell)]
            part["clean"] += [year(deliver)] if counts_hourly else [year(deliver), year(sell)]
            for k, mw in contracts.items():
                part["cost"].append(data.ppa[c, k].yearly_eur_mw * mw)
                in_zone.setdefault((data.zone[c], k), []).append(mw)
        m.add_constraints(_sum(crossing) - connection <= 0)
        m.add_constraints(_sum([connection, *(-max(hall[q].pue) * mw for q, mw in cooled.items())]) <= 0)
        balance.append(buy)
        part["cost"] += [year((price + network) * buy), data.connection[c].yearly_eur_mw * connection]
        part["connection"].append(data.connection[c].capex_eur_mw * connection)
        part["tonnes"].append(year(series(data.grid_carbon_t_mwh[c]) * buy))
        if counts_hourly:
            part["clean"].append(year(series(data.grid_cfe_share[c]) * buy))

    ground = [-data.spare_land_ha_mw[c] * it]
    for k in [k for cc, k in data.onsite if cc == c]:
        plant, built, gen = data.onsite[c, k], size(f"built {k}"), hourly(f"gen {k}")
        m.add_constraints(gen - series(data.availability[c, k]) * built <= 0)
        balance.append(gen)
        energy = year(gen)
        ground.append(plant.land_ha_mw * built)
        part["cost"] += [
            plant.yearly_eur_mw * built,
            (plant.energy_eur_mwh + plant.allowance_eur_mwh) * energy,
        ]
        part["onsite_power"].append(plant.capex_eur_mw * built)
        part["tonnes"].append(plant.carbon_t_mwh * energy)
        part["clean"] += [energy] if plant.clean else []
    m.add_constraints(_sum(ground) <= 0)

    for k in [k for cc, k in data.storage if cc == c]:
        store, power, content = data.storage[c, k], size(f"power {k}"), size(f"content {k}")
        into, out, level = hourly(f"into {k}"), hourly(f"out {k}"), hourly(f"level {k}")
        earlier = level.isel(t=list(data.before)).assign_coords(t=hours)
        steps = [level, -1 * earlier, -store.efficiency_share * into, (1 / store.efficiency_share) * out]
        m.add_constraints(_sum(steps) == 0)
        m.add_constraints(level - content <= 0)
        m.add_constraints(into + out - power <= 0)
        balance += [out, -1 * into]
        part["cost"] += [store.yearly_eur_mw * power, store.yearly_eur_mwh * content]
        part["onsite_power"] += [store.capex_eur_mw * power, store.capex_eur_mwh * content]
        part["clean"] += [year(out), year(-1 * into)] if counts_hourly else []

    m.add_constraints(_sum(balance) == 0)

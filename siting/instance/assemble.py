"""From a planning model and its world to an instance; pandas and geopandas stop here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from siting.errors import InputError
from siting.inputs.places import nearest
from siting.inputs.planning import PlanningModel, Representative, WeightedObjective
from siting.inputs.selection import select_sites
from siting.inputs.series import REQUIRED, available_years, read_hours
from siting.inputs.world import World
from siting.instance import costs
from siting.instance.baseload import with_baseload
from siting.instance.bending import load_and_backup
from siting.instance.chosen import kept_or
from siting.instance.clean import clean_fields, clean_limits, counted_t_mwh, residual_t_mwh
from siting.instance.connection import ISLAND, classes_of, ramp_limits, ramp_notes, ramps_of
from siting.instance.cooling import cooling_in, cooling_systems, without_cooling
from siting.instance.cross_border import contract_limits, signed
from siting.instance.hours import Hours, full_year
from siting.instance.instance import Hall, Hourly, Instance, Limit, Option, Resource, Site
from siting.instance.land import classes_by_land, with_land
from siting.instance.points import places_of
from siting.instance.rules import held_below, obeyed, pause_notes, signing_years, under_rules
from siting.instance.scenario import under_scenario
from siting.instance.spread import spread, weighed
from siting.units import HOURS_PER_YEAR, KWH_PER_MWH, counted


@dataclass
class _Tables:
    """The per-class dictionaries while they are filled."""

    halls: dict[tuple[str, str], Hall] = field(default_factory=dict)
    ppa: dict[tuple[str, str], Option] = field(default_factory=dict)
    onsite: dict[tuple[str, str], Option] = field(default_factory=dict)
    storage: dict[tuple[str, str], Option] = field(default_factory=dict)
    availability: dict[tuple[str, str], Hourly] = field(default_factory=dict)
    price: dict[str, Hourly] = field(default_factory=dict)
    network: dict[str, float] = field(default_factory=dict)
    carbon: dict[str, Hourly] = field(default_factory=dict)
    residual: dict[str, Hourly] = field(default_factory=dict)
    cfe: dict[str, Hourly] = field(default_factory=dict)
    connection: dict[str, Option] = field(default_factory=dict)
    it: dict[str, Option] = field(default_factory=dict)
    zone: dict[str, str] = field(default_factory=dict)


def check_against_world(model: PlanningModel, world: World) -> None:
    """Every name the model uses must exist in the world; InputError lists all that do not."""
    known = {
        "power.options": (model.power.options, list(world.options.index)),
        "load.cooling": (model.load.cooling, world.keys("cooling")),
        "load.accelerator": ((model.load.accelerator,), world.keys("accelerators")),
        "sites.force": (model.sites.force, list(world.sites.index)),
        "sites.forbid": (model.sites.forbid, list(world.sites.index)),
        "sites.where.countries": (model.sites.where.countries or (), list(world.countries.index)),
        "sites.where.kinds": (model.sites.where.kinds or (), sorted(set(world.sites["kind"]))),
        "target.accelerator": (
            _given(model.target.accelerator if model.target else None),
            world.keys("accelerators"),
        ),
        **weighed(model, world),
        "time.weather_years": (
            tuple(map(str, model.time.weather_years)),
            list(map(str, available_years(world.folder))),
        ),
    }
    problems = [
        f"{key}: '{name}' is not in world {world.name}; {nearest(name, names)}"
        for key, (used, names) in known.items()
        for name in used
        if name not in names
    ]
    if problems:
        raise InputError(problems)


def choose_hours(model: PlanningModel, world: World) -> Hours:
    """The modelled hours of the world's series under the model's `time`."""
    return hours_of(world.folder, model.time.weather_years[0], model.time.representative)


def hours_of(folder: Path, year: int, wanted: Representative | str) -> Hours:
    """The modelled hours of a world's folder: the full year, or typical periods of it."""
    frame = read_hours(folder, year)
    return kept_or(_typical, frame, wanted) if isinstance(wanted, Representative) else full_year(frame)


def _typical(frame: pd.DataFrame, wanted: Representative) -> Hours:
    from siting.instance.aggregate import typical_periods  # its libraries take two seconds to load

    return typical_periods(frame, wanted)


def assemble(model: PlanningModel, world: World, hours: Hours | None = None) -> Instance:
    """Build the instance. Raises InputError for names or numbers the world lacks, InfeasibleError if no site is left."""
    return under_rules(model, world, assemble_node(model, world, hours))


def assemble_node(model: PlanningModel, world: World, hours: Hours | None = None) -> Instance:
    """The same before national rules make duties of its cells: one node of a horizon, whose rules are put to the whole."""
    check_against_world(model, world)
    hours = hours if hours is not None else choose_hours(model, world)
    notes: list[str] = []
    world, hours = under_scenario(model.scenario.factors, world, hours, notes)
    candidates = select_sites(model, world, notes)
    tables = _Tables()
    options = _delivered(world, _options_in_time(model, world, notes), notes)
    cooling = cooling_systems(model, world, notes)
    home = {str(s): str(n) for s, n in candidates["country"].items()}
    candidates = candidates.drop(without_cooling(model, world, home, cooling, notes))
    rules = obeyed(model, world)
    signing = signing_years(model, world, rules)
    notes += pause_notes(rules, signing, list(candidates["country"]))
    ramps = ramps_of(model, world, candidates.index, signing) if _has_grid(world, options) else {}
    class_of = classes_of(model, world, candidates.index, signing, ramps)
    zone_of = {c: str(candidates.at[s, "zone"]) for s, c in class_of.items()}
    classes = tuple(sorted(zone_of))
    places = {c: place_in(model, world, hours, zone_of[c]) for c in classes}
    for c in classes:
        _fill(tables, model, world, c, places[c], options, cooling)
    crossing = [k for k in model.power.cross_border if k in options]
    homes = {c: places[c] for c in tables.price}
    ppa, output = signed(world, crossing, homes, lambda zone: place_in(model, world, hours, zone))
    tables.ppa |= ppa
    tables.availability |= output
    sized = {s: _site(model, world, s, c, tables, places) for s, c in class_of.items()}
    rated = {c: _rated_mw(tables, c) for c in classes}
    sites, spare = with_land(model, world, held_below(model, rules, sized, rated, notes))
    _note_small(model, sites, notes)
    n = sum(c.endswith(ISLAND) and home[str(s)] not in signing for s, c in class_of.items())
    if n:
        notes.append(
            f"{n} of {len(class_of)} candidates have no grid connection by {model.horizon.periods[0]} (grid_wait_yr)"
        )
    if tables.price:
        notes.append(_connection_note(hours))
    stepwise = ramp_limits(ramps, model.horizon.periods[0], class_of, tables.price)
    notes += ramp_notes(stepwise, ramps, model.horizon.periods[0])
    data = Instance(
        title=model.title,
        sites=sites,
        classes=classes,
        halls=tables.halls,
        weight=hours.weight,
        before=hours.before,
        ppa=tables.ppa,
        onsite=tables.onsite,
        storage=tables.storage,
        availability=tables.availability,
        price_eur_mwh=tables.price,
        network_eur_mwh=tables.network,
        grid_carbon_t_mwh=tables.carbon,
        grid_cfe_share=tables.cfe,
        connection=tables.connection,
        it=tables.it,
        spare_land_ha_mw={},
        zone=tables.zone,
        utilisation_share=model.load.utilisation_share,
        excess_share_max=model.power.matching.excess_share_max,
        sale_haircut_share=world.parameter("sale_haircut_share"),
        internal_price_eur_t=model.carbon.internal_price_eur_t,
        matching=model.power.matching.kind,
        cfe_score_min=model.power.matching.cfe_score_min or 0.0,
        module_mw=model.sites.module_it_mw,
        sites_min=model.sites.min,
        sites_max=model.sites.max,
        per_country_max=model.sites.max_per_country,
        countries_min=model.sites.min_countries,
        forced=model.sites.force,
        target_it_mw=target_it_mw(model, world),
        capex_counts=model.budget.counts,
        limits=_limits(model, world, tables)
        | clean_limits(model, (s.country for s in sites.values()))
        | stepwise,
        ramps={s: ramp for s, ramp in ramps.items() if s in sites},
        objectives=model.objectives,
        carbon_weight_eur_t=_carbon_weight(model),
        compute_pflops_mw=_pflops_mw(world, model.load.accelerator),
        accelerators_per_mw=KWH_PER_MWH / world.value("accelerators", model.load.accelerator, "it_kw"),
        **load_and_backup(model, notes),
        **places_of(model, world, sites, notes),
        **clean_fields(model, world, tables.residual),
        water_m3_mw_max=model.water.per_site_m3_mw_yr,
        **spread(model, world),
    )
    data = with_baseload(model, world, data, lambda zone: place_in(model, world, hours, zone), notes)
    return replace(classes_by_land(data, spare), notes=tuple(notes))


def target_it_mw(model: PlanningModel, world: World) -> float:
    """IT power that meets the target with the accelerator the model installs; compute is counted in dense BF16 (or FP8).

    100,000 H100-equivalents are 39,576 GB200 (989.4 / 2,500 TFLOP/s BF16 each) and, at 2.402 kW a chip, 95.1 MW.
    """
    target = model.target
    if target is None:
        return 0.0
    if target.it_mw is not None:
        return _one(target.it_mw)
    installed = model.load.accelerator
    kw = world.value("accelerators", installed, "it_kw")
    if target.accelerators is not None and target.accelerator is not None:
        wanted = _one(target.accelerators) * world.value("accelerators", target.accelerator, "bf16_tflops")
        return wanted / world.value("accelerators", installed, "bf16_tflops") * kw / KWH_PER_MWH
    chips = _one(target.eflops) * 1e6 / world.value("accelerators", installed, f"{target.precision}_tflops")
    return chips * kw / KWH_PER_MWH


def _one(amount: float | tuple[float, ...] | None) -> float:
    """The amount of a model of one period (`stages.at_node` takes it from a list)."""
    if isinstance(amount, tuple):
        raise TypeError("a list by period; take one period of the model first")
    return amount or 0.0


def _given(name: str | None) -> tuple[str, ...]:
    return () if name is None else (name,)


def _pflops_mw(world: World, accelerator: str) -> float:
    each = world.value("accelerators", accelerator, "bf16_tflops") / 1e3
    return each * KWH_PER_MWH / world.value("accelerators", accelerator, "it_kw")


def _carbon_weight(model: PlanningModel) -> float:
    if not isinstance(model.objective, WeightedObjective):
        return 0.0
    return model.objective.carbon_eur_t / model.objective.cost


def _options_in_time(model: PlanningModel, world: World, notes: list[str]) -> list[str]:
    """Options that can stand by the period: decision year + lead time <= period."""
    years = model.horizon.periods[0] - model.horizon.decision_year
    usable = []
    for k in model.power.options:
        lead = world.value("technologies", k, "lead_time_yr")
        if lead <= years:
            usable.append(k)
        else:
            notes.append(
                f"{k} needs {lead:g} years from {model.horizon.decision_year} and is not there by {model.horizon.periods[0]}"
            )
    return usable


def _delivered(world: World, options: list[str], notes: list[str]) -> list[str]:
    """Options that can reach a facility: contracts are delivered over the grid, without one they do nothing."""
    contracts = [k for k in options if world.options.at[k, "route"] == "ppa"]
    if not contracts or _has_grid(world, options):
        return options
    notes.append(
        f"without effect: {', '.join(contracts)}; contracts are delivered over the grid, and no grid is among the options"
    )
    return [k for k in options if k not in contracts]


def _has_grid(world: World, options: list[str]) -> bool:
    return any(world.options.at[k, "route"] == "grid" for k in options)


def place_in(model: PlanningModel, world: World, hours: Hours, zone: str) -> costs.Place:
    """A zone in the model's (first) period: discount rate and hourly series. InputError if it lacks a series it needs."""
    series = {
        str(column).removesuffix(f":{zone}"): hours.frame[column].to_numpy(dtype=float)
        for column in hours.frame
        if str(column).endswith(f":{zone}")
    }
    missing = [name for name in REQUIRED if name not in series]
    if missing:
        raise InputError(
            f"series: zone '{zone}' has no {', '.join(missing)} in the hourly data; build or add it"
        )
    return costs.place_of(world, model, zone, series, np.array(hours.weight), model.horizon.periods[0])


def _fill(
    tables: _Tables,
    model: PlanningModel,
    world: World,
    c: str,
    place: costs.Place,
    options: list[str],
    cooling: list[str],
) -> None:
    tables.zone[c] = place.zone
    tables.it[c] = costs.accelerators(world, place, model.load.accelerator)
    for q in cooling_in(model, world, place.country, cooling):
        tables.halls[c, q] = costs.hall(world, place, q)
    for k in options:
        _fill_option(tables, model, world, c, place, k)
    if not c.endswith(ISLAND) and _has_grid(world, options):
        tables.price[c] = tuple(place.hours["price_eur_mwh"].tolist())
        tables.network[c] = world.value("zone_values", place.zone, "network_charge_eur_mwh", place.year)
        tables.carbon[c] = counted_t_mwh(model, place)
        tables.residual[c] = residual_t_mwh(world, place)
        tables.cfe[c] = tuple(place.hours["cfe_share"].tolist())
        tables.connection[c] = costs.connection(world, place)


def _fill_option(
    tables: _Tables, model: PlanningModel, world: World, c: str, place: costs.Place, k: str
) -> None:
    route = world.options.at[k, "route"]
    if not costs.exists(world, place, k):
        return
    if route == "ppa" and not c.endswith(ISLAND):
        tables.ppa[c, k], tables.availability[c, k] = costs.ppa_option(world, place, k)
    elif route == "onsite":
        tables.onsite[c, k], tables.availability[c, k] = costs.onsite_option(world, model, place, k)
    elif route == "storage":
        tables.storage[c, k] = costs.storage_option(world, place, k)


def _site(
    model: PlanningModel, world: World, s: str, c: str, tables: _Tables, places: dict[str, costs.Place]
) -> Site:
    """Largest size: the model's, or what the connection carries at the rated load."""
    row = world.sites.loc[s]
    rated = _rated_mw(tables, c)
    connected = c in tables.price
    most = (
        min(model.sites.size_it_mw[1], float(row["grid_mw"]) / rated)
        if connected
        else model.sites.size_it_mw[1]
    )
    line = costs.grid_line(world, places[c], float(row["line_km"]), rated) if connected else Option(0.0, 0.0)
    return Site(
        c, str(row["country"]), model.sites.size_it_mw[0], most, line.capex_eur_mw, line.yearly_eur_mw
    )


def _rated_mw(tables: _Tables, c: str) -> float:
    """Facility load per MW of IT in the worst hour of the worst cooling."""
    return max(hall.peak_pue for (cc, _), hall in tables.halls.items() if cc == c)


def _connection_note(hours: Hours) -> str:
    """What a connection is sized for: plans are read as if it were the nameplate."""
    year = (
        "" if len(hours.weight) == HOURS_PER_YEAR else "; `siting redispatch` shows what a whole year lacks"
    )
    return (
        f"connections are sized for what crosses the fence in the hours modelled, not for the nameplate{year}"
    )


def _note_small(model: PlanningModel, sites: dict[str, Site], notes: list[str]) -> None:
    small = [s for s, site in sites.items() if site.max_mw < site.min_mw]
    if small:
        notes.append(
            f"{counted(len(small), 'candidate')} cannot hold {model.sites.size_it_mw[0]:g} MW of IT (grid or land), e.g. "
            f"{small[0]}"
        )


def _limits(model: PlanningModel, world: World, tables: _Tables) -> dict[Resource, Limit]:
    limits: dict[Resource, Limit] = {}
    carbon = model.carbon
    if model.budget.capex_eur is not None:
        limits["capex",] = Limit("<=", model.budget.capex_eur, "EUR", "budget.capex_eur")
    if model.budget.cost_eur_yr is not None:
        limits["cost",] = Limit("<=", model.budget.cost_eur_yr, "EUR/yr", "budget.cost_eur_yr")
    if carbon.cap_t_yr is not None:
        limits["carbon",] = Limit("<=", carbon.cap_t_yr, "t/yr", "carbon.cap_t_yr")
    if model.water.allowance_m3_yr is not None:
        limits["water",] = Limit("<=", model.water.allowance_m3_yr, "m3/yr", "water.allowance_m3_yr")
    if carbon.cap_g_kwh is not None:
        limits["carbon_rate",] = Limit("<=", carbon.cap_g_kwh, "g/kWh", "carbon.cap_g_kwh")
    return limits | contract_limits(world, tables.ppa, tables.zone, model.horizon.periods[0])

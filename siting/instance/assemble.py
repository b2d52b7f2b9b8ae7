"""From a planning model and its world to an instance; pandas and geopandas stop here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from siting.errors import InputError
from siting.inputs.places import nearest
from siting.inputs.planning import PlanningModel, Representative, WeightedObjective
from siting.inputs.rules import NationalRule
from siting.inputs.selection import select_sites
from siting.inputs.series import REQUIRED, available_years, read_hours
from siting.inputs.world import World
from siting.instance import costs
from siting.instance.baseload import with_baseload
from siting.instance.bending import load_and_backup
from siting.instance.chosen import kept_or
from siting.instance.clean import clean_fields, clean_limits
from siting.instance.connection import ISLAND, classes_of, ramp_limits, ramp_notes, ramps_of
from siting.instance.cooling import cooling_systems, without_cooling
from siting.instance.cross_border import contract_limits
from siting.instance.hours import Hours, full_year
from siting.instance.instance import Instance, Limit, Option, Ramp, Resource, Site
from siting.instance.land import classes_by_land, with_land
from siting.instance.points import places_of
from siting.instance.rules import held_below, obeyed, pause_notes, signing_years, under_rules
from siting.instance.scenario import under_scenario
from siting.instance.spread import spread, weighed
from siting.instance.tables import Tables, filled, has_grid
from siting.units import HOURS_PER_YEAR, KWH_PER_MWH, counted


@dataclass(frozen=True)
class _Ground:
    """Who may be built on and what is on offer: country and class of candidates, zone of classes, options and cooling systems,
    rules that hold, first years of agreements where connections are paused, connections that grow."""

    home: dict[str, str]
    class_of: dict[str, str]
    zone_of: dict[str, str]
    options: list[str]
    cooling: list[str]
    rules: tuple[NationalRule, ...]
    signing: dict[str, int | None]
    ramps: dict[str, Ramp]


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
    notes: list[str] = []
    chosen = hours if hours is not None else choose_hours(model, world)
    world, modelled = under_scenario(model.scenario.factors, world, chosen, notes)

    def place(zone: str) -> costs.Place:
        return place_in(model, world, modelled, zone)

    ground = _ground(model, world, notes)
    tables = filled(model, world, ground.zone_of, ground.options, ground.cooling, place)
    sites, spare = _sized(model, world, ground, tables, notes)
    stepwise = ramp_limits(ground.ramps, model.horizon.periods[0], ground.class_of, tables.price)
    notes += _grid_notes(model, modelled, ground, tables, stepwise)
    data = replace(
        _instance(model, world, modelled, sites, tables, notes),
        ramps={s: ramp for s, ramp in ground.ramps.items() if s in sites},
    )
    data = replace(data, limits=data.limits | stepwise)
    data = with_baseload(model, world, data, place, notes)
    return replace(classes_by_land(data, spare), notes=tuple(notes))


def _ground(model: PlanningModel, world: World, notes: list[str]) -> _Ground:
    """Candidates with a cooling system, in classes by zone and connection. InfeasibleError if no site is left."""
    candidates = select_sites(model, world, notes)
    options = _delivered(world, _options_in_time(model, world, notes), notes)
    cooling = cooling_systems(model, world, notes)
    home = {str(s): str(n) for s, n in candidates["country"].items()}
    candidates = candidates.drop(without_cooling(model, world, home, cooling, notes))
    rules = obeyed(model, world)
    signing = signing_years(model, world, rules)
    notes += pause_notes(rules, signing, list(candidates["country"]))
    ramps = ramps_of(model, world, candidates.index, signing) if has_grid(world, options) else {}
    class_of = classes_of(model, world, candidates.index, signing, ramps)
    zone_of = {c: str(candidates.at[s, "zone"]) for s, c in class_of.items()}
    return _Ground(home, class_of, zone_of, options, cooling, rules, signing, ramps)


def _sized(
    model: PlanningModel, world: World, ground: _Ground, tables: Tables, notes: list[str]
) -> tuple[dict[str, Site], dict[str, float]]:
    """Candidates as large as connection, rules and land let them be, and the spare land of those that can be built on."""
    sized = {s: _site(model, world, s, c, tables) for s, c in ground.class_of.items()}
    rated = {c: _rated_mw(tables, c) for c in tables.zone}
    sites, spare = with_land(model, world, held_below(model, ground.rules, sized, rated, notes))
    _note_small(model, sites, notes)
    return sites, spare


def _grid_notes(
    model: PlanningModel, hours: Hours, ground: _Ground, tables: Tables, stepwise: dict[Resource, Limit]
) -> list[str]:
    """Who has no connection by the period, what a connection is sized for, and whose grows."""
    period, notes = model.horizon.periods[0], []
    n = sum(c.endswith(ISLAND) and ground.home[s] not in ground.signing for s, c in ground.class_of.items())
    if n:
        notes.append(
            f"{n} of {len(ground.class_of)} candidates have no grid connection by {period} (grid_wait_yr)"
        )
    if tables.price:
        notes.append(_connection_note(hours))
    return notes + ramp_notes(stepwise, ground.ramps, period)


def _instance(
    model: PlanningModel,
    world: World,
    hours: Hours,
    sites: dict[str, Site],
    tables: Tables,
    notes: list[str],
) -> Instance:
    """What the equations read, before land splits the classes."""
    return Instance(
        title=model.title,
        sites=sites,
        classes=tuple(tables.zone),
        weight=hours.weight,
        before=hours.before,
        spare_land_ha_mw={},
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
        limits=_limits(model, world, tables) | clean_limits(model, (s.country for s in sites.values())),
        objectives=model.objectives,
        carbon_weight_eur_t=_carbon_weight(model),
        compute_pflops_mw=_pflops_mw(world, model.load.accelerator),
        accelerators_per_mw=KWH_PER_MWH / world.value("accelerators", model.load.accelerator, "it_kw"),
        water_m3_mw_max=model.water.per_site_m3_mw_yr,
        **tables.fields(),
        **load_and_backup(model, notes),
        **places_of(model, world, sites, notes),
        **clean_fields(model, world, tables.residual),
        **spread(model, world),
    )


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
    if not contracts or has_grid(world, options):
        return options
    notes.append(
        f"without effect: {', '.join(contracts)}; contracts are delivered over the grid, and no grid is among the options"
    )
    return [k for k in options if k not in contracts]


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


def _site(model: PlanningModel, world: World, s: str, c: str, tables: Tables) -> Site:
    """Largest size: the model's, or what the connection carries at the rated load."""
    row = world.sites.loc[s]
    rated = _rated_mw(tables, c)
    connected = c in tables.price
    most = (
        min(model.sites.size_it_mw[1], float(row["grid_mw"]) / rated)
        if connected
        else model.sites.size_it_mw[1]
    )
    line = (
        costs.grid_line(world, tables.places[c], float(row["line_km"]), rated)
        if connected
        else Option(0.0, 0.0)
    )
    return Site(
        c, str(row["country"]), model.sites.size_it_mw[0], most, line.capex_eur_mw, line.yearly_eur_mw
    )


def _rated_mw(tables: Tables, c: str) -> float:
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


def _limits(model: PlanningModel, world: World, tables: Tables) -> dict[Resource, Limit]:
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

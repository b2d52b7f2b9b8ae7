"""Several periods and scenarios: an instance a node, joined into one whose classes have a cell at each.

A class is a zone x the period its sites are connected in (x their spare land where that matters), or one site whose
connection comes step by step. What is built in a period is an option of its own, `k@v`, at the cost of that period, on offer
there and in every later one of its life: whatever is not connected, not developed or retired yet simply has no such option in
the cell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from siting.inputs.finance import period_years
from siting.inputs.planning import Factors, PlanningModel, Target
from siting.inputs.world import World
from siting.instance.assemble import assemble, assemble_node
from siting.instance.connection import ISLAND, joined_class
from siting.instance.hours import Hours
from siting.instance.instance import BY_CELL, BY_OPTION, RAMP, VINTAGE, Instance, Limit, Node, Resource, plant
from siting.instance.rules import under_rules

YEARLY = (
    "carbon", "carbon_rate", "lifecycle", "clean", "clean_in", "water", "potential", "link", RAMP,
)  # fmt: skip  # limits that hold in every period


def assemble_horizon(model: PlanningModel, world: World, hours: Hours | Mapping[str, Hours]) -> Instance:
    """The instance of all periods and scenarios of a model; `hours` by scenario where there are several.

    Raises InputError for names or numbers the world lacks, InfeasibleError if no site is left.
    """
    by_scenario = {"": hours} if isinstance(hours, Hours) else dict(hours)
    nodes = nodes_of(model, by_scenario)
    if len(nodes) == 1:
        return assemble(model, world, next(iter(by_scenario.values())))
    alone = {node: assemble_node(at_node(model, node), world, by_scenario[node.scenario]) for node in nodes}
    return _joined(model, world, alone)


def hours_by_case(model: PlanningModel, of_year: Callable[[int], Hours]) -> dict[str, Hours]:
    """Modelled hours of every case of a model, "" where it has none; `of_year` gives those of a weather year."""
    (year,) = model.time.weather_years
    cases = model.uncertainty.cases if model.uncertainty else {}
    return {name: of_year(case.weather_year or year) for name, case in cases.items()} or {"": of_year(year)}


def nodes_of(model: PlanningModel, hours: Mapping[str, Hours]) -> tuple[Node, ...]:
    """Periods x scenarios with their weights."""
    horizon = model.horizon
    years = period_years(horizon.periods, horizon.end_year, horizon.decision_year, horizon.discount_share)
    cases = model.uncertainty.cases if model.uncertainty else {}
    chance = {name: cases[name].probability if name else 1.0 for name in hours}
    weight = {name: own.weight if len(hours) > 1 else () for name, own in hours.items()}
    return tuple(
        Node(p, name, chance[name], cost * chance[name], carbon * chance[name], weight[name])
        for p, cost, carbon in zip(horizon.periods, years.cost_share, years.carbon_share, strict=True)
        for name in hours
    )


def at_node(model: PlanningModel, node: Node) -> PlanningModel:
    """The model of one period alone, in one case: its target, its cap, its factors, its weather year."""
    case = model.uncertainty.cases[node.scenario] if model.uncertainty and node.scenario else None
    i = model.horizon.periods.index(node.period)
    later = model.scenario.by_period.get(str(node.period))
    changes: dict[str, Any] = {
        "horizon": model.horizon.model_copy(update={"periods": (node.period,), "end_year": None}),
        "target": _target(model.target, i),
        "scenario": model.scenario.model_copy(
            update={
                "factors": _both(_both(model.scenario.factors, later), case.factors if case else None),
                "by_period": {},
            }
        ),
        "uncertainty": None,
    }
    if case and case.weather_year:
        changes["time"] = model.time.model_copy(update={"weather_years": (case.weather_year,)})
    caps = model.carbon.cap_t_yr_by_period
    if caps is not None:
        changes["carbon"] = model.carbon.model_copy(update={"cap_t_yr": caps[i], "cap_t_yr_by_period": None})
    return model.model_copy(update=changes)


def _target(target: Target | None, i: int) -> Target | None:
    listed = (
        {
            name: value[i]
            for name in ("accelerators", "it_mw", "eflops")
            if isinstance(value := getattr(target, name), tuple)
        }
        if target is not None
        else {}
    )
    return target.model_copy(update=listed) if target is not None else None


def _both(factors: Factors, later: Factors | None) -> Factors:
    """Factors of the scenario times those of the period."""
    if later is None:
        return factors
    return factors.model_copy(update={name: float(value) * getattr(later, name) for name, value in factors})


def _joined(model: PlanningModel, world: World, alone: Mapping[Node, Instance]) -> Instance:
    nodes = tuple(alone)
    first = {p: next(node for node in nodes if node.period == p) for p in model.horizon.periods}
    final = alone[first[model.horizon.periods[-1]]]
    class_of = _classes(model, alone, first)
    members: dict[str, str] = {}
    for s in final.sites:
        members.setdefault(class_of[s], s)
    site_at = {
        s: tuple(replace(alone[node].sites[s], supply_class=class_of[s]) for node in first.values())
        for s in final.sites
    }
    data = replace(
        final,
        classes=tuple(sorted(members)),
        sites={s: sites[-1] for s, sites in site_at.items()},
        site_at=site_at,
        nodes=nodes,
        earlier_it_mw={p: alone[node].target_it_mw for p, node in first.items() if alone[node] is not final},
        limits=_limits(model, alone, first),
        tail_share=model.uncertainty.tail if model.uncertainty else 1.0,
        objectives=model.objectives,
        notes=tuple(_notes(alone, first)),
    )
    data = replace(data, **_tables(data, alone, members, _lives(world, alone)))
    return under_rules(model, world, data)


def _classes(
    model: PlanningModel, alone: Mapping[Node, Instance], first: Mapping[int, Node]
) -> dict[str, str]:
    """Zone, land and period of the connection, or the site of a ramp: the classes of the joined instance.

    A site's land may differ between nodes, as its largest size does: sites that part at one of them are numbered apart.
    """
    found: dict[str, str] = {}
    parted: dict[str, list[tuple[str, ...]]] = {}
    for s, site in alone[first[model.horizon.periods[-1]]].sites.items():
        own = {p: alone[node].sites[s].supply_class for p, node in first.items()}
        late = [p for p, c in own.items() if c.endswith(ISLAND)]
        connected = [p for p in own if p not in late]
        together = (
            site.supply_class if not late or not connected else f"{site.supply_class} from {connected[0]}"
        )
        ways = parted.setdefault(together, [])
        way = tuple(data.sites[s].supply_class for data in alone.values())
        if way not in ways:
            ways.append(way)
        number = "" if way == ways[0] else f" ({ways.index(way) + 1})"
        found[s] = joined_class([alone[node] for node in first.values()], s, together + number)
    return found


def _tables(
    data: Instance, alone: Mapping[Node, Instance], members: Mapping[str, str], lives: Mapping[str, float]
) -> dict[str, Any]:
    """The tables of all cells: those of each node's class, options once for each period they may have been built in."""
    tables: dict[str, dict[Any, Any]] = {name: {} for name in (*BY_CELL, *BY_OPTION)}
    for cell, (c, node) in data.cells.items():
        here = alone[node]
        own = here.sites[members[c]].supply_class
        for name in BY_CELL:
            if own in getattr(here, name):
                tables[name][cell] = getattr(here, name)[own]
        tables["halls"] |= {(cell, q): here.halls[own, q] for q in here.cooling_of(own)}
        for then, built in alone.items():
            if then.scenario != node.scenario or then.period > node.period:
                continue
            _add_vintage(
                tables, cell, node, then, here, built, (own, built.sites[members[c]].supply_class), lives
            )
    return tables


def _add_vintage(
    tables: dict[str, dict[Any, Any]],
    cell: str,
    node: Node,
    then: Node,
    here: Instance,
    built: Instance,
    names: tuple[str, str],
    lives: Mapping[str, float],
) -> None:
    """Options built at `then` that still stand at `node`; `names`: the class now and then."""
    own, before = names
    for route in ("ppa", "onsite", "storage"):
        for k in built.options_of(route, before):
            if then.period + lives[k] <= node.period or (own, k) not in getattr(here, route):
                continue
            name = f"{k}{VINTAGE}{then.period}"
            tables[route][cell, name] = getattr(built, route)[before, k]
            for table in ("availability", "shaped"):  # hours of this period, whenever it was built
                if (own, k) in getattr(here, table):
                    tables[table][cell, name] = getattr(here, table)[own, k]


def _lives(world: World, alone: Mapping[Node, Instance]) -> dict[str, float]:
    """Years each option stands; a contract without a life is renewed, a store lives as long as its longer part."""
    options = {
        k for data in alone.values() for route in (data.ppa, data.onsite, data.storage) for _, k in route
    }
    found = {}
    for k in options:
        lives = [world.get("technologies", plant(k, "")[0], name) for name in ("life_yr", "energy_life_yr")]
        found[k] = max((life for life in lives if life is not None), default=float("inf"))
    return found


def _limits(
    model: PlanningModel, alone: Mapping[Node, Instance], first: Mapping[int, Node]
) -> dict[Resource, Limit]:
    """Money over the horizon; tonnes, clean supply and potentials in each period."""
    found: dict[Resource, Limit] = {}
    for p, node in first.items():
        for r, limit in alone[node].limits.items():
            if r[0] in YEARLY:
                found[(*r, str(p))] = replace(limit, meaning=f"{limit.meaning}, {p}")
            else:
                found[r] = limit
    for p, value in zip(first, model.budget.capex_eur_by_period or (), strict=False):
        found["capex", str(p)] = Limit("<=", value, "EUR", f"budget.capex_eur_by_period, {p}")
    return found


def _notes(alone: Mapping[Node, Instance], first: Mapping[int, Node]) -> list[str]:
    """Notes of all periods as they are, of some with their years."""
    years: dict[str, list[str]] = {}
    for p, node in first.items():
        for note in alone[node].notes:
            years.setdefault(note, []).append(str(p))
    return [note if len(own) == len(first) else f"{', '.join(own)}: {note}" for note, own in years.items()]

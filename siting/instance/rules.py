"""National rules and heat networks: which hold where and when, and what they make of an instance.

Mechanisms by subject: PUE, renewable share, heat reuse and firm capacity become duties of a cell (rows of the model); a pause
of connections delays when sites are connected (`signing_years`); a rule on regions holds sites elsewhere below its threshold
(`held_below`). Classes are places x connections, so a rule is put to the largest site of a class: where a threshold lies
within the range of sizes it is applied to all of them, and a note says so. The connection a threshold counts is the rated
facility load (peak PUE x IT), on the grid or off it.

A period stands for the years up to the next; sites run from its first day. A rule holds in a cell if it asks something of a
site commissioned in that period or an earlier one, after its years of grace, on some day of the period: the strictest reading
for a class. A single period is a typical year: there grace has passed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from siting.errors import InputError
from siting.inputs.finance import yearly_eur
from siting.inputs.places import nearest
from siting.inputs.planning import PlanningModel
from siting.inputs.rules import UNION, NationalRule, read_rules
from siting.inputs.world import World
from siting.instance.costs import discount_rate
from siting.instance.duties import FIRM, HEAT, RENEWABLE, WORDS, Duty, HeatNetwork
from siting.instance.instance import Instance, Site, plant
from siting.units import counted

REGION, PAUSE, REPORT, EXEMPT = "region_only", "grid_pause", "reporting", "heat_reuse_exempt_km"
LAST_YEAR = 2100  # a pause without an end lasts beyond any period


def obeyed(model: PlanningModel, world: World) -> tuple[NationalRule, ...]:
    """The rules a model obeys, in file order. InputError for names under `except` that are not in rules.csv."""
    known = known_rules(model, world)
    if not model.rules.national:
        return ()
    return tuple(rule for rule in known if not _left_out(model, rule))


def known_rules(model: PlanningModel, world: World) -> tuple[NationalRule, ...]:
    """All rules of the world. InputError for names under `except` that are none of them."""
    known = read_rules(world.folder, list(world.countries.index))
    names = [rule.rule for rule in known]
    strange = [name for name in model.rules.except_ if name not in names]
    if strange:
        raise InputError(
            [
                f"rules.except: '{name}' is not in rules.csv of world {world.name}; {nearest(name, names)}"
                for name in strange
            ]
        )
    return known


def _left_out(model: PlanningModel, rule: NationalRule) -> str:
    """Why a rule does not bind though rules do; empty if it binds."""
    if rule.rule in model.rules.except_:
        return "left out (rules.except)"
    return "draft, not asked for (rules.drafts)" if rule.status == "draft" and not model.rules.drafts else ""


@dataclass(frozen=True)
class _When:
    """A period as rules see it: its days, and the years in which sites of it may have been commissioned."""

    first: date
    last: date
    built: tuple[int, ...]
    graced: bool

    def asks(self, rule: NationalRule, country: str, it_mw: float, connection_mw: float) -> bool:
        """Whether a rule asks something of a site of this size on some day."""
        return any(
            rule.concerns(country, date(year, 1, 1), day, it_mw, connection_mw)
            for year in self.built
            for day in self._days(rule, year)
        )

    def _days(self, rule: NationalRule, year: int) -> list[date]:
        """The first day on which a site commissioned in a year owes it, and the day the rule itself begins."""
        due = date(year + (int(rule.grace_yr) if self.graced else 0), 1, 1)
        start = max(self.first, due)
        begins = rule.applies_from or start
        return [day for day in dict.fromkeys((start, begins)) if start <= day <= self.last]


def _when(model: PlanningModel, period: int) -> _When:
    periods = model.horizon.periods
    first = date(period, 1, 1)
    if len(periods) == 1:
        return _When(first, date(period, 12, 31), (period,), graced=False)
    i = periods.index(period)
    last = periods[i + 1] - 1 if i + 1 < len(periods) else model.horizon.end_year or period
    return _When(first, date(last, 12, 31), periods[: i + 1], graced=True)


def signing_years(model: PlanningModel, world: World, rules: Sequence[NationalRule]) -> dict[str, int | None]:
    """Countries whose connections are paused when the plan is decided: the first year in which one can be agreed on, None if no
    end of the pause is known. Agreements are signed at the end of a year, for sites of the largest size."""
    found: dict[str, int | None] = {}
    size = model.sites.size_it_mw[1]
    for country in sorted({str(n) for n in world.sites["country"]}):
        pauses = [rule for rule in rules if rule.subject == PAUSE and rule.country in (country, UNION)]
        years = range(model.horizon.decision_year, LAST_YEAR)
        free = (
            year
            for year in years
            if not any(
                rule.concerns(country, day, day, size, size)
                for rule in pauses
                for day in [date(year, 12, 31)]
            )
        )
        first = next(free, None) if pauses else model.horizon.decision_year
        if first != model.horizon.decision_year:
            found[country] = first
    return found


def pause_notes(
    rules: Sequence[NationalRule], signing: Mapping[str, int | None], countries: Sequence[str]
) -> list[str]:
    """One note a paused country with candidates."""
    notes = []
    for n, year in signing.items():
        if n not in countries:
            continue
        names = ", ".join(rule.rule for rule in rules if rule.subject == PAUSE and rule.country in (n, UNION))
        end = "its end is not known" if year is None else f"agreements from {year} on"
        notes.append(
            f"{names}: no connection to the grid is agreed on in {n}, {end}; {counted(countries.count(n), 'candidate')}"
        )
    return notes


def held_below(
    model: PlanningModel,
    rules: Sequence[NationalRule],
    sites: Mapping[str, Site],
    rated_mw: Mapping[str, float],
    notes: list[str],
) -> dict[str, Site]:
    """Candidates outside the places a rule names, kept below its threshold.

    `rated_mw`: rated load per MW of IT by class. Floor area is not asked for: a rule that needs it too is taken to hold.
    """
    when = _when(model, model.horizon.periods[0])
    held = dict(sites)
    for rule in (rule for rule in rules if rule.subject == REGION):
        touched = []
        for s, site in sites.items():
            rated = rated_mw[site.supply_class]
            if s in rule.sites or not when.asks(rule, site.country, site.max_mw, site.max_mw * rated):
                continue
            most = rule.threshold_mw * (1.0 - 1e-9) / (1.0 if rule.threshold_basis == "it" else rated)
            held[s] = replace(held[s], max_mw=min(held[s].max_mw, most))
            touched.append(s)
        small = sum(held[s].max_mw < sites[s].min_mw for s in touched)
        if touched:
            of = "IT" if rule.threshold_basis == "it" else "connection"
            notes.append(
                f"{rule.rule}: {counted(len(touched), 'candidate')} outside {', '.join(rule.regions)} kept below "
                f"{rule.threshold_mw:g} MW of {of}; {small} of them cannot hold the smallest size"
            )
    return held


def under_rules(model: PlanningModel, world: World, data: Instance) -> Instance:
    """The instance with the duties national rules and heat networks make for its cells, and notes on both."""
    data = replace(data, **_fields(model, world, data))
    return replace(data, notes=(*data.notes, *_rule_notes(model, world, data)))


def _fields(model: PlanningModel, world: World, data: Instance) -> dict[str, Any]:
    """Fields of an instance on rules and heat: `duties`, `renewable`, `firm_share`, `heat`, by cell. Raises InputError."""
    heat = _networks(model, world, data)
    rules = [rule for rule in obeyed(model, world) if rule.subject in WORDS and rule.value]
    duties = {cell: found for cell in data.cells if (found := _duties(model, world, data, cell, rules, heat))}
    firm: dict[str, float] = {}
    for cell in data.cells:
        own = [d.value for d in duties.get(cell, ()) if d.subject == FIRM]
        share = max([model.adequacy.firm_onsite_share, *own])
        firm |= {cell: share} if share > 0 else {}
    asked = [cell for cell, found in duties.items() if any(d.subject == RENEWABLE for d in found)]
    renewable = {cell: tuple(_renewable(world, data, cell)) for cell in asked}
    return {"duties": duties, "renewable": renewable, "firm_share": firm, "heat": heat}


def _period(model: PlanningModel, data: Instance, cell: str) -> int:
    return model.horizon.periods[0] if len(data.nodes) == 1 else data.cells[cell][1].period


def _country(world: World, data: Instance, cell: str) -> str:
    return str(world.zones.at[data.zone[cell], "country"])


def _duties(
    model: PlanningModel,
    world: World,
    data: Instance,
    cell: str,
    rules: Sequence[NationalRule],
    heat: Mapping[str, HeatNetwork],
) -> tuple[Duty, ...]:
    return tuple(
        Duty(rule.rule, rule.subject, rule.value or 0.0, rule.source)
        for rule in rules
        if (rule.subject != HEAT or cell in heat) and _asked(model, world, data, cell, rule)
    )


def _asked(model: PlanningModel, world: World, data: Instance, cell: str, rule: NationalRule) -> bool:
    it_mw, rated_mw = _sizes(model, data, cell)[1]
    country = _country(world, data, cell)
    return _when(model, _period(model, data, cell)).asks(rule, country, it_mw, rated_mw)


def _sizes(
    model: PlanningModel, data: Instance, cell: str
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Smallest and largest site of a cell's class: MW of IT and rated load."""
    usable = [
        data.sites[s]
        for s in data.members(data.cells[cell][0])
        if data.sites[s].max_mw >= data.sites[s].min_mw
    ]
    least = min((site.min_mw for site in usable), default=model.sites.size_it_mw[0])
    most = max((site.max_mw for site in usable), default=model.sites.size_it_mw[1])
    peaks = [data.halls[cell, q].peak_pue for q in data.cooling_of(cell)]
    return (least, least * min(peaks)), (most, most * max(peaks))


def _renewable(world: World, data: Instance, cell: str) -> Iterator[str]:
    """Options of a cell that count as renewable: by options.csv, and with their plant in the same country."""
    if "renewable" not in world.options.columns:
        raise InputError(
            f"{world.name}/options.csv: no column 'renewable', which national rules on renewable power need; add it with true or "
            "false for every option, or leave those rules out (rules.except)"
        )
    for k in (*data.options_of("ppa", cell), *data.options_of("onsite", cell)):
        option, zone = plant(k, data.zone[cell])
        word = str(world.options.at[option, "renewable"])
        if word not in ("true", "false"):
            raise InputError(f"{world.name}/options.csv ({option}): renewable '{word}'; write true or false")
        if word == "true" and str(world.zones.at[zone, "country"]) == _country(world, data, cell):
            yield k


def _networks(model: PlanningModel, world: World, data: Instance) -> dict[str, HeatNetwork]:
    """Heat networks by cell; the connection is repaid over the life of the building (`dc_life_yr`)."""
    asked = model.heat
    if asked is None:
        return {}
    known = list(world.countries.index)
    strange = [n for n in asked.countries or () if n not in known]
    if strange:
        raise InputError(
            [f"heat.countries: '{n}' is not in world {world.name}; {nearest(n, known)}" for n in strange]
        )
    found = {}
    for cell in data.cells:
        country = _country(world, data, cell)
        if asked.countries is not None and country not in asked.countries:
            continue
        life = world.parameter("dc_life_yr", _period(model, data, cell))
        yearly = yearly_eur(asked.connection_eur_mw, discount_rate(world, model, country), life)
        found[cell] = HeatNetwork(asked.price_eur_mwh, asked.reuse_share_max, asked.connection_eur_mw, yearly)
    return found


def concerning(model: PlanningModel, world: World, data: Instance) -> list[tuple[NationalRule, str]]:
    """Rules of the world that ask something of a candidate in some period, obeyed or not, and what becomes of each."""
    return [
        (rule, _fate(model, data, rule))
        for rule in known_rules(model, world)
        if _concerns(model, world, data, rule)
    ]


def _concerns(model: PlanningModel, world: World, data: Instance, rule: NationalRule) -> bool:
    """Whether it concerns a class that has sites; a pause or region also counts where it has taken all their size."""
    if rule.subject == PAUSE:
        return any(
            n in signing_years(model, world, [rule]) for n in {site.country for site in data.sites.values()}
        )
    size = model.sites.size_it_mw[1]
    if rule.subject == REGION:
        when = [_when(model, p) for p in model.horizon.periods]
        outside = {site.country for s, site in data.sites.items() if s not in rule.sites}
        return any(w.asks(rule, n, size, size) for w in when for n in outside)
    return any(
        _asked(model, world, data, cell, rule) for cell in data.cells if data.members(data.cells[cell][0])
    )


def _fate(model: PlanningModel, data: Instance, rule: NationalRule) -> str:
    if not model.rules.national:
        return "not asked for (rules.national)"
    if reason := _left_out(model, rule):
        return reason
    if rule.subject == REPORT:
        return "holds; costs nothing here"
    if rule.subject == EXEMPT:
        return "not modelled: where heat networks lie is not known"
    if rule.subject == HEAT and not any(d.rule == rule.rule for found in data.duties.values() for d in found):
        return "not modelled: no heat network (heat)"
    return "holds"


def rule_texts(model: PlanningModel, world: World, data: Instance) -> list[str]:
    """A line for every rule that concerns the candidates: name, country, what it asks, source, and what becomes of it."""
    return [
        f"{rule.rule} ({rule.country}): {rule.subject}{_at_least(rule)} [{rule.source}], {fate}"
        for rule, fate in concerning(model, world, data)
    ]


def _rule_notes(model: PlanningModel, world: World, data: Instance) -> list[str]:
    """What of the rules is not modelled, read strictly, or a draft."""
    if not model.rules.national:
        return []
    found = concerning(model, world, data)
    holding = [rule for rule, fate in found if fate == "holds"]
    notes = [
        f"{rule.rule} ({WORDS.get(rule.subject, rule.subject)}{_at_least(rule)}) is {fate}"
        for rule, fate in found
        if fate.startswith("not modelled")
    ]
    notes += [
        f"{rule.rule} begins at {rule.threshold_mw:g} MW of {rule.threshold_basis}; it is put to smaller sites too"
        for rule in holding
        if rule.subject in WORDS and _cuts_through(model, world, data, rule)
    ]
    graced = [f"{rule.rule} ({rule.grace_yr:g})" for rule in holding if rule.grace_yr > 0]
    if graced and len(model.horizon.periods) == 1:
        notes.append(f"a typical year: rules with years of grace hold in full, {', '.join(graced)}")
    drafts = [rule.rule for rule in holding if rule.status == "draft"]
    if drafts:
        notes.append(f"drafts of law that bind here: {', '.join(drafts)}")
    return notes


def _at_least(rule: NationalRule) -> str:
    return "" if rule.value is None else f" {rule.value:g}"


def _cuts_through(model: PlanningModel, world: World, data: Instance, rule: NationalRule) -> bool:
    """Whether a rule's threshold lies above the smallest site of a class it holds in."""
    column = 0 if rule.threshold_basis == "it" else 1
    return any(
        _sizes(model, data, cell)[0][column] < rule.threshold_mw and _asked(model, world, data, cell, rule)
        for cell in data.cells
    )

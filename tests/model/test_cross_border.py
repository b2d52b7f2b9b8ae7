"""Contracts over a border: what they cost, what they share, and that both methods and the audit see it alike."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from siting.errors import InputError
from siting.inputs.load import load
from siting.inputs.planning import PlanningModel
from siting.inputs.world import World, read_world
from siting.instance import cross_border
from siting.instance.assemble import assemble
from siting.instance.costs import Place, ppa_option
from siting.instance.instance import Instance, Limit
from siting.model.build import whole
from siting.plan.audit import audit
from siting.solver.solution import Solution
from siting.study.first_stage import only_sites
from tests.build_instance import WIND, frontier, small_instance, small_plan, solved, total
from tests.model.golden import assert_golden, only_rows

FLAT = (1.0, 1.0, 1.0)
NAME = "wind_ppa:AA"


def neighbours(link_mw: float = 5.0, potential_mw: float = 12.0) -> Instance:
    """Both sites, 10 MW each; a flat wind contract in AA, also for BB over a link.

    A MW saves 180,000 - 60,000 EUR/yr in AA and 210,000 - 60,000 in BB (purchase less contract; network charges stay),
    a surplus of 2 MW in AA 0.9 x 180,000 - 60,000: BB takes what the link carries, AA the rest of the potential.
    """
    data = small_instance(ppa=WIND, ppa_output=FLAT, ppa_potential_mw=potential_mw, countries_min=2)
    limits = {
        **data.limits,
        ("link", "AA", "BB"): Limit("<=", link_mw, "MW", "contracts over the link AA to BB"),
    }
    return replace(
        data,
        ppa={**data.ppa, ("BB", NAME): WIND},
        availability={**data.availability, ("BB", NAME): FLAT},
        limits=limits,
    )


@pytest.mark.parametrize("solve", [solved, frontier], ids=["whole", "frontier"])
@pytest.mark.parametrize(
    ("link_mw", "potential_mw", "at_aa", "at_bb"),
    [(5.0, 12.0, 7.0, 5.0), (0.0, 12.0, 12.0, 0.0), (50.0, 9.0, 0.0, 9.0)],
    ids=["link binds", "no link", "potential binds"],
)  # fmt: skip
def test_the_dearer_zone_takes_what_the_link_carries(
    solve: Callable[[Instance], Solution], link_mw: float, potential_mw: float, at_aa: float, at_bb: float
) -> None:
    """10 x 6,222,000 + 10 x 6,383,000 less the savings; what AA holds above its load of 10 MW is sold."""
    data = neighbours(link_mw, potential_mw)
    solution = solve(data)
    plan = small_plan(data, solution)
    held = {row["site"]: row["supply_mw"] for row in plan.record["sites"]}
    assert held["one"]["wind_ppa"] == pytest.approx(at_aa, abs=1e-3)
    assert held["two"][NAME] == pytest.approx(at_bb, abs=1e-3)
    sold = max(0.0, at_aa - 10.0)
    saved = (at_aa - sold) * 120_000 + sold * 102_000 + at_bb * 150_000
    assert total(solution.cost_eur) == pytest.approx(126_050_000 - saved, rel=1e-6)
    assert audit(data, plan.record, plan.hourly) == []


def test_the_plan_names_the_link_that_binds() -> None:
    limits = {entry["limit"] for entry in small_plan(neighbours()).record["binding"]}
    assert {"contracts over the link AA to BB", "wind_ppa potential of AA"} <= limits


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        (("link", "AA", "BB"), "contracts over the link AA to BB"),
        (("potential", "AA", "wind_ppa"), "wind_ppa potential of AA"),
    ],
)
def test_the_audit_names_a_limit_that_is_broken(resource: tuple[str, ...], words: str) -> None:
    data = neighbours()
    plan = small_plan(data)
    less = {**data.limits, resource: replace(data.limits[resource], value=data.limits[resource].value - 1.0)}
    assert any(words in finding for finding in audit(replace(data, limits=less), plan.record, plan.hourly))


def test_the_audit_sees_a_contract_that_was_made_larger() -> None:
    data = neighbours()
    plan = small_plan(data)
    record = copy.deepcopy(dict(plan.record))
    next(row for row in record["sites"] if row["site"] == "two")["supply_mw"][NAME] += 1.0
    found = audit(data, record, plan.hourly)
    assert any("contracts over the link AA to BB" in finding for finding in found)


def test_one_class_alone_keeps_the_limits_its_contracts_use() -> None:
    two = only_sites(neighbours(), {"two": 10.0}, sized=True)
    assert set(two.limits) == {("link", "AA", "BB"), ("potential", "AA", "wind_ppa")}
    assert set(only_sites(neighbours(), {"one": 10.0}, sized=True).limits) == {
        ("potential", "AA", "wind_ppa")
    }


def test_rows_are_those_written_down(tmp_path: Path) -> None:
    """Two hours: the potential counts both sites' contracts, the link only those from next door."""
    data = neighbours()
    two = {
        name: {k: v[:2] for k, v in getattr(data, name).items()}
        for name in ("availability", "price_eur_mwh", "grid_carbon_t_mwh", "grid_cfe_share")
    }
    halls = {k: replace(hall, pue=hall.pue[:2]) for k, hall in data.halls.items()}
    data = replace(data, **two, halls=halls, weight=data.weight[:2], before=(1, 0))
    assert_golden(only_rows(whole(data).m, "contract_output", "resource_limit"), "cross_border", tmp_path)


# --- from a world


@pytest.fixture(scope="module")
def question(linked_world: Path, tiny_model: Path) -> PlanningModel:
    return load(tiny_model).with_(
        world=linked_world.as_posix(), power__cross_border=["solar_ppa"], horizon__country_risk=False
    )


def place(zone: str, price: tuple[float, float]) -> Place:
    hours = {"price_eur_mwh": np.array(price), "solar_cf": np.array([0.0, 0.5])}
    return Place(zone, zone, 0.07, hours, np.array([6000.0, 2760.0]))


def test_capacity_counts_in_its_direction(linked_world: Path) -> None:
    world = read_world(linked_world)
    assert cross_border.neighbours(world, "FR") == {"ES": 100.0}
    assert cross_border.neighbours(world, "ES") == {"FR": 50.0}
    assert cross_border.neighbours(world, "SE") == {}


def test_the_border_is_paid_at_the_price_difference(linked_world: Path) -> None:
    """Output 0.5 in the second hour of 2,760 h, 70 against 30 EUR/MWh: 2760 x 0.5 x 40; cheaper the other way: nothing."""
    world: World = read_world(linked_world)
    france, spain = place("FR", (50.0, 70.0)), place("ES", (90.0, 30.0))
    ppa, output = cross_border.signed(world, ["solar_ppa"], {"FR": france}, {"ES": spain}.__getitem__)
    at_home = ppa_option(world, spain, "solar_ppa")[0]
    assert list(ppa) == [("FR", "solar_ppa:ES")] and output["FR", "solar_ppa:ES"] == (0.0, 0.5)
    assert ppa["FR", "solar_ppa:ES"].yearly_eur_mw == pytest.approx(at_home.yearly_eur_mw + 2760 * 0.5 * 40)
    back, _ = cross_border.signed(world, ["solar_ppa"], {"ES": spain}, {"FR": france}.__getitem__)
    own = ppa_option(world, france, "solar_ppa")[0].yearly_eur_mw
    assert back["ES", "solar_ppa:FR"].yearly_eur_mw == pytest.approx(own)


def test_an_instance_with_and_without(linked_world: Path, question: PlanningModel) -> None:
    world = read_world(linked_world)
    off, on = assemble(question.with_(power__cross_border=[]), world), assemble(question, world)
    new = set(on.ppa) - set(off.ppa)
    assert {k for _, k in new} == {"solar_ppa:ES", "solar_ppa:FR"} and not any(
        c.startswith("SE") for c, _ in new
    )
    assert {k: v for k, v in on.ppa.items() if k not in new} == off.ppa
    links = {r: limit.value for r, limit in on.limits.items() if r[0] == "link"}
    assert links == {("link", "ES", "FR"): pytest.approx(20.0), ("link", "FR", "ES"): pytest.approx(10.0)}
    assert {r: v for r, v in on.limits.items() if r[0] != "link"} == off.limits


def test_bad_input_is_named(linked_world: Path, question: PlanningModel, tiny_world: Path) -> None:
    with pytest.raises(InputError, match=r"cross_border names offwind_ppa, which is not among options"):
        question.with_(power__cross_border=["offwind_ppa"])
    with pytest.raises(InputError, match=r"power\.cross_border: battery is no contract"):
        assemble(question.with_(power__cross_border=["battery"]), read_world(linked_world))
    with (linked_world / "parameters.csv").open(encoding="utf-8") as file:
        lines = [line for line in file if not line.startswith("cross_border")]
    bare = shutil.copytree(linked_world, linked_world.parent / "bare")
    (bare / "parameters.csv").write_text("".join(lines), encoding="utf-8")
    with pytest.raises(InputError, match=r"no row for parameter 'cross_border_ntc_share'"):
        assemble(question, read_world(bare))

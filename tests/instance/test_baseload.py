"""Baseload contracts of a world: what is on offer at which price, over borders and periods, and what cannot be shaped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import siting
from siting.api import audit_folder
from siting.cli import app
from siting.errors import InputError
from siting.inputs.load import load
from siting.inputs.planning import PlanningModel
from siting.inputs.world import World, read_world
from siting.instance.assemble import assemble, choose_hours
from siting.instance.hours import Hours
from siting.instance.instance import Instance
from siting.instance.shaped import shaping_eur_mw
from siting.instance.stages import assemble_horizon
from siting.plan.audit_horizon import audit_plan

SUN, WIND = "solar_ppa", "onwind_ppa"
FLAT = f"{SUN}~flat"


@pytest.fixture(scope="module")
def world(linked_world: Path) -> World:
    return read_world(linked_world)


@pytest.fixture(scope="module")
def question(linked_world: Path, tiny_model: Path) -> PlanningModel:
    asked: PlanningModel = load(tiny_model).with_(world=linked_world.as_posix())
    return asked


@pytest.fixture(scope="module")
def hours(question: PlanningModel, world: World) -> Hours:
    return choose_hours(question, world)


def shaped(question: PlanningModel, world: World, hours: Hours, **more: Any) -> Instance:
    return assemble(question.with_(**{"power__baseload": [SUN, WIND], **more}), world, hours)


def test_named_contracts_are_on_offer_twice(question: PlanningModel, world: World, hours: Hours) -> None:
    """The same plant at the same yearly cost, delivered at its mean; nothing else of the instance moves."""
    off, on = assemble(question, world, hours), shaped(question, world, hours)
    assert set(on.shaped) == set(on.ppa) - set(off.ppa)
    assert {k for _, k in on.shaped} == {FLAT, f"{WIND}~flat"}
    assert {key: option for key, option in on.ppa.items() if key not in on.shaped} == off.ppa
    assert on.limits == off.limits
    weight = np.array(on.weight)
    for (c, k), how in on.shaped.items():
        plain = (c, k.removesuffix("~flat"))
        assert on.ppa[c, k] == off.ppa[plain]
        assert how.output == off.availability[plain]
        mean = np.average(how.output, weights=weight)
        assert on.availability[c, k] == pytest.approx((mean,) * len(weight))
        assert how.price_eur_mwh == off.price_eur_mwh[c] and how.cfe_share == off.grid_cfe_share[c]
        assert how.carbon_t_mwh == off.grid_carbon_t_mwh[c]
    assert any("(scenario)" in note and "baseload contracts" in note for note in on.notes)
    assert not any("baseload contracts" in note for note in off.notes)


def test_shaping_is_base_price_less_captured_price(
    question: PlanningModel, world: World, hours: Hours
) -> None:
    """The second way: energy x (mean price - mean price weighted by output), and the margins on it."""
    data = shaped(question, world, hours, power__baseload_margin_eur_mwh=3.0)
    for (c, k), how in data.shaped.items():
        weight, price, output = (np.array(v) for v in (data.weight, how.price_eur_mwh, how.output))
        energy = float(weight @ output)
        base, captured = np.average(price, weights=weight), np.average(price, weights=weight * output)
        premium = max(0.0, captured - data.ppa[c, k].yearly_eur_mw / energy)
        assert how.margin_eur_mwh == pytest.approx(premium + 3.0, rel=1e-9)
        assert shaping_eur_mw(data, c, k) == pytest.approx(
            energy * (base - captured + premium + 3.0), rel=1e-9
        )


@pytest.mark.parametrize("crossing", [[], [SUN]], ids=["at home", "over a border"])
def test_no_rent_of_the_market_is_given_away(
    question: PlanningModel, world: World, hours: Hours, crossing: list[str]
) -> None:
    """Plant and shaping together cost at least the mean price of where the plant stands, and exactly that for a cheap plant."""
    data = shaped(question, world, hours, power__cross_border=crossing)
    asked = []
    for (c, k), how in data.shaped.items():
        if bool(crossing) != (":" in k):
            continue
        energy = float(np.array(data.weight) @ np.array(how.output))
        zone = k.partition(":")[2] or c
        rent = data.ppa[c, k].yearly_eur_mw - data.ppa[zone, k.partition("~")[0]].yearly_eur_mw
        own = (data.ppa[c, k].yearly_eur_mw - rent + shaping_eur_mw(data, c, k)) / energy
        asked.append(own / np.average(how.price_eur_mwh, weights=data.weight))
    assert asked and min(asked) >= 1 - 1e-9
    assert min(asked) == pytest.approx(1.0), "one of them is cheaper than its hours are worth"


def test_over_a_border_the_seller_trades_at_home(question: PlanningModel, world: World, hours: Hours) -> None:
    """FR's contract in ES: prices of ES, and the congestion rent on the flat delivery."""
    data = shaped(question, world, hours, power__cross_border=[SUN], horizon__country_risk=False)
    key = ("FR", f"{FLAT}:ES")
    how = data.shaped[key]
    assert how.price_eur_mwh == data.price_eur_mwh["ES"] and how.carbon_t_mwh == data.grid_carbon_t_mwh["ES"]
    apart = np.maximum(0.0, np.array(data.price_eur_mwh["FR"]) - np.array(data.price_eur_mwh["ES"]))
    rent = float(np.array(data.weight) @ (np.array(data.availability[key]) * apart))
    assert data.ppa[key].yearly_eur_mw == pytest.approx(data.ppa["ES", SUN].yearly_eur_mw + rent, rel=1e-9)
    assert ("link", "ES", "FR") in data.limits
    assert f"{WIND}~flat:ES" not in {k for _, k in data.shaped}, "wind does not cross"


def test_it_is_as_renewable_as_its_plant(question: PlanningModel, world: World, hours: Hours) -> None:
    """Rules name options by their plant: what counts as produced counts flat."""
    from siting.instance.rules import _renewable

    world.options["renewable"] = world.options["clean"]
    data = shaped(question, world, hours)
    found = set(_renewable(world, data, "FR"))
    assert {SUN, FLAT, WIND, f"{WIND}~flat"} <= found


def test_a_plan_is_audited_and_read_back(question: PlanningModel, tmp_path: Path) -> None:
    """Both methods, every table and file; with solar this cheap and no surplus sold, some of it is signed flat."""
    asked = question.with_(
        power__baseload=[SUN, WIND],
        power__cross_border=[SUN],
        power__matching={"kind": "annual", "cfe_score_min": 0.9, "excess_share_max": 0.0},
        solve__gap_share=1e-4,
    )
    plans = {method: siting.solve(asked.with_(solve__method=method)) for method in ("frontier", "whole")}
    cost = {method: plan.totals["cost_eur_yr"] for method, plan in plans.items()}
    assert cost["frontier"] == pytest.approx(cost["whole"], rel=2e-4)
    plan = plans["frontier"]
    assert cost["whole"] <= siting.solve(asked.with_(power__baseload=[])).totals["cost_eur_yr"] * (1 + 2e-4)
    flat = plan.supply[plan.supply["option"].str.contains("~flat") & (plan.supply["supply_mw"] > 1.0)]
    assert not flat.empty
    folder = plan.save(tmp_path / "out")
    assert audit_folder(folder) == []


def test_several_periods(question: PlanningModel, world: World) -> None:
    """A contract signed in a period stands to the end of its plant's life; each period pays the shaping of its own hours."""
    asked = question.with_(
        power__baseload=[SUN],
        horizon__periods=[2030, 2035],
        horizon__end_year=2044,
        target__it_mw=[20.0, 40.0],
        scenario__by_period={"2035": {"grid_price": 2.0, "grid_carbon": 0.5}},
        sites__min_countries=1,
    )
    data = assemble_horizon(asked, world, choose_hours(asked, world))
    early, late = (data.shaped[f"FR@{p}", f"{FLAT}@2030"] for p in (2030, 2035))
    assert late.output == early.output
    assert late.price_eur_mwh == pytest.approx([2.0 * p for p in early.price_eur_mwh])
    assert late.carbon_t_mwh == pytest.approx([0.5 * t for t in early.carbon_t_mwh])
    assert ("FR@2035", f"{FLAT}@2035") in data.shaped and ("FR@2030", f"{FLAT}@2035") not in data.shaped
    plan = siting.solve(asked)
    assert audit_plan(data, plan) == []


def test_a_contract_ends_with_its_plant(question: PlanningModel, world: World) -> None:
    """Solar plants live 40 years here: what is signed in 2030 is gone in 2070, flat or not."""
    asked = question.with_(
        power__baseload=[SUN],
        horizon__periods=[2030, 2070],
        horizon__end_year=2075,
        target__it_mw=[20.0, 40.0],
    )
    data = assemble_horizon(asked, world, choose_hours(asked, world))
    for k in (SUN, FLAT):
        assert ("FR@2030", f"{k}@2030") in data.ppa and ("FR@2070", f"{k}@2030") not in data.ppa


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"power__baseload": ["hydro_ppa"]}, "baseload names hydro_ppa, which is not among options"),
        ({"power__baseload": [SUN, WIND, SUN]}, "power.baseload: names solar_ppa twice"),
        ({"power__baseload_margin_eur_mwh": 2.0}, "baseload_margin_eur_mwh goes with baseload"),
        ({"power__baseload": [SUN], "power__baseload_margin_eur_mwh": -1.0}, "greater than or equal to 0"),
    ],
)
def test_bad_models_are_named(question: PlanningModel, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        question.with_(**changes)


def test_what_cannot_be_shaped_is_named_at_once(question: PlanningModel, world: World, hours: Hours) -> None:
    with pytest.raises(InputError) as caught:
        shaped(question, world, hours, power__baseload=["onsite_solar", "nuclear_ppa", SUN])
    text = str(caught.value)
    assert "power.baseload: onsite_solar is no contract; name options of route ppa" in text
    assert "power.baseload: nuclear_ppa is delivered flat as it is" in text


def test_as_a_user(tiny_model: Path, tmp_path: Path) -> None:
    """One key on the command line; the plan says what is in the contract, the audit recomputes it, a slip is named."""
    key, out = "power.baseload=[solar_ppa]", str(tmp_path / "out")
    made = CliRunner().invoke(app, ["solve", str(tiny_model), "--set", key, "-o", out])
    assert made.exit_code == 0, made.output
    assert "baseload" in made.output and "a margin of 0 EUR/MWh" in " ".join(made.output.split())
    assert CliRunner().invoke(app, ["audit", out]).exit_code == 0
    slip = CliRunner().invoke(app, ["check", str(tiny_model), "--set", "power.baseload=[nuclear_ppa]"])
    assert slip.exit_code == 2 and "nuclear_ppa is delivered flat as it is" in " ".join(slip.output.split())
    assert "Traceback" not in slip.output


def test_it_can_be_weighed_by_name(question: PlanningModel, world: World, hours: Hours) -> None:
    """Alternatives ask for the most and the least of it, as of every option."""
    asked = {"objective": {"options": {FLAT: -1.0}}}
    assert shaped(question, world, hours, **asked).spread_options == {FLAT: -1.0}
    with pytest.raises(InputError, match=r"solar_ppa~flat"):
        assemble(question.with_(**asked), world, hours)


def test_where_it_is_chosen() -> None:
    """The bundled world, one site in Spain: at the price of the market nothing is saved without matching; certificates by the
    year are cheapest with sun delivered flat, and what that emits is told by the hour, not by certificates."""
    asked = siting.load("eu-gigafactories").with_(
        sites__where={"countries": ["ES"], "kinds": None},
        sites__min=1,
        sites__max=1,
        sites__min_countries=1,
        target={"it_mw": 96.0},
        solve__gap_share=1e-5,
    )
    flat = {"power__baseload": [SUN, WIND]}
    yearly = {"power__matching": {"kind": "annual", "cfe_score_min": 1.0, "excess_share_max": 0.2}}
    plain, free = siting.solve(asked), siting.solve(asked.with_(**flat))
    assert free.supply.set_index("option").loc[FLAT, "supply_mwh"] == pytest.approx(0.0, abs=1.0)
    assert free.totals["cost_eur_yr"] == pytest.approx(plain.totals["cost_eur_yr"], rel=1e-6)
    produced, bought = siting.solve(asked.with_(**yearly)), siting.solve(asked.with_(**yearly, **flat))
    assert bought.supply.set_index("option").loc[FLAT, "supply_mwh"] > 0.1 * bought.totals["facility_mwh"]
    assert bought.totals["cost_eur_yr"] < produced.totals["cost_eur_yr"]
    assert bought.totals["carbon_t_yr"] > 1.5 * produced.totals["carbon_t_yr"]
    assert bought.totals["carbon_market_t_yr"] < 1.0

"""Plans side by side: sums by hand, mixed questions, what is not known, and as a user sees it."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.colors import to_hex
from typer.testing import CliRunner

import siting
from siting.cli import app
from siting.errors import InputError
from siting.inputs.planning import PlanningModel
from siting.output.compare_figure import POWER, REST, cost_parts
from siting.output.comparison_text import _blocks, comparison_text, row_cells
from siting.output.gis_style import rgba, style_qml
from siting.output.layers import layer
from siting.output.paints import paint_of
from siting.output.words import option_name
from siting.plan.plan import Plan
from siting.study.compare import Comparison, power_year, side_by_side
from siting.study.entries import named_entries, split_name
from siting.study.sharp import gap_wanted, is_rough


@pytest.fixture(scope="module")
def both(tiny_question: PlanningModel) -> Comparison:
    return siting.compare(tiny_question, ["cost", "green"])


@pytest.fixture(scope="module")
def saved(tiny_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_plan.save(tmp_path_factory.mktemp("saved") / "before")


def altered(plan: Plan, **totals: float) -> Plan:
    """The same plan with other totals."""
    return dataclasses.replace(plan, record={**plan.record, "totals": {**plan.totals, **totals}})


def test_cost_is_plant_plus_opex_and_every_figure_part(both: Comparison) -> None:
    for name, plan in both.plans.items():
        column = both.table[name]
        plant, opex = (
            column["of it plant and upkeep [M EUR/yr]"],
            column["of it opex: energy, fuel, charges [M EUR/yr]"],
        )
        assert plant + opex == pytest.approx(column["cost [M EUR/yr]"], rel=1e-9)
        assert sum(cost_parts(plan).values()) == pytest.approx(plan.totals["cash_cost_eur_yr"], rel=1e-9)
        assert column["cost of an accelerator [EUR/yr]"] == pytest.approx(
            plan.totals["cash_cost_eur_yr"] / plan.totals["accelerators"]
        )


def test_the_figure_calls_cost_of_power_what_the_price_of_electricity_counts(tiny_plan: Plan) -> None:
    site = tiny_plan.costs["site"].iloc[0]
    rows = [(site, "heat connection", "site", 1e6, 1e7), (site, "compute lost", "", 2e6, 0.0)]
    more = pd.DataFrame(rows, columns=tiny_plan.costs.columns)
    plan = dataclasses.replace(tiny_plan, costs=pd.concat([tiny_plan.costs, more], ignore_index=True))
    parts, own = cost_parts(plan), cost_parts(tiny_plan)
    power = plan.totals["energy_eur_mwh"] * plan.totals["facility_mwh"]
    assert sum(parts[name] for name in POWER) == pytest.approx(power, rel=1e-9)
    assert parts["building"] == own["building"]
    assert parts[REST] - own[REST] == pytest.approx(3e6)


def test_a_technology_has_one_colour_in_all_figures(both: Comparison) -> None:
    """In the comparison's bars as in the plan's own figures, and in the style of its maps."""
    bars = both.figure("bars").axes[1]
    handles, labels = bars.get_legend_handles_labels()
    drawn = {
        name: to_hex(handle.patches[0].get_facecolor()) for name, handle in zip(labels, handles, strict=True)
    }
    used = {k for plan in both.plans.values() for k in plan.supply["option"] if option_name(k) in drawn}
    assert used and {option_name(k): paint_of(k) for k in used} == drawn
    style = style_qml(layer(both.plans["cost"], "supply"))
    assert all(rgba(paint_of(k), 225) in style for k in both.plans["cost"].supply["option"])


def test_power_by_country_and_by_site_sum_to_the_plan(both: Comparison) -> None:
    by_country = both.table[both.table.index.str.endswith("[MW of IT]")]
    for name, plan in both.plans.items():
        assert by_country[name].sum() == pytest.approx(plan.totals["it_mw"])
        assert both.sites[name].sum() == pytest.approx(plan.totals["it_mw"])
        assert set(both.sites.index[both.sites[name] > 0]) == set(plan.chosen.index)


def test_a_tonne_less_costs_what_the_two_plans_differ_by(tiny_plan: Plan) -> None:
    cost, tonnes = tiny_plan.totals["cash_cost_eur_yr"], tiny_plan.totals["carbon_t_yr"]
    cleaner = altered(tiny_plan, cash_cost_eur_yr=cost + 300_000, carbon_t_yr=tonnes - 1_000)
    dirtier = altered(tiny_plan, cash_cost_eur_yr=cost - 5_000, carbon_t_yr=tonnes + 10)
    larger = altered(cleaner, it_mw=2 * tiny_plan.totals["it_mw"], carbon_t_yr=tonnes - 2_000)
    told = side_by_side({"a": tiny_plan, "b": cleaner, "c": dirtier, "d": larger})
    price = told.abatement["abatement_eur_t"]
    assert price[0] == pytest.approx(300.0)
    assert price[1:].isna().all(), "dirtier plans and plans of another size have no price of a tonne"
    assert list(told.table.loc["a tonne less than the plan before [EUR/t]"].notna()) == [
        False,
        True,
        False,
        False,
    ]
    assert any("300 EUR per tonne avoided" in line for line in told.differences)


def proven(plan: Plan, share: float) -> Plan:
    """The same plan with a bound so far below its objective."""
    goal = plan.record["objective"]
    return dataclasses.replace(
        plan, record={**plan.record, "objective": {**goal, "bound": goal["value"] * (1 - share)}}
    )


def test_a_price_says_what_the_gaps_leave_open(tiny_plan: Plan) -> None:
    """1,000 t for 300,000 EUR/yr: the dearer plan may cost 50,000 less, the cheaper one 100,000."""
    goal = tiny_plan.record["objective"]["value"]
    cost, tonnes = tiny_plan.totals["cash_cost_eur_yr"], tiny_plan.totals["carbon_t_yr"]
    base = proven(tiny_plan, 100_000 / goal)
    cleaner = altered(tiny_plan, cash_cost_eur_yr=cost + 300_000, carbon_t_yr=tonnes - 1_000)
    (line,) = [
        text
        for text in side_by_side({"a": base, "b": proven(cleaner, 50_000 / goal)}).differences
        if "tonne avoided" in text
    ]
    assert line.endswith("300 EUR per tonne avoided (proven: between 250 and 400)")
    sharp = side_by_side({"a": proven(tiny_plan, 0.0), "b": proven(cleaner, 1_000 / goal)})
    assert not any("proven" in text for text in sharp.differences)


def test_differences_decide_how_sharp_plans_must_be(tiny_plan: Plan) -> None:
    cost = tiny_plan.totals["cash_cost_eur_yr"]
    plans = [altered(tiny_plan, cash_cost_eur_yr=cost * share) for share in (1.0, 1.02, 1.05, 1.0)]
    assert gap_wanted(plans) == pytest.approx(0.01 * 0.02 / 1.02)
    assert gap_wanted([tiny_plan, tiny_plan]) == math.inf, "no difference asks for nothing"


def test_rough_plans_are_solved_again_where_it_would_blur_the_difference(
    tiny_question: PlanningModel,
) -> None:
    rough = siting.compare(tiny_question.with_(solve__gap_share=0.2), ["cost", "green"], cache=False)
    wanted = gap_wanted(list(rough.plans.values()))
    assert wanted < 0.2 and not any(is_rough(plan, 1.1 * wanted) for plan in rough.plans.values())


def test_what_a_plan_does_not_know_is_null_and_not_zero(both: Comparison, tiny_plan: Plan) -> None:
    assert (both.table.loc["water [m3/yr]"] == 0.0).all()  # closed loops: known, and nothing
    totals = {name: value for name, value in tiny_plan.totals.items() if name != "water_m3_yr"}
    unknown = dataclasses.replace(tiny_plan, record={**tiny_plan.record, "totals": totals})
    wet = side_by_side({"wet": altered(tiny_plan, water_m3_yr=12.0), "unknown": unknown})
    assert wet.table.at["water [m3/yr]", "wet"] == 12.0
    assert wet.table.loc["water [m3/yr]"].isna().tolist() == [False, True]
    assert json.loads(wet.to_json())["table"]["water [m3/yr]"] == {"wet": 12.0, "unknown": None}
    sites = tiny_plan.sites.copy()
    sites.loc[tiny_plan.chosen.index[0], "land_ha"] = float("nan")
    landless = side_by_side({"a": dataclasses.replace(tiny_plan, sites=sites), "b": tiny_plan})
    assert landless.table.loc["land of the sites [ha]"].isna().tolist() == [True, False]


def test_a_site_has_power_when_its_grid_connection_is_there(tiny_plan: Plan) -> None:
    sites = tiny_plan.sites.copy()
    first, second = tiny_plan.chosen.index[:2]
    sites.loc[first, "grid_wait_yr"] = 1.5
    sites.loc[second, "connection_mw"] = 0.0
    years = power_year(dataclasses.replace(tiny_plan, sites=sites))
    assert years[first] == 2027.5 and years[second] == 2030, (
        "decision 2026 + wait; the period without a connection"
    )


def test_a_limit_that_binds_in_one_plan_alone_is_named(both: Comparison) -> None:
    words = "\n".join(both.differences)
    own = [
        limit
        for limit in both.plans["green"].record["binding"]
        if limit not in both.plans["cost"].record["binding"]
    ]
    assert own, "green binds on nothing else than cost: another model for this test"
    assert all(f"green: {limit['limit']} binds at" in words for limit in own)


def test_models_and_saved_plans_stand_side_by_side(
    tiny_question: PlanningModel, saved: Path, tiny_plan: Plan
) -> None:
    asked = {"now": tiny_question.with_(**{"sites.min": 3}), "before": saved}
    told = siting.compare(asked)
    assert list(told.plans) == ["now", "before"]
    assert told.plans["before"].totals == tiny_plan.totals
    assert list(siting.compare([saved, tiny_question]).plans) == ["before", "Tiny"]


def test_every_model_once_under_each_portfolio(tiny_question: PlanningModel, tiny_plan: Plan) -> None:
    found = named_entries({"a": tiny_question, "b": tiny_question, "old": tiny_plan}, ["cost", "green"])
    assert list(found) == ["a-cost", "a-green", "b-cost", "b-green", "old"]
    with pytest.raises(InputError, match="share a name"):  # before anything is solved
        named_entries({"a/cost.yaml": tiny_question, "cost": tiny_plan})
    assert set(named_entries({"base-1.5": tiny_question, "base-1.6": tiny_plan})) == {"base-1.5", "base-1.6"}
    assert list(named_entries([tiny_question, tiny_plan.model.with_(title="other")])) == ["Tiny", "other"]


@pytest.mark.parametrize(
    ("asked", "portfolios", "words"),
    [
        (["model", "model"], None, "two are called 'Tiny'"),
        (["plan"], None, "at least two"),
        (["plan", "plan2"], ["cost"], "only saved plans"),
        (["model"], ["cost"], "at least two"),
        (["model"], ["cost", "gren"], "did you mean green"),
    ],
)
def test_what_makes_no_comparison_is_refused(
    tiny_question: PlanningModel, tiny_plan: Plan, asked: list[str], portfolios: list[str] | None, words: str
) -> None:
    second = dataclasses.replace(tiny_plan, record={**tiny_plan.record, "title": "other"})
    known = {"model": tiny_question, "plan": tiny_plan, "plan2": second}
    with pytest.raises(InputError, match=words):
        named_entries([known[name] for name in asked], portfolios)


def test_it_is_saved_whole_with_figure_and_plans(both: Comparison, tmp_path: Path) -> None:
    out = both.save(tmp_path / "both")
    assert (out / "comparison.png").read_bytes()[:4] == b"\x89PNG"
    told = json.loads((out / "comparison.json").read_text(encoding="utf-8"))
    assert set(told["sites"]) == set(both.sites.index) and len(told["abatement"]) == 1
    assert siting.audit_folder(out / "green") == []
    again = siting.compare([out / "cost", out / "green"])
    assert again.save(out, overwrite=True) == out
    assert siting.audit_folder(out / "cost") == []


def test_it_reads_within_100_columns_however_many_plans(both: Comparison) -> None:
    many = side_by_side({f"a rather long name {i}": both.plans["green"] for i in range(9)})
    for told in (both, many):
        lines = comparison_text(told).splitlines()
        assert max(map(len, lines)) <= 100
    assert _blocks(40, [18] * 5) == [[0, 1, 2], [0, 3, 4]]
    assert row_cells("x", [float("nan"), 2.0]) == ["-", "2"]


def test_both_pictures_draw(both: Comparison) -> None:
    bars, table = both.figure(), both.figure("table")
    assert len(bars.axes) == 3 and len(table.axes) == 4
    with pytest.raises(InputError, match="have: bars, table"):
        both.figure("pie")
    assert "<table" in both._repr_html_()


def test_as_a_user(tiny_model: Path, saved: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["compare", f"now={tiny_model}", str(saved), "-o", str(tmp_path / "mixed"), "--quiet"]
    )
    assert done.exit_code == 0, done.output
    assert done.stdout.split()[:2] == ["now", "before"] and "now shares" not in done.stdout.splitlines()[0]
    assert sorted(p.name for p in (tmp_path / "mixed").iterdir() if p.is_dir()) == ["before", "now"]
    for arguments, words in (
        (["compare", str(saved), str(saved)], "NAME=PATH"),
        (["compare", str(saved), f"b={saved}", "--budget", "1e9"], "not solved again"),
        (["compare", str(tmp_path), str(tiny_model)], "holds no plan.json"),
    ):
        refused = CliRunner().invoke(app, arguments)
        assert refused.exit_code == 2 and words in refused.stderr


def test_a_name_goes_before_an_equals_sign() -> None:
    assert split_name("a=b/c.yaml") == ("a", "b/c.yaml")
    assert split_name("x/y=z.yaml") == ("y=z", "x/y=z.yaml")

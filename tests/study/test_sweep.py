"""Sweeps and tornados: ranges, scenario factors by hand, single solves as the second method, and as a user."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import siting
from siting.api import prepare
from siting.cli import app
from siting.errors import InfeasibleError, InputError
from siting.inputs.planning import Factors, PlanningModel
from siting.instance.scenario import OPTIONS, PARAMETERS, QUANTITIES, SERIES
from siting.output.sweep_text import sweep_text, tornado_text
from siting.study.sweep import Sweep, meant_key, parse_range
from siting.study.tornado import Tornado


@pytest.fixture(scope="module")
def swept(tiny_question: PlanningModel) -> Sweep:
    return siting.sweep(tiny_question.with_(gap_share=1e-6), "budget.capex_eur=1e8,2.2e9,3e9")


@pytest.fixture(scope="module")
def blown(tiny_question: PlanningModel) -> Tornado:
    return siting.tornado(
        tiny_question.with_(gap_share=1e-6), ["gpu_price", "factor.grid_carbon", "wacc", "baseload_price"]
    )


@pytest.mark.parametrize(
    ("text", "values"),
    [("k=0..10:3", [0, 5, 10]), ("k = 1,2.5", [1, 2.5]), ("k=0..1:3", [0, 0.5, 1]), ("k=-2..2:2", [-2, 2])],
)
def test_ranges_are_read(text: str, values: list[float]) -> None:
    assert parse_range(text) == ("k", values)
    assert all(
        isinstance(a, int) == isinstance(b, int) or isinstance(a, float)
        for a, b in zip(parse_range(text)[1], values, strict=True)
    )


@pytest.mark.parametrize(
    "text", ["k", "k=", "=1,2", "k=1..2", "k=1..2:x", "k=1..2:1", "k=a,b", "k=1,1", "k=nan,1", "k=0..1:999"]
)
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--over"):
        parse_range(text)


def test_short_words_mean_keys(tiny_question: PlanningModel) -> None:
    words = {
        "target": "target.it_mw", "wacc": "horizon.discount_share", "gas_price": "scenario.factors.gas_price",
        "factor.gas_price": "scenario.factors.gas_price", "budget": "budget.capex_eur", "carbon.cap_t_yr": "carbon.cap_t_yr",
    }  # fmt: skip
    assert {word: meant_key(tiny_question, word) for word in words} == words


def test_every_point_is_the_plan_of_its_own_model(swept: Sweep, tiny_question: PlanningModel) -> None:
    alone = siting.solve(tiny_question.with_(gap_share=1e-6, budget__capex_eur=2.2e9))
    assert swept.table.at[1, "objective"] == pytest.approx(alone.objective, rel=1e-5)
    assert swept.table.at[1, "sites"] == ", ".join(sorted(alone.chosen.index))


def test_a_point_without_a_plan_is_a_row_that_says_why(swept: Sweep) -> None:
    first = swept.table.iloc[0]
    assert first["status"] == "infeasible" and "budget" in first["reason"] and np.isnan(first["objective"])
    assert 0 not in swept.plans and set(swept.plans) == {1, 2}
    assert json.loads(swept.to_json())["points"][0]["objective"] is None


def test_sites_that_come_and_go_are_those_between_the_two_plans(tiny_question: PlanningModel) -> None:
    moved = siting.sweep(tiny_question, {"sites.min": [2, 3]})
    small, large = (set(plan.chosen.index) for plan in moved.plans.values())
    assert large - small, "a third site must come"
    assert moved.table.at[1, "sites_in"] == ", ".join(sorted(large - small))
    assert moved.table.at[1, "sites_out"] == ", ".join(sorted(small - large))
    assert moved.table.at[0, "sites_in"] == ""


def test_a_sweep_without_any_plan_is_infeasible(tiny_question: PlanningModel) -> None:
    with pytest.raises(InfeasibleError, match="no value from 1e"):
        siting.sweep(tiny_question, "budget=1e6,2e6")


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ("carbon.cap=1,2", "unknown key"),
        ("sites.min=1,1.5", "no whole number"),
        ("horizon.discount_share=0.1,1.4", "less than or equal to 1"),
        ("factor.gas=1,2", "unknown key"),
        ("factor.gas_price=0,2", "greater than 0"),
        ("title=1,2", "no text"),
    ],
)
def test_values_the_model_refuses_are_named_before_any_solve(
    tiny_question: PlanningModel, over: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("siting.api_study.solve", lambda *_: pytest.fail("solved"))
    with pytest.raises(InputError, match=words):
        siting.sweep(tiny_question, over)


def test_every_factor_has_its_place() -> None:
    assert {*SERIES, *QUANTITIES, *PARAMETERS, *OPTIONS} == set(Factors.model_fields)


@pytest.mark.parametrize("factor", list(Factors.model_fields))
def test_a_factor_moves_its_values_and_nothing_else(tiny_question: PlanningModel, factor: str) -> None:
    """Linear by hand: every cost it touches is three times, in the classes of an instance, and all the rest the same."""
    plain, tripled = (
        prepare(tiny_question.with_(**{factor: x, "budget.capex_eur": None})).data for x in (1.0, 3.0)
    )
    c = next(iter(plain.price_eur_mwh))

    def told(data):  # type: ignore[no-untyped-def]
        sun, wind, gas = data.ppa[c, "solar_ppa"], data.ppa[c, "onwind_ppa"], data.onsite[c, "gas_engine"]
        cooling = data.cooling_of(c)[0]
        return {
            "grid_price": sum(data.price_eur_mwh[c]),
            "network_charge": data.network_eur_mwh[c],
            "grid_carbon": sum(data.grid_carbon_t_mwh[c]),
            "gas_price": gas.energy_eur_mwh,
            "accelerator_price": data.it[c].capex_eur_mw,
            "building_cost": data.halls[c, cooling].capex_eur_mw,
            "connection_cost": data.connection[c].yearly_eur_mw,
            "solar_capex": sun.capex_eur_mw,
            "wind_capex": wind.capex_eur_mw,
            "storage_capex": data.storage[c, "battery"].yearly_eur_mwh,
            "baseload_price": sum(o.yearly_eur_mw for (_, k), o in data.ppa.items() if k == "nuclear_ppa"),
        }

    before, after = told(plain), told(tripled)
    assert after.keys() == set(Factors.model_fields)
    for name, value in before.items():
        assert value > 0
        if name == "gas_price" and factor == "gas_price":
            assert value < after[name] < 3 * value, "fuel is three times, variable running cost is not"
        else:
            assert after[name] == pytest.approx(value * (3 if name == factor else 1), rel=1e-6)
    assert any("scenario of the planner" in note and f"{factor} x 3" in note for note in tripled.notes)
    assert not any("scenario" in note for note in plain.notes)


def test_a_plan_under_a_scenario_is_audited_and_read_back(
    tiny_question: PlanningModel, tmp_path: Path
) -> None:
    dear = siting.solve(tiny_question.with_(grid_price=1.5, storage_capex=0.5))
    assert siting.audit_folder(dear.save(tmp_path / "dear")) == []


def test_the_tornado_is_two_solves_a_value(blown: Tornado, tiny_question: PlanningModel) -> None:
    row = blown.table.set_index("key").loc["scenario.factors.accelerator_price"]
    assert (row["low"], row["high"]) == (0.8, 1.2)
    dearer = siting.solve(tiny_question.with_(gap_share=1e-6, accelerator_price=1.2))
    extra = dearer.totals["cash_cost_eur_yr"] - blown.base.totals["cash_cost_eur_yr"]
    assert row["cost_high"] == pytest.approx(extra, rel=1e-4)
    assert row["cost_share_low"] == pytest.approx(-row["cost_share_high"], rel=0.05)


def test_the_tornado_is_ranked_and_carbon_counts(blown: Tornado) -> None:
    assert blown.table["swing_share"].is_monotonic_decreasing
    assert blown.table.at[0, "key"] == "scenario.factors.accelerator_price"
    dirty = blown.table.set_index("key").loc["scenario.factors.grid_carbon"]
    assert dirty["swing_share"] == pytest.approx(0, abs=1e-9) and dirty["carbon_swing_share"] > 0.05


def test_an_end_without_a_plan_says_so(tiny_question: PlanningModel) -> None:
    tight = siting.tornado(tiny_question.with_(budget__capex_eur=2.2e9), ["budget"], 0.6)
    row = tight.table.iloc[0]
    assert np.isnan(float(row["cost_low"])) and "budget" in row["reason_low"] and row["reason_high"] == ""
    assert "no plan" in tornado_text(tight)
    assert tight.figure().axes


@pytest.mark.parametrize(
    ("factors", "by", "words"),
    [
        (["carbon.internal_price_eur_t"], 0.2, "other than 0"),
        ([], 0.2, "no value"),
        (["gas"], 0.2, "no number"),
        (None, 1.5, "between 0 and 1"),
    ],
)
def test_a_tornado_of_nothing_is_refused(
    tiny_question: PlanningModel, factors: list[str] | None, by: float, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        siting.tornado(tiny_question, factors, by)


def test_both_read_within_100_columns_and_draw(swept: Sweep, blown: Tornado) -> None:
    for text in (sweep_text(swept), tornado_text(blown)):
        assert max(map(len, text.splitlines())) <= 100 and "█" in text
    assert len(swept.figure().axes) == 4 and len(blown.figure().axes) == 2
    assert "<img" in swept._repr_html_() and "<table" in blown._repr_html_()


def test_both_are_saved_whole_and_replaced(swept: Sweep, blown: Tornado, tmp_path: Path) -> None:
    for study, files in (
        (swept, ["point-01", "point-02", "sweep.csv", "sweep.json", "sweep.png"]),
        (blown, ["base", "tornado.csv", "tornado.json", "tornado.png"]),
    ):
        out = study.save(tmp_path / files[0])
        assert sorted(p.name for p in out.iterdir()) == files
        assert study.save(out, overwrite=True) == out
    assert siting.audit_folder(tmp_path / "point-01" / "point-02") == []


def test_as_a_user(tiny_model: Path, tmp_path: Path) -> None:
    def run(*arguments: object):  # type: ignore[no-untyped-def]
        return CliRunner().invoke(app, ["sweep", str(tiny_model), "--quiet", *map(str, arguments)])

    done = run("--over", "carbon_price=0..200:2", "-o", tmp_path / "swept")
    assert done.exit_code == 0, done.output
    assert "over carbon.internal_price_eur_t" in done.stdout and (tmp_path / "swept" / "sweep.csv").is_file()
    told = json.loads(run("--tornado", "--factors", "gas_price", "--by", "0.1", "--json").stdout)
    assert told["by_share"] == 0.1 and told["rows"][0]["key"] == "scenario.factors.gas_price"
    for arguments, words in (
        ((), "--over"),
        (("--over", "wacc=0.05,0.1", "--tornado"), "one of the two"),
        (("--over", "wacc=0.05,0.1", "--by", "0.1"), "--tornado"),
        (("--tornado", "--by", "2"), "between 0 and 1"),
    ):
        refused = run(*arguments)
        assert refused.exit_code == 2 and words in refused.stderr
    checked = CliRunner().invoke(app, ["check", str(tiny_model), "--set", "scenario.factors.gas_price=1.5"])
    assert checked.exit_code == 0 and "gas_price x 1.5" in checked.stdout

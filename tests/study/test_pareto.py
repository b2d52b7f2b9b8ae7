"""The front: no plan dominated, ends equal to the single-objective optima, evenly spread; the search by brute force."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import siting
from siting.cli import app
from siting.errors import InfeasibleError, InputError
from siting.inputs.planning import PlanningModel
from siting.output.curve import pareto_text
from siting.study.pareto import Pareto, pareto_front

POINTS = 12


@pytest.fixture(scope="module")
def front(tiny_question: PlanningModel) -> Pareto:
    return siting.pareto(tiny_question, POINTS)


def exact(model: PlanningModel, **changes: Any) -> PlanningModel:
    return model.with_(**{"solve.gap_share": 1e-7, "solve.method": "whole", **changes})


def test_there_are_as_many_plans_as_asked_and_none_is_dominated(front: Pareto) -> None:
    assert len(front.plans) == len(front.table) == POINTS
    ends = [(p.totals["cost_eur_yr"], p.totals["carbon_t_yr"]) for p in front.plans]
    for i, (cost, tonnes) in enumerate(ends):
        others = ends[:i] + ends[i + 1 :]
        assert not any(c <= cost and t <= tonnes for c, t in others), f"point {i} is dominated"
    assert all((a[0] < b[0]) and (a[1] > b[1]) for a, b in pairwise(ends))


def test_the_ends_are_the_lexicographic_optima_by_the_other_method(
    front: Pareto, tiny_question: PlanningModel
) -> None:
    span = front.table["cost_eur_yr"].iloc[-1] - front.table["cost_eur_yr"].iloc[0]
    cheapest = siting.solve(exact(tiny_question, objective=["cost", "carbon"]))
    cleanest = siting.solve(exact(tiny_question, objective=["carbon", "cost"]))
    first, last = front.plans[0].totals, front.plans[-1].totals
    assert first["cost_eur_yr"] == pytest.approx(cheapest.totals["cost_eur_yr"], abs=0.01 * span)
    assert first["carbon_t_yr"] == pytest.approx(cheapest.totals["carbon_t_yr"], rel=0.01)
    assert last["carbon_t_yr"] == pytest.approx(cleanest.totals["carbon_t_yr"], abs=1.0)
    assert last["cost_eur_yr"] == pytest.approx(cleanest.totals["cost_eur_yr"], abs=0.01 * span)


def test_a_point_between_is_the_cheapest_under_its_tonnes_and_wastes_none(
    front: Pareto, tiny_question: PlanningModel
) -> None:
    row = front.table.iloc[8]
    best = siting.solve(exact(tiny_question, **{"carbon.cap_t_yr": row["carbon_t_yr"] * (1 + 1e-7)}))
    assert best.totals["cost_eur_yr"] <= row["cost_eur_yr"] * (1 + 1e-9)
    assert row["cost_eur_yr"] * (1 - row["gap"]) <= best.totals["cost_eur_yr"] * (1 + 1e-6)


def test_points_are_proven_closer_than_the_front_is_wide(front: Pareto) -> None:
    """The model asks for 0.5 %, more than half of what separates the ends: points need more."""
    span = front.table["cost_eur_yr"].iloc[-1] - front.table["cost_eur_yr"].iloc[0]
    assert front.plans[5].model.solve.gap_share < 0.005
    assert (front.table["gap"] * front.table["cost_eur_yr"] <= 0.0055 * span).all()


def test_points_are_spread_over_both_axes(front: Pareto) -> None:
    table = front.table[["cost_eur_yr", "carbon_t_yr"]]
    scaled = (table - table.min()) / (table.max() - table.min())
    steps = [math.dist(a, b) for a, b in pairwise(scaled.to_numpy())]
    assert max(steps) < 0.3, "the way around the corner is two in length"


def test_what_comes_goes_and_costs_along_the_front_adds_up(front: Pareto) -> None:
    table, built = front.table, set(front.plans[0].chosen.index)
    for before, (i, row) in zip(front.plans, list(table.iterrows())[1:], strict=False):
        built = (built | set(filter(None, row["appear"].split(", ")))) - set(row["vanish"].split(", "))
        assert built == set(row["sites"].split(", ")) == set(front.plans[int(str(i))].chosen.index)
        saved = before.totals["carbon_t_yr"] - row["carbon_t_yr"]
        assert row["eur_per_t"] * saved == pytest.approx(row["cost_eur_yr"] - before.totals["cost_eur_yr"])


def test_the_knee_is_farthest_below_the_line(front: Pareto) -> None:
    table = front.table
    (x0, y0), (x1, y1) = ((r["carbon_t_yr"], r["cost_eur_yr"]) for _, r in table.iloc[[0, -1]].iterrows())
    below = [
        (r["cost_eur_yr"] - y0) * (x0 - x1) - (y1 - y0) * (x0 - r["carbon_t_yr"]) for _, r in table.iterrows()
    ]
    assert 0 < front.knee < POINTS - 1 and below[front.knee] == min(below)


def test_an_internal_price_on_carbon_is_no_part_of_a_cost_carbon_front(tiny_question: PlanningModel) -> None:
    model = tiny_question.with_(**{"carbon.internal_price_eur_t": 200.0})
    priced = siting.pareto(model, 2)
    assert any("internal_price_eur_t" in note for note in priced.notes)
    free = siting.pareto(tiny_question, 2)
    assert list(priced.table["cost_eur_yr"]) == pytest.approx(list(free.table["cost_eur_yr"]), rel=1e-9)


def test_more_compute_comes_module_by_module(tiny_question: PlanningModel) -> None:
    """From the target of 60 MW to what the budget holds there are whole modules of 10 MW and nothing between."""
    grown = siting.pareto(tiny_question, 3, of=("compute", "cost"))
    assert [axis.name for axis in grown.axes] == ["cost", "compute"]
    sizes = list(grown.table["it_mw"])
    assert sizes[0] == 60.0 and len(sizes) == 3 and all(size % 10 == 0 for size in sizes)
    with pytest.raises(InfeasibleError):
        siting.solve(tiny_question.with_(target={"it_mw": sizes[-1] + 10}))


def test_least_capex_is_found_between_a_budget_with_and_one_without_a_plan(
    tiny_question: PlanningModel,
) -> None:
    thrifty = siting.pareto(tiny_question, 2, of=("cost", "capex"))
    least = float(thrifty.table["counted_capex_eur"].iloc[-1])
    assert (thrifty.table["counted_capex_eur"].diff().dropna() < 0).all()
    assert (thrifty.table["cost_eur_yr"].diff().dropna() > 0).all()
    with pytest.raises(InfeasibleError):
        siting.solve(tiny_question.with_(budget_eur=least * 0.998))


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (["cost", "beauty"], "beauty: not a quantity"),
        (["cost"], "two different"),
        (["cost", "cost"], "two different"),
        (["capex", "cfe"], "optimises neither"),
        ([], "two different"),
    ],
)
def test_other_pairs_are_refused_by_name_with_the_list(
    tiny_question: PlanningModel, of: list[str], words: str
) -> None:
    with pytest.raises(InputError, match=words) as caught:
        siting.pareto(tiny_question, 4, of=of)
    assert "carbon_intensity" in str(caught.value)


def test_models_that_cannot_have_a_front_are_refused(tiny_question: PlanningModel) -> None:
    annual = {"kind": "annual", "cfe_score_min": 0.5, "excess_share_max": 0.2}
    with pytest.raises(InputError, match="annual"):
        siting.pareto(tiny_question.with_(**{"power.matching": annual}), 4, of=("cost", "cfe"))
    with pytest.raises(InputError, match=r"budget\.capex_eur"):
        siting.pareto(tiny_question.with_(**{"budget.capex_eur": None}), 4, of=("cost", "compute"))
    with pytest.raises(InputError, match="at least 2"):
        siting.pareto(tiny_question, 1)


def test_the_front_is_saved_whole_and_replaced(front: Pareto, tmp_path: Path) -> None:
    short = replace(front, plans=front.plans[:2], table=front.table.head(2), knee=0)
    out = short.save(tmp_path / "front")
    record = json.loads((out / "pareto.json").read_text(encoding="utf-8"))
    assert record["knee"] == 0 and [axis["better"] for axis in record["axes"]] == ["less", "less"]
    assert record["points"][0]["eur_per_t"] is None
    table = pd.read_csv(out / "pareto.csv", index_col="point")
    assert list(table["carbon_t_yr"]) == pytest.approx(list(short.table["carbon_t_yr"]))
    assert sorted(p.name for p in out.iterdir() if p.is_dir()) == ["point-00", "point-01"]
    assert siting.audit_folder(out / "point-01") == []
    with pytest.raises(InputError, match="exists"):
        short.save(out)
    replace(short, plans=front.plans[:1], table=front.table.head(1)).save(out, overwrite=True)
    assert not (out / "point-01").exists()


def test_the_front_is_drawn(front: Pareto) -> None:
    pytest.importorskip("matplotlib")
    curve, strip = front.figure().axes
    assert len(curve.lines[0].get_xdata()) == POINTS
    assert {label.get_text() for label in strip.get_yticklabels()} == {
        s for p in front.plans for s in p.chosen.index
    }
    assert "<table" in front._repr_html_() and "data:image/png" in front._repr_html_()


def test_the_front_reads_within_100_columns(front: Pareto) -> None:
    lines = pareto_text(front).splitlines()
    assert max(map(len, lines)) <= 100 and sum(line.startswith(">") for line in lines) == 2


def test_on_the_command_line(tiny_model: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["pareto", str(tiny_model), "--points", "2", "--json", "--quiet", "-o", str(tmp_path / "out")]
    )
    assert done.exit_code == 0, done.output
    assert len(json.loads(done.stdout)["points"]) == 2 and (tmp_path / "out" / "pareto.csv").is_file()
    refused = CliRunner().invoke(app, ["pareto", str(tiny_model), "--of", "cost,water"])
    assert refused.exit_code == 2 and "water: not a quantity" in refused.output


# ------------------------------------------------------------------ the search, on plans that are pairs of numbers


def invented(cost: float, tonnes: float, first: str) -> Any:
    """A plan that is nothing but a cost and its tonnes."""
    totals = {
        "cost_eur_yr": cost,
        "carbon_t_yr": tonnes,
        "carbon_g_kwh": 0.0,
        "cfe_score": 0.0,
        "capex_eur": 0.0,
    }
    totals |= {"energy_eur_mwh": 0.0, "it_mw": 1.0}
    stage = {"name": first, "gap": 0.0, "value": cost, "bound": cost}
    return SimpleNamespace(
        totals=totals,
        record={"objective": stage, "later_objectives": []},
        chosen=pd.DataFrame(index=[f"{cost:g}"]),
    )


def picker(choices: list[tuple[int, int]]) -> Any:
    """A solver by looking at every choice."""

    def solve(model: PlanningModel) -> Any:
        cap = model.carbon.cap_t_yr
        allowed = [p for p in choices if cap is None or p[1] <= cap]
        if isinstance(model.objective, str | tuple):
            by_carbon = model.objectives[0] == "carbon"
            cost, tonnes = min(allowed, key=lambda p: (p[1], p[0]) if by_carbon else p)
            return invented(float(cost), float(tonnes), model.objectives[0])
        weight = model.objective.carbon_eur_t
        cost, tonnes = min(allowed, key=lambda p: p[0] + weight * p[1])
        return invented(float(cost), float(tonnes), "weighted")

    return solve


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=30))
def test_the_search_finds_every_efficient_choice_and_no_other(choices: list[tuple[int, int]]) -> None:
    from siting.inputs.load import load

    model = load(Path(__file__).parents[1] / "worlds" / "tiny-model.yaml")
    efficient = sorted(
        {p for p in choices if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in choices)}
    )
    found = pareto_front(model, 60, picker(choices))
    assert [(p.totals["cost_eur_yr"], p.totals["carbon_t_yr"]) for p in found.plans] == efficient


def test_a_plan_bettered_within_its_gap_is_dropped_and_its_limit_not_tried_again(tiny_model: Path) -> None:
    """Under caps of 5 and more a careless solver returns 90 EUR at 5 t although 80 EUR at 4 t would do, too."""
    asked: list[float] = []
    careful = picker([(10, 10), (80, 4), (100, 0)])

    def careless(model: PlanningModel) -> Any:
        cap = model.carbon.cap_t_yr
        asked.append(cap or 0.0)
        return invented(90.0, 5.0, "weighted") if cap is not None and 5 <= cap < 10 else careful(model)

    found = pareto_front(siting.load(tiny_model), 6, careless)
    assert [p.totals["cost_eur_yr"] for p in found.plans] == [10.0, 80.0, 100.0]
    assert len(asked) < 40 and "the whole front at this resolution is 3 plans" in found.notes[0]


def test_no_tonne_is_emitted_for_nothing(tiny_model: Path) -> None:
    """Under 5 t, 50 EUR buy 5 t or 3 t: the tonnes still in the objective decide, in the very solve of the point."""
    found = pareto_front(siting.load(tiny_model), 3, picker([(10, 10), (50, 5), (50, 3), (100, 0)]))
    assert [p.totals["carbon_t_yr"] for p in found.plans] == [10.0, 3.0, 0.0]

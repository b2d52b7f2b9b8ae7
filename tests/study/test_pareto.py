"""The front: no plan dominated, ends equal to the single-objective optima, evenly spread."""

from __future__ import annotations

import json
from itertools import combinations, pairwise
from pathlib import Path

import pytest

import siting
from siting.errors import InputError
from siting.inputs.planning import PlanningModel
from siting.output.curve import pareto_text
from siting.study.pareto import Pareto


@pytest.fixture(scope="module")
def front(tiny_question: PlanningModel) -> Pareto:
    return siting.pareto(tiny_question.with_(gap_share=1e-6), 6)


def test_no_plan_is_dominated(front: Pareto) -> None:
    ends = [(p.totals["cash_cost_eur_yr"], p.totals["carbon_t_yr"]) for p in front.plans]
    for (cost, tonnes), (other_cost, other_tonnes) in combinations(ends, 2):
        assert (cost - other_cost) * (tonnes - other_tonnes) < 0, "one plan is better on both"


def test_the_ends_are_the_optima_of_cost_and_carbon(front: Pareto, tiny_question: PlanningModel) -> None:
    exact = tiny_question.with_(gap_share=1e-6)
    cheapest, cleanest = (
        siting.solve(exact.with_(objective="cost")),
        siting.solve(exact.with_(objective="carbon")),
    )
    assert front.plans[0].totals["cash_cost_eur_yr"] == pytest.approx(
        cheapest.totals["cash_cost_eur_yr"], rel=1e-5
    )
    assert front.plans[-1].totals["carbon_t_yr"] == pytest.approx(
        cleanest.totals["carbon_t_yr"], rel=1e-5, abs=1e-3
    )


def test_caps_are_evenly_spread(front: Pareto) -> None:
    """Each point keeps its cap, a sixth part of the way; it may lie below it where whole modules make it jump."""
    tonnes = front.table["carbon_t_yr"].to_numpy()
    capped = [
        (p.model.carbon.cap_t_yr, p.totals["carbon_t_yr"]) for p in front.plans if p.model.carbon.cap_t_yr
    ]
    caps = [cap for cap, _ in capped if cap is not None]
    steps = [before - after for before, after in pairwise([tonnes[0], *caps])]
    assert len(caps) >= 3 and len({round(step / (tonnes[0] / 5), 2) % 1 < 0.05 for step in steps}) == 1
    assert all(used <= cap * (1 + 1e-6) for cap, used in capped if cap is not None)


def test_cleaner_costs_more_and_more(front: Pareto) -> None:
    """Within one set of sites the front is convex; with whole modules it may dip, but the first step is the cheapest."""
    prices = front.table["abatement_eur_t"].dropna()
    assert (prices > 0).all() and prices.iloc[0] == prices.min()


def test_the_front_is_saved_whole(front: Pareto, tmp_path: Path) -> None:
    out = front.save(tmp_path / "front")
    assert json.loads((out / "pareto.json").read_text(encoding="utf-8"))["knee"] == front.knee
    assert sorted(p.name for p in out.iterdir() if p.is_dir()) == [
        f"point-{i:02d}" for i in range(len(front.plans))
    ]
    assert siting.audit_folder(out / "point-03") == []


def test_the_front_reads_within_100_columns(front: Pareto) -> None:
    text = pareto_text(front)
    assert ">" in text and max(map(len, text.splitlines()[:9])) <= 100


def test_one_point_is_no_curve(tiny_question: PlanningModel) -> None:
    with pytest.raises(InputError, match="at least 2"):
        siting.pareto(tiny_question, 1)

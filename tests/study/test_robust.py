"""Regret: tables worked by hand, the plan of least worst regret by brute force and the other method, scenarios refused."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

import siting
from siting.cli import app
from siting.errors import InfeasibleError, InputError
from siting.inputs.planning import PlanningModel
from siting.inputs.scenarios import Scenario, read_scenarios
from siting.output.robust_text import robust_text
from siting.study.first_stage import only_sites
from siting.study.robust import Candidate, Outcome, Robust, regrets
from siting.study.site_sets import site_sets

SCENARIOS = """
as asked: {}
no spain: {why: what if a permit fails, model: {sites: {forbid: [es-zaragoza]}}}
wind only: {model: {power: {options: [grid, onwind_ppa, battery]}}}
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("robust") / "scenarios.yaml"
    path.write_text(SCENARIOS, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def question(tiny_question: PlanningModel) -> PlanningModel:
    return tiny_question.with_(**{"solve.gap_share": 1e-7, "sites.max": 2})


@pytest.fixture(scope="module")
def found(question: PlanningModel, file: Path) -> Robust:
    return siting.robust(question, file)


# ------------------------------------------------------------------ by hand


def invented(value: float, *sites: str) -> Any:
    """A plan that is nothing but its sites (10 MW each) and an objective."""
    stage = {"name": "cost", "unit": "EUR/yr", "value": value, "bound": value}
    chosen = pd.DataFrame({"it_mw": 10.0}, index=list(sites))
    return SimpleNamespace(objective=value, bound=value, record={"objective": stage}, chosen=chosen)


def by_hand(tiny: PlanningModel, costs: dict[str, tuple[float, float]]) -> Robust:
    """Scenarios dry (60 %) and wet (40 %); A is best when dry, B when wet, C is given."""
    cases = [Scenario("dry", tiny, 0.6), Scenario("wet", tiny, 0.4)]
    plans = {"dry": invented(costs["A"][0], "a"), "wet": invented(costs["B"][1], "b")}

    def evaluate(candidate: Candidate, scenario: Scenario) -> Outcome:
        value = costs[candidate.sites[0].upper()][("dry", "wet").index(scenario.name)]
        return Outcome(value, value, "" if math.isfinite(value) else "no water")

    return regrets(cases, lambda s: plans[s.name], evaluate, {"C": invented(0.0, "c")}, 0, "sites")


def test_regrets_by_hand(tiny_question: PlanningModel) -> None:
    """
    cost EUR/yr   dry   wet     regret  dry  wet  worst   expected
    A             100   200               0   90     90   0.6 * 100 + 0.4 * 200 = 140
    B             160   110              60    0     60   0.6 * 160 + 0.4 * 110 = 140
    C             130   150              30   40     40   0.6 * 130 + 0.4 * 150 = 138
    """
    r = by_hand(tiny_question, {"A": (100, 200), "B": (160, 110), "C": (130, 150)})
    assert r.best == "C" and list(r.table.index) == ["C", "optimum wet", "optimum dry"]
    assert list(r.table["worst_regret"]) == [40, 60, 90]
    assert list(r.table["worst_in"]) == ["wet", "dry", "wet"]
    assert list(r.table["regret in dry"]) == [30, 60, 0] and list(r.table["regret in wet"]) == [40, 0, 90]
    assert list(r.table["expected_value"]) == pytest.approx([138, 140, 140])
    assert r.proven == {"dry": 0.0, "wet": 0.0}


def test_a_plan_that_fails_regrets_without_end_and_says_why(tiny_question: PlanningModel) -> None:
    r = by_hand(tiny_question, {"A": (100, math.inf), "B": (160, 110), "C": (130, math.inf)})
    assert r.best == "optimum wet" and r.table.loc["C", "worst_regret"] == math.inf
    row = r.cells[(r.cells["plan"] == "C") & (r.cells["scenario"] == "wet")].iloc[0]
    assert row["why_not"] == "no water"
    assert "C in wet: no water" in robust_text(r)


def test_nothing_is_robust_if_every_plan_fails_somewhere(tiny_question: PlanningModel) -> None:
    r = by_hand(tiny_question, {"A": (100, math.inf), "B": (math.inf, 110), "C": (130, math.inf)})
    assert r.best is None and "none can be called robust" in robust_text(r)


def test_a_plan_that_is_best_everywhere_needs_no_search(tiny_question: PlanningModel) -> None:
    r = by_hand(tiny_question, {"A": (100, 100), "B": (160, 100), "C": (130, 150)})
    assert r.best == "optimum dry" and r.scope.startswith("no plan regrets less")


def test_a_candidate_that_betters_an_optimum_left_open_by_its_gap_is_the_measure(
    tiny_question: PlanningModel,
) -> None:
    r = by_hand(tiny_question, {"A": (100, 200), "B": (160, 110), "C": (98, 150)})
    assert r.table.loc["C", "regret in dry"] == 0 and r.table.loc["optimum dry", "regret in dry"] == 2


# ------------------------------------------------------------------ solved


def test_every_scenario_forgives_its_own_optimum(found: Robust) -> None:
    for scenario in found.scenarios:
        own = next(i for i in found.table.index if scenario.name in i)
        assert found.table.loc[own, f"regret in {scenario.name}"] == pytest.approx(0.0, abs=1.0)
    regrets_ = found.table[[f"regret in {s.name}" for s in found.scenarios]].to_numpy()
    assert (regrets_ >= 0).all()


def test_the_least_worst_regret_by_brute_force_and_the_other_method(
    found: Robust, question: PlanningModel
) -> None:
    """Every pair of sites in every scenario, by the whole MILP: the same least worst regret."""
    assert "exact" in found.scope
    sets, _ = site_sets([(s.model, found.optima[s.name]) for s in found.scenarios], 100)
    worst: dict[tuple[str, ...], float] = dict.fromkeys(sets, 0.0)
    for scenario in found.scenarios:
        costs = {sites: whole_cost(scenario.model, sites) for sites in sets}
        best = min(costs.values())
        assert best == pytest.approx(found.optima[scenario.name].objective, rel=1e-6)
        worst = {sites: max(worst[sites], costs[sites] - best) for sites in sets}
    least = min(worst, key=worst.__getitem__)
    assert found.best is not None
    assert worst[least] == pytest.approx(found.table.loc[found.best, "worst_regret"], abs=500.0)
    assert least == tuple(str(found.table.loc[found.best, "sites"]).split(", "))


def whole_cost(model: PlanningModel, sites: tuple[str, ...]) -> float:
    from siting.api import prepare
    from siting.solver.progress import Clock
    from siting.solver.whole import solve_whole

    try:
        data = only_sites(prepare(model).data, dict.fromkeys(sites, 0.0), sized=False)
        return solve_whole(data, Clock(60.0), 1e-7, 1).stages[0].value
    except InfeasibleError:
        return math.inf


def test_the_more_is_kept_the_more_is_regretted(found: Robust, question: PlanningModel, file: Path) -> None:
    """The optimum of the first scenario, elsewhere with its sites, with their sizes, with all it built."""
    name = next(i for i in found.table.index if "as asked" in i)
    worst: list[pd.Series[float]] = []
    for fix in ("sites", "sizes", "investments"):
        r = found if fix == "sites" else siting.robust(question, file, fix=fix)
        row = r.table.loc[name if name in r.table.index else "optimum as asked"]
        worst.append(row[[f"regret in {s.name}" for s in r.scenarios]].astype(float))
    for less, more in pairwise(worst):
        assert (less.to_numpy() <= more.to_numpy() + 50.0).all()
    assert worst[2]["regret in as asked"] == 0 and worst[0]["regret in no spain"] in (0.0, math.inf)


def test_investments_that_a_scenario_does_not_offer_fail_by_name(question: PlanningModel, file: Path) -> None:
    kept = siting.robust(question, file, fix="investments")
    cells = kept.cells.set_index(["plan", "scenario"])
    why = str(cells.loc[("optimum as asked", "wind only"), "why_not"])
    assert "has no" in why and cells.loc[("optimum as asked", "wind only"), "regret"] == math.inf
    assert "optima" not in why


def test_a_plan_given_is_judged_beside_the_optima(
    question: PlanningModel, file: Path, tiny_plan: Any
) -> None:
    other = siting.solve(question.with_(**{"sites.force": ["fr-lille"], "sites.forbid": ["se-lulea"]}))
    r = siting.robust(question, file, plans={"ours": other}, candidates=0)
    assert "ours" in r.table.index and r.scope.startswith("best among the candidates")
    assert r.table.loc["ours", "regret in as asked"] == pytest.approx(
        siting.solve(only_pair(question, other)).objective - r.optima["as asked"].objective, rel=0.2, abs=1e5
    )


def only_pair(model: PlanningModel, plan: Any) -> PlanningModel:
    return model.with_(**{"sites.force": list(plan.chosen.index)})


def test_sets_of_sites_keep_the_rules(found: Robust, question: PlanningModel) -> None:
    """Six sites in three countries, two a country and one built a country: 3 pairs of countries x 2 x 2 = 12."""
    plan = found.optima["as asked"]
    sets, scope = site_sets([(question, plan)], 100)
    assert len(sets) == 12 and "all 12 sets" in scope
    forced = question.with_(**{"sites.force": ["fr-lille"]})
    assert len(site_sets([(forced, plan)], 100)[0]) == 4
    sets, scope = site_sets([(question, plan)], 5)
    assert sets == [tuple(sorted(plan.chosen.index))] and "other sites were not tried" in scope
    assert site_sets([(question, plan)], 0)[0] == []


# ------------------------------------------------------------------ weather years


@pytest.fixture
def two_years(tiny_model: Path, tiny_world: Path, tmp_path: Path) -> Iterator[PlanningModel]:
    """The tiny world with a second year, half as windy."""
    shutil.copytree(tiny_world, tmp_path / "world")
    hours = pd.read_parquet(tmp_path / "world" / "series" / "2019.parquet")
    earlier = hours.assign(
        utc=pd.date_range("2018-01-01", periods=len(hours), freq="h", tz="UTC").as_unit("ms")
    )
    wind = [column for column in hours.columns if column.startswith("onwind_cf")]
    earlier[wind] = earlier[wind] / 2
    earlier.to_parquet(tmp_path / "world" / "series" / "2018.parquet", compression="zstd")
    yield siting.load(tiny_model).with_(world=(tmp_path / "world").as_posix())


def test_weather_years_are_scenarios(two_years: PlanningModel) -> None:
    r = siting.robust(two_years, years=[2018, 2019], candidates=0)
    assert [s.name for s in r.scenarios] == ["2018", "2019"]
    assert r.optima["2018"].model.time.weather_years == (2018,)
    assert r.optima["2018"].objective >= r.optima["2019"].objective * (1 - 1e-6)
    with pytest.raises(InputError, match="2017"):
        siting.robust(two_years, years=[2017, 2019])


def test_overlays_and_years_are_crossed(question: PlanningModel, file: Path) -> None:
    cases = read_scenarios(question, file, [2018, 2019])
    assert [s.name for s in cases][:3] == ["as asked 2018", "as asked 2019", "no spain 2018"]
    assert sum(s.probability_share for s in cases) == pytest.approx(1.0)
    assert cases[2].why == "what if a permit fails"


# ------------------------------------------------------------------ scenarios refused


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("one: {}", "two scenarios at least"),
        ("a: {}\nb: {modle: {}}", "unknown key b.modle"),
        ("a: {}\nb: 3", "b is no mapping"),
        ("a: {}\nb: {model: 3}", "b.model is no mapping"),
        (
            "a: {}\nb: {model: {carbon: {price_eur_t: -1}}}",
            "scenario b: scenarios.yaml:2: carbon.price_eur_t",
        ),
        ("a: {}\nb: {model: {carbon: {prise: 1}}}", "unknown key carbon.prise"),
        ("a: {probability_share: 0.5}\nb: {}", "missing for b"),
        ("a: {probability_share: 0.5}\nb: {probability_share: 0.6}", "sums to 1.1"),
        ("a: {probability_share: 2}\nb: {probability_share: yes}", "give a share above 0"),
        ("a: {}\nb: {model: {objective: carbon}}", "changes the objective"),
        ("a: {}\na: {}", "given twice"),
        ("- a\n- b", "holds no keys"),
    ],
)
def test_bad_scenarios_are_refused_with_their_place(
    tmp_path: Path, tiny_question: PlanningModel, text: str, words: str
) -> None:
    path = tmp_path / "scenarios.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_scenarios(tiny_question, path)
    assert words in str(caught.value)


def test_other_bad_questions_are_refused(tiny_question: PlanningModel, tmp_path: Path, file: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        siting.robust(tiny_question, tmp_path / "none.yaml")
    with pytest.raises(InputError, match="given twice"):
        siting.robust(tiny_question, years=[2019, 2019])
    with pytest.raises(InputError, match="two scenarios"):
        siting.robust(tiny_question)
    with pytest.raises(InputError, match="fix all"):
        siting.robust(tiny_question, file, fix="all")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="re-dispatch compares costs"):
        siting.robust(tiny_question.with_(objective="carbon"), file, fix="investments")


def test_a_scenario_without_a_plan_is_named(tiny_question: PlanningModel, tmp_path: Path) -> None:
    path = tmp_path / "scenarios.yaml"
    path.write_text("fine: {}\npoor: {model: {budget: {capex_eur: 1.0e9}}}", encoding="utf-8")
    with pytest.raises(InfeasibleError, match=r"scenario poor: budget\.capex_eur"):
        siting.robust(tiny_question, path)


# ------------------------------------------------------------------ shown


def test_saved_drawn_and_read(found: Robust, tmp_path: Path) -> None:
    out = found.save(tmp_path / "robust")
    record = json.loads((out / "robust.json").read_text(encoding="utf-8"))
    assert record["best"] == found.best and len(record["cells"]) == len(found.cells)
    assert len(pd.read_csv(out / "robust.csv")) == len(found.table)
    assert siting.audit_folder(out / "optimum-01") == []
    lines = robust_text(found).splitlines()
    assert max(map(len, lines)) <= 100 and any(line.startswith("> ") for line in lines)
    pytest.importorskip("matplotlib")
    heat = found.figure().axes[0]
    assert len(heat.texts) == len(found.table.head(12)) * len(found.scenarios)
    assert "data:image/png" in found._repr_html_() and (out / "robust.png").is_file()


def test_on_the_command_line(tiny_model: Path, file: Path) -> None:
    args = ["robust", str(tiny_model), "--scenarios", str(file), "--candidates", "0", "--quiet"]
    done = CliRunner().invoke(app, args)
    assert done.exit_code == 0, done.output
    assert "Regret, M EUR/yr" in done.stdout and "scope:" in done.stdout
    refused = CliRunner().invoke(app, ["robust", str(tiny_model), "--years", "2018,next"])
    assert refused.exit_code == 2 and "'next' is no year" in refused.output

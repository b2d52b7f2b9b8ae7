"""Explanations: why sites are in or out agrees with trying everything; what clashes is named, and its repair solves."""

from __future__ import annotations

import json
import shutil
from itertools import product
from pathlib import Path
from typing import Any

import pyomo.environ as pyo
import pytest
from typer.testing import CliRunner

import siting
from siting.api import assembled
from siting.cli import app
from siting.errors import InfeasibleError, InputError
from siting.inputs.load import parse_setting
from siting.inputs.planning import PlanningModel
from siting.inputs.rules import COLUMNS
from siting.instance.instance import Instance
from siting.model.build import objective_terms, whole
from siting.model.sites import least_modules, most_modules
from siting.solver.highs import compile_model, highs_of
from siting.solver.master import relaxed
from siting.study.explain import Explanation

CAPPED = {"carbon.cap_t_yr": 5_000.0, "budget.capex_eur": 2.2e9, "solve.gap_share": 1e-6}


@pytest.fixture(scope="module")
def capped(tiny_question: PlanningModel) -> PlanningModel:
    return tiny_question.with_(**CAPPED)


@pytest.fixture(scope="module")
def explained(capped: PlanningModel) -> Explanation:
    return siting.explain(capped, "all")


def every_choice(data: Instance) -> dict[tuple[tuple[str, int], ...], float]:
    """Least cost of every choice of sites and modules that reaches the target with no module to spare: one LP each."""
    b = whole(data)
    b.m.goal = pyo.Objective(expr=objective_terms(b)["cost"])
    model = compile_model(b.m)
    needed = round(data.target_it_mw / data.module_mw)
    sizes = [[0, *range(least_modules(data, s), most_modules(data, s) + 1)] for s in data.sites]
    found = {}
    for counts in product(*sizes):
        chosen = {s: n for s, n in zip(data.sites, counts, strict=True) if n}
        countries = [data.sites[s].country for s in chosen]
        if sum(counts) != needed or len(set(countries)) < len(countries):
            continue
        if not data.sites_min <= len(chosen) <= data.sites_max or len(countries) < data.countries_min:
            continue
        h = highs_of(relaxed(model, chosen), 1)
        h.run()
        if h.getInfo().primal_solution_status == 2:
            found[tuple(sorted(chosen.items()))] = float(h.getInfo().objective_function_value)
    return found


def test_why_in_and_why_out_agree_with_trying_everything(
    explained: Explanation, capped: PlanningModel
) -> None:
    """Each site of the six: the best choice without it (in) or with it (out), among all choices, less the best of all."""
    costs = every_choice(assembled(capped).data)
    best = min(costs.values())
    assert explained.plan is not None
    assert explained.plan.totals["cost_eur_yr"] == pytest.approx(best, rel=1e-6)
    rows = explained.sites.set_index("site")
    assert len(rows) == 6 and {"in", "out"} == set(rows["status"])
    for s, row in rows.iterrows():
        inside = row["status"] == "in"
        others = [cost for chosen, cost in costs.items() if (s in dict(chosen)) != inside]
        if not others:
            assert row["loss"] != row["loss"] or row["loss"] is None, (
                f"{s}: nothing is left, a number is told"
            )
            continue
        assert row["loss"] == pytest.approx(min(others) - best, abs=3e-6 * best), s
        assert f"{row['loss'] / 1e6:,.1f}" in row["words"] or f"{row['loss']:,.0f}" in row["words"]


def test_a_cap_costs_what_re_solves_say(explained: Explanation, capped: PlanningModel) -> None:
    """The price with sites fixed lies between what 1 % more and 1 % less of the cap change, sites staying the same."""
    row = explained.limits.set_index("limit").loc["carbon.cap_t_yr"]
    assert row["binds"] and row["price_fixed"] < 0 and row["price_fixed_unit"] == "EUR/yr per t/yr"
    finite = (
        siting.explain(capped, ["se-malmo"], finite=True).limits.set_index("limit").loc["carbon.cap_t_yr"]
    )
    looser, tighter = -finite["looser_change"] / 50.0, finite["tighter_change"] / 50.0
    assert 0.99 * looser <= -row["price_fixed"] <= 1.01 * tighter
    assert -row["price_fixed"] == pytest.approx(looser, rel=0.05)
    assert row["used"] == pytest.approx(5_000.0)


def test_both_methods_explain_alike(explained: Explanation, capped: PlanningModel) -> None:
    other = siting.explain(capped.with_(method="whole"), "se-malmo")
    for column in ("price_fixed", "price_relaxed", "used"):
        mine = explained.limits.set_index("limit")[column]
        if (
            column != "used"
        ):  # with whole sites the target and the number of sites bind together: either may carry the price
            mine = mine[~mine.index.str.startswith(("sites.", "target"))]
            assert len(mine)
        theirs = other.limits.set_index("limit")[column].reindex(mine.index)
        assert theirs.fillna(0.0).tolist() == pytest.approx(mine.fillna(0.0).tolist(), rel=1e-3, abs=1e-3)
    loss = explained.sites.set_index("site").at["se-malmo", "loss"]
    assert other.sites.set_index("site").at["se-malmo", "loss"] == pytest.approx(loss, abs=1e3)


def test_it_reads_within_100_columns_and_saves_whole(explained: Explanation, tmp_path: Path) -> None:
    text = explained.summary()
    assert "one more tonne of the cap saves" in text and "with the sites as in the plan" in text
    assert "contracted and own plant at what it emits in operation" in " ".join(text.split()), (
        "what a tonne counts"
    )
    assert "in the relaxation" in text and max(map(len, text.splitlines())) <= 100
    assert "se-lulea" in explained._repr_html_()
    out = explained.save(tmp_path / "why")
    assert json.loads((out / "explanation.json").read_text(encoding="utf-8"))["sites"][0]["site"] == "fr-lyon"
    assert siting.audit_folder(out / "plan") == []


BY_AIR: dict[str, Any] = {"load.accelerator": "H100", "load.cooling": ["air"]}
# models, each broken in another way; what must be among the clashing limits, and --set keys that may repair it
BROKEN: dict[str, tuple[dict[str, Any], set[str]]] = {
    "budget": ({"budget.capex_eur": 1.0e9}, {"budget.capex_eur", "target"}),
    "target": ({"target.it_mw": 400.0}, {"target"}),
    "carbon cap": ({"carbon.cap_t_yr": 500.0, "power.options": ["grid", "gas_engine"]}, {"carbon.cap_t_yr", "power.options"}),
    "carbon rate": ({"carbon.cap_g_kwh": 1.0, "power.options": ["grid"]}, {"carbon.cap_g_kwh", "power.options"}),
    "score": (
        {
            "power.matching": {"kind": "hourly", "cfe_score_min": 0.999, "excess_share_max": 0.2},
            "power.options": ["grid"],
        },
        {"power.matching.cfe_score_min", "power.options"},
    ),
    "supply": ({"power.options": ["solar_ppa"]}, {"power.options"}),
    "size": ({"sites.size_it_mw": [200.0, 300.0]}, {"sites.size_it_mw"}),
    "year": ({"horizon.periods": [2026], "power.options": ["grid", "onwind_ppa"]}, {"sites.grid_wait", "horizon.periods"}),
    "countries": (
        {"sites.min_countries": 3, "sites.where.countries": ["FR", "SE"]},
        {"sites.min_countries", "sites.where.countries"},
    ),
    "forbidden": ({"sites.forbid": ["fr-lyon", "fr-lille", "se-lulea", "se-malmo"]}, {"sites.forbid"}),
    "forced": ({"sites.force": ["fr-lyon", "fr-lille"]}, {"sites.force", "sites.max_per_country"}),
    "filter": ({"sites.where.grid_wait_yr_max": 1.0, "sites.where.unknown": "refuse"}, {"sites.where.grid_wait_yr_max"}),
    "firm": (
        {"adequacy": {"firm_onsite_share": 0.6, "firm_hours": None}, "power.options": ["grid", "onwind_ppa"]},
        {"adequacy.firm_onsite_share", "power.options"},
    ),
    "water of a site": ({**BY_AIR, "water.per_site_m3_mw_yr": 100.0}, {"water.per_site_m3_mw_yr", "load.cooling"}),
    "water of all": ({**BY_AIR, "water.allowance_m3_yr": 0.0}, {"water.allowance_m3_yr", "load.cooling"}),
    "yearly cost": ({"budget.cost_eur_yr": 1.0e8}, {"budget.cost_eur_yr", "target"}),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_model_is_explained_and_its_repair_solves(case: str, tiny_question: PlanningModel) -> None:
    changes, keys = BROKEN[case]
    model = tiny_question.with_(**changes)
    with pytest.raises(InfeasibleError):
        siting.solve(model)
    found = siting.explain(model)
    assert found.clash is not None and len(found.clash.sets) == 1
    named = {part.key for part in found.clash.sets[0]}
    assert keys <= named, found
    repair = found.clash.repair
    assert repair is not None and repair.settings[0].partition("=")[0] in {
        key if key != "target" else "target.it_mw" for key in named
    }
    plan = siting.solve(model.with_(**dict(parse_setting(text) for text in repair.settings)))
    assert plan.status == "optimal"
    for part in found.clash.sets[0]:
        if part.settings and part.settings != repair.settings:
            assert (
                siting.solve(model.with_(**dict(parse_setting(text) for text in part.settings))).status
                == "optimal"
            )
    assert max(map(len, found.summary().splitlines())) <= 100


@pytest.fixture
def dry_question(tiny_question: PlanningModel, tmp_path: Path) -> PlanningModel:
    """The tiny question in a world that knows water stress and a rule no cooling of it meets."""
    world = shutil.copytree(tiny_question.world, tmp_path / "dry")
    scores = {"SE": 2.0, "FR": 3.0, "ES": 4.0}
    with (world / "country_values.csv").open("a", encoding="utf-8") as file:
        file.writelines(
            f"{n},water_stress_score,{v},score 0-5,2026,scenario,test,\n" for n, v in scores.items()
        )
    rule = dict.fromkeys(COLUMNS, "") | {
        "rule": "eu-pue", "country": "EU", "subject": "pue_max", "value": "1.02", "unit": "ratio", "status": "in_force",
        "applies_from": "2026-01-01", "year": "2026", "kind": "scenario", "source": "test",
    }  # fmt: skip
    (world / "rules.csv").write_text(f"{','.join(rule)}\n{','.join(rule.values())}\n", encoding="utf-8")
    return tiny_question.with_(world=str(world))


@pytest.mark.parametrize(
    ("changes", "key", "repair"),
    [
        ({}, "rules.national", "rules.except=[eu-pue]"),
        (
            {**BY_AIR, "rules.national": False, "water.stress_max": 1.0, "water.unknown": "refuse"},
            "water.stress_max",
            "water.stress_max=3",  # two countries are asked for
        ),
    ],
)
def test_rules_and_water_stress_are_named_and_repaired(
    changes: dict[str, Any], key: str, repair: str, dry_question: PlanningModel
) -> None:
    found = siting.explain(dry_question.with_(**changes))
    assert found.clash is not None and found.clash.repair is not None
    parts = {part.key: part for (each,) in [found.clash.sets] for part in each}
    assert parts[key].settings == (repair,)
    assert "No limit of the model" not in found.summary()


def test_two_clashes_at_once_are_both_named(tiny_question: PlanningModel) -> None:
    found = siting.explain(
        tiny_question.with_(**{"budget.capex_eur": 1.0e9, "sites.where.countries": ["FR"]})
    )
    assert found.clash is not None and found.clash.repair is not None
    assert [{part.key for part in parts} >= key for parts, key in zip(
        found.clash.sets, ({"budget.capex_eur"}, {"sites.where.countries"}), strict=True
    )] == [True, True]  # fmt: skip
    assert len(found.clash.repair.settings) == 2


def run(*args: object) -> Any:
    return CliRunner().invoke(app, [str(arg) for arg in args])


def test_the_command_explains_what_solve_refuses(tiny_model: Path, tmp_path: Path) -> None:
    refused = run("solve", tiny_model, "--budget", "1e9")
    assert refused.exit_code == 3 and "siting explain MODEL" in refused.stderr
    done = run("explain", tiny_model, "--budget", "1e9", "--quiet", "-o", tmp_path / "why")
    assert done.exit_code == 0, done.output
    assert "These limits clash" in done.stdout and "--set budget.capex_eur=1.8" in done.stdout
    assert (tmp_path / "why" / "repaired" / "plan.json").is_file()


def test_the_command_explains_a_saved_plan(explained: Explanation, tmp_path: Path) -> None:
    assert explained.plan is not None
    out = explained.plan.save(tmp_path / "out")
    done = run("explain", out, "--site", "se-malmo", "--json", "--quiet")
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    assert [row["site"] for row in record["sites"]] == ["se-malmo"]
    assert run("explain", out, "--budget", "1e9").exit_code == 2


@pytest.mark.parametrize(
    ("site", "words"), [("se-lula", "did you mean se-lulea?"), (["fr-lyon", "fr-paris"], "fr-paris")]
)
def test_an_unknown_site_is_refused(site: Any, words: str, tiny_question: PlanningModel) -> None:
    with pytest.raises(InputError, match=words.replace("?", r"\?")):
        siting.explain(tiny_question, site)


def test_a_site_that_takes_no_part_says_why(tiny_question: PlanningModel) -> None:
    model = tiny_question.with_(**{"sites.forbid": ["se-malmo"], "sites.where.countries": ["FR", "SE"]})
    rows = siting.explain(model, ["se-malmo", "es-sevilla"]).sites.set_index("site")
    assert rows.at["se-malmo", "words"] == "sites.forbid names it"
    assert "in another country" in rows.at["es-sevilla", "words"]


def test_nothing_the_planner_wrote_is_to_blame(
    tiny_question: PlanningModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a single limit to drop there is nothing to repair, and the command says so with code 3."""
    monkeypatch.setattr("siting.study.clash.stated_limits", lambda model, world: [])
    found = siting.explain(tiny_question.with_(**BROKEN["carbon cap"][0]))
    assert not found.solved and "No limit of the model is to blame" in found.summary()
    told = siting.explain(tiny_question.with_(**{"budget.capex_eur": 1.0e9}))
    assert "budget.capex_eur is 1.00 bn EUR" in told.summary()
    assert "No limit of the model is to blame" not in told.summary()

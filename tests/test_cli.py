"""The command line as scripts and people meet it: output, messages, exit codes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from siting import api, api_study
from siting.cli import app, main
from siting.errors import StoppedError
from siting.output.folder import PLAN_FILES
from siting.output.terminal import plan_text
from siting.plan.plan import Plan


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(app, [str(arg) for arg in args])


def shell(*args: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "siting.cli", *map(str, args)]
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", cwd=cwd, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def saved(tiny_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_plan.save(tmp_path_factory.mktemp("cli") / "out")


def test_results_go_to_stdout_and_progress_to_stderr(tiny_model: Path, tmp_path: Path) -> None:
    done = shell("solve", tiny_model, "-o", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Tiny\nsolved: cost")
    assert "auditing the plan" in done.stderr and "saved in" in done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        set(PLAN_FILES) - {"coverage.csv", "roadmap.csv"}
    )


def test_json_is_the_record_and_nothing_else(tiny_model: Path, tmp_path: Path, tiny_plan: Plan) -> None:
    done = shell("solve", tiny_model, "--json", "--quiet", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == ""
    record = json.loads(done.stdout)
    assert record["totals"] == pytest.approx(dict(tiny_plan.totals))


def test_help_is_quick_to_load(tmp_path: Path) -> None:
    code = "import siting.cli, sys; print(sorted({'geopandas', 'pandas', 'pyomo', 'highspy'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == "[]"
    done = shell("--help", cwd=tmp_path)
    assert done.returncode == 0
    for command in ("solve", "compare", "check", "export", "audit", "data", "models", "version"):
        assert command in done.stdout


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["solve", "eu-gigafactorys"], 2, "did you mean eu-gigafactories?"),
        (["solve", "{model}", "--objective", "fun"], 2, "cost"),
        (["solve", "{model}", "--set", "budget.capex=1"], 2, "capex_eur"),
        (["solve", "{model}", "--set", "budget"], 2, "key.path=value"),
        (["solve", "{model}", "--portfolio", "grene"], 2, "did you mean green?"),
        (["solve", "{model}", "--budget", "1e9"], 3, "budget.capex_eur is 1.00 bn EUR"),
        (["solve", "{model}", "--set", "target.it_mw=5000"], 3, "target needs"),
        (["solve"], 2, "Missing argument"),
        (["fly"], 2, "No such command"),
        (["audit", "nowhere"], 2, "holds no plan.json"),
        (["data", "describe", "mars"], 2, "world 'mars'"),
    ],
)
def test_errors_are_clean_and_coded(args: list[str], code: int, words: str, tiny_model: Path) -> None:
    done = run(*(arg.replace("{model}", str(tiny_model)) for arg in args))
    assert done.exit_code == code, done.output
    assert words in done.stderr
    assert "Traceback" not in done.output
    assert done.stdout == ""


def test_debug_shows_where(tiny_model: Path) -> None:
    done = run("--debug", "solve", tiny_model, "--budget", "1e9")
    assert done.exit_code == 3
    assert "InfeasibleError" in done.stderr


def test_stopped_without_a_plan_is_four(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (StoppedError("stopped after 1 s"), KeyboardInterrupt()):

        def stop(*args: Any, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr(api, "solve", stop)
        done = run("solve", tiny_model)
        assert done.exit_code == 4
        assert "stopped" in done.stderr


def test_what_nobody_expected_is_one(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def burst(*args: Any) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(api, "solve", burst)
    monkeypatch.setattr(sys, "argv", ["siting", "solve", str(tiny_model)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "unexpected ZeroDivisionError: oops" in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", ["siting", "--debug", "solve", str(tiny_model)])
    with pytest.raises(ZeroDivisionError):
        main()


def test_an_existing_output_is_refused_before_solving(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*args: Any) -> None:
        raise AssertionError("solved for nothing")

    monkeypatch.setattr(api, "solve", never)
    monkeypatch.setattr(api_study, "compare", never)
    for command in ("solve", "compare"):
        done = run(command, tiny_model, "-o", tmp_path)
        assert done.exit_code == 2
        assert "--overwrite" in done.stderr


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tiny_plan: Plan) -> list[Any]:
    """The models the command line hands over, solved by a stand-in."""
    seen: list[Any] = []

    def stand_in(model: Any, *rest: Any) -> Plan:
        seen.append(model)
        return tiny_plan

    monkeypatch.setattr(api, "solve", stand_in)
    return seen


def test_options_change_the_model_and_set_has_the_last_word(
    tiny_model: Path, asked: list[Any], tiny_plan: Plan
) -> None:
    options = [
        "--budget",
        "2.5e9",
        "--objective",
        "carbon",
        "--method",
        "whole",
        "--set",
        "budget.capex_eur=2.6e9",
    ]
    done = run("solve", tiny_model, *options, "--set", "sites.forbid=[fr-lyon]", "--portfolio", "green")
    assert done.exit_code == 0, done.output
    assert done.stdout == plan_text(tiny_plan) + "\n"
    model = asked[0]
    assert model.budget.capex_eur == 2.6e9
    assert (model.objective, model.solve.method, model.sites.forbid) == ("carbon", "whole", ("fr-lyon",))
    assert model.power.matching.cfe_score_min == 0.98


def test_hours_are_days_that_keep_the_extremes_of_the_model(tiny_model: Path, asked: list[Any]) -> None:
    assert run("solve", tiny_model, "--hours", "96").exit_code == 0
    assert asked[0].time.representative.model_dump() == {"periods": 4, "hours": 24, "keep": ("peak_price",)}
    assert run("solve", tiny_model, "--hours", "full").exit_code == 0
    assert asked[1].time.representative == "full"


@pytest.mark.parametrize(
    ("hours", "words"),
    [("25", "multiple of 24"), ("0", "multiple of 24"), ("all", "full"), ("24", "at least 48")],
)
def test_hours_that_make_no_days_are_refused(tiny_model: Path, hours: str, words: str) -> None:
    done = run("solve", tiny_model, "--hours", hours)
    assert done.exit_code == 2
    assert words in " ".join(done.stderr.split())


def test_hours_are_weeks_where_the_model_has_weeks(tiny_model: Path, asked: list[Any]) -> None:
    weeks = "time.representative={periods: 3, hours: 168, keep: [peak_price]}"
    path = tiny_model.with_name("weeks.yaml")
    told = weeks.partition("=")[2]
    path.write_text(
        re.sub(r"representative: \{.*\}", f"representative: {told}", tiny_model.read_text(encoding="utf-8")),
        "utf-8",
    )
    assert run("solve", path, "--hours", "336").exit_code == 0
    representative = asked[-1].time.representative
    assert (representative.periods, representative.hours, representative.keep) == (2, 168, ("peak_price",))
    for hours, words in (("240", "multiple of 168"), ("168", "keeps 1 week of extremes")):
        done = run("solve", path, "--hours", hours)
        assert done.exit_code == 2 and words in " ".join(done.stderr.split())


def test_compare_sets_portfolios_side_by_side(tiny_model: Path, tmp_path: Path) -> None:
    done = run("compare", tiny_model, "--portfolios", "cost, green", "-o", tmp_path / "both")
    assert done.exit_code == 0, done.output
    assert done.stdout.split()[:2] == ["cost", "green"]
    assert "What differs" in done.stdout
    assert (tmp_path / "both" / "green" / "plan.json").is_file()
    told = json.loads((tmp_path / "both" / "comparison.json").read_text(encoding="utf-8"))
    assert told["portfolios"] == ["cost", "green"]
    assert run("audit", tmp_path / "both" / "green").exit_code == 0


def test_compare_json_carries_the_records(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, tiny_plan: Plan
) -> None:
    from siting.study.compare import side_by_side

    monkeypatch.setattr(
        api_study, "compare", lambda models, names, *rest: side_by_side(dict.fromkeys(names, tiny_plan))
    )
    done = run("compare", tiny_model, "--json", "--quiet")
    assert json.loads(done.stdout)["plans"]["green"]["title"] == "Tiny"


def test_compare_refuses_what_a_portfolio_would_undo(tiny_model: Path) -> None:
    done = run("compare", tiny_model, "--set", "carbon.cap_g_kwh=5")
    assert done.exit_code == 2
    assert "portfolio cost sets it itself" in done.stderr
    assert run("compare", tiny_model, "--portfolios", "cost").exit_code == 2


def test_check_prints_the_merged_model_and_solves_nothing(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "solve_prepared", lambda *args: pytest.fail("solved"))
    done = run("check", tiny_model, "--budget", "2e9")
    assert done.exit_code == 0, done.output
    assert "capex_eur: 2000000000.0" in done.stdout
    assert "candidate sites" in done.stdout
    assert "note: " in done.stdout
    told = json.loads(run("check", tiny_model, "--json").stdout)
    assert set(told) == {"model", "numbers", "notes", "rules"}
    assert run("check", tiny_model, "--set", "sites.max=1").exit_code == 2


def test_export_writes_beside_us_and_never_over_a_file(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("export", saved, "--to", "geojson")
    assert done.stdout.strip() == "out-sites.geojson"
    assert (tmp_path / "out-sites.geojson").read_bytes() == (saved / "sites.geojson").read_bytes()
    assert run("export", saved, "--to", "geojson").exit_code == 2
    assert run("export", saved, "--to", "geojson", "--overwrite").exit_code == 0
    assert run("export", saved, "--to", "csv", "-o", tmp_path / "a.csv").exit_code == 0
    assert run("export", saved, "-o", tmp_path / "a.gpkg", "--crs", "EPSG:3035").exit_code == 0
    done = run("export", saved, "--to", "dwg")
    assert done.exit_code == 2
    assert "--to dwg: not a format" in done.stderr
    assert run("export", saved).exit_code == 2
    assert "RFC 7946" in run("export", saved, "-o", "b.geojson", "--crs", "EPSG:3035").stderr


def test_audit_finds_a_changed_number(saved: Path, tmp_path: Path, tiny_plan: Plan) -> None:
    assert run("audit", saved).exit_code == 0
    assert json.loads(run("audit", saved, "--json").stdout) == {"findings": []}
    broken = tiny_plan.save(tmp_path / "out")
    record = json.loads((broken / "plan.json").read_text(encoding="utf-8"))
    record["totals"]["carbon_t_yr"] *= 0.9
    (broken / "plan.json").write_text(json.dumps(record), encoding="utf-8")
    done = run("audit", broken)
    assert done.exit_code == 1
    assert "carbon_t_yr" in done.stderr


def test_models_and_version() -> None:
    assert "eu-gigafactories" in run("models").stdout
    assert {"cost", "green"} <= set(json.loads(run("models", "--json").stdout)["portfolios"])
    assert run("version").stdout.count(".") == 2


def test_data_lists_and_describes_worlds(tiny_world: Path) -> None:
    listed = run("data", "list").stdout
    assert "eu27" in listed and "zone_values" in listed and "weather years" in listed
    done = run("data", "describe", tiny_world)
    assert done.exit_code == 0, done.output
    for word in ("Three invented zones", "sites", "scenario", "solar_cf"):
        assert word in done.stdout


def test_data_describe_tells_a_table(tiny_world: Path) -> None:
    for words in (("eu27", "rules"), ("rules",)):
        done = run("data", "describe", *words)
        assert done.exit_code == 0, done.output
        for word in ("National rules", "threshold_mw", "MW", "de-enefg", "CC-BY-4.0"):
            assert word in done.stdout
    done = run("data", "describe", tiny_world, "zone_value")
    assert done.exit_code == 2 and "did you mean zone_values" in done.stderr


@pytest.mark.parametrize(
    "words",
    [("describe",), ("describe", "eu27", "zone_values"), ("describe", "rules"), ("check",), ("list",)],
)
def test_data_fits_the_terminal(words: tuple[str, ...]) -> None:
    assert max(map(len, run("data", *words).stdout.splitlines())) <= 100


def test_data_describe_draws(tiny_world: Path, tmp_path: Path) -> None:
    done = run("data", "describe", tiny_world, "--figure", tmp_path / "map.png")
    assert done.exit_code == 0 and (tmp_path / "map.png").stat().st_size > 5_000
    done = run("data", "describe", tiny_world, "--figure", tmp_path / "week.svg", "--zone", "SE")
    assert done.exit_code == 0 and "Sweden" in (tmp_path / "week.svg").read_text(encoding="utf-8")
    done = run("data", "describe", tiny_world, "--figure", tmp_path / "week.svg", "--zone", "XX")
    assert done.exit_code == 2 and "no zone 'XX'" in done.stderr


def test_data_check_of_the_bundled_world() -> None:
    done = run("data", "check")
    assert done.exit_code == 0, done.stderr
    for word in ("hold together", "M measured, m modelled, p proxy", "within 15% of published"):
        assert word in done.stdout


def test_data_check_of_a_world_without_published_figures(tiny_world: Path) -> None:
    done = run("data", "check", tiny_world)
    assert done.exit_code == 0, done.stderr
    assert "hold together" in done.stdout and "Grid carbon" not in done.stdout


def test_data_check_names_all_that_is_wrong(tiny_world: Path, tmp_path: Path) -> None:
    world = tmp_path / "tiny"
    shutil.copytree(tiny_world, world)
    (world / "sources.csv").write_text("source,title,publisher,year,url,licence,note\n", encoding="utf-8")
    (world / "rules.csv").write_text("rule\nx\n", encoding="utf-8")
    coverage = (world / "series" / "coverage.csv").read_text(encoding="utf-8")
    (world / "series" / "coverage.csv").write_text(
        coverage.replace("FR,solar_cf", "FI,solar_cf"), encoding="utf-8"
    )
    done = run("data", "check", world)
    assert done.exit_code == 2
    for word in (
        "no row for source 'test'",
        "solar_cf:FI of 2019: is in coverage.csv but not in the parquet",
    ):
        assert word in done.stderr


def test_data_build_needs_its_raw_data(tmp_path: Path) -> None:
    done = run("data", "build", "--from", tmp_path / "raw")
    assert done.exit_code == 2
    assert "is no folder" in done.stderr

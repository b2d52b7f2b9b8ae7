"""What the command line says when something is not as it should be: to people in lines that fit, to machines in JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from siting import cli_output
from siting.cli import app
from siting.output.export import export_plan
from siting.output.lines import UNBROKEN, fitted, width_of
from siting.output.reporter import ProgressReporter
from siting.output.words import limit_text, totals_text
from siting.plan.plan import Plan
from siting.solver.progress import Step
from siting.units import counted

POOR = ["--budget", "1e6"]  # no plan costs so little


def run(*args: Any) -> Any:
    return CliRunner().invoke(app, [str(part) for part in args])


def words(text: str) -> str:
    """The message in one line."""
    return " ".join(text.split())


@pytest.mark.parametrize("command", ["solve", "check", "compare", "pareto"])
def test_without_a_plan_json_says_so(tiny_model: Path, command: str) -> None:
    done = run(command, tiny_model, *POOR, "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 3 and told["status"] == "infeasible"
    assert "budget.capex_eur" in told["message"] and told["reasons"]
    assert "no plan can meet every limit" in done.stderr


def test_bad_input_is_told_in_json_too(tiny_model: Path, tmp_path: Path) -> None:
    done = run("solve", tiny_model, "--set", "sites.min=few", "--json")
    assert done.exit_code == 2
    told = json.loads(done.stdout)
    assert told["status"] == "bad_input" and "sites.min" in told["problems"][0]
    assert run("solve", tiny_model, "--set", "sites.min=few").stdout == ""


def test_an_error_after_the_result_adds_no_second_object(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full by now must not cost the result."""
    from siting.errors import InputError

    def full(*_: Any) -> None:
        raise InputError("out: cannot be written (no space left)")

    monkeypatch.setattr("siting.cli.save", full)
    done = run("solve", tiny_model, "--json", "-o", tmp_path / "out")
    assert done.exit_code == 2 and json.loads(done.stdout)["totals"] and "no space" in done.stderr


def test_messages_fit_a_terminal_and_keep_words_and_paths_whole(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_output, "width_of", lambda stream: 100)
    deep = tmp_path / ("a-folder-of-a-long-name-" * 5) / "model.yaml"
    done = run("solve", deep)
    assert done.exit_code == 2
    assert deep.as_posix() in done.stderr  # a path longer than a line is not cut
    lines = [line for line in done.stderr.splitlines() if deep.as_posix() not in line]
    assert lines and all(len(line) <= 100 for line in lines)
    poor = run("solve", tiny_model, *POOR).stderr
    assert all(len(line) <= 100 for line in poor.splitlines())
    assert "  - budget.capex_eur" in poor and "\n    " in poor  # set under the text of its bullet


def test_a_file_has_a_message_in_one_line(tiny_model: Path) -> None:
    """Whoever searches a log finds it, however long a path is."""
    done = run("solve", tiny_model, *POOR)
    (reason,) = (line for line in done.stderr.splitlines() if "budget.capex_eur" in line)
    assert len(reason) > 100 and reason.endswith("lower the target")


def test_lines_break_at_spaces_alone() -> None:
    text = "error: no-grid-connection-at/all/of/these-places is known"
    assert fitted(text, 30) == "error:\n  no-grid-connection-at/all/of/these-places\n  is known"
    assert fitted("", 30) == "" and fitted("a\n\nb", 30) == "a\n\nb"


def test_a_plan_keeps_the_ids_of_its_sites_whole(tiny_plan: Plan) -> None:
    note = "x" * 90 + " se-lulea ties with another"  # the line is full within the id
    noted = replace(tiny_plan, record={**tiny_plan.record, "notes": [note]})
    assert "\n    se-lulea ties" in noted.summary()


def test_a_terminal_sets_the_width(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "60")
    assert width_of(Terminal()) == 60 and width_of(StringIO()) == UNBROKEN
    monkeypatch.setattr(sys, "stderr", said := Terminal())
    cli_output.say("word " * 40, err=True)
    assert max(map(len, said.getvalue().splitlines())) <= 60


def test_progress_lines_fit(capsys: pytest.CaptureFixture[str]) -> None:
    out = StringIO()
    with ProgressReporter(console=Console(file=out, width=300)) as report:
        report(Step("solve 3 of 12 for " + "a scenario of a long name, " * 6, 3.2, 403.8e6, 401.0e6))
    first, *further = out.getvalue().splitlines()
    assert first.startswith("  3.2 s  solve 3 of 12") and further
    assert all(len(line) <= 100 for line in [first, *further])
    assert all(line.startswith(" " * 9) for line in further)


def test_the_command_line_speaks_of_its_own_options(
    tiny_plan: Plan, tiny_model: Path, tmp_path: Path
) -> None:
    tiny_plan.save(tmp_path / "out")
    for done in (
        run("solve", tiny_model, "-o", tmp_path / "out"),
        run("export", tmp_path / "out", "-o", tmp_path / "out" / "plan.json", "--to", "geojson"),
    ):
        assert done.exit_code == 2
        assert "--overwrite" in done.stderr and "overwrite=True" not in done.stderr


def test_a_project_uses_the_package_that_is_there(tiny_plan: Plan, tmp_path: Path) -> None:
    """gpkg, then qgz of one plan: the project goes with the package. One of another content is named, and kept."""
    package, project = tmp_path / "p.gpkg", tmp_path / "p.qgz"
    export_plan(tiny_plan, package, note=str)
    before = package.read_bytes()
    assert export_plan(tiny_plan, project, note=str) == project and package.read_bytes() == before
    project.unlink()
    export_plan(tiny_plan, package, overwrite=True, crs="EPSG:3035", note=str)
    other = package.read_bytes()
    tiny_plan.save(tmp_path / "out")
    done = run("export", tmp_path / "out", "-o", project)
    assert done.exit_code == 2 and "p.gpkg: exists with other content, and p.qgz needs it" in words(
        done.stderr
    )
    assert not project.exists() and package.read_bytes() == other
    assert run("export", tmp_path / "out", "-o", project, "--overwrite").exit_code == 0


def test_one_of_a_thing_is_one(tiny_plan: Plan) -> None:
    assert [counted(n, "site") for n in (0, 1, 2)] == ["0 sites", "1 site", "2 sites"]
    assert counted(1, "country") == "1 country" and counted(1_200, "class") == "1,200 classes"
    limit = {"limit": "sites.max_per_country", "value": 1, "unit": "sites"}
    assert limit_text(limit) == "sites.max_per_country: 1 site"
    totals = {**tiny_plan.totals, "sites": 1, "countries": 1}
    alone = replace(tiny_plan, record={**tiny_plan.record, "totals": totals})
    assert dict(totals_text(alone))["IT power"].endswith("at 1 site in 1 country")


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("budget.capex_eur=", "--set budget.capex_eur=: has no value; write budget.capex_eur=VALUE"),
        ("budget.capex_eur", "write key.path=value"),
        ("=5", "write key.path=value"),
        ("budget..capex_eur=5", "write key.path=value"),
        ("carbon.cap_g_kwh=a=b", "carbon.cap_g_kwh = 'a=b': is text; give a plain number"),
        ("capex=3e9", "unknown key capex: did you mean budget.capex_eur?"),
        ("BUDGET.capex_eur=3e9", "BUDGET is no section of the model; did you mean budget?"),
        ("budget.capex_eur.x=1", "budget.capex_eur is no section of the model; it holds a value"),
        ("sites.min=2.5", "sites.min = 2.5: is no whole number"),
        ("sites.min=true", "sites.min = true: is no whole number"),
        ("sites.force=fr-paris", "sites.force = 'fr-paris': is no list; write [fr-paris]"),
        ("sites.where.countries=[NO]", "is no text; put it in quotes"),
        ("budget=5", "budget = 5: is no section; write {key: value, ...}"),
        ("sites={}", "--set sites: sites.min: is missing"),
        ("objective=cheap", "objective = 'cheap': input should be 'cost', 'carbon' or 'compute'"),
        ("based_on=other", "is read in a file alone"),
        ("target.eflops=5", "stated: it_mw, eflops), and null for the others"),
    ],
)
def test_what_set_cannot_do_names_the_remedy(tiny_model: Path, setting: str, told: str) -> None:
    done = run("check", tiny_model, "--set", setting)
    assert done.exit_code == 2 and told in words(done.stderr), done.stderr


def test_a_key_is_set_once(tiny_model: Path) -> None:
    done = run("check", tiny_model, "--set", "budget.capex_eur=2e9", "--set", "capex_eur=3e9")
    assert done.exit_code == 2
    assert "--set capex_eur=3e9: budget.capex_eur is set twice; keep one" in words(done.stderr)


@pytest.mark.parametrize(
    ("setting", "key", "value"),
    [
        ("title=a=b", ("title",), "a=b"),
        ("purpose='a: b'", ("purpose",), "a: b"),
        ("carbon.cap_g_kwh= 20", ("carbon", "cap_g_kwh"), 20.0),
        ("target={it_mw: 50}", ("target", "it_mw"), 50.0),
        ("capex_eur=null", ("budget", "capex_eur"), None),
    ],
)
def test_what_set_can_do(tiny_model: Path, setting: str, key: tuple[str, ...], value: object) -> None:
    done = run("check", tiny_model, "--set", setting, "--json")
    found = json.loads(done.stdout)["model"]
    for part in key:
        found = found[part]
    assert found == value


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        ("export PLAN --to csv -o NEW.csv", {"written", "notes"}),
        ("data list", {"eu27"}),
        ("data describe WORLD", {"world", "title", "files", "series"}),
        ("data describe WORLD sites", {"world", "table", "path", "title", "fields", "quantities", "sources"}),
        ("data check WORLD", {"world", "summary", "series", "carbon", "unchecked", "unused"}),
        ("data init NEW --zones FR", {"folder", "files", "zones", "weather_year"}),
        ("data candidates --count 3 --country FR", {"written", "candidates"}),
        ("cache info", {"folder", "frontiers", "bytes", "limit_bytes"}),
        ("check MODEL", {"model", "numbers", "notes", "rules"}),
        ("models", {"models", "portfolios"}),
        ("audit PLAN", {"findings"}),
    ],
)
def test_json_is_one_object_and_nothing_else(
    command: str, keys: set[str], tiny_world: Path, tiny_model: Path, tiny_plan: Plan, tmp_path: Path
) -> None:
    saved = tiny_plan.save(tmp_path / "plan") if "PLAN" in command else tmp_path
    places = {"WORLD": tiny_world, "MODEL": tiny_model, "PLAN": saved, "NEW": tmp_path / "new"}
    places["NEW.csv"] = tmp_path / "new.csv"
    done = run(*(places.get(word, word) for word in command.split()), "--json")
    assert done.exit_code == 0, done.output
    assert set(json.loads(done.stdout)) == keys


def test_quiet_says_nothing_of_what_is_well(tiny_model: Path, tiny_plan: Plan, tmp_path: Path) -> None:
    saved = tiny_plan.save(tmp_path / "plan")
    for command in (("check", tiny_model), ("audit", saved)):
        done = run(*command, "--quiet")
        assert (done.exit_code, done.output) == (0, "")
    done = run("check", tiny_model, "--quiet", "--budget", "1e6")
    assert done.exit_code == 3 and "budget.capex_eur" in done.stderr

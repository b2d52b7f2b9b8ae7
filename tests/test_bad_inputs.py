"""Bad input as a user meets it: a clean message that names the place and the remedy, the right exit code, nothing left behind."""

# ruff: noqa: E501 - a table is read row by row, one row a line

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from siting.cli import main
from siting.plan.plan import Plan

Break = Callable[[Path], None]


@dataclass(frozen=True)
class Row:
    """What is broken, how, the command (folder for {here}), the exit code and texts that must appear on stderr."""

    what: str
    code: int
    texts: tuple[str, ...]
    edits: tuple[Break, ...] = ()
    args: str = "solve {here}/model.yaml -o {here}/out"


def text(file: str, old: str, new: str) -> Break:
    """Replace a piece of a text file that must be there."""

    def edit(folder: Path) -> None:
        path = folder / file
        content = path.read_text(encoding="utf-8")
        assert old in content, f"'{old}' is not in {file}"
        path.write_text(content.replace(old, new, 1), encoding="utf-8")

    return edit


def model(old: str, new: str) -> Break:
    return text("model.yaml", old, new)


def table(file: str, old: str, new: str) -> Break:
    return text(f"tiny/{file}", old, new)


def series(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Break:
    def edit(folder: Path) -> None:
        path = folder / "tiny" / "series" / "2019.parquet"
        change(pd.read_parquet(path)).to_parquet(path)

    return edit


def hole(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.copy()
    frame.loc[7, "price_eur_mwh:FR"] = np.nan
    return frame


def gone(file: str) -> Break:
    return lambda folder: (folder / "tiny" / file).unlink()


def raw(file: str, content: bytes) -> Break:
    def edit(folder: Path) -> None:
        (folder / file).write_bytes(content)

    return edit


ROWS = [
    # --- the planning model
    Row("no such model", 2, ("no such file", "eu-gigafactories"), args="solve {here}/nowhere.yaml -o {here}/out"),
    Row("a model's name misspelt", 2, ("did you mean eu-gigafactories?",), args="solve eu-gigafactoris -o {here}/out"),
    Row("a folder for a model", 2, ("is a folder",), args="solve {here} -o {here}/out"),
    Row("an empty model", 2, ("model.yaml", "holds no keys"), (raw("model.yaml", b""),)),
    Row("a model that is no YAML", 2, ("model.yaml", "line ", "is not readable YAML"), (model("siting: 1", "siting: [1"),)),
    Row("a model that is no text", 2, ("model.yaml", "UTF-8"), (raw("model.yaml", b"\xff\xfe\x00"),)),
    Row("an unknown key", 2, ("model.yaml:", "buget", "did you mean budget?"), (model("budget:", "buget:"),)),
    Row("a key that is a number", 2, ("model.yaml", "unknown key"), (model("siting: 1", "siting: 1\n7: x"),)),
    Row("a missing key", 2, ("solve.threads", "is missing; add it"), (model(", threads: 1", ""),)),
    Row("a key twice", 2, ("model.yaml:", "objective is given twice; keep one"), (model("title: Tiny", "title: Tiny\nobjective: cost"),)),
    Row("text for a number", 2, ("budget.capex_eur = 'much'", "plain number"), (model("3.0e9", "much"),)),
    Row("a negative number", 2, ("sites.module_it_mw = -10",), (model("module_it_mw: 10", "module_it_mw: -10"),)),
    Row("not a number", 2, ("load.utilisation_share",), (model("utilisation_share: 0.85", "utilisation_share: .nan"),)),
    Row("two targets", 2, ("target", "in one way"), (model("{it_mw: 60}", "{it_mw: 60, eflops: 1, precision: fp8}"),)),
    Row("min above max", 2, ("sites", "min 4 is above max 3"), (model("min: 2\n", "min: 4\n"),)),
    Row("an unknown objective", 2, ("objective = 'profit'",), (model("objective: cost", "objective: profit"),)),
    Row("a base that is not there", 2, ("basic",), (model("based_on: null", "based_on: basic"),)),
    Row("a model based on itself", 2, ("runs in a circle",), (model("based_on: null", "based_on: model"),)),
    Row("an alias of itself", 2, ("model.yaml",), (model("title: Tiny", "title: &t [*t]"),)),
    Row("a group twice", 2, ("budget.counts",), (model("[site, connection, onsite_power, it]", "[site, it, it]"),)),
    Row("a score without matching", 2, ("power.matching", "null with kind none"), (model("cfe_score_min: null", "cfe_score_min: 0.5"),)),
    # --- names the world lacks
    Row("an unknown world", 2, ("world 'nowhere'", "datapackage.json"), (model("world: ", "world: nowhere #"),)),
    Row("an unknown option", 2, ("power.options: 'wind_ppa'", "did you mean onwind_ppa?"), (model("onwind_ppa", "wind_ppa"),)),
    Row("an unknown accelerator", 2, ("load.accelerator: 'TPU'", "known: GB200"), (model("accelerator: GB200", "accelerator: TPU"),)),
    Row("a cooling that cannot", 2, ("air cooling carries 40 kW", "add direct_to_chip"), (model("[direct_to_chip]", "[air]"),)),
    Row("an unknown country", 2, ("sites.where.countries: 'GR'",), (model("countries: null", "countries: [GR]"),)),
    Row("an unknown year", 2, ("time.weather_years: '2018'",), (model("weather_years: [2019]", "weather_years: [2018]"),)),
    Row("an unknown site", 2, ("sites.force: 'fr-lion'", "did you mean fr-lyon?"), args="solve {here}/model.yaml --set sites.force=[fr-lion] -o {here}/out"),
    Row("more days than a year has", 2, ("time.representative",), (model("periods: 2, hours: 24, keep: [peak_price]", "periods: 366, hours: 24, keep: []"),)),
    Row("only extremes", 2, ("time.representative", "at least 2"), (model("periods: 2,", "periods: 1,"),)),
    # --- options of the command line
    Row("a setting without value", 2, ("--set", "key.path=value"), args="check {here}/model.yaml --set budget"),
    Row("a setting of an unknown key", 2, ("did you mean capex_eur?",), args="check {here}/model.yaml --set budget.capex=1"),
    Row("an unknown portfolio", 2, ("portfolio 'gren'", "did you mean green?"), args="compare {here}/model.yaml --portfolios cost,gren -o {here}/out"),
    Row("one portfolio to compare", 2, ("at least two",), args="compare {here}/model.yaml --portfolios cost -o {here}/out"),
    Row("a budget of nothing", 2, ("budget.capex_eur",), args="solve {here}/model.yaml --budget 0 -o {here}/out"),
    # --- the world's tables
    Row("a table gone", 2, ("technologies.csv: no such file",), (gone("technologies.csv"),)),
    Row("a column gone", 2, ("sites.csv: column grid_mw is missing",), (table("sites.csv", "grid_mw,", "grid,"),)),
    Row("a number that is none", 2, ("technologies.csv row 3 (solar_ppa, capex_eur_kw)", "'cheap'"), (table("technologies.csv", "solar_ppa,capex_eur_kw,400", "solar_ppa,capex_eur_kw,cheap"),)),
    Row("a row twice", 2, ("parameters.csv row 3 (dc_life_yr): stands twice",), (table("parameters.csv", "connection_eur_mw", "dc_life_yr"),)),
    Row("a row too long", 2, ("zone_values.csv",), (table("zone_values.csv", "FR,solar_flh_h,1200", "FR,solar_flh_h,1,200"),)),
    Row("an unknown kind", 2, ("cooling.csv row 2", "kind 'rumour'", "measured"), (table("cooling.csv", "scenario", "rumour"),)),
    Row("an unknown source", 2, ("sources.csv: no row for source 'hearsay'",), (table("accelerators.csv", "scenario,test", "scenario,hearsay"),)),
    Row("an unknown zone", 2, ("sites.csv: zone 'FI' of 'fr-lyon'",), (table("sites.csv", "Lyon,FR,FR", "Lyon,FR,FI"),)),
    Row("latitude and longitude projected", 2, ("sites.csv: 'fr-lyon'", "outside WGS 84"), (table("sites.csv", "45.75", "4575"),)),
    Row("a technology without cost", 2, ("technologies.csv: no row for option 'solar_ppa', quantity 'capex_eur_kw'", "add it"), (table("technologies.csv", "solar_ppa,capex_eur_kw", "solar_ppa,capex_eur_kW"),)),
    Row("a zone without network charge", 2, ("zone_values.csv: zone 'SE' has no network_charge_eur_mwh",), (table("zone_values.csv", "SE,network_charge_eur_mwh,18,EUR/MWh,2026,scenario,test,\n", ""),)),
    Row("a life of no years", 2, ("technologies.csv", "battery", "life_yr"), (table("technologies.csv", "battery,life_yr,10", "battery,life_yr,0"),)),
    Row("a chip without power", 2, ("accelerators.csv", "it_kw"), (table("accelerators.csv", "GB200,it_kw,2.5", "GB200,it_kw,0"),)),
    Row("shapes that are none", 2, ("zones.geojson",), (raw("tiny/zones.geojson", b"{}"),)),
    # --- the world's hours
    Row("no hours", 2, ("time.weather_years", "2019"), (gone("series/2019.parquet"),)),
    Row("hours that are no table", 2, ("2019.parquet: is not a readable Parquet table",), (raw("tiny/series/2019.parquet", b"x"),)),
    Row("an empty hour", 2, ("2019.parquet: price_eur_mwh:FR has 1 empty hours", "2019-01-01 07:00"), (series(hole),)),
    Row("a missing hour", 2, ("2019.parquet: 1 hour is missing", "a year has 8760"), (series(lambda f: f.drop(index=9)),)),
    Row("a share above one", 2, ("2019.parquet: cfe_share:SE ranges", "[0, 1]"), (series(lambda f: f.assign(**{"cfe_share:SE": 2.0})),)),
    Row("a zone without prices", 2, ("price_eur_mwh", "ES"), (series(lambda f: f.drop(columns="price_eur_mwh:ES")),)),
    Row("a contract without its wind", 2, ("onwind_cf", "SE"), (series(lambda f: f.drop(columns="onwind_cf:SE")),)),
    # --- questions without an answer
    Row("too small a budget", 3, ("budget.capex_eur is 1.00 bn EUR", "raise the budget or lower the target"), args="solve {here}/model.yaml --budget 1e9 -o {here}/out"),
    Row("too large a target", 3, ("target needs 500.0 MW", "hold 150.0 MW", "raise sites.max"), args="solve {here}/model.yaml --set target.it_mw=500 -o {here}/out"),
    Row("too many countries", 3, ("min_countries asks for 3", "lie in 2 countries"), (model("min_countries: 2", "min_countries: 3"), model("countries: null", "countries: [FR, ES]"))),
    Row("no candidate", 3, ("leaves no candidate site",), (model("countries: null, kinds: null", "countries: [SE], kinds: [ai_factory]"),)),
    Row("power for nobody", 3, ("no plan can meet every limit",), args="solve {here}/model.yaml --set power.options=[solar_ppa] -o {here}/out"),
    Row("no power so clean", 3, ("no plan can meet every limit",), args="solve {here}/model.yaml --set carbon.cap_t_yr=0 --set power.options=[grid] -o {here}/out"),
    # --- folders
    Row("an output that exists", 2, ("--overwrite",), args="solve {here}/model.yaml -o {here}/tiny"),
    Row("no plan to audit", 2, ("holds no plan.json",), args="audit {here}/tiny"),
    Row("no plan to export", 2, ("plan.json",), args="export {here}/tiny --to geojson -o {here}/sites.geojson"),
]  # fmt: skip


@pytest.fixture
def here(tiny_world: Path, tiny_model: Path, tmp_path: Path) -> Path:
    """The tiny world and model in a folder of their own."""
    shutil.copytree(tiny_world, tmp_path / "tiny")
    content = tiny_model.read_text(encoding="utf-8").replace(
        tiny_world.as_posix(), (tmp_path / "tiny").as_posix()
    )
    (tmp_path / "model.yaml").write_text(content, encoding="utf-8")
    return tmp_path


def listing(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


def called(args: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """Exit code of the command `siting`."""
    monkeypatch.setattr(sys, "argv", ["siting", *args])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what.replace(" ", "-"))
def test_bad_input(
    row: Row, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for edit in row.edits:
        edit(here)
    before = listing(here)
    monkeypatch.chdir(here)
    code = called([part.replace("{here}", here.as_posix()) for part in row.args.split(" ")], monkeypatch)
    said = capsys.readouterr()
    assert code == row.code, said.err
    told = " ".join(said.err.split())  # lines are cut to 100 columns
    missing = [piece for piece in row.texts if piece not in told]
    assert not missing, f"{missing} not in:\n{said.err}"
    assert "Traceback" not in said.err + said.out
    assert said.out == "", "a result although there is none"
    assert listing(here) == before, "something was left behind"


def test_the_table_is_long_and_its_rows_differ() -> None:
    assert len(ROWS) >= 28
    assert len({row.what for row in ROWS}) == len(ROWS)


def test_without_anything_broken_the_same_command_solves(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The control: every row above fails for its own reason."""
    assert called(["solve", str(here / "model.yaml"), "-o", str(here / "out")], monkeypatch) == 0, (
        capsys.readouterr().err
    )
    assert (here / "out" / "plan.json").is_file()


BROKEN_PLANS: dict[str, Callable[[dict[str, object]], object]] = {
    "not an object": lambda record: [1, 2],
    "no sites": lambda record: {k: v for k, v in record.items() if k != "sites"},
    "no inputs": lambda record: {k: v for k, v in record.items() if k != "inputs"},
    "no later objectives": lambda record: {k: v for k, v in record.items() if k != "later_objectives"},
    "sites are numbers": lambda record: {**record, "sites": [1]},
    "totals are text": lambda record: {**record, "totals": "many"},
    "model is another's": lambda record: {**record, "model": {"siting": 1}},
    "a site without its halls": lambda record: {**record, "sites": [{**site, "cooling_mw": None} for site in record["sites"]]},  # type: ignore[attr-defined]
    "modules are words": lambda record: {**record, "sites": [{**site, "modules": "two"} for site in record["sites"]]},  # type: ignore[attr-defined]
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN_PLANS)
def test_a_plan_that_is_no_plan(
    what: str,
    tiny_plan: Plan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`siting audit` of a plan.json somebody edited: bad input (2) or a finding (1), never `unexpected`."""
    folder = tiny_plan.save(tmp_path / "out")
    record = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    (folder / "plan.json").write_text(json.dumps(BROKEN_PLANS[what](record)), encoding="utf-8")
    code = called(["audit", str(folder)], monkeypatch)
    said = capsys.readouterr().err
    assert code in {1, 2} and "unexpected" not in said and "error: " in said, said


@pytest.mark.parametrize("file", ["hourly.parquet", "costs.csv", "plan.json"])
def test_an_output_folder_with_a_file_gone(
    file: str,
    tiny_plan: Plan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tiny_plan.save(tmp_path / "out")
    (folder / file).unlink()
    assert called(["audit", str(folder)], monkeypatch) == 2
    said = capsys.readouterr().err
    assert "unexpected" not in said and (file in said or "plan.json" in said)

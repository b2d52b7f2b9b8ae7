"""Demand points and nearness measured in a world: distances by hand, files refused by row, cities shared out by population."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from pyproj import Geod

from siting.api import audit_folder, prepare, solve
from siting.errors import InfeasibleError, InputError
from siting.inputs.load import load
from siting.inputs.planning import PlanningModel
from siting.plan.audit import audit
from siting.plan.read import read_plan
from tests.test_bad_inputs import called

MS_PER_KM = 9.8 * 2.1 / 1000  # parameters.csv below: fibre there and back, times the detour
POINTS = "name,lat,lon,it_mw\nParis,48.8566,2.3522,12\nMadrid,40.4168,-3.7038,8\n"
OWN = {"points_file": "points.csv", "latency_ms_max": None, "covered_share_min": 1, "eur_per_mw_yr_ms": 1000}
CITIES = {
    "population_min": 100_000, "demand_it_mw": 30, "latency_ms_max": 20, "covered_share_min": 1, "eur_per_mw_yr_ms": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tiny_world: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny world with cities, AI Factories and the delay of fibre; a model and a file of points beside it."""
    home = tmp_path_factory.mktemp("places")
    world = home / "tiny"
    shutil.copytree(tiny_world, world)
    with (world / "parameters.csv").open("a", encoding="utf-8") as file:
        file.write("fibre_rtt_ms_1000km,9.8,ms/1000km,2024,scenario,test,\n")
        file.write("fibre_path_stretch,2.1,ratio,2018,scenario,test,\n")
    (world / "cities.csv").write_text(
        "city,geonames_id,name,country,lat,lon,population,source\n"
        "fr-paris,1,Paris,FR,48.8566,2.3522,2000000,test\n"
        "es-madrid,2,Madrid,ES,40.4168,-3.7038,1000000,test\n"
        "se-visby,3,Visby,SE,57.64,18.29,20000,test\n",
        encoding="utf-8",
    )
    (world / "ai_factories.csv").write_text(
        "ai_factory,name,city,country,lat,lon,selected,source,note\nfr-x,X,Lille,FR,50.63,3.06,2025-03,test,\n",
        encoding="utf-8",
    )
    (home / "points.csv").write_text(POINTS, encoding="utf-8")
    text = tiny_model.read_text(encoding="utf-8").replace(tiny_world.as_posix(), "tiny")
    (home / "model.yaml").write_text(text, encoding="utf-8")
    return home


def model(folder: Path, name: str = "model.yaml", **sections: Any) -> PlanningModel:
    """The tiny model with sections replaced or keys of `sites` added."""
    values = yaml.safe_load((folder / "model.yaml").read_text(encoding="utf-8"))
    values["sites"] |= sections.pop("sites", {})
    values |= sections
    path = folder / f"own-{name}"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return load(path)


def test_round_trips_are_distance_times_delay(folder: Path) -> None:
    """Paris to Lyon on the ellipsoid, at 9.8 ms a 1,000 km of fibre and 2.1 km of fibre a km."""
    found = prepare(model(folder, coverage=OWN)).data.coverage
    assert found is not None
    _, _, metres = Geod(ellps="WGS84").inv(2.3522, 48.8566, 4.85, 45.75)
    assert found.ms["Paris", "fr-lyon"] == pytest.approx(metres / 1000 * MS_PER_KM, rel=1e-9)
    assert found.ms["Paris", "fr-lyon"] == pytest.approx(8.1, abs=0.1)
    assert found.eur_mw_yr["Paris", "fr-lyon"] == pytest.approx(1000 * found.ms["Paris", "fr-lyon"])
    assert found.demand_mw == {"Paris": 12.0, "Madrid": 8.0}
    assert found.nearest["Paris"][0] == "fr-lille"


def test_a_limit_drops_the_pairs_beyond_it(folder: Path) -> None:
    free = prepare(model(folder, coverage=OWN)).data.coverage
    found = prepare(model(folder, coverage={**OWN, "latency_ms_max": 10})).data.coverage
    assert free is not None and found is not None
    assert set(found.ms) == {pair for pair, ms in free.ms.items() if ms <= 10}
    assert 0 < len(found.ms) < len(free.ms)


def test_cities_share_the_demand_by_population(folder: Path) -> None:
    """Paris has two thirds of the 3 M people: 20 of 30 MW. Visby is too small."""
    found = prepare(model(folder, coverage=CITIES)).data.coverage
    assert found is not None
    assert found.demand_mw == pytest.approx({"fr-paris": 20.0, "es-madrid": 10.0})
    assert not any(found.eur_mw_yr.values())
    only = prepare(model(folder, coverage={**CITIES, "cities_in": ["ES"]})).data.coverage
    assert only is not None
    assert only.demand_mw == {"es-madrid": 30.0}


def test_sites_near_an_ai_factory(folder: Path) -> None:
    """One stands in Lille; Lyon is 557 km away."""
    rules = {
        "near_ai_factory": {"km": 100, "share_min": 0.3},
        "max_countries": 2,
        "max_share_per_country": 0.6,
    }
    found = prepare(model(folder, sites=rules)).data.sovereignty
    assert found.near == {"fr-lille"}
    assert (found.countries_max, found.country_share_max, found.near_share_min) == (2, 0.6, 0.3)
    assert found.nearest == ("fr-lille", pytest.approx(0.0, abs=0.1))
    far = prepare(model(folder, sites={"near_ai_factory": {"km": 600, "share_min": 0.3}})).data.sovereignty
    assert far.near == {"fr-lille", "fr-lyon"}


@pytest.mark.parametrize("method", ["whole", "frontier"])
def test_solved_saved_read_back_and_audited(folder: Path, method: str, tmp_path: Path) -> None:
    rules = {"near_ai_factory": {"km": 100, "share_min": 0.3}, "max_share_per_country": 0.6}
    question = model(folder, method, coverage=OWN, sites=rules).with_(solve__method=method)
    plan = solve(question)
    assert plan.coverage["it_mw"].sum() == pytest.approx(20.0)
    assert any("coverage: demand of 2 points as the file states it" in note for note in plan.record["notes"])
    out = plan.save(tmp_path / "out")
    table = pd.read_csv(out / "coverage.csv")
    assert list(table["name"].unique()) == ["Paris", "Madrid"]
    assert audit_folder(out) == []
    assert read_plan(out).coverage["it_mw"].tolist() == plan.coverage["it_mw"].tolist()
    table.assign(it_mw=table["it_mw"] * 1.01).to_csv(out / "coverage.csv", index=False)
    assert any("coverage.csv: it_mw" in finding for finding in audit_folder(out))


def test_both_methods_come_to_the_same(folder: Path) -> None:
    rules = {"near_ai_factory": {"km": 100, "share_min": 0.3}, "max_share_per_country": 0.6}
    question = model(folder, coverage={**OWN, "latency_ms_max": 15}, sites=rules).with_(solve__gap_share=1e-5)
    one, other = (solve(question.with_(solve__method=method)) for method in ("whole", "frontier"))
    assert one.objective == pytest.approx(other.objective, rel=3e-5)
    assert audit(prepare(question).data, other.record, other.hourly) == []


def test_off_changes_nothing(folder: Path) -> None:
    plain, stated = model(folder), model(folder, "null.yaml", coverage=None, sites={"max_countries": None})
    assert solve(plain).record["totals"] == solve(stated).record["totals"]
    assert not (solve(plain).save(folder / "plain") / "coverage.csv").exists()


def test_too_far_is_said_with_the_nearest_site(folder: Path) -> None:
    with pytest.raises(InfeasibleError) as error:
        prepare(model(folder, coverage={**OWN, "latency_ms_max": 5}))
    assert "1 of 2 demand points (8.0 MW of IT) have no candidate within 5 ms" in str(error.value)
    assert "Madrid (nearest es-zaragoza, 5.6 ms)" in str(error.value)


BAD_FILES = {
    "no such file": (None, "points.csv: no such file"),
    "no column": ("name,lat,lon\nParis,48,2\n", "column it_mw is missing"),
    "empty": ("name,lat,lon,it_mw\n", "holds no demand point"),
    "text": ("name,lat,lon,it_mw\nParis,48,2,many\n", "points.csv row 2: it_mw is 'many'; give its demand"),
    "NaN": ("name,lat,lon,it_mw\nParis,nan,2,1\n", "points.csv row 2: lat is 'nan'"),
    "nothing asked for": ("name,lat,lon,it_mw\nParis,48,2,0\n", "it_mw is '0'; give its demand, MW of IT above 0"),
    "beyond the pole": ("name,lat,lon,it_mw\nParis,480,2,1\n", "lat is '480'; give degrees north, -90 to 90"),
    "no name": ("name,lat,lon,it_mw\n,48,2,1\n", "row 2: name is empty"),
    "twice": ("name,lat,lon,it_mw\nP,48,2,1\nP,48,3,1\n", "row 3: name 'P' stands twice"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_of_points(name: str, folder: Path) -> None:
    text, words = BAD_FILES[name]
    path = folder / "bad" / "points.csv"
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        prepare(model(folder, coverage={**OWN, "points_file": path.as_posix()}))
    assert words in str(error.value)


def test_all_problems_of_a_file_are_named_at_once(folder: Path) -> None:
    (folder / "two.csv").write_text("name,lat,lon,it_mw\nA,x,2,1\nB,48,y,1\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        prepare(model(folder, coverage={**OWN, "points_file": "two.csv"}))
    assert "row 2: lat is 'x'" in str(error.value) and "row 3: lon is 'y'" in str(error.value)


BAD_MODELS: dict[str, tuple[dict[str, Any], str]] = {
    "both kinds": ({"coverage": {**OWN, **CITIES}}, "points_file brings its own points and demand"),
    "neither kind": (
        {"coverage": {k: v for k, v in CITIES.items() if k != "demand_it_mw"}},
        "cities as demand points need demand_it_mw",
    ),
    "a share above 1": ({"coverage": {**CITIES, "covered_share_min": 1.2}}, "covered_share_min"),
    "no latency": ({"coverage": {**CITIES, "latency_ms_max": 0}}, "latency_ms_max"),
    "latency left out": ({"coverage": {k: v for k, v in OWN.items() if k != "latency_ms_max"}}, "is missing"),
    "unknown country": ({"coverage": {**CITIES, "cities_in": ["XX"]}}, "cities_in: 'XX' is not in world"),
    "no city": ({"coverage": {**CITIES, "population_min": 9e9}}, "no city of at least 9,000,000,000 people"),
    "countries": ({"sites": {"max_countries": 1}}, "min_countries 2 is above max_countries 1"),
    "share": ({"sites": {"max_share_per_country": 0.2}}, "needs at least 5 countries, max and max_countries allow 3"),
    "no share": ({"sites": {"max_share_per_country": 0}}, "max_share_per_country"),
    "crowded": ({"sites": {"min": 3, "max_countries": 2}}, "min 3 sites do not fit in 2 countries"),
    "near without km": ({"sites": {"near_ai_factory": {"share_min": 0.5}}}, "km: is missing"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_MODELS)
def test_a_bad_model(name: str, folder: Path) -> None:
    sections, words = BAD_MODELS[name]
    with pytest.raises(InputError) as error:
        prepare(model(folder, **sections))
    assert words in str(error.value)


def test_a_world_without_ai_factories(folder: Path, tiny_world: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ai_factories.csv"):
        prepare(
            model(folder, sites={"near_ai_factory": {"km": 9, "share_min": 0.1}}).with_(
                world=tiny_world.as_posix()
            )
        )


def test_from_the_command_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model(folder, "cli.yaml", coverage=OWN)
    path, out = folder / "own-cli.yaml", tmp_path / "out"
    assert called(["solve", str(path), "-o", str(out), "--quiet"], monkeypatch) == 0
    said = capsys.readouterr().out
    assert "coverage     20 of 20 MW served to 2 points" in said
    assert max(map(len, said.splitlines())) <= 100
    record = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    assert record["coverage"]["served_share"] == pytest.approx(1.0)
    assert called(["audit", str(out)], monkeypatch) == 0
    assert called(["solve", str(path), "--set", "coverage.latency_ms_max=5", "--quiet"], monkeypatch) == 3
    assert "nearest es-zaragoza" in " ".join(capsys.readouterr().err.split())

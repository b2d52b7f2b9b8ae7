"""A world with something wrong in it is refused with file, row, value and remedy; all problems at once."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from siting.errors import InputError
from siting.inputs.load import load
from siting.inputs.places import bundled_worlds
from siting.inputs.world import find_world, read_world


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A copy of the tiny world's tables (reading a world does not touch its hours)."""
    return shutil.copytree(Path(__file__).parents[1] / "worlds" / "tiny", tmp_path / "tiny")


def edit(world: Path, file: str, *changes: tuple[str, str]) -> None:
    path = world / file
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, f"'{old}' is not in {file}"
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def problems(world: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_world(world)
    return "\n".join(caught.value.problems)


def test_the_tiny_world_reads(world: Path) -> None:
    read = read_world(world)
    assert read.value("zone_values", "FR", "day_ahead_price_eur_mwh") == 55.0
    assert read.get("zone_values", "ES", "nuclear_ppa_potential_mw") is None
    assert read.parameter("sale_haircut_share") == 0.1
    assert read.sites.at["se-lulea", "name"] == "Luleå"
    assert read.sites.geometry["se-lulea"].y == pytest.approx(65.58)
    assert read.keys("cooling") == ["air", "direct_to_chip"]


@pytest.mark.parametrize("name", bundled_worlds())
def test_every_bundled_world_reads(name: str) -> None:
    assert len(read_world(find_world(name)).zones) == 36


def test_a_missing_number_names_the_row_to_add(world: Path) -> None:
    with pytest.raises(
        InputError, match=r"tiny/technologies\.csv: no row for option 'grid', quantity 'capex_eur_kw'"
    ):
        read_world(world).value("technologies", "grid", "capex_eur_kw")


def test_all_problems_of_all_files_come_at_once(world: Path) -> None:
    edit(world, "zone_values.csv", ("FR,day_ahead_price_eur_mwh,55", "FR,day_ahead_price_eur_mwh,x"))
    edit(world, "parameters.csv", ("dc_life_yr,15,yr,2026,scenario", "dc_life_yr,15,yr,2026,guess"))
    (world / "cooling.csv").unlink()
    found = problems(world)
    assert "zone_values.csv row 2 (FR, day_ahead_price_eur_mwh): value 'x' is no finite number" in found
    assert "parameters.csv row 2 (dc_life_yr): kind 'guess'; write one of measured" in found
    assert "cooling.csv: no such file" in found


BROKEN: dict[str, tuple[str, tuple[str, str], str]] = {
    # what: file, (old, new), text that must appear
    "a value that is empty": (
        "parameters.csv",
        ("dc_life_yr,15", "dc_life_yr,"),
        "parameters.csv row 2 (dc_life_yr): value ''",
    ),
    "nan": ("parameters.csv", ("dc_life_yr,15", "dc_life_yr,nan"), "value 'nan' is no finite number"),
    "infinity": (
        "parameters.csv",
        ("dc_life_yr,15", "dc_life_yr,1e999"),
        "value '1e999' is no finite number",
    ),
    "a decimal comma": (
        "parameters.csv",
        ("dc_life_yr,15,", 'dc_life_yr,"15,5",'),
        "value '15,5' is no finite number",
    ),
    "a row twice": (
        "cooling.csv",
        ("air,wue_l_kwh,0.4", "air,pue_base,0.4"),
        "cooling.csv row 7 (air, pue_base): stands twice",
    ),
    "a site twice": ("sites.csv", ("fr-lille", "fr-lyon"), "site 'fr-lyon' stands in two rows"),
    "a column gone": ("zones.csv", ("zone,country,name", "zone,land,name"), "column country is missing"),
    "a value column gone": ("cooling.csv", ("value", "wert"), "column value is missing"),
    "an unknown country": (
        "sites.csv",
        ("Lyon,FR,FR", "Lyon,FX,FR"),
        "sites.csv: country 'FX' of 'fr-lyon' is unknown; known: ES, FR, SE",
    ),
    "an unknown zone": (
        "sites.csv",
        ("Lyon,FR,FR", "Lyon,FR,F1"),
        "sites.csv: zone 'F1' of 'fr-lyon' is unknown",
    ),
    "a zone's unknown country": (
        "zones.csv",
        ("SE,SE,", "SE,SX,"),
        "zones.csv: country 'SX' of 'SE' is unknown",
    ),
    "an unknown key": (
        "zone_values.csv",
        ("FR,solar_flh_h", "FF,solar_flh_h"),
        "zone_values.csv: zone 'FF' is unknown",
    ),
    "an unknown option": (
        "technologies.csv",
        ("grid,lead", "gird,lead"),
        "technologies.csv: option 'gird' is unknown; did you mean grid?",
    ),
    "an unknown source": (
        "parameters.csv",
        ("scenario,test", "scenario,Smith"),
        "sources.csv: no row for source 'Smith'",
    ),
    "a price gone": (
        "zone_values.csv",
        ("ES,gas_price_eur_mwh,35,EUR/MWh_th,2026,scenario,test,\n", ""),
        "zone 'ES' has no gas_price_eur_mwh",
    ),
    "latitude as text": ("sites.csv", ("45.75", "45N"), "sites.csv: lat of 'fr-lyon'"),
    "a projected point": ("sites.csv", ("45.75,4.85", "5075000,840000"), "outside WGS 84"),
    "a point the wrong way round": ("sites.csv", ("45.75,4.85", "4.85,45.75"), "are swapped"),
    "a point far off its zone": ("sites.csv", ("45.75,4.85", "55.75,24.85"), "far outside its zone"),
    "negative grid power": ("sites.csv", (",200,scenario", ",-200,scenario"), "grid_mw of 'fr-lyon' is -200"),
    "no grid power": ("sites.csv", (",200,scenario", ",,scenario"), "sites.csv: grid_mw of 'fr-lyon'"),
    "an infinite line": (
        "sites.csv",
        ("10,scenario,40", "inf,scenario,40"),
        "sites.csv: line_km of 'fr-lyon'",
    ),
    "waiting time as text": (
        "sites.csv",
        (",2,scenario,10", ",two,scenario,10"),
        "grid_wait_yr of 'fr-lyon'",
    ),
    "a site in another zone's country": ("sites.csv", ("Lyon,FR,FR", "Lyon,FR,SE"), "fr-lyon"),
    "an unknown route": ("options.csv", ("gas_engine,onsite", "gas_engine,onsight"), "did you mean onsite?"),
    "an unknown behaviour": (
        "options.csv",
        ("onsite,dispatchable", "onsite,dispatch"),
        "did you mean dispatchable?",
    ),
    "a shape gone": ("zones.geojson", ('"zone": "FR"', '"zone": "FX"'), "no shape for zone 'FR'"),
    "no zone property": ("zones.geojson", ('"zone": ', '"area": '), "FR"),
    "not GeoJSON": ("zones.geojson", ("FeatureCollection", "Fish"), "zones.geojson: is not readable GeoJSON"),
    "a shape twice": ("zones.geojson", ('"zone": "SE"', '"zone": "FR"'), "zones.geojson"),
    "a row too long": ("zone_values.csv", ("FR,solar_flh_h,1200", "FR,solar_flh_h,1,200"), "zone_values.csv"),
    "a wide row too long": ("sites.csv", ("fr-lyon,Lyon", "fr-lyon,Lyon, Rhone, France"), "sites.csv"),
    "a row too short": (
        "zone_values.csv",
        ("FR,solar_flh_h,1200,h,2026,scenario,test,", "FR,solar_flh_h"),
        "zone_values.csv row",
    ),
    "a source cut off": (
        "zone_values.csv",
        ("FR,solar_flh_h,1200,h,2026,scenario,test,", "FR,solar_flh_h,1200,h,2026,scenario"),
        "no row for source ''",
    ),
    "a unit that is not the name's": (
        "technologies.csv",
        ("solar_ppa,capex_eur_kw,400,EUR/kW", "solar_ppa,capex_eur_kw,400,EUR/MW"),
        "unit",
    ),
    "a life of no years": ("technologies.csv", ("solar_ppa,life_yr,40", "solar_ppa,life_yr,0"), "life_yr"),
    "a negative cost": (
        "technologies.csv",
        ("solar_ppa,capex_eur_kw,400", "solar_ppa,capex_eur_kw,-400"),
        "capex_eur_kw",
    ),
    "an efficiency of nothing": (
        "technologies.csv",
        ("gas_engine,efficiency_share,0.48", "gas_engine,efficiency_share,0"),
        "efficiency_share",
    ),
    "an efficiency above one": (
        "technologies.csv",
        ("battery,efficiency_share,0.9", "battery,efficiency_share,90"),
        "efficiency_share",
    ),
    "a PUE below one": ("cooling.csv", ("air,pue_base,1.08", "air,pue_base,0.08"), "pue_base"),
    "a share above one": (
        "parameters.csv",
        ("sale_haircut_share,0.1", "sale_haircut_share,10"),
        "sale_haircut_share",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_named(world: Path, what: str) -> None:
    file, change, text = BROKEN[what]
    edit(world, file, change)
    assert text in problems(world)


@pytest.mark.parametrize(
    "file", ["zones.csv", "parameters.csv", "zones.geojson", "sites.csv", "technologies.csv"]
)
def test_a_missing_file_is_named(world: Path, file: str) -> None:
    (world / file).unlink()
    assert file in problems(world)


@pytest.mark.parametrize(
    "file", ["zones.csv", "sites.csv", "parameters.csv", "zone_values.csv", "zones.geojson"]
)
@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00latin\xe9", b"\n\n"], ids=["empty", "not text", "blank"]
)
def test_a_file_that_cannot_be_read_is_named(world: Path, file: str, content: bytes) -> None:
    (world / file).write_bytes(content)
    assert file in problems(world)


def test_many_equal_problems_are_counted_not_listed(world: Path) -> None:
    text = (world / "sites.csv").read_text(encoding="utf-8")
    (world / "sites.csv").write_text(text.replace(",scenario,100000", ",scenario,100000"), encoding="utf-8")
    lines = text.splitlines()
    many = [lines[0], *(lines[1].replace("fr-lyon", f"fr-{i}").replace("45.75", "x") for i in range(12))]
    (world / "sites.csv").write_text("\n".join(many) + "\n", encoding="utf-8")
    found = problems(world).splitlines()
    assert len([line for line in found if "lat of" in line]) == 5
    assert "... and 7 more like the last" in found


@pytest.mark.parametrize(
    ("name", "text"),
    [("eu72", "did you mean eu27?"), ("nowhere/at/all", "neither a bundled world nor a folder")],
)
def test_a_world_that_does_not_exist_is_refused(name: str, text: str) -> None:
    with pytest.raises(InputError) as caught:
        find_world(name)
    assert text in str(caught.value)


def test_a_folder_without_a_data_package_is_no_world(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="datapackage"):
        find_world(str(tmp_path))


def test_a_world_beside_the_model_is_found(world: Path, tiny_model: Path) -> None:
    """`world: tiny` in a model that lies beside the folder tiny/, from any working directory."""
    text = tiny_model.read_text(encoding="utf-8")
    model = world.parent / "question.yaml"
    model.write_text(re.sub(r"(?m)^world: .*$", f"world: {world.name}", text), encoding="utf-8")
    assert find_world(load(model).world) == world


def touched(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")


@pytest.mark.parametrize("file", ["sites.csv", "zones.geojson", "datapackage.json", "sources.csv"])
def test_a_change_in_any_file_changes_its_hash(world: Path, file: str) -> None:
    before = read_world(world).file_hashes
    touched(world / file)
    after = read_world(world).file_hashes
    assert {name for name in before if before[name] != after[name]} == {file}


def test_hashes_name_files_by_their_path_inside_the_world(world: Path) -> None:
    hashes = read_world(world).file_hashes
    assert "series/coverage.csv" in hashes and "sites.csv" in hashes
    assert all(len(digest) == 64 for digest in hashes.values())


def test_the_data_package_lists_every_table(world: Path) -> None:
    package = json.loads((world / "datapackage.json").read_text(encoding="utf-8"))
    assert {r["path"] for r in package["resources"]} == {p.name for p in world.glob("*.csv")}

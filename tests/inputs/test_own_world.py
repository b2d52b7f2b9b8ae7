"""A user's own world: begun by `data init`, its tables and series replaced, solved or refused with the row (must show 3)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from siting.api import audit_folder, check, prepare, solve
from siting.cli import app
from siting.errors import InputError
from siting.inputs.csv_text import read_csv_text
from siting.inputs.load import load
from siting.inputs.series import read_hours
from siting.inputs.world import find_world, read_world

SERIES = """\
  series:
    price_eur_mwh: {file: prices.csv, zone: FR, year: 2019, column: price, unit: EUR/MWh,
      kind: measured, timezone: Europe/Paris, edges: wrap}
"""
SITES = "replace:\n  sites: {file: my.shp, fields: {grid_wait_yr: grid_wait_}}\n"


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(app, [str(arg) for arg in args])


def shapefile(world: Path) -> None:
    """The world's own sites as a shapefile in EPSG:3035; field names are cut on purpose."""
    table = read_csv_text(world / "sites.csv")
    keep = ["site", "name", "country", "zone", "kind", "grid_mw", "line_km", "land_ha"]
    numbers = {c: pd.to_numeric(table[c]) for c in ("grid_mw", "line_km", "land_ha")}
    columns = {**{c: table[c] for c in keep}, **numbers, "grid_wait_": pd.to_numeric(table["grid_wait_yr"])}
    points = gpd.points_from_xy(table["lon"].astype(float), table["lat"].astype(float), crs=4326)
    gpd.GeoDataFrame(columns, geometry=points).to_crs(3035).to_file(world / "my.shp", encoding="utf-8")


def local_prices(world: Path, zone: str = "FR") -> np.ndarray:
    """A local year of prices, each the world's of that very hour plus one; the values UTC must show afterwards."""
    hours = pd.read_parquet(world / "series" / "2019.parquet").set_index("utc")[f"price_eur_mwh:{zone}"]
    utc = pd.date_range("2018-12-31 23:00", "2019-12-31 22:00", freq="h", tz="UTC")
    values = np.round(np.roll(hours.to_numpy(dtype=float), 1) + 1.0, 2)  # the last hour stands first
    times = utc.tz_convert("Europe/Paris").strftime("%Y-%m-%d %H:%M")
    pd.DataFrame({"time": times, "price": values}).to_csv(world / "prices.csv", index=False)
    return np.roll(values, -1)


@pytest.fixture
def own(tiny_world: Path, tmp_path: Path) -> Path:
    """The tiny world with its sites as a shapefile and French prices in local time, both replaced."""
    folder = tmp_path / "own"
    shutil.copytree(tiny_world, folder)
    shapefile(folder)
    local_prices(folder)
    (folder / "world.yaml").write_text(SITES + SERIES, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("init") / "mine"
    done = run("data", "init", folder)
    assert done.exit_code == 0, done.output
    return folder


def test_a_begun_world_is_whole_commented_and_sourced(begun: Path) -> None:
    done = run("data", "check", begun)
    assert done.exit_code == 0, done.output
    world = read_world(begun)
    assert sorted(world.zones.index) == ["DE", "FR"] and 2 <= len(world.sites) <= 20
    everything = read_world(find_world("eu27"))
    for table, values in world.values.items():
        assert all(everything.values[table][key] == value for key, value in values.items()), table
    for path in begun.glob("*.csv"):
        assert path.read_text(encoding="utf-8").startswith("# "), f"{path.name} does not explain itself"
    assert run("data", "describe", begun).exit_code == 0


def test_a_begun_world_is_solved_from_anywhere(
    begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    away = check(begun / "model.yaml").numbers
    monkeypatch.chdir(begun)
    assert check("model.yaml").numbers == away
    plan = solve(begun / "model.yaml")
    assert plan.totals["it_mw"] >= 60


def test_init_keeps_what_exists(begun: Path, tmp_path: Path) -> None:
    before = (begun / "sites.csv").read_bytes()
    done = run("data", "init", begun)
    assert done.exit_code == 2 and "exists and is not empty" in done.output
    assert (begun / "sites.csv").read_bytes() == before
    done = run("data", "init", tmp_path / "new", "--zones", "DE,XX", "--year", "1999")
    assert (
        done.exit_code == 2
        and "zone 'XX' is not in eu27" in done.output
        and "no weather year 1999" in done.output
    )
    assert list(tmp_path.iterdir()) == []


def test_a_begun_world_with_a_shapefile_and_local_prices_is_solved(begun: Path, tmp_path: Path) -> None:
    """Must show 3, the good half: all of it is in the plan, and the audit reads the same world again."""
    folder = tmp_path / "mine"
    shutil.copytree(begun, folder)
    shapefile(folder)
    expected = local_prices(folder)
    (folder / "world.yaml").write_text(SITES + SERIES, encoding="utf-8")
    joined = find_world(folder.as_posix())
    assert read_hours(joined, 2019)["price_eur_mwh:FR"].to_numpy() == pytest.approx(expected, abs=1e-4)
    plain, mine = read_world(begun).sites, read_world(joined).sites
    assert list(mine.index) == list(plain.index)
    assert np.allclose(
        mine[["lat", "lon", "land_ha", "grid_wait_yr"]], plain[["lat", "lon", "land_ha", "grid_wait_yr"]]
    )
    saved = solve(folder / "model.yaml").save(tmp_path / "out")
    assert audit_folder(saved) == []
    assert run("data", "check", folder).exit_code == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("2019-07-01 12:00,", "2019-07-01 11:00,", "prices.csv row 4357: 2019-07-01 11:00 stands twice"),
        ("2019-10-27 02:00,", "2019-10-27 02:30,", "stands once"),
        ("2019-03-31 03:00,", "2019-03-31 02:00,", "prices.csv row 2140: 2019-03-31 02:00 does not exist in Europe/Paris"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_named_and_nothing_is_solved(own: Path, old: str, new: str, said: str) -> None:
    """Must show 3, the other half."""
    text = (own / "prices.csv").read_text(encoding="utf-8")
    assert old in text
    (own / "prices.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as error:
        find_world(own.as_posix())
    assert said in str(error.value)


def test_problems_of_table_and_series_come_together(own: Path) -> None:
    (own / "world.yaml").write_text(
        "replace:\n  sites: my.shp\n" + SERIES.replace(", edges: wrap", ""), encoding="utf-8"
    )
    with pytest.raises(InputError) as error:
        find_world(own.as_posix())
    assert "my.shp" in str(error.value) and "prices.csv" in str(error.value)


def test_a_problem_of_the_joined_world_names_the_users_file(own: Path) -> None:
    sites = gpd.read_file(own / "my.shp")
    sites.loc[2, "zone"] = "XX"
    sites.to_file(own / "my.shp")
    with pytest.raises(InputError) as error:
        find_world(own.as_posix())
    assert "my.shp (for sites): zone 'XX' of 'se-lulea' is unknown" in str(error.value)
    assert "worlds" not in str(error.value), "the cache shows"


def test_a_changed_file_changes_the_world_its_hours_and_the_plans_hash(own: Path, tiny_model: Path) -> None:
    """The caches of the API see the user's files, though they lie in no folder that is read."""
    model = load(tiny_model, {"world": own.as_posix()})
    first = prepare(model)
    assert prepare(model).world is first.world, "read twice without need"
    before = solve(model).record["inputs"]["world_sha256"]
    text = (own / "prices.csv").read_text(encoding="utf-8")
    (own / "prices.csv").write_text(text.replace("2019-07-01 12:00,", "2019-07-01 12:00,9"), encoding="utf-8")
    second = prepare(model)
    assert second.hours is not first.hours
    assert solve(model).record["inputs"]["world_sha256"] != before


def test_two_files_of_one_name_are_two_files(tiny_world: Path, tmp_path: Path) -> None:
    """Each has its own hash and source, and a change of either makes another world."""
    folder = tmp_path / "two"
    shutil.copytree(tiny_world, folder)
    for zone in ("ES", "FR"):
        local_prices(folder, zone)
        (folder / zone).mkdir()
        (folder / "prices.csv").rename(folder / zone / "prices.csv")
    entries = SERIES.partition("price_eur_mwh: ")[2]
    both = ", ".join(
        entries.replace("prices.csv, zone: FR", f"{z}/prices.csv, zone: {z}") for z in ("ES", "FR")
    )
    (folder / "world.yaml").write_text(
        f"replace: {{series: {{price_eur_mwh: [{both}]}}}}\n", encoding="utf-8"
    )
    joined = find_world(folder.as_posix())
    files = json.loads((joined / "own.json").read_text(encoding="utf-8"))["files"]
    assert sorted(files) == ["ES/prices.csv", "FR/prices.csv"] and len(set(files.values())) == 2
    world = read_world(joined)
    rows = world.coverage[world.coverage["source"].str.startswith("own-")]
    assert dict(zip(rows["zone"], rows["source"], strict=True)) == {"ES": "own-prices", "FR": "own-prices-2"}
    assert {"own-prices", "own-prices-2"} <= set(world.sources.index)
    for zone in ("ES", "FR"):
        path = folder / zone / "prices.csv"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("2019-07-01 12:00,", "2019-07-01 12:00,9"), encoding="utf-8")
        after = find_world(folder.as_posix())
        assert after != joined, f"the old world is served after a change of {zone}/prices.csv"
        joined = after


def test_a_changed_base_is_seen_through(tiny_world: Path, tmp_path: Path) -> None:
    """based_on: unchanged tables are the base's, whatever becomes of them."""
    base, folder = tmp_path / "base", tmp_path / "mine"
    shutil.copytree(tiny_world, base)
    folder.mkdir()
    (folder / "costs.csv").write_text(
        "# my costs\n"
        + (base / "technologies.csv")
        .read_text(encoding="utf-8")
        .replace("capex_eur_kw,400", "capex_eur_kw,444"),
        encoding="utf-8",
    )
    (folder / "world.yaml").write_text(
        "based_on: ../base\nreplace: {technologies: costs.csv}\n", encoding="utf-8"
    )
    world = read_world(find_world(folder.as_posix()))
    assert world.name == "mine" and world.value("technologies", "solar_ppa", "capex_eur_kw") == 444
    assert len(world.sites) == 6
    text = (base / "parameters.csv").read_text(encoding="utf-8")
    (base / "parameters.csv").write_text(text.replace("dc_life_yr,15", "dc_life_yr,16"), encoding="utf-8")
    assert read_world(find_world(folder.as_posix())).parameter("dc_life_yr") == 16
    broken = (
        (folder / "costs.csv").read_text(encoding="utf-8").replace("capex_eur_kw,444", "capex_eur_kw,cheap")
    )
    (folder / "costs.csv").write_text(broken, encoding="utf-8")
    with pytest.raises(InputError, match=r"costs.csv \(for technologies\) row 4 .*'cheap'"):
        find_world(folder.as_posix())


def test_zones_of_a_geopackage(tiny_world: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    zones = gpd.read_file(tiny_world / "zones.geojson").to_crs(3035).rename(columns={"zone": "code"})
    zones.assign(geometry=zones.buffer(1_000)).to_file(folder / "z.gpkg")
    text = (
        f"based_on: {tiny_world.as_posix()}\nreplace: {{zones: {{file: z.gpkg, fields: {{zone: code}}}}}}\n"
    )
    (folder / "world.yaml").write_text(text, encoding="utf-8")
    world = read_world(find_world(folder.as_posix()))
    assert list(world.zones.index) == ["FR", "SE", "ES"] and world.zones.crs.to_epsg() == 4326
    assert (world.zones.to_crs(3035).area > read_world(tiny_world).zones.to_crs(3035).area).all()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("replace: {sits: my.shp}", "replace.sits is no table of own; did you mean sites?"),
        ("replace: {sites: none.shp}", "none.shp: no such file"),
        ("replace: {sites: {fle: my.shp}}", "unknown key replace.sites.fle; did you mean file?"),
        ("replace: {series: {price_eur_mwh: {file: prices.csv}}}", "replace.series.price_eur_mwh.unit is missing; add it"),
        ("bassed_on: eu27", "world.yaml:1: unknown key bassed_on; did you mean based_on?"),
        ("based_on: mars", "world 'mars'"),
        ("based_on: .", "circle"),
        ("replace: {technologies: {file: technologies.csv, exclude: {layers: [a], buffer_km: 1}}}", "only sites have"),
        ("replace: [1]", "replace = [1]"),
    ],
)  # fmt: skip
def test_a_wrong_world_file(own: Path, text: str, said: str) -> None:
    (own / "world.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        find_world(own.as_posix())
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("zone: FR", "zone: FI", "zone 'FI' is unknown"),
        (
            "price_eur_mwh:",
            "prices_eur_mwh:",
            "series 'prices_eur_mwh' is unknown; did you mean price_eur_mwh?",
        ),
        ("year: 2019", "year: 2018", "the world has no hours of 2018, years: 2019"),
        ("timezone: Europe/Paris", "timezone: Paris", "timezone 'Paris' is unknown"),
    ],
)
def test_a_series_the_world_cannot_take(own: Path, old: str, new: str, said: str) -> None:
    text = (own / "world.yaml").read_text(encoding="utf-8")
    (own / "world.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as error:
        find_world(own.as_posix())
    assert said in str(error.value)


def test_a_table_that_lies_unused_is_no_silent_nothing(tiny_world: Path, tmp_path: Path) -> None:
    shutil.copy(tiny_world / "sites.csv", tmp_path / "sites.csv")
    (tmp_path / "world.yaml").write_text(f"based_on: {tiny_world.as_posix()}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"sites.csv: lies unused in the folder; name it"):
        find_world(tmp_path.as_posix())


def test_own_series_are_named_in_coverage_and_sources(own: Path) -> None:
    world = read_world(find_world(own.as_posix()))
    rows = world.coverage[(world.coverage["zone"] == "FR") & (world.coverage["series"] == "price_eur_mwh")]
    assert list(rows["kind"]) == ["measured"] and "prices.csv, column price" in rows["method"].iloc[0]
    assert "own-prices" in world.sources.index


def test_sites_of_a_model_and_of_the_command_line(own: Path, tiny_model: Path, tmp_path: Path) -> None:
    """`sites.file` is seen from the model's folder, --sites from where the command runs; both replace the candidates."""
    few = gpd.read_file(own / "my.shp").rename(columns={"grid_wait_": "grid_wait_yr"}).iloc[[0, 2, 4]]
    few.to_file(tmp_path / "few.gpkg")
    text = tiny_model.read_text(encoding="utf-8").replace("sites:\n", "sites:\n  file: few.gpkg\n", 1)
    (tmp_path / "model.yaml").write_text(text, encoding="utf-8")
    assert check(tmp_path / "model.yaml").numbers["candidate sites"].startswith("3,")
    done = run("check", tiny_model, "--sites", tmp_path / "few.gpkg", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["numbers"]["candidate sites"].startswith("3,")
    plan = solve(tmp_path / "model.yaml")
    assert set(plan.sites.index) == set(few["site"])
    assert audit_folder(plan.save(tmp_path / "out")) == []
    done = run("check", tiny_model, "--sites", tmp_path / "none.gpkg")
    assert done.exit_code == 2 and "none.gpkg: no such file" in done.output


def test_comments_keep_the_row_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("# a, b\na,b\n1,2\n#3,4\n\n5,6\n", encoding="utf-8")
    table = read_csv_text(path)
    assert list(table.index) == [3, 6] and table.loc[6].tolist() == ["5", "6"]

"""What an export is asked, refuses, and leaves behind; workbook, model file and IAMC table."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import highspy
import openpyxl
import pandas as pd
import pytest

from siting.errors import InputError
from siting.output.export import FORMATS, export_plan
from siting.output.gis import sites_geojson
from siting.output.layers import sites
from siting.output.xlsx import ROWS, check_rows
from siting.plan.plan import Plan


def test_a_folder_is_exported_as_its_plan(tiny_plan: Plan, tmp_path: Path) -> None:
    out = tiny_plan.save(tmp_path / "out")
    assert export_plan(out, tmp_path / "a.geojson").read_bytes() == sites_geojson(tiny_plan)
    for suffix in ("csv", "xlsx", "kml"):
        once = export_plan(out, tmp_path / f"a.{suffix}").read_bytes()
        assert once == export_plan(tiny_plan, tmp_path / f"b.{suffix}").read_bytes() or suffix == "kml"


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("a.dwg", {}, "tells no format"),
        ("a.gpkg", {"to": "shape"}, "not a format"),
        ("a.csv", {"to": "gpkg"}, "ends in .gpkg"),
        ("a.geojson", {"crs": "EPSG:3035"}, "RFC 7946"),
        ("a.kml", {"crs": "EPSG:3035"}, "KML knows WGS 84 only"),
        ("a.mps", {"crs": "EPSG:3035"}, "holds no map"),
        ("a.ZIP", {"layer": "zones"}, "holds more than one layer"),
        ("a.gpkg", {"crs": "EPSG:1"}, "is unknown"),
        ("a.gpkg", {"crs": "EPSG:5773"}, "two dimensions"),
        ("a.geojson", {"layer": "roads"}, "sites, zones, supply, links"),
        ("a.gpkg", {"layer": "zones"}, "more than one layer"),
        ("a.png", {"figure": "pie"}, "have: map, mix, hours, frontiers"),
        ("a.svg", {"figure": "pareto"}, "siting pareto"),
        ("a.gpkg", {"figure": "mix"}, "no picture; take png, svg, pdf"),
        ("a.pdf", {"crs": "EPSG:3035"}, "equal-area"),
    ],
)
def test_what_does_not_fit_is_refused_before_any_work(
    tmp_path: Path, name: str, asked: dict[str, str], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        export_plan(tmp_path / "nowhere", tmp_path / name, **asked)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore:layer links is left out")
@pytest.mark.parametrize(
    "name", ["a.geojson", "a.gpkg", "a.shp", "a.kml", "a.qgz", "a.xlsx", "a.csv", "a.parquet"]
)
def test_a_place_that_cannot_be_written_or_holds_a_file(tiny_plan: Plan, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="--overwrite"):
        export_plan(tiny_plan, tmp_path / name)
    assert (tmp_path / name).read_text(encoding="utf-8") == "mine"
    export_plan(tiny_plan, tmp_path / name, overwrite=True)
    assert (tmp_path / name).read_bytes() != b"mine"
    with pytest.raises(InputError, match="cannot be written"):
        export_plan(tiny_plan, tmp_path / name / "below" / name)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_pictures_are_figures_of_the_plan(
    tiny_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tiny_plan.save(tmp_path / "out")
    mix = export_plan(tiny_plan, tmp_path / "mix.svg", figure="mix").read_text(encoding="utf-8")
    assert "Electricity used, GWh/yr" in mix
    assert "Grid carbon" in export_plan(out, tmp_path / "map.svg").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert export_plan(out, to="png", figure="hours") == Path("out-hours.png")
    assert export_plan(out, to="pdf") == Path("out-map.pdf")


def test_a_file_beside_is_not_replaced_either(tiny_plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "a.dbf").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.dbf: exists"):
        export_plan(tiny_plan, tmp_path / "a.shp")
    assert [path.name for path in tmp_path.iterdir()] == ["a.dbf"]
    with pytest.raises(InputError, match=r"plan\.json"):
        export_plan(tmp_path, tmp_path / "b.csv")


def test_without_its_world_a_plan_still_gives_a_map_and_says_what_lacks(
    tiny_plan: Plan, tmp_path: Path
) -> None:
    record = {**tiny_plan.record, "inputs": {**tiny_plan.record["inputs"], "world_sha256": "0"}}
    moved = dataclasses.replace(tiny_plan, record=record)
    notes: list[str] = []
    export_plan(moved, tmp_path / "a.gpkg", note=notes.append)
    assert len(notes) == 1 and "links is left out" in notes[0]
    for name in ("a.xlsx", "a.mps", "a.zip"):
        with pytest.raises(InputError, match="has changed since"):
            export_plan(moved, tmp_path / name)


def test_a_world_without_links_is_said_once(tiny_plan: Plan, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="knows no links"):
        tiny_plan.export(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="knows no links"):
        tiny_plan.export(tmp_path / "a.parquet", layer="links")


@pytest.mark.filterwarnings("ignore:layer links is left out")
def test_plan_exports_by_suffix(tiny_plan: Plan, tmp_path: Path) -> None:
    assert tiny_plan.export(tmp_path / "a.gpkg", crs="EPSG:3035").is_file()
    assert tiny_plan.export(tmp_path / "i.csv", to="iamc").is_file()
    assert set(FORMATS) >= {
        "geojson",
        "gpkg",
        "parquet",
        "shp",
        "kml",
        "qgz",
        "csv",
        "xlsx",
        "mps",
        "lp",
        "iamc",
    }


def test_the_workbook_has_typed_cells_and_no_formulas(tiny_plan: Plan, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(export_plan(tiny_plan, tmp_path / "a.xlsx"))
    assert {
        "summary",
        "sites",
        "supply",
        "costs",
        "emissions",
        "hourly",
        "assumptions",
        "sources",
        "columns",
    } <= set(book.sheetnames)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type in {"f", "e"}]
    assert all(sheet.freeze_panes for sheet in book)
    head = [cell.value for cell in book["sites"][1]]
    assert "it_mw [MW]" in head
    expected = sites(tiny_plan).frame
    column = head.index("cost_eur_yr [EUR/yr]")
    found = [row[column].value for row in book["sites"].iter_rows(min_row=2)]
    assert found == [None if pd.isna(v) else v for v in expected["cost_eur_yr"]]
    assert {type(row[head.index("selected")].value) for row in book["sites"].iter_rows(min_row=2)} == {bool}
    assert book["hourly"].max_row == len(tiny_plan.hourly) + 1


def test_a_table_longer_than_a_sheet_is_refused_with_the_remedy(tiny_plan: Plan) -> None:
    layer = dataclasses.replace(sites(tiny_plan), frame=pd.DataFrame({"site": range(ROWS)}))
    with pytest.raises(InputError, match=r"1,048,575.*\.zip"):
        check_rows([layer])


def test_a_problem_cut_short_by_a_full_disk_is_told(
    tiny_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HiGHS calls a stump written; nothing of it is left."""
    whole = highspy.Highs.writeModel

    def cut_short(self: highspy.Highs, name: str) -> highspy.HighsStatus:
        status = whole(self, name)
        Path(name).write_bytes(Path(name).read_bytes()[:5_000])
        return status

    monkeypatch.setattr(highspy.Highs, "writeModel", cut_short)
    with pytest.raises(InputError, match="is the disk full"):
        export_plan(tiny_plan, tmp_path / "a.mps")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["mps", "lp"])
def test_another_solver_finds_the_plans_cost_from_the_file(
    tiny_plan: Plan, tmp_path: Path, suffix: str
) -> None:
    least, names = _solved(export_plan(tiny_plan, tmp_path / f"a.{suffix}"))
    assert any(name.startswith("open_") and "lulea" in name for name in names) or any(
        "lulea" in n for n in names
    )
    _is_of(tiny_plan, least)


@pytest.mark.parametrize("fixture", ["two_period_plan", "two_case_plan"])
def test_the_file_holds_every_period_and_case(
    fixture: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    plan: Plan = request.getfixturevalue(fixture)
    least, names = _solved(export_plan(plan, tmp_path / "a.mps"))
    for label in plan.stages:
        assert any(f"_{label.replace('/', '_')}_" in name for name in names), label
    _is_of(plan, least)


def _solved(path: Path) -> tuple[float, list[str]]:
    """Least value HiGHS finds from a file alone, and the names of its columns."""
    h = highspy.Highs()
    h.setOptionValue("output_flag", False)
    assert h.readModel(str(path)) == highspy.HighsStatus.kOk
    names = [h.getColName(j)[1] for j in range(h.getNumCol())]
    h.setOptionValue("mip_rel_gap", 1e-6)
    h.run()
    return h.getInfo().objective_function_value, names


def _is_of(plan: Plan, least: float) -> None:
    """A least value lies between the plan's bound and the plan."""
    assert least <= plan.objective * (1 + 1e-6)
    assert plan.bound is not None and least >= plan.bound * (1 - 1e-6)


def test_iamc_rows_sum_to_the_plan(tiny_plan: Plan, tmp_path: Path) -> None:
    table = pd.read_csv(export_plan(tiny_plan, tmp_path / "i.csv", to="iamc"))
    assert list(table.columns) == ["model", "scenario", "region", "variable", "unit", "year", "value"]
    assert not table.duplicated(["region", "variable"]).any()
    assert not table.isna().any().any()
    world = tiny_plan.record["inputs"]["world"]
    cost = table[table["variable"] == "Data Centres|Cost"].set_index("region")["value"]
    assert cost[world] == pytest.approx(tiny_plan.totals["cost_eur_yr"])
    assert cost.drop(world).sum() == pytest.approx(cost[world])
    used = table[
        table["variable"].str.startswith("Data Centres|Supply|Electricity|") & (table["region"] == world)
    ]
    assert used["value"].sum() == pytest.approx(tiny_plan.supply["supply_mwh"].sum())

"""Tables against their descriptor: every kind of fault planted in a small world is named by file and row."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from siting.errors import InputError
from siting.inputs.check_tables import table_problems, unchecked_quantities
from siting.inputs.check_world import check_whole
from siting.inputs.describe import describe_files
from siting.inputs.descriptor import resource, resources
from siting.inputs.descriptor_update import update_descriptor

SHIPPED = Path(__file__).parents[2] / "data" / "eu27"


def field(name: str, kind: str = "string", **limits: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "unit": "", "description": name, "constraints": limits}


def small_world(folder: Path) -> Path:
    """Two zones, a long table of their values, and a descriptor with keys, ranges and a reference."""
    (folder / "zones.csv").write_text("zone,name\nA,Alpha\nB,Beta\n")
    (folder / "zone_values.csv").write_text(
        "zone,quantity,value,unit,kind\nA,solar_flh_h,1000,h,measured\nB,solar_flh_h,900,h,proxy\n"
    )
    kinds = ["measured", "modelled", "proxy", "scenario"]
    fields = [
        field("zone", required=True),
        field("quantity", required=True),
        field("value", "number", minimum=0),
        field("unit"),
        field("kind", enum=kinds),
    ]
    reference = {"fields": ["zone"], "reference": {"resource": "zones", "fields": ["zone"]}}
    schema = {"fields": fields, "primaryKey": ["zone", "quantity"], "foreignKeys": [reference]}
    package = {
        "resources": [
            {
                "name": "zones",
                "path": "zones.csv",
                "schema": {"fields": [field("zone", unique=True), field("name")]},
            },
            {"name": "values", "path": "zone_values.csv", "schema": schema},
        ]
    }
    (folder / "datapackage.json").write_text(json.dumps(package))
    return folder


def test_a_good_world_has_no_problem(tmp_path: Path) -> None:
    assert table_problems(small_world(tmp_path)) == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("C,solar_flh_h,900,h,proxy", "row 4: zone 'C' is not in zones.csv"),
        ("B,solar_flh_h,800,h,proxy", "row 4: B, solar_flh_h stands twice"),
        ("B,onwind_flh_h,900,MWh,proxy", "row 4: onwind_flh_h is in h, not 'MWh'"),
        (
            "B,onwind_flh_h,9000,h,proxy",
            "row 4: onwind_flh_h 9000 is impossible; it is at least 0 and at most 8784",
        ),
        ("B,onwind_flh_h,much,h,proxy", "row 4: value 'much' is no number"),
        ("B,onwind_flh_h,nan,h,proxy", "row 4: value 'nan' is no number"),
        ("B,some_c_mean,-1,degC,proxy", "row 4: value '-1' is outside 0 to"),
        ("B,onwind_flh_h,900,h,guess", "row 4: kind 'guess' is none of measured, modelled, proxy, scenario"),
        (",onwind_flh_h,900,h,proxy", "row 4: zone '' is empty"),
    ],
)
def test_a_faulty_row_is_named(tmp_path: Path, row: str, said: str) -> None:
    path = small_world(tmp_path) / "zone_values.csv"
    path.write_text(path.read_text() + row + "\n")
    found = "\n".join(table_problems(tmp_path))
    assert "zone_values.csv" in found and said in found


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            lambda w: (w / "zone_values.csv").unlink(),
            "zone_values.csv: is not there, though datapackage.json",
        ),
        (
            lambda w: (w / "zone_values.csv").write_text("zone,value\nA,1\n"),
            "zone_values.csv: lacks column 'quantity'; add it",
        ),
        (
            lambda w: (w / "zones.csv").write_text("zone,name\nA,a\nA,b\nB,c\n"),
            "row 3: zone 'A' stands twice",
        ),
        (lambda w: (w / "datapackage.json").write_text("{"), "is not readable JSON"),
        (lambda w: (w / "datapackage.json").write_text('{"resources": [{}]}'), "resource 1 names no path"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, damage: Callable[[Path], object], said: str) -> None:
    damage(small_world(tmp_path))
    assert said in "\n".join(table_problems(tmp_path))


def test_a_table_is_found_by_name_and_a_misspelt_one_is_hinted(tmp_path: Path) -> None:
    world = small_world(tmp_path)
    assert resource(world, "zone-values").path == resource(world, "zone_values.csv").path == "zone_values.csv"
    with pytest.raises(InputError, match="did you mean zone_values"):
        resource(world, "zone_value")


def test_the_descriptor_follows_its_files_and_names_what_nobody_described(tmp_path: Path) -> None:
    world = small_world(tmp_path)
    (world / "sources.csv").write_text("source,licence\nodbl-x,ODbL 1.0\nfree,CC BY 4.0\n")
    (world / "links.csv").write_text("zone_a,ntc\nA,5\n")
    with pytest.raises(InputError) as error:
        update_descriptor(world)
    assert "field 'ntc' of links.csv has no description" in str(error.value)
    assert "links.csv has no title" in str(error.value)


def test_a_share_alike_row_makes_the_resource_share_alike(tmp_path: Path) -> None:
    world = small_world(tmp_path)
    (world / "sources.csv").write_text("source,licence\nodbl-x,ODbL 1.0\nfree,CC BY 4.0\n")
    package = json.loads((world / "datapackage.json").read_text())
    for entry in package["resources"]:
        entry["title"] = entry["name"]
    package["resources"][1]["schema"]["fields"].append(field("source"))
    sources = {"name": "sources", "path": "sources.csv", "title": "sources"}
    sources_schema = {"fields": [field("source"), field("licence")]}
    package["resources"].append({**sources, "schema": sources_schema})
    (world / "datapackage.json").write_text(json.dumps(package))
    for source, licence in (("free", "CC-BY-4.0"), ("odbl-x", "ODbL-1.0")):
        (world / "zone_values.csv").write_text(
            f"zone,quantity,value,unit,kind,source\nA,solar_flh_h,1000,h,measured,{source}\n"
        )
        update_descriptor(world)
        told = {entry.path: entry for entry in resources(world)}
        assert told["zone_values.csv"].licences == (licence,)
        assert told["zone_values.csv"].foreign_keys == {"zone": ("zones.csv", "zone")}
        assert told["zone_values.csv"].primary_key == ("zone", "quantity")


def test_the_shipped_tables_have_no_problem() -> None:
    assert table_problems(SHIPPED) == []
    assert unchecked_quantities(SHIPPED) == []


def test_the_shipped_world_has_no_problem_at_all() -> None:
    found = check_whole(SHIPPED)
    assert found.problems == [] and found.unused == []
    assert found.series["year"].nunique() == 4 and found.carbon["country"].nunique() == 27


def test_descriptions_count_what_is_there() -> None:
    """Rows and kinds of every table, counted a second way."""
    files = describe_files(SHIPPED).set_index("table")
    for path in SHIPPED.rglob("*.csv"):
        row = files.loc[path.relative_to(SHIPPED).as_posix().removesuffix(".csv")]
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        assert row["rows"] == len(frame)
        if "kind" in frame and path.name != "sites.csv":
            for kind in ("measured", "modelled", "proxy", "scenario"):
                assert row[kind] == (frame["kind"] == kind).sum(), path
    zones = len(pd.read_csv(SHIPPED / "zones.csv"))
    assert files.loc["zone_values", "covers"] == f"zone {zones}/{zones}"
    assert files.loc["series/2019", "rows"] == pq.read_metadata(SHIPPED / "series" / "2019.parquet").num_rows

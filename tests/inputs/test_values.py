"""Numbers with several years: read for any year, refused when rows contradict each other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.errors import InputError
from siting.inputs.values import REFERENCE_YEAR, Value, read_values, reference_rows
from siting.inputs.world import read_world

HEAD = "option,quantity,value,unit,year,kind,source,note\n"
THREE = "pv,capex_eur_kw,{},EUR/kW,{},modelled,s,\n"


def table(folder: Path, *rows: str) -> Path:
    path = folder / "technologies.csv"
    path.write_text(HEAD + "".join(rows), encoding="utf-8")
    return path


def capex(folder: Path, *pairs: tuple[float, int]) -> Value:
    rows = [THREE.format(value, year) for value, year in pairs]
    return read_values(table(folder, *rows), "option", by_year=True)["pv", "capex_eur_kw"]


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (None, 400.0),  # the row of 2030
        (2030, 400.0),
        (2025, 500.0),
        (2027, 460.0),  # 500 - 2/5 x 100
        (2035, 350.0),  # midway between 400 and 300
        (2000, 500.0),  # flat before the first
        (2080, 300.0),  # flat after the last
    ],
)
def test_between_two_years_straight_and_flat_outside(
    tmp_path: Path, year: int | None, expected: float
) -> None:
    assert capex(tmp_path, (300, 2040), (500, 2025), (400, 2030)).at(year) == pytest.approx(expected)


@pytest.mark.parametrize("year", [None, 1990, 2014, 2030, 2060])
def test_one_row_holds_in_every_year(tmp_path: Path, year: int | None) -> None:
    assert capex(tmp_path, (48, 2014)).at(year) == 48.0


def test_without_a_year_the_row_nearest_to_2030_and_of_two_the_earlier(tmp_path: Path) -> None:
    assert REFERENCE_YEAR == 2030
    assert capex(tmp_path, (1, 2020), (2, 2035), (3, 2050)).value == 2
    assert capex(tmp_path, (2, 2035), (1, 2025)).value == 1


def test_a_year_rests_on_the_rows_around_it(tmp_path: Path) -> None:
    value = capex(tmp_path, (500, 2025), (400, 2030), (300, 2040))
    assert [row.year for row in value.around(2033)] == ["2030", "2040"]
    assert [row.year for row in value.around(2030)] == ["2030"]
    assert [row.year for row in value.around(2024)] == ["2025"]


def test_a_factor_moves_every_year(tmp_path: Path) -> None:
    doubled = capex(tmp_path, (500, 2025), (400, 2030)).times(2.0)
    assert (doubled.value, doubled.at(2025), doubled.at(2027)) == (800.0, 1000.0, pytest.approx(920.0))


@given(
    st.dictionaries(st.integers(2000, 2099), st.floats(0, 1e4), min_size=2, max_size=6),
    st.integers(1990, 2110),
)
def test_a_value_lies_between_its_neighbours(points: dict[int, float], year: int) -> None:
    rows = tuple(Value(v, "EUR/kW", str(y), "modelled", "s", "") for y, v in sorted(points.items()))
    value = Value(rows[0].value, "EUR/kW", rows[0].year, "modelled", "s", "", rows)
    around = [row.value for row in value.around(year)]
    assert min(around) - 1e-9 <= value.at(year) <= max(around) + 1e-9
    assert all(value.at(y) == v for y, v in points.items())


BAD = {
    "a year twice": ((THREE.format(1, 2030), THREE.format(2, 2030)), "row 3", "stands twice for 2030"),
    "no year": ((THREE.format(1, 2030), THREE.format(2, "")), "row 3", "year '' is no whole year"),
    "a span of years": ((THREE.format(1, "2025-30"), THREE.format(2, 2030)), "row 3", "'2025-30' is no whole"),
    "another unit": (
        (THREE.format(1, 2030), "pv,capex_eur_kw,2,USD/kW,2040,modelled,s,\n"),
        "row 3",
        "in EUR/kW and in USD/kW",
    ),
    "no number": ((THREE.format(1, 2030), THREE.format("nan", 2040)), "row 3", "value 'nan' is no finite"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_bad_row_is_named(tmp_path: Path, what: str) -> None:
    rows, where, text = BAD[what]
    with pytest.raises(InputError) as caught:
        read_values(table(tmp_path, *rows), "option", by_year=True)
    problem = "\n".join(caught.value.problems)
    assert f"technologies.csv {where} (pv, capex_eur_kw)" in problem and text in problem


def test_a_table_without_years_takes_one_row(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="stands twice; keep one row"):
        read_values(table(tmp_path, THREE.format(1, 2030), THREE.format(2, 2040)), "option", by_year=False)


def test_levels_of_series_are_those_of_the_reference_year() -> None:
    rows = pd.DataFrame(
        {
            "zone": ["A", "A", "B"],
            "quantity": ["q"] * 3,
            "value": ["1", "2", "3"],
            "year": ["2024", "2031", "x"],
        }
    )
    assert reference_rows(rows, ("zone", "quantity"))["value"].tolist() == ["2", "3"]
    assert reference_rows(rows.iloc[[0, 2]], ("zone", "quantity"))["value"].tolist() == ["1", "3"]


def test_a_world_reads_its_tables_by_year(tmp_path: Path) -> None:
    folder = shutil.copytree(Path(__file__).parents[1] / "worlds" / "tiny", tmp_path / "tiny")
    with (folder / "technologies.csv").open("a", encoding="utf-8") as file:
        file.write("solar_ppa,capex_eur_kw,200,EUR/kW,2040,scenario,test,\n")
    world = read_world(folder)
    assert world.value("technologies", "solar_ppa", "capex_eur_kw") == 400.0
    assert world.value("technologies", "solar_ppa", "capex_eur_kw", 2050) == 200.0
    assert world.get("technologies", "solar_ppa", "no_such", 2050) is None
    assert world.parameter("dc_life_yr", 2050) == world.parameter("dc_life_yr")
    with pytest.raises(InputError, match="no row for option 'solar_ppa', quantity 'no_such'"):
        world.value("technologies", "solar_ppa", "no_such", 2050)

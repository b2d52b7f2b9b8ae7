"""A table that is separated otherwise is told from one that lacks columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from siting.errors import InputError
from siting.inputs.csv_text import read_csv_text


def told(path: Path, content: str, **how: object) -> str:
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_csv_text(path, ("site", "name"), **how)  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("site;name;lat\na;b;1,5\n", "row 1: the columns are separated by semicolons (';')"),
        ('"site";"name"\n"a";"b"\n', "row 1: the columns are separated by semicolons (';')"),
        ("# a comment, with a comma\nsite\tname\na\tb\n", r"row 2: the columns are separated by tabs ('\t')"),
        ("site|name\na|b\n", "row 1: the columns are separated by vertical bars ('|')"),
    ],
)
def test_another_delimiter_is_named(tmp_path: Path, content: str, found: str) -> None:
    text = told(tmp_path / "sites.csv", content)
    assert "sites.csv " + found in text
    assert "commas are expected; save it with commas, and with points in its decimals" in text


def test_a_series_may_say_its_delimiter(tmp_path: Path) -> None:
    text = told(tmp_path / "prices.csv", "time;price\n1;2\n", stated=True)
    assert 'say delimiter: ";" (and decimal: ","' in text and "world.yaml" in text
    text = told(tmp_path / "prices.csv", "time,price\n1,2\n", delimiter=";", stated=True)
    assert "separated by commas (','), semicolons are expected" in text


def test_one_column_is_no_other_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text("site\na;b\n", encoding="utf-8")
    assert read_csv_text(path, ("site",))["site"].tolist() == ["a;b"]
    assert "column name is missing" in told(path, "site,x;y\na,b\n")

"""models/README.md tells of each programme what models/PROGRAMMES.md tabulates: investment, yearly cost, tonnes."""

from __future__ import annotations

import re

import pytest

from siting.inputs.places import MODELS, bundled_models

README, PAGE = ((MODELS / name).read_text(encoding="utf-8") for name in ("README.md", "PROGRAMMES.md"))
NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?(?![\w])")
LEAST_DIGITS = 3  # fewer would be met by chance
COLUMNS = {
    "bn EUR": (1.0,),
    "M EUR/yr": (1.0, 1e-3),
    "kt/yr": (1.0, 1e3, 1e-3),
}  # and other units README uses


def computed() -> dict[str, dict[str, str]]:
    """Cells of the first table of the page, by programme and heading."""
    lines = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("|")]
    last = next(i for i, cells in enumerate(lines) if cells[:2] == ["programme", "quantity"])
    heading, _, *rows = lines[:last]
    return {cells[0]: dict(zip(heading, cells, strict=True)) for cells in rows}


def section(name: str) -> str:
    """What README says of a programme."""
    parts = re.split(r"^## ", README, flags=re.MULTILINE)
    (found,) = [part for part in parts if f"`{name}`" in part.splitlines()[0]]
    return found


def places(text: str) -> tuple[float, int, int]:
    """Value, decimals and significant digits of a number as written."""
    plain = text.replace(",", "")
    return float(plain), len(plain.partition(".")[2]), len(plain.replace(".", "").lstrip("0"))


def told(cell: str, text: str, scale: float) -> bool:
    """Whether a text holds a number of the page in a unit that is `scale` of the page's, as far as both are rounded."""
    value, decimals, digits = places(cell)
    for match in NUMBER.findall(text):
        number, own_decimals, own_digits = places(match)
        rounding = 0.5 * 10.0**-decimals + 0.5 * 10.0**-own_decimals / scale
        if own_digits >= min(LEAST_DIGITS, digits) and abs(number / scale - value) <= rounding * 1.000001:
            return True
    return False


def test_the_page_has_every_bundled_model() -> None:
    assert sorted(computed()) == bundled_models()


@pytest.mark.parametrize("name", bundled_models())
@pytest.mark.parametrize("column", COLUMNS)
def test_both_pages_tell_the_same(name: str, column: str) -> None:
    cell = computed()[name][column]
    assert any(told(cell, section(name), scale) for scale in COLUMNS[column]), (
        f"{column} {cell} is not in README"
    )


def test_another_figure_is_not_told() -> None:
    assert told("202.9", "so 202,941 t a year", 1e3)
    assert not told("202.9", "so 179,555 t a year", 1e3) and not told("202.9", "203,941 t", 1e3)

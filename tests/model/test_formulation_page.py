"""The committed formulation page is the one the docstrings make, and shows every limit of the table."""

from __future__ import annotations

import os
import re

from tests.model.formulation_page import CHAPTERS, PAGE, anchor, page, write
from tests.model.mechanisms import MECHANISMS
from tests.model.test_mechanisms import MODEL


def test_the_committed_page_is_current() -> None:
    if os.environ.get("SITING_GOLDEN") == "write":
        write()
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.model.formulation_page"


def test_every_file_of_the_model_has_its_section() -> None:
    shown = [file for _, files in CHAPTERS for _, file in files]
    assert len(shown) == len(set(shown))
    assert set(shown) == {path.stem for path in MODEL.glob("*.py")} - {"__init__", "terms"}


def test_every_limit_stands_on_the_page_once() -> None:
    text = page()
    for entry in MECHANISMS:
        assert text.count(f"| {entry.name} |") == 1


def test_every_mechanism_states_its_inequalities_and_units() -> None:
    """An indented line with a comparison, and a unit somewhere in the section."""
    for _, files in CHAPTERS:
        for title, file in files:
            own = page().split(f"\n### {title}\n")[1].split("\n### ")[0]
            formulas = [line for line in own.splitlines() if line.startswith("    ")]
            assert any(re.search(r"<=|>=|=", line) for line in formulas), f"{file}: no inequality"
            assert re.search(r"\b(MW|MWh|EUR|t CO2e|m3|M?EUR/yr|ha)\b", own), f"{file}: no unit"


def test_contents_lead_to_headings() -> None:
    text = page()
    headings = {anchor(line.lstrip("# ")) for line in text.splitlines() if line.startswith("#")}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= headings


def test_links_lead_to_files() -> None:
    for target in set(re.findall(r"\]\((\.\./[^)]+)\)", page())):
        assert (PAGE.parent / target).is_file(), target

"""What a planner reads in the terminal."""

from __future__ import annotations

import copy
import dataclasses
import io
import math

import pytest
from rich.console import Console

from siting.output.comparison_text import comparison_text, print_comparison
from siting.output.reporter import ProgressReporter
from siting.output.terminal import (
    HEADINGS,
    WIDTH,
    _bar,
    _lengths,
    plan_text,
    print_plan,
)
from siting.output.words import energy_shares, large, number, share, status_text
from siting.plan.plan import Plan
from siting.solver.progress import Step
from siting.study.compare import Comparison, side_by_side


@pytest.fixture(scope="module")
def comparison(tiny_plan: Plan) -> Comparison:
    return side_by_side({"cost": tiny_plan, "green": tiny_plan})


def terminal(width: int = 120) -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(
        file=file, force_terminal=True, color_system="truecolor", no_color=False, width=width
    ), file


def test_plan_text_fits_and_says_what_matters(tiny_plan: Plan) -> None:
    text = plan_text(tiny_plan)
    assert max(map(len, text.splitlines())) <= WIDTH
    for row in tiny_plan.record["sites"]:
        assert str(tiny_plan.sites.at[row["site"], "name"]) in text
    for word in (
        "proven within",
        "IT MW",
        "EUR/MWh",
        "g/kWh",
        "CFE",
        "capex",
        "bn EUR",
        "M EUR/yr",
        "t CO2e/yr",
        "bind",
        "Notes",
    ):
        assert word in text
    assert repr(tiny_plan) == text
    assert "nan" not in text and "inf" not in text.replace("information", "")


def test_bars_are_as_long_as_the_shares_they_show(tiny_plan: Plan) -> None:
    for row in tiny_plan.record["sites"]:
        shares = energy_shares(tiny_plan.supply, row["site"])
        assert sum(shares.values()) == pytest.approx(1)
        assert list(shares.values()) == sorted(shares.values(), reverse=True)
        assert sum(_lengths(shares).values()) == len(_bar(shares)) == 24
    assert _lengths({"grid": 0.5, "solar_ppa": 0.5}) == {"grid": 12, "solar_ppa": 12}
    assert _bar({}) == " " * 24


def test_a_plan_without_a_proven_bound_says_so(tiny_plan: Plan) -> None:
    record = copy.deepcopy(dict(tiny_plan.record))
    record["status"] = "time_limit"
    record["objective"] |= {"bound": None, "gap": None}
    text = plan_text(dataclasses.replace(tiny_plan, record=record))
    assert "time limit" in text
    assert "no bound was proven" in text
    record["objective"] |= {"bound": -math.inf, "gap": math.inf}
    assert "no bound was proven" in status_text(record)


def test_in_a_terminal_the_same_in_colour(tiny_plan: Plan, comparison: Comparison) -> None:
    console, file = terminal()
    print_plan(console, tiny_plan)
    print_comparison(console, comparison)
    text = file.getvalue()
    assert "\x1b[" in text
    for word in ("Tiny", "proven within", "capex", "grid", "What differs", "green"):
        assert word in text


@pytest.mark.parametrize("width", [80, 200])
def test_no_column_is_cut_in_a_common_terminal(tiny_plan: Plan, width: int) -> None:
    console, file = terminal(width)
    print_plan(console, tiny_plan)
    for word in (*HEADINGS, *(f"{row['cost_eur_yr'] / 1e6:,.1f}" for row in tiny_plan.record["sites"])):
        assert word in file.getvalue()


def test_elsewhere_plain_text(tiny_plan: Plan, comparison: Comparison) -> None:
    for options in ({}, {"force_terminal": True, "no_color": True}):
        file = io.StringIO()
        print_plan(Console(file=file, **options), tiny_plan)
        print_comparison(Console(file=file, **options), comparison)
        assert file.getvalue() == f"{plan_text(tiny_plan)}\n{comparison_text(comparison)}\n"


def test_a_title_with_brackets_is_no_markup(tiny_plan: Plan) -> None:
    console, file = terminal()
    print_plan(
        console, dataclasses.replace(tiny_plan, record={**tiny_plan.record, "title": "EU [bold] [/x]"})
    )
    assert "EU [bold] [/x]" in file.getvalue()


def test_comparison_shows_a_row_with_equal_decimals(comparison: Comparison) -> None:
    rows = comparison_text(comparison).splitlines()
    assert rows[0].split() == ["cost", "green"]
    cells = next(row for row in rows if row.startswith("CFE score")).split()[-2:]
    assert cells[0] == cells[1] and len(cells[0].partition(".")[2]) == 3


def test_numbers_in_words() -> None:
    assert [number(x) for x in (0, 0.00123, 9.876, 12.34, 1234.5, math.inf, None)] == [
        "0",
        "0.001",
        "9.876",
        "12.3",
        "1,234",
        "-",
        "-",
    ]
    assert [large(x) for x in (0.0, -2.5e9, 999.0, 1e6)] == ["0.00", "-2.50 bn", "999.0", "1.00 M"]
    assert share(math.nan) == "-"


def test_progress_in_a_file_is_a_line_a_stage() -> None:
    file = io.StringIO()
    with ProgressReporter(console=Console(file=file, width=200)) as report:
        for second in range(25):
            report(Step("solving for cost", float(second), 4e8, 3.9e8))
        report(Step("auditing the plan", 25.0))
        report(Step("solving for cost", 0.1))  # the next plan of a comparison
    lines = file.getvalue().splitlines()
    assert [line.split()[0] for line in lines] == ["0.0", "10.0", "20.0", "25.0", "0.1"]
    assert "gap 2.50 %" in lines[0]


def test_quiet_progress_says_nothing() -> None:
    for forced in (True, False):
        file = io.StringIO()
        with ProgressReporter(quiet=True, console=Console(file=file, force_terminal=forced)) as report:
            report(Step("solving for cost", 1.0))
        assert file.getvalue() == ""


def test_progress_in_a_terminal_is_one_live_line_taken_down_at_the_end() -> None:
    console, file = terminal()
    with pytest.raises(KeyboardInterrupt), ProgressReporter(console=console) as report:
        report(Step("solving for cost", 1.0, 4e8, None))
        assert report._live is not None
        report._live.refresh()
        raise KeyboardInterrupt
    assert report._live is None
    assert "plan 400.0 M" in file.getvalue()

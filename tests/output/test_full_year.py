"""A plan solved over all 8,760 hours: its weeks in the report and in the figure."""

from __future__ import annotations

import pytest

from siting.api import solve
from siting.inputs.planning import PlanningModel
from siting.output.figure_hours import hours_figure
from siting.output.report import report_html
from siting.output.report.windows import chosen_windows, kind_of_window
from siting.plan.plan import Plan


@pytest.fixture(scope="module")
def year(tiny_question: PlanningModel) -> Plan:
    """One site on grid and sun, every hour of the year."""
    return solve(
        tiny_question.with_(
            **{
                "time.representative": "full",
                "target.it_mw": 20,
                "sites.min": 1,
                "sites.max": 1,
                "sites.min_countries": 1,
                "sites.where.countries": ["SE"],
                "power.options": ["grid", "solar_ppa"],
            }
        )
    )


def test_weeks_of_a_solved_year_are_those_of_its_hours(year: Plan) -> None:
    windows = chosen_windows(year, {})
    assert kind_of_window(year) == "week of the full year"
    assert [w.role for w in windows] == ["best", "typical", "tightest"]
    hourly = year.hourly.sort_values("hour")
    met = hourly["deliver_mw"] + hourly["buy_mw"] * hourly["grid_cfe_share"]
    week = hourly["hour"].to_numpy() // 168
    score = (met.groupby(week).sum() / hourly["load_mw"].groupby(week).sum()).iloc[
        :52
    ]  # the 53rd has one day
    best, typical, tightest = windows
    assert (best.matching, tightest.matching) == pytest.approx((score.max(), score.min()))
    assert tightest.matching < year.totals["cfe_score"] < best.matching
    assert abs(typical.matching - year.totals["cfe_score"]) < 0.01
    for window in windows:
        assert len(window.load_mw) == 168 and window.stands_for_h == 168
        supplied = sum(band.mw for band in window.used)
        assert supplied == pytest.approx(window.load_mw, abs=0.15)  # bands below 0.05 MW are left out


def test_the_report_and_the_figure_show_the_weeks(year: Plan) -> None:
    page = report_html(year)
    windows = chosen_windows(year, {})
    panels = hours_figure(year).axes
    assert len(panels) == 3
    for window, axes in zip(windows, panels, strict=True):
        assert window.when in page
        assert window.when in axes.get_title(loc="left")
        assert [label.get_text() for label in axes.get_xticklabels()][:2] == ["day 1", "day 2"]

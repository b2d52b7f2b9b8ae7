"""What mix, hours and frontiers draw is what the plan's tables hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from siting.errors import InputError
from siting.output.figure_frontiers import frontiers_figure, lower_left, priced_classes, site_points
from siting.output.figure_hours import hours_figure
from siting.output.figure_mix import energy_by_site, mix_figure
from siting.output.paints import paint
from siting.output.words import number, option_name
from siting.plan.plan import Plan

# ---- mix


def test_bars_of_the_mix_sum_to_the_supply_table(tiny_plan: Plan) -> None:
    bars, score = mix_figure(tiny_plan).axes
    rows = [label.get_text() for label in bars.get_yticklabels()]
    sites = {str(name): str(site) for site, name in tiny_plan.chosen["name"].items()}
    assert set(rows) == set(sites)
    drawn = np.array([[bar.get_width() for bar in option] for option in bars.containers])
    ends = np.array([[bar.get_x() + bar.get_width() for bar in option] for option in bars.containers])
    assert ends == pytest.approx(drawn.cumsum(axis=0))  # each begins where the one before ends
    assert [text.get_text() for text in bars.texts] == [number(total) for total in drawn.sum(axis=0)]
    used = tiny_plan.supply[tiny_plan.supply["route"] != "storage"]
    for name, total in zip(rows, drawn.sum(axis=0), strict=True):
        own = used[used["site"] == sites[name]]
        assert total * 1e3 == pytest.approx(own["supply_mwh"].sum())
        assert total * 1e3 == pytest.approx(tiny_plan.sites.at[sites[name], "facility_mwh"], rel=0.05)
    scores = [bar.get_width() for bar in score.containers[1]]
    assert scores == pytest.approx([tiny_plan.sites.at[sites[name], "cfe_score"] for name in rows])


def test_every_source_of_the_mix_is_in_its_legend_and_storage_is_not(tiny_plan: Plan) -> None:
    bars = mix_figure(tiny_plan).axes[0]
    shown = {text.get_text().partition(" (")[0] for text in bars.get_legend().get_texts()}
    used = tiny_plan.supply[(tiny_plan.supply["route"] != "storage") & (tiny_plan.supply["supply_mwh"] > 0)]
    assert shown == {option_name(option) for option in used["option"]}
    assert "battery" not in energy_by_site(tiny_plan).columns


# ---- hours


def test_stacks_sum_to_load_and_charging_hour_by_hour(tiny_plan: Plan) -> None:
    drawn = hours_figure(tiny_plan)
    by_hour = tiny_plan.hourly.groupby(["period", "hour"]).sum(numeric_only=True)
    loads = [by_hour.loc[p, "load_mw"].to_numpy() for p in by_hour.index.unique("period")]
    assert len(drawn.axes) == len(loads)
    for axes in drawn.axes:
        line = next(s for s in axes.patches if s.get_label() == "load").get_data().values
        assert any(np.allclose(line, load) for load in loads)
        up, charged = np.zeros(len(line)), np.zeros(len(line))
        for band in axes.patches:
            values, _, base = band.get_data()
            if band.get_label() == "load":
                continue
            if values.min() >= 0 and np.all(values >= base):
                up += values - base
            elif str(band.get_label()).endswith("charged"):
                charged += base - values
        assert up == pytest.approx(line + charged, abs=0.2)  # bands below 0.05 MW are not drawn


def test_hours_of_one_site_are_its_own(tiny_plan: Plan) -> None:
    site = str(tiny_plan.chosen.index[0])
    drawn = hours_figure(tiny_plan, site)
    assert str(tiny_plan.sites.at[site, "name"]) in " ".join(text.get_text() for text in drawn.texts)
    own = tiny_plan.hourly.loc[tiny_plan.hourly["site"] == site, "load_mw"]
    for axes in drawn.axes:
        line = next(s for s in axes.patches if s.get_label() == "load").get_data().values
        assert own.min() - 1e-9 <= line.min() and line.max() <= own.max() + 1e-9


def test_hours_name_every_band_in_the_reports_colour(tiny_plan: Plan) -> None:
    drawn = hours_figure(tiny_plan)
    (legend,) = drawn.legends
    shown = [text.get_text() for text in legend.get_texts()]
    bands = {str(band.get_label()) for axes in drawn.axes for band in axes.patches}
    assert set(shown) == bands and len(shown) == len(bands)
    grid = [h for h, t in zip(legend.legend_handles, shown, strict=True) if t == "grid, carbon-free part"]
    assert [h.get_facecolor()[:3] for h in grid] == [
        tuple(int(paint("grid")[i : i + 2], 16) / 255 for i in (1, 3, 5))
    ]


# ---- frontiers


def test_circles_of_the_sites_weigh_up_to_the_plans_totals(tiny_plan: Plan) -> None:
    data, _ = priced_classes(tiny_plan)
    names = dict(site_points(tiny_plan, data))
    it_mw = {f"{row['name']} (": float(row["it_mw"]) for _, row in tiny_plan.chosen.iterrows()}
    size = {label: next(mw for start, mw in it_mw.items() if label.startswith(start)) for label in names}
    cost = sum(y * 1e6 * size[label] for label, (_, y) in names.items())
    assert cost == pytest.approx(tiny_plan.totals["cash_cost_eur_yr"])
    circles = frontiers_figure(tiny_plan).axes[0].lines[-1]
    assert sorted(zip(*circles.get_data(), strict=True)) == sorted(names.values())


def test_no_site_lies_below_the_frontier_of_its_class(tiny_plan: Plan) -> None:
    """A site is a blend of its class's mixes, plus its line to the grid."""
    data, points = priced_classes(tiny_plan)
    for label, (x, y) in site_points(tiny_plan, data):
        front = lower_left(points[label.partition("(")[2].partition(")")[0]])
        assert y >= np.interp(x, [p[0] for p in front], [p[1] for p in front]) - 1e-6


def test_the_key_names_every_site_and_its_class(tiny_plan: Plan) -> None:
    drawn = frontiers_figure(tiny_plan)
    key = next(text.get_text() for text in drawn.texts if text.get_text().startswith("1  "))
    numbers = [text.get_text() for text in drawn.axes[0].texts]
    for i, line in enumerate(key.split("\n"), 1):
        assert line.startswith(f"{i}  ") and str(i) in numbers
    assert all(str(name) in key for name in tiny_plan.chosen["name"])
    labelled = set(numbers) | {line.partition("(")[2].partition(")")[0] for line in key.split("\n")}
    assert set(priced_classes(tiny_plan)[1]) <= labelled


def test_frontiers_without_what_they_need_say_so(
    tiny_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = replace(tiny_plan, record={**tiny_plan.record, "horizon": {}})
    with pytest.raises(InputError, match="this one has several"):
        frontiers_figure(several)
    other = {**tiny_plan.record, "inputs": {**tiny_plan.record["inputs"], "world_sha256": "0"}}
    with pytest.raises(InputError, match="has changed"):
        frontiers_figure(replace(tiny_plan, record=other))
    monkeypatch.setenv("SITING_CACHE", str(tmp_path / "empty"))
    with pytest.raises(InputError, match="solve the model again"):
        frontiers_figure(tiny_plan)

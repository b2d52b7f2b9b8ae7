"""report.html: one file, sealed, escaped, with the plan's own numbers in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import MultiPolygon, Point, Polygon, box

from siting.api import read_plan
from siting.errors import InputError
from siting.inputs.planning import PlanningModel
from siting.output.report import report_html, write_report
from siting.output.report.charts import nice_ticks, waterfall
from siting.output.report.money import capex_bars, cost_bars, energy_bars, site_mix
from siting.output.report.page import TEMPLATES
from siting.output.report.shapes import (
    EQUAL_AREA,
    FINEST_M,
    MARGIN_M,
    MOST_VERTICES,
    Frame,
    frame_of,
    zone_path,
)
from siting.output.report.windows import chosen_windows, kind_of_window
from siting.output.words import CARBON_COUNTS, large
from siting.plan.plan import Plan
from siting.study.compare import side_by_side

HOSTILE = "</script><script>document.title='broken'</script><img src=x onerror=alert(1)>\"'&{{ 7*7 }}"
MB = 1_000_000


class Elements(HTMLParser):
    """Every start tag with its attributes, and the text of title, h1, script and style."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._within: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._within = tag if tag in {"title", "h1", "script", "style"} else self._within
        if self._within == tag:
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        self._within = None if tag == self._within else self._within

    def handle_data(self, data: str) -> None:
        if self._within:
            self.texts[self._within][-1] += data

    def attribute(self, name: str) -> list[str]:
        return [str(attrs[name]) for _, attrs in self.tags if name in attrs]


@pytest.fixture(scope="module")
def page(tiny_plan: Plan) -> str:
    return report_html(tiny_plan)


def payload(page: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Elements(page).texts["script"][0])
    return found


# ---- one file, sealed


def test_the_page_loads_nothing(page: str) -> None:
    seen = Elements(page)
    assert not {tag for tag, _ in seen.tags} & {
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
        "audio",
        "video",
    }
    assert seen.attribute("src") == [] and seen.attribute("srcset") == []
    assert "@import" not in page and "url(" not in page
    for link in seen.attribute("href"):
        assert link.startswith(("#", "https://", "http://")), (
            link
        )  # the latter only where a reader may follow a source


def test_it_says_what_operational_carbon_counts_and_connections_are_sized_for(page: str) -> None:
    assert CARBON_COUNTS in unescape(page)
    assert page.count("connections are sized for what crosses the fence in the hours modelled") >= 1


def test_the_policy_allows_only_the_page_s_own_script_and_style(page: str) -> None:
    seen = Elements(page)
    policy = next(
        attrs["content"] for tag, attrs in seen.tags if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None and policy.startswith("default-src 'none'")
    assert "unsafe" not in policy and "http" not in policy
    data, script = seen.texts["script"]
    (style,) = seen.texts["style"]
    for text in (script, style):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert json.loads(data)
    assert seen.attribute("style") == []  # the policy would drop them in silence
    assert not [name for _, attrs in seen.tags for name in attrs if name.startswith("on")]


def test_a_hostile_name_stays_text(tiny_plan: Plan) -> None:
    sites = tiny_plan.sites.assign(name=HOSTILE)
    record = {**tiny_plan.record, "title": HOSTILE, "notes": [HOSTILE]}
    page = report_html(replace(tiny_plan, sites=sites, record=record))
    seen = Elements(page)
    clean = Elements(report_html(tiny_plan))
    assert seen.texts["h1"] == [HOSTILE]
    assert [tag for tag, _ in seen.tags if tag in {"script", "img"}] == [
        t for t, _ in clean.tags if t in {"script", "img"}
    ]
    assert {row[1] for row in payload(page)["candidates"]["rows"]} == {HOSTILE}


def test_a_plan_s_report_names_no_folder_of_this_machine(page: str, tiny_world: Path) -> None:
    assert str(tiny_world.parent) not in page
    assert ">tiny<" in page


def test_size_of_a_plan_and_of_5000_candidates(tiny_plan: Plan, page: str) -> None:
    assert len(page.encode()) < 6 * MB
    many = gpd.GeoDataFrame(
        pd.concat([tiny_plan.sites, *[_renamed(tiny_plan, i) for i in range(833)]]), crs="EPSG:4326"
    )
    large = report_html(replace(tiny_plan, sites=many))
    assert len(payload(large)["candidates"]["rows"]) > 5000
    assert len(large.encode()) < 12 * MB
    assert large.count("<path") < page.count("<path") + 100  # dots are a few paths, not an element each


def _renamed(plan: Plan, i: int) -> gpd.GeoDataFrame:
    rest = plan.sites.assign(selected=False)
    return rest.set_axis([f"{s}-{i}" for s in rest.index])


# ---- the plan's own numbers


def test_every_candidate_and_every_chosen_site_is_there(tiny_plan: Plan, page: str) -> None:
    rows = {row[0]: row for row in payload(page)["candidates"]["rows"]}
    assert set(rows) == set(tiny_plan.sites.index)
    assert {s for s, row in rows.items() if row[6]} == set(tiny_plan.chosen.index)
    seen = Elements(page)
    assert set(seen.attribute("data-card")) == set(tiny_plan.chosen.index)
    pins = [attrs for _, attrs in seen.tags if attrs.get("class") == "pin"]
    assert {attrs["data-site"] for attrs in pins} == set(tiny_plan.chosen.index)
    assert all(
        attrs["tabindex"] == "0" and attrs["role"] == "button" and attrs["aria-label"] for attrs in pins
    )


def test_bars_sum_to_the_totals_of_the_plan(tiny_plan: Plan) -> None:
    totals = tiny_plan.totals
    for bars, key in ((cost_bars(tiny_plan), "cost_eur_yr"), (energy_bars(tiny_plan), "energy_eur_mwh"),
                      (capex_bars(tiny_plan), "capex_eur")):  # fmt: skip
        *parts, total = bars
        assert total["value"] == pytest.approx(totals[key], rel=1e-9)
        assert sum(bar["value"] for bar in parts) == pytest.approx(totals[key], rel=1e-9)
        assert all(0 <= bar["x"] <= 100 and bar["x"] + bar["width"] <= 100.001 for bar in bars)


def test_what_pays_for_no_power_is_no_part_of_its_price(tiny_plan: Plan) -> None:
    """Lost work, heat, coverage and a site's fixed cost stand by themselves, as in the totals of a plan."""
    items = ("site, fixed", "coverage", "compute lost", "heat sold", "heat connection")
    site = tiny_plan.costs["site"].iloc[0]
    more = pd.DataFrame([(site, i, "", 1e6, 0.0) for i in items], columns=tiny_plan.costs.columns)
    plan = replace(tiny_plan, costs=pd.concat([tiny_plan.costs, more], ignore_index=True))
    assert energy_bars(plan) == energy_bars(tiny_plan)
    assert {bar["name"]: bar["value"] for bar in cost_bars(plan)}.items() >= dict.fromkeys(items, 1e6).items()


def test_a_budget_stands_beside_what_it_counts(tiny_plan: Plan) -> None:
    """A budget on connections and accelerators is not set against the cost of buildings."""
    assert "of 3.00 bn EUR allowed" in unescape(report_html(tiny_plan))
    model = tiny_plan.model.with_(budget__capex_eur=2.5e9, budget__counts=["connection", "it"])
    own = tiny_plan.costs[tiny_plan.costs["capex_group"].isin(["connection", "it"])]["capex_eur"].sum()
    page = unescape(report_html(replace(tiny_plan, model=model)))
    assert f"{large(own)} of 2.50 bn EUR allowed for connection, accelerators" in page
    assert own < 0.9 * tiny_plan.totals["capex_eur"]


def test_a_waterfall_by_hand() -> None:
    assert waterfall([("a", 6.0), ("b", 4.0), ("sold", -2.0)], "sum") == [
        {"name": "a", "value": 6.0, "x": 0.0, "width": 60.0, "way": "up"},
        {"name": "b", "value": 4.0, "x": 60.0, "width": 40.0, "way": "up"},
        {"name": "sold", "value": -2.0, "x": 80.0, "width": 20.0, "way": "down"},
        {"name": "sum", "value": 8.0, "x": 0.0, "width": 80.0, "way": "total"},
    ]


def test_the_mix_is_what_the_supply_table_says(tiny_plan: Plan) -> None:
    mix = site_mix(tiny_plan.supply)
    sources = tiny_plan.supply[tiny_plan.supply["route"] != "storage"]
    assert sum(part["mwh"] for part in mix) == pytest.approx(sources["supply_mwh"].sum())
    assert sum(part["share"] for part in mix) == pytest.approx(1.0)


def test_round_numbers_on_axes() -> None:
    assert nice_ticks(-30, 480) == [-200.0, 0.0, 200.0, 400.0, 600.0]
    assert nice_ticks(5.0, 5.0) == [5.0, 6.0]


# ---- hours


def invented(plan: Plan) -> Plan:
    """Two typical periods of two hours: the first three quarters carbon-free, the second a quarter."""
    hourly = pd.DataFrame(
        {
            "site": ["a"] * 6, "hour": range(6), "period": [0, 0, 1, 1, 2, 2], "weight_h": [2190.0, 2190, 1460, 1460, 730, 730],
            "load_mw": [10.0] * 6,
            "deliver_mw": [5.0, 8, 0, 0, 4, 4],
            "contract_solar_ppa_mw": [5.0, 8, 0, 0, 4, 4],
            "buy_mw": [5.0, 2, 5, 5, 6, 6],
            "gen_gas_engine_mw": [0.0, 0, 5, 5, 0, 0],
            "grid_cfe_share": [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
        }
    )  # fmt: skip
    hours = {**plan.record["hours"], "periods": ["2019-06-21", "2019-01-10", "2019-10-03"]}
    return replace(plan, hourly=hourly, record={**plan.record, "hours": hours})


def test_best_typical_and_tightest_by_hand(tiny_plan: Plan) -> None:
    windows = {w.role: w for w in chosen_windows(invented(tiny_plan), {"gas_engine": False})}
    assert windows["best"].matching == pytest.approx((5 + 2.5 + 8 + 1) / 20)
    assert windows["tightest"].matching == pytest.approx(2.5 / 10)
    assert windows["typical"].matching == pytest.approx((4 + 3) / 10)
    assert windows["best"].when == "21 June 2019" and windows["tightest"].when == "10 January 2019"
    assert windows["best"].stands_for_h == 4380
    np.testing.assert_allclose(windows["best"].cfe_share, [0.75, 0.9])
    clean_gas = {w.role: w for w in chosen_windows(invented(tiny_plan), {"gas_engine": True})}
    assert clean_gas["typical"].matching == pytest.approx(0.75)  # 5 of gas and 2.5 of the grid


def test_a_battery_counts_when_it_gives_and_not_when_it_takes(tiny_plan: Plan) -> None:
    plan = invented(tiny_plan)
    stored = plan.hourly.assign(
        charge_battery_mw=[2.0, 0, 0, 0, 0, 0], discharge_battery_mw=[0.0, 1, 0, 0, 0, 0]
    )
    windows = {w.role: w for w in chosen_windows(replace(plan, hourly=stored), {"gas_engine": False})}
    assert windows["best"].matching == pytest.approx((5 + 2.5 - 2 + 8 + 1 + 1) / 20)
    assert [band.name for band in windows["best"].away] == ["battery charged"]


def test_a_stack_sums_to_load_and_what_is_put_away(tiny_plan: Plan) -> None:
    clean = {"onsite_solar": True, "gas_engine": False}
    for window in chosen_windows(tiny_plan, clean):
        used = sum(band.mw for band in window.used)
        charged = sum(
            (band.mw for band in window.away if band.tone == "store"), np.zeros(len(window.load_mw))
        )
        np.testing.assert_allclose(
            used, window.load_mw + charged, atol=0.2
        )  # bands too thin to see are left out


def test_matching_over_all_hours_is_the_plan_s_cfe_score(tiny_plan: Plan) -> None:
    """The page computes it from flows and clean options, the plan from its instance."""
    one = tiny_plan.hourly.assign(period=0)
    weighed = one.copy()
    flows = [c for c in one.columns if c.endswith("_mw")]
    weighed[flows] = one[flows].mul(one["weight_h"], axis=0)
    (window,) = chosen_windows(replace(tiny_plan, hourly=weighed), {"onsite_solar": True})
    assert window.matching == pytest.approx(tiny_plan.totals["cfe_score"], abs=1e-9)


def test_a_full_year_is_shown_by_weeks(tiny_plan: Plan) -> None:
    hours = np.arange(8760)
    hourly = pd.DataFrame(
        {"site": "a", "hour": hours, "period": 0, "weight_h": 1.0, "load_mw": 10.0, "buy_mw": 10.0,
         "grid_cfe_share": 0.5 + 0.4 * np.sin(2 * np.pi * hours / 8760)}
    )  # fmt: skip
    record = {**tiny_plan.record, "hours": {"modelled": 8760, "periods": ["full year"], "rms_error": {}}}
    plan = replace(tiny_plan, hourly=hourly, record=record)
    windows = chosen_windows(plan, {})
    assert kind_of_window(plan) == "week of the full year"
    assert [len(w.load_mw) for w in windows] == [168, 168, 168]
    assert (
        windows[0].when == "2 April 2019 to 8 April 2019"
    )  # the crest of the sine, hour 2190, lies in the 14th week
    assert windows[0].matching > windows[1].matching > windows[2].matching


# ---- geometry


def frame() -> Frame:
    return Frame(0.0, 1000.0, 10.0, 100, 100)


def test_a_path_by_hand_and_neighbours_that_still_touch() -> None:
    assert zone_path(box(0, 0, 100, 100), frame()) == "M10 100l0 -10 -10 0 0 10z"
    assert zone_path(box(0, 0, 3, 3), frame()) == ""  # smaller than a cell
    assert zone_path(MultiPolygon([box(0, 0, 100, 100), box(200, 0, 300, 100)]), frame()).count("M") == 2
    ring = Polygon(
        [(0, 0), (1000, 0), (1000, 1000), (0, 1000)], [[(300, 300), (600, 300), (600, 600), (300, 600)]]
    )
    assert zone_path(ring, frame()).count("z") == 2


def test_the_window_is_europe_and_every_site_shown() -> None:
    zones = gpd.GeoDataFrame(
        {"name": ["x"]}, geometry=[box(1_000_000, 900_000, 7_500_000, 5_500_000)], crs=EQUAL_AREA
    )
    nothing = gpd.GeoDataFrame(geometry=[], crs=EQUAL_AREA)
    first = frame_of(zones, nothing)
    assert first.left_m == 2_550_000 - MARGIN_M
    islands = gpd.GeoDataFrame(geometry=[Point(1_500_000, 1_000_000)], crs=EQUAL_AREA)
    wide = frame_of(zones, islands)
    x, y = wide.grid(np.array([[1_500_000.0, 1_000_000.0]]))[0]
    assert 0 < x < wide.width and 0 < y < wide.height


def test_a_world_of_fine_shapes_gets_a_coarser_grid() -> None:
    angle = np.linspace(0, 2 * np.pi, 300_000, endpoint=False)
    reach = 1e6 + 1000.0 * (
        np.arange(300_000) % 2
    )  # a saw of a kilometre: no two corners fall together on the finest grid
    coast = Polygon(np.column_stack([4e6 + reach * np.cos(angle), 3e6 + reach * np.sin(angle)]))
    zones = gpd.GeoDataFrame({"name": ["x"]}, geometry=[coast], crs=EQUAL_AREA)
    made = frame_of(zones, gpd.GeoDataFrame(geometry=[], crs=EQUAL_AREA))
    assert made.cell_m > FINEST_M
    assert (
        100 < zone_path(coast, made).count(" ") < 2 * MOST_VERTICES
    )  # a corner has one blank within and one after it


# ---- worlds that changed or are gone


def test_a_changed_world_is_said(tiny_plan: Plan) -> None:
    record = {**tiny_plan.record, "inputs": {**tiny_plan.record["inputs"], "world_sha256": "0" * 64}}
    assert "has changed since this plan was made" in report_html(replace(tiny_plan, record=record))
    assert "has changed since" not in report_html(tiny_plan)


def test_without_its_world_a_plan_still_has_a_report(tiny_plan: Plan, tmp_path: Path) -> None:
    lost = replace(tiny_plan, model=tiny_plan.model.model_copy(update={"world": str(tmp_path / "lost")}))
    page = report_html(lost)
    assert "was not to be had where this report was written" in page
    assert str(tmp_path) not in page
    assert set(Elements(page).attribute("data-card")) == set(tiny_plan.chosen.index)


def test_assumptions_name_unit_kind_and_source_of_what_the_plan_used(tiny_plan: Plan, page: str) -> None:
    text = re.sub(r"<[^>]+>", "|", page)
    options = set(tiny_plan.model.power.options)
    assert options <= set(re.findall(r"\|([a-z_]+)\|", text))
    cited = {
        link.removeprefix("#source-")
        for link in Elements(page).attribute("href")
        if link.startswith("#source-")
    }
    listed = {i.removeprefix("source-") for i in Elements(page).attribute("id") if i.startswith("source-")}
    assert cited and cited == listed


# ---- several plans, files, reading back


def test_portfolios_side_by_side(tiny_plan: Plan) -> None:
    page = report_html(side_by_side({"cost": tiny_plan, HOSTILE: tiny_plan}))
    assert 'id="many"' in page and "Portfolios side by side" in page
    assert page.count('href="#outline"') == 1  # the second small map reuses the first one's land
    assert len(Elements(page).texts["script"]) == 2


def test_a_front(tiny_question: PlanningModel) -> None:
    from siting.api_study import pareto

    front = pareto(tiny_question, 3)
    page = report_html(front)
    assert page.count('<circle class="" cx') + page.count('<circle class="knee"') == len(front.plans)
    assert f"Shown in full: point {front.knee}" in page


def test_a_front_or_comparison_without_a_plan_is_an_input_error(tiny_plan: Plan) -> None:
    empty = replace(side_by_side({"cost": tiny_plan}), plans={})
    with pytest.raises(InputError, match="no plan"):
        report_html(empty)


def test_the_folder_holds_the_report_of_its_plan(tiny_plan: Plan, tmp_path: Path) -> None:
    out = tiny_plan.save(tmp_path / "out")
    assert (out / "report.html").read_text(encoding="utf-8") == report_html(tiny_plan)
    again = read_plan(out).report(tmp_path / "again.html")
    assert Elements(again.read_text(encoding="utf-8")).texts["h1"] == [tiny_plan.record["title"]]
    with pytest.raises(InputError, match="is a folder"):
        write_report(tiny_plan, tmp_path)


def test_the_command_writes_it(tiny_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from siting.cli import app

    monkeypatch.chdir(tmp_path)
    tiny_plan.save("out")
    done = CliRunner().invoke(app, ["export", "out", "--to", "html", "-o", "mine.html"])
    assert done.exit_code == 0, done.output
    assert Elements(Path("mine.html").read_text(encoding="utf-8")).texts["h1"] == [tiny_plan.record["title"]]


def test_an_explained_plan_says_why(tiny_plan: Plan) -> None:
    from siting.study.explain import LIMIT_COLUMNS, SITE_COLUMNS, Explanation

    chosen = str(tiny_plan.chosen.index[0])
    other = str(tiny_plan.sites.index[~tiny_plan.sites["selected"]][0])
    rows = [(s, "", "", "in", 1.0, "EUR/yr", (), f"told of {s}") for s in (chosen, other)]
    limit = dict.fromkeys(LIMIT_COLUMNS) | {
        "limit": "budget", "value": 5.0, "unit": "EUR", "used": 5.0, "price_fixed": -0.25, "price_fixed_unit": "EUR/yr per EUR",
    }  # fmt: skip
    told = Explanation("t", tiny_plan, pd.DataFrame([limit]), pd.DataFrame(rows, columns=SITE_COLUMNS))
    page = report_html(told)
    assert f"<li>told of {chosen}</li>" in page
    assert payload(page)["why"][other] == f"told of {other}"
    assert "-0.25 EUR/yr per EUR" in page
    with pytest.raises(InputError, match="which limits clash"):
        report_html(replace(told, plan=None))


# ---- colours


def palette() -> dict[str, tuple[str, str]]:
    text = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    return {name: (a, b) for name, a, b in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", text)}


def contrast(a: str, b: str) -> float:
    """WCAG 2.2 contrast ratio of two sRGB colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_and_marks_stand_out_from_the_paper(theme: int) -> None:
    colours = {name: pair[theme] for name, pair in palette().items()}
    for ground in ("paper", "raised", "sea"):
        for name in ("ink", "soft"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    tones = re.findall(r"\.t-([\w-]+) \{ (?:fill: )?", (TEMPLATES / "report.css").read_text(encoding="utf-8"))
    words = {"sea": "deep"}
    for tone in tones:
        assert contrast(colours[words.get(tone, tone)], colours["paper"]) >= 3.0, tone
    for tint in ("bare", "q0", "q1", "q2", "q3", "q4"):
        assert contrast(colours["candidate"], colours[tint]) >= 3.0, tint
        assert contrast(colours["ink"], colours[tint]) >= 4.5, tint  # names on the map

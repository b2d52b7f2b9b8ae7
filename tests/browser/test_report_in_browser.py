"""The report as its readers meet it: drawn, clicked, tabbed through, in the dark, on a phone, on paper, read aloud."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from siting.plan.plan import Plan
from siting.study.compare import side_by_side

HOSTILE = "</script><img src=x onerror=\"document.title='broken'\">"
SERIOUS = {"serious", "critical"}
OPENS_WITHIN_S = 3.0
FRAME_MS = 200.0  # drawn by software on a busy machine; with a graphics card a tenth of it

Opens = Callable[..., Any]


def shown_card(page: Any) -> str:
    return str(page.locator(".card.shown h3").inner_text())


def wait_for(page: Any, condition: str) -> None:
    """Ask again from outside: the page's policy forbids a condition in a string to be polled inside it."""
    for _ in range(100):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"never came true: {condition}")


def name_of(plan: Plan, position: int = 0) -> tuple[str, str]:
    site = str(sorted(plan.record["sites"], key=lambda row: (-row["it_mw"], row["site"]))[position]["site"])
    return site, str(plan.sites.loc[site, "name"])


def test_the_map_is_drawn(
    real_report: Path, real_plan: Plan, opened: Opens, keep: Callable[..., Path]
) -> None:
    page = opened(real_report)
    zones = page.locator(".zone")
    assert zones.count() >= len(real_plan.zones)
    land = page.evaluate("document.querySelector('#land').getBoundingClientRect().toJSON()")
    assert land["width"] > 300 and land["height"] > 300
    assert page.locator(".pin").count() == len(real_plan.chosen)
    painted = page.evaluate(
        "new Set([...document.querySelectorAll('.zone')].map(z => getComputedStyle(z).fill)).size"
    )
    assert painted >= 3  # shades differ
    labels = page.locator(".label:visible")
    assert labels.count() == len(real_plan.chosen)
    keep(page, "desktop", whole=True)


def test_a_site_opens_by_click(
    real_report: Path, real_plan: Plan, opened: Opens, keep: Callable[..., Path]
) -> None:
    page = opened(real_report)
    site, name = name_of(real_plan, -1)  # the last one lies on top of the others
    box = page.locator(f'.pin[data-site="{site}"] .rim').bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert shown_card(page) == name
    assert page.locator(".card.shown .window").count() == 3
    assert not page.locator("#overview").is_visible()
    page.locator(".card.shown .back").click()
    assert page.locator("#overview").is_visible() and page.locator(".card.shown").count() == 0
    page.locator("#canvas").scroll_into_view_if_needed()
    keep(page, "map")


def test_a_site_opens_by_keyboard_and_closes_where_it_was_opened(
    real_report: Path, real_plan: Plan, opened: Opens
) -> None:
    page = opened(real_report)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('pin')"):
            break
    site, name = name_of(real_plan)
    assert page.evaluate("document.activeElement.dataset.site") == site
    page.keyboard.press("Enter")
    assert shown_card(page) == name
    assert page.evaluate("document.activeElement.textContent") == name  # a screen reader goes on from there
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.site") == site


def test_a_candidate_not_chosen_has_a_card(real_report: Path, real_plan: Plan, opened: Opens) -> None:
    page = opened(real_report)
    other = real_plan.sites[~real_plan.sites["selected"]].iloc[0]
    page.fill("#find", str(other["name"]))
    page.locator("#found button").first.click()
    assert shown_card(page) == other["name"]
    assert f"{other['grid_mw']:,.0f} MW" in page.locator("#candidate").inner_text()
    page.keyboard.press("Escape")
    page.fill("#find", "no such place")
    assert page.locator("#found-count").inner_text() == "0 found"


def test_zoom_pan_hover_and_shades(real_report: Path, opened: Opens) -> None:
    page = opened(real_report)
    page.locator("#canvas").scroll_into_view_if_needed()
    view = page.locator("#view")
    at_first = view.get_attribute("transform")
    page.click("#zoom-in")
    wait_for(page, "document.querySelector('#view').getAttribute('transform').includes('scale(1.6')")
    enlarged = view.get_attribute("transform")
    box = page.locator("#chart").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 40, steps=4)
    page.mouse.up()
    wait_for(page, f"document.querySelector('#view').getAttribute('transform') !== {enlarged!r}")
    assert page.locator(".card.shown").count() == 0  # a drag is no click
    page.click("#zoom-all")
    wait_for(page, f"document.querySelector('#view').getAttribute('transform') === {at_first!r}")
    zone = page.locator(".zone[data-zone=FR]").bounding_box()
    page.mouse.move(zone["x"] + zone["width"] / 2, zone["y"] + zone["height"] / 2)
    assert "g CO₂e/kWh" in page.locator("#tip").inner_text()
    before = page.locator(".zone[data-zone=FR]").get_attribute("class")
    page.select_option("#shade", "price")
    assert page.locator('.ramp[data-shade="price"]').is_visible()
    assert not page.locator('.ramp[data-shade="carbon"]').is_visible()
    page.select_option("#shade", "none")
    assert page.locator(".zone[data-zone=FR]").get_attribute("class") == "zone" != before


def test_themes(real_report: Path, opened: Opens, keep: Callable[..., Path]) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    page = opened(real_report)
    light = page.evaluate(paper)
    page.click("#theme")
    dark = page.evaluate(paper)
    assert light == "rgb(252, 251, 248)" and dark == "rgb(20, 23, 26)"
    page.click("#theme")
    assert page.evaluate(paper) == light
    night = opened(real_report, color_scheme="dark")
    assert night.evaluate(paper) == dark  # the reader's system decides until the button is pressed
    keep(night, "dark", whole=True)


def test_a_phone_scrolls_down_and_never_sideways(
    real_report: Path, opened: Opens, keep: Callable[..., Path]
) -> None:
    page = opened(
        real_report,
        viewport={"width": 360, "height": 780},
        device_scale_factor=2,
        has_touch=True,
        is_mobile=True,
    )
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('#zoom-in, .site, #find')].map(e => e.getBoundingClientRect().height))"
    )
    assert smallest >= 36  # a thumb finds it
    keep(page, "phone", whole=True)
    page.locator(".site").first.tap()
    assert page.locator(".card.shown").is_visible()


def test_paper(real_report: Path, real_plan: Plan, opened: Opens, keep: Callable[..., Path]) -> None:
    page = opened(real_report, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert (
        page.evaluate("getComputedStyle(document.body).color") == "rgb(28, 31, 34)"
    )  # dark ink, whatever the screen's theme
    assert not page.locator(".bar").is_visible() and not page.locator(".search").is_visible()
    assert page.locator(".card.chosen:visible").count() == len(real_plan.chosen)
    keep(page, "print", whole=True)
    printed = page.pdf(format="A4", print_background=True)
    (keep(page, "print", whole=True).with_suffix(".pdf")).write_bytes(printed)
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") >= len(real_plan.chosen)


def test_without_scripts_everything_is_still_there(real_report: Path, real_plan: Plan, browser: Any) -> None:
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(real_report.as_uri())
    assert page.locator(".card.chosen:visible").count() == len(real_plan.chosen)
    assert page.locator(".zone").first.is_visible()
    context.close()


@pytest.mark.parametrize(
    ("scheme", "width", "unfolded"), [("light", 1280, True), ("dark", 1280, False), ("dark", 360, False)]
)
def test_axe_finds_nothing_serious(
    real_report: Path, opened: Opens, scheme: str, width: int, unfolded: bool
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(real_report, color_scheme=scheme, viewport={"width": width, "height": 900})
    page.evaluate(
        f"document.querySelectorAll('details').forEach(d => {{ d.open = {str(unfolded).lower()}; }})"
    )
    states = [("overview", lambda: None), ("card", lambda: page.locator(".site").first.click())]
    for state, reach in states:
        reach()
        found = Axe().run(page).response["violations"]
        told = [
            f"{state}: {v['id']} ({v['impact']}) {v['nodes'][0]['html'][:120]}"
            for v in found
            if v["impact"] in SERIOUS
        ]
        assert told == []


def test_a_hostile_name_does_nothing(real_plan: Plan, opened: Opens, tmp_path: Path) -> None:
    record = {**real_plan.record, "title": HOSTILE}
    plan = replace(real_plan, sites=real_plan.sites.assign(name=HOSTILE), record=record)
    page = opened(plan.report(tmp_path / "hostile.html"))
    page.locator(".pin").first.focus()
    page.keyboard.press("Enter")
    assert shown_card(page) == HOSTILE
    page.keyboard.press("Escape")
    page.fill("#find", "onerror")
    assert "<img" in page.locator("#found button").first.inner_text()
    assert page.title().startswith(HOSTILE) and page.locator("img").count() == 0


def test_several_plans(real_plan: Plan, opened: Opens, tmp_path: Path, keep: Callable[..., Path]) -> None:
    from siting.output.report import write_report

    page = opened(
        write_report(side_by_side({"cost": real_plan, "again": real_plan}), tmp_path / "several.html")
    )
    assert page.locator("#many .small-maps svg").count() == 2
    keep(page, "comparison", whole=True)


def five_thousand(plan: Plan) -> Plan:
    """The plan among 5,000 candidates strewn over its zones."""
    rng = np.random.default_rng(7)
    more = 5000 - len(plan.sites)
    zones = plan.zones.iloc[rng.integers(0, len(plan.zones), more)]
    west, south, east, north = (zones.bounds[c].to_numpy() for c in ("minx", "miny", "maxx", "maxy"))
    points = gpd.points_from_xy(rng.uniform(west, east), rng.uniform(south, north), crs="EPSG:4326")
    rest = plan.sites[~plan.sites["selected"]].sample(more, replace=True, random_state=7)
    names = [f"candidate-{i:04d}" for i in range(more)]
    strewn = gpd.GeoDataFrame(
        rest.assign(name=names, zone=zones.index, geometry=points).set_axis(names), crs="EPSG:4326"
    )
    return replace(plan, sites=gpd.GeoDataFrame(pd.concat([plan.sites, strewn]), crs="EPSG:4326"))


def test_5000_candidates_open_fast_and_stay_fluid(
    real_plan: Plan, opened: Opens, tmp_path: Path, keep: Callable[..., Path]
) -> None:
    path = five_thousand(real_plan).report(tmp_path / "many.html")
    assert path.stat().st_size < 12_000_000
    began = time.perf_counter()
    page = opened(path)
    assert time.perf_counter() - began < OPENS_WITHIN_S
    page.locator("#canvas").scroll_into_view_if_needed()
    page.click("#zoom-in")
    page.evaluate(
        "window.drawn = []; (function next(t) { drawn.push(t); requestAnimationFrame(next); })(performance.now())"
    )
    box = page.locator("#chart").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for i in range(40):
        page.mouse.move(x + 3 * (i % 20), y + 2 * (i % 20))
    page.mouse.up()
    times = page.evaluate("drawn")
    assert float(np.median(np.diff(times))) < FRAME_MS
    keep(page, "5000-candidates")

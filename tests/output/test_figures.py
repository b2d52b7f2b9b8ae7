"""Figures in files: drawn without a display, the same bytes for the same plan; the map and where its labels lie."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from siting.errors import InputError
from siting.output.background import grid_value, world_of
from siting.output.figure_labels import anchor, covered, free_place, overlap, room_for, round_about
from siting.output.figures import (
    CLASSES_G_KWH,
    GREYS,
    KINDS,
    _positions,
    _zones,
    figure,
    map_figure,
    save_figure,
)
from siting.output.paints import paint, paint_of
from siting.plan.plan import Plan

HEADS = {"png": b"\x89PNG\r\n", "svg": b"<?xml", "pdf": b"%PDF-"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_every_figure_is_saved_alike_twice(tiny_plan: Plan, tmp_path: Path, form: str, kind: str) -> None:
    first = save_figure(tiny_plan, kind, tmp_path / f"a.{form}").read_bytes()
    assert len(first) > 5000
    assert first.startswith(HEADS[form])
    assert first == save_figure(tiny_plan, kind, tmp_path / f"b.{form}").read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_says_its_plan_and_keeps_its_words_on_the_page(tiny_plan: Plan, kind: str) -> None:
    drawn = tiny_plan.figure(kind)
    assert tiny_plan.record["title"] in [text.get_text() for text in drawn.texts]
    drawn.canvas.draw()
    wide, high = drawn.get_size_inches() * drawn.dpi
    words = [*drawn.texts, *(text for axes in drawn.axes for text in (*axes.texts, axes.title))]
    for text in words:
        if text.get_text():
            box = text.get_window_extent()
            assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= wide and box.y1 <= high, text.get_text()


def test_map_names_the_chosen_sites(tiny_plan: Plan) -> None:
    figure = map_figure(tiny_plan)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert len(texts) == len(tiny_plan.chosen)
    for name in tiny_plan.chosen["name"]:
        assert any(text.startswith(f"{name}\n") for text in texts)


def test_labels_keep_apart() -> None:
    boxes = [box for box, _ in _positions("Lyon\n10 MW", 100.0, 100.0, 8.0)]
    assert all(overlap(a, b) == 0 for i, a in enumerate(boxes) for b in boxes[:i])
    assert overlap((0, 0, 2, 2), (1, 1, 3, 3)) == 1


def test_a_label_goes_where_there_is_room() -> None:
    places = round_about("FR", 50.0, 50.0, 10.0, 4.0)
    own = (49.0, 49.0, 51.0, 51.0)
    assert all(covered(box, [own]) == 0 for box, _ in places)
    right, left = places[0], places[1]
    taken = [right[0]]
    assert room_for(places, taken, []) == (anchor(*left), "right")
    assert left[0] in taken
    everywhere = [(0.0, 0.0, 100.0, 100.0)]
    assert room_for(places, [], everywhere) is None
    free_place(places, everywhere)  # a number that must be written is, and is then in the way
    assert everywhere[1] in [box for box, _ in places]


def test_figures_use_the_colours_of_the_report() -> None:
    assert len({paint_of(k) for k in ("grid", "solar_ppa", "onwind_ppa", "nuclear_ppa", "battery")}) == 5
    assert paint_of("solar_ppa") == paint("sun")
    assert paint_of("offwind_ppa") == paint("deep"), "wind over the sea, not the sea of the map"
    with pytest.raises(KeyError):
        paint("mauve")


def test_zones_are_drawn_as_the_plan_counts_them(tiny_plan: Plan) -> None:
    """In its hours and under its scenario; the world's mean only where no candidate lies, under the same factor."""
    dirty = replace(tiny_plan, zones=tiny_plan.zones.assign(grid_carbon_g_kwh=600.0))
    assert set(_zones(dirty)["shade"]) == {GREYS[-1]}
    world = world_of(tiny_plan)
    model = tiny_plan.model.with_(scenario__factors__grid_carbon=2.0)
    empty = replace(tiny_plan, zones=tiny_plan.zones.iloc[:0], model=model)
    known = world.value("zone_values", "ES", "grid_carbon_g_kwh")
    assert grid_value(empty, world, "ES", "grid_carbon_g_kwh") == pytest.approx(2 * known)
    assert grid_value(empty, None, "ES", "grid_carbon_g_kwh") is None
    assert grid_value(dirty, world, "ES", "grid_carbon_g_kwh") == 600.0
    marginal = replace(empty, model=model.with_(carbon__intensity="marginal"))
    assert grid_value(marginal, world, "ES", "grid_carbon_g_kwh") is None


def test_the_map_refuses_a_world_that_has_changed(tiny_plan: Plan) -> None:
    record = {**tiny_plan.record, "inputs": {**tiny_plan.record["inputs"], "world_sha256": "0"}}
    with pytest.raises(InputError, match="has changed since"):
        map_figure(replace(tiny_plan, record=record))


def test_every_class_of_carbon_has_a_grey() -> None:
    assert len(CLASSES_G_KWH) == len(GREYS)


def test_what_cannot_be_drawn_says_why(
    tiny_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="have: map, mix, hours, frontiers"):
        save_figure(tiny_plan, "pie", tmp_path / "a.png")
    with pytest.raises(InputError, match="many plans"):
        save_figure(tiny_plan, "pareto", tmp_path / "a.png")
    with pytest.raises(InputError, match="shows all sites"):
        figure(tiny_plan, "mix", "se-lulea")
    with pytest.raises(InputError, match="'se-malmo' is not built"):
        figure(tiny_plan, "hours", "se-malmo")
    with pytest.raises(InputError, match=r"\.png, \.svg, \.pdf"):
        save_figure(tiny_plan, "map", tmp_path / "a.gif")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"siting\[figures\]"):
        save_figure(tiny_plan, "map", tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []

"""The map: drawn without a display, the same bytes for the same plan."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from siting.errors import InputError
from siting.output.figures import CLASSES_G_KWH, GREYS, _overlap, _positions, map_figure, save_figure
from siting.plan.plan import Plan


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_map_is_saved_alike_twice(tiny_plan: Plan, tmp_path: Path, form: str) -> None:
    first = save_figure(tiny_plan, "map", tmp_path / f"a.{form}").read_bytes()
    assert len(first) > 5000
    assert first == save_figure(tiny_plan, "map", tmp_path / f"b.{form}").read_bytes()


def test_map_names_the_chosen_sites(tiny_plan: Plan) -> None:
    figure = map_figure(tiny_plan)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert len(texts) == len(tiny_plan.chosen)
    for name in tiny_plan.chosen["name"]:
        assert any(text.startswith(f"{name}\n") for text in texts)


def test_labels_keep_apart() -> None:
    boxes = [box for box, _ in _positions("Lyon\n10 MW", 100.0, 100.0, 8.0)]
    assert all(_overlap(a, b) == 0 for i, a in enumerate(boxes) for b in boxes[:i])
    assert _overlap((0, 0, 2, 2), (1, 1, 3, 3)) == 1


def test_every_class_of_carbon_has_a_grey() -> None:
    assert len(CLASSES_G_KWH) == len(GREYS)


def test_what_cannot_be_drawn_says_why(
    tiny_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="have: map"):
        save_figure(tiny_plan, "pie", tmp_path / "a.png")
    with pytest.raises(InputError, match=r"\.png, \.svg, \.pdf"):
        save_figure(tiny_plan, "map", tmp_path / "a.gif")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"siting\[figures\]"):
        save_figure(tiny_plan, "map", tmp_path / "a.png")

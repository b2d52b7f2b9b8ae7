"""Where the labels of a figure go: beside what they name, and where they cover the least."""

from __future__ import annotations

from collections.abc import Sequence

Box = tuple[float, float, float, float]  # left, low, right, high in points
Place = tuple[Box, str]  # where a label would lie, and how its text is aligned in it
WIDE, HIGH = 0.62, 1.2  # of a letter and a line, in sizes of the font


def free_place(places: Sequence[Place], taken: list[Box]) -> tuple[tuple[float, float], str]:
    """Anchor and alignment of a label where the least is covered; its box is added to what is taken."""
    box, align = min(places, key=lambda place: covered(place[0], taken))
    taken.append(box)
    return anchor(box, align), align


def room_for(
    places: Sequence[Place], taken: list[Box], fixed: Sequence[Box]
) -> tuple[tuple[float, float], str] | None:
    """The first place that covers nothing taken and nothing fixed, then taken as well; none if there is no room."""
    for box, align in places:
        if covered(box, taken) + covered(box, fixed) == 0:
            taken.append(box)
            return anchor(box, align), align
    return None


def round_about(text: str, x: float, y: float, font_pt: float, away: float) -> list[Place]:
    """Boxes of one line of text round a point: right, left, above, below, then slantwise (points)."""
    width, half = WIDE * font_pt * len(text), HIGH * font_pt / 2
    spans = {
        "left": (x + away, x + away + width),
        "right": (x - away - width, x - away),
        "center": (x - width / 2, x + width / 2),
    }
    up, aside = half + away, ("left", "right")
    ways = [("left", 0.0), ("right", 0.0), ("center", up), ("center", -up)]
    ways += [(align, d) for align in aside for d in (up / 2, -up / 2, up, -up)]
    return [((spans[a][0], y + d - half, spans[a][1], y + d + half), a) for a, d in ways]


def anchor(box: Box, align: str) -> tuple[float, float]:
    """The point a text so aligned hangs from, half-way up its box."""
    x = {"left": box[0], "right": box[2], "center": (box[0] + box[2]) / 2}[align]
    return x, (box[1] + box[3]) / 2


def covered(box: Box, taken: Sequence[Box]) -> float:
    """Area a box shares with others."""
    return sum(overlap(box, other) for other in taken)


def overlap(a: Box, b: Box) -> float:
    """Common area of two boxes."""
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))

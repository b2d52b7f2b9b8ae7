"""Numbers as the coordinates of drawings: bars, waterfalls, hourly stacks, fronts. What they look like is up to the templates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siting.output.report.windows import Band, Window

Floats = NDArray[np.float64]
STACK = {"width": 340.0, "left": 34.0, "right": 4.0, "top": 20.0, "bottom": 158.0}  # px
STRIP = {"top": 176.0, "bottom": 200.0}  # matching by hour, under the stack
HOURS_PER_DAY = 24


def nice_ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round numbers that cover low to high in about `wanted` steps of 1, 2, 2.5 or 5 times a power of ten.

    >>> nice_ticks(0, 87)
    [0.0, 25.0, 50.0, 75.0, 100.0]
    """
    span = high - low
    if not span > 0:
        return [low, low + 1.0]
    raw = span / wanted
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def stack_chart(window: Window, top_mw: float, low_mw: float) -> dict[str, Any]:
    """A window as steps (each hour's mean): areas of supply, charging and sales below zero, load line, matching strip.

    top_mw, low_mw: the scale, shared by windows that are to be compared.
    """
    hours = len(window.load_mw)
    ticks = nice_ticks(-low_mw, top_mw, 4)
    x0, x1 = STACK["left"], STACK["width"] - STACK["right"]
    scale = (STACK["bottom"] - STACK["top"]) / (ticks[-1] - ticks[0])

    def y_of(mw: float) -> float:
        return STACK["bottom"] - (mw - ticks[0]) * scale

    xs = np.linspace(x0, x1, hours + 1)
    strip = STRIP["bottom"] - np.clip(window.cfe_share, 0.0, 1.0) * (STRIP["bottom"] - STRIP["top"])
    level = np.full(hours, STRIP["bottom"])
    return {
        "areas": [*_areas(window.used, xs, y_of, 1.0), *_areas(window.away, xs, y_of, -1.0)],
        "load": _steps(xs, [y_of(v) for v in window.load_mw]),
        "zero": y_of(0.0),
        "ticks": [
            {"y": y_of(t), "text": f"{t:,.0f}" if abs(t) >= 10 or t == int(t) else f"{t:g}"} for t in ticks
        ],
        "days": _time_ticks(hours, x0, x1),
        "strip": _between(xs, strip.tolist(), level.tolist()),
        **STACK,
        "plot_left": x0,
        "plot_right": x1,
        "strip_top": STRIP["top"],
        "strip_bottom": STRIP["bottom"],
    }


def scale_of(windows: Sequence[Window]) -> tuple[float, float]:
    """Highest and lowest (as a positive number) MW of some windows."""
    top = max(max(float(w.load_mw.max()), float(_total(w.used, w).max())) for w in windows)
    low = max(float(_total(w.away, w).max()) for w in windows)
    return top, low


def waterfall(rows: Sequence[tuple[str, float]], total_name: str) -> list[dict[str, Any]]:
    """Bars from where the one before ended, as shares of the widest reach in per cent; the last is the total."""
    ends = np.cumsum([value for _, value in rows])
    total = float(ends[-1]) if len(ends) else 0.0
    low, high = min(0.0, *ends.tolist(), total), max(0.0, *ends.tolist(), total)
    span = (high - low) or 1.0
    bars = []
    start = 0.0
    for name, value in rows:
        left = min(start, start + value)
        bars.append(_bar(name, value, left - low, abs(value), span, "down" if value < 0 else "up"))
        start += value
    bars.append(_bar(total_name, total, min(0.0, total) - low, abs(total), span, "total"))
    return bars


def front_chart(
    points: Sequence[tuple[float, float]], width: float = 640.0, height: float = 360.0
) -> dict[str, Any]:
    """Points (x, y) with round axes that need not begin at zero."""
    x_ticks = nice_ticks(min(x for x, _ in points), max(x for x, _ in points), 5)
    y_ticks = nice_ticks(min(y for _, y in points), max(y for _, y in points), 5)
    left, right, top, bottom = 64.0, width - 34.0, 34.0, height - 44.0

    def at(x: float, y: float) -> tuple[float, float]:
        return (
            round(left + (x - x_ticks[0]) / (x_ticks[-1] - x_ticks[0]) * (right - left), 1),
            round(bottom - (y - y_ticks[0]) / (y_ticks[-1] - y_ticks[0]) * (bottom - top), 1),
        )

    places = [at(x, y) for x, y in points]
    return {
        "width": width, "height": height, "left": left, "right": right, "top": top, "bottom": bottom,
        "points": places,
        "line": "M" + "L".join(f"{x} {y}" for x, y in sorted(places)),
        "x_ticks": [{"x": at(t, y_ticks[0])[0], "text": f"{t:,.10g}"} for t in x_ticks],
        "y_ticks": [{"y": at(x_ticks[0], t)[1], "text": f"{t:,.10g}"} for t in y_ticks],
    }  # fmt: skip


def _bar(name: str, value: float, left: float, width: float, span: float, way: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "x": round(100 * left / span, 3),
        "width": round(100 * width / span, 3),
        "way": way,
    }


def _total(bands: Sequence[Band], window: Window) -> Floats:
    return np.sum([band.mw for band in bands], axis=0) if bands else np.zeros(len(window.load_mw))


def _areas(bands: Sequence[Band], xs: Floats, y_of: Any, sign: float) -> list[dict[str, Any]]:
    base = np.zeros(len(xs) - 1)
    areas = []
    for band in bands:
        top = base + sign * band.mw
        path = _between(xs, [y_of(v) for v in top], [y_of(v) for v in base])
        areas.append({"name": band.name, "tone": band.tone, "path": path})
        base = top
    return areas


def _steps(xs: Floats, ys: Sequence[float]) -> str:
    """A line of steps: level over each hour."""
    path = f"M{_short(xs[0])} {_short(ys[0])}"
    for i, y in enumerate(ys):
        path += (f"V{_short(y)}" if i and _short(y) != _short(ys[i - 1]) else "") + f"H{_short(xs[i + 1])}"
    return path


def _between(xs: Floats, upper: Sequence[float], lower: Sequence[float]) -> str:
    """The area between two lines of steps."""
    path = _steps(xs, upper)
    for i in range(len(lower) - 1, -1, -1):
        path += f"V{_short(lower[i])}H{_short(xs[i])}"
    return path + "Z"


def _time_ticks(hours: int, x0: float, x1: float) -> list[dict[str, Any]]:
    """Every sixth hour of a day, or every day of a longer window."""
    step = 6 if hours <= 2 * HOURS_PER_DAY else HOURS_PER_DAY
    marks = range(0, hours + 1, step)
    names = [
        f"{h:02d}" if step == 6 else "" if h == hours else f"day {h // HOURS_PER_DAY + 1}" for h in marks
    ]
    return [
        {"x": _round(x0 + (x1 - x0) * h / hours), "text": name} for h, name in zip(marks, names, strict=True)
    ]


def _round(value: float) -> float:
    return round(float(value), 1)


def _short(value: float) -> str:
    return f"{round(float(value), 1):g}"

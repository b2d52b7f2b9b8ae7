"""Colours of supply in figures: the light palette of the report, read from its style sheet, so that both stay alike."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from siting.output.report.tones import tone

STYLE = Path(__file__).parent / "report" / "templates" / "report.css"


@lru_cache(maxsize=1)
def _palette() -> dict[str, str]:
    """Word of the palette to its colour on white paper."""
    rule = re.compile(r"--([\w-]+):\s*light-dark\((#[0-9a-fA-F]{6})")
    return dict(rule.findall(STYLE.read_text(encoding="utf-8")))


@lru_cache(maxsize=1)
def _fills() -> dict[str, str]:
    """Tone of a supply option to the word of the palette it is filled with: `sea` is no sea but wind over it."""
    rule = re.compile(r"\.t-([\w-]+) \{ fill: var\(--([\w-]+)\)")
    return dict(rule.findall(STYLE.read_text(encoding="utf-8")))


def paint(name: str) -> str:
    """Colour of a word of the palette (`sun`, `grid`, `sold`, ...).

    >>> paint("sun")
    '#bd8200'
    """
    return _palette()[name]


def paint_of(option: str) -> str:
    """Colour of a supply option, as the report has it.

    >>> paint_of("offwind_ppa"), paint_of("solar_ppa~flat") == paint("sun")
    ('#0b4f8a', True)
    """
    return paint(_fills()[tone(option)])

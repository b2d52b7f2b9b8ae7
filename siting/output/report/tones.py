"""Which colour of the page's palette stands for which supply option; the palette itself is in report.css."""

from __future__ import annotations

WORDS = (  # first that occurs in an option's id; a world may name options of its own
    ("offwind", "sea"),
    ("wind", "wind"),
    ("onsite_solar", "roof"),
    ("solar", "sun"),
    ("nuclear", "nuclear"),
    ("smr", "nuclear"),
    ("battery", "store"),
    ("storage", "store"),
    ("gas", "gas"),
    ("ccgt", "gas"),
    ("grid", "grid"),
)
OTHERS = ("other-a", "other-b", "other-c")
ORDER = (
    "nuclear",
    "wind",
    "sea",
    "sun",
    "roof",
    *OTHERS,
    "store",
    "gas",
    "grid",
    "rest",
)  # from the bottom of a stack up


def tone(option: str) -> str:
    """The palette's word for a supply option.

    >>> tone("offwind_ppa"), tone("grid"), tone("solar_ppa")
    ('sea', 'grid', 'sun')
    """
    for word, name in WORDS:
        if word in option:
            return name
    return OTHERS[sum(map(ord, option)) % len(OTHERS)]


def height(name: str) -> int:
    """How far up in a stack a palette word stands."""
    return ORDER.index(name)

"""Lines that fit: messages at the width of the terminal they go to, words and paths whole; a file has them unbroken."""

from __future__ import annotations

import shutil
import textwrap
from functools import partial
from typing import TextIO

WIDTH = 100  # columns of text that is laid out, such as a plan
UNBROKEN = 1_000_000  # columns of a file or pipe: whoever searches a message finds it in one line
LEAST_WIDTH = 40
BULLET = "- "
wrap = partial(
    textwrap.wrap, break_long_words=False, break_on_hyphens=False
)  # ids such as se-kiruna stay whole


def width_of(stream: TextIO) -> int:
    """Columns of a stream: its terminal's, else no limit."""
    if not stream.isatty():
        return UNBROKEN
    return max(LEAST_WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns)


def fitted(text: str, width: int = WIDTH) -> str:
    """A message with every line of it at most `width` columns; a word that is longer, such as a path, stays whole.

    >>> print(fitted("error: two problems:\\n  - the first of them is here", 24))
    error: two problems:
      - the first of them is
        here
    """
    return "\n".join(part for line in text.split("\n") for part in fitted_lines(line, width))


def fitted_lines(line: str, width: int, further: int | None = None) -> list[str]:
    """One line in parts; those after the first begin `further` columns in: under the text of a bullet, else two more."""
    body = line.lstrip(" ")
    indent = len(line) - len(body)
    hang = indent + (len(BULLET) if body.startswith(BULLET) or not indent else 0)
    later = " " * (hang if further is None else further)
    return wrap(body, width, initial_indent=" " * indent, subsequent_indent=later) or [line]

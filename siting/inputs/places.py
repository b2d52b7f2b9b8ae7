"""Where bundled data and models lie, the same in a checkout and in an installed wheel, and where earlier work is kept."""

from __future__ import annotations

import os
import tempfile
from difflib import get_close_matches
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_BUNDLED = _PACKAGE / "bundled"  # filled by the wheel build; a checkout has the folders beside the package
_HOME = _BUNDLED if _BUNDLED.is_dir() else _PACKAGE.parent

WORLDS = _HOME / "data"
MODELS = _HOME / "models"
PORTFOLIOS = MODELS / "portfolios"


def bundled_models() -> list[str]:
    """Names of the planning models that ship with the tool."""
    return sorted(path.stem for path in MODELS.glob("*.yaml"))


def bundled_portfolios() -> list[str]:
    """Names of the portfolio overlays that ship with the tool."""
    return sorted(path.stem for path in PORTFOLIOS.glob("*.yaml"))


def bundled_worlds() -> list[str]:
    """Names of the worlds that ship with the tool."""
    return sorted(path.parent.name for path in WORLDS.glob("*/datapackage.json"))


def is_world(folder: Path) -> bool:
    """Whether a folder is a world: one with tables of its own, or one that says what it is based on."""
    return any((folder / file).is_file() for file in ("datapackage.json", "world.yaml"))


def nearest(name: str, known: list[str] | tuple[str, ...]) -> str:
    """A hint for a misspelt name: the nearest known one, else the first few that exist.

    >>> nearest("buget", ["budget", "sites"]), nearest("fr", ["BE", "FR"])
    ('did you mean budget?', 'did you mean FR?')
    """
    lower = {entry.lower(): entry for entry in known}
    close = get_close_matches(name, known, n=1, cutoff=0.6) or get_close_matches(
        name.lower(), lower, n=1, cutoff=0.6
    )
    if close:
        return f"did you mean {lower[close[0].lower()]}?"
    shown = ", ".join(list(known)[:8])
    return f"known: {shown}{', ...' if len(known) > 8 else ''}"


def cache_folder() -> Path:
    """`SITING_CACHE` if set, else the user's cache folder."""
    stated = os.environ.get("SITING_CACHE")
    if stated:
        return Path(stated)
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "siting" / "frontiers"
    except RuntimeError:  # a user without a home, as in some containers
        return Path(tempfile.gettempdir()) / "siting" / "frontiers"

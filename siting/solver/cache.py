"""Frontiers kept between runs, one file a supply class, named by the hash of all that shapes its LP.

Another budget, target, cap or number of sites finds the class's portfolios and cuts here. Files are written whole and
renamed into place, so that two runs may write at once; the least recently used go when the cache grows too large.
A file that cannot be read, or a folder that cannot be written, costs the cache and never the plan.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
import zlib
from dataclasses import fields, is_dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from siting.errors import InputError
from siting.instance.instance import Instance
from siting.solver.pricing import Column, Cut, Portfolio

SHAPES = (
    "halls", "ppa", "onsite", "storage", "availability", "price_eur_mwh", "network_eur_mwh", "grid_carbon_t_mwh",
    "grid_cfe_share", "connection", "it", "spare_land_ha_mw", "weight", "before",
    "utilisation_share", "excess_share_max", "sale_haircut_share",
)  # fmt: skip
DEFAULT_LIMIT_BYTES = 2 * 1024**3
STALE_S = 3600.0  # a half-written file this old was left by a run that was killed

ROW, PART = (
    "\n",
    "\x1f",
)  # between column names, and between a name and its indices: a full year has 70,000 of them
Kept = tuple[tuple[Column, ...], list[Portfolio], list[Cut]]


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


@lru_cache(maxsize=1)
def formulation_fingerprint() -> str:
    """Hash of the code that writes the class LP and reads its columns: a changed formulation finds no old frontiers."""
    here = Path(__file__).resolve().parent
    files = [*sorted((here.parent / "model").glob("*.py")), here / "pricing.py", here / "highs.py"]
    libraries = " ".join(f"{name} {version(name)}" for name in ("pyomo", "highspy"))
    return hashlib.sha256(b"".join([*(path.read_bytes() for path in files), libraries.encode()])).hexdigest()


def class_keys(data: Instance) -> dict[str, str]:
    """Fingerprint of every class's LP: its costs, series, hours and the formulation; not limits, targets or sites."""
    formulation = formulation_fingerprint()
    keys = {}
    for c in data.classes:
        alone = data.only(c)
        digest = hashlib.sha256(formulation.encode())
        for name in SHAPES:
            digest.update(name.encode())
            digest.update(_canonical(getattr(alone, name)))
        keys[c] = digest.hexdigest()
    return keys


def _canonical(value: object) -> bytes:
    """Bytes that differ when a table, an hourly tuple or a number differs."""
    if isinstance(value, dict):
        return b"".join(repr(key).encode() + b"=" + _canonical(entry) + b";" for key, entry in value.items())
    if isinstance(value, tuple):
        return np.asarray(value).tobytes()
    if is_dataclass(value) and not isinstance(value, type):
        return b",".join(_canonical(getattr(value, entry.name)) for entry in fields(value))
    return repr(value).encode()


class FrontierCache:
    """Portfolios and cuts on disk."""

    def __init__(self, folder: Path | None = None, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self.folder = folder if folder is not None else cache_folder()
        self.limit_bytes = limit_bytes

    def read(self, key: str) -> Kept | None:
        """Columns, portfolios and cuts of a class; None if it was never priced (or the file is damaged)."""
        path = self._path(key)
        try:
            kept = _unpacked(path)
        except (
            Exception
        ):  # a file cut short or overwritten fails in a dozen ways; none of them is worth a plan
            return None
        with contextlib.suppress(OSError):  # a folder that may only be read
            os.utime(path)  # used now: the last to go
        return kept

    def write(
        self, key: str, columns: tuple[Column, ...], portfolios: list[Portfolio], cuts: list[Cut]
    ) -> None:
        """Keep a class's frontier; a full or read-only disk costs the cache, not the plan."""
        temporary = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.folder, suffix=".tmp")
            with os.fdopen(handle, "wb") as file:
                np.savez(file, **_packed(columns, portfolios, cuts))
            Path(temporary).replace(self._path(key))
        except OSError:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    Path(temporary).unlink(missing_ok=True)
            return
        self._shrink()

    def info(self) -> dict[str, Any]:
        """Folder, number of class frontiers, their size and what it is held below."""
        files = self._files("*.npz")
        return {
            "folder": str(self.folder),
            "frontiers": len(files),
            "bytes": sum(size for _, size, _ in files),
            "limit_bytes": self.limit_bytes,
        }

    def clear(self) -> int:
        """Delete all frontiers, and what killed runs left half-written; returns how many frontiers.

        Raises InputError when the folder does not allow it.
        """
        files = self._files("*.npz")
        try:
            for path, _, _ in [*files, *self._files("*.tmp")]:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise InputError(f"{self.folder}: the cache cannot be cleared ({error.strerror})") from None
        return len(files)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.npz"

    def _files(self, pattern: str) -> list[tuple[Path, int, float]]:
        """(path, bytes, when last used) of files that are there; another run may delete them meanwhile."""
        found: list[tuple[Path, int, float]] = []
        if not self.folder.is_dir():
            return found
        for path in sorted(self.folder.glob(pattern)):
            with contextlib.suppress(OSError):
                entry = path.stat()
                found.append((path, entry.st_size, entry.st_mtime))
        return found

    def _shrink(self) -> None:
        """Drop the least recently used frontiers beyond the limit, and half-written files nobody writes any more."""
        files = sorted(self._files("*.npz"), key=lambda file: file[2])
        size = sum(size for _, size, _ in files)
        stale = [path for path, _, used in self._files("*.tmp") if time.time() - used > STALE_S]
        with contextlib.suppress(OSError):
            for path in stale:
                path.unlink(missing_ok=True)
            for path, own, _ in files:
                if size <= self.limit_bytes:
                    return
                size -= own
                path.unlink(missing_ok=True)


def _packed(columns: tuple[Column, ...], portfolios: list[Portfolio], cuts: list[Cut]) -> dict[str, Any]:
    """Numbers by name as compressed JSON (it keeps every bit of a float), column names as text, LP points as they are."""
    text = json.dumps(
        {
            "portfolios": [[_listed(p.quantity), _listed(p.terms)] for p in portfolios],
            "cuts": [[_listed(cut.prices), cut.value] for cut in cuts],
        }
    )
    names = ROW.join(PART.join((name, *index)) for name, index in columns)
    return {
        "text": np.frombuffer(zlib.compress(text.encode(), 1), dtype=np.uint8),
        "columns": np.frombuffer(zlib.compress(names.encode(), 1), dtype=np.uint8),
        "points": np.array([p.x for p in portfolios]),
    }


def _unpacked(path: Path) -> Kept:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        text = json.loads(zlib.decompress(stored["text"].tobytes()))
        names = zlib.decompress(stored["columns"].tobytes()).decode()
        points = stored["points"]
    columns = tuple((name, tuple(index)) for name, *index in (row.split(PART) for row in names.split(ROW)))
    portfolios = [
        Portfolio(_keyed(q), _keyed(t), x) for (q, t), x in zip(text["portfolios"], points, strict=True)
    ]
    if any(p.x.shape != (len(columns),) for p in portfolios):
        raise ValueError(f"{path} holds points of another LP")
    return columns, portfolios, [Cut(_keyed(prices), value) for prices, value in text["cuts"]]


def _listed(table: dict[tuple[str, ...], float]) -> list[tuple[list[str], float]]:
    return [(list(key), value) for key, value in table.items()]


def _keyed(rows: list[tuple[list[str], float]]) -> dict[tuple[str, ...], float]:
    return {tuple(key): float(value) for key, value in rows}

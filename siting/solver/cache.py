"""Frontiers kept between runs, one file a supply class, named by the hash of all that shapes its LP.

Another budget, target, cap or number of sites finds the class's portfolios and cuts here. Files are written whole and
renamed into place, so that two runs may write at once; the least recently used go when the cache grows too large.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np

from siting.instance.instance import Instance
from siting.solver.pricing import Cut, Portfolio

SHAPES = (
    "halls", "ppa", "onsite", "storage", "availability", "price_eur_mwh", "network_eur_mwh", "grid_carbon_t_mwh",
    "grid_cfe_share", "connection", "it", "spare_land_ha_mw", "weight", "before",
    "utilisation_share", "excess_share_max", "sale_haircut_share",
)  # fmt: skip
DEFAULT_LIMIT_BYTES = 2 * 1024**3


def cache_folder() -> Path:
    """`SITING_CACHE` if set, else the user's cache folder."""
    stated = os.environ.get("SITING_CACHE")
    if stated:
        return Path(stated)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "siting" / "frontiers"


def formulation_fingerprint() -> str:
    """Hash of the code that writes the class LP: a changed formulation finds no old frontiers."""
    here = Path(__file__).resolve().parent
    files = [*sorted((here.parent / "model").glob("*.py")), here / "pricing.py"]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def class_keys(data: Instance) -> dict[str, str]:
    """Fingerprint of every class's LP: its costs, series, hours and the formulation; not limits, targets or sites."""
    formulation = formulation_fingerprint()
    keys = {}
    for c in data.classes:
        alone = data.only(c)
        digest = hashlib.sha256(formulation.encode())
        for name in SHAPES:
            digest.update(name.encode())
            digest.update(_canonical(getattr(alone, name)).encode())
        keys[c] = digest.hexdigest()
    return keys


def _canonical(value: object) -> str:
    if isinstance(value, dict):
        return json.dumps([[list(k) if isinstance(k, tuple) else k, _plain(v)] for k, v in value.items()])
    return json.dumps(value)


def _plain(value: object) -> object:
    return asdict(value) if hasattr(value, "__dataclass_fields__") else value  # type: ignore[call-overload]


class FrontierCache:
    """Portfolios and cuts on disk."""

    def __init__(self, folder: Path | None = None, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self.folder = folder if folder is not None else cache_folder()
        self.limit_bytes = limit_bytes

    def read(
        self, key: str
    ) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], list[Portfolio], list[Cut]] | None:
        """Columns, portfolios and cuts of a class; None if it was never priced (or the file is damaged)."""
        path = self.folder / f"{key}.npz"
        try:
            with np.load(path, allow_pickle=False) as stored:
                text = json.loads(str(stored["text"]))
                points = stored["points"]
            os.utime(path)
        except (OSError, ValueError, KeyError):
            return None
        columns = tuple((name, tuple(index)) for name, index in text["columns"])
        portfolios = [
            Portfolio(_keyed(q), _keyed(t), x) for (q, t), x in zip(text["portfolios"], points, strict=True)
        ]
        return columns, portfolios, [Cut(_keyed(prices), value) for prices, value in text["cuts"]]

    def write(
        self,
        key: str,
        columns: tuple[tuple[str, tuple[str, ...]], ...],
        portfolios: list[Portfolio],
        cuts: list[Cut],
    ) -> None:
        """Keep a class's frontier; a full or read-only disk costs the cache, not the plan."""
        text = json.dumps(
            {
                "columns": columns,
                "portfolios": [[_listed(p.quantity), _listed(p.terms)] for p in portfolios],
                "cuts": [[_listed(cut.prices), cut.value] for cut in cuts],
            }
        )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.folder, suffix=".tmp")
            with os.fdopen(handle, "wb") as file:
                np.savez(file, text=np.array(text), points=np.array([p.x for p in portfolios]))
            Path(temporary).replace(self.folder / f"{key}.npz")
            self._shrink()
        except OSError:
            return

    def info(self) -> dict[str, object]:
        """Folder, number of class frontiers and their size."""
        files = self._files()
        size = sum(path.stat().st_size for path in files)
        return {
            "folder": str(self.folder),
            "frontiers": len(files),
            "bytes": size,
            "limit_bytes": self.limit_bytes,
        }

    def clear(self) -> int:
        """Delete all frontiers; returns how many."""
        files = self._files()
        for path in files:
            path.unlink(missing_ok=True)
        return len(files)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.npz")) if self.folder.is_dir() else []

    def _shrink(self) -> None:
        files = sorted(self._files(), key=lambda path: path.stat().st_mtime)
        size = sum(path.stat().st_size for path in files)
        for path in files:
            if size <= self.limit_bytes:
                return
            size -= path.stat().st_size
            path.unlink(missing_ok=True)


def _listed(table: dict[tuple[str, ...], float]) -> list[tuple[list[str], float]]:
    return [(list(key), value) for key, value in table.items()]


def _keyed(rows: list[tuple[list[str], float]]) -> dict[tuple[str, ...], float]:
    return {tuple(key): float(value) for key, value in rows}

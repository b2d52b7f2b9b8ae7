"""Frontiers and LPs kept between runs, in files named by the hash of all that shapes a supply class's LP.

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
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from siting.errors import InputError
from siting.inputs.places import cache_folder
from siting.instance.instance import Instance
from siting.solver.highs import Compiled
from siting.solver.lp import ClassLP, Names
from siting.solver.pricing import Cut, Portfolio

SHAPES = (
    "halls", "ppa", "onsite", "storage", "availability", "price_eur_mwh", "network_eur_mwh", "grid_carbon_t_mwh",
    "grid_cfe_share", "connection", "it", "spare_land_ha_mw", "weight", "before", "nodes",
    "utilisation_share", "excess_share_max", "sale_haircut_share", "flexible", "firm_share", "firm_hours",
    "matched_locally",
    "water_m3_mw_max", "heat", "duties", "renewable", "shaped",
)  # fmt: skip
DEFAULT_LIMIT_BYTES = 2 * 1024**3
FRONTIER, LP = ".frontier.npz", ".lp.npz"  # how files of the cache end
STALE_S = 3600.0  # a half-written file this old was left by a run that was killed

# beside the mechanisms (model/), what shapes an LP and its cuts
CODE = (
    "solver/lp.py", "solver/interior.py", "solver/pricing.py", "solver/highs.py",
    "instance/instance.py", "instance/flexible.py", "instance/shaped.py", "instance/duties.py", "instance/items.py",
)  # fmt: skip
Arrays = dict[str, Any]
Kept = tuple[Names, list[Portfolio], list[Cut]]
LP_ARRAYS = ("objectives", "offsets", "row_lower", "row_upper", "column_lower", "column_upper", "integer")


@lru_cache(maxsize=1)
def formulation_fingerprint() -> str:
    """Hash of the code that writes the class LP and reads its columns: a changed formulation finds no old frontiers."""
    package = Path(__file__).resolve().parents[1]
    files = [*sorted((package / "model").glob("*.py")), *(package / name for name in CODE)]
    libraries = " ".join(f"{name} {version(name)}" for name in ("pyomo", "highspy", "piqp"))
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
    if isinstance(value, tuple) and value and is_dataclass(value[0]):
        return b"|".join(map(_canonical, value))
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
        """What is kept of a class; None if it was never priced (or the file is damaged)."""
        kept: Kept | None = self._read(self._path(key), _unpacked)
        return kept

    def read_lp(self, key: str) -> ClassLP | None:
        """The LP of a class as it was once written; None if it is not here (or the file is damaged)."""
        lp: ClassLP | None = self._read(self._path(key, LP), _unpack_lp)
        return lp

    def write(self, key: str, kept: Kept) -> None:
        """Keep a class's frontier; a full or read-only disk costs the cache, not the plan."""
        self._write(self._path(key), _packed(*kept))

    def write_lp(self, key: str, lp: ClassLP) -> None:
        """Keep a class's LP, likewise."""
        self._write(self._path(key, LP), _pack_lp(lp))

    def _read(self, path: Path, unpack: Callable[[Arrays], Any]) -> Any:
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                kept = unpack(dict(stored))
        except (
            Exception
        ):  # a file cut short or overwritten fails in a dozen ways; none of them is worth a plan
            return None
        with contextlib.suppress(OSError):  # a folder that may only be read
            os.utime(path)  # used now: the last to go
        return kept

    def _write(self, path: Path, arrays: Arrays) -> None:
        temporary = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.folder, suffix=".tmp")
            with os.fdopen(handle, "wb") as file:
                np.savez(file, **arrays)
            Path(temporary).replace(path)
        except OSError:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    Path(temporary).unlink(missing_ok=True)
            return
        self._shrink()

    def info(self) -> dict[str, Any]:
        """Folder, number of class frontiers, size of all files and what it is held below."""
        files = self._files("*.npz")
        frontiers = [path for path, _, _ in files if path.name.endswith(FRONTIER)]
        return {
            "folder": str(self.folder),
            "frontiers": len(frontiers),
            "bytes": sum(size for _, size, _ in files),
            "limit_bytes": self.limit_bytes,
        }

    def clear(self) -> int:
        """Delete everything, and what killed runs left half-written; returns how many frontiers there were.

        Raises InputError when the folder does not allow it.
        """
        files = self._files("*.npz")
        try:
            for path, _, _ in [*files, *self._files("*.tmp")]:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise InputError(f"{self.folder}: the cache cannot be cleared ({error.strerror})") from None
        return sum(path.name.endswith(FRONTIER) for path, _, _ in files)

    def _path(self, key: str, kind: str = FRONTIER) -> Path:
        return self.folder / f"{key}{kind}"

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
        """Drop the least recently used files beyond the limit, and half-written files nobody writes any more."""
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


def _packed(columns: Names, portfolios: list[Portfolio], cuts: list[Cut]) -> Arrays:
    """Numbers by name as compressed JSON (it keeps every bit of a float), LP points and names of columns as arrays."""
    listed = {
        "portfolios": [[_listed(p.quantity), _listed(p.terms)] for p in portfolios],
        "cuts": [[_listed(cut.prices), cut.value] for cut in cuts],
    }
    points = np.array([p.x for p in portfolios])
    return {"text": _text(listed), "points": points, **_pack_names("column", columns)}


def _unpacked(stored: Arrays) -> Kept:
    told, points = _told(stored["text"]), stored["points"]
    columns = _unpack_names("column", stored)
    portfolios = [
        Portfolio(_keyed(q), _keyed(t), x) for (q, t), x in zip(told["portfolios"], points, strict=True)
    ]
    if any(p.x.shape != (len(columns),) for p in portfolios):
        raise ValueError("points of another LP")
    cuts = [Cut(_keyed(prices), value) for prices, value in told["cuts"]]
    return columns, portfolios, cuts


def _pack_lp(lp: ClassLP) -> Arrays:
    model = lp.model
    return {
        "text": _text({"c": lp.c, "functionals": lp.functionals}),
        **_pack_matrix("matrix", model.matrix),
        **_pack_matrix("functional", lp.functional),
        **{name: getattr(model, name) for name in LP_ARRAYS},
        **_pack_names("column", lp.columns),
        **_pack_names("row", lp.rows),
    }


def _unpack_lp(stored: Arrays) -> ClassLP:
    told = _told(stored["text"])
    matrix = sparse.csc_array(_matrix("matrix", stored), shape=tuple(stored["matrix_shape"]))
    functional = sparse.csr_array(_matrix("functional", stored), shape=tuple(stored["functional_shape"]))
    model = Compiled(**{name: stored[name] for name in LP_ARRAYS}, matrix=matrix, columns=[], rows=[])
    functionals = tuple((kind, tuple(name)) for kind, name in told["functionals"])
    columns, rows = _unpack_names("column", stored), _unpack_names("row", stored)
    return ClassLP(told["c"], model, functional, functionals, columns, rows)


def _pack_matrix(name: str, matrix: sparse.csc_array | sparse.csr_array) -> Arrays:
    parts = {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr}
    return {f"{name}_{part}": values for part, values in parts.items()} | {
        f"{name}_shape": np.array(matrix.shape)
    }


def _matrix(name: str, stored: Arrays) -> tuple[Any, Any, Any]:
    return stored[f"{name}_data"], stored[f"{name}_indices"], stored[f"{name}_indptr"]


def _pack_names(prefix: str, names: Names) -> Arrays:
    return {
        f"{prefix}_groups": _text(names.groups),
        f"{prefix}_group": names.group,
        f"{prefix}_hour": names.hour,
    }


def _unpack_names(prefix: str, stored: Arrays) -> Names:
    groups = tuple((name, tuple(index)) for name, index in _told(stored[f"{prefix}_groups"]))
    return Names(groups, stored[f"{prefix}_group"], stored[f"{prefix}_hour"])


def _text(told: object) -> Any:
    return np.frombuffer(zlib.compress(json.dumps(told).encode(), 1), dtype=np.uint8)


def _told(text: Any) -> Any:
    return json.loads(zlib.decompress(text.tobytes()))


def _listed(table: dict[tuple[str, ...], float]) -> list[tuple[list[str], float]]:
    return [(list(key), value) for key, value in table.items()]


def _keyed(rows: list[tuple[list[str], float]]) -> dict[tuple[str, ...], float]:
    return {tuple(key): float(value) for key, value in rows}

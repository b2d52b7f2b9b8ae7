"""Typical periods once chosen, kept beside the frontiers: clustering a year takes seconds, and every run of a model asks again.

Keyed by the hash of the year's series, of what was asked, and of the version of tsam. A file that cannot be read or
written costs the time and never the plan.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from siting.inputs.places import cache_folder
from siting.inputs.planning import Representative
from siting.instance.hours import Hours

SUFFIX = ".hours.npz"


def kept_or(
    choose: Callable[[pd.DataFrame, Representative], Hours], frame: pd.DataFrame, wanted: Representative
) -> Hours:
    """The periods chosen before for the same year and question, else `choose` them and keep the result."""
    path = cache_folder() / f"{_key(frame, wanted)}{SUFFIX}"
    hours = _read(path)
    if hours is None:
        hours = choose(frame, wanted)
        _write(path, hours)
    return hours


def _key(frame: pd.DataFrame, wanted: Representative) -> str:
    digest = hashlib.sha256(wanted.model_dump_json().encode())
    digest.update(
        json.dumps(
            [version("tsam"), version("siting"), str(frame.index[0]), *map(str, frame.columns)]
        ).encode()
    )
    digest.update(np.ascontiguousarray(frame.to_numpy()).tobytes())
    digest.update(
        Path(__file__).with_name("aggregate.py").read_bytes()
    )  # another way of choosing finds nothing
    return digest.hexdigest()


def _read(path: Path) -> Hours | None:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            told = json.loads(stored["told"].tobytes())
            frame = pd.DataFrame(stored["values"], columns=told["columns"])
            numbers = {name: tuple(stored[name].tolist()) for name in ("weight", "before", "period_of")}
    except Exception:  # a file cut short fails in a dozen ways; none of them is worth a plan
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # used now: the last to go
    return Hours(frame=frame, **numbers, labels=tuple(told["labels"]), error=told["error"])


def _write(path: Path, hours: Hours) -> None:
    told = {"columns": list(hours.frame.columns), "labels": hours.labels, "error": hours.error}
    arrays = {name: np.array(getattr(hours, name)) for name in ("weight", "before", "period_of")}
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            text = np.frombuffer(json.dumps(told).encode(), dtype=np.uint8)
            np.savez(file, told=text, values=hours.frame.to_numpy(), **arrays)  # type: ignore[arg-type]  # its stub knows one flag
        Path(temporary).replace(path)
    except OSError:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink(missing_ok=True)

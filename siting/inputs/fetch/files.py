"""A fetched table and its descriptor on disk: both whole or none, and nothing replaced unasked."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
from pathlib import Path

from siting.errors import InputError
from siting.inputs.fetch.fetch import Fetched

FORMS = (".parquet", ".csv")


def descriptor_of(out: Path) -> Path:
    """Where the descriptor of `out` stands: fr-2023.parquet has fr-2023.source.json."""
    return out.with_suffix(".source.json")


def check_out(out: Path, overwrite: bool) -> None:
    """InputError unless both files can be written: asked before the first request."""
    if out.suffix not in FORMS:
        raise InputError(f"{out}: end the name in {' or '.join(FORMS)}")
    for path in (out, descriptor_of(out)):
        if path.is_dir():
            raise InputError(f"{path}: is a folder; give a file")
        if path.exists() and not overwrite:
            raise InputError(f"{path}: exists; choose another name or add --overwrite")
    above = out.absolute().parent
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise InputError(f"{out}: {above} is no folder you may write to; make it or choose another place")


def write(fetched: Fetched, out: Path, overwrite: bool = False) -> tuple[Path, Path]:
    """Write the table (UTC hours in `utc`) and its descriptor, which holds the table's SHA-256; both paths.

    Raises InputError as `check_out`, and if the disk does not take them: then neither file is new.
    """
    check_out(out, overwrite)
    table = _table(fetched, out.suffix)
    about = {"file": out.name, "sha256": hashlib.sha256(table).hexdigest(), **fetched.about}
    text = (json.dumps(about, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
    made: list[tuple[str, Path]] = []
    try:
        for path, content in ((out, table), (descriptor_of(out), text)):
            handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.absolute().parent)
            made.append((name, path))
            with os.fdopen(handle, "wb") as file:
                file.write(content)
        for name, path in made:
            Path(name).chmod(0o644)
            Path(name).replace(path)
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror or error}); nothing was kept") from None
    finally:
        for name, _ in made:
            Path(name).unlink(missing_ok=True)
    return out, descriptor_of(out)


def _table(fetched: Fetched, suffix: str) -> bytes:
    buffer = io.BytesIO()
    if suffix == ".csv":
        hours = fetched.hours.assign(utc=fetched.hours["utc"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
        hours.to_csv(buffer, index=False, lineterminator="\n")
    else:
        hours = fetched.hours.assign(utc=fetched.hours["utc"].dt.as_unit("ms"))
        hours.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()

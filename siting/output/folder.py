"""The output folder: written whole or not at all, and never over something that is not a plan."""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.errors import InputError
from siting.plan.plan import stage_folder

if TYPE_CHECKING:
    import pandas as pd

    from siting.plan.plan import Plan
    from siting.study.compare import Comparison

PLAN_FILES = (
    "plan.json",
    "sites.geojson",
    "zones.geojson",
    "supply.csv",
    "costs.csv",
    "emissions.csv",
    "coverage.csv",
    "hourly.parquet",
    "sources.csv",
    "roadmap.csv",
    "report.html",
)
STUDIES = (
    "alternatives",
    "comparison",
    "explanation",
    "pareto",
    "robust",
    "sweep",
    "tornado",
)  # how the files of a study begin
STUDY_SUFFIXES = {".csv", ".json", ".png"}


def write_plan(plan: Plan, folder: Path, overwrite: bool = False) -> Path:
    """Write plan.json, both GeoJSON files, four CSV tables, hourly.parquet and report.html into `folder`.

    With several periods they are of the last; roadmap.csv says what is new when, and a folder of each period has its own.

    Raises InputError if the folder exists (without `overwrite`), holds anything but a plan, or cannot be written.
    """
    return _write_folder(folder, lambda target: _fill_plan(plan, target), overwrite)


def write_comparison(comparison: Comparison, folder: Path, overwrite: bool = False) -> Path:
    """Write its tables, figure (with matplotlib) and one output folder a plan; raises as `write_plan`."""
    from siting.output.figures import png_if_possible
    from siting.output.report import report_html
    from siting.study.entries import plan_folders

    names = plan_folders(comparison.plans)
    files = {
        "comparison.csv": _csv(comparison.table, "quantity"),
        "comparison_sites.csv": _csv(comparison.sites, "site"),
        "comparison_abatement.csv": _csv(comparison.abatement, None),
        "comparison.json": json_bytes(comparison_record(comparison)),
        "report.html": report_html(comparison).encode("utf-8"),
        **png_if_possible("comparison.png", comparison.figure),
    }
    plans = {names[name]: plan for name, plan in comparison.plans.items()}
    return write_study(files, plans, folder, overwrite)


def write_study(
    files: Mapping[str, bytes], plans: Mapping[str, Plan], folder: Path, overwrite: bool = False
) -> Path:
    """Write the files of a study (report.html, or named by one of STUDIES) and a folder a plan; raises as `write_plan`."""

    def fill(target: Path) -> None:
        for name, content in files.items():
            (target / name).write_bytes(content)
        for name, plan in plans.items():
            (target / name).mkdir()
            _fill_plan(plan, target / name)

    return _write_folder(folder, fill, overwrite)


def _csv(table: pd.DataFrame, label: str | None) -> bytes:
    return str(table.to_csv(index=label is not None, index_label=label, lineterminator="\n")).encode("utf-8")


def comparison_record(comparison: Comparison) -> dict[str, Any]:
    """Tables and differences as plain JSON values; what a plan does not know is null."""
    table = {str(row): dict(values) for row, values in comparison.table.to_dict("index").items()}
    record = {
        "portfolios": list(comparison.plans),
        "table": table,
        "sites": {str(site): dict(values) for site, values in comparison.sites.to_dict("index").items()},
        "abatement": comparison.abatement.to_dict("records"),
        "differences": list(comparison.differences),
    }
    plain_record: dict[str, Any] = plain(record)
    return plain_record


def _fill_plan(plan: Plan, target: Path) -> None:
    from siting.output.gis import sites_geojson, zones_geojson
    from siting.output.report import report_html

    (target / "plan.json").write_bytes(json_bytes(plan.record))
    (target / "sites.geojson").write_bytes(sites_geojson(plan))
    (target / "zones.geojson").write_bytes(zones_geojson(plan))
    for name in ("supply", "costs", "emissions", "sources"):
        getattr(plan, name).to_csv(target / f"{name}.csv", index=False, lineterminator="\n")
    if "coverage" in plan.record:
        plan.coverage.to_csv(target / "coverage.csv", index=False, lineterminator="\n")
    if plan.stages:
        plan.roadmap.to_csv(target / "roadmap.csv", index=False, lineterminator="\n")
    for label, stage in plan.stages.items():
        (target / stage_folder(label)).mkdir()
        _fill_plan(stage, target / stage_folder(label))
    plan.hourly.to_parquet(target / "hourly.parquet", index=False, compression="zstd")
    (target / "report.html").write_bytes(report_html(plan).encode("utf-8"))


def _write_folder(folder: Path, fill: Callable[[Path], None], overwrite: bool) -> Path:
    """Let `fill` write into a hidden sibling, then put it in place in one move."""
    check_folder(folder, overwrite)
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow links
    with _as_input_error(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            made.chmod(0o777 & ~_umask())
            fill(made)
            _swap(made, folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return folder


def check_folder(folder: Path, overwrite: bool) -> None:
    """InputError unless `folder` can be written: asked before a solve, so that no hour of work is lost at its end."""
    if folder.is_symlink():
        raise InputError(f"{folder}: is a link; give the folder itself")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; give a folder")
    if folder.is_dir() and not overwrite:
        raise InputError(f"{folder}: exists; choose another folder or add --overwrite")
    if folder.is_dir():
        with _as_input_error(folder):
            _refuse_foreign(folder)
    above = next(path for path in Path(os.path.abspath(folder)).parents if path.exists())  # noqa: PTH100 - as below
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise InputError(
            f"{folder}: cannot be written, {above} is no folder you may write to; choose another place"
        )


def _refuse_foreign(folder: Path) -> None:
    """InputError if a folder to be replaced holds anything siting does not write: it would be lost."""
    entries = list(folder.iterdir())
    foreign = sorted(path.name for path in entries if not _ours(path))
    if foreign:
        raise InputError(
            f"{folder}: holds {', '.join(foreign[:5])}, no part of a plan; move it or choose another folder"
        )
    heads = {"plan.json", *(f"{study}.json" for study in STUDIES)}
    if entries and not heads & {path.name for path in entries}:
        raise InputError(f"{folder}: holds no plan.json, so it is no output folder; choose another folder")


def _ours(path: Path) -> bool:
    if path.is_symlink():
        return False
    if path.is_dir():
        entries = list(path.iterdir())
        files = {entry.name for entry in entries if not entry.is_dir()}
        return (
            "plan.json" in files and files <= set(PLAN_FILES) and all(_ours(e) for e in entries if e.is_dir())
        )
    return path.name in PLAN_FILES or (path.stem.split("_")[0] in STUDIES and path.suffix in STUDY_SUFFIXES)


def atomic_write(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all, replacing an older one; InputError if the place cannot be written."""
    if path.is_dir():
        raise InputError(f"{path}: is a folder; give a file name")
    with _as_input_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        made = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            made.chmod(0o666 & ~_umask())
            made.replace(path)
        finally:
            made.unlink(missing_ok=True)
    return path


@contextmanager
def placing(target: Path, overwrite: bool) -> Iterator[Path]:
    """A file, and what belongs beside it, whole or not at all: yields where to write `target.name`, then moves it all.

    What lies beside it already with the same content (the package of a project) stays. Raises InputError if a file of that
    name is there (without `overwrite`) or the place cannot be written.
    """
    refuse_existing(target, overwrite)
    with _as_input_error(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield made / target.name
        files = [file for file in sorted(made.iterdir()) if not _same(file, target.parent / file.name)]
        for file in files:
            refuse_existing(target.parent / file.name, overwrite, beside=target)
        with _as_input_error(target):
            for file in files:
                file.replace(target.parent / file.name)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _same(made: Path, there: Path) -> bool:
    """Whether a file of this content is there already."""
    return there.is_file() and made.read_bytes() == there.read_bytes()


def refuse_existing(path: Path, overwrite: bool, beside: Path | None = None) -> None:
    """InputError if a file is there (without `overwrite`), or something that no export may replace.

    `beside`: the file asked for, if this one only belongs to it.
    """
    if path.is_dir():
        raise InputError(f"{path}: is a folder; give a file name")
    if path.exists() and not overwrite:
        what = "" if beside in (None, path) else f" with other content, and {beside.name} needs it"
        raise InputError(f"{path}: exists{what}; choose another file or add --overwrite")


def json_bytes(value: Any) -> bytes:
    """Strict JSON, floats as they are; what is not finite (a bound that was never proven) becomes null."""
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False, indent=1)
    return (text + "\n").encode("utf-8")


def plain(value: Any) -> Any:
    """Numpy scalars and tuples as plain JSON values; NaN and infinities as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _swap(made: Path, folder: Path) -> None:
    """Put `made` in place of `folder`; the old one is put back if that fails."""
    if not folder.exists():
        made.rename(folder)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    folder.rename(aside / folder.name)
    try:
        made.rename(folder)
    except OSError:
        (aside / folder.name).rename(folder)
        aside.rmdir()
        raise
    shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def _as_input_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror or error}); choose another place"
        ) from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

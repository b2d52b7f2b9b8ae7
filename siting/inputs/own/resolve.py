"""From `world.yaml` (or a file of candidate sites) to a world folder that every reader understands.

The user copies nothing: unchanged files of the base are linked, the user's are converted, and the whole lies in the cache
under the hash of all that shaped it. A changed file of the user or of the base therefore makes another folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from functools import lru_cache
from pathlib import Path

import geopandas as gpd
import pandas as pd

from siting.errors import InputError
from siting.inputs.csv_text import read_csv_text
from siting.inputs.own.candidates import read_candidates, sites_table, without_excluded
from siting.inputs.own.layers import WGS84, Layer, missing_columns, read_layer
from siting.inputs.own.own_series import lay_series
from siting.inputs.own.record import add_sources, describe_own, files_of, hashes, source_keys
from siting.inputs.own.spec import (
    WORLD_FILE,
    OwnWorld,
    Replace,
    TableFile,
    located,
    read_own_world,
    read_table_file,
)
from siting.inputs.places import nearest
from siting.inputs.world_checks import number_of

KEPT_FOLDERS = 8
STALE_S = 24 * 3600.0  # a folder not used for a day may go
SAME_PLACE_DEG = 0.01  # about a kilometre: a site drawn anew
RECORD = "own.json"
COMMENT_ROW = "#\n"


def resolved(folder: Path, sites: str | None = None, seen: tuple[Path, ...] = ()) -> Path:
    """The folder to read a world from: `folder` itself, or one in the cache that joins it with the user's own files.

    `sites`: a file that replaces the candidate sites. Raises InputError for all that is wrong with the user's files.
    """
    own = read_own_world(folder / WORLD_FILE) if (folder / WORLD_FILE).is_file() else OwnWorld()
    base = folder if own.based_on is None else _base(folder, own.based_on, (*seen, folder.resolve()))
    tables = {name: located(table, folder) for name, table in own.replace.tables.items()}
    if sites is not None:
        tables["sites"] = read_table_file(Path(sites))
    series = {
        name: tuple(entry.model_copy(update={"file": (folder / entry.file).as_posix()}) for entry in entries)
        for name, entries in own.replace.series.items()
    }
    if own.based_on is None and not tables and not series:
        return folder
    replace = Replace(series=series, **tables)
    _check_files(folder, base, replace)
    name = folder.resolve().name
    own_files = hashes(folder, replace)
    target = _cache() / _key(base, replace, own_files) / name
    if not target.is_dir():
        _build(target, base, replace, own_files)
    os.utime(target.parent)
    return target


def sites_of(folder: Path) -> TableFile | None:
    """The file a world folder's `world.yaml` takes its candidates from, if it names one."""
    if not (folder / WORLD_FILE).is_file():
        return None
    named = read_own_world(folder / WORLD_FILE).replace.tables.get("sites")
    return None if named is None else located(named, folder)


def _base(folder: Path, name: str, seen: tuple[Path, ...]) -> Path:
    from siting.inputs.world import find_world

    beside = folder / name
    path = beside if beside.is_dir() else Path(name)
    if path.resolve() in seen:
        raise InputError(f"{folder / WORLD_FILE}: based_on runs in a circle over {name}")
    return resolved(beside, None, seen) if beside.is_dir() else find_world(name)


def _check_files(folder: Path, base: Path, replace: Replace) -> None:
    """The user's files exist, stand for tables the base has, and no table in the folder is passed over in silence."""
    known = sorted(path.stem for path in _files_of(base) if path.suffix == ".csv" and path.parent == base)
    problems = [
        f"{WORLD_FILE}: replace.{name} is no table of {base.name}; {nearest(name, [*known, 'series'])}"
        for name in replace.tables
        if name not in known
    ]
    files = [table.file for table in replace.tables.values()]
    files += [entry.file for entries in replace.series.values() for entry in entries]
    problems += [f"{file}: no such file" for file in dict.fromkeys(files) if not Path(file).is_file()]
    problems += [
        f"{WORLD_FILE}: replace.{name} takes `exclude`, which only sites have"
        for name, table in replace.tables.items()
        if table.exclude is not None and name != "sites"
    ]
    if base.resolve() != folder.resolve() and (folder / WORLD_FILE).is_file():
        used = {Path(file).resolve() for file in files}
        problems += [
            f"{folder / name}.csv: lies unused in the folder; name it in {WORLD_FILE} (`replace: {{{name}: {name}.csv}}`), "
            "or move it away"
            for name in known
            if (folder / f"{name}.csv").is_file() and (folder / f"{name}.csv").resolve() not in used
        ]
    if problems:
        raise InputError(problems)


def _files_of(base: Path) -> list[Path]:
    """What belongs to a world: the files its datapackage.json names, its tables, shapes and series; not what lies beside."""
    from siting.inputs.world import LONG_TABLES, WIDE_TABLES

    try:
        package = json.loads((base / "datapackage.json").read_text(encoding="utf-8"))
        named = [str(entry["path"]) for entry in package.get("resources", [])]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{base / 'datapackage.json'}: is not readable ({error}); restore it, or state `based_on:` in {WORLD_FILE}"
        ) from None
    tables = [f"{name}.csv" for name in (*WIDE_TABLES, *LONG_TABLES)]
    series = [path.relative_to(base).as_posix() for path in (base / "series").glob("*") if path.is_file()]
    names = dict.fromkeys(["datapackage.json", "zones.geojson", RECORD, *tables, *named, *series])
    return [base / name for name in names if (base / name).is_file()]


def _cache() -> Path:
    """`SITING_CACHE`/worlds if set, else the user's cache folder, else (read-only) the temporary one."""
    stated, base = os.environ.get("SITING_CACHE"), os.environ.get("XDG_CACHE_HOME")
    places = [Path(stated)] if stated else []
    places += [(Path(base) if base else Path("~/.cache")) / "siting"]
    for place in places:
        try:
            place = place.expanduser()
            (place / "worlds").mkdir(parents=True, exist_ok=True)
            if os.access(place / "worlds", os.W_OK):
                return place / "worlds"
        except (OSError, RuntimeError):  # read-only, or a user without a home
            continue
    return Path(tempfile.mkdtemp(prefix="siting-worlds-"))


def _key(base: Path, replace: Replace, own_files: dict[str, str]) -> str:
    """Hash of the base's files (by size and time), of what replaces them, and of the bytes of the user's files."""
    stamps = [
        (path.as_posix(), path.stat().st_size, path.stat().st_mtime_ns) for path in _files_of(base.resolve())
    ]
    record = [_fingerprint(), stamps, replace.model_dump(mode="json"), own_files]
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:32]


@lru_cache(maxsize=1)
def _fingerprint() -> str:
    """Hash of the code that joins worlds: a changed reader finds no old folders."""
    code = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    return hashlib.sha256(code).hexdigest()


def _build(target: Path, base: Path, replace: Replace, own_files: dict[str, str]) -> None:
    """Write the joined world beside its place, check it whole, then rename it: nothing half-written is ever read."""
    _prune(target.parent.parent)
    with tempfile.TemporaryDirectory(dir=target.parent.parent, prefix="new-") as made:
        folder = Path(made) / "key" / target.name
        folder.mkdir(parents=True)
        for path in _files_of(base.resolve()):
            _link(path, folder / path.relative_to(base.resolve()))
        _fill(folder, base, replace, own_files)
        try:
            (Path(made) / "key").rename(target.parent)
        except OSError:  # another run was quicker, with the same content
            if not target.is_dir():
                raise


def _fill(folder: Path, base: Path, replace: Replace, own_files: dict[str, str]) -> None:
    """The user's tables, then the series, then everything checked as one world."""
    from siting.inputs.world import read_world

    layers: dict[str, Layer] = {}
    problems: list[str] = []
    for name in sorted(replace.tables, key=_in_order):
        try:
            layers[name] = _lay_table(folder, name, replace.tables[name])
        except InputError as error:
            problems += error.problems
    record = {"files": own_files, "replaced": sorted([*replace.tables, *replace.series])}
    _write(folder / RECORD, json.dumps(record, indent=1) + "\n")
    keys = source_keys(files_of(replace), read_csv_text(folder / "sources.csv", ("source",))["source"])
    try:
        lay_series(folder, replace.series, keys)
    except InputError as error:
        problems += error.problems
    if not problems:
        add_sources(folder, [(layer.path, "") for layer in layers.values()], keys)
        describe_own(folder, layers, keys)
    if not problems:
        try:
            read_world(folder)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError([_told(problem, folder, base, layers) for problem in problems])


def _in_order(name: str) -> int:
    """Zones first, for sites ask for their shapes; then sites, which drop what is said of others; then the rest."""
    return {"zones": 0, "sites": 1}.get(name, 2)


def _lay_table(folder: Path, name: str, table: TableFile) -> Layer:
    """Write one table of the user's as the CSV of its name; returns it for messages."""
    from siting.inputs.world import WIDE_TABLES

    if name == "sites":
        layer = read_candidates(table)
        if table.exclude is not None:
            layer, _ = without_excluded(
                layer, tuple(map(Path, table.exclude.layers)), table.exclude.buffer_km
            )
        frame = sites_table(layer, _zones(folder), WIDE_TABLES["sites"])
    else:
        layer = read_layer(Path(table.file), table.layer, table.crs, table.fields)
        frame = layer.frame
        lost = missing_columns(layer, WIDE_TABLES.get(name, ()))
        if lost:
            raise InputError(lost)
    if frame.empty:
        raise InputError(f"{layer.path.name}: holds no rows for {name}; exclusion or the file left none")
    if name == "sites":
        _drop_other_sites(folder, read_csv_text(folder / "sites.csv"), frame)
    if name == "zones" and layer.shapes is not None:
        shapes = gpd.GeoDataFrame(frame, geometry=layer.shapes, crs=WGS84)
        (folder / "zones.geojson").unlink()
        shapes.to_file(folder / "zones.geojson", driver="GeoJSON")
    _write(folder / f"{name}.csv", _as_csv(frame, layer))
    return layer


def _drop_other_sites(folder: Path, before: pd.DataFrame, sites: pd.DataFrame) -> None:
    """What other tables know of a candidate holds for its place: it stays only with a site of the same id there."""
    place, after = (
        table.drop_duplicates("site").set_index("site")[["lat", "lon"]].map(number_of).astype(float)
        for table in (before, sites)
    )
    shared = after.index.intersection(place.index)
    moved = (after.loc[shared] - place.loc[shared]).abs().max(axis=1)
    same = set(shared[moved < SAME_PLACE_DEG])
    for path in sorted(folder.glob("*.csv")):
        table = read_csv_text(path)
        if path.name != "sites.csv" and table.columns[0] == "site":
            _write(path, table[table["site"].isin(same)].to_csv(index=False, lineterminator="\n"))


def _zones(folder: Path) -> gpd.GeoDataFrame:
    """Zones with country and shape; what else is wrong with them is for `read_world` to say."""
    countries = read_csv_text(folder / "zones.csv", ("zone", "country")).set_index("zone")["country"]
    shapes = gpd.read_file(folder / "zones.geojson").set_index("zone")
    shapes["country"] = countries.reindex(shapes.index).fillna("")
    return shapes.to_crs(WGS84)


def _as_csv(frame: pd.DataFrame, layer: Layer) -> str:
    """CSV whose row numbers are those of the user's CSV, or one above the feature's number."""
    shift = 0 if layer.noun == "row" else 1
    lines = [frame.iloc[:0].to_csv(index=False, lineterminator="\n")]
    for number, (_, row) in zip(frame.index, frame.iterrows(), strict=True):
        lines += [COMMENT_ROW] * (int(number) + shift - 1 - len(lines))
        lines.append(row.to_frame().T.to_csv(index=False, header=False, lineterminator="\n"))
    return "".join(lines)


def _told(problem: str, folder: Path, base: Path, layers: dict[str, Layer]) -> str:
    """A problem of the joined world in the words of the user's files."""
    problem = problem.replace(f"{folder}{os.sep}", "").replace(folder.as_posix(), base.name)
    named = re.match(r"(\w+)\.(csv|geojson)", problem)
    layer = layers.get(named[1]) if named else None
    if named is None or layer is None:
        return problem
    rest = problem[named.end() :]
    row = re.match(r" row (\d+)", rest)
    if row and layer.noun != "row":
        rest = f" {layer.noun} {int(row[1]) - 1}{rest[row.end() :]}"
    return f"{layer.path.name} (for {named[1]}){rest}"


def _link(source: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        place.symlink_to(source)
    except OSError:  # not every system lets every user link
        shutil.copyfile(source, place)


def _write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)  # a link to the base's file must not be written through
    path.write_text(text, encoding="utf-8", newline="")


def _prune(cache: Path) -> None:
    """Drop the folders least recently used, and what a killed run left."""
    folders = sorted(
        (p for p in cache.iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime, reverse=True
    )
    for folder in folders[KEPT_FOLDERS:]:
        if time.time() - folder.stat().st_mtime > STALE_S:
            shutil.rmtree(folder, ignore_errors=True)

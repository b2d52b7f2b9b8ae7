"""From a finished plan to a file of another tool: which formats there are, what each may be asked, and where it is put."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from siting.errors import InputError
from siting.inputs.places import nearest
from siting.output.figures import KINDS, SUFFIXES, save_figure, unknown_kind
from siting.output.folder import placing, refuse_existing
from siting.output.layers import LAYERS, Layer, check_crs, layer, links, tables
from siting.solver.progress import Clock, Report, silent

if TYPE_CHECKING:
    from siting.plan.plan import Plan


@dataclass(frozen=True)
class Format:
    """A format: its file's suffixes (the first by default), whether it holds one layer, why it takes no --crs (if so)."""

    suffixes: tuple[str, ...]
    one_layer: bool
    no_crs: str | None = None


TABLE = "a table has latitude and longitude, no map"
NO_MAP = "holds no map"
FORMATS = {
    "geojson": Format((".geojson", ".json"), True, "RFC 7946 knows WGS 84 only; take gpkg, parquet or shp"),
    "gpkg": Format((".gpkg",), False),
    "parquet": Format((".parquet",), True),
    "shp": Format((".shp",), True),
    "kml": Format((".kml",), True, "KML knows WGS 84 only; take gpkg, parquet or shp"),
    "qgz": Format((".qgz",), False),
    "csv": Format((".csv", ".zip"), True, TABLE),
    "xlsx": Format((".xlsx",), False, TABLE),
    "mps": Format((".mps",), False, NO_MAP),
    "lp": Format((".lp",), False, NO_MAP),
    "iamc": Format((".csv",), False, NO_MAP),
    "html": Format((".html", ".htm"), False, "the report's map is equal-area, EPSG:3035"),
    **{name: Format((f".{name}",), False, "the map is equal-area, EPSG:3035") for name in SUFFIXES},
}


@dataclass(frozen=True)
class _Job:
    """What was asked: the plan, where to write, which layer, in which CRS, whom to tell."""

    plan: Plan
    path: Path
    layer: str
    crs: str | None
    figure: str
    report: Report
    note: Callable[[str], None]

    def one(self) -> Layer:
        """The layer asked for."""
        from siting.output.background import world_of

        world = world_of(self.plan) if self.layer == "links" else None
        return layer(self.plan, self.layer, world).in_crs(self.crs)

    def every(self) -> list[Layer]:
        """All layers, then the tables without shapes; without `links`, and saying so, where the world is not at hand."""
        from siting.output.background import world_of

        shown = [layer(self.plan, name) for name in LAYERS if name != "links"]
        try:
            shown.append(links(world_of(self.plan)))
        except InputError as error:
            self.note(f"layer links is left out: {error}")
        mapped = [one.in_crs(self.crs) for one in shown]
        return [*mapped, *tables(self.plan)]


def export_plan(
    plan_or_folder: Plan | str | Path,
    out: str | Path | None = None,
    to: str | None = None,
    overwrite: bool = False,
    crs: str | None = None,
    layer: str = "sites",
    report: Report = silent,
    note: Callable[[str], None] = warnings.warn,
    figure: str | None = None,
) -> Path:
    """Write a plan (or an output folder) to the file `out` in one of FORMATS; returns the file.

    `to` is told from the suffix of `out` if not given, `out` from the folder's name; `layer` is one of LAYERS, for formats
    that hold one; `figure` one of KINDS (default: the first), for pictures; `note` is told what a file lacks. Raises InputError
    for what does not fit together, a folder without a plan, or a file that exists.
    """
    path = None if out is None else Path(out)
    name = _format_of(to, path)
    form = FORMATS[name]
    target = path or _named(plan_or_folder, _part(name, layer, figure or KINDS[0]), form)
    _check(name, form, target, crs, layer, figure)
    refuse_existing(target, overwrite)
    clock = Clock(float("inf"), report)
    clock.say("reading the plan")
    plan = _plan(plan_or_folder)
    with placing(target, overwrite) as place:
        clock.say(f"writing {target.name}")
        _guarded(WRITERS[name], _Job(plan, place, layer, crs, figure or KINDS[0], report, note), target)
    return target


def _format_of(to: str | None, path: Path | None) -> str:
    if to is None and path is not None:
        found = next((name for name, form in FORMATS.items() if path.suffix.lower() in form.suffixes), None)
        if found is None:
            raise InputError(f"{path}: suffix '{path.suffix}' tells no format; have: {', '.join(FORMATS)}")
        return found
    if to not in FORMATS:
        raise InputError(
            f"--to {to}: not a format; {nearest(str(to), list(FORMATS))}; have: {', '.join(FORMATS)}"
        )
    return to


def _part(name: str, layer: str, figure: str) -> str:
    """Which part of a plan a file of this format holds; empty for all of it."""
    if name in SUFFIXES:
        return figure
    return layer if FORMATS[name].one_layer else "iamc" if name == "iamc" else ""


def _named(plan_or_folder: Plan | str | Path, part: str, form: Format) -> Path:
    """A file called after the folder and the part of the plan it holds."""
    if not isinstance(plan_or_folder, str | Path):
        raise InputError("export: a plan has no file name of its own; give one")
    folder = Path(plan_or_folder).resolve().name
    return Path(f"{folder}{'-' if part else ''}{part}{form.suffixes[0]}")


def _check(name: str, form: Format, target: Path, crs: str | None, layer: str, figure: str | None) -> None:
    problems = []
    if target.suffix.lower() not in form.suffixes:
        problems.append(f"{target}: a {name} file ends in {' or '.join(form.suffixes)}")
    if layer not in LAYERS:
        problems.append(f"--layer {layer}: {nearest(layer, list(LAYERS))}; have: {', '.join(LAYERS)}")
    elif layer != "sites" and (not form.one_layer or target.suffix.lower() == ".zip"):
        problems.append(f"--layer {layer}: {target.name} holds more than one layer; leave the option out")
    if figure is not None and name not in SUFFIXES:
        problems.append(f"--figure {figure}: a {name} file is no picture; take {', '.join(SUFFIXES)}")
    elif figure is not None:
        problems += unknown_kind(figure)
    if crs is not None and form.no_crs is not None:
        problems.append(f"--crs {crs}: {name}: {form.no_crs}")
    if problems:
        raise InputError(problems)
    if crs is not None:
        check_crs(crs)


def _guarded(write: Callable[[_Job], None], job: _Job, target: Path) -> None:
    """Run a writer; what the disk or GDAL refuses is said as an InputError."""
    from pyogrio.errors import DataSourceError

    try:
        write(job)
    except (OSError, DataSourceError) as error:
        raise InputError(f"{target}: cannot be written ({error}); choose another place") from None


def _geojson(job: _Job) -> None:
    from siting.output.gis import layer_geojson, sites_geojson, zones_geojson

    nested = {"sites": sites_geojson, "zones": zones_geojson}  # as in the output folder
    content = nested[job.layer](job.plan) if job.layer in nested else layer_geojson(job.plan, job.one())
    job.path.write_bytes(content)


def _gpkg(job: _Job) -> None:
    from siting.output.gis_gpkg import write_gpkg

    write_gpkg(job.plan, job.every(), job.path)


def _qgz(job: _Job) -> None:
    from siting.output.gis_gpkg import write_gpkg
    from siting.output.gis_project import write_project

    layers, package = job.every(), job.path.with_suffix(".gpkg")
    write_gpkg(job.plan, layers, package)
    write_project(job.plan, layers, job.path, package.name)


def _parquet(job: _Job) -> None:
    from siting.output.gis_formats import write_parquet

    write_parquet(job.plan, job.one(), job.path)


def _shp(job: _Job) -> None:
    from siting.output.gis_formats import write_shapefile

    write_shapefile(job.plan, job.one(), job.path)


def _kml(job: _Job) -> None:
    from siting.output.gis_formats import write_kml

    write_kml(job.plan, job.one(), job.path)


def _csv(job: _Job) -> None:
    from siting.output.background import world_of
    from siting.output.book import all_tables
    from siting.output.tables import write_csv, write_csv_archive

    if job.path.suffix.lower() == ".zip":
        write_csv_archive(job.plan, all_tables(job.plan, world_of(job.plan)), job.path)
    else:
        write_csv(job.plan, job.one(), job.path)


def _xlsx(job: _Job) -> None:
    from siting.output.background import world_of
    from siting.output.book import all_tables
    from siting.output.xlsx import write_xlsx

    write_xlsx(job.plan, all_tables(job.plan, world_of(job.plan)), job.path)


def _model(job: _Job) -> None:
    from siting.output.model_file import write_model

    write_model(job.plan, job.path, job.report)


def _iamc(job: _Job) -> None:
    from siting.output.background import world_of
    from siting.output.iamc import write_iamc

    write_iamc(job.plan, world_of(job.plan), job.path)


def _html(job: _Job) -> None:
    from siting.output.report import write_report

    write_report(job.plan, job.path)


def _picture(job: _Job) -> None:
    save_figure(job.plan, job.figure, job.path)


WRITERS: dict[str, Callable[[_Job], None]] = {
    "geojson": _geojson, "gpkg": _gpkg, "parquet": _parquet, "shp": _shp, "kml": _kml, "qgz": _qgz, "csv": _csv,
    "xlsx": _xlsx, "mps": _model, "lp": _model, "iamc": _iamc, "html": _html,
    **dict.fromkeys(SUFFIXES, _picture),
}  # fmt: skip


def _plan(plan_or_folder: Plan | str | Path) -> Plan:
    if isinstance(plan_or_folder, str | Path):
        from siting.plan.read import read_plan

        return read_plan(plan_or_folder)
    return plan_or_folder

"""`world.yaml`: what a user's world is based on, and which of its tables and series are the user's own files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from siting.errors import InputError
from siting.inputs.load import Draft, as_json, read_yaml
from siting.inputs.places import nearest

WORLD_FILE = "world.yaml"
Text = Annotated[str, Field(min_length=1)]


class Part(BaseModel):
    """Base of every section: frozen, strict, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Exclude(Part):
    """Map layers whose area no candidate may use."""

    layers: tuple[Text, ...] = Field(min_length=1, description="files, one layer each")
    buffer_km: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        description="distance kept from every shape of the layers; 0 for none"
    )


class TableFile(Part):
    """A file that stands in for a table."""

    file: Text = Field(description="CSV, Parquet, GeoParquet, GeoPackage, GeoJSON or shapefile")
    layer: Text | None = Field(None, description="which layer of a GeoPackage that holds several")
    crs: Text | None = Field(None, description="reference system of a file that states none")
    fields: dict[Text, Text] = Field({}, description="name here: name in the file")
    exclude: Exclude | None = Field(None, description="of candidate sites only: areas taken out of them")


class SeriesFile(Part):
    """A file that stands in for one hourly series of one zone."""

    file: Text = Field(description="CSV or Parquet")
    zone: Text = Field(description="row of zones.csv")
    year: int = Field(ge=1950, le=2100, description="weather year it stands for")
    column: Text = Field(description="column of the values")
    unit: Text = Field(description="unit of that column")
    kind: Literal["measured", "modelled", "proxy", "scenario"] = Field(description="what the numbers are")
    timezone: Text = Field(description="clock of the times: Europe/Berlin, UTC, +01:00, ...")
    time_column: Text = Field("time", description="column of the times")
    time_format: Text | None = Field(None, description="such as %d.%m.%Y %H:%M; ISO 8601 needs none")
    stamp: Literal["start", "end"] = Field("start", description="which end of its interval a time names")
    resample: Literal["mean"] | None = Field(None, description="mean: quarter or half hours become hours")
    edges: Literal["wrap"] | None = Field(
        None, description="wrap: hours that a local year lacks in UTC are taken from its other end"
    )
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = Field(",", description="of a CSV")
    decimal: Literal[".", ","] = Field(".", description="decimal sign of a CSV")


class Replace(BaseModel):
    """The user's files: `series` by name of the series, every other key a table."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)
    __pydantic_extra__: dict[str, TableFile]
    series: dict[Text, tuple[SeriesFile, ...]] = {}

    @property
    def tables(self) -> dict[str, TableFile]:
        """Files by table."""
        return dict(self.__pydantic_extra__)


P = TypeVar("P", bound=Part)


class OwnWorld(Part):
    """What `world.yaml` says."""

    based_on: Text | None = Field(
        None, description="bundled world or folder; absent: the tables of this folder"
    )
    replace: Replace = Replace()


def read_own_world(path: Path) -> OwnWorld:
    """Read `world.yaml`; a file of comments only changes nothing. Raises InputError with every problem."""
    if not _says_something(path):
        return OwnWorld()
    draft = read_yaml(path)
    replace = draft.values.get("replace")
    if isinstance(replace, dict):
        draft.values["replace"] = _in_full(replace)
    return _checked(draft, OwnWorld)


def read_table_file(path: Path) -> TableFile:
    """What stands in for the candidate sites: a data file, or a .yaml that names one with `layer`, `crs`, `fields`.

    Its paths become relative to where the program runs.
    """
    if path.suffix.lower() not in {".yaml", ".yml"}:
        return TableFile(file=path.as_posix())
    return located(_checked(read_yaml(path), TableFile), path.parent)


def located(table: TableFile, here: Path) -> TableFile:
    """The same with its paths seen from a folder."""
    exclude = table.exclude
    if exclude is not None:
        layers = tuple((here / layer).as_posix() for layer in exclude.layers)
        exclude = exclude.model_copy(update={"layers": layers})
    return table.model_copy(update={"file": (here / table.file).as_posix(), "exclude": exclude})


def _says_something(path: Path) -> bool:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is not readable UTF-8 text ({error})") from None
    return any(line.strip() and not line.lstrip().startswith("#") for line in lines)


def _in_full(replace: dict[str, Any]) -> dict[str, Any]:
    """`sites: my.shp` is `sites: {file: my.shp}`, and one series file needs no list."""
    full = {name: {"file": v} if isinstance(v, str) else v for name, v in replace.items()}
    series = replace.get("series")
    if isinstance(series, dict):
        full["series"] = {
            name: [entry] if isinstance(entry, dict) else entry for name, entry in series.items()
        }
    return full


def _checked(draft: Draft, kind: type[P]) -> P:
    """Validate; InputError lists every problem with file, line, key and remedy."""
    try:
        return kind.model_validate_json(as_json(draft))
    except ValidationError as error:
        raise InputError(list(dict.fromkeys(_problem(item, draft) for item in error.errors()))) from None


def _problem(item: Any, draft: Draft) -> str:
    loc = tuple(item["loc"])
    written = tuple(part for part in loc if part != 0)  # one series file needs no list
    loc = written if written[:-1] in draft.places else loc
    at, key, name = draft.place(loc), ".".join(map(str, loc)), str(loc[-1]) if loc else ""
    if item["type"] == "missing":
        return f"{at}: {key} is missing; add it ({_meaning(name)})"
    if item["type"] == "extra_forbidden":
        parts = (OwnWorld, TableFile, SeriesFile, Exclude)
        known = sorted({field for part in parts for field in part.model_fields})
        return f"{at}: unknown key {key}; {nearest(name, known)}"
    message = str(item["msg"])
    return f"{at}: {key} = {item['input']!r}, {message[0].lower() + message[1:]}"


def _meaning(name: str) -> str:
    for part in (SeriesFile, TableFile, Exclude):
        if name in part.model_fields:
            return part.model_fields[name].description or name
    return name

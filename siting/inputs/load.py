"""From YAML files, overlays and `--set` to one checked PlanningModel; every problem named with file and line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from siting.errors import InputError
from siting.inputs.places import MODELS, PORTFOLIOS, bundled_models, bundled_portfolios, is_world, nearest
from siting.inputs.planning import PlanningModel
from siting.inputs.planning_load import with_accelerator
from siting.inputs.remedies import nearest_of, remedy, shown

KeyPath = tuple[str | int, ...]

SHORTHANDS = {"budget_eur": "budget.capex_eur"}  # beside every leaf name that only one section has


class _Loader(yaml.SafeLoader):
    """Safe YAML in which 20.0e9 is a number (YAML 1.2) although it has no sign in the exponent, and every key is text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Keys as they are written: `1`, `on` and `null` are unknown keys, not numbers."""
        self.flatten_mapping(node)
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key is no text", key.start_mark)
        return {key.value: self.construct_object(value, deep=deep) for key, value in node.value}


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d[\d_]*)(\.[\d_]*)?[eE][-+]?\d+$"), list("-+0123456789")
)


@dataclass
class Draft:
    """Merged but unchecked model: values, and for every key path the place it was written."""

    values: dict[str, Any] = field(default_factory=dict)
    places: dict[KeyPath, str] = field(default_factory=dict)

    def place(self, path: KeyPath) -> str:
        """Where the nearest written ancestor of a key path stands."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, "model")


def load(
    model: str | Path, overlays: Mapping[str, Any] | None = None, portfolio: str | None = None
) -> PlanningModel:
    """Read a planning model by path or bundled name, merge what it is based on, and check all of it.

    `overlays` maps dotted keys to values (`{"budget.capex_eur": 15e9}`); `portfolio` names an overlay file.
    Raises InputError with every problem at once.
    """
    path = _find(model)
    draft = _read_based(path, seen=())
    if portfolio is not None:
        _merge(draft, read_portfolio(portfolio), ())
    for key, value in (overlays or {}).items():
        _set(draft, key, value)
    return check(draft)


def _beside(values: dict[str, Any], folder: Path) -> None:
    """A world named by a folder, and files of sites or demand points, may lie beside the planning model that names them."""
    world, sites = values.get("world"), values.get("sites")
    relative = isinstance(world, str) and (world.startswith(".") or not Path(world).is_dir())
    if relative and is_world(folder / str(world)):
        values["world"] = (folder / str(world)).as_posix()
    if isinstance(sites, dict) and isinstance(sites.get("file"), str) and (folder / sites["file"]).is_file():
        sites["file"] = (folder / sites["file"]).as_posix()
    coverage = values.get("coverage")
    points = coverage.get("points_file") if isinstance(coverage, dict) else None
    if isinstance(coverage, dict) and isinstance(points, str) and (folder / points).is_file():
        coverage["points_file"] = (folder / points).as_posix()


def changed(model: PlanningModel, changes: Mapping[str, Any]) -> PlanningModel:
    """A copy with dotted (or `section__key`) keys or unique leaf names replaced, checked again."""
    draft = Draft(model.model_dump(mode="json"))
    for key, value in changes.items():
        _set(draft, key.replace("__", "."), value)
    return check(draft)


def with_portfolio(model: PlanningModel, name: str) -> PlanningModel:
    """The model under a named portfolio overlay."""
    return overlaid(model, read_portfolio(name))


def overlaid(model: PlanningModel, overlay: Draft) -> PlanningModel:
    """The model under an overlay that was read, checked again."""
    draft = Draft(model.model_dump(mode="json"))
    _merge(draft, overlay, ())
    return check(draft)


def read_portfolio(name: str) -> Draft:
    """Read a portfolio overlay by bundled name or path."""
    path = PORTFOLIOS / f"{name}.yaml"
    if not path.is_file():
        path = Path(name)
    if not path.is_file():
        raise InputError(f"portfolio '{name}': no such overlay; {nearest(name, bundled_portfolios())}")
    return read_yaml(path)


def parse_setting(text: str) -> tuple[str, Any]:
    """`key.path=value` from the command line; the value is read as YAML.

    >>> parse_setting("carbon.cap_t_yr=1.5e5")
    ('carbon.cap_t_yr', 150000.0)
    """
    key, sign, value = (part.strip() for part in text.partition("="))
    if not sign or not all(key.split(".")):
        raise InputError(f"--set {text}: write key.path=value, e.g. --set carbon.cap_t_yr=150000")
    if not value:
        raise InputError(f"--set {text}: has no value; write {key}=VALUE, or {key}=null for none")
    try:
        return key, yaml.load(value, _Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"--set {text}: the value is not readable ({_yaml_problem(error)})") from None


def check(draft: Draft) -> PlanningModel:
    """Validate a draft; InputError lists every problem with its place and remedy."""
    text = as_json(Draft(with_accelerator(draft.values), draft.places))
    try:
        return PlanningModel.model_validate_json(text)
    except ValidationError as error:
        raise InputError(_explained(error, draft)) from None


def as_json(draft: Draft) -> str:
    """The values as JSON; InputError for what JSON has no word for: dates, sets, lists that hold themselves."""
    try:
        problems = [
            f"{draft.place(path)}: {_dotted(path)} = {value} is of type {type(value).__name__}; write text (in quotes), "
            "a number or a list"
            for path, value in _not_plain(draft.values, ())
        ]
        if problems:
            raise InputError(problems)
        return json.dumps(draft.values)
    except RecursionError:
        raise InputError(
            "model: a list or section holds itself or is nested too deeply; write out what it holds"
        ) from None


def _not_plain(values: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(values, Mapping):
        for key, value in values.items():
            if isinstance(key, str):
                yield from _not_plain(value, (*path, key))
            else:
                yield (*path, str(key)), key
    elif isinstance(values, list | tuple):
        for i, value in enumerate(values):
            yield from _not_plain(value, (*path, i))
    elif not isinstance(values, str | int | float | None):
        yield path, values


def _find(model: str | Path) -> Path:
    path = Path(model)
    if path.suffix in {".yaml", ".yml"} or path.exists():
        if path.is_dir():
            raise InputError(f"{path}: is a folder; give a planning model (.yaml) or a bundled name")
        if not path.is_file():
            raise InputError(
                f"{path}: no such file; give a path to a planning model or one of: {', '.join(bundled_models())}"
            )
        return path
    bundled = MODELS / f"{model}.yaml"
    if not bundled.is_file():
        raise InputError(
            f"model '{model}': no such file or bundled model; {nearest(str(model), bundled_models())}"
        )
    return bundled


def _read_based(path: Path, seen: tuple[Path, ...]) -> Draft:
    if path.resolve() in seen:
        raise InputError(f"{path}: based_on runs in a circle: {' -> '.join(p.stem for p in (*seen, path))}")
    own = read_yaml(path)
    base = own.values.get("based_on")
    if not isinstance(base, str):
        return own
    beside = path.parent / f"{base}.yaml"
    draft = _read_based(beside if beside.is_file() else _find(base), (*seen, path.resolve()))
    _merge(draft, own, ())
    return draft


def read_yaml(path: Path) -> Draft:
    """A YAML mapping with the place of every key; InputError for what is unreadable or given twice."""
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, _Loader)
        draft = Draft(yaml.load(text, _Loader))
        twice = list(_places(node, path.name, (), draft.places)) if node else []
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except RecursionError:
        raise InputError(
            f"{path}: a list or section holds itself or is nested too deeply; write out what it holds"
        ) from None
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"{path}: is not readable YAML ({_yaml_problem(error)})") from None
    if not isinstance(draft.values, dict):
        raise InputError(f"{path}: holds no keys; a planning model is a mapping such as `siting: 1`")
    if twice:
        raise InputError(twice)
    _beside(draft.values, path.parent)
    return draft


def _places(node: yaml.Node, file: str, path: KeyPath, out: dict[KeyPath, str]) -> list[str]:
    """Record `file:line` for every key path; return the problems of keys given twice."""
    out[path] = f"{file}:{node.start_mark.line + 1}"
    problems: list[str] = []
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            here = (*path, str(key.value))
            if here in out:
                problems.append(f"{file}:{key.start_mark.line + 1}: {_dotted(here)} is given twice; keep one")
            problems += _places(child, file, here, out)
            out[here] = f"{file}:{key.start_mark.line + 1}"
    elif isinstance(node, yaml.SequenceNode):
        for i, child in enumerate(node.value):
            problems += _places(child, file, (*path, i), out)
    return problems


REPLACED_WHOLE = {("target",), ("objective",), ("power", "matching"), ("time", "representative")}


def _merge(base: Draft, own: Draft, path: KeyPath) -> None:
    """Lay `own` over `base`: mappings key by key, all else (and what has several shapes) as a whole."""

    def lay(into: dict[str, Any], values: dict[str, Any], path: KeyPath) -> None:
        for key, value in values.items():
            here = (*path, key)
            both = isinstance(value, dict) and isinstance(into.get(key), dict)
            if both and here not in REPLACED_WHOLE:
                lay(into[key], value, here)
            else:
                into[key] = value

    lay(base.values, own.values, path)
    base.places.update(own.places)


def _set(draft: Draft, key: str, value: Any) -> None:
    """Set a dotted key, a shorthand, or a leaf name that only one section has."""
    parts = full_key(key).split(".")
    if parts == ["based_on"]:
        raise InputError(f"--set {key}: is read in a file alone; give the model that is meant as MODEL")
    into = draft.values
    for i, part in enumerate(parts[:-1]):
        if part not in into and _fields_at(tuple(parts[: i + 1])):
            into[part] = {}  # a section that a model may leave out
        if not isinstance(into.get(part), dict):
            here = ".".join(parts[: i + 1])
            known = [k for k in into if isinstance(into[k], dict)]
            hint = f"it holds a value, write {here}=VALUE" if part in into else nearest(part, known)
            raise InputError(f"--set {key}: {here} is no section of the model; {hint}")
        into = into[part]
    into[parts[-1]] = value
    inside = [place for place in draft.places if place[: len(parts)] == tuple(parts)]
    for place in inside:  # what stood there is gone
        del draft.places[place]
    draft.places[tuple(parts)] = f"--set {key}"


def full_key(key: str) -> str:
    """The dotted key of a shorthand or of a leaf name that only one section has; any other text as it is."""
    key = SHORTHANDS.get(key, key)
    if "." in key or key in PlanningModel.model_fields:
        return key
    places = [name for name in _leaves(PlanningModel, "") if name.endswith(f".{key}")]
    if len(places) > 1:
        raise InputError(f"{key}: stands in several sections; write {' or '.join(places)}")
    return places[0] if places else key


def _leaves(section: type[BaseModel], prefix: str) -> Iterator[str]:
    """Dotted names of every key of a section and of the sections in it."""
    for name, entry in _fields(section).items():
        yield f"{prefix}{name}"
        inside = _section_of(entry.annotation)
        if inside is not None and not _is_table(entry.annotation):
            yield from _leaves(inside, f"{prefix}{name}.")


def _fields(section: type[BaseModel]) -> dict[str, FieldInfo]:
    """Fields of a section by the key a model writes: `except` is no name in Python."""
    return {entry.alias or name: entry for name, entry in section.model_fields.items()}


def _explained(error: ValidationError, draft: Draft) -> list[str]:
    problems: dict[str, list[str]] = {}
    for item in error.errors(include_url=False):
        path = _key_path(item["loc"], draft.values)
        head, text = _problem(item, path, draft)
        problems.setdefault(head, []).append(text)
    return [f"{head}: {', or '.join(nearest_of(dict.fromkeys(texts)))}" for head, texts in problems.items()]


def _problem(item: Any, path: KeyPath, draft: Draft) -> tuple[str, str]:
    """Place and key, and what is wrong there with its remedy."""
    place, key = draft.place(path), _dotted(path)
    if item["type"] == "extra_forbidden":
        return f"{place}: unknown key {key}", _known_key(path)
    if item["type"] == "missing":
        return f"{place}: {key}", "is missing; add it (models/README.md lists every key)"
    if item["type"] == "value_error":
        return f"{place}: {key or 'model'}", item["msg"].removeprefix("Value error, ")
    return f"{place}: {key} = {shown(item['input'])}", remedy(item)


def _known_key(path: KeyPath) -> str:
    """A hint for an unknown key: its neighbours, and for one that names no section the keys of all of them."""
    inside = nearest(str(path[-1]), _fields_at(path[:-1]))
    leaves = {name.rpartition(".")[2]: name for name in _leaves(PlanningModel, "")} if len(path) == 1 else {}
    close = get_close_matches(str(path[-1]), leaves, n=1)
    return f"did you mean {leaves[close[0]]}?" if close and inside.startswith("known") else inside


def _key_path(loc: tuple[str | int, ...], values: Any) -> KeyPath:
    """Drop the union branches pydantic adds to a location: keep what exists in the file, or is a field's name."""
    path: list[str | int] = []
    for part in loc:
        inside, deeper = _step(values, part)
        if inside:
            values = deeper
        elif str(part) not in _fields_at(tuple(path)):
            continue
        else:
            values = None
        path.append(part)
    return tuple(path)


def _step(values: Any, part: str | int) -> tuple[bool, Any]:
    """Whether a mapping or list holds a part of a location, and what lies there."""
    if isinstance(values, dict) and part in values:
        return True, values[part]
    if isinstance(values, list) and isinstance(part, int) and part < len(values):
        return True, values[part]
    return False, None


def _fields_at(path: KeyPath) -> list[str]:
    """Known keys of the section at a key path."""
    section: type[BaseModel] | None = PlanningModel
    for part in path:
        if section is None or part not in _fields(section):
            return []
        section = _section_of(_fields(section)[str(part)].annotation)
    return list(_fields(section)) if section else []


def _section_of(annotation: Any) -> type[BaseModel] | None:
    options = [annotation, *get_args(annotation)]
    return next((o for o in options if isinstance(o, type) and issubclass(o, BaseModel)), None)


def _is_table(annotation: Any) -> bool:
    """Whether a key holds sections by names of the planner's own, such as cases."""
    return get_origin(annotation) is dict


def _dotted(path: KeyPath) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _yaml_problem(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return f"{where}{getattr(error, 'problem', None) or error}"

"""JSON Schema and key list of planning models, generated so that editors complete and check the files.

`python -m siting.inputs.schema` writes both into models/; a test keeps them current.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from siting.inputs.places import MODELS, bundled_models, bundled_portfolios
from siting.inputs.planning import PlanningModel

SCHEMA_FILE = MODELS / "planning-model.schema.json"
KEYS_FILE = MODELS / "README.md"
# what stands above it in the file is written by hand
GENERATED = "<!-- generated from here by python -m siting.inputs.schema -->"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def schema_text() -> str:
    """JSON Schema (draft 2020-12): a complete model, or with `based_on` only the keys that differ."""
    whole = PlanningModel.model_json_schema()
    sections = whole.pop("$defs")
    changes = {f"{name}Changes": _without_required(section) for name, section in sections.items()}
    difference = _without_required(whole)
    schema = {
        "$schema": DIALECT,
        "title": "siting planning model",
        "if": {"properties": {"based_on": {"type": "string"}}, "required": ["based_on"]},
        "then": difference,
        "else": whole,
        "$defs": dict(sorted({**sections, **changes}.items())),
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def keys_text() -> str:
    """models/README.md: the hand-written page of the models as it is, then every key with type and meaning."""
    schema = PlanningModel.model_json_schema()
    written = KEYS_FILE.read_text(encoding="utf-8").partition(GENERATED)[0].rstrip()
    lines = [
        written,
        "",
        GENERATED,
        "",
        "## Every key",
        "",
        f"Models: {', '.join(f'`{name}`' for name in bundled_models())}. "
        f"Portfolios (overlays for `compare` and `--portfolio`): {', '.join(f'`{name}`' for name in bundled_portfolios())}.",
        "",
        "| key | takes | meaning |",
        "|---|---|---|",
        *(f"| `{key}` | {kind} | {meaning} |" for key, kind, meaning in _rows(schema, schema["$defs"], "")),
    ]
    return "\n".join(lines) + "\n"


def _rows(section: Schema, sections: Schema, prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, entry in section["properties"].items():
        key = f"{prefix}{name}"
        choices = [_resolved(choice, sections) for choice in entry.get("anyOf", [entry])]
        parts = [choice for choice in choices if "properties" in choice]
        meaning = entry.get("description") or (parts[0].get("description", "") if parts else "")
        kinds = " or ".join("keys below" if choice in parts else _kind(choice) for choice in choices)
        yield key, kinds, " ".join(meaning.split())
        for part in parts:
            yield from _rows(part, sections, f"{key}.")


def _resolved(entry: Schema, sections: Schema) -> Schema:
    if "$ref" not in entry:
        return entry
    found: Schema = sections[entry["$ref"].rsplit("/", 1)[-1]]
    return found


def _kind(entry: Schema) -> str:
    """What a key takes, in a few words."""
    if "const" in entry:
        return f"`{entry['const']}`"
    if "enum" in entry:
        return ", ".join(f"`{choice}`" for choice in entry["enum"])
    if entry["type"] == "array":
        inside = entry.get("items") or entry["prefixItems"][0]
        count = f" of {entry['maxItems']}" if "maxItems" in entry else ""
        return f"list{count}: {_kind(inside)}"
    word = {
        "null": "null",
        "object": "names with a number each",
        "boolean": "true, false",
        "string": "text",
        "integer": "whole number",
        "number": "number",
    }[entry["type"]]
    return f"{word}{_bounds(entry)}"


def _bounds(entry: Schema) -> str:
    signs = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    limits = [f"{sign} {entry[name]:g}" for name, sign in signs.items() if name in entry]
    return f" {', '.join(limits)}" if limits else ""


def _without_required(schema: Any) -> Any:
    """A copy in which no key is required and references lead to sections without required keys."""
    if isinstance(schema, dict):
        kept = {key: _without_required(value) for key, value in schema.items() if key != "required"}
        return {**kept, "$ref": f"{schema['$ref']}Changes"} if "$ref" in schema else kept
    return [_without_required(entry) for entry in schema] if isinstance(schema, list) else schema


def main() -> None:
    """Write both files."""
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8", newline="\n")
    KEYS_FILE.write_text(keys_text(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()

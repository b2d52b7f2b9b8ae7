"""The committed JSON Schema and key list are those of the code, and accept what the tool accepts."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from siting.inputs.load import _Loader
from siting.inputs.places import MODELS, PORTFOLIOS
from siting.inputs.planning import PlanningModel
from siting.inputs.schema import KEYS_FILE, SCHEMA_FILE, keys_text, schema_text

VALIDATOR = jsonschema.Draft202012Validator(json.loads(schema_text()))


def model() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load((MODELS / "eu-gigafactories.yaml").read_text(encoding="utf-8"), _Loader)
    return copy.deepcopy(found)


def test_committed_files_are_current() -> None:
    hint = "run python -m siting.inputs.schema"
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), hint
    assert KEYS_FILE.read_text(encoding="utf-8") == keys_text(), hint


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))


@pytest.mark.parametrize("path", sorted(MODELS.glob("*.yaml")), ids=lambda path: path.stem)
def test_bundled_models_pass(path: Path) -> None:
    VALIDATOR.validate(yaml.load(path.read_text(encoding="utf-8"), _Loader))


@pytest.mark.parametrize("path", sorted(PORTFOLIOS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_portfolio_passes_as_what_differs_from_a_model(path: Path) -> None:
    values = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    VALIDATOR.validate({"based_on": "eu-gigafactories", **values})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("buget", 1),
        ("objective", "fun"),
        ("budget", {"capex_eur": -1, "counts": ["it"]}),
        ("target", {"it_mw": "many"}),
    ],
)
def test_errors_are_seen_in_whole_and_partial_models(key: str, value: Any) -> None:
    assert not VALIDATOR.is_valid({**model(), key: value})
    assert not VALIDATOR.is_valid({"based_on": "eu-gigafactories", key: value})


def test_only_a_model_with_a_base_may_leave_keys_out() -> None:
    whole = model()
    del whole["budget"]
    assert not VALIDATOR.is_valid(whole)
    assert VALIDATOR.is_valid({**whole, "based_on": "eu-gigafactories"})


def test_the_key_list_names_every_section() -> None:
    for name in PlanningModel.model_fields:
        assert f"| `{name}` |" in keys_text()

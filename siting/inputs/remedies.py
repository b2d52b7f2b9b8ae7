"""What is wrong with a value of a planning model, in the planner's words, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

NUMBERS = {"float_type", "float_parsing"}
WHOLE = {"int_type", "int_parsing", "int_from_float"}
LISTS = {"list_type", "tuple_type"}
SECTIONS = {"model_type", "model_attributes_type", "dict_type"}


def remedy(item: Mapping[str, Any]) -> str:
    """The remedy of one of pydantic's errors; its own message where that says enough."""
    kind, value = item["type"], item["input"]
    if kind in NUMBERS and isinstance(value, str):
        return "is text; give a plain number in the unit the key names, e.g. 20.0e9"
    if kind in WHOLE:
        return "is no whole number; write one such as 5"
    if kind in LISTS:
        one = "..." if value is None or isinstance(value, Mapping) else shown(value).strip("'")
        return f"is no list; write [{one}]"
    if kind in SECTIONS:
        return "is no section; write {key: value, ...}, or state its keys one by one"
    if kind == "string_type":
        return "is no text; put it in quotes"
    message: str = item["msg"]
    return message[0].lower() + message[1:]


def nearest_of(remedies: Iterable[str]) -> list[str]:
    """Of the remedies for a value that may have several shapes: its words where words will do, else all of them."""
    every = list(remedies)
    words = [text for text in every if text.startswith("input should be '")]
    return words or every


def shown(value: Any) -> str:
    """A value as a model writes it.

    >>> shown(None), shown(True), shown("a"), shown([1.0, None])
    ('null', 'true', "'a'", '[1.0, null]')
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(shown, value))}]"
    return repr(value)

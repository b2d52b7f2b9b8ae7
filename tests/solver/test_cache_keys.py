"""Keys of the frontier cache: whatever shapes a class LP makes another key, and nothing else does."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from siting.instance.coverage import Sovereignty
from siting.instance.duties import Duty, HeatNetwork
from siting.instance.instance import Instance, Limit, Option, Ramp
from siting.instance.shaped import Shaped
from siting.solver import cache as cache_module
from siting.solver.cache import SHAPES, class_keys
from siting.solver.lp import write_class
from tests.build_instance import GAS, small_instance
from tests.solver.test_cache import ALL, assert_same_lp


def a_little(value: Any) -> Any:
    """The same table with its first number moved by one part in a million."""
    if isinstance(value, dict):
        key = next(iter(value))
        return {**value, key: a_little(value[key])}
    if isinstance(value, tuple):
        return (a_little(value[0]), *value[1:])
    if isinstance(value, str):
        return f"{value} "
    if isinstance(value, (int, float)):
        return value * (1 + 1e-6) if value else 1e-6
    return replace(value, **{fields(value)[0].name: a_little(getattr(value, fields(value)[0].name))})


@pytest.mark.parametrize("name", SHAPES)
def test_whatever_shapes_the_lp_changes_the_key(name: str) -> None:
    some = {
        "firm_share": {"AA": 0.5}, "firm_hours": 2.0, "matched_locally": ("hourly", 0.5), "water_m3_mw_max": 5.0,
        "heat": {"AA": HeatNetwork(10.0, 0.2, 1e5, 1e4)}, "renewable": {"AA": ("wind_ppa",)},
        "duties": {"AA": (Duty("rule", "pue_max", 1.2, "source"),)},
        "shaped": {("AA", "wind_ppa~flat"): Shaped((1.0, 0.5, 0.0), (50.0, 9.0, 3.0), (0.4, 0.5, 0.3), (0.5, 0.5, 0.5))},
    }  # fmt: skip
    data = small_instance(**ALL, **some)
    moved = replace(data, **{name: a_little(getattr(data, name))})
    before, after = class_keys(data), class_keys(moved)
    assert before["AA"] != after["AA"]
    shared = name in {
        "weight", "before", "utilisation_share", "excess_share_max", "sale_haircut_share", "nodes", "flexible", "firm_hours",
        "matched_locally", "water_m3_mw_max",
    }  # fmt: skip
    assert (before["BB"] != after["BB"]) == shared, "the other class keeps its frontier"


def test_every_number_of_an_option_counts() -> None:
    data = small_instance(**ALL)
    for entry in fields(Option):
        value = getattr(GAS, entry.name)
        other = replace(GAS, **{entry.name: not value if isinstance(value, bool) else value + 1.0})
        assert class_keys(data)["AA"] != class_keys(replace(data, onsite={("AA", "gas_engine"): other}))["AA"]


def test_another_formulation_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    data = small_instance(**ALL)
    before = class_keys(data)
    monkeypatch.setattr(cache_module, "formulation_fingerprint", lambda: "another")
    assert not set(before.values()) & set(class_keys(data).values())


def test_other_libraries_are_another_formulation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another Pyomo may write the columns in another order."""
    before = cache_module.formulation_fingerprint()
    monkeypatch.setattr(cache_module, "version", lambda name: "0")
    cache_module.formulation_fingerprint.cache_clear()
    assert cache_module.formulation_fingerprint() != before
    cache_module.formulation_fingerprint.cache_clear()


OTHERS: dict[str, Any] = {  # every other field of an instance, and another value of it
    "title": "another title",
    "sites": {},
    "classes": ("AA",),
    "zone": {"AA": "AA", "BB": "AA"},
    "internal_price_eur_t": 80.0,
    "matching": "hourly",
    "cfe_score_min": 0.9,
    "module_mw": 5.0,
    "sites_min": 2,
    "sites_max": 1,
    "per_country_max": 2,
    "countries_min": 2,
    "forced": ("two",),
    "target_it_mw": 50.0,
    "capex_counts": ("site",),
    "limits": {("capex",): Limit("<=", 1e9, "EUR", "budget"), ("carbon",): Limit("<=", 1e3, "t/yr", "cap")},
    "objectives": ("carbon", "cost"),
    "carbon_weight_eur_t": 100.0,
    "compute_pflops_mw": 1.0,
    "accelerators_per_mw": 1.0,
    "spread_sites": {"one": 1.0},
    "spread_options": {"grid": -1.0},
    "notes": ("a note",),
    "site_at": {"one": ()},
    "earlier_it_mw": {2029: 1.0},
    "tail_share": 0.5,
    "ramps": {"one": Ramp(100.0, 10.0, 2029)},
    "sovereignty": Sovereignty(countries_max=1),
    "coverage": None,
    "residual_t_mwh": {"AA": (0.5, 0.5, 0.5)},
    "embodied_t_mw": {"air": 1.0},
}


def test_every_field_either_shapes_the_lp_or_is_known_not_to() -> None:
    """A field added to the instance must be put on one of the two lists."""
    assert {field.name for field in fields(Instance)} == {*SHAPES, *OTHERS}


@pytest.mark.parametrize("name", OTHERS)
def test_limits_targets_and_rules_leave_key_and_lp_alone(name: str) -> None:
    data = small_instance(**ALL)
    other = replace(data, **{name: OTHERS[name]})
    assert class_keys(data)["AA"] == class_keys(other)["AA"]
    assert_same_lp(write_class(data.only("AA")), write_class(other.only("AA")))

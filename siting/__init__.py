"""siting: where in the EU to build AI data centres, and how to power them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from siting import problems
    from siting.api import audit_folder, check, load, read_plan, redispatch, solve
    from siting.api_study import alternatives, compare, explain, pareto, sweep, tornado
    from siting.plan.plan import Plan

STUDIES = (
    "alternatives",
    "compare",
    "explain",
    "pareto",
    "robust",
    "sweep",
    "tornado",
)  # of many plans: api_study
__all__ = [
    "Plan",
    "alternatives",
    "audit_folder",
    "check",
    "compare",
    "explain",
    "load",
    "pareto",
    "problems",
    "read_plan",
    "redispatch",
    "robust",
    "solve",
    "sweep",
    "tornado",
]


def __getattr__(name: str) -> Any:
    """Load the API when it is first used: importing the package stays quick."""
    if name == "Plan":
        from siting.plan.plan import Plan

        return Plan
    if name in STUDIES:
        from siting import api_study

        return getattr(api_study, name)
    if name == "problems":
        return import_module("siting.problems")
    if name in __all__:
        from siting import api

        return getattr(api, name)
    raise AttributeError(f"module 'siting' has no attribute '{name}'")

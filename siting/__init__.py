"""siting: where in the EU to build AI data centres, and how to power them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from siting.api import audit_folder, check, compare, load, pareto, read_plan, redispatch, solve
    from siting.plan.plan import Plan

__all__ = ["Plan", "audit_folder", "check", "compare", "load", "pareto", "read_plan", "redispatch", "solve"]


def __getattr__(name: str) -> Any:
    """Load the API when it is first used: importing the package stays quick."""
    if name == "Plan":
        from siting.plan.plan import Plan

        return Plan
    if name in __all__:
        from siting import api

        return getattr(api, name)
    raise AttributeError(f"module 'siting' has no attribute '{name}'")

"""What a front can be drawn over: quantities of a plan that the planning model can optimise, limit, or both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from siting.errors import InputError
from siting.inputs.planning import PlanningModel
from siting.plan.plan import Plan


@dataclass(frozen=True)
class Axis:
    """A quantity: column of the table (unit in its name), how it is shown, and which way is better (+1 less, -1 more).

    objective: its name as an objective of the planning model, None if it has none; limit: the key that limits it;
    ideal: a limit as tight as it can be, where no objective finds the best value.
    """

    name: str
    column: str
    label: str
    unit: str
    divisor: float
    per: str
    sense: int
    objective: str | None
    limit: str | None
    ideal: float = 0.0

    def value(self, plan: Plan) -> float:
        """The quantity of a plan; capex is what the model's budget counts."""
        if self.name != "capex":
            return float(plan.totals[self.column])
        counted = plan.costs["capex_group"].isin(plan.model.budget.counts)
        return float(plan.costs.loc[counted, "capex_eur"].sum())

    def limited(self, model: PlanningModel, value: float) -> PlanningModel:
        """The model with the quantity limited to `value`, all its other limits as they are."""
        if self.name == "compute":
            return model.with_(target={"it_mw": value})
        if self.name == "cfe":
            return model.with_(**{"power.matching.kind": "hourly", str(self.limit): value})
        return model.with_(**{str(self.limit): value})


AXES = {
    axis.name: axis
    for axis in (
        Axis("cost", "cost_eur_yr", "cost", "M EUR/yr", 1e6, "eur", 1, "cost", None),
        Axis("carbon", "carbon_t_yr", "carbon", "t CO2e/yr", 1.0, "t", 1, "carbon", "carbon.cap_t_yr"),
        Axis(
            "compute", "it_mw", "compute", "MW of IT", 1.0, "mw", -1, "compute", "target.it_mw"
        ),  # accelerators and FLOP/s follow IT power
        Axis(
            "capex", "counted_capex_eur", "capex", "bn EUR", 1e9, "eur_capex", 1, None, "budget.capex_eur", 1.0
        ),
        Axis(
            "carbon_intensity", "carbon_g_kwh", "carbon intensity", "g/kWh", 1.0, "g_kwh", 1, None, "carbon.cap_g_kwh"
        ),
        Axis("cfe", "cfe_score", "CFE score", "share", 1.0, "share", -1, None, "power.matching.cfe_score_min", 1.0),
    )
}  # fmt: skip


def pair(names: Sequence[str], model: PlanningModel) -> tuple[Axis, Axis]:
    """The quantity that is optimised and the one that is limited, of two names in any order that serves.

    Raises InputError for unknown names, a pair without an objective or a limit, and a model whose rules stand in the way.
    """
    unknown = [name for name in names if name not in AXES]
    if unknown:
        raise InputError(f"pareto over {', '.join(unknown)}: not a quantity of a front; {_choices()}")
    if len(names) != 2 or names[0] == names[1]:
        raise InputError(
            f"pareto over {', '.join(names) or 'nothing'}: give two different quantities; {_choices()}"
        )
    first, second = AXES[names[0]], AXES[names[1]]
    for one, other in ((first, second), (second, first)):
        if one.objective and other.limit:
            _allowed(model, (one, other))
            return one, other
    raise InputError(
        f"pareto over {names[0]}, {names[1]}: the planning model optimises neither; {_choices()}"
    )


def _allowed(model: PlanningModel, axes: tuple[Axis, Axis]) -> None:
    names = {axis.name for axis in axes}
    if "cfe" in names and model.power.matching.kind == "annual":
        raise InputError(
            "pareto over cfe: the model matches by the year (power.matching.kind annual) and the CFE score is by the hour; "
            "set power.matching.kind to none or hourly"
        )
    if "compute" in names and model.budget.capex_eur is None:
        raise InputError("pareto over compute: most compute needs a limit; set budget.capex_eur")
    if "compute" not in names and model.target is None:
        raise InputError(
            "pareto: the model has no target, so that building nothing would be best; set target"
        )


def _choices() -> str:
    optimised = ", ".join(a.name for a in AXES.values() if a.objective)
    limited = ", ".join(a.name for a in AXES.values() if a.limit)
    return f"one of {optimised} (optimised) and another of {limited} (limited)"


def optimising(model: PlanningModel, *axes: Axis, weights: dict[str, Any] | None = None) -> PlanningModel:
    """The model with the axes that have objectives optimised one after the other, or as a weighted sum."""
    if weights is not None:
        return model.with_(objective=weights)
    names = [axis.objective for axis in axes if axis.objective]
    return model.with_(objective=names[0] if len(names) == 1 else names)

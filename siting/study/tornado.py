"""What moves the answer most: each of a set of values moved down and up by the same share, all else as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.errors import InfeasibleError, InputError
from siting.inputs.planning import Factors, PlanningModel
from siting.plan.plan import Plan
from siting.study.sweep import Solve, meant_key, site_moves, varied

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NUMBERS = ("cost", "cost_share", "carbon", "carbon_share", "sites_changed")  # null where an end has no plan
KEYS = ("horizon.discount_share", "carbon.price_eur_t")  # moved beside the factors unless a choice is stated


@dataclass(frozen=True)
class Tornado:
    """One row a value moved, the widest swing of cost first.

    table: `key`, `low` and `high` (the values), and for both ends `cost_..` (EUR/yr of cash), `cost_share_..`,
    `carbon_..` (t CO2e/yr), `carbon_share_..` (changes against the base plan) and `sites_changed_..` (how many of the
    base plan's sites give way, or are added), `sites_..` (which come and go, in words); null where an end has no plan,
    `reason_..` then says why. `swing_share` ranks: the largest change of cost as a share.
    """

    base: Plan
    by_share: float
    table: pd.DataFrame

    def figure(self) -> Figure:
        """Bars of cost and of carbon, down and up, widest first, with the number of sites that change (matplotlib)."""
        from siting.output.sweep_figures import tornado_figure

        return tornado_figure(self)

    def to_json(self) -> str:
        """Rows as JSON; what is unknown is null."""
        from siting.output.folder import plain

        record = {"by_share": self.by_share, "base": self.base.totals, "rows": self.table.to_dict("records")}
        return json.dumps(plain(record), indent=1, ensure_ascii=False, allow_nan=False)

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write tornado.csv, tornado.json, tornado.png (with matplotlib) and the base plan, whole or not at all."""
        from siting.output.folder import write_study
        from siting.output.sweep_text import tornado_files

        return write_study(tornado_files(self), {"base": self.base}, Path(folder), overwrite)

    def _repr_html_(self) -> str:
        from siting.output.sweep_text import study_html

        return study_html(self.table, self.figure)


def tornado_of(model: PlanningModel, factors: Sequence[str] | None, by_share: float, solve: Solve) -> Tornado:
    """Solve the model as it is and with each value down and up by `by_share`, a scenario. Raises InputError first."""
    if not 0 < by_share < 1:
        raise InputError(f"tornado: moves by a share between 0 and 1 (0.2 is 20 %), not {by_share:g}")
    keys = _keys(model, factors)
    values = {key: _value(model, key) for key in keys}
    ends = {key: _ends(value, by_share) for key, value in values.items()}
    models = {key: varied(model, key, ends[key]) for key in keys}
    base = solve(model, "as it is")
    rows = []
    for i, key in enumerate(keys, start=1):
        row: dict[str, Any] = {"key": key, "low": ends[key][0], "high": ends[key][1]}
        for side, point in zip(("low", "high"), models[key], strict=True):
            row |= _end(
                base,
                point,
                solve,
                side,
                f"{key} {'-' if side == 'low' else '+'}{by_share:.0%} ({i} of {len(keys)})",
            )
        rows.append(row)
    numbers = [f"{name}_{side}" for name in NUMBERS for side in ("low", "high")]
    table = pd.DataFrame(rows).astype(dict.fromkeys(numbers, float))
    table["swing_share"] = table[["cost_share_low", "cost_share_high"]].abs().max(axis=1)
    table["carbon_swing_share"] = table[["carbon_share_low", "carbon_share_high"]].abs().max(axis=1)
    table = table.sort_values(
        ["swing_share", "carbon_swing_share"], ascending=False, kind="stable", ignore_index=True
    )
    return Tornado(base, by_share, table)


def default_factors(model: PlanningModel) -> list[str]:
    """Every factor on a value of the world, and the keys above where the model does not put them at zero."""
    keys = [key for key in KEYS if _number_at(model, key)]
    return [*(f"scenario.factors.{name}" for name in Factors.model_fields), *keys]


def _keys(model: PlanningModel, factors: Sequence[str] | None) -> list[str]:
    names = default_factors(model) if factors is None else list(factors)
    if not names:
        raise InputError(
            "tornado: names no value to move; give keys of the model or factors, e.g. gas_price,wacc"
        )
    return list(dict.fromkeys(meant_key(model, name) for name in names))


def _value(model: PlanningModel, key: str) -> float:
    """The number a key holds; InputError where it holds none, or zero, which no share moves."""
    value = _number_at(model, key)
    if not value:
        raise InputError(
            f"tornado: {key} holds no number other than 0 in this model; give another key, or sweep it"
        )
    return value


def _number_at(model: PlanningModel, key: str) -> float | None:
    values: Any = model.model_dump(mode="json")
    for part in key.split("."):
        values = values.get(part) if isinstance(values, dict) else None
    is_number = isinstance(values, int | float) and not isinstance(values, bool)
    return values if is_number else None


def _ends(value: float, by_share: float) -> tuple[float, float]:
    """Down and up; a whole number stays whole if both ends are, else it becomes a fraction that the key may refuse."""
    low, high = value * (1 - by_share), value * (1 + by_share)
    whole = isinstance(value, int) and low.is_integer() and high.is_integer()
    return (int(low), int(high)) if whole else (low, high)


def _end(base: Plan, point: PlanningModel, solve: Solve, side: str, name: str) -> dict[str, Any]:
    try:
        plan = solve(point, name)
    except InfeasibleError as error:
        return _against(base, None, side) | {f"reason_{side}": "; ".join(error.reasons)}
    return _against(base, plan, side)


def _against(base: Plan, plan: Plan | None, side: str) -> dict[str, Any]:
    """Changes against the base plan; null without a plan."""
    row: dict[str, Any] = {}
    for name, total in (("cost", "cash_cost_eur_yr"), ("carbon", "carbon_t_yr")):
        old = base.totals[total]
        change = None if plan is None else plan.totals[total] - old
        row[f"{name}_{side}"] = change
        row[f"{name}_share_{side}"] = change / old if change is not None and old else None
    come, gone = site_moves(base, plan) if plan is not None else ([], [])
    row[f"sites_changed_{side}"] = None if plan is None else max(len(come), len(gone))
    row[f"sites_{side}"] = "; ".join(
        f"{word} {', '.join(sites)}" for word, sites in (("in", come), ("out", gone)) if sites
    )
    row[f"reason_{side}"] = ""
    return row

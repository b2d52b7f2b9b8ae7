"""The cost of the shortcut as plain text: a plan on a few periods beside its operation over the full year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from siting.output.words import large, number, share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from siting.plan.redispatch import Redispatch

FORM = "  {:<26}{:>10}{:>10}{:>9}{:>10}{:>10}{:>7}{:>7}{:>9}"
NEGLIGIBLE_MWH = 0.5


def redispatch_text(result: Redispatch) -> str:
    """One row a site and the total, then the cost of the shortcut, unserved load and limits."""
    record = result.record
    hours = record["hours"]
    lines = [
        f"{record['title']}: investments of {hours['plan']:,} modelled hours, operated over {hours['full']:,}",
        "",
        FORM.format("", "cost", "M EUR/yr", "", "carbon", "t/yr", "CFE", "", "unserved"),
        FORM.format(
            "Site", "plan", "full year", "change", "plan", "full year", "plan", "full", "MWh/yr"
        ).rstrip(),
    ]
    lines += [_row(str(s), row) for s, row in record["sites"].items()]
    lines += [_row("total", record["total"]), ""]
    extra = record["total"]["cost_eur_yr_full"] - record["total"]["cost_eur_yr_plan"]
    lines.append(
        f"Cost of the shortcut: {large(_zero(extra, 0))} EUR/yr "
        f"({_zero(100 * record['shortcut_share'], 3):+.3f} % of the plan's cost)"
    )
    unserved = record["total"]["unserved_mwh"]
    if unserved > NEGLIGIBLE_MWH:
        lines.append(
            f"Unserved: {number(unserved)} MWh/yr that what was built cannot serve; in no cost and no tonne above"
        )
    return "\n".join(lines + [_limit(limit) for limit in record["limits"]])


def _row(name: str, row: Mapping[str, float]) -> str:
    cost, full = row["cost_eur_yr_plan"], row["cost_eur_yr_full"]
    return FORM.format(
        name if len(name) <= 25 else f"{name[:24]}…",
        f"{cost / 1e6:,.2f}",
        f"{full / 1e6:,.2f}",
        f"{_zero(100 * (full - cost) / cost, 2):+.2f} %",
        number(row["carbon_t_yr_plan"]),
        number(row["carbon_t_yr_full"]),
        share(row["cfe_score_plan"]),
        share(row["cfe_score_full"]),
        number(row["unserved_mwh"]) if row["unserved_mwh"] > NEGLIGIBLE_MWH else "0",
    )


def _zero(value: float, digits: int) -> float:
    """Rounded, and never minus zero."""
    return round(value, digits) + 0.0


def _limit(limit: Mapping[str, Any]) -> str:
    over = limit["exceeded_by"]
    words = f"exceeded by {number(over)}" if over > 0 else "met"
    return f"Limit {limit['limit']}: {number(limit['used'])} of {number(limit['value'])} {limit['unit']}, {words}"

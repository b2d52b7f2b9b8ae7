"""The cost-carbon front in the terminal: one line a plan, a bar for what it emits, the knee marked."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from siting.study.pareto import Pareto

BAR = 24  # characters for the largest emission


def pareto_text(pareto: Pareto) -> str:
    """Plain text within 100 columns, then which sites come and go along the front."""
    table = pareto.table
    most = max(float(table["carbon_t_yr"].max()), 1e-9)
    lines = ["      M EUR/yr     t CO2e/yr   g/kWh    CFE   EUR/t less    gap", "-" * 92]
    for i, row in enumerate(table.to_dict("records")):
        price = row["abatement_eur_t"]
        less = f"{price:,.0f}" if price is not None and price == price else ""
        bar = "█" * round(BAR * row["carbon_t_yr"] / most)
        lines.append(
            f"{'>' if i == pareto.knee else ' '}{i:>2} {row['cash_cost_eur_yr'] / 1e6:>10,.1f} {row['carbon_t_yr']:>13,.0f} "
            f"{row['carbon_g_kwh']:>7.1f} {row['cfe_score']:>6.1%} {less:>11} {row['gap']:>7.2%}  {bar}"
        )
    return "\n".join(
        [*lines, "", "> knee: the point farthest below the line between the ends", "", *_moves(pareto)]
    )


def print_pareto(console: Console, pareto: Pareto) -> None:
    """Print the front."""
    console.out(pareto_text(pareto), highlight=False)


def _moves(pareto: Pareto) -> list[str]:
    """Sites that appear and vanish from one point to the next."""
    sets = [set(plan.chosen.index) for plan in pareto.plans]
    lines = [f"point 0 builds at {', '.join(sorted(sets[0]))}"]
    for i, (before, after) in enumerate(pairwise(sets), start=1):
        if before != after:
            new, gone = ", ".join(sorted(after - before)), ", ".join(sorted(before - after))
            lines.append(f"point {i}: {new or 'nothing'} in, {gone or 'nothing'} out")
    return lines

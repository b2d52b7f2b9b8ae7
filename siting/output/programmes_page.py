"""The page that sets programmes side by side: tables in Markdown and three figures."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from siting.output.figures import need_matplotlib
from siting.output.words import number, share
from siting.study.programmes import announced_bn_gw, beside_announced, programme_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from siting.plan.plan import Plan

FIGURE = "programmes.png"
INK, COMPUTED, ANNOUNCED = "#222222", "#0072B2", "#E69F00"  # Okabe and Ito (2008)
HEADINGS = (
    "programme", "IT MW", "accelerators", "bn EUR", "bn EUR/GW", "M EUR/yr", "EUR/MWh", "kt/yr", "t/EFLOP-year", "CFE",
    "first power", "all power", "gap",
)  # fmt: skip


def page_text(plans: Mapping[str, Plan], announced: pd.DataFrame, usd_per_eur: float, image: str) -> str:
    """The page as Markdown; `image` is the path of the figure as seen from the page."""
    lines = [
        "# Programmes side by side",
        "",
        "Made by `python examples/06_programmes/programmes.py --all models`; every number is of a plan proven to the gap in",
        "its row, or a row of [announced.csv](announced.csv). What each programme asks and teaches is in [README.md](README.md).",
        "",
        f"![EUR per GW, tonnes per exaFLOP-year and years of first power]({image})",
        "",
        "## Computed",
        "",
        *_markdown(HEADINGS, [_cells(name, row) for name, row in programme_table(plans).iterrows()]),
        "",
        "bn EUR and bn EUR/GW: overnight investment with accelerators, over IT nameplate. t/EFLOP-year: operational tonnes of a",
        "year for each EFLOP/s (dense BF16) that stands installed. First and all power: decision year + grid wait, with several",
        "periods the period in which a site first runs; such a programme is shown in its last period.",
        "",
        "## Announced beside computed",
        "",
        *_markdown(
            ("programme", "quantity", "announced", "unit", "computed", "computed / announced", "source"),
            [_beside(row) for row in beside_announced(plans, announced, usd_per_eur).to_dict("records")],
        ),
        "",
        "With several periods a figure stands beside the first of them, one called a goal beside the last. USD over",
        f"{usd_per_eur} USD/EUR (parameters.csv). Why the two differ is said programme by programme in [README.md](README.md).",
        "",
        *_money(plans, announced, usd_per_eur),
    ]
    return "\n".join(lines) + "\n"


def _money(plans: Mapping[str, Plan], announced: pd.DataFrame, usd_per_eur: float) -> list[str]:
    told = announced_bn_gw(announced, usd_per_eur)
    table = programme_table(plans)["bn_eur_gw"]
    known = [name for name in table.index if name in told.index]
    if not known:
        return []
    rows = [(name, f"{told[name]:.1f}", f"{float(table[name]):.1f}") for name in known]
    return [
        "Investment per gigawatt, bn EUR/GW:",
        "",
        *_markdown(("programme", "announced", "computed"), rows),
    ]


def _cells(name: object, row: pd.Series) -> tuple[str, ...]:
    values = row.astype(float)
    return (
        str(name),
        number(values["it_mw"]),
        f"{values['accelerators']:,.0f}",
        f"{values['capex_bn_eur']:.1f}",
        f"{values['bn_eur_gw']:.1f}",
        f"{values['cost_m_eur_yr']:,.0f}",
        f"{values['energy_eur_mwh']:.1f}",
        f"{values['carbon_t_yr'] / 1e3:,.1f}",
        number(values["t_per_eflop_year"]),
        share(values["cfe_score"]),
        _year(values["first_power"]),
        _year(values["last_power"]),
        share(values["gap"], 2),
    )


def _beside(row: Mapping[Hashable, object]) -> tuple[str, ...]:
    computed, ratio = float(str(row["computed"])), float(str(row["ratio"]))
    return (
        str(row["programme"]),
        str(row["quantity"]).replace("_", " "),
        number(float(str(row["value"]))),
        str(row["unit"]),
        number(computed),
        f"{ratio:.2f}" if math.isfinite(ratio) else "-",
        f"{row['source_title']} ({row['source_publisher']}, {row['year']}; {row['kind']})",
    )


def _year(value: float) -> str:
    return f"{value:g}" if math.isfinite(value) else "-"


def _markdown(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (headings, ("---",) * len(headings), *rows)]


def programmes_figure(plans: Mapping[str, Plan], announced: pd.DataFrame, usd_per_eur: float) -> Figure:
    """Three panels, a row a programme: bn EUR/GW (announced beside), t/EFLOP-year, years in which sites get power."""
    need_matplotlib()
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    table = programme_table(plans).astype(float)
    names = list(map(str, table.index))
    figure = Figure(figsize=(12.0, 1.3 + 0.42 * len(names)), dpi=110, facecolor="white", layout="constrained")
    money, carbon, power = figure.subplots(1, 3, sharey=True)
    told = announced_bn_gw(announced, usd_per_eur).reindex(table.index)
    money.barh(names, table["bn_eur_gw"], color=COMPUTED, height=0.55, label="computed")
    money.plot(told, range(len(names)), "D", color=ANNOUNCED, label="announced")
    money.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(0.0, -0.07), ncols=2)
    carbon.barh(names, table["t_per_eflop_year"], color=COMPUTED, height=0.55)
    power.hlines(names, table["first_power"], table["last_power"] + 0.05, color=COMPUTED, linewidth=5)
    power.plot(table["first_power"], names, "o", color=COMPUTED, label="first site")
    titles = (
        "Investment, bn EUR per GW of IT",
        "Operational carbon, t per EFLOP-year (BF16)",
        "Sites have power, year",
    )
    for axes, title in zip((money, carbon, power), titles, strict=True):
        _dress(axes, title)
    power.xaxis.set_major_locator(MaxNLocator(integer=True))
    money.set_ylim(len(names) - 0.5, -0.5)
    return figure


def _dress(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=10, loc="left", color=INK)
    axes.tick_params(labelsize=8.5)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def write_page(plans: Mapping[str, Plan], announced: pd.DataFrame, usd_per_eur: float, folder: Path) -> Path:
    """Write PROGRAMMES.md and images/programmes.png into a folder; returns the page's path."""
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    figure = programmes_figure(plans, announced, usd_per_eur)
    figure.savefig(images / FIGURE, metadata={"Software": None})
    page = folder / "PROGRAMMES.md"
    part = page.with_suffix(".part")
    part.write_text(
        page_text(plans, announced, usd_per_eur, f"images/{FIGURE}"), encoding="utf-8", newline="\n"
    )
    part.replace(page)
    return page

"""Figure of regrets: a heat map of plans by scenarios, failures hatched, the plan of least worst regret in bold."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from siting.output.figures import INK, need_matplotlib
from siting.output.robust_text import SHOWN_PLANS, regret_cell, regret_unit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from siting.study.robust import Robust

DARK_SHARE = 0.6  # of the colour scale: text is white above
HATCHED = "#d9d9d6"


def robust_figure(robust: Robust) -> Figure:
    """Regret of each plan (down) in each scenario (across). Raises InputError without matplotlib."""
    need_matplotlib()
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    step, unit = regret_unit(robust)
    rows = robust.table.head(SHOWN_PLANS)
    names = [s.name for s in robust.scenarios]
    regret = rows[[f"regret in {name}" for name in names]].to_numpy(dtype=float) / step
    finite = np.isfinite(regret)
    most = float(regret[finite].max()) if finite.any() else 0.0
    size = (3.4 + 1.15 * len(names), 1.7 + 0.5 * len(rows))
    figure = Figure(figsize=size, dpi=150, facecolor="white", layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(
        np.where(finite, regret, np.nan), cmap="Blues", vmin=0.0, vmax=most or 1.0, aspect="auto"
    )
    for i, j in np.ndindex(*regret.shape):
        if not finite[i, j]:
            axes.add_patch(
                Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=HATCHED, edgecolor="white", hatch="///")
            )
        dark = finite[i, j] and most and regret[i, j] > DARK_SHARE * most
        text = regret_cell(float(regret[i, j]), 1.0)
        axes.text(j, i, text, ha="center", va="center", fontsize=8, color="white" if dark else INK)
    axes.set_xticks(range(len(names)), ["\n".join(textwrap.wrap(name, 14)) for name in names], fontsize=8)
    labels = axes.set_yticks(
        range(len(rows)), ["\n".join(textwrap.wrap(str(name), 28)) for name in rows.index], fontsize=8
    )
    for label in labels:
        label.label1.set_fontweight(
            "bold" if label.label1.get_text().replace("\n", " ") == robust.best else "normal"
        )
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=axes, shrink=0.8, label=f"regret, {unit}")
    title = str(next(iter(robust.optima.values())).record["title"])
    figure.suptitle(
        f"{title}: regret over scenarios", fontsize=12, fontweight="bold", color=INK, x=0.02, ha="left"
    )
    return figure

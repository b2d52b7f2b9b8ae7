"""How far the IT load bends: what may run in other hours, at other sites, or not at all. Arithmetic, no modelling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flexible:
    """Shares are of each hour's IT load, utilisation x IT power; all zero: the load is what it is.

    share: may run in other hours of its window of `hours` hours; shed_share_max: may be left undone, at shed_eur_mwh for
    each MWh of IT; moving_share: may run at another site in the same hour (whole model only).
    """

    share: float = 0.0
    hours: int = 24
    shed_share_max: float = 0.0
    shed_eur_mwh: float = 0.0
    moving_share: float = 0.0


RIGID = Flexible()


def windows(before: Sequence[int], hours: int) -> list[range]:
    """Modelled hours in windows of `hours`, none across the end of a period; the last of a period may be shorter.

    A period is what is cyclic in `before`: its first hour's predecessor is its last.

    >>> windows((2, 0, 1, 4, 3), 2)
    [range(0, 2), range(2, 3), range(3, 5)]
    """
    starts = [t for t, earlier in enumerate(before) if earlier >= t]
    return [
        range(t, min(t + hours, end))
        for start, end in zip(starts, [*starts[1:], len(before)], strict=True)
        for t in range(start, end, hours)
    ]


def load_range(
    flexible: Flexible, windows_: Sequence[range], weight: Sequence[float], load_mw: Sequence[float]
) -> tuple[float, float]:
    """What bending can change a year's load by at most, (down, up), both >= 0 (MWh); weight: hours of the year by hour.

    Moved work goes at best to the hour of its window that draws least for it, at worst to the one that draws most; shed
    work is not drawn at all.

    >>> load_range(Flexible(share=0.5, hours=2), [range(0, 2)], [1.0, 1.0], [10.0, 14.0])
    (2.0, 2.0)
    """
    mwh = [w * mw for w, mw in zip(weight, load_mw, strict=True)]
    down, up = flexible.shed_share_max * sum(mwh), 0.0
    for window in windows_ if flexible.share else ():
        mine, hours = [load_mw[t] for t in window], sum(weight[t] for t in window)
        down += flexible.share * (sum(mwh[t] for t in window) - hours * min(mine))
        up += flexible.share * (hours * max(mine) - sum(mwh[t] for t in window))
    return down, up

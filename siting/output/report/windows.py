"""Windows of hours worth looking at: the best matched, the one most like the year, and the tightest.

Matching is the carbon-free share of the load in its hour, as in the CFE score: contracted, on-site and stored clean power
used, and the carbon-free share of what the grid delivers. A window is one typical period, or one week of a full year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.output.report.tones import height, tone
from siting.output.words import option_name

if TYPE_CHECKING:
    from siting.plan.plan import Plan

HOURS_PER_WEEK = 168
HOURS_PER_DAY = 24
GRID_CLEAN, GRID_REST = "grid, carbon-free part", "grid, other part"
CONTRACTS = "contracted power (PPA)"
VISIBLE_MW = 0.05  # a band that never reaches this is left out of a stack
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Band:
    """One layer of a stack: what it is, its palette word, MW by hour."""

    name: str
    tone: str
    mw: Floats


@dataclass(frozen=True)
class Window:
    """Consecutive modelled hours, summed over some sites: load and where it comes from, MW by hour.

    role: best, typical or tightest; when: the dates in words; stands_for_h: hours of the year it stands for;
    cfe_share: carbon-free share of the load by hour; matching: the same over the whole window;
    used: bands from the bottom up, summing to load and charging; away: charging and surplus sold (drawn below zero).
    """

    role: str
    when: str
    stands_for_h: float
    load_mw: Floats
    cfe_share: Floats
    matching: float
    used: list[Band]
    away: list[Band]


def chosen_windows(plan: Plan, clean: dict[str, bool], sites: list[str] | None = None) -> list[Window]:
    """Best, typical and tightest window of all sites or of some; fewer if the plan models fewer.

    clean: whether an on-site option counts as carbon-free. Typical is the window whose matching is nearest to the year's.
    """
    hourly = plan.hourly if sites is None else plan.hourly[plan.hourly["site"].isin(sites)]
    if hourly.empty:
        return []
    flows = _summed(hourly, clean)
    weight = flows["weight_h"].to_numpy()
    load = flows["load_mw"].to_numpy()
    met = flows["clean_mw"].to_numpy()
    parts = _parts(flows["period"].to_numpy())
    score = np.array([met[p].sum() / load[p].sum() for p in parts])
    year = float(weight @ met / (weight @ load))
    roles: dict[str, int] = {"best": int(score.argmax()), "tightest": int(score.argmin())}
    between = [i for i in range(len(parts)) if i not in roles.values()]
    if between:
        roles["typical"] = min(between, key=lambda i: abs(score[i] - year))
    wanted: list[tuple[str, int]] = [
        (role, roles[role]) for role in ("best", "typical", "tightest") if role in roles
    ]
    if len(parts) == 1:
        wanted = [("only", 0)]
    return [_window(plan, flows.iloc[parts[i]], role, i, len(parts[i])) for role, i in wanted]


def kind_of_window(plan: Plan) -> str:
    """What one window is, in words: a typical day, or a week of the full year."""
    first = plan.hourly.loc[plan.hourly["site"] == plan.hourly["site"].iloc[0], "period"]
    length = int((first == first.iloc[0]).sum())
    if length > HOURS_PER_WEEK:
        return "week of the full year"
    if length == HOURS_PER_WEEK:
        return "typical week"
    return "typical day" if length == HOURS_PER_DAY else f"typical period of {length} hours"


def _summed(hourly: pd.DataFrame, clean: dict[str, bool]) -> pd.DataFrame:
    """Flows summed over sites by hour, with clean_mw: the carbon-free part of the load."""
    frame = hourly.fillna(0.0)
    bought = frame["buy_mw"] if "buy_mw" in frame else pd.Series(0.0, index=frame.index)
    share = frame.get("grid_cfe_share", 0.0)
    frame = frame.assign(grid_clean_mw=bought * share, grid_rest_mw=bought * (1 - share))
    met = frame["grid_clean_mw"].copy()
    for column in frame.columns:
        option = str(column).removesuffix("_mw").partition("_")[2]
        if column == "deliver_mw" or str(column).startswith("discharge_"):
            met += frame[column]
        elif str(column).startswith("charge_"):
            met -= frame[column]
        elif str(column).startswith("gen_") and clean.get(option, False):
            met += frame[column]
    frame = frame.assign(clean_mw=met - frame.get("grid_rest_in_contracts_mw", 0.0))
    flows = [c for c in frame.columns if str(c).endswith("_mw")]
    keys = frame.groupby("hour", sort=True)
    return pd.concat([keys[["period", "weight_h"]].first(), keys[flows].sum()], axis=1)


def _parts(period: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Positions of each window: the periods, those longer than a week cut into whole weeks."""
    parts = []
    for p in dict.fromkeys(period.tolist()):
        rows = np.flatnonzero(period == p)
        if len(rows) <= HOURS_PER_WEEK:
            parts.append(rows)
        else:
            whole = len(rows) // HOURS_PER_WEEK
            parts += np.split(rows[: whole * HOURS_PER_WEEK], whole)
    return parts


def _window(plan: Plan, rows: pd.DataFrame, role: str, which: int, hours: int) -> Window:
    columns = [str(c) for c in rows.columns]
    split = [c for c in columns if c.startswith("contract_")]  # plans of earlier versions hold their sum only
    used = []
    for column in split or [c for c in columns if c == "deliver_mw"]:
        option = column.removesuffix("_mw").partition("_")[2]
        used.append(
            Band(option_name(option) if split else CONTRACTS, tone(option or "wind"), _mw(rows, column))
        )
    for start in ("gen_", "discharge_"):
        for column in (c for c in columns if c.startswith(start)):
            option = column.removeprefix(start).removesuffix("_mw")
            name = option_name(option) + (" discharged" if start == "discharge_" else "")
            used.append(Band(name, tone(option), _mw(rows, column)))
    used.append(Band(GRID_CLEAN, "grid", _mw(rows, "grid_clean_mw")))
    used.append(Band(GRID_REST, "rest", _mw(rows, "grid_rest_mw")))
    away = [
        Band(f"{option_name(c.removeprefix('charge_').removesuffix('_mw'))} charged", "store", _mw(rows, c))
        for c in columns
        if c.startswith("charge_")
    ]
    if "sell_mw" in columns:
        away.append(Band("surplus sold", "sold", _mw(rows, "sell_mw")))
    load, met = _mw(rows, "load_mw"), _mw(rows, "clean_mw")
    used.sort(key=lambda band: height(band.tone))
    return Window(
        role=role,
        when=_when(plan, int(rows["period"].iloc[0]), which, hours),
        stands_for_h=float(rows["weight_h"].sum()),
        load_mw=load,
        cfe_share=met / np.where(load > 0, load, 1.0),
        matching=float(met.sum() / load.sum()),
        used=[band for band in used if band.mw.max() >= VISIBLE_MW],
        away=[band for band in away if band.mw.max() >= VISIBLE_MW],
    )


def _mw(rows: pd.DataFrame, column: str) -> Floats:
    return np.asarray(rows[column].to_numpy(), dtype=float)


def _when(plan: Plan, period: int, which: int, hours: int) -> str:
    """The dates of a window in words; those of a typical period are where its shape was taken from."""
    labels = plan.record["hours"]["periods"]
    try:
        return _day(date.fromisoformat(labels[period]))
    except (ValueError, IndexError):  # the full year: hours of a year without 29 February
        year = plan.model.time.weather_years[0]
        days = pd.date_range(f"{year}-01-01", f"{year}-12-31")
        days = days[~((days.month == 2) & (days.day == 29))]
        first = which * HOURS_PER_WEEK // HOURS_PER_DAY
        last = first + (hours - 1) // HOURS_PER_DAY
        return f"{_day(days[first].date())} to {_day(days[last].date())}"


def _day(when: date) -> str:
    return f"{when.day} {when:%B %Y}"

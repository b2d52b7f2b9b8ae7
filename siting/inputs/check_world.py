"""The whole of a world checked: tables, sources, licences, rules, hours, carbon; all problems at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd

from siting.errors import InputError
from siting.inputs.check import check_series
from siting.inputs.check_carbon import TOLERANCE_SHARE, check_carbon, has_published, levels_g_kwh
from siting.inputs.check_tables import table_problems, unchecked_quantities
from siting.inputs.licences import source_problems, unused_sources
from siting.inputs.rules import NationalRule, read_rules
from siting.inputs.world import World, read_world
from siting.inputs.world_checks import first_few

T = TypeVar("T")


@dataclass(frozen=True)
class Checked:
    """What a check found.

    series: `check.check_series`; carbon: `check_carbon.check_carbon`, empty in a world without published figures;
    levels_g_kwh: level of the hourly carbon by country; unchecked: quantities whose unit nothing knows;
    unused: sources nothing cites.
    """

    world: World | None
    series: pd.DataFrame
    carbon: pd.DataFrame
    levels_g_kwh: dict[str, float]
    tolerance_share: float
    rules: tuple[NationalRule, ...]
    unchecked: list[str]
    unused: list[str]
    problems: list[str]

    @property
    def summary(self) -> str:
        """What was found in order, in a line."""
        years = self.series["year"].nunique() if len(self.series) else 0
        told = f"tables, sources and licences, {len(self.series)} series of {years} weather years"
        told += f", {len(self.rules)} national rules" if self.rules else ""
        countries = self.carbon["country"].nunique() if len(self.carbon) else 0
        return told + (f" and the carbon of {countries} states" if countries else "") + " hold together"


def check_whole(folder: Path) -> Checked:
    """Check a world's folder. Never raises for what is wrong with the world: `problems` holds all of it."""
    problems: list[str] = []
    world = _try(problems, lambda: read_world(folder), None)
    problems += [line for line in table_problems(folder) if line not in problems]
    problems += [line for line in source_problems(folder) if line not in problems]
    series = _try(problems, lambda: check_series(folder), pd.DataFrame())
    if len(series):
        wrong = series[~series["ok"]]
        problems += first_few(
            f"{row.series}:{row.zone} of {row.year}: {row.problem}" for row in wrong.itertuples()
        )
    carbon = _try(problems, lambda: check_carbon(folder), pd.DataFrame()) if has_published(folder) else None
    if carbon is not None and len(carbon):
        wrong = carbon[carbon["problem"] != ""]
        problems += [f"carbon of {row.country} in {row.year}: {row.problem}" for row in wrong.itertuples()]
    return Checked(
        world=world,
        series=series,
        carbon=pd.DataFrame() if carbon is None else carbon,
        levels_g_kwh=levels_g_kwh(folder) if carbon is not None and len(carbon) else {},
        tolerance_share=TOLERANCE_SHARE,
        rules=_rules(problems, folder, world),
        unchecked=_try(problems, lambda: unchecked_quantities(folder), []),
        unused=_try(problems, lambda: unused_sources(folder), []),
        problems=list(dict.fromkeys(problems)),
    )


def _rules(problems: list[str], folder: Path, world: World | None) -> tuple[NationalRule, ...]:
    """Rules are read only where countries and sites are known."""
    if world is None:
        return ()
    countries, sites = list(world.countries.index), list(world.sites.index)
    return _try(problems, lambda: read_rules(folder, countries, sites), ())


def _try(problems: list[str], read: Callable[[], T], instead: T) -> T:
    try:
        return read()
    except InputError as error:
        problems.extend(error.problems)
        return instead

"""National rules for data centres (`rules.csv`), as typed rows: what is asked, of whom, from when.

Nothing here limits a plan: a model says which rules it obeys. A world without the table has no rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from siting.errors import InputError
from siting.inputs.csv_text import read_csv_text
from siting.inputs.places import nearest
from siting.inputs.world_checks import KINDS, first_few, number_of

FILE = "rules.csv"
UNION = "EU"  # the country of a rule that holds in every member state

# subject: unit, least and most of its value; no unit: the subject has no value
SUBJECTS: dict[str, tuple[str, float, float]] = {
    "pue_max": ("ratio", 1.0, 10.0),
    "renewable_share_min": ("share", 0.0, 1.0),
    "heat_reuse_share_min": ("share", 0.0, 1.0),
    "heat_reuse_exempt_km": ("km", 0.0, 1000.0),
    "firm_onsite_share_min": ("share", 0.0, 10.0),
    "reporting": ("1/yr", 0.0, 366.0),
    "region_only": ("", 0.0, 0.0),
    "grid_pause": ("", 0.0, 0.0),
}
STATUSES = ("in_force", "draft")
BASES = ("it", "connection", "")  # what a threshold counts
DATES = ("applies_from", "applies_to", "commissioned_from", "commissioned_to")
NUMBERS = ("grace_yr", "threshold_mw", "threshold_ha")
COLUMNS = (
    "rule",
    "country",
    "subject",
    "value",
    "unit",
    "status",
    *DATES,
    "grace_yr",
    "threshold_mw",
    "threshold_basis",
    "threshold_ha",
    "regions",
    "sites",
    "year",
    "kind",
    "source",
    "note",
)


@dataclass(frozen=True, slots=True)
class NationalRule:
    """One rule. Empty dates are open ends; an empty threshold counts as 0: every size.

    `value` is in `unit` (None for a subject without one); `grace_yr` years after commissioning the value must hold;
    `threshold_mw` is MW of `threshold_basis` (IT or connection), `threshold_ha` ha of built floor, both must be reached.
    `sites` are candidates within `regions`, where a `region_only` rule allows what it bars elsewhere.
    """

    rule: str
    country: str
    subject: str
    value: float | None
    unit: str
    status: str
    applies_from: date | None
    applies_to: date | None
    commissioned_from: date | None
    commissioned_to: date | None
    grace_yr: float
    threshold_mw: float
    threshold_basis: str
    threshold_ha: float
    regions: tuple[str, ...]
    sites: tuple[str, ...]
    year: str
    kind: str
    source: str
    note: str

    def concerns(
        self, country: str, commissioned: date, on: date, it_mw: float, connection_mw: float
    ) -> bool:
        """Whether the rule asks something on day `on` of a site of this size (MW) commissioned on a day.

        The built floor (`threshold_ha`) is not asked for: a rule that needs it too is taken to concern the site.
        """
        size_mw = it_mw if self.threshold_basis == "it" else connection_mw
        return (
            self.country in (country, UNION)
            and _within(on, self.applies_from, self.applies_to)
            and _within(commissioned, self.commissioned_from, self.commissioned_to)
            and size_mw >= self.threshold_mw
        )


def read_rules(world: Path, countries: Iterable[str], sites: Iterable[str] = ()) -> tuple[NationalRule, ...]:
    """Rules of a world in file order; `countries` and `sites` are the keys known to the world.

    Raises InputError that names every problem by row; () if the world has no rules.csv.
    """
    path = world / FILE
    if not path.is_file():
        return ()
    frame = read_csv_text(path, COLUMNS)
    known = {"country": sorted({*countries, UNION}), "sites": sorted(sites)}
    problems: list[str] = []
    seen: set[str] = set()
    for line, row in zip(frame.index, frame.to_dict("records"), strict=True):
        found = [*_row_problems(row, known)]
        if row["rule"] in seen:
            found.append("stands twice; keep one row")
        seen.add(row["rule"])
        problems += [f"{FILE} row {line} ({row['rule']}): {problem}" for problem in found]
    if problems:
        raise InputError(first_few(problems))
    return tuple(_rule(row) for row in frame.to_dict("records"))


def _within(day: date, start: date | None, end: date | None) -> bool:
    return (start is None or start <= day) and (end is None or day <= end)


def _row_problems(row: dict[Any, str], known: dict[str, list[str]]) -> Iterator[str]:
    if not row["rule"]:
        yield "rule is empty; name it"
    if row["country"] not in known["country"]:
        yield f"country '{row['country']}' is unknown; {nearest(row['country'], known['country'])}"
    for column, choices in (("status", STATUSES), ("threshold_basis", BASES), ("kind", KINDS)):
        if row[column] not in choices:
            yield f"{column} '{row[column]}'; write one of {', '.join(filter(None, choices))}"
    yield from (f"{column} is empty; fill it" for column in ("year", "source") if not row[column])
    yield from (
        f"sites: '{site}' is unknown; {nearest(site, known['sites'])}"
        for site in _list(row["sites"])
        if known["sites"] and site not in known["sites"]
    )
    yield from _number_problems(row)
    yield from _date_problems(row)
    yield from _subject_problems(row)


def _number_problems(row: dict[Any, str]) -> Iterator[str]:
    for column in NUMBERS:
        number = number_of(row[column]) if row[column] else 0.0
        if number is None or number < 0:
            yield f"{column} '{row[column]}'; write a number of at least 0, or leave it empty"
    if row["threshold_mw"] and not row["threshold_basis"]:
        yield "threshold_mw without threshold_basis; say whether it counts it or connection"


def _date_problems(row: dict[Any, str]) -> Iterator[str]:
    days = {column: _day(row[column]) for column in DATES}
    for column in DATES:
        if row[column] and days[column] is None:
            yield f"{column} '{row[column]}' is no date; write YYYY-MM-DD, or leave it empty"
    for what in ("applies", "commissioned"):
        start, end = days[f"{what}_from"], days[f"{what}_to"]
        if start and end and end < start:
            yield f"{what}_to {end} is before {what}_from {start}; correct one"


def _subject_problems(row: dict[Any, str]) -> Iterator[str]:
    if row["subject"] not in SUBJECTS:
        yield f"subject '{row['subject']}' is unknown; {nearest(row['subject'], list(SUBJECTS))}"
        return
    unit, least, most = SUBJECTS[row["subject"]]
    if row["unit"] != unit:
        yield f"unit '{row['unit']}'; {row['subject']} {f'is in {unit}' if unit else 'has no value and no unit'}"
    if not unit:
        if row["value"]:
            yield f"value '{row['value']}'; {row['subject']} has none: leave it empty"
        if row["subject"] == "region_only" and not row["regions"]:
            yield "regions is empty; name where it is allowed"
        return
    number = number_of(row["value"])
    if number is None or not least <= number <= most:
        yield f"value '{row['value']}'; {row['subject']} lies between {least:g} and {most:g}"


def _rule(row: dict[Any, str]) -> NationalRule:
    return NationalRule(
        rule=row["rule"],
        country=row["country"],
        subject=row["subject"],
        value=number_of(row["value"]),
        unit=row["unit"],
        status=row["status"],
        applies_from=_day(row["applies_from"]),
        applies_to=_day(row["applies_to"]),
        commissioned_from=_day(row["commissioned_from"]),
        commissioned_to=_day(row["commissioned_to"]),
        grace_yr=float(row["grace_yr"] or 0),
        threshold_mw=float(row["threshold_mw"] or 0),
        threshold_basis=row["threshold_basis"],
        threshold_ha=float(row["threshold_ha"] or 0),
        regions=_list(row["regions"]),
        sites=_list(row["sites"]),
        year=row["year"],
        kind=row["kind"],
        source=row["source"],
        note=row["note"],
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _list(text: str) -> tuple[str, ...]:
    return tuple(part for part in (piece.strip() for piece in text.split(";")) if part)

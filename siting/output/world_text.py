"""A world in the terminal: what its files hold, how good its hours are, how its carbon compares. At most 100 columns."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from siting.output.terminal import WIDTH
from siting.output.words import number
from siting.units import counted

if TYPE_CHECKING:
    import pandas as pd

    from siting.inputs.check_world import Checked

LETTERS = {"measured": "M", "modelled": "m", "proxy": "p", "scenario": "s"}
NONE = "."
SHORT = {  # headings of the matrix
    "solar_cf": "solar",
    "onwind_cf": "onwind",
    "offwind_cf": "offwind",
    "temperature_c": "temp",
    "carbon_g_kwh": "carbon",
    "cfe_share": "cfe",
    "price_eur_mwh": "price",
}


def checked_text(found: Checked) -> str:
    """Summary of a check: kinds by zone and series, errors by group, carbon against published, rules."""
    parts = []
    if found.world is not None:
        world = found.world
        tables = {"zone": world.zones, "country": world.countries, "site": world.sites}
        size = ", ".join(counted(len(table), name) for name, table in tables.items())
        parts.append(f"{world.name}: {size}, {len(found.rules)} national rules")
    if len(found.series):
        parts += [kinds_matrix(found.series), errors_text(found.series)]
    if len(found.carbon):
        parts.append(carbon_text(found.carbon, found.levels_g_kwh, found.tolerance_share))
    for what, names in (("Units not checked", found.unchecked), ("Sources nothing cites", found.unused)):
        if names:
            parts.append(textwrap.fill(f"{what}: {', '.join(names)}", WIDTH))
    return "\n\n".join(parts) + "\n"


def columns_text(frame: pd.DataFrame, right: Iterable[str] = (), width: int = WIDTH) -> str:
    """A data frame as plain columns; what does not fit is wrapped within the last one."""
    aligned = set(right)
    cells = [
        list(map(str, frame.columns)),
        *([_cell(v) for v in row] for row in frame.itertuples(index=False)),
    ]
    sizes = [max(len(row[i]) for row in cells) for i in range(len(frame.columns))]
    before = sum(sizes[:-1]) + 2 * (len(sizes) - 1)
    room = max(12, width - before)
    lines = []
    for row in cells:
        start = "  ".join(
            text.rjust(size) if name in aligned else text.ljust(size)
            for name, text, size in zip(frame.columns[:-1], row[:-1], sizes[:-1], strict=True)
        )
        last = row[-1].rjust(sizes[-1]) if frame.columns[-1] in aligned else row[-1]
        first, *rest = textwrap.wrap(last, room, drop_whitespace=frame.columns[-1] not in aligned) or [""]
        lines.append(f"{start}  {first}".rstrip())
        lines += [" " * (before) + text for text in rest]
    return "\n".join(lines)


def kinds_matrix(series: pd.DataFrame) -> str:
    """Zones by series: one letter a weather year, in the order of the years."""
    years = sorted(series["year"].unique())
    kind = {(r.zone, r.series, r.year): LETTERS.get(str(r.kind), "?") for r in series.itertuples()}
    names = [name for name in SHORT if name in set(series["series"])]
    names += sorted(set(series["series"]) - set(names))
    zones = sorted(series["zone"].unique())
    wide = max(len(years), *(len(SHORT.get(name, name)) for name in names)) + 2
    first = max(6, *(len(zone) + 2 for zone in zones))
    rows = ["zone".ljust(first) + "".join(SHORT.get(name, name).ljust(wide) for name in names)]
    for zone in zones:
        letters = ("".join(kind.get((zone, name, y), NONE) for y in years).ljust(wide) for name in names)
        rows.append((zone.ljust(first) + "".join(letters)).rstrip())
    legend = f"M measured, m modelled, p proxy, s scenario, {NONE} none; years {', '.join(map(str, years))}"
    return "\n".join([f"Hourly series: {legend}", *rows])


def errors_text(series: pd.DataFrame) -> str:
    """One line a group of series that are not measured: zones, kind, and the errors of the method where truth exists."""
    made = series[series["kind"] != "measured"]
    lines = [
        f"{'series':<9}{'kind':<10}{'corr':>6}{'bias':>7}{'RMSE':>7}{'week':>7}  zones; tested on",
        *(
            line
            for key, part in made.groupby(["series", "kind", "tested_on"], sort=False)
            for line in _error_lines(str(key[0]), str(key[1]), str(key[2]), part)
        ),
    ]
    head = "Errors of what is not measured: the method against truth (bias, RMSE, lowest week over the mean)"
    return "\n".join([head, *lines])


def _error_lines(series: str, kind: str, tested_on: str, part: pd.DataFrame) -> Iterator[str]:
    """The median over the group's zones and years; zones and test wrapped behind it."""
    medians = [
        part[name].median() for name in ("corr", "bias_share", "rmse_share", "lowest_week_error_share")
    ]
    cells = [f"{medians[0]:6.2f}" if math.isfinite(medians[0]) else f"{'-':>6}"]
    cells += [f"{m:+7.2f}" if math.isfinite(m) else f"{'-':>7}" for m in (medians[1],)]
    cells += [f"{m:7.2f}" if math.isfinite(m) else f"{'-':>7}" for m in (medians[2],)]
    cells += [f"{m:+7.2f}" if math.isfinite(m) else f"{'-':>7}" for m in (medians[3],)]
    start = f"{SHORT.get(series, series):<9}{kind:<10}{''.join(cells)}  "
    zones = " ".join(sorted(set(part["zone"])))
    said = f"{zones}; {tested_on}" if tested_on else f"{zones}; not tested"
    first, *rest = textwrap.wrap(said, WIDTH - len(start))
    yield start + first
    yield from (" " * len(start) + text for text in rest)


def carbon_text(carbon: pd.DataFrame, levels: dict[str, float], tolerance_share: float) -> str:
    """Published and recomputed intensities by country, ratio by year; then why the ones outside the tolerance are."""
    metered = carbon[carbon["mix"] == "metered"]
    years = sorted(metered["year"].unique())
    shown = 2019 if 2019 in years else years[-1] if years else None
    by = {(r["country"], r["year"], r["mix"]): r for r in carbon.to_dict("records")}
    fixed = next((year for _, year, mix in by if mix == "published"), None)
    head = f"{'state':<7}{'published':>10}{'recomputed':>11}" + "".join(f"{y:>7}" for y in years)
    head += f"{f'{fixed} mix':>10}{'level':>8}"
    lines = [
        f"Grid carbon, life cycle, g CO2e/kWh generated: metered mix times factors against published ({shown}),",
        "then recomputed/published by year; the level of the hourly series (trade counted, 2024) is beside",
        head,
    ]
    for country in sorted(set(carbon["country"])):
        main = by.get((country, shown, "metered"))
        values = (main["published_g_kwh"], main["recomputed_g_kwh"]) if main else (math.nan, math.nan)
        line = f"{country:<7}{number(values[0]):>10}{number(values[1]):>11}"
        line += "".join(f"{_ratio(by.get((country, y, 'metered'))):>7}" for y in years)
        line += f"{_ratio(by.get((country, fixed, 'published'))):>10}{number(levels.get(country)):>8}"
        lines.append(line)
    for (year, mix), part in carbon.groupby(["year", "mix"]):
        compared = part[part["ratio"].notna()]
        within = int(compared["ok"].sum())
        lines.append(
            f"{year}, {mix} mix: {within} of {len(compared)} states within {tolerance_share:.0%} of published"
        )
    for row in carbon[carbon["explanation"] != ""].to_dict("records"):
        lines += textwrap.wrap(
            f"{row['country']} {row['year']} ({row['mix']} mix) {row['explanation']}",
            WIDTH,
            subsequent_indent="  ",
        )
    return "\n".join(lines)


def _ratio(row: dict[Any, Any] | None) -> str:
    """The ratio, a star where it is outside the tolerance."""
    if row is None or not math.isfinite(row["ratio"]):
        return "-"
    return f"{row['ratio']:.2f}{'' if row['ok'] else '*'}"


def _cell(value: object) -> str:
    return number(value) if isinstance(value, float) else str(value)

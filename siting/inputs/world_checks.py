"""What a world's numbers and names must fulfil, as tables: units and bounds by quantity, columns, references."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import pandas as pd
from shapely.geometry import Point

from siting.inputs.places import nearest

if TYPE_CHECKING:
    from siting.inputs.values import Value

KINDS = ("measured", "modelled", "proxy", "scenario")
FAR_DEG = 2.0  # degrees of latitude or longitude, 100 to 200 km
SHOWN = 5  # problems of one kind shown in full before they are counted


class Rule(NamedTuple):
    """Units a quantity may be given in (a subject may follow: `EUR/MWh_th`), and where its value can lie."""

    units: tuple[str, ...]
    least: float = -math.inf
    most: float = math.inf
    least_itself: bool = True

    def admits(self, value: float) -> bool:
        """Whether a value is possible."""
        above = value >= self.least if self.least_itself else value > self.least
        return above and value <= self.most

    @property
    def text(self) -> str:
        """The bounds in words."""
        low = f"{'at least' if self.least_itself else 'above'} {self.least:g}"
        return low if math.isinf(self.most) else f"{low} and at most {self.most:g}"


def _cost(*units: str) -> Rule:
    return Rule(units, 0.0)


def _positive(*units: str) -> Rule:
    return Rule(units, 0.0, least_itself=False)


# by a quantity's name or how it ends; the longest entry that fits counts. Bounds are what is possible, not what is usual.
QUANTITIES: dict[str, Rule] = {
    # money: a subtraction or a market can make the two prices of the grid negative, nothing else
    "day_ahead_price_eur_mwh": Rule(("EUR/MWh",)),
    "network_charge_eur_mwh": Rule(("EUR/MWh",)),
    "eur": _cost("EUR"),
    "eur_mwh": _cost("EUR/MWh"),
    "eur_kw": _cost("EUR/kW"),
    "eur_kwh": _cost("EUR/kWh"),
    "eur_mw": _cost("EUR/MW"),
    "eur_mw_km": _cost("EUR/(MW km)"),
    "eur_t": _cost("EUR/t"),
    "per_eur": _positive("USD/EUR", "ratio"),
    # power, land, time
    "mw": Rule(("MW",), 0.0),
    "kw": _positive("kW"),
    "kw_max": _positive("kW"),
    "km": Rule(("km",), 0.0),
    "m2_kw": Rule(("m2/kW",), 0.0),
    "ha_mw": _positive("ha/MW"),
    "flh_h": Rule(("h",), 0.0, 8784.0),  # hours of a leap year
    "duration_h": _positive("h"),
    "yr": Rule(("yr",), 0.0),
    "mw_yr": _positive("MW/yr"),
    "life_yr": _positive("yr"),
    # carbon, water, climate
    "g_kwh": Rule(("gCO2e/kWh", "gCO2/kWh", "g/kWh"), 0.0),
    "t_mw": Rule(("t/MW", "tCO2e/MW"), 0.0),
    "t_mwh": Rule(("tCO2/MWh", "tCO2e/MWh", "t/MWh"), 0.0),
    "l_kwh": Rule(("L/kWh",), 0.0),
    "mean_c": Rule(("degC",)),
    "summer_c": Rule(("degC",)),
    "threshold_c": Rule(("degC",)),
    "slope_per_c": Rule(("1/K",), 0.0),
    "water_stress_score": Rule(("score 0-5",), 0.0, 5.0),
    "seismic_high": Rule(("0/1",), 0.0, 1.0),
    # sites
    "restricted": Rule(("0/1",), 0.0, 1.0),
    "allowed": Rule(("0/1",), 0.0, 1.0),
    "population_10ms": Rule(("people",), 0.0),
    "population_20ms": Rule(("people",), 0.0),
    "announced_year": Rule(("year",), 2020.0),
    # shares and ratios
    "share": Rule(("share", "share/yr"), 0.0, 1.0),
    "efficiency_share": Rule(("share",), 0.0, 1.0, least_itself=False),
    "factor": _positive("ratio"),
    "dc_ac_ratio": _positive("ratio"),
    "pue_base": Rule(("ratio",), 1.0),  # a facility draws at least what its IT draws
    "tflops": _positive("TFLOP/s"),
}

ROUTES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # route: its behaviours, and what `clean` can be; a contract counts as carbon-free supply in matching
    "grid": (("purchase",), ("false",)),
    "ppa": (("variable", "baseload"), ("true",)),
    "onsite": (("variable", "dispatchable"), ("true", "false")),
    "storage": (("storage",), ("false",)),
}
BEHAVIOURS = ("purchase", "variable", "baseload", "dispatchable", "storage")
NEEDED_BY_BEHAVIOUR = {"variable": "series", "dispatchable": "fuel"}

ZONE_QUANTITIES = (
    "day_ahead_price_eur_mwh",
    "network_charge_eur_mwh",
    "gas_price_eur_mwh",
    "grid_carbon_g_kwh",
    "grid_cfe_share",
)
SITE_NUMBERS = ("lat", "lon", "grid_mw", "grid_wait_yr", "line_km", "land_ha")
SITE_UNKNOWN = ("grid_wait_yr",)  # may be empty: asked for only when waiting counts
SITE_RAMP = "grid_ramp_mw_yr"  # may be empty, and the column missing: then all of grid_mw comes at once

Tables = dict[str, pd.DataFrame]
Values = dict[str, dict[tuple[str, str], "Value"]]


def number_of(text: str) -> float | None:
    """A finite number written plainly, or None.

    >>> number_of("1.5e3"), number_of("1_000"), number_of("15,5"), number_of("nan")
    (1500.0, None, None, None)
    """
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None


def rule_of(quantity: str) -> Rule | None:
    """The rule of a quantity, by the longest entry its name ends with.

    >>> rule_of("dc_life_yr").text, rule_of("something_else")
    ('above 0', None)
    """
    fitting = [entry for entry in QUANTITIES if f"_{quantity}".endswith(f"_{entry}")]
    return QUANTITIES[max(fitting, key=len)] if fitting else None


def value_problem(quantity: str, value: float, unit: str) -> str:
    """What is wrong with a value and its unit, or nothing."""
    rule = rule_of(quantity)
    if rule is None:
        return ""
    if not any(unit == known or unit.startswith(f"{known}_") for known in rule.units):
        return f"unit '{unit}' contradicts the name; {quantity} is in {' or '.join(rule.units)}: convert the value"
    if not rule.admits(value):
        return f"value {value:g} is impossible; {quantity} is {rule.text}"
    return ""


def first_few(problems: Iterable[str]) -> list[str]:
    """The first few problems of a kind, then a count: a thousand equal lines help nobody."""
    every = list(problems)
    rest = len(every) - SHOWN
    return every[:SHOWN] + ([f"... and {rest} more like the last"] if rest > 0 else [])


def world_problems(tables: Tables, values: Values, shapes: gpd.GeoDataFrame) -> list[str]:
    """Every problem between a world's tables, once each of them is readable.

    `tables`: the wide tables as text; `values`: the long ones; `shapes`: one feature a zone, property `zone`.
    """
    sites, zones = tables["sites"], tables["zones"]
    kinds: tuple[Iterable[str], ...] = (
        *_unknown_names(tables),
        *_unknown_keys(tables, values),
        _sources(tables, values),
        (line for row in tables["options"].to_dict("records") for line in _option(row)),
        *(_site_numbers(sites, column) for column in SITE_NUMBERS),
        _site_ramps(sites),
        _outside_wgs84(sites),
        _other_country(sites, zones),
        _far_from_zone(sites, shapes),
        *_site_kinds(sites),
        _missing_zone_values(zones, values),
        *_shapes(zones, shapes),
    )
    return [line for problems in kinds for line in first_few(problems)]


def _unknown_names(tables: Tables) -> Iterator[Iterator[str]]:
    for file, column, known in (
        ("zones", "country", "countries"),
        ("sites", "country", "countries"),
        ("sites", "zone", "zones"),
    ):
        yield _unknown(tables[file], file, column, sorted(tables[known][column]))


def _unknown(frame: pd.DataFrame, file: str, column: str, known: list[str]) -> Iterator[str]:
    for key, value in zip(frame.iloc[:, 0], frame[column], strict=True):
        if value not in known:
            yield f"{file}.csv: {column} '{value}' of '{key}' is unknown; {nearest(value, known)}"


def _unknown_keys(tables: Tables, values: Values) -> Iterator[list[str]]:
    for long, column, wide in (
        ("zone_values", "zone", "zones"),
        ("country_values", "country", "countries"),
        ("site_values", "site", "sites"),
        ("technologies", "option", "options"),
    ):
        known = sorted(tables[wide][column])
        keys = dict.fromkeys(key for key, _ in values[long])
        yield [f"{long}.csv: {column} '{k}' is unknown; {nearest(k, known)}" for k in keys if k not in known]


def _sources(tables: Tables, values: Values) -> Iterator[str]:
    cited = {value.source for table in values.values() for value in table.values()}
    for source in sorted(cited - set(tables["sources"]["source"])):
        yield f"sources.csv: no row for source '{source}', which other tables cite; add it"


def _option(row: dict[Any, str]) -> Iterator[str]:
    """A known route and behaviour that go together, with the series or the fuel they need."""
    k, route, behaviour = row["option"], row["route"], row["behaviour"]
    for column, value, known in (("route", route, tuple(ROUTES)), ("behaviour", behaviour, BEHAVIOURS)):
        if value not in known:
            yield f"options.csv: {column} '{value}' of '{k}' is unknown; {nearest(value, known)}"
    if route not in ROUTES or behaviour not in BEHAVIOURS:
        return
    behaviours, clean = ROUTES[route]
    if behaviour not in behaviours:
        yield f"options.csv: '{k}' cannot be {behaviour} on route {route}; write {' or '.join(behaviours)}"
    if row["clean"] not in clean:
        yield f"options.csv: clean '{row['clean']}' of '{k}'; on route {route} write {' or '.join(clean)}"
    needed = NEEDED_BY_BEHAVIOUR.get(behaviour)
    if needed is not None and not row[needed]:
        yield f"options.csv: '{k}' is {behaviour} and names no {needed}; name it"


def _site_numbers(sites: pd.DataFrame, column: str) -> Iterator[str]:
    for site, text in zip(sites["site"], sites[column], strict=True):
        number = number_of(text)
        if number is None and not (column in SITE_UNKNOWN and not text.strip()):
            yield f"sites.csv: {column} of '{site}' is '{text}', no finite number; give one"
        elif number is not None and number < 0 and column not in {"lat", "lon"}:
            yield f"sites.csv: {column} of '{site}' is {text}; give a value >= 0"


def _site_ramps(sites: pd.DataFrame) -> Iterator[str]:
    for site, text in zip(sites["site"], sites.get(SITE_RAMP, [""] * len(sites)), strict=True):
        if text.strip() and not (number_of(text) or 0.0) > 0:
            yield (
                f"sites.csv: {SITE_RAMP} of '{site}' is '{text}'; give MW a year above 0, "
                "or leave it empty where all of grid_mw comes at once"
            )


def _outside_wgs84(sites: pd.DataFrame) -> Iterator[str]:
    for site, lat, lon in zip(sites["site"], sites["lat"], sites["lon"], strict=True):
        if abs(number_of(lat) or 0.0) > 90 or abs(number_of(lon) or 0.0) > 180:
            yield (
                f"sites.csv: '{site}' lies at lat {lat}, lon {lon}, outside WGS 84; "
                "give degrees, and latitude before longitude"
            )


def _other_country(sites: pd.DataFrame, zones: pd.DataFrame) -> Iterator[str]:
    home = dict(zip(zones["zone"], zones["country"], strict=True))
    for site, country, zone in zip(sites["site"], sites["country"], sites["zone"], strict=True):
        if zone in home and home[zone] != country:
            yield f"sites.csv: '{site}' is in {country}, but its zone {zone} is in {home[zone]}; correct one"


def _far_from_zone(sites: pd.DataFrame, shapes: gpd.GeoDataFrame) -> Iterator[str]:
    """Sites a long way off the zone they name: shapes are coarse at coasts and borders, two degrees are no coast."""
    drawn = shapes[shapes["zone"].notna() & ~(shapes.geometry.isna() | shapes.geometry.is_empty)]
    shape = dict(zip(drawn["zone"], drawn.geometry, strict=True))
    for site, zone, *place in zip(sites["site"], sites["zone"], sites["lat"], sites["lon"], strict=True):
        lat, lon = map(number_of, place)
        if zone not in shape or lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
            continue  # told elsewhere
        if shape[zone].distance(Point(lon, lat)) > FAR_DEG:
            swapped = shape[zone].distance(Point(lat, lon)) <= FAR_DEG
            remedy = "latitude and longitude are swapped" if swapped else "correct the place or the zone"
            yield f"sites.csv: '{site}' at lat {place[0]}, lon {place[1]} is far outside its zone {zone}; {remedy}"


def _site_kinds(sites: pd.DataFrame) -> Iterator[Iterator[str]]:
    for column in (c for c in sites.columns if c.endswith("_kind")):
        own = column.removesuffix("_kind")
        told = sites[sites[own].str.strip() != ""] if own == SITE_RAMP and own in sites else sites
        yield _unknown(told, "sites", column, list(KINDS))


def _missing_zone_values(zones: pd.DataFrame, values: Values) -> Iterator[str]:
    for zone in zones["zone"]:
        for quantity in ZONE_QUANTITIES:
            if (zone, quantity) not in values["zone_values"]:
                yield (
                    f"zone_values.csv: zone '{zone}' has no {quantity}; add a row with unit, year, kind and source"
                )


def _shapes(zones: pd.DataFrame, shapes: gpd.GeoDataFrame) -> Iterator[list[str]]:
    named = shapes["zone"].dropna()
    drawn = set(named[~(shapes.geometry.isna() | shapes.geometry.is_empty)])
    known = sorted(zones["zone"])
    yield [f"zones.geojson: no shape for zone '{z}'; add a feature" for z in known if z not in drawn]
    yield [
        f"zones.geojson: zone '{z}' has two features; join them"
        for z in sorted(set(named[named.duplicated()]))
    ]
    yield [
        f"zones.geojson: zone '{z}' is not in zones.csv; {nearest(z, known)}"
        for z in sorted(set(named) - set(known))
    ]

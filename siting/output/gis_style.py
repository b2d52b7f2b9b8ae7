"""How QGIS draws the layers: circles by MW of IT in the colour of the main supply, zones in greys by price.

Written as QGIS styles (QML) of version 3; colours are the figures' and the terminal's.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np

from siting.output.figures import CANDIDATE, GREYS
from siting.output.paints import paint_of
from siting.output.report.tones import height, tone
from siting.output.words import option_name

if TYPE_CHECKING:
    from siting.output.layers import Layer

QGIS_VERSION = "3.22.0"  # the oldest release the styles are tested with
DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
MM_PER_ROOT_MW = 0.6  # circle diameter: its area grows with the MW
DOT_MM = 1.2  # a candidate that is not chosen
UNKNOWN = "#ffffff"
EXPRESSION = "3"  # QGIS's code of a property set by an expression
AROUND_POINT = "6"  # QGIS's code of label positions in order of preference around a point
LABEL = 'if("selected", "name" || \'\\n\' || format_number("it_mw", 0) || \' MW\', NULL)'
DIAMETER = f'{MM_PER_ROOT_MW} * sqrt("{{}}")'


def style_qml(layer: Layer) -> str:
    """The style of a layer as QML; empty for a layer that has none."""
    if layer.name not in STYLES:
        return ""
    head = {"version": QGIS_VERSION, "styleCategories": "Symbology|Labeling|Fields|MapTips"}
    root = ET.Element("qgis", {**head, **enabled(layer)})
    root.extend(style_elements(layer))
    return DOCTYPE + ET.tostring(root, encoding="unicode")


def enabled(layer: Layer) -> dict[str, str]:
    """Whether the layer has labels, as an attribute of its element."""
    return {"labelsEnabled": "1" if layer.name == "sites" else "0"}


def style_elements(layer: Layer) -> list[ET.Element]:
    """Renderer, labels, aliases with units and the map tip: the parts a style and a project share."""
    parts = [STYLES[layer.name](layer)]
    if layer.name == "sites":
        parts.append(_labels())
    aliases = ET.Element("aliases")
    for i, (name, (unit, _)) in enumerate(layer.columns.items(), start=1):
        text = name if unit == "-" else f"{name} [{unit}]"
        ET.SubElement(aliases, "alias", field=name, index=str(i), name=text)
    parts.append(aliases)
    tip = ET.Element("mapTip")
    tip.text = TIPS[layer.name]
    return [*parts, tip]


def _sites(layer: Layer) -> ET.Element:
    """Circles by MW of IT, one category an option that leads somewhere; dots for what is not chosen."""
    frame = layer.frame
    leading = [k for k in dict.fromkeys(frame["main_supply"].dropna()) if k]
    used = sorted(leading, key=lambda k: height(tone(k)))
    symbols = [_circle(paint_of(k), DIAMETER.format("it_mw")) for k in used]
    symbols.append(_dot())
    names = [(k, f"mostly {option_name(k)}") for k in used] + [("", "candidate, not chosen")]
    root = _renderer("categorizedSymbol", symbols, attr="main_supply", enableorderby="1")
    categories = ET.SubElement(root, "categories")
    for i, (value, label) in enumerate(names):
        ET.SubElement(
            categories, "category", value=value, label=label, symbol=str(i), render="true", type="string"
        )
    order = ET.SubElement(ET.SubElement(root, "orderby"), "orderByClause", asc="0", nullsFirst="0")
    order.text = '"it_mw"'  # large circles below small ones
    return root


def _zones(layer: Layer) -> ET.Element:
    """Greys by mean price; zones whose price is unknown are white."""
    edges = price_edges([float(p) for p in layer.frame["price_eur_mwh"].dropna()])
    bins = list(pairwise(edges))
    symbols = [_area(grey) for grey in GREYS[: len(bins)]] + [_area(UNKNOWN, CANDIDATE)]
    root = _renderer("RuleRenderer", symbols)
    rules = ET.SubElement(root, "rules", key="{rules}")
    for i, (low, high) in enumerate(bins):
        text = f'"price_eur_mwh" >= {low:g} AND "price_eur_mwh" < {high:g}'
        label = f"{low:g} to {high:g} EUR/MWh"
        ET.SubElement(rules, "rule", key=f"{{price-{i}}}", filter=text, label=label, symbol=str(i))
    ET.SubElement(
        rules, "rule", key="{price-unknown}", filter="ELSE", label="no grid price", symbol=str(len(bins))
    )
    return root


def price_edges(prices: list[float]) -> list[float]:
    """Edges in whole EUR/MWh of at most five classes that hold all prices, about as many zones in each.

    >>> price_edges([32.0, 41.5, 98.2]), price_edges([50.0]), price_edges([])
    ([32.0, 35.0, 39.0, 52.0, 75.0, 99.0], [50.0, 51.0], [])
    """
    if not prices:
        return []
    inner = np.quantile(prices, np.arange(len(GREYS)) / len(GREYS))
    return sorted({float(math.floor(edge)) for edge in inner} | {math.floor(max(prices)) + 1.0})


def _supply(layer: Layer) -> ET.Element:
    """Rings by contracted or installed MW, in the option's colour."""
    used = list(dict.fromkeys(layer.frame["option"]))
    symbols = [_circle(paint_of(k), DIAMETER.format("supply_mw")) for k in used]
    root = _renderer("categorizedSymbol", symbols, attr="option")
    categories = ET.SubElement(root, "categories")
    for i, k in enumerate(used):
        ET.SubElement(
            categories, "category", value=k, label=option_name(k), symbol=str(i), render="true", type="string"
        )
    return root


def _links(layer: Layer) -> ET.Element:
    width = 'max(0.1, 0.012 * sqrt(max("ntc_mw_ab", "ntc_mw_ba")))'
    line = _symbol(
        "line", "SimpleLine", {"line_color": rgba(CANDIDATE), "line_width": "0.4", "line_width_unit": "MM"},
        {"outlineWidth": width},
    )  # fmt: skip
    return _renderer("singleSymbol", [line])


STYLES = {"sites": _sites, "zones": _zones, "supply": _supply, "links": _links}
TIPS = {
    "sites": '<b>[% "name" %]</b> ([% "zone" %])<br>[% format_number("it_mw", 1) %] MW of IT<br>'
    '[% format_number("energy_eur_mwh", 1) %] EUR/MWh, [% format_number("carbon_g_kwh", 1) %] g CO2e/kWh',
    "zones": '<b>[% "name" %]</b><br>[% format_number("price_eur_mwh", 1) %] EUR/MWh, '
    '[% format_number("grid_carbon_g_kwh", 0) %] g CO2e/kWh',
    "supply": '<b>[% "name" %]</b>: [% "option" %] [% format_number("supply_mw", 1) %] MW',
    "links": '[% "zone_a" %] to [% "zone_b" %]: [% "ntc_mw_ab" %] MW, back [% "ntc_mw_ba" %] MW',
}


def rgba(colour: str, alpha: int = 255) -> str:
    """A hexadecimal colour as QGIS writes it.

    >>> rgba("#0072B2")
    '0,114,178,255'
    """
    return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)) + f",{alpha}"


def _renderer(kind: str, symbols: list[ET.Element], **attributes: str) -> ET.Element:
    root = ET.Element("renderer-v2", {"type": kind, "forceraster": "0", "symbollevels": "0", **attributes})
    holder = ET.SubElement(root, "symbols")
    for i, symbol in enumerate(symbols):
        symbol.set("name", str(i))
        holder.append(symbol)
    return root


def _circle(colour: str, diameter: str) -> ET.Element:
    values = {
        "name": "circle", "color": rgba(colour, 225), "outline_color": "255,255,255,255", "outline_width": "0.3",
        "outline_width_unit": "MM", "size": "4", "size_unit": "MM", "scale_method": "diameter",
    }  # fmt: skip
    return _symbol("marker", "SimpleMarker", values, {"size": diameter})


def _dot() -> ET.Element:
    values = {
        "name": "circle", "color": rgba(CANDIDATE), "outline_style": "no", "size": str(DOT_MM), "size_unit": "MM",
    }  # fmt: skip
    return _symbol("marker", "SimpleMarker", values, {})


def _area(colour: str, outline: str = "#ffffff") -> ET.Element:
    values = {
        "color": rgba(colour), "style": "solid", "outline_color": rgba(outline), "outline_width": "0.26",
        "outline_width_unit": "MM",
    }  # fmt: skip
    return _symbol("fill", "SimpleFill", values, {})


def _symbol(kind: str, name: str, values: dict[str, str], expressions: dict[str, str]) -> ET.Element:
    """A symbol of one layer: fixed values, and properties that an expression sets."""
    symbol = ET.Element("symbol", type=kind, alpha="1", clip_to_extent="1", force_rhr="0")
    layer = ET.SubElement(symbol, "layer", {"class": name, "pass": "0", "locked": "0", "enabled": "1"})
    for key, value in values.items():
        ET.SubElement(layer, "prop", k=key, v=value)
    if expressions:
        holder = _option(ET.SubElement(layer, "data_defined_properties"), None, "Map")
        _option(holder, "name", "QString", "")
        properties = _option(holder, "properties", "Map")
        for key, text in expressions.items():
            one = _option(properties, key, "Map")
            _option(one, "active", "bool", "true")
            _option(one, "expression", "QString", text)
            _option(one, "type", "int", EXPRESSION)
        _option(holder, "type", "QString", "collection")
    return symbol


def _option(parent: ET.Element, name: str | None, kind: str, value: str | None = None) -> ET.Element:
    given: dict[str, Any] = {"name": name, "type": kind, "value": value}
    return ET.SubElement(parent, "Option", {k: v for k, v in given.items() if v is not None})


def _labels() -> ET.Element:
    """Name and MW beside each chosen site."""
    root = ET.Element("labeling", type="simple")
    settings = ET.SubElement(root, "settings")
    text = ET.SubElement(
        settings, "text-style", fieldName=LABEL, isExpression="1", fontSize="9", fontSizeUnit="Point",
        textColor="34,34,34,255",
    )  # fmt: skip
    ET.SubElement(
        text, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferSizeUnits="MM",
        bufferColor="255,255,255,255",
    )  # fmt: skip
    ET.SubElement(settings, "placement", placement=AROUND_POINT, dist="3", distUnits="MM")
    ET.SubElement(settings, "rendering", scaleVisibility="0", displayAll="1")
    return root

"""A QGIS project that shows the plan when it is opened: the layers of the GeoPackage beside it, styled and in order."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import geopandas as gpd

from siting.output.gis_style import DOCTYPE, QGIS_VERSION, enabled, style_elements
from siting.output.report.shapes import EQUAL_AREA, EUROPE_M

if TYPE_CHECKING:
    from siting.output.layers import Layer
    from siting.plan.plan import Plan

ORDER = ("sites", "supply", "links", "zones")  # top first
HIDDEN = ("supply", "links")  # there to be switched on
SHAPES = {"sites": "Point", "supply": "Point", "links": "Line", "zones": "Polygon"}
FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # of the archive's entry, so that the same plan gives the same bytes
MARGIN_M = 150_000.0


def write_project(plan: Plan, layers: list[Layer], path: Path, package: str) -> None:
    """Write the `.qgz` of a GeoPackage `package` that lies in the same folder."""
    shown = {layer.name: layer for layer in layers if isinstance(layer.frame, gpd.GeoDataFrame)}
    ordered = [shown[name] for name in ORDER if name in shown]
    text = DOCTYPE + ET.tostring(project_xml(plan, ordered, package), encoding="unicode")
    entry = zipfile.ZipInfo(f"{path.stem}.qgs", FIXED_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry, text.encode("utf-8"))


def project_xml(plan: Plan, layers: list[Layer], package: str) -> ET.Element:
    """The project: paths relative to itself, map in equal area, the window around the plan's zones."""
    title = str(plan.record["title"])
    root = ET.Element("qgis", projectname=title, version=QGIS_VERSION)
    ET.SubElement(root, "title").text = title
    _crs(ET.SubElement(root, "projectCrs"), EQUAL_AREA)
    tree = ET.SubElement(root, "layer-tree-group")
    for layer in layers:
        ET.SubElement(
            tree, "layer-tree-layer", id=_id(layer), name=layer.title, providerKey="ogr",
            source=_source(layer, package), expanded="1",
            checked="Qt::Unchecked" if layer.name in HIDDEN else "Qt::Checked",
        )  # fmt: skip
    _canvas(root, layers)
    holder = ET.SubElement(root, "projectlayers")
    for layer in layers:
        _layer(holder, layer, package)
    properties = ET.SubElement(root, "properties")
    paths = ET.SubElement(properties, "Paths")
    ET.SubElement(paths, "Absolute", type="bool").text = "false"
    system = ET.SubElement(properties, "SpatialRefSys")
    ET.SubElement(system, "ProjectionsEnabled", type="int").text = "1"  # without it QGIS ignores projectCrs
    return root


def _canvas(root: ET.Element, layers: list[Layer]) -> None:
    """The window: all zones, but no more than Europe, for far islands would shrink all else."""
    frame = next(layer.frame for layer in layers if layer.name == "zones")
    west, south, east, north = frame.to_crs(EQUAL_AREA).total_bounds
    left, low, right, high = EUROPE_M
    window = (
        max(west, left) - MARGIN_M, max(south, low) - MARGIN_M, min(east, right) + MARGIN_M,
        min(north, high) + MARGIN_M,
    )  # fmt: skip
    canvas = ET.SubElement(root, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
    ET.SubElement(canvas, "units").text = "meters"
    extent = ET.SubElement(canvas, "extent")
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), window, strict=True):
        ET.SubElement(extent, name).text = f"{value:.0f}"
    _crs(ET.SubElement(canvas, "destinationsrs"), EQUAL_AREA)


def _layer(holder: ET.Element, layer: Layer, package: str) -> None:
    element = ET.SubElement(
        holder, "maplayer", {"type": "vector", "geometry": SHAPES[layer.name], **enabled(layer)}
    )
    for name, text in (
        ("id", _id(layer)),
        ("datasource", _source(layer, package)),
        ("layername", layer.title),
    ):
        ET.SubElement(element, name).text = text
    _crs(ET.SubElement(element, "srs"), layer.frame.crs.to_string())
    ET.SubElement(element, "provider", encoding="UTF-8").text = "ogr"
    element.extend(style_elements(layer))


def _id(layer: Layer) -> str:
    """QGIS drops ids of ten characters or less, and with them the layer from its tree."""
    return f"siting_layer_{layer.name}"


def _source(layer: Layer, package: str) -> str:
    return f"./{package}|layername={layer.name}"


def _crs(parent: ET.Element, code: str) -> None:
    from pyproj import CRS

    crs = CRS.from_user_input(code)
    system = ET.SubElement(parent, "spatialrefsys", nativeFormat="Wkt")
    ET.SubElement(system, "wkt").text = crs.to_wkt()
    authority = crs.to_authority()
    if authority:
        ET.SubElement(system, "authid").text = ":".join(authority)

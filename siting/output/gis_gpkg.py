"""The plan as one GeoPackage: layers, tables, units and meanings of every column, metadata and QGIS styles inside."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio

from siting.output.gis import origin
from siting.output.gis_style import style_qml

if TYPE_CHECKING:
    from siting.output.layers import Layer
    from siting.plan.plan import Plan

FIXED_TIME = "1980-01-01T00:00:00.000Z"  # of writing, as in the archive of a project
# columns as QGIS makes them: what is stored so is the style of a layer when it is opened
STYLE_COLUMNS = (
    "f_table_catalog",
    "f_table_schema",
    "f_table_name",
    "f_geometry_column",
    "styleName",
    "styleQML",
)
DATA_COLUMNS = """
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT,
  constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name))
"""
CONSTRAINTS = """
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN,
  max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))
"""
SCHEMA_DEFINITION = "http://www.geopackage.org/spec/#extension_schema"


def write_gpkg(plan: Plan, layers: list[Layer], path: Path) -> None:
    """Write layers (and tables without shapes) with all that explains them: the same bytes for the same plan.

    The file must not exist yet.
    """
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_TIME})
    try:
        _write(plan, layers, path)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _write(plan: Plan, layers: list[Layer], path: Path) -> None:
    about = {"title": str(plan.record["title"]), **origin(plan), "status": str(plan.record["status"])}
    for layer in layers:
        pyogrio.write_dataframe(
            layer.frame,
            path,
            layer=layer.name,
            driver="GPKG",
            append=path.exists(),
            dataset_metadata=None if path.exists() else about,
            layer_metadata={
                "units": json.dumps({name: unit for name, (unit, _) in layer.columns.items()}),
                "world": about["world"],
            },
            dataset_options={
                "VERSION": "1.3"
            },  # opens without a warning in the GDAL of long-term QGIS releases
            layer_options={"IDENTIFIER": layer.title, "DESCRIPTION": _described(layer, about)},
        )
    _store_styles(layers, path)
    _describe_columns(layers, path)


def _described(layer: Layer, about: dict[str, str]) -> str:
    return f"{layer.title}. {about['title']}; made by siting {about['siting']} from world {about['world']}."


def _store_styles(layers: list[Layer], path: Path) -> None:
    """One style a layer in the table `layer_styles`, each the default of its layer."""
    rows = []
    for layer in layers:
        qml = style_qml(layer)
        if isinstance(layer.frame, gpd.GeoDataFrame) and qml:
            rows.append(("", "", layer.name, "geom", "siting", qml, "", True, layer.title, "", None))
    more = ("styleSLD", "useAsDefault", "description", "owner", "ui")
    styles = pd.DataFrame(rows, columns=[*STYLE_COLUMNS, *more])
    styles["ui"] = ""
    styles["update_time"] = pd.Series(
        pd.NaT, index=styles.index, dtype="datetime64[ms, UTC]"
    )  # QGIS asks for it
    pyogrio.write_dataframe(
        styles, path, layer="layer_styles", driver="GPKG", append=True, layer_options={"FID": "id"}
    )


def _describe_columns(layers: list[Layer], path: Path) -> None:
    """The schema extension of the GeoPackage standard: an alias with the unit and a description of each column."""
    rows = [
        (layer.name, name, _alias(name, unit), _alias(name, unit), f"{meaning} [{unit}]")
        for layer in layers
        for name, (unit, meaning) in layer.columns.items()
    ]
    extensions = [
        (table, None, "gpkg_schema", SCHEMA_DEFINITION, "read-write")
        for table in ("gpkg_data_columns", "gpkg_data_column_constraints")
    ]
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(DATA_COLUMNS)
        file.execute(CONSTRAINTS)
        file.executemany(
            "INSERT INTO gpkg_data_columns (table_name, column_name, name, title, description) VALUES (?, ?, ?, ?, ?)",
            rows,
        )
        file.executemany("INSERT INTO gpkg_extensions VALUES (?, ?, ?, ?, ?)", extensions)


def _alias(name: str, unit: str) -> str:
    return name if unit == "-" else f"{name} [{unit}]"

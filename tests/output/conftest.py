"""A script that runs in QGIS's own Python is no module of the tests."""

collect_ignore = ["render_with_qgis.py"]

"""PyPSA is an extra of its own (`siting[bench]`): without it its model is not looked into for doctests."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("pypsa") else ["pypsa_model.py"]

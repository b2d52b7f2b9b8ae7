"""From raw packages to a world's hourly series: `build_series` reads the wheels and writes `series/`."""

from siting.inputs.build.series import build_series

__all__ = ["build_series"]

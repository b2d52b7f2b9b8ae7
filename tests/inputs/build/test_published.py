"""The published mixes and intensities of a world, as `siting data build` writes them from the source's own table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from siting.inputs.build import published

ENTRY = {
    "carbon_intensity": 123.456,
    "year": 2023,
    **dict.fromkeys(published.FACTOR_OF, 0.0),
    "wind_TWh": 1.23456,
}


class OneMix:
    """The same mix in every state: wind alone."""

    def __init__(self, *_: Any) -> None:
        pass

    def published_mix(self) -> dict[str, dict[str, Any]]:
        """By ISO3 country."""
        return dict.fromkeys(published.ISO3.values(), ENTRY)


def test_27_intensities_and_what_each_state_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published, "Raw", OneMix)
    published.build_published(tmp_path, tmp_path)
    carbon = pd.read_csv(tmp_path / "published_carbon.csv")
    assert len(carbon) == 27 and set(carbon["value"]) == {123.456} and set(carbon["unit"]) == {"gCO2e/kWh"}
    mix = pd.read_csv(tmp_path / "annual_mix_published.csv")
    assert len(mix) == 27 and set(mix["fuel"]) == {"onwind"} and set(mix["twh"]) == {1.2346}

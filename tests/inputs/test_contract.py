"""The example of the product's contract loads as it is written: what it leaves out has a neutral, stated meaning."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest
import yaml

from siting import api
from siting.errors import InputError
from siting.inputs.load import _Loader, load
from siting.inputs.places import WORLDS
from siting.inputs.schema import schema_text
from siting.inputs.selection import left_out
from siting.inputs.world import read_world

EXAMPLE = Path(__file__).parent / "contract.yaml"
TINY = Path(__file__).parents[1] / "worlds" / "tiny-model.yaml"
SHORT = {"time.representative": {"periods": 3, "hours": 24, "keep": ["peak_price"]}, "solve.threads": 1}


def test_the_contracts_example_loads_with_neutral_meanings() -> None:
    model = load(EXAMPLE)
    assert model.horizon.country_risk is False
    assert (model.sites.where.countries, model.sites.where.kinds, model.sites.where.min_score) == (None,) * 3
    assert model.sites.where.limits == {}
    assert model.sites.grid_wait == "enforce"
    assert model.load.accelerator == "H100"
    assert (model.carbon.internal_price_eur_t, model.carbon.cap_g_kwh) == (0.0, None)
    values = yaml.load(EXAMPLE.read_text(encoding="utf-8"), _Loader)
    jsonschema.Draft202012Validator(json.loads(schema_text())).validate(values)


@pytest.mark.skipif(
    not (WORLDS / "eu27" / "series" / "2019.parquet").is_file(), reason="the world eu27 has no hourly series"
)
def test_one_number_asks_for_it_in_every_period() -> None:
    """500,000 H100-equivalents of GB200 in 2029, 2032 and 2035: the same as a list of three."""
    installed = {**SHORT, "load.accelerator": "GB200"}
    listed = load(EXAMPLE, {**installed, "target.accelerators": [5e5, 5e5, 5e5]})
    once = load(EXAMPLE, installed)
    assert once.target is not None and once.target.by_period is None
    asked, stated = api.prepare(once).data, api.prepare(listed).data
    assert asked.target_it_mw == stated.target_it_mw == pytest.approx(475.3, abs=0.1)
    assert list(asked.earlier_it_mw.values()) == [asked.target_it_mw] * 2
    assert asked.earlier_it_mw == stated.earlier_it_mw


@pytest.mark.parametrize(
    ("target", "installed"),
    [({"accelerators": 1000, "accelerator": "GB200"}, "GB200"), ({"it_mw": 60}, None)],
)
def test_what_is_installed_follows_from_the_target_or_is_asked_for(
    tmp_path: Path, target: dict[str, Any], installed: str | None
) -> None:
    values = yaml.load(TINY.read_text(encoding="utf-8"), _Loader)
    values["target"] = target
    del values["load"]["accelerator"]
    path = tmp_path / "model.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    if installed is not None:
        assert load(path).load.accelerator == installed
        return
    with pytest.raises(InputError, match=r"load\.accelerator: is missing"):
        load(path)


def test_a_score_of_ones_own_filters_candidates() -> None:
    world = read_world(TINY.parent / "tiny")
    world.sites["score"] = pd.Series({"fr-lyon": 7.0, "fr-lille": 3.0})
    wanted = {"sites.where.min_score": 5, "sites.where.unknown": "refuse"}
    reasons = left_out(load(TINY, wanted).sites.where, world)
    assert reasons["fr-lyon"] == "" and reasons["fr-lille"] == "with score below 5"
    assert reasons["se-lulea"] == "with score unknown"
    with pytest.raises(InputError, match="min_score needs unknown"):
        load(TINY, {"sites.where.min_score": 5})

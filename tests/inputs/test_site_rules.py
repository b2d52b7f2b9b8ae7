"""Rules for candidate sites: selectors, order, notes, and rows that cannot be meant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from siting.errors import InputError
from siting.inputs.site_rules import COLUMNS, apply_rules, read_rules

BASE = [
    "small,city,,,0,grid_mw,100,MW,2026,scenario,test,small town",
    "large,city,,,500000,grid_mw,300,MW,2026,scenario,test,large town",
    "line,,,,,line_km,5,km,2026,scenario,test,small town",
    "land,,,,,land_ha,40,ha,2026,scenario,test,plain",
    "wait,,,,,grid_wait_yr,4,yr,2026,scenario,test,no figure",
    "wait_fr,,FR,,,grid_wait_yr,2.5,yr,2026,proxy,test,fast track",
    "hub,,,fr-paris,,grid_wait_yr,8,yr,2026,proxy,test,legacy hub",
]


def written(folder: Path, *rows: str) -> Path:
    (folder / "site_rules.csv").write_text("\n".join([",".join(COLUMNS), *rows]) + "\n", encoding="utf-8")
    return folder


def sites() -> pd.DataFrame:
    rows = [
        ("fr-paris", "city", "FR", 2_000_000),
        ("fr-agen", "city", "FR", 30_000),
        ("se-kiruna", "city", "SE", 500_000),
        ("se-gavle", "city", "SE", 499_999),
    ]
    return pd.DataFrame(rows, columns=["site", "kind", "country", "population"])


def test_the_last_rule_that_fits_counts(tmp_path: Path) -> None:
    ruled = apply_rules(sites(), read_rules(written(tmp_path, *BASE))).set_index("site")
    assert ruled["grid_mw"].tolist() == [300, 100, 300, 100]
    assert ruled["grid_wait_yr"].tolist() == [8, 2.5, 4, 4]
    assert ruled["grid_wait_yr_kind"].tolist() == ["proxy", "proxy", "scenario", "scenario"]
    assert np.isnan(ruled["restricted"]).all() and (ruled["restricted_kind"] == "").all()


def test_a_ramp_is_a_column_only_where_a_rule_gives_one(tmp_path: Path) -> None:
    without = apply_rules(sites(), read_rules(written(tmp_path, *BASE)))
    assert not [c for c in without if c.startswith("grid_ramp")]
    row = "steps,,FR,,100000,grid_ramp_mw_yr,60,MW/yr,2026,scenario,test,two steps"
    ruled = apply_rules(sites(), read_rules(written(tmp_path, *BASE, row))).set_index("site")
    assert ruled["grid_ramp_mw_yr"].dropna().to_dict() == {"fr-paris": 60.0}
    assert ruled["grid_ramp_mw_yr_kind"].tolist() == ["scenario", "", "", ""]
    assert ruled.at["fr-paris", "note"].endswith("ramp: two steps")
    pd.testing.assert_frame_equal(
        ruled.drop(columns=["grid_ramp_mw_yr", "grid_ramp_mw_yr_kind", "note"]),
        without.set_index("site").drop(columns="note"),
    )


def test_notes_share_the_words_of_equal_reasons(tmp_path: Path) -> None:
    ruled = apply_rules(sites(), read_rules(written(tmp_path, *BASE))).set_index("site")
    assert ruled.at["fr-agen", "note"] == "grid, line: small town; land: plain; wait: fast track"


def test_a_rule_for_another_kind_of_site_does_not_hold(tmp_path: Path) -> None:
    campus = sites().assign(kind="campus")
    with pytest.raises(InputError, match="no rule gives grid_mw to 'fr-paris'"):
        apply_rules(campus, read_rules(written(tmp_path, *BASE)))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("x,,,,,grid_mw,much,MW,2026,scenario,test,", "value and population_min are numbers"),
        ("x,,,,few,grid_mw,5,MW,2026,scenario,test,", "value and population_min are numbers"),
        ("x,,,,,grid_power,5,MW,2026,scenario,test,", "quantity 'grid_power' is unknown"),
        ("x,,,,,grid_mw,5,kW,2026,scenario,test,", "unit 'kW' contradicts the name"),
        ("x,,,,,grid_mw,-5,MW,2026,scenario,test,", "value -5 is impossible"),
        ("x,,,,,grid_ramp_mw_yr,5,MW,2026,scenario,test,", "unit 'MW' contradicts the name"),
        ("x,,,,,grid_ramp_mw_yr,0,MW/yr,2026,scenario,test,", "value 0 is impossible"),
        ("x,,,,,grid_mw,5,MW,2026,guess,test,", "kind 'guess'"),
        ("x,,,,,grid_mw,nan,MW,2026,scenario,test,", "numbers"),
    ],
)
def test_a_row_that_cannot_be_meant_is_named(tmp_path: Path, row: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_rules(written(tmp_path, *BASE, row))
    assert words in str(caught.value) and "site_rules.csv row 9 (x)" in str(caught.value)


def test_a_world_without_rules_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"site_rules\.csv: no such file"):
        read_rules(tmp_path)

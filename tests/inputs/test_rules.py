"""National rules as typed rows: read by hand-made tables, refused by row, and what the shipped ones say."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.errors import InputError
from siting.inputs.rules import COLUMNS, SUBJECTS, NationalRule, read_rules

SHIPPED = Path(__file__).parents[2] / "data" / "eu27"
PUE = {
    "rule": "xx-pue",
    "country": "DE",
    "subject": "pue_max",
    "value": "1.2",
    "unit": "ratio",
    "status": "in_force",
    "applies_from": "2026-07-01",
    "commissioned_from": "2026-07-01",
    "grace_yr": "2",
    "threshold_mw": "0.3",
    "threshold_basis": "connection",
    "year": "2023",
    "kind": "measured",
    "source": "law",
}


def world(folder: Path, *rows: dict[str, str]) -> Path:
    lines = [",".join(COLUMNS), *(",".join(row.get(column, "") for column in COLUMNS) for row in rows)]
    (folder / "rules.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def refused(folder: Path, **changes: str) -> str:
    with pytest.raises(InputError) as error:
        read_rules(world(folder, {**PUE, **changes}), ["DE", "NL"], ["nl-a"])
    return str(error.value)


def shipped() -> dict[str, NationalRule]:
    import pandas as pd

    countries = pd.read_csv(SHIPPED / "countries.csv")["country"]
    sites = pd.read_csv(SHIPPED / "sites.csv")["site"]
    return {rule.rule: rule for rule in read_rules(SHIPPED, countries, sites)}


def test_a_rule_is_read_with_its_types(tmp_path: Path) -> None:
    (rule,) = read_rules(world(tmp_path, PUE), ["DE"])
    assert (rule.value, rule.grace_yr, rule.threshold_mw, rule.threshold_ha) == (1.2, 2.0, 0.3, 0.0)
    assert rule.commissioned_from == date(2026, 7, 1) and rule.applies_to is None
    assert rule.regions == () and rule.sites == ()


def test_lists_are_split(tmp_path: Path) -> None:
    row = {**PUE, "subject": "region_only", "value": "", "unit": "", "regions": "A; B ", "sites": "nl-a"}
    (rule,) = read_rules(world(tmp_path, row), ["DE"], ["nl-a"])
    assert rule.regions == ("A", "B") and rule.sites == ("nl-a",) and rule.value is None


def test_a_world_without_the_table_has_no_rules(tmp_path: Path) -> None:
    assert read_rules(tmp_path, ["DE"]) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"country": "DD"}, "country 'DD' is unknown"),
        ({"subject": "pue_min"}, "did you mean pue_max"),
        ({"value": "0.9"}, "pue_max lies between 1 and 10"),
        ({"value": ""}, "value ''"),
        ({"value": "nan"}, "value 'nan'"),
        ({"unit": "share"}, "pue_max is in ratio"),
        ({"status": "planned"}, "in_force, draft"),
        ({"kind": "law"}, "measured, modelled, proxy, scenario"),
        ({"applies_from": "1.7.2026"}, "write YYYY-MM-DD"),
        ({"applies_to": "2020-01-01"}, "is before applies_from 2026-07-01"),
        ({"threshold_mw": "-1"}, "threshold_mw '-1'"),
        ({"threshold_basis": ""}, "threshold_mw without threshold_basis"),
        ({"sites": "nl-b"}, "sites: 'nl-b' is unknown; did you mean nl-a"),
        ({"source": ""}, "source is empty"),
        ({"subject": "grid_pause", "unit": ""}, "grid_pause has none"),
        ({"subject": "region_only", "unit": "", "value": ""}, "regions is empty"),
    ],
)
def test_a_fault_is_named_by_row(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    text = refused(tmp_path, **changes)
    assert "rules.csv row 2 (xx-pue)" in text and said in text


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    text = refused(tmp_path, country="DD", value="0.9", unit="share")
    assert "DD" in text and "0.9" in text and "share" in text


def test_a_doubled_rule_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"row 3 \(xx-pue\): stands twice"):
        read_rules(world(tmp_path, PUE, PUE), ["DE"])


def concerns(rule: NationalRule, commissioned: str, on: str, mw: float = 50.0, country: str = "DE") -> bool:
    return rule.concerns(country, date.fromisoformat(commissioned), date.fromisoformat(on), mw, 1.2 * mw)


def test_german_limits_by_commissioning_date() -> None:
    """EnEfG section 11: the table of limits, by hand."""
    rules = [r for r in shipped().values() if r.country == "DE" and r.status == "in_force"]

    def asked(subject: str, commissioned: str, on: str) -> list[float | None]:
        return [r.value for r in rules if r.subject == subject and concerns(r, commissioned, on)]

    assert asked("pue_max", "2026-06-30", "2027-06-30") == []
    assert asked("pue_max", "2026-06-30", "2027-07-01") == [1.5]
    assert asked("pue_max", "2026-06-30", "2030-07-01") == [1.3]
    assert asked("pue_max", "2026-07-01", "2030-07-01") == [1.2]
    for commissioned, least in (("2026-07-01", 0.10), ("2027-07-01", 0.15), ("2028-07-01", 0.20)):
        assert asked("heat_reuse_share_min", commissioned, "2031-01-01") == [least]
    assert asked("renewable_share_min", "2020-01-01", "2026-12-31") == [0.5]
    assert asked("renewable_share_min", "2030-01-01", "2030-01-01") == [1.0]


def test_irish_dutch_and_union_rules() -> None:
    rules = shipped()
    assert rules["ie-firm-onsite"].value == 1.0 and rules["ie-firm-onsite"].threshold_mw == 10
    assert rules["ie-renewable"].value == 0.8 and rules["ie-renewable"].grace_yr == 6
    dutch = rules["nl-hyperscale"]
    assert (dutch.threshold_mw, dutch.threshold_ha) == (70, 10)
    assert dutch.regions == ("Het Hogeland", "Hollands Kroon") and set(dutch.sites) == {
        "nl-eemshaven",
        "nl-middenmeer",
    }
    union = rules["eu-reporting"]
    assert concerns(union, "2020-01-01", "2026-01-01", mw=0.5, country="MT")
    assert not concerns(union, "2020-01-01", "2026-01-01", mw=0.49, country="MT")
    assert not concerns(union, "2020-01-01", "2024-09-14", country="MT")


def test_drafts_are_scenarios_and_every_subject_is_known() -> None:
    rules = shipped().values()
    assert {r.subject for r in rules} <= set(SUBJECTS)
    assert all((r.status == "draft") == (r.kind == "scenario") for r in rules)


@given(
    it=st.floats(0, 1000),
    days=st.integers(0, 3000),
    later=st.integers(0, 3000),
    country=st.sampled_from("AB"),
)
def test_a_larger_or_later_site_is_never_freed_by_an_open_rule(
    it: float, days: int, later: int, country: str
) -> None:
    """A rule without end dates that concerns a site concerns any larger one, and any later one."""
    base = date(2024, 1, 1).toordinal()
    start = date.fromordinal(base + days)
    rule = NationalRule(
        "r", "A", "pue_max", 1.2, "ratio", "in_force", start, None, start, None,
        0.0, 10.0, "it", 0.0, (), (), "2024", "measured", "law", "",
    )  # fmt: skip
    day, after = date.fromordinal(base + later), date.fromordinal(base + later + 100)
    if rule.concerns(country, day, day, it, it):
        assert rule.concerns(country, after, after, it + 1, it)
        assert country == "A" and it >= 10 and later >= days

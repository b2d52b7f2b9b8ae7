"""Keys on flexible load and adequacy: what they may be, what is said when they are not, and that left out they are off."""

from __future__ import annotations

from pathlib import Path

import pytest

from siting.inputs.load import load
from siting.inputs.planning_load import Adequacy
from tests.inputs.test_planning import TINY, changed_text, line_of, problems, written

LOAD = "cooling: [direct_to_chip]}"
SHED = "shed: {value_eur_mwh_it: 900, share_max: 0.2}"


def test_left_out_they_are_off() -> None:
    model = load(TINY)
    assert (model.load.flexible_share, model.load.moving_share, model.load.shed) == (0.0, 0.0, None)
    assert model.adequacy == Adequacy(firm_onsite_share=0.0, firm_hours=None)
    assert not model.is_whole


def test_all_of_them_at_once(tmp_path: Path) -> None:
    text = changed_text(
        (
            LOAD,
            f"cooling: [direct_to_chip], flexible_share: 0.3, flexible_hours: 6, moving_share: 0.2, {SHED}}}",
        )
    )
    path = written(tmp_path, text + "adequacy: {firm_onsite_share: 1, firm_hours: 4}\n")
    model = load(path)
    assert model.load.shed is not None
    assert (model.load.shed.value_eur_mwh_it, model.load.flexible_hours, model.adequacy.firm_hours) == (
        900,
        6,
        4,
    )
    assert model.is_whole


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("flexible_share: 1.2", "load.flexible_share = 1.2"),
        ("flexible_share: .nan", "load.flexible_share"),
        ("flexible_share: some", "load.flexible_share = 'some'"),
        ("flexible_hours: 1", "load.flexible_hours = 1"),
        ("flexible_hours: 48", "load.flexible_hours = 48"),
        ("flexible_hours: 2.5", "load.flexible_hours = 2.5"),
        ("moving_share: 1", "load.moving_share = 1"),
        ("moving_share: -0.1", "load.moving_share = -0.1"),
        ("shed: {value_eur_mwh_it: 0, share_max: 0.2}", "load.shed.value_eur_mwh_it = 0"),
        ("shed: {value_eur_mwh_it: 900}", "load.shed.share_max: is missing"),
        ("shed: {value_eur_mwh_it: 900, share_max: 1}", "load.shed.share_max = 1"),
        ("shed: 0.2", "load.shed"),
        ("flex_share: 0.2", "did you mean flexible_share?"),
        (f"flexible_share: 0.9, {SHED}", "keep their sum at 1 or less"),
        (f"moving_share: 0.8, {SHED}", "leave nothing at a site"),
    ],
)
def test_a_bad_load_is_named_with_its_line(tmp_path: Path, keys: str, words: str) -> None:
    found = "\n".join(problems(tmp_path, (LOAD, f"cooling: [direct_to_chip], {keys}}}")))
    assert words in found
    assert f"model.yaml:{line_of('utilisation_share')}:" in found


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("{firm_onsite_share: -1, firm_hours: 2}", "adequacy.firm_onsite_share = -1"),
        ("{firm_onsite_share: 1, firm_hours: 0}", "adequacy.firm_hours = 0"),
        ("{firm_onsite_share: 1}", "adequacy.firm_hours: is missing"),
        ("{firm_share: 1, firm_hours: 2}", "did you mean firm_onsite_share?"),
    ],
)
def test_a_bad_adequacy_is_named(tmp_path: Path, section: str, words: str) -> None:
    found = "\n".join(problems(tmp_path, ("\ntime:", f"\nadequacy: {section}\ntime:")))
    assert words in found


def test_frontier_asked_for_beside_moving_work_is_refused(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        (LOAD, "cooling: [direct_to_chip], moving_share: 0.2}"),
        ("solve: {method: auto", "solve: {method: frontier"),
    )
    assert "load.moving_share couples all sites hour by hour" in found[0]
    assert "--method whole" in found[0]

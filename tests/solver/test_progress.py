"""What a solve says while it runs: both bounds after every round, never crossing, closing up to the asked gap."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import siting
from siting import api
from siting.solver.progress import Clock, Step, gap_share
from siting.solver.work import Prices, Telling
from tests.solver.test_workers import GAP, GREEN


@pytest.fixture(scope="module")
def told(tiny_model: Path) -> list[Step]:
    """Every step of a frontier solve of several rounds."""
    steps: list[Step] = []
    model = api.load(tiny_model, {**GREEN, "solve.gap_share": GAP, "solve.method": "frontier"})
    siting.solve(model, report=steps.append, cache=False)
    return steps


def test_both_bounds_are_told_every_round(told: list[Step]) -> None:
    rounds = [step for step in told if "round" in step.stage]
    numbers = [int(re.findall(r"round (\d+)", step.stage)[0]) for step in rounds]
    assert len(numbers) >= 3 and numbers == list(range(1, len(numbers) + 1))
    assert all(step.bound is not None for step in rounds)
    first = next(i for i, step in enumerate(rounds) if step.incumbent is not None)
    assert all(step.incumbent is not None for step in rounds[first:]), "a plan once found stays"


def test_bounds_only_improve_and_never_cross(told: list[Step]) -> None:
    rounds = [step for step in told if "round" in step.stage]
    plans = [step.incumbent for step in rounds if step.incumbent is not None]
    bounds = [step.bound for step in rounds if step.bound is not None]
    assert all(later <= earlier for earlier, later in pairwise(plans))
    assert all(later >= earlier for earlier, later in pairwise(bounds))
    assert max(bounds) <= min(plans) * (1 + 1e-9)
    assert rounds[-1].gap is not None and rounds[-1].gap <= GAP


def test_seconds_run_on_and_the_stages_are_told_in_order(told: list[Step]) -> None:
    seconds = [step.seconds for step in told]
    assert seconds == sorted(seconds)
    order = ["reading the world", "pricing supply class", "round 1", "auditing the plan"]
    places = [next(i for i, step in enumerate(told) if words in step.stage) for words in order]
    assert places == sorted(places)


def test_a_gap_needs_both_sides() -> None:
    assert (
        Step("", 0.0).gap is None and Step("", 0.0, 1.0).gap is None and Step("", 0.0, None, 1.0).gap is None
    )
    assert Step("", 0.0, 200.0, 199.0).gap == gap_share(200.0, 199.0) == 0.005
    assert gap_share(0.0, 0.0) == 0.0


def test_a_clock_that_has_run_out_still_leaves_a_moment() -> None:
    assert Clock(0.0).left_s == 0.1
    assert 9.0 < Clock(10.0).left_s <= 10.0


class Slow:
    """A pool that takes four seconds a class on the clock of the test."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def price(self, asked: Mapping[str, Sequence[Prices]]) -> Iterator[Any]:
        for c in asked:
            self.clock.began -= 4.0
            yield c

    def close(self) -> None: ...


def test_pricing_says_how_far_it_is_from_the_start() -> None:
    """A full year: at once, then every five seconds at most; little work is done without a word."""
    said: list[str] = []
    clock = Clock(1e6, lambda step: said.append(step.stage))
    asked: dict[str, list[Prices]] = {c: [{("cost",): 1.0}] for c in "abcde"}
    assert list(Telling(Slow(clock), clock, 8_760).price(asked)) == list("abcde")
    assert said == [f"pricing supply classes, {n} of 5" for n in (0, 2, 4)]
    said.clear()
    little = Telling(Slow(clock), clock, 24)
    assert list(little.price(asked)) == list(little.price(asked)) == list("abcde")
    assert said == ["pricing supply classes, 0 of 5"]

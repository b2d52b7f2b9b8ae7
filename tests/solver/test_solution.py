"""Ties between candidates over several periods: whoever is built on has room, and no solved plan is lost."""

from __future__ import annotations

from dataclasses import replace

from siting.instance.instance import Instance, Node
from siting.solver.solution import equal_sites, settle_ties
from tests.build_instance import small_instance

PERIODS = (Node(2030, cost_share=0.5, carbon_share=0.5), Node(2035, cost_share=0.5, carbon_share=0.5))


def twins(**most_mw: tuple[float, float]) -> Instance:
    """Candidates that differ in their largest size alone: MW of IT in 2030 and in 2035."""
    small = small_instance()
    one = small.sites["one"]
    site_at = {s: tuple(replace(one, max_mw=mw) for mw in sizes) for s, sizes in most_mw.items()}
    return replace(small, nodes=PERIODS, sites={s: own[-1] for s, own in site_at.items()}, site_at=site_at)


def test_the_larger_site_takes_more_though_it_held_less() -> None:
    """20 MW at b and 10 MW at a, 40 MW large: the first by name has room for the larger, and b for the other."""
    data = twins(a=(40.0, 40.0), b=(20.0, 20.0))
    modules = {"a": 1, "b": 2, ("b", 2030): 1}
    assert settle_ties(data, modules) == ({"a": 2, "b": 1}, {("a", 2030): 1})


def test_room_is_asked_for_in_every_period() -> None:
    """a is as large as b in the end, and not before."""
    data = twins(a=(10.0, 20.0), b=(20.0, 20.0))
    assert settle_ties(data, {"b": 2, ("b", 2030): 1}) == ({"a": 2}, {("a", 2030): 1})
    assert settle_ties(data, {"b": 2, ("b", 2030): 2}) == ({"b": 2}, {("b", 2030): 2})


def test_a_plan_stays_as_it_is_where_the_last_would_find_no_room() -> None:
    """b, the largest in the end, could stand at a; what stands at a could not have stood at b in 2030."""
    data = twins(a=(20.0, 30.0), b=(10.0, 30.0))
    modules = {"a": 2, "b": 3, ("a", 2030): 2}
    assert settle_ties(data, modules) == ({"a": 2, "b": 3}, {("a", 2030): 2})


def test_equal_sites_have_no_less_room_before_the_end() -> None:
    data = twins(a=(40.0, 40.0), b=(20.0, 40.0))
    assert equal_sites(data, "b", "a") and not equal_sites(data, "a", "b")
    assert equal_sites(data, "a", "a")

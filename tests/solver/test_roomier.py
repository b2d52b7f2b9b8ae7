"""Classes that differ in their land alone: the roomiest one's proofs bound the others, who are priced where they are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from siting import api
from siting.instance.land import roomier
from siting.solver.frontier import solve_frontier
from siting.solver.known import Frontier, worth
from siting.solver.progress import Clock
from siting.solver.whole import solve_whole
from siting.solver.work import InProcess, Priced, Prices
from tests.build_instance import frontier, solved
from tests.instance.test_land import ONE, three  # noqa: F401 (a fixture)

COST = {("cost",): 1.0}
FR = ("FR 0.05 ha/MW", "FR 0.4 ha/MW", "FR 0.8 ha/MW")
# where sun on site pays, a MW costs the less the more land there is
DEAR = {"scenario.factors": {"grid_price": 2.0}}


class Told(InProcess):
    """Says what it was asked."""

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.asked: list[list[str]] = []

    def price(self, asked: Mapping[str, Sequence[Prices]]) -> Iterator[Priced]:
        if asked:
            self.asked.append(sorted(asked))
        return super().price(asked)


def test_who_has_more_land(three: Callable[..., Any]) -> None:  # noqa: F811
    found = roomier(api.prepare(three()).data)
    assert {c: set(found[c]) for c in FR} == {FR[0]: {FR[1], FR[2]}, FR[1]: {FR[2]}, FR[2]: set()}
    assert all(not others for c, others in found.items() if c not in FR)


def test_a_roomier_class_s_proof_holds_for_one_with_less_land(three: Callable[..., Any]) -> None:  # noqa: F811
    """Each class at the same prices: what is proven of the roomiest is no more than the others' best, and known is who was
    asked alone."""
    data = api.prepare(three(**DEAR)).data
    pool, frontier = InProcess(data), Frontier(roomier(data))
    for priced in pool.price({FR[2]: [COST]}):
        frontier.add(priced)
    assert len(frontier.bounds(FR[0])) == 1 and not frontier.knows(FR[0], COST)
    for priced in pool.price({c: [COST] for c in FR[:2]}):
        frontier.add(priced)
    least = {c: min(worth(COST, p.quantity) for p in frontier.of(c)) for c in FR}
    assert least[FR[0]] > least[FR[1]] > least[FR[2]]
    for c in FR:
        assert all(cut.value <= least[c] * (1 + 1e-9) for cut in frontier.bounds(c))


@pytest.mark.parametrize("barred", [[], ["fr-third"], ["fr-third", "fr-lille"]], ids=["all", "two", "one"])
def test_the_roomiest_is_priced_first(three: Callable[..., Any], barred: list[str]) -> None:  # noqa: F811
    """One site in France: the roomiest class is asked alone, another where the relaxation wants it; the whole model agrees."""
    question = {"sites.where.countries": ["FR"], **ONE, **DEAR, "sites.forbid": barred}
    data = api.prepare(three(**question)).data
    pool = Told(data)
    parts = solve_frontier(data, pool, Frontier(roomier(data)), Clock(60.0), 1e-6)
    whole = solve_whole(data, Clock(60.0), 1e-6, 1)
    assert parts.stages[0].value == pytest.approx(whole.stages[0].value, rel=3e-6)
    (roomiest,) = (c for c, others in roomier(data).items() if not others)
    assert pool.asked[0] == [roomiest]
    assert {data.sites[s].supply_class for s in parts.modules} <= {c for asked in pool.asked for c in asked}


def test_a_forced_site_with_little_land_is_priced(three: Callable[..., Any]) -> None:  # noqa: F811
    """Its class has no portfolio at first, and no plan exists without one."""
    question = {"sites.where.countries": ["FR"], **ONE, **DEAR, "sites.force": ["fr-lyon"]}
    data = api.prepare(three(**question)).data
    pool = Told(data)
    parts = solve_frontier(data, pool, Frontier(roomier(data)), Clock(60.0), 1e-6)
    whole = solve_whole(data, Clock(60.0), 1e-6, 1)
    assert list(parts.modules) == ["fr-lyon"] and [FR[0]] in pool.asked
    assert parts.stages[0].value == pytest.approx(whole.stages[0].value, rel=3e-6)


def test_who_differs_in_more_than_land_is_not_bounded_by_the_roomier(three: Callable[..., Any]) -> None:  # noqa: F811
    """Charges of 50 EUR/MWh on the roomiest class alone, as a rule on large sites would ask something of it: its proof says
    nothing of the others, who are cheaper."""
    data = api.prepare(three(**{"sites.where.countries": ["FR"], **ONE, **DEAR})).data
    dear = {**data.network_eur_mwh, FR[2]: data.network_eur_mwh[FR[2]] + 50.0}
    data = replace(data, network_eur_mwh=dear)
    assert {c: set(found) for c, found in roomier(data).items()} == {
        FR[0]: {FR[1]},
        FR[1]: set(),
        FR[2]: set(),
    }
    parts, whole = frontier(data), solved(data)
    assert parts.stages[0].status == "optimal"
    assert parts.stages[0].value == pytest.approx(whole.stages[0].value, rel=3e-6)
    assert {data.sites[s].supply_class for s in parts.modules} == {FR[1]}


def test_where_the_roomiest_has_no_supply_none_has(three: Callable[..., Any]) -> None:  # noqa: F811
    """French sites off the grid with sun alone stand dark at night, whatever their land: what was never priced is ruled out."""
    data = api.prepare(three(**ONE, **{"power.options": ["grid", "onsite_solar"]})).data
    tables = ("price_eur_mwh", "network_eur_mwh", "grid_carbon_t_mwh", "grid_cfe_share", "connection")
    data = replace(data, **{t: {c: v for c, v in getattr(data, t).items() if c not in FR} for t in tables})
    parts, whole = frontier(data), solved(data)
    assert parts.stages[0].status == "optimal"
    assert parts.stages[0].value == pytest.approx(whole.stages[0].value, rel=3e-6)
    pool, known = InProcess(data), Frontier(roomier(data))
    for priced in pool.price({FR[2]: [COST]}):
        known.add(priced)
    assert known.barred == set(FR)

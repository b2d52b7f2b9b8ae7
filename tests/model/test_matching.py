"""Matching by country and at each site: by hand, by both methods, row by row, and audited.

Grid of class AA: half carbon-free, EUR/MWh 50, 100, 30; a wind contract there makes 1, 0.5 and 0 MW per MW in three hours of
1,000 h each and is put at 160,000 EUR a year: it saves 1,000 x 50 + 500 x 100 = 100,000 EUR of purchase (network charges are the
same) and is signed for the sake of a rule alone. Class BB: nine tenths carbon-free, no contract. 10 MW of IT at each draw a flat
10 MW, 30,000 MWh, and cost 62,220,000 and 63,830,000 EUR/yr without any rule.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest

from siting.errors import InfeasibleError
from siting.instance.hours import Hours
from siting.instance.instance import Instance, Limit
from siting.model.build import pricing, whole
from siting.model.matching import matching
from siting.model.terms import Build
from siting.plan.audit import audit
from siting.plan.plan import Plan
from siting.plan.redispatch import investments, set_beside
from siting.solver.progress import Clock
from siting.solver.redispatch import operate
from tests.build_instance import (
    BATTERY,
    GAS,
    WIND,
    frontier,
    small_instance,
    small_plan,
    small_world,
    solved,
    total,
)
from tests.model.bend import two_hours
from tests.model.golden import assert_golden
from tests.solver.test_methods_agree import assert_agree

DEAR = replace(WIND, yearly_eur_mw=160_000.0)
KEY = "power.matching.cfe_score_min"
NO_RULE_EUR = 62_220_000.0 + 63_830_000.0


def both(share: float = 0.0, scope: str = "portfolio", kind: str = "hourly", **changes: Any) -> Instance:
    """10 MW of IT at each site, wind on offer in AA, and a rule in a scope."""
    asked: dict[str, Any] = {
        "ppa": DEAR,
        "countries_min": 2,
        "target_it_mw": 20.0,
        "matching": kind,
        **changes,
    }
    if scope == "portfolio":
        return small_instance(**asked, cfe_score_min=None if kind == "none" else share)
    data = small_instance(**asked)
    if scope == "site":
        return replace(data, matched_locally=(kind, share))
    rows = {
        ("clean_in", name): Limit(">=", share, "share of load", f"{KEY} of {name}") for name in ("AA", "BB")
    }
    return replace(data, limits={**data.limits, **rows})


SOLVE = pytest.mark.parametrize("solve", [solved, frontier], ids=["whole", "frontier"])
SCOPE = pytest.mark.parametrize("scope", ["country", "site"])


@SOLVE
def test_a_portfolio_leans_on_its_clean_site(solve: Callable[[Instance], Any]) -> None:
    """(0.5 + 0.9) / 2 = 0.7 of the load without any contract."""
    solution = solve(both(0.69))
    assert solution.energy["AA"].capacity["ppa", "wind_ppa"] == pytest.approx(0.0, abs=1e-6)
    assert total(solution.cost_eur) == pytest.approx(NO_RULE_EUR, rel=1e-9)


@SOLVE
@SCOPE
def test_by_hand(scope: str, solve: Callable[[Instance], Any]) -> None:
    """0.7 in AA: delivered + 0.5 x (30,000 - delivered) >= 21,000, so 12,000 MWh from 8 MW of wind, which cost 8 x 60,000 EUR
    more than they save. BB has its 0.9."""
    solution = solve(both(0.7, scope))
    assert solution.energy["AA"].capacity["ppa", "wind_ppa"] == pytest.approx(8.0, rel=1e-6)
    assert total(solution.cost_eur) == pytest.approx(NO_RULE_EUR + 480_000, rel=1e-9)


@SCOPE
def test_annual_by_hand(scope: str) -> None:
    """By the year purchases count for nothing: 0.2 of 30,000 MWh in AA are 6,000 MWh of 4 MW of wind; gas in its place is not
    clean. BB has no contract and meets no share above zero."""
    one = {"countries_min": 1, "target_it_mw": 10.0, "sites_max": 1, "forced": ("one",)}
    solution = solved(both(0.2, scope, "annual", gas=GAS, **one))
    assert solution.energy["AA"].capacity["ppa", "wind_ppa"] == pytest.approx(4.0, rel=1e-6)
    with pytest.raises(InfeasibleError):
        solved(both(0.2, scope, "annual"))
    with pytest.raises(InfeasibleError):
        frontier(both(0.2, scope, "annual"))


@SCOPE
@pytest.mark.parametrize("kind", ["hourly", "annual"])
@pytest.mark.parametrize("more", [{}, {"battery": BATTERY, "ppa": WIND}, {"internal_price_eur_t": 80.0}])
def test_whole_is_frontier(scope: str, kind: str, more: dict[str, Any]) -> None:
    share = 0.72 if kind == "hourly" else 0.0
    assert_agree(both(share, scope, kind, **more))


def test_scopes_tighten() -> None:
    """What each site reaches, each country does, and all together."""
    cost = [total(solved(both(0.74, scope)).cost_eur) for scope in ("portfolio", "country", "site")]
    assert cost[0] < cost[1] == pytest.approx(cost[2], rel=1e-9)


def test_off_adds_nothing() -> None:
    data = both(kind="none")
    rows = {c.name for c in whole(data).m.component_objects(pyo.Constraint)}
    assert "matched" not in rows
    assert "matched" in {c.name for c in whole(both(0.7, "site")).m.component_objects(pyo.Constraint)}


def test_rows_of_two_hours(tmp_path: Path) -> None:
    """The row of scope site for 1 MW of IT: (delivered + 0.5 bought - 0.7 load) / 1,000 >= 0."""
    data = two_hours(both(0.7, "site", battery=BATTERY).only("AA"))
    full = pricing(data)
    keep_only(full.m, "matched")
    assert_golden(full.m, "matching_site", tmp_path)


def test_rows_by_country_of_two_hours(tmp_path: Path) -> None:
    full = whole(two_hours(both(0.7, "country")))
    keep_only(full.m, "resource_limit")
    assert_golden(full.m, "matching_country", tmp_path)


def keep_only(m: pyo.ConcreteModel, name: str) -> None:
    for row in list(m.component_objects(pyo.Constraint)):
        if row.local_name != name:
            m.del_component(row)


@pytest.mark.parametrize("scope", ["portfolio", "country", "site"])
@pytest.mark.parametrize("kind", ["hourly", "annual"])
def test_the_plan_states_what_was_reached(scope: str, kind: str) -> None:
    """hourly: 0.72 = 0.5 + 8.8 x 1,500 / 60,000 in AA. What binds is named."""
    share = 0.72 if kind == "hourly" else 0.0
    data = both(share, scope, kind)
    plan = small_plan(data)
    stated = plan.record["matching"]
    assert (stated["kind"], stated["scope"], stated["share_min"]) == (kind, scope, share)
    names = {"portfolio": {"portfolio"}, "country": {"AA", "BB"}, "site": {"one", "two"}}[scope]
    assert set(stated["share_by"]) == names
    assert audit(data, plan.record, plan.hourly) == []
    if kind == "hourly":
        assert min(stated["share_by"].values()) == pytest.approx(0.72, rel=1e-6)
        named = {"portfolio": KEY, "country": f"{KEY} of AA", "site": f"{KEY} at one"}[scope]
        assert named in [row["limit"] for row in plan.record["binding"]]


@SCOPE
def test_the_audit_names_a_broken_rule(scope: str) -> None:
    """The plan of 0.7 held against 0.75."""
    plan = small_plan(both(0.7, scope))
    found = audit(both(0.75, scope), plan.record, plan.hourly)
    named = {"country": f"{KEY} of AA", "site": f"{KEY} at one"}[scope]
    assert any(named in finding and "oversteps" in finding for finding in found), found


@pytest.mark.parametrize("scope", ["portfolio", "country", "site"])
def test_the_audit_sees_every_lie(scope: str) -> None:
    data = both(0.7, scope)
    plan = small_plan(data)
    lies: list[Callable[[dict[str, Any]], object]] = [
        lambda m: m.update(kind="annual"),
        lambda m: m.update(scope="nowhere"),
        lambda m: m.update(share_min=0.69),
        lambda m: m["share_by"].update({next(iter(m["share_by"])): 0.9}),
        lambda m: m["share_by"].update(nobody=0.9),
        lambda m: m["share_by"].clear(),
    ]
    for lie in lies:
        record = copy.deepcopy(dict(plan.record))
        lie(record["matching"])
        assert audit(data, record, plan.hourly)
    record = copy.deepcopy(dict(plan.record))
    del record["matching"]
    assert audit(data, record, plan.hourly)
    assert audit(both(kind="none"), plan.record, plan.hourly)


def test_bought_energy_counts_at_its_hour() -> None:
    """The grid's share enters hour by hour: with w MW of wind per MW it is (w + (1 - w) 0.9 + w/2 + (1 - w/2) 0.1 + 0.5) / 3."""
    data = both(0.6, "site")
    data = replace(data, grid_cfe_share={**data.grid_cfe_share, "AA": (0.9, 0.1, 0.5)})
    plan = small_plan(data)
    row = next(r for r in plan.record["sites"] if r["site"] == "one")
    w = row["supply_mw"]["wind_ppa"] / row["it_mw"]
    by_hand = (w + (1 - w) * 0.9 + 0.5 * w + (1 - 0.5 * w) * 0.1 + 0.5) / 3
    assert plan.record["matching"]["share_by"]["one"] == pytest.approx(by_hand, rel=1e-9)
    assert by_hand == pytest.approx(0.6, rel=1e-6)
    assert np.isclose(row["cfe_score"], by_hand)


@pytest.mark.parametrize("scope", ["country", "site"])
def test_other_hours_are_held_against_the_rule(scope: str) -> None:
    """The plan of 0.7 with 8 MW of wind in a year whose grid is carbon-free by 0.4 at AA: operated all the same, 0.4 + 0.6 x 0.4
    = 0.64 of the load, and reported as 0.06 short."""
    data = both(0.7, scope)
    plan = small_plan(data)
    other = replace(data, grid_cfe_share={**data.grid_cfe_share, "AA": (0.4, 0.4, 0.4)})
    hours = Hours(pd.DataFrame(index=range(3)), data.weight, data.before, (0, 0, 0), ("by hand",), {})
    operated = operate(other, *investments(plan, other), Clock(30.0))
    told = {row["limit"]: row for row in set_beside(plan, small_world(data), hours, other, operated).limits}
    row = told[{"country": f"{KEY} of AA", "site": f"{KEY} at one"}[scope]]
    assert row["used"] == pytest.approx(0.64, rel=1e-6)
    assert row["exceeded_by"] == pytest.approx(0.06, rel=1e-5)


def test_plans_of_no_site_match_nothing() -> None:
    data = small_instance(
        matching="hourly", cfe_score_min=0.5, target_it_mw=0.0, sites_min=0, countries_min=0
    )
    plan: Plan = small_plan(data)
    assert plan.record["matching"]["share_by"] == {}
    assert audit(data, plan.record, plan.hourly) == []


def test_a_class_without_a_rule_has_no_row() -> None:
    b = Build(pyo.ConcreteModel(), both(0.7))
    matching(b)
    assert not list(b.m.component_objects(pyo.Constraint))

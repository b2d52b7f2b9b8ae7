"""Several periods and cases: one plan over all of them, by hand, by both methods, and as its audit sees it.

One site, 10 MW of IT asked for in 2028 (off the grid) and 20 MW in 2031. Per MW and year, EUR:

    2028  building and accelerators 6,000,000 + engines 30,000 + gas and allowances 3000 h x 60 = 180,000   -> 6,210,000
    2031  housing 6,000,000 + engines 30,000 + connection 10,000 + line 2,000
          + hours 1 and 3 from the grid (50 + 10 + 30 + 10) x 1000 = 100,000, hour 2 by engine 60,000 < 110,000 -> 6,202,000

New engines pay in 2031 too (30,000 a MW against 50,000 saved in hour 2). The mean year: 0.4 x 62.1 M + 0.6 x 124.04 M.
Invested: 2028 10 x (10 + 20 + 0.5) M; 2031 the same, and 20 x 0.12 M for connection and line.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from siting.errors import InfeasibleError
from siting.instance.instance import Limit
from siting.instance.precheck import precheck
from siting.model.build import whole
from tests.build_horizon import two_cases, two_periods
from tests.build_instance import frontier, solved, total
from tests.model.golden import assert_golden

MEAN = 0.4 * 62.1e6 + 0.6 * 124.04e6
INVESTED = 10 * 30.5e6 * 2 + 20 * 0.12e6


METHODS = {"whole": solved, "frontier": frontier}


@pytest.mark.parametrize("method", METHODS)
def test_bridging_by_hand(method: str) -> None:
    solution = METHODS[method](two_periods())
    assert solution.stages[0].value == pytest.approx(MEAN, rel=1e-6)
    assert total(solution.capex_eur) == pytest.approx(INVESTED, rel=1e-6)
    assert solution.modules == {"one": 2} and solution.earlier == {("one", 2028): 1}
    first, last = solution.energy["AA@2028"], solution.energy["AA@2031"]
    assert first.capacity["onsite", "gas_engine@2028"] == pytest.approx(10.0)
    assert last.capacity["onsite", "gas_engine@2028"] == pytest.approx(10.0)
    assert last.capacity["onsite", "gas_engine@2031"] == pytest.approx(10.0)
    assert last.capacity["connection",] == pytest.approx(20.0)


@pytest.mark.parametrize("method", METHODS)
def test_without_a_bridge_compute_starts_later(method: str) -> None:
    """No engine in 2028: nothing runs before the grid comes, and a target of 2028 has no plan."""
    late = {("AA@2031", "gas_engine@2031"): two_periods().onsite["AA@2031", "gas_engine@2031"]}
    data = two_periods(onsite=late, availability=dict.fromkeys(late, (1.0, 1.0, 1.0)))
    solution = METHODS[method](replace(data, earlier_it_mw={2028: 0.0}))
    assert solution.modules == {"one": 2} and solution.earlier == {}
    with pytest.raises(InfeasibleError):
        METHODS[method](data)
    with pytest.raises(
        InfeasibleError,
        match=r"target of 2028 needs 10\.0 MW of IT, but sites with power by then hold 0\.0 MW",
    ):
        precheck(data)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "limits",
    [
        {("carbon", "2028"): Limit("<=", 11_000.0, "t/yr", "cap of 2028")},
        {("capex", "2031"): Limit("<=", 306e6, "EUR", "budget of 2031")},
        {("capex",): Limit("<=", 611e6, "EUR", "budget")},
        {("carbon_rate", "2031"): Limit("<=", 360.0, "g/kWh", "rate of 2031")},
    ],
)
def test_limits_by_period_bind(method: str, limits: Any) -> None:
    """10 MW on engines emit 12,000 t in 2028, and 2031 comes to (0.4 + 0.4 + 0.3) / 3 t/MWh at least: below there is no
    plan. Less money only makes it dearer."""
    data = two_periods(limits=limits)
    if next(iter(limits))[0] != "capex":
        with pytest.raises(InfeasibleError):
            METHODS[method](data)
        return
    assert METHODS[method](data).stages[0].value > MEAN * (1 + 1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_retired_plant_is_gone(method: str) -> None:
    """Engines of 2028 that do not live to see 2031 are built anew: the cost is the same, the investment 5 M more."""
    data = two_periods()
    gone = {key: option for key, option in data.onsite.items() if key != ("AA@2031", "gas_engine@2028")}
    left = {key: data.availability[key] for key in gone}
    solution = METHODS[method](replace(data, onsite=gone, availability=left))
    assert solution.stages[0].value == pytest.approx(MEAN, rel=1e-6)
    assert total(solution.capex_eur) == pytest.approx(INVESTED + 10 * 0.5e6, rel=1e-6)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    early=st.sampled_from([0.0, 10.0]),
    late=st.sampled_from([10.0, 20.0]),
    fuel=st.floats(20.0, 120.0),
    engine=st.floats(10_000.0, 90_000.0),
    cap=st.one_of(st.none(), st.floats(8_000.0, 40_000.0)),
)
def test_both_methods_agree(early: float, late: float, fuel: float, engine: float, cap: float | None) -> None:
    data = two_periods(early, max(early, late))
    drawn = {k: replace(o, energy_eur_mwh=fuel, yearly_eur_mw=engine) for k, o in data.onsite.items()}
    limits = {("carbon", "2031"): Limit("<=", cap, "t/yr", "cap")} if cap else {}
    data = replace(data, onsite=drawn, limits=limits)
    try:
        one = solved(data)
    except InfeasibleError:
        with pytest.raises(InfeasibleError):
            frontier(data)
        return
    assert frontier(data).stages[0].value == pytest.approx(one.stages[0].value, rel=1e-5)


def test_golden(tmp_path: Path) -> None:
    """What is built stays: sizes tied over two periods, two hours."""
    data = two_periods()
    hourly = ("price_eur_mwh", "grid_carbon_t_mwh", "grid_cfe_share")
    short = replace(
        data,
        weight=(1_000.0, 1_000.0),
        before=(1, 0),
        halls={key: replace(hall, pue=(1.0, 1.0)) for key, hall in data.halls.items()},
        availability=dict.fromkeys(data.availability, (1.0, 1.0)),
        **{name: {c: v[:2] for c, v in getattr(data, name).items()} for name in hourly},
    )
    assert_golden(whole(short).m, "horizon", tmp_path)


# --- cases

AA_USUAL, AA_DEAR, BB = (
    62.22e6,
    64.92e6,
    63.83e6,
)  # EUR/yr of 10 MW: see build_instance; purchase x 2.5 is 270,000 a MW more


@pytest.mark.parametrize("method", METHODS)
def test_the_mean_and_the_dearest_case_choose_other_sites(method: str) -> None:
    mean = METHODS[method](two_cases())
    assert mean.modules == {"one": 1}
    assert mean.stages[0].value == pytest.approx(0.7 * AA_USUAL + 0.3 * AA_DEAR, rel=1e-6)
    worst = METHODS[method](two_cases(tail_share=0.3, objectives=("risk", "cost")))
    assert worst.modules == {"two": 1}
    assert worst.stages[0].value == pytest.approx(BB, rel=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_cvar_by_hand(method: str) -> None:
    """The dearest half of outcomes at site one: all of the dear case (0.3) and 0.2 of the usual one."""
    data = two_cases(tail_share=0.5, objectives=("risk",), forced=("one",))
    expected = (0.3 * AA_DEAR + 0.2 * AA_USUAL) / 0.5
    assert METHODS[method](data).stages[0].value == pytest.approx(expected, rel=1e-5)


def test_cases_share_all_investments() -> None:
    """The connection is one decision: as large as the case that needs most of it."""
    data = two_cases(forced=("one",))
    solution = solved(data)
    sizes = {cell: e.capacity["connection",] for cell, e in solution.energy.items()}
    assert sizes == {"AA@2030/usual": pytest.approx(10.0), "AA@2030/dear": pytest.approx(10.0)}
    capex = {place for _, _, place in solution.capex_eur if place.startswith("AA")}
    assert capex == {"AA@2030/usual"}

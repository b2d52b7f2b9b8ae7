"""What is said to hold for every mix of a class without solving anything: never more than its LP says, for drawn instances."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.instance.duties import HeatNetwork
from siting.instance.flexible import Flexible
from siting.instance.instance import Instance
from siting.model.horizon import natural_cuts
from siting.solver.known import worth
from siting.solver.work import InProcess
from tests.build_horizon import three_periods, two_cases, two_periods
from tests.build_instance import GAS, WIND, frontier, solved
from tests.test_properties import FEW, share, three

BENDS = [Flexible(), Flexible(share=0.3), Flexible(shed_share_max=0.3, shed_eur_mwh=70.0)]
EUR_MWH = st.sampled_from(
    [-300.0, -50.0, 40.0, 100.0]
)  # of power: buying may pay more than anything else costs


@st.composite
def horizons(draw: st.DrawFn) -> Instance:
    """Cases or periods; prices, halls, contracts, engines, what bends and what a heat network pays drawn."""
    base = draw(st.sampled_from([two_cases, two_cases, two_periods, three_periods]))()
    base = replace(
        base, flexible=draw(st.sampled_from(BENDS)), excess_share_max=draw(st.sampled_from([0.0, 0.2]))
    )
    base = replace(base, utilisation_share=draw(st.sampled_from([0.5, 1.0])))
    connected = list(base.price_eur_mwh)
    wind = {(cell, "wind_ppa"): WIND for cell in connected} if len(base.periods) == 1 else {}
    engines = {(cell, "gas_engine"): GAS for cell in connected} if len(base.periods) == 1 else base.onsite
    output = draw(three(share, share, share))
    price = draw(st.sampled_from([-20.0, 120.0, 300.0]))
    network = HeatNetwork(
        price, draw(st.sampled_from([0.3, 1.0])), 0.0, draw(st.sampled_from([0.0, 50_000.0]))
    )
    pue = three(*[st.sampled_from([1.0, 1.2])] * 3)
    return replace(
        base,
        price_eur_mwh={cell: draw(three(EUR_MWH, EUR_MWH, EUR_MWH)) for cell in connected},
        halls={key: replace(hall, pue=draw(pue), liquid_heat_share=1.0) for key, hall in base.halls.items()},
        ppa=wind,
        onsite=engines,
        availability={
            **base.availability,
            **dict.fromkeys(engines, (1.0,) * 3),
            **dict.fromkeys(wind, output),
        },
        heat=dict.fromkeys(base.it, network),
    )


@FEW
@given(horizons())
def test_no_mix_undercuts_what_holds_for_all(data: Instance) -> None:
    for c in data.classes:
        cuts = natural_cuts(data, c)
        (priced,) = InProcess(data).price({c: [prices for prices, _ in cuts]})
        for (prices, value), (portfolio, _) in zip(cuts, priced.found, strict=True):
            least = worth(prices, portfolio.quantity)
            assert least >= value - 1e-6 * max(1.0, abs(value)), prices


def sold(price_eur_mwh: float, yearly_eur_mw: float = 0.0, **changes: object) -> Instance:
    """Two cases in which all that is cooled warms a town."""
    data = two_cases(**changes)
    network = HeatNetwork(price_eur_mwh, 1.0, 0.0, yearly_eur_mw)
    halls = {key: replace(hall, liquid_heat_share=1.0) for key, hall in data.halls.items()}
    return replace(data, halls=halls, heat=dict.fromkeys(data.cells, network))


@pytest.mark.parametrize(
    ("price_eur_mwh", "yearly_eur_mw", "earned"),
    [(120.0, 0.0, 360_000.0), (120.0, 60_000.0, 300_000.0), (10.0, 60_000.0, 0.0), (-5.0, 0.0, 0.0)],
)
def test_heat_sold_is_taken_off_by_hand(price_eur_mwh: float, yearly_eur_mw: float, earned: float) -> None:
    """1 MW of load over 3,000 h, less its connection; surplus: a fifth of 180 EUR x 1,000 h at AA. Housing and accelerators
    6,000,000 EUR/yr a MW."""
    cuts = natural_cuts(sold(price_eur_mwh, yearly_eur_mw), "AA")
    least = next(value for prices, value in cuts if prices == {("cost", "in", "usual"): 1.0})
    assert least == pytest.approx(6_000_000 - 36_000 - earned)


def test_dear_heat_leaves_the_methods_agreeing() -> None:
    """At 120 EUR/MWh of heat a class costs less than its building and what runs in it."""
    data = sold(120.0, tail_share=0.3, objectives=("risk",))
    assert frontier(data).stages[0].value == pytest.approx(solved(data).stages[0].value, rel=1e-5)

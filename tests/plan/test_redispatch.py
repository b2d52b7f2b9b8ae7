"""A plan beside its own operation over the full year."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from siting import api
from siting.cli import app
from siting.errors import InfeasibleError, InputError
from siting.inputs.load import load
from siting.inputs.planning import PlanningModel
from siting.plan.plan import Plan
from siting.plan.redispatch import Redispatch
from siting.study.kept_investments import refuse_broken

HOURS = 8_760
ONE_SITE = {  # in Spain, whose grid emits most
    "target.it_mw": 20,
    "sites.min": 1,
    "sites.max": 1,
    "sites.min_countries": 1,
    "sites.where.countries": ["ES"],
}


@pytest.fixture(scope="module")
def daily(tiny_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A plan in a world whose every day is the same, planned on that one day."""
    world = tmp_path_factory.mktemp("daily") / "tiny"
    shutil.copytree(tiny_world, world)
    path = world / "series" / "2019.parquet"
    hours = pd.read_parquet(path)
    for column in hours.columns.drop("utc"):
        hours[column] = np.tile(hours[column].to_numpy()[:24], HOURS // 24)
    hours.to_parquet(path, compression="zstd")
    asked = load(
        Path(__file__).parents[1] / "worlds" / "tiny-model.yaml",
        {
            "world": world.as_posix(),
            "time.representative": {"periods": 1, "hours": 24, "keep": []},
            "solve.gap_share": 1e-6,
            **ONE_SITE,
        },
    )
    return api.solve(asked)


@pytest.fixture(scope="module")
def operated(daily: Plan) -> Redispatch:
    """Operated under a cap that the plan was not made for."""
    return api.redispatch(replace(daily, model=daily.model.with_(carbon__cap_t_yr=1.0)))


def test_a_year_of_equal_days_costs_what_the_day_said(operated: Redispatch) -> None:
    table = operated.table
    assert list(table.index) == [row["site"] for row in operated.plan.record["sites"]] + ["total"]
    for name in ("cost_eur_yr", "carbon_t_yr", "cfe_score"):
        np.testing.assert_allclose(table[f"{name}_full"], table[f"{name}_plan"], rtol=1e-5)
    assert operated.shortcut_share == pytest.approx(0.0, abs=1e-6)
    assert table["unserved_mwh"].max() == pytest.approx(0.0, abs=1e-3)
    assert len(operated.operated.hourly) == HOURS * (len(table) - 1)


def test_investments_stay_as_they_are(operated: Redispatch) -> None:
    for mine, full in zip(operated.plan.record["sites"], operated.operated.record["sites"], strict=True):
        for key in ("modules", "connection_mw", "supply_mw", "store_mw", "store_mwh", "capex_eur"):
            assert full[key] == pytest.approx(mine[key], rel=1e-6, abs=1e-6)


def test_typical_days_leave_a_difference_that_is_named(tiny_question: PlanningModel, tmp_path: Path) -> None:
    """Two days stand for a year with seasons: cost and tonnes move; the command says by how much, site by site."""
    plan = api.solve(tiny_question.with_(**{"power.options": ["grid", "solar_ppa"]}))
    assert len(plan.chosen) > 1
    folder = plan.save(tmp_path / "out")
    done = CliRunner().invoke(app, ["redispatch", str(folder), "--json", "--quiet"])
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    assert record["total"]["cost_eur_yr_plan"] == pytest.approx(plan.totals["cost_eur_yr"])
    change = record["total"]["cost_eur_yr_full"] / record["total"]["cost_eur_yr_plan"] - 1
    assert record["shortcut_share"] == pytest.approx(change)
    assert 0 < abs(change) < 0.05
    assert record["hours"] == {"plan": 48, "full": HOURS}
    for name in ("cost_eur_yr_full", "carbon_t_yr_full", "unserved_mwh"):
        assert sum(row[name] for row in record["sites"].values()) == pytest.approx(record["total"][name])


def test_limits_are_reported_not_enforced(operated: Redispatch) -> None:
    """A cap of 1 t/yr is overstepped by all but a tonne of what the plan emits."""
    (limit,) = operated.limits
    assert limit["limit"] == "carbon.cap_t_yr"
    assert limit["exceeded_by"] == pytest.approx(operated.plan.totals["carbon_t_yr"] - 1.0, rel=1e-4)
    text = repr(operated)
    assert "Cost of the shortcut: 0.00 EUR/yr (+0.000 %" in text and "exceeded by" in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    ("key", "total"),
    [("carbon__cap_lifecycle_t_yr", "lifecycle_t_yr"), ("budget__cost_eur_yr", "cost_eur_yr")],
)
def test_a_limit_on_the_year_is_held_against_the_year(daily: Plan, key: str, total: str) -> None:
    """Life cycle and yearly cost: reported, and a plan carried into another scenario is refused for it."""
    model = daily.model.with_(**{key: 1.0})
    found = api.redispatch(replace(daily, model=model))
    (limit,) = found.limits
    assert limit["limit"] == key.replace("__", ".")
    assert limit["exceeded_by"] >= (daily.totals[total] - 1.0) * (1 - 1e-4)
    data = replace(api.assembled(daily.model).data, limits={})
    with pytest.raises(InfeasibleError, match=f"{limit['limit']}: .* oversteps 1"):
        refuse_broken(found, data)


def test_another_world_is_refused(daily: Plan) -> None:
    other = replace(daily, record={**daily.record, "inputs": {**daily.record["inputs"], "world_sha256": "0"}})
    with pytest.raises(InputError, match="has changed since the plan was made"):
        api.redispatch(other)


def test_a_plan_without_sites_has_nothing_to_operate(daily: Plan) -> None:
    empty = replace(daily, record={**daily.record, "sites": []})
    with pytest.raises(InputError, match="builds no site"):
        api.redispatch(empty)

"""A tiny invented world, its hours written once a session, and a planning model that solves in a second."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from siting.inputs.load import load
from siting.inputs.planning import PlanningModel
from siting.plan.plan import Plan
from siting.units import HOURS_PER_YEAR

WORLDS = Path(__file__).parent / "worlds"
# mean price EUR/MWh, grid carbon g/kWh, carbon-free share, temperature C, full-load hours of sun and wind: as zone_values.csv
LEVELS = {
    "FR": (55.0, 40.0, 0.95, 11.0, 1200.0, 2100.0),
    "SE": (45.0, 20.0, 0.98, 4.0, 950.0, 2600.0),
    "ES": (35.0, 150.0, 0.75, 15.0, 1700.0, 2200.0),
}


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Frontiers of the tests are kept apart from the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITING_CACHE", str(tmp_path_factory.mktemp("frontiers")))
        yield


def invented_hours() -> pd.DataFrame:
    """8,760 smooth hours of 2019: column `utc`, then `series:zone` as float32."""
    hours = pd.date_range("2019-01-01", periods=HOURS_PER_YEAR, freq="h", tz="UTC")
    t = np.arange(HOURS_PER_YEAR)
    day, year = 2 * np.pi * t / 24, 2 * np.pi * t / HOURS_PER_YEAR
    columns: dict[str, object] = {"utc": hours.as_unit("ms")}
    for phase, (zone, (price, carbon, cfe, temperature, sun_h, wind_h)) in enumerate(LEVELS.items()):
        sun = np.maximum(0.0, -np.cos(day)) * (1 - 0.6 * np.cos(year))
        wind = 1 + 0.6 * np.sin(2 * np.pi * t / 97 + phase) + 0.3 * np.cos(year)
        columns |= {
            f"solar_cf:{zone}": np.minimum(1.0, sun * sun_h / sun.sum()),
            f"onwind_cf:{zone}": np.minimum(1.0, wind * wind_h / wind.sum()),
            f"price_eur_mwh:{zone}": price * (1 + 0.3 * np.cos(year) - 0.2 * np.cos(day)),
            f"carbon_g_kwh:{zone}": carbon * (1 + 0.2 * np.cos(year)),
            f"cfe_share:{zone}": np.minimum(1.0, cfe - 0.02 * np.cos(year)),
            f"temperature_c:{zone}": temperature - 9 * np.cos(year) - 4 * np.cos(day),
        }
    frame = pd.DataFrame(columns)
    return frame.astype({column: "float32" for column in frame.columns if column != "utc"})


@pytest.fixture(scope="session")
def tiny_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the tiny world: three zones, six sites, every table, hours of 2019."""
    folder = tmp_path_factory.mktemp("world") / "tiny"
    shutil.copytree(WORLDS / "tiny", folder)
    invented_hours().to_parquet(folder / "series" / "2019.parquet", compression="zstd")
    return folder


@pytest.fixture(scope="session")
def linked_world(tiny_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny world with 100 MW from ES to FR and 50 back, a fifth of it for contracts."""
    folder = shutil.copytree(tiny_world, tmp_path_factory.mktemp("linked") / "tiny")
    (folder / "links.csv").write_text(
        "zone_a,zone_b,ntc_mw_ab,ntc_mw_ba,unit,year,kind,source,note\nES,FR,100,50,MW,2026,scenario,test,\n",
        encoding="utf-8",
    )
    with (folder / "parameters.csv").open("a", encoding="utf-8") as file:
        file.write("cross_border_ntc_share,0.2,share,2026,scenario,test,\n")
    return folder


@pytest.fixture(scope="session")
def tiny_model(tiny_world: Path) -> Path:
    """A planning model of the tiny world: 60 MW of IT, two typical days of 24 hours."""
    path = tiny_world.parent / "tiny-model.yaml"
    text = (WORLDS / "tiny-model.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("world: tiny", f"world: {tiny_world.as_posix()}"), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_question(tiny_model: Path) -> PlanningModel:
    """The tiny planning model, checked."""
    return load(tiny_model)


@pytest.fixture(scope="session")
def tiny_plan(tiny_question: PlanningModel) -> Plan:
    """The audited least-cost plan of the tiny model."""
    from siting.api import solve

    return solve(tiny_question)


@pytest.fixture(scope="session")
def two_period_plan(tiny_question: PlanningModel) -> Plan:
    """The tiny model over 2028 and 2032, a third of the target first."""
    from siting.api import solve

    return solve(
        tiny_question.with_(
            title="Tiny, twice",
            horizon__periods=[2028, 2032],
            horizon__end_year=2036,
            target={"it_mw": [20, 60]},
        )
    )


@pytest.fixture(scope="session")
def two_case_plan(tiny_question: PlanningModel) -> Plan:
    """The tiny model for usual prices and for prices half as high again."""
    from siting.api import solve

    cases = {
        "usual": {"probability": 0.7},
        "dear": {"probability": 0.3, "factors": {"grid_price": 1.5}},
    }
    return solve(tiny_question.with_(uncertainty={"cases": cases, "measure": "expected"}))

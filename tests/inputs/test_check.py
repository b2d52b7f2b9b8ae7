"""The checks a user runs on a world's series and carbon: each fault planted is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from siting.errors import InputError
from siting.inputs.check import check_series
from siting.inputs.check_carbon import check_carbon, levels_g_kwh

SHIPPED = Path(__file__).parents[2] / "data" / "eu27"
HOURS = pd.date_range("2019-01-01", periods=8760, freq="h", tz="UTC")
HEADER = "zone,series,weather_year,kind,level_quantity"


def make_world(
    folder: Path,
    values: np.ndarray,
    hours: pd.DatetimeIndex = HOURS,
    name: str = "solar_cf:DE",
    year: int = 2019,
    coverage: str = "",
) -> Path:
    (folder / "series").mkdir(parents=True)
    (folder / "zone_values.csv").write_text(
        "zone,quantity,value\nDE,solar_flh_h,1752\nDE,day_ahead_price_eur_mwh,50\n"
    )
    (folder / "series" / "coverage.csv").write_text(
        coverage or f"{HEADER}\nDE,solar_cf,{year},measured,solar_flh_h\n"
    )
    frame = pd.DataFrame({"utc": hours.as_unit("ms"), name: values.astype("float32")})
    frame.to_parquet(folder / "series" / f"{year}.parquet")
    return folder


def problem(world: Path) -> str:
    table = check_series(world)
    assert not table["ok"].all()
    return str(table.loc[~table["ok"], "problem"].iloc[0])


def good() -> np.ndarray:
    return np.tile([0.1, 0.3], 4380)


def test_a_good_series_passes(tmp_path: Path) -> None:
    row = check_series(make_world(tmp_path, good())).iloc[0]
    assert row["ok"] and row["hours"] == 8760 and row["level"] == pytest.approx(0.2) and row["problem"] == ""
    assert row["year"] == 2019 and np.isnan(row["corr"]) and row["tested_on"] == ""


def test_a_leap_year_leaves_29_february_out(tmp_path: Path) -> None:
    every = pd.date_range("2020-01-01", "2020-12-31 23:00", freq="h", tz="UTC")
    kept = every[(every.month != 2) | (every.day != 29)]
    assert len(kept) == 8760 and check_series(make_world(tmp_path / "a", good(), kept, year=2020))["ok"].all()
    full = make_world(tmp_path / "b", np.tile([0.1, 0.3], 4392), every, year=2020)
    assert problem(full) == "hours are not those of the year in order"


def test_error_figures_are_carried_along(tmp_path: Path) -> None:
    coverage = (
        f"{HEADER},corr,bias_share,rmse_share,lowest_week_error_share,tested_on\n"
        "DE,solar_cf,2019,modelled,solar_flh_h,0.95,-0.02,0.4,0.1,FR from Paris\n"
    )
    row = check_series(make_world(tmp_path, good(), coverage=coverage)).iloc[0]
    assert (row["corr"], row["bias_share"], row["tested_on"]) == (0.95, -0.02, "FR from Paris")


def test_a_planted_nan_is_named(tmp_path: Path) -> None:
    values = good()
    values[7] = np.nan
    assert problem(make_world(tmp_path, values)) == "1 hour without a number"


def test_a_missing_hour_is_named(tmp_path: Path) -> None:
    world = make_world(tmp_path, good()[1:], HOURS.delete(5))
    assert "1 hour is missing, the first is 2019-01-01 05:00" in problem(world)


def test_a_doubled_hour_is_named(tmp_path: Path) -> None:
    world = make_world(tmp_path, good(), HOURS[:-1].insert(3, HOURS[2]))
    assert "stands twice" in problem(world)


def test_a_share_above_one_is_named(tmp_path: Path) -> None:
    values = good()
    values[3] = 1.2
    assert "outside [0, 1]" in problem(make_world(tmp_path, values))


def test_a_price_beyond_the_market_is_named(tmp_path: Path) -> None:
    values = np.full(8760, 50.0)
    values[0], values[1] = 4500.0, -4400.0
    coverage = f"{HEADER}\nDE,price_eur_mwh,2019,measured,day_ahead_price_eur_mwh\n"
    world = make_world(tmp_path, values, name="price_eur_mwh:DE", coverage=coverage)
    assert "outside [-500, 4000]" in problem(world)


def test_a_wrong_mean_is_named(tmp_path: Path) -> None:
    assert "1.00% off its level" in problem(make_world(tmp_path, good() * 1.01))


def test_an_unknown_kind_is_named(tmp_path: Path) -> None:
    coverage = f"{HEADER}\nDE,solar_cf,2019,guessed,solar_flh_h\n"
    assert "kind 'guessed'" in problem(make_world(tmp_path, good(), coverage=coverage))


def test_a_series_without_coverage_and_the_reverse_are_named(tmp_path: Path) -> None:
    table = check_series(make_world(tmp_path, good(), name="solar_cf:FR"))
    assert set(table["problem"]) == {
        "is in coverage.csv but not in the parquet",
        "is in the parquet but not in coverage.csv",
    }


def test_a_missing_file_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"coverage\.csv: is not there"):
        check_series(tmp_path)


def test_the_shipped_series_are_good() -> None:
    table = check_series(SHIPPED)
    assert table.loc[~table["ok"], ["zone", "series", "year", "problem"]].empty
    assert set(table["zone"]) == set(pd.read_csv(SHIPPED / "zones.csv")["zone"])
    assert set(table["year"]) == {2017, 2018, 2019, 2020}


class TestCarbon:
    def world(self, folder: Path, twh: tuple[float, float], published: float, note: str = "") -> Path:
        (folder / "emission_factors.csv").write_text("fuel,value,kind\ncoal,820,modelled\nother,635,proxy\n")
        (folder / "published_carbon_years.csv").write_text(
            f"country,year,value,note\nDE,2019,{published},{note}\nDE,2018,1,no mix of that year\n"
        )
        (folder / "annual_mix_2019.csv").write_text(
            f"country,fuel,twh\nDE,coal,{twh[0]}\nDE,other,{twh[1]}\n"
        )
        return folder

    def test_by_hand(self, tmp_path: Path) -> None:
        row = check_carbon(self.world(tmp_path, (1, 3), 681.25)).iloc[0]  # (820 + 3 * 635) / 4
        assert (row["recomputed_g_kwh"], row["ratio"], row["ok"], row["problem"]) == (681.2, 1.0, True, "")
        assert row["proxy_share"] == pytest.approx(3 * 635 / (820 + 3 * 635), abs=5e-4)

    def test_a_year_without_a_mix_is_not_compared(self, tmp_path: Path) -> None:
        assert set(check_carbon(self.world(tmp_path, (1, 3), 681.25))["year"]) == {2019}

    @pytest.mark.parametrize(
        ("published", "ok"), [(820 / 1.149, True), (820 / 1.151, False), (820 / 0.849, False)]
    )
    def test_the_tolerance_is_15_percent(self, tmp_path: Path, published: float, ok: bool) -> None:
        row = check_carbon(self.world(tmp_path, (1, 0), published)).iloc[0]
        assert row["ok"] == ok and bool(row["problem"]) != ok

    def test_a_note_explains_and_its_absence_is_a_problem(self, tmp_path: Path) -> None:
        row = check_carbon(self.world(tmp_path, (1, 0), 400)).iloc[0]
        assert "+105%" in row["problem"] and "published_carbon_years.csv" in row["problem"]
        row = check_carbon(self.world(tmp_path, (1, 0), 400, "half of it is heat")).iloc[0]
        assert row["problem"] == "" and row["explanation"].endswith("half of it is heat")

    def test_a_fuel_without_factor_is_an_error(self, tmp_path: Path) -> None:
        world = self.world(tmp_path, (1, 0), 400)
        (world / "emission_factors.csv").write_text("fuel,value,kind\ncoal,820,modelled\n")
        with pytest.raises(InputError, match="other"):
            check_carbon(world)

    def test_levels_of_zones_become_a_mean_by_country(self, tmp_path: Path) -> None:
        (tmp_path / "zones.csv").write_text("zone,country\nDK1,DK\nDK2,DK\nFR,FR\n")
        (tmp_path / "zone_values.csv").write_text(
            "zone,quantity,value\nDK1,grid_carbon_g_kwh,100\nDK2,grid_carbon_g_kwh,200\nFR,grid_carbon_g_kwh,30\n"
        )
        assert levels_g_kwh(tmp_path) == {"DK": 150.0, "FR": 30.0}

    def test_shipped_2019_is_within_15_percent_for_18_states(self) -> None:
        table = check_carbon(SHIPPED)
        metered = table[(table["mix"] == "metered") & (table["year"] == 2019) & table["ratio"].notna()]
        assert (abs(metered["ratio"] - 1) <= 0.15).sum() >= 18
        assert (metered.loc[~metered["ok"], "explanation"] != "").all()
        assert (table["problem"] == "").all(), table[table["problem"] != ""]

    def test_published_editions_agree(self) -> None:
        """The two published tables are of one edition: the trend from 2020 to 2023 has no jump."""
        years = pd.read_csv(SHIPPED / "published_carbon_years.csv").pivot(
            index="country", columns="year", values="value"
        )
        latest = pd.read_csv(SHIPPED / "published_carbon.csv").set_index("country")["value"]
        assert len(years) == 27 and years.notna().all(axis=None)
        assert (latest / years[2020]).between(0.5, 1.25).all()

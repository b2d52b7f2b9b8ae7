"""The tables of the bundled world `eu27`: complete, sourced, consistent with shapes and data package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from shapely.geometry import Point

from siting.inputs.values import reference_rows
from siting.inputs.world import BY_YEAR, read_world

WORLD = Path(__file__).parents[2] / "data" / "eu27"
KINDS = {"measured", "modelled", "proxy", "scenario"}
EU27 = {
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
}  # fmt: skip
SPLIT = {
    "DK": ["DK1", "DK2"],
    "IT": ["IT-NO", "IT-CNO", "IT-CSO", "IT-SO", "IT-SIC", "IT-SAR"],
    "SE": ["SE1", "SE2", "SE3", "SE4"],
}
ZONES = EU27 - set(SPLIT) | {zone for zones in SPLIT.values() for zone in zones}
COAST_TOLERANCE_KM = 2.0  # shapes are simplified to 1 km; Nicosia lies at the edge of a divided island
EU_AREA_KM2 = 4.1e6  # the 27 without their outermost regions and Northern Cyprus

LONG = {
    "zone_values": "zone",
    "country_values": "country",
    "technologies": "option",
    "cooling": "cooling",
    "accelerators": "accelerator",
    "parameters": "parameter",
}
EVERY_ZONE = {
    "day_ahead_price_eur_mwh": (10, 200),
    "network_charge_eur_mwh": (-5, 150),
    "gas_price_eur_mwh": (20, 120),
    "grid_carbon_g_kwh": (10, 1000),
    "grid_cfe_share": (0, 1),
    "temperature_mean_c": (0, 25),
    "solar_flh_h": (850, 1900),
    "onwind_flh_h": (1400, 3300),
    "solar_ppa_potential_mw": (0, 50_000),
    "onwind_ppa_potential_mw": (0, 50_000),
}
NEEDED = {
    "ppa": {"lead_time_yr", "lifecycle_g_kwh"},
    "onsite": {"capex_eur_kw", "fom_share", "life_yr", "lead_time_yr", "lifecycle_g_kwh", "land_m2_kw"},
    "storage": {
        "capex_eur_kw",
        "capex_eur_kwh",
        "efficiency_share",
        "life_yr",
        "energy_life_yr",
        "lead_time_yr",
    },
    "grid": set(),
}


def read(path: str) -> pd.DataFrame:
    return pd.read_csv(WORLD / path, dtype=str, keep_default_na=False)


def numbers(table: str) -> pd.DataFrame:
    """A long table as key x quantity."""
    frame = read(f"{table}.csv").astype({"value": float})
    frame = reference_rows(frame, (LONG[table], "quantity"))
    return frame.pivot(index=LONG[table], columns="quantity", values="value")


@pytest.fixture(scope="module")
def sources() -> set[str]:
    return set(read("sources.csv")["source"])


@pytest.fixture(scope="module")
def sites() -> gpd.GeoDataFrame:
    frame = pd.read_csv(WORLD / "sites.csv", keep_default_na=False)
    points = gpd.points_from_xy(frame["lon"], frame["lat"], crs="EPSG:4326")
    return gpd.GeoDataFrame(frame, geometry=points)


@pytest.fixture(scope="module")
def resources() -> dict[str, dict[str, Any]]:
    package = json.loads((WORLD / "datapackage.json").read_text(encoding="utf-8"))
    return {resource["path"]: resource for resource in package["resources"]}


@pytest.mark.parametrize("table", LONG)
def test_every_value_is_finite_and_says_where_it_is_from(table: str, sources: set[str]) -> None:
    frame = read(f"{table}.csv")
    assert np.isfinite(frame["value"].astype(float)).all()
    assert set(frame["kind"]) <= KINDS
    assert set(frame["source"]) <= sources
    assert (frame["unit"] != "").all() and frame["year"].str.fullmatch(r"\d{4}").all()
    assert (frame.loc[frame["kind"].isin(["proxy", "scenario"]), "note"] != "").all()


@pytest.mark.parametrize("table", LONG)
def test_no_value_stands_twice(table: str) -> None:
    frame = read(f"{table}.csv")
    key = [LONG[table]] if table == "parameters" else [LONG[table], "quantity"]
    assert not frame.duplicated([*key, "year"] if table in BY_YEAR else key).any()


def test_zones_are_the_bidding_zones_of_the_27() -> None:
    zones = read("zones.csv")
    assert set(zones["country"]) == set(read("countries.csv")["country"]) == EU27
    assert zones["zone"].is_unique and set(zones["zone"]) == ZONES
    for country, own in SPLIT.items():
        assert list(zones.loc[zones["country"] == country, "zone"]) == own


@pytest.mark.parametrize(("quantity", "limits"), EVERY_ZONE.items())
def test_every_zone_has_every_quantity_in_a_plausible_range(
    quantity: str, limits: tuple[float, float]
) -> None:
    values = numbers("zone_values")[quantity]
    assert set(values.dropna().index) == ZONES
    assert values.between(*limits).all(), values[~values.between(*limits)]


@pytest.mark.parametrize(
    "pair",
    [
        ("offwind_flh_h", "offwind_ppa_potential_mw"),
        ("nuclear_ppa_potential_mw", "nuclear_availability_share"),
    ],
)
def test_optional_quantities_come_in_pairs(pair: tuple[str, str]) -> None:
    values = numbers("zone_values")[list(pair)]
    assert (values.notna().sum(axis=1) != 1).all()


def test_offshore_wind_only_where_there_is_a_coast() -> None:
    landlocked = read("countries.csv").set_index("country")["coast"] == "landlocked"
    offshore = numbers("zone_values")["offwind_flh_h"]
    home = read("zones.csv").set_index("zone")["country"]
    assert offshore[home[home.map(landlocked)].index].isna().all()
    assert offshore.dropna().between(2800, 4600).all()


def test_potentials_follow_the_published_share() -> None:
    parameters = read("parameters.csv").set_index("parameter")["value"].astype(float)
    solar_germany_mw, reactors_belgium_mw = 81_739, 1000 + 1020  # IRENA end 2023; Doel-4 and Tihange-3
    zones = numbers("zone_values")
    assert zones.at["DE", "solar_ppa_potential_mw"] == pytest.approx(
        parameters["ppa_fleet_share"] * solar_germany_mw, abs=0.1
    )
    assert zones.at["BE", "nuclear_ppa_potential_mw"] == pytest.approx(
        parameters["nuclear_fleet_share"] * reactors_belgium_mw, abs=0.1
    )


@pytest.mark.parametrize(
    ("quantity", "national_mw"),
    [  # 25 % of the fleets at the end of 2023 (IRENA), 10 % of 5,945 MW of reactors
        ("solar_ppa_potential_mw", {"DK": 0.25 * 3529, "IT": 0.25 * 29795.3, "SE": 0.25 * 3488}),
        ("onwind_ppa_potential_mw", {"DK": 0.25 * 4832.12, "IT": 0.25 * 12307.5, "SE": 0.25 * 16059}),
        ("offwind_ppa_potential_mw", {"DK": 0.25 * 2649.7, "SE": 0.25 * 193}),
        ("nuclear_ppa_potential_mw", {"SE": 0.1 * 5945}),
    ],
)
def test_potentials_of_zones_sum_to_the_national_ones(quantity: str, national_mw: dict[str, float]) -> None:
    values = numbers("zone_values")[quantity]
    for country, total_mw in national_mw.items():
        assert values[SPLIT[country]].sum() == pytest.approx(total_mw, abs=0.1)


def test_prices_of_zones_are_the_stated_product() -> None:
    """By hand: country mean 2024 x zone mean 2023 / country mean 2023."""
    prices = numbers("zone_values")["day_ahead_price_eur_mwh"]
    assert prices["SE4"] == pytest.approx(36.1 * 64.4 / 51.8, abs=0.05)
    assert prices["DK1"] == pytest.approx(70.7 * 87.3 / 84.9, abs=0.05)
    assert prices["IT-SO"] == pytest.approx(108.4 * 124.7 / 127.4, abs=0.05)
    assert prices["SE1"] == prices["SE2"] < prices["SE3"] < prices["SE4"]


def test_every_country_has_the_values_costs_need() -> None:
    values = numbers("country_values")
    assert set(values["risk_premium_share"].dropna().index) == EU27
    assert set(values["dc_build_eur_kw"].dropna().index) == EU27
    assert values["dc_build_eur_kw"].between(5_000, 15_000).all()


def test_every_option_has_the_numbers_its_route_needs() -> None:
    options, have = read("options.csv").set_index("option"), numbers("technologies").notna()
    assert set(have.index) == set(options.index)
    for option, route in options["route"].items():
        missing = [q for q in NEEDED[str(route)] if not have.at[str(option), q]]
        assert not missing, f"{option} lacks {missing}"
    burning = options.index[options["fuel"] != ""]
    assert have.loc[burning, ["fuel_carbon_t_mwh", "efficiency_share", "vom_eur_mwh"]].all(axis=None)
    assert numbers("technologies")["efficiency_share"].dropna().between(0.3, 1).all()


def test_network_charge_is_the_published_subtraction() -> None:
    zones = numbers("zone_values")  # Eurostat 2024-S2 band IG 139.0 less Ember 2024 77.7
    assert zones.at["DE", "network_charge_eur_mwh"] == pytest.approx(139.0 - 77.7)


LEAD_TIMES_YR = {  # what the market told in 2025, order to power; nothing below is a promise
    "grid": (0, 0),
    "solar_ppa": (1, 1),
    "onsite_solar": (1, 1),
    "onwind_ppa": (2, 3),
    "offwind_ppa": (4, 5),
    "nuclear_ppa": (1, 1),
    "hydro_ppa": (1, 1),
    "gas_engine": (1, 1.5),
    "gas_turbine": (1, 2),
    "ccgt": (4, 5),
    "ccgt_ccs": (4, 6),
    "battery": (1, 1.5),
    "iron_air": (1, 3),
    "fuel_cell": (1, 2),
    "geothermal_ppa": (4, 8),
    "smr": (5, 12),
}


def test_lead_times_are_those_of_the_market() -> None:
    rows = read("technologies.csv")
    leads = rows[rows["quantity"] == "lead_time_yr"].set_index("option")
    assert set(leads.index) == set(LEAD_TIMES_YR) == set(read("options.csv")["option"])
    for option, (least, most) in LEAD_TIMES_YR.items():
        assert least <= float(leads.at[option, "value"]) <= most, option
    assert leads.at["smr", "kind"] == "scenario" and "2031" in leads.at["smr", "note"]


class TestValuesByYear:
    def test_a_number_with_years_has_the_bundled_period(self) -> None:
        """2030 is a row of its own, so that today's plans rest on it alone, or lies between sheets that say so."""
        rows = read("technologies.csv")
        told = rows[rows.duplicated(["option", "quantity"], keep=False)]
        years = told.groupby(["option", "quantity"])["year"].agg(set)
        assert len(years) > 25 and all("2030" in given for given in years)

    @pytest.mark.parametrize(
        "option", ["solar_ppa", "onwind_ppa", "offwind_ppa", "battery", "fuel_cell", "smr", "ccgt_ccs"]
    )
    def test_investment_falls_from_year_to_year(self, option: str) -> None:
        world = read_world(WORLD)
        capex = [world.value("technologies", option, "capex_eur_kw", year) for year in range(2025, 2051)]
        assert capex == sorted(capex, reverse=True) and capex[0] > capex[-1]

    def test_solar_is_per_module_in_every_year(self) -> None:
        """Danish sheet 22 per kWp, EUR 2020 x 1.25734: 0.25666 MEUR in 2040; midway of 0.45 and 0.30698 in 2025."""
        world = read_world(WORLD)
        for year, meur in ((2025, (0.45 + 0.30698) / 2), (2040, 0.25666), (2050, 0.23406)):
            expected = meur * 1000 * world.parameter("eur2025_per_eur2020")
            assert world.value("technologies", "solar_ppa", "capex_eur_kw", year) == pytest.approx(
                expected, rel=1e-3
            )
            assert world.value("technologies", "onsite_solar", "capex_eur_kw", year) == pytest.approx(
                expected, rel=1e-3
            )

    def test_offshore_is_turbines_station_and_cable_in_every_year(self) -> None:
        """2040: 1964.4 + 780 + 30 km x 4.13 EUR/(kW km)."""
        world = read_world(WORLD)
        cable = world.parameter("offwind_cable_km") * 4.130
        assert world.value("technologies", "offwind_ppa", "capex_eur_kw", 2040) == pytest.approx(
            1964.4 + 780 + cable, abs=0.1
        )


class TestNewOptions:
    def test_hydro_potential_is_a_share_of_mean_output(self) -> None:
        mix = read("annual_mix_published.csv")
        hydro = mix[mix["fuel"] == "hydro"].set_index("country")["twh"].astype(float)
        share = read_world(WORLD).parameter("hydro_fleet_share")
        home = read("zones.csv").set_index("zone")["country"]
        mw = numbers("zone_values")["hydro_ppa_potential_mw"].dropna()
        held = mw.groupby(home).sum()
        assert set(held.index) == EU27 - {"CY", "MT", "DK"}  # none, or 0.01 TWh
        assert held.to_numpy() == pytest.approx((share * hydro * 1e6 / 8760)[held.index].to_numpy(), abs=0.3)

    def test_geothermal_where_it_exists(self) -> None:
        mw = numbers("zone_values")["geothermal_ppa_potential_mw"].dropna()
        fleet = {"IT-CNO": 771.8, "DE": 50, "HR": 10, "HU": 3, "FR": 1.85, "AT": 0.25}
        share = read_world(WORLD).parameter("ppa_fleet_share")
        assert mw.to_dict() == pytest.approx({zone: share * own for zone, own in fleet.items()}, abs=0.005)

    def test_small_reactors_where_reactors_run_or_are_prepared(self) -> None:
        allowed = numbers("country_values")["smr_allowed"]
        policy = read("countries.csv").set_index("country")["nuclear_policy"]
        assert set(allowed.dropna().index) == EU27 and set(allowed) == {0.0, 1.0}
        barred = policy[policy.str.startswith(("banned", "not allowed", "closed", "none at", "none/"))].index
        assert (allowed[barred] == 0).all() and allowed["ES"] == 0  # a law phases reactors out
        assert allowed[["FR", "RO", "PL", "SE"]].eq(1).all()

    def test_fuel_of_small_reactors_costs_what_its_source_says(self) -> None:
        world = read_world(WORLD)
        fuel = world.parameter("uranium_price_eur_mwh") / world.value(
            "technologies", "smr", "efficiency_share"
        )
        assert fuel == pytest.approx(11.857 / world.parameter("usd_per_eur"), rel=1e-3)

    def test_hydrogen_costs_three_euros_a_kilogram(self) -> None:
        lower_heating_value_mwh_kg = 0.03333
        assert read_world(WORLD).parameter("hydrogen_price_eur_mwh") == pytest.approx(
            3 / lower_heating_value_mwh_kg, rel=1e-3
        )

    def test_transport_and_storage_of_co2_is_the_stated_sum(self) -> None:
        """Danish sheets in EUR 2020, 7 %: a 90 Mt store of 3.129 EUR/t paid in 30 years and its running cost; 200 km of line."""

        def share(years: int) -> float:
            return 0.07 / (1 - 1.07**-years)

        store = 3.129 * 90 * share(30) / 3 + 0.682 + 2.074 + 7.792 + 2.773 + 0.158 + 0.861
        line = ((2300 + 4000) * 100 * share(50) + 20 * 200) / (0.85 * 8760)
        world = read_world(WORLD)
        total = (store + line) * world.parameter("eur2025_per_eur2020")
        assert world.parameter("co2_transport_storage_eur_t") == pytest.approx(total, abs=0.5)


class TestSites:
    def test_cover_the_union(self, sites: gpd.GeoDataFrame) -> None:
        expressions_of_interest = 76  # to the EU's gigafactory call, June 2025
        assert len(sites) >= expressions_of_interest
        assert set(sites["country"]) == EU27
        assert (sites["kind"] == "ai_factory").sum() == 19
        assert (sites.groupby("country").size().drop("MT") >= 2).all()

    def test_ids_are_unique_slugs(self, sites: gpd.GeoDataFrame) -> None:
        assert sites["site"].is_unique
        assert sites["site"].str.fullmatch(r"[a-z]{2}-[a-z0-9-]+").all()
        assert (sites["site"].str[:2].str.upper() == sites["country"]).all()

    def test_numbers_are_positive_and_their_kind_known(
        self, sites: gpd.GeoDataFrame, sources: set[str]
    ) -> None:
        for column in ("grid_mw", "grid_wait_yr", "line_km", "land_ha"):
            assert (sites[column].astype(float) > 0).all()
            assert set(sites[f"{column}_kind"]) <= KINDS
        assert set(sites["source"]) <= sources
        assert (sites["note"] != "").all()

    def test_lie_in_their_country(self, sites: gpd.GeoDataFrame) -> None:
        metric = "EPSG:3035"
        shapes = gpd.read_file(WORLD / "zones.geojson").set_index("zone").to_crs(metric).geometry
        home = gpd.GeoSeries(shapes.loc[sites["zone"]].to_numpy(), crs=metric)
        away_km = sites.geometry.to_crs(metric).distance(home, align=False) / 1000
        assert (away_km <= COAST_TOLERANCE_KM).all(), sites["site"][away_km > COAST_TOLERANCE_KM].tolist()


class TestLinks:
    def test_touching_zones_or_a_named_cable(self) -> None:
        """A link crosses a border or the sea to its neighbour; far zones have none."""
        shapes = gpd.read_file(WORLD / "zones.geojson").set_index("zone").to_crs("EPSG:3035").geometry
        links = read("links.csv")
        ends = [shapes[links[column]].reset_index(drop=True) for column in ("zone_a", "zone_b")]
        apart_km = ends[0].distance(ends[1]) / 1000
        assert (apart_km < 350).all()  # NordBalt spans about 300 km of the Baltic Sea
        assert set(links["zone_a"]) | set(links["zone_b"]) <= ZONES

    def test_numbers_and_sources(self, sources: set[str]) -> None:
        links = read("links.csv")
        for column in ("ntc_mw_ab", "ntc_mw_ba"):
            assert links[column].astype(float).between(100, 10_000).all()
        assert set(links["source"]) <= sources and set(links["kind"]) <= KINDS
        assert (links["note"] != "").all() and (links["zone_a"] < links["zone_b"]).all()

    def test_zones_of_a_country_hang_together(self) -> None:
        """By links inside the country every zone reaches every other."""
        links = read("links.csv")
        for own in SPLIT.values():
            reached, before = {own[0]}, 0
            while len(reached) > before:
                before = len(reached)
                for a, b in zip(links["zone_a"], links["zone_b"], strict=True):
                    if {a, b} <= set(own) and reached & {a, b}:
                        reached |= {a, b}
            assert reached == set(own)

    def test_direction_is_the_published_one(self) -> None:
        """South Sweden is fed from the north, Italy's north from the south's surplus."""
        links = read("links.csv").set_index(["zone_a", "zone_b"])
        assert tuple(links.loc[("SE3", "SE4"), ["ntc_mw_ab", "ntc_mw_ba"]]) == ("5400", "2000")
        assert tuple(links.loc[("IT-CSO", "IT-SO"), ["ntc_mw_ab", "ntc_mw_ba"]]) == ("2400", "5100")


class TestReactors:
    def test_stand_in_their_zone(self) -> None:
        reactors = pd.read_csv(WORLD / "nuclear_reactors.csv")
        points = gpd.GeoSeries.from_xy(reactors["lon"], reactors["lat"], crs="EPSG:4326").to_crs("EPSG:3035")
        shapes = gpd.read_file(WORLD / "zones.geojson").set_index("zone").to_crs("EPSG:3035").geometry
        away_km = points.distance(shapes[reactors["zone"]].reset_index(drop=True)) / 1000
        assert (away_km < 3).all()  # coasts are simplified to 1 km, and plants stand at the shore

    def test_operating_ones_make_the_contract_potential(self) -> None:
        reactors = pd.read_csv(WORLD / "nuclear_reactors.csv", keep_default_na=False)
        operating = reactors[reactors["status"] == "operating"].groupby("zone")["net_mw"].sum()
        share = read("parameters.csv").set_index("parameter")["value"].astype(float)["nuclear_fleet_share"]
        potential = numbers("zone_values")["nuclear_ppa_potential_mw"].dropna()
        assert set(potential.index) == set(operating.index)
        assert potential.to_numpy() == pytest.approx((share * operating).loc[potential.index], abs=0.06)
        closed = reactors.loc[reactors["status"] == "closed", "reactor"]
        assert set(closed) == {"Doel-1", "Doel-2", "Tihange-1"}

    def test_every_number_has_a_source(self, sources: set[str]) -> None:
        reactors = read("nuclear_reactors.csv")
        assert reactors["reactor"].is_unique and set(reactors["kind"]) <= KINDS
        assert set(reactors["source"]) <= sources and (reactors["unit"] == "MW").all()


def test_shapes_are_small_valid_and_leave_no_gaps() -> None:
    path = WORLD / "zones.geojson"
    shapes = gpd.read_file(path)
    assert path.stat().st_size < 1_000_000
    assert set(shapes["zone"]) == ZONES
    assert shapes.is_valid.all()
    area = shapes.to_crs("EPSG:3035")
    assert area.union_all().area == pytest.approx(area.area.sum(), rel=1e-6)
    assert area.area.sum() / 1e6 == pytest.approx(EU_AREA_KM2, rel=0.02)


@pytest.mark.parametrize(
    ("place", "lon", "lat", "zone"),
    [
        ("Aarhus", 10.21, 56.16, "DK1"), ("Odense", 10.39, 55.40, "DK1"), ("Copenhagen", 12.55, 55.68, "DK2"),
        ("Rønne, Bornholm", 14.72, 55.10, "DK2"),
        ("Kiruna", 20.22, 67.86, "SE1"), ("Östersund", 14.64, 63.18, "SE2"), ("Gothenburg", 12.0, 57.71, "SE3"),
        ("Visby, Gotland", 18.32, 57.63, "SE3"), ("Malmö", 13.02, 55.60, "SE4"),
        ("Genoa", 8.96, 44.43, "IT-NO"), ("Florence", 11.25, 43.77, "IT-CNO"), ("Perugia", 12.39, 43.11, "IT-CSO"),
        ("Naples", 14.27, 40.87, "IT-CSO"), ("Cosenza", 16.25, 39.30, "IT-SO"), ("Palermo", 13.34, 38.10, "IT-SIC"),
        ("Nuoro", 9.33, 40.32, "IT-SAR"),
    ],
)  # fmt: skip
def test_known_places_lie_in_their_bidding_zone(place: str, lon: float, lat: float, zone: str) -> None:
    shapes = gpd.read_file(WORLD / "zones.geojson").set_index("zone")
    assert list(shapes.index[shapes.contains(Point(lon, lat))]) == [zone], place


def test_shapes_follow_rfc_7946() -> None:
    document = json.loads((WORLD / "zones.geojson").read_text(encoding="utf-8"))
    assert "crs" not in document
    for feature in document["features"]:
        for outer, *holes in feature["geometry"]["coordinates"]:
            assert signed_area(outer) > 0
            assert all(signed_area(hole) < 0 for hole in holes)
            assert outer[0] == outer[-1]
            assert all(round(c, 5) == c for point in outer for c in point)


def signed_area(ring: list[list[float]]) -> float:
    """Twice the shoelace area; positive is anticlockwise."""
    x, y = np.array(ring).T
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))


class TestDataPackage:
    def test_lists_every_file_and_no_other(self, resources: dict[str, Any]) -> None:
        held = {
            p.relative_to(WORLD).as_posix()
            for p in WORLD.rglob("*")
            if p.suffix in {".csv", ".geojson", ".parquet"}
        }
        assert set(resources) == held

    def test_describes_every_column(self, resources: dict[str, Any]) -> None:
        for path, resource in resources.items():
            names = [field["name"] for field in resource["schema"]["fields"]]
            assert names == columns(WORLD / path), path

    def test_fields_say_unit_meaning_and_aggregation(self, resources: dict[str, Any]) -> None:
        for path, resource in resources.items():
            for field in resource["schema"]["fields"]:
                assert {"name", "type", "unit", "description", "source", "aggregation"} <= set(field), (
                    path,
                    field,
                )
                assert field["description"] and field["aggregation"] in {"mean", "sum", "max", "first"}


def columns(path: Path) -> list[str]:
    if path.suffix == ".csv":
        return list(pd.read_csv(path, nrows=0).columns)
    if path.suffix == ".parquet":
        return list(pq.read_schema(path).names)
    return [*gpd.read_file(path).columns.drop("geometry"), "geometry"]

"""Text and figures of a world: kinds by zone and series, errors, carbon; map and week, drawn from known data."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from siting.errors import InputError
from siting.inputs.world import World, read_world
from siting.output.coverage import COLOURS, MAPS, coverage_map, save_coverage, week_figure
from siting.output.terminal import WIDTH
from siting.output.world_text import carbon_text, columns_text, errors_text, kinds_matrix


@pytest.fixture(scope="module")
def world(tiny_world: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The tiny world with three kinds of solar."""
    folder = tmp_path_factory.mktemp("kinds") / "tiny"
    shutil.copytree(tiny_world, folder)
    path = folder / "series" / "coverage.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    kinds = {"FR": "measured", "SE": "modelled", "ES": "proxy"}
    solar = table["series"] == "solar_cf"
    table.loc[solar, "kind"] = table.loc[solar, "zone"].map(kinds)
    table.to_csv(path, index=False)
    return read_world(folder)


def series_table() -> pd.DataFrame:
    rows = [
        ("AT", "solar_cf", 2018, "measured", "", np.nan, np.nan),
        ("AT", "solar_cf", 2019, "modelled", "BE", 0.9, -0.10),
        ("FR", "solar_cf", 2019, "modelled", "BE", 0.8, 0.20),
        ("FR", "price_eur_mwh", 2019, "proxy", "", np.nan, np.nan),
    ]
    frame = pd.DataFrame(rows, columns=["zone", "series", "year", "kind", "tested_on", "corr", "bias_share"])
    return frame.assign(rmse_share=0.5, lowest_week_error_share=0.1)


def test_the_matrix_has_a_letter_a_year() -> None:
    head, columns, at, fr = kinds_matrix(series_table()).splitlines()
    assert head.endswith("years 2018, 2019") and columns.split() == ["zone", "solar", "price"]
    assert at.split() == ["AT", "Mm", ".."] and fr.split() == ["FR", ".m", ".p"]


def test_errors_are_told_a_group_with_its_zones() -> None:
    lines = errors_text(series_table()).splitlines()
    assert lines[2].split() == ["solar", "modelled", "0.85", "+0.05", "0.50", "+0.10", "AT", "FR;", "BE"]
    assert lines[3].split()[:2] == ["price", "proxy"] and lines[3].endswith("FR; not tested")
    assert len(lines) == 4  # measured series have no error


def test_carbon_is_told_by_state_with_a_star_outside_the_tolerance() -> None:
    carbon = pd.DataFrame(
        [
            ("AT", 2019, "metered", 136.5, 152.8, 0.893, True, ""),
            ("BE", 2019, "metered", 195.0, 156.9, 1.243, False, "+24%: why"),
        ],
        columns=[
            "country",
            "year",
            "mix",
            "recomputed_g_kwh",
            "published_g_kwh",
            "ratio",
            "ok",
            "explanation",
        ],
    )
    text = carbon_text(carbon, {"AT": 119.0}, 0.15)
    assert "1.24*" in text and "0.89 " in text and "1 of 2 states within 15%" in text
    assert "BE 2019 (metered mix) +24%: why" in text


def test_columns_wrap_their_last_and_stay_within_the_width() -> None:
    frame = pd.DataFrame([("a" * 30, "word " * 60)], columns=["key", "text"])
    lines = columns_text(frame).splitlines()
    assert len(lines) > 3 and max(map(len, lines)) <= WIDTH


def test_the_map_colours_each_zone_by_kind(world: World) -> None:
    from matplotlib.colors import to_hex

    figure = coverage_map(world, 2019)
    solar = figure.axes[0]
    drawn = {to_hex(colour).upper() for colour in solar.collections[0].get_facecolor()}
    assert drawn == {COLOURS[kind] for kind in ("measured", "modelled", "proxy")}
    assert len(figure.axes) == len(MAPS)
    assert solar.get_title() == "Solar\n1 measured, 1 modelled, 1 proxy"
    assert figure.axes[2].get_title() == "Offshore wind\nnone"


def test_the_week_shows_the_hours_of_the_zone_with_their_kinds(world: World) -> None:
    figure = week_figure(world, "SE", 2019)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[2] == "solar, share of capacity (modelled)" and len(titles) == 4
    hours = pd.read_parquet(world.folder / "series" / "2019.parquet").set_index("utc")
    drawn = figure.axes[2].lines[0].get_ydata()
    expected = hours.loc["2019-06-17 00:00":"2019-06-23 23:00", "solar_cf:SE"]
    assert len(drawn) == 168 and np.allclose(drawn, expected)


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_figure_is_written_twice_the_same(world: World, tmp_path: Path, suffix: str) -> None:
    first = save_coverage(world, tmp_path / f"a.{suffix}").read_bytes()
    assert len(first) > 5_000 and first == save_coverage(world, tmp_path / f"b.{suffix}").read_bytes()


@pytest.mark.parametrize(
    ("name", "zone", "year", "said"),
    [
        ("a.jpg", None, None, "a figure is one of .png, .svg, .pdf"),
        ("a.png", "SW", None, "no zone 'SW'; "),
        ("a.png", None, 1999, "no hourly series of 1999; the world has: 2019"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    world: World, tmp_path: Path, name: str, zone: str | None, year: int | None, said: str
) -> None:
    with pytest.raises(InputError, match=said.replace("?", r"\?")):
        save_coverage(world, tmp_path / name, zone, year)
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_the_remedy_is_named(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"pip install 'siting\[figures\]'"):
        save_coverage(world, tmp_path / "a.png")

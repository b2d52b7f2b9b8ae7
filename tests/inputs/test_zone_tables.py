"""Links and reactors of a world: read when there, empty when not, refused with row and remedy when wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from siting.errors import InputError
from siting.inputs.world import read_world

LINK_HEAD = "zone_a,zone_b,ntc_mw_ab,ntc_mw_ba,unit,year,kind,source,note\n"
REACTOR_HEAD = "reactor,zone,lat,lon,net_mw,status,unit,year,kind,source,note\n"
LINK = "ES,FR,2800,2600,MW,2024,scenario,test,\n"
REACTOR = "Here-1,FR,47.5,2.8,1300,operating,MW,2024,scenario,test,\n"


@pytest.fixture
def world(tmp_path: Path) -> Path:
    return shutil.copytree(Path(__file__).parents[1] / "worlds" / "tiny", tmp_path / "tiny")


def write(world: Path, links: str = LINK, reactors: str = REACTOR) -> Path:
    (world / "links.csv").write_text(LINK_HEAD + links, encoding="utf-8")
    (world / "nuclear_reactors.csv").write_text(REACTOR_HEAD + reactors, encoding="utf-8")
    return world


def test_a_world_without_them_has_empty_tables(world: Path) -> None:
    read = read_world(world)
    assert read.links.empty and read.reactors.empty
    assert {"ntc_mw_ab", "ntc_mw_ba"} <= set(read.links.columns)


def test_links_keep_their_direction(world: Path) -> None:
    links = read_world(write(world)).links
    assert links.loc[("ES", "FR"), "ntc_mw_ab"] == 2800.0
    assert links.loc[("ES", "FR"), "ntc_mw_ba"] == 2600.0


def test_reactors_are_numbers_by_name(world: Path) -> None:
    reactors = read_world(write(world)).reactors
    assert reactors.loc["Here-1", ["zone", "net_mw", "lat"]].to_list() == ["FR", 1300.0, 47.5]


@pytest.mark.parametrize(
    ("links", "text"),
    [
        (LINK.replace("ES", "ED", 1), "links.csv row 2: zone_a 'ED' is unknown; known: ES, FR, SE"),
        (LINK.replace("FR", "XX"), "links.csv row 2: zone_b 'XX' is unknown"),
        (LINK + LINK, "links.csv row 3: ES and FR stand in row 2 already; keep one"),
        (LINK.replace("ES,FR", "FR,ES"), "row 2: write zone_a 'ES', zone_b 'FR' and swap the two capacities"),
        (LINK.replace("ES,FR", "FR,FR"), "row 2: links zone 'FR' with itself"),
        (LINK.replace("2800", ""), "row 2: ntc_mw_ab is ''; give MW >= 0, or delete the row if unknown"),
        (LINK.replace("2600", "-1"), "row 2: ntc_mw_ba is '-1'"),
        (LINK.replace("2600", "nan"), "row 2: ntc_mw_ba is 'nan'"),
        (LINK.replace("MW", "GW"), "row 2: unit 'GW'; capacities are in MW: convert them"),
        (LINK.replace("scenario", "guess"), "row 2: kind 'guess'; write one of measured"),
        (
            LINK.replace("scenario,test", "scenario,nobody"),
            "row 2: source 'nobody' has no row in sources.csv; add it",
        ),
    ],
)
def test_a_wrong_link_is_named(world: Path, links: str, text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_world(write(world, links=links))
    assert text in "\n".join(caught.value.problems)


@pytest.mark.parametrize(
    ("reactors", "text"),
    [
        (REACTOR.replace("FR", "F"), "nuclear_reactors.csv row 2: zone 'F' is unknown"),
        (REACTOR + REACTOR, "nuclear_reactors.csv row 3: reactor 'Here-1' stands twice; keep one"),
        (REACTOR.replace("1300", "1.3 GW"), "row 2: net_mw is '1.3 GW'"),
        (REACTOR.replace("operating", "runs"), "row 2: status 'runs' is unknown"),
        (REACTOR.replace("47.5", "147.5"), "row 2: lat is '147.5'; give degrees of WGS 84"),
        (
            REACTOR.replace("scenario,test", "scenario,nobody"),
            "row 2: source 'nobody' has no row in sources.csv",
        ),
    ],
)
def test_a_wrong_reactor_is_named(world: Path, reactors: str, text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_world(write(world, reactors=reactors))
    assert text in "\n".join(caught.value.problems)


def test_problems_of_both_tables_come_at_once(world: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_world(write(world, LINK.replace("2800", "x"), REACTOR.replace("1300", "y")))
    assert len(caught.value.problems) == 2


def test_a_missing_column_is_named(world: Path) -> None:
    (world / "links.csv").write_text("zone_a,zone_b\nES,FR\n", encoding="utf-8")
    with pytest.raises(InputError, match="ntc_mw_ab"):
        read_world(world)

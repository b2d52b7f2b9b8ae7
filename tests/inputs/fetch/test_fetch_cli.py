"""`siting data fetch` as a user meets it: files, messages, exit codes, with a local service and without any network."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from siting.cli import app
from siting.errors import InputError
from siting.inputs.fetch import files
from siting.inputs.fetch.fetch import Fetched
from siting.inputs.fetch.hours import calendar, whole_year
from siting.inputs.fetch.sources import meaning
from siting.inputs.own.hourly import read_series
from siting.inputs.own.spec import SeriesFile
from siting.inputs.series import _hour_problems
from tests.inputs.fetch.services import KEY, Told, day_prices, price, recorded

CLOSED = "http://127.0.0.1:9"  # the port of the discard service: nothing listens


def shell(cwd: Path, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.lower().endswith(("_proxy", "_api_key"))
    }
    return subprocess.run(
        [sys.executable, "-m", "siting.cli", "data", "fetch", *args],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env={**kept, **environment},
        timeout=600,  # a busy machine is no failure
        check=False,
    )


@contextmanager
def local(answers: Callable[[dict[str, str]], Told]) -> Iterator[str]:
    """Address of a service on this machine; entsoe-py asks it if ENTSOE_ENDPOINT_URL says so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            status, headers, body = answers(query)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api"
    finally:
        server.shutdown()
        server.server_close()


def test_a_year_of_prices_becomes_a_table_and_its_descriptor(tmp_path: Path) -> None:
    with local(day_prices) as address:
        done = shell(
            tmp_path, "prices", "--zone", "FR", "--year", "2023", "-o", "fr.parquet",
            ENTSOE_API_KEY=KEY, ENTSOE_ENDPOINT_URL=address,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "fr.parquet: 8,760 hours of 1 series, 0 hours filled" in done.stdout
    assert "power exchanges may hold rights" in done.stdout
    assert "ENTSO-E: prices of FR 2023, part 1 of 12" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fr.parquet", "fr.source.json"]
    table = pd.read_parquet(tmp_path / "fr.parquet")
    assert list(table.columns) == ["utc", "price_eur_mwh:FR"]
    assert table["price_eur_mwh:FR"].tolist() == [price(hour) for hour in table["utc"]]
    assert _hour_problems(tmp_path, pd.DatetimeIndex(table["utc"]), 2023) == []  # hours as a world wants them
    about = json.loads((tmp_path / "fr.source.json").read_text(encoding="utf-8"))
    assert about["sha256"] == hashlib.sha256((tmp_path / "fr.parquet").read_bytes()).hexdigest()
    assert {"file", "title", "source", "retrieved_utc", "requests", "series", "notes"} <= set(about)
    for text in (
        done.stdout,
        done.stderr,
        json.dumps(about),
        (tmp_path / "fr.parquet").read_bytes().decode("latin-1"),
    ):
        assert KEY not in text


@pytest.mark.parametrize("debug", [False, True])
def test_a_refused_key_is_exit_code_2_and_never_shown(tmp_path: Path, debug: bool) -> None:
    with local(lambda query: recorded("entsoe_unauthorized.xml", 401)) as address:
        environment = {"ENTSOE_API_KEY": KEY, "ENTSOE_ENDPOINT_URL": address}
        args = ["prices", "--zone", "FR", "--year", "2023", "-o", "fr.csv"]
        if debug:
            done = subprocess.run(
                [sys.executable, "-m", "siting.cli", "--debug", "data", "fetch", *args],
                capture_output=True, text=True, cwd=tmp_path, env={**os.environ, **environment}, check=False,
            )  # fmt: skip
        else:
            done = shell(tmp_path, *args, **environment)
    assert done.returncode == 2
    assert "error: ENTSO-E refuses the key (HTTP 401" in done.stderr
    assert KEY not in done.stdout + done.stderr
    assert ("Traceback" in done.stderr) == debug
    assert list(tmp_path.iterdir()) == []


def test_no_key_is_exit_code_2(tmp_path: Path) -> None:
    done = shell(tmp_path, "load", "--zone", "FR", "--year", "2023", "-o", "fr.csv")
    assert done.returncode == 2
    assert "error: ENTSOE_API_KEY is not set" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_network_the_message_is_clear_and_the_exit_code_2(tmp_path: Path) -> None:
    args = ("prices", "--zone", "FR", "--year", "2023", "-o", "fr.parquet")
    done = shell(tmp_path, *args, ENTSOE_API_KEY=KEY, ENTSOE_ENDPOINT_URL=f"{CLOSED}/api")
    assert done.returncode == 2
    assert "error: 127.0.0.1: no connection; `siting data fetch` needs the internet" in done.stderr
    assert "asking again in 1 s" in done.stderr
    assert "Traceback" not in done.stderr and KEY not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_weather_behind_a_proxy_that_is_shut(tmp_path: Path, tiny_world: Path) -> None:
    args = (
        "weather",
        "--zone",
        "FR",
        "--year",
        "2019",
        "-o",
        "fr.parquet",
        "--world",
        str(tiny_world),
        "--quiet",
    )
    done = shell(tmp_path, *args, HTTPS_PROXY=CLOSED)
    assert done.returncode == 2
    assert done.stderr.startswith(
        "error: re.jrc.ec.europa.eu: the proxy does not let through; check HTTPS_PROXY"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["prices", "--year", "2023", "-o", "x.csv"], "prices of what? give --zone"),
        (["prices", "--zone", "FR", "--year", "2999", "-o", "x.csv"], "is not over yet"),
        (["prices", "--zone", "FR", "--year", "2023", "-o", "x.xlsx"], "end the name in .parquet or .csv"),
        (["prices", "--zone", "FR", "--year", "2023", "-o", "no/x.csv"], "no folder you may write to"),
        (["prices", "--zone", "FR", "--year", "2023", "-o", "x.csv", "--source", "pvgis"], "has no prices"),
        (["load", "--zone", "FR", "--year", "2023", "-o", "x.csv", "--at", "1,2"], "are for weather"),
        (
            ["weather", "--zone", "FR", "--year", "2023", "-o", "x.csv", "--world", "nowhere"],
            "world 'nowhere'",
        ),
    ],
)
def test_questions_that_are_none_are_exit_code_2(
    args: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["data", "fetch", *args])
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", ["requests", "entsoe"])
def test_without_the_extra_the_remedy_is_named(missing: str, tmp_path: Path) -> None:
    args = ["siting", "data", "fetch", "load", "--zone", "FR", "--year", "2023", "-o", "x.csv"]
    code = (
        f"import sys; sys.modules['{missing}'] = None; sys.argv = {args}; from siting.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 2
    assert f"fetching data needs {missing}: pip install 'siting[fetch]'" in done.stderr


def test_nothing_of_it_is_loaded_by_the_rest(tmp_path: Path) -> None:
    code = (
        "import siting.api, siting.cli, sys; print(sorted({'requests', 'entsoe', 'bs4'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.fixture
def fetched() -> Fetched:
    hours = pd.date_range("2023-01-01", periods=3, freq="h", tz="UTC")
    return Fetched(
        pd.DataFrame({"utc": hours, "load_mw:FR": [1.0, 2.5, 3.0]}), {"title": "three hours", "series": []}
    )


@pytest.mark.parametrize("year", [2019, 2020])
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_file_is_what_a_users_world_takes(form: str, year: int, tmp_path: Path) -> None:
    values = pd.Series(np.sin(np.arange(len(calendar(year)))) * 50, index=calendar(year))
    hours = whole_year(values, year, 0)[0].rename("price_eur_mwh:FR").rename_axis("utc").reset_index()
    about = {"name": "price_eur_mwh:FR", **meaning("price_eur_mwh")}
    files.write(Fetched(hours, {"series": [about]}), tmp_path / f"fr.{form}")
    entry = SeriesFile(
        file=str(tmp_path / f"fr.{form}"), zone="FR", year=year, column=about["name"], unit=about["unit"],
        kind=about["kind"], timezone="UTC", time_column="utc",
    )  # fmt: skip
    assert read_series("price_eur_mwh", entry) == pytest.approx(hours["price_eur_mwh:FR"].to_numpy())


def test_csv_and_parquet_hold_the_same(fetched: Fetched, tmp_path: Path) -> None:
    files.write(fetched, tmp_path / "a.csv")
    files.write(fetched, tmp_path / "a.parquet", overwrite=True)  # they share the descriptor a.source.json
    assert (tmp_path / "a.csv").read_text().splitlines()[1] == "2023-01-01T00:00:00Z,1.0"
    text = pd.read_csv(tmp_path / "a.csv", parse_dates=["utc"])
    pd.testing.assert_frame_equal(text, pd.read_parquet(tmp_path / "a.parquet"), check_dtype=False)


def test_nothing_is_replaced_unasked(fetched: Fetched, tmp_path: Path) -> None:
    out = tmp_path / "a.csv"
    out.write_text("mine")
    with pytest.raises(InputError, match=r"a.csv: exists.*--overwrite"):
        files.write(fetched, out)
    assert out.read_text() == "mine"
    out.unlink()
    (tmp_path / "a.source.json").write_text("mine")
    with pytest.raises(InputError, match=r"a.source.json: exists"):
        files.check_out(out, False)
    files.write(fetched, out, overwrite=True)
    assert json.loads((tmp_path / "a.source.json").read_text())["file"] == "a.csv"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_disk_that_is_full_leaves_nothing(
    fetched: Fetched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int, mode: str) -> None:
        os.close(handle)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fdopen", full)
    with pytest.raises(InputError, match=r"a.csv: cannot be written.*No space left"):
        files.write(fetched, tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == []

"""A browser without a network, and reports to open in it.

Needs Chromium (Debian: apt-get install chromium). Without one these tests are skipped and say so, unless
SITING_NEEDS_CHROMIUM is set, as .ci/run does. Screenshots are kept in tests/browser/artefacts.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from siting.api import solve
from siting.inputs.load import load
from siting.plan.plan import Plan

pytest.importorskip("playwright", reason="browser tests need playwright: pip install 'siting[test]'")

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
ARTEFACTS = Path(__file__).parent / "artefacts"

Opens = Callable[..., Page]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium as the system has it, with a profile of its own."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        missing = f"no Chromium found ({', '.join(NAMES)}); install one, such as Debian's package chromium"
        pytest.fail(missing) if os.environ.get("SITING_NEEDS_CHROMIUM") else pytest.skip(missing)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opens]:
    """Open a report with the network cut; after the test, nothing may have been asked for or complained of."""
    contexts, complaints = [], []

    def open_report(path: Path, **settings: object) -> Page:
        settings = {"viewport": {"width": 1280, "height": 900}, **settings}
        context = browser.new_context(offline=True, **settings)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"console {message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on(
            "request", lambda sent: sent.url == path.as_uri() or complaints.append(f"asked for {sent.url}")
        )
        page.goto(path.as_uri())
        page.wait_for_selector("#chart[data-ready]")
        return page

    yield open_report
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def real_plan() -> Plan:
    """The bundled question on the real world, a few typical days only."""
    days = {"periods": 3, "hours": 24, "keep": []}
    return solve(load("eu-gigafactories", {"time.representative": days, "solve.threads": 1}))


@pytest.fixture(scope="session")
def real_report(real_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return real_plan.report(tmp_path_factory.mktemp("report") / "report.html")


@pytest.fixture(scope="session")
def keep() -> Callable[..., Path]:
    """Keep a screenshot as an artefact."""

    def kept(page: Page, name: str, whole: bool = False) -> Path:
        ARTEFACTS.mkdir(exist_ok=True)
        path = ARTEFACTS / f"{name}.png"
        page.screenshot(path=path, full_page=whole)
        return path

    return kept

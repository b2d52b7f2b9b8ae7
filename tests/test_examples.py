"""Every example runs, as a user would run it: one after the other, each finding the frontiers the others left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*/*.py"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.parent.name)
def test_example_runs(script: Path, cache: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "SITING_CACHE": str(cache), "TMPDIR": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, env=environment, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert "proven within" in ended.stdout

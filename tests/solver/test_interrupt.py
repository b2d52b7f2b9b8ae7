"""Ctrl-C while the solver is deaf: heard and told at once, a second one leaves cleanly with the documented exit code."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

import pytest

from siting.solver.highs import LARGE_ROWS, NOT_HEARD, hipo_available

# the command line, its solve replaced by a MILP whose root relaxation keeps HiPO busy for minutes: rows at random fill up
DEAF = f"""
import atexit, sys
atexit.register(print, "a slow end, which crashes in one of three runs", file=sys.stderr)
import numpy as np
from scipy import sparse
from siting import api, cli
from siting.solver.highs import Compiled, solve_mip
from siting.solver.progress import Clock

def solve(model, report, *rest):
    rows, n, rng = {LARGE_ROWS} + 1, 30_000, np.random.default_rng(1)
    matrix = sparse.random_array((rows, n), density=6 / rows, rng=rng, format="csc") + sparse.eye_array(rows, n, format="csc")
    one, whole = np.ones(rows), np.arange(n) == 0
    model = Compiled(
        rng.random((1, n)), np.zeros(1), sparse.csc_array(matrix), one, one * np.inf, np.zeros(n), np.full(n, np.inf), whole,
        [None] * n, [],
    )
    clock = Clock(600.0, report)
    clock.say("deaf")
    return solve_mip(model, clock, "deaf", 1e-3, 2)

api.solve = solve
sys.argv = ["siting", "solve", "eu-gigafactories", "-o", sys.argv[1]]
cli.main()
"""
HEARD_S = 5.0  # a second or so, on a machine that is busy


@pytest.mark.skipif(not hipo_available(), reason="without HiPO the solver hears every step")
def test_ctrl_c_is_told_while_the_solver_is_deaf_and_a_second_one_leaves(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DEAF, str(tmp_path / "out")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        watchdog = threading.Timer(90.0, running.kill)
        watchdog.start()
        try:
            rest = _pressed_twice(running)
        finally:
            watchdog.cancel()
            running.kill()
    assert rest == "error: stopped before the end; what was asked for is not written\n", rest
    assert list(tmp_path.iterdir()) == []


def _pressed_twice(running: subprocess.Popen[str]) -> str:
    """Ctrl-C in the deaf solve, and again once the first is answered; returns what is said after that."""
    assert running.stderr is not None
    _read_until(running.stderr, "deaf")
    time.sleep(4.0)  # beyond presolve, which hears as little
    running.send_signal(signal.SIGINT)
    began = time.monotonic()
    _read_until(running.stderr, NOT_HEARD)
    assert time.monotonic() - began < HEARD_S
    assert running.poll() is None, "it waits for the solver"
    running.send_signal(signal.SIGINT)
    began, rest = time.monotonic(), running.stderr.read()
    assert running.wait() == 4, rest
    assert time.monotonic() - began < HEARD_S
    return rest


def _read_until(stream: IO[str], text: str) -> None:
    said: list[str] = []
    while not said or text not in said[-1]:
        said.append(stream.readline())
        assert said[-1], f"ended without '{text}': {said}"

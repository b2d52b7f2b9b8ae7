"""Ctrl-C while the solver is deaf: heard and told at once, a second one leaves cleanly with the documented exit code."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

from siting.solver.highs import NOT_HEARD

# the command line, its solve replaced by one in which HiGHS hears nothing, as within HiPO (whose own test would need gigabytes)
DEAF = """
import signal, sys, time
import highspy
import numpy as np
from scipy import sparse
from siting import api, cli
from siting.solver.highs import Compiled, solve_mip
from siting.solver.progress import Clock

signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell switches Ctrl-C off
highspy.Highs.run = lambda self: time.sleep(600.0)

def solve(model, report, *rest):
    one = np.ones(1)
    matrix = sparse.csc_array(np.ones((1, 1)))
    model = Compiled(np.ones((1, 1)), np.zeros(1), matrix, one, one, one, one, one > 0, [None], [])
    clock = Clock(600.0, report)
    clock.say("deaf")
    return solve_mip(model, clock, "deaf", 1e-3, 2)

api.solve = solve
sys.argv = ["siting", "solve", "eu-gigafactories", "-o", sys.argv[1]]
cli.main()
"""
HEARD_S = 5.0  # a second or so, on a machine that is busy


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
    time.sleep(1.0)
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

"""Every bundled planning model solved as it ships: gap, seconds and memory. No test stands here.

`python -m tests.benchmarks.programmes [--out FOLDER] [MODEL ...]`: models by name or file (`tests/benchmarks/phased.yaml`), one
process after the other, without a cache of earlier runs; the plans are saved in FOLDER (examples/06_programmes reads
them), the table is printed. Solving is what the plan says it took, wall-clock also starts, reads, audits and writes all
reports. MiB: the largest sum over a run's processes, looked at five times a second (what they share counts in each).
Exit code 1 if a model ends above its gap or the most seconds.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp

import psutil

from siting.inputs.places import bundled_models

MOST_GAP, MOST_S = 0.01, 120.0  # what is promised of a bundled model, on two cores
LOOK_EVERY_S = 0.2


def main() -> int:
    """Solve the models named, or all of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="*")
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    out = given.out or Path(mkdtemp())
    print("| model | status | gap | solving s | wall s | processor s | MiB | M EUR/yr | MW of IT | t/yr |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    return max(
        _solved(name, out / Path(name).stem, given.threads) for name in given.models or bundled_models()
    )


def _solved(name: str, folder: Path, threads: int) -> int:
    command = [sys.executable, "-m", "siting.cli", "solve", name, "--set", f"solve.threads={threads}"]
    command += ["--no-cache", "--quiet", "--overwrite", "-o", str(folder)]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with TemporaryFile("w+", encoding="utf-8") as said:
        running = subprocess.Popen(command, stdout=said, stderr=said)
        most_mib = _watched(running)
        said.seek(0)
        text = said.read().strip()
    wall_s, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if running.returncode:
        print(f"| {name} | {text} | - | - | {wall_s:.1f} | {processor_s:.1f} | {most_mib:,.0f} | - | - | - |")
        return 1
    record = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    gap, totals = record["objective"]["gap"], record["totals"]
    print(
        f"| {name} | {record['status']} | {100 * gap:.2f} % | {record['seconds']:.1f} | {wall_s:.1f} | "
        f"{processor_s:.1f} | {most_mib:,.0f} | "
        f"{totals['cash_cost_eur_yr'] / 1e6:,.0f} | {totals['it_mw']:,.0f} | {totals['carbon_t_yr']:,.0f} |",
        flush=True,
    )
    return int(gap > MOST_GAP or wall_s > MOST_S)


def _watched(running: subprocess.Popen[bytes]) -> float:
    """Wait for the end; the most MiB held by the process and its workers together."""
    most, root = 0, psutil.Process(running.pid)
    while running.poll() is None:
        held = 0
        try:
            for process in (root, *root.children(recursive=True)):
                held += process.memory_info().rss
        except psutil.NoSuchProcess:  # ended while it was looked at
            continue
        most = max(most, held)
        time.sleep(LOOK_EVERY_S)
    return most / 2**20


if __name__ == "__main__":
    raise SystemExit(main())

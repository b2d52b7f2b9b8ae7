"""Measure the methods side by side: `python tests/benchmarks/run.py [--quick] [--cases A,B] [--methods M,N]`.

Writes a CSV and a Markdown table of one run on one machine. Nothing is asserted about seconds. No test stands here.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
METHODS = ("frontier", "frontier-warm", "another-budget", "another-cap", "whole", "linopy", "pypsa", "floor")
QUICK = ("2s-2d-all",)
DEFAULT = (
    "3s-12d-all", "9s-12d-all", "27s-12d-all", "27s-24d-76", "27s-12d-300", "27s-12d-1000", "27s-12d-5000",
)  # fmt: skip
GRACE_S = 120  # beyond the time limit, for reading, building and reporting, before a process is ended
COLUMNS = (
    "case", "method", "status", "sites", "classes", "hours", "prepare_s", "build_s", "solve_s", "total_s", "ratio",
    "objective", "bound", "gap", "peak_mib",
)  # fmt: skip
HEADINGS = (
    "case", "sites", "hours", "method", "build s", "solve s", "total s", "x frontier", "M EUR/yr", "gap", "MiB", "ended",
)  # fmt: skip


def measured(case: str, method: str, asked: argparse.Namespace, cache: str) -> dict[str, Any]:
    """One method on one case in its own process, ended if it overruns."""
    command = [sys.executable, "-m", "tests.benchmarks.one", case, method]
    command += [str(asked.gap), str(asked.limit), str(asked.threads)]
    # the root on the path, and one thread for libraries that would take every core
    place = {"SITING_CACHE": cache, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **place}, stdout=subprocess.PIPE, text=True, check=False,
            stderr=None if asked.verbose else subprocess.PIPE, timeout=asked.limit + GRACE_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"case": case, "method": method, "status": "ended, overran the limit"}
    if done.returncode != 0:
        words = (done.stderr or "").strip().splitlines()[-1:] or ["see above"]
        return {"case": case, "method": method, "status": f"failed: {words[0]}"}
    row = {"case": case, "method": method, **json.loads(done.stdout.strip().splitlines()[-1])}
    row["total_s"] = (row["build_s"] or 0.0) + row["solve_s"]
    return row


def all_measured(asked: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Every method on every case; `frontier` starts from an empty cache, those named after it from what it left."""
    for case in asked.cases:
        cold: float | None = None
        with tempfile.TemporaryDirectory() as cache:
            for method in (m for m in METHODS if m in asked.methods):  # in this order: warm after cold
                row = measured(case, method, asked, cache)
                if method == "frontier":
                    cold = row.get("total_s")
                if cold and "total_s" in row:
                    row["ratio"] = row["total_s"] / cold
                print(markdown_row(row), flush=True)
                yield row


def write_csv(rows: list[dict[str, Any]], path: Path) -> None:
    """One row a measurement."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def markdown(rows: list[dict[str, Any]], asked: argparse.Namespace) -> str:
    """The table, with the machine and versions it was measured on."""
    packages = ("siting", "highspy", "pyomo", "linopy", "pypsa")
    known = ", ".join(f"{name} {version(name)}" for name in packages if find_spec(name) or name == "highspy")
    head = f"One run, {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {known}; "
    head += f"asked gap {100 * asked.gap:g} %, limit {asked.limit:g} s, {asked.threads} threads or workers.\n"
    lines = [
        head,
        f"| {' | '.join(HEADINGS)} |",
        "|---|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|---|",
        *map(markdown_row, rows),
    ]
    return "\n".join(lines) + "\n"


def markdown_row(row: dict[str, Any]) -> str:
    """One measurement as a row of the table."""

    def text(name: str, form: str, factor: float = 1, unit: str = "") -> str:
        value = row.get(name)
        return "-" if value is None else f"{factor * value:{form}}{unit}"

    cells = [
        row["case"], text("sites", "d"), text("hours", "d"), row["method"], text("build_s", ".1f"), text("solve_s", ".1f"),
        text("total_s", ".1f"), text("ratio", ".2f"), text("objective", ",.3f", 1e-6), text("gap", ".4f", 100.0, " %"),
        text("peak_mib", ",.0f"), row["status"],
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def arguments() -> argparse.Namespace:
    """What is asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the smallest case only")
    parser.add_argument("--cases", help="comma-separated, such as 3s-12d-all,27s-full-76")
    parser.add_argument("--methods", help=f"comma-separated [default: {','.join(METHODS)}]")
    parser.add_argument("--gap", type=float, default=1e-3, help="relative gap asked of every method")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds for building and solving, each")
    parser.add_argument("--threads", type=int, default=2, help="threads of HiGHS, or worker processes")
    parser.add_argument(
        "--out", type=Path, default=Path("results.csv"), help="CSV; the table goes beside it as .md"
    )
    parser.add_argument("--verbose", action="store_true", help="progress of each method on stderr")
    asked = parser.parse_args()
    asked.cases = asked.cases.split(",") if asked.cases else list(QUICK if asked.quick else DEFAULT)
    asked.methods = asked.methods.split(",") if asked.methods else [
        m for m in METHODS if m != "pypsa" or find_spec("pypsa")
    ]  # fmt: skip
    unknown = sorted(set(asked.methods) - set(METHODS))
    if unknown:
        parser.error(f"method {', '.join(unknown)}: choose from {', '.join(METHODS)}")
    return asked


def main() -> None:
    """Measure, print as it goes, write both files."""
    asked = arguments()
    print(f"| {' | '.join(HEADINGS)} |")
    rows = list(all_measured(asked))
    write_csv(rows, asked.out)
    table = asked.out.with_suffix(".md")
    table.write_text(markdown(rows, asked), encoding="utf-8")
    print(f"written: {asked.out}, {table}", file=sys.stderr)


if __name__ == "__main__":
    main()

"""One method on one case in a process of its own: prints one line of JSON. Started by run.py. No test stands here."""

from __future__ import annotations

import json
import sys
import time

from tests.benchmarks.cases import build, case_of
from tests.benchmarks.methods import WITH_WORKERS, measure


def main(name: str, method: str, gap: str, limit_s: str, threads: str) -> None:
    """Measure; worker processes start while the inputs are read, as they do in siting.solve."""
    workers = None
    if method in WITH_WORKERS:
        from siting.solver.workers import LocalProcesses

        workers = LocalProcesses(int(threads))
    began = time.monotonic()
    ready = build(case_of(name), float(gap), float(limit_s), int(threads), method)
    prepare_s = time.monotonic() - began
    sizes = {
        "sites": len(ready.data.sites),
        "classes": len(ready.data.classes),
        "hours": len(ready.data.weight),
    }
    print(json.dumps({**sizes, "prepare_s": prepare_s, **measure(method, ready, workers)}))


if __name__ == "__main__":
    main(*sys.argv[1:])

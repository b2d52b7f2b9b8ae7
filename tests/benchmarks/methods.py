"""The methods that are measured: each builds and solves one prepared instance and says what it took. No test stands here."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from siting.api import Prepared, solve_prepared
from siting.errors import StoppedError
from siting.solver.progress import Clock, Step
from tests.benchmarks.cases import ANOTHER

KIB = 1 if sys.platform == "darwin" else 1024  # the unit of ru_maxrss: bytes there, KiB elsewhere


@dataclass(frozen=True)
class Measured:
    """Seconds of building and solving (None: not told apart, counted as solving), result and peak memory of one method."""

    status: str
    build_s: float | None
    solve_s: float
    objective: float | None
    bound: float | None
    peak_mib: float = 0.0

    @property
    def gap(self) -> float | None:
        """Proven relative gap."""
        if self.objective is None or self.bound is None:
            return None
        return abs(self.objective - self.bound) / abs(self.objective)


def measure(method: str, ready: Prepared, workers: Any = None) -> dict[str, Any]:
    """Run a method in this process; its peak memory is the sum of its processes' peaks."""
    result = METHODS[method](ready, workers)
    peaks = [peak_mib()]
    if workers is not None:
        peaks += [worker.submit(peak_mib).result() for worker in workers._workers]
        workers.close()
    result = replace(result, peak_mib=sum(peaks))
    return {**asdict(result), "gap": result.gap}


def peak_mib() -> float:
    """The most memory this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB / 2**20


def _ours(method: str) -> Callable[[Prepared, Any], Measured]:
    def run(ready: Prepared, workers: Any) -> Measured:
        settings = ready.model.solve.model_copy(update={"method": method})
        ready = replace(ready, model=ready.model.model_copy(update={"solve": settings}))
        built: list[float] = []

        def report(step: Step) -> None:
            if step.stage.startswith("solving for") and not built:
                built.append(step.seconds)
            print(f"{step.seconds:8.2f} s  {step.stage}  {step.incumbent}  {step.bound}", file=sys.stderr)

        clock = Clock(settings.time_limit_s, report)
        try:
            plan = solve_prepared(ready, clock, workers, for_more=True)
        except StoppedError:
            return Measured("no plan in time", None, clock.seconds, None, None)
        build_s = built[0] if built else None
        seconds = float(plan.record["seconds"])
        return Measured(plan.status, build_s, seconds - (build_s or 0.0), plan.objective, plan.bound)

    return run


def _linopy(ready: Prepared, workers: Any) -> Measured:
    from tests.model.second_model import second_model

    began = time.monotonic()
    m, _ = second_model(ready.data)
    build_s = time.monotonic() - began
    return solve_linopy(ready, m.solve, lambda: m, build_s)


def solve_linopy(
    ready: Prepared, solve: Callable[..., Any], model: Callable[[], Any], build_s: float
) -> Measured:
    """Let linopy hand its model to HiGHS; read value and bound from HiGHS itself."""
    settings = ready.model.solve
    options = {
        "mip_rel_gap": settings.gap_share,
        "time_limit": max(1.0, settings.time_limit_s - build_s),
        "threads": settings.threads,
        "output_flag": False,
    }
    began = time.monotonic()
    status = solve("highs", io_api="direct", **options)
    solve_s = time.monotonic() - began
    info = model().solver_model.getInfo()
    return _from_info(str(status[1]), build_s, solve_s, info, model().objective.value is not None)


def _from_info(status: str, build_s: float | None, solve_s: float, info: Any, found: bool) -> Measured:
    objective = float(info.objective_function_value) if found and info.primal_solution_status == 2 else None
    bound = float(info.mip_dual_bound)
    return Measured(status, build_s, solve_s, objective, bound if abs(bound) < 1e20 else None)


def _pypsa(ready: Prepared, workers: Any) -> Measured:
    from tests.benchmarks.pypsa_model import pypsa_network

    began = time.monotonic()
    n = pypsa_network(ready.data)
    build_s = time.monotonic() - began
    return solve_linopy(
        ready,
        lambda name, io_api, **options: n.optimize.solve_model(
            solver_name=name, io_api=io_api, solver_options=options
        ),
        lambda: n.model,
        build_s,
    )


def _floor(ready: Prepared, workers: Any) -> Measured:
    """Nothing but HiGHS's run() on the finished matrix of the whole problem, with HiGHS's own defaults."""
    import pyomo.environ as pyo

    from siting.model.build import objective_terms, whole
    from siting.solver.highs import compile_model, highs_of

    settings = ready.model.solve
    b = whole(ready.data)
    b.m.goal = pyo.Objective(expr=objective_terms(b)["cost"])
    h = highs_of(compile_model(b.m), settings.threads)
    h.setOptionValue("mip_rel_gap", settings.gap_share)
    h.setOptionValue("time_limit", settings.time_limit_s)
    began = time.monotonic()
    h.run()
    solve_s = time.monotonic() - began
    return _from_info(h.modelStatusToString(h.getModelStatus()).lower(), None, solve_s, h.getInfo(), True)


METHODS: dict[str, Callable[[Prepared, Any], Measured]] = {
    "frontier": _ours("frontier"),
    "frontier-warm": _ours("frontier"),
    **{name: _ours("frontier") for name in ANOTHER},
    "whole": _ours("whole"),
    "linopy": _linopy,
    "pypsa": _pypsa,
    "floor": _floor,
}
WITH_WORKERS = {"frontier", "frontier-warm", *ANOTHER}

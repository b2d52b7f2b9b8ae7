"""Progress on stderr: one live line in a terminal, now and then a plain line elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from siting.output.lines import WIDTH, fitted_lines
from siting.output.words import large, share
from siting.solver.progress import Step

EVERY_S = 10.0  # between plain lines within one stage


class ProgressReporter:
    """A callable for `report=`, used as a context manager so that the live line is always taken down.

    In a terminal the line ticks by itself, for a solver may be silent for minutes.
    """

    def __init__(self, quiet: bool = False, console: Console | None = None) -> None:
        self._console = console if console is not None else Console(stderr=True, highlight=False)
        self._quiet = quiet
        self._live: Live | None = None
        self._spinner = Spinner("dots")
        self._step: Step | None = None
        self._began = time.monotonic()
        self._printed: tuple[str, float] = ("", -EVERY_S)

    def __enter__(self) -> Self:
        if not self._quiet and self._console.is_terminal:
            self._live = Live(
                console=self._console, get_renderable=self._line, refresh_per_second=8, transient=True
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def __call__(self, step: Step) -> None:
        """Take a step; called from the solver's thread, so that it only stores or prints."""
        if self._step is None or step.seconds < self._step.seconds:  # another solve began
            self._began = time.monotonic() - step.seconds
        self._step = step
        stage, seconds = self._printed
        due = step.stage != stage or not 0 <= step.seconds - seconds < EVERY_S
        if self._live is None and not self._quiet and due:
            self._printed = (step.stage, step.seconds)
            width = self._console.width if self._console.is_terminal else WIDTH
            self._console.print(Text("\n".join(step_lines(step, step.seconds, width))), soft_wrap=True)

    def _line(self) -> Spinner:
        now = time.monotonic() - self._began
        text = step_text(self._step, now) if self._step else "starting"
        self._spinner.update(text=Text(text, overflow="ellipsis", no_wrap=True))
        return self._spinner


def step_lines(step: Step, seconds: float, width: int) -> list[str]:
    """The same in lines that fit, the further ones set under the stage."""
    return fitted_lines(step_text(step, seconds), width, further=9)


def step_text(step: Step, seconds: float) -> str:
    """One line: elapsed, stage, incumbent, bound and gap, as far as known.

    >>> step_text(Step("solving for cost", 3.2, 403.8e6, 401.0e6), 3.2)
    '  3.2 s  solving for cost  plan 403.8 M  bound 401.0 M  gap 0.69 %'
    """
    parts = [f"{seconds:5.1f} s", step.stage]
    if step.incumbent is not None:
        parts.append(f"plan {large(abs(step.incumbent))}")
    if step.bound is not None:
        parts.append(f"bound {large(abs(step.bound))}")
    if step.gap is not None:
        parts.append(f"gap {share(step.gap, 2)}")
    return "  ".join(parts)

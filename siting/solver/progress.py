"""What a solve says while it runs, and the one clock it runs against."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Step:
    """A moment of a solve: stage in words, seconds since the start, best plan and bound so far (None: none yet)."""

    stage: str
    seconds: float
    incumbent: float | None = None
    bound: float | None = None

    @property
    def gap(self) -> float | None:
        """Relative distance of incumbent and bound."""
        if self.incumbent is None or self.bound is None:
            return None
        return gap_share(self.incumbent, self.bound)


Report = Callable[[Step], None]
LEFT_S = 0.1  # with less time left nothing is begun


def silent(step: Step) -> None:
    """Report to nobody."""


def gap_share(incumbent: float, bound: float, least_size: float = 0.0) -> float:
    """Proven relative gap |incumbent - bound| / |incumbent|, or over `least_size` where that is larger.

    >>> gap_share(200.0, 199.0)
    0.005
    """
    return abs(incumbent - bound) / max(abs(incumbent), least_size, 1e-9)


@dataclass
class Clock:
    """Seconds since the solve began, and how many are left."""

    limit_s: float
    report: Report = silent
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.began

    @property
    def left_s(self) -> float:
        """Seconds left, never below `LEFT_S`: what is under way may end."""
        return max(LEFT_S, self.limit_s - self.seconds)

    @property
    def is_late(self) -> bool:
        """Whether too little time is left to begin anything."""
        return self.limit_s - self.seconds <= LEFT_S

    def say(self, stage: str, incumbent: float | None = None, bound: float | None = None) -> None:
        """Report a step."""
        self.report(Step(stage, self.seconds, incumbent, bound))

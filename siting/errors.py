"""One exception tree. Every error a user can cause carries its exit code and a message that names the remedy."""

from __future__ import annotations

from collections.abc import Sequence

EXPLAIN_HINT = "`siting explain MODEL` names the limits that clash and a change that leads to a plan"


class SitingError(Exception):
    """Base of all errors raised on purpose; `exit_code` is what the command line returns."""

    exit_code = 1


class InputError(SitingError):
    """Bad input: every problem found, each naming file, place, value and remedy."""

    exit_code = 2

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        head = "" if len(self.problems) == 1 else f"{len(self.problems)} problems in the input:\n"
        marks = "" if len(self.problems) == 1 else "  - "
        super().__init__(head + "\n".join(marks + problem for problem in self.problems))


class InfeasibleError(SitingError):
    """No plan can meet all limits; the message shows the two numbers that clash where arithmetic can tell."""

    exit_code = 3

    def __init__(self, reasons: str | Sequence[str]) -> None:
        self.reasons = [reasons] if isinstance(reasons, str) else list(reasons)
        lines = ["no plan can meet every limit:", *(f"  - {r}" for r in self.reasons), EXPLAIN_HINT]
        super().__init__("\n".join(lines))


class StoppedError(SitingError):
    """Stopped (time limit or Ctrl-C) before any plan was found."""

    exit_code = 4


class AuditError(SitingError):
    """A plan whose limits, costs or tonnes do not recompute: never a result."""

    def __init__(self, findings: Sequence[str]) -> None:
        self.findings = list(findings)
        super().__init__("the plan fails its audit:\n" + "\n".join(f"  - {f}" for f in self.findings))

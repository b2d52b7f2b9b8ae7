"""One exception tree. Every error a user can cause carries its exit code and a message that names the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

EXPLAIN_HINT = "`siting explain MODEL` names the limits that clash and a change that leads to a plan"


class SitingError(Exception):
    """Base of all errors raised on purpose; `exit_code` is what the command line returns, `status` its name for machines."""

    exit_code = 1
    status = "error"

    @property
    def record(self) -> dict[str, Any]:
        """What --json prints in place of a result: status, message, and each reason by itself."""
        return {"status": self.status, "message": str(self)}


class InputError(SitingError):
    """Bad input: every problem found, each naming file, place, value and remedy."""

    exit_code = 2
    status = "bad_input"

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        head = "" if len(self.problems) == 1 else f"{len(self.problems)} problems in the input:\n"
        marks = "" if len(self.problems) == 1 else "  - "
        super().__init__(head + "\n".join(marks + problem for problem in self.problems))

    @property
    def record(self) -> dict[str, Any]:
        """Status, message and `problems`."""
        return {**super().record, "problems": self.problems}


class InfeasibleError(SitingError):
    """No plan can meet all limits; the message shows the two numbers that clash where arithmetic can tell."""

    exit_code = 3
    status = "infeasible"

    def __init__(self, reasons: str | Sequence[str]) -> None:
        self.reasons = [reasons] if isinstance(reasons, str) else list(reasons)
        lines = ["no plan can meet every limit:", *(f"  - {r}" for r in self.reasons), EXPLAIN_HINT]
        super().__init__("\n".join(lines))

    @property
    def record(self) -> dict[str, Any]:
        """Status, message and `reasons`."""
        return {**super().record, "reasons": self.reasons}


class StoppedError(SitingError):
    """Stopped (time limit or Ctrl-C) before any plan was found."""

    exit_code = 4
    status = "stopped"


class AuditError(SitingError):
    """A plan whose limits, costs or tonnes do not recompute: never a result."""

    status = "audit_failed"

    def __init__(self, findings: Sequence[str]) -> None:
        self.findings = list(findings)
        super().__init__("the plan fails its audit:\n" + "\n".join(f"  - {f}" for f in self.findings))

    @property
    def record(self) -> dict[str, Any]:
        """Status, message and `findings`."""
        return {**super().record, "findings": self.findings}

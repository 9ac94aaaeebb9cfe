"""Results of the doctor's checks."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Result of a check."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result.

    `rule` names a fault for programs, such as `powered_off`; it is empty otherwise. The text of a
    fault includes a fix.
    """

    check: str
    verdict: Verdict
    text: str
    rule: str = ""


def ok(check: str, text: str) -> Finding:
    """Return a passed check."""
    return Finding(check, Verdict.OK, text)


def failed(check: str, rule: str, text: str) -> Finding:
    """Return a failed check; the text includes a fix."""
    return Finding(check, Verdict.FAILED, text, rule)


def skipped(check: str, text: str) -> Finding:
    """Return a check that could not run or does not apply; the text gives the reason."""
    return Finding(check, Verdict.SKIPPED, text)

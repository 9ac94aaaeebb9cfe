"""One line of the doctor's answer."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check came out."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    `rule` names a fault for programs, such as `powered_off`; empty where there is none. The text
    of a fault says what to do.
    """

    check: str
    verdict: Verdict
    text: str
    rule: str = ""


def ok(check: str, text: str) -> Finding:
    """Nothing stands in the way here."""
    return Finding(check, Verdict.OK, text)


def failed(check: str, rule: str, text: str) -> Finding:
    """Something does; the text says what to do."""
    return Finding(check, Verdict.FAILED, text, rule)


def skipped(check: str, text: str) -> Finding:
    """This could not be looked at, or does not apply; the text says why."""
    return Finding(check, Verdict.SKIPPED, text)

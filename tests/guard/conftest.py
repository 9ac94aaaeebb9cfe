"""Counts of the guard's tests, printed at the end for all processes."""

import os
import secrets
from collections import Counter
from typing import Any

import pytest

COUNTS: Counter[str] = Counter()
"""Numbers of events in the tests, so that claims about them can be checked."""
SEED = int(os.environ.get("PROVE_SEED") or secrets.randbelow(100_000))
"""Seed of `make prove`."""
os.environ["PROVE_SEED"] = str(SEED)  # workers draw from the same one
STEPS = "steps of the guard under the oracle"
STRETCHES = f"stretches of the seed {SEED}"
PROMISED_STRETCHES, PROMISED_STEPS = 25, 100_000
"""Least number of each event in a whole `make prove`."""


def is_short(counts: Counter[str]) -> bool:
    """Return True if a whole `make prove` played fewer steps than it promises."""
    return counts[STRETCHES] == PROMISED_STRETCHES and counts[STEPS] < PROMISED_STEPS


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what a worker counted."""
    COUNTS.update(getattr(node, "workeroutput", {}).get("counts", {}))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Pass the counts of a worker on; let a whole `make prove` fail that was short."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["counts"] = dict(COUNTS)
    elif is_short(COUNTS):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the counts."""
    for what, number in COUNTS.items():
        terminalreporter.write_line(f"{number:,} {what}")
    if is_short(COUNTS):
        terminalreporter.write_line(f"fewer than the {PROMISED_STEPS:,} steps promised", red=True)

"""What the guard's tests say of themselves at the end."""

from collections import Counter

import pytest

COUNTS: Counter[str] = Counter()
"""How much of what there was, so that a claim about it can be checked."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it."""
    for what, number in COUNTS.items():
        terminalreporter.write_line(f"{number:,} {what}")

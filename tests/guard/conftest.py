"""What the guard's tests say of themselves at the end."""

import pytest

STEPS: list[int] = []
"""One entry for each step of the guard's state machine: a claim about them can be checked."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many steps there were."""
    if STEPS:
        terminalreporter.write_line(f"{len(STEPS):,} steps of the guard under the oracle")

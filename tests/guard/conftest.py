"""How hard the properties are tried.

`HYPOTHESIS_PROFILE=nightly pytest tests/guard --timeout=0` takes hours instead of seconds; `make
prove` takes the state machine alone.
"""

import os

import pytest
from hypothesis import HealthCheck, settings

# A story has hundreds of steps; how long it takes depends on the machine that tests.
_COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("default", _COMMON, max_examples=100)
settings.register_profile("nightly", _COMMON, max_examples=5_000)
# For `make mutants`: few, and always the same.
settings.register_profile("mutants", _COMMON, max_examples=10, derandomize=True, database=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

STEPS: list[int] = []
"""One entry for each step of the guard's state machine: a claim about them can be checked."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many steps there were."""
    if STEPS:
        terminalreporter.write_line(f"{len(STEPS):,} steps of the guard under the oracle")

"""A phone beside the simulated machines."""

import pytest

from tests.simulators.central import Central


@pytest.fixture
def phone(stranger: Central) -> Central:
    """It connects in its own time, and may have to again."""
    return stranger

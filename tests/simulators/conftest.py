"""A treadmill on the air, and a phone in its reach; a marker configures it."""

from collections.abc import AsyncIterator

import pytest

from simulators.simulation import Simulation
from tests.simulators.central import Central, central
from tests.simulators.simulated import MARKER, as_marked


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)


@pytest.fixture
async def sim(request: pytest.FixtureRequest) -> AsyncIterator[Simulation]:
    async with as_marked(request) as simulation:
        yield simulation


@pytest.fixture
async def stranger(sim: Simulation) -> AsyncIterator[Central]:
    """In reach, and knows nothing yet."""
    async with central(sim.new_controller()) as found:
        yield found


@pytest.fixture
async def phone(stranger: Central) -> Central:
    """Connected."""
    await stranger.connect()
    return stranger

"""A treadmill of the bridge in virtual time."""

from collections.abc import AsyncIterator

import pytest

from tests.rigs.home import Home, home


@pytest.fixture
async def here() -> AsyncIterator[Home]:
    async with home() as found:
        yield found

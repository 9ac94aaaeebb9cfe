"""A treadmill of the bridge in virtual time."""

from collections.abc import AsyncIterator

import pytest

from tests.rigs.treadmill_rig import TreadmillRig, treadmill_rig


@pytest.fixture
async def rig() -> AsyncIterator[TreadmillRig]:
    async with treadmill_rig() as found:
        yield found

"""The rig of the control point; a marker says what its machine is like."""

from collections.abc import AsyncIterator

import pytest

from bridge.machines import Edge, Profile
from tests.bluetooth.control_rig import Rig, rigged


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "profile(**declared): the profile of the machine behind the fixture `rig`."
    )


@pytest.fixture
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    marker = request.node.get_closest_marker("profile")
    async with rigged(edge=Edge(Profile(**marker.kwargs)) if marker else None) as found:
        yield found

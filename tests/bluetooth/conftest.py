"""Fixtures of the Bluetooth tests; marks set their options.

`@pytest.mark.peripheral(missing=frozenset({"2ad9"}))` takes its control point away, and
`@pytest.mark.link(observe_only=True)` lets the bridge only observe. A link is to the `simulation`
where a test has one, else to the scripted `peripheral`.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bridge.drivers.link import Link
from simulators.radio.air import Air
from simulators.simulation import Simulation
from tests.bluetooth.control.control_rig import Rig, rigged
from tests.bluetooth.link.link_rig import linked, scripted
from tests.bluetooth.machines.radio_rig import RadioRig, radio_rig
from tests.bluetooth.near_rig import Near, near_by_tcp, near_in_process
from tests.bluetooth.peripheral import Peripheral
from tests.bluetooth.recorder import Recorder
from tests.simulators.simulated import MARKER, as_marked

MARKERS = (
    "peripheral(**options): the scripted treadmill `peripheral`, also where it is `near`",
    MARKER,
    "machine(name, declared, policy): the simulated machine that `machine_rig` runs",
    "link(**options): the bridge's `link` to one of these, and what it `recorder`",
)


def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


def marked(request: pytest.FixtureRequest, name: str) -> dict[str, Any]:
    marker = request.node.get_closest_marker(name)
    return marker.kwargs if marker else {}


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with rigged() as found:
        yield found


@pytest.fixture
async def peripheral(request: pytest.FixtureRequest) -> AsyncIterator[Peripheral]:
    async with scripted(**marked(request, "peripheral")) as found:
        yield found


@pytest.fixture
async def simulation(request: pytest.FixtureRequest) -> AsyncIterator[Simulation]:
    async with as_marked(request) as found:
        yield found


@pytest.fixture
def air(request: pytest.FixtureRequest) -> Air:
    """The simulated treadmill's peripheral if a test requests that, else the scripted one's."""
    simulated = "simulation" in request.fixturenames
    treadmill = request.getfixturevalue("simulation" if simulated else "peripheral")
    assert isinstance(treadmill.air, Air)
    return treadmill.air


@pytest.fixture
async def linked_on_air(
    air: Air, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[Link, Recorder]]:
    async with linked(air, **marked(request, "link")) as found:
        yield found


@pytest.fixture
def link(linked_on_air: tuple[Link, Recorder]) -> Link:
    return linked_on_air[0]


@pytest.fixture
def recorder(linked_on_air: tuple[Link, Recorder]) -> Recorder:
    return linked_on_air[1]


@pytest.fixture
async def machine_rig(request: pytest.FixtureRequest) -> AsyncIterator[RadioRig]:
    async with radio_rig(*request.node.get_closest_marker("machine").args) as found:
        yield found


@pytest.fixture
async def near(request: pytest.FixtureRequest) -> AsyncIterator[Near]:
    async with near_in_process(**marked(request, "peripheral")) as found:
        yield found


@pytest.fixture(params=[False, True], ids=["in-process", "tcp"])
async def both(request: pytest.FixtureRequest) -> AsyncIterator[Near]:
    """Near both ways, one after the other."""
    if request.param:
        async with near_by_tcp() as (found, _):
            yield found
    else:
        async with near_in_process() as found:
            yield found

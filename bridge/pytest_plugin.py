"""pytest fixtures with a simulated treadmill, for any project that speaks to one through bleak.

Loaded by pytest wherever this package is installed; it costs nothing until a test asks for it.

    @pytest.mark.treadmill("urevo-e1l", running=True)
    async def test_my_client(treadmill):
        device = await BleakScanner.find_device_by_address(
            treadmill.address, backend=treadmill.backends.scanner
        )
        async with BleakClient(device, backend=treadmill.backends.client) as client:
            ...
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bridge.testing import SimulatedTreadmill


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "treadmill(machine, *, seed, running, speed): what the fixture `treadmill` is to be.",
    )


@pytest.fixture
def treadmill(request: pytest.FixtureRequest) -> "Iterator[SimulatedTreadmill]":
    """A simulated treadmill in reach; `bridge.testing.SimulatedTreadmill` says what it can do.

    The marker `treadmill` says which machine, or an indirect parameter does.
    """
    try:
        from bridge.testing import SimulatedTreadmill  # noqa: PLC0415 - needs an extra
    except ImportError as error:
        message = (
            "the fixture `treadmill` needs an extra: pip install 'treadmill-bridge[simulator]'"
            f" ({error.name} is missing)"
        )
        raise pytest.UsageError(message) from error
    marker = request.node.get_closest_marker("treadmill")
    arguments, named = (marker.args, marker.kwargs) if marker else ((), {})
    if hasattr(request, "param"):
        arguments = (request.param,)
    with SimulatedTreadmill(*arguments, **named) as machine:
        yield machine


@pytest.fixture
def bleak_treadmill(
    treadmill: "SimulatedTreadmill", monkeypatch: pytest.MonkeyPatch
) -> "SimulatedTreadmill":
    """The same, and bleak itself reaches it and nothing else: for code that names no backend."""
    from bridge.bluetooth.backends import take_over  # noqa: PLC0415

    take_over(treadmill.radio, monkeypatch.setattr)
    return treadmill

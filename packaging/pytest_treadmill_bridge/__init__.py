"""pytest fixtures with a simulated treadmill, for any project that speaks to one through bleak.

pytest loads this module wherever treadmill-bridge is installed. Therefore it imports nothing of the
bridge until a test asks for a fixture: the project under test may have packages named `bridge`,
`protocols` or `simulators` of its own.

    @pytest.mark.treadmill("urevo-e1l", running=True)
    async def test_my_client(treadmill):
        device = await BleakScanner.find_device_by_address(
            treadmill.address, backend=treadmill.backends.scanner
        )
        async with BleakClient(device, backend=treadmill.backends.client) as client:
            ...
"""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bridge.testing import SimulatedTreadmill

PACKAGES = frozenset({"bridge", "protocols", "simulators"})
"""The top-level packages of treadmill-bridge that the fixtures need."""


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        "treadmill(machine, *, seed, running, speed): the machine behind the fixture `treadmill`.",
    )


@pytest.fixture
def treadmill(request: pytest.FixtureRequest) -> "Iterator[SimulatedTreadmill]":
    """A simulated treadmill in range; see `bridge.testing.SimulatedTreadmill`.

    The marker `treadmill`, or an indirect parameter, selects the machine.
    """
    try:
        from bridge.testing import SimulatedTreadmill  # noqa: PLC0415 - see the module's docstring
    except ImportError as error:
        raise pytest.UsageError(_reason(error)) from error
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
    """The same treadmill as bleak's only backend, for code that names no backend."""
    from bridge.bluetooth.backends import take_over  # noqa: PLC0415

    take_over(treadmill.radio, monkeypatch.setattr)
    return treadmill


def _reason(error: ImportError) -> str:
    """Return why the simulated treadmill cannot be imported, and what to do about it."""
    name = (error.name or "").partition(".")[0]
    if name not in PACKAGES:
        from bridge.extras import install_line  # noqa: PLC0415 - this package is not `bridge`

        return (
            f"the fixture `treadmill` needs an extra ({error.name} is missing):"
            f" {install_line('simulator')}"
        )
    place = next(iter(getattr(sys.modules.get(name), "__path__", ())), "another place")
    return (
        f"the fixture `treadmill` needs the package `{name}` of treadmill-bridge, but this project"
        f" has a package of the same name ({place}). Rename that one, or run the simulator as a"
        " process of its own: treadmill-bridge simulate --port 0 --ready-file FILE"
    )

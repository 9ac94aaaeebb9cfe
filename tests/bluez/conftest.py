"""The installed bridge on real BlueZ: Debian with systemd in a virtual machine, see guest/.

Runs only with `make test-bluez`: a guest in software emulation takes minutes.
"""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.bluez.disk import DEB, WORK, built
from tests.bluez.first_day import PACKAGE, install
from tests.bluez.rig import Figure, Rig
from tests.bluez.virtual_machine import Guest

SUITES = os.environ.get("BLUEZ", "").split()
FIGURES = pytest.StashKey[list[Figure]]()

collect_ignore_glob = [] if SUITES else ["test_*.py"]


@pytest_asyncio.fixture(scope="package", loop_scope="package", params=SUITES or ["none"])
async def bare(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    """A guest without the bridge's service, and a treadmill in reach of its adapter."""
    out = WORK / f"out-{request.param}"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    if DEB:
        shutil.copy(DEB, out / PACKAGE)
    async with Rig(request.param) as rig:
        image = built(request.param)
        async with Guest(image, out, rig.port) as guest:
            await rig.plug_in(guest)
            yield rig
        request.config.stash.setdefault(FIGURES, []).extend(rig.figures)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def rig(bare: Rig) -> Rig:
    """The same with the service installed and running, as the first day leaves it."""
    bare.first_day = await install(bare)
    return bare


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print how long the bridge took to stream again after each fault."""
    figures = config.stash.get(FIGURES, [])
    if figures:
        terminalreporter.section("seconds until samples stream again, and until a reason is given")
    for each in figures:
        terminalreporter.write_line(f"{each.guest:10}{each.seconds:6.1f}  {each.fault}")

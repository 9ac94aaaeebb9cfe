import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.bluez.house import House
from tests.bluez.machine import HERE, Guest, give_public_addresses, missing

ROOT = Path(__file__).parents[2]
WORK = ROOT / ".bluez"
SUITES = os.environ.get("BLUEZ", "").split()

collect_ignore_glob = [] if SUITES else ["test_*.py"]


def built(suite: str) -> Path:
    """The disk of a guest with the wheel of this tree; made anew if either changed."""
    wheels = WORK / "wheel"
    shutil.rmtree(wheels, ignore_errors=True)
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", wheels, ROOT], check=True
    )
    (wheel,) = wheels.glob("*.whl")
    print(f"making the guest {suite} (minutes, where anything changed)", file=sys.__stderr__)
    subprocess.run([HERE / "image", suite, wheel, WORK / suite], check=True)
    return WORK / suite


@pytest_asyncio.fixture(scope="package", loop_scope="package", params=SUITES or ["none"])
async def house(request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """A guest with the service installed, and a treadmill in reach of its dongle."""
    if lacking := missing():
        pytest.fail(f"a guest needs {', '.join(lacking)}: run `make test-bluez`")
    give_public_addresses()
    out = WORK / f"out-{request.param}"
    shutil.rmtree(out, ignore_errors=True)
    image = built(request.param)
    async with House() as house, Guest(image, out, house.port) as guest:
        await house.move_in(guest)
        yield house

"""The pytest plugin as another project meets it: a client of its own, and nothing of the bridge."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

MANUAL = Path(__file__).parents[2] / "docs" / "simulator.md"
INI = """
[pytest]
addopts = --strict-markers
filterwarnings = error
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
"""

CLIENT = '''
"""A small client, as somebody may have it: bleak and two UUIDs."""

import asyncio

from bleak import BleakClient, BleakScanner

DATA = "00002acd-0000-1000-8000-00805f9b34fb"
CONTROL = "00002ad9-0000-1000-8000-00805f9b34fb"


async def speed_of_the_first_treadmill():
    device = await BleakScanner.find_device_by_filter(
        lambda device, advertisement: bool(advertisement.service_data), timeout=20
    )
    heard = asyncio.Queue()
    async with BleakClient(device) as client:
        await client.start_notify(DATA, lambda _, value: heard.put_nowait(bytes(value)))
        while True:
            value = await asyncio.wait_for(heard.get(), 20)
            if not value[0] & 1 and int.from_bytes(value[2:4], "little"):
                return int.from_bytes(value[2:4], "little") / 100
'''

# A program's own tests, by file; each function's name says what it shows.
NO_BACKEND = """
import asyncio
import pytest
from client import speed_of_the_first_treadmill

@pytest.mark.treadmill(running=True, speed=4)
def test_client_that_names_no_backend_reaches_the_treadmill(bleak_treadmill):
    speed = asyncio.run(speed_of_the_first_treadmill())
    assert 0 < speed <= 0.8
    assert bleak_treadmill.press("stop")
    assert not bleak_treadmill.press("stop")

def test_bleak_has_its_own_backend_again_after_the_test():
    import bleak
    assert bleak.get_platform_client_backend_type.__module__.startswith("bleak")
"""
BACKEND = """
import asyncio
from bleak import BleakClient, BleakScanner
from client import CONTROL

async def test_client_that_takes_a_backend_gets_control(treadmill):
    scanner, client_backend = treadmill.backends
    device = await BleakScanner.find_device_by_address(
        treadmill.address, timeout=20, backend=scanner
    )
    assert device.name == treadmill.name
    answers = asyncio.Queue()
    async with BleakClient(device, backend=client_backend) as client:
        await client.start_notify(CONTROL, lambda _, v: answers.put_nowait(bytes(v)))
        await client.write_gatt_char(CONTROL, bytes([0]), response=True)
        assert await asyncio.wait_for(answers.get(), 20) == bytes([0x80, 0, 1])
    assert treadmill.written == [bytes([0])]
    assert treadmill.stands

async def test_client_is_told_of_a_lost_link(treadmill):
    lost = asyncio.Event()
    device = await BleakScanner.find_device_by_address(
        treadmill.address, timeout=20, backend=treadmill.backends.scanner
    )
    client = BleakClient(device, lambda _: lost.set(), backend=treadmill.backends.client)
    await client.connect()
    treadmill.out_of_range()
    await asyncio.wait_for(lost.wait(), 20)
    treadmill.back_in_range()
    await client.connect()
    await client.disconnect()
"""
MACHINES = """
import pytest

@pytest.mark.parametrize("treadmill", ["strict", "urevo-e1l"], indirect=True)
def test_one_test_runs_against_many_machines(treadmill):
    assert treadmill.press("start")
    assert treadmill.set_speed(3.0)
    treadmill.set_incline(0)
    assert treadmill.incline_percent == 0
    assert treadmill.speed_kmh < 3
    with pytest.raises(ValueError, match="there are: start, stop"):
        treadmill.press("self-destruct")

@pytest.mark.treadmill("urevo-e1")
def test_unknown_machine_is_an_error_that_names_the_known(treadmill):
    pass
"""
COST = """
import sys

def test_pytest_plugin_imports_nothing_before_a_test_uses_its_fixture():
    assert "bleak" not in sys.modules
    assert "bumble" not in sys.modules
"""
PASSED = (
    "test_client_that_names_no_backend_reaches_the_treadmill",
    "test_bleak_has_its_own_backend_again_after_the_test",
    "test_client_that_takes_a_backend_gets_control",
    "test_client_is_told_of_a_lost_link",
    "test_one_test_runs_against_many_machines[strict]",
    "test_one_test_runs_against_many_machines[urevo-e1l]",
)


def run(project: Path, **files: str) -> str:
    """Run the tests of another project, which is strict about warnings; what pytest prints."""
    (project / "pytest.ini").write_text(INI)
    for name, text in files.items():
        (project / f"{name}.py").write_text(text)
    command = (sys.executable, "-m", "pytest", "-v", "-p", "no:randomly", "-p", "no:cacheprovider")
    done = subprocess.run(
        command, cwd=project, capture_output=True, text=True, check=False, timeout=250
    )
    return done.stdout + done.stderr


def example() -> str:
    """The manual's example, as pasted."""
    blocks = re.findall(r"```python\n(.*?)```", MANUAL.read_text("utf-8"), re.DOTALL)
    (found,) = [block for block in blocks if "bleak_treadmill" in block]
    return str(found)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Output of pytest for a project whose tests use the plugin in every way."""
    project = tmp_path_factory.mktemp("project")
    return run(
        project,
        client=CLIENT,
        test_no_backend=NO_BACKEND,
        test_backend=BACKEND,
        test_machines=MACHINES,
        test_manual=example(),
    )


@pytest.mark.parametrize("name", PASSED)
def test_fixture_works_with_a_projects_own_bluetooth_client(printed: str, name: str) -> None:
    assert f"::{name} PASSED" in printed, printed


def test_plugin_example_of_the_manual_passes_unchanged(printed: str) -> None:
    assert printed.count("test_manual.py::") == 2, printed
    assert len(re.findall(r"test_manual\.py::\S+ PASSED", printed)) == 2, printed


def test_unknown_machine_is_an_error_that_names_the_known(printed: str) -> None:
    assert "::test_unknown_machine_is_an_error_that_names_the_known ERROR" in printed
    assert "urevo-e1l" in printed.partition("ERRORS")[2]


def test_pytest_plugin_imports_nothing_before_a_test_uses_its_fixture(tmp_path: Path) -> None:
    printed = run(tmp_path, test_cost=COST)
    assert "1 passed" in printed, printed


def test_fixture_without_the_extra_names_the_package_to_install(tmp_path: Path) -> None:
    printed = run(
        tmp_path,
        conftest="import sys\nsys.modules['bumble'] = None\n",
        test_it="def test_it(treadmill):\n    pass\n",
    )
    assert "1 error" in printed, printed
    assert "pip install 'bumble" in printed

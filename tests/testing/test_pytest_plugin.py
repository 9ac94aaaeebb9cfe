"""The pytest plugin as another project meets it: a client of its own, and nothing of the bridge."""

import re
from pathlib import Path

import pytest

pytest_plugins = ("pytester",)

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


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """Another project, strict about warnings."""
    pytester.makepyfile(client=CLIENT)
    pytester.makeini(
        "[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n"
        "asyncio_default_fixture_loop_scope = function\n"
    )
    return pytester


def run(project: pytest.Pytester, *options: str) -> pytest.RunResult:
    return project.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider", *options)


def test_a_client_that_names_no_backend_reaches_the_treadmill(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import asyncio
        import pytest
        from client import speed_of_the_first_treadmill

        @pytest.mark.treadmill(running=True, speed=4)
        def test_it_reads_the_speed(bleak_treadmill):
            speed = asyncio.run(speed_of_the_first_treadmill())
            assert 0 < speed <= 0.8
            assert bleak_treadmill.press("stop")
            assert not bleak_treadmill.press("stop")

        def test_bleak_is_itself_again():
            import bleak
            assert bleak.get_platform_client_backend_type.__module__.startswith("bleak")
        """
    )
    run(project).assert_outcomes(passed=2)


def test_a_client_that_takes_a_backend_drives_it_from_an_async_test(
    project: pytest.Pytester,
) -> None:
    project.makepyfile(
        """
        import asyncio
        import pytest
        from bleak import BleakClient, BleakScanner
        from client import CONTROL

        @pytest.mark.asyncio
        async def test_it_takes_control(treadmill):
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

        @pytest.mark.asyncio
        async def test_it_is_told_of_a_lost_link(treadmill):
            lost = asyncio.Event()
            device = await BleakScanner.find_device_by_address(
                treadmill.address, timeout=20, backend=treadmill.backends.scanner
            )
            client = BleakClient(
                device, lambda _: lost.set(), backend=treadmill.backends.client
            )
            await client.connect()
            treadmill.out_of_range()
            await asyncio.wait_for(lost.wait(), 20)
            treadmill.back_in_range()
            await client.connect()
            await client.disconnect()
        """
    )
    run(project, "-p", "asyncio").assert_outcomes(passed=2)


def test_one_test_runs_against_many_machines(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("treadmill", ["strict", "urevo-e1l"], indirect=True)
        def test_what_a_person_does_at_the_console(treadmill):
            assert treadmill.press("start")
            assert treadmill.set_speed(3.0)
            treadmill.set_incline(0)
            assert treadmill.incline_percent == 0
            assert treadmill.speed_kmh < 3
            with pytest.raises(ValueError, match="there are: start, stop"):
                treadmill.press("self-destruct")
        """
    )
    run(project).assert_outcomes(passed=2)


def test_an_unknown_machine_is_an_error_that_names_the_known(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest

        @pytest.mark.treadmill("urevo-e1")
        def test_it(treadmill):
            pass
        """
    )
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*urevo-e1l*"])


def test_without_the_extra_it_says_what_to_install(project: pytest.Pytester) -> None:
    project.makeconftest("import sys\nsys.modules['bumble'] = None\n")
    project.makepyfile("def test_it(treadmill):\n    pass\n")
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*pip install 'bumble*"])


def test_it_costs_nothing_until_a_test_asks_for_it(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import sys

        def test_it():
            assert "bleak" not in sys.modules
            assert "bumble" not in sys.modules
        """
    )
    run(project).assert_outcomes(passed=1)


def test_the_manual_s_example_runs_as_pasted(pytester: pytest.Pytester) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text("utf-8")
    (example,) = [
        block
        for block in re.findall(r"```python\n(.*?)```", manual, re.DOTALL)
        if "bleak_treadmill" in block
    ]
    pytester.makepyfile(example)
    result = pytester.runpytest_subprocess(
        *("-p", "no:randomly", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto")
    )
    result.assert_outcomes(passed=2)

"""`simulate`: scenarios for a bridge that runs elsewhere, their reports, and real adapters."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from simulators.radio.air import Air, AirServer
from tests.cli.conftest import Invoke
from tests.cli.machine.test_record import BRIDGE, WAIT_S, eventually
from tests.e2e.house import until
from tests.simulators.central import central

GOOD = """
title = "Somebody presses Start"

[[step]]
press = "start"

[[step]]
ask = "speed 3"

[[step]]
expect = ["machine.phase is running", "state.belt is running"]
within = 20
"""
BAD = GOOD.replace("machine.phase is running", "machine.speed_kmh >= 50").replace("20", "1")


def simulate(tmp_path: Path, *arguments: str) -> tuple[int, str, str]:
    """Run it with a client that connects; exit code, what it said, and the report."""
    report = tmp_path / "report.xml"
    ready = tmp_path / "ready"
    command = (*BRIDGE, "simulate", "--port", "0", "--ready-file", str(ready), *arguments)
    with subprocess.Popen(
        (*command, "--junit", str(report)), stdout=subprocess.PIPE, text=True
    ) as process:
        eventually("the radio", ready.exists)
        radio = ready.read_text().strip()
        with subprocess.Popen(
            (sys.executable, "-m", "bridge", "record", str(tmp_path / "x"), "--radio", radio)
        ) as client:
            assert process.stdout is not None
            said = process.stdout.read()
            process.wait(WAIT_S)
            client.wait(WAIT_S)
    return process.returncode, said, report.read_text()


def test_a_scenario_that_goes_well_exits_with_0_and_tells_its_story(tmp_path: Path) -> None:
    (tmp_path / "start.toml").write_text(GOOD)
    code, said, report = simulate(tmp_path, "--scenario", str(tmp_path / "start.toml"))

    assert code == 0
    assert "The scenario begins when a client has connected." in said
    assert "command, left to you: set/speed 3" in said
    assert "not checked without a bridge: state.belt is running" in said
    assert "as expected: machine.phase is running" in said
    suite = ElementTree.fromstring(report)  # noqa: S314 - our own
    assert (suite.attrib["name"], suite.attrib["tests"]) == ("strict", "1")
    assert suite.attrib["failures"] == "0"


def test_a_scenario_that_fails_exits_with_1_and_the_report_has_the_story_so_far(
    tmp_path: Path,
) -> None:
    (tmp_path / "start.toml").write_text(BAD)
    code, said, report = simulate(tmp_path, "--scenario", str(tmp_path / "start.toml"))

    assert code == 1
    assert "EXPECTED within 1 s: machine.speed_kmh >= 50, BUT machine.speed_kmh is" in said
    suite = ElementTree.fromstring(report)  # noqa: S314 - our own
    assert suite.attrib["failures"] == "1"
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "console: start" in str(failure.text)


def test_one_that_nobody_comes_for_fails_at_its_time(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "start.toml").write_text(GOOD)
    result = invoke(
        *("simulate", "--port", "0", "--duration", "0.5"),
        *("--scenario", str(tmp_path / "start.toml")),
    )
    assert result.exit_code == 1
    assert "start: not finished after 0.5 s" in result.stderr


def test_one_that_is_not_for_the_machine_is_left_out_and_says_why(
    invoke: Invoke, tmp_path: Path
) -> None:
    (tmp_path / "start.toml").write_text(f'not_for = {{ mph = "other numbers" }}\n{GOOD}')
    result = invoke(
        *("simulate", "--port", "0", "--machine", "bowflex-t9"),
        *("--scenario", str(tmp_path / "start.toml")),
    )
    assert result.exit_code == 0
    assert "start does not apply to this machine: other numbers" in result.stdout


def test_a_scenario_that_no_client_comes_to_has_failed_in_time(
    invoke: Invoke, tmp_path: Path
) -> None:
    (tmp_path / "start.toml").write_text(GOOD)
    report = tmp_path / "report.xml"
    result = invoke(
        *("simulate", "--port", "0", "--connect-timeout", "0.5", "--junit", str(report)),
        *("--scenario", str(tmp_path / "start.toml")),
    )
    assert result.exit_code == 1
    assert 'failures="1"' in report.read_text()


async def test_a_scenario_that_was_cut_short_has_failed(tmp_path: Path) -> None:
    (tmp_path / "start.toml").write_text(GOOD)
    report, ready = tmp_path / "report.xml", tmp_path / "ready"
    with subprocess.Popen(  # noqa: ASYNC220 - returns at once
        (
            *(*BRIDGE, "simulate", "--port", "0", "--ready-file", str(ready)),
            *("--junit", str(report), "--scenario", str(tmp_path / "start.toml")),
        ),
    ) as process:
        await until("the radio", ready.exists, within=WAIT_S)
        process.send_signal(signal.SIGINT)
        await until("its end", lambda: process.poll() is not None, within=WAIT_S)
    assert process.returncode == 1
    assert "the command ended before it was played" in report.read_text()


def test_the_scenarios_that_there_are(invoke: Invoke) -> None:
    result = invoke("simulate", "--scenario", "list")
    assert result.exit_code == 0
    assert "cold-start" in result.stdout
    assert len(result.stdout.splitlines()) >= 30


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--scenario", "xyzzy"), "no scenario 'xyzzy'"),
        (("--junit", "report.xml"), "choose one with --scenario"),
        (("--scenario", "jump", "--speed", "2"), "leave out --speed"),
        (
            ("--radio", "tcp-client:127.0.0.1:1"),
            "the adapter 'tcp-client:127.0.0.1:1' does not open",
        ),
        (("--radio", "nonsense:1"), "does not open"),
    ],
)
def test_what_cannot_be_done_says_why(
    invoke: Invoke, arguments: tuple[str, ...], says: str
) -> None:
    result = invoke("simulate", "--port", "0", *arguments)
    assert result.exit_code == 2
    assert says in result.stderr


async def test_garbage_at_its_port_is_one_line_and_it_goes_on(tmp_path: Path) -> None:
    """Who probes the port, or takes it for a web server, wakes nobody with a traceback."""
    ready = tmp_path / "ready"
    with subprocess.Popen(  # noqa: ASYNC220 - returns at once
        (*BRIDGE, "simulate", "--port", "0", "--ready-file", str(ready)),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        await until("the radio", ready.exists, within=WAIT_S)
        radio = ready.read_text().strip()
        for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\x05" + bytes(200)):
            _, writer = await asyncio.open_connection("127.0.0.1", int(radio.rpartition(":")[2]))
            writer.write(garbage)
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        async with central(radio) as phone:
            await phone.connect()
            assert await phone.read(0x2AD4) == bytes.fromhex("500040060a00")
        process.send_signal(signal.SIGINT)
        await until("its end", lambda: process.poll() is not None, within=WAIT_S)
        assert process.stderr is not None
        said = process.stderr.read().splitlines()
    assert [line.partition(" sends ")[2].partition(":")[0] for line in said] == [
        "no HCI to the virtual radio, which ignores it"
    ] * 2
    assert process.returncode == 0


async def test_on_an_adapter_it_is_on_that_ones_air_until_the_adapter_is_gone(
    tmp_path: Path,
) -> None:
    """Another air's controller stands for the adapter: it speaks HCI like any."""
    air = Air()
    async with AirServer(air) as server:
        radio = f"tcp-client:127.0.0.1:{server.port}"
        with subprocess.Popen(  # noqa: ASYNC220 - returns at once
            (*BRIDGE, "simulate", "--radio", radio, "--ready-file", str(tmp_path / "ready")),
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            await until("the radio", (tmp_path / "ready").exists, within=WAIT_S)
            assert (tmp_path / "ready").read_text() == f"{radio}\n"
            async with central(air.new_controller()) as phone:
                await phone.connect()
                assert await phone.read(0x2AD4) == bytes.fromhex("500040060a00")
            await server.__aexit__(None, None, None)
            await until("its end", lambda: process.poll() is not None, within=WAIT_S)
            assert process.stderr is not None
            assert "simulate: the adapter was lost" in process.stderr.read()
            assert process.returncode == 2
    air.close()

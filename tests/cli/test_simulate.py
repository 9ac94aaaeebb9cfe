"""`simulate`: scenarios for a bridge that runs elsewhere, their reports, and real adapters."""

import asyncio
import signal
import subprocess
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from simulators.radio.air import Air, AirServer
from tests.cli.conftest import Invoke, beside, ended
from tests.cli.machine.test_record import BRIDGE, WAIT_S
from tests.e2e.bridge_rig import until
from tests.simulators.central import central

GOOD = """
title = "A person presses Start"

[[step]]
press = "start"

[[step]]
ask = "speed 3"

[[step]]
expect = ["machine.phase is running", "state.belt is running"]
within = 20
"""
BAD = GOOD.replace("machine.phase is running", "machine.speed_kmh >= 50").replace("20", "1")


@dataclass
class Played:
    """Result of a scenario after a client connected."""

    code: int
    said: str
    suite: ElementTree.Element


def play(invoke: Invoke, tmp_path: Path, scenario: str) -> Played:
    """Play a scenario for a client that connects, and stays until the end."""
    file, report, ready = (tmp_path / name for name in ("start.toml", "report.xml", "ready"))
    file.write_text(scenario)

    async def connect() -> None:
        await until("the radio", ready.exists, within=WAIT_S)
        async with central(await asyncio.to_thread(ready.read_text)) as phone:
            await phone.connect()
            await until("the report", report.exists, within=WAIT_S)

    with beside(connect):
        result = invoke(
            *("simulate", "--port", "0", "--ready-file", str(ready), "--scenario", str(file)),
            *("--junit", str(report)),
        )
    suite = ElementTree.fromstring(report.read_text())  # noqa: S314 - our own
    return Played(result.exit_code, result.stdout, suite)


def test_passed_scenario_exits_with_0_and_prints_its_steps(invoke: Invoke, tmp_path: Path) -> None:
    played = play(invoke, tmp_path, GOOD)

    assert played.code == 0
    assert "The scenario begins when a client has connected." in played.said
    assert "command, left to you: set/speed 3" in played.said
    assert "not checked without a bridge: state.belt is running" in played.said
    assert "as expected: machine.phase is running" in played.said
    assert (played.suite.attrib["name"], played.suite.attrib["tests"]) == ("strict", "1")
    assert played.suite.attrib["failures"] == "0"


def test_failed_scenario_exits_with_1_and_reports_its_steps_so_far(
    invoke: Invoke, tmp_path: Path
) -> None:
    played = play(invoke, tmp_path, BAD)

    assert played.code == 1
    assert "EXPECTED within 1 s: machine.speed_kmh >= 50, BUT machine.speed_kmh is" in played.said
    assert played.suite.attrib["failures"] == "1"
    failure = played.suite.find("testcase/failure")
    assert failure is not None
    assert "console: start" in str(failure.text)


@pytest.mark.parametrize("limit", ["--duration", "--connect-timeout"])
def test_scenario_without_a_client_fails_after_its_limit(
    invoke: Invoke, tmp_path: Path, limit: str
) -> None:
    scenario, report = tmp_path / "start.toml", tmp_path / "report.xml"
    scenario.write_text(GOOD)
    result = ended(
        invoke(
            *("simulate", "--port", "0", limit, "0.5", "--junit", str(report)),
            *("--scenario", str(scenario)),
        ),
        1,
    )
    assert 'failures="1"' in report.read_text()
    unfinished = "start: not finished after 0.5 s"
    assert (unfinished in result.stderr) is (limit == "--duration")


def test_scenario_that_does_not_apply_to_the_machine_is_skipped_with_its_reason(
    invoke: Invoke, tmp_path: Path
) -> None:
    (tmp_path / "start.toml").write_text(f'not_for = {{ mph = "other numbers" }}\n{GOOD}')
    ended(
        invoke(
            *("simulate", "--port", "0", "--machine", "bowflex-t9"),
            *("--scenario", str(tmp_path / "start.toml")),
        ),
        0,
        "start does not apply to this machine: other numbers",
    )


async def test_scenario_that_is_interrupted_is_reported_as_failed(tmp_path: Path) -> None:
    (tmp_path / "start.toml").write_text(GOOD)
    report, ready = tmp_path / "report.xml", tmp_path / "ready"
    with subprocess.Popen(  # noqa: ASYNC220 - returns at once
        (
            *(*BRIDGE, "simulate", "--port", "0", "--ready-file", str(ready)),
            *("--junit", str(report), "--scenario", str(tmp_path / "start.toml")),
        )
    ) as process:
        await until("the radio", ready.exists, within=WAIT_S)
        process.send_signal(signal.SIGINT)
        await until("its end", lambda: process.poll() is not None, within=WAIT_S)
    assert process.returncode == 1
    assert "the command ended before it was played" in report.read_text()


def test_scenario_list_prints_every_scenario_of_the_library(invoke: Invoke) -> None:
    result = ended(invoke("simulate", "--scenario", "list"), 0, "cold-start")
    assert len(result.stdout.splitlines()) >= 30


def test_simulator_on_an_adapter_uses_its_air_until_the_adapter_is_gone(
    invoke: Invoke, tmp_path: Path
) -> None:
    """Another air's controller stands for the adapter: it speaks HCI like any."""
    address: Future[str] = Future()
    ready = tmp_path / "ready"

    async def adapter() -> None:
        air = Air()
        async with AirServer(air) as server:
            address.set_result(f"tcp-client:127.0.0.1:{server.port}")
            await until("the radio", ready.exists, within=WAIT_S)
            async with central(air.new_controller()) as phone:
                await phone.connect()
                assert await phone.read(0x2AD4) == bytes.fromhex("500040060a00")
        air.close()

    with beside(adapter):
        radio = address.result(WAIT_S)
        result = invoke("simulate", "--radio", radio, "--ready-file", str(ready))
    assert "simulate: the adapter was lost" in result.stderr
    assert result.exit_code == 2
    assert ready.read_text() == f"{radio}\n"

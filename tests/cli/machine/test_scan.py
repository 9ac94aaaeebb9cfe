"""`treadmill-bridge scan`, with a simulated treadmill in reach."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError

from bridge.bluetooth.scan import Found
from bridge.bluetooth.trouble import StackSilentError
from bridge.cli.machine import scan
from bridge.cli.machine.scan import abilities
from bridge.values import MachineInfo, Units
from protocols.ftms.advertising import FitnessMachineAdvertisement, MachineType
from protocols.ranges import SpeedRange
from tests.cli.conftest import Invoke, ended


@dataclass
class NoRadio:
    """A radio that is present and does nothing."""

    client_kwargs: dict[str, Any] = field(default_factory=dict)


def found(**known: Any) -> Found:
    device = BLEDevice("12:34:56:78:9A:BC", "Horizon", None)
    return Found(**{
        "address": device.address, "name": "Horizon", "rssi": -70, "machine": None,
        "advertises_service": True, "device": device, **known,
    })  # fmt: skip


@pytest.fixture
def in_reach(monkeypatch: pytest.MonkeyPatch) -> list[Found]:
    """Result of a scan."""
    things: list[Found] = []

    @asynccontextmanager
    async def open_radio(*_: object) -> AsyncIterator[NoRadio]:
        yield NoRadio()

    async def scan_for(_radio: object, _seconds: float) -> list[Found]:
        return things

    monkeypatch.setattr(scan, "open_radio", open_radio)
    monkeypatch.setattr(scan, "scan_for", scan_for)
    return things


def test_scan_lists_the_abilities_of_a_treadmill(invoke: Invoke, radio: str) -> None:
    result = ended(invoke("scan", "--radio", radio, "--seconds", "1"), 0)
    first, *more = result.stdout.splitlines()
    assert "Simulated treadmill" in first
    assert "    treadmill, available" in more
    assert "    speed: 0.8 to 16 km/h in steps of 0.1" in more
    assert "    incline: 0 to 15 % in steps of 0.5" in more
    assert any("Simulated treadmill" in line and "treadmill-bridge" in line for line in more)
    assert any(line.startswith("    features: ") for line in more)
    assert result.stderr == "Listening for 1 s …\n"


def test_scan_lists_a_walkingpad_with_its_dangers(invoke: Invoke, pad_radio: str) -> None:
    result = ended(invoke("scan", "--radio", pad_radio, "--seconds", "1"), 0)
    first, kind, *more = result.stdout.splitlines()
    assert "WalkingPad" in first
    assert kind == "    KingSmith WalkingPad"
    assert any("caution: " in line and "runs on when the link drops" in line for line in more)
    assert "    speed: 0.5 to 6 km/h in steps of 0.1" in more
    assert "    incline: none" in more
    assert "    features: elapsed time, speed, step count, total distance" in more


def test_quick_scan_does_not_connect(invoke: Invoke, radio: str) -> None:
    result = invoke("scan", "--radio", radio, "--seconds", "1", "--quick")

    assert len(result.stdout.splitlines()) == 2


def test_scan_without_a_treadmill_in_range_exits_with_1(
    invoke: Invoke, in_reach: list[Found]
) -> None:
    in_reach.append(found(advertises_service=False))

    result = invoke("scan")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "No treadmill in range" in result.stderr


def test_scan_lists_a_machine_without_a_name(invoke: Invoke, in_reach: list[Found]) -> None:
    in_reach.append(found(name="", rssi=None))

    result = invoke("scan", "--quick")

    assert result.stdout == "12:34:56:78:9A:BC  (no name)\n"


def test_scan_does_not_connect_to_a_bicycle(invoke: Invoke, in_reach: list[Found]) -> None:
    bicycle = FitnessMachineAdvertisement(available=False, machine_types=MachineType.INDOOR_BIKE)
    in_reach.append(found(machine=bicycle))

    result = invoke("scan")

    assert result.stdout.splitlines()[1:] == ["    indoor bike, in use"]


@pytest.mark.parametrize(
    ("error", "why"), [(BleakError("busy"), "busy"), (TimeoutError(), "no answer")]
)
def test_scan_names_why_a_machine_cannot_be_connected(
    invoke: Invoke,
    in_reach: list[Found],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    why: str,
) -> None:
    def client(*_arguments: object, **_named: object) -> None:
        raise error

    monkeypatch.setattr(scan, "client_of", client)
    in_reach.append(found())

    result = ended(invoke("scan"), 0)
    (line,) = result.stdout.splitlines()[1:]
    assert line.startswith(f"    The treadmill was found, but could not be connected ({why}).")


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (BleakError("strange"), "systemctl restart bluetooth"),
        (OSError(2, "No such file"), "systemctl start dbus"),
        (EOFError(), "group bluetooth"),
        (StackSilentError(), "does not answer"),
    ],
)
def test_scan_without_bluetooth_exits_with_2_and_a_hint(
    invoke: Invoke,
    in_reach: list[Found],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    hint: str,
) -> None:
    async def fails(_radio: object, _seconds: float) -> list[Found]:
        raise error

    monkeypatch.setattr(scan, "scan_for", fails)

    ended(invoke("scan"), 2, hint)


@pytest.mark.parametrize(
    ("units", "speeds"),
    [
        (Units.KMH, "speed: 1 to 12 km/h in steps of 0.1"),
        (Units.MPH, "speed: 0.62 to 7.46 mph in steps of 0.06"),
    ],
)
def test_abilities_show_ranges_in_the_owners_unit_and_name_missing_ones(
    units: Units, speeds: str
) -> None:
    machine = MachineInfo("12:34:56:78:9A:BC", speed_range=SpeedRange(100, 1200, 10))
    assert abilities(machine, units) == [speeds, "incline: range not reported"]

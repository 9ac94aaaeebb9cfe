"""Commands beside a program that holds the link, over a real bus (`tests.rigs.bluez_service`)."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocols import uuids
from tests.cli.conftest import Invoke, ended
from tests.rigs.bluez_service import (
    ADDRESS,
    Adapter,
    Bus,
    Characteristic,
    Device,
    GattService,
    bluez,
)

FTMS = uuids.full(uuids.FITNESS_MACHINE)


@pytest.fixture
def held(bus: Bus) -> Iterator[Device]:
    """A treadmill that BlueZ has connected already."""
    adapter = Adapter()
    device = Device(adapter, [FTMS])
    service = GattService(device, 0x10, FTMS)
    features = uuids.full(uuids.FITNESS_MACHINE_FEATURE)
    value = Characteristic(service, 0x11, features, ["read"], bytes(8))
    ready, end = threading.Event(), threading.Event()

    async def serve() -> None:
        async with bluez(bus, adapter, device, service, value):
            ready.set()
            while not end.is_set():  # noqa: ASYNC110 - another thread's event
                await asyncio.sleep(0.05)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(20)
    yield device
    end.set()
    thread.join()


def test_scan_reads_a_machine_that_another_program_is_connected_to(
    invoke: Invoke, held: Device
) -> None:
    result = invoke("scan", "--seconds", "1")
    assert result.exit_code == 0, result.output
    assert f"{ADDRESS}  Horizon" in result.stdout
    assert "left alone" in result.stdout
    assert "speed: range not reported" in result.stdout
    assert (held.connects, held.disconnects) == (0, 0)


def test_record_refuses_a_machine_that_another_program_is_connected_to(
    invoke: Invoke, held: Device, tmp_path: Path
) -> None:
    ended(invoke("record", str(tmp_path / "walk.jsonl")), 2, "run --record")
    assert (held.connects, held.disconnects) == (0, 0)

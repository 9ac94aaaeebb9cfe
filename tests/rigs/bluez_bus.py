"""The bus of `tests.rigs.bluez_service` as the system bus of a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rigs.bluez_service import Bus


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    """The system bus of this test."""
    bus = Bus(tmp_path)
    bus.start()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address)
    yield bus
    bus.end()

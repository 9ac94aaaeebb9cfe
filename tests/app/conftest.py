"""The daemon with stand-ins for broker, radio and links."""

from collections.abc import AsyncIterator, Iterator

import pytest
from structlog.testing import capture_logs

from bridge.app import daemon as module
from tests.rigs.daemon_rig import (
    LINKS,
    RADIOS,
    REFUSED,
    TWO,
    Broker,
    DaemonRig,
    Link,
    daemon_rig,
    open_radio,
)


@pytest.fixture
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for things in (LINKS, RADIOS, REFUSED):
        things.clear()
    monkeypatch.setattr(module, "Broker", Broker)
    monkeypatch.setattr("bridge.drivers.link.Link", Link)
    monkeypatch.setattr(module, "open_radio", open_radio)
    with capture_logs():
        yield


@pytest.fixture
async def rig() -> AsyncIterator[DaemonRig]:
    async with daemon_rig(TWO) as found:
        yield found

"""A link on the air of one process, over real HCI, ATT and GATT, and a handler that records."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bridge.bluetooth.radio import open_radio
from bridge.bluetooth.scan import Match
from bridge.drivers.link import Link
from simulators.radio.air import Air
from tests.bluetooth.peripheral import Peripheral, powered
from tests.bluetooth.recorder import Recorder
from tests.rigs.virtual_time import LoopClock


@asynccontextmanager
async def running(link: Link) -> AsyncIterator[Link]:
    task = asyncio.create_task(link.run())
    try:
        yield link
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def linked(air: Air, **options: Any) -> AsyncIterator[tuple[Link, Recorder]]:
    """A running link on this air."""
    recorder = Recorder()
    async with open_radio(air.new_controller()) as radio:
        match = options.pop("match", Match())
        try:
            async with running(Link(radio, match, recorder, LoopClock(), **options)) as link:
                yield link, recorder
        finally:
            await asyncio.sleep(1)  # the machine advertises again


@asynccontextmanager
async def scripted(
    *, supervision_timeout: float = 2.0, **options: Any
) -> AsyncIterator[Peripheral]:
    """A scripted treadmill on an air of its own."""
    air = Air(supervision_timeout=supervision_timeout)
    try:
        async with powered(Peripheral(air, **options)) as peripheral:
            yield peripheral
    finally:
        air.close()

"""A program gone mad sends commands without end; a person wants to stop."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt

from protocols.ftms.control_point import SetTargetSpeed, StopKind, StopOrPause
from tests.e2e.house import BASE, House, house, until

FLOOD_PER_S = 1000


@asynccontextmanager
async def flood(port: int, per_s: int) -> AsyncIterator[None]:
    program = (sys.executable, "-m", "tests.flooder", str(port), str(per_s))
    process = await asyncio.create_subprocess_exec(*program)
    try:
        yield
    finally:
        process.kill()
        await process.wait()


async def test_the_stop_goes_first_and_nothing_moves_the_belt_after_it(tmp_path: Path) -> None:
    # The person's own line, on which no answer to the flood comes in ahead.
    async with house(tmp_path) as home, aiomqtt.Client("127.0.0.1", home.broker.port) as person:
        await home.start()
        async with flood(home.broker.port, FLOOD_PER_S):
            await until("it is too much", lambda: _heard(home, b"Too many commands"))
            home.ear.forget()
            await person.publish(f"{BASE}/set/belt", '{"command": "stop", "id": "stop"}', qos=1)
            await until("the stop is taken", lambda: _heard(home, b'"stop"'), within=30)
            await until("the belt stands", lambda: home.now.speed_kmh == 0, within=30)
            home.ear.forget()
            await until("the state goes on", lambda: home.ear.on("treadmills/den/state"))

        state = await home.belt("idle")
        assert state["target_speed_kmh"] is None
        stop = home.orders.index(StopOrPause(StopKind.STOP))
        assert not any(isinstance(order, SetTargetSpeed) for order in home.orders[stop:])


def _heard(home: House, words: bytes) -> bool:
    """Whether an outcome had these words: unparsed, for there are thousands."""
    return any(words in message.payload for message in home.ear.on("treadmills/den/outcome"))

"""Latency of a stop from a client of the broker to the treadmill's task, in a flood.

Needs mosquitto and the development environment. Run: python -m benchmarks.flood
"""

import asyncio
import logging
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

import structlog

from bridge.mqtt.inbox import Incoming
from bridge.values import Command, Verb
from tests.e2e.test_flood import flood
from tests.mqtt.conftest import Desk, desk, on
from tests.rigs.brokers import mosquitto, subscriber

STOPS = 20
RATES = (0, 300, 1000)
SETTLE_S = 2.0
BETWEEN_S = 0.1


def is_stop(incoming: Incoming) -> bool:
    return isinstance(incoming.content, Command) and incoming.content.verb is Verb.STOP


async def stop_ms(here: Desk, publish: "asyncio.Future[None]") -> float:
    """Return the time in ms from publishing a stop to its handling."""
    loop = asyncio.get_running_loop()
    here.arrived.clear()
    began = loop.time()
    await publish
    while not any(map(is_stop, here.arrived)):
        await asyncio.sleep(0.0005)
    return (loop.time() - began) * 1000


async def measure(per_s: int) -> list[float]:
    """Measure some stops in a flood of `per_s` commands a second."""
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = await stack.enter_async_context(mosquitto(directory))
        here = await stack.enter_async_context(desk(on(broker.port), answering=True))
        person = await stack.enter_async_context(subscriber(broker.port, topic="nothing"))
        if per_s:
            await stack.enter_async_context(flood(broker.port, per_s))
            await asyncio.sleep(SETTLE_S)
        times = []
        for _ in range(STOPS):
            stop = asyncio.ensure_future(person.client.publish("treadmills/den/set/belt", "stop"))
            times.append(await stop_ms(here, stop))
            await asyncio.sleep(BETWEEN_S)
        return times


def main() -> None:
    """Print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    print("commands/s   stop handled after, in ms: median   worst")
    for per_s in RATES:
        times = asyncio.run(measure(per_s))
        print(f"{per_s:10}   {median(times):36.1f}   {max(times):5.1f}", flush=True)


if __name__ == "__main__":
    main()

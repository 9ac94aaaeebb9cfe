"""Latency of a STOP from the tap in a browser to a client of the broker.

Needs chromium, mosquitto and the development environment. Run: python -m benchmarks.stop
"""

import asyncio
import json
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NoReturn

import aiomqtt
from playwright.async_api import Page

from bridge.history.store.file import NAME
from tests.dashboard.page.browser import PHONE, browser, is_live, open_page
from tests.dashboard.rig import Dashboard, dashboard_process, demo_process, settings
from tests.history.years import fill
from tests.rigs.brokers import mosquitto

TAPS = 20
BETWEEN_S = 0.5
NOTE = """document.getElementById('stop').addEventListener('pointerdown',
    event => { document.title = String(performance.timeOrigin + event.timeStamp); }, true)"""


async def tap_ms(page: Page, heard: "asyncio.Queue[float]") -> float:
    """Return the latency of one STOP; both ends read the same computer's clock."""
    await page.tap("#stop")
    arrived = await heard.get()
    return arrived - float(await page.title())


async def save_over_and_over(page: Dashboard) -> NoReturn:
    """Export a past session repeatedly, as another viewer might."""
    number = (await page.ask("GET", "/history")).json()["sessions"][0]["number"]
    while True:
        await page.ask("GET", f"/history/{number}/csv")


async def measure(*, busy: bool = False) -> list[float]:
    """Measure some taps, half a second apart; `busy`: while past sessions are exported."""
    with tempfile.TemporaryDirectory() as directory:
        past = Path(directory, "past", NAME)
        fill(past, 10)
        async with (
            mosquitto(Path(directory)) as broker,
            demo_process(broker.port),
            dashboard_process(settings(broker.port, history=str(past))) as process,
            browser() as chromium,
            aiomqtt.Client("127.0.0.1", broker.port) as client,
        ):
            page = await open_page(chromium, process.port, bypass_csp=True, **PHONE)
            await is_live(page)
            await page.evaluate(NOTE)
            heard: asyncio.Queue[float] = asyncio.Queue()

            async def listen() -> None:
                async for message in client.messages:
                    if json.loads(bytes(message.payload))["command"] == "stop":
                        heard.put_nowait(time.time() * 1000)

            await client.subscribe("treadmills/demo/set/belt")
            tasks = [asyncio.create_task(listen())]
            if busy:
                tasks.append(asyncio.create_task(save_over_and_over(Dashboard(process.port))))
            times = []
            for _ in range(TAPS):
                times.append(await tap_ms(page, heard))
                await asyncio.sleep(BETWEEN_S)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            return times


def main() -> None:
    """Print the median and the maximum."""
    for name, busy in (("", False), (", with exports", True)):
        times = asyncio.run(measure(busy=busy))
        print(
            f"STOP, from tap to subscriber{name}: median {median(times):.0f} ms,"
            f" worst {max(times):.0f} ms"
        )


if __name__ == "__main__":
    main()

"""A workout by pyftms, which knows nothing of this project; bleak is pointed at the virtual radio.

Run by the Python of `.venv-pyftms` with the radio as its argument. Prints what it received, as
JSON.
"""

import asyncio
import json
import sys

from bleak import BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from pyftms import FitnessMachine, FtmsEvents, UpdateEvent, get_client

from bridge.bluetooth.backends import take_over

LIMIT = 30.0


async def find() -> tuple[BLEDevice, AdvertisementData]:
    found: asyncio.Future[tuple[BLEDevice, AdvertisementData]] = (
        asyncio.get_running_loop().create_future()
    )

    def seen(device: BLEDevice, advertisement: AdvertisementData) -> None:
        if advertisement.service_data and not found.done():
            found.set_result((device, advertisement))

    async with asyncio.timeout(LIMIT), BleakScanner(seen):
        return await found


async def workout() -> dict[str, object]:
    device, advertisement = await find()
    news = asyncio.Event()
    heard: dict[str, object] = {}

    def on_event(event: FtmsEvents) -> None:
        if isinstance(event, UpdateEvent):
            heard.update(event.event_data)
            news.set()

    async def until(name: str, value: float) -> None:
        async with asyncio.timeout(LIMIT):
            while heard.get(name) != value:
                news.clear()
                await news.wait()

    machine: FitnessMachine = get_client(device, advertisement, timeout=5, on_ftms_event=on_event)
    await machine.connect()
    ranges = {name: list(range_) for name, range_ in machine.supported_ranges.items()}
    answers = {
        "start": await machine.start_resume(),
        "speed": await machine.set_target_speed(5.0),
        "incline": await machine.set_target_inclination(3.0),
    }
    await until("speed_instant", 5.0)
    await until("inclination", 3.0)
    running = dict(heard)
    answers["stop"] = await machine.stop()
    await until("speed_instant", 0.0)
    await machine.disconnect()
    return {
        "device": machine.device_info,
        "properties": machine.supported_properties,
        "settings": machine.supported_settings,
        "ranges": ranges,
        "answers": answers,
        "running": running,
    }


if __name__ == "__main__":
    take_over(sys.argv[1])
    print(json.dumps(asyncio.run(workout()), default=str))  # noqa: T201

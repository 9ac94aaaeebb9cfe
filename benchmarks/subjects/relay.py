"""The floor: raw bytes from the treadmill to MQTT and back, with the same libraries only.

Run: python -m benchmarks.subjects.relay RADIO ADDRESS PORT
"""

import asyncio
import sys

import aiomqtt
from bleak import BleakClient, BleakScanner

from bridge.bluetooth.backends import backends

DATA = "00002acd-0000-1000-8000-00805f9b34fb"
CONTROL = "00002ad9-0000-1000-8000-00805f9b34fb"


async def main(radio: str, address: str, port: int) -> None:
    frames: asyncio.Queue[bytes] = asyncio.Queue()
    scanner, client = backends(radio)
    device = await BleakScanner.find_device_by_address(address, backend=scanner, timeout=20)
    assert device is not None
    async with (
        aiomqtt.Client("127.0.0.1", port) as mqtt,
        BleakClient(device, backend=client) as machine,
    ):
        await machine.start_notify(CONTROL, lambda _, value: None)
        await machine.write_gatt_char(CONTROL, bytes([0]), response=True)
        await machine.start_notify(DATA, lambda _, value: frames.put_nowait(bytes(value)))
        await mqtt.subscribe("relay/set", qos=1)

        async def up() -> None:
            while True:
                await mqtt.publish("relay/data", await frames.get())

        async def down() -> None:
            async for message in mqtt.messages:
                await machine.write_gatt_char(CONTROL, bytes(message.payload), response=True)

        await asyncio.gather(up(), down())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))

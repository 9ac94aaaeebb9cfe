"""A typical home-made script: bleak, pyftms's decoder, json and aiomqtt. No guard.

Run: python -m benchmarks.subjects.script RADIO ADDRESS PORT
"""

import asyncio
import json
import struct
import sys

import aiomqtt
from bleak import BleakClient, BleakScanner
from pyftms.models import TreadmillData
from pyftms.serializer import get_serializer

from bridge.bluetooth.backends import backends

DATA = "00002acd-0000-1000-8000-00805f9b34fb"
CONTROL = "00002ad9-0000-1000-8000-00805f9b34fb"


async def main(radio: str, address: str, port: int) -> None:
    frames: asyncio.Queue[bytearray] = asyncio.Queue()
    decoder = get_serializer(TreadmillData)
    scanner, client = backends(radio)
    device = await BleakScanner.find_device_by_address(address, backend=scanner, timeout=20)
    assert device is not None
    async with (
        aiomqtt.Client("127.0.0.1", port) as mqtt,
        BleakClient(device, backend=client) as machine,
    ):
        await machine.start_notify(CONTROL, lambda _, value: None)
        await machine.write_gatt_char(CONTROL, bytes([0]), response=True)
        await machine.start_notify(DATA, lambda _, value: frames.put_nowait(value))
        await mqtt.subscribe("script/set/speed", qos=1)

        async def up() -> None:
            while True:
                values = decoder.deserialize(await frames.get())._asdict()
                await mqtt.publish("script/state", json.dumps(values))

        async def down() -> None:
            async for message in mqtt.messages:
                target = struct.pack("<BH", 2, round(float(message.payload) * 100))
                await machine.write_gatt_char(CONTROL, target, response=True)

        await asyncio.gather(up(), down())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))

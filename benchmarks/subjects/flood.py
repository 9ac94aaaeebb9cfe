"""Endless commands, from a separate process.

Run: python -m benchmarks.subjects.flood PORT PER_SECOND
"""

import asyncio
import sys

import aiomqtt

STEP_S = 0.01


async def main(port: int, per_s: int) -> None:
    loop = asyncio.get_running_loop()
    async with aiomqtt.Client("127.0.0.1", port) as client:
        client.pending_calls_threshold = per_s
        began, sent = loop.time(), 0
        while True:
            while sent < (loop.time() - began) * per_s:
                sent += 1
                await client.publish("treadmills/den/set/speed", f"{3 + sent % 20 / 10:.1f}")
            await asyncio.sleep(STEP_S)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))

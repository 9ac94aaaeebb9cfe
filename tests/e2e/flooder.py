"""A faulty program: `python -m tests.e2e.flooder PORT PER_S` sends speed requests without end."""

import sys
import time

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

TOPIC = "treadmills/den/set/speed"


def main(port: int, per_s: int) -> None:
    client = Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    sent, began = 0, time.monotonic()
    while True:
        while sent < (time.monotonic() - began) * per_s:
            speed = 3 + sent % 10 / 10
            client.publish(TOPIC, f'{{"value": {speed}, "id": "mad-{sent}", "source": "mad"}}')
            sent += 1
        time.sleep(0.002)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

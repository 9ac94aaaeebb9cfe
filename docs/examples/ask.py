#!/usr/bin/env python3
"""Request a speed from the bridge, and wait for the outcome.

    python3 ask.py TREADMILL KMH [HOST [PORT]]

    python3 ask.py home 8.5

It needs paho-mqtt 2 (pip install paho-mqtt). It ends with 0 once the belt has the speed that the
guard allows, and with 1 if the command was rejected, replaced by a newer one, or failed.
"""

import json
import queue
import sys
import uuid

import paho.mqtt.client as mqtt

FINAL = {"confirmed", "rejected", "superseded", "failed"}
PATIENCE_S = 120  # the ramp of the guard may take a while


def main(treadmill: str, kmh: str, host: str = "localhost", port: str = "1883") -> int:
    base = f"treadmills/{treadmill}"
    command = {"value": float(kmh), "id": str(uuid.uuid4()), "source": "ask.py"}
    outcomes: queue.Queue[dict[str, object]] = queue.Queue()

    def on_message(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        outcome = json.loads(message.payload)
        if outcome["id"] == command["id"]:
            outcomes.put(outcome)

    def on_subscribe(client: mqtt.Client, *_: object) -> None:
        # Only now: an outcome that comes before the subscription would be missed. Never retain
        # a command; the bridge rejects those, since they would be repeated at each start.
        client.publish(f"{base}/set/speed", json.dumps(command), qos=1)

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.on_connect = lambda client, *_: client.subscribe(f"{base}/outcome", qos=1)
    client.on_subscribe = on_subscribe
    client.on_message = on_message
    client.connect(host, int(port))
    client.loop_start()
    try:
        while True:
            outcome = outcomes.get(timeout=PATIENCE_S)
            why = " ".join(reason["text"] for reason in outcome["reasons"])
            print(f"{outcome['outcome']}: {outcome['applied']} km/h. {why}".rstrip(), flush=True)
            if outcome["outcome"] in FINAL:
                return 0 if outcome["outcome"] == "confirmed" else 1
    except queue.Empty:
        print(f"no outcome: does the bridge run, and is {treadmill} its treadmill?")
        return 1
    finally:
        client.loop_stop()
        client.disconnect()


if __name__ == "__main__":
    if not 3 <= len(sys.argv) <= 5:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))

"""A home to test in: the treadmill and the listener out here, the bridge in the guest."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Self

import aiomqtt

from simulators.radio.peripheral import ADDRESS
from simulators.simulation import Simulation
from tests.bluez.machine import Guest

CONFIG = f"""
[mqtt]
host = "127.0.0.1"
state_hz = 5

[[treadmills]]
id = "den"
address = "{ADDRESS}"
speed_unit = "kmh"
allow_remote_start = true
"""
INSTALL = """
units=$(python3 -c 'import bridge.app, os; print(os.path.dirname(bridge.app.__file__))')/units
set -e
install -D -m 644 $units/treadmill-bridge.sysusers.conf /etc/sysusers.d/treadmill-bridge.conf
cp $units/treadmill-bridge.service /etc/systemd/system/
systemd-sysusers
systemctl daemon-reload
"""
POWER_ON = """
timeout 60 sh -c '
  until bluetoothctl show | grep -q "Powered: yes"; do bluetoothctl power on; sleep 0.3; done'
"""
PATIENCE_S = 90.0
"""An emulated guest is some twenty times slower than a Raspberry Pi."""

Payload = Any


@dataclass(slots=True)
class Heard:
    """One message: when it came, on which topic below the base, and what it says."""

    at: float
    topic: str
    payload: Payload


class House:
    """The treadmill's air, and everything that the broker in the guest says. A context manager."""

    def __init__(self) -> None:
        self.guest: Guest
        self.heard: list[Heard] = []
        self._news = asyncio.Condition()
        self._stack = AsyncExitStack()
        self._client: aiomqtt.Client | None = None

    @property
    def port(self) -> int:
        """The TCP port of the air."""
        assert self.simulation.port is not None
        return self.simulation.port

    async def __aenter__(self) -> Self:
        self.simulation = await self._stack.enter_async_context(
            Simulation(tcp_port=0, sample_interval=1.0)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def move_in(self, guest: Guest) -> None:
        """Install the service in the guest, and listen to its broker."""
        self.guest = guest
        await guest.run("systemctl start bluetooth dongle mosquitto")
        await self.power_on()
        await guest.run(
            "mkdir -p /etc/treadmill-bridge\n"
            f"cat > /etc/treadmill-bridge/config.toml <<'E'\n{CONFIG}\nE"
        )
        await guest.run(INSTALL)
        listening = asyncio.create_task(self._listen())
        self._stack.callback(listening.cancel)
        await guest.run("systemctl start treadmill-bridge", limit_s=180)

    async def power_on(self) -> None:
        """Switch the guest's adapter on, once it is there."""
        await self.guest.run(POWER_ON)

    async def _listen(self) -> None:
        while True:
            try:
                async with aiomqtt.Client("127.0.0.1", self.guest.mqtt_port) as client:
                    self._client = client
                    await client.subscribe("treadmills/#", qos=1)
                    async for message in client.messages:
                        await self._note(message)
            except aiomqtt.MqttError:
                self._client = None
                await asyncio.sleep(0.5)

    async def _note(self, message: aiomqtt.Message) -> None:
        raw = bytes(message.payload)
        try:
            payload: Payload = json.loads(raw)
        except ValueError:
            payload = raw.decode(errors="replace")
        topic = message.topic.value.removeprefix("treadmills/")
        async with self._news:
            self.heard.append(Heard(self.now(), topic, payload))
            self._news.notify_all()

    def now(self) -> float:
        """The loop's time, in seconds."""
        return asyncio.get_running_loop().time()

    async def say(self, topic: str, payload: object) -> None:
        """Publish below the base topic."""
        assert self._client is not None
        text = payload if isinstance(payload, str) else json.dumps(payload)
        await self._client.publish(f"treadmills/{topic}", text, qos=1)

    async def hear(
        self,
        topic: str,
        fits: Callable[[Payload], bool] = lambda _: True,
        *,
        since: float = 0.0,
        limit_s: float = PATIENCE_S,
    ) -> Heard:
        """Return the first message on a topic that fits, and came after `since`.

        Raises:
            AssertionError: none came within `limit_s` seconds.
        """

        def found() -> Heard | None:
            return next(
                (h for h in self.heard if h.at >= since and h.topic == topic and fits(h.payload)),
                None,
            )

        try:
            async with asyncio.timeout(limit_s), self._news:
                await self._news.wait_for(lambda: found() is not None)
        except TimeoutError:
            said = [(h.topic, h.payload) for h in self.heard if h.at >= since][-8:]
            journal = await self.guest.run("journalctl -u treadmill-bridge -n 15 --no-pager")
            message = f"nothing fitting on {topic} within {limit_s:g} s; heard {said}\n{journal}"
            raise AssertionError(message) from None
        message_found = found()
        assert message_found is not None
        return message_found

    async def online(self, *, since: float = 0.0, limit_s: float = PATIENCE_S) -> Heard:
        """Wait until samples stream."""
        return await self.hear("den/state", lambda s: s["fresh"], since=since, limit_s=limit_s)

    async def offline(self, *, since: float) -> Heard:
        """Wait until the bridge says that the link is gone."""
        return await self.hear("den/availability", lambda p: p == "offline", since=since)

"""A treadmill and a listener out here, the bridge, BlueZ and the broker in the guest."""

import asyncio
import json
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any, Self

import aiomqtt

from simulators.ftms.profile import STRICT, Profile
from simulators.radio.adapter import Adapter
from simulators.simulation import Simulation
from tests.bluez.virtual_machine import Guest

HOME = "home"
"""The id that `init` gives the treadmill, and that most tests go on with."""
POWER_ON = """
timeout 60 sh -c '
  until bluetoothctl show | grep -q "Powered: yes"; do bluetoothctl power on; sleep 0.3; done'
"""
PATIENCE_S = 90.0
"""An emulated guest is some twenty times slower than a Raspberry Pi."""
START_S = 180.0
"""Limit for a start of the service, which imports everything; a Raspberry Pi takes 3 s."""
INTERVAL_S = 1.0
"""Seconds between two samples of the treadmill."""
SET_SPEED, START = 0x02, 0x07
"""Op codes of the control point (FTMS 1.0.1, table 4.15)."""

Payload = Any


@dataclass(slots=True)
class Message:
    """A message of the broker: time, topic below the base, and payload."""

    at: float
    topic: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class Figure:
    """Seconds from the end of a fault until samples stream again, or until its reason is given."""

    guest: str
    fault: str
    seconds: float


class Rig:
    """The air with its treadmills, the guest, and all messages of its broker. A context manager."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.guest: Guest
        self.messages: list[Message] = []
        self.figures: list[Figure] = []
        self.first_day = ""
        """Output of the commands that installed the bridge."""
        self.treadmill = HOME
        """The id of the treadmill that `simulation` plays."""
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
            Simulation(tcp_port=0, sample_interval=INTERVAL_S)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def further(self, address: str, profile: Profile = STRICT, name: str = "") -> Simulation:
        """Another treadmill on the same air, to be entered as a context."""
        controller = self.simulation.air.new_controller(address)
        if name:
            profile = replace(profile, identity=replace(profile.identity, name=name))
        return Simulation(
            profile=profile,
            address=address,
            sample_interval=INTERVAL_S,
            adapter=Adapter(controller, controller),
        )

    # --- the guest

    async def plug_in(self, guest: Guest) -> None:
        """Give the guest its Bluetooth adapter, and listen to its broker."""
        self.guest = guest
        await guest.run("systemctl start mosquitto bluetooth dongle@1")
        await self.power_on()
        listening = asyncio.create_task(self._listen())
        self._stack.callback(listening.cancel)

    async def power_on(self) -> None:
        """Switch the guest's adapter on, once it is there."""
        await self.guest.run(POWER_ON)

    async def configure(self, text: str) -> None:
        """Write the bridge's configuration, and start its service anew."""
        began = self.now()
        await self.guest.run(
            f"cat >/etc/treadmill-bridge/config.toml <<'E'\n{text}\nE\n"
            "systemctl restart treadmill-bridge",
            limit_s=START_S,
        )
        # Ready comes before the broker: a command that is given too soon is lost.
        await self.message("bridge/availability", lambda p: p == "online", since=began)

    async def journal(self, since: str = "", lines: int = 15) -> str:
        """The last lines of the bridge's log."""
        after = f"--since '{since}'" if since else ""
        return await self.guest.run(
            f"journalctl -u treadmill-bridge -n {lines} --no-pager -o cat {after}"
        )

    # --- the broker

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
            self.messages.append(Message(self.now(), topic, payload))
            self._news.notify_all()

    @staticmethod
    def now() -> float:
        """The loop's time, in seconds."""
        return asyncio.get_running_loop().time()

    async def publish(self, topic: str, payload: object) -> None:
        """Publish below the base topic."""
        assert self._client is not None
        text = payload if isinstance(payload, str) else json.dumps(payload)
        await self._client.publish(f"treadmills/{topic}", text, qos=1)

    async def message(
        self,
        topic: str,
        fits: Callable[[Payload], bool] = lambda _: True,
        *,
        since: float = 0.0,
        limit_s: float = PATIENCE_S,
    ) -> Message:
        """Return the first message on a topic that fits, and came after `since`.

        Raises:
            AssertionError: none came within `limit_s` seconds.
        """

        def found() -> Message | None:
            return next((m for m in self.since(since, topic) if fits(m.payload)), None)

        try:
            async with asyncio.timeout(limit_s), self._news:
                await self._news.wait_for(lambda: found() is not None)
        except TimeoutError:
            newest = [(m.topic, m.payload) for m in self.messages if m.at >= since][-8:]
            message = (
                f"nothing fitting on {topic} within {limit_s:g} s; the newest messages are"
                f" {newest}\n{await self.journal()}"
            )
            raise AssertionError(message) from None
        message_found = found()
        assert message_found is not None
        return message_found

    def since(self, moment: float, topic: str) -> list[Message]:
        """The messages on a topic from a moment on."""
        return [m for m in self.messages if m.at >= moment and m.topic == topic]

    def went_offline(self, since: float, name: str = "") -> bool:
        """True if the link was lost at least once since then."""
        topic = f"{name or self.treadmill}/availability"
        return any(message.payload == "offline" for message in self.since(since, topic))

    async def streaming(
        self, name: str = "", *, since: float | None = None, limit_s: float = PATIENCE_S
    ) -> Message:
        """Wait until samples of a treadmill stream, from now on or from `since`."""
        topic = f"{name or self.treadmill}/state"
        since = self.now() if since is None else since
        return await self.message(topic, lambda s: s["fresh"], since=since, limit_s=limit_s)

    async def offline(self, name: str = "", *, since: float) -> Message:
        """Wait until the bridge reports that the link is lost."""
        topic = f"{name or self.treadmill}/availability"
        return await self.message(topic, lambda p: p == "offline", since=since)

    async def reason(
        self, *rules: str, name: str = "", since: float, limit_s: float = PATIENCE_S
    ) -> Message:
        """Wait until `link` names one of these rules as the reason why there is no connection."""
        return await self.message(
            f"{name or self.treadmill}/link",
            lambda link: (link["reason"] or {}).get("rule") in rules,
            since=since,
            limit_s=limit_s,
        )

    async def command(self, topic: str, value: object, *, name: str = "") -> Payload:
        """Give a command, and return its first outcome.

        It is given again, as a person would, while a belt that was found moving settles, and where
        a busy computer let the bridge find its broker late.

        Raises:
            AssertionError: it is rejected.
        """
        treadmill = name or self.treadmill
        key = "command" if topic == "belt" else "value"
        while True:
            answer = await self._outcome(treadmill, topic, {key: value})
            rules = {reason["rule"] for reason in answer.payload["reasons"]}
            if not rules & {"settling", "late"}:
                break
            await self.message(f"{treadmill}/state", since=answer.at)
        assert answer.payload["outcome"] != "rejected", answer.payload
        return answer.payload

    async def _outcome(self, treadmill: str, topic: str, command: dict[str, object]) -> Message:
        began, identity = self.now(), secrets.token_hex(4)
        await self.publish(f"{treadmill}/set/{topic}", {**command, "id": identity})
        return await self.message(
            f"{treadmill}/outcome", lambda o: o["id"] == identity, since=began
        )

    async def belt(self, *states: str, name: str = "", since: float | None = None) -> None:
        """Wait until the belt is in one of these states."""
        topic, since = f"{name or self.treadmill}/state", self.now() if since is None else since
        await self.message(topic, lambda s: s["fresh"] and s["belt"] in states, since=since)

    async def run_belt(self, name: str = "") -> None:
        """See that the belt runs."""
        await self.belt("idle", "paused", "starting", "running", name=name)
        if (await self.streaming(name)).payload["belt"] in {"idle", "paused"}:
            await self.command("belt", "start", name=name)
        await self.belt("running", name=name)

    async def stop_belt(self, name: str = "") -> None:
        """See that the belt stands."""
        began = self.now()
        await self.command("belt", "stop", name=name)
        await self.belt("idle", "paused", name=name, since=began)

    # --- the treadmill

    async def let_go(self) -> None:
        """Wait until no client is connected with the treadmill; BlueZ takes its time."""
        for connection in list(self.simulation.peripheral.device.connections.values()):
            await connection.sustain(PATIENCE_S)

    def targets(self, since: float = 0.0) -> list[tuple[float, int]]:
        """The target speeds written to the treadmill, in 0.01 km/h, with their times."""
        return [
            (at, int.from_bytes(value[1:3], "little"))
            for at, value in self.simulation.written
            if at >= since and value[0] == SET_SPEED
        ]

    def starts(self, since: float) -> list[float]:
        """Times at which the treadmill got a start or resume request."""
        return [at for at, octets in self.simulation.written if at >= since and octets[0] == START]

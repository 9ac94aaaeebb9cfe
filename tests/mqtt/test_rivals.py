"""Two bridges for one treadmill: one serves, and the other waits."""

import asyncio
import signal
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from bridge.mqtt.broker import Broker
from bridge.mqtt.echo import Echo
from bridge.mqtt.rivals import ASIDE_S, Claim, Rivals
from bridge.tasks import Backoff, end
from tests.mqtt.conftest import SkippingClock, desk, on
from tests.rigs.brokers import Mosquitto, subscriber

NOW = datetime(2030, 1, 1, tzinfo=UTC)
AVAILABILITY = "treadmills/bridge/availability"


def echo_of(rivals: Rivals, name: str) -> bytes:
    return Echo(name).send(0.0, rivals.claim)


def met(name: str, rivals: Rivals, here: Rivals) -> Claim:
    claim = here.received(echo_of(rivals, name))
    assert claim is not None
    return claim


class TestRivals:
    def test_newcomer_yields_to_the_bridge_that_serves(self) -> None:
        old, new = Rivals("z", ["den"]), Rivals("a", ["den", "loft"])
        old.begin(NOW)
        assert old.first(met("a", new, old))
        assert not new.first(met("z", old, new))

    def test_earlier_of_two_serving_bridges_continues(self) -> None:
        early, late = Rivals("z", ["den"]), Rivals("a", ["den"])
        early.begin(NOW)
        late.begin(NOW + timedelta(milliseconds=1))
        early.begin(NOW + timedelta(days=1))  # again: after a lost connection
        assert early.first(met("a", late, early))
        assert not late.first(met("z", early, late))

    def test_exactly_one_of_two_simultaneous_bridges_serves(self) -> None:
        one, two = Rivals("a", ["den"]), Rivals("b", ["den"])
        assert one.first(met("b", two, one)) is not two.first(met("a", one, two))

    def test_bridge_that_yielded_waits_even_if_it_served_before(self) -> None:
        old, new = Rivals("a", ["den"]), Rivals("b", ["den"])
        old.begin(NOW)
        old.give_way()
        new.begin(NOW + timedelta(hours=1))
        assert not old.first(met("b", new, old))

    @pytest.mark.parametrize(
        "echo",
        [
            b"", b"me 1 0 den", b"other 1", b"other 1 x den", b"other 1 0 loft", b"\xff 1 0 den",
            b"other 1 0 den more",
        ],
    )  # fmt: skip
    def test_echo_without_a_rival_is_ignored(self, echo: bytes) -> None:
        assert Rivals("me", ["den"]).received(echo) is None

    def test_only_treadmills_served_by_both_bridges_count(self) -> None:
        claim = Rivals("me", ["den", "loft"]).received(b"other 7 1893456000000 den,attic")
        assert claim == Claim("other", 1893456000000, frozenset({"den"}))


async def test_second_bridge_stands_aside_until_the_first_is_gone(
    broker_process: Mosquitto,
) -> None:
    aside: list[bool] = []
    with capture_logs() as logs:
        async with (
            subscriber(broker_process.port) as listener,
            desk(on(broker_process.port)) as first,
            desk(on(broker_process.port), connected=False, on_aside=aside.append) as second,
        ):
            # It retries again and again, logs nothing, and takes no command.
            await second.until(lambda: aside.count(True) >= 3)
            await listener.client.publish("treadmills/den/set/speed", "5", qos=1)
            await first.until(lambda: first.commands)
            assert second.arrived == []
            assert [m.payload for m in listener.on(AVAILABILITY)] == [b"online"]
            assert first.broker.connected

            first.stop()
            await second.until(lambda: second.broker.connected)
            assert aside[-1] is False
            await listener.client.publish("treadmills/den/set/speed", "5", qos=1)
            await second.until(lambda: second.commands)
    warned = [entry for entry in logs if entry["event"] == "mqtt_rival"]
    told = [entry for entry in logs if entry["event"] == "mqtt_trouble"]
    assert [(entry["log_level"], entry["treadmills"]) for entry in warned] == [("warning", ["den"])]
    assert told[0]["log_level"] == "warning"
    assert "another id" in told[0]["hint"]
    assert {entry["log_level"] for entry in told[1:]} <= {"debug"}


async def test_bridge_that_stands_aside_retries_every_few_seconds(
    broker_process: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[float | None] = []

    async def rest(_: Backoff, at_most: float | None = None) -> None:
        limits.append(at_most)
        await asyncio.sleep(0.05)

    monkeypatch.setattr(Backoff, "rest", rest)
    async with (
        desk(on(broker_process.port)),
        desk(on(broker_process.port), connected=False) as second,
    ):
        await second.until(lambda: len(limits) >= 3)
    assert set(limits) == {ASIDE_S}


async def test_bridges_of_other_treadmills_do_not_disturb_each_other(
    broker_process: Mosquitto,
) -> None:
    async with desk(on(broker_process.port)) as den, subscriber(broker_process.port) as listener:
        async with desk(on(broker_process.port), "loft"):
            listener.forget()
        # The other bridge published `offline` for both when it ended: this is corrected at once.
        await listener.receive(AVAILABILITY, lambda m: m.payload == b"offline")
        await listener.receive(AVAILABILITY, lambda m: m.payload == b"online")
        assert den.broker.connected


async def test_retained_forged_echo_does_not_displace_a_bridge(
    broker_process: Mosquitto,
) -> None:
    async with subscriber(broker_process.port) as client:
        forged = "somebody 1 1 den"
        await client.client.publish("treadmill-bridge/echo/treadmills", forged, retain=True, qos=1)
        async with desk(on(broker_process.port)) as here:
            await asyncio.sleep(0)
            assert here.broker.connected


async def test_both_bridges_keep_their_roles_after_a_restart_of_the_broker(
    broker_process: Mosquitto,
) -> None:
    async with (
        desk(on(broker_process.port)) as first,
        desk(on(broker_process.port), connected=False) as second,
    ):
        await asyncio.to_thread(broker_process.end, signal.SIGKILL)
        await first.until(lambda: not first.broker.connected)
        await broker_process.start()
        # The second one may serve for a moment if it is back first; then it gives way.
        await first.until(lambda: first.broker.connected and not second.broker.connected)


async def test_bridge_that_finds_another_while_loading_stands_aside_at_once(
    broker_process: Mosquitto,
) -> None:
    aside: list[bool] = []
    settings = on(broker_process.port)
    with capture_logs() as logs:
        async with desk(settings) as first:
            loading = Broker(settings, ["den"], None, SkippingClock())
            task = loading.begin()
            try:
                await first.until(lambda: "mqtt_trouble" in {each["event"] for each in logs})
                loading.serve(lambda _: None, aside.append)
                assert aside == [True]
            finally:
                await end(task)

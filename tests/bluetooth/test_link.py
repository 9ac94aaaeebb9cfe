"""The link's whole life, in virtual time, over real HCI, ATT and GATT on the air of one process."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from bleak.exc import BleakError
from bumble import att
from bumble.gatt import Characteristic

from bridge.bluetooth.link import Link
from bridge.bluetooth.radio import open_radio
from bridge.bluetooth.scan import Found, Match
from bridge.machines import Declared, Pairing, Quirk, TrainingStatusUse, WriteType
from bridge.snapshot import SnapshotBuilder
from bridge.values import Axis, Control, Halt, MachineInfo
from protocols.ftms.control_point import (
    Request,
    SetTargetSpeed,
    StartOrResume,
    StopKind,
    StopOrPause,
)
from protocols.ftms.ranges import InclineRange, SpeedRange
from simulators.air import Air
from simulators.simulation import Simulation
from tests.bluetooth.peripheral import (
    ADDRESS,
    INDICATE,
    NAME,
    NOTIFY,
    WRITE,
    WRITE_COMMAND,
    Peripheral,
    powered,
)
from tests.virtual_time import LoopClock, run


@dataclass
class Heard:
    """A handler that remembers, and wakes whoever waits for something."""

    log: list[tuple[str, Any]] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    hook: Callable[[str], None] = lambda _: None

    def _hear(self, what: str, value: object = None) -> None:
        self.log.append((what, value))
        self.hook(what)

    def connected(self, machine: MachineInfo) -> None:
        self._hear("connected", machine)

    def disconnected(self, reason: str) -> None:
        self._hear("disconnected", reason)

    def treadmill_data(self, value: bytes) -> None:
        self._hear("data", value)

    def training_status(self, value: bytes) -> None:
        self._hear("training", value)

    def machine_status(self, value: bytes) -> None:
        self._hear("status", value)

    def running_speed(self, value: bytes) -> None:
        self._hear("running", value)

    def alive(self) -> None:
        self._hear("alive")

    def control(self, state: Control) -> None:
        self._hear("control", state)

    def written(self, request: Request) -> None:
        self._hear("written", request)

    def refused(self, request: Request, why: str) -> None:
        self._hear("refused", (request, why))

    def already(self, request: Request, why: str) -> None:
        self._hear("already", (request, why))

    def observed(self, quirk: Quirk) -> None:
        self._hear("observed", quirk)

    def all(self, what: str) -> list[Any]:
        return [value for name, value in self.log if name == what]

    async def until(self, what: str, count: int = 1, *, limit: float = 200.0) -> Any:
        """The count-th of its kind."""
        async with asyncio.timeout(limit):
            while len(self.all(what)) < count:  # noqa: ASYNC110 - virtual time costs nothing
                await asyncio.sleep(0.01)
        return self.all(what)[count - 1]


@asynccontextmanager
async def linked(air: Air, **options: Any) -> AsyncIterator[tuple[Link, Heard]]:
    """A running link on this air."""
    heard = Heard()
    async with open_radio(air.new_controller()) as radio:
        match = options.pop("match", Match())
        link = Link(radio, match, heard, LoopClock(), **options)
        running = asyncio.create_task(link.run())
        try:
            yield link, heard
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await asyncio.sleep(1)  # the machine advertises again


@asynccontextmanager
async def scripted(
    *, supervision_timeout: float = 2.0, link: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[tuple[Peripheral, Link, Heard]]:
    """A scripted treadmill and a link to it."""
    air = Air(supervision_timeout=supervision_timeout)
    async with AsyncExitStack() as stack:
        stack.callback(air.close)
        peripheral = await stack.enter_async_context(powered(Peripheral(air, **options)))
        yield (peripheral, *await stack.enter_async_context(linked(air, **(link or {}))))


class TestSimulatedTreadmill:
    def test_connects_and_says_what_it_is(self) -> None:
        async def story() -> None:
            async with Simulation() as simulation, linked(simulation.air) as (_, heard):
                machine = await heard.until("connected")
                assert machine.address == ADDRESS
                assert machine.maker == "treadmill-bridge"
                assert machine.model == "Simulated treadmill"
                assert machine.can_control
                assert isinstance(machine.speed_range, SpeedRange)
                assert isinstance(machine.incline_range, InclineRange)
                assert machine.features is not None
                assert machine.rssi is not None
                await heard.until("data", 3)
                assert heard.log[0][0] == "connected"

        run(story())

    def test_writes_nothing_of_its_own_accord(self) -> None:
        async def story() -> None:
            async with Simulation() as simulation, linked(simulation.air) as (_, heard):
                await heard.until("data", 60)
                assert simulation.written == []

        run(story())

    def test_carries_orders_out(self) -> None:
        async def story() -> None:
            async with Simulation() as simulation, linked(simulation.air) as (link, heard):
                await heard.until("data")
                link.control_point.start()
                assert await heard.until("written") == StartOrResume()
                await asyncio.sleep(10)
                link.control_point.set_target(Axis.SPEED, 500, reduction=False, new_request=True)
                assert await heard.until("written", 2) == SetTargetSpeed(500)
                await asyncio.sleep(20)
                assert simulation.machine.true_speed_kmh == pytest.approx(5.0, abs=0.1)
                link.control_point.halt(Halt.STOP)
                assert await heard.until("written", 3) == StopOrPause(StopKind.STOP)
                octets = [value.hex() for _, value in simulation.written]
                assert octets == ["00", "07", "02f401", "0801"]

        run(story())

    def test_stays_silent_after_a_loss_whatever_was_ordered_before(self) -> None:
        async def story() -> None:
            async with Simulation() as simulation, linked(simulation.air) as (link, heard):
                await heard.until("data")
                link.control_point.start()
                await heard.until("written")
                simulation.air.go_dark()
                link.control_point.set_target(Axis.SPEED, 900, reduction=False, new_request=True)
                assert await heard.until("disconnected") == "the link was lost"
                before = list(simulation.written)
                simulation.air.back()
                await heard.until("connected", 2)
                await heard.until("data", len(heard.all("data")) + 60)
                assert simulation.written == before
                assert heard.all("control")[-1] is Control.NONE

        run(story())

    def test_a_small_mtu_splits_records_and_the_snapshot_joins_them(self) -> None:
        async def story() -> None:
            async with Simulation(mtu=23) as simulation, linked(simulation.air) as (_, heard):
                await heard.until("data", 6)
                builder = SnapshotBuilder()
                builder.connected(heard.all("connected")[0], 0.0)
                frames = heard.all("data")[:6]
                assert all(len(frame) <= 20 for frame in frames)
                samples = [builder.treadmill_data(frame, 0.0) for frame in frames]
                whole = [sample.data for sample in samples if sample]
                assert len(whole) < len(frames)
                assert all(data.speed == 0 and data.elapsed is not None for data in whole)

        run(story())


class TestSetUp:
    def test_hands_over_what_came_early_after_connected(self) -> None:
        async def story() -> None:
            async with scripted() as (peripheral, _, heard):
                await heard.until("connected")
                assert heard.log[0][0] == "connected"
                assert heard.log[1] == ("training", peripheral.reads["2ad3"])

        run(story())

    def test_nothing_but_the_service_is_needed(self) -> None:
        missing = frozenset(
            {"2acc", "2ad3", "2ad4", "2ad5", "2acd", "2ad9", "2ada", "2a29", "2a24", "2a26"}
        )

        async def story() -> None:
            async with scripted(missing=missing) as (_, link, heard):
                machine = await heard.until("connected")
                quirks = (
                    Quirk.NO_TREADMILL_DATA,
                    Quirk.NO_STATUS,
                    Quirk.NO_TRAINING_STATUS,
                    Quirk.NO_CONTROL_POINT,
                    Quirk.NO_FEATURES,
                    Quirk.NO_SPEED_RANGE,
                    Quirk.NO_INCLINE_RANGE,
                )
                assert machine == MachineInfo(ADDRESS, NAME, rssi=machine.rssi, quirks=quirks)
                link.control_point.halt(Halt.STOP)
                ((_, why),) = heard.all("refused")
                assert "no control point" in why
                await asyncio.sleep(60)
                assert heard.all("disconnected") == []

        run(story())

    def test_empty_torn_and_refused_reads_are_unknown(self) -> None:
        async def story() -> None:
            air = Air()
            async with AsyncExitStack() as stack:
                stack.callback(air.close)
                peripheral = Peripheral(air)
                peripheral.reads.update(
                    {"2acc": b"", "2ad3": b"", "2ad4": b"\x50", "2ad5": 0x02, "2a29": 0x80}
                )
                await stack.enter_async_context(powered(peripheral))
                _, heard = await stack.enter_async_context(linked(air))
                machine = await heard.until("connected")
                assert machine.features is None
                assert machine.speed_range is None
                assert machine.incline_range is None
                assert machine.maker == ""
                assert machine.model == "Model 1"
                assert machine.can_control

        run(story())

    @pytest.mark.parametrize(
        ("options", "reads", "quirks"),
        [
            ({}, {}, ()),
            ({"advertise_service": False}, {}, (Quirk.NOT_ADVERTISED,)),
            ({"service_data": None}, {}, (Quirk.NO_SERVICE_DATA,)),
            ({"service_data": bytes.fromhex("01 2100")}, {}, ()),
            ({"more": ("2ad1", "2ad2")}, {}, (Quirk.SEVERAL_MACHINES,)),
            (
                {"properties": {"2ad9": Characteristic.Properties.WRITE}},
                {},
                (Quirk.NO_ANSWERS,),
            ),
            ({}, {"2acc": bytes.fromhex("0c100000 02000000")}, (Quirk.NO_SPEED_CONTROL,)),
            ({}, {"2acc": bytes.fromhex("0c100000 01000000"), "2ad5": b""}, ()),
            ({}, {"2ad4": b"", "2ad5": b""}, (Quirk.NO_SPEED_RANGE, Quirk.NO_INCLINE_RANGE)),
        ],
    )
    def test_its_shape_is_told_as_quirks(
        self,
        options: dict[str, Any],
        reads: dict[str, bytes],
        quirks: tuple[Quirk, ...],
    ) -> None:
        async def story() -> None:
            air = Air()
            async with AsyncExitStack() as stack:
                stack.callback(air.close)
                peripheral = Peripheral(air, **options)
                peripheral.reads.update(reads)
                await stack.enter_async_context(powered(peripheral))
                match = {"match": Match(address=ADDRESS)}
                _, heard = await stack.enter_async_context(linked(air, **match))
                machine = await heard.until("connected")
                assert machine.quirks == quirks

        run(story())

    def test_what_a_machine_cannot_bear_is_left_out(self) -> None:
        async def story() -> None:
            options = {"declared": Declared(settings={"training_status": TrainingStatusUse.NONE})}
            async with scripted(link=options) as (peripheral, _, heard):
                await heard.until("alive", 3)
                assert "2ad3" not in peripheral.read_log
                assert heard.all("training") == []

        run(story())

    def test_what_upsets_a_machine_when_subscribed_to_is_read(self) -> None:
        async def story() -> None:
            declared = Declared(settings={"training_status": TrainingStatusUse.READ})
            async with scripted(link={"declared": declared}) as (peripheral, _, heard):
                await heard.until("alive", 3)
                before = len(heard.all("training"))
                assert before >= 3
                await peripheral.notify("2ad3", b"\x00\x0d")
                await asyncio.sleep(0.1)
                assert len(heard.all("training")) == before

        run(story())

    def test_what_is_declared_of_status_is_left_alone(self) -> None:
        async def story() -> None:
            declared = Declared(settings={"status": False})
            async with scripted(link={"declared": declared}) as (peripheral, _, heard):
                await heard.until("alive")
                await peripheral.notify("2ada", b"\x04")
                await asyncio.sleep(0.1)
                assert heard.all("status") == []

        run(story())

    def test_an_owner_may_choose_how_to_write_and_when_to_pair(self) -> None:
        async def story() -> None:
            settings = {"write": WriteType.COMMAND, "pairing": Pairing.FIRST}
            options: dict[str, Any] = {
                "link": {"declared": Declared(settings=settings)},
                "properties": {"2ad9": WRITE | WRITE_COMMAND | INDICATE},
            }
            async with scripted(**options) as (peripheral, link, heard):
                machine = await heard.until("connected")
                (connection,) = peripheral.device.connections.values()
                assert connection.is_encrypted
                assert machine.quirks == ()
                link.control_point.start()
                assert await heard.until("written") == StartOrResume()

        run(story())

    def test_a_machine_that_wants_no_pairing_gets_none(self) -> None:
        async def story() -> None:
            options: dict[str, Any] = {
                "link": {"declared": Declared(settings={"pairing": Pairing.NEVER})},
                "encrypted": frozenset({"2ad9"}),
            }
            async with scripted(**options) as (peripheral, link, heard):
                await heard.until("connected")
                link.control_point.start()
                await heard.until("refused")
                (connection,) = peripheral.device.connections.values()
                assert not connection.is_encrypted

        run(story())

    def test_a_control_point_that_cannot_be_subscribed_to_is_left_alone(self) -> None:
        async def story() -> None:
            properties = {"2ad9": Characteristic.Properties.WRITE}
            async with scripted(properties=properties) as (_, link, heard):
                machine = await heard.until("connected")
                assert not machine.can_control
                link.control_point.start()
                assert heard.all("refused")

        run(story())

    def test_a_refused_subscription_is_no_subscription(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def story() -> None:
            async with scripted() as (peripheral, _, heard):
                handle = peripheral.characteristics["2ad9"].handle
                await heard.until("connected")
                await peripheral.hang_up()
                server = peripheral.device.gatt_server
                usual = server.write_cccd

                def refuse(bearer: Any, characteristic: Any, value: bytes) -> Any:
                    if characteristic.handle == handle:
                        raise att.ATT_Error(att.ErrorCode(0x80))
                    return usual(bearer, characteristic, value)

                monkeypatch.setattr(server, "write_cccd", refuse)
                machine = await heard.until("connected", 2)
                assert not machine.can_control

        run(story())

    def test_observing_only_says_so(self) -> None:
        async def story() -> None:
            async with scripted(link={"observe_only": True}) as (peripheral, link, heard):
                machine = await heard.until("connected")
                assert not machine.can_control
                link.control_point.start()
                ((_, why),) = heard.all("refused")
                assert "observes" in why
                assert peripheral.writes == []

        run(story())

    def test_a_control_point_that_wants_encryption_gets_it(self) -> None:
        async def story() -> None:
            async with scripted(encrypted=frozenset({"2ad9"})) as (peripheral, link, heard):
                await heard.until("connected")
                link.control_point.start()
                assert await heard.until("written") == StartOrResume()
                (connection,) = peripheral.device.connections.values()
                assert connection.is_encrypted

        run(story())

    def test_a_control_point_without_write_responses_that_notifies_works(self) -> None:
        async def story() -> None:
            properties = {"2ad9": WRITE_COMMAND | NOTIFY}
            async with scripted(properties=properties) as (peripheral, link, heard):
                await heard.until("connected")
                link.control_point.start()
                assert await heard.until("written") == StartOrResume()
                assert peripheral.writes == [b"\x00", b"\x07"]

        run(story())

    def test_a_vendor_characteristic_is_nothing_to_us(self) -> None:
        async def story() -> None:
            properties = {"2ad9": WRITE_COMMAND | INDICATE}
            async with scripted(properties=properties, vendor=True) as (_, _link, heard):
                assert (await heard.until("connected")).can_control

        run(story())


class TestSilence:
    def test_a_silent_machine_is_asked_every_two_seconds(self) -> None:
        async def story() -> None:
            async with scripted() as (_, _link, heard):
                await heard.until("connected")
                began = asyncio.get_running_loop().time()
                await heard.until("alive", 5)
                assert asyncio.get_running_loop().time() - began == pytest.approx(10, abs=1)
                assert len(heard.all("training")) == 6

        run(story())

    def test_a_machine_that_sends_is_not_asked(self) -> None:
        async def story() -> None:
            async with scripted() as (peripheral, _link, heard):
                await heard.until("connected")
                for _ in range(20):
                    await peripheral.notify("2acd", b"\x00\x00\x34\x03")
                    await asyncio.sleep(1)
                assert heard.all("data") == [b"\x00\x00\x34\x03"] * 20
                assert heard.all("alive") == []

        run(story())

    def test_a_machine_that_would_hang_up_is_asked_now_and_then_though_it_sends(self) -> None:
        async def story() -> None:
            declared = Declared(settings={"ask_every_s": 5.0})
            async with scripted(link={"declared": declared}) as (peripheral, _link, heard):
                await heard.until("connected")
                asked = len(peripheral.read_log)
                for _ in range(21):
                    await peripheral.notify("2acd", b"\x00\x00\x34\x03")
                    await asyncio.sleep(1)
                assert peripheral.read_log[asked:] == ["2ad3"] * 4

        run(story())

    def test_a_refusal_is_an_answer_too(self) -> None:
        async def story() -> None:
            async with scripted() as (peripheral, _link, heard):
                await heard.until("connected")
                peripheral.reads["2ad3"] = 0x80
                await heard.until("alive", 3)

        run(story())

    def test_an_unanswered_read_ends_the_link(self) -> None:
        async def story() -> None:
            async with scripted(supervision_timeout=1000) as (peripheral, _link, heard):
                await heard.until("connected")
                peripheral.air.go_dark()
                assert await heard.until("disconnected", limit=8) == "no answer within 3 s"

        run(story())

    def test_a_failed_read_ends_the_link(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def story() -> None:
            async with scripted() as (_, _link, heard):
                await heard.until("connected")

                async def fail(*_: object, **__: object) -> bytearray:
                    message = "org.freedesktop.DBus.Error.ServiceUnknown"
                    raise BleakError(message)

                with monkeypatch.context() as broken:
                    broken.setattr("bleak.BleakClient.read_gatt_char", fail)
                    reason = await heard.until("disconnected", limit=8)
                assert reason.startswith("a read failed")

        run(story())


class TestStatus:
    def test_statuses_and_training_are_handed_over(self) -> None:
        async def story() -> None:
            async with scripted() as (peripheral, _link, heard):
                await heard.until("connected")
                await peripheral.notify("2ada", b"\x04")
                await peripheral.notify("2ad3", b"\x00\x0d")
                await peripheral.notify("2ada", b"")
                await heard.until("status", 2)
                assert heard.all("status") == [b"\x04", b""]
                assert b"\x00\x0d" in heard.all("training")

        run(story())

    def test_control_lost_is_control_taken(self) -> None:
        async def story() -> None:
            async with scripted() as (peripheral, link, heard):
                await heard.until("connected")
                link.control_point.start()
                await heard.until("written")
                await peripheral.notify("2ada", b"\xff")
                assert await heard.until("control", 2) is Control.TAKEN
                assert heard.all("status") == [b"\xff"]

        run(story())


class TestLoss:
    def test_the_machine_hangs_up_and_is_found_again(self) -> None:
        async def story() -> None:
            async with scripted() as (peripheral, _link, heard):
                await heard.until("connected")
                await peripheral.hang_up()
                assert await heard.until("disconnected") == "the link was lost"
                await heard.until("connected", 2, limit=5)

        run(story())

    def test_an_order_without_an_answer_drops_the_link_and_comes_back(self) -> None:
        async def story() -> None:
            async with scripted() as (peripheral, link, heard):
                await heard.until("connected")
                peripheral.on_write = lambda value: b"\x80\x00\x01" if value == b"\x00" else None
                link.control_point.start()
                assert await heard.until("disconnected") == "an order was never answered"
                await heard.until("connected", 2)
                await asyncio.sleep(60)
                assert peripheral.writes == [b"\x00", b"\x07"]

        run(story())

    def test_a_machine_that_forgets_our_subscription_is_subscribed_to_again(self) -> None:
        async def story() -> None:
            async with scripted() as (peripheral, link, heard):
                await heard.until("connected")

                def refuse_once(_: bytes) -> bytes:
                    peripheral.on_write = lambda value: bytes([0x80, value[0], 1])
                    raise att.ATT_Error(att.ErrorCode(0xFD))

                peripheral.on_write = refuse_once
                link.control_point.start()
                await heard.until("written")
                assert peripheral.writes == [b"\x00", b"\x00", b"\x07"]

        run(story())

    def test_lost_while_setting_up_is_no_connection_at_all(self) -> None:
        async def story() -> None:
            async with scripted() as (peripheral, _link, heard):
                await peripheral.wait_for_connection()
                peripheral.air.go_dark()
                await asyncio.sleep(10)
                assert heard.log == []
                peripheral.air.back()
                await heard.until("connected")

        run(story())

    def test_lost_while_subscribing_is_no_connection_at_all(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def story() -> None:
            async def fail(*_: object, **__: object) -> None:
                message = "disconnected"
                raise BleakError(message)

            with monkeypatch.context() as broken:
                broken.setattr("bleak.BleakClient.start_notify", fail)
                async with scripted() as (peripheral, _link, heard):
                    await peripheral.wait_for_connection()
                    await asyncio.sleep(1)
                    assert heard.log == []

        run(story())

    def test_a_mistake_in_the_handler_is_not_swallowed(self) -> None:
        async def story() -> None:
            air = Air()
            async with AsyncExitStack() as stack:
                stack.callback(air.close)
                await stack.enter_async_context(powered(Peripheral(air)))
                radio = await stack.enter_async_context(open_radio(air.new_controller()))
                heard = Heard()

                def stumble(what: str) -> None:
                    if what == "alive":
                        raise ZeroDivisionError

                heard.hook = stumble
                with pytest.raises(ZeroDivisionError):
                    await Link(radio, Match(), heard, LoopClock()).run()
                assert heard.all("disconnected")

        run(story())


class TestWanted:
    def test_released_lets_go_and_comes_back_when_told(self) -> None:
        async def story() -> None:
            async with scripted() as (peripheral, link, heard):
                await heard.until("connected")
                link.release()
                assert await heard.until("disconnected") == "released"
                await asyncio.sleep(100)
                assert len(heard.all("connected")) == 1
                assert not peripheral.device.connections
                link.connect()
                await heard.until("connected", 2, limit=2)

        run(story())

    def test_on_demand_waits_to_be_told(self) -> None:
        async def story() -> None:
            async with scripted(link={"wanted": False}) as (_, link, heard):
                await asyncio.sleep(100)
                assert heard.log == []
                link.connect()
                await heard.until("connected", limit=2)

        run(story())

    def test_released_while_connecting_is_no_connection_at_all(self) -> None:
        async def story() -> None:
            async with scripted() as (peripheral, link, heard):
                await peripheral.wait_for_connection()
                link.release()
                assert link.wanted is False
                await asyncio.sleep(10)
                assert heard.log == []
                assert not peripheral.device.connections

        run(story())

    def test_release_ends_a_search_too(self) -> None:
        async def story() -> None:
            air = Air()
            async with linked(air) as (link, _):
                await asyncio.sleep(3)
                link.release()
                await asyncio.sleep(100)
                link.connect()
                async with powered(Peripheral(air)):
                    await asyncio.sleep(5)
            air.close()

        run(story())


class TestPatience:
    """When attempts begin, by a search that fails at once."""

    @staticmethod
    def attempts(monkeypatch: pytest.MonkeyPatch, error: BaseException | None) -> list[float]:
        times: list[float] = []

        async def fail(*_: object) -> Found | None:
            times.append(asyncio.get_running_loop().time())
            if error:
                raise error
            return None

        async def story() -> None:
            async with linked(Air()) as (_, heard):
                await asyncio.sleep(500)
                assert heard.log == []

        monkeypatch.setattr("bridge.bluetooth.link.find", fail)
        monkeypatch.setattr("random.uniform", lambda _low, high: high)
        run(story())
        return [round(after - before) for before, after in itertools.pairwise(times)]

    def test_failures_are_spaced_from_one_second_to_a_minute(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pauses = self.attempts(monkeypatch, BleakError("no radio"))
        assert pauses[:8] == [1, 2, 4, 8, 16, 32, 60, 60]

    def test_a_machine_that_is_merely_off_is_looked_for_more_often(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pauses = self.attempts(monkeypatch, None)
        assert pauses[:6] == [1, 2, 4, 8, 10, 10]

    def test_a_good_minute_starts_the_pauses_anew(self) -> None:
        async def story() -> None:
            async with scripted() as (peripheral, link, heard):
                for times in range(1, 5):
                    await heard.until("connected", times)
                    await peripheral.hang_up()
                    await heard.until("disconnected", times)
                await heard.until("connected", 5)
                await asyncio.sleep(70)
                await peripheral.hang_up()
                await heard.until("disconnected", 5)
                await heard.until("connected", 6, limit=2.5)
                with contextlib.suppress(TimeoutError):
                    await heard.until("disconnected", 6, limit=1)
                assert link.control_point is not None

        run(story())

"""What a link reads, subscribes to and tells of machines that are missing this or that."""

import asyncio
from typing import Any

import pytest
from bleak import BleakClient
from bleak.exc import BleakDBusError, BleakGATTProtocolError
from bumble import att
from bumble.gatt import Characteristic

from bridge.bluetooth.scan import Match
from bridge.drivers.ftms.decoder import activity
from bridge.drivers.link import Link
from bridge.machines import Declared, Pairing, Quirk, TrainingStatusUse, WriteType
from bridge.values import (
    Halt,
    MachineInfo,
    StartBelt,
)
from protocols.ftms.training_status import TrainingStatus
from tests.bluetooth.link.link_rig import Heard, linked, scripted
from tests.bluetooth.peripheral import (
    ADDRESS,
    INDICATE,
    NAME,
    NOTIFY,
    WRITE,
    WRITE_COMMAND,
    Peripheral,
)

pytestmark = pytest.mark.virtual_time
NOT_PAIRED = ("org.bluez.Error.NotPermitted", ["Not paired"])
"""What BlueZ 5.66 answered where a link is not encrypted."""


class TestSetUp:
    async def test_hands_over_what_came_early_after_connected(
        self, peripheral: Peripheral, heard: Heard
    ) -> None:
        await heard.until("connected")
        assert heard.log[0][0] == "connected"
        assert heard.log[1] == ("training", activity(TrainingStatus.IDLE))

    @pytest.mark.peripheral(
        missing=frozenset(
            {"2acc", "2ad3", "2ad4", "2ad5", "2acd", "2ad9", "2ada", "2a29", "2a24", "2a26"}
        )
    )
    async def test_nothing_but_the_service_is_needed(self, link: Link, heard: Heard) -> None:
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
        link.orders.halt(Halt.STOP)
        ((_, why),) = heard.all("refused")
        assert "no control point" in why
        await asyncio.sleep(60)
        assert heard.all("disconnected") == []

    @pytest.mark.peripheral(
        reads={"2acc": b"", "2ad3": b"", "2ad4": b"\x50", "2ad5": 0x02, "2a29": 0x80}
    )
    async def test_empty_torn_and_refused_reads_are_unknown(self, heard: Heard) -> None:
        machine = await heard.until("connected")
        assert machine.features is None
        assert machine.speed_range is None
        assert machine.incline_range is None
        assert machine.maker == ""
        assert machine.model == "Model 1"
        assert machine.can_control

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
            ({}, {"2acc": bytes.fromhex("0c100000 04000000"), "2ad5": b""}, ()),
            ({}, {"2acc": bytes.fromhex("0c100000 02000000"), "2ad5": bytes(6)}, ()),
            ({}, {"2ad4": b"", "2ad5": b""}, (Quirk.NO_SPEED_RANGE, Quirk.NO_INCLINE_RANGE)),
        ],
    )
    async def test_its_shape_is_told_as_quirks(
        self,
        options: dict[str, Any],
        reads: dict[str, bytes],
        quirks: tuple[Quirk, ...],
    ) -> None:
        async with (
            scripted(reads=reads, **options) as peripheral,
            linked(peripheral.air, match=Match(address=ADDRESS)) as (_, heard),
        ):
            machine = await heard.until("connected")
            assert machine.quirks == quirks

    @pytest.mark.link(declared=Declared(settings={"training_status": TrainingStatusUse.NONE}))
    async def test_what_a_machine_cannot_bear_is_left_out(
        self, peripheral: Peripheral, heard: Heard
    ) -> None:
        await heard.until("alive", 3)
        assert "2ad3" not in peripheral.read_log
        assert heard.all("training") == []

    @pytest.mark.link(declared=Declared(settings={"training_status": TrainingStatusUse.READ}))
    async def test_what_upsets_a_machine_when_subscribed_to_is_read(
        self, peripheral: Peripheral, heard: Heard
    ) -> None:
        await heard.until("alive", 3)
        before = len(heard.all("training"))
        assert before >= 3
        await peripheral.notify("2ad3", b"\x00\x0d")
        await asyncio.sleep(0.1)
        assert len(heard.all("training")) == before

    @pytest.mark.link(declared=Declared(settings={"status": False}))
    async def test_what_is_declared_of_status_is_left_alone(
        self, peripheral: Peripheral, heard: Heard
    ) -> None:
        await heard.until("alive")
        await peripheral.notify("2ada", b"\x04")
        await asyncio.sleep(0.1)
        assert heard.all("event") == []

    @pytest.mark.peripheral(properties={"2ad9": WRITE | WRITE_COMMAND | INDICATE})
    @pytest.mark.link(
        declared=Declared(settings={"write": WriteType.COMMAND, "pairing": Pairing.FIRST})
    )
    async def test_an_owner_may_choose_how_to_write_and_when_to_pair(
        self, peripheral: Peripheral, link: Link, heard: Heard
    ) -> None:
        machine = await heard.until("connected")
        (connection,) = peripheral.device.connections.values()
        assert connection.is_encrypted
        assert machine.quirks == ()
        link.orders.start()
        assert await heard.until("written") == StartBelt()

    @pytest.mark.peripheral(encrypted=frozenset({"2ad9"}))
    @pytest.mark.link(declared=Declared(settings={"pairing": Pairing.NEVER}))
    async def test_a_machine_that_wants_no_pairing_gets_none(
        self, peripheral: Peripheral, link: Link, heard: Heard
    ) -> None:
        await heard.until("connected")
        link.orders.start()
        await heard.until("refused")
        (connection,) = peripheral.device.connections.values()
        assert not connection.is_encrypted

    @pytest.mark.peripheral(properties={"2ad9": Characteristic.Properties.WRITE})
    async def test_a_control_point_that_cannot_be_subscribed_to_is_only_told_to_stop(
        self, link: Link, heard: Heard, peripheral: Peripheral
    ) -> None:
        machine = await heard.until("connected")
        assert not machine.can_control
        link.orders.start()
        assert heard.all("refused")
        link.orders.halt(Halt.STOP)
        await peripheral.wait_for_writes(2)
        assert peripheral.writes == [b"\x00", b"\x08\x01"]

    async def test_a_refused_subscription_is_no_subscription(
        self, peripheral: Peripheral, heard: Heard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
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
        assert machine.quirks == (Quirk.NO_ANSWERS,)

    @pytest.mark.link(observe_only=True)
    async def test_observing_only_says_so(
        self, peripheral: Peripheral, link: Link, heard: Heard
    ) -> None:
        machine = await heard.until("connected")
        assert not machine.can_control
        link.orders.start()
        ((_, why),) = heard.all("refused")
        assert "observes" in why
        assert peripheral.writes == []

    @pytest.mark.peripheral(encrypted=frozenset({"2ad9"}))
    async def test_control_point_that_bluez_calls_not_paired_is_paired_with(
        self, peripheral: Peripheral, link: Link, heard: Heard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write, refused = BleakClient.write_gatt_char, []

        async def as_bluez_does(self: BleakClient, *arguments: Any, **named: Any) -> None:
            try:
                await write(self, *arguments, **named)
            except BleakGATTProtocolError as error:
                refused.append(error.code)
                raise BleakDBusError(*NOT_PAIRED) from error

        monkeypatch.setattr(BleakClient, "write_gatt_char", as_bluez_does)
        await heard.until("connected")
        peripheral.on_write = lambda value: bytes([0x80, value[0], 1])
        link.orders.start()
        await heard.until("written")
        assert len(refused) == 1
        (connection,) = peripheral.device.connections.values()
        assert connection.is_encrypted

    async def test_read_that_bluez_calls_not_paired_is_no_lost_link(
        self, peripheral: Peripheral, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def refuse(*_: object, **__: object) -> bytearray:
            raise BleakDBusError(*NOT_PAIRED)

        monkeypatch.setattr(BleakClient, "read_gatt_char", refuse)
        async with linked(peripheral.air) as (_, heard):
            machine = await heard.until("connected")
            assert machine.speed_range is None

    @pytest.mark.peripheral(encrypted=frozenset({"2ad9"}))
    async def test_a_control_point_that_wants_encryption_gets_it(
        self, peripheral: Peripheral, link: Link, heard: Heard
    ) -> None:
        await heard.until("connected")
        link.orders.start()
        assert await heard.until("written") == StartBelt()
        (connection,) = peripheral.device.connections.values()
        assert connection.is_encrypted

    @pytest.mark.peripheral(properties={"2ad9": WRITE_COMMAND | NOTIFY})
    async def test_a_control_point_without_write_responses_that_notifies_works(
        self, peripheral: Peripheral, link: Link, heard: Heard
    ) -> None:
        await heard.until("connected")
        link.orders.start()
        assert await heard.until("written") == StartBelt()
        assert peripheral.writes == [b"\x00", b"\x07"]

    @pytest.mark.peripheral(properties={"2ad9": WRITE_COMMAND | INDICATE}, vendor=True)
    async def test_a_vendor_characteristic_is_nothing_to_us(self, heard: Heard) -> None:
        assert (await heard.until("connected")).can_control

"""Set-up of a link: reads, subscriptions and quirks of machines with missing parts."""

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
from bridge.values import Halt, MachineInfo, StartBelt
from protocols.ftms.training_status import TrainingStatus
from tests.bluetooth.link.link_rig import linked, scripted
from tests.bluetooth.peripheral import (
    ADDRESS,
    INDICATE,
    NAME,
    NOTIFY,
    WRITE,
    WRITE_COMMAND,
    Peripheral,
)
from tests.bluetooth.recorder import Recorder

pytestmark = pytest.mark.virtual_time
NOT_PAIRED = ("org.bluez.Error.NotPermitted", ["Not paired"])
"""Error of BlueZ 5.66 on a link that is not encrypted."""


class TestSetUp:
    async def test_early_values_are_reported_after_connected(
        self, peripheral: Peripheral, recorder: Recorder
    ) -> None:
        await recorder.until("connected")
        assert recorder.log[0][0] == "connected"
        assert recorder.log[1] == ("training", activity(TrainingStatus.IDLE))

    @pytest.mark.peripheral(
        missing=frozenset(
            {"2acc", "2ad3", "2ad4", "2ad5", "2acd", "2ad9", "2ada", "2a29", "2a24", "2a26"}
        )
    )
    async def test_machine_with_only_the_fitness_service_is_connected(
        self, link: Link, recorder: Recorder
    ) -> None:
        machine = await recorder.until("connected")
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
        ((_, why),) = recorder.all("refused")
        assert "takes no commands" in why
        await asyncio.sleep(60)
        assert recorder.all("disconnected") == []

    @pytest.mark.peripheral(
        reads={"2acc": b"", "2ad3": b"", "2ad4": b"\x50", "2ad5": 0x02, "2a29": 0x80}
    )
    async def test_empty_truncated_and_refused_reads_are_unknown(self, recorder: Recorder) -> None:
        machine = await recorder.until("connected")
        assert machine.features is None
        assert machine.speed_range is None
        assert machine.incline_range is None
        assert machine.maker == ""
        assert machine.model == "Model 1"
        assert machine.can_control

    @pytest.mark.unmeasured
    @pytest.mark.parametrize(
        ("options", "reads", "quirks"),
        [
            ({}, {}, ()),
            ({"advertise_service": False}, {}, (Quirk.NOT_ADVERTISED,)),
            ({"service_data": None}, {}, (Quirk.NO_SERVICE_DATA,)),
            ({"service_data": bytes.fromhex("01 2100")}, {}, ()),
            ({"more": ("2ad1", "2ad2")}, {}, (Quirk.SEVERAL_MACHINES,)),
            ({"properties": {"2ad9": Characteristic.Properties.WRITE}}, {}, (Quirk.NO_ANSWERS,)),
            ({}, {"2acc": bytes.fromhex("0c100000 02000000")}, (Quirk.NO_SPEED_CONTROL,)),
            ({}, {"2acc": bytes.fromhex("0c100000 01000000"), "2ad5": b""}, ()),
            ({}, {"2acc": bytes.fromhex("0c100000 04000000"), "2ad5": b""}, ()),
            ({}, {"2acc": bytes.fromhex("0c100000 02000000"), "2ad5": bytes(6)}, ()),
            ({}, {"2ad4": b"", "2ad5": b""}, (Quirk.NO_SPEED_RANGE, Quirk.NO_INCLINE_RANGE)),
        ],
    )
    async def test_shape_of_the_services_is_reported_as_quirks(
        self, options: dict[str, Any], reads: dict[str, bytes], quirks: tuple[Quirk, ...]
    ) -> None:
        async with (
            scripted(reads=reads, **options) as peripheral,
            linked(peripheral.air, match=Match(address=ADDRESS)) as (_, recorder),
        ):
            machine = await recorder.until("connected")
            assert machine.quirks == quirks

    @pytest.mark.link(declared=Declared(settings={"training_status": TrainingStatusUse.NONE}))
    async def test_training_status_is_not_used_if_declared(
        self, peripheral: Peripheral, recorder: Recorder
    ) -> None:
        await recorder.until("alive", 3)
        assert "2ad3" not in peripheral.read_log
        assert recorder.all("training") == []

    @pytest.mark.link(declared=Declared(settings={"training_status": TrainingStatusUse.READ}))
    async def test_training_status_is_only_read_if_declared(
        self, peripheral: Peripheral, recorder: Recorder
    ) -> None:
        await recorder.until("alive", 3)
        before = len(recorder.all("training"))
        assert before >= 3
        await peripheral.notify("2ad3", b"\x00\x0d")
        await asyncio.sleep(0.1)
        assert len(recorder.all("training")) == before

    @pytest.mark.link(declared=Declared(settings={"status": False}))
    async def test_status_is_not_subscribed_to_if_declared(
        self, peripheral: Peripheral, recorder: Recorder
    ) -> None:
        await recorder.until("alive")
        await peripheral.notify("2ada", b"\x04")
        await asyncio.sleep(0.1)
        assert recorder.all("event") == []

    @pytest.mark.peripheral(properties={"2ad9": WRITE | WRITE_COMMAND | INDICATE})
    @pytest.mark.link(
        declared=Declared(settings={"write": WriteType.COMMAND, "pairing": Pairing.FIRST})
    )
    async def test_declared_write_type_and_pairing_are_used(
        self, peripheral: Peripheral, link: Link, recorder: Recorder
    ) -> None:
        machine = await recorder.until("connected")
        (connection,) = peripheral.device.connections.values()
        assert connection.is_encrypted
        assert machine.quirks == ()
        link.orders.start()
        assert await recorder.until("written") == StartBelt()

    @pytest.mark.peripheral(encrypted=frozenset({"2ad9"}))
    @pytest.mark.link(declared=Declared(settings={"pairing": Pairing.NEVER}))
    async def test_declared_machine_is_never_paired(
        self, peripheral: Peripheral, link: Link, recorder: Recorder
    ) -> None:
        await recorder.until("connected")
        link.orders.start()
        await recorder.until("refused")
        (connection,) = peripheral.device.connections.values()
        assert not connection.is_encrypted

    @pytest.mark.peripheral(properties={"2ad9": Characteristic.Properties.WRITE})
    async def test_control_point_without_subscription_gets_only_stops(
        self, link: Link, recorder: Recorder, peripheral: Peripheral
    ) -> None:
        machine = await recorder.until("connected")
        assert not machine.can_control
        link.orders.start()
        assert recorder.all("refused")
        link.orders.halt(Halt.STOP)
        await peripheral.wait_for_writes(2)
        assert peripheral.writes == [b"\x00", b"\x08\x01"]

    async def test_refused_subscription_to_the_control_point_is_a_quirk(
        self, peripheral: Peripheral, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        handle = peripheral.characteristics["2ad9"].handle
        await recorder.until("connected")
        await peripheral.hang_up()
        server = peripheral.device.gatt_server
        usual = server.write_cccd

        def refuse(bearer: Any, characteristic: Any, value: bytes) -> Any:
            if characteristic.handle == handle:
                raise att.ATT_Error(att.ErrorCode(0x80))
            return usual(bearer, characteristic, value)

        monkeypatch.setattr(server, "write_cccd", refuse)
        machine = await recorder.until("connected", 2)
        assert not machine.can_control
        assert machine.quirks == (Quirk.NO_ANSWERS,)

    @pytest.mark.link(observe_only=True)
    async def test_observing_link_refuses_orders(
        self, peripheral: Peripheral, link: Link, recorder: Recorder
    ) -> None:
        machine = await recorder.until("connected")
        assert not machine.can_control
        link.orders.start()
        ((_, why),) = recorder.all("refused")
        assert "observes" in why
        assert peripheral.writes == []

    @pytest.mark.peripheral(encrypted=frozenset({"2ad9"}))
    async def test_write_that_bluez_refuses_as_not_paired_leads_to_pairing(
        self,
        peripheral: Peripheral,
        link: Link,
        recorder: Recorder,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        write, refused = BleakClient.write_gatt_char, []

        async def as_bluez_does(self: BleakClient, *arguments: Any, **named: Any) -> None:
            try:
                await write(self, *arguments, **named)
            except BleakGATTProtocolError as error:
                refused.append(error.code)
                raise BleakDBusError(*NOT_PAIRED) from error

        monkeypatch.setattr(BleakClient, "write_gatt_char", as_bluez_does)
        await recorder.until("connected")
        peripheral.on_write = lambda value: bytes([0x80, value[0], 1])
        link.orders.start()
        await recorder.until("written")
        assert len(refused) == 1
        (connection,) = peripheral.device.connections.values()
        assert connection.is_encrypted

    async def test_read_that_bluez_refuses_as_not_paired_keeps_the_link(
        self, peripheral: Peripheral, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def refuse(*_: object, **__: object) -> bytearray:
            raise BleakDBusError(*NOT_PAIRED)

        monkeypatch.setattr(BleakClient, "read_gatt_char", refuse)
        async with linked(peripheral.air) as (_, recorder):
            machine = await recorder.until("connected")
            assert machine.speed_range is None

    @pytest.mark.peripheral(encrypted=frozenset({"2ad9"}))
    async def test_encrypted_control_point_leads_to_pairing(
        self, peripheral: Peripheral, link: Link, recorder: Recorder
    ) -> None:
        await recorder.until("connected")
        link.orders.start()
        assert await recorder.until("written") == StartBelt()
        (connection,) = peripheral.device.connections.values()
        assert connection.is_encrypted

    @pytest.mark.peripheral(properties={"2ad9": WRITE_COMMAND | NOTIFY})
    async def test_control_point_that_answers_by_notification_is_used(
        self, peripheral: Peripheral, link: Link, recorder: Recorder
    ) -> None:
        await recorder.until("connected")
        link.orders.start()
        assert await recorder.until("written") == StartBelt()
        assert peripheral.writes == [b"\x00", b"\x07"]

    @pytest.mark.peripheral(properties={"2ad9": WRITE_COMMAND | INDICATE}, vendor=True)
    async def test_vendor_characteristic_is_ignored(self, recorder: Recorder) -> None:
        assert (await recorder.until("connected")).can_control

"""Reads, writes, notifications and pairing through bleak's own API over the virtual radio."""

import asyncio

import pytest
from bleak import BleakClient
from bleak.exc import BleakError, BleakGATTProtocolError
from bumble import att, core

from tests.bluetooth.near_rig import LIMIT, Near, Values, u


class TestValues:
    async def test_value_is_read(self, both: Near) -> None:
        async with await both.client() as client:
            assert await client.read_gatt_char(u("2a24")) == b"Model 1\0"

    @pytest.mark.peripheral(mtu=23)
    async def test_a_long_value_is_read_whole(self, near: Near) -> None:
        async with await near.client() as client:
            near.peripheral.reads["2a29"] = bytes(range(100))
            assert client.mtu_size == 23
            assert await client.read_gatt_char(u("2a29")) == bytes(range(100))

    async def test_empty_value_is_read(self, near: Near) -> None:
        near.peripheral.reads["2ad3"] = b""
        async with await near.client() as client:
            assert await client.read_gatt_char(u("2ad3")) == b""

    async def test_refused_read_has_its_att_error(self, near: Near) -> None:
        near.peripheral.reads["2ad3"] = 0x02
        async with await near.client() as client:
            with pytest.raises(BleakGATTProtocolError) as caught:
                await client.read_gatt_char(u("2ad3"))
            assert caught.value.code == 0x02

    async def test_descriptor_is_read_and_written(self, near: Near) -> None:
        async with await near.client() as client:
            data = client.services.get_characteristic(u("2acd"))
            assert data is not None
            (cccd,) = data.descriptors
            await client.start_notify(u("2acd"), lambda *_: None)
            assert await client.read_gatt_descriptor(cccd.handle) == b"\x01\x00"
            await client._backend.write_gatt_descriptor(cccd, b"\x00\x00")
            assert await client.read_gatt_descriptor(cccd.handle) == b"\x00\x00"

    async def test_write_with_response_is_answered_by_an_indication(self, both: Near) -> None:
        answers = Values()
        async with await both.client() as client:
            await client.start_notify(u("2ad9"), answers.take)
            await client.write_gatt_char(u("2ad9"), b"\x00", response=True)
            assert await answers.next() == b"\x80\x00\x01"
        assert both.peripheral.writes == [b"\x00"]

    async def test_notification_is_received_where_indications_were_subscribed(
        self, near: Near
    ) -> None:
        answers = Values()
        async with await near.client() as client:
            await client.start_notify(u("2ad9"), answers.take)
            (connection,) = near.peripheral.device.connections.values()
            control = near.peripheral.characteristics["2ad9"]
            await near.peripheral.device.gatt_server.notify_subscriber(
                connection, control, b"\x80\x00\x01", force=True
            )
            assert await answers.next() == b"\x80\x00\x01"

    async def test_notifications_arrive_until_stopped(self, both: Near) -> None:
        values = Values()
        async with await both.client() as client:
            await client.start_notify(u("2acd"), values.take)
            with pytest.raises(BleakError, match="already started"):
                await client.start_notify(u("2acd"), lambda *_: None)
            await both.peripheral.notify("2acd", b"\x00\x00\x34\x03")
            assert await values.next() == b"\x00\x00\x34\x03"
            await client.stop_notify(u("2acd"))
            await both.peripheral.notify("2acd", b"\x00\x00\x35\x03")
            await client.read_gatt_char(u("2acc"))  # every sent value has arrived by then
            assert values.empty()
            await client.stop_notify(u("2acd"))
            await client.start_notify(u("2acd"), values.take)
            await both.peripheral.notify("2acd", b"\x00\x00\x36\x03")
            assert await values.next() == b"\x00\x00\x36\x03"

    @pytest.mark.peripheral(mtu=23)
    async def test_notification_is_truncated_to_the_mtu(self, near: Near) -> None:
        values = Values()
        async with await near.client() as client:
            await client.start_notify(u("2acd"), values.take)
            await near.peripheral.notify("2acd", bytes(range(40)))
            assert await values.next() == bytes(range(20))

    async def test_characteristic_without_notify_or_indicate_cannot_be_subscribed_to(
        self, near: Near
    ) -> None:
        async with await near.client() as client:
            with pytest.raises(BleakError, match="neither"):
                await client.start_notify(u("2acc"), lambda *_: None)

    async def test_refused_write_has_its_att_error(self, near: Near) -> None:
        def refuse(_: bytes) -> None:
            raise att.ATT_Error(att.ErrorCode(0xFD))

        near.peripheral.on_write = refuse
        async with await near.client() as client:
            with pytest.raises(BleakGATTProtocolError) as caught:
                await client.write_gatt_char(u("2ad9"), b"\x00", response=True)
            assert caught.value.code == 0xFD

    async def test_a_link_lost_during_a_write_is_att_error_0e(self, near: Near) -> None:
        client = await near.client()
        await client.connect()
        near.air.go_dark()
        with pytest.raises(BleakGATTProtocolError) as caught:
            await client.write_gatt_char(u("2ad9"), b"\x00", response=True)
        assert caught.value.code == 0x0E

    async def test_link_lost_during_a_read_raises_no_cancellation(self, near: Near) -> None:
        client = await near.client()
        await client.connect()
        near.air.go_dark()
        with pytest.raises(BleakError, match="disconnected"):
            await client.read_gatt_char(u("2acc"))

    async def test_a_cancelled_read_is_cancelled_and_the_next_one_works(self, near: Near) -> None:
        async with await near.client() as client:
            task = asyncio.create_task(client.read_gatt_char(u("2acc")))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await client.read_gatt_char(u("2a26")) == b"1.2.3"

    async def test_a_device_that_never_answers_is_an_error(
        self, near: Near, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with await near.client() as client:
            near.air.go_dark()
            monkeypatch.setattr("bumble.gatt_client.GATT_REQUEST_TIMEOUT", 0.05)
            with pytest.raises(BleakError, match="does not answer"):
                await client.read_gatt_char(u("2acc"))

    @pytest.mark.peripheral(encrypted=frozenset({"2a26"}))
    async def test_an_encrypted_value_can_be_read_once_paired(self, near: Near) -> None:
        async with await near.client() as client:
            with pytest.raises(BleakGATTProtocolError) as caught:
                await client.read_gatt_char(u("2a26"))
            assert caught.value.code == 0x0F
            await client.pair()
            assert await client.read_gatt_char(u("2a26")) == b"1.2.3"
            with pytest.raises(NotImplementedError):
                await client.unpair()

    async def test_a_failed_pairing_is_a_bleak_error(
        self, near: Near, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(*_: object) -> None:
            raise core.ProtocolError(3, "smp", "pairing not supported")

        async with await near.client() as client:
            monkeypatch.setattr("bumble.device.Connection.pair", fail)
            with pytest.raises(BleakError):
                await client.pair()

    @pytest.mark.peripheral(encrypted=frozenset({"2a26"}))
    async def test_encrypted_value_is_read_after_pairing_at_connect(self, near: Near) -> None:
        device = await near.find()
        client = BleakClient(device, pair=True, timeout=LIMIT, **near.radio.client_kwargs)
        async with client:
            assert await client.read_gatt_char(u("2a26")) == b"1.2.3"

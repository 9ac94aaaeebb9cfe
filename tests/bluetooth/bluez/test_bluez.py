"""Calls to BlueZ over a real dbus-daemon (see `tests.rigs.bluez_service`)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge.bluetooth.bluez import Watch, look
from bridge.bluetooth.connection import Connection
from bridge.bluetooth.radio import SystemRadio, open_radio
from bridge.bluetooth.scan import Found, Match, client_of, find, scan
from bridge.bluetooth.trouble import BUS_REFUSED, NO_ADAPTER, NO_BUS, NO_SERVICE, POWERED_OFF
from bridge.bluetooth.trouble import diagnose as diagnosis_of
from bridge.clock import SystemClock
from bridge.drivers.ftms.describe import describe
from bridge.drivers.link import Link
from bridge.values import Trouble
from protocols import uuids
from tests.bluetooth.recorder import Recorder
from tests.rigs.bluez_service import (
    ADDRESS,
    DENIES_BLUEZ,
    Adapter,
    Bus,
    Characteristic,
    Device,
    Exported,
    GattService,
    bluez,
)
from tests.rigs.brokers import PATIENCE_S

FTMS = uuids.full(uuids.FITNESS_MACHINE)


def treadmill(adapter: Adapter, *, connected: bool = True) -> list[Exported]:
    """A treadmill on an adapter: its device, its service, data and a control point."""
    device = Device(adapter, [FTMS], connected=connected)
    service = GattService(device, 0x10, FTMS)
    data = Characteristic(service, 0x11, uuids.full(uuids.TREADMILL_DATA), ["notify"], None)
    features = Characteristic(
        service, 0x14, uuids.full(uuids.FITNESS_MACHINE_FEATURE), ["read"], bytes(8)
    )
    point = uuids.full(uuids.FITNESS_MACHINE_CONTROL_POINT)
    control = Characteristic(service, 0x17, point, ["write", "indicate"], None)
    return [device, service, data, features, control]


class TestDiagnosis:
    """Each fault of the system has one name, independent of the call that failed."""

    async def _why(self, adapter: str = "") -> Trouble:
        async with open_radio("system", adapter) as radio:
            with pytest.raises((Exception,)) as caught:
                await find(radio, Match(), 0.2)
        return diagnosis_of(caught.value)

    async def test_missing_bus_is_diagnosed(self, bus: Bus) -> None:
        bus.end()
        bus.socket.unlink(missing_ok=True)
        assert await self._why() == NO_BUS

    async def test_missing_bluetooth_service_is_diagnosed(self, bus: Bus) -> None:
        with pytest.raises(Exception, match="ServiceUnknown") as caught:
            await look()
        assert diagnosis_of(caught.value) == NO_SERVICE
        assert (await self._why()).rule in {"no_adapter", "no_service"}

    async def test_bus_that_refuses_this_user_is_diagnosed(self, bus: Bus) -> None:
        bus.end()
        bus.start(DENIES_BLUEZ)
        async with bluez(bus, Adapter()):
            assert await self._why() == BUS_REFUSED

    async def test_missing_adapter_is_diagnosed(self, bus: Bus) -> None:
        async with bluez(bus):
            assert await self._why() == NO_ADAPTER

    async def test_powered_off_adapter_is_diagnosed(self, bus: Bus) -> None:
        async with bluez(bus, Adapter(powered=False)):
            assert await self._why() == POWERED_OFF
            assert await self._why("hci0") == POWERED_OFF

    async def test_wrong_adapter_is_diagnosed_by_name(self, bus: Bus) -> None:
        async with bluez(bus, Adapter()):
            why = await self._why("hci7")
            assert why.rule == "wrong_adapter"
            assert "hci7" in why.text


async def test_bluez_state_lists_adapters_and_devices(bus: Bus) -> None:
    first, second = Adapter(), Adapter("hci1", powered=False)
    async with bluez(bus, first, second, *treadmill(second)):
        state = await look()
    assert [(each.name, each.powered) for each in state.adapters] == [
        ("hci0", True),
        ("hci1", False),
    ]
    (device,) = state.devices
    assert (device.adapter, device.address, device.connected) == ("hci1", ADDRESS, True)
    assert state.usable()
    assert state.usable("hci0")
    assert not state.usable("hci1")


@asynccontextmanager
async def watching(adapter: str = "") -> AsyncIterator[Watch]:
    watch = Watch(adapter)
    work = asyncio.create_task(watch.run())
    try:
        yield watch
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def seen(watch: Watch, usable: bool) -> None:
    """Return once the watch has received its signals, which takes a moment."""
    async with asyncio.timeout(PATIENCE_S):
        while watch.usable is not usable:  # noqa: ASYNC110 - it has no event for this
            await asyncio.sleep(0.01)


class TestWatch:
    async def test_watch_reports_an_adapter_that_is_powered_on(self, bus: Bus) -> None:
        adapter = Adapter(powered=False)
        async with bluez(bus, adapter), watching() as watch:
            await seen(watch, usable=False)
            back = asyncio.create_task(watch.back())
            await asyncio.sleep(0)
            adapter.power(on=True)
            await asyncio.wait_for(back, PATIENCE_S)

    async def test_watch_reports_a_started_service(self, bus: Bus) -> None:
        async with watching() as watch:
            await seen(watch, usable=False)
            back = asyncio.create_task(watch.back())
            await asyncio.sleep(0)
            async with bluez(bus, Adapter()):
                await asyncio.wait_for(back, PATIENCE_S)

    async def test_watch_reports_a_restarted_bus(self, bus: Bus) -> None:
        async with watching() as watch:
            async with bluez(bus, Adapter()):
                await seen(watch, usable=True)
            bus.end()
            await seen(watch, usable=False)
            back = asyncio.create_task(watch.back())
            bus.start()
            async with bluez(bus, Adapter()):
                await asyncio.wait_for(back, PATIENCE_S)

    async def test_watch_ignores_an_adapter_other_than_the_chosen_one(self, bus: Bus) -> None:
        mine, other = Adapter("hci0", powered=False), Adapter("hci1", powered=False)
        async with bluez(bus, mine, other), watching("hci0") as watch:
            await seen(watch, usable=False)
            back = asyncio.create_task(watch.back())
            other.power(on=True)
            done, _ = await asyncio.wait({back}, timeout=0.3)
            assert not done
            mine.power(on=True)
            await asyncio.wait_for(back, PATIENCE_S)


class TestLink:
    async def test_link_searches_at_once_when_bluetooth_is_powered_on(self, bus: Bus) -> None:
        adapter = Adapter(powered=False)
        troubles: asyncio.Queue[Trouble] = asyncio.Queue()
        async with bluez(bus, adapter), open_radio("system") as radio:
            link = Link(radio, Match(), Recorder(), SystemClock(), on_trouble=troubles.put_nowait)
            link._pauses._pause_s = 60.0  # as after many attempts in vain
            work = asyncio.create_task(link.run())
            try:
                async with asyncio.timeout(PATIENCE_S):
                    assert await troubles.get() == POWERED_OFF
                    adapter.power(on=True)
                    while not adapter.scans:  # noqa: ASYNC110 - another program's count
                        await asyncio.sleep(0.01)
            finally:
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)

    async def test_failed_connection_is_diagnosed(self, bus: Bus) -> None:
        # BlueZ lists it as connected to find it at all, and drops it before the bridge connects.
        adapter = Adapter()
        device, *rest = treadmill(adapter)
        assert isinstance(device, Device)
        troubles: asyncio.Queue[Trouble] = asyncio.Queue()
        async with bluez(bus, adapter, device, *rest), open_radio("system") as radio:
            found = await find(radio, Match(address=ADDRESS), 0.2)
            assert found is not None
            device.up = False
            device.emit_properties_changed({"Connected": False})
            link = Link(radio, Match(), Recorder(), SystemClock(), on_trouble=troubles.put_nowait)
            with pytest.raises(Exception, match="le-connection-abort") as caught:
                await link._one_link(found)
        assert diagnosis_of(caught.value, connecting=True).rule == "connect_failed"


class TestSharedLink:
    """A machine that BlueZ has connected for another program is looked at, and left as it is."""

    @asynccontextmanager
    async def _shared(self, bus: Bus) -> AsyncIterator[tuple[SystemRadio, Found, list[Exported]]]:
        things = treadmill(adapter := Adapter())
        async with bluez(bus, adapter, *things), SystemRadio().watching() as radio:
            found = await find(radio, Match(address=ADDRESS), 0.2)
            assert found is not None
            assert found.shared
            yield radio, found, things

    async def test_scan_lists_a_connected_machine_that_does_not_advertise(self, bus: Bus) -> None:
        async with self._shared(bus) as (radio, found, _):
            assert [each.address for each in await scan(radio, 0.2)] == [found.address]

    async def test_shared_machine_is_read_without_connecting_or_disconnecting(
        self, bus: Bus
    ) -> None:
        async with self._shared(bus) as (radio, found, things):
            async with client_of(radio, found, 5.0) as client:
                assert client.is_connected
                machine = await describe(Connection(client), found)
            device = things[0]
            assert isinstance(device, Device)
            assert machine.features is not None
            assert (device.connects, device.disconnects) == (0, 0)

    async def test_notification_of_a_shared_machine_is_received(self, bus: Bus) -> None:
        async with self._shared(bus) as (radio, found, things):
            data = things[2]
            assert isinstance(data, Characteristic)
            recorder: asyncio.Queue[bytes] = asyncio.Queue()
            async with client_of(radio, found, 5.0) as client:
                connection = Connection(client)
                assert await connection.subscribe(uuids.TREADMILL_DATA, recorder.put_nowait)
                data.notify(b"\x01\x00")
                assert await asyncio.wait_for(recorder.get(), PATIENCE_S) == b"\x01\x00"

    async def test_write_to_a_shared_machine_is_refused(self, bus: Bus) -> None:
        async with self._shared(bus) as (radio, found, things):
            control = things[4]
            assert isinstance(control, Characteristic)
            async with client_of(radio, found, 5.0) as client:
                with pytest.raises(Exception, match="belongs to another program"):
                    await client.write_gatt_char(control.uuid, b"\x00", response=True)
                with pytest.raises(Exception, match="belongs to another program"):
                    await client.pair()
            assert control.written == []

    async def test_refused_read_of_a_shared_machine_returns_none(self, bus: Bus) -> None:
        async with self._shared(bus) as (radio, found, things):
            features = things[3]
            assert isinstance(features, Characteristic)
            features.value = None
            async with client_of(radio, found, 5.0) as client:
                assert await Connection(client).read(uuids.FITNESS_MACHINE_FEATURE) is None

    async def test_shared_machine_without_link_is_an_error(self, bus: Bus) -> None:
        async with self._shared(bus) as (radio, found, things):
            device = things[0]
            assert isinstance(device, Device)
            device.up = False
            with pytest.raises(Exception, match="no longer connected"):
                async with client_of(radio, found, 5.0):
                    pass

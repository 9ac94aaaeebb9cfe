"""One scan for several callers: on the virtual air, and over a real bus."""

import asyncio
import gc

import pytest
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import BaseBleakScanner
from bleak.exc import BleakError

from bridge.bluetooth.radio import open_radio
from bridge.bluetooth.scan import Match, find
from bridge.bluetooth.shared_scanner import SharedScanner
from simulators.radio.air import Air
from tests.bluetooth.peripheral import ADDRESS, Peripheral, powered
from tests.rigs.bluez_service import Adapter, Bus, bluez

MISSING = "12:34:56:78:9A:00"


class Closing(BaseBleakScanner):
    """A scanner whose radio closes while the scan begins."""

    def __init__(self, *_: object, **_options: object) -> None:
        super().__init__(None, None)

    async def start(self) -> None:
        await asyncio.sleep(1)
        message = "transport lost"
        raise BleakError(message)

    async def stop(self) -> None:
        pass


@pytest.mark.virtual_time
class TestOnTheAir:
    async def test_later_search_gets_earlier_advertisements(self, peripheral: Peripheral) -> None:
        async with open_radio(peripheral.air.new_controller()) as radio:
            missing = asyncio.create_task(find(radio, Match(address=MISSING), 20.0))
            await asyncio.sleep(5)
            found = await find(radio, Match(address=ADDRESS), 2.0)
            assert found is not None
            assert found.address == ADDRESS
            assert await missing is None

    async def test_simultaneous_searches_find_the_same_machine(
        self, peripheral: Peripheral
    ) -> None:
        async with open_radio(peripheral.air.new_controller()) as radio:
            both = await asyncio.gather(*(find(radio, Match(), 5.0) for _ in range(2)))
        assert [found.address for found in both if found] == [ADDRESS, ADDRESS]

    async def test_cancelled_search_does_not_end_another(self) -> None:
        air = Air()
        async with open_radio(air.new_controller()) as radio:
            waiting = asyncio.create_task(find(radio, Match(address=ADDRESS), 20.0))
            leaving = asyncio.create_task(find(radio, Match(address=MISSING), 20.0))
            await asyncio.sleep(1)
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
            async with powered(Peripheral(air)):
                found = await waiting
        air.close()
        assert found is not None


@pytest.mark.virtual_time
async def test_search_cancelled_while_its_radio_closes_is_not_logged() -> None:
    logged: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: logged.append(context))
    looking = asyncio.create_task(SharedScanner({"backend": Closing}).find(lambda *_: False, 20.0))
    await asyncio.sleep(0.5)
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    gc.collect()
    assert logged == []


class TestOnTheBus:
    async def test_second_search_does_not_begin_a_second_scan(self, bus: Bus) -> None:
        adapter = Adapter()
        async with bluez(bus, adapter), open_radio("system") as radio:
            both = (find(radio, Match(address=MISSING), 0.5) for _ in range(2))
            assert await asyncio.gather(*both) == [None, None]
            assert not adapter.scanning
        assert adapter.scans >= 1

    async def test_search_that_is_cancelled_at_once_leaves_no_scan(self, bus: Bus) -> None:
        adapter = Adapter()
        async with bluez(bus, adapter), open_radio("system") as radio:
            for turns in range(12):
                looking = asyncio.create_task(find(radio, Match(address=MISSING), 5.0))
                await asyncio.sleep(turns / 1000)
                looking.cancel()
                await asyncio.gather(looking, return_exceptions=True)
                assert not adapter.scanning
            assert await find(radio, Match(address=MISSING), 0.2) is None

    async def test_failed_restart_of_the_scan_ends_every_search(self, bus: Bus) -> None:
        def never(_device: BLEDevice, _advertisement: object) -> bool:
            return False

        adapter = Adapter()
        async with bluez(bus, adapter):
            scanner = SharedScanner({})
            first = asyncio.create_task(scanner.find(never, 20.0))
            async with asyncio.timeout(10):
                while not adapter.scanning:  # noqa: ASYNC110 - another task's doing
                    await asyncio.sleep(0.01)
            adapter.power(on=False)
            async with asyncio.timeout(10):
                with pytest.raises(BleakError):
                    await scanner.find(never, 20.0)
                with pytest.raises(BleakError):
                    await first

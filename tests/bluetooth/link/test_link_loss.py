"""How a link ends, when it is looked for again, and when it is not wanted."""

import asyncio
import contextlib
import itertools

import pytest
from bleak.exc import BleakError
from bumble import att

from bridge.bluetooth.radio import open_radio
from bridge.bluetooth.scan import MISSING_AFTER, Found, Match
from bridge.drivers.link import HALT_LIMIT, SCAN, Link
from bridge.values import Trouble
from simulators.radio.air import Air
from tests.bluetooth.link.link_rig import Heard, linked, scripted
from tests.bluetooth.peripheral import (
    Peripheral,
    powered,
)
from tests.rigs.virtual_time import LoopClock

pytestmark = pytest.mark.virtual_time


def now() -> float:
    return asyncio.get_running_loop().time()


class TestLoss:
    async def test_the_machine_hangs_up_and_is_found_again(
        self, peripheral: Peripheral, heard: Heard
    ) -> None:
        await heard.until("connected")
        await peripheral.hang_up()
        assert await heard.until("disconnected") == "the link was lost"
        await heard.until("connected", 2, limit=5)

    async def test_an_order_without_an_answer_drops_the_link_and_comes_back(
        self, peripheral: Peripheral, link: Link, heard: Heard
    ) -> None:
        await heard.until("connected")
        peripheral.on_write = lambda value: b"\x80\x00\x01" if value == b"\x00" else None
        link.orders.start()
        assert await heard.until("disconnected") == "an order was never answered"
        await heard.until("connected", 2)
        await asyncio.sleep(60)
        assert peripheral.writes == [b"\x00", b"\x07"]

    async def test_a_machine_that_forgets_our_subscription_is_subscribed_to_again(
        self, peripheral: Peripheral, link: Link, heard: Heard
    ) -> None:
        await heard.until("connected")

        def refuse_once(_: bytes) -> bytes:
            peripheral.on_write = lambda value: bytes([0x80, value[0], 1])
            raise att.ATT_Error(att.ErrorCode(0xFD))

        peripheral.on_write = refuse_once
        link.orders.start()
        await heard.until("written")
        assert peripheral.writes == [b"\x00", b"\x00", b"\x07"]

    async def test_lost_while_setting_up_is_no_connection_at_all(
        self, peripheral: Peripheral, heard: Heard
    ) -> None:
        await peripheral.wait_for_connection()
        peripheral.air.go_dark()
        await asyncio.sleep(10)
        assert heard.log == []
        peripheral.air.back()
        await heard.until("connected")

    async def test_lost_while_subscribing_is_no_connection_at_all(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(*_: object, **__: object) -> None:
            message = "disconnected"
            raise BleakError(message)

        with monkeypatch.context() as broken:
            broken.setattr("bleak.BleakClient.start_notify", fail)
            async with scripted() as peripheral, linked(peripheral.air) as (_, heard):
                await peripheral.wait_for_connection()
                await asyncio.sleep(1)
                assert heard.log == []

    async def test_a_mistake_in_the_handler_is_not_swallowed(self, peripheral: Peripheral) -> None:
        def stumble(what: str) -> None:
            if what == "alive":
                raise ZeroDivisionError

        heard = Heard(hook=stumble)
        async with open_radio(peripheral.air.new_controller()) as radio:
            with pytest.raises(ZeroDivisionError):
                await Link(radio, Match(), heard, LoopClock()).run()
        assert heard.all("disconnected")


class TestWanted:
    async def test_released_lets_go_and_comes_back_when_told(
        self, peripheral: Peripheral, link: Link, heard: Heard
    ) -> None:
        await heard.until("connected")
        link.release()
        assert await heard.until("disconnected") == "released"
        await asyncio.sleep(100)
        assert len(heard.all("connected")) == 1
        assert not peripheral.device.connections
        link.connect()
        await heard.until("connected", 2, limit=2)

    async def test_released_waits_for_a_stop_but_not_for_ever(
        self, link: Link, heard: Heard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await heard.until("connected")
        monkeypatch.setattr(link.orders, "halted", asyncio.Event().wait)
        link.release()
        await asyncio.sleep(HALT_LIMIT - 0.1)
        assert not heard.all("disconnected")
        assert await heard.until("disconnected", limit=0.2) == "released"

    async def test_wanted_again_before_it_was_let_go_it_stays(
        self, link: Link, heard: Heard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await heard.until("connected")
        halted = asyncio.Event()
        monkeypatch.setattr(link.orders, "halted", halted.wait)
        link.release()
        await asyncio.sleep(1)
        link.connect()
        halted.set()
        await asyncio.sleep(10)
        assert not heard.all("disconnected")

    @pytest.mark.link(wanted=False)
    async def test_on_demand_waits_to_be_told(self, link: Link, heard: Heard) -> None:
        await asyncio.sleep(100)
        assert heard.log == []
        link.connect()
        await heard.until("connected", limit=2)

    async def test_released_while_connecting_is_no_connection_at_all(
        self, peripheral: Peripheral, link: Link, heard: Heard
    ) -> None:
        await peripheral.wait_for_connection()
        link.release()
        assert link.wanted is False
        await asyncio.sleep(10)
        assert heard.log == []
        assert not peripheral.device.connections

    async def test_wanted_again_at_once_is_no_trouble(self, peripheral: Peripheral) -> None:
        said: list[Trouble] = []
        async with linked(peripheral.air, on_trouble=said.append) as (link, heard):
            await heard.until("connected")
            # While the link is being taken down.
            heard.hook = lambda what: link.connect() if what == "disconnected" else None
            link.release()
            await heard.until("connected", 2, limit=5)
            heard.hook = lambda _: None
        assert [trouble.rule for trouble in said] == ["looking"]

    async def test_release_ends_a_search_too(self) -> None:
        air = Air()
        async with linked(air) as (link, _):
            await asyncio.sleep(3)
            link.release()
            await asyncio.sleep(100)
            link.connect()
            async with powered(Peripheral(air)):
                await asyncio.sleep(5)
        air.close()


class TestNotFound:
    async def test_reason_is_given_while_the_search_goes_on(self) -> None:
        said: list[float] = []
        air = Air()
        async with linked(air, on_trouble=lambda _: said.append(now())) as (_, heard):
            began = now()
            async with asyncio.timeout(SCAN):
                while not said:  # noqa: ASYNC110 - virtual time costs nothing
                    await asyncio.sleep(0.01)
            assert said[0] - began == pytest.approx(MISSING_AFTER, abs=0.1)
            async with powered(Peripheral(air)):
                await heard.until("connected", limit=SCAN - MISSING_AFTER - 1.0)
        air.close()

    async def test_machine_in_reach_is_never_reported_as_missing(
        self, peripheral: Peripheral
    ) -> None:
        said: list[Trouble] = []
        async with linked(peripheral.air, on_trouble=said.append) as (_, heard):
            await heard.until("connected")
        assert said == []


class TestPatience:
    """When attempts begin, by a search that fails at once."""

    @staticmethod
    async def attempts(monkeypatch: pytest.MonkeyPatch, error: BaseException | None) -> list[float]:
        times: list[float] = []

        async def fail(*_: object, **__: object) -> Found | None:
            times.append(asyncio.get_running_loop().time())
            if error:
                raise error
            return None

        monkeypatch.setattr("bridge.drivers.link.find", fail)
        monkeypatch.setattr("random.uniform", lambda _low, high: high)
        async with linked(Air()) as (_, heard):
            await asyncio.sleep(500)
            assert heard.log == []
        return [round(after - before) for before, after in itertools.pairwise(times)]

    async def test_failures_are_spaced_from_one_second_to_a_minute(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pauses = await self.attempts(monkeypatch, BleakError("no radio"))
        assert pauses[:8] == [1, 2, 4, 8, 16, 32, 60, 60]

    async def test_a_machine_that_is_merely_off_is_looked_for_more_often(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pauses = await self.attempts(monkeypatch, None)
        assert pauses[:6] == [1, 2, 4, 8, 10, 10]

    async def test_a_good_minute_starts_the_pauses_anew(
        self, peripheral: Peripheral, link: Link, heard: Heard
    ) -> None:
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
        assert link.orders is not None

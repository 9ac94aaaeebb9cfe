"""Loss, release and search of a link."""

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
from tests.bluetooth.link.link_rig import linked, scripted
from tests.bluetooth.peripheral import Peripheral, powered
from tests.bluetooth.recorder import Recorder
from tests.rigs.virtual_time import LoopClock

pytestmark = pytest.mark.virtual_time


def now() -> float:
    return asyncio.get_running_loop().time()


class TestLoss:
    async def test_link_is_restored_after_the_machine_disconnects(
        self, peripheral: Peripheral, recorder: Recorder
    ) -> None:
        await recorder.until("connected")
        await peripheral.hang_up()
        assert await recorder.until("disconnected") == "the link was lost"
        await recorder.until("connected", 2, limit=5)

    async def test_link_is_restored_after_an_unanswered_order_without_repeating_it(
        self, peripheral: Peripheral, link: Link, recorder: Recorder
    ) -> None:
        await recorder.until("connected")
        peripheral.on_write = lambda value: b"\x80\x00\x01" if value == b"\x00" else None
        link.orders.start()
        assert await recorder.until("disconnected") == "an order was never answered"
        await recorder.until("connected", 2)
        await asyncio.sleep(60)
        assert peripheral.writes == [b"\x00", b"\x07"]

    async def test_forgotten_subscription_is_renewed_on_the_link(
        self, peripheral: Peripheral, link: Link, recorder: Recorder
    ) -> None:
        await recorder.until("connected")

        def refuse_once(_: bytes) -> bytes:
            peripheral.on_write = lambda value: bytes([0x80, value[0], 1])
            raise att.ATT_Error(att.ErrorCode(0xFD))

        peripheral.on_write = refuse_once
        link.orders.start()
        await recorder.until("written")
        assert peripheral.writes == [b"\x00", b"\x00", b"\x07"]

    async def test_link_lost_during_set_up_is_not_reported_as_connected(
        self, peripheral: Peripheral, recorder: Recorder
    ) -> None:
        await peripheral.wait_for_connection()
        peripheral.air.go_dark()
        await asyncio.sleep(10)
        assert recorder.log == []
        peripheral.air.back()
        await recorder.until("connected")

    async def test_link_lost_during_subscription_is_not_reported_as_connected(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(*_: object, **__: object) -> None:
            message = "disconnected"
            raise BleakError(message)

        with monkeypatch.context() as broken:
            broken.setattr("bleak.BleakClient.start_notify", fail)
            async with scripted() as peripheral, linked(peripheral.air) as (_, recorder):
                await peripheral.wait_for_connection()
                await asyncio.sleep(1)
                assert recorder.log == []

    async def test_exception_in_the_link_handler_is_raised_by_run(
        self, peripheral: Peripheral
    ) -> None:
        def stumble(what: str) -> None:
            if what == "alive":
                raise ZeroDivisionError

        recorder = Recorder(hook=stumble)
        async with open_radio(peripheral.air.new_controller()) as radio:
            with pytest.raises(ZeroDivisionError):
                await Link(radio, Match(), recorder, LoopClock()).run()
        assert recorder.all("disconnected")


class TestConnectAndRelease:
    async def test_release_disconnects_until_the_next_connect(
        self, peripheral: Peripheral, link: Link, recorder: Recorder
    ) -> None:
        await recorder.until("connected")
        link.release()
        assert await recorder.until("disconnected") == "released"
        await asyncio.sleep(100)
        assert len(recorder.all("connected")) == 1
        assert not peripheral.device.connections
        link.connect()
        await recorder.until("connected", 2, limit=2)

    async def test_release_is_reported_once_another_app_can_connect(
        self, peripheral: Peripheral
    ) -> None:
        still: list[bool] = []

        async def look() -> None:
            await asyncio.sleep(0)  # the treadmill hears of the end a turn of the loop later
            still.append(bool(peripheral.device.connections))

        async with asyncio.TaskGroup() as looks:

            def reported(what: object) -> None:
                if what != "alive":
                    looks.create_task(look())

            async with linked(peripheral.air, on_trouble=reported) as (link, recorder):
                await recorder.until("connected")
                recorder.hook = reported
                link.release()
                await recorder.until("disconnected")
        assert still
        assert set(still) == {False}

    async def test_reason_of_an_ended_link_is_known_when_it_is_reported_as_disconnected(
        self, peripheral: Peripheral
    ) -> None:
        said: list[str] = []
        async with linked(peripheral.air, on_trouble=lambda t: said.append(t.rule)) as (link, log):
            log.hook = said.append
            await log.until("connected")
            await peripheral.hang_up()
            await log.until("connected", 2, limit=5)
            link.release()
            await log.until("disconnected", 2)
        told = [each for each in said if each in {"link_lost", "released", "disconnected"}]
        assert told[:4] == ["link_lost", "disconnected", "released", "disconnected"]

    async def test_release_waits_for_a_stop_for_a_limited_time(
        self, link: Link, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await recorder.until("connected")
        monkeypatch.setattr(link.orders, "halted", asyncio.Event().wait)
        link.release()
        await asyncio.sleep(HALT_LIMIT - 0.1)
        assert not recorder.all("disconnected")
        assert await recorder.until("disconnected", limit=0.2) == "released"

    async def test_connect_during_a_release_keeps_the_link(
        self, link: Link, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await recorder.until("connected")
        halted = asyncio.Event()
        monkeypatch.setattr(link.orders, "halted", halted.wait)
        link.release()
        await asyncio.sleep(1)
        link.connect()
        halted.set()
        await asyncio.sleep(10)
        assert not recorder.all("disconnected")

    @pytest.mark.link(wanted=False)
    async def test_link_on_demand_waits_for_a_connect(self, link: Link, recorder: Recorder) -> None:
        await asyncio.sleep(100)
        assert recorder.log == []
        link.connect()
        await recorder.until("connected", limit=2)

    async def test_release_during_a_connect_leaves_no_link(
        self, peripheral: Peripheral, link: Link, recorder: Recorder
    ) -> None:
        await peripheral.wait_for_connection()
        link.release()
        assert link.wanted is False
        await asyncio.sleep(10)
        assert recorder.log == []
        assert not peripheral.device.connections

    async def test_connect_right_after_a_release_reports_no_trouble(
        self, peripheral: Peripheral
    ) -> None:
        said: list[Trouble] = []
        async with linked(peripheral.air, on_trouble=said.append) as (link, recorder):
            await recorder.until("connected")
            # While the link is being taken down.
            recorder.hook = lambda what: link.connect() if what == "disconnected" else None
            link.release()
            await recorder.until("connected", 2, limit=5)
            recorder.hook = lambda _: None
        assert [trouble.rule for trouble in said] == ["released", "looking"]

    async def test_release_ends_a_search(self) -> None:
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
    async def test_missing_machine_is_reported_while_the_scan_continues(self) -> None:
        said: list[float] = []
        air = Air()
        async with linked(air, on_trouble=lambda _: said.append(now())) as (_, recorder):
            began = now()
            async with asyncio.timeout(SCAN):
                while not said:  # noqa: ASYNC110 - virtual time costs nothing
                    await asyncio.sleep(0.01)
            assert said[0] - began == pytest.approx(MISSING_AFTER, abs=0.1)
            async with powered(Peripheral(air)):
                await recorder.until("connected", limit=SCAN - MISSING_AFTER - 1.0)
        air.close()

    async def test_machine_in_reach_is_never_reported_as_missing(
        self, peripheral: Peripheral
    ) -> None:
        said: list[Trouble] = []
        async with linked(peripheral.air, on_trouble=said.append) as (_, recorder):
            await recorder.until("connected")
        assert said == []


class TestPatience:
    """Start times of the attempts, by a search that fails at once."""

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
        async with linked(Air()) as (_, recorder):
            await asyncio.sleep(500)
            assert recorder.log == []
        return [round(after - before) for before, after in itertools.pairwise(times)]

    async def test_failures_are_spaced_from_one_second_to_a_minute(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pauses = await self.attempts(monkeypatch, BleakError("no radio"))
        assert pauses[:8] == [1, 2, 4, 8, 16, 32, 60, 60]

    async def test_missing_machine_is_searched_for_every_ten_seconds_at_most(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pauses = await self.attempts(monkeypatch, None)
        assert pauses[:6] == [1, 2, 4, 8, 10, 10]

    async def test_pauses_start_again_after_a_minute_of_link(
        self, peripheral: Peripheral, link: Link, recorder: Recorder
    ) -> None:
        for times in range(1, 5):
            await recorder.until("connected", times)
            await peripheral.hang_up()
            await recorder.until("disconnected", times)
        await recorder.until("connected", 5)
        await asyncio.sleep(70)
        await peripheral.hang_up()
        await recorder.until("disconnected", 5)
        await recorder.until("connected", 6, limit=2.5)
        with contextlib.suppress(TimeoutError):
            await recorder.until("disconnected", 6, limit=1)
        assert link.orders is not None

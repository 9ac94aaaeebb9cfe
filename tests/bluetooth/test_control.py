"""The one gate to the control point, against a scripted machine, in virtual time.

Written and answered bytes are spelled out: 00 asks for control, 02 sets speed, 03 incline, 07
starts, 08 stops (01) or pauses (02); 80 answers, with the op asked and the result (01 success).
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from bleak.exc import BleakError, BleakGATTProtocolError

from bridge.bluetooth.connection import LinkLost
from bridge.bluetooth.control import ControlPoint, Port
from bridge.machines import Edge, HaltWord, Profile, Quirk, SpeedUnit
from bridge.values import Axis, Control, Halt
from protocols.ftms.control_point import (
    Request,
    SetTargetIncline,
    SetTargetSpeed,
    StartOrResume,
    StopKind,
    StopOrPause,
)
from tests.bluetooth.virtual_time import LoopClock, run

STOP = StopOrPause(StopKind.STOP)
PAUSE = StopOrPause(StopKind.PAUSE)
SUCCESS, UNSUPPORTED, INVALID, FAILED, FORBIDDEN = 1, 2, 3, 4, 5
NEVER = None
"""A request that the machine takes and never answers."""

Reply = int | BaseException | None


@dataclass
class Heard:
    """What the handler heard, in order."""

    controls: list[Control] = field(default_factory=list)
    written_: list[Request] = field(default_factory=list)
    refusals: list[tuple[Request, str]] = field(default_factory=list)
    alreadies: list[Request] = field(default_factory=list)
    quirks: list[Quirk] = field(default_factory=list)

    def control(self, state: Control) -> None:
        self.controls.append(state)

    def written(self, request: Request) -> None:
        self.written_.append(request)

    def refused(self, request: Request, why: str) -> None:
        self.refusals.append((request, why))

    def observed(self, quirk: Quirk) -> None:
        self.quirks.append(quirk)

    def already(self, request: Request, why: str) -> None:
        self.alreadies.append(request)


class Machine:
    """A scripted peer: its replies come one per write from `script`, and then success.

    `early` answers before the write returns, `slow` is how long a write takes, `late` an answer.
    """

    def __init__(self, answered: Callable[[bytes], None]) -> None:
        self._answered = answered
        self._clock = LoopClock()
        self.script: list[Reply] = []
        self.early = False
        self.silent = False
        self.slow = 0.03
        self.late = 0.03
        self.log: list[tuple[float, str]] = []
        self.repairs = 0
        self.repair_error: BaseException | None = None

    @property
    def writes(self) -> list[str]:
        return [value for _, value in self.log]

    async def write(self, value: bytes) -> None:
        self.log.append(
            (round(self._clock.now(), 2), f"{value[:1].hex()} {value[1:].hex()}".strip())
        )
        reply = self.script.pop(0) if self.script else SUCCESS
        if isinstance(reply, BaseException):
            await asyncio.sleep(self.slow)
            raise reply
        loop = asyncio.get_running_loop()
        if reply is not None:
            answer = bytes([0x80, value[0], reply])
            loop.call_later(0 if self.early else self.slow + self.late, self._answered, answer)
        await asyncio.sleep(self.slow)

    def is_silent(self) -> bool:
        return self.silent

    async def repair(self) -> None:
        self.repairs += 1
        if self.repair_error:
            raise self.repair_error


@dataclass
class Rig:
    point: ControlPoint
    machine: Machine
    heard: Heard
    serving: "asyncio.Task[None]"

    def speed(self, value: int, *, reduction: bool = False, new_request: bool = True) -> None:
        self.point.set_target(Axis.SPEED, value, reduction=reduction, new_request=new_request)

    def incline(self, value: int, *, reduction: bool = False) -> None:
        self.point.set_target(Axis.INCLINE, value, reduction=reduction, new_request=True)

    async def has_control(self) -> None:
        self.speed(100)
        await settle()
        self.machine.log.clear()
        self.heard.written_.clear()


async def settle(seconds: float = 5.0) -> None:
    await asyncio.sleep(seconds)


@asynccontextmanager
async def rig(*, serve: bool = True, edge: Edge | None = None) -> AsyncIterator[Rig]:
    heard = Heard()
    point = ControlPoint(heard, LoopClock())
    machine = Machine(point.answered)
    port: Port | None = machine if serve else None
    if edge is not None:
        point.speak(edge)
    serving = asyncio.create_task(point.serve(port))
    await asyncio.sleep(0)
    try:
        yield Rig(point, machine, heard, serving)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


def gatt(code: int) -> BleakGATTProtocolError:
    return BleakGATTProtocolError(code)


class TestTargets:
    def test_nothing_is_written_unasked(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await settle(300)
                assert r.machine.writes == []
                assert r.heard == Heard()

        run(story())

    @pytest.mark.parametrize("early", [False, True])
    def test_control_is_asked_for_once_before_the_first_write(self, early: bool) -> None:
        async def story() -> None:
            async with rig() as r:
                r.machine.early = early
                r.speed(820)
                await settle()
                r.incline(-15)
                await settle()
                assert r.machine.writes == ["00", "02 3403", "03 f1ff"]
                assert r.heard.controls == [Control.HELD]
                assert r.heard.written_ == [SetTargetSpeed(820), SetTargetIncline(-15)]
                assert r.heard.refusals == []

        run(story())

    def test_writes_keep_half_a_second_apart(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.speed(500)
                r.incline(10)
                await settle()
                assert [time for time, _ in r.machine.log] == [0.0, 0.5, 1.0]

        run(story())

    def test_the_newest_target_of_an_axis_wins(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                for value in range(500, 600):
                    r.speed(value)
                await settle()
                r.speed(600)
                await asyncio.sleep(0.01)
                for value in range(601, 700):
                    r.speed(value)
                await settle()
                assert r.heard.written_ == [
                    SetTargetSpeed(599),
                    SetTargetSpeed(600),
                    SetTargetSpeed(699),
                ]

        run(story())

    def test_reductions_go_first(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.speed(500)
                r.incline(0, reduction=True)
                await settle()
                assert r.machine.writes == ["03 0000", "02 f401"]

        run(story())

    def test_one_procedure_at_a_time(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.late = 10.0
                r.speed(500)
                r.incline(10)
                await settle(9)
                assert r.machine.writes == ["02 f401"]
                await settle(5)
                assert r.machine.writes == ["02 f401", "03 0a00"]

        run(story())

    def test_start_is_written_as_asked(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.point.start()
                await settle()
                assert r.machine.writes == ["00", "07"]
                assert r.heard.written_ == [StartOrResume()]

        run(story())

    @pytest.mark.parametrize(
        ("result", "why"),
        [
            (UNSUPPORTED, "does not know"),
            (INVALID, "does not accept"),
            (FAILED, "failed"),
            (0x42, "unknown result 0x42"),
        ],
    )
    def test_a_refusal_is_told_in_words(self, result: int, why: str) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [result]
                r.speed(9999)
                await settle()
                ((request, text),) = r.heard.refusals
                assert request == SetTargetSpeed(9999)
                assert why in text
                assert r.machine.writes == ["02 0f27"]

        run(story())

    def test_a_value_that_does_not_fit_is_refused_and_the_next_one_works(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.speed(-1)
                await settle()
                assert [request for request, _ in r.heard.refusals] == [SetTargetSpeed(-1)]
                r.speed(500)
                await settle()
                assert r.machine.writes == ["02 f401"]

        run(story())

    def test_strange_answers_are_passed_over(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.point.answered(b"\x80\x02\x01")
                r.machine.late = 1.0
                r.speed(500)
                await asyncio.sleep(0.5)
                for junk in (b"", b"\x80", b"\x00\x00\x01", b"\x80\x07\x01"):
                    r.point.answered(junk)
                await settle()
                r.point.answered(b"\x80\x02\x05")
                assert r.heard.written_ == [SetTargetSpeed(500)]

        run(story())


class TestControl:
    def test_a_machine_that_never_answers_request_control_is_asked_once(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.machine.script = [NEVER]
                r.speed(500)
                await settle(10)
                r.speed(600)
                await settle()
                assert r.machine.writes == ["00", "02 f401", "02 5802"]
                assert r.machine.log[1][0] == pytest.approx(3.03)
                assert r.heard.controls == [Control.HELD]

        run(story())

    def test_a_machine_that_does_not_know_request_control_obeys_without(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.machine.script = [UNSUPPORTED]
                r.speed(500)
                await settle()
                assert r.machine.writes == ["00", "02 f401"]

        run(story())

    def test_denied_control_is_told_and_asked_for_again_with_the_next_request(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.machine.script = [FORBIDDEN]
                r.speed(500)
                await settle()
                assert r.heard.controls == [Control.DENIED]
                assert r.heard.refusals == [
                    (SetTargetSpeed(500), "the machine does not give control")
                ]
                r.speed(550, new_request=False)
                await settle()
                assert r.machine.writes == ["00"]
                r.speed(600)
                await settle()
                assert r.machine.writes == ["00", "00", "02 5802"]

        run(story())

    def test_not_permitted_now_and_then_is_asked_once_more(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FORBIDDEN]
                r.speed(500)
                await settle()
                assert r.machine.writes == ["02 f401", "00", "02 f401"]
                assert r.heard.written_ == [SetTargetSpeed(500)]
                assert r.heard.refusals == []

        run(story())

    def test_the_second_try_takes_a_newer_target(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FORBIDDEN]
                r.speed(500)
                await asyncio.sleep(0.3)
                r.speed(400)
                await settle()
                assert r.machine.writes == ["02 f401", "00", "02 9001"]
                assert r.heard.written_ == [SetTargetSpeed(400)]

        run(story())

    def test_not_permitted_twice_is_a_refusal(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FORBIDDEN, SUCCESS, FORBIDDEN]
                r.speed(500)
                await settle()
                assert r.machine.writes == ["02 f401", "00", "02 f401"]
                ((_, why),) = r.heard.refusals
                assert "not permit" in why
                assert r.heard.controls[-1] is Control.DENIED

        run(story())

    def test_not_permitted_and_control_denied_is_one_refusal(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FORBIDDEN, FORBIDDEN]
                r.speed(500)
                await settle()
                assert r.machine.writes == ["02 f401", "00"]
                assert len(r.heard.refusals) == 1

        run(story())

    def test_control_taken_away_is_left_alone_until_a_person_asks_or_it_gets_less(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.point.permission_lost()
                assert r.heard.controls[-1] is Control.TAKEN
                r.speed(550, new_request=False)
                await settle()
                ((_, why),) = r.heard.refusals
                assert "taken control" in why
                assert r.machine.writes == []
                r.speed(500, reduction=True, new_request=False)
                await settle()
                assert r.machine.writes == ["00", "02 f401"]

        run(story())

    def test_control_is_taken_back_at_most_once_a_minute(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.point.permission_lost()
                r.speed(500)
                await settle(10)
                r.point.permission_lost()
                r.speed(600)
                await settle(10)
                assert r.machine.writes == ["00", "02 f401"]
                assert len(r.heard.refusals) == 1
                assert r.heard.controls[-1] is Control.TAKEN
                await settle(50)
                r.speed(600)
                await settle()
                assert r.machine.writes == ["00", "02 f401", "00", "02 5802"]

        run(story())

    def test_losing_what_was_never_held_is_nothing(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.point.permission_lost()
                assert r.heard.controls == []

        run(story())

    def test_losing_it_in_the_middle_of_an_order_keeps_to_the_rule(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FORBIDDEN]
                r.speed(500, new_request=False)
                await asyncio.sleep(0.02)
                r.point.permission_lost()
                await settle()
                assert r.machine.writes == ["02 f401"]
                assert r.heard.controls[-1] is Control.TAKEN
                assert len(r.heard.refusals) == 1

        run(story())

    def test_a_wish_is_not_forgotten_because_the_guard_refines_it(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.point.permission_lost()
                r.speed(600, new_request=True)
                r.speed(590, new_request=False)
                await settle()
                assert r.machine.writes == ["00", "02 4e02"]

        run(story())


class TestHalt:
    @pytest.mark.parametrize(
        ("kind", "octets", "request_"), [(Halt.STOP, "08 01", STOP), (Halt.PAUSE, "08 02", PAUSE)]
    )
    def test_goes_at_once(self, kind: Halt, octets: str, request_: Request) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.speed(500)
                await settle(0.1)  # less than the pace after the last write
                r.point.halt(kind)
                await settle(0.01)
                assert r.machine.log == [(5.0, "02 f401"), (5.1, octets)]
                await settle()
                assert r.heard.written_ == [SetTargetSpeed(500), request_]

        run(story())

    def test_overtakes_a_pending_procedure_and_drops_what_waits(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [NEVER]
                r.speed(900)
                r.incline(50)
                await settle(1)
                r.point.halt(Halt.STOP)
                await settle(60)
                assert r.machine.writes == ["02 8403", "08 01"]
                assert r.heard.written_ == [STOP]
                assert not r.serving.done()

        run(story())

    def test_overtakes_a_write_in_flight(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.slow = 1.0
                r.speed(900)
                await asyncio.sleep(0.5)
                r.point.halt(Halt.STOP)
                await settle(60)
                assert r.machine.log == [(5.0, "02 8403"), (5.5, "08 01")]
                assert r.heard.written_ == [STOP]
                r.speed(300)
                await settle()
                assert r.machine.writes[-1] == "02 2c01"

        run(story())

    def test_overtakes_pacing(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.speed(500)
                await settle(0.2)
                r.speed(900)
                await settle(0.1)
                r.point.halt(Halt.STOP)
                await settle()
                assert r.machine.writes == ["02 f401", "08 01"]

        run(story())

    def test_asks_for_control_first_where_there_is_none(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.point.halt(Halt.STOP)
                await settle()
                assert r.machine.log == [(0.0, "00"), (0.06, "08 01")]

        run(story())

    @pytest.mark.parametrize("reply", [NEVER, FORBIDDEN, gatt(0x80), BleakError("no")])
    def test_waits_two_seconds_for_control_at_most(self, reply: Reply) -> None:
        async def story() -> None:
            async with rig() as r:
                r.machine.script = [reply] * (1 if reply in {NEVER, FORBIDDEN} else 16)
                r.point.halt(Halt.STOP)
                await settle()
                time, octets = r.machine.log[-1]
                assert octets == "08 01"
                assert time <= 2.3
                assert r.heard.written_ == [STOP]

        run(story())

    def test_overtakes_our_own_pending_request_for_control(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.machine.script = [NEVER]
                r.speed(900)
                await settle(0.5)
                r.point.halt(Halt.STOP)
                await settle()
                assert r.machine.writes == ["00", "00", "08 01"]

        run(story())

    def test_takes_back_control_whatever_the_minute_says(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.point.permission_lost()
                r.speed(500)
                await settle()
                r.point.permission_lost()
                r.point.halt(Halt.STOP)
                await settle()
                assert r.machine.writes == ["00", "02 f401", "00", "08 01"]

        run(story())

    def test_not_permitted_asks_for_control_and_tries_again(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FORBIDDEN]
                r.point.halt(Halt.STOP)
                await settle()
                assert r.machine.writes == ["08 01", "00", "08 01"]
                assert r.heard.written_ == [STOP]

        run(story())

    @pytest.mark.parametrize("reply", [UNSUPPORTED, INVALID])
    def test_a_machine_that_cannot_pause_stops(self, reply: int) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [reply]
                r.point.halt(Halt.PAUSE)
                await settle()
                assert r.machine.writes == ["08 02", "08 01"]
                assert r.heard.written_ == [STOP]

        run(story())

    def test_failed_may_mean_that_the_belt_stands_already(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FAILED]
                r.point.halt(Halt.STOP)
                await settle()
                assert r.machine.writes == ["08 01"]
                assert r.heard.alreadies == [STOP]
                assert r.heard.refusals == []

        run(story())

    def test_without_an_answer_it_can_be_repeated_every_second(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [NEVER] * 3
                for _ in range(4):
                    r.point.halt(Halt.STOP)
                    await settle(1.1)
                assert r.machine.writes == ["08 01"] * 4
                assert [request for request, _ in r.heard.refusals] == [STOP] * 3
                assert r.heard.written_ == [STOP]

        run(story())

    def test_given_again_while_under_way_is_written_again(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.point.halt(Halt.STOP)
                await asyncio.sleep(0.02)
                r.point.halt(Halt.STOP)
                await settle()
                assert r.machine.writes == ["08 01", "08 01"]

        run(story())

    def test_a_stop_overtakes_a_pause(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [NEVER]
                r.point.halt(Halt.PAUSE)
                await settle(0.1)
                r.point.halt(Halt.STOP)
                await settle(0.01)
                assert r.machine.log == [(5.0, "08 02"), (5.1, "08 01")]

        run(story())

    def test_never_answered_it_ends_the_link_when_something_else_is_asked(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [NEVER]
                r.point.halt(Halt.STOP)
                await settle()
                r.speed(300)
                await settle(40)
                assert r.machine.writes == ["08 01"]
                with pytest.raises(LinkLost, match="never answered"):
                    await r.serving

        run(story())

    def test_a_busy_machine_is_tried_every_tenth_of_a_second(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [gatt(0xFE), BleakError("in progress")]
                r.point.halt(Halt.STOP)
                await settle()
                assert r.machine.log == [(5.0, "08 01"), (5.13, "08 01"), (5.26, "08 01")]
                assert r.heard.written_ == [STOP]

        run(story())

    def test_a_machine_that_stays_busy_is_a_refusal_after_two_seconds(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [gatt(0xFE)] * 30
                r.point.halt(Halt.STOP)
                await settle()
                ((request, why),) = r.heard.refusals
                assert request == STOP
                assert "refused the write" in why
                assert r.machine.log[-1][0] == pytest.approx(7.0, abs=0.15)

        run(story())


class TestErrors:
    def test_an_order_without_an_answer_ends_the_link(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [NEVER]
                r.speed(500)
                await settle(29)
                assert not r.serving.done()
                await settle(2)
                with pytest.raises(LinkLost, match="never answered"):
                    await r.serving
                assert r.heard.refusals == [(SetTargetSpeed(500), "the machine does not answer")]
                assert r.heard.controls[-1] is Control.NONE

        run(story())

    def test_a_write_that_never_returns_ends_the_link(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [LinkLost("no answer within 5 s")]
                r.speed(500)
                await settle()
                with pytest.raises(LinkLost):
                    await r.serving

        run(story())

    def test_a_forgotten_subscription_is_made_again(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [gatt(0xFD)]
                r.speed(500)
                await settle()
                assert r.machine.repairs == 1
                assert r.heard.written_ == [SetTargetSpeed(500)]

        run(story())

    def test_one_that_cannot_be_made_again_is_a_refusal(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [gatt(0xFD), gatt(0xFD)]
                r.speed(500)
                await settle()
                assert r.machine.repairs == 1
                r.machine.script = [gatt(0xFD)]
                r.machine.repair_error = BleakError("no")
                r.speed(600)
                await settle()
                assert len(r.heard.refusals) == 2

        run(story())

    def test_a_busy_machine_is_tried_again_at_the_pace(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [gatt(0xFE), gatt(0xFE)]
                r.speed(500)
                await settle()
                assert [time for time, _ in r.machine.log] == [5.0, 5.53, 6.06]
                assert r.heard.written_ == [SetTargetSpeed(500)]

        run(story())

    def test_any_other_error_is_a_refusal(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [gatt(0x0E)]
                r.speed(500)
                await settle()
                assert r.machine.writes == ["02 f401"]
                assert len(r.heard.refusals) == 1

        run(story())


class TestLinks:
    def test_without_a_link_every_order_is_refused(self) -> None:
        async def story() -> None:
            async with rig(serve=False) as r:
                r.speed(500)
                r.point.start()
                r.point.halt(Halt.STOP)
                await settle()
                assert [request for request, _ in r.heard.refusals] == [
                    SetTargetSpeed(500),
                    StartOrResume(),
                    STOP,
                ]
                assert all("not connected" in why for _, why in r.heard.refusals)

        run(story())

    def test_observing_only_every_order_is_refused(self) -> None:
        async def story() -> None:
            heard = Heard()
            point = ControlPoint(heard, LoopClock(), never=True)
            machine = Machine(point.answered)
            serving = asyncio.create_task(point.serve(machine))
            await asyncio.sleep(0)
            point.set_target(Axis.SPEED, 500, reduction=False, new_request=True)
            point.halt(Halt.STOP)
            await settle()
            assert all("observes" in why for _, why in heard.refusals)
            assert len(heard.refusals) == 2
            assert machine.writes == []
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

        run(story())

    def test_nothing_outlives_the_link(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [NEVER]
                r.speed(900)
                r.incline(50)
                await settle(1)
                r.serving.cancel()
                await asyncio.gather(r.serving, return_exceptions=True)
                assert r.heard.controls[-1] is Control.NONE
                r.machine.log.clear()
                again = asyncio.create_task(r.point.serve(r.machine))
                await settle(120)
                assert r.machine.writes == []
                r.speed(300)
                await settle()
                assert r.machine.writes == ["00", "02 2c01"]
                again.cancel()
                await asyncio.gather(again, return_exceptions=True)

        run(story())


class TestTheMachineSOwnWays:
    """What its profile declares is done at the moment of writing, and nowhere else."""

    def test_targets_in_miles_are_rounded_down_and_told_in_kilometres(self) -> None:
        async def story() -> None:
            async with rig(edge=Edge(Profile(target_speed_unit=SpeedUnit.MPH))) as r:
                r.speed(820)
                await settle()
                assert r.machine.writes == ["00", "02 f401"]  # 5.00 mph are 8.05 km/h
                assert r.heard.written_ == [SetTargetSpeed(820)]

        run(story())

    def test_miles_that_are_found_out_count_from_then_on(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.speed(820)
                await settle()
                r.point.speak(Edge(Profile(target_speed_unit=SpeedUnit.MPH)))
                r.speed(820)
                await settle()
                assert r.machine.writes == ["00", "02 3403", "02 f401"]

        run(story())

    @pytest.mark.parametrize("kind", Halt)
    def test_a_machine_of_one_word_is_halted_by_it(self, kind: Halt) -> None:
        async def story() -> None:
            async with rig(edge=Edge(Profile(halt=HaltWord.PAUSE))) as r:
                await r.has_control()
                r.point.halt(kind)
                await settle()
                assert r.machine.writes == ["08 02"]
                assert r.heard.written_ == [STOP if kind is Halt.STOP else PAUSE]

        run(story())

    def test_a_slow_machine_gets_a_second_between_writes_but_no_stop_waits(self) -> None:
        async def story() -> None:
            async with rig(edge=Edge(Profile(pace_s=1.0))) as r:
                r.speed(500)
                r.incline(20)
                await asyncio.sleep(1.1)
                r.point.halt(Halt.STOP)
                await settle()
                assert r.machine.log == [(0.0, "00"), (1.0, "02 f401"), (1.1, "08 01")]

        run(story())

    def test_some_want_control_and_start_before_each_speed(self) -> None:
        async def story() -> None:
            async with rig(edge=Edge(Profile(start_before_target=True))) as r:
                r.speed(500)
                r.incline(20)
                await settle()
                assert r.machine.writes == ["00", "00", "07", "02 f401", "03 1400"]
                assert r.heard.written_ == [SetTargetSpeed(500), SetTargetIncline(20)]

        run(story())

    def test_that_start_is_not_sent_while_nobody_knows_whether_the_belt_stands(self) -> None:
        async def story() -> None:
            async with rig(edge=Edge(Profile(start_before_target=True))) as r:
                await r.has_control()
                r.machine.silent = True
                r.speed(300, reduction=True)
                await settle()
                assert r.machine.writes == ["00", "02 2c01"]

        run(story())

    def test_that_start_is_never_sent_once_the_belt_has_stopped(self) -> None:
        async def story() -> None:
            async with rig(edge=Edge(Profile(start_before_target=True))) as r:
                await r.has_control()
                r.speed(500)
                await asyncio.sleep(0.2)
                r.point.withdraw(Axis.SPEED)
                await settle()
                assert "07" not in r.machine.writes
                assert r.heard.written_ == []

        run(story())

    @pytest.mark.parametrize("request_", ["start", "halt"])
    def test_a_start_or_halt_that_failed_may_be_so_already(self, request_: str) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FAILED]
                if request_ == "start":
                    r.point.start()
                else:
                    r.point.halt(Halt.PAUSE)
                await settle()
                assert r.heard.alreadies == [StartOrResume() if request_ == "start" else PAUSE]
                assert r.heard.refusals == []

        run(story())


class TestWhatIsWithdrawn:
    def test_what_waited_for_it_is_not_written(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.speed(500)
                r.incline(20)
                await asyncio.sleep(0)
                r.point.withdraw(Axis.SPEED)
                await settle()
                assert r.machine.writes == ["03 1400"]

        run(story())

    def test_what_was_refused_before_is_not_tried_again(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FORBIDDEN]
                r.speed(500)
                await asyncio.sleep(0.65)  # control was asked for once more
                assert r.machine.writes == ["02 f401", "00"]
                r.point.withdraw(Axis.SPEED)
                await settle()
                assert r.machine.writes == ["02 f401", "00"]

        run(story())

    def test_a_start_that_waits_is_none_of_that(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.point.start()
                r.point.withdraw(Axis.SPEED)
                await settle()
                assert r.machine.writes == ["07"]

        run(story())

    @pytest.mark.parametrize("refused", [False, True])
    def test_a_start_is_not_written_to_a_belt_that_moves_by_now(self, refused: bool) -> None:
        """Some machines take a start as a toggle."""

        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FORBIDDEN]
                r.point.start()
                await asyncio.sleep(0.65 if refused else 0)
                before = list(r.machine.writes)
                r.point.withdraw(None)
                await settle()
                assert r.machine.writes == before == ["07", "00"] * refused

        run(story())

    @pytest.mark.parametrize(("late", "starts"), [(9.0, True), (12.0, False)])
    def test_a_start_that_waited_for_too_long_is_told_and_not_written(
        self, late: float, starts: bool
    ) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.late = late
                r.incline(20)
                await asyncio.sleep(0.1)
                r.point.start()
                await settle(20)
                assert r.machine.writes == ["03 1400"] + ["07"] * starts
                assert [why for _, why in r.heard.refusals] == [
                    "the machine was busy for too long; ask again"
                ] * (not starts)

        run(story())


class TestWhatItSees:
    def test_answers_that_come_before_the_response_of_the_write(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.machine.early, r.machine.slow = True, 0.05
                r.speed(500)
                await settle()
                assert set(r.heard.quirks) == {Quirk.ANSWERS_EARLY}
                assert r.heard.written_ == [SetTargetSpeed(500)]

        run(story())

    def test_at_the_same_moment_is_not_before(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.machine.early, r.machine.slow = True, 0.01
                r.speed(500)
                await settle()
                assert r.heard.quirks == []

        run(story())

    def test_a_request_for_control_that_nobody_answers(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.machine.script = [NEVER]
                r.speed(500)
                await settle(10)
                assert r.heard.quirks == [Quirk.CONTROL_UNANSWERED]
                assert r.heard.written_ == [SetTargetSpeed(500)]

        run(story())

    def test_control_that_was_forgotten(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FORBIDDEN]
                r.speed(500)
                await settle()
                assert r.heard.quirks == [Quirk.CONTROL_FORGOTTEN]

        run(story())

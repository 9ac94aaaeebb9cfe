"""A workout on one treadmill of the bridge, in virtual time, as a person lives it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge.guard import Policy
from bridge.values import Axis, Belt, Command, Outcome, Result, Verb
from bridge.workouts.library import Library
from bridge.workouts.model import Cue, Kind, Kmh, Step, Workout
from bridge.workouts.player import Player
from protocols.ftms.machine_status import MachineStatus, StatusOp
from tests.rigs.home import POLICY, Home, home
from tests.rigs.virtual_time import LoopClock

pytestmark = pytest.mark.virtual_time

WARM = replace(POLICY, warm_up_s=0.0)


def workout(*steps: Step) -> Workout:
    return Workout("Test", steps)


def step(kmh: float | None = None, seconds: float | None = 60, **more: Any) -> Step:
    return Step(duration_s=seconds, speed=None if kmh is None else Kmh(kmh), **more)


@dataclass
class Room:
    """A treadmill with one workout to choose."""

    here: Home
    broker_late: bool = False

    def tell(self, word: str = "", **details: object) -> None:
        told: dict[str, object] = {"command": word} if word else details
        identity = f"w{len(self.here.answers)}-{word}"
        now = LoopClock().now()
        command = Command(identity, Verb.WORKOUT, "test", now, details=told)
        self.here.treadmill.take(command)

    async def starts(self) -> None:
        self.tell(name="Test")
        await self.here.start()

    async def live(self, seconds: int) -> None:
        await self.here.live(seconds)

    @property
    def said(self) -> dict[str, Any]:
        newest: dict[str, Any] = self.here.on("workout")[-1]
        return newest

    @property
    def speed(self) -> int:
        return self.here.machine.speed

    def asked(self, axis: Axis = Axis.SPEED) -> list[int]:
        return [
            a.command.value
            for a in self.here.answers
            if isinstance(a, Outcome) and a.command.source == "workout:Test"
            and a.command.verb.value == axis.value and a.result in {Result.ACCEPTED, Result.LIMITED}
            and a.command.value is not None
        ]  # fmt: skip

    def presses(self, value: int) -> None:
        """A person sets the speed at the console."""
        self.here.machine.speed = value
        self.here.treadmill.machine_status(
            MachineStatus(StatusOp.TARGET_SPEED_CHANGED, value).encode()
        )


@asynccontextmanager
async def room(*steps: Step, policy: Policy = WARM) -> AsyncIterator[Room]:
    async with home(policy) as here:
        found = Room(here)
        library = Library({"Test": workout(*steps)}, {})
        here.treadmill._workout._library = lambda: library
        here.treadmill._late = lambda: found.broker_late
        yield found


class TestPlaying:
    async def test_it_begins_with_the_belt_and_never_starts_it(self) -> None:
        async with room(step(5)) as found:
            found.tell(name="test")
            await found.here.connect()
            await found.live(30)
            assert found.said["state"] == "ready"
            assert found.here.machine.given == []
            found.here.ask(Verb.START)
            await found.live(20)
            assert found.said["state"] == "running"
            assert found.said["target_speed_kmh"] == 5.0

    async def test_it_climbs_within_the_ramp_and_lowers_early(self) -> None:
        async with room(step(5), step(3), policy=WARM) as found:
            await found.starts()
            await found.live(30)
            assert found.speed < 500
            await found.live(18)
            assert found.speed == 500
            await found.live(8)
            assert (found.said["step"], found.speed) == (1, 300)
            await found.live(6)
            assert (found.said["step"], found.speed) == (2, 300)

    async def test_an_early_slower_step_is_requested_once(self) -> None:
        hill = step(6, None, distance_m=100, incline=4.0)
        async with room(hill, step(4, 60, incline=0.0)) as found:
            await found.starts()
            while found.said["step"] == 1:
                await found.live(1)
            assert found.asked(Axis.SPEED) == [600, 400]
            assert found.asked(Axis.INCLINE) == [40, 0]

    async def test_what_a_bound_cuts_off_is_asked_for_again_when_it_opens(self) -> None:
        async with room(step(8, 200), policy=replace(POLICY, warm_up_s=60.0)) as found:
            await found.starts()
            await found.live(55)
            assert found.said["why"][0]["rule"] == "warm_up"
            await found.live(60)
            assert found.speed == 800
            assert found.said["why"] == []

    async def test_a_step_by_distance_ends_there(self) -> None:
        async with room(Step(distance_m=50, speed=Kmh(3)), step(4)) as found:
            await found.starts()
            await found.live(40)
            assert found.said["remaining_m"] < 40
            await found.live(45)
            assert found.said["step"] == 2

    async def test_cues_and_steps_are_told(self) -> None:
        async with room(step(3, cues=(Cue(5, "Look ahead"),)), step(None)) as found:
            await found.starts()
            await found.live(70)
            types = found.here.event_types()
            assert [t for t in types if t.startswith("workout")] == [
                "workout_started", "workout_cue", "workout_step",
            ]  # fmt: skip

    async def test_after_the_last_step_the_guard_cools_down(self) -> None:
        async with room(step(5, 90)) as found:
            await found.starts()
            await found.live(100)
            assert found.said["state"] == "ended"
            assert "cool_down" in found.here.event_types()
            await found.live(310)
            assert found.here.treadmill.snapshot.belt is Belt.IDLE

    async def test_after_its_own_cool_down_the_belt_stops(self) -> None:
        down = step(5, 60, speed_end=Kmh(3), kind=Kind.COOL_DOWN)
        async with room(step(5, 60), down) as found:
            await found.starts()
            await found.live(130)
            assert found.here.treadmill.snapshot.belt is Belt.IDLE
            assert "cool_down" not in found.here.event_types()

    async def test_the_preview_is_published(self) -> None:
        async with room(step(5), step(6)) as found:
            found.tell(name="Test")
            await asyncio.sleep(3)
            preview = found.said["preview"]
            assert preview["duration_s"] == pytest.approx(120, abs=2)
            texts = [each["text"] for each in preview["steps"]]
            assert texts == ["Work: 5 km/h, for 1 min", "Work: 6 km/h, for 1 min"]
            assert preview["steps"][1]["lowered"] is None
            # What is sent again every 5 s stays small.
            await found.here.start()
            await found.live(2)
            assert found.said["preview"]["steps"] == []


class TestThePerson:
    async def test_a_press_down_caps_it_until_the_cap_is_lifted(self) -> None:
        async with room(step(6, 90), step(8, 200)) as found:
            await found.starts()
            await found.live(70)
            assert found.speed == 600
            found.presses(400)
            await found.live(80)
            assert found.speed == 400
            assert found.said["cap_speed_kmh"] == 4.0
            assert found.said["why"][0]["rule"] == "workout_capped"
            found.tell("lift_cap")
            await found.live(60)
            assert found.speed == 800
            assert found.said["cap_speed_kmh"] is None

    async def test_a_press_down_of_one_step_is_a_cap_too(self) -> None:
        async with room(step(6, 400)) as found:
            await found.starts()
            await found.live(70)
            found.presses(590)
            await found.live(60)
            assert found.speed == 590
            assert found.said["cap_speed_kmh"] == 5.9

    async def test_a_press_up_raises_the_rest_by_as_much_but_the_cool_down(self) -> None:
        down = step(4, 60, kind=Kind.COOL_DOWN)
        async with room(step(5, 80), step(6, 60), down) as found:
            await found.starts()
            await found.live(70)
            found.presses(550)
            await found.live(6)
            await found.live(40)
            assert found.said["step"] == 2
            assert found.speed == 650
            await found.live(40)
            assert found.said["step"] == 3
            assert found.speed == 400

    async def test_a_press_up_from_the_cap_raises_or_lifts_it(self) -> None:
        async with room(step(6, 400)) as found:
            await found.starts()
            await found.live(70)
            found.presses(400)
            await found.live(10)
            found.presses(450)
            await found.live(10)
            assert found.said["cap_speed_kmh"] == 4.5
            found.presses(650)
            await found.live(40)
            assert found.said["cap_speed_kmh"] is None
            assert found.speed == 650

    async def test_a_slower_speed_from_elsewhere_is_a_cap_too(self) -> None:
        async with room(step(6, 400)) as found:
            await found.starts()
            await found.live(70)
            found.here.ask(Verb.SPEED, 300, "mine")
            await found.live(60)
            assert found.speed == 300
            assert found.said["cap_speed_kmh"] == 3.0

    async def test_in_a_step_without_a_speed_the_person_chooses(self) -> None:
        async with room(step(5, 60), step(None, 60), step(6, 90)) as found:
            await found.starts()
            await found.live(65)
            found.presses(400)
            await found.live(20)
            assert found.speed == 400
            await found.live(90)
            assert found.speed == 600

    async def test_it_pauses_with_the_belt_and_goes_on_with_it(self) -> None:
        async with room(step(4, 60), step(5, 60)) as found:
            await found.starts()
            await found.live(30)
            found.here.ask(Verb.PAUSE)
            await found.live(60)
            assert found.said["state"] == "paused"
            left = found.said["remaining_s"]
            found.here.ask(Verb.RESUME, identity="on")
            await found.live(10)
            assert found.said["state"] == "running"
            assert left - 12 <= found.said["remaining_s"] <= left

    async def test_after_a_stop_it_waits_for_a_word(self) -> None:
        async with room(step(5, 200)) as found:
            await found.starts()
            await found.live(60)
            found.here.ask(Verb.STOP)
            await found.live(10)
            found.here.ask(Verb.START, identity="again")
            await found.live(30)
            assert found.said["state"] == "paused"
            assert found.speed == 80
            found.tell("resume")
            await found.live(60)
            assert found.speed == 500

    async def test_a_long_pause_ends_it(self) -> None:
        async with room(step(5, 2000)) as found:
            await found.starts()
            await found.live(20)
            found.here.ask(Verb.PAUSE)
            await found.live(500)
            assert found.said["state"] == "paused"
            await asyncio.sleep(0)

    async def test_words_of_the_player(self) -> None:
        async with room(step(4, 300), step(5, 300), step(6, 300)) as found:
            found.tell("skip")
            await found.starts()
            await found.live(10)
            found.tell("skip")
            await found.live(10)
            assert found.said["step"] == 2
            found.tell("back")
            await found.live(2)
            assert found.said["step"] == 2
            found.tell("back")
            await found.live(2)
            assert found.said["step"] == 1
            found.tell("pause")
            await found.live(2)
            assert found.said["state"] == "paused"
            found.tell("start")
            await found.live(2)
            assert found.said["state"] == "running"
            found.tell(name="Test")
            found.tell("end")
            await found.live(2)
            assert found.said["state"] == "ended"
            found.tell("skip")
            found.tell(name="none")
            await found.live(2)
            assert found.said["state"] == "none"
            found.tell(name="Nothing")
            await found.live(1)
        rules = [
            a.reasons[0].rule
            for a in found.here.answers
            if isinstance(a, Outcome) and a.result is Result.REJECTED
        ]
        assert rules == ["no_workout", "workout_under_way", "workout_over", "unknown_workout"]

    async def test_skipping_the_last_step_cools_the_belt_down(self) -> None:
        async with room(step(8, 600)) as found:
            await found.starts()
            await found.live(90)
            assert found.speed == 800
            found.tell("skip")
            await found.live(2)
            assert found.said["state"] == "ended"
            assert found.here.on("state")[-1]["phase"] == "cool_down"
            found.tell("skip")
            await found.live(1)
        rules = [r.rule for a in found.here.answers if isinstance(a, Outcome) for r in a.reasons]
        assert "workout_over" in rules

    async def test_skipping_the_last_step_of_a_paused_player_cools_the_belt_down(self) -> None:
        async with room(step(8, 600)) as found:
            await found.starts()
            await found.live(90)
            found.tell("pause")
            found.tell("skip")
            await found.live(2)
            assert found.here.on("state")[-1]["phase"] == "cool_down"

    @pytest.mark.parametrize(("kmh", "stops"), [(3, True), (7, False)])
    async def test_a_skipped_cool_down_stops_only_a_walk(self, kmh: float, stops: bool) -> None:
        async with room(step(kmh, 600, speed_end=Kmh(3), kind=Kind.COOL_DOWN)) as found:
            await found.starts()
            await found.live(90)
            found.tell("skip")
            await found.live(1)
        verbs = [
            a.command.verb
            for a in found.here.answers
            if isinstance(a, Outcome) and a.command.source == "workout:Test"
        ]
        assert (Verb.STOP in verbs, Verb.FINISH in verbs) == (stops, not stops)

    async def test_skipping_the_last_step_on_a_belt_that_stands_ends_it(self) -> None:
        async with room(step(8, 600)) as found:
            found.tell(name="Test")
            await found.here.connect()
            found.tell("skip")
            await found.live(2)
            assert found.said["state"] == "ended"
            assert found.here.machine.given == []

    async def test_a_finish_ends_it(self) -> None:
        async with room(step(5, 600)) as found:
            await found.starts()
            await found.live(60)
            found.here.ask(Verb.FINISH)
            await found.live(5)
            assert found.said["state"] == "ended"


class TestFailures:
    async def test_while_the_broker_is_late_nothing_rises(self) -> None:
        async with room(step(3, 60), step(6, 120), step(2, 60)) as found:
            await found.starts()
            await found.live(50)
            found.broker_late = True
            await found.live(100)
            assert found.speed == 300
            assert found.said["why"][0]["rule"] == "late"
            await found.live(40)
            assert found.speed == 200

    async def test_a_lost_link_pauses_it_until_a_word(self) -> None:
        async with room(step(5, 600)) as found:
            await found.starts()
            await found.live(30)
            found.here.treadmill.disconnected("gone")
            await asyncio.sleep(10)
            speed = found.speed
            await found.here.live(1)
            found.here.treadmill.connected(found.here.treadmill.snapshot.machine)  # type: ignore[arg-type]
            await found.live(60)
            assert found.said["state"] == "paused"
            assert found.speed <= speed

    async def test_a_player_that_fails_is_dropped_and_the_belt_stays(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(*_: object) -> None:
            raise LookupError

        async with room(step(5, 600)) as found:
            await found.starts()
            await found.live(60)
            with capture_logs():
                monkeypatch.setattr(Player, "follow", fails)
                await found.live(60)
            assert found.speed == 500
            assert found.said["state"] == "none"
            assert "workout_failed" in found.here.event_types()

    async def test_another_person_does_not_get_the_workout(self) -> None:
        async with room(step(5, 600)) as found:
            found.tell(name="Test")
            found.here.ask(Verb.PERSON, name="default")
            await asyncio.sleep(1)
            assert found.said["state"] == "none"

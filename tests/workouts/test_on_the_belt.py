"""Workouts played on one treadmill of the bridge, and the person on the belt, in virtual time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from structlog.testing import capture_logs

from bridge.guard import Policy
from bridge.values import Axis, Outcome, Result, Verb
from bridge.workouts.model import Cue, Kind, Kmh, Step
from bridge.workouts.player import Player
from tests.workouts.workout_rig import WARM, WorkoutRig, rig, step

pytestmark = pytest.mark.virtual_time

COOL_DOWN = Kind.COOL_DOWN
QUICK = replace(WARM, speed_ramp=50.0)
"""The fastest ramp there is, where a ramp is not the subject."""


def reason(found: WorkoutRig) -> str:
    """The rule of the newest payload's first reason; empty without one."""
    reasons = found.payload["why"]
    return str(reasons[0]["rule"]) if reasons else ""


FACTS: dict[str, Callable[[WorkoutRig], object]] = {
    "speed": lambda found: found.speed,
    "state": lambda found: found.payload["state"],
    "step": lambda found: found.payload["step"],
    "cap": lambda found: found.payload["cap_speed_kmh"],
    "why": reason,
    "phase": lambda found: found.bridge.on("state")[-1]["phase"],
    "belt": lambda found: found.bridge.treadmill.snapshot.belt,
    "cool_downs": lambda found: found.bridge.event_types().count("cool_down"),
    "orders": lambda found: len(found.bridge.machine.given),
}
"""Values that a course may compare, by their name in the text."""


@dataclass(frozen=True, slots=True)
class Course:
    """A workout, and what happens on the belt.

    A number is the seconds that pass. `speed=600` compares a fact. `press:400` sets the speed at
    the console, `request:400` requests it elsewhere, `!skip` commands the player, `late` and
    `in_time` are the broker's; any other name is a command to the belt.
    """

    steps: tuple[Step, ...]
    text: str
    policy: Policy = QUICK
    starts: bool = True

    async def play(self) -> None:
        async with rig(*self.steps, policy=self.policy) as found:
            if self.starts:
                await found.starts()
            else:
                found.command(name="test")
                await found.bridge.connect()
            for number, word in enumerate(self.text.split()):
                await self._do(found, word, f"{number}")

    async def _do(self, found: WorkoutRig, word: str, identity: str) -> None:
        name, compared, value = word.partition("=")
        if compared:
            assert str(FACTS[name](found)) == value, (word, self.text)
        elif word.startswith("speed<"):
            assert found.speed < int(word.removeprefix("speed<")), self.text
        elif word.isdecimal():
            await found.live(int(word))
        elif word.startswith("press:"):
            found.presses(int(word.removeprefix("press:")))
        elif word.startswith("request:"):
            found.bridge.request(Verb.SPEED, int(word.removeprefix("request:")), identity)
        elif word.startswith("!"):
            found.command(word.removeprefix("!"))
        elif word in {"late", "in_time"}:
            found.broker_late = word == "late"
        else:
            found.bridge.request(Verb(word), identity=identity)


COURSES = {
    "workout begins with the belt and never starts it": Course(
        (step(5),), "5 state=ready orders=0 start 5 state=running", starts=False
    ),
    "workout climbs within the ramp and lowers early": Course(
        (step(5), step(3)),
        "30 speed<500 18 speed=500 8 step=1 speed=300 6 step=2 speed=300",
        WARM,
    ),
    "climb is not broken off for the fall from a speed that it has not reached": Course(
        (step(3), step(9, 20), step(3)), "68 step=2 speed=390 14 step=3 speed=300", WARM
    ),
    "request that a bound cuts off is repeated when the bound opens": Course(
        (step(8, 60),), "15 why=warm_up 20 speed=800 why=", replace(QUICK, warm_up_s=20.0)
    ),
    "belt stops after the cool-down of the workout without another": Course(
        (step(5, 20), step(5, 20, speed_end=Kmh(3), kind=COOL_DOWN)), "50 belt=idle cool_downs=0"
    ),
    "nothing rises while the broker is late": Course(
        (step(3, 15), step(6, 30), step(2, 30)), "10 late 25 speed=300 why=late 15 speed=200"
    ),
    "press down is a cap until it is lifted": Course(
        (step(6, 30), step(8, 60)),
        "17 speed=600 press:400 20 speed=400 cap=4.0 why=workout_capped "
        "!lift_cap 35 speed=800 cap=None",
    ),
    "press down of one step is a cap": Course((step(6, 100),), "17 press:590 40 speed=590 cap=5.9"),
    "press up raises all steps but the cool-down by as much": Course(
        (step(5, 30), step(6, 30), step(4, 30, kind=COOL_DOWN)),
        "20 press:550 25 step=2 speed=650 20 step=3 speed=400",
    ),
    "press up from the cap raises it and then lifts it": Course(
        (step(6, 100),), "17 press:400 10 press:450 10 cap=4.5 press:650 20 cap=None speed=650"
    ),
    "slower speed requested elsewhere is a cap": Course(
        (step(6, 100),), "17 request:300 20 speed=300 cap=3.0"
    ),
    "person chooses the speed of a step without one": Course(
        (step(5, 20), step(None, 40), step(6, 60)), "22 press:400 15 speed=400 35 speed=600"
    ),
    "workout waits for a command after a stop": Course(
        (step(5, 100),), "15 stop 10 start 10 state=paused speed=80 !resume 20 speed=500"
    ),
    "skipping the last step cools the belt down": Course(
        (step(8, 100),), "22 speed=800 !skip 2 state=ended phase=cool_down"
    ),
    "skipping the last step of a paused player cools the belt down": Course(
        (step(8, 100),), "20 !pause !skip 2 phase=cool_down"
    ),
    "skipping the last step on a standing belt ends the workout": Course(
        (step(8, 100),), "!skip 2 state=ended orders=0", starts=False
    ),
    "finish ends the workout": Course((step(5, 100),), "10 finish 5 state=ended"),
}


@pytest.mark.parametrize("course", COURSES.values(), ids=COURSES)
async def test_workout_follows_the_given_courses(course: Course) -> None:
    await course.play()


class TestPlaying:
    @pytest.mark.unmeasured
    async def test_slower_step_reached_early_is_requested_once(self) -> None:
        hill = step(6, None, distance_m=100, incline=4.0)
        async with rig(hill, step(4, 60, incline=0.0), policy=QUICK) as found:
            await found.starts()
            while found.payload["step"] == 1:
                await found.live(1)
            assert found.requested(Axis.SPEED) == [600, 400]
            assert found.requested(Axis.INCLINE) == [40, 0]

    async def test_step_by_distance_ends_at_its_distance(self) -> None:
        async with rig(Step(distance_m=50, speed=Kmh(3)), step(4)) as found:
            await found.starts()
            await found.live(40)
            assert found.payload["remaining_m"] < 40
            await found.live(45)
            assert found.payload["step"] == 2

    async def test_workout_cues_and_steps_are_reported(self) -> None:
        async with rig(step(3, cues=(Cue(5, "Look ahead"),)), step(None)) as found:
            await found.starts()
            await found.live(70)
            types = found.bridge.event_types()
            assert [t for t in types if t.startswith("workout")] == [
                "workout_started", "workout_cue", "workout_step",
            ]  # fmt: skip

    @pytest.mark.unmeasured
    async def test_guard_cools_down_after_the_last_workout_step(self) -> None:
        policy = replace(QUICK, cool_down_s=20.0)
        course = Course((step(5, 30),), "40 state=ended cool_downs=1 30 belt=idle", policy)
        await course.play()

    async def test_workout_preview_is_published(self) -> None:
        async with rig(step(5), step(6)) as found:
            found.command(name="Test")
            await asyncio.sleep(3)
            preview = found.payload["preview"]
            assert preview["duration_s"] == pytest.approx(120, abs=2)
            texts = [each["text"] for each in preview["steps"]]
            assert texts == ["Work: 5 km/h, for 1 min", "Work: 6 km/h, for 1 min"]
            assert preview["steps"][1]["lowered"] is None
            # What is sent again every 5 s stays small.
            await found.bridge.start()
            await found.live(2)
            assert found.payload["preview"]["steps"] == []
            assert found.payload["target_speed_kmh"] == 5.0


class TestFailures:
    async def test_lost_link_pauses_the_workout_until_a_command(self) -> None:
        async with rig(step(5, 100), policy=QUICK) as found:
            await found.starts()
            await found.live(15)
            found.bridge.treadmill.disconnected("gone")
            await asyncio.sleep(10)
            speed = found.speed
            await found.bridge.live(1)
            found.bridge.treadmill.connected(found.bridge.treadmill.snapshot.machine)  # type: ignore[arg-type]
            await found.live(20)
            assert found.payload["state"] == "paused"
            assert found.speed <= speed

    async def test_failed_player_is_dropped_and_the_belt_keeps_its_speed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(*_: object) -> None:
            raise LookupError

        async with rig(step(5, 100), policy=QUICK) as found:
            await found.starts()
            await found.live(15)
            with capture_logs():
                monkeypatch.setattr(Player, "follow", fails)
                await found.live(15)
            assert found.speed == 500
            assert found.payload["state"] == "none"
            assert "workout_failed" in found.bridge.event_types()


class TestPersonOnTheBelt:
    async def test_change_of_person_drops_the_workout(self) -> None:
        async with rig(step(5, 100), policy=QUICK) as found:
            found.command(name="Test")
            found.bridge.request(Verb.PERSON, name="default")
            await asyncio.sleep(1)
            assert found.payload["state"] == "none"

    @pytest.mark.unmeasured
    async def test_workout_pauses_and_resumes_with_the_belt(self) -> None:
        async with rig(step(4, 60), step(5, 60)) as found:
            await found.starts()
            await found.live(30)
            found.bridge.request(Verb.PAUSE)
            await found.live(20)
            assert found.payload["state"] == "paused"
            left = found.payload["remaining_s"]
            found.bridge.request(Verb.RESUME, identity="on")
            await found.live(10)
            assert found.payload["state"] == "running"
            assert left - 12 <= found.payload["remaining_s"] <= left

    async def test_long_pause_ends_the_workout(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("bridge.workouts.player.GONE_S", 30.0)
        course = Course((step(5, 100),), "10 pause 25 state=paused 10 state=ended")
        await course.play()

    async def test_workout_commands_change_step_and_state(self) -> None:
        async with rig(step(4, 300), step(5, 300), step(6, 300)) as found:
            found.command("skip")
            await found.starts()
            for word, step_then, state in (
                ("", 1, "running"),
                ("skip", 2, "running"),
                ("", 2, "running"),
                ("back", 2, "running"),
                ("back", 1, "running"),
                ("pause", 1, "paused"),
                ("start", 1, "running"),
            ):
                if word:
                    found.command(word)
                await found.live(2 if word else 10)
                assert (found.payload["step"], found.payload["state"]) == (step_then, state)
            found.command(name="Test")
            found.command("end")
            await found.live(2)
            assert found.payload["state"] == "ended"
            found.command("skip")
            found.command(name="none")
            await found.live(2)
            assert found.payload["state"] == "none"
            for unknown in ("Nothing", "Broken"):
                found.command(name=unknown)
                await found.live(1)
        rules = [
            a.reasons[0].rule
            for a in found.bridge.answers
            if isinstance(a, Outcome) and a.result is Result.REJECTED
        ]
        assert rules == [
            *("no_workout", "workout_under_way", "workout_over"),
            *("unknown_workout", "workout_unusable"),
        ]

    @pytest.mark.parametrize(("kmh", "stops"), [(3, True), (7, False)])
    async def test_skipped_cool_down_stops_the_belt_only_at_walking_speed(
        self, kmh: float, stops: bool
    ) -> None:
        async with rig(step(kmh, 100, speed_end=Kmh(3), kind=COOL_DOWN), policy=QUICK) as found:
            await found.starts()
            await found.live(20)
            found.command("skip")
            await found.live(1)
        verbs = [
            a.command.verb
            for a in found.bridge.answers
            if isinstance(a, Outcome) and a.command.source == "workout:Test"
        ]
        assert (Verb.STOP in verbs, Verb.FINISH in verbs) == (stops, not stops)

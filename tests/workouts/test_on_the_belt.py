"""A workout played on one treadmill of the bridge, and its failures, in virtual time."""

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bridge.values import Axis, Belt, Verb
from bridge.workouts.model import Cue, Kind, Kmh, Step
from bridge.workouts.player import Player
from tests.rigs.home import POLICY
from tests.workouts.room import WARM, room, step

pytestmark = pytest.mark.virtual_time


class TestPlaying:
    async def test_workout_begins_with_the_belt_and_never_starts_it(self) -> None:
        async with room(step(5)) as found:
            found.command(name="test")
            await found.here.connect()
            await found.live(30)
            assert found.payload["state"] == "ready"
            assert found.here.machine.given == []
            found.here.request(Verb.START)
            await found.live(20)
            assert found.payload["state"] == "running"
            assert found.payload["target_speed_kmh"] == 5.0

    async def test_workout_climbs_within_the_ramp_and_lowers_early(self) -> None:
        async with room(step(5), step(3), policy=WARM) as found:
            await found.starts()
            await found.live(30)
            assert found.speed < 500
            await found.live(18)
            assert found.speed == 500
            await found.live(8)
            assert (found.payload["step"], found.speed) == (1, 300)
            await found.live(6)
            assert (found.payload["step"], found.speed) == (2, 300)

    async def test_an_early_slower_step_is_requested_once(self) -> None:
        hill = step(6, None, distance_m=100, incline=4.0)
        async with room(hill, step(4, 60, incline=0.0)) as found:
            await found.starts()
            while found.payload["step"] == 1:
                await found.live(1)
            assert found.requested(Axis.SPEED) == [600, 400]
            assert found.requested(Axis.INCLINE) == [40, 0]

    async def test_what_a_bound_cuts_off_is_asked_for_again_when_it_opens(self) -> None:
        async with room(step(8, 200), policy=replace(POLICY, warm_up_s=60.0)) as found:
            await found.starts()
            await found.live(55)
            assert found.payload["why"][0]["rule"] == "warm_up"
            await found.live(60)
            assert found.speed == 800
            assert found.payload["why"] == []

    async def test_a_step_by_distance_ends_there(self) -> None:
        async with room(Step(distance_m=50, speed=Kmh(3)), step(4)) as found:
            await found.starts()
            await found.live(40)
            assert found.payload["remaining_m"] < 40
            await found.live(45)
            assert found.payload["step"] == 2

    async def test_cues_and_steps_are_told(self) -> None:
        async with room(step(3, cues=(Cue(5, "Look ahead"),)), step(None)) as found:
            await found.starts()
            await found.live(70)
            types = found.here.event_types()
            assert [t for t in types if t.startswith("workout")] == [
                "workout_started", "workout_cue", "workout_step",
            ]  # fmt: skip

    @pytest.mark.no_cover
    async def test_after_the_last_step_the_guard_cools_down(self) -> None:
        async with room(step(5, 90)) as found:
            await found.starts()
            await found.live(100)
            assert found.payload["state"] == "ended"
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
            found.command(name="Test")
            await asyncio.sleep(3)
            preview = found.payload["preview"]
            assert preview["duration_s"] == pytest.approx(120, abs=2)
            texts = [each["text"] for each in preview["steps"]]
            assert texts == ["Work: 5 km/h, for 1 min", "Work: 6 km/h, for 1 min"]
            assert preview["steps"][1]["lowered"] is None
            # What is sent again every 5 s stays small.
            await found.here.start()
            await found.live(2)
            assert found.payload["preview"]["steps"] == []


class TestFailures:
    async def test_while_the_broker_is_late_nothing_rises(self) -> None:
        async with room(step(3, 60), step(6, 120), step(2, 60)) as found:
            await found.starts()
            await found.live(50)
            found.broker_late = True
            await found.live(100)
            assert found.speed == 300
            assert found.payload["why"][0]["rule"] == "late"
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
            assert found.payload["state"] == "paused"
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
            assert found.payload["state"] == "none"
            assert "workout_failed" in found.here.event_types()

    async def test_another_person_does_not_get_the_workout(self) -> None:
        async with room(step(5, 600)) as found:
            found.command(name="Test")
            found.here.request(Verb.PERSON, name="default")
            await asyncio.sleep(1)
            assert found.payload["state"] == "none"

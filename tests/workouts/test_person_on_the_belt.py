"""A workout and the person on the belt: requests, console, stops and pauses, in virtual time."""

import asyncio

import pytest

from bridge.values import Outcome, Result, Verb
from bridge.workouts.model import Kind, Kmh
from tests.workouts.room import room, step

pytestmark = pytest.mark.virtual_time


class TestThePerson:
    async def test_a_press_down_caps_it_until_the_cap_is_lifted(self) -> None:
        async with room(step(6, 90), step(8, 200)) as found:
            await found.starts()
            await found.live(70)
            assert found.speed == 600
            found.presses(400)
            await found.live(80)
            assert found.speed == 400
            assert found.payload["cap_speed_kmh"] == 4.0
            assert found.payload["why"][0]["rule"] == "workout_capped"
            found.command("lift_cap")
            await found.live(60)
            assert found.speed == 800
            assert found.payload["cap_speed_kmh"] is None

    async def test_a_press_down_of_one_step_is_a_cap_too(self) -> None:
        async with room(step(6, 400)) as found:
            await found.starts()
            await found.live(70)
            found.presses(590)
            await found.live(60)
            assert found.speed == 590
            assert found.payload["cap_speed_kmh"] == 5.9

    async def test_a_press_up_raises_the_rest_by_as_much_but_the_cool_down(self) -> None:
        down = step(4, 60, kind=Kind.COOL_DOWN)
        async with room(step(5, 80), step(6, 60), down) as found:
            await found.starts()
            await found.live(70)
            found.presses(550)
            await found.live(6)
            await found.live(40)
            assert found.payload["step"] == 2
            assert found.speed == 650
            await found.live(40)
            assert found.payload["step"] == 3
            assert found.speed == 400

    async def test_a_press_up_from_the_cap_raises_or_lifts_it(self) -> None:
        async with room(step(6, 400)) as found:
            await found.starts()
            await found.live(70)
            found.presses(400)
            await found.live(10)
            found.presses(450)
            await found.live(10)
            assert found.payload["cap_speed_kmh"] == 4.5
            found.presses(650)
            await found.live(40)
            assert found.payload["cap_speed_kmh"] is None
            assert found.speed == 650

    async def test_a_slower_speed_from_elsewhere_is_a_cap_too(self) -> None:
        async with room(step(6, 400)) as found:
            await found.starts()
            await found.live(70)
            found.here.request(Verb.SPEED, 300, "mine")
            await found.live(60)
            assert found.speed == 300
            assert found.payload["cap_speed_kmh"] == 3.0

    async def test_in_a_step_without_a_speed_the_person_chooses(self) -> None:
        async with room(step(5, 60), step(None, 60), step(6, 90)) as found:
            await found.starts()
            await found.live(65)
            found.presses(400)
            await found.live(20)
            assert found.speed == 400
            await found.live(90)
            assert found.speed == 600

    async def test_workout_pauses_and_resumes_with_the_belt(self) -> None:
        async with room(step(4, 60), step(5, 60)) as found:
            await found.starts()
            await found.live(30)
            found.here.request(Verb.PAUSE)
            await found.live(60)
            assert found.payload["state"] == "paused"
            left = found.payload["remaining_s"]
            found.here.request(Verb.RESUME, identity="on")
            await found.live(10)
            assert found.payload["state"] == "running"
            assert left - 12 <= found.payload["remaining_s"] <= left

    async def test_after_a_stop_it_waits_for_a_word(self) -> None:
        async with room(step(5, 200)) as found:
            await found.starts()
            await found.live(60)
            found.here.request(Verb.STOP)
            await found.live(10)
            found.here.request(Verb.START, identity="again")
            await found.live(30)
            assert found.payload["state"] == "paused"
            assert found.speed == 80
            found.command("resume")
            await found.live(60)
            assert found.speed == 500

    async def test_a_long_pause_ends_it(self) -> None:
        async with room(step(5, 2000)) as found:
            await found.starts()
            await found.live(20)
            found.here.request(Verb.PAUSE)
            await found.live(500)
            assert found.payload["state"] == "paused"
            await asyncio.sleep(0)

    async def test_words_of_the_player(self) -> None:
        async with room(step(4, 300), step(5, 300), step(6, 300)) as found:
            found.command("skip")
            await found.starts()
            await found.live(10)
            found.command("skip")
            await found.live(10)
            assert found.payload["step"] == 2
            found.command("back")
            await found.live(2)
            assert found.payload["step"] == 2
            found.command("back")
            await found.live(2)
            assert found.payload["step"] == 1
            found.command("pause")
            await found.live(2)
            assert found.payload["state"] == "paused"
            found.command("start")
            await found.live(2)
            assert found.payload["state"] == "running"
            found.command(name="Test")
            found.command("end")
            await found.live(2)
            assert found.payload["state"] == "ended"
            found.command("skip")
            found.command(name="none")
            await found.live(2)
            assert found.payload["state"] == "none"
            found.command(name="Nothing")
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
            found.command("skip")
            await found.live(2)
            assert found.payload["state"] == "ended"
            assert found.here.on("state")[-1]["phase"] == "cool_down"
            found.command("skip")
            await found.live(1)
        rules = [r.rule for a in found.here.answers if isinstance(a, Outcome) for r in a.reasons]
        assert "workout_over" in rules

    async def test_skipping_the_last_step_of_a_paused_player_cools_the_belt_down(self) -> None:
        async with room(step(8, 600)) as found:
            await found.starts()
            await found.live(90)
            found.command("pause")
            found.command("skip")
            await found.live(2)
            assert found.here.on("state")[-1]["phase"] == "cool_down"

    @pytest.mark.parametrize(("kmh", "stops"), [(3, True), (7, False)])
    async def test_a_skipped_cool_down_stops_only_a_walk(self, kmh: float, stops: bool) -> None:
        async with room(step(kmh, 600, speed_end=Kmh(3), kind=Kind.COOL_DOWN)) as found:
            await found.starts()
            await found.live(90)
            found.command("skip")
            await found.live(1)
        verbs = [
            a.command.verb
            for a in found.here.answers
            if isinstance(a, Outcome) and a.command.source == "workout:Test"
        ]
        assert (Verb.STOP in verbs, Verb.FINISH in verbs) == (stops, not stops)

    async def test_skipping_the_last_step_on_a_belt_that_stands_ends_it(self) -> None:
        async with room(step(8, 600)) as found:
            found.command(name="Test")
            await found.here.connect()
            found.command("skip")
            await found.live(2)
            assert found.payload["state"] == "ended"
            assert found.here.machine.given == []

    async def test_a_finish_ends_it(self) -> None:
        async with room(step(5, 600)) as found:
            await found.starts()
            await found.live(60)
            found.here.request(Verb.FINISH)
            await found.live(5)
            assert found.payload["state"] == "ended"

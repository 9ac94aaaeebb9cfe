"""The person on a treadmill: their own limits, exposure, rest, shoes and sessions."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bridge.people.hints import Rhythm
from bridge.people.people import Household
from bridge.values import Axis, Belt, Event, Result, Verb
from tests.rigs.home import POLICY, home
from tests.rigs.people_rig import ANNA, SHORT, TWO, climb, history, pain, texts, used

pytestmark = pytest.mark.virtual_time


class TestSelectedPerson:
    async def test_household_without_configured_people_has_the_default_person(self) -> None:
        async with home() as here:
            await here.start()
            state: dict[str, Any] = here.on("state")[-1]
            assert (state["person"], state["shoes"]) == ("default", None)

    async def test_first_configured_person_is_selected_at_start(self) -> None:
        async with home(household=TWO) as here:
            await here.connect()
            assert here.on("state")[-1]["person"] == "Anna"
            assert here.on("guard")[-1]["profile"] == "gentle"

    async def test_selected_person_changes_limits_and_shoes(self) -> None:
        async with home(household=TWO) as here:
            await here.play("connect, person name=ben, 2")
            assert here.results("person") == [Result.ACCEPTED, Result.CONFIRMED]
            assert here.on("state")[-1]["person"] == "Ben"
            assert here.on("state")[-1]["shoes"] == "Pegasus"
            assert here.on("guard")[-1]["profile"] == "steady"
            assert here.on("guard")[-1]["bounds"]["speed"]["max"] == 6
            assert texts(here.events, "person") == ["Ben is on the treadmill now."]

            await here.play("start, 3, speed 900, 1")
            assert here.results("speed") == [Result.LIMITED]

    async def test_person_changes_only_while_the_belt_stands(self) -> None:
        async with home(household=TWO) as here:
            await here.play("runs, person name=Ben, 2")
            assert here.results("person") == [Result.REJECTED]
            assert here.reasons("person") == (
                "Another person can take over only while the belt is stopped. "
                "The belt is not known to be stopped. Stop it, or try again in a few seconds."
            )
            assert here.on("state")[-1]["person"] == "Anna"

    async def test_person_shoes_and_pain_need_no_link(self) -> None:
        async with home(household=TWO) as here:
            await here.play("person name=Ben, shoes name=ghost, pain place=knee severity=0")
            await here.play("silence 2")
            for command in ("person", "shoes", "pain"):
                assert here.results(command) == [Result.ACCEPTED, Result.CONFIRMED]
            state = here.on("state")[-1]
            assert (state["person"], state["shoes"]) == ("Ben", "Ghost")

    async def test_guard_payload_names_the_profile_in_force(self) -> None:
        """The looser limits of another profile wait until the belt has stopped."""
        async with home(household=TWO) as here:
            await here.start()
            looser = replace(TWO, policies={"Anna": replace(ANNA, name="steady", speed_ramp=20.0)})
            here.treadmill.configure(looser, Event("config_changed"))
            await here.live(2)
            assert here.on("guard")[-1]["profile"] == "gentle"
            here.request(Verb.STOP)
            await here.live(6)
            assert here.on("guard")[-1]["profile"] == "steady"

    async def test_unknown_name_is_refused_with_the_configured_names(self) -> None:
        async with home(household=TWO) as here:
            await here.play("person name=Eve, shoes name=clogs, silence 1")
            assert here.results("person") == here.results("shoes") == [Result.REJECTED]
            assert here.reasons("person") == ("No person is called Eve. Configured are: Anna, Ben.")
            assert here.reasons("shoes") == (
                "No shoes are called clogs. Configured are: Ghost, Pegasus."
            )

    async def test_shoes_are_refused_with_advice_where_none_are_configured(self) -> None:
        async with home() as here:
            await here.play("shoes name=clogs, silence 1")
            assert here.reasons("shoes").endswith("Add [[shoes]] to the configuration.")

    async def test_late_command_is_refused_unless_it_reports_pain(self) -> None:
        async with home(household=TWO) as here:
            await here.connect()
            here.request_late(Verb.PERSON, name="Ben")
            here.request_late(Verb.SHOES, name="Ghost")
            here.request_late(Verb.PAIN, place="knee", severity=3)
            await here.live(1)
            assert here.results("late-person") == here.results("late-shoes") == [Result.REJECTED]
            assert "The broker delivers late" in here.reasons("late-person")
            assert here.results("late-pain") == [Result.ACCEPTED, Result.CONFIRMED]
            here.request_late(Verb.PAIN, "late-clear", clear=True)
            await here.live(1)
            assert here.results("late-clear") == [Result.REJECTED]
            assert here.treadmill.decision.rest_left_s > 0

    async def test_selecting_the_same_person_again_causes_no_event(self) -> None:
        async with home(household=TWO) as here:
            await here.play("runs, person name=Anna, 1")
            assert here.results("person") == [Result.ACCEPTED, Result.CONFIRMED]
            assert "person" not in here.event_types()

    async def test_person_and_shoes_are_kept_across_restarts(self) -> None:
        kept = history()
        async with home(household=TWO, history=kept) as here:
            await here.play("person name=Ben, shoes name=Ghost, silence 1")
        async with home(household=TWO, history=kept) as here:
            await asyncio.sleep(1)
            state = here.on("state")[-1]
            assert (state["person"], state["shoes"]) == ("Ben", "Ghost")


class TestTwoPeople:
    async def test_each_person_has_their_own_steep_time(self) -> None:
        async with home(household=TWO) as here:
            await here.start()
            await climb(here, 30)
            annas = used(here)
            assert annas > 20
            here.request(Verb.STOP)
            here.machine.incline = 0
            await here.play("4, person name=Ben, 2")
            assert used(here) == 0
            await here.play("start as ben, 3")
            await climb(here, 20)
            assert 10 < used(here) < 20
            await here.play("stop as stop-ben, 4")
            bens = used(here)

            await here.play("person name=Anna as back, 2")
            assert used(here) == pytest.approx(annas, abs=2)
            await here.play("person name=Ben as again, 2")
            assert used(here) == pytest.approx(bens, abs=2)

    async def test_change_of_person_in_a_pause_ends_the_session(self) -> None:
        async with home(household=TWO) as here:
            await here.play("runs, 20, pause, 4")
            assert here.treadmill.snapshot.belt is Belt.PAUSED

            await here.play("person name=Ben, 2")

            (said,) = here.on("session")
            assert said["person"] == "Anna"
            assert said["moving_s"] > 15
            await here.play("resume, 30, stop, 4")
            assert [session["person"] for session in here.on("session")] == ["Anna", "Ben"]

    async def test_rest_after_pain_applies_to_that_person_only(self) -> None:
        async with home(household=TWO) as here:
            await here.connect()
            await pain(here, 4)
            assert here.on("guard")[-1]["resting_until"] is not None

            await here.play("person name=Ben, 2")
            assert here.on("guard")[-1]["resting_until"] is None

            await here.play("person name=Anna as back, 2")
            assert here.on("guard")[-1]["resting_until"] is not None


class TestPain:
    async def test_pain_begins_a_rest_and_clear_ends_it(self) -> None:
        async with home() as here:
            await here.connect()
            await pain(here, 3, "lower back")
            assert here.results("pain") == [Result.ACCEPTED, Result.CONFIRMED]
            assert here.on("guard")[-1]["resting_until"].startswith("2030-01-03T00:00:0")
            assert texts(here.events, "pain") == ["Noted: lower back hurts, 3 of 10."]
            (rest,) = texts(here.events, "rest")
            assert "You rest until 00:01 on Thursday: a start needs confirmation" in rest

            await here.play("pain clear=True as clear, 1")
            assert here.results("clear") == [Result.ACCEPTED, Result.CONFIRMED]
            assert here.on("guard")[-1]["resting_until"] is None
            assert texts(here.events, "rest_lifted") == ["The rest is lifted."]

    async def test_clear_without_a_rest_is_no_event(self) -> None:
        async with home() as here:
            await here.play("pain clear=True, silence 1")
            assert here.results("pain") == [Result.ACCEPTED, Result.CONFIRMED]
            assert here.event_types() == []

    async def test_report_of_no_pain_begins_no_rest(self) -> None:
        async with home() as here:
            await here.connect()
            await pain(here, 0)
            assert here.on("guard")[-1]["resting_until"] is None
            assert "rest" not in here.event_types()

    async def test_third_pain_in_a_month_suggests_a_professional(self) -> None:
        async with home() as here:
            for number in range(3):
                await pain(here, 2, identity=str(number))
                assert ("see_professional" in here.event_types()) is (number == 2)

    async def test_rest_saved_again_by_another_treadmill_keeps_its_end(self) -> None:
        kept = history()
        async with home(history=kept) as here, home(history=kept) as there:
            await pain(here, 5)
            await asyncio.sleep(500)
            for house in (here, there):
                assert house.treadmill.decision.rest_left_s == pytest.approx(172_800 - 500, abs=3)

    async def test_rest_after_pain_applies_on_every_treadmill(self) -> None:
        kept = history()
        async with home(history=kept) as here, home(history=kept) as there:
            await pain(here, 5)
            await asyncio.sleep(4)  # without a machine, the guard decides every 1.5 s
            assert there.on("guard")[-1]["resting_until"] is not None
            await there.play("pain clear=True as clear, silence 4")
            assert here.on("guard")[-1]["resting_until"] is None


class TestShoes:
    async def test_shoes_are_credited_with_the_belt_distance(self) -> None:
        kept = history()
        async with home(household=TWO, history=kept) as here:
            await here.play("shoes name=Ghost, runs")
            await here.live(100)  # 0.8 km/h are 22 m in 100 s
            await here.play("stop, 4")
            assert 20 < kept.gone("Ghost") < 26
            assert kept.gone("Pegasus") == 0
            (said,) = here.on("session")
            assert said["shoes"] == "Ghost"

    async def test_distance_in_other_shoes_is_not_counted(self) -> None:
        kept = history()
        async with home(household=TWO, history=kept) as here:
            await here.play("shoes name=Ghost, runs, 50, shoes name=Pegasus as swap, 50, stop, 4")
            assert kept.gone("Ghost") == pytest.approx(kept.gone("Pegasus"), abs=3)

    @pytest.mark.unmeasured
    async def test_shoes_at_500_km_are_reported_once(self) -> None:
        async with home(household=TWO) as here:
            await here.play("connect, person name=Ben, start, 200")
            assert texts(here.events, "shoes_worn") == [
                "Pegasus have covered 500 km. Check their soles now and then."
            ]

    async def test_only_pair_of_shoes_is_worn_by_default(self) -> None:
        one = Household({"default": POLICY}, {}, {"Ghost": 0.0})
        async with home(household=one) as here:
            await asyncio.sleep(1)
            assert here.on("state")[-1]["shoes"] == "Ghost"


class TestConfigured:
    async def test_person_removed_from_the_configuration_is_replaced_once_the_belt_stands(
        self,
    ) -> None:
        kept = history()
        async with home(household=TWO, history=kept) as here:
            await here.play("connect, person name=Ben, start, 5")
            without = Household({"Anna": ANNA}, {}, {})
            here.treadmill.configure(without, Event("config_changed"))
            await here.live(2)
            assert here.on("state")[-1]["person"] == "Ben"
            await here.play("stop, 5")
            assert here.on("state")[-1]["person"] == "Anna"
            assert "config_changed" in here.event_types()

    @pytest.mark.unmeasured
    async def test_tighter_limit_of_a_new_configuration_holds_at_once(self) -> None:
        async with home(household=Household({"default": ANNA}, {}, {})) as here:
            await here.play("runs, speed 800, 90")
            tighter = Household({"default": replace(ANNA, max_speed=500)}, {}, {})
            here.treadmill.configure(tighter, Event("config_changed"))
            await here.live(10)
            assert here.machine.ordered(Axis.SPEED)[-1] == 500

    async def test_hints_can_be_switched_off(self) -> None:
        quick = Rhythm().faster(20)
        for cues in (True, False):
            household = Household({"default": SHORT}, {}, {}, cues)
            async with home(household=household, rhythm=quick) as here:
                await here.play("runs, 100")
                assert ("cue_posture" in here.event_types()) is cues
                assert ("cue_drink" in here.event_types()) is cues

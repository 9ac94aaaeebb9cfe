"""The person on a treadmill: their own limits, exposure, rest, shoes and sessions."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bridge.people.hints import Rhythm
from bridge.people.people import Household
from bridge.values import Axis, Belt, Event, Result, Verb
from tests.rigs.people_rig import ANNA, SHORT, TWO, climb, history, pain, texts, used
from tests.rigs.treadmill_rig import POLICY, treadmill_rig

pytestmark = pytest.mark.virtual_time


class TestSelectedPerson:
    async def test_household_without_configured_people_has_the_default_person(self) -> None:
        async with treadmill_rig() as rig:
            await rig.start()
            state: dict[str, Any] = rig.on("state")[-1]
            assert (state["person"], state["shoes"]) == ("default", None)

    async def test_first_configured_person_is_selected_at_start(self) -> None:
        async with treadmill_rig(household=TWO) as rig:
            await rig.connect()
            assert rig.on("state")[-1]["person"] == "Anna"
            assert rig.on("guard")[-1]["profile"] == "gentle"

    async def test_selected_person_changes_limits_and_shoes(self) -> None:
        async with treadmill_rig(household=TWO) as rig:
            await rig.play("connect, person name=ben, 2")
            assert rig.results("person") == [Result.ACCEPTED, Result.CONFIRMED]
            assert rig.on("state")[-1]["person"] == "Ben"
            assert rig.on("state")[-1]["shoes"] == "Pegasus"
            assert rig.on("guard")[-1]["profile"] == "steady"
            assert rig.on("guard")[-1]["bounds"]["speed"]["max"] == 6
            assert texts(rig.events, "person") == ["Ben is on the treadmill now."]

            await rig.play("start, 3, speed 900, 1")
            assert rig.results("speed") == [Result.LIMITED]

    async def test_person_changes_only_while_the_belt_stands(self) -> None:
        async with treadmill_rig(household=TWO) as rig:
            await rig.play("runs, person name=Ben, 2")
            assert rig.results("person") == [Result.REJECTED]
            assert rig.reasons("person") == (
                "Another person can take over only while the belt is stopped. "
                "The belt is not known to be stopped. Stop it, or try again in a few seconds."
            )
            assert rig.on("state")[-1]["person"] == "Anna"

    async def test_person_shoes_and_pain_need_no_link(self) -> None:
        async with treadmill_rig(household=TWO) as rig:
            await rig.play("person name=Ben, shoes name=ghost, pain place=knee severity=0")
            await rig.play("silence 2")
            for command in ("person", "shoes", "pain"):
                assert rig.results(command) == [Result.ACCEPTED, Result.CONFIRMED]
            state = rig.on("state")[-1]
            assert (state["person"], state["shoes"]) == ("Ben", "Ghost")

    async def test_guard_payload_names_the_profile_in_force(self) -> None:
        """The looser limits of another profile wait until the belt has stopped."""
        async with treadmill_rig(household=TWO) as rig:
            await rig.start()
            looser = replace(TWO, policies={"Anna": replace(ANNA, name="steady", speed_ramp=20.0)})
            rig.treadmill.configure(looser, Event("config_changed"))
            await rig.live(2)
            assert rig.on("guard")[-1]["profile"] == "gentle"
            rig.request(Verb.STOP)
            await rig.live(6)
            assert rig.on("guard")[-1]["profile"] == "steady"

    async def test_unknown_name_is_refused_with_the_configured_names(self) -> None:
        async with treadmill_rig(household=TWO) as rig:
            await rig.play("person name=Eve, shoes name=clogs, silence 1")
            assert rig.results("person") == rig.results("shoes") == [Result.REJECTED]
            assert rig.reasons("person") == ("No person is called Eve. Configured are: Anna, Ben.")
            assert rig.reasons("shoes") == (
                "No shoes are called clogs. Configured are: Ghost, Pegasus."
            )

    async def test_shoes_are_refused_with_advice_where_none_are_configured(self) -> None:
        async with treadmill_rig() as rig:
            await rig.play("shoes name=clogs, silence 1")
            assert rig.reasons("shoes").endswith("Add [[shoes]] to the configuration.")

    async def test_late_command_is_refused_unless_it_reports_pain(self) -> None:
        async with treadmill_rig(household=TWO) as rig:
            await rig.connect()
            rig.request_late(Verb.PERSON, name="Ben")
            rig.request_late(Verb.SHOES, name="Ghost")
            rig.request_late(Verb.PAIN, place="knee", severity=3)
            await rig.live(1)
            assert rig.results("late-person") == rig.results("late-shoes") == [Result.REJECTED]
            assert "The broker delivers late" in rig.reasons("late-person")
            assert rig.results("late-pain") == [Result.ACCEPTED, Result.CONFIRMED]
            rig.request_late(Verb.PAIN, "late-clear", clear=True)
            await rig.live(1)
            assert rig.results("late-clear") == [Result.REJECTED]
            assert rig.treadmill.decision.rest_left_s > 0

    async def test_selecting_the_same_person_again_causes_no_event(self) -> None:
        async with treadmill_rig(household=TWO) as rig:
            await rig.play("runs, person name=Anna, 1")
            assert rig.results("person") == [Result.ACCEPTED, Result.CONFIRMED]
            assert "person" not in rig.event_types()

    async def test_person_and_shoes_are_kept_across_restarts(self) -> None:
        kept = history()
        async with treadmill_rig(household=TWO, history=kept) as rig:
            await rig.play("person name=Ben, shoes name=Ghost, silence 1")
        async with treadmill_rig(household=TWO, history=kept) as rig:
            await asyncio.sleep(1)
            state = rig.on("state")[-1]
            assert (state["person"], state["shoes"]) == ("Ben", "Ghost")


class TestTwoPeople:
    async def test_each_person_has_their_own_steep_time(self) -> None:
        async with treadmill_rig(household=TWO) as rig:
            await rig.start()
            await climb(rig, 30)
            annas = used(rig)
            assert annas > 20
            rig.request(Verb.STOP)
            rig.machine.incline = 0
            await rig.play("4, person name=Ben, 2")
            assert used(rig) == 0
            await rig.play("start as ben, 3")
            await climb(rig, 20)
            assert 10 < used(rig) < 20
            await rig.play("stop as stop-ben, 4")
            bens = used(rig)

            await rig.play("person name=Anna as back, 2")
            assert used(rig) == pytest.approx(annas, abs=2)
            await rig.play("person name=Ben as again, 2")
            assert used(rig) == pytest.approx(bens, abs=2)

    async def test_change_of_person_in_a_pause_ends_the_session(self) -> None:
        async with treadmill_rig(household=TWO) as rig:
            await rig.play("runs, 20, pause, 4")
            assert rig.treadmill.snapshot.belt is Belt.PAUSED

            await rig.play("person name=Ben, 2")

            (said,) = rig.on("session")
            assert said["person"] == "Anna"
            assert said["moving_s"] > 15
            await rig.play("resume, 30, stop, 4")
            assert [session["person"] for session in rig.on("session")] == ["Anna", "Ben"]

    async def test_rest_after_pain_applies_to_that_person_only(self) -> None:
        async with treadmill_rig(household=TWO) as rig:
            await rig.connect()
            await pain(rig, 4)
            assert rig.on("guard")[-1]["resting_until"] is not None

            await rig.play("person name=Ben, 2")
            assert rig.on("guard")[-1]["resting_until"] is None

            await rig.play("person name=Anna as back, 2")
            assert rig.on("guard")[-1]["resting_until"] is not None


class TestPain:
    async def test_pain_begins_a_rest_and_clear_ends_it(self) -> None:
        async with treadmill_rig() as rig:
            await rig.connect()
            await pain(rig, 3, "lower back")
            assert rig.results("pain") == [Result.ACCEPTED, Result.CONFIRMED]
            assert rig.on("guard")[-1]["resting_until"].startswith("2030-01-03T00:00:0")
            assert texts(rig.events, "pain") == ["Noted: lower back hurts, 3 of 10."]
            (rest,) = texts(rig.events, "rest")
            assert "You rest until 00:01 on Thursday: a start needs confirmation" in rest

            await rig.play("pain clear=True as clear, 1")
            assert rig.results("clear") == [Result.ACCEPTED, Result.CONFIRMED]
            assert rig.on("guard")[-1]["resting_until"] is None
            assert texts(rig.events, "rest_lifted") == ["The rest is lifted."]

    async def test_clear_without_a_rest_is_no_event(self) -> None:
        async with treadmill_rig() as rig:
            await rig.play("pain clear=True, silence 1")
            assert rig.results("pain") == [Result.ACCEPTED, Result.CONFIRMED]
            assert rig.event_types() == []

    async def test_report_of_no_pain_begins_no_rest(self) -> None:
        async with treadmill_rig() as rig:
            await rig.connect()
            await pain(rig, 0)
            assert rig.on("guard")[-1]["resting_until"] is None
            assert "rest" not in rig.event_types()

    async def test_third_pain_in_a_month_suggests_a_professional(self) -> None:
        async with treadmill_rig() as rig:
            for number in range(3):
                await pain(rig, 2, identity=str(number))
                assert ("see_professional" in rig.event_types()) is (number == 2)

    async def test_rest_saved_again_by_another_treadmill_keeps_its_end(self) -> None:
        kept = history()
        async with treadmill_rig(history=kept) as rig, treadmill_rig(history=kept) as there:
            await pain(rig, 5)
            await asyncio.sleep(500)
            for each in (rig, there):
                assert each.treadmill.decision.rest_left_s == pytest.approx(172_800 - 500, abs=3)

    async def test_rest_after_pain_applies_on_every_treadmill(self) -> None:
        kept = history()
        async with treadmill_rig(history=kept) as rig, treadmill_rig(history=kept) as there:
            await pain(rig, 5)
            await asyncio.sleep(4)  # without a machine, the guard decides every 1.5 s
            assert there.on("guard")[-1]["resting_until"] is not None
            await there.play("pain clear=True as clear, silence 4")
            assert rig.on("guard")[-1]["resting_until"] is None


class TestShoes:
    async def test_shoes_are_credited_with_the_belt_distance(self) -> None:
        kept = history()
        async with treadmill_rig(household=TWO, history=kept) as rig:
            await rig.play("shoes name=Ghost, runs")
            await rig.live(100)  # 0.8 km/h are 22 m in 100 s
            await rig.play("stop, 4")
            assert 20 < kept.gone("Ghost") < 26
            assert kept.gone("Pegasus") == 0
            (said,) = rig.on("session")
            assert said["shoes"] == "Ghost"

    async def test_distance_in_other_shoes_is_not_counted(self) -> None:
        kept = history()
        async with treadmill_rig(household=TWO, history=kept) as rig:
            await rig.play("shoes name=Ghost, runs, 50, shoes name=Pegasus as swap, 50, stop, 4")
            assert kept.gone("Ghost") == pytest.approx(kept.gone("Pegasus"), abs=3)

    @pytest.mark.unmeasured
    async def test_shoes_at_500_km_are_reported_once(self) -> None:
        async with treadmill_rig(household=TWO) as rig:
            await rig.play("connect, person name=Ben, start, 200")
            assert texts(rig.events, "shoes_worn") == [
                "Pegasus have covered 500 km. Check their soles now and then."
            ]

    async def test_only_pair_of_shoes_is_worn_by_default(self) -> None:
        one = Household({"default": POLICY}, {}, {"Ghost": 0.0})
        async with treadmill_rig(household=one) as rig:
            await asyncio.sleep(1)
            assert rig.on("state")[-1]["shoes"] == "Ghost"


class TestConfigured:
    async def test_person_removed_from_the_configuration_is_replaced_once_the_belt_stands(
        self,
    ) -> None:
        kept = history()
        async with treadmill_rig(household=TWO, history=kept) as rig:
            await rig.play("connect, person name=Ben, start, 5")
            without = Household({"Anna": ANNA}, {}, {})
            rig.treadmill.configure(without, Event("config_changed"))
            await rig.live(2)
            assert rig.on("state")[-1]["person"] == "Ben"
            await rig.play("stop, 5")
            assert rig.on("state")[-1]["person"] == "Anna"
            assert "config_changed" in rig.event_types()

    @pytest.mark.unmeasured
    async def test_tighter_limit_of_a_new_configuration_holds_at_once(self) -> None:
        async with treadmill_rig(household=Household({"default": ANNA}, {}, {})) as rig:
            await rig.play("runs, speed 800, 90")
            tighter = Household({"default": replace(ANNA, max_speed=500)}, {}, {})
            rig.treadmill.configure(tighter, Event("config_changed"))
            await rig.live(10)
            assert rig.machine.ordered(Axis.SPEED)[-1] == 500

    async def test_hints_can_be_switched_off(self) -> None:
        quick = Rhythm().faster(20)
        for cues in (True, False):
            household = Household({"default": SHORT}, {}, {}, cues)
            async with treadmill_rig(household=household, rhythm=quick) as rig:
                await rig.play("runs, 100")
                assert ("cue_posture" in rig.event_types()) is cues
                assert ("cue_drink" in rig.event_types()) is cues

"""Machines that want, lack or hide something, each as it does: see `home_rig`."""

from dataclasses import replace

import pytest

from bridge.drivers.link import Link
from bridge.machines import Cadence, Declared, Quirk, SpeedUnit
from bridge.values import Belt, Verb
from tests.bluetooth.machines.home_rig import (
    ASKED,
    INCLINE_ONLY,
    LOCKED,
    MILE_STEP_KMH,
    OBEYS_NOTHING,
    POLICY,
    SWAY_KMH,
    WATCHED_ONLY,
    ZEROS,
    Home,
)

pytestmark = pytest.mark.virtual_time


class TestWhatNobodyDeclared:
    @pytest.mark.home("jftm-t202", Declared(""))
    async def test_targets_in_miles_are_found_out_and_the_belt_slows_to_what_was_asked(
        self, here: Home
    ) -> None:
        await here.walks()
        here.ask(Verb.SPEED, ASKED)
        await here.lives(40)
        assert here.fastest <= ASKED / 100 * 1.61 + SWAY_KMH
        assert here.true_kmh <= ASKED / 100 + SWAY_KMH
        assert "unit_mixup" in here.kinds()
        assert "unexpected_rise_speed" in here.treadmill.decision.faults
        assert Quirk.TARGETS_IN_MPH in here.machine.quirks
        here.ask(Verb.SPEED, 400)
        await here.lives(30)
        assert 4 - MILE_STEP_KMH <= here.true_kmh <= 4 + SWAY_KMH

    @pytest.mark.home("jftm-t202", Declared(""))
    async def test_it_is_still_known_on_the_next_link(self, here: Home) -> None:
        await here.walks()
        here.ask(Verb.SPEED, ASKED)
        await here.lives(40)
        here.ask(Verb.STOP)
        await here.lives(20)
        assert isinstance(here.treadmill.line, Link)
        here.treadmill.line.release()
        await here.lives(5)
        here.treadmill.line.connect()
        await here.lives(20)
        here.fastest = 0.0
        here.events.clear()
        await here.walks()
        here.ask(Verb.SPEED, ASKED)
        await here.lives(40)
        assert here.fastest <= ASKED / 100 + SWAY_KMH
        assert here.true_kmh >= ASKED / 100 - MILE_STEP_KMH - SWAY_KMH
        assert not here.kinds() & {"unexpected_rise", "not_responding"}

    @pytest.mark.home("bowflex-t9", Declared(""), replace(POLICY, max_speed=600))
    async def test_miles_both_ways_stay_within_the_limits_and_are_told(self, here: Home) -> None:
        """Until the distance gives them away, and ever after, limits count as miles."""
        await here.walks()
        here.ask(Verb.SPEED, 1200)
        await here.lives(400)
        assert here.true_kmh > 5
        assert here.fastest <= 6 + SWAY_KMH
        assert "unit_mph" in here.kinds()
        assert Quirk.REPORTS_MPH in here.machine.quirks

    @pytest.mark.home(
        "bowflex-t9",
        Declared(
            "",
            dict.fromkeys(
                ("reported_speed_unit", "target_speed_unit", "range_speed_unit"), SpeedUnit.MPH
            ),
        ),
    )
    async def test_the_owner_s_word_for_miles_is_enough(self, here: Home) -> None:
        await here.walks()
        here.ask(Verb.SPEED, 800)
        await here.lives(60)
        assert 8 - MILE_STEP_KMH <= here.true_kmh <= 8 + SWAY_KMH
        sample = here.treadmill.snapshot.sample
        assert sample is not None
        assert sample.data.speed == pytest.approx(100 * here.true_kmh, abs=3)

    @pytest.mark.home(OBEYS_NOTHING)
    async def test_a_machine_that_obeys_nothing_raises_the_alarm_at_a_stop(
        self, here: Home
    ) -> None:
        await here.walks()
        here.ask(Verb.STOP)
        await here.lives(30)
        assert here.true_kmh > 0
        assert "stop_ignored" in here.kinds()


class TestLocked:
    """A machine that obeys only once its maker's app was there."""

    @pytest.mark.home(LOCKED)
    async def test_says_at_the_first_refusal_what_to_do_and_obeys_after_that(
        self, here: Home
    ) -> None:
        await here.walks()
        before = here.true_kmh
        here.ask(Verb.SPEED, ASKED)
        await here.lives(20)
        assert here.true_kmh == pytest.approx(before, abs=SWAY_KMH)
        assert here.treadmill.snapshot.control == "denied"
        assert "control_denied" in here.treadmill.decision.faults
        (said,) = [event for event in here.events if event.type == "refuses_everything"]
        assert "maker's app has unlocked it" in said.text
        here.simulation.server.unlock()
        here.ask(Verb.SPEED, ASKED)
        await here.lives(40)
        assert here.true_kmh >= ASKED / 100 - MILE_STEP_KMH - SWAY_KMH
        assert here.treadmill.snapshot.control == "held"
        assert "control_denied" not in here.treadmill.decision.faults
        assert Quirk.REFUSES_EVERYTHING not in here.machine.quirks

    @pytest.mark.home(LOCKED, Declared(""))
    async def test_is_found_out_by_its_refusals_where_nobody_declared_it(self, here: Home) -> None:
        await here.walks()
        for count in range(1, 4):
            assert "refuses_everything" not in here.kinds(), count
            here.ask(Verb.SPEED, ASKED)
            await here.lives(5)
        assert "refuses_everything" in here.kinds()

    @pytest.mark.home(LOCKED)
    async def test_a_stop_that_it_refuses_raises_the_alarm(self, here: Home) -> None:
        await here.walks()
        here.ask(Verb.STOP)
        await here.lives(10)
        assert here.true_kmh > 0
        assert "stop_ignored" in here.kinds()


class TestNothingButZeros:
    """A machine that moves as it is told, and whose data say that it never does."""

    @pytest.mark.home(ZEROS)
    async def test_it_is_never_taken_to_stand_once_it_was_started(self, here: Home) -> None:
        await here.treadmill.wait_connected()
        await here.lives(5)
        here.ask(Verb.START)
        await here.lives(20)
        assert here.true_kmh > 0
        assert here.belt is Belt.UNKNOWN
        (said,) = [event for event in here.events if event.type == "no_data"]
        assert "only zeros" in said.text
        assert "no_motion" not in here.kinds()
        assert said.text in here.words()
        here.ask(Verb.START)
        await here.lives(5)
        assert "not known to be stopped" in here.words()[-1]
        here.ask(Verb.SPEED, ASKED)
        await here.lives(5)
        assert here.simulation.machine.target_speed_kmh < 1
        here.ask(Verb.STOP)
        await here.lives(10)
        assert here.true_kmh == 0
        assert here.belt.stands

    @pytest.mark.home(ZEROS)
    async def test_belt_found_running_without_data_has_an_unknown_state(self, here: Home) -> None:
        assert here.simulation.machine.start()
        await here.treadmill.wait_connected()
        await here.lives(20)
        assert here.belt is Belt.UNKNOWN
        assert "no_data" in here.kinds()
        here.ask(Verb.RESUME)
        await here.lives(3)
        assert "not known to be stopped" in here.words()[-1]

    @pytest.mark.home(ZEROS)
    async def test_once_unlocked_it_is_seen_as_it_is(self, here: Home) -> None:
        await here.treadmill.wait_connected()
        here.simulation.server.unlock()
        await here.walks()
        here.ask(Verb.SPEED, ASKED)
        await here.lives(40)
        assert here.true_kmh >= ASKED / 100 - 0.32 - SWAY_KMH
        assert here.fastest <= ASKED / 100 + SWAY_KMH


class TestWhatItCannotDo:
    @pytest.mark.parametrize("verb", [Verb.SPEED, Verb.INCLINE, Verb.FINISH, Verb.START])
    @pytest.mark.home(WATCHED_ONLY)
    async def test_a_machine_without_control_point_is_asked_for_nothing(
        self, here: Home, verb: Verb
    ) -> None:
        await here.walks()
        here.ask(verb, 20)
        await here.lives(20)
        (why,) = here.words()
        assert why == "This machine takes no commands. Stop it at its console."
        assert not here.kinds() & {"refused", "console_slowed", "not_responding"}

    @pytest.mark.home(WATCHED_ONLY)
    async def test_a_stop_is_rejected_at_once_and_says_where_to_stop_it(self, here: Home) -> None:
        await here.walks()
        here.ask(Verb.STOP)
        await here.lives(10)
        assert here.words()[-1].endswith("Stop it at its console.")
        assert "stop_ignored" not in here.kinds()

    @pytest.mark.home(INCLINE_ONLY)
    async def test_a_speed_that_only_the_console_sets_is_refused_and_the_incline_goes(
        self, here: Home
    ) -> None:
        await here.walks()
        here.ask(Verb.SPEED, ASKED)
        await here.lives(20)
        assert here.words() == ["This machine's speed can only be set at its console."]
        assert "console_slowed" not in here.kinds()
        here.ask(Verb.INCLINE, 20)
        await here.lives(30)
        assert here.simulation.machine.true_incline_percent == pytest.approx(2)
        here.ask(Verb.STOP)
        await here.lives(20)
        assert here.true_kmh == 0


class TestSpeedFirst:
    @pytest.mark.home("kingsmith-ph4", Declared(""))
    async def test_undeclared_it_has_no_speed_and_drives_no_belt(self, here: Home) -> None:
        await here.treadmill.wait_connected()
        here.simulation.machine.start()
        await here.lives(40)
        assert here.treadmill.snapshot.sample is None
        (said,) = [event for event in here.events if event.type == "no_data"]
        assert "speed_first = true" in said.text
        here.ask(Verb.SPEED, ASKED)
        await here.lives(10)
        assert here.simulation.machine.target_speed_kmh == 1
        assert here.simulation.written == []


class TestWhoHangsUp:
    @pytest.mark.home("life-fitness")
    async def test_stays_on_the_line_where_it_is_declared(self, here: Home) -> None:
        await here.walks()
        await here.lives(120)
        assert here.belt is Belt.RUNNING
        assert "link_lost" not in here.kinds()

    @pytest.mark.home("life-fitness", Declared(""))
    async def test_is_told_each_time_while_somebody_walks_where_nobody_declared_it(
        self, here: Home
    ) -> None:
        await here.walks()
        await here.lives(60)
        assert "link_lost" in here.kinds()


class TestASecondService:
    @pytest.mark.home("technogym-myrun")
    async def test_tells_the_steps_and_no_speed(self, here: Home) -> None:
        """It counts the strides of one foot; what is told are steps."""
        await here.walks()
        await here.lives(20)
        steps = here.treadmill.snapshot.steps
        assert steps is not None
        truth = here.simulation.machine.runner.cadence_spm
        assert steps.a_minute == pytest.approx(truth, abs=3)
        assert Quirk.CADENCE_SERVICE in here.machine.quirks
        sample = here.treadmill.snapshot.sample
        assert sample is not None
        assert sample.data.speed == pytest.approx(100 * here.true_kmh, abs=3)

    @pytest.mark.home("technogym-myrun", Declared(settings={"cadence": Cadence.NONE}))
    async def test_is_left_alone_if_that_is_declared(self, here: Home) -> None:
        await here.walks()
        assert here.treadmill.snapshot.steps is None

"""Machines with a lock, a missing service or an undeclared deviation: see `home_rig`."""

from dataclasses import replace

import pytest

from bridge.drivers.link import Link
from bridge.machines import Cadence, Declared, Quirk, SpeedUnit
from bridge.values import Belt, Verb
from tests.bluetooth.machines.home_rig import (
    INCLINE_ONLY,
    LOCKED,
    MILE_STEP_KMH,
    OBEYS_NOTHING,
    POLICY,
    REQUESTED,
    SWAY_KMH,
    WATCHED_ONLY,
    ZEROS,
    Home,
)

pytestmark = [pytest.mark.virtual_time, pytest.mark.unmeasured]


class TestUndeclared:
    @pytest.mark.home("jftm-t202", Declared(""))
    async def test_mph_targets_are_detected_and_the_belt_slows_to_the_request(
        self, here: Home
    ) -> None:
        await here.start_at_console()
        await here.play(f"speed {REQUESTED}, 40")
        assert here.fastest <= REQUESTED / 100 * 1.61 + SWAY_KMH
        assert here.true_kmh <= REQUESTED / 100 + SWAY_KMH
        assert "unit_mixup" in here.event_types()
        assert "unexpected_rise_speed" in here.treadmill.decision.faults
        assert Quirk.TARGETS_IN_MPH in here.machine.quirks
        await here.play("speed 400, 30")
        assert 4 - MILE_STEP_KMH <= here.true_kmh <= 4 + SWAY_KMH

    @pytest.mark.home("jftm-t202", Declared(""))
    async def test_detected_unit_is_known_on_the_next_link(self, here: Home) -> None:
        await here.start_at_console()
        await here.play(f"speed {REQUESTED}, 40, stop, 20")
        assert isinstance(here.treadmill.line, Link)
        here.treadmill.line.release()
        await here.wait(5)
        here.treadmill.line.connect()
        await here.wait(20)
        here.fastest = 0.0
        here.events.clear()
        await here.start_at_console()
        await here.play(f"speed {REQUESTED}, 40")
        assert here.fastest <= REQUESTED / 100 + SWAY_KMH
        assert here.true_kmh >= REQUESTED / 100 - MILE_STEP_KMH - SWAY_KMH
        assert not set(here.event_types()) & {"unexpected_rise", "not_responding"}

    @pytest.mark.home("bowflex-t9", Declared(""), replace(POLICY, max_speed=600))
    async def test_mph_in_both_directions_stays_within_the_limits_and_is_reported(
        self, here: Home
    ) -> None:
        """Until the distance gives them away, and ever after, limits count as miles."""
        await here.start_at_console()
        await here.play("speed 1200, 400")
        assert here.true_kmh > 5
        assert here.fastest <= 6 + SWAY_KMH
        assert "unit_mph" in here.event_types()
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
    async def test_declared_mph_is_converted_from_the_start(self, here: Home) -> None:
        await here.start_at_console()
        await here.play("speed 800, 60")
        assert 8 - MILE_STEP_KMH <= here.true_kmh <= 8 + SWAY_KMH
        sample = here.snapshot.sample
        assert sample is not None
        assert sample.data.speed == pytest.approx(100 * here.true_kmh, abs=3)

    @pytest.mark.home(OBEYS_NOTHING)
    async def test_ignored_stop_raises_the_alarm(self, here: Home) -> None:
        await here.start_at_console()
        await here.play("stop, 30")
        assert here.true_kmh > 0
        assert "stop_ignored" in here.event_types()


class TestLocked:
    """A machine that obeys only once its maker's app was there."""

    @pytest.mark.home(LOCKED)
    async def test_locked_machine_is_reported_at_its_first_refusal_and_obeys_once_unlocked(
        self, here: Home
    ) -> None:
        await here.start_at_console()
        before = here.true_kmh
        await here.play(f"speed {REQUESTED}, 20")
        assert here.true_kmh == pytest.approx(before, abs=SWAY_KMH)
        assert here.snapshot.control == "denied"
        assert "control_denied" in here.treadmill.decision.faults
        (said,) = [event for event in here.events if event.type == "refuses_everything"]
        assert "maker's app has unlocked it" in said.text
        here.simulation.server.unlock()
        await here.play(f"speed {REQUESTED}, 40")
        assert here.true_kmh >= REQUESTED / 100 - MILE_STEP_KMH - SWAY_KMH
        assert here.snapshot.control == "held"
        assert "control_denied" not in here.treadmill.decision.faults
        assert Quirk.REFUSES_EVERYTHING not in here.machine.quirks

    @pytest.mark.home(LOCKED, Declared(""))
    async def test_undeclared_lock_is_detected_by_three_refusals(self, here: Home) -> None:
        await here.start_at_console()
        for count in range(1, 4):
            assert "refuses_everything" not in here.event_types(), count
            await here.play(f"speed {REQUESTED}, 5")
        assert "refuses_everything" in here.event_types()

    @pytest.mark.home(LOCKED)
    async def test_refused_stop_of_a_locked_machine_raises_the_alarm(self, here: Home) -> None:
        await here.start_at_console()
        await here.play("stop, 10")
        assert here.true_kmh > 0
        assert "stop_ignored" in here.event_types()


class TestOnlyZeros:
    """A machine that obeys, but whose data always report a standing belt."""

    @pytest.mark.home(ZEROS)
    async def test_belt_that_reports_only_zeros_is_unknown_after_a_start(self, here: Home) -> None:
        await here.treadmill.wait_connected()
        await here.play("5, start, 20")
        assert here.true_kmh > 0
        assert here.belt is Belt.UNKNOWN
        (said,) = [event for event in here.events if event.type == "no_data"]
        assert "only zeros" in said.text
        assert "no_motion" not in here.event_types()
        assert said.text in here.reasons()
        await here.play("start, 5")
        assert "not known to be stopped" in here.reasons()[-1]
        await here.play(f"speed {REQUESTED}, 5")
        assert here.simulation.machine.target_speed_kmh < 1
        await here.play("stop, 10")
        assert here.true_kmh == 0
        assert here.belt.stands

    @pytest.mark.home(ZEROS)
    async def test_belt_found_running_without_data_has_an_unknown_state(self, here: Home) -> None:
        assert here.simulation.machine.start()
        await here.treadmill.wait_connected()
        await here.wait(20)
        assert here.belt is Belt.UNKNOWN
        assert "no_data" in here.event_types()
        await here.play("resume, 3")
        assert "not known to be stopped" in here.reasons()[-1]

    @pytest.mark.home(ZEROS)
    async def test_unlocked_machine_reports_its_true_speed(self, here: Home) -> None:
        await here.treadmill.wait_connected()
        here.simulation.server.unlock()
        await here.start_at_console()
        await here.play(f"speed {REQUESTED}, 40")
        assert here.true_kmh >= REQUESTED / 100 - 0.32 - SWAY_KMH
        assert here.fastest <= REQUESTED / 100 + SWAY_KMH


class TestMissingControl:
    @pytest.mark.parametrize("verb", [Verb.SPEED, Verb.INCLINE, Verb.FINISH, Verb.START])
    @pytest.mark.home(WATCHED_ONLY)
    async def test_machine_without_control_point_rejects_every_command(
        self, here: Home, verb: Verb
    ) -> None:
        await here.start_at_console()
        here.request(verb, 20)
        await here.wait(20)
        (why,) = here.reasons()
        assert why == "This machine takes no commands. Stop it at its console."
        assert not set(here.event_types()) & {"refused", "console_slowed", "not_responding"}

    @pytest.mark.home(WATCHED_ONLY)
    async def test_machine_without_control_point_rejects_a_stop_and_names_the_console(
        self, here: Home
    ) -> None:
        await here.start_at_console()
        await here.play("stop, 10")
        assert here.reasons()[-1].endswith("Stop it at its console.")
        assert "stop_ignored" not in here.event_types()

    @pytest.mark.home(INCLINE_ONLY)
    async def test_machine_without_speed_control_rejects_speed_and_obeys_incline(
        self, here: Home
    ) -> None:
        await here.start_at_console()
        await here.play(f"speed {REQUESTED}, 20")
        assert here.reasons() == ["This machine's speed can only be set at its console."]
        assert "console_slowed" not in here.event_types()
        await here.play("incline 20, 30")
        assert here.simulation.machine.true_incline_percent == pytest.approx(2)
        await here.play("stop, 20")
        assert here.true_kmh == 0


class TestSpeedFirst:
    @pytest.mark.home("kingsmith-ph4", Declared(""))
    async def test_undeclared_speed_first_machine_has_no_speed_and_gets_no_orders(
        self, here: Home
    ) -> None:
        await here.treadmill.wait_connected()
        here.simulation.machine.start()
        await here.wait(40)
        assert here.snapshot.sample is None
        (said,) = [event for event in here.events if event.type == "no_data"]
        assert "speed_first = true" in said.text
        await here.play(f"speed {REQUESTED}, 10")
        assert here.simulation.machine.target_speed_kmh == 1
        assert here.simulation.written == []


class TestIdleDisconnect:
    @pytest.mark.home("life-fitness")
    async def test_declared_machine_is_polled_and_keeps_its_link(self, here: Home) -> None:
        await here.start_at_console()
        await here.wait(120)
        assert here.belt is Belt.RUNNING
        assert "link_lost" not in here.event_types()

    @pytest.mark.home("life-fitness", Declared(""))
    async def test_undeclared_disconnect_of_an_idle_client_is_reported(self, here: Home) -> None:
        await here.start_at_console()
        await here.wait(60)
        assert "link_lost" in here.event_types()


class TestCadenceService:
    @pytest.mark.home("technogym-myrun")
    async def test_cadence_service_reports_steps_and_no_speed(self, here: Home) -> None:
        """The sensor counts strides of one foot; the bridge reports steps."""
        await here.start_at_console()
        await here.wait(20)
        steps = here.snapshot.steps
        assert steps is not None
        truth = here.simulation.machine.runner.cadence_spm
        assert steps.a_minute == pytest.approx(truth, abs=3)
        assert Quirk.CADENCE_SERVICE in here.machine.quirks
        sample = here.snapshot.sample
        assert sample is not None
        assert sample.data.speed == pytest.approx(100 * here.true_kmh, abs=3)

    @pytest.mark.home("technogym-myrun", Declared(settings={"cadence": Cadence.NONE}))
    async def test_declared_cadence_service_is_not_used(self, here: Home) -> None:
        await here.start_at_console()
        assert here.snapshot.steps is None

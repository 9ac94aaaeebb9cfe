"""Machines with a lock, a missing service or an undeclared deviation: see `radio_rig`."""

from dataclasses import replace

import pytest

from bridge.drivers.link import Link
from bridge.machines import Cadence, Declared, Quirk, SpeedUnit
from bridge.values import Belt, Verb
from tests.bluetooth.machines.radio_rig import (
    INCLINE_ONLY,
    LOCKED,
    MILE_STEP_KMH,
    OBEYS_NOTHING,
    POLICY,
    REQUESTED,
    SWAY_KMH,
    WATCHED_ONLY,
    ZEROS,
    RadioRig,
)

pytestmark = [pytest.mark.virtual_time, pytest.mark.unmeasured]


class TestUndeclared:
    @pytest.mark.machine("jftm-t202", Declared(""))
    async def test_mph_targets_are_detected_and_the_belt_slows_to_the_request(
        self, machine_rig: RadioRig
    ) -> None:
        await machine_rig.start_at_console()
        await machine_rig.play(f"speed {REQUESTED}, 40")
        assert machine_rig.fastest <= REQUESTED / 100 * 1.61 + SWAY_KMH
        assert machine_rig.true_kmh <= REQUESTED / 100 + SWAY_KMH
        assert "unit_mixup" in machine_rig.event_types()
        assert "unexpected_rise_speed" in machine_rig.treadmill.decision.faults
        assert Quirk.TARGETS_IN_MPH in machine_rig.machine.quirks
        await machine_rig.play("speed 400, 30")
        assert 4 - MILE_STEP_KMH <= machine_rig.true_kmh <= 4 + SWAY_KMH

    @pytest.mark.machine("jftm-t202", Declared(""))
    async def test_detected_unit_is_known_on_the_next_link(self, machine_rig: RadioRig) -> None:
        await machine_rig.start_at_console()
        await machine_rig.play(f"speed {REQUESTED}, 40, stop, 20")
        assert isinstance(machine_rig.treadmill.line, Link)
        machine_rig.treadmill.line.release()
        await machine_rig.wait(5)
        machine_rig.treadmill.line.connect()
        await machine_rig.wait(20)
        machine_rig.fastest = 0.0
        machine_rig.events.clear()
        await machine_rig.start_at_console()
        await machine_rig.play(f"speed {REQUESTED}, 40")
        assert machine_rig.fastest <= REQUESTED / 100 + SWAY_KMH
        assert machine_rig.true_kmh >= REQUESTED / 100 - MILE_STEP_KMH - SWAY_KMH
        assert not set(machine_rig.event_types()) & {"unexpected_rise", "not_responding"}

    @pytest.mark.machine("bowflex-t9", Declared(""), replace(POLICY, max_speed=600))
    async def test_mph_in_both_directions_stays_within_the_limits_and_is_reported(
        self, machine_rig: RadioRig
    ) -> None:
        """Until the distance gives them away, and ever after, limits count as miles."""
        await machine_rig.start_at_console()
        await machine_rig.play("speed 1200, 400")
        assert machine_rig.true_kmh > 5
        assert machine_rig.fastest <= 6 + SWAY_KMH
        assert "unit_mph" in machine_rig.event_types()
        assert Quirk.REPORTS_MPH in machine_rig.machine.quirks

    @pytest.mark.machine(
        "bowflex-t9",
        Declared(
            "",
            dict.fromkeys(
                ("reported_speed_unit", "target_speed_unit", "range_speed_unit"), SpeedUnit.MPH
            ),
        ),
    )
    async def test_declared_mph_is_converted_from_the_start(self, machine_rig: RadioRig) -> None:
        await machine_rig.start_at_console()
        await machine_rig.play("speed 800, 60")
        assert 8 - MILE_STEP_KMH <= machine_rig.true_kmh <= 8 + SWAY_KMH
        sample = machine_rig.snapshot.sample
        assert sample is not None
        assert sample.data.speed == pytest.approx(100 * machine_rig.true_kmh, abs=3)

    @pytest.mark.machine(OBEYS_NOTHING)
    async def test_ignored_stop_raises_the_alarm(self, machine_rig: RadioRig) -> None:
        await machine_rig.start_at_console()
        await machine_rig.play("stop, 30")
        assert machine_rig.true_kmh > 0
        assert "stop_ignored" in machine_rig.event_types()


class TestLocked:
    """A machine that obeys only once its maker's app was there."""

    @pytest.mark.machine(LOCKED)
    async def test_locked_machine_is_reported_at_its_first_refusal_and_obeys_once_unlocked(
        self, machine_rig: RadioRig
    ) -> None:
        await machine_rig.start_at_console()
        before = machine_rig.true_kmh
        await machine_rig.play(f"speed {REQUESTED}, 20")
        assert machine_rig.true_kmh == pytest.approx(before, abs=SWAY_KMH)
        assert machine_rig.snapshot.control == "denied"
        assert "control_denied" in machine_rig.treadmill.decision.faults
        (said,) = [event for event in machine_rig.events if event.type == "refuses_everything"]
        assert "maker's app has unlocked it" in said.text
        machine_rig.simulation.server.unlock()
        await machine_rig.play(f"speed {REQUESTED}, 40")
        assert machine_rig.true_kmh >= REQUESTED / 100 - MILE_STEP_KMH - SWAY_KMH
        assert machine_rig.snapshot.control == "held"
        assert "control_denied" not in machine_rig.treadmill.decision.faults
        assert Quirk.REFUSES_EVERYTHING not in machine_rig.machine.quirks

    @pytest.mark.machine(LOCKED, Declared(""))
    async def test_undeclared_lock_is_detected_by_three_refusals(
        self, machine_rig: RadioRig
    ) -> None:
        await machine_rig.start_at_console()
        for count in range(1, 4):
            assert "refuses_everything" not in machine_rig.event_types(), count
            await machine_rig.play(f"speed {REQUESTED}, 5")
        assert "refuses_everything" in machine_rig.event_types()

    @pytest.mark.machine(LOCKED)
    async def test_refused_stop_of_a_locked_machine_raises_the_alarm(
        self, machine_rig: RadioRig
    ) -> None:
        await machine_rig.start_at_console()
        await machine_rig.play("stop, 10")
        assert machine_rig.true_kmh > 0
        assert "stop_ignored" in machine_rig.event_types()


class TestOnlyZeros:
    """A machine that obeys, but whose data always report a standing belt."""

    @pytest.mark.machine(ZEROS)
    async def test_belt_that_reports_only_zeros_is_unknown_after_a_start(
        self, machine_rig: RadioRig
    ) -> None:
        await machine_rig.treadmill.wait_connected()
        await machine_rig.play("5, start, 20")
        assert machine_rig.true_kmh > 0
        assert machine_rig.belt is Belt.UNKNOWN
        (said,) = [event for event in machine_rig.events if event.type == "no_data"]
        assert "only zeros" in said.text
        assert "no_motion" not in machine_rig.event_types()
        assert said.text in machine_rig.reasons()
        await machine_rig.play("start, 5")
        assert "not known to be stopped" in machine_rig.reasons()[-1]
        await machine_rig.play(f"speed {REQUESTED}, 5")
        assert machine_rig.simulation.machine.target_speed_kmh < 1
        await machine_rig.play("stop, 10")
        assert machine_rig.true_kmh == 0
        assert machine_rig.belt.stands

    @pytest.mark.machine(ZEROS)
    async def test_belt_found_running_without_data_has_an_unknown_state(
        self, machine_rig: RadioRig
    ) -> None:
        assert machine_rig.simulation.machine.start()
        await machine_rig.treadmill.wait_connected()
        await machine_rig.wait(20)
        assert machine_rig.belt is Belt.UNKNOWN
        assert "no_data" in machine_rig.event_types()
        await machine_rig.play("resume, 3")
        assert "not known to be stopped" in machine_rig.reasons()[-1]

    @pytest.mark.machine(ZEROS)
    async def test_unlocked_machine_reports_its_true_speed(self, machine_rig: RadioRig) -> None:
        await machine_rig.treadmill.wait_connected()
        machine_rig.simulation.server.unlock()
        await machine_rig.start_at_console()
        await machine_rig.play(f"speed {REQUESTED}, 40")
        assert machine_rig.true_kmh >= REQUESTED / 100 - 0.32 - SWAY_KMH
        assert machine_rig.fastest <= REQUESTED / 100 + SWAY_KMH


class TestMissingControl:
    @pytest.mark.parametrize("verb", [Verb.SPEED, Verb.INCLINE, Verb.FINISH, Verb.START])
    @pytest.mark.machine(WATCHED_ONLY)
    async def test_machine_without_control_point_rejects_every_command(
        self, machine_rig: RadioRig, verb: Verb
    ) -> None:
        await machine_rig.start_at_console()
        machine_rig.request(verb, 20)
        await machine_rig.wait(20)
        (why,) = machine_rig.reasons()
        assert why == "This machine takes no commands. Stop it at its console."
        assert not set(machine_rig.event_types()) & {"refused", "console_slowed", "not_responding"}

    @pytest.mark.machine(WATCHED_ONLY)
    async def test_machine_without_control_point_rejects_a_stop_and_names_the_console(
        self, machine_rig: RadioRig
    ) -> None:
        await machine_rig.start_at_console()
        await machine_rig.play("stop, 10")
        assert machine_rig.reasons()[-1].endswith("Stop it at its console.")
        assert "stop_ignored" not in machine_rig.event_types()

    @pytest.mark.machine(INCLINE_ONLY)
    async def test_machine_without_speed_control_rejects_speed_and_obeys_incline(
        self, machine_rig: RadioRig
    ) -> None:
        await machine_rig.start_at_console()
        await machine_rig.play(f"speed {REQUESTED}, 20")
        assert machine_rig.reasons() == ["This machine's speed can only be set at its console."]
        assert "console_slowed" not in machine_rig.event_types()
        await machine_rig.play("incline 20, 30")
        assert machine_rig.simulation.machine.true_incline_percent == pytest.approx(2)
        await machine_rig.play("stop, 20")
        assert machine_rig.true_kmh == 0


class TestSpeedFirst:
    @pytest.mark.machine("kingsmith-ph4", Declared(""))
    async def test_undeclared_speed_first_machine_has_no_speed_and_gets_no_orders(
        self, machine_rig: RadioRig
    ) -> None:
        await machine_rig.treadmill.wait_connected()
        machine_rig.simulation.machine.start()
        await machine_rig.wait(40)
        assert machine_rig.snapshot.sample is None
        (said,) = [event for event in machine_rig.events if event.type == "no_data"]
        assert "speed_first = true" in said.text
        await machine_rig.play(f"speed {REQUESTED}, 10")
        assert machine_rig.simulation.machine.target_speed_kmh == 1
        assert machine_rig.simulation.written == []


class TestIdleDisconnect:
    @pytest.mark.machine("life-fitness")
    async def test_declared_machine_is_polled_and_keeps_its_link(
        self, machine_rig: RadioRig
    ) -> None:
        await machine_rig.start_at_console()
        await machine_rig.wait(120)
        assert machine_rig.belt is Belt.RUNNING
        assert "link_lost" not in machine_rig.event_types()

    @pytest.mark.machine("life-fitness", Declared(""))
    async def test_undeclared_disconnect_of_an_idle_client_is_reported(
        self, machine_rig: RadioRig
    ) -> None:
        await machine_rig.start_at_console()
        await machine_rig.wait(60)
        assert "link_lost" in machine_rig.event_types()


class TestCadenceService:
    @pytest.mark.machine("technogym-myrun")
    async def test_cadence_service_reports_steps_and_no_speed(self, machine_rig: RadioRig) -> None:
        """The sensor counts strides of one foot; the bridge reports steps."""
        await machine_rig.start_at_console()
        await machine_rig.wait(20)
        steps = machine_rig.snapshot.steps
        assert steps is not None
        truth = machine_rig.simulation.machine.runner.cadence_spm
        assert steps.a_minute == pytest.approx(truth, abs=3)
        assert Quirk.CADENCE_SERVICE in machine_rig.machine.quirks
        sample = machine_rig.snapshot.sample
        assert sample is not None
        assert sample.data.speed == pytest.approx(100 * machine_rig.true_kmh, abs=3)

    @pytest.mark.machine("technogym-myrun", Declared(settings={"cadence": Cadence.NONE}))
    async def test_declared_cadence_service_is_not_used(self, machine_rig: RadioRig) -> None:
        await machine_rig.start_at_console()
        assert machine_rig.snapshot.steps is None

"""Actions of the console by itself: programmes, goals, and pauses of its own."""

from collections.abc import Callable
from typing import ClassVar

import pytest

from protocols.ftms.control_point import OpCode
from simulators.physics.machine import Happening, Kind, Machine, Origin, Phase
from simulators.physics.programme import Leg, Programme
from simulators.physics.spec import MachineSpec
from tests.simulators.physics.machines import after, check, happenings_of, running, started


class TestProgramme:
    PROGRAMME = Programme((Leg(60, 400), Leg(30, 800, 20), Leg(60, 400)))

    def test_programme_sets_each_of_its_targets_and_ends(self) -> None:
        machine = Machine()
        happenings = happenings_of(machine)
        assert machine.play(self.PROGRAMME)
        machine.advance(3 + 30)
        assert (machine.target_speed, machine.target_incline) == (400, 0)
        assert machine.remaining_s == pytest.approx(120, abs=0.1)
        machine.advance(50)
        assert (machine.target_speed, machine.target_incline) == (800, 20)
        machine.advance(80)
        assert machine.phase is Phase.IDLE
        assert machine.remaining_s == 0
        speeds = [each.value for each in happenings if each.kind is Kind.TARGET_SPEED]
        assert speeds == [400, 800, 400]
        assert Kind.STOPPED in {each.kind for each in happenings}

    TIMELINES: ClassVar[dict[str, tuple[str, dict[str, object]]]] = {
        "press_counts_in_its_leg": ("play, 33, speed 200, 20", {"target_speed": 200}),
        "press_ends_with_its_leg": ("play, 33, speed 200, 40", {"target_speed": 800}),
        "pause_keeps_the_rest_of_the_leg": (
            "play, 33, pause, 100, start, 32",
            {"target_incline": 0},
        ),
        "pause_only_interrupts": ("play, 33, pause, 100, start, 34", {"target_incline": 20}),
        "stop_ends_it": ("play, 20, stop, 20, start, 60", {"target_speed": 80}),
        "reset_ends_it": ("play, 20, reset, 20, start, 60", {"target_speed": 80}),
        "safety_key_ends_it": (
            "play, 20, pull_safety_key, insert_safety_key, 20, start, 60",
            {"target_speed": 80},
        ),
        "it_begins_only_on_an_idle_machine": (
            "start, 3, refused play, stop, pull_safety_key, refused play",
            {},
        ),
    }

    @pytest.mark.parametrize(("timeline", "expected"), TIMELINES.values(), ids=TIMELINES)
    def test_programme_follows_the_given_timelines(
        self, timeline: str, expected: dict[str, object]
    ) -> None:
        check(after(timeline, programme=self.PROGRAMME), expected)


class TestGoals:
    @pytest.mark.parametrize(
        ("op", "number", "come_to"),
        [
            (OpCode.SET_TARGETED_DISTANCE, 100, lambda m: m.distance_m),
            (OpCode.SET_TARGETED_TIME, 60, lambda m: m.elapsed_s),
            (OpCode.SET_TARGETED_ENERGY, 10, lambda m: m.runner.energy_kcal),
            (OpCode.SET_TARGETED_STEPS, 100, lambda m: m.runner.steps),
            (OpCode.SET_TARGETED_STRIDES, 100, lambda m: m.runner.steps / 2),
        ],
    )
    def test_session_ends_when_its_goal_is_reached(
        self, op: OpCode, number: int, come_to: Callable[[Machine], float]
    ) -> None:
        machine = started()
        machine.set_speed(600)
        machine.set_goal(op, (number,))
        while machine.phase is Phase.RUNNING:
            assert come_to(machine) <= number + 0.2  # a tick further
            machine.advance(0.05)
        assert come_to(machine) >= number
        assert machine.elapsed_s > 10

    def test_remaining_targeted_time_counts_down(self) -> None:
        machine = started()
        machine.set_goal(OpCode.SET_TARGETED_TIME, (100,))
        machine.advance(40)
        assert machine.remaining_s == 60

    def test_targeted_time_in_zones_does_not_end_the_session(self) -> None:
        machine = started()
        machine.set_goal(OpCode.SET_TARGETED_TIME_IN_TWO_ZONES, (1, 1))
        machine.advance(60)
        assert machine.phase is Phase.RUNNING
        assert machine.goals == {OpCode.SET_TARGETED_TIME_IN_TWO_ZONES: (1, 1)}
        machine.reset()
        assert machine.goals == {}


class TestOwnPause:
    def test_console_pauses_an_empty_belt(self) -> None:
        machine = running(300, MachineSpec(pauses_when_empty_s=10))
        happenings = happenings_of(machine)
        check(after("step_off, 9, step_on, 9, step_off, 9", machine), {"phase": Phase.RUNNING})
        check(after("2", machine), {"phase": Phase.PAUSED})
        assert happenings[0] == Happening(Kind.PAUSED, Origin.CONSOLE)

    @pytest.mark.parametrize(
        ("limit", "seconds", "phase"),
        [(60, 59, Phase.PAUSED), (60, 61, Phase.IDLE), (None, 300, Phase.PAUSED)],
    )
    def test_session_ends_after_the_limit_of_a_pause(
        self, limit: float | None, seconds: int, phase: Phase
    ) -> None:
        machine = running(300, MachineSpec(pause_limit_s=limit) if limit else None)
        check(after(f"pause, {seconds}", machine), {"phase": phase})

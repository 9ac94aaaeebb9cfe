"""Learned meaning of a machine's target statuses. Speeds in 0.01 km/h, times in seconds."""

from dataclasses import replace

import pytest

from bridge.machines import Quirk
from bridge.machines.learned import UNLEARNED, Echo, UnitVerdict
from bridge.tracking.learning.knowledge import NOTHING, AxisKnowledge, Knowledge
from bridge.tracking.learning.learner import Learner, learned_of
from bridge.values import (
    Axis,
    Belt,
    Halt,
    HaltBelt,
    Measurement,
    SetTarget,
)
from bridge.values.status import Started, TargetChanged
from tests.tracking.belt import MACHINE, tell


def write_ramp(learner: Learner, least: int, begin: float) -> None:
    """Write five targets, 0.1 km/h and 1 s apart."""
    for number in range(5):
        tell(learner, SetTarget(Axis.SPEED, least + 10 * number), begin + number)


class TestStatuses:
    def answering(self, delay_s: float | None, writes: int = 6) -> Learner:
        learner = Learner()
        learner.connected(MACHINE, None)
        now = 0.0
        for number in range(writes):
            tell(learner, SetTarget(Axis.SPEED, 500 + 10 * number), now)
            if delay_s is not None:
                echo = TargetChanged(now + delay_s, Axis.SPEED, 500 + 10 * number)
                learner.status(echo)
            now += 13.0
            learner.tick(Belt.RUNNING, now)
        return learner

    def test_statuses_of_a_starting_belt_may_be_echoes(self) -> None:
        learner = self.answering(1.0)
        for number in range(3):
            now, value = 100.0 + number, 370 - 30 * number
            tell(learner, SetTarget(Axis.SPEED, value), now)
            learner.started(TargetChanged(now + 0.5, Axis.SPEED, value), 80)
        learner.tick(Belt.RUNNING, 120.0)
        assert learner.learned.echo is Echo.EACH

    def test_machine_without_echoes_is_detected_before_the_end_of_a_ramp(self) -> None:
        learner = Learner()
        learner.connected(MACHINE, None)
        for number in range(30):  # two writes a second
            tell(learner, SetTarget(Axis.SPEED, 100 + 10 * number), number / 2)
            learner.tick(Belt.RUNNING, number / 2)
        assert learner.learned.echo is Echo.NEVER

    def test_refused_write_is_no_write_without_an_echo(self) -> None:
        learner = Learner()
        learner.connected(MACHINE, None)
        for now in (0.0, 20.0, 40.0):
            learner.sending(SetTarget(Axis.SPEED, 500), now)
            learner.refused(Axis.SPEED, 500)
        learner.tick(Belt.RUNNING, 60.0)
        assert learner.learned.echo is Echo.UNKNOWN

    def test_no_echo_is_expected_much_sooner_than_the_fastest(self) -> None:
        assert self.answering(1.5).learned.soonest_s == 0
        learner = self.answering(1.5, writes=8)
        assert learner.learned.soonest_s == pytest.approx(1.2)
        again = Learner()
        again.connected(MACHINE, learner.knowledge)
        assert again.learned.soonest_s == pytest.approx(1.2)

    @pytest.mark.parametrize(
        ("fastest", "longest", "soonest"),
        [(1.5, 1.5, 1.2), (1.5, 2.0, 1.0), (1.5, 9.0, 0.75), (None, 2.0, 0.0)],
    )
    def test_earliest_echo_time_is_lower_the_more_echo_times_vary(
        self, fastest: float | None, longest: float, soonest: float
    ) -> None:
        known = replace(NOTHING, fastest_s=fastest, echo_s=longest)
        assert learned_of(MACHINE, known).soonest_s == pytest.approx(soonest)

    def test_key_press_of_the_written_target_is_no_fast_echo(self) -> None:
        learner = self.answering(1.5, writes=8)
        now = 200.0
        learner.status(TargetChanged(now, Axis.SPEED, 900))  # a key
        tell(learner, SetTarget(Axis.SPEED, 800), now)
        learner.status(TargetChanged(now + 0.25, Axis.SPEED, 800))
        assert learner.learned.soonest_s == pytest.approx(1.2)
        tell(learner, SetTarget(Axis.SPEED, 720), now + 18.0)
        tell(learner, SetTarget(Axis.SPEED, 740), now + 19.5)
        learner.status(TargetChanged(now + 20.0, Axis.SPEED, 740))  # leaves one out
        assert learner.learned.soonest_s == pytest.approx(1.2)
        tell(learner, SetTarget(Axis.SPEED, 600), now + 40.0)
        learner.status(TargetChanged(now + 40.5, Axis.SPEED, 600))
        assert learner.learned.soonest_s == pytest.approx(0.25)

    def test_press_that_names_a_write_before_its_echo_is_no_current_speed(self) -> None:
        learner = Learner()
        learner.connected(MACHINE, None)
        for climb in range(4):
            begin, base = 20.0 * climb, 50 * climb
            write_ramp(learner, 110 + base, begin)
            for number, value in enumerate((110, 140, 120, 130, 140, 150)):  # 140 was pressed
                event = TargetChanged(begin + 5.0 + 0.5 * number, Axis.SPEED, base + value)
                learner.status(event)
        assert learner.learned.names_current is None

    def test_late_echoes_of_a_ramp_are_taken_in_order(self) -> None:
        learner = Learner()
        learner.connected(MACHINE, None)
        writes = (110, 120, 140, 150, 180, 190, 210, 230, 260)
        for number, target in enumerate(writes):
            tell(learner, SetTarget(Axis.SPEED, target), number / 2)
        for number, target in enumerate(writes):
            learner.status(TargetChanged(5.0 + number / 2, Axis.SPEED, target // 50 * 50))
        assert learner.learned.echo is Echo.EACH
        assert learner.learned.speed.grid == 50

    def test_held_keys_are_no_evidence_of_echoes(self) -> None:
        learner = self.answering(None, writes=3)
        for number in range(6):
            now = 100.0 + 20 * number
            learner.status(TargetChanged(now, Axis.SPEED, 900))
            tell(learner, SetTarget(Axis.SPEED, 520), now)
            learner.status(TargetChanged(now + 0.25, Axis.SPEED, 500 - 50 * number))
            learner.status(TargetChanged(now + 0.5, Axis.SPEED, 520))
        assert learner.learned.echo is Echo.NEVER
        assert learner.learned.speed.grid is None

    def test_incline_echoes_show_how_a_machine_with_named_speeds_answers(
        self,
    ) -> None:
        learner = Learner()
        learner.connected(MACHINE, replace(NOTHING, names_current=True))
        for number in range(3):
            now = 40.0 * number
            tell(learner, SetTarget(Axis.SPEED, 500 + 100 * number), now)
            tell(learner, SetTarget(Axis.INCLINE, 10 + 5 * number), now)
            learner.status(TargetChanged(now + 4.5, Axis.INCLINE, 10 + 5 * number))
            learner.tick(Belt.RUNNING, now + 30.0)
        assert learner.learned.echo is Echo.EACH
        assert learner.learned.echo_s == 4.5
        assert learner.knowledge.echo_s == 4.5

    def test_later_echo_completes_the_earlier_writes(self) -> None:
        learner = Learner()
        learner.connected(MACHINE, None)
        for start in range(0, 60, 20):
            for number in range(4):
                tell(learner, SetTarget(Axis.SPEED, 500 + 10 * number), start + number)
            learner.status(TargetChanged(start + 4.0, Axis.SPEED, 530))
        learner.tick(Belt.RUNNING, 100.0)
        assert learner.learned.echo is Echo.EACH
        assert learner.learned.echo_s == 1.0

    def test_a_press_that_equals_a_write_is_no_echo(self) -> None:
        learner = Learner()
        learner.connected(MACHINE, None)
        for start in (0.0, 20.0):
            tell(learner, SetTarget(Axis.SPEED, 530), start)
            learner.status(TargetChanged(start + 1.0, Axis.SPEED, 530))
            tell(learner, SetTarget(Axis.SPEED, 540), start + 5)
            learner.tick(Belt.RUNNING, start + 18)
        assert learner.learned.echo is Echo.UNKNOWN
        assert learner.learned.echo_s == UNLEARNED.echo_s

    @pytest.mark.parametrize(
        ("echoes", "grid"),
        [
            (((530, 500), (580, 550), (630, 600), (660, 650)), 50),
            (((530, 500), (540, 500), (630, 600)), None),  # two different ones
            (((530, 500), (580, 500), (630, 600)), 100),  # which only one step explains
            (((530, 500), (660, 600), (730, 700)), 100),
            (((530, 500), (630, 600), (730, 700)), 50),  # or 100, by chance
            (((530, 500), (630, 600), (730, 700), (840, 800), (920, 900)), 100),
            (((530, 500), (580, 550), (630, 600), (640, 640)), None),
            (((90, 80), (530, 500), (580, 550), (630, 600)), 50),  # 0.8 km/h is its least
            (((530, 515), (600, 595), (650, 644)), 16),
        ],
    )
    def test_step_of_rounded_echoes_is_the_target_grid(
        self, echoes: tuple[tuple[int, int], ...], grid: int | None
    ) -> None:
        learner = Learner()
        learner.connected(MACHINE, None)
        for number, (target, named) in enumerate(echoes):
            tell(learner, SetTarget(Axis.SPEED, target), 20.0 * number)
            learner.status(TargetChanged(20.0 * number + 1, Axis.SPEED, named))
        assert learner.learned.speed.grid == grid
        again = Learner()
        again.connected(MACHINE, learner.knowledge)
        assert again.learned.speed.grid == grid
        tell(again, SetTarget(Axis.SPEED, 710), 0.0)
        again.status(TargetChanged(1.0, Axis.SPEED, 710))
        assert again.learned.speed.grid is None


@pytest.mark.parametrize(("echoes", "grid"), [((0, 10, 20), None), ((10, 20, 30), 10)])
def test_zero_incline_echo_is_no_evidence_on_a_machine_without_range(
    echoes: tuple[int, ...], grid: int | None
) -> None:
    learner = Learner()
    learner.connected(replace(MACHINE, incline_range=None), None)
    for number, value in enumerate(echoes):
        tell(learner, SetTarget(Axis.INCLINE, value + 5), 20.0 * number)
        learner.status(TargetChanged(20.0 * number + 1, Axis.INCLINE, value))
    assert learner.learned.incline.grid == grid


@pytest.mark.parametrize(
    ("targets", "echo"), [(UnitVerdict.MPH, Echo.UNKNOWN), (UnitVerdict.KMH, Echo.NEVER)]
)
def test_kmh_answers_of_an_mph_machine_alone_may_be_echoes(
    targets: UnitVerdict, echo: Echo
) -> None:
    learner = Learner()
    known = replace(NOTHING, echo=Echo.NEVER, targets=targets, names_kmh=True)
    learner.connected(MACHINE, known)
    tell(learner, SetTarget(Axis.SPEED, 310), 0.0)
    learner.status(TargetChanged(1.0, Axis.SPEED, 499))
    assert learner.learned.echo is echo


class TestNamedSpeed:
    def ridden(self, statuses: tuple[int, ...], known: Knowledge | None = None) -> Learner:
        """Return a learner of a machine that takes 4.0 km/h at 8.0, and names these speeds."""
        learner = Learner()
        learner.connected(MACHINE, known)
        learner.sample(Measurement(speed=800), 0.0)
        tell(learner, SetTarget(Axis.SPEED, 400), 1.0)
        for number, value in enumerate(statuses, 3):
            learner.status(TargetChanged(number / 2, Axis.SPEED, value))
        return learner

    def test_evidence_adds_up_over_restarts(self) -> None:
        known, found = None, []
        for _ in range(3):
            learner = self.ridden((790, 700, 610), known)
            found.append(learner.learned.names_current)
            known = learner.knowledge
        assert found == [None, True, True]

    @pytest.mark.parametrize("current", [True, False])
    def test_verdict_of_a_history_without_evidence_is_kept(self, *, current: bool) -> None:
        learner = self.ridden((), replace(NOTHING, names_current=current))
        assert learner.learned.names_current is current
        assert learner.knowledge.current_evidence == (10 if current else -10)

    def test_declared_current_speeds_outrank_the_evidence_of_earlier_links(self) -> None:
        declared = replace(MACHINE, quirks=(Quirk.STATUS_IS_CURRENT_SPEED,))
        learner = Learner()
        learner.connected(declared, replace(NOTHING, current_evidence=-8.0))
        assert learner.knowledge.current_evidence == 10

    def test_evidence_is_stored_to_one_decimal(self) -> None:
        # A press after a write is half as likely as so large a step of the belt: ln 2.
        assert self.ridden((750,)).knowledge.current_evidence == 0.7

    @pytest.mark.parametrize(
        ("belt", "lowest", "evidence"),
        [
            (Belt.STOPPING, 250, 0.0),
            (Belt.RUNNING, 650, -3.5),
            # A change of 1 km/h counts, and 0.6 km/h more for noise, steps and droop.
            (Belt.RUNNING, 680, 0.0),
        ],
    )
    def test_silence_of_a_running_belt_that_changes_speed_shows_named_targets(
        self, belt: Belt, lowest: int, evidence: float
    ) -> None:
        learner = self.ridden(())
        learner.tick(belt, 20.0)
        for second, speed in enumerate((820, 820, lowest, lowest), 20):
            learner.sample(Measurement(speed=speed), float(second))
        assert learner.knowledge.current_evidence == evidence

    def test_status_after_a_halt_is_not_compared_with_earlier_writes(self) -> None:
        learner = self.ridden(())
        learner.written(HaltBelt(Halt.STOP), 2.0)
        learner.status(TargetChanged(3.0, Axis.SPEED, 790))
        assert learner.knowledge.current_evidence == 0

    def test_press_on_a_machine_with_rounded_echoes_is_no_echo(self) -> None:
        learner = Learner()
        learner.connected(MACHINE, replace(NOTHING, speed=AxisKnowledge(echoed=50)))
        learner.sample(Measurement(speed=500), 0.0)
        # A press of several steps is as unlikely as such a change of the belt; an echo is not.
        learner.status(TargetChanged(10.0, Axis.SPEED, 630))
        assert learner.knowledge.current_evidence == 0

    def test_quirk_is_withdrawn_when_statuses_leap(self) -> None:
        learner = self.ridden((790, 700, 610), replace(NOTHING, current_evidence=4))
        assert Quirk.STATUS_IS_CURRENT_SPEED in learner.quirks
        for number in range(3):
            learner.status(TargetChanged(100.0 + 10 * number, Axis.SPEED, 400 + 400 * (number % 2)))
        assert Quirk.STATUS_IS_CURRENT_SPEED not in learner.quirks


class TestReportedTarget:
    def leaping(self, *writes: int, started: bool = False) -> Learner:
        learner = Learner()
        learner.connected(MACHINE, None)
        now = 0.0
        learner.sample(Measurement(speed=900), now)
        for target in writes:
            order = SetTarget(Axis.SPEED, target) if target else HaltBelt(Halt.STOP)
            learner.written(order, now)
            if started:
                learner.status(Started(now))
            for _ in range(3):
                now += 1
                learner.sample(Measurement(speed=target), now)
        return learner

    def test_two_leaps_to_the_target_within_a_second_show_a_reported_target(self) -> None:
        assert Quirk.REPORTS_TARGET not in self.leaping(400).quirks
        assert Quirk.REPORTS_TARGET in self.leaping(400, 0).quirks
        assert Quirk.REPORTS_TARGET in self.leaping(0, 300).quirks
        assert Quirk.REPORTS_TARGET not in self.leaping(0, 299).quirks
        assert Quirk.REPORTS_TARGET not in self.leaping(400, 0, started=True).quirks

"""Learned rounding of echoes. Speeds in 0.01 km/h, times in seconds."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from bridge.machines.learned import Interval
from bridge.tracking.learning.knowledge import Span
from bridge.tracking.learning.learner import Learner
from bridge.tracking.learning.rounding import Rounding
from bridge.tracking.learning.spans import off_of
from bridge.values import Axis, Belt, Halt, HaltBelt, SetTarget
from bridge.values.status import TargetChanged
from tests.tracking.belt import MACHINE, floor, nearest, tell

FOREVER = Interval(float("-inf"), float("inf"))
CLIMB = (360, 370, 380, 390, 400, 410, 420, 430)


def series(rounding: Rounding, answers: Iterable[tuple[int | None, ...]], begin: float) -> None:
    """Pass in pairs of a write, and the statuses that follow it; wait until it is over."""
    now = begin
    for write, *named in answers:
        if write is not None:
            rounding.wrote(write, now)
        for value in named:
            rounding.named(value or 0)
        now += 1.0
    rounding.tick(now + 12.0, 32, 80)


class TestRounding:
    def test_ordered_echoes_show_their_differences_from_the_writes(self) -> None:
        rounding = Rounding(None)
        late = [(360,), (370,), (380, 352), (390, 384), (None, 384, 384)]
        series(rounding, late, 0.0)
        assert rounding.off == Span(-8, 14)

    def test_echo_series_ends_once_no_echo_can_follow(self) -> None:
        rounding = Rounding(None)
        rounding.wrote(370, 0.0)
        rounding.named(384)
        rounding.tick(12.0, 32, 80)
        assert rounding.off is None
        rounding.tick(12.1, 32, 80)
        assert rounding.off == Span(14, 14)

    def test_later_echo_series_widens_the_differences(self) -> None:
        rounding = Rounding(None)
        series(rounding, [(370, 384)], 0.0)
        series(rounding, [(400, 384)], 20.0)
        series(rounding, [(410, 416)], 40.0)
        assert rounding.off == Span(-16, 14)

    @pytest.mark.parametrize(
        "answers",
        [
            [(370, 384), (None, 352)],  # a press
            [(None, 352), (370, 384)],
            [(370,), (380, 384)],  # an echo that is missing
            [(370,)],
            [(None, 352)],
            [(80, 80)],  # the lowest speed, off the grid
            [(90, 80)],
        ],
    )
    def test_echo_series_with_a_press_or_without_an_echo_is_no_evidence(
        self, answers: list[tuple[int | None, ...]]
    ) -> None:
        rounding = Rounding(None)
        series(rounding, answers, 0.0)
        assert rounding.off is None

    def test_echo_series_ended_by_a_halt_is_no_evidence(self) -> None:
        rounding = Rounding(None)
        rounding.wrote(370, 0.0)
        rounding.named(384)
        rounding.forget()
        rounding.tick(20.0, 32, 80)
        assert rounding.off is None

    def test_echo_series_without_a_known_grid_is_no_evidence(self) -> None:
        rounding = Rounding(None)
        rounding.wrote(370, 0.0)
        rounding.named(384)
        rounding.tick(20.0, None, 80)
        assert rounding.off is None

    def test_echo_series_whose_differences_span_a_step_is_refused(self) -> None:
        rounding = Rounding(None)
        series(rounding, [(370, 384)], 0.0)
        series(rounding, [(370, 384), (402, 384)], 20.0)
        assert rounding.off == Span(14, 14)

    def test_write_halfway_between_two_steps_may_be_rounded_either_way(self) -> None:
        rounding = Rounding(None)
        series(rounding, [(400, 416)], 0.0)
        assert off_of(rounding.off, 32, 10, FOREVER) == Interval(-16, 16 + 31)
        series(rounding, [(432, 416), (370, 384)], 20.0)
        assert rounding.off == Span(-16, 16)
        assert off_of(rounding.off, 32, 10, FOREVER) == Interval(-16, 16)

    @pytest.mark.parametrize(
        ("answers", "off"),
        [
            ([(353, 352), (400, 416), (560, 576), (720, 736)], Interval(-15.5, 16)),
            ([(351, 352), (400, 384), (560, 544), (720, 704)], Interval(-16, 15.5)),
            # No other write shows that the rest is rounded the other way.
            ([(352, 352), (400, 416), (560, 576), (720, 736)], Interval(-16, 31)),
            ([(352, 352), (400, 384), (560, 544), (720, 704)], Interval(-31, 16)),
            # Two are too few, and the same one tells nothing new.
            ([(360, 352), (400, 416), (560, 576), (400, 416)], Interval(-16, 23)),
            # To the even step.
            ([(360, 352), (400, 384), (560, 576), (720, 704)], Interval(-16, 16)),
            ([(360, 352), (400, 416), (720, 736), (1040, 1056)], Interval(-16, 23)),
            # Up or down as every other write.
            ([(390, 416), (400, 416), (560, 576), (720, 736)], Interval(-5, 47)),
            ([(410, 384), (400, 384), (560, 544), (720, 704)], Interval(-47, 5)),
            ([(410, 384), (347, 352), (400, 384), (560, 544), (720, 704)], Interval(-26, 5)),
            ([(400, 416), (560, 576), (720, 736)], Interval(-16, 47)),
        ],
    )
    def test_three_writes_halfway_between_two_steps_show_how_all_others_are_rounded(
        self, answers: list[tuple[int | None, ...]], off: Interval
    ) -> None:
        rounding = Rounding(None)
        series(rounding, answers, 0.0)
        assert off_of(rounding.off, 32, 10, FOREVER) == off

    def test_write_halfway_between_two_steps_that_differs_from_the_others_widens_the_rounding(
        self,
    ) -> None:
        rounding = Rounding(Span(-15.5, 16))
        series(rounding, [(370, 384)], 0.0)
        assert rounding.off == Span(-15.5, 16)
        series(rounding, [(400, 384)], 20.0)
        assert off_of(rounding.off, 32, 10, FOREVER) == Interval(-16, 16)
        for begin, way in ((40.0, 16), (80.0, -16)):
            series(rounding, [(write, write + way) for write in (400, 560, 720)], begin)
            assert rounding.off == Span(-16, 16)

    def test_write_on_the_grid_is_echoed_unchanged(self) -> None:
        exact = Span(0, 0)
        assert off_of(exact, 10, 10, FOREVER) == Interval(-1, 1)
        assert off_of(Span(-1, 1), 10, 10, FOREVER) == Interval(-1, 1)  # a converted unit
        assert off_of(exact, 10, 1, FOREVER) == Interval(-9, 9)  # a later write may be between

    def test_contradicting_echo_series_replaces_earlier_ones(self) -> None:
        rounding = Rounding(None)
        series(rounding, [(370, 384)], 0.0)
        series(rounding, [(380, 352)], 20.0)
        assert rounding.off == Span(-28, -28)


class TestLearner:
    def climbed(self, rounded: object) -> Learner:
        """Return the learner of a machine that answers 3 s late, after two climbs."""
        assert callable(rounded)
        learner = Learner()
        learner.connected(MACHINE, None)
        for begin in (0.0, 40.0):
            for number in range(len(CLIMB) + 3):
                now = begin + number
                if number < len(CLIMB):
                    tell(learner, SetTarget(Axis.SPEED, CLIMB[number]), now)
                if number >= 3:
                    value = round(rounded(CLIMB[number - 3]))
                    learner.status(TargetChanged(now, Axis.SPEED, value))
            learner.tick(Belt.RUNNING, begin + 30.0)
        assert learner.learned.speed.grid == 32
        return learner

    @pytest.mark.parametrize(("rounded", "off"), [(nearest, (-16, 17)), (floor, (-35, 3))])
    def test_rounding_of_echoes_is_learned_and_kept(
        self, rounded: object, off: tuple[int, int]
    ) -> None:
        assert callable(rounded)
        learner = self.climbed(rounded(32))
        assert learner.learned.speed.off == Interval(*off)
        again = Learner()
        again.connected(MACHINE, learner.knowledge)
        assert again.learned.speed.off == Interval(*off)

    def test_first_climb_shows_the_rounding_of_echoes(self) -> None:
        learner = Learner()
        learner.connected(MACHINE, None)
        for number, (write, *named) in enumerate(
            [(110,), (120, 96), (130, 128), (140, 128), (150, 128), (90, 160), (90, 96, 96)]
        ):
            tell(learner, SetTarget(Axis.SPEED, write), float(number))
            for value in named:
                learner.status(TargetChanged(number + 0.5, Axis.SPEED, value))
        learner.tick(Belt.RUNNING, 30.0)
        assert learner.learned.speed.grid == 16
        for write, value in ((200, 192), (210, 224), (250, 256)):
            tell(learner, SetTarget(Axis.SPEED, write), 40.0)
            learner.status(TargetChanged(41.0, Axis.SPEED, value))
        assert learner.learned.speed.grid == 32
        assert learner.learned.speed.off == Interval(-21, 17)

    def test_rounded_echoes_before_an_exact_one_are_no_current_speeds(self) -> None:
        learner = self.climbed(floor(32))
        for number, target in enumerate(range(440, 650, 40)):
            tell(learner, SetTarget(Axis.SPEED, target), 80.0 + number)
            echo = round(floor(32)(target))
            learner.status(TargetChanged(80.5 + number, Axis.SPEED, echo))
        assert learner.learned.names_current is not True

    def test_machine_without_stored_rounding_may_round_either_way(self) -> None:
        known = self.climbed(nearest(32)).knowledge
        again = Learner()
        again.connected(MACHINE, replace(known, speed=replace(known.speed, off=None)))
        assert again.learned.speed.off == FOREVER

    def test_rounding_that_does_not_fit_the_grid_is_not_used(self) -> None:
        known = self.climbed(nearest(32)).knowledge
        again = Learner()
        finer = replace(known.speed, echoed=20)
        again.connected(MACHINE, replace(known, speed=finer))
        assert again.learned.speed.off == FOREVER

    def test_halt_prevents_the_echoes_of_a_series(self) -> None:
        learner = self.climbed(nearest(32))
        off = learner.learned.speed.off
        tell(learner, SetTarget(Axis.SPEED, 380), 100.0)
        learner.written(HaltBelt(Halt.STOP), 101.0)
        learner.status(TargetChanged(102.0, Axis.SPEED, 352))
        learner.tick(Belt.RUNNING, 130.0)
        assert learner.learned.speed.off == off

    def test_named_current_speeds_are_no_evidence_of_rounding(self) -> None:
        known = replace(self.climbed(nearest(32)).knowledge, names_current=True)
        learner = Learner()
        learner.connected(MACHINE, replace(known, speed=replace(known.speed, off=None)))
        tell(learner, SetTarget(Axis.SPEED, 370), 0.0)
        learner.status(TargetChanged(1.0, Axis.SPEED, 384))
        learner.tick(Belt.RUNNING, 30.0)
        assert learner.learned.speed.off == FOREVER
        tell(learner, SetTarget(Axis.SPEED, 380), 60.0)
        learner.status(TargetChanged(61.0, Axis.SPEED, 380))
        assert learner.learned.speed.grid == 32

"""One halt under way: when it is repeated, when it is ignored, and when it is over.

Speeds in 0.01 km/h, times in seconds.
"""

import pytest

from bridge.guard.belt.halting import Halting
from bridge.values import Belt, Halt

AT = 1000.0
LAG_S = 1.0


def due(
    halt: Halting,
    after: float,
    belt: Belt = Belt.RUNNING,
    speed: int | None = 800,
    *,
    toggles: bool = False,
    still: bool = False,
) -> bool:
    """Whether the halt is written so many seconds after it was asked."""
    return halt.due(AT + after, belt, speed, lag_s=LAG_S, toggles=toggles, still=still)


def written(speed: int | None = 800, belt: Belt = Belt.RUNNING) -> Halting:
    """A stop that was written just now, to a belt at 8 km/h."""
    halt = Halting(Halt.STOP, AT, speed)
    assert due(halt, 0, belt, speed)
    return halt


RUNS, STOPS, IDLE, PAUSED = Belt.RUNNING, Belt.STOPPING, Belt.IDLE, Belt.PAUSED
COUNTS_DOWN, UNKNOWN = Belt.STARTING, Belt.UNKNOWN
Course = list[tuple[float, Belt, int | None, bool]]
"""Seconds after the stop, the belt and its speed then, and True if the stop is written again."""
REPEATS: dict[str, tuple[int | None, Belt, Course]] = {
    "not within a second": (800, RUNS, [(0.99, RUNS, 800, False)]),
    "after a second": (800, RUNS, [(1.0, RUNS, 800, True)]),
    "a second after the last repeat": (
        800,
        RUNS,
        [(1.5, RUNS, 800, True), (2.0, RUNS, 800, False), (2.5, RUNS, 800, True)],
    ),
    "after a fall of less than 0.3 km/h": (800, RUNS, [(1, RUNS, 771, True)]),
    "not after a fall of 0.3 km/h": (800, RUNS, [(1, RUNS, 770, False)]),
    "after 2 s without a further fall": (
        800,
        RUNS,
        [(1, STOPS, 700, False), (2.75, STOPS, 700, False), (3.0, STOPS, 700, True)],
    ),
    "not while the belt falls slowly": (
        800,
        RUNS,
        [(1 + tick, STOPS, 700 - 15 * tick, False) for tick in range(20)],
    ),
    "after the first speed that is measured": (
        None,
        RUNS,
        [(1, RUNS, 100, True), (2, RUNS, 70, False)],
    ),
    "not to a running belt at zero": (800, RUNS, [(1, RUNS, 0, False), (9, RUNS, 0, False)]),
    "not to a stopping belt at zero": (800, RUNS, [(1, STOPS, 0, False), (9, STOPS, 0, False)]),
    "to an unknown belt that reports zeros": (0, UNKNOWN, [(1, UNKNOWN, 0, True)]),
    "not to an idle belt that reports a speed": (
        800,
        RUNS,
        [(1, IDLE, 800, False), (9, IDLE, 800, False)],
    ),
    "not to a paused belt that reports a speed": (
        800,
        RUNS,
        [(1, PAUSED, 800, False), (9, PAUSED, 800, False)],
    ),
    "not to a stopping belt without a speed": (800, RUNS, [(1, STOPS, None, False)]),
    "to a running belt without a speed": (800, RUNS, [(1, RUNS, None, True)]),
    "to an unknown belt without a speed": (800, RUNS, [(1, UNKNOWN, None, True)]),
    "in a countdown": (0, IDLE, [(1, IDLE, 0, False), (1.25, COUNTS_DOWN, 0, True)]),
    "in a countdown without a speed": (
        0,
        IDLE,
        [(1, IDLE, 0, False), (1.25, COUNTS_DOWN, None, True)],
    ),
    "not after a fall from a higher speed": (
        400,
        RUNS,
        [(1, RUNS, 500, True), (2, RUNS, 501, True), (3, RUNS, 471, False)],
    ),
    "after sway of less than 1 km/h": (400, RUNS, [(1, RUNS, 500, True), (2, RUNS, 460, True)]),
}


class TestRepeat:
    @pytest.mark.parametrize(("speed", "belt", "course"), REPEATS.values(), ids=REPEATS)
    def test_halt_is_repeated_each_second_until_the_belt_falls(
        self, speed: int | None, belt: Belt, course: Course
    ) -> None:
        halt = written(speed, belt)
        assert [due(halt, after, now, shown) for after, now, shown, _ in course] == [
            again for *_, again in course
        ]

    def test_belt_is_not_told_again_while_its_counters_stand_but_the_alarm_comes(self) -> None:
        halt = written()
        assert not due(halt, 4, still=True)
        assert halt.alarms(AT + 5.25)
        assert due(halt, 6)

    def test_belt_whose_counters_stand_is_told_at_once_when_a_person_asks_again(self) -> None:
        halt = written()
        halt.again(Halt.STOP)
        assert due(halt, 0.25, still=True)


class TestToggle:
    @pytest.mark.parametrize(("after", "again"), [(3.0, False), (3.25, True)])
    def test_toggle_is_told_again_only_after_its_lag_and_2_s(
        self, after: float, again: bool
    ) -> None:
        assert due(written(), after, toggles=True) is again

    def test_toggle_is_not_told_again_while_nothing_is_measured(self) -> None:
        assert not due(written(), 9, Belt.RUNNING, None, toggles=True)

    @pytest.mark.parametrize(("after", "again"), [(4.75, False), (5.0, True)])
    def test_toggle_that_fell_within_its_lag_and_2_s_is_not_told_again(
        self, after: float, again: bool
    ) -> None:
        halt = written()
        due(halt, 2, Belt.STOPPING, 700, toggles=True)
        assert due(halt, after, Belt.STOPPING, 700, toggles=True) is again

    def test_toggle_is_told_at_once_when_a_person_asks_again(self) -> None:
        halt = written()
        halt.again(Halt.STOP)
        assert due(halt, 0.25, toggles=True)


class TestAskedAgain:
    def test_halt_that_is_asked_again_is_written_at_once(self) -> None:
        halt = written()
        halt.again(Halt.PAUSE)
        assert due(halt, 0.25)
        assert halt.kind is Halt.PAUSE

    @pytest.mark.parametrize("kind", Halt)
    def test_only_a_stop_ends_the_session(self, kind: Halt) -> None:
        assert Halting(kind, AT, 800).stops is (kind is Halt.STOP)

    def test_stop_stays_one_though_a_pause_is_asked_after_it(self) -> None:
        halt = written()
        halt.again(Halt.PAUSE)
        assert halt.stops
        halt.again(Halt.PAUSE)
        assert halt.stops

    def test_stop_that_is_asked_after_a_pause_ends_the_session(self) -> None:
        halt = Halting(Halt.PAUSE, AT, 800)
        halt.again(Halt.STOP)
        assert (halt.kind, halt.stops) == (Halt.STOP, True)

    def test_stop_that_is_not_written_yet_goes_ahead_of_a_pause(self) -> None:
        halt = Halting(Halt.STOP, AT, 800)
        halt.again(Halt.PAUSE)
        assert halt.kind is Halt.STOP


class TestAlarm:
    def test_alarm_comes_once_after_5_s_without_a_fall(self) -> None:
        halt = written()
        assert not halt.alarms(AT + 5)
        assert halt.alarms(AT + 5.25)
        assert not halt.alarms(AT + 6)

    def test_alarm_counts_from_the_newest_fall(self) -> None:
        halt = written()
        due(halt, 4, Belt.STOPPING, 700)
        assert not halt.alarms(AT + 9)
        assert halt.alarms(AT + 9.25)

    def test_alarm_is_not_put_off_by_asking_again(self) -> None:
        halt = written()
        due(halt, 4)
        halt.again(Halt.STOP)
        assert halt.alarms(AT + 5.25)
        halt.again(Halt.STOP)
        assert not halt.alarms(AT + 7)

    @pytest.mark.parametrize("noise", [20, 45])
    def test_alarm_is_put_off_once_at_most_by_sway(self, noise: int) -> None:
        halt = written()
        for tick in range(40):
            due(halt, tick / 2, speed=800 + (noise if tick % 2 else -noise))
        assert halt.since <= AT + 1


class TestBetween:
    @pytest.mark.parametrize(("after", "between"), [(0.25, False), (0.5, True), (0.75, True)])
    def test_target_may_follow_a_halt_after_half_a_second(
        self, after: float, between: bool
    ) -> None:
        assert written().is_between(AT + after) is between

    def test_target_may_follow_each_write_once(self) -> None:
        halt = written()
        assert halt.is_between(AT + 0.5)
        assert not halt.is_between(AT + 0.75)
        due(halt, 1)
        assert halt.is_between(AT + 1.5)

    def test_target_is_not_needed_by_a_belt_that_falls(self) -> None:
        halt = written()
        due(halt, 0.5, Belt.STOPPING, 700)
        assert not halt.is_between(AT + 0.5)


class TestOver:
    def test_halt_is_over_when_the_belt_stands_after_it_was_written(self) -> None:
        halt = Halting(Halt.STOP, AT, 800)
        assert not halt.is_over(AT, Belt.IDLE)
        due(halt, 0)
        assert not halt.is_over(AT, Belt.STOPPING)
        assert halt.is_over(AT, Belt.IDLE)
        halt.again(Halt.STOP)
        assert not halt.is_over(AT, Belt.IDLE)

    @pytest.mark.parametrize(("after", "over"), [(14.0, False), (14.25, True)])
    def test_halt_in_a_start_is_over_after_15_s_without_motion(
        self, after: float, over: bool
    ) -> None:
        halt = Halting(Halt.STOP, AT, 0, AT - 1)
        due(halt, 0, Belt.STARTING, 0)
        assert halt.is_over(AT + after, Belt.IDLE) is over

    def test_halt_in_a_countdown_that_was_seen_later_is_over_15_s_after_that(self) -> None:
        halt = written(0, Belt.IDLE)
        due(halt, 1, Belt.STARTING, 0)
        due(halt, 2, Belt.STARTING, 0)
        assert not halt.is_over(AT + 16, Belt.IDLE)
        assert halt.is_over(AT + 16.25, Belt.IDLE)

    def test_halt_in_a_start_is_over_once_the_machine_reports_the_stop(self) -> None:
        halt = Halting(Halt.STOP, AT, 0, AT - 1)
        due(halt, 0, Belt.STARTING, 0)
        halt.stop_seen()
        assert halt.is_over(AT + 0.25, Belt.IDLE)

    def test_start_that_showed_is_waited_for_no_more(self) -> None:
        halt = Halting(Halt.STOP, AT, 0, AT - 1)
        due(halt, 0, Belt.STARTING, 0)
        due(halt, 1, Belt.RUNNING, 80)
        assert halt.is_over(AT + 2, Belt.IDLE)

    def test_frozen_speed_of_a_standing_belt_is_no_start_that_showed(self) -> None:
        halt = Halting(Halt.STOP, AT, 0, AT - 1)
        due(halt, 0, Belt.IDLE, 80)
        assert not halt.is_over(AT + 1, Belt.IDLE)


class TestStartedByAPerson:
    @pytest.mark.parametrize(("after", "by_person"), [(3.0, False), (3.25, True)])
    def test_start_after_a_reported_stop_and_beyond_the_lag_of_the_halt_is_a_person_s(
        self, after: float, by_person: bool
    ) -> None:
        halt = written()
        halt.stop_seen()
        assert halt.start_seen(AT + after, lag_s=LAG_S) is by_person

    def test_start_without_a_reported_stop_is_none(self) -> None:
        assert not written().start_seen(AT + 60, lag_s=LAG_S)

    def test_stop_that_was_reported_before_the_halt_was_written_is_none(self) -> None:
        halt = Halting(Halt.STOP, AT, 800)
        halt.stop_seen()
        due(halt, 0)
        assert not halt.start_seen(AT + 60, lag_s=LAG_S)

    def test_start_that_is_no_person_s_takes_the_reported_stop_back(self) -> None:
        halt = written()
        halt.stop_seen()
        assert not halt.start_seen(AT + 1, lag_s=LAG_S)
        assert not halt.start_seen(AT + 60, lag_s=LAG_S)

    def test_countdown_after_it_is_waited_for_from_its_own_beginning(self) -> None:
        halt = Halting(Halt.STOP, AT, 0, AT - 14)
        due(halt, 0, Belt.STARTING, 0)
        halt.start_seen(AT + 1, lag_s=LAG_S)
        due(halt, 1, Belt.STARTING, 0)
        assert not halt.is_over(AT + 16, Belt.IDLE)
        assert halt.is_over(AT + 16.25, Belt.IDLE)
